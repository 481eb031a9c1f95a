#include "scriptc/python/source.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "scriptc/model/text.h"
#include "scriptc/python/utf8.h"

namespace scriptc::python {
namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// The encoding that a comment `# -*- coding: NAME -*-` names (PEP 263), or "".
std::string_view find_cookie(std::string_view line) {
  const std::size_t comment = line.find_first_not_of(" \t\f");
  if (comment == std::string_view::npos || line[comment] != '#') return {};
  for (std::size_t at = line.find("coding", comment); at != std::string_view::npos; at = line.find("coding", at + 1)) {
    std::size_t i = at + std::strlen("coding");
    if (i >= line.size() || (line[i] != ':' && line[i] != '=')) continue;
    ++i;
    while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
    const std::size_t start = i;
    while (i < line.size() && is_name_byte(line[i])) ++i;
    if (i > start) return line.substr(start, i - start);
  }
  return {};
}

/// Lower case, `_` as `-`, cut to the first 12 bytes: how CPython compares encoding names.
std::string normalise_encoding(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 12))
    out += c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* n) { return name == n || name.rfind(std::string(n) + "-", 0) == 0; });
}

void normalise_line_ends(std::string& text) {
  if (text.find('\r') == std::string::npos) return;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else {
      out += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
  }
  text = std::move(out);
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::vector<std::size_t> find_line_starts(std::string_view text) {
  std::vector<std::size_t> starts{0};
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    starts.push_back(at + 1);
  return starts;
}

/// One line of source as messages show it, and where the caret goes.
struct Excerpt {
  std::string text;
  std::size_t caret = 0;
  std::size_t width = 1;
};

/// Cuts long lines around the span; what a terminal would obey or cannot show becomes blank or '?'.
Excerpt make_excerpt(std::string_view line, const Span& span) {
  constexpr std::size_t kWidest = 120;
  constexpr std::size_t kBefore = 60;
  std::size_t begin = std::min(line.find_first_not_of(" \t\f"), line.size());
  const auto column = static_cast<std::size_t>(std::max(span.column, 0));
  const auto is_continuation = [&](std::size_t i) {
    return i < line.size() && (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80;
  };
  std::string mark;
  if (column > begin + kBefore && line.size() > begin + kWidest) {
    begin = column - kBefore;
    while (is_continuation(begin)) ++begin;
    mark = "...";
  }
  Excerpt excerpt{mark, 0, 1};
  std::size_t shown = mark.size();
  const std::size_t end_column =
      span.end_line == span.line ? static_cast<std::size_t>(std::max(span.end_column, 0)) : line.size();
  std::size_t end_shown = 0;
  bool caret_found = false;
  std::size_t i = begin;
  for (; i < line.size() && shown < kWidest; ++shown) {
    if (!caret_found && i >= column) {
      excerpt.caret = shown;
      caret_found = true;
    }
    const CodePoint point = decode_utf8(line.substr(i));
    const bool control = point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0);
    if (point.length == 0 || (control && line[i] != '\t' && line[i] != '\f'))
      excerpt.text += '?';
    else if (control)
      excerpt.text += ' ';
    else
      excerpt.text += line.substr(i, point.length);
    i += std::max<std::size_t>(point.length, 1);
    if (i <= end_column) end_shown = shown + 1;
  }
  if (!caret_found) excerpt.caret = shown;
  if (i < line.size()) excerpt.text += "...";
  if (end_shown > excerpt.caret) excerpt.width = end_shown - excerpt.caret;
  return excerpt;
}

std::string excerpt_lines(const Source& source, const Span& span) {
  const std::string_view line = source.line(span.line);
  if (line.find_first_not_of(" \t\f") == std::string_view::npos) return "";
  const Excerpt excerpt = make_excerpt(line, span);
  return "\n    " + excerpt.text + "\n    " + std::string(excerpt.caret, ' ') + "^" +
         std::string(excerpt.width - 1, '~');
}

std::string position(const Source& source, const Span& span) {
  return escape(source.name()) + ":" + std::to_string(source.shown_line(span.line)) + ":" +
         std::to_string(span.column + 1);
}

}  // namespace

Source::Source(std::string name, std::string text, int first_line)
    : name_(std::move(name)), text_(std::move(text)), first_line_(first_line) {
  normalise_line_ends(text_);
  decode();
  starts_ = find_line_starts(text_);
}

void Source::decode() {
  const bool has_mark = text_.rfind("\xEF\xBB\xBF", 0) == 0;
  if (has_mark) text_.erase(0, 3);
  const std::size_t first_end = std::min(text_.find('\n'), text_.size());
  const std::string_view first(text_.data(), first_end);
  std::string_view cookie = find_cookie(first);
  int line = 1;
  const std::size_t code = first.find_first_not_of(" \t\f");
  if (cookie.empty() && first_end < text_.size() && (code == std::string_view::npos || first[code] == '#')) {
    const std::size_t second_end = std::min(text_.find('\n', first_end + 1), text_.size());
    cookie = find_cookie(std::string_view(text_).substr(first_end + 1, second_end - first_end - 1));
    line = 2;
  }
  const std::string encoding = normalise_encoding(cookie);
  const bool is_utf8 = encoding.empty() || is_one_of(encoding, {"utf-8"}) || (encoding == "utf8" && !has_mark);
  const bool is_ascii = is_one_of(encoding, {"ascii", "us-ascii"});
  const bool is_latin1 = is_one_of(encoding, {"latin-1", "iso-8859-1", "iso-latin-1", "latin1", "iso8859-1"});
  if (!is_utf8 && has_mark) {
    decoding_problem_ = "encoding problem: " + quote(cookie) + " with a byte order mark of UTF-8";
  } else if (is_latin1) {
    text_ = latin1_to_utf8(text_);
  } else if (!is_utf8 && !is_ascii) {
    decoding_problem_ = "unsupported encoding " + quote(cookie) + ": UTF-8, latin-1 and ascii are read";
  }
  if (!decoding_problem_.empty()) {
    decoding_problem_span_ = {line, 0, line, 1};
  } else if (!is_latin1 || text_.find('\0') != std::string::npos) {
    find_invalid_bytes(is_ascii);
  }
}

void Source::find_invalid_bytes(bool ascii_only) {
  int line = 1;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text_.size();) {
    const auto c = static_cast<unsigned char>(text_[i]);
    if (c == '\n') {
      ++line;
      start = i + 1;
    }
    if (c != 0 && c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = c == 0 ? 0 : decode_utf8(std::string_view(text_).substr(i)).length;
    if (length == 0 || ascii_only) {
      const int column = static_cast<int>(i - start);
      decoding_problem_span_ = {line, column, line, column + 1};
      decoding_problem_ = c == 0 ? "source code cannot contain null bytes"
                                 : "invalid " + std::string(ascii_only ? "ascii" : "UTF-8") + " byte " +
                                       quote(std::string_view(text_).substr(i, 1));
      return;
    }
    i += length;
  }
}

std::string_view Source::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return {};
  const std::size_t start = starts_[static_cast<std::size_t>(number) - 1];
  return std::string_view(text_).substr(start, std::min(text_.find('\n', start), text_.size()) - start);
}

std::string point_at(const Source& source, const Span& span) {
  return "\n  " + position(source, span) + excerpt_lines(source, span);
}

Error error_at(ErrorKind kind, const Source& source, const Span& span, const std::string& sentence) {
  return Error(kind, position(source, span) + ": " + sentence + excerpt_lines(source, span));
}

}  // namespace scriptc::python
