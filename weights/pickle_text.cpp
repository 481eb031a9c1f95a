#include <charconv>

#include "weights/pickle_machine.h"

namespace scriptc::weights {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      out += static_cast<char>(0xE0 | (code >> 12));
    } else {
      out += static_cast<char>(0xF0 | (code >> 18));
      out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    }
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (code & 0x3F));
}

/// `digits` hexadecimal digits at `at`.
bool hexadecimal(std::string_view text, std::size_t at, std::size_t digits, std::uint32_t& code) {
  if (at + digits > text.size()) return false;
  const char* end = text.data() + at + digits;
  const auto result = std::from_chars(text.data() + at, end, code, 16);
  return result.ec == std::errc() && result.ptr == end;
}

}  // namespace

bool unescape_string(std::string_view literal, std::string& out) {
  if (literal.size() < 2 || literal.front() != literal.back() || (literal[0] != '\'' && literal[0] != '"'))
    return false;
  const std::string_view body = literal.substr(1, literal.size() - 2);
  static constexpr std::string_view kLetters = "ntr\\'\"abfv0";
  static constexpr std::string_view kMeanings{"\n\t\r\\'\"\a\b\f\v\0", 11};
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == literal[0]) return false;
    if (body[i] != '\\') {
      out += body[i];
      continue;
    }
    if (++i == body.size()) return false;
    std::uint32_t code = 0;
    if (body[i] == 'x') {
      if (!hexadecimal(body, i + 1, 2, code)) return false;
      out += static_cast<char>(code);
      i += 2;
    } else {
      const std::size_t letter = kLetters.find(body[i]);
      if (letter == std::string_view::npos) return false;
      out += kMeanings[letter];
    }
  }
  return true;
}

bool unescape_unicode(std::string_view escaped, std::string& out) {
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    const bool introduces =
        escaped[i] == '\\' && i + 1 < escaped.size() && (escaped[i + 1] == 'u' || escaped[i + 1] == 'U');
    if (!introduces) {
      append_utf8(out, static_cast<unsigned char>(escaped[i]));
      continue;
    }
    const std::size_t digits = escaped[i + 1] == 'u' ? 4 : 8;
    std::uint32_t code = 0;
    if (!hexadecimal(escaped, i + 2, digits, code) || code > 0x10FFFF) return false;
    append_utf8(out, code);
    i += 1 + digits;
  }
  return true;
}

bool encode_latin1(std::string_view utf8, std::string& out) {
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80) {
      out += utf8[i];
      continue;
    }
    if ((lead != 0xC2 && lead != 0xC3) || i + 1 == utf8.size()) return false;
    const auto next = static_cast<unsigned char>(utf8[++i]);
    if ((next & 0xC0) != 0x80) return false;
    out += static_cast<char>(((lead & 3) << 6) | (next & 0x3F));
  }
  return true;
}

}  // namespace scriptc::weights
