#include "scriptc/torch/input_releaser.h"

#include "helpers.h"
#include "weights/byte_source.h"
#include "weights/torn_pages.h"

namespace scriptc::torch_backend {
namespace {

constexpr long kPages = 1000;

/// Pages of mapped files that count as this process's memory.
long mapped_pages() {
  long all = 0, resident = 0, shared = 0;
  std::ifstream("/proc/self/statm") >> all >> resident >> shared;
  return shared;
}

/// How many pages of a mapped file stay when an operator has read all of it.
long pages_kept(const std::string& name, bool releasing) {
  const TemporaryFile file(name, std::string(kPages * 4096, '\0'));
  const auto source = weights::map_file(file.path());
  void* data = const_cast<std::byte*>(source->bytes().data());
  const at::Tensor weight = at::from_blob(data, {kPages * 1024}, at::kFloat);
  EXPECT_EQ(weight.sum().item<float>(), 0);  // what an operator needs of LibTorch's own pages is there
  weights::release_pages(data, source->bytes().size());
  const long before = mapped_pages();
  std::optional<InputReleaser> releaser;
  if (releasing) releaser.emplace();
  EXPECT_EQ(weight.sum().item<float>(), 0);
  return mapped_pages() - before;
}

TEST(InputReleaser, LetsPagesGoAfterAnOperatorHasReadThem) {
  EXPECT_GE(pages_kept("kept", false), kPages - 100);
  EXPECT_LE(pages_kept("released", true), kPages / 2);  // LibTorch's own code takes some 160 when it first runs
}

}  // namespace
}  // namespace scriptc::torch_backend
