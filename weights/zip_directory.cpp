#include "weights/zip_directory.h"

#include <algorithm>
#include <optional>

#include "scriptc/model/text.h"
#include "weights/zip_format.h"

namespace scriptc::weights {
namespace {

using namespace zip;

std::string number(std::uint64_t value) { return std::to_string(value); }
std::string at(std::uint64_t offset) { return "offset " + std::to_string(offset); }

/// Where the directory lies.
struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t entries = 0;
};

class DirectoryReader {
 public:
  DirectoryReader(Bytes file, const Origin& origin, const Caps& caps) : file_(file), origin_(origin), caps_(caps) {}

  std::vector<ZipEntry> read() {
    const Directory directory = locate();
    std::vector<ZipEntry> entries = records(directory);
    std::sort(entries.begin(), entries.end(), [](const ZipEntry& a, const ZipEntry& b) { return a.header < b.header; });
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::uint64_t next = i + 1 < entries.size() ? entries[i + 1].header : directory.offset;
      if (i == 0 && entries[i].header != 0)
        throw origin_.bad(at(0), number(entries[i].header) + " bytes precede the archive", "Z25");
      if (i + 1 < entries.size() && next == entries[i].header)
        throw origin_.bad(record_name(entries[i + 1].name), "lies where " + record_name(entries[i].name) + " lies",
                          "Z16");
      end = check_local(entries[i], next);
    }
    if (entries.empty() && directory.offset != end)
      throw origin_.bad(at(0), number(directory.offset) + " bytes precede the archive", "Z25");
    return entries;
  }

 private:
  Error bad(std::uint64_t offset, std::string_view what, std::string_view rule) const {
    return origin_.bad(at(offset), what, rule);
  }

  template <class T>
  std::optional<T> peek(std::uint64_t offset) const {
    if (offset > file_.size()) return std::nullopt;
    return Cursor(file_, static_cast<std::size_t>(offset)).number<T>();
  }

  /// Offset of the end record: the last one whose comment reaches to the end of the file.
  std::uint64_t find_end() const {
    constexpr std::size_t kSearched = 1u << 20;  // more than a comment can be, to name what follows the archive
    const std::size_t floor = file_.size() > kSearched ? file_.size() - kSearched : 0;
    std::optional<std::size_t> other;
    for (std::size_t i = file_.size() < sizeof(EndRecord) ? 0 : file_.size() - sizeof(EndRecord) + 1; i-- > floor;) {
      if (file_[i] != std::byte{'P'} || peek<std::uint32_t>(i) != kEndSignature) continue;
      const std::size_t end = i + sizeof(EndRecord) + peek<EndRecord>(i)->comment_length;
      if (end == file_.size()) return i;
      if (end < file_.size() && !other) other = end;
    }
    if (other) throw bad(*other, number(file_.size() - *other) + " bytes follow the archive", "Z26");
    throw bad(file_.size(), "the zip archive is cut short: it has no end record", "Z06");
  }

  Directory locate() const {
    const std::uint64_t end_at = find_end();
    const EndRecord end = *peek<EndRecord>(end_at);
    if (end.comment_length != 0) origin_.warn(at(end_at), "the archive has a comment", "Z27");
    Directory found{end.directory_offset, end.directory_size, end.entries};
    std::uint64_t directory_end = end_at;
    const auto locator = end_at < sizeof(Locator64) ? std::nullopt : peek<Locator64>(end_at - sizeof(Locator64));
    if (locator && locator->signature == kLocator64Signature) {
      found = locate64(end, *locator, end_at);
      directory_end = locator->end64_offset;
    } else if (end.directory_offset == kIn64 || end.directory_size == kIn64 || end.entries == kIn64Short) {
      throw bad(end_at, "the zip64 end record is missing", "Z11");
    } else if (end.disk != 0 || end.directory_disk != 0 || end.entries_here != end.entries) {
      throw bad(end_at, "the archive is split over several disks", "Z31");
    }
    const auto reach = checked_add(found.offset, found.size);
    if (!reach || *reach > directory_end)
      throw bad(
          end_at,
          "the directory reaches beyond its end " + got_limit(reach ? number(*reach) : "2^64", number(directory_end)),
          "Z07");
    if (*reach < directory_end)
      throw bad(0, number(directory_end - *reach) + " bytes too many before the directory's end", "Z25");
    if (found.entries > caps_.entries)
      throw origin_.over(at(end_at), "too many entries " + got_limit(number(found.entries), number(caps_.entries)),
                         "--max-entries", "Z30");
    if (found.entries == 0) throw bad(end_at, "the archive is empty", "Z05");
    return found;
  }

