#include "scriptc/cli/inference.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "scriptc/cli/json_value.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

using plugins::ParameterType;

/// Without the ASCII white space that Python's int() and float() strip.
std::string_view strip(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `text` without the underscores that Python allows between two digits; nullopt if one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) return std::nullopt;
  }
  return out;
}

std::size_t skip_digits(const std::string& text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// digits [. digits] [e [sign] digits], with a digit on one side of the point at least.
bool is_decimal(const std::string& text) {
  const std::size_t whole = skip_digits(text, 0);
  std::size_t at = whole;
  bool fraction = false;
  if (at < text.size() && text[at] == '.') {
    at = skip_digits(text, whole + 1);
    fraction = at > whole + 1;
  }
  if (whole == 0 && !fraction) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  return at < text.size() && skip_digits(text, at) == text.size();
}

bool is_inf_or_nan(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text == "inf" || text == "infinity" || text == "nan";
}

std::optional<Value> convert_text(const std::string& text, const ParameterType& type);

/// A JSON array, or items with commas between them.
std::optional<Value> convert_sequence(const std::string& text, const ParameterType& type) {
  const std::string_view stripped = strip(text);
  if (stripped.starts_with("[")) {
    try {
      return plugins::try_convert(parse_json(text, "value"), type);
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  const bool is_tuple = type.kind == ParameterType::Kind::tuple;
  std::vector<Value> items;
  for (std::size_t start = 0; start <= stripped.size() && !stripped.empty();) {
    const std::size_t end = std::min(stripped.find(',', start), stripped.size());
    if (is_tuple && items.size() == type.items.size()) return std::nullopt;
    const auto item = convert_text(std::string(strip(stripped.substr(start, end - start))),
                                   type.items.at(is_tuple ? items.size() : 0));
    if (!item) return std::nullopt;
    items.push_back(*item);
    start = end + 1;
  }
  return plugins::try_convert(Value::list(std::move(items)), type);
}

std::optional<Value> convert_text(const std::string& text, const ParameterType& type) {
  switch (type.kind) {
    case ParameterType::Kind::boolean:
      if (text == "true" || text == "True" || text == "1") return Value(true);
      if (text == "false" || text == "False" || text == "0") return Value(false);
      return std::nullopt;
    case ParameterType::Kind::integer:
      if (const auto value = try_python_int(text)) return Value(*value);
      return std::nullopt;
    case ParameterType::Kind::floating:
      if (const auto value = try_python_float(text)) return Value(*value);
      return std::nullopt;
    case ParameterType::Kind::string:
      return Value(text);
    case ParameterType::Kind::optional:
      return text == "None" ? Value() : convert_text(text, type.items.at(0));
    case ParameterType::Kind::list:
    case ParameterType::Kind::tuple:
      return convert_sequence(text, type);
  }
  throw Error(ErrorKind::internal, "parameter type of unknown kind");
}

}  // namespace

std::optional<std::int64_t> try_python_int(std::string_view text) {
  std::string_view digits = strip(text);
  const bool signed_number = digits.starts_with('+') || digits.starts_with('-');
  const bool negative = digits.starts_with('-');
  if (signed_number) digits.remove_prefix(1);
  const auto plain = without_underscores(digits);
  if (!plain || plain->empty() || skip_digits(*plain, 0) != plain->size()) return std::nullopt;
  const std::string number = (negative ? "-" : "") + *plain;
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (code != std::errc()) throw Error(ErrorKind::usage, "integer " + quote(text) + " does not fit in 64 bits");
  return value;
}

std::optional<double> try_python_float(std::string_view text) {
  std::string_view number = strip(text);
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.remove_prefix(1);
  const auto plain = without_underscores(number);
  if (!plain || !(is_decimal(*plain) || is_inf_or_nan(*plain))) return std::nullopt;
  // strtod rounds and overflows as Python does; from_chars leaves 1e999 undecided. No locale is ever set.
  const double value = std::strtod(plain->c_str(), nullptr);
  return negative ? -value : value;
}

Value infer_value(const std::string& text) {
  if (text.find('.') != std::string::npos) {
    if (const auto value = try_python_float(text)) return *value;
  } else if (const auto value = try_python_int(text)) {
    return *value;
  }
  return text;
}

ModelArguments collect_arguments(const std::vector<std::string>& args, const std::vector<std::string>& kwargs,
                                 const std::optional<std::string>& json_args,
                                 const std::optional<std::string>& json_kwargs) {
  ModelArguments found;
  for (const std::string& text : args) found.positional.push_back({infer_value(text), text});
  if (json_args) {
    const Value value = parse_json(*json_args, "--json-args");
    if (!value.is_list()) throw Error(ErrorKind::usage, "--json-args must be a JSON array, got " + quote(*json_args));
    for (const Value& item : value.as_list()) found.positional.push_back({item, std::nullopt});
  }
  if (kwargs.size() % 2 != 0)
    throw Error(ErrorKind::usage, "--kwargs must be pairs of name and value, got " + std::to_string(kwargs.size()) +
                                      " words: " + quote(kwargs.back()) +
                                      " has no value\n  help: write --kwargs NAME VALUE [NAME VALUE ...]");
  const auto add = [&](const std::string& name, Argument argument) {
    for (const auto& [old, ignored] : found.keyword)
      if (old == name) throw Error(ErrorKind::usage, "keyword argument " + quote(name) + " is given twice");
    found.keyword.emplace_back(name, std::move(argument));
  };
  for (std::size_t i = 0; i < kwargs.size(); i += 2) add(kwargs[i], {infer_value(kwargs[i + 1]), kwargs[i + 1]});
  if (json_kwargs) {
    const Value value = parse_json(*json_kwargs, "--json-kwargs");
    if (!value.is_dict())
      throw Error(ErrorKind::usage, "--json-kwargs must be a JSON object, got " + quote(*json_kwargs));
    for (const auto& [name, item] : value.as_dict().entries) add(name.as_string(), {item, std::nullopt});
  }
  return found;
}

void warn_of_constants(const ModelArguments& arguments, MessageSink& messages) {
  const auto json_for = [](const Argument& argument) -> std::string {
    if (!argument.spelling) return "";
    if (*argument.spelling == "True") return "true";
    if (*argument.spelling == "False") return "false";
    return *argument.spelling == "None" ? "null" : "";
  };
  for (const Argument& argument : arguments.positional)
    if (const std::string json = json_for(argument); !json.empty())
      messages.warning("argument " + quote(*argument.spelling) + " is passed as a string" +
                       "\n  help: for the constant, name the argument: --json-kwargs '{\"NAME\": " + json + "}'");
  for (const auto& [name, argument] : arguments.keyword)
    if (const std::string json = json_for(argument); !json.empty())
      messages.warning("argument " + quote(name) + " is passed as the string " + quote(*argument.spelling) +
                       "\n  help: for the constant: --json-kwargs '{\"" + escape(name) + "\": " + json + "}'");
}

std::optional<Value> try_convert(const Argument& argument, const ParameterType& type) {
  return argument.spelling ? convert_text(*argument.spelling, type) : plugins::try_convert(argument.value, type);
}

}  // namespace scriptc::cli
