#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scriptc {

/// `text` with control characters, quotes and bytes that are not UTF-8 escaped, so that it stays on one line.
/// Cut with "..." after `limit` bytes (0: never).
std::string escape(std::string_view text, std::size_t limit = 200);

/// `'text'`, escaped.
std::string quote(std::string_view text);

/// `a, b, c`
std::string join(std::span<const std::string> parts, std::string_view separator = ", ");

/// The candidates nearest to `name` by edit distance, best first, at most `most`; empty if none is near.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> candidates,
                                       std::size_t most = 3);

/// `help: did you mean 'x'?` as an indented line with a leading newline, or "" if nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

/// What Python's textwrap.dedent does: the common leading white space of non-blank lines removed.
std::string dedent(std::string_view text);

}  // namespace scriptc
