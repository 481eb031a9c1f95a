#include "scriptc/cli/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <system_error>

#include "scriptc/cli/temporary_files.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

constexpr std::size_t kLongestName = 255;  // NAME_MAX of every usual file system
constexpr int kMostLinks = 40;             // as Linux follows

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

/// Hidden, unpredictable, not longer than a name may be.
std::string temporary_name(const std::string& name) {
  std::random_device random;
  char digits[20];
  std::snprintf(digits, sizeof digits, ".%08x%08x", static_cast<unsigned>(random()), static_cast<unsigned>(random()));
  const std::string end = std::string(digits) + ".tmp";
  return "." + name.substr(0, kLongestName - 1 - end.size()) + end;
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
  for (int attempt = 0; file_ < 0; ++attempt) {
    temporary_ = (folder_ == "/" ? "" : folder_) + "/" + temporary_name(name_of(target_));
    remember_temporary(temporary_);
    file_ = ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file_ >= 0) break;
    const int error = errno;
    forget_temporary(temporary_);
    temporary_.clear();
    if (error != EEXIST || attempt == 100) {
      failure_ = what_ + " folder " + quote(folder_) + " is not writable: " + std::strerror(error);
      throw Error(ErrorKind::io, failure_);
    }
  }
  if (mode_ && ::fchmod(file_, *mode_) != 0) fail("cannot keep its permissions", errno);
}

void OutputFile::write(const void* data, std::size_t size) {
  if (!failure_.empty()) throw Error(ErrorKind::io, failure_);
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(file_, at, std::min<std::size_t>(size, 1u << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot be written", errno);
    at += written;
    size -= static_cast<std::size_t>(written);
    size_ += static_cast<std::uint64_t>(written);
  }
}

void OutputFile::commit() {
  if (!failure_.empty()) throw Error(ErrorKind::io, failure_);
  if (::fsync(file_) != 0) fail("cannot be written", errno);
  const int closed = ::close(std::exchange(file_, -1));
  if (closed != 0) fail("cannot be written", errno);
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced", errno);
  forget_temporary(temporary_);
  temporary_.clear();
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
  if (file_ >= 0) ::close(std::exchange(file_, -1));
  if (temporary_.empty()) return;
  ::unlink(temporary_.c_str());
  forget_temporary(temporary_);
  temporary_.clear();
}

void OutputFile::fail(const std::string& sentence, int error) {
  failure_ = what_ + " " + quote(path_) + " " + sentence + (error != 0 ? std::string(": ") + std::strerror(error) : "");
  remove_temporary();
  throw Error(ErrorKind::io, failure_);
}

}  // namespace scriptc::cli
