#pragma once

#include <map>
#include <string>
#include <vector>

#include "scriptc/torch/lowering_compiler.h"

namespace scriptc::torch_backend {

/// `forward` as the compiled module's callers find it.
struct EntryPoint {
  PyFunctionPtr function;
  CallTypes types;                     ///< of parameters whose types come from the example inputs
  std::map<std::string, Value> fixed;  ///< parameters that are gone: their defaults
  std::vector<InputSpec> inputs;       ///< those given, but for what is gone
};

/// Lists, tuples and dicts among `inputs` are the types of parameters that have none. If `narrow`, so are tensors of
/// parameters that could be something else too (Optional, Union, annotations without a type), and parameters with a
/// default that no input gives are fixed at it: what `model(*inputs)` runs in Python.
EntryPoint forward_for(Compiler& compiler, const PyFunctionPtr& forward, const std::vector<InputSpec>& inputs,
                       bool narrow);

}  // namespace scriptc::torch_backend
