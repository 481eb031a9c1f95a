#include "scriptc/python/parser_literals.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

namespace scriptc::python {
namespace {

/// Decimal digits of a number given in another base, by repeated multiplication in limbs of nine digits.
std::string to_decimal(std::string_view digits, unsigned base) {
  constexpr std::uint64_t kLimb = 1'000'000'000;
  std::vector<std::uint32_t> limbs{0};  // least significant first
  for (const char c : digits) {
    std::uint64_t carry = c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | 0x20) - 'a' + 10);
    for (std::uint32_t& limb : limbs) {
      carry += std::uint64_t{limb} * base;
      limb = static_cast<std::uint32_t>(carry % kLimb);
      carry /= kLimb;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
  }
  std::string out = std::to_string(limbs.back());
  for (auto limb = limbs.rbegin() + 1; limb != limbs.rend(); ++limb) {
    const std::string part = std::to_string(*limb);
    out += std::string(9 - part.size(), '0') + part;
  }
  return out;
}

std::optional<ConstantValue> read_int(std::string_view digits, unsigned base) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, static_cast<int>(base));
  if (error == std::errc()) return value;
  if (base == 10) {
    if (digits.size() > kMostDecimalDigits) return std::nullopt;
    return BigInt{std::string(digits)};
  }
  // Printing it in decimal is what CPython limits here.
  if (digits.size() > 2 * kMostDecimalDigits) return std::nullopt;
  return BigInt{to_decimal(digits, base)};
}

/// The nearest double; overflow is infinity and underflow 0, as in Python.
double read_float(const std::string& digits) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // from_chars does not say on which side. strtod does, and the point of another locale is no matter: what is out of
  // range by far is so without its fraction.
  const std::size_t exponent = digits.find_first_of("eE");
  const bool tiny = exponent != std::string::npos && digits.find('-', exponent) != std::string::npos;
  const bool zero_first = digits.find_first_not_of("0.") == std::string::npos || digits.front() == '.' ||
                          (digits.front() == '0' && exponent == std::string::npos);
  return tiny || zero_first ? 0.0 : std::numeric_limits<double>::infinity();
}

}  // namespace

std::optional<ConstantValue> read_number(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
  const char second = digits.size() > 1 ? static_cast<char>(digits[1] | 0x20) : '\0';
  if (digits.front() == '0' && (second == 'x' || second == 'o' || second == 'b'))
    return read_int(std::string_view(digits).substr(2), second == 'x' ? 16 : second == 'o' ? 8 : 2);
  if ((digits.back() | 0x20) == 'j') {
    digits.pop_back();
    return std::complex<double>(0.0, read_float(digits));
  }
  if (digits.find_first_of(".eE") != std::string::npos) return read_float(digits);
  return read_int(digits, 10);
}

}  // namespace scriptc::python
