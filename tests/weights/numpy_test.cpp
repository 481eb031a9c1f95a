#include "fixture.h"

namespace scriptc::weights::test {
namespace {

class NumpyTest : public CheckpointTest {
 protected:
  static Code Type(const std::string& code, const std::string& order = "<", const Code& fields = "N") {
    return call(global("numpy", "dtype"), {str(code), "\x89", "\x88"}) +
           tuple({num(3), str(order), "N", "N", fields, num(-1), num(-1), num(0)}) + "b";
  }
  static Code Array(const Code& size, const Code& type, const Code& data, const Code& fortran = "\x89") {
    return call(global("numpy.core.multiarray", "_reconstruct"),
                {global("numpy", "ndarray"), tuple({num(0)}), bytes("b")}) +
           tuple({num(1), size, type, fortran, data}) + "b";
  }
  std::string With(const Code& array) { return Refusal(pickle(dict({{"w", array}}))); }
};

TEST_F(NumpyTest, ReadsEveryProtocol) {
  for (const std::string protocol : {"0", "1", "2", "3", "4", "5"}) {
    const Checkpoint read = Read(Golden("numpy" + protocol + ".pkl"));
    EXPECT_EQ(read.format, "pickle");
    EXPECT_EQ(read.wrapper, "model");
    for (const std::string name : {"f4", "big", "fortran"})
      EXPECT_EQ(Values(*read.tensors.find(name)), (std::vector<double>{0, 1, 2, 3, 4, 5})) << name << protocol;
  }
}

TEST_F(NumpyTest, N05ShapeAgainstBytes) {
  EXPECT_EQ(With(Array(shape({2}), Type("f4"), bytes(floats({1, 2})))), "accepted");
  EXPECT_EQ(With(Array(shape({3}), Type("f4"), bytes(floats({1, 2})))),
            "3 'f': tensor 'w': its shape and its bytes differ (got 8, expected 12) [N05]");
}

TEST_F(NumpyTest, EmptyArraysOfOldProtocols) {
  const Code nothing = global("__builtin__", "bytes") + ")R";
  EXPECT_EQ(Names(Read(pickle(dict({{"w", Array(shape({0, 3}), Type("f4"), nothing)}})))), "w[0,3]");
}

TEST_F(NumpyTest, N05ObjectsAndStructures) {
  EXPECT_EQ(With(Array(shape({1}), Type("O8"), list({"N"}))),
            "3 'f': tensor 'w': its numpy dtype 'O8' is not one of numbers [N05]");
  EXPECT_EQ(With(Array(shape({1}), Type("V8", "|", dict({})), bytes("12345678"))),
            "3 'f': tensor 'w': is a structured numpy array [N05]");
  EXPECT_EQ(With(Array(shape({-1}), Type("f4"), bytes("1234"))),
            "3 'f': tensor 'w': its shape holds what is no size [N05]");
}

TEST_F(NumpyTest, N07SizesThatWrap) {
  EXPECT_EQ(With(Array(shape({1LL << 40}), Type("f8"), bytes("12345678"))),
            "3 'f': tensor 'w': its shape and its bytes differ (got 8, expected 8796093022208) [N05]");
  EXPECT_EQ(With(Array(shape({1LL << 62, 16}), Type("f8"), bytes("12345678"))),
            "3 'f': tensor 'w': its sizes multiply to more than 2^64 bytes [N07]");
}

TEST_F(NumpyTest, N08Latin1) {
  const Code text = call(global("_codecs", "encode"), {str("\xc3\xbf\xc3\xbf"
                                                           "ab"),
                                                       str("latin1")});
  EXPECT_EQ(With(Array(shape({4}), Type("u1", "|"), text)), "accepted");
  const Code wide = call(global("_codecs", "encode"), {str("\xe2\x82\xac"), str("latin1")});
  EXPECT_EQ(With(wide), "3 'f': offset 47: text is not Latin-1 [N08]");
}

TEST_F(NumpyTest, StoragesNeedAnArchive) {
  EXPECT_EQ(With(GoodTensor()), "3 'f': tensor 'w': lies in a storage, which a plain pickle does not have [P20]");
}

}  // namespace
}  // namespace scriptc::weights::test
