#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scriptc/python/lexer.h"

// Shared by lexer.cpp (lines, names, operators) and lexer_literals.cpp (numbers, strings).

namespace scriptc::python {

class Lexer {
 public:
  Lexer(const Source& source, const LexRange& range)
      : text_(std::string_view(source.text()).substr(0, range.end)),
        source_(source),
        at_(range.begin),
        line_(range.line),
        line_start_(static_cast<std::ptrdiff_t>(range.begin) - range.column),
        base_level_(range.inside_brackets ? 1 : 0) {}

  TokenList run();

 private:
  struct Indent {
    std::size_t column;
    std::size_t alternate;  // with tabs of size 1: both must agree, else tabs and spaces are mixed
  };
  struct Bracket {
    char open;
    Span span;
  };
  struct Mark {
    std::size_t at;
    int line;
    int column;
  };

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool at_end() const { return at_ >= text_.size(); }
  int column() const { return static_cast<int>(static_cast<std::ptrdiff_t>(at_) - line_start_); }
  Mark mark() const { return {at_, line_, column()}; }
  Span here(int width = 1) const { return {line_, column(), line_, column() + width}; }
  Span since(const Mark& start) const { return {start.line, start.column, line_, column()}; }
  int level() const { return static_cast<int>(brackets_.size()) + base_level_; }

  void next_line() {
    ++at_;
    ++line_;
    line_start_ = static_cast<std::ptrdiff_t>(at_);
  }
  void push(TokenKind kind, const Mark& start) {
    result_.tokens.push_back(
        {kind, level(), static_cast<std::uint32_t>(start.at), static_cast<std::uint32_t>(at_), since(start)});
  }
  /// Ends the run: every caller returns false up to `run`.
  bool fail(const Span& span, std::string sentence, bool cap = false) {
    result_.error = {std::move(sentence), span, false, cap};
    return false;
  }

  bool read_token();
  bool read_line_start();
  bool apply_indent(Indent indent, const Mark& start);
  bool skip_blanks();
  bool read_continuation();
  bool read_name();
  bool read_number();
  bool read_digits(bool (*is_allowed)(char));
  bool read_radix_number(char radix);
  bool read_decimal_number();
  bool check_number_end(const char* kind);
  bool read_string(std::size_t prefix);
  bool read_operator();
  bool open_bracket(char c);
  bool close_bracket(char c);
  void finish();

  std::string_view text_;
  const Source& source_;
  std::size_t at_;
  int line_;
  std::ptrdiff_t line_start_;
  int base_level_;
  bool line_begins_ = true;
  std::vector<Indent> indents_{{0, 0}};
  std::vector<Bracket> brackets_;
  TokenList result_;
};

}  // namespace scriptc::python
