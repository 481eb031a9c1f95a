#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scriptc/python/ast.h"
#include "scriptc/python/lexer.h"

// The parser behind parser.h: recursive descent over the tokens, one token of look-ahead but for a few scans (`match`,
// parenthesised with-items). It covers what CPython's grammar covers; what is grammatical but not allowed (`return`
// outside a function) is checked afterwards, by parser_scopes.h.

namespace scriptc::python {

class Parser {
 public:
  /// `depth`: of the expression around it, for the parts of f-strings; `prefix`: of every error sentence.
  Parser(const Source& source, TokenList tokens, int depth = 0, std::string prefix = "");

  StmtList parse_file();
  /// All of the tokens as one expression (the input of `eval`).
  ExprPtr parse_whole_expression();
  /// All of the tokens as the expression of an f-string: a group, its brackets among the tokens.
  ExprPtr parse_replacement_field();

 private:
  friend class FormatStringParser;

  // Deeper trees could overflow the stack of whoever walks them; CPython gives up at about 3,000.
  static constexpr int kDeepest = 1000;

  /// Counts how deep the recursion is. Errors: cap.
  class Deeper {
   public:
    explicit Deeper(Parser& parser);
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  // parser.cpp: tokens, nodes, errors
  const Token& current() const { return tokens_.tokens[position_]; }
  const Token& ahead(std::size_t count) const;
  const Token& previous() const { return tokens_.tokens[position_ - 1]; }
  bool at(TokenKind kind) const { return current().kind == kind; }
  bool at_soft_keyword(std::string_view word) const;
  bool accept(TokenKind kind);
  Token advance();
  std::string_view text(const Token& token) const { return token_text(source_, token); }
  /// A token that must be there; else `expected ':'`.
  void expect(TokenKind kind, const char* spelling);
  /// A token that must be there; else `invalid syntax`.
  Token require(TokenKind kind);
  std::string identifier(const Token& token) const;
  std::string require_name();
  /// From `start` to the last token consumed, line ends and indentation not counted.
  Span span_since(const Span& start) const;
  static Span join(const Span& first, const Span& last);

  template <class Node>
  ExprPtr finish(std::shared_ptr<Node> node, const Span& start) {
    node->span = span_since(start);
    measure(*node);
    return node;
  }
  template <class Node>
  StmtPtr finish_statement(std::shared_ptr<Node> node, const Span& start) {
    node->span = span_since(start);
    return node;
  }
  void measure(Expr& expr);

  /// An error of the grammar. Errors of the lexer further down in the text, and brackets never closed, come first.
  [[noreturn]] void fail(const Span& span, const std::string& sentence) const;
  [[noreturn]] void fail_here() const;
  [[noreturn]] void fail_cap(const Span& span, const std::string& sentence) const;
  [[noreturn]] void throw_lex_error() const;
  /// `=` behind an expression where only `==` or `:=` can stand.
  [[noreturn]] void reject_equals(const ExprPtr& left);

  // parser_expressions.cpp
  ExprPtr parse_expression();
  ExprPtr parse_named_expression();
  ExprPtr parse_star_expression();
  ExprPtr parse_star_named_expression();
  ExprPtr parse_star_expressions();
  ExprPtr parse_yield_or_star_expressions();
  ExprPtr parse_yield();
  ExprPtr parse_lambda();
  ExprPtr parse_disjunction();
  ExprPtr parse_conjunction();
  ExprPtr parse_inversion();
  ExprPtr parse_comparison();
  bool accept_comparison(CompareOperator& op);
  ExprPtr parse_binary(int least_precedence);
  ExprPtr parse_bitwise_or() { return parse_binary(1); }
  ExprPtr parse_unary();
  ExprPtr parse_power();
  ExprPtr parse_await();
  static bool starts_expression(TokenKind kind);
  bool starts_expression() const { return starts_expression(current().kind); }
  /// `first, second, …` behind its first element, until something that no element begins with.
  using Element = ExprPtr (Parser::*)();
  ExprPtr parse_tuple_tail(ExprPtr first, const Span& start, Element element);

