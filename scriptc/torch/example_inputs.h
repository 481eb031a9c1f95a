#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <vector>

#include "scriptc/model/input_spec.h"

namespace scriptc::torch_backend {

/// The arguments of forward (without self) that `inputs` describe, all of them, in order; what is not given takes its
/// default. Tensors: floats are normal unless a range is given; integers uniform below the bound, else 0 or 1 (an
/// index into any table), uint8 0…255. The same seed gives the same values on every LibTorch of one version.
/// Errors (usage): too many inputs, unknown names, an argument without input and default.
std::vector<c10::IValue> example_arguments(const c10::FunctionSchema& forward, const std::vector<InputSpec>& inputs,
                                           std::uint64_t seed);

/// `float32[2,10]`, `(float32[2,3], None)`, `{'a': int64[]}`.
std::string describe(const c10::IValue& value);

}  // namespace scriptc::torch_backend
