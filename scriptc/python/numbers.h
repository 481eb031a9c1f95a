#pragma once

#include <complex>
#include <cstdint>
#include <optional>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// True for bool, int and float.
bool is_number(const Value& value);
/// REQUIRES: bool or int
std::int64_t int_of(const Value& value);
/// REQUIRES: is_number
double double_of(const Value& value);
/// Arithmetic on two numbers, as Python; ints that leave 64 bits are an OverflowError.
Value number_binary(Interpreter& in, BinaryOperator op, const Value& a, const Value& b);
/// A number of any kind, complex among them; nullopt for what is none.
std::optional<std::complex<double>> complex_of(const Value& value);
/// Arithmetic on numbers of which one at least is complex; nullopt if that is not the case.
std::optional<Value> complex_binary(Interpreter& in, BinaryOperator op, const Value& a, const Value& b);
std::int64_t floor_divide(std::int64_t a, std::int64_t b);
std::int64_t floor_modulo(std::int64_t a, std::int64_t b);
double float_modulo(double a, double b);

/// `+` as it is written, and the stem of its special methods.
struct OperatorNames {
  const char* symbol;
  const char* stem;    ///< `add` of `__add__`, `__radd__`, `__iadd__`
  const char* tensor;  ///< ATen's name
};
const OperatorNames& names_of(BinaryOperator op);

}  // namespace scriptc::python
