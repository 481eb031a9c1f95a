#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/model/error.h"

namespace scriptc::python {

/// A place in a source text. Lines count from 1, columns from 0 in UTF-8 bytes, as CPython's ast does.
struct Span {
  int line = 0;
  int column = 0;
  int end_line = 0;
  int end_column = 0;
};

/// A Python text with the name and first line that messages show: a whole file, or a literal inside a C++ source.
class Source {
 public:
  /// `first_line`: the number of the text's first line in the file called `name`. The text is brought into the form
  /// that the lexer reads: no byte order mark, `\n` as the only line end, UTF-8 (a latin-1 coding cookie is obeyed).
  Source(std::string name, std::string text, int first_line = 1);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  int first_line() const { return first_line_; }
  /// The line with this number as spans count (1 = first of the text), without its end; "" outside the text.
  std::string_view line(int number) const;
  /// The number to show for a span's line.
  int shown_line(int number) const { return number + first_line_ - 1; }
  /// Why the bytes cannot be read as text (unknown encoding, invalid UTF-8, NUL): a sentence, or "".
  const std::string& decoding_problem() const { return decoding_problem_; }
  const Span& decoding_problem_span() const { return decoding_problem_span_; }

 private:
  void decode();
  void find_invalid_bytes(bool ascii_only);

  std::string name_;
  std::string text_;
  int first_line_;
  std::vector<std::size_t> starts_;
  std::string decoding_problem_;
  Span decoding_problem_span_;
};

using SourcePtr = std::shared_ptr<const Source>;

/// Indented lines for an Error:
///     \n  lenet.cpp:17:9
///     \n    x = self.conv3(x)
///     \n        ^~~~~~~~~~
std::string point_at(const Source& source, const Span& span);

/// An Error whose first line is `FILE:LINE:COLUMN: sentence` followed by source line and caret (column counts from 1).
Error error_at(ErrorKind kind, const Source& source, const Span& span, const std::string& sentence);

}  // namespace scriptc::python
