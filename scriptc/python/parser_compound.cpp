#include "scriptc/python/parser_impl.h"

// Statements with a body.

namespace scriptc::python {

/// Null if the statement is of one line.
StmtPtr Parser::parse_compound(const Span& start) {
  switch (current().kind) {
    case TokenKind::KwIf:
      return parse_if();
    case TokenKind::KwWhile:
      return parse_while();
    case TokenKind::KwFor:
      return parse_for(start, false);
    case TokenKind::KwTry:
      return parse_try();
    case TokenKind::KwWith:
      return parse_with(start, false);
    case TokenKind::KwDef:
      return parse_function(start, false, {});
    case TokenKind::KwClass:
      return parse_class({});
    case TokenKind::At:
      return parse_decorated();
    case TokenKind::KwAsync:
      return parse_async({});
    case TokenKind::Name:
      return at_match_statement() ? parse_match() : nullptr;
    default:
      return nullptr;
  }
}

void Parser::expect_colon() {
  if (accept(TokenKind::Colon)) return;
  if (at(TokenKind::Newline)) fail(current().span, "expected ':'");
  fail_here();
}

StmtList Parser::parse_block(const std::string& what, const Span& owner) {
  StmtList body;
  if (!accept(TokenKind::Newline)) {
    parse_simple_statements(body);
    return body;
  }
  if (!accept(TokenKind::Indent)) {
    fail(current().span,
         "expected an indented block after " + what + " on line " + std::to_string(source_.shown_line(owner.line)));
  }
  while (!at(TokenKind::Dedent)) {
    if (at(TokenKind::End) || at(TokenKind::Error)) fail_here();
    parse_statement(body);
  }
  advance();
  return body;
}

StmtList Parser::parse_optional_else() {
  if (!at(TokenKind::KwElse)) return {};
  const Span start = advance().span;
  expect(TokenKind::Colon, ":");
  return parse_block("'else' statement", start);
}

/// Also `elif`, which is an `if` inside the else branch.
StmtPtr Parser::parse_if() {
  const Deeper deeper(*this);
  const Token keyword = advance();
  auto node = std::make_shared<If>();
  node->test = parse_named_expression();
  expect_colon();
  node->body = parse_block(keyword.kind == TokenKind::KwIf ? "'if' statement" : "'elif' statement", keyword.span);
  if (at(TokenKind::KwElif))
    node->orelse.push_back(parse_if());
  else
    node->orelse = parse_optional_else();
  return finish_statement(std::move(node), keyword.span);
}

StmtPtr Parser::parse_while() {
  const Span start = advance().span;
  auto node = std::make_shared<While>();
  node->test = parse_named_expression();
  expect_colon();
  node->body = parse_block("'while' statement", start);
  node->orelse = parse_optional_else();
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_for(const Span& start, bool is_async) {
  const Span keyword = require(TokenKind::KwFor).span;
  auto node = std::make_shared<For>();
  node->is_async = is_async;
  node->target = parse_for_target();
  require(TokenKind::KwIn);
  node->iter = parse_star_expressions();
  expect(TokenKind::Colon, ":");
  node->body = parse_block("'for' statement", keyword);
  node->orelse = parse_optional_else();
  return finish_statement(std::move(node), start);
}

/// Whether `with (` opens a bracket around the items rather than an expression: the bracket ends before the colon and
/// no element is one that only an expression can hold.
bool Parser::has_parenthesised_items() const {
  if (!at(TokenKind::LeftParen)) return false;
  const int inside = current().level;
  std::size_t i = position_ + 1;
  bool item_starts = true;
  for (; i < tokens_.tokens.size(); ++i) {
    const Token& token = tokens_.tokens[i];
    if (token.kind == TokenKind::RightParen && token.level == inside - 1) break;
    if (token.level == inside) {
      const bool only_in_expressions = token.kind == TokenKind::ColonEqual || token.kind == TokenKind::KwYield ||
                                       token.kind == TokenKind::KwFor || (item_starts && token.kind == TokenKind::Star);
      if (only_in_expressions) return false;
    }
    item_starts = token.level == inside && token.kind == TokenKind::Comma;
  }
  const bool empty = i == position_ + 1;
  return !empty && i + 1 < tokens_.tokens.size() && tokens_.tokens[i + 1].kind == TokenKind::Colon;
}

WithItem Parser::parse_with_item() {
  WithItem item;
  item.context_expr = parse_expression();
  if (accept(TokenKind::KwAs)) {
    const bool starred = at(TokenKind::Star);
    item.optional_vars = as_target(starred ? parse_star_expression() : parse_bitwise_or(), ExprContext::Store);
  }
  return item;
}

StmtPtr Parser::parse_with(const Span& start, bool is_async) {
  const Span keyword = require(TokenKind::KwWith).span;
  auto node = std::make_shared<With>();
  node->is_async = is_async;
  const bool bracketed = has_parenthesised_items();
  if (bracketed) advance();
  do {
    if (bracketed && at(TokenKind::RightParen)) break;
    node->items.push_back(parse_with_item());
  } while (accept(TokenKind::Comma));
  if (bracketed) require(TokenKind::RightParen);
  expect_colon();
  node->body = parse_block("'with' statement", keyword);
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_try() {
  const Span start = advance().span;
  expect(TokenKind::Colon, ":");
  auto node = std::make_shared<Try>();
  node->body = parse_block("'try' statement", start);
  while (at(TokenKind::KwExcept)) {
    const Span except = current().span;
    bool is_star = false;
    node->handlers.push_back(parse_except(is_star));
    if (node->handlers.size() > 1 && is_star != node->is_star)
      fail(except, "cannot have both 'except' and 'except*' on the same 'try'");
    node->is_star = is_star;
  }
  if (!node->handlers.empty()) node->orelse = parse_optional_else();
  if (at(TokenKind::KwFinally)) {
    const Span finally = advance().span;
    expect(TokenKind::Colon, ":");
    node->finalbody = parse_block("'finally' statement", finally);
  } else if (node->handlers.empty()) {
    fail(current().span, "expected 'except' or 'finally' block");
  }
  return finish_statement(std::move(node), start);
}

ExceptHandler Parser::parse_except(bool& is_star) {
  const Span start = advance().span;
  ExceptHandler handler;
  is_star = accept(TokenKind::Star);
  if (is_star && (at(TokenKind::Newline) || at(TokenKind::Colon)))
    fail(current().span, "expected one or more exception types");
  if (!at(TokenKind::Colon) && !at(TokenKind::Newline)) {
    const Span type_start = current().span;
    handler.type = parse_expression();
    if (at(TokenKind::Comma)) {
      parse_tuple_tail(handler.type, type_start, &Parser::parse_expression);
      fail(span_since(type_start), "multiple exception types must be parenthesized");
    }
    if (accept(TokenKind::KwAs)) handler.name = require_name();
  }
  expect_colon();
  handler.body = parse_block(is_star ? "'except*' statement" : "'except' statement", start);
  handler.span = span_since(start);
  return handler;
}

StmtPtr Parser::parse_function(const Span& start, bool is_async, ExprList decorators) {
  const Span keyword = require(TokenKind::KwDef).span;
  auto node = std::make_shared<FunctionDef>();
  node->is_async = is_async;
  node->decorator_list = std::move(decorators);
  node->name = require_name();
  expect(TokenKind::LeftParen, "(");
  node->args = parse_parameters(ParameterStyle::def, TokenKind::RightParen);
  require(TokenKind::RightParen);
  if (accept(TokenKind::Arrow)) node->returns = parse_expression();
  expect(TokenKind::Colon, ":");
  node->body = parse_block("function definition", keyword);
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_class(ExprList decorators) {
  const Span start = require(TokenKind::KwClass).span;
  auto node = std::make_shared<ClassDef>();
  node->decorator_list = std::move(decorators);
  node->name = require_name();
  if (accept(TokenKind::LeftParen)) {
    if (!at(TokenKind::RightParen)) parse_call_arguments(node->bases, node->keywords);
    require(TokenKind::RightParen);
  }
  expect_colon();
  node->body = parse_block("class definition", start);
  return finish_statement(std::move(node), start);
}

StmtPtr Parser::parse_decorated() {
  ExprList decorators;
  while (accept(TokenKind::At)) {
    decorators.push_back(parse_named_expression());
    require(TokenKind::Newline);
  }
  const Span start = current().span;
  if (at(TokenKind::KwClass)) return parse_class(std::move(decorators));
  if (at(TokenKind::KwAsync)) return parse_async(std::move(decorators));
  if (!at(TokenKind::KwDef)) fail_here();
  return parse_function(start, false, std::move(decorators));
}

StmtPtr Parser::parse_async(ExprList decorators) {
  const Span start = advance().span;
  const bool decorated = !decorators.empty();
  if (at(TokenKind::KwDef)) return parse_function(start, true, std::move(decorators));
  if (!decorated && at(TokenKind::KwFor)) return parse_for(start, true);
  if (!decorated && at(TokenKind::KwWith)) return parse_with(start, true);
  fail_here();
}

}  // namespace scriptc::python
