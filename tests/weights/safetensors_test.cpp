#include "fixture.h"

namespace scriptc::weights::test {
namespace {

class SafetensorsTest : public CheckpointTest {
 protected:
  static std::string File(const std::string& header, const std::string& data) {
    return little_endian(std::uint64_t{header.size()}) + header + data;
  }
  std::string With(const std::string& header, std::size_t bytes = 8) {
    return Refusal(File(header, std::string(bytes, '\0')));
  }
  /// Refusal of one tensor of eight bytes with these fields.
  std::string Tensor(const std::string& dtype, const std::string& size, const std::string& offsets = "[0,8]") {
    return With(R"({"w":{"dtype":")" + dtype + R"(","shape":)" + size + R"(,"data_offsets":)" + offsets + "}}");
  }
};

TEST_F(SafetensorsTest, ReadsTensors) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}   )";
  const Checkpoint read = Read(File(header, little_endian(std::int64_t{7}) + floats({1, 2})));
  EXPECT_EQ(read.format, "safetensors");
  EXPECT_EQ(Names(read), "b[2] a[]");
  EXPECT_EQ(Values(*read.tensors.find("b")), (std::vector<double>{1, 2}));
  EXPECT_EQ(Values(*read.tensors.find("a")), std::vector<double>{7});
}

TEST_F(SafetensorsTest, S01TooShort) {
  EXPECT_EQ(Refusal(std::string("\x02\0\0\0\0\0\0", 7)), "3 'f': is too short for a checkpoint (got 7, limit 8) [Z02]");
}

TEST_F(SafetensorsTest, S02HeaderLength) {
  EXPECT_EQ(Refusal(little_endian(std::uint64_t{0}) + "{}"),
            "3 'f': offset 0: the length of the header is wrong (got 0, limit 2) [S02]");
  EXPECT_EQ(Refusal(little_endian(std::uint64_t{1} << 63) + "{}"),
            "3 'f': offset 0: the length of the header is wrong (got 9223372036854775808, limit 2) [S02]");
  options.caps.header_bytes = 1;
  EXPECT_EQ(With("{}", 0),
            "4 'f': offset 0: the header is too large (got 2, limit 1) [S02]\n"
            "  help: if you trust the file, raise the limit with --max-header-bytes");
}

TEST_F(SafetensorsTest, S03NotJson) {
  EXPECT_EQ(With("{\"a\":}"), "3 'f': offset 13: the header is not valid JSON [S03]");
  EXPECT_EQ(With("{\"a\xff\":1}"), "3 'f': offset 11: the header is not valid JSON [S03]");
  EXPECT_EQ(With("{\"w\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},}"),
            "3 'f': offset 61: the header is not valid JSON [S03]");
  EXPECT_EQ(With("{} x"), "3 'f': offset 11: the header is not valid JSON [S03]");
  EXPECT_EQ(With(std::string("{}\0x", 4)), "3 'f': offset 10: the header is not valid JSON [S03]");
  EXPECT_EQ(With("{\"a\":1}"), "3 'f': header: has a number where a tensor is expected [S03]");
}

TEST_F(SafetensorsTest, LengthsThatLookLikeOtherFormats) {
  const auto accepts = [this](std::size_t length) {
    std::string header = R"({"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})";
    header.resize(length, ' ');
    return Refusal(File(header, std::string(8, '\0')));
  };
  EXPECT_EQ(accepts(0x8b1f), "accepted");    // gzip
  EXPECT_EQ(accepts(0x685a42), "accepted");  // bzip2: BZh
  std::string header = R"({"__metadata__":{"a":")";
  header.resize(257 - 8, 'x');
  EXPECT_EQ(With(header + "ustar\"}}", 0), "accepted");
}

TEST_F(SafetensorsTest, S04LeadingSpace) {
  EXPECT_EQ(With(R"( {"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})"), "accepted");
  EXPECT_EQ(warnings, std::vector<std::string>{"'f': offset 8: the header starts with white space [S04]"});
}

TEST_F(SafetensorsTest, S05DuplicateNames) {
  const std::string one = R"("w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]})";
  EXPECT_EQ(With("{" + one + "," + one + "}"), "3 'f': tensor 'w': is there twice [S05]");
}

