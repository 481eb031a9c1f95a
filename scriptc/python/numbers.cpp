#include "scriptc/python/numbers.h"

#include <cmath>

namespace scriptc::python {
namespace {

[[noreturn]] void overflow(Interpreter& in) { in.raise("OverflowError", "int result does not fit in 64 bits"); }

std::int64_t int_power(Interpreter& in, std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) overflow(in);
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) overflow(in);
  }
  return result;
}

Value float_power(Interpreter& in, double a, double b) {
  if (a == 0 && b < 0) in.raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
  if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b))
    return std::make_shared<ComplexObject>(std::pow(-a, b) * std::cos(M_PI * b), std::pow(-a, b) * std::sin(M_PI * b));
  const double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b))
    in.raise("OverflowError", "(34, 'Numerical result out of range')");
  return result;
}

std::int64_t shift_left(Interpreter& in, std::int64_t a, std::int64_t b) {
  if (b < 0) in.raise("ValueError", "negative shift count");
  if (a == 0) return 0;
  if (b > 62) overflow(in);
  std::int64_t result;
  if (__builtin_mul_overflow(a, std::int64_t{1} << b, &result)) overflow(in);
  return result;
}

std::int64_t shift_right(Interpreter& in, std::int64_t a, std::int64_t b) {
  if (b < 0) in.raise("ValueError", "negative shift count");
  return a >> std::min<std::int64_t>(b, 63);
}

Value int_binary(Interpreter& in, BinaryOperator op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (op) {
    case BinaryOperator::Add:
      if (__builtin_add_overflow(a, b, &result)) overflow(in);
      return result;
    case BinaryOperator::Sub:
      if (__builtin_sub_overflow(a, b, &result)) overflow(in);
      return result;
    case BinaryOperator::Mult:
      if (__builtin_mul_overflow(a, b, &result)) overflow(in);
      return result;
    case BinaryOperator::Div:
      if (b == 0) in.raise("ZeroDivisionError", "division by zero");
      return static_cast<double>(a) / static_cast<double>(b);
    case BinaryOperator::FloorDiv:
      if (b == 0) in.raise("ZeroDivisionError", "integer division or modulo by zero");
      if (b == -1 && a == INT64_MIN) overflow(in);
      return floor_divide(a, b);
    case BinaryOperator::Mod:
      if (b == 0) in.raise("ZeroDivisionError", "integer modulo by zero");
      return b == -1 ? std::int64_t{0} : floor_modulo(a, b);
    case BinaryOperator::Pow:
      if (b < 0) {
        if (a == 0) in.raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
        return std::pow(static_cast<double>(a), static_cast<double>(b));
      }
      return int_power(in, a, b);
    case BinaryOperator::LShift:
      return shift_left(in, a, b);
    case BinaryOperator::RShift:
      return shift_right(in, a, b);
    case BinaryOperator::BitOr:
      return a | b;
    case BinaryOperator::BitXor:
      return a ^ b;
    case BinaryOperator::BitAnd:
      return a & b;
    case BinaryOperator::MatMult:
      break;
  }
  return in.not_implemented;
}

Value float_binary(Interpreter& in, BinaryOperator op, double a, double b) {
  switch (op) {
    case BinaryOperator::Add:
      return a + b;
    case BinaryOperator::Sub:
      return a - b;
    case BinaryOperator::Mult:
      return a * b;
    case BinaryOperator::Div:
      if (b == 0) in.raise("ZeroDivisionError", "float division by zero");
      return a / b;
    case BinaryOperator::FloorDiv: {
      if (b == 0) in.raise("ZeroDivisionError", "float floor division by zero");
      const double quotient = (a - float_modulo(a, b)) / b;
      return std::floor(quotient + 0.5) - quotient > 0.5 ? std::floor(quotient) : std::round(quotient);
    }
    case BinaryOperator::Mod:
      if (b == 0) in.raise("ZeroDivisionError", "float modulo");
      return float_modulo(a, b);
    case BinaryOperator::Pow:
      return float_power(in, a, b);
    default:
      return in.not_implemented;
  }
}

}  // namespace

bool is_number(const Value& value) { return value.is_int() || value.is_float() || value.is_bool(); }

std::int64_t int_of(const Value& value) { return value.is_bool() ? (value.as_bool() ? 1 : 0) : value.as_int(); }

