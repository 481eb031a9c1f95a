// Where a list or dict that the specialiser keeps item by item has to become a variable: places that may share it with
// something else, or change it in ways that are not followed.

#include <array>
#include <string_view>

#include "scriptc/python/ast_children.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Methods of tensors that take sizes, dimensions or indices.
constexpr std::array<std::string_view, 24> kTakesList{"view",    "reshape",    "expand",   "repeat",
                                                      "permute", "new_zeros",  "new_ones", "new_full",
                                                      "sum",     "mean",       "amax",     "amin",
                                                      "flip",    "roll",       "norm",     "tile",
                                                      "split",   "index_put_", "squeeze",  "split_with_sizes",
                                                      "std",     "var",        "all",      "new_empty"};

bool takes_list(std::string_view method) {
  for (const std::string_view one : kTakesList)
    if (one == method) return true;
  return false;
}

}  // namespace

/// Walks over the expressions of one statement. `safe`: what stands there may be a copy, for nobody keeps or changes
/// it.
class SharedNames {
 public:
  using Harmless = std::function<bool(const Call& call, std::size_t position, const std::string& keyword)>;
  SharedNames(const Facts& facts, Harmless harmless) : facts_(facts), harmless_(std::move(harmless)) {}

  void visit(const ExprPtr& expr, bool safe, bool conditional = false);
  void visit_statement(const StmtPtr& statement);
  /// All that a block of statements reads, whenever it runs.
  void visit_block(const StmtList& statements) {
    for_each_stmt(
        statements, [&](const StmtPtr& statement) { visit_statement(statement); }, true);
  }
  void add_all(const StmtPtr& statement) {
    for (const std::string& name : all_names({statement})) add(name);
  }
  std::set<std::string> names;

 private:
  bool tracked(const std::string& name) const {
    const auto found = facts_.find(name);
    return found != facts_.end() && found->second.tracked;
  }
  void add(const std::string& name) {
    if (tracked(name)) names.insert(name);
  }
  void visit_call(const Call& call, bool conditional);
  void visit_target(const ExprPtr& target, bool alone);

  const Facts& facts_;
  Harmless harmless_;
};

void SharedNames::visit_call(const Call& call, bool conditional) {
  const auto* method = as<Attribute>(call.func);
  const auto* base = method ? as<Name>(method->value) : nullptr;
  const bool of_list = base && tracked(base->id);
  if (of_list) {
    const bool reads = method->attr == "items" || method->attr == "keys" || method->attr == "values" ||
                       method->attr == "get" || method->attr == "copy";
    // At the top of a statement, changes are followed; inside of one only what is taken away.
    if (!reads && (conditional || method->attr != "pop")) add(base->id);
  } else {
    visit(call.func, true, conditional);
  }
  const auto argument = [&](const ExprPtr& arg, std::size_t position, const std::string& keyword) {
    const bool copies_items = of_list && (method->attr == "extend" || method->attr == "update");
    visit(arg, of_list ? copies_items : harmless_(call, position, keyword), conditional);
  };
  for (std::size_t i = 0; i < call.args.size(); ++i) argument(call.args[i], i, "");
  for (const Keyword& keyword : call.keywords)
    keyword.arg.empty() ? visit(keyword.value, true, conditional) : argument(keyword.value, 0, keyword.arg);
}

