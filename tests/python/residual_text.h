#pragma once

#include <string>

#include "scriptc/python/ast_children.h"
#include "scriptc/python/parser.h"
#include "scriptc/python/specialiser.h"

// Statements as text, for expectations. Values without a literal show as `<Linear>`, `<relu>`.

namespace scriptc::python::testing {

inline std::string text_of(const StmtList& body, int depth = 0);

/// An expression whose known values show by name.
inline std::string shown(const ExprPtr& expr) {
  std::string text = unparse(expr);
  std::vector<std::string> names;
  const std::function<void(const ExprPtr&)> collect = [&](const ExprPtr& part) {
    for_each_child(*part, collect);
    const auto* known = as<Resolved>(part);
    if (!known) return;
    Value value = known->value;
    if (const auto method = value.try_as<BoundMethod>()) value = method->function;
    std::string name = value.type_name();
    if (const auto function = value.try_as<Function>()) name = function->name;
    if (const auto cls = value.try_as<Class>()) name = cls->name;
    if (const auto op = value.try_as<OperatorRef>()) name = op->name;
    if (const auto constant = value.try_as<TorchConstant>()) name = constant->name;
    names.push_back("<" + name + ">");
  };
  if (expr) collect(expr);
  for (const std::string& name : names)
    if (const auto at = text.find("<resolved>"); at != std::string::npos) text.replace(at, 10, name);
  return text;
}

/// The function of that name (without the number behind it) which the statements call.
inline std::shared_ptr<PyFunction> find_function(const StmtList& body, const std::string& name) {
  std::shared_ptr<PyFunction> found;
  for_each_expr(body, [&](const ExprPtr& part) {
    const auto* known = as<Resolved>(part);
    if (!known || found) return;
    const auto method = known->value.try_as<BoundMethod>();
    const auto function = (method ? method->function : known->value).try_as<PyFunction>();
    if (!function) return;
    if (function->name.starts_with(name)) found = function;
    if (!found && function->def) found = find_function(function->def->body, name);
  });
  return found;
}

inline std::string signature_of(const PyFunction& function) {
  auto lambda = std::make_shared<Lambda>();
  lambda->args = std::make_shared<Arguments>(function.args());
  lambda->body = name_of("_");
  const std::string text = unparse(lambda);  // lambda ARGUMENTS: _
  return text.substr(7, text.rfind(": ") - 7);
}

inline std::string text_of(const StmtPtr& statement, int depth) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  const auto block = [&](const StmtList& body) { return ":\n" + text_of(body, depth + 1); };
  const auto otherwise = [&](const StmtList& body) { return body.empty() ? "" : indent + "else" + block(body); };
  const auto list = [](const ExprList& exprs, const std::string& separator) {
    std::string text;
    for (const ExprPtr& expr : exprs) text += (text.empty() ? "" : separator) + shown(expr);
    return text;
  };
  const auto line = [&](const std::string& text) { return indent + text + "\n"; };
  if (const auto* n = as<Return>(statement)) return line(n->value ? "return " + shown(n->value) : "return");
  if (const auto* n = as<Assign>(statement)) return line(list(n->targets, " = ") + " = " + shown(n->value));
  if (const auto* n = as<AnnAssign>(statement))
    return line(shown(n->target) + ": " + shown(n->annotation) + (n->value ? " = " + shown(n->value) : ""));
  if (const auto* n = as<AugAssign>(statement)) return line(shown(n->target) + " op= " + shown(n->value));
  if (const auto* n = as<ExprStmt>(statement)) return line(shown(n->value));
  if (const auto* n = as<Raise>(statement)) return line("raise " + shown(n->exc));
  if (const auto* n = as<Delete>(statement)) return line("del " + list(n->targets, ", "));
  if (const auto* n = as<Assert>(statement))
    return line("assert " + shown(n->test) + (n->msg ? ", " + shown(n->msg) : ""));
  if (const auto* n = as<If>(statement)) return indent + "if " + shown(n->test) + block(n->body) + otherwise(n->orelse);
  if (const auto* n = as<For>(statement))
    return indent + "for " + shown(n->target) + " in " + shown(n->iter) + block(n->body) + otherwise(n->orelse);
  if (const auto* n = as<While>(statement))
    return indent + "while " + shown(n->test) + block(n->body) + otherwise(n->orelse);
  if (const auto* n = as<With>(statement)) {
    std::string items;
    for (const WithItem& item : n->items)
      items += (items.empty() ? "" : ", ") + shown(item.context_expr) +
               (item.optional_vars ? " as " + shown(item.optional_vars) : "");
    return indent + "with " + items + block(n->body);
  }
  switch (statement->kind) {
    case StmtKind::Pass:
      return line("pass");
    case StmtKind::Break:
      return line("break");
    case StmtKind::Continue:
      return line("continue");
    case StmtKind::Try:
      return line("try ...");
    case StmtKind::FunctionDef:
      return line("def ...");
    case StmtKind::Match:
      return line("match ...");
    default:
      return line("<statement>");
  }
}

inline std::string text_of(const StmtList& body, int depth) {
  std::string text;
  for (const StmtPtr& statement : body) text += text_of(statement, depth);
  return text;
}

}  // namespace scriptc::python::testing
