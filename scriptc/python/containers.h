#pragma once

#include <vector>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// `sorted` in place: stable, keys computed once.
void sort_values(Interpreter& in, std::vector<Value>& items, const Value& key, bool reverse);
/// The place of the first item equal to `wanted`, or -1.
std::int64_t find_value(Interpreter& in, const std::vector<Value>& items, const Value& wanted);
/// `target.update(*args, **kwargs)`.
void update_dict(Interpreter& in, const Value& target, const Args& args, const Kwargs& kwargs);
/// A shallow copy of the same class.
Value copy_dict(Interpreter& in, const Value& source);
std::shared_ptr<SetObject> set_of(Interpreter& in, const Value& iterable);
/// A set, or the keys or items of a dict as one; null for anything else.
std::shared_ptr<SetObject> as_set(Interpreter& in, const Value& value);
void install_name_views(Interpreter& in);
/// `locals()` of the innermost frame.
Value current_locals(Interpreter& in);

}  // namespace scriptc::python
