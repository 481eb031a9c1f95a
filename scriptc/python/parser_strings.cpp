#include "scriptc/python/parser_strings.h"

#include <algorithm>
#include <utility>

#include "scriptc/python/characters.h"
#include "scriptc/python/parser_impl.h"
#include "scriptc/python/utf8.h"

// String literals: prefixes, escapes, implicit concatenation, and f-strings by the rules of 3.11: the literal is one
// token, and its expressions are found by counting brackets and quotes before they are tokenised.

namespace scriptc::python {
namespace {

std::string hex_digits_problem(std::size_t position, std::size_t length, const char* what) {
  return "(unicode error) 'unicodeescape' codec can't decode bytes in position " + std::to_string(position) + "-" +
         std::to_string(position + length - 1) + ": " + what;
}

/// Reads escapes of one literal. `problem` is set to a sentence if one is malformed.
class EscapeReader {
 public:
  EscapeReader(std::string_view text, bool bytes) : text_(text), bytes_(bytes) {}

  std::string read() {
    while (at_ < text_.size() && problem.empty()) {
      if (text_[at_] != '\\') {
        const std::size_t end = std::min(text_.find('\\', at_), text_.size());
        out_ += text_.substr(at_, end - at_);
        at_ = end;
      } else {
        read_escape();
      }
    }
    return std::move(out_);
  }

  std::string problem;

 private:
  void put(std::uint32_t value) {
    if (bytes_)
      out_ += static_cast<char>(value & 0xFF);
    else
      append_utf8(out_, value);
  }

  void read_escape() {
    const std::size_t start = at_++;
    if (at_ == text_.size()) {
      out_ += '\\';
      return;
    }
    const char c = text_[at_++];
    switch (c) {
      case '\n':
        return;
      case '\\':
        out_ += '\\';
        return;
      case '\'':
        out_ += '\'';
        return;
      case '"':
        out_ += '"';
        return;
      case 'a':
        out_ += '\a';
        return;
      case 'b':
        out_ += '\b';
        return;
      case 'f':
        out_ += '\f';
        return;
      case 'n':
        out_ += '\n';
        return;
      case 'r':
        out_ += '\r';
        return;
      case 't':
        out_ += '\t';
        return;
      case 'v':
        out_ += '\v';
        return;
      case 'x':
        return read_hexadecimal(start, 2, "truncated \\xXX escape");
      default:
        break;
    }
    if (c >= '0' && c <= '7') return read_octal(c);
    if (!bytes_ && c == 'u') return read_hexadecimal(start, 4, "truncated \\uXXXX escape");
    if (!bytes_ && c == 'U') return read_hexadecimal(start, 8, "truncated \\UXXXXXXXX escape");
    if (!bytes_ && c == 'N') return read_name(start);
    out_ += '\\';
    --at_;  // not an escape: both characters stay
    out_ += text_[at_++];
  }

  void read_octal(char first) {
    std::uint32_t value = static_cast<std::uint32_t>(first - '0');
    for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7'; ++i)
      value = value * 8 + static_cast<std::uint32_t>(text_[at_++] - '0');
    put(value);
  }

  void read_hexadecimal(std::size_t start, std::size_t digits, const char* truncated) {
    std::uint32_t value = 0;
    std::size_t read = 0;
    for (; read < digits && at_ < text_.size(); ++read, ++at_) {
      const char c = text_[at_];
      const char lower = static_cast<char>(c | 0x20);
      if (is_digit(c))
        value = value * 16 + static_cast<std::uint32_t>(c - '0');
      else if (lower >= 'a' && lower <= 'f')
        value = value * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      else
        break;
    }
    if (read < digits) {
      problem = bytes_ ? "(value error) invalid \\x escape at position " + std::to_string(start)
                       : hex_digits_problem(start, read + 2, truncated);
    } else if (value > 0x10FFFF) {
      problem = hex_digits_problem(start, digits + 2, "illegal Unicode character");
    } else {
      put(value);
    }
  }

