#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scriptc/python/ast.h"

namespace scriptc::python {

/// CPython's limit for ints written in decimal (converting is quadratic in their length).
inline constexpr std::size_t kMostDecimalDigits = 4300;

/// The value of a number token. nullopt: a decimal int of too many digits (the only way to fail).
std::optional<ConstantValue> read_number(std::string_view text);

}  // namespace scriptc::python
