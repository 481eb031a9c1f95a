// What functions return, keep in attributes, and assign to their parameters, as far as their code says.

#include <functional>

#include "scriptc/model/text.h"
#include "scriptc/python/ast_children.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

bool is_none_literal(const ExprPtr& expr) {
  const auto* literal = as<Constant>(expr);
  return literal && std::holds_alternative<NoneLiteral>(literal->value);
}

bool returns_value(const PyFunction& function) {
  bool found = false;
  for_each_stmt(body_of(function), [&](const StmtPtr& statement) {
    const auto* node = as<Return>(statement);
    found = found || (node && node->value && !is_none_literal(node->value));
  });
  return found;
}

bool binds_once(const PyFunction& function, const std::string& name) {
  int count = 0;
  for_each_expr(
      body_of(function),
      [&](const ExprPtr& part) {
        const auto* variable = as<Name>(part);
        count += variable && variable->id == name && variable->ctx != ExprContext::Load;
      },
      true);
  return count == 1;
}

bool returns_once(const PyFunction& function) {
  int count = 0;
  for_each_stmt(body_of(function), [&](const StmtPtr& statement) { count += statement->kind == StmtKind::Return; });
  return count == 1;
}

bool assigns_none(const PyFunction& function, const std::string& name) {
  const std::function<bool(const ExprPtr&)> is_none = [&](const ExprPtr& expr) {
    if (const auto* node = as<IfExp>(expr)) return is_none(node->body) || is_none(node->orelse);
    return is_none_literal(expr);
  };
  bool found = false;
  for_each_assignment(body_of(function), [&](const std::string& target, const ExprPtr& value) {
    found = found || (target == name && is_none(value));
  });
  return found;
}

void refuse_changed_defaults(const PyFunction& function, const std::vector<std::string>& defaulted) {
  std::optional<std::set<std::string>> changed;
  for (const std::string& name : defaulted) {
    const Value* value = default_of(function, name);
    if (!value || !is_container(*value)) continue;
    if (!changed) changed = mutated_names(body_of(function));
    if (!changed->contains(name) || assigned_names(body_of(function)).contains(name)) continue;
    const Span span = function.def ? function.def->span : function.lambda->span;
    throw error_at(ErrorKind::model, *function.source(), span,
                   "the default of parameter " + quote(name) + " of " + quote(function.name) + " is a " +
                       std::string(value->type_name()) +
                       " that the function changes: Python keeps it from one call to the next, and a saved model does "
                       "not\n  help: make the default None, and the " +
                       std::string(value->type_name()) + " in the body");
  }
}

std::set<const Expr*> returned_values(const StmtList& statements) {
  std::set<const Expr*> values;
  std::set<std::string> names;
  const std::function<void(const ExprPtr&)> add = [&](const ExprPtr& expr) {
    if (!expr || !values.insert(expr.get()).second) return;
    if (const auto* name = as<Name>(expr)) names.insert(name->id);
    const bool holds = expr->kind == ExprKind::TupleExpr || expr->kind == ExprKind::ListExpr ||
                       expr->kind == ExprKind::DictExpr || expr->kind == ExprKind::IfExp ||
                       expr->kind == ExprKind::BoolOp || expr->kind == ExprKind::Starred;
    if (holds) for_each_child(*expr, add);
  };
  for_each_stmt(statements, [&](const StmtPtr& statement) {
    if (const auto* node = as<Return>(statement)) add(node->value);
    const auto* assign = as<Assign>(statement);
    if (assign && !as<Name>(assign->targets[0]) && !as<TupleExpr>(assign->targets[0])) add(assign->value);
  });
  for (std::size_t before = values.size() + 1; before != values.size();) {
    before = values.size();
    for_each_assignment(statements, [&](const std::string& target, const ExprPtr& value) {
      if (names.contains(target)) add(value);
    });
  }
  return values;
}

}  // namespace scriptc::python
