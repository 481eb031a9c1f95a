#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scriptc/model/module.h"
#include "scriptc/python/objects.h"

// The objects of the running evaluator that nobody outside scriptc/python looks into.

namespace scriptc::python {

using PyClassPtr = std::shared_ptr<PyClass>;

/// A native function's positional arguments. Reading one that the caller did not give throws MissingArgument, which
/// Interpreter::call turns into Python's TypeError: no native needs to count for itself.
class CallArgs {
 public:
  struct MissingArgument {
    std::size_t position;  ///< counted from 1
  };

  CallArgs(const Args& args) : args_(args) {}
  operator const Args&() const { return args_; }
  const Value& operator[](std::size_t i) const {
    if (i >= args_.size()) throw MissingArgument{i + 1};
    return args_[i];
  }
  const Value& at(std::size_t i) const { return (*this)[i]; }
  std::size_t size() const { return args_.size(); }
  bool empty() const { return args_.empty(); }
  Args::const_iterator begin() const { return args_.begin(); }
  Args::const_iterator end() const { return args_.end(); }
  /// All but the first `skipped`, which must be there.
  Args from(std::size_t skipped) const {
    if (skipped > args_.size()) throw MissingArgument{skipped};
    return Args(args_.begin() + static_cast<std::ptrdiff_t>(skipped), args_.end());
  }

 private:
  const Args& args_;
};

/// One line of a traceback.
struct TraceLine {
  SourcePtr source;
  Span span;
  std::string name;  ///< `LeNet.__init__`
};

/// A Python exception on its way up; thrown as a C++ exception.
struct Raised {
  Value exception;
  std::vector<TraceLine> trace;  ///< innermost first
};

/// An instance of a user class, or of a native one without a type of its own.
class PyInstance : public Instance {
 public:
  bool equals(const Value& other) const override;
  std::size_t hash() const override;
  Value payload;  ///< of subclasses of int, float and str (also Enum members that mix them in)
  bool has_payload = false;
};

/// An instance of a BaseException.
class PyException : public PyInstance {
 public:
  std::string help;  ///< a line for the final message: did_you_mean
  std::vector<TraceLine> trace;
};

/// Containers of subclasses carry attributes. Wherever `type` of a list or dict is set, it is one of these.
struct PyList : ListValue {
  OrderedMap<Value> attributes;
};
struct PyDict : DictValue {
  OrderedMap<Value> attributes;
};

class Iterator : public Object {
 public:
  /// False at the end.
  virtual bool next(Value& out) = 0;
};
using IteratorPtr = std::shared_ptr<Iterator>;

/// An iterator made of a function.
class NativeIterator : public Iterator {
 public:
  using Step = std::function<bool(Value&)>;
  NativeIterator(std::string name, Step step) : name_(std::move(name)), step_(std::move(step)) {}
  std::string type_name() const override { return name_; }
  bool next(Value& out) override { return step_(out); }

 private:
  std::string name_;
  Step step_;
};

class SetObject : public Object {
 public:
  explicit SetObject(bool f = false) : frozen(f) {}
  std::string type_name() const override { return frozen ? "frozenset" : "set"; }
  bool equals(const Value& other) const override;
  std::size_t hash() const override;
  bool contains(const Value& value) const { return items.find(value) != nullptr; }
  void add(const Value& value) { items.set(value, Value()); }
  mutable DictValue items;  ///< keys only
  bool frozen;
};

class RangeObject : public Object {
 public:
  RangeObject(std::int64_t from, std::int64_t to, std::int64_t by) : start(from), stop(to), step(by) {}
  std::string type_name() const override { return "range"; }
  bool equals(const Value& other) const override;
  std::size_t hash() const override;
  std::int64_t size() const;
  std::int64_t start, stop, step;
};

class SliceObject : public Object {
 public:
  std::string type_name() const override { return "slice"; }
  bool equals(const Value& other) const override;
  Value lower, upper, step;
};

class BytesObject : public Object {
 public:
  explicit BytesObject(std::string b) : bytes(std::move(b)) {}
  std::string type_name() const override { return "bytes"; }
  bool equals(const Value& other) const override;
  std::size_t hash() const override { return std::hash<std::string>{}(bytes); }
  std::string bytes;
};

class ComplexObject : public Object {
 public:
  explicit ComplexObject(double r, double i) : real(r), imag(i) {}
  std::string type_name() const override { return "complex"; }
  double real, imag;
};

class Property : public Object {
 public:
  std::string type_name() const override { return "property"; }
  Value getter, setter, deleter;
  bool cached = false;  ///< functools.cached_property
};

/// staticmethod or classmethod.
class MethodWrapper : public Object {
 public:
  MethodWrapper(bool c, Value f) : is_class(c), function(std::move(f)) {}
  std::string type_name() const override { return is_class ? "classmethod" : "staticmethod"; }
  bool is_class;
  Value function;
};

class SuperObject : public Object {
 public:
  std::string type_name() const override { return "super"; }
  PyClassPtr after;       ///< lookup starts behind this class…
  PyClassPtr self_class;  ///< …in the order of this one
  Value self;             ///< an instance, or a class for class methods
};

/// Ellipsis, NotImplemented.
class Singleton : public Object {
 public:
  Singleton(std::string t, std::string n) : type(std::move(t)), name(std::move(n)) {}
  std::string type_name() const override { return type; }
  std::string type, name;
};

/// A dict of names that lives elsewhere: `__dict__`, `globals()`, `_parameters`, `_modules`.
class NameView : public Object {
 public:
  std::string type_name() const override { return "dict"; }
  bool equals(const Value& other) const override;
  /// What it shows now, as a dict of its own.
  Value copy() const;
  std::function<std::vector<std::string>()> names;
  std::function<std::optional<Value>(const std::string&)> find;
  std::function<void(const std::string&, const Value&)> set;
  std::function<bool(const std::string&)> erase;
};

/// What `from m import name` binds: the value is fetched when the name is first read.
class LazyImport : public Object {
 public:
  std::string type_name() const override { return "lazy import"; }
  std::shared_ptr<PyModule> module;
  std::string name;
  std::string where;       ///< `net.py:3`
  bool resolving = false;  ///< guards against imports that only refer to each other
};

/// `dict.keys()` and its kin: live, ordered.
class DictView : public Object {
 public:
  enum class Kind { keys, values, items };
  DictView(Kind k, std::shared_ptr<DictValue> d) : kind(k), dict(std::move(d)) {}
  std::string type_name() const override {
    return kind == Kind::keys ? "dict_keys" : kind == Kind::values ? "dict_values" : "dict_items";
  }
  /// Whether it is one of the keys or items.
  bool contains(const Value& value) const;
  /// keys() and items() compare as sets do.
  bool equals(const Value& other) const override;
  Kind kind;
  std::shared_ptr<DictValue> dict;
};

}  // namespace scriptc::python
