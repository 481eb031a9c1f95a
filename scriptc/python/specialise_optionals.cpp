// Variables that are None until a branch or a loop gives them a value: TorchScript wants their type said at the start.

#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// The name of the type that `value` says it has: that of a literal, else Tensor.
std::string type_of(const ExprPtr& value) {
  const auto* constant = as<Constant>(value);
  if (!constant) return "Tensor";
  if (std::holds_alternative<bool>(constant->value)) return "bool";
  if (std::holds_alternative<std::int64_t>(constant->value)) return "int";
  if (std::holds_alternative<double>(constant->value)) return "float";
  return std::holds_alternative<std::string>(constant->value) ? "str" : "Tensor";
}

/// The name of `name = None`, else null.
const Name* set_to_none(const StmtPtr& statement) {
  const auto* assign = as<Assign>(statement);
  if (!assign || assign->targets.size() != 1 || !is_none_literal(assign->value)) return nullptr;
  return as<Name>(assign->targets[0]);
}

/// The type that the first block to assign `name` gives it; "" if it is bound again before, or never.
std::string type_in_blocks(const StmtList& body, std::size_t from, const std::string& name) {
  for (std::size_t i = from; i < body.size(); ++i) {
    if (!assigned_names({body[i]}).contains(name)) continue;
    const StmtKind kind = body[i]->kind;
    if (kind != StmtKind::If && kind != StmtKind::For && kind != StmtKind::While && kind != StmtKind::With) return "";
    std::string type;
    for_each_assignment({body[i]}, [&](const std::string& target, const ExprPtr& value) {
      if (target == name && type.empty() && !is_none_literal(value)) type = type_of(value);
    });
    return type;
  }
  return "";
}

/// `a, b = None, 0` as two statements.
StmtList split_constants(const StmtList& body) {
  StmtList result;
  for (const StmtPtr& statement : body) {
    const auto* assign = as<Assign>(statement);
    const auto* left = assign && assign->targets.size() == 1 ? as<TupleExpr>(assign->targets[0]) : nullptr;
    const auto* right = left ? as<TupleExpr>(assign->value) : nullptr;
    bool splits = right && left->elts.size() == right->elts.size();
    bool any = false;
    for (std::size_t i = 0; splits && i < left->elts.size(); ++i) {
      splits = as<Name>(left->elts[i]) && as<Constant>(right->elts[i]);
      any = any || is_none_literal(right->elts[i]);
    }
    if (!splits || !any) {
      result.push_back(statement);
      continue;
    }
    for (std::size_t i = 0; i < left->elts.size(); ++i) result.push_back(assignment(left->elts[i], right->elts[i]));
  }
  return result;
}

}  // namespace

StmtList Specialiser::Impl::with_optionals(const StmtList& original) {
  StmtList result;
  const StmtList body = split_constants(original);
  for (std::size_t i = 0; i < body.size(); ++i) {
    StmtPtr statement = body[i];
    const auto inside = [&](const auto& node, auto... blocks) {
      auto rebuilt = copy_of(node);
      bool same = true;
      const auto replace = [&](StmtList& block) {
        StmtList replaced = with_optionals(block);
        same = same && replaced == block;
        block = std::move(replaced);
      };
      (replace((*rebuilt).*blocks), ...);
      if (!same) statement = rebuilt;
    };
    if (const auto* node = as<If>(statement)) inside(*node, &If::body, &If::orelse);
    if (const auto* node = as<For>(statement)) inside(*node, &For::body);
    if (const auto* node = as<While>(statement)) inside(*node, &While::body);
    if (const auto* node = as<With>(statement)) inside(*node, &With::body);
    if (const Name* name = set_to_none(statement)) {
      const std::string type = type_in_blocks(body, i + 1, name->id);
      if (!type.empty()) statement = declared_optional(*name, type, statement);
    }
    result.push_back(statement);
  }
  return result;
}

/// `name: Optional[TYPE] = None`.
StmtPtr Specialiser::Impl::declared_optional(const Name& name, const std::string& type, const StmtPtr& original) {
  auto shape = std::make_shared<Subscript>();
  shape->value = placeholder(0);
  shape->slice = placeholder(1);
  const Value inner = type == "Tensor" ? evaluator_.get_attribute(Value(evaluator_.import_module("torch")), type)
                                       : *evaluator_.try_resolve(*frame_->function, type);
  const Value optional = evaluator_.get_attribute(Value(evaluator_.import_module("typing")), "Optional");
  const auto annotation = evaluate(shape, {optional, inner});
  if (!annotation) return original;
  auto statement = std::make_shared<AnnAssign>();
  statement->span = original->span;
  statement->target = name_of(name.id, name.span, ExprContext::Store);
  statement->annotation = reify(*annotation, statement->target);
  statement->value = as<Assign>(original)->value;
  statement->simple = true;
  return statement;
}

}  // namespace scriptc::python
