#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>

#include "scriptc/model/backend.h"

namespace scriptc::cli {

/// A file that appears whole or not at all. Bytes go to a temporary in its folder; `commit` gives it the final name.
/// Until then, failure, destruction and signals remove the temporary and leave an older file untouched. Where the file
/// system can (O_TMPFILE), the temporary has no name but during `commit`, so that SIGKILL leaves nothing, too; else,
/// and if it hits right then, the next writer of the same file removes what is left. A link is followed to its target.
/// The file keeps the permissions of the one it replaces, else the umask decides.
class OutputFile final : public ByteSink {
 public:
  /// Checks what can be checked before the work begins; creates nothing. `what` starts messages: `output`, `report`.
  /// Errors (io): folder missing or not writable, a folder, FIFO or device in the way, file not writable.
  OutputFile(std::string path, std::string what);
  ~OutputFile() override;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Creates the temporary, after removing those that killed writers of this file left. Errors (io).
  void create();
  /// Errors (io); the first is remembered, and every later call throws it again.
  void write(const void* data, std::size_t size) override;
  void rewrite(std::uint64_t offset, const void* data, std::size_t size) override;
  /// Flushes to the disk, renames, flushes the folder. REQUIRES: create(). Errors (io), also a remembered one.
  void commit();
  /// Commits both, or, on error, neither. Killed between its two renames, it leaves the companion alone committed.
  void commit_with(OutputFile& companion);

  const std::string& path() const { return path_; }
  const std::string& what() const { return what_; }
  /// Where this process can read the bytes until `commit`. REQUIRES: create().
  const std::string& temporary_path() const { return bytes_; }
  std::uint64_t size() const { return size_; }
  /// True if both would write the same file.
  bool same_target(const OutputFile& other) const;
  /// True if this would replace the file `path`.
  bool replaces(const std::string& path) const;

 private:
  void check_target();
  void open_unnamed();
  void open_named();
  template <class Take>
  bool take_name(Take&& take);
  bool lock_named(const std::string& path);
  void start_flushing();
  void prepare();
  void replace();
  bool exchange();
  void undo(bool exchanged);
  void finish();
  void remove_temporary();
  [[noreturn]] void fail(const std::string& sentence, int error = 0);

  std::string path_;  ///< as given, for messages
  std::string what_;
  std::string target_;  ///< links resolved
  std::string folder_;
  std::string bytes_;      ///< the temporary, named or not
  std::string temporary_;  ///< its name; empty while it has none
  std::string failure_;    ///< message of the first failure
  std::optional<mode_t> mode_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t flushing_ = 0;  ///< bytes that are on their way to the disk
};

}  // namespace scriptc::cli
