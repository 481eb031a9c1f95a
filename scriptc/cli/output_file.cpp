#include "scriptc/cli/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "scriptc/cli/temporary_files.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

constexpr int kMostLinks = 40;  // as Linux follows
constexpr std::uint64_t kWorthFlushing = 16u << 20;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

/// Where the chain of links that starts at `path` ends, whether or not there is a file. Empty: it never ends.
std::string follow_links(std::string path) {
  for (int i = 0; i < kMostLinks; ++i) {
    std::error_code none;
    const auto next = std::filesystem::read_symlink(path, none);
    if (none) return path;
    path = next.is_absolute() ? next.string() : folder_of(path) + "/" + next.string();
  }
  return "";
}

/// Repeats a system call that a signal interrupted.
template <class Call>
auto retry(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

OutputFile::OutputFile(std::string path, std::string what) : path_(std::move(path)), what_(std::move(what)) {
  if (path_.empty() || path_.back() == '/') fail("is a folder, not a file");
  target_ = follow_links(path_);
  if (target_.empty()) fail("cannot be followed", ELOOP);
  folder_ = folder_of(target_);
  check_target();
}

OutputFile::~OutputFile() { remove_temporary(); }

void OutputFile::check_target() {
  struct stat status {};
  if (::stat(folder_.c_str(), &status) != 0) {
    if (errno == ENOENT)
      throw Error(ErrorKind::io,
                  what_ + " folder " + quote(folder_) + " does not exist\n  help: mkdir -p " + quote(folder_));
    throw Error(ErrorKind::io, what_ + " folder " + quote(folder_) + " cannot be used: " + std::strerror(errno));
  }
  if (!S_ISDIR(status.st_mode)) throw Error(ErrorKind::io, what_ + " folder " + quote(folder_) + " is no folder");
  if (::access(folder_.c_str(), W_OK | X_OK) != 0)
    throw Error(ErrorKind::io, what_ + " folder " + quote(folder_) + " is not writable: " + std::strerror(errno));
  if (name_of(target_).size() > kLongestName) fail("cannot be written", ENAMETOOLONG);
  if (::lstat(target_.c_str(), &status) != 0) {
    if (errno != ENOENT) fail("cannot be written", errno);
    return;
  }
  if (!S_ISREG(status.st_mode)) fail("is " + kind_of(status.st_mode) + ", not a file");
  if (::access(target_.c_str(), W_OK) != 0) fail("is not writable", errno);
  mode_ = status.st_mode & 0777;
}

void OutputFile::create() {
  remove_stale_temporaries(folder_, name_of(target_));
  open_unnamed();
  if (file_ < 0) open_named();
  if (mode_ && ::fchmod(file_, *mode_) != 0) fail("cannot keep its permissions", errno);
}

/// Needs a file system that has O_TMPFILE, and /proc to read the bytes back and to link them later.
void OutputFile::open_unnamed() {
  const int file = retry([&] { return ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666); });
  if (file < 0) return;
  bytes_ = "/proc/self/fd/" + std::to_string(file);
  ::flock(file, LOCK_EX);
  if (::access(bytes_.c_str(), R_OK) == 0)
    file_ = file;
  else
    ::close(file);
}

void OutputFile::open_named() {
  const bool open = take_name([&](const std::string& path) {
    file_ = retry([&] { return ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0666); });
    return file_ >= 0 && lock_named(path);
  });
  if (!open) {
    failure_ = what_ + " folder " + quote(folder_) + " is not writable: " + std::strerror(errno);
    throw Error(ErrorKind::io, failure_);
  }
  bytes_ = temporary_;
}

/// Calls `take` with new names until it is true or fails for another reason than EEXIST.
template <class Take>
bool OutputFile::take_name(Take&& take) {
  for (int attempt = 0;; ++attempt) {
    temporary_ = (folder_ == "/" ? "" : folder_) + "/" + temporary_name(name_of(target_));
    remember_temporary(temporary_);
    if (take(temporary_)) return true;
    const int error = errno;
    forget_temporary(temporary_);
    temporary_.clear();
    errno = error;
    if (error != EEXIST || attempt == 100) return false;
  }
}

