#pragma once

#include <ATen/core/jit_type.h>

#include <compare>
#include <map>
#include <string>

#include "scriptc/model/module.h"
#include "scriptc/python/objects.h"

// What a variable's first value does not say of its type. `total = 0` before a loop, `total = total + loss` in it: in
// Python the number becomes a tensor, in TorchScript the tensor would silently become a number. `sizes = []` is a list
// of tensors in TorchScript, whatever is appended; an attribute that is None first stays None. The first compilation
// that meets such a variable gives up, and the next one starts it as what it is to become: a number as a tensor of no
// dimensions, which takes part in arithmetic (type promotion, too) as the number does, or an int as a float.

namespace scriptc::torch_backend {

/// A variable of the function that begins at this line of a file, in one of the variants that are compiled of it; an
/// attribute of the class `file`, whose line is 0.
struct Start {
  std::string file;
  std::size_t line = 0;
  std::string name;
  std::string variant;
  auto operator<=>(const Start&) const = default;
};

/// The variables that do not start as their code says, and the type that they have instead. The types belong to no
/// compilation: no classes and named tuples.
using Starts = std::map<Start, c10::TypePtr>;

/// Thrown through a compilation, which is to be repeated with this among the starts.
struct OtherStart {
  Start start;
  c10::TypePtr type;
};

/// Of a variable, or of the result as "return". `variant`: the types that the function is compiled for, as text.
Start start_in(const python::PyFunction& function, const std::string& name, const std::string& variant);

/// Of an attribute of all modules of its class.
Start start_of_attribute(const Module& module, const std::string& name);

/// True for types that another compilation knows, too.
bool is_portable(const c10::TypePtr& type);

}  // namespace scriptc::torch_backend
