#include "fixture.h"

namespace scriptc::weights::test {
namespace {

using FormatTest = CheckpointTest;

TEST_F(FormatTest, Z01Empty) { EXPECT_EQ(Refusal(std::string()), "3 'f': is empty [Z01]"); }
TEST_F(FormatTest, Z02OneByte) {
  EXPECT_EQ(Refusal(std::string("P")), "3 'f': is too short for a checkpoint (got 1, limit 8) [Z02]");
}
TEST_F(FormatTest, Z03Html) {
  EXPECT_EQ(Refusal(std::string("\n<!DOCTYPE HTML><p>404")), "3 'f': looks like HTML; download failed? [Z03]");
  EXPECT_EQ(Refusal(std::string("<HTML lang=en>")), "3 'f': looks like HTML; download failed? [Z03]");
}
TEST_F(FormatTest, Z04GitLfs) {
  EXPECT_EQ(Refusal(std::string("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")),
            "3 'f': is a git-lfs pointer, not the file itself: run `git lfs pull` [Z04]");
}
TEST_F(FormatTest, Z35OtherFormatsByName) {
  EXPECT_EQ(Refusal(std::string("\x1f\x8b\x08\0\0\0\0\0", 8)),
            "3 'f': is compressed with gzip, not a checkpoint [Z35]");
  EXPECT_EQ(Refusal(std::string("7z\xbc\xaf\x27\x1c\0\4", 8)), "3 'f': is a 7z archive, not a checkpoint [Z35]");
  EXPECT_EQ(Refusal(std::string(257, '\0') + "ustar" + std::string(300, '\0')),
            "3 'f': is a tar archive, not a checkpoint [Z35]");
  EXPECT_EQ(Refusal(std::string("hello, world")),
            "3 'f': is of no known format (known: torch.save, TorchScript, safetensors, pickle) [Z35]");
}

}  // namespace
}  // namespace scriptc::weights::test