/// False, errno EEXIST: another writer took the file for one left over before it was locked.
bool OutputFile::lock_named(const std::string& path) {
  struct stat status {};
  // A file system without locks: then nobody can take it for left over.
  const bool ours = ::flock(file_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  if (ours && ::fstat(file_, &status) == 0 && status.st_nlink != 0) return true;
  ::close(std::exchange(file_, -1));
  ::unlink(path.c_str());
  errno = EEXIST;
  return false;
}

void OutputFile::write(const void* data, std::size_t size) {
  if (!failure_.empty()) throw Error(ErrorKind::io, failure_);
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = retry([&] { return ::write(file_, at, std::min<std::size_t>(size, 1u << 30)); });
    if (written < 0) fail("cannot be written", errno);
    at += written;
    size -= static_cast<std::size_t>(written);
    size_ += static_cast<std::uint64_t>(written);
  }
  if (size_ - flushing_ >= kWorthFlushing) start_flushing();
}

void OutputFile::rewrite(std::uint64_t offset, const void* data, std::size_t size) {
  if (!failure_.empty()) throw Error(ErrorKind::io, failure_);
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = retry([&] { return ::pwrite(file_, at, size, static_cast<off_t>(offset)); });
    if (written < 0) fail("cannot be written", errno);
    at += written;
    size -= static_cast<std::size_t>(written);
    offset += static_cast<std::uint64_t>(written);
  }
}

/// The disk works while we do: of VGG-16's 0.25 s of fsync, 0.01 s are left.
void OutputFile::start_flushing() {
  const auto from = static_cast<off64_t>(flushing_), size = static_cast<off64_t>(size_ - flushing_);
  // Not every file system can; what the disk refuses, fsync may not report again.
  if (::sync_file_range(file_, from, size, SYNC_FILE_RANGE_WRITE) != 0 && errno != ENOSYS && errno != EINVAL)
    fail("cannot be written", errno);
  flushing_ = size_;
}

void OutputFile::commit() {
  prepare();
  replace();
  finish();
}

void OutputFile::commit_with(OutputFile& companion) {
  companion.prepare();
  prepare();
  // The companion first, in a way that can be taken back.
  const bool exchanged = companion.exchange();
  try {
    replace();
  } catch (const Error&) {
    companion.undo(exchanged);
    throw;
  }
  companion.finish();
  finish();
}

/// All that can run out of space: what follows is renaming.
void OutputFile::prepare() {
  if (!failure_.empty()) throw Error(ErrorKind::io, failure_);
  if (retry([&] { return ::fsync(file_); }) != 0) fail("cannot be written", errno);
  if (!temporary_.empty()) return;
  // A link cannot replace a file, so the name that it takes is a temporary's.
  const bool named = take_name([&](const std::string& path) {
    return ::linkat(AT_FDCWD, bytes_.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
  });
  if (!named) fail("cannot be written", errno);
}

void OutputFile::replace() {
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced", errno);
  forget_temporary(temporary_);
  temporary_.clear();
}

/// As `replace`, but keeps the older file, if there is one, under the temporary's name; says whether it did.
bool OutputFile::exchange() {
  // Some file systems cannot exchange names: a plain rename has to do.
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0) return true;
  replace();
  return false;
}

void OutputFile::undo(bool exchanged) {
  if (exchanged)
    ::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE);
  else if (!mode_)
    ::unlink(target_.c_str());
  remove_temporary();
}

void OutputFile::finish() {
  // The lock goes with the file. Closing has nothing left to fail after a flush that did not.
  remove_temporary();
  // Some file systems cannot flush a folder: then the rename is as durable as it gets there.
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

bool OutputFile::same_target(const OutputFile& other) const {
  std::error_code none;
  return name_of(target_) == name_of(other.target_) && std::filesystem::equivalent(folder_, other.folder_, none);
}

bool OutputFile::replaces(const std::string& path) const {
  std::error_code none;
  return std::filesystem::equivalent(target_, path, none);
}

void OutputFile::remove_temporary() {
  // The name before the lock: nobody else may find it meanwhile.
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
    forget_temporary(temporary_);
    temporary_.clear();
  }
  if (file_ >= 0) ::close(std::exchange(file_, -1));
}

void OutputFile::fail(const std::string& sentence, int error) {
  failure_ = what_ + " " + quote(path_) + " " + sentence + (error != 0 ? std::string(": ") + std::strerror(error) : "");
  remove_temporary();
  throw Error(ErrorKind::io, failure_);
}

}  // namespace scriptc::cli
