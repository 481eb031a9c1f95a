// What statements bind, change and read.

#include <array>
#include <functional>
#include <string_view>

#include "scriptc/python/ast_children.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

constexpr std::array<std::string_view, 17> kMutators{
    "append", "extend",  "insert",     "remove",  "pop",     "clear",      "sort",       "reverse",    "update",
    "add",    "discard", "setdefault", "popitem", "popleft", "appendleft", "extendleft", "__setitem__"};

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

}  // namespace

bool is_mutator(std::string_view name) {
  for (const std::string_view mutator : kMutators)
    if (mutator == name) return true;
  return false;
}

StmtList body_of(const PyFunction& function) {
  if (function.def) return function.def->body;
  auto result = std::make_shared<Return>();
  result->value = function.lambda->body;
  result->span = function.lambda->body->span;
  return {result};
}

std::shared_ptr<const Assign> stored_by_name(const Call& call) {
  const auto* method = as<Attribute>(call.func);
  const auto* function = as<Name>(call.func);
  const bool registers = method && (method->attr == "register_buffer" || method->attr == "register_parameter");
  const std::size_t first = registers ? 0 : 1;
  if ((!registers && (!function || function->id != "setattr")) || call.args.size() < first + 2) return nullptr;
  const auto* constant = as<Constant>(call.args[first]);
  const auto* name = constant ? std::get_if<std::string>(&constant->value) : nullptr;
  if (!name) return nullptr;
  auto target = node_at<Attribute>(call.span);
  target->value = registers ? method->value : call.args[0];
  target->attr = *name;
  target->ctx = ExprContext::Store;
  auto store = node_at<Assign>(call.span);
  store->targets = {target};
  store->value = call.args[first + 1];
  return store;
}

void for_each_store(const StmtList& statements, const std::function<void(const ExprPtr&)>& visit) {
  const auto consider = [&](const ExprPtr& expr) {
    if (const auto* name = as<Name>(expr); name && name->ctx != ExprContext::Load) visit(expr);
    if (const auto* attribute = as<Attribute>(expr); attribute && attribute->ctx != ExprContext::Load) visit(expr);
    if (const auto* subscript = as<Subscript>(expr); subscript && subscript->ctx != ExprContext::Load)
      visit(subscript->value);
    if (const auto* call = as<Call>(expr)) {
      if (const auto* method = as<Attribute>(call->func); method && is_mutator(method->attr)) visit(method->value);
      if (const auto store = stored_by_name(*call)) visit(store->targets.front());
    }
  };
  for_each_expr(statements, consider, true);
}

void for_each_assignment(const StmtList& statements,
                         const std::function<void(const std::string&, const ExprPtr&)>& visit) {
  for_each_binding(statements, [&](const std::string& name, const ExprPtr& value, bool) { visit(name, value); });
}

void for_each_binding(const StmtList& statements,
                      const std::function<void(const std::string&, const ExprPtr&, bool)>& visit) {
  const auto each_name = [&](const ExprPtr& target, const ExprPtr& value, bool is_item = false) {
    for_each_expr(target, [&](const ExprPtr& part) {
      if (const auto* name = as<Name>(part); name && name->ctx == ExprContext::Store) visit(name->id, value, is_item);
    });
  };
  const auto call_of = [](const ExprPtr& expr, const char* name) -> const Call* {
    const auto* call = as<Call>(expr);
    const auto* function = call ? as<Name>(call->func) : nullptr;
    return function && function->id == name && call->keywords.empty() ? call : nullptr;
  };
  // `for i, (a, b) in enumerate(zip(xs, ys))`: a comes from xs alone.
  const std::function<void(const ExprPtr&, const ExprPtr&)> each_item = [&](const ExprPtr& target,
                                                                            const ExprPtr& over) {
    const auto* targets = as<TupleExpr>(target);
    const Call* numbered = call_of(over, "enumerate");
    const Call* zip = call_of(over, "zip");
    if (targets && numbered && targets->elts.size() == 2 && numbered->args.size() == 1)
      return each_item(targets->elts[1], numbered->args[0]);
    if (!targets || !zip || zip->args.size() != targets->elts.size()) return each_name(target, over, true);
    for (const ExprPtr& arg : zip->args)
      if (as<Starred>(arg)) return each_name(target, over, true);
    for (std::size_t i = 0; i < zip->args.size(); ++i) each_name(targets->elts[i], zip->args[i], true);
  };
  for_each_stmt(
      statements,
      [&](const StmtPtr& statement) {
        if (const auto* node = as<Assign>(statement))
          for (const ExprPtr& target : node->targets) each_name(target, node->value);
        if (const auto* node = as<AnnAssign>(statement)) each_name(node->target, node->value);
        if (const auto* node = as<For>(statement)) each_item(node->target, node->iter);
      },
      true);
  const auto walrus = [&](const ExprPtr& part) {
    if (const auto* node = as<NamedExpr>(part)) each_name(node->target, node->value);
  };
  for_each_expr(statements, walrus, true);
}

