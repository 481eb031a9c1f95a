#pragma once

#include <string>
#include <string_view>

namespace scriptc::python {

/// The prefix of a string token, and where its body lies.
struct StringToken {
  bool raw = false;
  bool bytes = false;
  bool format = false;
  bool unicode = false;  ///< u'…', which the tree remembers
  std::size_t body_begin = 0;
  std::size_t body_end = 0;
};

/// REQUIRES: a whole token of the lexer, prefix and quotes included.
StringToken split_string_token(std::string_view text);

/// The value of a literal's body: UTF-8 with surrogates as three bytes, or bytes. `problem` becomes a sentence if an
/// escape is malformed.
std::string decode_escapes(std::string_view body, bool raw, bool bytes, std::string& problem);

}  // namespace scriptc::python
