#include "scriptc/python/parser_impl.h"

// What may be assigned to, deleted, or bound by `for` and `with`.

namespace scriptc::python {

std::string Parser::describe(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::Attribute:
      return "attribute";
    case ExprKind::Subscript:
      return "subscript";
    case ExprKind::Starred:
      return "starred";
    case ExprKind::Name:
      return "name";
    case ExprKind::ListExpr:
      return "list";
    case ExprKind::TupleExpr:
      return "tuple";
    case ExprKind::Lambda:
      return "lambda";
    case ExprKind::Call:
      return "function call";
    case ExprKind::BoolOp:
    case ExprKind::BinOp:
    case ExprKind::UnaryOp:
      return "expression";
    case ExprKind::GeneratorExp:
      return "generator expression";
    case ExprKind::Yield:
    case ExprKind::YieldFrom:
      return "yield expression";
    case ExprKind::Await:
      return "await expression";
    case ExprKind::ListComp:
      return "list comprehension";
    case ExprKind::SetComp:
      return "set comprehension";
    case ExprKind::DictComp:
      return "dict comprehension";
    case ExprKind::DictExpr:
      return "dict literal";
    case ExprKind::SetExpr:
      return "set display";
    case ExprKind::JoinedStr:
    case ExprKind::FormattedValue:
      return "f-string expression";
    case ExprKind::Compare:
      return "comparison";
    case ExprKind::IfExp:
      return "conditional expression";
    case ExprKind::NamedExpr:
      return "named expression";
    case ExprKind::Slice:
    case ExprKind::Resolved:
      return "expression";
    case ExprKind::Constant:
      break;
  }
  const ConstantValue& value = static_cast<const Constant&>(expr).value;
  if (std::holds_alternative<NoneLiteral>(value)) return "None";
  if (std::holds_alternative<EllipsisLiteral>(value)) return "ellipsis";
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? "True" : "False";
  return "literal";
}

const Expr* Parser::find_invalid_target(const ExprPtr& expr, ExprContext context) const {
  const ExprList* elements = nullptr;
  if (const auto* list = as<ListExpr>(expr)) elements = &list->elts;
  if (const auto* tuple = as<TupleExpr>(expr)) elements = &tuple->elts;
  if (elements != nullptr) {
    for (const ExprPtr& element : *elements)
      if (const Expr* found = find_invalid_target(element, context)) return found;
    return nullptr;
  }
  if (const auto* starred = as<Starred>(expr))
    return context == ExprContext::Del ? expr.get() : find_invalid_target(starred->value, context);
  const bool valid =
      expr->kind == ExprKind::Name || expr->kind == ExprKind::Attribute || expr->kind == ExprKind::Subscript;
  return valid ? nullptr : expr.get();
}

/// The nodes were made by this parser a moment ago and nobody else has seen them, so they may still change.
void Parser::set_context(const ExprPtr& expr, ExprContext context) {
  Expr& node = const_cast<Expr&>(*expr);
  switch (expr->kind) {
    case ExprKind::Name:
      static_cast<Name&>(node).ctx = context;
      break;
    case ExprKind::Attribute:
      static_cast<Attribute&>(node).ctx = context;
      break;
    case ExprKind::Subscript:
      static_cast<Subscript&>(node).ctx = context;
      break;
    case ExprKind::Starred: {
      auto& starred = static_cast<Starred&>(node);
      starred.ctx = context;
      set_context(starred.value, context);
      break;
    }
    case ExprKind::ListExpr: {
      auto& list = static_cast<ListExpr&>(node);
      list.ctx = context;
      for (const ExprPtr& element : list.elts) set_context(element, context);
      break;
    }
    case ExprKind::TupleExpr: {
      auto& tuple = static_cast<TupleExpr&>(node);
      tuple.ctx = context;
      for (const ExprPtr& element : tuple.elts) set_context(element, context);
      break;
    }
    default:
      break;
  }
}

ExprPtr Parser::as_target(const ExprPtr& expr, ExprContext context) {
  if (const Expr* invalid = find_invalid_target(expr, context)) {
    const char* verb = context == ExprContext::Del ? "cannot delete " : "cannot assign to ";
    fail(invalid->span, verb + describe(*invalid));
  }
  set_context(expr, context);
  return expr;
}

void Parser::reject_equals(const ExprPtr& left) {
  const Span equal = current().span;
  if (as<Name>(left) == nullptr) {
    const std::string what = describe(*left);
    const bool fixed = what == "None" || what == "True" || what == "False";
    if (fixed || what == "list" || what == "tuple") fail(equal, "invalid syntax");
    fail(left->span, "cannot assign to " + what + " here. Maybe you meant '==' instead of '='?");
  }
  advance();
  Span right;
  fail(try_expression(right) ? join(left->span, right) : equal,
       "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
}

ExprPtr Parser::parse_for_target() { return as_target(parse_target_list(), ExprContext::Store); }

}  // namespace scriptc::python
