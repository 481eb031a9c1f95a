#pragma once

#include <vector>

#include "weights/zip_reader.h"

namespace scriptc::weights {

/// The entries of the central directory, checked among each other and against their local headers, in file order.
/// Errors: bad_input and cap, rules Z05 to Z17, Z21, Z22, Z25 to Z28, Z31, Z32.
std::vector<ZipEntry> read_directory(Bytes file, const Origin& origin, const Caps& caps);

}  // namespace scriptc::weights
