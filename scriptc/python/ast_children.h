#pragma once

#include "scriptc/python/ast.h"

namespace scriptc::python {

template <class Visit>
void for_each_child(const ExprList& list, Visit&& visit) {
  for (const ExprPtr& item : list)
    if (item) visit(item);
}

template <class Visit>
void for_each_child(const Arguments& arguments, Visit&& visit) {
  const auto annotation = [&](const Parameter& parameter) {
    if (parameter.annotation) visit(parameter.annotation);
  };
  for (const Parameter& parameter : arguments.posonlyargs) annotation(parameter);
  for (const Parameter& parameter : arguments.args) annotation(parameter);
  if (arguments.vararg) annotation(*arguments.vararg);
  for (const Parameter& parameter : arguments.kwonlyargs) annotation(parameter);
  for_each_child(arguments.kw_defaults, visit);
  if (arguments.kwarg) annotation(*arguments.kwarg);
  for_each_child(arguments.defaults, visit);
}

template <class Visit>
void for_each_child(const std::vector<Comprehension>& generators, Visit&& visit) {
  for (const Comprehension& generator : generators) {
    visit(generator.target);
    visit(generator.iter);
    for_each_child(generator.ifs, visit);
  }
}

/// Calls `visit(const ExprPtr&)` for the direct children of an expression that are there, in the order of CPython's
/// fields.
template <class Visit>
void for_each_child(const Expr& expr, Visit&& visit) {
  const auto one = [&](const ExprPtr& child) {
    if (child) visit(child);
  };
  switch (expr.kind) {
    case ExprKind::BoolOp:
      for_each_child(static_cast<const BoolOp&>(expr).values, visit);
      break;
    case ExprKind::NamedExpr: {
      const auto& node = static_cast<const NamedExpr&>(expr);
      one(node.target), one(node.value);
      break;
    }
    case ExprKind::BinOp: {
      const auto& node = static_cast<const BinOp&>(expr);
      one(node.left), one(node.right);
      break;
    }
    case ExprKind::UnaryOp:
      one(static_cast<const UnaryOp&>(expr).operand);
      break;
    case ExprKind::Lambda: {
      const auto& node = static_cast<const Lambda&>(expr);
      for_each_child(*node.args, visit), one(node.body);
      break;
    }
    case ExprKind::IfExp: {
      const auto& node = static_cast<const IfExp&>(expr);
      one(node.test), one(node.body), one(node.orelse);
      break;
    }
    case ExprKind::DictExpr: {
      const auto& node = static_cast<const DictExpr&>(expr);
      for_each_child(node.keys, visit), for_each_child(node.values, visit);
      break;
    }
    case ExprKind::SetExpr:
      for_each_child(static_cast<const SetExpr&>(expr).elts, visit);
      break;
    case ExprKind::ListComp: {
      const auto& node = static_cast<const ListComp&>(expr);
      one(node.elt), for_each_child(node.generators, visit);
      break;
    }
    case ExprKind::SetComp: {
      const auto& node = static_cast<const SetComp&>(expr);
      one(node.elt), for_each_child(node.generators, visit);
      break;
    }
    case ExprKind::DictComp: {
      const auto& node = static_cast<const DictComp&>(expr);
      one(node.key), one(node.value), for_each_child(node.generators, visit);
      break;
    }
    case ExprKind::GeneratorExp: {
      const auto& node = static_cast<const GeneratorExp&>(expr);
      one(node.elt), for_each_child(node.generators, visit);
      break;
    }
    case ExprKind::Await:
      one(static_cast<const Await&>(expr).value);
      break;
    case ExprKind::Yield:
      one(static_cast<const Yield&>(expr).value);
      break;
    case ExprKind::YieldFrom:
      one(static_cast<const YieldFrom&>(expr).value);
      break;
    case ExprKind::Compare: {
      const auto& node = static_cast<const Compare&>(expr);
      one(node.left), for_each_child(node.comparators, visit);
      break;
    }
    case ExprKind::Call: {
      const auto& node = static_cast<const Call&>(expr);
      one(node.func), for_each_child(node.args, visit);
      for (const Keyword& keyword : node.keywords) one(keyword.value);
      break;
    }
    case ExprKind::FormattedValue: {
      const auto& node = static_cast<const FormattedValue&>(expr);
      one(node.value), one(node.format_spec);
      break;
    }
    case ExprKind::JoinedStr:
      for_each_child(static_cast<const JoinedStr&>(expr).values, visit);
      break;
    case ExprKind::Attribute:
      one(static_cast<const Attribute&>(expr).value);
      break;
    case ExprKind::Subscript: {
      const auto& node = static_cast<const Subscript&>(expr);
      one(node.value), one(node.slice);
      break;
    }
    case ExprKind::Starred:
      one(static_cast<const Starred&>(expr).value);
      break;
    case ExprKind::ListExpr:
      for_each_child(static_cast<const ListExpr&>(expr).elts, visit);
      break;
    case ExprKind::TupleExpr:
      for_each_child(static_cast<const TupleExpr&>(expr).elts, visit);
      break;
    case ExprKind::Slice: {
      const auto& node = static_cast<const Slice&>(expr);
      one(node.lower), one(node.upper), one(node.step);
      break;
    }
    case ExprKind::Constant:
    case ExprKind::Name:
    case ExprKind::Resolved:
      break;
  }
}

}  // namespace scriptc::python
