// The specialiser on what TorchScript has no form for, but other code stands for: predicates on None, numbers of a
// dtype that is known at run time, what an instance lacks.

#include "scriptc/model/dtype.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// `expr` with parameters replaced by arguments, if it only asks which of them are None; else null.
ExprPtr substituted(const ExprPtr& expr, const std::map<std::string, ExprPtr>& arguments) {
  if (as<Constant>(expr)) return expr;
  if (const auto* name = as<Name>(expr)) {
    const auto found = arguments.find(name->id);
    return found == arguments.end() ? nullptr : found->second;
  }
  const auto each = [&](ExprList& list) {
    for (ExprPtr& item : list)
      if (!(item = substituted(item, arguments))) return false;
    return true;
  };
  if (const auto* node = as<Compare>(expr)) {
    for (const CompareOperator op : node->ops)
      if (op != CompareOperator::Is && op != CompareOperator::IsNot) return nullptr;
    auto rebuilt = copy_of(*node);
    rebuilt->left = substituted(node->left, arguments);
    return rebuilt->left && each(rebuilt->comparators) ? rebuilt : nullptr;
  }
  if (const auto* node = as<BoolOp>(expr)) {
    auto rebuilt = copy_of(*node);
    return each(rebuilt->values) ? rebuilt : nullptr;
  }
  const auto* node = as<UnaryOp>(expr);
  if (!node || node->op != UnaryOperator::Not) return nullptr;
  auto rebuilt = copy_of(*node);
  rebuilt->operand = substituted(node->operand, arguments);
  return rebuilt->operand ? rebuilt : nullptr;
}

/// The expression that a function returns, if it does nothing else.
ExprPtr only_expression(const PyFunction& function) {
  StmtList body = body_of(function);
  const auto* doc = body.empty() ? nullptr : as<ExprStmt>(body.front());
  if (doc && as<Constant>(doc->value)) body.erase(body.begin());
  const auto* result = body.size() == 1 ? as<Return>(body.front()) : nullptr;
  return result ? result->value : nullptr;
}

}  // namespace

/// `exists(x)` is `x is not None`: so TorchScript sees what an `if` on it says of the type of `x`.
std::optional<Reduced> Specialiser::Impl::inlined_predicate(const PyFunction& function, const ReducedList& args,
                                                            const ReducedKeywords& keywords) {
  const ExprPtr result = only_expression(function);
  const Arguments& formal = function.args();
  if (!result || formal.vararg || formal.kwarg || !formal.posonlyargs.empty() || !formal.kwonlyargs.empty() ||
      args.size() + keywords.size() != formal.args.size())
    return std::nullopt;
  std::map<std::string, ExprPtr> arguments;
  for (std::size_t i = 0; i < args.size(); ++i) arguments[formal.args[i].arg] = args[i].expr;
  for (const auto& [name, value] : keywords) arguments[name] = value.expr;
  for (const auto& [name, value] : arguments)
    if (!is_path(value)) return std::nullopt;
  const ExprPtr test = substituted(result, arguments);
  if (!test || test->kind == ExprKind::Name) return std::nullopt;
  if (as<BoolOp>(test)) frame_->tests = true;  // of operands that are tests
  return reduce(test);
}

/// `torch.finfo(x.dtype).max`: the number of whatever dtype it is.
std::optional<Reduced> Specialiser::Impl::number_of_dtype(const Attribute& node) {
  const auto* call = as<Call>(node.value);
  // A path: what is called on another call's result would be reduced here and again by the caller.
  if (!call || call->args.size() != 1 || !call->keywords.empty() || !is_path(call->func)) return std::nullopt;
  const Reduced callee = reduce(call->func);
  const auto cls = callee.is_constant() ? callee.fact.value.try_as<PyClass>() : nullptr;
  const bool floating = cls && cls->qualified_name == "torch.finfo";
  if (!floating && !(cls && cls->qualified_name == "torch.iinfo")) return std::nullopt;
  const Reduced dtype = reduce(call->args[0]);
  if (dtype.is_constant() || !is_path(dtype.expr)) return std::nullopt;
  const std::vector<DType> dtypes =
      floating ? std::vector{DType::float32, DType::float16, DType::bfloat16, DType::float64}
               : std::vector{DType::int64, DType::int32, DType::int16, DType::int8, DType::uint8};
  ExprPtr number;
  for (const DType one : dtypes) {
    const ExprPtr literal = dtype_literal(one, dtype.expr);
    const Value info = evaluator_.call(callee.fact.value, {as<Resolved>(literal)->value}, {});
    const auto value = evaluator_.try_get_attribute(info, node.attr);
    if (!value || !(value->is_float() || value->is_int())) return std::nullopt;
    const ExprPtr written = reify(*value, node.value);
    if (!number) {
      number = written;
      continue;
    }
    auto test = node_at<Compare>(node.span);
    test->left = dtype.expr;
    test->ops = {CompareOperator::Eq};
    test->comparators = {literal};
    auto choice = node_at<IfExp>(node.span);
    choice->test = test;
    choice->body = written;
    choice->orelse = number;
    number = choice;
  }
  return Reduced{number, {}, nullptr};
}

