#include "plugins/note_reader.h"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "scriptc/abi.h"
#include "scriptc/model/text.h"

namespace scriptc::plugins {
namespace {

constexpr const char* kHelp = "\n  help: build plugins with scriptc_add_plugin, as examples/plugin does";

// A note is some hundred bytes, and a library has a dozen program headers: whatever claims more is no plugin.
constexpr std::uint64_t kMostHeaders = 1024;
constexpr std::uint64_t kMostNoteBytes = 1 << 20;

/// A file read in pieces, each of which must lie inside it.
class File {
 public:
  explicit File(const std::string& path) : path_(path) {
    std::error_code error;
    const bool is_file = std::filesystem::is_regular_file(path, error);
    size_ = is_file ? std::filesystem::file_size(path, error) : 0;
    if (is_file && !error) stream_.open(path, std::ios::binary);  // not before: opening a FIFO waits for its writer
    if (is_file && !error && !stream_) error = std::make_error_code(std::errc::permission_denied);
    if (is_file && !error) return;
    throw Error(ErrorKind::io,
                "plugin " + quote(path) + " cannot be read: " + (error ? error.message() : "not a file"));
  }

  /// `what` completes the message: "… is damaged: its notes end beyond the end of the file, …".
  void check(std::uint64_t offset, std::uint64_t count, const char* what) const {
    if (offset > size_ || count > size_ - offset)
      throw Error(ErrorKind::plugin, "plugin " + quote(path_) + " is damaged: " + what +
                                         " beyond the end of the file, which has " + std::to_string(size_) + " bytes");
  }

  std::string read(std::uint64_t offset, std::uint64_t count, const char* what) {
    check(offset, count, what);
    std::string bytes(count, '\0');
    stream_.seekg(static_cast<std::streamoff>(offset));
    if (!stream_.read(bytes.data(), static_cast<std::streamsize>(count)))
      throw Error(ErrorKind::io, "plugin " + quote(path_) + " cannot be read: input or output error");
    return bytes;
  }

  std::uint64_t size() const { return size_; }

 private:
  std::string path_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
};

/// A struct at an offset of `bytes`, which must be long enough.
template <class T>
T struct_at(const std::string& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// The text of a fixed array, which need not end in NUL.
template <std::size_t N>
std::string text_of(const char (&text)[N]) {
  return std::string(text, std::find(text, text + N, '\0'));
}

constexpr std::uint64_t align4(std::uint64_t n) { return (n + 3) & ~std::uint64_t{3}; }

/// The descriptor of scriptc's note in a PT_NOTE segment, or "" if it has none.
std::string find_descriptor(const std::string& notes) {
  std::uint64_t at = 0;
  while (notes.size() - at >= sizeof(Elf64_Nhdr)) {
    const auto header = struct_at<Elf64_Nhdr>(notes, at);
    const std::uint64_t name = at + sizeof header;
    const std::uint64_t descriptor = name + align4(header.n_namesz);
    const std::uint64_t end = descriptor + header.n_descsz;
    if (end > notes.size()) return "";
    if (header.n_type == SCRIPTC_NOTE_TYPE && header.n_namesz == sizeof(SCRIPTC_NOTE_NAME) &&
        std::memcmp(notes.data() + name, SCRIPTC_NOTE_NAME, sizeof(SCRIPTC_NOTE_NAME)) == 0)
      return notes.substr(descriptor, header.n_descsz);
    at = std::min<std::uint64_t>(align4(end), notes.size());
  }
  return "";
}

/// Fields beyond the note's own size stay zero: an older plugin has a shorter note.
scriptc_note decode(const std::string& descriptor) {
  scriptc_note note{};
  std::memcpy(&note, descriptor.data(), std::min(descriptor.size(), sizeof note));
  return note;
}

Elf64_Ehdr read_header(File& file, const std::string& path) {
  const std::string start = file.read(0, std::min<std::uint64_t>(file.size(), 16), "the file");
  if (start.compare(0, SELFMAG, ELFMAG) != 0)
    throw Error(ErrorKind::plugin, quote(path) + " is no plugin: expected an ELF shared library, got a file that " +
                                       (start.empty() ? "is empty" : "starts with " + quote(start)) + kHelp);
  const auto header = struct_at<Elf64_Ehdr>(file.read(0, sizeof(Elf64_Ehdr), "its ELF header ends"), 0);
  const int byte_order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != byte_order)
    throw Error(ErrorKind::plugin,
                quote(path) + " is no plugin for this machine: expected a 64-bit ELF file of its byte order" + kHelp);
  return header;
}

}  // namespace

PluginNote read_plugin_note(const std::string& path) {
  File file(path);
  const Elf64_Ehdr header = read_header(file, path);
  if (header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > kMostHeaders)
    throw Error(ErrorKind::plugin, quote(path) + " is no plugin: it is an ELF file, but no shared library" + kHelp);
  const std::string table =
      file.read(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr), "its program headers end");
  std::string descriptor;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = struct_at<Elf64_Phdr>(table, i * sizeof(Elf64_Phdr));
    // dlopen maps what is not there, and the program dies of SIGBUS when it touches that.
    if (segment.p_type == PT_LOAD) file.check(segment.p_offset, segment.p_filesz, "its code and data end");
    if (segment.p_type == PT_NOTE && segment.p_filesz <= kMostNoteBytes && descriptor.empty())
      descriptor = find_descriptor(file.read(segment.p_offset, segment.p_filesz, "its notes end"));
  }
  if (!descriptor.empty()) {
    const scriptc_note note = decode(descriptor);
    return {note.abi_version,       note.kind == SCRIPTC_KIND_NATIVE, note.cxx11_abi != 0,
            text_of(note.libtorch), text_of(note.compiler),           header.e_machine};
  }
  throw Error(ErrorKind::plugin, quote(path) + " is no plugin: it is a shared library without scriptc's note" + kHelp);
}

std::string machine_name(std::uint16_t e_machine) {
  switch (e_machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_RISCV:
      return "riscv64";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390x";
    default:
      return std::to_string(e_machine);
  }
}

void check_plugin_note(const std::string& path, const PluginNote& note, const std::string& libtorch) {
  const auto version = [](std::uint32_t number) { return "ABI version " + std::to_string(number); };
  const auto machine = [](std::uint16_t number) { return "machine " + machine_name(number); };
  std::vector<std::string> mismatches;
  const auto compare = [&](const std::string& built_for, const std::string& here) {
    if (built_for != here) mismatches.push_back("built for " + built_for + ", this is " + here);
  };
  compare(version(note.abi_version), version(SCRIPTC_ABI_VERSION));
  compare(machine(note.machine), machine(kThisMachine));
  if (note.native) {
    compare("LibTorch " + note.libtorch, "LibTorch " + libtorch);
    compare("_GLIBCXX_USE_CXX11_ABI=" + std::to_string(note.cxx11_abi),
            "_GLIBCXX_USE_CXX11_ABI=" + std::to_string(_GLIBCXX_USE_CXX11_ABI));
  }
  if (mismatches.empty()) return;
  throw Error(ErrorKind::plugin, "plugin " + quote(path) + " does not fit this program: " + join(mismatches, "; ") +
                                     "\n  help: rebuild it with scriptc_add_plugin of this installation" +
                                     (note.native ? " and this LibTorch" : ""));
}

}  // namespace scriptc::plugins
