#include "scriptc/torch/captured_archive.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "scriptc/model/error.h"
#include "weights/torn_pages.h"
#include "weights/zip_format.h"

namespace scriptc::torch_backend {
namespace {

namespace zip = weights::zip;

[[noreturn]] void broken(const char* what) {
  throw Error(ErrorKind::internal, std::string("the archive that LibTorch wrote cannot be read back: ") + what);
}

template <class T>
T record_in(const std::string& text, std::size_t at = 0) {
  if (at > text.size() || sizeof(T) > text.size() - at) broken("a header is cut off");
  T record;
  std::memcpy(&record, text.data() + at, sizeof record);
  return record;
}

/// Replaces the numbers that are 0xFFFFFFFF by those of the zip64 extra, which come in this order.
void read_zip64(const std::string& extra, std::initializer_list<std::uint64_t*> numbers) {
  for (std::size_t at = 0; at + 4 <= extra.size(); at += 4 + record_in<std::uint16_t>(extra, at + 2)) {
    if (record_in<std::uint16_t>(extra, at) != zip::kZip64Extra) continue;
    std::size_t field = at + 4;
    for (std::uint64_t* number : numbers) {
      if (*number != zip::kIn64) continue;
      *number = record_in<std::uint64_t>(extra, field);
      field += sizeof *number;
    }
    return;
  }
}

}  // namespace

void CapturedArchive::keep_in_place(const void* data, std::size_t size) {
  std::size_t& known = in_place_[static_cast<const std::byte*>(data)];
  known = std::max(known, size);
}

std::size_t CapturedArchive::append(const void* data, std::size_t size) {
  const auto* first = static_cast<const std::byte*>(data);
  // The last range that starts at or before `first`.
  auto range = in_place_.upper_bound(first);
  const bool lives = range != in_place_.begin() && first + size <= std::prev(range)->first + std::prev(range)->second;
  if (lives) {
    weights::release_pages(first, size);  // 1.13's writer has just computed a checksum of it
  } else {
    copies_.emplace_back(first, first + size);
    first = copies_.back().data();
  }
  chunks_.push_back({size_, {first, size}});
  size_ += size;
  return size;
}

std::vector<Bytes> CapturedArchive::parts(std::uint64_t offset, std::uint64_t size) const {
  if (offset > size_ || size > size_ - offset) broken("a record lies outside");
  auto chunk = std::upper_bound(chunks_.begin(), chunks_.end(), offset,
                                [](std::uint64_t value, const Chunk& c) { return value < c.offset; });
  if (chunk != chunks_.begin()) --chunk;
  std::vector<Bytes> result;
  for (; size != 0; ++chunk) {
    const std::uint64_t skip = offset - chunk->offset;
    const std::uint64_t take = std::min<std::uint64_t>(size, chunk->bytes.size() - skip);
    if (take != 0) result.push_back(chunk->bytes.subspan(skip, take));
    offset += take;
    size -= take;
  }
  return result;
}

std::string CapturedArchive::text(std::uint64_t offset, std::uint64_t size) const {
  std::string result;
  for (const Bytes part : parts(offset, size)) result.append(reinterpret_cast<const char*>(part.data()), part.size());
  return result;
}

std::vector<CapturedArchive::Record> CapturedArchive::records() const {
  if (size_ < sizeof(zip::EndRecord)) broken("it is too short");
  const auto end = record_in<zip::EndRecord>(text(size_ - sizeof(zip::EndRecord), sizeof(zip::EndRecord)));
  if (end.signature != zip::kEndSignature) broken("it has no end record");
  std::uint64_t count = end.entries, directory = end.directory_offset;
  constexpr std::uint64_t kTail = sizeof(zip::EndRecord) + sizeof(zip::Locator64);
  if (size_ >= kTail) {
    const auto locator = record_in<zip::Locator64>(text(size_ - kTail, sizeof(zip::Locator64)));
    if (locator.signature == zip::kLocator64Signature) {
      const auto end64 = record_in<zip::End64Record>(text(locator.end64_offset, sizeof(zip::End64Record)));
      count = end64.entries;
      directory = end64.directory_offset;
    }
  }
  std::vector<Record> result;
  for (std::uint64_t at = directory; count != 0; --count) {
    const auto head = record_in<zip::DirectoryRecord>(text(at, sizeof(zip::DirectoryRecord)));
    at += sizeof head;
    const std::string name = text(at, head.name_length);
    std::uint64_t size = head.size, stored = head.compressed, offset = head.offset;
    read_zip64(text(at + head.name_length, head.extra_length), {&size, &stored, &offset});
    const auto local = record_in<zip::LocalHeader>(text(offset, sizeof(zip::LocalHeader)));
    const std::uint64_t data = offset + sizeof local + local.name_length + local.extra_length;
    result.push_back({name.substr(name.find('/') + 1), parts(data, stored), size, head.method == zip::kDeflated});
    at += head.name_length + head.extra_length + head.comment_length;
  }
  return result;
}

std::vector<Bytes> inflated(const CapturedArchive::Record& record, std::vector<std::byte>& buffer) {
  if (!record.deflated) return record.parts;
  std::vector<std::byte> packed;
  for (const Bytes part : record.parts) packed.insert(packed.end(), part.begin(), part.end());
  buffer.resize(record.size);
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> inflater(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  const auto result = libdeflate_deflate_decompress(inflater.get(), packed.data(), packed.size(), buffer.data(),
                                                    buffer.size(), nullptr);
  if (result != LIBDEFLATE_SUCCESS) broken("a record does not inflate");
  return {Bytes(buffer)};
}

}  // namespace scriptc::torch_backend
