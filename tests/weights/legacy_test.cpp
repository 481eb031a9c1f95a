#include "fixture.h"

namespace scriptc::weights::test {
namespace {

const std::string kMagic{"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15};

class LegacyTest : public CheckpointTest {
 protected:
  static Code LegacyStorage(const Code& view = "N") {
    return tuple({str("storage"), global("torch", "FloatStorage"), str("7"), str("cpu"), num(4), view}) + "Q";
  }
  static std::string Head() { return kMagic + pickle(num(1001)) + pickle(dict({{"little_endian", "\x88"}})); }
  static std::string File(const Code& value, const Code& keys = list({str("7")})) {
    return Head() + pickle(value) + pickle(keys);
  }
  static std::string Data(std::int64_t numel = 4) { return little_endian(numel) + floats({1, 2, 3, 4}); }
  static Code Whole(const Code& storage) { return dict({{"w", tensor(storage, 0, shape({2}), shape({1}))}}); }
};

TEST_F(LegacyTest, ReadsStoragesAndViewsOfThem) {
  EXPECT_EQ(Values(*Read(File(Whole(LegacyStorage())) + Data()).tensors.find("w")), (std::vector<double>{1, 2}));
  const Code view = tuple({str("8"), num(2), num(2)});
  EXPECT_EQ(Values(*Read(File(Whole(LegacyStorage(view))) + Data()).tensors.find("w")), (std::vector<double>{3, 4}));
}

TEST_F(LegacyTest, ReadsEveryProtocol) {
  const std::string number = kMagic.substr(2);  // with STOP
  const std::string rest = File(Whole(LegacyStorage())).substr(kMagic.size()) + Data();
  for (const std::string& magic : {std::string("L119547037146038801333356L\n."), "\x80\x03" + number,
                                   "\x80\x04\x95" + little_endian(std::uint64_t{13}) + number,
                                   "\x80\x05\x95" + little_endian(std::uint64_t{13}) + number}) {
    const Checkpoint read = Read(magic + rest);
    EXPECT_EQ(read.format, "torch legacy");
    EXPECT_EQ(Values(*read.tensors.find("w")), (std::vector<double>{1, 2}));
  }
}

TEST_F(LegacyTest, ReadsAModuleSavedWithItsSource) {
  const Code type = tuple({str("module"), global("m", "Net"), str("net.py"), str("class Net: ...")}) + "Q";
  const Code module =
      type + ")\x81" + dict({{"_parameters", Whole(LegacyStorage())}, {"_buffers", "}"}, {"_modules", "}"}}) + "b";
  EXPECT_EQ(Names(Read(File(module) + Data())), "w[2]");
}

TEST_F(LegacyTest, N01MagicOrProtocolWrong) {
  std::string magic = Head();
  magic[6] = 'x';
  EXPECT_EQ(Refusal(magic), "3 'f': offset 0: the magic number of the legacy format is wrong [N01]");
  EXPECT_EQ(Refusal(kMagic + pickle(num(1002))), "3 'f': offset 0: unknown version of the legacy format [N01]");
  EXPECT_EQ(Refusal(kMagic + pickle(num(1001)) + pickle(num(1))),
            "3 'f': offset 0: the description of the writer's machine is malformed [N01]");
  EXPECT_EQ(Refusal(kMagic + pickle(num(1001)) + pickle(dict({{"little_endian", "\x89"}}))),
            "3 'f': offset 0: the file is big-endian, which is not supported [Z34]");
}

TEST_F(LegacyTest, N02Storages) {
  const std::string file = File(Whole(LegacyStorage()));
  EXPECT_EQ(Refusal(file + Data(5)),
            "3 'f': offset 235: storage '7' has a wrong number of elements (got 5, expected 4) [N02]");
  EXPECT_EQ(Refusal(file + Data().substr(0, 23)),
            "3 'f': offset 235: the file ends within storage '7' (got 15, expected 16) [N02]");
  EXPECT_EQ(Refusal(file), "3 'f': offset 235: the file ends before storage '7' [N02]");
  EXPECT_EQ(Refusal(file + Data() + "x"), "3 'f': offset 259: 1 bytes follow the last storage [N02]");
  EXPECT_EQ(Refusal(File(Whole(LegacyStorage()), list({})) + Data()),
            "3 'f': offset 223: wrong number of storages (got 0, expected 1) [N02]");
  EXPECT_EQ(Refusal(File(Whole(LegacyStorage()), list({str("8")})) + Data()),
            "3 'f': offset 223: the list of storages has a key that no tensor uses [N02]");
}

TEST_F(LegacyTest, N02CutAtEveryLength) {
  const std::string whole = Golden("legacy-213.pth");
  for (std::size_t length = 0; length < whole.size(); ++length)
    ASSERT_TRUE(Refusal(whole.substr(0, length)).starts_with("3 ")) << length;
}

TEST_F(LegacyTest, N03ViewOutOfRange) {
  const Code view = tuple({str("8"), num(3), num(2)});
  EXPECT_EQ(Refusal(File(Whole(LegacyStorage(view))) + Data()),
            "3 'f': its view of a storage lies beyond the storage [N03]");
}

}  // namespace
}  // namespace scriptc::weights::test
