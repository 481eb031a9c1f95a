#include <algorithm>
#include <cmath>
#include <cstdio>

#include "scriptc/model/text.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/strings.h"

namespace scriptc::python {
namespace {

/// Python's format specification: [[fill]align][sign][#][0][width][grouping][.precision][type]
struct Spec {
  std::string fill = " ";
  char align = 0;
  char sign = '-';
  bool alternate = false;
  bool zero = false;
  std::int64_t width = 0;
  char grouping = 0;
  std::int64_t precision = -1;
  char type = 0;
};

constexpr std::int64_t kWidest = 1'000'000;

std::int64_t read_number(Interpreter& in, const std::string& text, std::size_t& at) {
  std::int64_t number = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    number = number * 10 + (text[at++] - '0');
    if (number > kWidest) in.raise("ValueError", "Too many decimal digits in format string");
  }
  return number;
}

Spec parse_spec(Interpreter& in, const std::string& text, const Value& value) {
  Spec spec;
  std::size_t at = 0;
  const auto is_align = [](char c) { return c == '<' || c == '>' || c == '=' || c == '^'; };
  const std::size_t first = text.empty() ? 0 : character_length(text, 0);
  if (first < text.size() && is_align(text[first])) {
    spec.fill = text.substr(0, first);
    spec.align = text[first];
    at = first + 1;
  } else if (!text.empty() && is_align(text[0])) {
    spec.align = text[at++];
  }
  const auto take = [&](char c) { return at < text.size() && text[at] == c && ++at != 0; };
  if (at < text.size() && (text[at] == '+' || text[at] == '-' || text[at] == ' ')) spec.sign = text[at++];
  spec.alternate = take('#');
  if (take('0')) {
    spec.zero = true;
    if (spec.align == 0) {
      spec.fill = "0";
      spec.align = '=';
    }
  }
  spec.width = read_number(in, text, at);
  if (at < text.size() && (text[at] == ',' || text[at] == '_')) spec.grouping = text[at++];
  if (take('.')) {
    const std::size_t before = at;
    spec.precision = read_number(in, text, at);
    if (before == at) in.raise("ValueError", "Format specifier missing precision");
  }
  if (at < text.size()) spec.type = text[at++];
  if (at < text.size())
    in.raise("ValueError",
             "Invalid format specifier '" + text + "' for object of type '" + in.type_of(value)->name + "'");
  return spec;
}

std::string padded(Interpreter& in, const Spec& spec, const std::string& sign, const std::string& body,
                   char default_align) {
  const auto length = static_cast<std::int64_t>(count_characters(sign) + count_characters(body));
  const std::int64_t missing = std::max<std::int64_t>(0, spec.width - length);
  in.charge(static_cast<std::size_t>(missing));
  const auto fill = [&](std::int64_t n) {
    std::string text;
    for (std::int64_t i = 0; i < n; ++i) text += spec.fill;
    return text;
  };
  switch (spec.align != 0 ? spec.align : default_align) {
    case '<':
      return sign + body + fill(missing);
    case '^':
      return fill(missing / 2) + sign + body + fill(missing - missing / 2);
    case '=':
      return sign + fill(missing) + body;
    default:
      return fill(missing) + sign + body;
  }
}

std::string grouped(const std::string& digits, char separator, std::size_t every) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % every == 0) out += separator;
    out += digits[i];
  }
  return out;
}

