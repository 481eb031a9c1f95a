#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// The first argument of a `__new__`: `base` or a class below it, else TypeError.
PyClassPtr class_argument(Interpreter& in, const CallArgs& args, const PyClassPtr& base);

/// The arguments of a function of the embedded library, by position or name.
class NativeArguments {
 public:
  /// `names`: the parameters in order; those from `required` on may be absent.
  NativeArguments(Interpreter& in, const char* function, const Args& args, const Kwargs& kwargs,
                  std::initializer_list<const char*> names, std::size_t required);

  bool has(std::size_t i) const { return values_[i].has_value(); }
  const Value& operator[](std::size_t i) const { return *values_[i]; }
  Value get(std::size_t i, Value otherwise = Value()) const { return values_[i].value_or(std::move(otherwise)); }
  /// The value as a bool, or `otherwise`.
  bool flag(std::size_t i, bool otherwise) const { return values_[i] ? in_.truth(*values_[i]) : otherwise; }

 private:
  Interpreter& in_;
  std::vector<std::optional<Value>> values_;
};

/// TypeError, in CPython's words, for arguments that a function of the table in native_arity.cpp does not take.
void check_argument_count(Interpreter& in, const NativeFunction& fn, const Args& args, const Kwargs& kwargs);

}  // namespace scriptc::python
