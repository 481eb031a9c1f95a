#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// Bytes of the UTF-8 character that starts at `at` (1 for a byte that starts none).
std::size_t character_length(std::string_view text, std::size_t at);
std::size_t count_characters(std::string_view text);
std::vector<std::string> split_characters(std::string_view text);
/// A character by its code point, in UTF-8.
std::string encode_character(std::int64_t code);
std::int64_t decode_character(std::string_view text);

/// What is not ASCII as `\x`, `\u` and `\U` escapes.
std::string to_ascii(std::string_view text);

/// The methods of str that read tables, lines and bytes; and bytes itself.
void install_string_coding(Interpreter& in, const PyClassPtr& cls);

/// `format % arguments`.
Value percent_format(Interpreter& in, const std::string& format, const Value& arguments);
/// `text.format(*args, **kwargs)`.
std::string str_format(Interpreter& in, const std::string& text, const Args& args, const Kwargs& kwargs);

/// What Python's int() and float() read; nullopt if they refuse.
std::optional<std::int64_t> parse_int(Interpreter& in, std::string_view text, int base);
std::optional<double> parse_float(std::string_view text);

}  // namespace scriptc::python
