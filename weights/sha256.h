#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "weights/bytes.h"

namespace scriptc::weights {

/// SHA-256 (FIPS 180-4), with the processor's instructions where it has them.
std::array<std::uint8_t, 32> sha256(Bytes bytes);
/// The same without them: for tests, and processors that lack them.
std::array<std::uint8_t, 32> sha256_portable(Bytes bytes);

std::string to_hex(const std::array<std::uint8_t, 32>& digest);

/// Digest of a file, as 64 lower-case digits. Errors: io, bad_input (E01, E02).
std::string file_sha256(const std::string& path);

}  // namespace scriptc::weights
