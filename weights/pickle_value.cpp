#include "weights/pickle_value.h"

#include <array>

namespace scriptc::weights {

static_assert(sizeof(Value) == 16);

std::string_view kind_name(Kind kind) {
  static constexpr std::array<std::string_view, 14> kNames{"None", "bool",  "int",    "int",          "float",
                                                           "str",  "bytes", "class",  "tuple",        "list",
                                                           "set",  "dict",  "object", "persistent id"};
  return kNames[static_cast<std::size_t>(kind)];
}

Value Value::boolean(bool value) {
  Value result = integer(value ? 1 : 0);
  result.kind_ = static_cast<std::uint64_t>(Kind::boolean);
  return result;
}

Value Value::integer(std::int64_t value) {
  Value result;
  result.kind_ = static_cast<std::uint64_t>(Kind::integer);
  result.payload_.integer = value;
  return result;
}

Value Value::real(double value) {
  Value result;
  result.kind_ = static_cast<std::uint64_t>(Kind::real);
  result.payload_.real = value;
  return result;
}

Value Value::text(Kind kind, std::string_view text) {
  Value result;
  result.kind_ = static_cast<std::uint64_t>(kind);
  result.size_ = text.size() & ((std::uint64_t{1} << 56) - 1);
  result.payload_.text = text.data();
  return result;
}

Value Value::of(const Global* global) {
  Value result;
  result.kind_ = static_cast<std::uint64_t>(Kind::global);
  result.payload_.global = global;
  return result;
}

Value Value::of(Kind kind, Sequence* sequence) {
  Value result;
  result.kind_ = static_cast<std::uint64_t>(kind);
  result.payload_.sequence = sequence;
  return result;
}

Value Value::of(Dict* dict) {
  Value result;
  result.kind_ = static_cast<std::uint64_t>(Kind::dict);
  result.payload_.dict = dict;
  return result;
}

Value Value::of(Kind kind, Object* object) {
  Value result;
  result.kind_ = static_cast<std::uint64_t>(kind);
  result.payload_.object = object;
  return result;
}

Node* Value::node() const {
  switch (kind()) {
    case Kind::tuple:
    case Kind::list:
    case Kind::set:
      return payload_.sequence;
    case Kind::dict:
      return payload_.dict;
    case Kind::object:
    case Kind::persistent:
      return payload_.object;
    default:
      return nullptr;
  }
}

const Value* Dict::find(std::string_view key) const {
  for (auto it = items.rbegin(); it != items.rend(); ++it)
    if (it->first.is(Kind::string) && it->first.as_text() == key) return &it->second;
  return nullptr;
}

bool is_call_of(const Value& value, std::string_view module, std::string_view name) {
  if (!value.is(Kind::object)) return false;
  const Value& callable = value.as_object().callable;
  return callable.is(Kind::global) && callable.as_global().is(module, name);
}

}  // namespace scriptc::weights