std::string in_base(std::uint64_t value, unsigned base, bool upper) {
  std::string digits;
  do {
    const auto d = static_cast<unsigned>(value % base);
    digits += static_cast<char>(d < 10 ? '0' + d : (upper ? 'A' : 'a') + d - 10);
    value /= base;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string sign_of(bool negative, char how) { return negative ? "-" : how == '+' ? "+" : how == ' ' ? " " : ""; }

std::string print_double(double value, const char* type, std::int64_t precision, bool alternate) {
  char format[16];
  std::snprintf(format, sizeof format, "%%%s.*%s", alternate ? "#" : "", type);
  const int size = std::snprintf(nullptr, 0, format, static_cast<int>(precision), value);
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  std::snprintf(text.data(), text.size(), format, static_cast<int>(precision), value);
  text.pop_back();
  return text;
}

std::string format_float(Interpreter& in, double value, const Spec& spec) {
  const bool negative = std::signbit(value) && !std::isnan(value);
  const double magnitude = std::fabs(value);
  std::string body;
  const bool percent = spec.type == '%';
  const char type = percent ? 'f' : spec.type == 'n' ? 'g' : spec.type;
  const bool upper = type == 'F' || type == 'E' || type == 'G';
  in.charge(static_cast<std::size_t>(std::max<std::int64_t>(spec.precision, 0)));
  if (!std::isfinite(magnitude)) {
    body = std::isnan(magnitude) ? (upper ? "NAN" : "nan") : (upper ? "INF" : "inf");
  } else if (type == 0) {
    body = spec.precision < 0 ? repr_float(magnitude)
                              : print_double(magnitude, "g", std::max<std::int64_t>(spec.precision, 1), false);
    if (spec.precision >= 0 && body.find_first_of(".e") == std::string::npos) body += ".0";
  } else {
    const char name[2] = {type, 0};
    body = print_double(percent ? magnitude * 100 : magnitude, name, spec.precision < 0 ? 6 : spec.precision,
                        spec.alternate);
  }
  if (spec.grouping != 0) {
    const std::size_t end = std::min(body.find_first_not_of("0123456789"), body.size());
    body = grouped(body.substr(0, end), spec.grouping, 3) + body.substr(end);
  }
  return padded(in, spec, sign_of(negative, spec.sign), body + (percent ? "%" : ""), '>');
}

[[noreturn]] void unknown_code(Interpreter& in, const Spec& spec, const Value& value) {
  in.raise("ValueError",
           std::string("Unknown format code '") + spec.type + "' for object of type '" + in.type_of(value)->name + "'");
}

std::string format_int(Interpreter& in, std::int64_t value, const Spec& spec, const Value& original) {
  if (spec.type != 0 && std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos)
    return format_float(in, static_cast<double>(value), spec);
  if (spec.precision >= 0) in.raise("ValueError", "Precision not allowed in integer format specifier");
  if (spec.type == 'c') return padded(in, spec, "", encode_character(value), '<');
  const bool negative = value < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  unsigned base = 10;
  switch (spec.type) {
    case 0:
    case 'd':
    case 'n':
      break;
    case 'x':
    case 'X':
      base = 16;
      break;
    case 'o':
      base = 8;
      break;
    case 'b':
      base = 2;
      break;
    default:
      unknown_code(in, spec, original);
  }
  std::string body = in_base(magnitude, base, spec.type == 'X');
  if (spec.grouping != 0) body = grouped(body, spec.grouping, base == 10 ? 3 : 4);
  std::string sign = sign_of(negative, spec.sign);
  if (spec.alternate && base != 10) sign += std::string("0") + spec.type;
  return padded(in, spec, sign, body, '>');
}

/// The value that a replacement field names: `0`, `name`, `0.attr[key]`.
class FieldReader {
 public:
  FieldReader(Interpreter& in, const Args& args, const Kwargs& kwargs) : in_(in), args_(args), kwargs_(kwargs) {}

  Value read(const std::string& field) {
    const std::size_t end = std::min(field.find_first_of(".["), field.size());
    Value value = first(field.substr(0, end));
    for (std::size_t at = end; at < field.size();) {
      if (field[at] == '.') {
        const std::size_t stop = std::min(field.find_first_of(".[", at + 1), field.size());
        value = in_.get_attribute(value, field.substr(at + 1, stop - at - 1));
        at = stop;
      } else {
        const std::size_t stop = std::min(field.find(']', at), field.size());
        const std::string key = field.substr(at + 1, stop - at - 1);
        const auto number = parse_int(in_, key, 10);
        value = in_.get_item(value, number ? Value(*number) : Value(key));
        at = stop + 1;
      }
    }
    return value;
  }

 private:
  Value first(const std::string& name) {
    const auto number = name.empty() ? std::optional<std::int64_t>(next_++) : parse_int(in_, name, 10);
    if (number) {
      const Numbering used = name.empty() ? Numbering::automatic : Numbering::manual;
      if (numbering_ != Numbering::none && numbering_ != used)
        in_.raise("ValueError", used == Numbering::automatic
                                    ? "cannot switch from manual field specification to automatic field numbering"
                                    : "cannot switch from automatic field numbering to manual field specification");
      numbering_ = used;
      if (*number < 0 || *number >= static_cast<std::int64_t>(args_.size()))
        in_.raise("IndexError",
                  "Replacement index " + std::to_string(*number) + " out of range for positional args tuple");
      return args_[static_cast<std::size_t>(*number)];
    }
    for (const auto& [key, value] : kwargs_)
      if (key == name) return value;
    in_.raise_value(in_.call(in_.exception_class("KeyError"), {name}));
  }

  Interpreter& in_;
  const Args& args_;
  const Kwargs& kwargs_;
  std::int64_t next_ = 0;
  enum class Numbering { none, automatic, manual };
  Numbering numbering_ = Numbering::none;
};

std::string format_fields(Interpreter& in, FieldReader& fields, const std::string& text, int depth) {
  if (depth > 2) in.raise("ValueError", "Max string recursion exceeded");
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
      out += text[at++];
      continue;
    }
    if (c == '}') in.raise("ValueError", "Single '}' encountered in format string");
    if (c != '{') {
      out += c;
      continue;
    }
    std::size_t end = at + 1;
    for (int nesting = 1; end < text.size(); ++end) {
      if (text[end] == '{') ++nesting;
      if (text[end] == '}' && --nesting == 0) break;
    }
    if (end >= text.size()) in.raise("ValueError", "expected '}' before end of string");
    const std::string field = text.substr(at + 1, end - at - 1);
    const std::size_t stop = std::min(field.find_first_of("!:"), field.size());
    Value value = fields.read(field.substr(0, stop));
    std::size_t spec_at = stop;
    if (stop < field.size() && field[stop] == '!') {
      if (stop + 1 < field.size()) value = field[stop + 1] == 's' ? in.str(value) : in.repr(value);
      spec_at = stop + 2;
    }
    const std::string spec = spec_at + 1 <= field.size() && spec_at < field.size() ? field.substr(spec_at + 1) : "";
    out += in.format(value, format_fields(in, fields, spec, depth + 1));
    at = end;
  }
  return out;
}

