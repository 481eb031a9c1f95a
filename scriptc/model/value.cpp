#include "scriptc/model/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc {
namespace {

// CPython gives up at about this depth too; beyond it the native stack would be at risk.
constexpr int kDeepest = 500;

/// Counts the nesting of a recursive walk over containers.
class Nesting {
 public:
  explicit Nesting(const char* what) {
    if (++depth_ > kDeepest) {
      --depth_;
      throw Error(ErrorKind::model, std::string("RecursionError: maximum recursion depth exceeded ") + what);
    }
  }
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  static thread_local int depth_;
};
thread_local int Nesting::depth_ = 0;

bool is_number(const Value& value) { return value.is_bool() || value.is_int() || value.is_float(); }

/// A float that is a whole number of 64 bits, as that number.
std::optional<std::int64_t> whole(double value) {
  if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0) || value != std::floor(value))
    return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> whole(const Value& value) {
  if (value.is_bool()) return value.as_bool() ? 1 : 0;
  if (value.is_int()) return value.as_int();
  return whole(value.as_float());
}

bool equal_numbers(const Value& a, const Value& b) {
  const auto left = whole(a), right = whole(b);
  if (left || right) return left == right;
  return a.as_float() == b.as_float();  // both are floats that are not whole
}

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](const Value& x, const Value& y) { return x.is_same(y) || equal(x, y); });
}

bool equal_dicts(DictValue& a, DictValue& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a.entries) {
    const Value* other = b.find(key);
    if (other == nullptr || !(value.is_same(*other) || equal(value, *other))) return false;
  }
  return true;
}

std::size_t hash_items(const std::vector<Value>& items) {
  std::size_t hash = 0x345678;
  for (const Value& item : items) hash = (hash ^ hash_value(item)) * 1000003 + items.size();
  return hash;
}

std::string repr_items(const std::vector<Value>& items, const ReprHook& hook) {
  std::string out;
  for (const Value& item : items) {
    if (!out.empty()) out += ", ";
    out += repr(item, hook);
  }
  return out;
}

std::string repr_dict(const DictValue& dict, const ReprHook& hook) {
  std::string out = "{";
  for (const auto& [key, value] : dict.entries) {
    if (out.size() > 1) out += ", ";
    out += repr(key, hook) + ": " + repr(value, hook);
  }
  return out + "}";
}

const void* container_address(const Value& value) {
  if (value.is_list()) return &value.as_list();
  if (value.is_tuple()) return &value.as_tuple();
  if (value.is_dict()) return &value.as_dict();
  return nullptr;
}

std::string repr_container(const Value& value, const ReprHook& hook) {
  if (value.is_list()) return "[" + repr_items(value.as_list(), hook) + "]";
  if (value.is_dict()) return repr_dict(value.as_dict(), hook);
  const auto& items = value.as_tuple();
  return "(" + repr_items(items, hook) + (items.size() == 1 ? ",)" : ")");
}

}  // namespace

bool Object::equals(const Value& other) const { return other.is_object() && other.as_object().get() == this; }

std::size_t Object::hash() const { return std::hash<const void*>{}(this); }

void release(std::vector<Value> values) {
  // Values are queued and freed by the outermost call: a list nested a million times must not nest a million calls.
  thread_local std::vector<std::vector<Value>>* queue = nullptr;
  if (values.empty()) return;
  if (queue != nullptr) {
    queue->push_back(std::move(values));
    return;
  }
  std::vector<std::vector<Value>> pending;
  queue = &pending;
  pending.push_back(std::move(values));
  while (!pending.empty()) {
    const std::vector<Value> next = std::move(pending.back());
    pending.pop_back();
  }
  queue = nullptr;
}

ListValue::~ListValue() { release(std::move(items)); }

TupleValue::~TupleValue() { release(std::move(items)); }

DictValue::~DictValue() {
  std::vector<Value> values;
  values.reserve(entries.size());
  for (auto& [key, value] : entries) values.push_back(std::move(value));
  release(std::move(values));
}

Value Value::list(std::vector<Value> items) {
  auto list = std::make_shared<ListValue>();
  list->items = std::move(items);
  return Value(std::move(list));
}

Value Value::tuple(std::vector<Value> items) {
  auto tuple = std::make_shared<TupleValue>();
  tuple->items = std::move(items);
  return Value(std::move(tuple));
}

Value Value::dict() { return Value(std::make_shared<DictValue>()); }

std::vector<Value>& Value::as_list() const { return std::get<std::shared_ptr<ListValue>>(data_)->items; }

const std::vector<Value>& Value::as_tuple() const { return std::get<std::shared_ptr<TupleValue>>(data_)->items; }

DictValue& Value::as_dict() const { return *std::get<std::shared_ptr<DictValue>>(data_); }

