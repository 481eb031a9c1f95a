#include "scriptc/python/literal_text.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "scriptc/python/characters.h"
#include "scriptc/python/utf8.h"

namespace scriptc::python {
namespace {

void append_hex(std::string& out, const char* format, std::uint32_t value) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(value));
  out += buffer;
}

char pick_quote(std::string_view text) {
  return text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
}

/// What strings and bytes escape alike. False if `c` needs no escape here.
bool append_common_escape(std::string& out, char c, char quote) {
  switch (c) {
    case '\n':
      out += "\\n";
      return true;
    case '\r':
      out += "\\r";
      return true;
    case '\t':
      out += "\\t";
      return true;
    case '\\':
      out += "\\\\";
      return true;
    default:
      break;
  }
  if (c != quote) return false;
  out += '\\';
  out += c;
  return true;
}

}  // namespace

/// The shortest digits that read back as the same number; an exponent below 1e-4 and from 1e16 on.
std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t mark = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(mark + 1)).c_str());
  std::string digits;
  for (const char c : text.substr(0, mark))
    if (is_digit(c)) digits += c;
  std::string out = std::signbit(value) ? "-" : "";
  const auto count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (count > 1) out += "." + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    const std::string power = std::to_string(std::abs(exponent));
    return out + (power.size() < 2 ? "0" : "") + power;
  }
  if (exponent < 0) {
    const int zeros = -exponent - 1;
    return out + "0." + std::string(static_cast<std::size_t>(zeros), '0') + digits;
  }
  const auto whole = static_cast<std::size_t>(exponent + 1);
  if (count <= exponent + 1) return out + digits + std::string(whole - digits.size(), '0') + ".0";
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string complex_repr(std::complex<double> value) {
  const auto part = [](double number) {
    std::string text = float_repr(number);
    if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) text.resize(text.size() - 2);
    return text;
  };
  const std::string imaginary = part(value.imag()) + "j";
  if (value.real() == 0.0 && !std::signbit(value.real())) return imaginary;
  return "(" + part(value.real()) + (imaginary.front() == '-' ? "" : "+") + imaginary + ")";
}

std::string string_repr(std::string_view text) {
  const char quote = pick_quote(text);
  std::string out(1, quote);
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = decode_utf8(text.substr(i), true);
    const std::size_t length = point.length == 0 ? 1 : point.length;
    if (point.value < 0x80) {
      if (!append_common_escape(out, text[i], quote)) {
        if (point.value < 0x20 || point.value == 0x7F)
          append_hex(out, "\\x%02x", point.value);
        else
          out += text[i];
      }
    } else if (is_printable(point.value)) {
      out += text.substr(i, length);
    } else {
      append_hex(out, point.value < 0x100 ? "\\x%02x" : point.value < 0x10000 ? "\\u%04x" : "\\U%08x", point.value);
    }
    i += length;
  }
  return out + quote;
}

std::string bytes_repr(std::string_view bytes) {
  const char quote = pick_quote(bytes);
  std::string out = std::string("b") + quote;
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    if (append_common_escape(out, c, quote)) continue;
    if (value < 0x20 || value >= 0x7F)
      append_hex(out, "\\x%02x", value);
    else
      out += c;
  }
  return out + quote;
}

std::string constant_repr(const ConstantValue& value) {
  struct Repr {
    std::string operator()(NoneLiteral) const { return "None"; }
    std::string operator()(EllipsisLiteral) const { return "Ellipsis"; }
    std::string operator()(bool truth) const { return truth ? "True" : "False"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const BigInt& number) const { return number.digits; }
    std::string operator()(double number) const { return float_repr(number); }
    std::string operator()(std::complex<double> number) const { return complex_repr(number); }
    std::string operator()(const std::string& text) const { return string_repr(text); }
    std::string operator()(const Bytes& bytes) const { return bytes_repr(bytes.bytes); }
  };
  return std::visit(Repr{}, value);
}

}  // namespace scriptc::python