  Directory locate64(const EndRecord& end, const Locator64& locator, std::uint64_t end_at) const {
    const auto record = peek<End64Record>(locator.end64_offset);
    if (!record || record->signature != kEnd64Signature)
      throw bad(end_at, "the zip64 locator points at no zip64 end record", "Z11");
    const auto size = checked_add(record->record_size, 12);
    if (record->record_size < sizeof(End64Record) - 12 || !size || locator.end64_offset > end_at - sizeof(Locator64) ||
        *size != end_at - sizeof(Locator64) - locator.end64_offset)
      throw bad(locator.end64_offset,
                "the zip64 end record has a wrong size " + got_expected(number(record->record_size), "44"), "Z11");
    if (locator.disk != 0 || locator.disks > 1 || record->disk != 0 || record->directory_disk != 0 ||
        record->entries_here != record->entries || end.disk != 0 || end.directory_disk != 0)
      throw bad(locator.end64_offset, "the archive is split over several disks", "Z31");
    const auto contradicts = [](std::uint64_t narrow, std::uint64_t in64, std::uint64_t wide) {
      return narrow != in64 && narrow != wide;
    };
    if (contradicts(end.entries, kIn64Short, record->entries) ||
        contradicts(end.directory_size, kIn64, record->directory_size) ||
        contradicts(end.directory_offset, kIn64, record->directory_offset))
      throw bad(locator.end64_offset, "the zip64 end record contradicts the end record", "Z11");
    return {record->directory_offset, record->directory_size, record->entries};
  }

  std::vector<ZipEntry> records(const Directory& directory) const {
    if (directory.entries > directory.size / sizeof(DirectoryRecord))
      throw bad(directory.offset,
                "the directory has no room for its entries " +
                    got_limit(number(directory.entries), number(directory.size / sizeof(DirectoryRecord))),
                "Z08");
    Cursor cursor(file_.first(static_cast<std::size_t>(directory.offset + directory.size)),
                  static_cast<std::size_t>(directory.offset));
    std::vector<ZipEntry> entries;
    entries.reserve(static_cast<std::size_t>(directory.entries));
    for (std::uint64_t i = 0; i < directory.entries; ++i) entries.push_back(record(cursor, directory));
    if (cursor.left() != 0)
      throw bad(cursor.position(), "the directory has more entries than it says (" + number(directory.entries) + ")",
                "Z08");
    return entries;
  }

  ZipEntry record(Cursor& cursor, const Directory& directory) const {
    const std::uint64_t start = cursor.position();
    const auto header = cursor.number<DirectoryRecord>();
    if (!header || header->signature != kDirectorySignature)
      throw bad(start, "the directory has fewer entries than it says (" + number(directory.entries) + ")", "Z08");
    const auto name = cursor.take(header->name_length);
    const auto extra = name ? cursor.take(header->extra_length) : std::nullopt;
    if (!extra || !cursor.take(header->comment_length))
      throw bad(start, "an entry of the directory is cut short", "Z08");
    ZipEntry entry{as_text(*name), header->offset, 0, header->compressed, header->size, header->crc,
                   header->flags,  header->method};
    const std::string where = record_name(entry.name);
    check_name(entry.name, where);
    std::uint64_t disk = header->disk;
    widen(*extra, where,
          {{&entry.size, kIn64}, {&entry.compressed, kIn64}, {&entry.header, kIn64}, {&disk, kIn64Short}});
    if (disk != 0) throw origin_.bad(where, "lies on another disk", "Z31");
    check_kind(entry, where);
    if (entry.header >= directory.offset)
      throw origin_.bad(
          where, "its header lies beyond the entries " + got_limit(number(entry.header), number(directory.offset)),
          "Z10");
    if (entry.compressed > directory.offset - entry.header)
      throw origin_.bad(where,
                        "is larger than the file has room " +
                            got_limit(number(entry.compressed), number(directory.offset - entry.header)),
                        "Z09");
    return entry;
  }

  struct Wide {
    std::uint64_t* value;
    std::uint64_t in64;
  };

  /// Takes the fields that say so from the zip64 extra field.
  void widen(Bytes extra, const std::string& where, std::initializer_list<Wide> fields) const {
    Cursor cursor(extra);
    std::optional<Cursor> wide;
    while (cursor.left() != 0) {
      const auto id = cursor.number<std::uint16_t>();
      const auto size = cursor.number<std::uint16_t>();
      const auto body = size ? cursor.take(*size) : std::nullopt;
      if (!id || !body) throw origin_.bad(where, "its extra field is cut short", "Z11");
      if (*id != kZip64Extra) continue;
      if (wide) throw origin_.bad(where, "has two zip64 fields", "Z11");
      wide.emplace(*body);
    }
    for (const Wide& field : fields) {
      if (*field.value != field.in64) continue;
      std::optional<std::uint64_t> value;
      if (wide && field.in64 == kIn64) value = wide->number<std::uint64_t>();
      if (wide && field.in64 == kIn64Short) value = wide->number<std::uint32_t>();
      if (!value) throw origin_.bad(where, "its zip64 field is missing or cut short", "Z11");
      *field.value = *value;
    }
  }

