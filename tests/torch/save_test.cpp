#include "scriptc/torch/save.h"

#include <libdeflate.h>
#include <torch/csrc/jit/mobile/import.h>
#include <torch/csrc/jit/mobile/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <clocale>
#include <cstring>
#include <numeric>

#include "helpers.h"
#include "scriptc/torch/captured_archive.h"
#include "scriptc/torch/zip_writer.h"
#include "weights/torn_pages.h"
#include "weights/zip_format.h"

namespace scriptc::torch_backend {
namespace {

constexpr const char* kForward = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.linear(x, self.w)
)";

std::string saved(const ::torch::jit::Module& module, Format format = Format::torchscript) {
  MemorySink sink;
  save_module(module, format, sink);
  return sink.bytes;
}

at::Tensor run_script(const std::string& bytes, const at::Tensor& x) {
  std::istringstream in(bytes);
  return ::torch::jit::load(in).forward({x}).toTensor();
}

at::Tensor run_lite(const std::string& bytes, const at::Tensor& x) {
  std::istringstream in(bytes);
  return ::torch::jit::_load_for_mobile(in).forward({x}).toTensor();
}

/// Records with their names and data, as our own reader of captured archives sees them.
std::map<std::string, std::string> records_of(const std::string& bytes) {
  CapturedArchive archive;
  archive.append(bytes.data(), bytes.size());
  std::map<std::string, std::string> result;
  for (const auto& record : archive.records())
    for (const Bytes part : record.parts)
      result[record.name].append(reinterpret_cast<const char*>(part.data()), part.size());
  return result;
}

TEST(Save, LoadsBackAsScript) {
  auto module = script(kForward);
  const at::Tensor x = at::ones({2, 4});
  EXPECT_TRUE(run_script(saved(module), x).equal(module.forward({x}).toTensor()));
}

TEST(Save, LoadsBackAsLite) {
  auto module = script(kForward);
  const at::Tensor x = at::ones({2, 4});
  EXPECT_TRUE(run_lite(saved(module, Format::lite), x).equal(module.forward({x}).toTensor()));
}

TEST(Save, SameModuleSameBytes) {
  const std::string first = saved(script(kForward));
  EXPECT_EQ(saved(script(kForward)), first);
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(saved(script(kForward)), first);
  std::setlocale(LC_ALL, "C");
}

TEST(Save, AnotherWeightOtherBytes) {
  auto module = script(kForward);
  const std::string first = saved(module);
  const at::NoGradGuard no_grad;
  module.attr("w").toTensor().mul_(2);
  EXPECT_NE(saved(module), first);
}

TEST(Save, TheRootFolderIsAlwaysArchive) {
  EXPECT_NE(saved(script(kForward)).find("archive/data.pkl"), std::string::npos);
}

TEST(Save, TensorsLieAtMultiplesOf64) {
  const std::string bytes = saved(script(kForward));
  const at::Tensor w = at::arange(12, at::kFloat).reshape({3, 4}) / 10;
  const std::size_t at = bytes.find(std::string(static_cast<const char*>(w.data_ptr()), 48));
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(at % 64, 0u);
}

TEST(Save, EveryTensorIsWrittenOnce) {
  auto module = script(kForward);
  module.register_parameter("tied", module.attr("w").toTensor(), false);
  const std::string with_tie = saved(module);
  EXPECT_LT(with_tie.size(), saved(script(kForward)).size() + 400);
}

TEST(CapturedArchive, ReferencesWhatStaysAlive) {
  const std::string living(100, 'x');
  CapturedArchive archive;
  archive.keep_in_place(living.data(), living.size());
  std::string zip;
  MemorySink sink;
  ZipWriter writer(sink);
  const std::array parts{std::as_bytes(std::span(living))};
  writer.add("root/a", parts);
  writer.finish();
  const std::size_t at = sink.bytes.find('x');
  archive.append(sink.bytes.data(), at);
  archive.append(living.data(), living.size());
  archive.append(sink.bytes.data() + at + 100, sink.bytes.size() - at - 100);
  const auto records = archive.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].name, "a");
  EXPECT_EQ(static_cast<const void*>(records[0].parts[0].data()), living.data());
}

TEST(CapturedArchive, RefusesWhatIsNoArchive) {
  EXPECT_EQ(error_of([] { records_of(std::string(100, 'x')); }),
            "1 the archive that LibTorch wrote cannot be read back: it has no end record");
}

TEST(ZipWriter, DeflatesWhatGetsSmaller) {
  MemorySink sink;
  ZipWriter writer(sink);
  const std::string code(1000, 'x'), short_code = "x";
  const std::array long_part{std::as_bytes(std::span(code))}, short_part{std::as_bytes(std::span(short_code))};
  writer.add_deflated("root/code/a.py", long_part);
  writer.add_deflated("root/code/b.py", short_part);
  writer.finish();
  CapturedArchive archive;
  archive.append(sink.bytes.data(), sink.bytes.size());
  const auto records = archive.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_TRUE(records[0].deflated);
  EXPECT_FALSE(records[1].deflated);
  std::vector<std::byte> buffer;
  const auto parts = inflated(records[0], buffer);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(parts[0].data()), parts[0].size()), code);
}

TEST(ZipWriter, PassesOnTheSinksError) {
  struct Full final : ByteSink {
    void write(const void*, std::size_t) override { throw Error(ErrorKind::io, "disk full"); }
    void rewrite(std::uint64_t, const void*, std::size_t) override {}
  } full;
  EXPECT_EQ(error_of([&] { save_module(script(kForward), Format::torchscript, full); }), "5 disk full");
}

/// What is checksummed while it is written has its checksum in both headers all the same.
TEST(ZipWriter, ChecksumsOfSmallAndLargeRecords) {
  std::string data(weights::kPieceSize + 1000, 'x');
  std::iota(data.begin(), data.end(), 0);
  for (const std::size_t size : {std::size_t{0}, std::size_t{9}, weights::kPieceSize, data.size()}) {
    MemorySink sink;
    ZipWriter writer(sink);
    const auto bytes = std::as_bytes(std::span(data)).first(size);
    const std::array parts{bytes.first(size / 3), bytes.subspan(size / 3)};
    writer.add("root/before", parts);
    const std::uint32_t crc = writer.add("root/a", parts);
    writer.finish();
    EXPECT_EQ(crc, libdeflate_crc32(0, data.data(), size));
    const std::string name = "root/a";
    const std::size_t local = sink.bytes.find(name) - sizeof(weights::zip::LocalHeader);
    const std::size_t central = sink.bytes.rfind(name) - sizeof(weights::zip::DirectoryRecord);
    weights::zip::LocalHeader header;
    std::memcpy(&header, sink.bytes.data() + local, sizeof header);
    weights::zip::DirectoryRecord record;
    std::memcpy(&record, sink.bytes.data() + central, sizeof record);
    EXPECT_EQ(header.crc, crc);
    EXPECT_EQ(record.crc, crc);
    EXPECT_EQ(record.offset, local);
  }
}

TEST(ZipWriter, WritesManyEntriesWithZip64) {
  MemorySink sink;
  ZipWriter writer(sink);
  for (int i = 0; i < 70000; ++i) writer.add("r/" + std::to_string(i), {});
  writer.finish();
  CapturedArchive archive;
  archive.append(sink.bytes.data(), sink.bytes.size());
  const auto records = archive.records();
  ASSERT_EQ(records.size(), 70000u);
  EXPECT_EQ(records.back().name, "69999");
}

}  // namespace
}  // namespace scriptc::torch_backend