void for_each_expr(const ExprPtr& expr, const std::function<void(const ExprPtr&)>& visit, bool lambdas) {
  if (!expr) return;
  if (lambdas || expr->kind != ExprKind::Lambda)
    for_each_child(*expr, [&](const ExprPtr& child) { for_each_expr(child, visit, lambdas); });
  visit(expr);
}

void for_each_expr(const StmtList& statements, const std::function<void(const ExprPtr&)>& visit, bool nested) {
  for_each_stmt(
      statements,
      [&](const StmtPtr& statement) {
        for (const ExprPtr& expr : own_exprs(statement)) for_each_expr(expr, visit, nested);
      },
      nested);
}

void for_each_stmt(const StmtList& statements, const std::function<void(const StmtPtr&)>& visit, bool nested) {
  for (const StmtPtr& statement : statements) {
    visit(statement);
    for (const StmtList* block : nested_blocks(statement)) for_each_stmt(*block, visit, nested);
    if (const auto* def = as<FunctionDef>(statement); def && nested) for_each_stmt(def->body, visit, nested);
  }
}

std::set<std::string> names_in(const ExprPtr& expr) {
  std::set<std::string> names;
  const auto visit = [&](const ExprPtr& part) {
    if (const auto* name = as<Name>(part)) names.insert(name->id);
  };
  for_each_expr(expr, visit, true);
  return names;
}

namespace {

void add_pattern_names(const PatternPtr& pattern, std::set<std::string>& names) {
  if (!pattern) return;
  const auto all = [&](const PatternList& list) {
    for (const PatternPtr& one : list) add_pattern_names(one, names);
  };
  if (const auto* n = as<MatchAs>(pattern)) {
    names.insert(n->name);
    add_pattern_names(n->pattern, names);
  }
  if (const auto* n = as<MatchStar>(pattern)) names.insert(n->name);
  if (const auto* n = as<MatchOr>(pattern)) all(n->patterns);
  if (const auto* n = as<MatchSequence>(pattern)) all(n->patterns);
  if (const auto* n = as<MatchMapping>(pattern)) names.insert(n->rest), all(n->patterns);
  if (const auto* n = as<MatchClass>(pattern)) all(n->patterns), all(n->kwd_patterns);
}

/// Names bound by a statement itself in ways that leave no Store in an expression.
void add_bound_names(const StmtPtr& statement, std::set<std::string>& names) {
  if (const auto* def = as<FunctionDef>(statement)) names.insert(def->name);
  if (const auto* cls = as<ClassDef>(statement)) names.insert(cls->name);
  if (const auto* node = as<Try>(statement))
    for (const ExceptHandler& handler : node->handlers) names.insert(handler.name);
  if (const auto* node = as<Match>(statement))
    for (const MatchCase& one : node->cases) add_pattern_names(one.pattern, names);
  const auto alias = [&](const Alias& one) {
    names.insert(one.asname.empty() ? one.name.substr(0, one.name.find('.')) : one.asname);
  };
  if (const auto* node = as<Import>(statement))
    for (const Alias& one : node->names) alias(one);
  if (const auto* node = as<ImportFrom>(statement))
    for (const Alias& one : node->names) alias(one);
  if (const auto* node = as<Global>(statement)) names.insert(node->names.begin(), node->names.end());
  if (const auto* node = as<Nonlocal>(statement)) names.insert(node->names.begin(), node->names.end());
  names.erase("");
}

/// The names that comprehensions bind for themselves are no variables of the function.
void for_each_bound(const ExprPtr& expr, const std::function<void(const std::string&)>& visit) {
  if (!expr || expr->kind == ExprKind::Lambda) return;
  const auto generators = [&](const std::vector<Comprehension>& list, const ExprPtr& elt, const ExprPtr& key) {
    for_each_bound(elt, visit);
    for_each_bound(key, visit);
    for (const Comprehension& one : list) {
      for_each_bound(one.iter, visit);
      for (const ExprPtr& test : one.ifs) for_each_bound(test, visit);
    }
  };
  if (const auto* n = as<ListComp>(expr)) return generators(n->generators, n->elt, nullptr);
  if (const auto* n = as<SetComp>(expr)) return generators(n->generators, n->elt, nullptr);
  if (const auto* n = as<GeneratorExp>(expr)) return generators(n->generators, n->elt, nullptr);
  if (const auto* n = as<DictComp>(expr)) return generators(n->generators, n->value, n->key);
  for_each_child(*expr, [&](const ExprPtr& child) { for_each_bound(child, visit); });
  if (const auto* name = as<Name>(expr); name && name->ctx != ExprContext::Load) visit(name->id);
}

}  // namespace

