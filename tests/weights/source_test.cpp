#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "fixture.h"
#include "weights/byte_source.h"
#include "weights/torn_pages.h"

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

/// Pages of mapped files that count as this process's memory.
long mapped_pages() {
  long all = 0, resident = 0, shared = 0;
  std::ifstream("/proc/self/statm") >> all >> resident >> shared;
  return shared;
}

TEST_F(SourceTest, ReleasedPagesComeBackWhenTheyAreRead) {
  constexpr long kPages = 1000;
  const std::string path = Path("large"), text(kPages * 4096, 'x');
  std::ofstream(path, std::ios::binary) << text;
  const ByteSourcePtr source = map_file(path);
  const long before = mapped_pages();
  EXPECT_EQ(as_text(source->bytes()), text);
  EXPECT_GE(mapped_pages(), before + kPages - 100);
  release_pages(source->bytes().data() + 1, source->bytes().size() + 4096);
  EXPECT_LE(mapped_pages(), before + 100);
  EXPECT_EQ(as_text(source->bytes()), text);
}

TEST_F(SourceTest, ReleasingLeavesOtherMemoryAlone) {
  const std::vector<char> bytes(1 << 20, 'x');
  release_pages(bytes.data(), bytes.size());
  EXPECT_EQ(std::count(bytes.begin(), bytes.end(), 'x'), 1 << 20);
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

/// A file of `head`, a hole, and `tail` from `at` on. False: the file system has no sparse files.
bool write_sparse(const std::string& path, const std::string& head, std::uint64_t at, const std::string& tail) {
  std::ofstream(path, std::ios::binary) << head;
  std::error_code error;
  std::filesystem::resize_file(path, at, error);
  if (error) return false;
  std::ofstream(path, std::ios::binary | std::ios::app) << tail;
  return std::filesystem::file_size(path) == at + tail.size();
}

constexpr std::uint64_t kGigabytes = std::uint64_t{5} << 30;

TEST_F(SourceTest, E05SafetensorsBeyondFourGigabytes) {
  const std::string path = Path("large"), end = std::to_string(kGigabytes);
  const std::string header = R"({"big":{"dtype":"U8","shape":[)" + end + R"(],"data_offsets":[0,)" + end +
                             R"(]},"w":{"dtype":"F32","shape":[2],"data_offsets":[)" + end + "," +
                             std::to_string(kGigabytes + 8) + "]}}";
  const std::string head = little_endian(std::uint64_t{header.size()}) + header;
  if (!write_sparse(path, head, head.size() + kGigabytes, floats({3, 4})))
    GTEST_SKIP() << "the file system has no sparse files";
  ReadOptions large;
  large.caps.inflated_bytes = 2 * kGigabytes;
  const Checkpoint read = read_checkpoint(path, large);
  EXPECT_EQ(Names(read), "big[5368709120] w[2]");
  EXPECT_EQ(Values(*read.tensors.find("w")), (std::vector<double>{3, 4}));
  std::filesystem::resize_file(path, head.size() + kGigabytes + 7);
  EXPECT_EQ(failure([&] { read_checkpoint(path, large); }),
            "3 '" + path + "': tensor 'w': its data lies beyond the file (got 5368709128, limit 5368709127) [S06]");
}

/// The zip64 field of these numbers.
std::string zip64_field(std::initializer_list<std::uint64_t> numbers) {
  std::string field = little_endian(zip::kZip64Extra) + little_endian(static_cast<std::uint16_t>(numbers.size() * 8));
  for (const std::uint64_t number : numbers) field += little_endian(number);
  return field;
}

/// Splits an archive into its records and its directory.
std::pair<std::string, std::string> parted(const std::string& archive) {
  zip::EndRecord end{};
  std::memcpy(&end, archive.data() + archive.size() - sizeof end, sizeof end);
  return {archive.substr(0, end.directory_offset), archive.substr(end.directory_offset, end.directory_size)};
}

/// Good(), every record of which lies beyond an unused one of five gigabytes: what precedes its data, and what follows.
std::pair<std::string, std::string> large_archive(Archive good) {
  const auto [head, first] = parted(Archive()
                                        .with_entry("a/data/9", "",
                                                    [](RawEntry& entry) {
                                                      entry.local_extra = zip64_field({kGigabytes, kGigabytes});
                                                      entry.directory_extra = entry.local_extra;
                                                      entry.local.compressed = entry.local.size = zip::kIn64;
                                                      entry.directory.compressed = entry.directory.size = zip::kIn64;
                                                    })
                                        .bytes());
  std::uint64_t at = head.size() + kGigabytes;
  for (const char* name : {"a/data.pkl", "a/data/0", "a/version"})
    good.change(name, [&at](RawEntry& entry) {
      entry.directory_extra = zip64_field({at});
      entry.directory.offset = zip::kIn64;
      at += sizeof entry.local + entry.local_name.size() + entry.data.size();
    });
  const auto [records, others] = parted(good.bytes());
  const std::uint64_t size = first.size() + others.size();
  const zip::End64Record end64{zip::kEnd64Signature, 44, 45, 45, 0, 0, 4, 4, size, at};
  const zip::Locator64 locator{zip::kLocator64Signature, 0, at + size, 1};
  const zip::EndRecord end{zip::kEndSignature, 0, 0, 4, 4, static_cast<std::uint32_t>(size), zip::kIn64, 0};
  return {head, records + first + others + little_endian(end64) + little_endian(locator) + little_endian(end)};
}

TEST_F(SourceTest, E05Zip64BeyondFourGigabytes) {
  const std::string path = Path("large.pt");
  const auto [head, tail] = large_archive(Good());
  const std::uint64_t at = head.size() + kGigabytes;
  if (!write_sparse(path, head, at, tail)) GTEST_SKIP() << "the file system has no sparse files";
  ReadOptions large;
  large.caps.inflated_bytes = 2 * kGigabytes;
  const Checkpoint read = read_checkpoint(path, large);
  EXPECT_EQ(Values(*read.tensors.find("w")), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(failure([&] { read_checkpoint(path); }),
            "4 '" + path + "': is a sparse file of too many bytes (got " + std::to_string(at + tail.size()) +
                ", limit 4294967296) [E05]\n  help: if you trust the file, raise the limit with --max-bytes");
}

TEST_F(SourceTest, J05ContentDecidesNotTheName) {
  const std::string zip = Path("zip.safetensors"), safetensors = Path("safetensors.pth");
  std::ofstream(zip, std::ios::binary) << Good().bytes();
  const std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  std::ofstream(safetensors, std::ios::binary) << little_endian(std::uint64_t{header.size()}) + header + floats({1});
  EXPECT_EQ(read_checkpoint(zip).format, "torch zip");
  EXPECT_EQ(read_checkpoint(safetensors).format, "safetensors");
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