void SharedNames::visit(const ExprPtr& expr, bool safe, bool conditional) {
  if (!expr) return;
  const auto children = [&](bool inner) {
    for_each_child(*expr, [&](const ExprPtr& child) { visit(child, inner, conditional); });
  };
  switch (expr->kind) {
    case ExprKind::Name:
      if (!safe) add(as<Name>(expr)->id);
      return;
    case ExprKind::Call:
      return visit_call(*as<Call>(expr), conditional);
    case ExprKind::Lambda:
      for (const std::string& name : names_in(expr)) add(name);
      return;
    case ExprKind::BoolOp:
      for_each_child(*expr, [&](const ExprPtr& child) { visit(child, safe, true); });
      return;
    case ExprKind::IfExp: {
      const auto* node = as<IfExp>(expr);
      visit(node->test, true, conditional);
      visit(node->body, safe, true);
      return visit(node->orelse, safe, true);
    }
    case ExprKind::TupleExpr:
    case ExprKind::ListExpr:
    case ExprKind::SetExpr:
    case ExprKind::DictExpr:
      return children(safe);
    case ExprKind::ListComp:
    case ExprKind::SetComp:
    case ExprKind::DictComp:
    case ExprKind::GeneratorExp: {
      const auto part = [&](const ExprPtr& child, bool copied) { visit(child, copied, true); };
      const auto generators = [&](const std::vector<Comprehension>& list) {
        for (const Comprehension& one : list) {
          part(one.iter, true);
          for (const ExprPtr& test : one.ifs) part(test, true);
        }
      };
      if (const auto* n = as<ListComp>(expr)) return generators(n->generators), part(n->elt, false);
      if (const auto* n = as<SetComp>(expr)) return generators(n->generators), part(n->elt, false);
      if (const auto* n = as<GeneratorExp>(expr)) return generators(n->generators), part(n->elt, false);
      const auto* n = as<DictComp>(expr);
      generators(n->generators);
      part(n->key, true);
      return part(n->value, false);
    }
    case ExprKind::Compare: {
      const auto* node = as<Compare>(expr);
      bool identity = false;
      for (std::size_t i = 0; i < node->ops.size(); ++i) {
        const auto* literal = as<Constant>(node->comparators[i]);
        const bool is = node->ops[i] == CompareOperator::Is || node->ops[i] == CompareOperator::IsNot;
        identity = identity || (is && !literal);
      }
      return children(!identity);
    }
    case ExprKind::Attribute:
    case ExprKind::NamedExpr:
    case ExprKind::Await:
    case ExprKind::Yield:
    case ExprKind::YieldFrom:
      return children(false);
    default:  // subscripts, arithmetic, slices, stars, f-strings: they read
      return children(true);
  }
}

/// `alone`: the one target of an assignment; what is stored into an item is followed there.
void SharedNames::visit_target(const ExprPtr& target, bool alone) {
  if (as<Name>(target)) return;
  const auto* subscript = as<Subscript>(target);
  if (subscript && as<Name>(subscript->value)) {
    if (!alone) add(as<Name>(subscript->value)->id);
    return visit(subscript->slice, true);
  }
  if (as<TupleExpr>(target) || as<ListExpr>(target) || as<Starred>(target)) {
    for_each_child(*target, [&](const ExprPtr& child) { visit_target(child, false); });
    return;
  }
  visit(target, true);
}

void SharedNames::visit_statement(const StmtPtr& statement) {
  switch (statement->kind) {
    case StmtKind::Return:
      return visit(as<Return>(statement)->value, true);
    case StmtKind::Assign: {
      const auto* node = as<Assign>(statement);
      const bool alone = node->targets.size() == 1;
      for (const ExprPtr& target : node->targets) visit_target(target, alone);
      const bool unpacks = alone && (as<TupleExpr>(node->targets[0]) || as<ListExpr>(node->targets[0]));
      return visit(node->value, unpacks && as<Name>(node->value));
    }
    case StmtKind::AugAssign:
      visit_target(as<AugAssign>(statement)->target, true);
      return visit(as<AugAssign>(statement)->value, true);
    case StmtKind::AnnAssign:
      visit_target(as<AnnAssign>(statement)->target, true);
      return visit(as<AnnAssign>(statement)->value, false);
    case StmtKind::ExprStmt: {
      const ExprPtr& value = as<ExprStmt>(statement)->value;
      const auto* call = as<Call>(value);
      const auto* method = call ? as<Attribute>(call->func) : nullptr;
      const auto* base = method ? as<Name>(method->value) : nullptr;
      if (!base || !tracked(base->id)) return visit(value, true);
      for (const ExprPtr& arg : call->args) visit(arg, method->attr == "extend" || method->attr == "update");
      for (const Keyword& keyword : call->keywords) visit(keyword.value, false);
      return;
    }
    case StmtKind::For:
      visit_target(as<For>(statement)->target, false);
      return visit(as<For>(statement)->iter, true);
    case StmtKind::While:
      return visit(as<While>(statement)->test, true, true);
    case StmtKind::If:
      return visit(as<If>(statement)->test, true);
    case StmtKind::With:
      for (const WithItem& item : as<With>(statement)->items) visit(item.context_expr, false);
      return;
    case StmtKind::Raise:
      return visit(as<Raise>(statement)->exc, true);
    case StmtKind::Assert:
      visit(as<Assert>(statement)->test, true);
      return visit(as<Assert>(statement)->msg, true);
    case StmtKind::Delete:
      for (const ExprPtr& target : as<Delete>(statement)->targets) visit_target(target, false);
      return;
    case StmtKind::Pass:
    case StmtKind::Break:
    case StmtKind::Continue:
    case StmtKind::Import:
    case StmtKind::ImportFrom:
      return;
    default:
      return add_all(statement);
  }
}

