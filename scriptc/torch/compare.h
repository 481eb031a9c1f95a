#pragma once

#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>

namespace scriptc::torch_backend {

struct Tolerance {
  double rtol = 1e-4;
  double atol = 1e-5;
};

struct Comparison {
  double max_difference = 0;  ///< over all floating tensors and floats
  double spread = 0;          ///< largest max - min of one floating tensor that was expected
  std::int64_t nans = 0;      ///< at the same places on both sides
};

/// Compares a result of the saved file with the reference's. Integers, strings and structure must be equal, NaNs and
/// infinities must lie at the same places; for floats |got - expected| <= atol + rtol * max(|expected|, spread), where
/// spread is the expected tensor's max - min: next to a large element, the rounding error of a small one is the large
/// one's. `where` names the run, for the message: `N=3`.
/// Errors (verification): which output, index of the largest difference, got, expected, tolerance, shapes.
Comparison compare(const c10::IValue& expected, const c10::IValue& got, const Tolerance& tolerance,
                   const std::string& where);

}  // namespace scriptc::torch_backend
