#include "archive.h"

#include <libdeflate.h>

#include <stdexcept>

namespace scriptc::weights::test {
namespace {

template <class T>
std::string raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

Archive& Archive::with_entry(const std::string& name, const std::string& content, const Change& change) {
  RawEntry entry;
  entry.local_name = entry.directory_name = name;
  entry.data = content;
  entry.local.signature = zip::kLocalSignature;
  entry.directory.signature = zip::kDirectorySignature;
  entry.local.crc = entry.directory.crc = libdeflate_crc32(0, content.data(), content.size());
  entry.local.size = entry.directory.size = static_cast<std::uint32_t>(content.size());
  entry.local.compressed = entry.directory.compressed = static_cast<std::uint32_t>(content.size());
  if (change) change(entry);
  entries_.push_back(entry);
  return *this;
}

Archive& Archive::with_deflated(const std::string& name, const std::string& content, const Change& change) {
  return with_entry(name, content, [&](RawEntry& entry) {
    libdeflate_compressor* deflater = libdeflate_alloc_compressor(6);
    entry.data.resize(libdeflate_deflate_compress_bound(deflater, content.size()));
    entry.data.resize(
        libdeflate_deflate_compress(deflater, content.data(), content.size(), entry.data.data(), entry.data.size()));
    libdeflate_free_compressor(deflater);
    entry.local.method = entry.directory.method = zip::kDeflated;
    entry.local.compressed = entry.directory.compressed = static_cast<std::uint32_t>(entry.data.size());
    if (change) change(entry);
  });
}

Archive& Archive::change(const std::string& name, const Change& change) {
  for (RawEntry& entry : entries_) {
    if (entry.directory_name != name) continue;
    change(entry);
    return *this;
  }
  throw std::logic_error("no entry " + name);
}

Archive& Archive::change_end(const std::function<void(RawEnd&)>& change) {
  change_end_ = change;
  return *this;
}

Archive& Archive::with_zip64(const std::function<void(zip::End64Record&, zip::Locator64&)>& change) {
  zip64_ = true;
  change64_ = change;
  return *this;
}

std::string Archive::bytes() const {
  std::string out, directory;
  std::uint16_t listed = 0;
  for (RawEntry entry : entries_) {
    // An offset that a test has set stays.
    if (entry.directory.offset == 0) entry.directory.offset = static_cast<std::uint32_t>(out.size());
    entry.local.name_length = static_cast<std::uint16_t>(entry.local_name.size());
    entry.local.extra_length = static_cast<std::uint16_t>(entry.local_extra.size());
    entry.directory.name_length = static_cast<std::uint16_t>(entry.directory_name.size());
    entry.directory.extra_length = static_cast<std::uint16_t>(entry.directory_extra.size());
    out += raw(entry.local) + entry.local_name + entry.local_extra + entry.data + entry.descriptor;
    if (!entry.listed) continue;
    directory += raw(entry.directory) + entry.directory_name + entry.directory_extra;
    ++listed;
  }
  RawEnd end;
  end.end = {zip::kEndSignature,
             0,
             0,
             listed,
             listed,
             static_cast<std::uint32_t>(directory.size()),
             static_cast<std::uint32_t>(out.size()),
             0};
  if (zip64_) {
    zip::End64Record end64{zip::kEnd64Signature, 44, 0, 0, 0, 0, listed, listed, directory.size(), out.size()};
    zip::Locator64 locator{zip::kLocator64Signature, 0, out.size() + directory.size(), 1};
    if (change64_) change64_(end64, locator);
    end.before = raw(end64) + raw(locator);
  }
  if (change_end_) change_end_(end);
  if (end.end.comment_length == 0) end.end.comment_length = static_cast<std::uint16_t>(end.comment.size());
  return out + directory + end.before + raw(end.end) + end.comment;
}

}  // namespace scriptc::weights::test