  void check_name(std::string_view name, const std::string& where) const {
    const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
    const bool climbs = name == ".." || name.starts_with("../") || name.ends_with("/..") || has("/../");
    if (name.empty() || name.front() == '/' || climbs || has("\\") || has(std::string_view("\0", 1)))
      throw origin_.bad(where, "the name is not one of a file inside the archive", "Z28");
    if (name.size() > caps_.name_bytes)
      throw origin_.over(where, "the name is too long " + got_limit(number(name.size()), number(caps_.name_bytes)),
                         "--max-name-bytes", "Z28");
  }

  void check_kind(const ZipEntry& entry, const std::string& where) const {
    if ((entry.flags & kEncryptedFlags) != 0) throw origin_.bad(where, "is encrypted", "Z21");
    if (entry.method != kStored && entry.method != kDeflated) {
      std::string text = "is compressed with method " + number(entry.method);
      for (const MethodName& known : kUnsupportedMethods)
        if (known.method == entry.method) text += " (" + std::string(known.name) + ")";
      throw origin_.bad(where, text + ", which is not supported", "Z22");
    }
    if ((entry.flags & ~kKnownFlags) != 0) throw origin_.bad(where, "has unknown flags " + number(entry.flags), "Z14");
    if (entry.method == kStored && entry.size != entry.compressed)
      throw origin_.bad(
          where, "is stored, but its two sizes differ " + got_expected(number(entry.compressed), number(entry.size)),
          "Z14");
  }

  /// Compares the local header; `next` is where the following entry, or the directory, starts. Sets entry.data.
  /// Returns the end of the entry.
  std::uint64_t check_local(ZipEntry& entry, std::uint64_t next) const {
    const std::string where = record_name(entry.name);
    Cursor cursor(file_, static_cast<std::size_t>(entry.header));
    const auto header = cursor.number<LocalHeader>();
    if (!header || header->signature != kLocalSignature)
      throw origin_.bad(where, "there is no header at " + at(entry.header), "Z10");
    const auto name = cursor.take(header->name_length);
    const auto extra = name ? cursor.take(header->extra_length) : std::nullopt;
    if (!extra || cursor.position() > next) throw origin_.bad(where, "reaches into what follows it", "Z17");
    if (as_text(*name) != entry.name)
      throw origin_.bad(where, "its header has another name, " + quote(as_text(*name)), "Z13");
    std::uint64_t size = header->size, compressed = header->compressed;
    if (header->size == kIn64 || header->compressed == kIn64)
      widen(*extra, where, {{&size, kIn64}, {&compressed, kIn64}});
    const bool later = (entry.flags & kDescriptorFlag) != 0 && size == 0 && compressed == 0 && header->crc == 0;
    if (header->flags != entry.flags || header->method != entry.method ||
        (!later && (size != entry.size || compressed != entry.compressed || header->crc != entry.crc)))
      throw origin_.bad(where, "its header and the directory differ in sizes, CRC, method or flags", "Z14");
    entry.data = cursor.position();
    if (entry.compressed > next - entry.data) throw origin_.bad(where, "reaches into what follows it", "Z17");
    const std::uint64_t data_end = entry.data + entry.compressed;
    if ((entry.flags & kDescriptorFlag) != 0) {
      check_descriptor(entry, data_end, next - data_end, where);
    } else if (data_end != next) {
      throw origin_.bad(where, number(next - data_end) + " bytes follow its data", "Z12");
    }
    return next;
  }

  /// With or without a signature, with 32- or 64-bit sizes: which, only the room tells.
  void check_descriptor(const ZipEntry& entry, std::uint64_t offset, std::uint64_t room,
                        const std::string& where) const {
    Cursor cursor(file_, static_cast<std::size_t>(offset));
    if (room != 12 && room != 16 && room != 20 && room != 24)
      throw origin_.bad(where, number(room) + " bytes follow its data, which is no descriptor", "Z12");
    const bool is_signed = room == 16 || room == 24;
    const bool is_wide = room >= 20;
    const auto signature = is_signed ? cursor.number<std::uint32_t>() : kDescriptorSignature;
    const auto crc = cursor.number<std::uint32_t>();
    const auto next = [&]() -> std::uint64_t {
      return is_wide ? *cursor.number<std::uint64_t>() : *cursor.number<std::uint32_t>();
    };
    const std::uint64_t compressed = next();
    const std::uint64_t size = next();
    if (signature != kDescriptorSignature || crc != entry.crc || compressed != entry.compressed || size != entry.size)
      throw origin_.bad(where, "its data descriptor and the directory differ", "Z32");
  }

  Bytes file_;
  const Origin& origin_;
  const Caps& caps_;
};

}  // namespace

std::string record_name(std::string_view name) { return "record " + quote(name); }

std::vector<ZipEntry> read_directory(Bytes file, const Origin& origin, const Caps& caps) {
  return DirectoryReader(file, origin, caps).read();
}

}  // namespace scriptc::weights
