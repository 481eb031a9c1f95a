#include <utility>

#include "plugins/loader.h"
#include "scriptc/model/text.h"

namespace scriptc::plugins {
namespace {

using Kind = ParameterType::Kind;

struct TypeName {
  Kind kind;
  std::string_view name;
  bool has_items;
};

constexpr TypeName kTypeNames[] = {
    {Kind::boolean, "bool", false}, {Kind::integer, "int", false},      {Kind::floating, "float", false},
    {Kind::string, "str", false},   {Kind::optional, "optional", true}, {Kind::list, "list", true},
    {Kind::tuple, "tuple", true},
};

/// Recursive descent over `name[type,type]`. Types nest in C++ templates, so a few levels are plenty.
class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : rest_(text) {}

  std::optional<ParameterType> parse_all() {
    std::optional<ParameterType> type = parse(0);
    return rest_.empty() ? type : std::nullopt;
  }

 private:
  static constexpr int kDeepest = 16;

  bool skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<ParameterType> parse(int depth) {
    if (depth > kDeepest) return std::nullopt;
    const std::string_view name = rest_.substr(0, rest_.find_first_of("[],"));
    for (const TypeName& known : kTypeNames) {
      if (known.name != name) continue;
      rest_.remove_prefix(name.size());
      ParameterType type{known.kind, {}};
      if (known.has_items && !parse_items(type, depth)) return std::nullopt;
      return type;
    }
    return std::nullopt;
  }

  bool parse_items(ParameterType& type, int depth) {
    if (!skip('[')) return false;
    do {
      std::optional<ParameterType> item = parse(depth + 1);
      if (!item) return false;
      type.items.push_back(std::move(*item));
    } while (skip(','));
    return skip(']') && (type.kind == Kind::tuple || type.items.size() == 1);
  }

  std::string_view rest_;
};

/// The items of a list or tuple.
const std::vector<Value>* items_of(const Value& value) {
  if (value.is_list()) return &value.as_list();
  return value.is_tuple() ? &value.as_tuple() : nullptr;
}

std::optional<Value> convert_items(const Value& value, const ParameterType& type) {
  const std::vector<Value>* items = items_of(value);
  const bool is_tuple = type.kind == Kind::tuple;
  if (!items || (is_tuple && items->size() != type.items.size())) return std::nullopt;
  std::vector<Value> converted;
  for (std::size_t i = 0; i < items->size(); ++i) {
    std::optional<Value> item = try_convert((*items)[i], type.items[is_tuple ? i : 0]);
    if (!item) return std::nullopt;
    converted.push_back(std::move(*item));
  }
  return is_tuple ? Value::tuple(std::move(converted)) : Value::list(std::move(converted));
}

}  // namespace

std::string to_string(const ParameterType& type) {
  std::string name;
  for (const TypeName& known : kTypeNames)
    if (known.kind == type.kind) name = known.name;
  if (type.kind == Kind::optional) return name + " " + to_string(type.items.at(0));
  if (type.kind == Kind::list) return name + " of " + to_string(type.items.at(0));
  if (type.kind != Kind::tuple) return name;
  std::vector<std::string> items;
  for (const ParameterType& item : type.items) items.push_back(to_string(item));
  return name + " of (" + join(items) + ")";
}

std::optional<ParameterType> try_parse_type(std::string_view text) { return TypeParser(text).parse_all(); }

std::optional<Value> try_convert(const Value& value, const ParameterType& type) {
  switch (type.kind) {
    case Kind::boolean:
      return value.is_bool() ? std::optional(value) : std::nullopt;
    case Kind::integer:
      return value.is_int() ? std::optional(value) : std::nullopt;
    case Kind::floating:
      if (value.is_int()) return Value(static_cast<double>(value.as_int()));
      return value.is_float() ? std::optional(value) : std::nullopt;
    case Kind::string:
      return value.is_string() ? std::optional(value) : std::nullopt;
    case Kind::optional:
      return value.is_none() ? std::optional(value) : try_convert(value, type.items.at(0));
    case Kind::list:
    case Kind::tuple:
      return convert_items(value, type);
  }
  return std::nullopt;
}

}  // namespace scriptc::plugins
