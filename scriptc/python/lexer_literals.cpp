#include "scriptc/python/characters.h"
#include "scriptc/python/lexer_impl.h"

namespace scriptc::python {
namespace {

bool is_hexadecimal(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

bool Lexer::read_digits(bool (*is_allowed)(char)) {
  for (;;) {
    while (is_allowed(peek())) ++at_;
    if (peek() != '_') return true;
    if (!is_allowed(peek(1))) return false;
    ++at_;
  }
}

/// A name may not touch a number, but for the keywords that can follow one (`1if x else 2`).
bool Lexer::check_number_end(const char* kind) {
  static constexpr std::string_view kFollowers[] = {"and", "else", "for", "if", "in", "is", "not", "or"};
  if (!is_name_char(peek())) return true;
  for (const std::string_view word : kFollowers)
    if (text_.substr(at_, word.size()) == word) return true;
  return fail(here(), std::string("invalid ") + kind + " literal");
}

bool Lexer::read_radix_number(char radix) {
  const bool hex = radix == 'x';
  const bool octal = radix == 'o';
  const char* kind = hex ? "hexadecimal" : octal ? "octal" : "binary";
  const auto allowed = hex     ? is_hexadecimal
                       : octal ? [](char c) { return c >= '0' && c <= '7'; }
                               : [](char c) { return c == '0' || c == '1'; };
  at_ += 2;
  if (peek() != '_' && !allowed(peek()) && !is_digit(peek()))
    return fail(here(), std::string("invalid ") + kind + " literal");
  const bool complete = read_digits(allowed);
  if (is_digit(peek()) || (!complete && is_digit(peek(1)))) {
    const char digit = is_digit(peek()) ? peek() : peek(1);
    return fail(here(), std::string("invalid digit '") + digit + "' in " + kind + " literal");
  }
  if (!complete) return fail(here(), std::string("invalid ") + kind + " literal");
  return check_number_end(kind);
}

bool Lexer::read_decimal_number() {
  const Mark start = mark();
  static constexpr const char* kInvalid = "invalid decimal literal";
  bool is_float = false;
  const bool leading_zero = peek() == '0';
  if (!read_digits(is_digit)) return fail(here(), kInvalid);
  const std::size_t integer_end = at_;
  if (peek() == '.') {
    is_float = true;
    ++at_;
    if (is_digit(peek()) && !read_digits(is_digit)) return fail(here(), kInvalid);
  }
  if (peek() == 'e' || peek() == 'E') {
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (is_digit(peek(1 + sign))) {
      is_float = true;
      at_ += 1 + sign;
      if (!read_digits(is_digit)) return fail(here(), kInvalid);
    } else if (sign == 1) {
      ++at_;
      return fail(here(), kInvalid);
    }
  }
  const bool imaginary = peek() == 'j' || peek() == 'J';
  if (imaginary) ++at_;
  if (leading_zero && !is_float && !imaginary &&
      text_.substr(start.at, integer_end - start.at).find_first_not_of("0_") != std::string_view::npos) {
    return fail(since(start),
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers");
  }
  return check_number_end(imaginary ? "imaginary" : "decimal");
}

bool Lexer::read_number() {
  const Mark start = mark();
  const char radix = static_cast<char>(peek(1) | 0x20);
  const bool has_radix = peek() == '0' && (radix == 'x' || radix == 'o' || radix == 'b');
  if (!(has_radix ? read_radix_number(radix) : read_decimal_number())) return false;
  push(TokenKind::Number, start);
  return true;
}

bool Lexer::read_string(std::size_t prefix) {
  const Mark start = mark();
  at_ += prefix;
  const char quote_char = peek();
  const bool triple = peek(1) == quote_char && peek(2) == quote_char;
  const std::size_t width = triple ? 3 : 1;
  at_ += width;
  for (;;) {
    if (at_end() || (!triple && peek() == '\n')) {
      const bool behind_last_line = at_end() && column() == 0;
      const Span span{start.line, start.column, start.line, start.column + static_cast<int>(prefix + width)};
      return fail(span, std::string("unterminated ") + (triple ? "triple-quoted " : "") +
                            "string literal (detected at line " +
                            std::to_string(source_.shown_line(line_ - (behind_last_line ? 1 : 0))) + ")");
    }
    const char c = peek();
    if (c == '\n') {
      next_line();
    } else if (c == '\\') {
      ++at_;
      if (at_end()) continue;
      if (peek() == '\n')
        next_line();
      else
        ++at_;
    } else if (c == quote_char && (!triple || (peek(1) == c && peek(2) == c))) {
      at_ += width;
      push(TokenKind::String, start);
      return true;
    } else {
      ++at_;
    }
  }
}

}  // namespace scriptc::python
