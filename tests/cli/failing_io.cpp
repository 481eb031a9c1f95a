// A library to preload: the system calls that write into one folder are counted, and one of them fails.
//   FAIL_FOLDER   the folder, as the kernel names it (no link in it)
//   FAIL_AT       which call fails, from 1; 0: none
//   FAIL_CALL     the name of the only calls that count, `pwrite`; missing: all do
//   FAIL_ERROR    errno of the failure
//   FAIL_SIGNAL   a signal that the call sends to its own process instead of failing
//   FAIL_CUT      a file that loses its second half instead
//   FAIL_SHORT    if set, every write writes half of what it was asked for
//   FAIL_FOREVER  if set, all calls from that one on fail that could run out of space
//   FAIL_UNNAMED  if set, the file system has no O_TMPFILE
//   FAIL_LOG      file that gets the name of the call that failed first; stays missing if none did

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct Settings {
  std::string folder = setting("FAIL_FOLDER");
  int at = std::atoi(setting("FAIL_AT").c_str());
  std::string call = setting("FAIL_CALL");
  int error = std::atoi(setting("FAIL_ERROR").c_str());
  int signal = std::atoi(setting("FAIL_SIGNAL").c_str());
  std::string cut = setting("FAIL_CUT");
  bool shorten = !setting("FAIL_SHORT").empty();
  bool forever = !setting("FAIL_FOREVER").empty();
  bool unnamed = !setting("FAIL_UNNAMED").empty();
  std::string log = setting("FAIL_LOG");
};

const Settings& settings() {
  static const Settings all;
  return all;
}

/// The C library's own function behind one of ours.
template <class Function>
Function* next(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool inside(const char* path) {
  const std::string& folder = settings().folder;
  return !folder.empty() && std::strncmp(path, folder.c_str(), folder.size()) == 0 &&
         (path[folder.size()] == '/' || path[folder.size()] == '\0');
}

bool inside(int file) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path - 1);
  if (size < 0) return false;
  path[size] = '\0';
  return inside(path);
}

std::string absolute(const char* path) {
  if (path[0] == '/') return path;
  char folder[4096];
  return ::getcwd(folder, sizeof folder) != nullptr ? std::string(folder) + "/" + path : path;
}

bool inside_path(const char* path) { return inside(absolute(path).c_str()); }

void log_first(const char* call) {
  if (settings().log.empty()) return;
  const auto file = static_cast<int>(
      ::syscall(SYS_openat, AT_FDCWD, settings().log.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file < 0) return;
  ::syscall(SYS_write, file, call, std::strlen(call));
  ::syscall(SYS_close, file);
}

/// Counts a call; true if it is to fail. `space`: whether it can run out of space.
bool fails(const char* call, bool space) {
  static std::atomic<int> count{0};
  if (!settings().call.empty() && settings().call != call) return false;
  const int number = ++count;
  const bool now =
      number == settings().at || (settings().forever && space && settings().at != 0 && number > settings().at);
  if (!now) return false;
  log_first(call);
  if (settings().signal != 0) {
    ::raise(settings().signal);
    return false;
  }
  if (!settings().cut.empty()) {
    struct stat status {};
    ::stat(settings().cut.c_str(), &status);
    static_cast<void>(::truncate(settings().cut.c_str(), status.st_size / 2));
    return false;
  }
  errno = settings().error;
  return true;
}

std::size_t written_at_once(std::size_t size) { return settings().shorten ? (size + 1) / 2 : size; }

template <class Open>
int opened(const char* path, int flags, Open&& open) {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  if (!writes || !inside_path(path)) return open();
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  if (unnamed && settings().unnamed) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return fails(unnamed ? "open unnamed" : "open", true) ? -1 : open();
}

}  // namespace

// The C library's headers give some parameters names of their own.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opened(path, flags, [&] { return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode)); });
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open(path, flags, mode);
}

ssize_t write(int file, const void* data, size_t size) {
  if (!inside(file)) return ::syscall(SYS_write, file, data, size);
  return fails("write", true) ? -1 : ::syscall(SYS_write, file, data, written_at_once(size));
}

ssize_t writev(int file, const iovec* parts, int count) {
  static const auto real = next(&::writev, "writev");
  if (!inside(file)) return real(file, parts, count);
  if (fails("writev", true)) return -1;
  if (!settings().shorten) return real(file, parts, count);
  return ::syscall(SYS_write, file, parts->iov_base, written_at_once(parts->iov_len));
}

ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
  static const auto real = next(&::pwrite, "pwrite");
  if (!inside(file)) return real(file, data, size, offset);
  return fails("pwrite", true) ? -1 : real(file, data, written_at_once(size), offset);
}

int sync_file_range(int file, off64_t offset, off64_t size, unsigned flags) {
  static const auto real = next(&::sync_file_range, "sync_file_range");
  return inside(file) && fails("sync_file_range", true) ? -1 : real(file, offset, size, flags);
}

ssize_t copy_file_range(int from, off64_t* from_offset, int to, off64_t* to_offset, size_t size, unsigned flags) {
  static const auto real = next(&::copy_file_range, "copy_file_range");
  if (!inside(to)) return real(from, from_offset, to, to_offset, size, flags);
  if (fails("copy_file_range", true)) return -1;
  return real(from, from_offset, to, to_offset, written_at_once(size), flags);
}

int ftruncate(int file, off_t size) noexcept {
  static const auto real = next(&::ftruncate, "ftruncate");
  return inside(file) && fails("ftruncate", true) ? -1 : real(file, size);
}

int posix_fallocate(int file, off_t offset, off_t size) {
  static const auto real = next(&::posix_fallocate, "posix_fallocate");
  return inside(file) && fails("posix_fallocate", true) ? settings().error : real(file, offset, size);
}

int fchmod(int file, mode_t mode) noexcept {
  static const auto real = next(&::fchmod, "fchmod");
  return inside(file) && fails("fchmod", false) ? -1 : real(file, mode);
}

int fsync(int file) {
  static const auto real = next(&::fsync, "fsync");
  return inside(file) && fails("fsync", true) ? -1 : real(file);
}

int msync(void* address, size_t size, int flags) {
  static const auto real = next(&::msync, "msync");
  return fails("msync", true) ? -1 : real(address, size, flags);
}

int close(int file) {
  static const auto real = next(&::close, "close");
  if (!inside(file) || !fails("close", false)) return real(file);
  const int error = errno;
  real(file);
  errno = error;
  return -1;
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  static const auto real = next(&::linkat, "linkat");
  return inside_path(to) && fails("linkat", true) ? -1 : real(from_folder, from, to_folder, to, flags);
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = next(&::rename, "rename");
  return inside_path(to) && fails("rename", true) ? -1 : real(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  static const auto real = next(&::renameat2, "renameat2");
  return inside_path(to) && fails("renameat2", false) ? -1 : real(from_folder, from, to_folder, to, flags);
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
