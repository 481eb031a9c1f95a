#include "fixture.h"

namespace scriptc::weights::test {
namespace {

/// Files written by Python's torch, of both versions (goldens/gen_goldens.py).
class GoldenTest : public CheckpointTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Checkpoint Load(const std::string& name, const std::string& extension = "pt") {
    return Read(Golden(name + "-" + GetParam() + "." + extension));
  }
  void ExpectNet(const Checkpoint& read) {
    EXPECT_EQ(Names(read),
              "kept[1] fc.weight[2,3] fc.bias[2] bn.weight[2] bn.bias[2] bn.running_mean[2] bn.running_var[2] "
              "bn.num_batches_tracked[]");
    EXPECT_EQ(Values(*read.tensors.find("fc.weight")), (std::vector<double>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(Values(*read.tensors.find("fc.bias")), (std::vector<double>{10, 11}));
    EXPECT_EQ(Values(*read.tensors.find("bn.num_batches_tracked")), std::vector<double>{0});
    EXPECT_EQ(warnings, std::vector<std::string>{});
  }
};

INSTANTIATE_TEST_SUITE_P(Torch, GoldenTest, ::testing::Values("213", "113"));

TEST_P(GoldenTest, StateDict) { ExpectNet(Load("net")); }
TEST_P(GoldenTest, Protocols) {
  for (const std::string protocol : {"2", "3", "4", "5"}) ExpectNet(Load("protocol" + protocol));
}
TEST_P(GoldenTest, Legacy) {
  const Checkpoint read = Load("legacy", "pth");
  EXPECT_EQ(read.format, "torch legacy");
  ExpectNet(read);
}
TEST_P(GoldenTest, WholeModule) { ExpectNet(Load("module")); }
TEST_P(GoldenTest, Wrapped) {
  const Checkpoint read = Load("wrapped");
  EXPECT_EQ(read.wrapper, "state_dict");
  ExpectNet(read);
}
TEST_P(GoldenTest, DataParallel) {
  const Checkpoint read = Load("parallel");
  EXPECT_TRUE(read.prefix_removed);
  ExpectNet(read);
}
TEST_P(GoldenTest, TorchScript) {
  const Checkpoint read = Load("script");
  EXPECT_EQ(read.format, "torchscript");
  EXPECT_EQ(Values(*read.tensors.find("fc.weight")), (std::vector<double>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(read.tensors.size(), 9u);  // an archive does not say that `dropped` is not persistent
}
TEST_P(GoldenTest, Views) {
  for (const auto& [name, extension] : {std::pair{"views", "pt"}, std::pair{"legacy_views", "pth"}}) {
    const Checkpoint read = Load(name, extension);
    EXPECT_EQ(Names(read), "base[3,4] row[4] column[3] transposed[4,3] expanded[2,3] scalar[] empty[0,3]");
    EXPECT_EQ(Values(*read.tensors.find("column")), (std::vector<double>{2, 6, 10}));
    EXPECT_EQ(Values(*read.tensors.find("transposed")), (std::vector<double>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
    EXPECT_EQ(Values(*read.tensors.find("expanded")), (std::vector<double>{5, 5, 5, 5, 5, 5}));
    EXPECT_EQ(Values(*read.tensors.find("scalar")), std::vector<double>{9});
    EXPECT_EQ(Values(*read.tensors.find("empty")), std::vector<double>{});
  }
}
TEST_P(GoldenTest, DTypesAreNamedAsTheyAre) {
  const Checkpoint read = Load("dtypes");
  EXPECT_EQ(read.tensors.size(), std::string(GetParam()) == "113" ? 12u : 18u);
  for (const auto& [name, view] : read.tensors) {
    EXPECT_EQ(dtype_info(view.dtype).name, name);
    // 1, 0, 1: the outer elements are equal, and not zero.
    const auto size = static_cast<std::size_t>(dtype_info(view.dtype).size);
    const std::string_view all(reinterpret_cast<const char*>(view.data), 3 * size);
    EXPECT_EQ(all.substr(0, size), all.substr(2 * size)) << name;
    EXPECT_EQ(all.substr(size, size), std::string(size, '\0')) << name;
    EXPECT_NE(all.substr(0, size), std::string(size, '\0')) << name;
  }
}
TEST_P(GoldenTest, ParametersAndNumpyArrays) {
  const Checkpoint read = Load("mixed");
  EXPECT_EQ(Names(read), "p[2] n[2,3]");
  EXPECT_EQ(Values(*read.tensors.find("n")), (std::vector<double>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace scriptc::weights::test
