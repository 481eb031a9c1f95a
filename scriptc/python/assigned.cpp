// What statements bind and change, and which attributes of a tree its methods assign.

#include <array>
#include <functional>
#include <string_view>

#include "scriptc/python/ast_children.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

constexpr std::array<std::string_view, 17> kMutators{
    "append", "extend",  "insert",     "remove",  "pop",     "clear",      "sort",       "reverse",    "update",
    "add",    "discard", "setdefault", "popitem", "popleft", "appendleft", "extendleft", "__setitem__"};

bool is_mutator(std::string_view name) {
  for (const std::string_view mutator : kMutators)
    if (mutator == name) return true;
  return false;
}

/// The expressions that stand directly in a statement (not in its nested blocks).
ExprList own_exprs(const StmtPtr& statement) {
  if (const auto* n = as<Return>(statement)) return {n->value};
  if (const auto* n = as<Delete>(statement)) return n->targets;
  if (const auto* n = as<Assign>(statement)) {
    ExprList all = n->targets;
    all.push_back(n->value);
    return all;
  }
  if (const auto* n = as<AugAssign>(statement)) return {n->target, n->value};
  if (const auto* n = as<AnnAssign>(statement)) return {n->target, n->value};
  if (const auto* n = as<For>(statement)) return {n->target, n->iter};
  if (const auto* n = as<While>(statement)) return {n->test};
  if (const auto* n = as<If>(statement)) return {n->test};
  if (const auto* n = as<With>(statement)) {
    ExprList all;
    for (const WithItem& item : n->items) all.insert(all.end(), {item.context_expr, item.optional_vars});
    return all;
  }
  if (const auto* n = as<Match>(statement)) return {n->subject};
  if (const auto* n = as<Raise>(statement)) return {n->exc, n->cause};
  if (const auto* n = as<Assert>(statement)) return {n->test, n->msg};
  if (const auto* n = as<ExprStmt>(statement)) return {n->value};
  return {};
}

std::vector<const StmtList*> nested_blocks(const StmtPtr& statement) {
  if (const auto* n = as<For>(statement)) return {&n->body, &n->orelse};
  if (const auto* n = as<While>(statement)) return {&n->body, &n->orelse};
  if (const auto* n = as<If>(statement)) return {&n->body, &n->orelse};
  if (const auto* n = as<With>(statement)) return {&n->body};
  std::vector<const StmtList*> blocks;
  if (const auto* n = as<Try>(statement)) {
    blocks = {&n->body, &n->orelse, &n->finalbody};
    for (const ExceptHandler& handler : n->handlers) blocks.push_back(&handler.body);
  }
  if (const auto* n = as<Match>(statement))
    for (const MatchCase& one : n->cases) blocks.push_back(&one.body);
  return blocks;
}

/// The name at the root of `name`, `name.x`, `name[i].y`…; empty if the root is something else.
std::string root_name(ExprPtr expr) {
  while (expr) {
    if (const auto* name = as<Name>(expr)) return name->id;
    if (const auto* attribute = as<Attribute>(expr))
      expr = attribute->value;
    else if (const auto* subscript = as<Subscript>(expr))
      expr = subscript->value;
    else
      break;
  }
  return "";
}

/// `visit(target)` for every place that is stored to, deleted or changed in place below `statements`.
void for_each_store(const StmtList& statements, const std::function<void(const ExprPtr&)>& visit) {
  const auto consider = [&](const ExprPtr& expr) {
    if (const auto* name = as<Name>(expr); name && name->ctx != ExprContext::Load) visit(expr);
    if (const auto* attribute = as<Attribute>(expr); attribute && attribute->ctx != ExprContext::Load) visit(expr);
    if (const auto* subscript = as<Subscript>(expr); subscript && subscript->ctx != ExprContext::Load)
      visit(subscript->value);
    if (const auto* call = as<Call>(expr))
      if (const auto* method = as<Attribute>(call->func); method && is_mutator(method->attr)) visit(method->value);
  };
  for_each_expr(statements, consider);
}