std::string Value::type_name() const {
  if (is_none()) return "NoneType";
  if (is_bool()) return "bool";
  if (is_int()) return "int";
  if (is_float()) return "float";
  if (is_string()) return "str";
  if (is_list()) return "list";
  if (is_tuple()) return "tuple";
  if (is_dict()) return "dict";
  if (is_tensor()) return as_tensor()->is_parameter ? "Parameter" : "Tensor";
  return as_object()->type_name();
}

bool Value::is_same(const Value& other) const {
  if (data_.index() != other.data_.index()) return false;
  if (is_none()) return true;
  if (is_bool()) return as_bool() == other.as_bool();
  if (is_int()) return as_int() == other.as_int();
  // Python's identity of floats and strings is an accident of the implementation; equal ones count as one.
  if (is_float()) return as_float() == other.as_float();
  if (is_string()) return as_string() == other.as_string();
  return data_ == other.data_;
}

std::optional<std::size_t> DictValue::position(const Value& key, std::size_t hash) const {
  const auto [first, last] = index_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    const Value& candidate = entries[it->second].first;
    if (candidate.is_same(key) || equal(candidate, key)) return it->second;
  }
  return std::nullopt;
}

Value* DictValue::find(const Value& key) {
  const auto at = position(key, hash_value(key));
  return at ? &entries[*at].second : nullptr;
}

void DictValue::set(const Value& key, Value value) {
  const std::size_t hash = hash_value(key);
  if (const auto at = position(key, hash)) {
    entries[*at].second = std::move(value);
    return;
  }
  index_.emplace(hash, entries.size());
  entries.emplace_back(key, std::move(value));
}

bool DictValue::erase(const Value& key) {
  const std::size_t hash = hash_value(key);
  const auto at = position(key, hash);
  if (!at) return false;
  const auto [first, last] = index_.equal_range(hash);
  index_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == *at; }));
  if (*at + 1 != entries.size())
    for (auto& [other, place] : index_)
      if (place > *at) --place;
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(*at));
  return true;
}

void DictValue::clear() {
  entries.clear();
  index_.clear();
}

bool equal(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return equal_numbers(a, b);
  if (a.is_object()) return a.as_object()->equals(b);
  if (b.is_object()) return b.as_object()->equals(a);
  if (a.data().index() != b.data().index()) return false;
  if (a.is_none()) return true;
  if (a.is_string()) return a.as_string() == b.as_string();
  if (a.is_tensor()) return a.is_same(b);
  const Nesting nesting("in comparison");
  if (a.is_list()) return equal_items(a.as_list(), b.as_list());
  if (a.is_tuple()) return equal_items(a.as_tuple(), b.as_tuple());
  return equal_dicts(a.as_dict(), b.as_dict());
}

std::size_t hash_value(const Value& value) {
  if (value.is_none()) return 0x9e3779b9;
  if (is_number(value)) {
    const auto number = whole(value);
    return number ? std::hash<std::int64_t>{}(*number) : std::hash<double>{}(value.as_float());
  }
  if (value.is_string()) return std::hash<std::string>{}(value.as_string());
  if (value.is_tensor()) return std::hash<const void*>{}(value.as_tensor().get());
  if (value.is_object()) return value.as_object()->hash();
  if (!value.is_tuple()) throw Error(ErrorKind::model, "TypeError: unhashable type: " + quote(value.type_name()));
  const Nesting nesting("while hashing");
  return hash_items(value.as_tuple());
}

std::string repr(const Value& value, const ReprHook& hook) {
  if (hook)
    if (auto text = hook(value)) return *std::move(text);
  if (value.is_none()) return "None";
  if (value.is_bool()) return value.as_bool() ? "True" : "False";
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_float()) return repr_float(value.as_float());
  if (value.is_string()) return repr_string(value.as_string());
  const void* container = container_address(value);
  if (container == nullptr) return "<" + value.type_name() + ">";

  thread_local std::vector<const void*> open;
  if (std::find(open.begin(), open.end(), container) != open.end())
    return value.is_list() ? "[...]" : value.is_dict() ? "{...}" : "(...)";
  const Nesting nesting("while getting the repr of an object");
  struct Open {
    explicit Open(const void* c) { open.push_back(c); }
    ~Open() { open.pop_back(); }
  } const guard(container);
  return repr_container(value, hook);
}

std::string repr_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string text(buffer, end);
  const std::size_t e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  if (exponent < -4 || exponent >= 16) return text;  // to_chars writes the exponent as Python does: e-05, e+16
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  text.assign(buffer, fixed);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

std::string repr_string(std::string_view text) {
  const bool doubled = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  std::string out(1, doubled ? '"' : '\'');
  std::size_t start = 0;
  // `escape` treats single quotes as the diagnostics want them; only their escaping depends on the kind of quote.
  while (start <= text.size()) {
    const std::size_t quote_at = std::min(text.find('\'', start), text.size());
    out += escape(text.substr(start, quote_at - start), 0);
    if (quote_at < text.size()) out += doubled ? "'" : "\\'";
    start = quote_at + 1;
  }
  return out + (doubled ? '"' : '\'');
}

}  // namespace scriptc