double double_of(const Value& value) {
  return value.is_float() ? value.as_float() : static_cast<double>(int_of(value));
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double float_modulo(double a, double b) {
  double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  if ((rest < 0) != (b < 0)) rest += b;
  return rest;
}

Value number_binary(Interpreter& in, BinaryOperator op, const Value& a, const Value& b) {
  if (a.is_float() || b.is_float()) return float_binary(in, op, double_of(a), double_of(b));
  if (a.is_bool() && b.is_bool()) {
    if (op == BinaryOperator::BitOr) return a.as_bool() || b.as_bool();
    if (op == BinaryOperator::BitAnd) return a.as_bool() && b.as_bool();
    if (op == BinaryOperator::BitXor) return a.as_bool() != b.as_bool();
  }
  return int_binary(in, op, int_of(a), int_of(b));
}

std::optional<std::complex<double>> complex_of(const Value& value) {
  if (const auto complex = value.try_as<ComplexObject>()) return std::complex<double>(complex->real, complex->imag);
  if (is_number(value)) return std::complex<double>(double_of(value), 0.0);
  return std::nullopt;
}

namespace {

/// By Smith's method, as CPython: its rounding is not that of std::complex.
std::complex<double> divided(const std::complex<double>& a, const std::complex<double>& b) {
  if (std::fabs(b.real()) >= std::fabs(b.imag())) {
    const double ratio = b.imag() / b.real(), whole = b.real() + b.imag() * ratio;
    return {(a.real() + a.imag() * ratio) / whole, (a.imag() - a.real() * ratio) / whole};
  }
  const double ratio = b.real() / b.imag(), whole = b.real() * ratio + b.imag();
  return {(a.real() * ratio + a.imag()) / whole, (a.imag() * ratio - a.real()) / whole};
}

std::complex<double> product(const std::complex<double>& a, const std::complex<double>& b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// Small whole exponents by multiplication, as CPython.
std::complex<double> complex_power(const std::complex<double>& base, const std::complex<double>& exponent) {
  constexpr double kSmall = 100;
  const double times = exponent.real();
  if (exponent.imag() != 0 || times != std::floor(times) || std::fabs(times) > kSmall) return std::pow(base, exponent);
  std::complex<double> result = 1, factor = base;
  for (auto left = static_cast<int>(std::fabs(times)); left > 0; left >>= 1, factor = product(factor, factor))
    if ((left & 1) != 0) result = product(result, factor);
  return times < 0 ? divided(1, result) : result;
}

}  // namespace

std::optional<Value> complex_binary(Interpreter& in, BinaryOperator op, const Value& a, const Value& b) {
  if (!a.try_as<ComplexObject>() && !b.try_as<ComplexObject>()) return std::nullopt;
  const auto left = complex_of(a), right = complex_of(b);
  if (!left || !right) return std::nullopt;
  std::complex<double> result;
  switch (op) {
    case BinaryOperator::Add:
      result = *left + *right;
      break;
    case BinaryOperator::Sub:
      result = *left - *right;
      break;
    case BinaryOperator::Mult:
      result = product(*left, *right);
      break;
    case BinaryOperator::Div:
      if (*right == 0.0) in.raise("ZeroDivisionError", "complex division by zero");
      result = divided(*left, *right);
      break;
    case BinaryOperator::Pow:
      if (*left == 0.0 && (right->real() < 0 || right->imag() != 0))
        in.raise("ZeroDivisionError", "0.0 to a negative or complex power");
      result = complex_power(*left, *right);
      break;
    default:
      return std::nullopt;
  }
  return Value(std::make_shared<ComplexObject>(result.real(), result.imag()));
}

const OperatorNames& names_of(BinaryOperator op) {
  static const OperatorNames kNames[] = {{"+", "add", "add"},
                                         {"-", "sub", "sub"},
                                         {"*", "mul", "mul"},
                                         {"@", "matmul", "matmul"},
                                         {"/", "truediv", "div"},
                                         {"%", "mod", "remainder"},
                                         {"** or pow()", "pow", "pow"},
                                         {"<<", "lshift", "bitwise_left_shift"},
                                         {">>", "rshift", "bitwise_right_shift"},
                                         {"|", "or", "bitwise_or"},
                                         {"^", "xor", "bitwise_xor"},
                                         {"&", "and", "bitwise_and"},
                                         {"//", "floordiv", "floor_divide"}};
  return kNames[static_cast<std::size_t>(op)];
}

}  // namespace scriptc::python
