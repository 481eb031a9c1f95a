#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Which characters identifiers consist of, and which can be printed: exactly CPython 3.11's answers.

namespace scriptc::python {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_ascii_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
/// Also true of the bytes of non-ASCII characters, which are looked at one by one afterwards.
inline bool is_name_start(char c) { return is_ascii_name_start(c) || static_cast<unsigned char>(c) >= 0x80; }
inline bool is_name_char(char c) { return is_name_start(c) || is_digit(c); }

/// REQUIRES: a character outside ASCII, as for the next.
bool is_identifier_char(std::uint32_t code_point, bool first);
/// What str.isprintable says.
bool is_printable(std::uint32_t code_point);

/// NFKC of an identifier, for the compatibility characters that stand for Latin or Greek letters (full width,
/// mathematical, ligatures, superscripts). Other compatibility and all combining characters stay as they are.
std::string normalise_identifier(std::string_view name);

}  // namespace scriptc::python