  // parser_atoms.cpp
  ExprPtr parse_primary();
  ExprPtr parse_trailers(ExprPtr base, const Span& start);
  ExprPtr parse_subscript(ExprPtr base, const Span& start);
  ExprPtr parse_slices();
  ExprPtr parse_slice();
  ExprPtr parse_atom();
  ExprPtr parse_name();
  ExprPtr parse_number();
  ExprPtr parse_singleton();
  ExprPtr parse_group();
  ExprPtr parse_list();
  ExprPtr parse_dict_or_set();
  ExprPtr parse_dict(const Span& start, ExprPtr key, ExprPtr value);
  ExprPtr parse_set(const Span& start, ExprPtr first);
  ExprPtr parse_generator(ExprPtr element, const Span& start);
  std::vector<Comprehension> parse_comprehensions();
  bool at_comprehension() const;
  /// The closing bracket, or the best explanation why it is not there.
  void close(TokenKind kind, const ExprPtr& last);
  void close(TokenKind kind, const ExprList& elements);
  void explain_missing_comma(const ExprPtr& last);
  bool try_expression(Span& span);

  // parser_arguments.cpp
  ExprPtr parse_call(ExprPtr function, const Span& start);
  void parse_call_arguments(ExprList& args, std::vector<Keyword>& keywords);
  void parse_positional(ExprList& args, const std::vector<Keyword>& keywords);
  Keyword parse_keyword();
  enum class ParameterStyle { def, lambda };
  ArgumentsPtr parse_parameters(ParameterStyle style, TokenKind end);
  struct ParameterState;
  void parse_star_parameter(ParameterState& state);
  void parse_double_star_parameter(ParameterState& state);
  void parse_slash(ParameterState& state);
  void parse_plain_parameter(ParameterState& state);
  Parameter parse_parameter(ParameterStyle style, bool starred = false);

  // parser_strings.cpp
  ExprPtr parse_strings();

  // parser_targets.cpp
  ExprPtr as_target(const ExprPtr& expr, ExprContext context);
  void set_context(const ExprPtr& expr, ExprContext context);
  ExprPtr parse_target_element();
  ExprPtr parse_target_list();
  ExprPtr parse_for_target();
  const Expr* find_invalid_target(const ExprPtr& expr, ExprContext context) const;
  static std::string describe(const Expr& expr);

  // parser_statements.cpp
  void parse_statement(StmtList& out);
  void parse_simple_statements(StmtList& out);
  StmtPtr parse_simple_statement();
  StmtPtr parse_expression_statement();
  StmtPtr parse_annotated(const ExprPtr& target, const Span& start, bool parenthesised);
  StmtPtr parse_assignment(ExprPtr first, const Span& start);
  StmtPtr parse_return();
  StmtPtr parse_raise();
  StmtPtr parse_global();
  StmtPtr parse_del();
  StmtPtr parse_assert();
  StmtPtr parse_import();
  StmtPtr parse_import_from();
  std::vector<Alias> parse_import_names();
  std::string parse_dotted_name();

  // parser_compound.cpp
  StmtPtr parse_compound(const Span& start);
  StmtList parse_block(const std::string& what, const Span& owner);
  StmtPtr parse_if();
  StmtPtr parse_while();
  StmtPtr parse_for(const Span& start, bool is_async);
  StmtPtr parse_with(const Span& start, bool is_async);
  WithItem parse_with_item();
  bool has_parenthesised_items() const;
  StmtPtr parse_try();
  ExceptHandler parse_except(bool& is_star);
  StmtPtr parse_function(const Span& start, bool is_async, ExprList decorators);
  StmtPtr parse_class(ExprList decorators);
  StmtPtr parse_decorated();
  StmtPtr parse_async(ExprList decorators);
  StmtList parse_optional_else();
  void expect_colon();

  // parser_patterns.cpp
  bool at_match_statement() const;
  StmtPtr parse_match();
  MatchCase parse_case();
  PatternPtr parse_patterns();
  PatternPtr parse_maybe_star_pattern();
  PatternPtr parse_as_pattern();
  PatternPtr parse_or_pattern();
  PatternPtr parse_closed_pattern();
  PatternPtr parse_group_pattern();
  PatternPtr parse_sequence_items(const Span& start, PatternPtr first, TokenKind end);
  PatternPtr parse_mapping_pattern();
  PatternPtr parse_class_pattern(ExprPtr cls, const Span& start);
  PatternPtr parse_literal_pattern();
  PatternPtr parse_name_pattern();
  ExprPtr parse_literal_expression();
  ExprPtr parse_signed_number();
  template <class Node>
  PatternPtr finish_pattern(std::shared_ptr<Node> node, const Span& start) {
    node->span = span_since(start);
    return node;
  }

  const Source& source_;
  TokenList tokens_;
  std::size_t position_ = 0;
  int depth_;
  std::string prefix_;
};

}  // namespace scriptc::python
