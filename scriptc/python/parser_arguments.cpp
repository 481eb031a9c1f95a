#include "scriptc/python/parser_impl.h"

// Arguments of calls, parameters of functions and lambdas.

namespace scriptc::python {

ExprPtr Parser::parse_call(ExprPtr function, const Span& start) {
  auto call = std::make_shared<Call>();
  call->func = std::move(function);
  const Span open = require(TokenKind::LeftParen).span;
  if (!at(TokenKind::RightParen)) {
    const std::size_t first = position_;
    parse_call_arguments(call->args, call->keywords);
    if (at_comprehension() && call->args.size() + call->keywords.size() == 1 && !call->args.empty()) {
      const bool alone = tokens_.tokens[first].kind != TokenKind::Star;
      if (!alone) fail(call->args[0]->span, "iterable unpacking cannot be used in comprehension");
      call->args[0] = parse_generator(call->args[0], open);
      return finish(std::move(call), start);
    }
    if (at_comprehension() && call->keywords.empty())
      fail(call->args.back()->span, "Generator expression must be parenthesized");
    const bool positional_last = call->keywords.empty();
    close(TokenKind::RightParen, positional_last ? call->args.back() : call->keywords.back().value);
  } else {
    advance();
  }
  return finish(std::move(call), start);
}

void Parser::parse_call_arguments(ExprList& args, std::vector<Keyword>& keywords) {
  for (;;) {
    if (at(TokenKind::DoubleStar)) {
      Keyword keyword;
      const Span start = advance().span;
      keyword.value = parse_expression();
      keyword.span = span_since(start);
      keywords.push_back(std::move(keyword));
    } else if (at(TokenKind::Name) && ahead(1).kind == TokenKind::Equal) {
      keywords.push_back(parse_keyword());
    } else {
      parse_positional(args, keywords);
      if (at_comprehension()) return;
    }
    if (!accept(TokenKind::Comma) || at(TokenKind::RightParen)) return;
  }
}

void Parser::parse_positional(ExprList& args, const std::vector<Keyword>& keywords) {
  const bool unpacked = !keywords.empty() && keywords.back().arg.empty();
  if (at(TokenKind::Star)) {
    const Span start = advance().span;
    auto starred = std::make_shared<Starred>();
    starred->value = parse_expression();
    if (unpacked) fail(span_since(start), "iterable argument unpacking follows keyword argument unpacking");
    args.push_back(finish(std::move(starred), start));
    return;
  }
  const bool named = at(TokenKind::Name) && ahead(1).kind == TokenKind::ColonEqual;
  ExprPtr value = named ? parse_named_expression() : parse_expression();
  if (at(TokenKind::Equal)) {
    const Token equal = current();
    const Span span = join(value->span, equal.span);
    if (const auto* constant = as<Constant>(value)) {
      const bool fixed =
          std::holds_alternative<bool>(constant->value) || std::holds_alternative<NoneLiteral>(constant->value);
      if (fixed) fail(span, "cannot assign to " + describe(*value));
    }
    fail(span, "expression cannot contain assignment, perhaps you meant \"==\"?");
  }
  if (!keywords.empty() && !at_comprehension()) {
    fail(previous().span, unpacked ? "positional argument follows keyword argument unpacking"
                                   : "positional argument follows keyword argument");
  }
  args.push_back(std::move(value));
}

Keyword Parser::parse_keyword() {
  Keyword keyword;
  const Token name = require(TokenKind::Name);
  keyword.arg = identifier(name);
  require(TokenKind::Equal);
  if (at(TokenKind::Comma) || at(TokenKind::RightParen))
    fail(join(name.span, previous().span), "expected argument value expression");
  keyword.value = parse_expression();
  keyword.span = span_since(name.span);
  if (at_comprehension())
    fail(join(name.span, previous().span), "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
  return keyword;
}

/// What has been read of a parameter list.
struct Parser::ParameterState {
  std::shared_ptr<Arguments> arguments = std::make_shared<Arguments>();
  ParameterStyle style;
  TokenKind end;
  bool star_seen = false;
  bool slash_seen = false;
  bool bare_star_open = false;  // `*` without a name behind it so far
  Span bare_star;
};

ArgumentsPtr Parser::parse_parameters(ParameterStyle style, TokenKind end) {
  ParameterState state;
  state.style = style;
  state.end = end;
  while (!at(end)) {
    if (state.arguments->kwarg) {
      fail(current().span, "arguments cannot follow var-keyword argument");
    } else if (at(TokenKind::Star)) {
      parse_star_parameter(state);
    } else if (at(TokenKind::DoubleStar)) {
      parse_double_star_parameter(state);
    } else if (at(TokenKind::Slash)) {
      parse_slash(state);
    } else {
      parse_plain_parameter(state);
    }
    if (!accept(TokenKind::Comma)) break;
  }
  if (state.bare_star_open) fail(state.bare_star, "named arguments must follow bare *");
  return state.arguments;
}

void Parser::parse_star_parameter(ParameterState& state) {
  const Span star = advance().span;
  if (state.star_seen) fail(star, "* argument may appear only once");
  state.star_seen = true;
  if (at(TokenKind::Name)) {
    state.arguments->vararg = std::make_shared<const Parameter>(parse_parameter(state.style, true));
    if (at(TokenKind::Equal)) fail(current().span, "var-positional argument cannot have default value");
    return;
  }
  if (!at(TokenKind::Comma) && !at(state.end)) fail_here();
  state.bare_star_open = true;
  state.bare_star = star;
}

void Parser::parse_double_star_parameter(ParameterState& state) {
  advance();
  if (state.bare_star_open) fail(state.bare_star, "named arguments must follow bare *");
  state.arguments->kwarg = std::make_shared<const Parameter>(parse_parameter(state.style));
  if (at(TokenKind::Equal)) fail(current().span, "var-keyword argument cannot have default value");
}

void Parser::parse_slash(ParameterState& state) {
  const Span slash = advance().span;
  Arguments& arguments = *state.arguments;
  if (state.slash_seen) fail(slash, "/ may appear only once");
  if (state.star_seen) fail(slash, "/ must be ahead of *");
  if (arguments.args.empty()) fail(slash, "at least one argument must precede /");
  if (at(TokenKind::Star)) fail(current().span, "expected comma between / and *");
  state.slash_seen = true;
  arguments.posonlyargs = std::move(arguments.args);
  arguments.args.clear();
}

void Parser::parse_plain_parameter(ParameterState& state) {
  Arguments& arguments = *state.arguments;
  if (at(TokenKind::LeftParen)) {
    fail(current().span, state.style == ParameterStyle::def ? "Function parameters cannot be parenthesized"
                                                            : "Lambda expression parameters cannot be parenthesized");
  }
  Parameter parameter = parse_parameter(state.style);
  state.bare_star_open = false;
  ExprPtr value;
  if (accept(TokenKind::Equal)) {
    if (at(TokenKind::Comma) || at(state.end)) fail(previous().span, "expected default value expression");
    value = parse_expression();
  }
  if (state.star_seen) {
    arguments.kwonlyargs.push_back(std::move(parameter));
    arguments.kw_defaults.push_back(std::move(value));
    return;
  }
  if (!value && !arguments.defaults.empty()) fail(parameter.span, "non-default argument follows default argument");
  arguments.args.push_back(std::move(parameter));
  if (value) arguments.defaults.push_back(std::move(value));
}

Parameter Parser::parse_parameter(ParameterStyle style, bool starred) {
  Parameter parameter;
  const Token name = require(TokenKind::Name);
  parameter.arg = identifier(name);
  if (style == ParameterStyle::def && accept(TokenKind::Colon))
    parameter.annotation = starred && at(TokenKind::Star) ? parse_star_expression() : parse_expression();
  parameter.span = span_since(name.span);
  return parameter;
}

}  // namespace scriptc::python
