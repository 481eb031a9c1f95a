#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

#include "scriptc/model/text.h"
#include "scriptc/python/characters.h"
#include "scriptc/python/lexer_impl.h"
#include "scriptc/python/utf8.h"

namespace scriptc::python {
namespace {

// CPython's own limits (MAXLEVEL, MAXINDENT): what it refuses need not be read.
constexpr std::size_t kMostBrackets = 200;
constexpr std::size_t kMostIndents = 100;
constexpr std::size_t kTabSize = 8;

struct Spelling {
  std::string_view text;
  TokenKind kind;
};

constexpr Spelling kKeywords[] = {
    {"False", TokenKind::KwFalse},
    {"None", TokenKind::KwNone},
    {"True", TokenKind::KwTrue},
    {"and", TokenKind::KwAnd},
    {"as", TokenKind::KwAs},
    {"assert", TokenKind::KwAssert},
    {"async", TokenKind::KwAsync},
    {"await", TokenKind::KwAwait},
    {"break", TokenKind::KwBreak},
    {"class", TokenKind::KwClass},
    {"continue", TokenKind::KwContinue},
    {"def", TokenKind::KwDef},
    {"del", TokenKind::KwDel},
    {"elif", TokenKind::KwElif},
    {"else", TokenKind::KwElse},
    {"except", TokenKind::KwExcept},
    {"finally", TokenKind::KwFinally},
    {"for", TokenKind::KwFor},
    {"from", TokenKind::KwFrom},
    {"global", TokenKind::KwGlobal},
    {"if", TokenKind::KwIf},
    {"import", TokenKind::KwImport},
    {"in", TokenKind::KwIn},
    {"is", TokenKind::KwIs},
    {"lambda", TokenKind::KwLambda},
    {"nonlocal", TokenKind::KwNonlocal},
    {"not", TokenKind::KwNot},
    {"or", TokenKind::KwOr},
    {"pass", TokenKind::KwPass},
    {"raise", TokenKind::KwRaise},
    {"return", TokenKind::KwReturn},
    {"try", TokenKind::KwTry},
    {"while", TokenKind::KwWhile},
    {"with", TokenKind::KwWith},
    {"yield", TokenKind::KwYield},
};

/// Longest first among those that share a beginning.
constexpr Spelling kOperators[] = {
    {"**=", TokenKind::DoubleStarEqual},
    {"//=", TokenKind::DoubleSlashEqual},
    {"<<=", TokenKind::LeftShiftEqual},
    {">>=", TokenKind::RightShiftEqual},
    {"...", TokenKind::Ellipsis},
    {"!=", TokenKind::NotEqual},
    {"%=", TokenKind::PercentEqual},
    {"&=", TokenKind::AmpersandEqual},
    {"**", TokenKind::DoubleStar},
    {"*=", TokenKind::StarEqual},
    {"+=", TokenKind::PlusEqual},
    {"-=", TokenKind::MinusEqual},
    {"->", TokenKind::Arrow},
    {"//", TokenKind::DoubleSlash},
    {"/=", TokenKind::SlashEqual},
    {":=", TokenKind::ColonEqual},
    {"<<", TokenKind::LeftShift},
    {"<=", TokenKind::LessEqual},
    {"==", TokenKind::EqualEqual},
    {">=", TokenKind::GreaterEqual},
    {">>", TokenKind::RightShift},
    {"@=", TokenKind::AtEqual},
    {"^=", TokenKind::CaretEqual},
    {"|=", TokenKind::BarEqual},
    {"%", TokenKind::Percent},
    {"&", TokenKind::Ampersand},
    {"(", TokenKind::LeftParen},
    {")", TokenKind::RightParen},
    {"*", TokenKind::Star},
    {"+", TokenKind::Plus},
    {",", TokenKind::Comma},
    {"-", TokenKind::Minus},
    {".", TokenKind::Dot},
    {"/", TokenKind::Slash},
    {":", TokenKind::Colon},
    {";", TokenKind::Semicolon},
    {"<", TokenKind::Less},
    {"=", TokenKind::Equal},
    {">", TokenKind::Greater},
    {"@", TokenKind::At},
    {"[", TokenKind::LeftBracket},
    {"]", TokenKind::RightBracket},
    {"^", TokenKind::Caret},
    {"{", TokenKind::LeftBrace},
    {"|", TokenKind::Bar},
    {"}", TokenKind::RightBrace},
    {"~", TokenKind::Tilde},
};

TokenKind keyword_or_name(std::string_view text) {
  constexpr std::size_t kLongestKeyword = 8;
  if (text.size() < 2 || text.size() > kLongestKeyword) return TokenKind::Name;
  for (const Spelling& keyword : kKeywords)
    if (keyword.text == text) return keyword.kind;
  return TokenKind::Name;
}

/// Number of letters of a string prefix at the start of `text` (0 is one too), nullopt if no string starts here.
std::optional<std::size_t> string_prefix(std::string_view text) {
  static constexpr std::string_view kPrefixes[] = {"r", "b", "u", "f", "rb", "br", "rf", "fr"};
  std::string letters;
  for (const char c : text.substr(0, 3)) {
    if (c == '\'' || c == '"') {
      const bool known =
          letters.empty() || std::find(std::begin(kPrefixes), std::end(kPrefixes), letters) != std::end(kPrefixes);
      return known ? std::optional(letters.size()) : std::nullopt;
    }
    letters += static_cast<char>(c | 0x20);
  }
  return std::nullopt;
}

char closing(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }

}  // namespace

TokenList Lexer::run() {
  if (!source_.decoding_problem().empty()) {
    fail(source_.decoding_problem_span(), source_.decoding_problem());
  } else {
    result_.tokens.reserve((text_.size() - at_) / 4 + 8);
    if (base_level_ > 0) line_begins_ = false;
    while (read_token()) {
    }
  }
  finish();
  return std::move(result_);
}

void Lexer::finish() {
  if (result_.error.sentence.empty() && !brackets_.empty()) {
    const Bracket& open = brackets_.back();
    result_.error = {"'" + std::string(1, open.open) + "' was never closed", open.span, true, false};
  }
  const bool failed = !result_.error.sentence.empty();
  if (!failed && base_level_ == 0) {
    const bool needs_newline = !result_.tokens.empty() && !line_begins_;
    if (needs_newline) push(TokenKind::Newline, mark());
    if (column() > 0) {
      ++line_;
      line_start_ = static_cast<std::ptrdiff_t>(at_);
    }
    for (; indents_.size() > 1; indents_.pop_back()) push(TokenKind::Dedent, mark());
  }
  push(failed ? TokenKind::Error : TokenKind::End, mark());
}

/// False at the end of the text, or after an error.
bool Lexer::read_token() {
  if (line_begins_ && !read_line_start()) return false;
  if (!skip_blanks()) return false;
  if (at_end()) return false;
  const char c = peek();
  if (c == '\n') {
    const Mark start = mark();
    if (level() == 0) {
      ++at_;
      push(TokenKind::Newline, start);
      --at_;
      line_begins_ = true;
    }
    next_line();
    return true;
  }
  if (const auto prefix = string_prefix(text_.substr(at_))) return read_string(*prefix);
  if (is_name_start(c)) return read_name();
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return read_number();
  return read_operator();
}

/// Indentation of the first line that is not blank. False at the end or after an error.
bool Lexer::read_line_start() {
  Indent indent{0, 0};
  Indent continued{0, 0};  // a line that goes on behind a backslash keeps the first indentation
  for (;; ++at_) {
    const char c = peek();
    if (at_end()) return false;
    if (c == ' ') {
      ++indent.column;
      ++indent.alternate;
    } else if (c == '\t') {
      indent.column = (indent.column / kTabSize + 1) * kTabSize;
      ++indent.alternate;
    } else if (c == '\f') {
      indent = {0, 0};
    } else if (c == '\\') {
      if (continued.column == 0) continued = indent;
      if (!read_continuation()) return false;
      indent = {0, 0};
      --at_;
    } else if (c == '#' || c == '\n') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      if (at_end()) return false;
      next_line();
      --at_;
      indent = {0, 0};
      continued = {0, 0};
    } else {
      break;
    }
  }
  line_begins_ = false;
  return apply_indent(continued.column > 0 ? continued : indent, mark());
}