/// One conversion of `%` formatting.
std::string percent_one(Interpreter& in, Spec spec, const Value& value) {
  const char type = spec.type;
  if (spec.align == 0) spec.align = '>';
  switch (type) {
    case 's':
    case 'r':
    case 'a': {
      std::string text = type == 's' ? in.str(value) : in.repr(value);
      if (spec.precision >= 0) text = text.substr(0, static_cast<std::size_t>(spec.precision));
      if (spec.zero) spec.fill = " ";
      return padded(in, spec, "", text, '>');
    }
    case 'c':
      return padded(in, spec, "", value.is_string() ? value.as_string() : encode_character(in.index(value)), '>');
    default:
      break;
  }
  const Value& number = in.plain(value);
  if (!is_number(number) && !number.is_tensor())
    in.raise("TypeError",
             std::string("%") + type + " format: a real number is required, not " + in.type_of(value)->name);
  if (spec.zero && spec.align == '>') {
    spec.fill = "0";
    spec.align = '=';
  }
  if (type == 'd' || type == 'i' || type == 'u' || type == 'x' || type == 'X' || type == 'o') {
    spec.type = type == 'x' || type == 'X' || type == 'o' ? type : 'd';
    spec.precision = -1;
    return format_int(in, number.is_float() ? static_cast<std::int64_t>(number.as_float()) : in.index(number), spec,
                      value);
  }
  if (std::string_view("eEfFgG").find(type) == std::string_view::npos)
    in.raise("ValueError", std::string("unsupported format character '") + type + "'");
  return format_float(in, in.to_double(number), spec);
}

}  // namespace