  void read_name(std::size_t start) {
    const std::size_t close = at_ < text_.size() && text_[at_] == '{' ? text_.find('}', at_) : std::string_view::npos;
    if (close == std::string_view::npos || close == at_ + 1) {
      problem = hex_digits_problem(start, 2, "malformed \\N character escape");
      return;
    }
    const std::string_view name = text_.substr(at_ + 1, close - at_ - 1);
    problem = "character names are not supported (got \\N{" + std::string(name) + "}); write the character, or \\u…";
    at_ = close + 1;
  }

  std::string_view text_;
  bool bytes_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

StringToken split_string_token(std::string_view text) {
  StringToken result;
  std::size_t at = 0;
  for (; text[at] != '\'' && text[at] != '"'; ++at) {
    const char letter = static_cast<char>(text[at] | 0x20);
    result.raw |= letter == 'r';
    result.bytes |= letter == 'b';
    result.format |= letter == 'f';
    result.unicode |= text[at] == 'u';
  }
  const std::size_t width = text.size() >= at + 6 && text[at + 1] == text[at] && text[at + 2] == text[at] ? 3 : 1;
  result.body_begin = at + width;
  result.body_end = text.size() - width;
  return result;
}

std::string decode_escapes(std::string_view body, bool raw, bool bytes, std::string& problem) {
  if (raw) return std::string(body);
  EscapeReader reader(body, bytes);
  std::string value = reader.read();
  problem = std::move(reader.problem);
  return value;
}

/// Collects the values of one literal, or of several that stand side by side.
class FormatStringParser {
 public:
  FormatStringParser(Parser& parser, const Token& first, const Token& last)
      : parser_(parser), whole_(Parser::join(first.span, last.span)) {
    unicode_ = split_string_token(parser.text(first)).unicode;
  }

  void add_plain(std::string_view text) { pending_ += text; }

  void add_format(const Token& token, const StringToken& parts) {
    token_ = &token;
    raw_ = parts.raw;
    at_ = token.begin + parts.body_begin;
    end_ = token.begin + parts.body_end;
    format_ = true;
    counted_ = token.begin;
    line_ = token.span.line;
    line_start_ = static_cast<std::ptrdiff_t>(token.begin) - token.span.column;
    read_pieces(0);
  }

  ExprPtr result() {
    if (!format_) return make_constant(std::move(pending_), whole_);
    flush(whole_);
    return make_joined(std::move(values_), whole_);
  }

