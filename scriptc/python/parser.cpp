#include "scriptc/python/parser.h"

#include <algorithm>

#include "scriptc/python/ast_children.h"
#include "scriptc/python/characters.h"
#include "scriptc/python/parser_impl.h"
#include "scriptc/python/parser_scopes.h"

namespace scriptc::python {

Parser::Parser(const Source& source, TokenList tokens, int depth, std::string prefix)
    : source_(source), tokens_(std::move(tokens)), depth_(depth), prefix_(std::move(prefix)) {}

Parser::Deeper::Deeper(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kDeepest) {
    --parser_.depth_;
    parser_.fail_cap(parser_.current().span, "code is nested too deeply (limit " + std::to_string(kDeepest) + ")");
  }
}

const Token& Parser::ahead(std::size_t count) const {
  return tokens_.tokens[std::min(position_ + count, tokens_.tokens.size() - 1)];
}

bool Parser::at_soft_keyword(std::string_view word) const { return at(TokenKind::Name) && text(current()) == word; }

Token Parser::advance() {
  const Token token = current();
  if (position_ + 1 < tokens_.tokens.size()) ++position_;
  return token;
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

void Parser::expect(TokenKind kind, const char* spelling) {
  if (!accept(kind)) fail(current().span, std::string("expected '") + spelling + "'");
}

Token Parser::require(TokenKind kind) {
  if (!at(kind)) fail_here();
  return advance();
}

std::string Parser::identifier(const Token& token) const {
  const std::string_view name = text(token);
  const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return ascii ? std::string(name) : normalise_identifier(name);
}

std::string Parser::require_name() { return identifier(require(TokenKind::Name)); }

Span Parser::join(const Span& first, const Span& last) {
  return {first.line, first.column, last.end_line, last.end_column};
}

Span Parser::span_since(const Span& start) const {
  std::size_t last = position_ - 1;
  const auto is_blank = [](TokenKind kind) {
    return kind == TokenKind::Newline || kind == TokenKind::Indent || kind == TokenKind::Dedent;
  };
  while (last > 0 && is_blank(tokens_.tokens[last].kind)) --last;
  return join(start, tokens_.tokens[last].span);
}

void Parser::measure(Expr& expr) {
  int tallest = 0;
  for_each_child(expr, [&](const ExprPtr& child) { tallest = std::max(tallest, child->height); });
  expr.height = tallest + 1;
  if (expr.height > kDeepest)
    fail_cap(expr.span, "expression is nested too deeply (limit " + std::to_string(kDeepest) + ")");
}

void Parser::throw_lex_error() const {
  const LexError& error = tokens_.error;
  throw error_at(error.cap ? ErrorKind::cap : ErrorKind::bad_input, source_, error.span, prefix_ + error.sentence);
}

void Parser::fail(const Span& span, const std::string& sentence) const {
  const LexError& error = tokens_.error;
  const bool at_lex_error = at(TokenKind::Error);
  if (!error.sentence.empty() && (!error.unclosed || at_lex_error || current().span.line > error.span.line))
    throw_lex_error();
  throw error_at(ErrorKind::bad_input, source_, span, prefix_ + sentence);
}

void Parser::fail_here() const {
  if (at(TokenKind::Indent)) fail(current().span, "unexpected indent");
  if (at(TokenKind::Dedent)) fail(current().span, "unexpected unindent");
  fail(current().span, "invalid syntax");
}

void Parser::fail_cap(const Span& span, const std::string& sentence) const {
  throw error_at(ErrorKind::cap, source_, span, prefix_ + sentence);
}

StmtList Parser::parse_file() {
  StmtList body;
  while (!at(TokenKind::End)) parse_statement(body);
  return body;
}

ExprPtr Parser::parse_whole_expression() {
  ExprPtr expr = parse_star_expressions();
  while (accept(TokenKind::Newline)) {
  }
  if (!at(TokenKind::End)) fail_here();
  return expr;
}

ExprPtr Parser::parse_replacement_field() {
  ExprPtr expr = parse_star_expressions();
  if (!at(TokenKind::End)) fail_here();
  return expr;
}

std::shared_ptr<const ModuleNode> parse_module(SourcePtr source) {
  auto module = std::make_shared<ModuleNode>();
  module->source = source;
  module->body = Parser(*source, tokenize(*source)).parse_file();
  check_scopes(*module);
  return module;
}

ExprPtr parse_expression(SourcePtr source) {
  LexRange range;
  range.end = static_cast<std::uint32_t>(source->text().size());
  while (range.begin < range.end && (source->text()[range.begin] == ' ' || source->text()[range.begin] == '\t'))
    ++range.begin, ++range.column;
  return Parser(*source, tokenize(*source, range)).parse_whole_expression();
}

}  // namespace scriptc::python
