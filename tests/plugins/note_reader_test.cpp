#include <elf.h>

#include <random>

#include "plugin_test.h"
#include "scriptc/abi.h"

namespace scriptc::plugins {
namespace {

constexpr const char* kHelp = "\n  help: build plugins with scriptc_add_plugin, as examples/plugin does";

std::string note_error(const TemporaryFile& file) {
  const std::string text = error_of([&] { read_plugin_note(file.path()); });
  const std::string folder = TemporaryFile::folder();
  const std::size_t at = text.find(folder);
  return at == std::string::npos ? text : std::string(text).erase(at, folder.size());
}

TEST(PluginNote, TellsWhatThePluginWasBuiltFor) {
  const PluginNote note = read_plugin_note(fixture("good"));
  EXPECT_EQ(note.abi_version, SCRIPTC_ABI_VERSION);
  EXPECT_FALSE(note.native);
  EXPECT_EQ(note.libtorch, "");
  EXPECT_NE(note.compiler.find("."), std::string::npos);
}

TEST(PluginNote, TellsTheLibTorchOfNativePlugins) {
  const PluginNote note = read_plugin_note(fixture("other_libtorch"));
  EXPECT_TRUE(note.native);
  EXPECT_EQ(note.libtorch, "1.0.0");
  EXPECT_FALSE(note.cxx11_abi);
}

TEST(PluginNote, RefusesText) {
  EXPECT_EQ(note_error(TemporaryFile("import torch\n\x1b[31m")),
            std::string("plugin: 'x.so' is no plugin: expected an ELF shared library, got a file that starts with "
                        "'import torch\\n\\x1b[3'") +
                kHelp);
}

TEST(PluginNote, RefusesAnEmptyFile) {
  EXPECT_EQ(
      note_error(TemporaryFile("")),
      std::string("plugin: 'x.so' is no plugin: expected an ELF shared library, got a file that is empty") + kHelp);
}

TEST(PluginNote, RefusesAFolder) {
  EXPECT_EQ(error_of([] { read_plugin_note("/"); }), "io: plugin '/' cannot be read: not a file");
}

TEST(PluginNote, RefusesALibraryWithoutNote) {
  EXPECT_EQ(error_of([] { read_plugin_note(fixture("no_note")); }),
            std::string("plugin: 'no_note.so' is no plugin: it is a shared library without scriptc's note") + kHelp);
}

TEST(PluginNote, RefusesAProgram) {
  TemporaryFile file = TemporaryFile::copy_of(fixture("good"));
  file.set_byte(offsetof(Elf64_Ehdr, e_type), ET_EXEC);
  EXPECT_EQ(note_error(file),
            std::string("plugin: 'x.so' is no plugin: it is an ELF file, but no shared library") + kHelp);
}

TEST(PluginNote, Refuses32BitFiles) {
  TemporaryFile file = TemporaryFile::copy_of(fixture("good"));
  file.set_byte(EI_CLASS, ELFCLASS32);
  EXPECT_EQ(note_error(file),
            std::string("plugin: 'x.so' is no plugin for this machine: expected a 64-bit ELF file of its byte order") +
                kHelp);
}

TEST(PluginNote, RefusesTruncatedFiles) {
  TemporaryFile file = TemporaryFile::copy_of(fixture("good"));
  file.truncate(9000);
  EXPECT_EQ(note_error(file),
            "plugin: plugin 'x.so' is damaged: its code and data end beyond the end of the file, which has 9000 bytes");
  file.truncate(100);
  EXPECT_EQ(
      note_error(file),
      "plugin: plugin 'x.so' is damaged: its program headers end beyond the end of the file, which has 100 bytes");
  file.truncate(20);
  EXPECT_EQ(note_error(file),
            "plugin: plugin 'x.so' is damaged: its ELF header ends beyond the end of the file, which has 20 bytes");
}

TEST(PluginNote, NeverReadsOutsideOfHostileFiles) {
  TemporaryFile file = TemporaryFile::copy_of(fixture("good"));
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    // Behind the ELF identification, which only says yes or no: headers and notes.
    const std::size_t offset = EI_NIDENT + random() % 1024;
    const char before = file.byte(offset);
    file.set_byte(offset, static_cast<char>(random()));
    try {
      read_plugin_note(file.path());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::plugin);
      ++refused;
    }
    if (i % 3 != 0) file.set_byte(offset, before);
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace scriptc::plugins
