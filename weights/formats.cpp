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

}  // namespace

FileFormat detect_format(Bytes file, const Origin& origin) {
  const std::string_view text = as_text(file);
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return FileFormat::zip;
  refuse_others(text, origin);
  // Not the protocol's byte: which one the writer took, the reader does not care.
  if (text.starts_with('\x80') && text.size() > 4 && text.substr(2).starts_with(kLegacyMagic.substr(2, 2)))
    return FileFormat::legacy;
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