std::string Interpreter::format(const Value& value, const std::string& text) {
  if (const auto instance = value.try_as<PyInstance>())
    if (const Value* own = type_of(value)->lookup("__format__"); own != nullptr && own->try_as<PyFunction>())
      return str(call(Value(*own), {value, text}));
  if (text.empty()) return str(value);
  Value item = plain(value);
  if (item.is_tensor() && item.as_tensor()->shape().empty()) item = call_method(item, "item");
  const Spec spec = parse_spec(*this, text, item);
  if (item.is_bool() && spec.type == 0 && spec.align == 0 && spec.width == 0) return str(item);
  if (item.is_int() || item.is_bool()) return format_int(*this, int_of(item), spec, item);
  if (item.is_float()) {
    if (spec.type != 0 && std::string_view("eEfFgGn%").find(spec.type) == std::string_view::npos)
      unknown_code(*this, spec, item);
    return format_float(*this, item.as_float(), spec);
  }
  if (!item.is_string()) {
    if (const auto opaque = item.try_as<Opaque>()) opaque_used(*opaque);
    raise("TypeError", "unsupported format string passed to " + type_of(item)->name + ".__format__");
  }
  if (spec.type != 0 && spec.type != 's') unknown_code(*this, spec, item);
  std::string body = item.as_string();
  if (spec.precision >= 0) {
    const auto characters = split_characters(body);
    body.clear();
    for (std::size_t i = 0; i < std::min(characters.size(), static_cast<std::size_t>(spec.precision)); ++i)
      body += characters[i];
  }
  return padded(*this, spec, "", body, '<');
}

std::string str_format(Interpreter& in, const std::string& text, const Args& args, const Kwargs& kwargs) {
  FieldReader fields(in, args, kwargs);
  return format_fields(in, fields, text, 0);
}

Value percent_format(Interpreter& in, const std::string& text, const Value& arguments) {
  std::string out;
  std::size_t used = 0;
  const bool many = arguments.is_tuple();
  bool by_name = false;
  const auto next = [&]() -> Value {
    if (many ? used >= arguments.as_tuple().size() : used > 0)
      in.raise("TypeError", "not enough arguments for format string");
    ++used;
    return many ? arguments.as_tuple()[used - 1] : arguments;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    if (++at >= text.size()) in.raise("ValueError", "incomplete format");
    if (text[at] == '%') {
      out += '%';
      continue;
    }
    std::optional<Value> named;
    if (text[at] == '(') {
      const std::size_t end = text.find(')', at);
      if (end == std::string::npos) in.raise("ValueError", "incomplete format key");
      named = in.get_item(arguments, text.substr(at + 1, end - at - 1));
      by_name = true;
      at = end + 1;
    }
    Spec spec;
    for (; at < text.size() && std::string_view("-+ #0").find(text[at]) != std::string_view::npos; ++at) {
      if (text[at] == '-') spec.align = '<';
      if (text[at] == '+' || (text[at] == ' ' && spec.sign != '+')) spec.sign = text[at];
      if (text[at] == '#') spec.alternate = true;
      if (text[at] == '0') spec.zero = true;
    }
    const auto count = [&]() {
      if (at >= text.size() || text[at] != '*') return read_number(in, text, at);
      ++at;
      return in.index(next());
    };
    spec.width = count();
    if (at < text.size() && text[at] == '.') {
      ++at;
      spec.precision = count();
    }
    if (at >= text.size()) in.raise("ValueError", "incomplete format");
    spec.type = text[at];
    out += percent_one(in, spec, named ? *named : next());
  }
  if (!by_name && (many ? used != arguments.as_tuple().size() : used == 0 && !arguments.is_dict()))
    in.raise("TypeError", "not all arguments converted during string formatting");
  in.charge(out.size());
  return out;
}

}  // namespace scriptc::python
