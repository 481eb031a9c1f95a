#include "weights/formats.h"

#include <algorithm>
#include <array>

namespace scriptc::weights {
namespace {

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view name;
};
using namespace std::string_view_literals;
constexpr std::array<Magic, 10> kOthers{{{257, "ustar"sv, "a tar archive"sv},
                                         {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive"sv},
                                         {0, "\x1f\x8b"sv, "compressed with gzip"sv},
                                         {0,
                                          "\xfd"
                                          "7zXZ\0"sv,
                                          "compressed with xz"sv},
                                         {0, "BZh"sv, "compressed with bzip2"sv},
                                         {0, "\x28\xb5\x2f\xfd"sv, "compressed with zstd"sv},
                                         {0, "Rar!"sv, "a RAR archive"sv},
                                         {0, "\x89HDF\r\n"sv, "an HDF5 file"sv},
                                         {0, "\x93NUMPY"sv, "a single numpy array (.npy)"sv},
                                         {0,
                                          "\x7f"
                                          "ELF"sv,
                                          "a program or library"sv}}};

bool starts_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  return std::equal(lower.begin(), lower.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
}

void refuse_others(std::string_view text, const Origin& origin) {
  if (text.empty()) throw origin.bad("", "is empty", "Z01");
  if (text.size() < 8)
    throw origin.bad("", "is too short for a checkpoint " + got_limit(std::to_string(text.size()), "8"), "Z02");
  const std::string_view visible = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (starts_ignoring_case(visible, "<!doctype html") || starts_ignoring_case(visible, "<html"))
    throw origin.bad("", "looks like HTML; download failed?", "Z03");
  if (text.starts_with("version https://git-lfs"))
    throw origin.bad("", "is a git-lfs pointer, not the file itself: run `git lfs pull`", "Z04");
  for (const Magic& other : kOthers)
    if (text.size() > other.offset && text.substr(other.offset).starts_with(other.bytes))
      throw origin.bad("", "is " + std::string(other.name) + ", not a checkpoint", "Z35");
}

/// A length that fits the file, then a brace.
bool is_safetensors(Bytes file) {
  Cursor cursor(file);
  const auto length = cursor.number<std::uint64_t>();
  const auto header = length ? cursor.take(*length) : std::nullopt;
  const std::size_t brace = header ? as_text(*header).find_first_not_of(" \t\r\n") : std::string_view::npos;
  return brace != std::string_view::npos && as_text(*header)[brace] == '{';
}

/// Where the legacy format's magic number is, after PROTO and what protocols 4 and 5 have besides: FRAME.
std::string_view at_legacy_magic(std::string_view text) {
  constexpr std::size_t kProto = 2, kFrame = 9;
  if (!text.starts_with('\x80') || text.size() < kProto + kFrame) return text;
  return text.substr(text[kProto] == '\x95' ? kProto + kFrame : kProto);
}

}  // namespace

bool has_legacy_magic(std::string_view text) {
  return text.starts_with(kLegacyMagicText) || at_legacy_magic(text).starts_with(kLegacyMagic);
}

FileFormat detect_format(Bytes file, const Origin& origin) {
  const std::string_view text = as_text(file);
  // Before all others: a header's length may look like any of their marks, but none of them has the brace.
  if (is_safetensors(file)) return FileFormat::safetensors;
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return FileFormat::zip;
  refuse_others(text, origin);
  // The beginning is enough: a number that is wrong is said to be (N01).
  const bool begins_with_long = text[0] == '\x80' && at_legacy_magic(text).starts_with(kLegacyMagic.substr(0, 2));
  if (begins_with_long || has_legacy_magic(text)) return FileFormat::legacy;
  // After the length of a safetensors header.
  const std::size_t brace = text.find_first_not_of(" \t\r\n", 8);
  if (brace != std::string_view::npos && text[brace] == '{') return FileFormat::safetensors;
  if (text[0] == '\x80' || text[0] == '(' || text[0] == 'c' || text[0] == '}' || text[0] == ']')
    return FileFormat::pickle;
  constexpr std::size_t kEndRecords = 128;
  if (text.size() > kEndRecords && text.substr(text.size() - kEndRecords).find("PK\x05\x06") != std::string_view::npos)
    throw origin.bad("offset 0", "bytes precede the zip archive", "Z25");
  throw origin.bad("", "is of no known format (known: torch.save, TorchScript, safetensors, pickle)", "Z35");
}

}  // namespace scriptc::weights