TEST_F(SafetensorsTest, S06Offsets) {
  EXPECT_EQ(Tensor("F32", "[2]"), "accepted");
  EXPECT_EQ(Tensor("F32", "[2]", "[8,0]"), "3 'f': tensor 'w': its data lies beyond the file (got 8, limit 8) [S06]");
  EXPECT_EQ(Tensor("F32", "[2]", "[8,16]"), "3 'f': tensor 'w': its data lies beyond the file (got 16, limit 8) [S06]");
  EXPECT_EQ(Tensor("F32", "[1]", "[4,8]"), "3 'f': tensor 'w': a hole precedes its data [S06]");
  EXPECT_EQ(Tensor("F32", "[3]"), "3 'f': tensor 'w': its shape and its data differ (got 8, expected 12) [S06]");
  EXPECT_EQ(
      With(
          R"({"v":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"w":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"),
      "3 'f': tensor 'w': its data overlaps another's [S06]");
}

TEST_F(SafetensorsTest, S07Shapes) {
  EXPECT_EQ(Tensor("F32", "[4294967296,4294967296,4294967296]"),
            "3 'f': tensor 'w': its sizes multiply to more than 2^63 bytes [S07]");
  EXPECT_EQ(Tensor("F32", "[-2]"), "3 'f': tensor 'w': has -2 as 'shape' [S07]");
  EXPECT_EQ(Tensor("F32", "[1e3]"), "3 'f': tensor 'w': has 1e3 as 'shape' [S07]");
  EXPECT_EQ(Tensor("F32", "[\"4\"]"), "3 'f': tensor 'w': has a string as 'shape' [S07]");
  EXPECT_EQ(Tensor("F32", "2"), "3 'f': tensor 'w': has a number as 'shape' [S07]");
  EXPECT_EQ(With(R"({"w":{"dtype":"U8"}})"), "3 'f': tensor 'w': lacks dtype, shape or data_offsets [S07]");
}

TEST_F(SafetensorsTest, S08AndS09DTypes) {
  EXPECT_EQ(Tensor("F4", "[16]"),
            "3 'f': tensor 'w': has elements of less than a byte (F4), which are not supported [S08]");
  EXPECT_EQ(Tensor("F99", "[2]"), "3 'f': tensor 'w': unknown dtype 'F99' [S09]");
}

TEST_F(SafetensorsTest, S10Metadata) {
  EXPECT_EQ(With(R"({"__metadata__":{"a":1}})", 0), "3 'f': metadata 'a': is a number, not a string [S10]");
  EXPECT_EQ(With(R"({"__metadata__":{"a":{"b":"c"}}})", 0), "3 'f': metadata 'a': is an object, not a string [S10]");
}

TEST_F(SafetensorsTest, S11BytesAfter) {
  EXPECT_EQ(Tensor("U8", "[4]", "[0,4]"), "3 'f': 4 bytes follow the last tensor [S11]");
}

TEST_F(SafetensorsTest, S12ManyNames) {
  std::string names = "{";
  for (int i = 0; i < 50'000; ++i)
    names += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  names += "}";
  EXPECT_EQ(With(names, 0), "accepted");
  options.caps.tensors = 49'999;
  EXPECT_EQ(With(names, 0),
            "4 'f': header: too many tensors (got more, limit 49999) [S12]\n"
            "  help: if you trust the file, raise the limit with --max-tensors");
}

TEST_F(SafetensorsTest, CutAtEveryLength) {
  const std::string whole = File(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", floats({1, 2}));
  ASSERT_EQ(Refusal(whole), "accepted");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_TRUE(Refusal(whole.substr(0, length)).starts_with("3 'f': ")) << length;
}

TEST_F(SafetensorsTest, S13NestedDeeply) {
  EXPECT_EQ(With("{\"a\":" + std::string(100'000, '[')),
            "3 'f': header: has an array where a tensor is expected [S03]");
  EXPECT_EQ(Tensor("U8", std::string(100'000, '[')), "3 'f': tensor 'w': has an array as 'shape' [S07]");
}

TEST_F(SafetensorsTest, S14LoneSurrogate) {
  EXPECT_EQ(With(R"({"\ud800":1})"), "3 'f': offset 16: the header is not valid JSON [S03]");
}

}  // namespace
}  // namespace scriptc::weights::test
