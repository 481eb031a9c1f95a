#include "scriptc/python/parser_impl.h"

// The `match` statement.

namespace scriptc::python {

/// `match` is a name unless the line goes on like an expression and ends in a colon.
bool Parser::at_match_statement() const {
  if (!at_soft_keyword("match")) return false;
  const TokenKind next = ahead(1).kind;
  if (!starts_expression(next) && next != TokenKind::Star) return false;
  std::size_t i = position_;
  while (tokens_.tokens[i].kind != TokenKind::Newline) {
    if (tokens_.tokens[i].kind == TokenKind::End || tokens_.tokens[i].kind == TokenKind::Error) return false;
    ++i;
  }
  return tokens_.tokens[i - 1].kind == TokenKind::Colon;
}

StmtPtr Parser::parse_match() {
  const Span start = advance().span;
  auto node = std::make_shared<Match>();
  const Span subject_start = current().span;
  const bool starred = at(TokenKind::Star);
  node->subject = parse_tuple_tail(parse_star_named_expression(), subject_start, &Parser::parse_star_named_expression);
  if (starred && as<TupleExpr>(node->subject) == nullptr) fail_here();
  expect_colon();
  require(TokenKind::Newline);
  if (!accept(TokenKind::Indent)) {
    fail(current().span, "expected an indented block after 'match' statement on line " +
                             std::to_string(source_.shown_line(start.line)));
  }
  do {
    node->cases.push_back(parse_case());
  } while (!at(TokenKind::Dedent));
  advance();
  return finish_statement(std::move(node), start);
}

MatchCase Parser::parse_case() {
  if (!at_soft_keyword("case")) fail_here();
  const Span start = advance().span;
  MatchCase result;
  result.pattern = parse_patterns();
  if (accept(TokenKind::KwIf)) result.guard = parse_named_expression();
  expect_colon();
  result.body = parse_block("'case' statement", start);
  return result;
}

/// A pattern, or a sequence of them without brackets.
PatternPtr Parser::parse_patterns() {
  const Span start = current().span;
  PatternPtr first = parse_maybe_star_pattern();
  const bool starred = first->kind == PatternKind::MatchStar;
  if (!at(TokenKind::Comma)) {
    if (starred) fail_here();
    return first;
  }
  auto sequence = std::make_shared<MatchSequence>();
  sequence->patterns.push_back(std::move(first));
  while (accept(TokenKind::Comma)) {
    if (at(TokenKind::Colon) || at(TokenKind::KwIf)) break;
    sequence->patterns.push_back(parse_maybe_star_pattern());
  }
  return finish_pattern(std::move(sequence), start);
}

PatternPtr Parser::parse_maybe_star_pattern() {
  if (!at(TokenKind::Star)) return parse_as_pattern();
  const Span start = advance().span;
  auto star = std::make_shared<MatchStar>();
  star->name = require_name();
  if (star->name == "_") star->name.clear();
  return finish_pattern(std::move(star), start);
}

PatternPtr Parser::parse_as_pattern() {
  const Deeper deeper(*this);
  const Span start = current().span;
  PatternPtr pattern = parse_or_pattern();
  if (!accept(TokenKind::KwAs)) return pattern;
  auto node = std::make_shared<MatchAs>();
  node->pattern = std::move(pattern);
  const Span name = current().span;
  if (!at(TokenKind::Name)) fail(name, "invalid pattern target");
  node->name = require_name();
  if (node->name == "_") fail(name, "cannot use '_' as a target");
  if (at(TokenKind::Dot) || at(TokenKind::LeftParen)) fail(name, "invalid pattern target");
  return finish_pattern(std::move(node), start);
}

PatternPtr Parser::parse_or_pattern() {
  const Span start = current().span;
  PatternPtr first = parse_closed_pattern();
  if (!at(TokenKind::Bar)) return first;
  auto node = std::make_shared<MatchOr>();
  node->patterns.push_back(std::move(first));
  while (accept(TokenKind::Bar)) node->patterns.push_back(parse_closed_pattern());
  return finish_pattern(std::move(node), start);
}

PatternPtr Parser::parse_closed_pattern() {
  switch (current().kind) {
    case TokenKind::Name:
      return parse_name_pattern();
    case TokenKind::LeftParen:
      return parse_group_pattern();
    case TokenKind::LeftBracket: {
      const Span start = advance().span;
      return parse_sequence_items(start, nullptr, TokenKind::RightBracket);
    }
    case TokenKind::LeftBrace:
      return parse_mapping_pattern();
    case TokenKind::Minus:
    case TokenKind::Number:
    case TokenKind::String:
    case TokenKind::KwNone:
    case TokenKind::KwTrue:
    case TokenKind::KwFalse:
      return parse_literal_pattern();
    default:
      fail_here();
  }
}

PatternPtr Parser::parse_group_pattern() {
  const Span start = advance().span;
  if (at(TokenKind::RightParen)) return parse_sequence_items(start, nullptr, TokenKind::RightParen);
  PatternPtr first = parse_maybe_star_pattern();
  const bool group = first->kind != PatternKind::MatchStar && at(TokenKind::RightParen);
  if (!group) return parse_sequence_items(start, std::move(first), TokenKind::RightParen);
  advance();
  return first;
}

/// The rest of a bracketed sequence; `first` has been read already, or is null.
PatternPtr Parser::parse_sequence_items(const Span& start, PatternPtr first, TokenKind end) {
  auto sequence = std::make_shared<MatchSequence>();
  const bool needs_comma = first != nullptr && end == TokenKind::RightParen;
  if (first) sequence->patterns.push_back(std::move(first));
  if (needs_comma && !at(TokenKind::Comma)) fail_here();
  bool separated = sequence->patterns.empty() || accept(TokenKind::Comma);
  while (!at(end)) {
    if (!separated) fail_here();
    sequence->patterns.push_back(parse_maybe_star_pattern());
    separated = accept(TokenKind::Comma);
  }
  advance();
  return finish_pattern(std::move(sequence), start);
}

PatternPtr Parser::parse_mapping_pattern() {
  const Span start = advance().span;
  auto mapping = std::make_shared<MatchMapping>();
  bool separated = true;
  while (!at(TokenKind::RightBrace)) {
    if (!separated || !mapping->rest.empty()) fail_here();
    if (accept(TokenKind::DoubleStar)) {
      if (at_soft_keyword("_")) fail_here();
      mapping->rest = require_name();
    } else {
      mapping->keys.push_back(parse_literal_expression());
      require(TokenKind::Colon);
      mapping->patterns.push_back(parse_as_pattern());
    }
    separated = accept(TokenKind::Comma);
  }
  advance();
  return finish_pattern(std::move(mapping), start);
}

/// A capture, `_`, a dotted value, or a class.
PatternPtr Parser::parse_name_pattern() {
  const Span start = current().span;
  ExprPtr name = parse_name();
  const bool dotted = at(TokenKind::Dot);
  while (accept(TokenKind::Dot)) {
    auto attribute = std::make_shared<Attribute>();
    attribute->value = std::move(name);
    attribute->attr = require_name();
    name = finish(std::move(attribute), start);
  }
  if (at(TokenKind::LeftParen)) return parse_class_pattern(std::move(name), start);
  if (dotted) {
    auto value = std::make_shared<MatchValue>();
    value->value = std::move(name);
    return finish_pattern(std::move(value), start);
  }
  auto capture = std::make_shared<MatchAs>();
  capture->name = as<Name>(name)->id;
  if (capture->name == "_") capture->name.clear();
  return finish_pattern(std::move(capture), start);
}

PatternPtr Parser::parse_class_pattern(ExprPtr cls, const Span& start) {
  require(TokenKind::LeftParen);
  auto node = std::make_shared<MatchClass>();
  node->cls = std::move(cls);
  bool separated = true;
  while (!at(TokenKind::RightParen)) {
    if (!separated) fail_here();
    if (at(TokenKind::Name) && ahead(1).kind == TokenKind::Equal) {
      node->kwd_attrs.push_back(require_name());
      advance();
      node->kwd_patterns.push_back(parse_as_pattern());
    } else {
      PatternPtr pattern = parse_as_pattern();
      if (!node->kwd_attrs.empty()) fail(pattern->span, "positional patterns follow keyword patterns");
      node->patterns.push_back(std::move(pattern));
    }
    separated = accept(TokenKind::Comma);
  }
  advance();
  return finish_pattern(std::move(node), start);
}

PatternPtr Parser::parse_literal_pattern() {
  const Span start = current().span;
  if (at(TokenKind::KwNone) || at(TokenKind::KwTrue) || at(TokenKind::KwFalse)) {
    auto node = std::make_shared<MatchSingleton>();
    node->value = as<Constant>(parse_singleton())->value;
    return finish_pattern(std::move(node), start);
  }
  auto node = std::make_shared<MatchValue>();
  node->value = parse_literal_expression();
  return finish_pattern(std::move(node), start);
}

/// A key of a mapping, or a literal: a number with sign and imaginary part, strings, a constant, a dotted name.
ExprPtr Parser::parse_literal_expression() {
  const Span start = current().span;
  switch (current().kind) {
    case TokenKind::String:
      return parse_strings();
    case TokenKind::KwNone:
    case TokenKind::KwTrue:
    case TokenKind::KwFalse:
      return parse_singleton();
    case TokenKind::Name: {
      ExprPtr name = parse_name();
      if (!at(TokenKind::Dot)) fail_here();
      while (accept(TokenKind::Dot)) {
        auto attribute = std::make_shared<Attribute>();
        attribute->value = std::move(name);
        attribute->attr = require_name();
        name = finish(std::move(attribute), start);
      }
      return name;
    }
    default:
      break;
  }
  ExprPtr real = parse_signed_number();
  if (!at(TokenKind::Plus) && !at(TokenKind::Minus)) return real;
  auto sum = std::make_shared<BinOp>();
  sum->op = advance().kind == TokenKind::Plus ? BinaryOperator::Add : BinaryOperator::Sub;
  sum->left = std::move(real);
  const Span imaginary = current().span;
  sum->right = parse_number();
  if (!std::holds_alternative<std::complex<double>>(as<Constant>(sum->right)->value))
    fail(imaginary, "imaginary number required in complex literal");
  return finish(std::move(sum), start);
}

ExprPtr Parser::parse_signed_number() {
  if (!at(TokenKind::Minus)) return parse_number();
  const Span start = advance().span;
  auto negative = std::make_shared<UnaryOp>();
  negative->op = UnaryOperator::USub;
  negative->operand = parse_number();
  return finish(std::move(negative), start);
}

}  // namespace scriptc::python
