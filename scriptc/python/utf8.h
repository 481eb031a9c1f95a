#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scriptc::python {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  ///< bytes; 0: not well-formed UTF-8
};

/// The code point at the start of `text`. Surrogates are decoded when `surrogates`, as string literals hold them
/// (`'\ud800'` is a str of Python).
CodePoint decode_utf8(std::string_view text, bool surrogates = false);

/// REQUIRES: value <= 0x10FFFF. Surrogates become three bytes each.
void append_utf8(std::string& out, std::uint32_t value);

}  // namespace scriptc::python