 private:
  std::string_view text() const { return parser_.source_.text(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < end_ ? text()[at_ + ahead] : '\0'; }
  [[noreturn]] void fail(const std::string& sentence) const { parser_.fail(token_->span, "f-string: " + sentence); }

  ExprPtr make_constant(std::string value, const Span& span) const {
    auto node = std::make_shared<Constant>();
    node->value = std::move(value);
    if (unicode_) node->prefix = "u";
    node->span = span;
    return node;
  }
  ExprPtr make_joined(ExprList values, const Span& span) const {
    auto node = std::make_shared<JoinedStr>();
    node->values = std::move(values);
    node->span = span;
    parser_.measure(*node);
    return node;
  }
  void flush(const Span& span) {
    if (!pending_.empty()) values_.push_back(make_constant(std::move(pending_), span));
    pending_.clear();
  }

  void read_pieces(int nesting);
  void read_literal(int nesting);
  void read_field(int nesting);
  void count_lines(std::uint32_t end);
  std::uint32_t find_expression_end();
  bool skip_quoted(std::uint32_t& at);
  ExprPtr parse_field_expression(std::uint32_t begin, std::uint32_t end);
  ExprPtr read_format_spec(int nesting);

  Parser& parser_;
  Span whole_;
  bool unicode_ = false;
  bool format_ = false;
  bool raw_ = false;
  const Token* token_ = nullptr;
  std::uint32_t at_ = 0;
  std::uint32_t end_ = 0;
  std::uint32_t counted_ = 0;  // how far lines have been counted: fields come in order, so once is enough
  int line_ = 0;
  std::ptrdiff_t line_start_ = 0;
  std::string pending_;
  ExprList values_;
};

/// Literals and fields in turn, up to the end or, inside a format specification, up to its `}`.
void FormatStringParser::read_pieces(int nesting) {
  for (;;) {
    read_literal(nesting);
    if (at_ >= end_ || peek() == '}') return;
    read_field(nesting);
  }
}

void FormatStringParser::read_literal(int nesting) {
  std::uint32_t begin = at_;
  const auto take = [&](std::uint32_t end) {
    std::string problem;
    pending_ += decode_escapes(text().substr(begin, end - begin), raw_, false, problem);
    if (!problem.empty()) parser_.fail(token_->span, problem);
  };
  while (at_ < end_) {
    const char c = peek();
    if (c == '\\' && !raw_) {
      if (peek(1) == 'N' && peek(2) == '{') {
        at_ = static_cast<std::uint32_t>(std::min<std::size_t>(text().find('}', at_), end_ - 1)) + 1;
      } else {
        at_ += peek(1) == '{' || peek(1) == '}' ? 1 : 2;
      }
      continue;
    }
    if (c != '{' && c != '}') {
      ++at_;
      continue;
    }
    if (nesting > 0 || peek(1) != c) {
      if (nesting == 0 && c == '}') fail("single '}' is not allowed");
      break;
    }
    take(at_ + 1);
    at_ += 2;
    begin = at_;
  }
  at_ = std::min(at_, end_);
  take(at_);
}

/// Moves over a quoted string inside an expression. False if it does not end.
bool FormatStringParser::skip_quoted(std::uint32_t& at) {
  const char quote = text()[at];
  const bool triple = at + 2 < end_ && text()[at + 1] == quote && text()[at + 2] == quote;
  at += triple ? 3 : 1;
  for (; at < end_; ++at) {
    if (text()[at] == '\\') parser_.fail(token_->span, "f-string expression part cannot include a backslash");
    if (text()[at] != quote) continue;
    if (!triple) return true;
    if (at + 2 < end_ && text()[at + 1] == quote && text()[at + 2] == quote) {
      at += 2;
      return true;
    }
  }
  return false;
}

/// Where the expression that starts at `at_` ends: at `!`, `:`, `=` or `}` outside of brackets and quotes.
std::uint32_t FormatStringParser::find_expression_end() {
  constexpr std::size_t kMostBrackets = 200;
  std::string open;
  std::uint32_t at = at_;
  for (; at < end_; ++at) {
    const char c = text()[at];
    const char next = at + 1 < end_ ? text()[at + 1] : '\0';
    if (c == '\\') parser_.fail(token_->span, "f-string expression part cannot include a backslash");
    if (c == '\'' || c == '"') {
      if (!skip_quoted(at)) fail("unterminated string");
    } else if (c == '(' || c == '[' || c == '{') {
      if (open.size() >= kMostBrackets) parser_.fail_cap(token_->span, "f-string: too many nested parenthesis");
      open += c;
    } else if (c == '#') {
      parser_.fail(token_->span, "f-string expression part cannot include '#'");
    } else if (open.empty() && (c == '!' || c == '=' || c == '<' || c == '>') && next == '=') {
      ++at;
    } else if (open.empty() && (c == '!' || c == ':' || c == '}' || c == '=')) {
      return at;
    } else if (c == ')' || c == ']' || c == '}') {
      if (open.empty()) fail(std::string("unmatched '") + c + "'");
      const char expected = open.back() == '(' ? ')' : open.back() == '[' ? ']' : '}';
      if (c != expected) {
        fail(std::string("closing parenthesis '") + c + "' does not match opening parenthesis '" + open.back() + "'");
      }
      open.pop_back();
    }
  }
  if (!open.empty()) fail(std::string("unmatched '") + open.back() + "'");
  fail("expecting '}'");
}

void FormatStringParser::count_lines(std::uint32_t end) {
  for (; counted_ < end; ++counted_) {
    if (text()[counted_] != '\n') continue;
    ++line_;
    line_start_ = static_cast<std::ptrdiff_t>(counted_) + 1;
  }
}

ExprPtr FormatStringParser::parse_field_expression(std::uint32_t begin, std::uint32_t end) {
  if (text().substr(begin, end - begin).find_first_not_of(" \t\n\f") == std::string_view::npos) {
    const char stop = text()[end];
    if (stop == '}') fail("empty expression not allowed");
    fail(std::string("expression required before '") + stop + "'");
  }
  LexRange range;
  range.begin = begin;
  range.end = end;
  range.inside_brackets = true;
  count_lines(begin);
  range.line = line_;
  range.column = static_cast<int>(static_cast<std::ptrdiff_t>(begin) - line_start_);
  // The grammar of a field is that of a group: the brackets `{` and the end of the expression stand for parentheses.
  TokenList tokens = tokenize(parser_.source_, range);
  Token open;
  open.kind = TokenKind::LeftParen;
  open.level = 1;
  open.span = {range.line, range.column - 1, range.line, range.column};
  tokens.tokens.insert(tokens.tokens.begin(), open);
  if (tokens.error.sentence.empty()) {
    Token close = tokens.tokens.back();
    close.kind = TokenKind::RightParen;
    close.span.end_column = close.span.column + 1;
    tokens.tokens.insert(tokens.tokens.end() - 1, close);
  }
  return Parser(parser_.source_, std::move(tokens), parser_.depth_ + 1, "f-string: ").parse_replacement_field();
}

void FormatStringParser::read_field(int nesting) {
  if (nesting >= 2) fail("expressions nested too deeply");
  const std::uint32_t begin = ++at_;
  const std::uint32_t end = find_expression_end();
  auto node = std::make_shared<FormattedValue>();
  node->value = parse_field_expression(begin, end);
  at_ = end;
  std::string debug_text;
  if (peek() == '=') {
    ++at_;
    while (at_ < end_ && std::string_view(" \t\n\f\v").find(peek()) != std::string_view::npos) ++at_;
    debug_text = text().substr(begin, at_ - begin);
  }
  if (peek() == '!') {
    ++at_;
    node->conversion = static_cast<unsigned char>(peek());
    if (at_ >= end_) fail("expecting '}'");
    if (node->conversion != 's' && node->conversion != 'r' && node->conversion != 'a')
      fail("invalid conversion character: expected 's', 'r', or 'a'");
    ++at_;
  }
  pending_ += debug_text;
  flush(whole_);
  if (peek() == ':') {
    ++at_;
    node->format_spec = read_format_spec(nesting);
  }
  if (peek() != '}') fail("expecting '}'");
  ++at_;
  if (!debug_text.empty() && !node->format_spec && node->conversion == -1) node->conversion = 'r';
  node->span = whole_;
  parser_.measure(*node);
  values_.push_back(std::move(node));
}

ExprPtr FormatStringParser::read_format_spec(int nesting) {
  ExprList outer = std::exchange(values_, {});
  read_pieces(nesting + 1);
  // CPython gives the rest of a specification, and the whole of it, the place of the one literal it stands in.
  flush(token_->span);
  return make_joined(std::exchange(values_, std::move(outer)), token_->span);
}

ExprPtr Parser::parse_strings() {
  const std::size_t begin = position_;
  while (at(TokenKind::String)) advance();
  const Token first = tokens_.tokens[begin];
  const Token last = previous();
  const bool bytes = split_string_token(text(first)).bytes;
  FormatStringParser format(*this, first, last);
  std::string all_bytes;
  for (std::size_t i = begin; i < position_; ++i) {
    const Token& token = tokens_.tokens[i];
    const StringToken parts = split_string_token(text(token));
    if (parts.bytes != bytes) fail(join(first.span, last.span), "cannot mix bytes and nonbytes literals");
    if (parts.format) {
      format.add_format(token, parts);
      continue;
    }
    const std::string_view body = text(token).substr(parts.body_begin, parts.body_end - parts.body_begin);
    for (const char c : bytes ? body : std::string_view())
      if (static_cast<unsigned char>(c) >= 0x80) fail(token.span, "bytes can only contain ASCII literal characters");
    std::string problem;
    const std::string value = decode_escapes(body, parts.raw, bytes, problem);
    if (!problem.empty()) fail(token.span, problem);
    if (bytes)
      all_bytes += value;
    else
      format.add_plain(value);
  }
  if (!bytes) return format.result();
  auto node = std::make_shared<Constant>();
  node->value = Bytes{std::move(all_bytes)};
  return finish(std::move(node), first.span);
}

}  // namespace scriptc::python
