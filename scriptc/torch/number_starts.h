#pragma once

#include <compare>
#include <map>
#include <string>

// `total = 0` before a loop, `total = total + loss` in it: in Python the number becomes a tensor, in TorchScript the
// tensor would silently become a number. The first compilation that meets such a variable gives up, and in the next one
// it starts as a tensor of no dimensions, which takes part in arithmetic (type promotion, too) as the number does. An
// int that becomes a float starts as one.

namespace scriptc::torch_backend {

/// A variable that starts as a number: the function's file and line, and the variable's name in it.
struct NumberStart {
  std::string file;
  std::size_t line = 0;
  std::string variable;
  auto operator<=>(const NumberStart&) const = default;
};

enum class StartsAs { floating, tensor };

/// The variables that do not start as the numbers that their functions say.
using NumberStarts = std::map<NumberStart, StartsAs>;

/// Thrown through a compilation, which is to be repeated with this among the starts.
struct OtherStart {
  NumberStart start;
  StartsAs as;
};

}  // namespace scriptc::torch_backend
