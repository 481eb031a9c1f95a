// What constants are to the specialiser, and small nodes to build residuals of.

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

Fact Fact::constant(Value v, bool is_materialised) {
  Fact fact;
  fact.kind = Kind::constant;
  fact.value = std::move(v);
  fact.materialised = is_materialised;
  return fact;
}

bool is_scalar(const Value& value) {
  return value.is_none() || value.is_bool() || value.is_int() || value.is_float() || value.is_string();
}

bool is_container(const Value& value) { return value.is_list() || value.is_dict() || value.try_as<SetObject>(); }

namespace {

bool is_named_tuple(const Value& value) {
  return value.is_tuple() && std::get<std::shared_ptr<TupleValue>>(value.data())->type != nullptr;
}

template <class Predicate>
bool all_of(const std::vector<Value>& items, const Predicate& predicate) {
  for (const Value& item : items)
    if (!predicate(item)) return false;
  return true;
}

}  // namespace

bool is_plain(const Value& value) {
  if (is_named_tuple(value)) return false;
  if (value.is_tuple()) return all_of(value.as_tuple(), is_plain);
  if (value.is_list()) return all_of(value.as_list(), is_plain);
  return is_scalar(value);
}

bool is_storable(const Value& value) {
  if (value.is_tuple()) return !is_named_tuple(value) && all_of(value.as_tuple(), is_storable);
  return is_scalar(value) || value.try_as<TorchConstant>();
}

bool is_typable(const Value& value) {
  if (!value.is_list()) return is_storable(value);
  const std::vector<Value>& items = value.as_list();
  if (items.empty()) return false;
  const std::size_t kind = items.front().data().index();
  return all_of(items, [&](const Value& item) { return is_scalar(item) && item.data().index() == kind; });
}

std::string identity(const Value& value) {
  if (is_scalar(value)) return value.type_name() + ":" + repr(value);
  const auto all = [](const std::vector<Value>& items) {
    std::string text;
    for (const Value& item : items) text += identity(item) + ",";
    return text;
  };
  if (value.is_tuple() && !is_named_tuple(value)) return "(" + all(value.as_tuple()) + ")";
  if (const auto constant = value.try_as<TorchConstant>()) return constant->type_name() + ":" + constant->name;
  const void* address = std::visit(
      [](const auto& held) -> const void* {
        if constexpr (requires { held.get(); })
          return held.get();
        else
          return nullptr;
      },
      value.data());
  return "@" + std::to_string(reinterpret_cast<std::uintptr_t>(address));
}

bool is_same_constant(const Value& a, const Value& b) { return identity(a) == identity(b); }

std::string builtin_name(const Value& value) {
  if (const auto native = value.try_as<NativeFunction>())
    return native->qualified_name.starts_with("builtins.") ? native->name : "";
  const auto cls = value.try_as<PyClass>();
  const bool builtin = cls && !cls->def && !cls->module && cls->qualified_name == cls->name;
  return builtin ? cls->name : "";
}

bool is_atom(const ExprPtr& expr) {
  if (as<Name>(expr) || as<Constant>(expr) || as<Resolved>(expr)) return true;
  if (const auto* unary = as<UnaryOp>(expr)) return as<Constant>(unary->operand) != nullptr;
  if (const auto* tuple = as<TupleExpr>(expr)) {
    for (const ExprPtr& item : tuple->elts)
      if (!is_atom(item)) return false;
    return true;
  }
  return false;
}

ExprPtr name_of(const std::string& name, const Span& span, ExprContext ctx) {
  auto node = std::make_shared<Name>();
  node->id = name;
  node->span = span;
  node->ctx = ctx;
  return node;
}

ExprPtr call_to(const std::string& name, const ExprList& args, const Span& span) {
  auto call = node_at<Call>(span);
  call->func = name_of(name, span);
  call->args = args;
  return call;
}

ExprPtr placeholder(std::size_t index) { return name_of("$" + std::to_string(index)); }

ExprPtr constant_of(ConstantValue literal, const Span& span) {
  auto node = std::make_shared<Constant>();
  node->value = std::move(literal);
  node->span = span;
  return node;
}

StmtPtr assignment(const ExprPtr& target, const ExprPtr& value) {
  auto statement = std::make_shared<Assign>();
  statement->span = target->span.line ? target->span : value->span;
  statement->targets = {target};
  statement->value = value;
  return statement;
}

StmtPtr assignment(const std::string& name, const ExprPtr& value) {
  return assignment(name_of(name, value->span, ExprContext::Store), value);
}

}  // namespace scriptc::python
