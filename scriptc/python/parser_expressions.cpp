#include <optional>

#include "scriptc/python/parser_impl.h"

// Operators, from the loosest binding to the tightest.

namespace scriptc::python {
namespace {

struct BinarySpelling {
  TokenKind token;
  BinaryOperator op;
  int precedence;
};

constexpr BinarySpelling kBinary[] = {
    {TokenKind::Bar, BinaryOperator::BitOr, 1},         {TokenKind::Caret, BinaryOperator::BitXor, 2},
    {TokenKind::Ampersand, BinaryOperator::BitAnd, 3},  {TokenKind::LeftShift, BinaryOperator::LShift, 4},
    {TokenKind::RightShift, BinaryOperator::RShift, 4}, {TokenKind::Plus, BinaryOperator::Add, 5},
    {TokenKind::Minus, BinaryOperator::Sub, 5},         {TokenKind::Star, BinaryOperator::Mult, 6},
    {TokenKind::At, BinaryOperator::MatMult, 6},        {TokenKind::Slash, BinaryOperator::Div, 6},
    {TokenKind::Percent, BinaryOperator::Mod, 6},       {TokenKind::DoubleSlash, BinaryOperator::FloorDiv, 6},
};

const BinarySpelling* find_binary(TokenKind token) {
  for (const BinarySpelling& spelling : kBinary)
    if (spelling.token == token) return &spelling;
  return nullptr;
}

std::optional<UnaryOperator> find_unary(TokenKind token) {
  switch (token) {
    case TokenKind::Plus:
      return UnaryOperator::UAdd;
    case TokenKind::Minus:
      return UnaryOperator::USub;
    case TokenKind::Tilde:
      return UnaryOperator::Invert;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool Parser::starts_expression(TokenKind kind) {
  switch (kind) {
    case TokenKind::Name:
    case TokenKind::Number:
    case TokenKind::String:
    case TokenKind::LeftParen:
    case TokenKind::LeftBracket:
    case TokenKind::LeftBrace:
    case TokenKind::Minus:
    case TokenKind::Plus:
    case TokenKind::Tilde:
    case TokenKind::Ellipsis:
    case TokenKind::KwNone:
    case TokenKind::KwTrue:
    case TokenKind::KwFalse:
    case TokenKind::KwNot:
    case TokenKind::KwLambda:
    case TokenKind::KwAwait:
      return true;
    default:
      return false;
  }
}

ExprPtr Parser::parse_tuple_tail(ExprPtr first, const Span& start, Element element) {
  if (!at(TokenKind::Comma)) return first;
  auto tuple = std::make_shared<TupleExpr>();
  tuple->elts.push_back(std::move(first));
  while (accept(TokenKind::Comma)) {
    if (!starts_expression() && !at(TokenKind::Star)) break;
    tuple->elts.push_back((this->*element)());
  }
  return finish(std::move(tuple), start);
}

ExprPtr Parser::parse_star_expressions() {
  const Span start = current().span;
  return parse_tuple_tail(parse_star_expression(), start, &Parser::parse_star_expression);
}

ExprPtr Parser::parse_target_element() { return at(TokenKind::Star) ? parse_star_expression() : parse_bitwise_or(); }

ExprPtr Parser::parse_target_list() {
  const Span start = current().span;
  return parse_tuple_tail(parse_target_element(), start, &Parser::parse_target_element);
}

ExprPtr Parser::parse_star_expression() {
  if (!at(TokenKind::Star)) return parse_expression();
  const Span start = advance().span;
  auto starred = std::make_shared<Starred>();
  starred->value = parse_bitwise_or();
  return finish(std::move(starred), start);
}

ExprPtr Parser::parse_star_named_expression() {
  return at(TokenKind::Star) ? parse_star_expression() : parse_named_expression();
}

ExprPtr Parser::parse_yield_or_star_expressions() {
  return at(TokenKind::KwYield) ? parse_yield() : parse_star_expressions();
}

ExprPtr Parser::parse_yield() {
  const Span start = require(TokenKind::KwYield).span;
  if (accept(TokenKind::KwFrom)) {
    auto yield = std::make_shared<YieldFrom>();
    yield->value = parse_expression();
    return finish(std::move(yield), start);
  }
  auto yield = std::make_shared<Yield>();
  if (starts_expression() || at(TokenKind::Star)) yield->value = parse_star_expressions();
  return finish(std::move(yield), start);
}

ExprPtr Parser::parse_named_expression() {
  const Span start = current().span;
  const bool plain_name = at(TokenKind::Name);
  ExprPtr target = parse_expression();
  if (at(TokenKind::Equal)) reject_equals(target);
  if (!at(TokenKind::ColonEqual)) return target;
  if (as<Name>(target) == nullptr || !plain_name)
    fail(target->span, "cannot use assignment expressions with " + describe(*target));
  advance();
  auto named = std::make_shared<NamedExpr>();
  set_context(target, ExprContext::Store);
  named->target = std::move(target);
  named->value = parse_expression();
  return finish(std::move(named), start);
}

ExprPtr Parser::parse_expression() {
  const Deeper deeper(*this);
  if (at(TokenKind::KwLambda)) return parse_lambda();
  const Span start = current().span;
  ExprPtr body = parse_disjunction();
  if (!at(TokenKind::KwIf)) return body;
  advance();
  auto choice = std::make_shared<IfExp>();
  choice->body = std::move(body);
  choice->test = parse_disjunction();
  if (!at(TokenKind::KwElse)) {
    if (!at(TokenKind::Colon)) fail(span_since(start), "expected 'else' after 'if' expression");
    fail_here();
  }
  advance();
  choice->orelse = parse_expression();
  return finish(std::move(choice), start);
}

ExprPtr Parser::parse_lambda() {
  const Span start = require(TokenKind::KwLambda).span;
  auto lambda = std::make_shared<Lambda>();
  lambda->args = parse_parameters(ParameterStyle::lambda, TokenKind::Colon);
  expect(TokenKind::Colon, ":");
  lambda->body = parse_expression();
  return finish(std::move(lambda), start);
}

ExprPtr Parser::parse_disjunction() {
  const Span start = current().span;
  ExprPtr first = parse_conjunction();
  if (!at(TokenKind::KwOr)) return first;
  auto node = std::make_shared<BoolOp>();
  node->op = BoolOperator::Or;
  node->values.push_back(std::move(first));
  while (accept(TokenKind::KwOr)) node->values.push_back(parse_conjunction());
  return finish(std::move(node), start);
}

ExprPtr Parser::parse_conjunction() {
  const Span start = current().span;
  ExprPtr first = parse_inversion();
  if (!at(TokenKind::KwAnd)) return first;
  auto node = std::make_shared<BoolOp>();
  node->op = BoolOperator::And;
  node->values.push_back(std::move(first));
  while (accept(TokenKind::KwAnd)) node->values.push_back(parse_inversion());
  return finish(std::move(node), start);
}

ExprPtr Parser::parse_inversion() {
  if (!at(TokenKind::KwNot)) return parse_comparison();
  const Deeper deeper(*this);
  const Span start = advance().span;
  auto node = std::make_shared<UnaryOp>();
  node->op = UnaryOperator::Not;
  node->operand = parse_inversion();
  return finish(std::move(node), start);
}

bool Parser::accept_comparison(CompareOperator& op) {
  switch (current().kind) {
    case TokenKind::EqualEqual:
      op = CompareOperator::Eq;
      break;
    case TokenKind::NotEqual:
      op = CompareOperator::NotEq;
      break;
    case TokenKind::Less:
      op = CompareOperator::Lt;
      break;
    case TokenKind::LessEqual:
      op = CompareOperator::LtE;
      break;
    case TokenKind::Greater:
      op = CompareOperator::Gt;
      break;
    case TokenKind::GreaterEqual:
      op = CompareOperator::GtE;
      break;
    case TokenKind::KwIn:
      op = CompareOperator::In;
      break;
    case TokenKind::KwIs:
      op = CompareOperator::Is;
      if (ahead(1).kind == TokenKind::KwNot) {
        op = CompareOperator::IsNot;
        advance();
      }
      break;
    case TokenKind::KwNot:
      if (ahead(1).kind != TokenKind::KwIn) return false;
      op = CompareOperator::NotIn;
      advance();
      break;
    default:
      return false;
  }
  advance();
  return true;
}

ExprPtr Parser::parse_comparison() {
  const Span start = current().span;
  ExprPtr left = parse_bitwise_or();
  CompareOperator op{};
  if (!accept_comparison(op)) return left;
  auto node = std::make_shared<Compare>();
  node->left = std::move(left);
  do {
    node->ops.push_back(op);
    node->comparators.push_back(parse_bitwise_or());
  } while (accept_comparison(op));
  return finish(std::move(node), start);
}

ExprPtr Parser::parse_binary(int least_precedence) {
  const Span start = current().span;
  ExprPtr left = parse_unary();
  for (;;) {
    const BinarySpelling* spelling = find_binary(current().kind);
    if (spelling == nullptr || spelling->precedence < least_precedence) return left;
    advance();
    auto node = std::make_shared<BinOp>();
    node->left = std::move(left);
    node->op = spelling->op;
    node->right = parse_binary(spelling->precedence + 1);
    left = finish(std::move(node), start);
  }
}

ExprPtr Parser::parse_unary() {
  const std::optional<UnaryOperator> op = find_unary(current().kind);
  if (!op) return parse_power();
  const Deeper deeper(*this);
  const Span start = advance().span;
  auto node = std::make_shared<UnaryOp>();
  node->op = *op;
  node->operand = parse_unary();
  return finish(std::move(node), start);
}

ExprPtr Parser::parse_power() {
  const Span start = current().span;
  ExprPtr base = parse_await();
  if (!at(TokenKind::DoubleStar)) return base;
  const Deeper deeper(*this);
  advance();
  auto node = std::make_shared<BinOp>();
  node->left = std::move(base);
  node->op = BinaryOperator::Pow;
  node->right = parse_unary();
  return finish(std::move(node), start);
}

ExprPtr Parser::parse_await() {
  if (!at(TokenKind::KwAwait)) return parse_primary();
  const Span start = advance().span;
  auto node = std::make_shared<Await>();
  node->value = parse_primary();
  return finish(std::move(node), start);
}

}  // namespace scriptc::python