std::set<std::string> assigned_names(const StmtList& statements) {
  std::set<std::string> names;
  for_each_stmt(statements, [&](const StmtPtr& statement) {
    for (const ExprPtr& expr : own_exprs(statement))
      for_each_bound(expr, [&](const std::string& name) { names.insert(name); });
    add_bound_names(statement, names);
  });
  return names;
}

std::set<std::string> settled_names(const StmtList& statements, const std::set<std::string>& parameters) {
  std::map<std::string, int> times;
  for (const std::string& name : parameters) times[name] = 1;
  const std::function<void(const StmtList&, int)> count = [&](const StmtList& body, int weight) {
    for (const StmtPtr& statement : body) {
      const bool loops = statement->kind == StmtKind::For || statement->kind == StmtKind::While;
      const int inside = loops ? 2 : weight;
      for (const ExprPtr& expr : own_exprs(statement))
        for_each_bound(expr, [&](const std::string& name) { times[name] += inside; });
      std::set<std::string> names;
      add_bound_names(statement, names);
      for (const std::string& name : names) times[name] += inside;
      for (const StmtList* block : nested_blocks(statement)) count(*block, inside);
    }
  };
  count(statements, 1);
  std::set<std::string> settled;
  for (const auto& [name, number] : times)
    if (number == 1) settled.insert(name);
  return settled;
}

std::set<std::string> directly_mutated_names(const StmtList& statements) {
  std::set<std::string> names;
  for_each_store(statements, [&](const ExprPtr& target) {
    if (const auto* name = as<Name>(target); name == nullptr || name->ctx == ExprContext::Load)
      names.insert(root_name(target));
  });
  const auto augmented = [&](const StmtPtr& statement) {
    if (const auto* node = as<AugAssign>(statement))
      if (const auto* name = as<Name>(node->target)) names.insert(name->id);
  };
  for_each_stmt(statements, augmented, true);
  names.erase("");
  return names;
}

