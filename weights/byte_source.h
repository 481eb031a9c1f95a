#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weights/bytes.h"

namespace scriptc::weights {

/// Where a checkpoint's bytes come from. Immutable; the bytes stay at their address for the life of the source.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual Bytes bytes() const = 0;
  /// Bytes that are really stored; less than `bytes().size()` for a sparse file.
  virtual std::uint64_t stored() const = 0;
  /// To be called after the last byte has been used. Errors (bad_input, E02): the file was changed meanwhile.
  virtual void check_unchanged() const = 0;
};

using ByteSourcePtr = std::shared_ptr<const ByteSource>;

/// Maps a regular file read-only. If it shrinks while mapped, the lost part reads as zeros (instead of SIGBUS) and
/// `check_unchanged` throws.
/// Errors: io (E03: missing, no permission, loop of links), bad_input (E01: no regular file).
ByteSourcePtr map_file(const std::string& path);

/// Bytes in memory.
ByteSourcePtr memory_source(std::vector<std::byte> bytes);

}  // namespace scriptc::weights
