#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scriptc/python/source.h"

namespace scriptc::plugins {

/// Python text of a string literal in a C++ file, below a header line (`class Net(nn.Module):`, `if True:`) that
/// makes its indentation legal. So lines and columns of messages are those of the C++ file, which they would not be
/// after a dedent.
python::SourcePtr below_header(const std::string& file, int line, const std::string& header, const std::string& text);

/// The names that the text defines, each with its span, in order; without those that decorators may define again
/// (overloads, setters).
/// Errors (bad_input): syntax.
std::vector<std::pair<std::string, python::Span>> defined_names(const python::SourcePtr& source);

}  // namespace scriptc::plugins
