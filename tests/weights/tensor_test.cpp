#include "fixture.h"

namespace scriptc::weights::test {
namespace {

class TensorTest : public CheckpointTest {
 protected:
  std::string With(std::int64_t offset, const Code& size, const Code& stride) {
    return TensorRefusal(tensor(storage("0", 4), offset, size, stride));
  }
};

TEST_F(TensorTest, T01RecordShorter) {
  EXPECT_EQ(TensorRefusal(tensor(storage("0", 5), 0, shape({}), shape({}))),
            "3 'f': record 'a/data/0': has a wrong size (got 16, expected 20) [T01]");
}

TEST_F(TensorTest, T02RecordLonger) {
  EXPECT_EQ(TensorRefusal(tensor(storage("0", 3), 0, shape({}), shape({}))),
            "3 'f': record 'a/data/0': has a wrong size (got 16, expected 12) [T02]");
}

TEST_F(TensorTest, T03RecordMissing) {
  EXPECT_EQ(TensorRefusal(tensor(storage("7", 4), 0, shape({}), shape({}))),
            "3 'f': tensor 'w': its record 'data/7' is missing [T03]");
  EXPECT_EQ(TensorRefusal(tensor(storage("../data.pkl", 4), 0, shape({}), shape({}))),
            "3 'f': tensor 'w': its record 'data/../data.pkl' is missing [T03]");
}

TEST_F(TensorTest, T04BeyondTheStorage) {
  EXPECT_EQ(With(0, shape({2, 2}), shape({2, 1})), "accepted");
  EXPECT_EQ(With(3, shape({}), shape({})), "accepted");
  EXPECT_EQ(With(4, shape({}), shape({})), "3 'f': tensor 'w': lies beyond its storage (got 5, limit 4) [T04]");
  EXPECT_EQ(With(1, shape({2, 2}), shape({2, 1})), "3 'f': tensor 'w': lies beyond its storage (got 5, limit 4) [T04]");
  EXPECT_EQ(With(0, shape({5}), shape({1})), "3 'f': tensor 'w': lies beyond its storage (got 5, limit 4) [T04]");
}

TEST_F(TensorTest, T05HugeStride) {
  EXPECT_EQ(With(0, shape({2}), shape({1LL << 40})),
            "3 'f': tensor 'w': lies beyond its storage (got 1099511627777, limit 4) [T05]");
  EXPECT_EQ(With(0, shape({5, 1}), shape({1LL << 62, 1})),
            "3 'f': tensor 'w': lies beyond its storage (got 2^64, limit 4) [T05]");
  EXPECT_EQ(With(0, shape({1, 4}), shape({1LL << 40, 1})), "accepted");
}

TEST_F(TensorTest, T06NegativeOffset) {
  EXPECT_EQ(With(-1000, shape({}), shape({})), "3 'f': tensor 'w': its offset is negative or no integer [T06]");
}
TEST_F(TensorTest, T07NegativeStride) {
  EXPECT_EQ(With(3, shape({2}), shape({-1})), "3 'f': tensor 'w': its stride is negative (got -1) [T07]");
}
TEST_F(TensorTest, T08NegativeSize) {
  EXPECT_EQ(With(0, shape({-2}), shape({1})), "3 'f': tensor 'w': its size is negative (got -2) [T08]");
}

TEST_F(TensorTest, T09SizesThatWrap) {
  const std::string text = "3 'f': tensor 'w': its sizes multiply to more than 2^63 bytes [T09]";
  EXPECT_EQ(With(0, shape({1LL << 62}), shape({1})), text);
  EXPECT_EQ(With(0, shape({1LL << 32, 1LL << 32, 4}), shape({4, 4, 1})), text);
  EXPECT_EQ(With(0, shape({0, 1LL << 62, 1LL << 62}), shape({1, 1, 1})), text);
}

TEST_F(TensorTest, T10ExpandedBeyondCounting) {
  EXPECT_EQ(With(0, shape({1LL << 32, 1LL << 32}), shape({0, 0})),
            "4 'f': tensor 'w': is expanded to more than 2^63 bytes [T10]\n"
            "  help: if you trust the file, raise the limit with --max-bytes");
}

TEST_F(TensorTest, T11ExpandedToATerabyte) {
  EXPECT_EQ(With(0, shape({1LL << 38}), shape({0})),
            "4 'f': tensor 'w': the tensors take too many bytes (got 1099511627776, limit 4294967296) [T11]\n"
            "  help: if you trust the file, raise the limit with --max-bytes");
}

TEST_F(TensorTest, T12Ranks) {
  EXPECT_EQ(With(0, shape({2, 2}), shape({1})),
            "3 'f': tensor 'w': size and stride differ in rank (got 1, expected 2) [T12]");
  Code ones = "(";
  for (int i = 0; i < 65; ++i) ones += num(1);
  EXPECT_EQ(With(0, ones + "t", ones + "t"), "3 'f': tensor 'w': too many dimensions (got 65, limit 64) [T12]");
}

TEST_F(TensorTest, T13Quantised) {
  EXPECT_EQ(Refusal(Golden("quantised-213.pt")), "3 'f': tensor 'q': is quantised: save its dequantize() [T13]");
  EXPECT_EQ(Refusal(Golden("quantised-113.pt")), "3 'f': tensor 'q': is quantised: save its dequantize() [T13]");
}

TEST_F(TensorTest, T14Sparse) {
  EXPECT_EQ(Refusal(Golden("sparse-213.pt")), "3 'f': tensor 's': is sparse: save its to_dense() [T14]");
  EXPECT_EQ(Refusal(Golden("meta-213.pt")), "3 'f': tensor 'm': is on the meta device: it has no values [P22]");
}

TEST_F(TensorTest, T15OneStorageTwoKinds) {
  const Code other = tensor(storage("0", 4, "IntStorage"), 0, shape({}), shape({}));
  EXPECT_EQ(PickleRefusal(pickle(dict({{"v", GoodTensor()}, {"w", other}}))),
            "3 'f': tensor 'w': its storage '0' is used as two kinds (got IntStorage of 4, expected FloatStorage of 4) "
            "[T15]");
}

TEST_F(TensorTest, T16ManyTensorsOnOneStorage) {
  Code items = "}(";
  for (int i = 0; i < 1000; ++i) items += str("w" + std::to_string(i)) + GoodTensor();
  const std::string file = Saved(pickle(items + "u")).bytes();
  EXPECT_EQ(Refusal(file), "accepted");
  EXPECT_EQ(warnings,
            std::vector<std::string>{
                "'f': tensor 'w64': the tensors on its storage are more than 64 times as large as the storage [T16]"});
  options.caps.inflated_bytes = 1600;
  EXPECT_EQ(Refusal(file),
            "4 'f': tensor 'w100': the tensors take too many bytes (got 1616, limit 1600) [T11]\n"
            "  help: if you trust the file, raise the limit with --max-bytes");
  options.caps = {};
  options.caps.tensors = 999;
  EXPECT_EQ(Refusal(file),
            "4 'f': has more than 999 tensors [T16]\n"
            "  help: if you trust the file, raise the limit with --max-tensors");
}

TEST_F(TensorTest, T18ZeroSizeAndScalar) {
  EXPECT_EQ(With(0, shape({0, 3}), shape({3, 1})), "accepted");
  EXPECT_EQ(With(0, shape({}), shape({})), "accepted");
}

TEST_F(TensorTest, SharedStoragesAreOneStorage) {
  const Checkpoint read = Read(Golden("views-213.pt"));
  EXPECT_EQ(read.tensors.find("base")->storage, read.tensors.find("row")->storage);
  EXPECT_NE(read.tensors.find("base")->storage, read.tensors.find("scalar")->storage);
}

TEST_F(TensorTest, ViewsOutliveTheCheckpoint) {
  TensorView view;
  {
    Archive archive;
    archive.with_deflated("a/data.pkl", pickle(dict({{"w", GoodTensor()}})))
        .with_deflated("a/data/0", floats({1, 2, 3, 4}))
        .with_entry("a/version", "3\n");
    view = *Read(archive.bytes()).tensors.find("w");
  }
  EXPECT_EQ(Values(view), (std::vector<double>{1, 2, 3, 4}));
}

TEST_F(TensorTest, ConjugateViewsAreRefused) {
  const Code conjugate =
      call(global("torch._utils", "_rebuild_tensor_v2"),
           {storage("0", 4), num(0), shape({4}), shape({1}), "\x89", ordered_dict(), dict({{"conj", "\x88"}})});
  EXPECT_EQ(TensorRefusal(conjugate),
            "3 'f': tensor 'w': is a conjugate or negated view: save its resolve_conj() or resolve_neg() [P13]");
}

}  // namespace
}  // namespace scriptc::weights::test