/// In a branch that may never run, what Python would raise at once has no type: `self.extra(x)` where this instance has
/// no such layer, or where it is None. The message of the exception, with its class in front; nullopt if none is sure.
std::optional<std::string> Specialiser::Impl::raised_by(const ExprPtr& expr) {
  const auto any = [&](const ExprList& list) -> std::optional<std::string> {
    for (const ExprPtr& item : list)
      if (auto raised = item ? raised_by(item) : std::nullopt) return raised;
    return std::nullopt;
  };
  const auto known = [&](const ExprPtr& path) {
    ExprPtr root = path;
    while (const auto* attribute = as<Attribute>(root)) root = attribute->value;
    const auto* name = as<Name>(root);
    const auto fact = name ? frame_->facts.find(name->id) : frame_->facts.end();
    const bool of_module =
        fact != frame_->facts.end() && fact->second.is_constant() && fact->second.value.try_as<Module>();
    return of_module ? reduce(path).fact : Fact{};
  };
  const auto is_none = [&](const Fact& fact) { return fact.is_constant() && fact.value.is_none(); };
  if (const auto* node = as<Attribute>(expr)) {
    if (auto raised = raised_by(node->value)) return raised;
    const Fact whole = known(node->value);
    if (is_none(whole)) return "AttributeError: 'NoneType' object has no attribute '" + node->attr + "'";
    const auto module = whole.is_constant() ? whole.value.try_as<Module>() : nullptr;
    const bool lacks = module && in_tree(module) && !mutable_.names.contains(node->attr) &&
                       !evaluator_.try_get_attribute(whole.value, node->attr);
    if (lacks) return "AttributeError: '" + whole.value.type_name() + "' object has no attribute '" + node->attr + "'";
    return std::nullopt;
  }
  if (const auto* node = as<Call>(expr)) {
    if (auto raised = raised_by(node->func)) return raised;
    if (auto raised = any(node->args)) return raised;
    for (const Keyword& keyword : node->keywords)
      if (auto raised = raised_by(keyword.value)) return raised;
    if (is_none(known(node->func))) return "TypeError: 'NoneType' object is not callable";
    return std::nullopt;
  }
  if (const auto* node = as<Subscript>(expr)) {
    if (auto raised = raised_by(node->value)) return raised;
    if (is_none(known(node->value))) return "TypeError: 'NoneType' object is not subscriptable";
    return std::nullopt;
  }
  if (const auto* node = as<BinOp>(expr)) return any({node->left, node->right});
  if (const auto* node = as<UnaryOp>(expr)) return raised_by(node->operand);
  if (const auto* node = as<TupleExpr>(expr)) return any(node->elts);
  if (const auto* node = as<ListExpr>(expr)) return any(node->elts);
  return std::nullopt;
}

/// A `raise` for a statement that surely raises; null for others.
StmtPtr Specialiser::Impl::what_it_raises(const StmtPtr& statement) {
  ExprPtr value;
  if (const auto* node = as<Assign>(statement)) value = node->value;
  if (const auto* node = as<AugAssign>(statement)) value = node->value;
  if (const auto* node = as<ExprStmt>(statement)) value = node->value;
  if (const auto* node = as<Return>(statement)) value = node->value;
  const auto raised = value ? raised_by(value) : std::nullopt;
  if (!raised) return nullptr;
  const std::size_t colon = raised->find(": ");
  auto exception = node_at<Call>(value->span);
  exception->func = name_of(raised->substr(0, colon), value->span);
  exception->args = {constant_of(raised->substr(colon + 2), value->span)};
  auto raise = node_at<Raise>(value->span);
  raise->exc = exception;
  return raise;
}

}  // namespace scriptc::python