namespace {

bool reads_only(const PyFunction& function, std::size_t skip, std::size_t position, const std::string& keyword) {
  const Arguments& args = function.args();
  std::vector<std::string> names;
  for (const auto* list : {&args.posonlyargs, &args.args})
    for (const Parameter& parameter : *list) names.push_back(parameter.arg);
  const std::size_t at = position + skip;
  if (keyword.empty() && at >= names.size()) return false;
  return read_only_names(body_of(function)).contains(keyword.empty() ? names[at] : keyword);
}

}  // namespace

/// Whether the callee neither keeps nor changes a list that it gets there.
bool Specialiser::Impl::takes_copies(const Call& call, std::size_t position, const std::string& keyword) {
  if (!is_path(call.func)) return false;
  const auto* method = as<Attribute>(call.func);
  const Reduced callee = reduce(call.func);
  if (!callee.is_constant()) return method && takes_list(method->attr);
  const Value& value = callee.fact.value;
  if (value.try_as<OperatorRef>()) return true;
  if (const auto native = value.try_as<NativeFunction>()) return native->qualified_name != "builtins.setattr";
  if (const auto cls = value.try_as<PyClass>()) return !cls->def && !cls->module;
  if (const auto bound = value.try_as<BoundMethod>()) {
    const auto function = bound->function.try_as<PyFunction>();
    return function && reads_only(*function, 1, position, keyword);
  }
  if (const auto module = value.try_as<Module>()) {
    const auto forward = evaluator_.try_get_attribute(module, "forward");
    const auto method_ = forward ? forward->try_as<BoundMethod>() : nullptr;
    const auto function = method_ ? method_->function.try_as<PyFunction>() : nullptr;
    return function && reads_only(*function, 1, position, keyword);
  }
  const auto function = value.try_as<PyFunction>();
  if (!function) return false;
  return function->qualified_name.starts_with("torch.") || reads_only(*function, 0, position, keyword);
}

bool Specialiser::Impl::tracks_any() const {
  for (const auto& [name, fact] : frame_->facts)
    if (fact.tracked) return true;
  return false;
}

std::set<std::string> Specialiser::Impl::shared_names(const StmtPtr& statement) {
  if (!tracks_any()) return {};
  SharedNames shared(frame_->facts, [&](const Call& call, std::size_t position, const std::string& keyword) {
    return takes_copies(call, position, keyword);
  });
  shared.visit_statement(statement);
  return shared.names;
}

std::set<std::string> Specialiser::Impl::shared_names_in(const StmtList& body) {
  if (!tracks_any()) return {};
  SharedNames shared(frame_->facts, [&](const Call& call, std::size_t position, const std::string& keyword) {
    return takes_copies(call, position, keyword);
  });
  shared.visit_block(body);
  return shared.names;
}

/// A change in place of a list or dict that Python keeps from call to call, outside of any module: a global, a class's,
/// a parameter's default. Where it is read, compiled code makes a new one.
void Specialiser::Impl::refuse_kept_change(const ExprPtr& changed, const Span& span) {
  ExprPtr container = changed;
  while (const auto* subscript = as<Subscript>(container)) container = subscript->value;
  if (!is_path(container)) return;
  const auto* name = as<Name>(container);
  const auto fact = name ? frame_->facts.find(name->id) : frame_->facts.end();
  if (fact != frame_->facts.end() && fact->second.kind == Fact::Kind::lost) return;
  const bool is_global = name && fact == frame_->facts.end() && !frame_->locals.contains(name->id);
  const auto global = is_global ? evaluator_.try_resolve(*frame_->function, name->id) : std::nullopt;
  Reduced base = global ? Reduced{container, Fact::constant(*global), nullptr} : reduce(container);
  if (const auto* attribute = as<Attribute>(container)) {
    // What lies in the instance is the module's own, and saved with it.
    const auto module = reduce(attribute->value).fact.value.try_as<Module>();
    const auto cls = module ? std::dynamic_pointer_cast<PyClass>(module->class_) : nullptr;
    const bool own = module && module->attributes.find(attribute->attr);
    const Value* of_class = own || !cls ? nullptr : cls->lookup(attribute->attr);
    if (module) base = of_class ? Reduced{container, Fact::constant(*of_class), nullptr} : Reduced{};
  }
  if (!base.is_constant() || base.fact.one_shot || !is_container(base.fact.value)) return;
  throw error_at(ErrorKind::model, *frame_->function->source(), span,
                 "this " + std::string(base.fact.value.type_name()) +
                     " is changed where Python keeps it from one call to the next, and a saved model does not" +
                     "\n  help: make it in the body, or in __init__ as an attribute of self");
}

}  // namespace scriptc::python
