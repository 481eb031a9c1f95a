#pragma once

#include <string>

namespace scriptc::cli {

/// SHA-256 of a file's bytes, hex. Errors (io).
std::string file_sha256(const std::string& path);

}  // namespace scriptc::cli