bool Lexer::apply_indent(Indent indent, const Mark& start) {
  static constexpr const char* kMixed = "inconsistent use of tabs and spaces in indentation";
  const Indent& current = indents_.back();
  if (indent.column == current.column) return indent.alternate == current.alternate || fail(here(), kMixed);
  if (indent.column > current.column) {
    if (indent.alternate <= current.alternate) return fail(here(), kMixed);
    if (indents_.size() >= kMostIndents)
      return fail(here(), "too many levels of indentation (limit " + std::to_string(kMostIndents) + ")", true);
    indents_.push_back(indent);
    push(TokenKind::Indent, start);
    return true;
  }
  while (indents_.size() > 1 && indent.column < indents_.back().column) {
    indents_.pop_back();
    push(TokenKind::Dedent, start);
  }
  if (indent.column != indents_.back().column)
    return fail(here(), "unindent does not match any outer indentation level");
  return indent.alternate == indents_.back().alternate || fail(here(), kMixed);
}

bool Lexer::skip_blanks() {
  for (;;) {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\f') {
      ++at_;
    } else if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '\\') {
      if (!read_continuation()) return false;
    } else {
      return true;
    }
  }
}

/// A backslash and the line end behind it.
bool Lexer::read_continuation() {
  if (peek(1) != '\n') {
    ++at_;
    return fail(here(),
                at_end() ? "unexpected EOF while parsing" : "unexpected character after line continuation character");
  }
  ++at_;
  next_line();
  return !at_end() || fail(here(), "unexpected EOF while parsing");
}

