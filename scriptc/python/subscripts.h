#pragma once

#include <cstdint>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// The places that a slice means in a sequence of some size.
struct SliceRange {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
};

SliceRange slice_range(Interpreter& in, const SliceObject& slice, std::int64_t size);

/// `items[key] = value` and `del items[key]`, for a place or a slice.
void set_list_item(Interpreter& in, std::vector<Value>& items, const Value& key, const Value& value);
void delete_list_item(Interpreter& in, std::vector<Value>& items, const Value& key);

}  // namespace scriptc::python
