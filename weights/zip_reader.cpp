#include "weights/zip_reader.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "scriptc/model/text.h"
#include "weights/torn_pages.h"
#include "weights/zip_directory.h"
#include "weights/zip_format.h"

namespace scriptc::weights {

std::uint64_t inflated_limit(const ByteSource& source, const Caps& caps) {
  if (caps.inflated_bytes != 0) return caps.inflated_bytes;
  // What a sparse file pretends to hold is inflated, too: count what is stored.
  const std::uint64_t file =
      std::min<std::uint64_t>(source.bytes().size(), std::max<std::uint64_t>(source.stored(), 1));
  return std::max<std::uint64_t>(std::uint64_t{4} << 30, checked_multiply(file, 20).value_or(~std::uint64_t{0}));
}

ZipReader::ZipReader(ByteSourcePtr source, const Origin& origin, const Caps& caps)
    : source_(std::move(source)),
      origin_(origin),
      inflate_left_(inflated_limit(*source_, caps)),
      entries_(read_directory(source_->bytes(), origin, caps)) {
  index_names();
}

void ZipReader::index_names() {
  by_name_.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::string_view name = entries_[i].name;
    const std::string_view root = name.substr(0, name.find('/') + 1);
    if (root.empty()) throw origin_.bad(record_name(name), "lies in no folder", "Z29");
    if (i == 0) root_ = root;
    if (root != root_)
      throw origin_.bad(record_name(name), "lies in another folder than the rest, " + quote(root_), "Z29");
    if (!by_name_.emplace(name.substr(root.size()), i).second)
      throw origin_.bad(record_name(name), "is there twice", "Z15");
  }
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

Record ZipReader::read(const ZipEntry& entry, std::string_view rule) {
  Record record{
      source_->bytes().subspan(static_cast<std::size_t>(entry.data), static_cast<std::size_t>(entry.compressed)),
      source_};
  if (entry.method == zip::kDeflated) record = inflate(entry);
  check_crc(entry, record.bytes(), rule);
  return record;
}

Record ZipReader::inflate(const ZipEntry& entry) {
  const std::string where = record_name(entry.name);
  if (entry.size > inflate_left_)
    throw origin_.over(
        where, "inflates beyond the limit " + got_limit(std::to_string(entry.size), std::to_string(inflate_left_)),
        "--max-bytes", "Z23");
  // 258 bytes for two bits is the most that deflate can do; more is a lie, found before it is allocated.
  constexpr std::uint64_t kMostPerByte = 1032;
  if (entry.size / kMostPerByte > entry.compressed) throw origin_.bad(where, "its compressed data ends early", "Z24");
  inflate_left_ -= entry.size;
  const auto size = static_cast<std::size_t>(entry.size);
  const std::shared_ptr<std::byte[]> buffer(new std::byte[size]);
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> inflater(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (inflater == nullptr) throw std::bad_alloc();
  std::size_t read = 0, written = 0;
  const std::byte* data = source_->bytes().data() + entry.data;
  const libdeflate_result result = libdeflate_deflate_decompress_ex(
      inflater.get(), data, static_cast<std::size_t>(entry.compressed), buffer.get(), size, &read, &written);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) throw origin_.bad(where, "its compressed data ends late", "Z24");
  if (result != LIBDEFLATE_SUCCESS) throw origin_.bad(where, "its compressed data is damaged", "Z24");
  if (read != entry.compressed || written != size)
    throw origin_.bad(
        where, "its compressed data ends early " + got_expected(std::to_string(written), std::to_string(size)), "Z24");
  return {Bytes(buffer.get(), size), buffer};
}

void ZipReader::check_crc(const ZipEntry& entry, Bytes content, std::string_view rule) {
  std::uint32_t crc = 0;
  // A tensor is read next when it is used, if ever.
  read_in_pieces(content, [&crc](Bytes piece) { crc = libdeflate_crc32(crc, piece.data(), piece.size()); });
  if (crc == entry.crc) return;
  if (entry.crc == 0) {
    if (std::exchange(warned_, true)) return;
    return origin_.warn(record_name(entry.name), "its CRC was not computed by the writer", "Z20");
  }
  throw origin_.bad(record_name(entry.name),
                    "is damaged: wrong CRC-32 " + got_expected(std::to_string(crc), std::to_string(entry.crc)), rule);
}

}  // namespace scriptc::weights
