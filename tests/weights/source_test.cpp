#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fixture.h"
#include "weights/byte_source.h"

namespace scriptc::weights::test {
namespace {

/// A source whose file is changed by the time it has been read.
class ChangedSource final : public ByteSource {
 public:
  explicit ChangedSource(const std::string& text) : text_(text) {}
  Bytes bytes() const override { return as_bytes(text_); }
  std::uint64_t stored() const override { return stored_bytes; }
  void check_unchanged() const override {
    if (changed) throw Error(ErrorKind::bad_input, "changed");
  }
  bool changed = true;
  std::uint64_t stored_bytes = 1 << 20;

 private:
  std::string text_;
};

std::string failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return std::to_string(exit_code(error.kind())) + " " + error.message();
  }
  return "no failure";
}

class SourceTest : public CheckpointTest {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Path(const std::string& name) {
    std::filesystem::create_directories(folder_);
    return folder_ + "/" + name;
  }

 private:
  std::string folder_ = ::testing::TempDir() + "/source_test." + std::to_string(::getpid());
};

TEST_F(SourceTest, ReadsAFile) {
  const std::string path = Path("good");
  std::ofstream(path, std::ios::binary) << Good().bytes();
  EXPECT_EQ(Names(read_checkpoint(path)), "w[2,2]");
}

TEST_F(SourceTest, E01NoRegularFile) {
  const std::string folder = Path("folder"), pipe = Path("pipe");
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(failure([&] { map_file(folder); }), "3 '" + folder + "': is a folder, not a file [E01]");
  EXPECT_EQ(failure([&] { map_file(pipe); }), "3 '" + pipe + "': is a pipe, not a file [E01]");
  EXPECT_EQ(failure([] { map_file("/dev/zero"); }), "3 '/dev/zero': is a device, not a file [E01]");
}

TEST_F(SourceTest, E02FileShrinksWhileRead) {
  const std::string path = Path("shrinks");
  std::ofstream(path, std::ios::binary) << std::string(100'000, 'x');
  const ByteSourcePtr source = map_file(path);
  EXPECT_EQ(source->bytes()[0], std::byte{'x'});
  std::filesystem::resize_file(path, 10);
  EXPECT_EQ(source->bytes()[50'000], std::byte{0});  // not SIGBUS
  EXPECT_EQ(source->bytes()[99'999], std::byte{0});
  EXPECT_EQ(failure([&] { source->check_unchanged(); }), "3 '" + path + "': was changed while it was read [E02]");
}

TEST_F(SourceTest, E02FileIsRewrittenWhileRead) {
  const std::string path = Path("rewritten");
  std::ofstream(path, std::ios::binary) << "abc";
  const ByteSourcePtr source = map_file(path);
  source->check_unchanged();
  std::ofstream(path, std::ios::app) << "d";
  EXPECT_EQ(failure([&] { source->check_unchanged(); }), "3 '" + path + "': was changed while it was read [E02]");
}

TEST_F(SourceTest, E02ChangeIsTheReasonThatIsTold) {
  const auto source = std::make_shared<ChangedSource>(Good().bytes());
  EXPECT_EQ(failure([&] { read_checkpoint(source, "f"); }), "3 changed");
  EXPECT_EQ(failure([&] { read_checkpoint(std::make_shared<ChangedSource>("damaged, too"), "f"); }), "3 changed");
  source->changed = false;
  EXPECT_EQ(failure([&] { read_checkpoint(source, "f"); }), "no failure");
}

TEST_F(SourceTest, E03Unreadable) {
  const std::string loop = Path("lo\nop"), missing = Path("missing");
  std::filesystem::create_symlink(loop, loop);
  EXPECT_EQ(failure([&] { map_file(missing); }),
            "5 '" + missing + "': cannot be read: No such file or directory [E03]");
  EXPECT_EQ(failure([&] { map_file(loop); }),
            "5 '" + Path("lo\\nop") + "': cannot be read: Too many levels of symbolic links [E03]");
}

TEST_F(SourceTest, E05SparseFile) {
  const auto source = std::make_shared<ChangedSource>(Good().bytes());
  source->changed = false;
  source->stored_bytes = 8;
  ReadOptions small;
  small.caps.inflated_bytes = 500;
  EXPECT_EQ(failure([&] { read_checkpoint(source, "f", small); }),
            "4 'f': is a sparse file of too many bytes (got 511, limit 500) [E05]\n"
            "  help: if you trust the file, raise the limit with --max-bytes");
}

TEST_F(SourceTest, E05SparseTerabyte) {
  const std::string path = Path("sparse");
  std::ofstream(path, std::ios::binary) << "PK\x03\x04";
  std::error_code error;
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40, error);
  if (error) GTEST_SKIP() << "the file system has no sparse files";
  EXPECT_TRUE(failure([&] {
                read_checkpoint(path);
              }).starts_with("4 '" + path + "': is a sparse file of too many bytes (got 1099511627776, limit"));
}

}  // namespace
}  // namespace scriptc::weights::test
