#pragma once

#include <cstdint>
#include <string>

namespace scriptc::cli {

/// `246.8 KB`, in powers of 1000.
std::string bytes_text(std::uint64_t bytes);
/// `1 tensor`, `10 tensors`.
std::string plural(std::size_t number, const std::string& what);

}  // namespace scriptc::cli
