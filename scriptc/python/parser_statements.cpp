#include <optional>

#include "scriptc/python/parser_impl.h"

// Statements of one line.

namespace scriptc::python {
namespace {

std::optional<BinaryOperator> find_augmented(TokenKind token) {
  switch (token) {
    case TokenKind::PlusEqual:
      return BinaryOperator::Add;
    case TokenKind::MinusEqual:
      return BinaryOperator::Sub;
    case TokenKind::StarEqual:
      return BinaryOperator::Mult;
    case TokenKind::AtEqual:
      return BinaryOperator::MatMult;
    case TokenKind::SlashEqual:
      return BinaryOperator::Div;
    case TokenKind::PercentEqual:
      return BinaryOperator::Mod;
    case TokenKind::AmpersandEqual:
      return BinaryOperator::BitAnd;
    case TokenKind::BarEqual:
      return BinaryOperator::BitOr;
    case TokenKind::CaretEqual:
      return BinaryOperator::BitXor;
    case TokenKind::LeftShiftEqual:
      return BinaryOperator::LShift;
    case TokenKind::RightShiftEqual:
      return BinaryOperator::RShift;
    case TokenKind::DoubleStarEqual:
      return BinaryOperator::Pow;
    case TokenKind::DoubleSlashEqual:
      return BinaryOperator::FloorDiv;
    default:
      return std::nullopt;
  }
}

bool is_annotatable(const ExprPtr& target) {
  return as<Name>(target) != nullptr || as<Attribute>(target) != nullptr || as<Subscript>(target) != nullptr;
}

}  // namespace

void Parser::parse_statement(StmtList& out) {
  const Deeper deeper(*this);
  const Span start = current().span;
  if (StmtPtr compound = parse_compound(start))
    out.push_back(std::move(compound));
  else
    parse_simple_statements(out);
}

void Parser::parse_simple_statements(StmtList& out) {
  do {
    out.push_back(parse_simple_statement());
  } while (accept(TokenKind::Semicolon) && !at(TokenKind::Newline));
  if (at(TokenKind::Newline)) {
    advance();
    return;
  }
  if (const auto* last = as<ExprStmt>(out.back())) {
    const auto* name = as<Name>(last->value);
    if (name != nullptr && (name->id == "print" || name->id == "exec") && starts_expression()) {
      fail(join(name->span, current().span),
           "Missing parentheses in call to '" + name->id + "'. Did you mean " + name->id + "(...)?");
    }
    if (current().level > 0) explain_missing_comma(last->value);
  }
  fail_here();
}

StmtPtr Parser::parse_simple_statement() {
  const Span start = current().span;
  switch (current().kind) {
    case TokenKind::KwReturn:
      return parse_return();
    case TokenKind::KwImport:
      return parse_import();
    case TokenKind::KwFrom:
      return parse_import_from();
    case TokenKind::KwRaise:
      return parse_raise();
    case TokenKind::KwDel:
      return parse_del();
    case TokenKind::KwAssert:
      return parse_assert();
    case TokenKind::KwGlobal:
    case TokenKind::KwNonlocal:
      return parse_global();
    case TokenKind::KwPass:
      advance();
      return finish_statement(std::make_shared<Pass>(), start);
    case TokenKind::KwBreak:
      advance();
      return finish_statement(std::make_shared<Break>(), start);
    case TokenKind::KwContinue:
      advance();
      return finish_statement(std::make_shared<Continue>(), start);
    default:
      return parse_expression_statement();
  }
}

StmtPtr Parser::parse_expression_statement() {
  const Span start = current().span;
  const bool parenthesised = at(TokenKind::LeftParen);
  ExprPtr expr = parse_yield_or_star_expressions();
  if (at(TokenKind::Colon)) return parse_annotated(expr, start, parenthesised);
  if (at(TokenKind::Equal)) return parse_assignment(std::move(expr), start);
  if (const std::optional<BinaryOperator> op = find_augmented(current().kind)) {
    if (!is_annotatable(expr))
      fail(expr->span, "'" + describe(*expr) + "' is an illegal expression for augmented assignment");
    advance();
    auto node = std::make_shared<AugAssign>();
    node->target = as_target(expr, ExprContext::Store);
    node->op = *op;
    node->value = parse_yield_or_star_expressions();
    return finish_statement(std::move(node), start);
  }
  auto node = std::make_shared<ExprStmt>();
  node->value = std::move(expr);
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_annotated(const ExprPtr& target, const Span& start, bool parenthesised) {
  if (as<ListExpr>(target) != nullptr) fail(target->span, "only single target (not list) can be annotated");
  if (as<TupleExpr>(target) != nullptr) fail(target->span, "only single target (not tuple) can be annotated");
  if (!is_annotatable(target)) {
    if (ahead(1).kind == TokenKind::Newline) fail_here();
    fail(target->span, "illegal target for annotation");
  }
  advance();
  auto node = std::make_shared<AnnAssign>();
  node->simple = as<Name>(target) != nullptr && !parenthesised;
  node->target = as_target(target, ExprContext::Store);
  node->annotation = parse_expression();
  if (accept(TokenKind::Equal)) node->value = parse_yield_or_star_expressions();
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_assignment(ExprPtr first, const Span& start) {
  auto node = std::make_shared<Assign>();
  node->value = std::move(first);
  while (at(TokenKind::Equal)) {
    if (as<Yield>(node->value) != nullptr || as<YieldFrom>(node->value) != nullptr)
      fail(node->value->span, "assignment to yield expression not possible");
    if (const Expr* invalid = find_invalid_target(node->value, ExprContext::Store)) {
      const std::string what = describe(*invalid);
      const bool fixed = what == "None" || what == "True" || what == "False" || invalid != node->value.get();
      fail(invalid->span, "cannot assign to " + what + (fixed ? "" : " here. Maybe you meant '==' instead of '='?"));
    }
    advance();
    set_context(node->value, ExprContext::Store);
    node->targets.push_back(std::move(node->value));
    node->value = parse_yield_or_star_expressions();
  }
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_return() {
  const Span start = advance().span;
  auto node = std::make_shared<Return>();
  if (starts_expression() || at(TokenKind::Star)) node->value = parse_star_expressions();
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_raise() {
  const Span start = advance().span;
  auto node = std::make_shared<Raise>();
  if (starts_expression()) {
    node->exc = parse_expression();
    if (accept(TokenKind::KwFrom)) node->cause = parse_expression();
  }
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_global() {
  const Token keyword = advance();
  std::vector<std::string> names;
  do {
    names.push_back(require_name());
  } while (accept(TokenKind::Comma));
  if (keyword.kind == TokenKind::KwGlobal) {
    auto node = std::make_shared<Global>();
    node->names = std::move(names);
    return finish_statement(std::move(node), keyword.span);
  }
  auto node = std::make_shared<Nonlocal>();
  node->names = std::move(names);
  return finish_statement(std::move(node), keyword.span);
}

StmtPtr Parser::parse_del() {
  const Span start = advance().span;
  auto node = std::make_shared<Delete>();
  do {
    if (!node->targets.empty() && (at(TokenKind::Newline) || at(TokenKind::Semicolon))) break;
    node->targets.push_back(as_target(parse_star_expression(), ExprContext::Del));
  } while (accept(TokenKind::Comma));
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_assert() {
  const Span start = advance().span;
  auto node = std::make_shared<Assert>();
  node->test = parse_expression();
  if (accept(TokenKind::Comma)) node->msg = parse_expression();
  return finish_statement(std::move(node), start);
}

std::string Parser::parse_dotted_name() {
  std::string name = require_name();
  while (accept(TokenKind::Dot)) name += "." + require_name();
  return name;
}

StmtPtr Parser::parse_import() {
  const Span start = advance().span;
  auto node = std::make_shared<Import>();
  do {
    const Span alias_start = current().span;
    Alias alias;
    alias.name = parse_dotted_name();
    if (accept(TokenKind::KwAs)) alias.asname = require_name();
    alias.span = span_since(alias_start);
    node->names.push_back(std::move(alias));
  } while (accept(TokenKind::Comma));
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_import_from() {
  const Span start = advance().span;
  auto node = std::make_shared<ImportFrom>();
  for (; at(TokenKind::Dot) || at(TokenKind::Ellipsis); advance()) node->level += at(TokenKind::Dot) ? 1 : 3;
  if (!at(TokenKind::KwImport) || node->level == 0) node->module = parse_dotted_name();
  require(TokenKind::KwImport);
  node->names = parse_import_names();
  return finish_statement(std::move(node), start);
}

std::vector<Alias> Parser::parse_import_names() {
  std::vector<Alias> names;
  if (at(TokenKind::Star)) {
    const Span star = advance().span;
    names.push_back({"*", "", star});
    return names;
  }
  const bool bracketed = accept(TokenKind::LeftParen);
  do {
    if (bracketed && !names.empty() && at(TokenKind::RightParen)) break;
    if (!bracketed && !names.empty() && at(TokenKind::Newline))
      fail(current().span, "trailing comma not allowed without surrounding parentheses");
    const Span start = current().span;
    Alias alias;
    alias.name = require_name();
    if (accept(TokenKind::KwAs)) alias.asname = require_name();
    alias.span = span_since(start);
    names.push_back(std::move(alias));
  } while (accept(TokenKind::Comma));
  if (bracketed) require(TokenKind::RightParen);
  return names;
}

}  // namespace scriptc::python