namespace {

void add_sources(const ExprPtr& expr, ExprList& sources);

void add_sources_of_comprehension(const ExprPtr& elt, const std::vector<Comprehension>& generators, ExprList& sources) {
  ExprList held;
  add_sources(elt, held);
  for (auto one = generators.rbegin(); one != generators.rend(); ++one) {
    // What is iterated is held only if its items are.
    const std::set<std::string> targets = names_in(one->target);
    bool holds = false;
    for (const ExprPtr& source : held)
      for (const std::string& name : names_in(source)) holds = holds || targets.contains(name);
    if (holds) add_sources(one->iter, held);
  }
  sources.insert(sources.end(), held.begin(), held.end());
}

void add_sources(const ExprPtr& expr, ExprList& sources) {
  if (!expr) return;
  const auto all = [&](const ExprList& list) {
    for (const ExprPtr& one : list) add_sources(one, sources);
  };
  switch (expr->kind) {
    case ExprKind::Constant:
    case ExprKind::Compare:
    case ExprKind::UnaryOp:
    case ExprKind::JoinedStr:
      return;
    case ExprKind::Subscript:
      return add_sources(as<Subscript>(expr)->value, sources);
    case ExprKind::IfExp:
      return all({as<IfExp>(expr)->body, as<IfExp>(expr)->orelse});
    case ExprKind::BoolOp:
      return all(as<BoolOp>(expr)->values);
    case ExprKind::NamedExpr:
      return add_sources(as<NamedExpr>(expr)->value, sources);
    case ExprKind::Starred:
      return add_sources(as<Starred>(expr)->value, sources);
    case ExprKind::TupleExpr:
      return all(as<TupleExpr>(expr)->elts);
    case ExprKind::ListExpr:
      return all(as<ListExpr>(expr)->elts);
    case ExprKind::SetExpr:
      return all(as<SetExpr>(expr)->elts);
    case ExprKind::DictExpr:
      return all(as<DictExpr>(expr)->values);
    case ExprKind::ListComp:
      return add_sources_of_comprehension(as<ListComp>(expr)->elt, as<ListComp>(expr)->generators, sources);
    case ExprKind::GeneratorExp:
      return add_sources_of_comprehension(as<GeneratorExp>(expr)->elt, as<GeneratorExp>(expr)->generators, sources);
    case ExprKind::DictComp:
      return add_sources_of_comprehension(as<DictComp>(expr)->value, as<DictComp>(expr)->generators, sources);
    case ExprKind::BinOp: {
      const auto* node = as<BinOp>(expr);
      add_sources(node->left, sources);
      const bool repeats = node->op == BinaryOperator::Mult && (as<ListExpr>(node->left) || as<TupleExpr>(node->left));
      if (!repeats) add_sources(node->right, sources);  // else it is a number
      return;
    }
    case ExprKind::Call: {
      const auto* node = as<Call>(expr);
      if (const auto* method = as<Attribute>(node->func)) add_sources(method->value, sources);
      // What an item of a container gives when it is called is not the container.
      if (as<Name>(node->func)) add_sources(node->func, sources);
      all(node->args);
      for (const Keyword& keyword : node->keywords) add_sources(keyword.value, sources);
      return;
    }
    default:
      sources.push_back(expr);
  }
}

}  // namespace

ExprList alias_sources(const ExprPtr& expr) {
  ExprList sources;
  add_sources(expr, sources);
  return sources;
}

std::set<std::string> mutated_names(const StmtList& statements) {
  std::set<std::string> names = directly_mutated_names(statements);
  // Aliases: what is changed under one name is changed under those it was assigned from, and to.
  for (std::size_t before = 0; before != names.size();) {
    before = names.size();
    for_each_assignment(statements, [&](const std::string& target, const ExprPtr& value) {
      if (names.contains(target))
        for (const ExprPtr& source : alias_sources(value)) names.merge(names_in(source));
      if (const auto* name = as<Name>(value); name && names.contains(name->id)) names.insert(target);
    });
  }
  return names;
}

std::set<std::string> read_only_names(const StmtList& statements) {
  std::map<std::string, int> uses, harmless;
  const auto is_harmless = [&](const ExprPtr& expr) {
    if (const auto* name = as<Name>(expr)) ++harmless[name->id];
  };
  const std::set<std::string> readers{"len", "enumerate",  "zip", "reversed", "range",  "sum", "any",
                                      "all", "isinstance", "min", "max",      "sorted", "str"};
  const auto visit = [&](const ExprPtr& expr) {
    if (const auto* name = as<Name>(expr); name && name->ctx == ExprContext::Load) ++uses[name->id];
    if (const auto* node = as<Subscript>(expr); node && node->ctx == ExprContext::Load) is_harmless(node->value);
    if (const auto* node = as<Starred>(expr)) is_harmless(node->value);
    if (const auto* node = as<Compare>(expr))
      for (const ExprPtr& comparator : node->comparators) is_harmless(comparator);
    const auto generators = [&](const std::vector<Comprehension>& list) {
      for (const Comprehension& one : list) is_harmless(one.iter);
    };
    if (const auto* node = as<ListComp>(expr)) generators(node->generators);
    if (const auto* node = as<DictComp>(expr)) generators(node->generators);
    if (const auto* node = as<GeneratorExp>(expr)) generators(node->generators);
    const auto* call = as<Call>(expr);
    if (!call) return;
    if (const auto* method = as<Attribute>(call->func); method && !is_mutator(method->attr)) is_harmless(method->value);
    for (const Keyword& keyword : call->keywords)
      if (keyword.arg.empty()) is_harmless(keyword.value);
    if (const auto* name = as<Name>(call->func); name && readers.contains(name->id))
      for (const ExprPtr& arg : call->args) is_harmless(arg);
  };
  for_each_expr(statements, visit, true);
  for_each_stmt(statements, [&](const StmtPtr& statement) {
    if (const auto* node = as<For>(statement)) is_harmless(node->iter);
  });
  std::set<std::string> names;
  for (const auto& [name, number] : uses)
    if (harmless[name] == number) names.insert(name);
  return names;
}

