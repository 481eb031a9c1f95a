#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "scriptc/model/tensor.h"

namespace scriptc {

class Value;
class Module;

/// Whatever is not a plain datum: functions, classes, instances, modules, opaque values, dtypes, ranges… The Python
/// layer derives most of them.
class Object : public std::enable_shared_from_this<Object> {
 public:
  virtual ~Object() = default;
  /// Python's name of the type, for messages: `function`, `type`, `Conv2d`, `torch.dtype`.
  virtual std::string type_name() const = 0;
  /// Python's `==` and `hash`; by identity unless the kind of object knows better. `hash` may throw Error(model).
  virtual bool equals(const Value& other) const;
  virtual std::size_t hash() const;
};

using ObjectPtr = std::shared_ptr<Object>;

/// list, tuple, dict and set have reference semantics: copying a Value shares the container.
struct ListValue;
struct TupleValue;
struct DictValue;

struct None {
  friend bool operator==(None, None) { return true; }
};

/// One Python value. Strings are immutable and shared; ints are 64 bits wide (the evaluator reports overflow).
class Value {
 public:
  using String = std::shared_ptr<const std::string>;
  using Data = std::variant<None, bool, std::int64_t, double, String, std::shared_ptr<ListValue>,
                            std::shared_ptr<TupleValue>, std::shared_ptr<DictValue>, TensorPtr, ObjectPtr>;

  Value() = default;
  Value(None) {}
  Value(bool value) : data_(value) {}
  Value(std::int64_t value) : data_(value) {}
  Value(int value) : data_(static_cast<std::int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(std::string value) : data_(std::make_shared<const std::string>(std::move(value))) {}
  Value(std::string_view value) : Value(std::string(value)) {}
  Value(const char* value) : Value(std::string(value)) {}
  Value(TensorPtr tensor) : data_(std::move(tensor)) {}
  Value(std::shared_ptr<ListValue> list) : data_(std::move(list)) {}
  Value(std::shared_ptr<TupleValue> tuple) : data_(std::move(tuple)) {}
  Value(std::shared_ptr<DictValue> dict) : data_(std::move(dict)) {}
  Value(ObjectPtr object) : data_(std::move(object)) {}
  template <class T>
  requires std::is_base_of_v<Object, T> Value(std::shared_ptr<T> object) : data_(ObjectPtr(std::move(object))) {}

  static Value list(std::vector<Value> items);
  static Value tuple(std::vector<Value> items);
  static Value dict();

  const Data& data() const { return data_; }

  bool is_none() const { return std::holds_alternative<None>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(data_); }
  bool is_float() const { return std::holds_alternative<double>(data_); }
  bool is_string() const { return std::holds_alternative<String>(data_); }
  bool is_list() const { return std::holds_alternative<std::shared_ptr<ListValue>>(data_); }
  bool is_tuple() const { return std::holds_alternative<std::shared_ptr<TupleValue>>(data_); }
  bool is_dict() const { return std::holds_alternative<std::shared_ptr<DictValue>>(data_); }
  bool is_tensor() const { return std::holds_alternative<TensorPtr>(data_); }
  bool is_object() const { return std::holds_alternative<ObjectPtr>(data_); }

  // REQUIRES (each): the matching is_…()
  bool as_bool() const { return std::get<bool>(data_); }
  std::int64_t as_int() const { return std::get<std::int64_t>(data_); }
  double as_float() const { return std::get<double>(data_); }
  const std::string& as_string() const { return *std::get<String>(data_); }
  std::vector<Value>& as_list() const;
  const std::vector<Value>& as_tuple() const;
  DictValue& as_dict() const;
  const TensorPtr& as_tensor() const { return std::get<TensorPtr>(data_); }
  const ObjectPtr& as_object() const { return std::get<ObjectPtr>(data_); }

  /// The object as a T, or null if this is no object or another kind of object.
  template <class T>
  std::shared_ptr<T> try_as() const {
    const auto* object = std::get_if<ObjectPtr>(&data_);
    return object ? std::dynamic_pointer_cast<T>(*object) : nullptr;
  }

  /// Python's `type(x).__name__`: `NoneType`, `int`, `Tensor`, …
  std::string type_name() const;

  /// Python's `is`.
  bool is_same(const Value& other) const;

 private:
  Data data_;
};

struct ListValue {
  ~ListValue();
  std::vector<Value> items;
  ObjectPtr type;  ///< null for a plain list; the class of a subclass
};

/// A tuple; with `fields` a NamedTuple of the class `type`.
struct TupleValue {
  ~TupleValue();
  std::vector<Value> items;
  ObjectPtr type;  ///< null for a plain tuple
};

/// Insertion-ordered. Keys: none, bool, int, float, string, tuples of them, and objects by identity;
/// 1, 1.0 and True are one key, as in Python.
struct DictValue {
  ~DictValue();
  /// Throws Error(model) "unhashable type: 'list'" for keys that Python refuses.
  Value* find(const Value& key);
  void set(const Value& key, Value value);
  bool erase(const Value& key);
  void clear();
  std::size_t size() const { return entries.size(); }

  std::vector<std::pair<Value, Value>> entries;
  ObjectPtr type;         ///< null for a plain dict; the class of a subclass (OrderedDict, defaultdict…)
  Value default_factory;  ///< of a defaultdict, else none

 private:
  std::optional<std::size_t> position(const Value& key, std::size_t hash) const;
  std::unordered_multimap<std::size_t, std::size_t> index_;  // hash → position in entries
};

/// Frees values without recursion, however deeply they are nested: containers call it when they die.
void release(std::vector<Value> values);

/// Python's `==` for data (objects by Object::equals, tensors by identity).
bool equal(const Value& a, const Value& b);

/// Consistent with `equal`. Throws Error(model) for unhashable values.
std::size_t hash_value(const Value& value);

/// The text of one value inside a repr, or nullopt where the plain one is right.
using ReprHook = std::function<std::optional<std::string>(const Value&)>;

/// Python's repr for data; objects as `<type_name>` unless `hook` knows better. Throws Error(model) when nested too
/// deeply.
std::string repr(const Value& value, const ReprHook& hook = {});

/// Python's repr of a float: the shortest digits that read back as the same number.
std::string repr_float(double value);
/// Python's repr of a str: quotes chosen and characters escaped as Python does.
std::string repr_string(std::string_view text);

using Args = std::vector<Value>;
using Kwargs = std::vector<std::pair<std::string, Value>>;

}  // namespace scriptc
