#pragma once

#include <complex>
#include <string>
#include <string_view>

#include "scriptc/python/ast.h"

// Python's `repr` of the values that literals have.

namespace scriptc::python {

std::string float_repr(double value);
std::string complex_repr(std::complex<double> value);
/// `text` as the tree holds it: UTF-8, surrogates as three bytes.
std::string string_repr(std::string_view text);
std::string bytes_repr(std::string_view bytes);
std::string constant_repr(const ConstantValue& value);

}  // namespace scriptc::python