/// `visit(name, value)` for every `name = value`, `name: T = value` and `for name in value` below.
void for_each_assignment(const StmtList& statements,
                         const std::function<void(const std::string&, const ExprPtr&)>& visit) {
  for_each_stmt(statements, [&](const StmtPtr& statement) {
    const auto each_name = [&](const ExprPtr& target, const ExprPtr& value) {
      for_each_expr(target, [&](const ExprPtr& part) {
        if (const auto* name = as<Name>(part); name && name->ctx == ExprContext::Store) visit(name->id, value);
      });
    };
    if (const auto* node = as<Assign>(statement))
      for (const ExprPtr& target : node->targets) each_name(target, node->value);
    if (const auto* node = as<AnnAssign>(statement)) each_name(node->target, node->value);
    if (const auto* node = as<For>(statement)) each_name(node->target, node->iter);
  });
}

std::set<std::string> names_in(const ExprPtr& expr) {
  std::set<std::string> names;
  for_each_expr(expr, [&](const ExprPtr& part) {
    if (const auto* name = as<Name>(part)) names.insert(name->id);
  });
  return names;
}

/// Attribute names that `function` stores to, of whatever object.
std::set<std::string> stored_attributes(const PyFunction& function) {
  std::set<std::string> stored;
  if (!function.def) return stored;
  for_each_store(function.def->body, [&](const ExprPtr& target) {
    // `self.a.b = x` changes b of a child: recorded under every name on the way, which only costs a folding.
    for (ExprPtr at = target; at;) {
      if (const auto* attribute = as<Attribute>(at)) {
        stored.insert(attribute->attr);
        at = attribute->value;
      } else if (const auto* subscript = as<Subscript>(at)) {
        at = subscript->value;
      } else {
        break;
      }
    }
  });
  const std::set<std::string> mutated = mutated_names(function.def->body);
  for_each_assignment(function.def->body, [&](const std::string& target, const ExprPtr& value) {
    if (!mutated.contains(target)) return;
    for_each_expr(value, [&](const ExprPtr& part) {
      if (const auto* attribute = as<Attribute>(part)) stored.insert(attribute->attr);
    });
  });
  return stored;
}

/// The functions that compiled methods may reach, by name over all classes of the tree: which object `layer.f()`
/// reaches is not known before typing. A function too many costs a folding, one too few a wrong result.
class Reached {
 public:
  void add_class(const PyClass& cls) {
    for (const std::weak_ptr<PyClass>& weak : cls.mro) {
      const std::shared_ptr<PyClass> base = weak.lock();
      if (!base || !classes_.insert(base.get()).second) continue;
      for (const auto& [name, value] : base->dict) collect(name, value);
    }
  }

  void follow(const std::string& name) {
    const auto found = methods_.find(name);
    if (found == methods_.end()) return;
    for (const std::shared_ptr<PyFunction>& method : found->second) follow(method);
  }

  void follow_exported() {
    for (const auto& [name, methods] : methods_)
      for (const auto& method : methods)
        if (method->mark == PyFunction::ScriptMark::exported) follow(method);
  }

  /// The names of all attributes that reached functions store to.
  std::set<std::string> run() {
    std::set<std::string> stored;
    while (!pending_.empty()) {
      const std::shared_ptr<PyFunction> function = pending_.back();
      pending_.pop_back();
      stored.merge(stored_attributes(*function));
      const auto consider = [&](const ExprPtr& expr) {
        if (const auto* attribute = as<Attribute>(expr)) follow(attribute->attr);
        if (const auto* name = as<Name>(expr))
          if (const Value* global = function->module->globals.find(name->id)) follow(global->try_as<PyFunction>());
      };
      if (function->def) for_each_expr(function->def->body, consider);
      if (function->lambda) for_each_expr(function->lambda->body, consider);
    }
    return stored;
  }

