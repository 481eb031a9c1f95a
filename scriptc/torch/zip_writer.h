#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/model/backend.h"

// An archive as PyTorchStreamReader expects it, whose bytes depend on the records alone:
//   for every record   local header, name, extra "FB" (padding so that the data starts at a multiple of 64), data
//   at the end         central directory; with zip64's records where a size, an offset or the count asks for them
// Tensors are stored, since loaders map them straight from the file; code and debug information, which a large model
// has much of, are deflated as LibTorch's own writer does. Times are 1980-01-01. The records are those of
// weights/zip_format.h.

namespace scriptc::torch_backend {

using Bytes = std::span<const std::byte>;

/// Writes records to a sink without copying their data, which are read once.
class ZipWriter {
 public:
  explicit ZipWriter(ByteSink& sink) : sink_(sink) {}

  /// `parts` are the record's data, one after the other. Returns the CRC-32. Errors: those of the sink.
  std::uint32_t add(const std::string& name, std::span<const Bytes> parts);
  /// The same, deflated if that makes it smaller. The record is held in memory.
  std::uint32_t add_deflated(const std::string& name, std::span<const Bytes> parts);
  /// The central directory. REQUIRES: called once, after the last record.
  void finish();

 private:
  struct Entry {
    std::string name;
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t size = 0;
    std::uint64_t stored = 0;  ///< bytes in the file: fewer than `size` if deflated
    std::uint64_t offset = 0;
  };

  void write(std::string_view bytes);
  void write(Bytes bytes);
  void begin(Entry& entry);
  void write_small(Entry& entry, std::span<const Bytes> parts);
  void write_large(Entry& entry, std::span<const Bytes> parts);

  ByteSink& sink_;
  std::uint64_t position_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace scriptc::torch_backend
