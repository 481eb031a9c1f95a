#include "scriptc/python/parser_impl.h"
#include "scriptc/python/parser_literals.h"

// Atoms, brackets, and what may follow them: attributes, subscripts, calls.

namespace scriptc::python {

ExprPtr Parser::parse_primary() {
  const Span start = current().span;
  return parse_trailers(parse_atom(), start);
}

ExprPtr Parser::parse_trailers(ExprPtr base, const Span& start) {
  for (;;) {
    if (at(TokenKind::Dot)) {
      advance();
      auto node = std::make_shared<Attribute>();
      node->value = std::move(base);
      node->attr = require_name();
      base = finish(std::move(node), start);
    } else if (at(TokenKind::LeftParen)) {
      base = parse_call(std::move(base), start);
    } else if (at(TokenKind::LeftBracket)) {
      base = parse_subscript(std::move(base), start);
    } else {
      return base;
    }
  }
}

ExprPtr Parser::parse_subscript(ExprPtr base, const Span& start) {
  require(TokenKind::LeftBracket);
  auto node = std::make_shared<Subscript>();
  node->value = std::move(base);
  node->slice = parse_slices();
  close(TokenKind::RightBracket, node->slice);
  return finish(std::move(node), start);
}

ExprPtr Parser::parse_slices() {
  const Span start = current().span;
  const bool starred = at(TokenKind::Star);
  ExprPtr first = parse_slice();
  if (!at(TokenKind::Comma) && !starred) return first;
  auto tuple = std::make_shared<TupleExpr>();
  tuple->elts.push_back(std::move(first));
  while (accept(TokenKind::Comma)) {
    if (at(TokenKind::RightBracket)) break;
    tuple->elts.push_back(parse_slice());
  }
  return finish(std::move(tuple), start);
}

ExprPtr Parser::parse_slice() {
  const Span start = current().span;
  if (at(TokenKind::Star)) return parse_star_expression();
  ExprPtr lower;
  if (!at(TokenKind::Colon)) {
    const bool named = at(TokenKind::Name) && ahead(1).kind == TokenKind::ColonEqual;
    lower = parse_named_expression();
    if (named || !at(TokenKind::Colon)) return lower;
  }
  require(TokenKind::Colon);
  auto slice = std::make_shared<Slice>();
  slice->lower = std::move(lower);
  if (starts_expression()) slice->upper = parse_expression();
  if (accept(TokenKind::Colon) && starts_expression()) slice->step = parse_expression();
  return finish(std::move(slice), start);
}

ExprPtr Parser::parse_atom() {
  switch (current().kind) {
    case TokenKind::Name:
      return parse_name();
    case TokenKind::Number:
      return parse_number();
    case TokenKind::String:
      return parse_strings();
    case TokenKind::KwNone:
    case TokenKind::KwTrue:
    case TokenKind::KwFalse:
    case TokenKind::Ellipsis:
      return parse_singleton();
    case TokenKind::LeftParen:
      return parse_group();
    case TokenKind::LeftBracket:
      return parse_list();
    case TokenKind::LeftBrace:
      return parse_dict_or_set();
    default:
      fail_here();
  }
}

ExprPtr Parser::parse_name() {
  const Token token = require(TokenKind::Name);
  auto node = std::make_shared<Name>();
  node->id = identifier(token);
  return finish(std::move(node), token.span);
}

ExprPtr Parser::parse_number() {
  const Token token = require(TokenKind::Number);
  auto node = std::make_shared<Constant>();
  std::optional<ConstantValue> value = read_number(text(token));
  if (!value) {
    fail_cap(token.span, "int literal of more than " + std::to_string(kMostDecimalDigits) +
                             " decimal digits; consider hexadecimal");
  }
  node->value = std::move(*value);
  return finish(std::move(node), token.span);
}

ExprPtr Parser::parse_singleton() {
  const Token token = advance();
  auto node = std::make_shared<Constant>();
  switch (token.kind) {
    case TokenKind::KwTrue:
      node->value = true;
      break;
    case TokenKind::KwFalse:
      node->value = false;
      break;
    case TokenKind::Ellipsis:
      node->value = EllipsisLiteral{};
      break;
    default:
      node->value = NoneLiteral{};
      break;
  }
  return finish(std::move(node), token.span);
}

bool Parser::at_comprehension() const {
  return at(TokenKind::KwFor) || (at(TokenKind::KwAsync) && ahead(1).kind == TokenKind::KwFor);
}

ExprPtr Parser::parse_group() {
  const Span start = require(TokenKind::LeftParen).span;
  if (at(TokenKind::RightParen)) {
    advance();
    return finish(std::make_shared<TupleExpr>(), start);
  }
  if (at(TokenKind::KwYield)) {
    ExprPtr yield = parse_yield();
    close(TokenKind::RightParen, yield);
    return yield;
  }
  ExprPtr first = parse_star_named_expression();
  if (at_comprehension()) return parse_generator(std::move(first), start);
  if (!at(TokenKind::Comma)) {
    const bool starred = as<Starred>(first) != nullptr;
    close(TokenKind::RightParen, first);
    if (starred) fail(first->span, "cannot use starred expression here");
    return first;
  }
  auto tuple = std::make_shared<TupleExpr>();
  tuple->elts.push_back(std::move(first));
  while (accept(TokenKind::Comma)) {
    if (at(TokenKind::RightParen)) break;
    tuple->elts.push_back(parse_star_named_expression());
  }
  close(TokenKind::RightParen, tuple->elts.back());
  return finish(std::move(tuple), start);
}

ExprPtr Parser::parse_generator(ExprPtr element, const Span& start) {
  if (as<Starred>(element) != nullptr) fail(element->span, "iterable unpacking cannot be used in comprehension");
  auto node = std::make_shared<GeneratorExp>();
  node->elt = std::move(element);
  node->generators = parse_comprehensions();
  if (at(TokenKind::Comma)) fail(span_since(node->elt->span), "Generator expression must be parenthesized");
  close(TokenKind::RightParen, nullptr);
  return finish(std::move(node), start);
}

ExprPtr Parser::parse_list() {
  const Span start = require(TokenKind::LeftBracket).span;
  auto list = std::make_shared<ListExpr>();
  if (accept(TokenKind::RightBracket)) return finish(std::move(list), start);
  ExprPtr first = parse_star_named_expression();
  if (at_comprehension()) {
    if (as<Starred>(first) != nullptr) fail(first->span, "iterable unpacking cannot be used in comprehension");
    auto comprehension = std::make_shared<ListComp>();
    comprehension->elt = std::move(first);
    comprehension->generators = parse_comprehensions();
    close(TokenKind::RightBracket, nullptr);
    return finish(std::move(comprehension), start);
  }
  list->elts.push_back(std::move(first));
  while (accept(TokenKind::Comma)) {
    if (at(TokenKind::RightBracket)) break;
    list->elts.push_back(parse_star_named_expression());
  }
  close(TokenKind::RightBracket, list->elts);
  return finish(std::move(list), start);
}

ExprPtr Parser::parse_dict_or_set() {
  const Span start = require(TokenKind::LeftBrace).span;
  if (accept(TokenKind::RightBrace)) return finish(std::make_shared<DictExpr>(), start);
  if (accept(TokenKind::DoubleStar)) return parse_dict(start, nullptr, parse_bitwise_or());
  const bool named = at(TokenKind::Name) && ahead(1).kind == TokenKind::ColonEqual;
  ExprPtr first = parse_star_named_expression();
  if (!at(TokenKind::Colon) || as<Starred>(first) != nullptr || named) return parse_set(start, std::move(first));
  advance();
  if (at(TokenKind::RightBrace) || at(TokenKind::Comma))
    fail(previous().span, "expression expected after dictionary key and ':'");
  if (at(TokenKind::Star)) fail(current().span, "cannot use a starred expression in a dictionary value");
  ExprPtr value = parse_expression();
  return parse_dict(start, std::move(first), std::move(value));
}

ExprPtr Parser::parse_dict(const Span& start, ExprPtr key, ExprPtr value) {
  if (at_comprehension()) {
    if (!key) fail(current().span, "dict unpacking cannot be used in dict comprehension");
    auto comprehension = std::make_shared<DictComp>();
    comprehension->key = std::move(key);
    comprehension->value = std::move(value);
    comprehension->generators = parse_comprehensions();
    close(TokenKind::RightBrace, nullptr);
    return finish(std::move(comprehension), start);
  }
  auto dict = std::make_shared<DictExpr>();
  dict->keys.push_back(std::move(key));
  dict->values.push_back(std::move(value));
  while (accept(TokenKind::Comma)) {
    if (at(TokenKind::RightBrace)) break;
    if (accept(TokenKind::DoubleStar)) {
      dict->keys.push_back(nullptr);
      dict->values.push_back(parse_bitwise_or());
      continue;
    }
    dict->keys.push_back(parse_expression());
    if (!at(TokenKind::Colon)) fail(previous().span, "':' expected after dictionary key");
    advance();
    if (at(TokenKind::RightBrace) || at(TokenKind::Comma))
      fail(previous().span, "expression expected after dictionary key and ':'");
    if (at(TokenKind::Star)) fail(current().span, "cannot use a starred expression in a dictionary value");
    dict->values.push_back(parse_expression());
  }
  close(TokenKind::RightBrace, dict->values.back());
  return finish(std::move(dict), start);
}

ExprPtr Parser::parse_set(const Span& start, ExprPtr first) {
  if (at_comprehension()) {
    if (as<Starred>(first) != nullptr) fail(first->span, "iterable unpacking cannot be used in comprehension");
    auto comprehension = std::make_shared<SetComp>();
    comprehension->elt = std::move(first);
    comprehension->generators = parse_comprehensions();
    close(TokenKind::RightBrace, nullptr);
    return finish(std::move(comprehension), start);
  }
  auto set = std::make_shared<SetExpr>();
  set->elts.push_back(std::move(first));
  while (accept(TokenKind::Comma)) {
    if (at(TokenKind::RightBrace)) break;
    set->elts.push_back(parse_star_named_expression());
  }
  close(TokenKind::RightBrace, set->elts);
  return finish(std::move(set), start);
}

std::vector<Comprehension> Parser::parse_comprehensions() {
  std::vector<Comprehension> generators;
  while (at_comprehension()) {
    Comprehension generator;
    generator.is_async = accept(TokenKind::KwAsync);
    require(TokenKind::KwFor);
    generator.target = parse_for_target();
    require(TokenKind::KwIn);
    generator.iter = parse_disjunction();
    while (accept(TokenKind::KwIf)) generator.ifs.push_back(parse_disjunction());
    generators.push_back(std::move(generator));
  }
  return generators;
}

void Parser::close(TokenKind kind, const ExprPtr& last) {
  if (accept(kind)) return;
  if (last) explain_missing_comma(last);
  fail_here();
}

void Parser::close(TokenKind kind, const ExprList& elements) {
  if (at_comprehension() && elements.size() > 1) {
    fail(join(elements.front()->span, elements.back()->span),
         "did you forget parentheses around the comprehension target?");
  }
  close(kind, elements.back());
}

bool Parser::try_expression(Span& span) {
  const std::size_t saved = position_;
  try {
    span = parse_disjunction()->span;
  } catch (const Error&) {
    position_ = saved;
    return false;
  }
  position_ = saved;
  return true;
}

void Parser::explain_missing_comma(const ExprPtr& last) {
  Span next;
  if (as<Name>(last) != nullptr && at(TokenKind::String)) return;
  if (starts_expression() && try_expression(next))
    fail(join(last->span, next), "invalid syntax. Perhaps you forgot a comma?");
}

}  // namespace scriptc::python
