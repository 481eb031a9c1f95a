#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weights/byte_source.h"
#include "weights/checkpoint.h"
#include "weights/origin.h"

namespace scriptc::weights {

struct ZipEntry {
  std::string_view name;     ///< in the map, with the root folder
  std::uint64_t header = 0;  ///< offset of the local header
  std::uint64_t data = 0;    ///< offset of the data
  std::uint64_t compressed = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
};

/// A zip archive of which every header has been checked against the directory, and no byte of which is unaccounted
/// for. Names are looked up below the one root folder (`data.pkl` finds `archive/data.pkl`).
class ZipReader {
 public:
  /// Errors: bad_input and cap, rules Z05 to Z32.
  ZipReader(ByteSourcePtr source, const Origin& origin, const Caps& caps);

  const ZipEntry* find(std::string_view name) const;
  const std::vector<ZipEntry>& entries() const { return entries_; }
  /// The content, its CRC checked (`rule` names a mismatch). Stored entries are views of the source; deflated ones are
  /// inflated on each call, within the cap on the total.
  Record read(const ZipEntry& entry, std::string_view rule);

 private:
  Record inflate(const ZipEntry& entry);
  void check_crc(const ZipEntry& entry, Bytes content, std::string_view rule);
  void index_names();

  ByteSourcePtr source_;
  const Origin& origin_;
  std::uint64_t inflate_left_;
  bool warned_ = false;  ///< about one CRC that was not computed: once a file
  std::vector<ZipEntry> entries_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::string root_;  ///< with its slash
};

/// How refusals name an entry: `record 'a/data.pkl'`.
std::string record_name(std::string_view name);

/// `caps.inflated_bytes`, or its default for this file.
std::uint64_t inflated_limit(const ByteSource& source, const Caps& caps);

}  // namespace scriptc::weights