std::set<std::string> varying_names(const StmtList& statements) {
  std::set<std::string> starts, changes;
  for_each_stmt(statements, [&](const StmtPtr& statement) {
    const auto* assign = as<Assign>(statement);
    const auto* augmented = as<AugAssign>(statement);
    const auto* name = assign && assign->targets.size() == 1 ? as<Name>(assign->targets[0])
                       : augmented                           ? as<Name>(augmented->target)
                                                             : nullptr;
    if (!name) return;
    const ExprPtr& value = assign ? assign->value : augmented->value;
    const auto* literal = as<Constant>(value);
    const auto* tuple = as<TupleExpr>(value);
    const bool starts_it =
        assign && ((literal && !std::holds_alternative<std::string>(literal->value)) || (tuple && tuple->elts.empty()));
    if (starts_it) starts.insert(name->id);
    if (!literal && !names_in(value).empty()) changes.insert(name->id);
  });
  std::set<std::string> both;
  for (const std::string& name : starts)
    if (changes.contains(name)) both.insert(name);
  return both;
}

std::set<std::string> counted_names(const StmtList& statements) {
  std::set<std::string> names;
  const auto add = [&](const ExprPtr& expr) {
    if (const auto* name = as<Name>(expr)) names.insert(name->id);
  };
  const std::set<std::string> counting{"len",    "zip", "enumerate", "reversed", "tuple", "list", "map",
                                       "filter", "sum", "sorted",    "any",      "all",   "max",  "min"};
  const auto visit = [&](const ExprPtr& expr) {
    if (const auto* node = as<Subscript>(expr)) add(node->value);
    if (const auto* node = as<Starred>(expr)) add(node->value);
    if (const auto* node = as<BinOp>(expr)) add(node->left), add(node->right);
    const auto generators = [&](const std::vector<Comprehension>& list) {
      for (const Comprehension& one : list) add(one.iter);
    };
    if (const auto* node = as<ListComp>(expr)) generators(node->generators);
    if (const auto* node = as<DictComp>(expr)) generators(node->generators);
    if (const auto* node = as<GeneratorExp>(expr)) generators(node->generators);
    const auto* call = as<Call>(expr);
    const auto* callee = call ? as<Name>(call->func) : nullptr;
    const auto* method = call ? as<Attribute>(call->func) : nullptr;
    if (method && (method->attr == "pop" || method->attr == "insert")) add(method->value);
    if (call)
      for (const Keyword& keyword : call->keywords)
        if (keyword.arg.empty()) add(keyword.value);
    if (callee && counting.contains(callee->id))
      for (const ExprPtr& arg : call->args) add(arg);
  };
  for_each_expr(statements, visit, true);
  for_each_stmt(
      statements,
      [&](const StmtPtr& statement) {
        if (const auto* node = as<For>(statement)) add(node->iter);
        const auto* assign = as<Assign>(statement);
        if (assign && !as<Name>(assign->targets[0])) add(assign->value);
      },
      true);
  return names;
}

std::set<std::string> starred_names(const StmtList& statements) {
  std::set<std::string> names;
  for_each_expr(
      statements,
      [&](const ExprPtr& expr) {
        const auto* star = as<Starred>(expr);
        if (const auto* name = star ? as<Name>(star->value) : nullptr) names.insert(name->id);
      },
      true);
  return names;
}

std::set<std::string> walrus_targets(const StmtList& statements) {
  std::set<std::string> names;
  for_each_expr(statements, [&](const ExprPtr& expr) {
    if (const auto* node = as<NamedExpr>(expr))
      if (const auto* name = as<Name>(node->target)) names.insert(name->id);
  });
  return names;
}

std::set<std::string> all_names(const StmtList& statements) {
  std::set<std::string> names;
  const auto visit = [&](const ExprPtr& expr) {
    if (const auto* name = as<Name>(expr)) names.insert(name->id);
  };
  for_each_expr(statements, visit, true);
  for_each_stmt(
      statements, [&](const StmtPtr& statement) { add_bound_names(statement, names); }, true);
  return names;
}

}  // namespace scriptc::python
