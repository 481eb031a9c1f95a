#include "scriptc/torch/zip_writer.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstddef>
#include <memory>

#include "weights/torn_pages.h"
#include "weights/zip_format.h"

namespace scriptc::torch_backend {
namespace {

namespace zip = weights::zip;

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint16_t kPaddingExtra = 0x4246;  // "FB", as LibTorch marks it
constexpr std::uint16_t kUtf8Names = 1u << 11;
constexpr std::uint16_t kDate = 0x0021;  // 1980-01-01
constexpr int kDeflateLevel = 9;
constexpr std::uint16_t kVersion = 20, kVersion64 = 45;

template <class T>
void append(std::string& out, const T& field) {
  out.append(reinterpret_cast<const char*>(&field), sizeof field);
}

std::uint32_t clamp32(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, zip::kIn64));
}

/// The zip64 extra field with the numbers that do not fit their 32 bits; empty if all do.
std::string zip64_extra(std::initializer_list<std::uint64_t> numbers) {
  std::string body;
  for (const std::uint64_t number : numbers)
    if (number >= zip::kIn64) append(body, number);
  if (body.empty()) return body;
  std::string extra;
  append(extra, zip::kZip64Extra);
  append(extra, static_cast<std::uint16_t>(body.size()));
  return extra + body;
}

std::uint32_t checksum(std::span<const Bytes> parts) {
  std::uint32_t crc = 0;
  for (const Bytes part : parts) crc = libdeflate_crc32(crc, part.data(), part.size());
  return crc;
}

std::uint64_t total_size(std::span<const Bytes> parts) {
  std::uint64_t size = 0;
  for (const Bytes part : parts) size += part.size();
  return size;
}

/// Empty if the result would not be smaller.
std::vector<std::byte> deflated(Bytes plain) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(kDeflateLevel), &libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  std::vector<std::byte> packed(plain.size());
  packed.resize(
      libdeflate_deflate_compress(compressor.get(), plain.data(), plain.size(), packed.data(), packed.size()));
  return packed;
}

}  // namespace

void ZipWriter::write(std::string_view bytes) {
  if (bytes.empty()) return;
  sink_.write(bytes.data(), bytes.size());
  position_ += bytes.size();
}

void ZipWriter::write(Bytes bytes) { write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }

/// Everything before the data, which starts at a multiple of kAlignment.
void ZipWriter::begin(Entry& entry) {
  entry.offset = position_;
  std::string extra = zip64_extra({entry.size, entry.stored});
  const std::uint16_t version = extra.empty() ? kVersion : kVersion64;
  const std::uint64_t unpadded =
      position_ + sizeof(zip::LocalHeader) + entry.name.size() + extra.size() + 2 * sizeof(std::uint16_t);
  const std::uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  append(extra, kPaddingExtra);
  append(extra, static_cast<std::uint16_t>(padding));
  extra.append(padding, '\0');

  std::string header;
  append(header,
         zip::LocalHeader{zip::kLocalSignature, version, kUtf8Names, entry.method, 0, kDate, entry.crc,
                          clamp32(entry.stored), clamp32(entry.size), static_cast<std::uint16_t>(entry.name.size()),
                          static_cast<std::uint16_t>(extra.size())});
  write(header + entry.name + extra);
}

std::uint32_t ZipWriter::add(const std::string& name, std::span<const Bytes> parts) {
  const std::uint64_t size = total_size(parts);
  Entry entry{name, zip::kStored, 0, size, size};
  if (size <= weights::kPieceSize)
    write_small(entry, parts);
  else
    write_large(entry, parts);
  entries_.push_back(std::move(entry));
  return entries_.back().crc;
}

void ZipWriter::write_small(Entry& entry, std::span<const Bytes> parts) {
  entry.crc = checksum(parts);
  begin(entry);
  for (const Bytes part : parts) weights::read_in_pieces(part, [this](Bytes piece) { write(piece); });
}

/// The checksum is computed piece by piece while each is in the cache anyway, and put into the header afterwards.
void ZipWriter::write_large(Entry& entry, std::span<const Bytes> parts) {
  begin(entry);
  for (const Bytes part : parts)
    weights::read_in_pieces(part, [&](Bytes piece) {
      entry.crc = libdeflate_crc32(entry.crc, piece.data(), piece.size());
      write(piece);
    });
  sink_.rewrite(entry.offset + offsetof(zip::LocalHeader, crc), &entry.crc, sizeof entry.crc);
}

std::uint32_t ZipWriter::add_deflated(const std::string& name, std::span<const Bytes> parts) {
  std::vector<std::byte> plain;
  for (const Bytes part : parts) plain.insert(plain.end(), part.begin(), part.end());
  const std::vector<std::byte> packed = deflated(plain);
  if (packed.empty()) return add(name, parts);
  Entry entry{name, zip::kDeflated, checksum(parts), plain.size(), packed.size()};
  begin(entry);
  write(Bytes(packed));
  entries_.push_back(std::move(entry));
  return entries_.back().crc;
}

void ZipWriter::finish() {
  const std::uint64_t start = position_;
  for (const Entry& entry : entries_) {
    const std::string extra = zip64_extra({entry.size, entry.stored, entry.offset});
    const std::uint16_t version = extra.empty() ? kVersion : kVersion64;
    std::string record;
    append(record, zip::DirectoryRecord{zip::kDirectorySignature, version, version, kUtf8Names, entry.method, 0, kDate,
                                        entry.crc, clamp32(entry.stored), clamp32(entry.size),
                                        static_cast<std::uint16_t>(entry.name.size()),
                                        static_cast<std::uint16_t>(extra.size()), 0, 0, 0, 0, clamp32(entry.offset)});
    write(record + entry.name + extra);
  }
  const std::uint64_t end = position_, size = end - start, count = entries_.size();
  std::string tail;
  if (count >= zip::kIn64Short || start >= zip::kIn64 || size >= zip::kIn64) {
    // The size of a zip64 end record does not count its first two fields.
    constexpr std::uint64_t kBody = sizeof(zip::End64Record) - 12;
    append(tail,
           zip::End64Record{zip::kEnd64Signature, kBody, kVersion64, kVersion64, 0, 0, count, count, size, start});
    append(tail, zip::Locator64{zip::kLocator64Signature, 0, end, 1});
  }
  const auto count16 = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, zip::kIn64Short));
  append(tail, zip::EndRecord{zip::kEndSignature, 0, 0, count16, count16, clamp32(size), clamp32(start), 0});
  write(tail);
}

}  // namespace scriptc::torch_backend