 private:
  void collect(const std::string& name, const Value& value) {
    if (auto function = value.try_as<PyFunction>()) methods_[name].push_back(std::move(function));
    if (const auto property = value.try_as<Property>()) collect(name, property->getter);
    if (const auto wrapper = value.try_as<MethodWrapper>()) collect(name, wrapper->function);
  }

  void follow(std::shared_ptr<PyFunction> function) {
    if (!function || name_is_constructor(*function) || function->mark == PyFunction::ScriptMark::ignored) return;
    if (seen_.insert(function.get()).second) pending_.push_back(std::move(function));
  }

  static bool name_is_constructor(const PyFunction& function) { return function.name == "__init__"; }

  std::set<const PyClass*> classes_;
  std::map<std::string, std::vector<std::shared_ptr<PyFunction>>> methods_;
  std::set<const PyFunction*> seen_;
  std::vector<std::shared_ptr<PyFunction>> pending_;
};

}  // namespace

void for_each_expr(const ExprPtr& expr, const std::function<void(const ExprPtr&)>& visit) {
  if (!expr) return;
  if (expr->kind != ExprKind::Lambda) for_each_child(*expr, [&](const ExprPtr& child) { for_each_expr(child, visit); });
  visit(expr);
}

void for_each_expr(const StmtList& statements, const std::function<void(const ExprPtr&)>& visit) {
  for_each_stmt(statements, [&](const StmtPtr& statement) {
    for (const ExprPtr& expr : own_exprs(statement)) for_each_expr(expr, visit);
  });
}

void for_each_stmt(const StmtList& statements, const std::function<void(const StmtPtr&)>& visit) {
  for (const StmtPtr& statement : statements) {
    visit(statement);
    for (const StmtList* block : nested_blocks(statement)) for_each_stmt(*block, visit);
  }
}

std::set<std::string> assigned_names(const StmtList& statements) {
  std::set<std::string> names;
  for_each_expr(statements, [&](const ExprPtr& expr) {
    if (const auto* name = as<Name>(expr); name && name->ctx != ExprContext::Load) names.insert(name->id);
  });
  for_each_stmt(statements, [&](const StmtPtr& statement) {
    if (const auto* def = as<FunctionDef>(statement)) names.insert(def->name);
    if (const auto* node = as<Try>(statement))
      for (const ExceptHandler& handler : node->handlers)
        if (!handler.name.empty()) names.insert(handler.name);
  });
  return names;
}

std::set<std::string> mutated_names(const StmtList& statements) {
  std::set<std::string> names;
  for_each_store(statements, [&](const ExprPtr& target) {
    if (const auto* name = as<Name>(target); name == nullptr || name->ctx == ExprContext::Load)
      names.insert(root_name(target));
  });
  for_each_stmt(statements, [&](const StmtPtr& statement) {
    if (const auto* node = as<AugAssign>(statement))
      if (const auto* name = as<Name>(node->target)) names.insert(name->id);
  });
  // Aliases: what is changed under one name is changed under those it was assigned from.
  for (std::size_t before = 0; before != names.size();) {
    before = names.size();
    for_each_assignment(statements, [&](const std::string& target, const ExprPtr& value) {
      if (names.contains(target)) names.merge(names_in(value));
    });
  }
  return names;
}

MutableAttributes find_assigned(const ModulePtr& root, const std::vector<std::string>& more_roots) {
  std::vector<ModulePtr> modules;
  for_each_module(root, [&](const std::string&, const ModulePtr& module) { modules.push_back(module); });
  Reached reached;
  for (const ModulePtr& module : modules)
    if (const auto* cls = dynamic_cast<const PyClass*>(module->class_.get())) reached.add_class(*cls);
  reached.follow("forward");
  for (const std::string& name : more_roots) reached.follow(name);
  reached.follow_exported();
  MutableAttributes result;
  for (const std::string& name : reached.run())
    for (const ModulePtr& module : modules) result.attributes.emplace(module.get(), name);
  return result;
}

}  // namespace scriptc::python
