#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// The ZIP container, as far as checkpoints use it. Source: PKWARE APPNOTE 6.3.10. All numbers little-endian.
///
///     [local header, name, extra, data, (descriptor)]...   one per entry
///     [directory record, name, extra, comment]...          the central directory
///     (zip64 end record)(zip64 locator)                    always written by LibTorch
///     end record, comment
///
/// A stored entry's data is the file, byte for byte; torch.save pads `extra` so that it starts at a multiple of 64.
/// LibTorch writes local headers with bit 3 set and zeros for sizes and CRC; those follow in a descriptor.
namespace scriptc::weights::zip {

inline constexpr std::uint32_t kLocalSignature = 0x04034b50;
inline constexpr std::uint32_t kDirectorySignature = 0x02014b50;
inline constexpr std::uint32_t kDescriptorSignature = 0x08074b50;
inline constexpr std::uint32_t kEndSignature = 0x06054b50;
inline constexpr std::uint32_t kEnd64Signature = 0x06064b50;
inline constexpr std::uint32_t kLocator64Signature = 0x07064b50;

inline constexpr std::uint16_t kStored = 0;
inline constexpr std::uint16_t kDeflated = 8;

inline constexpr std::uint16_t kEncryptedFlags = 1u << 0 | 1u << 6 | 1u << 13;
inline constexpr std::uint16_t kDescriptorFlag = 1u << 3;
/// Compression level (1, 2), descriptor (3), UTF-8 names (11).
inline constexpr std::uint16_t kKnownFlags = 1u << 1 | 1u << 2 | kDescriptorFlag | 1u << 11;

inline constexpr std::uint16_t kZip64Extra = 1;
/// A 16- or 32-bit field of this value says that the number is in a zip64 field.
inline constexpr std::uint16_t kIn64Short = 0xFFFF;
inline constexpr std::uint32_t kIn64 = 0xFFFFFFFF;

#pragma pack(push, 1)
struct LocalHeader {
  std::uint32_t signature;
  std::uint16_t version, flags, method, time, date;
  std::uint32_t crc, compressed, size;
  std::uint16_t name_length, extra_length;
};
struct DirectoryRecord {
  std::uint32_t signature;
  std::uint16_t made_by, version, flags, method, time, date;
  std::uint32_t crc, compressed, size;
  std::uint16_t name_length, extra_length, comment_length, disk, internal_attributes;
  std::uint32_t external_attributes, offset;
};
struct EndRecord {
  std::uint32_t signature;
  std::uint16_t disk, directory_disk, entries_here, entries;
  std::uint32_t directory_size, directory_offset;
  std::uint16_t comment_length;
};
struct End64Record {
  std::uint32_t signature;
  std::uint64_t record_size;  ///< of what follows this field
  std::uint16_t made_by, version;
  std::uint32_t disk, directory_disk;
  std::uint64_t entries_here, entries, directory_size, directory_offset;
};
struct Locator64 {
  std::uint32_t signature, disk;
  std::uint64_t end64_offset;
  std::uint32_t disks;
};
#pragma pack(pop)
static_assert(sizeof(LocalHeader) == 30 && sizeof(DirectoryRecord) == 46 && sizeof(EndRecord) == 22);
static_assert(sizeof(End64Record) == 56 && sizeof(Locator64) == 20);

struct MethodName {
  std::uint16_t method;
  std::string_view name;
};
inline constexpr std::array<MethodName, 8> kUnsupportedMethods{{{9, "Deflate64"},
                                                                {12, "bzip2"},
                                                                {14, "LZMA"},
                                                                {19, "LZ77"},
                                                                {93, "Zstandard"},
                                                                {95, "xz"},
                                                                {98, "PPMd"},
                                                                {99, "AES"}}};

}  // namespace scriptc::weights::zip
