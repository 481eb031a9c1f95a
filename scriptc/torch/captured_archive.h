#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scriptc/torch/zip_writer.h"

namespace scriptc::torch_backend {

/// What LibTorch's serialiser wrote, without a second copy of the tensors: it hands over their memory in place, and
/// what lies inside memory that is known to stay alive is only referenced.
class CapturedArchive {
 public:
  /// Memory that outlives this object.
  void keep_in_place(const void* data, std::size_t size);

  /// The callback of PyTorchStreamWriter.
  std::size_t append(const void* data, std::size_t size);

  struct Record {
    std::string name;          ///< without the root folder
    std::vector<Bytes> parts;  ///< the data as they lie in the archive
    std::uint64_t size = 0;    ///< when inflated
    bool deflated = false;
  };
  /// By the central directory. Errors (internal): not an archive as LibTorch writes it.
  std::vector<Record> records() const;

 private:
  struct Chunk {
    std::uint64_t offset = 0;
    Bytes bytes;
  };
  std::vector<Bytes> parts(std::uint64_t offset, std::uint64_t size) const;
  std::string text(std::uint64_t offset, std::uint64_t size) const;

  std::map<const std::byte*, std::size_t> in_place_;
  std::vector<std::vector<std::byte>> copies_;
  std::vector<Chunk> chunks_;
  std::uint64_t size_ = 0;
};

/// The record's data, inflated if need be; `buffer` keeps inflated bytes alive.
std::vector<Bytes> inflated(const CapturedArchive::Record& record, std::vector<std::byte>& buffer);

}  // namespace scriptc::torch_backend
