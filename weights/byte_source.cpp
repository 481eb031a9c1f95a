#include "weights/byte_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "scriptc/model/text.h"
#include "weights/origin.h"
#include "weights/torn_pages.h"

namespace scriptc::weights {
namespace {

Error io_error(const std::string& path, int code) {
  std::string text = "'" + escape(path, 0) + "': cannot be read: " + std::generic_category().message(code);
  return Error(ErrorKind::io, text + " [E03]");
}

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

class MappedFile final : public ByteSource {
 public:
  explicit MappedFile(const std::string& path)
      // Not blocking: what was a file in stat() may have become a pipe since.
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
    if (file_.get() < 0) throw io_error(path, errno);
    if (::fstat(file_.get(), &opened_) != 0) throw io_error(path, errno);
    if (!S_ISREG(opened_.st_mode))
      throw Origin(path).bad("", "is " + std::string(kind_of(opened_.st_mode)) + ", not a file", "E01");
    size_ = static_cast<std::size_t>(opened_.st_size);
    if (size_ == 0) return;
    void* base = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
    if (base == MAP_FAILED) throw io_error(path, errno);
    base_ = static_cast<const std::byte*>(base);
    guard_.emplace(base_, size_);
  }

  ~MappedFile() override {
    guard_.reset();
    if (base_ != nullptr) ::munmap(const_cast<std::byte*>(base_), size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const override { return {base_, size_}; }

  std::uint64_t stored() const override { return static_cast<std::uint64_t>(opened_.st_blocks) * 512; }

  void check_unchanged() const override {
    struct stat now {};
    if (::fstat(file_.get(), &now) != 0) throw io_error(path_, errno);
    const bool same = now.st_size == opened_.st_size && now.st_mtim.tv_sec == opened_.st_mtim.tv_sec &&
                      now.st_mtim.tv_nsec == opened_.st_mtim.tv_nsec;
    if (!same || (guard_ && guard_->torn())) throw Origin(path_).bad("", "was changed while it was read", "E02");
  }

 private:
  std::string path_;
  File file_;
  struct stat opened_ {};
  const std::byte* base_ = nullptr;
  std::size_t size_ = 0;
  std::optional<TornPageGuard> guard_;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes() const override { return bytes_; }
  std::uint64_t stored() const override { return bytes_.size(); }
  void check_unchanged() const override {}

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

ByteSourcePtr map_file(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) throw io_error(path, errno);
  // Before opening: to open a device can already have an effect.
  if (!S_ISREG(found.st_mode))
    throw Origin(path).bad("", "is " + std::string(kind_of(found.st_mode)) + ", not a file", "E01");
  return std::make_shared<MappedFile>(path);
}

ByteSourcePtr memory_source(std::vector<std::byte> bytes) { return std::make_shared<MemorySource>(std::move(bytes)); }

}  // namespace scriptc::weights
