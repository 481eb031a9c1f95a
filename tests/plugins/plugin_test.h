#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "plugins/loader.h"

namespace scriptc::plugins {

/// The path of a fixture plugin.
inline std::string fixture(const std::string& name) { return std::string(SCRIPTC_TEST_PLUGINS) + "/" + name + ".so"; }

/// Runs `body` and gives the text of the Error that it must throw, after its kind: `plugin: …`.
template <class Body>
std::string error_of(Body body) {
  static const char* const kKinds[] = {"", "internal", "usage", "bad_input", "cap", "io", "plugin", "model", ""};
  try {
    body();
  } catch (const Error& error) {
    std::string text = std::string(kKinds[exit_code(error.kind())]) + ": " + error.message();
    // Messages name whole paths; the tests' folder is not part of what they assert.
    const std::string folder = std::string(SCRIPTC_TEST_PLUGINS) + "/";
    for (std::size_t at; (at = text.find(folder)) != std::string::npos;) text.erase(at, folder.size());
    return text;
  }
  return "no error";
}

/// A file in the test's temporary folder, to be damaged.
class TemporaryFile {
 public:
  /// Of this process: CTest runs the tests side by side.
  static std::string folder() { return testing::TempDir() + "scriptc_" + std::to_string(getpid()) + "_"; }

  explicit TemporaryFile(std::string bytes, const std::string& name = "x.so") : path_(folder() + name) {
    write(std::move(bytes));
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  static TemporaryFile copy_of(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return TemporaryFile(std::string(std::istreambuf_iterator<char>(stream), {}));
  }

  void set_byte(std::size_t offset, char value) {
    bytes_.at(offset) = value;
    std::fstream(path_, std::ios::binary | std::ios::in | std::ios::out)
        .seekp(static_cast<std::streamoff>(offset))
        .put(value);
  }
  void truncate(std::size_t size) { write(bytes_.substr(0, size)); }
  const std::string& path() const { return path_; }
  char byte(std::size_t offset) const { return bytes_.at(offset); }
  std::size_t size() const { return bytes_.size(); }

 private:
  void write(std::string bytes) {
    bytes_ = std::move(bytes);
    std::ofstream(path_, std::ios::binary) << bytes_;
  }

  std::string path_;
  std::string bytes_;
};

}  // namespace scriptc::plugins