bool Lexer::read_name() {
  const Mark start = mark();
  while (!at_end() && is_name_char(peek())) {
    if (static_cast<unsigned char>(peek()) < 0x80) {
      ++at_;
      continue;
    }
    const CodePoint point = decode_utf8(text_.substr(at_));
    if (!is_identifier_char(point.value, at_ == start.at)) {
      char number[16];
      std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(point.value));
      const std::string shown(text_.substr(at_, point.length));
      return fail(here(static_cast<int>(point.length)), is_printable(point.value)
                                                            ? "invalid character '" + shown + "' (" + number + ")"
                                                            : "invalid non-printable character " + std::string(number));
    }
    at_ += point.length;
  }
  push(keyword_or_name(text_.substr(start.at, at_ - start.at)), start);
  return true;
}

bool Lexer::open_bracket(char c) {
  if (brackets_.size() >= kMostBrackets)
    return fail(here(), "too many nested parentheses (limit " + std::to_string(kMostBrackets) + ")", true);
  brackets_.push_back({c, here()});
  return true;
}

bool Lexer::close_bracket(char c) {
  if (brackets_.empty()) return fail(here(), std::string("unmatched '") + c + "'");
  const Bracket open = brackets_.back();
  if (closing(open.open) != c) {
    const std::string where =
        open.span.line == line_ ? "" : " on line " + std::to_string(source_.shown_line(open.span.line));
    return fail(here(), std::string("closing parenthesis '") + c + "' does not match opening parenthesis '" +
                            open.open + "'" + where);
  }
  brackets_.pop_back();
  return true;
}

bool Lexer::read_operator() {
  const Mark start = mark();
  const char c = peek();
  if (std::strchr("([{", c) != nullptr && c != '\0' && !open_bracket(c)) return false;
  if (std::strchr(")]}", c) != nullptr && c != '\0' && !close_bracket(c)) return false;
  const std::string_view rest = text_.substr(at_, 3);
  for (const Spelling& op : kOperators) {
    if (rest.substr(0, op.text.size()) != op.text) continue;
    at_ += op.text.size();
    push(op.kind, start);
    return true;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
    char number[16];
    std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(c));
    return fail(here(), "invalid non-printable character " + std::string(number));
  }
  ++at_;
  push(TokenKind::Unknown, start);
  return true;
}

TokenList tokenize(const Source& source, const LexRange& range) { return Lexer(source, range).run(); }

TokenList tokenize(const Source& source) {
  LexRange range;
  range.end = static_cast<std::uint32_t>(source.text().size());
  return tokenize(source, range);
}

std::string_view token_text(const Source& source, const Token& token) {
  return std::string_view(source.text()).substr(token.begin, token.end - token.begin);
}

}  // namespace scriptc::python
