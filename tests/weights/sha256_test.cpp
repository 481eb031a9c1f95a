#include "weights/sha256.h"

#include "fixture.h"

namespace scriptc::weights::test {
namespace {

// Digests by `sha256sum`.
TEST(Sha256, KnownDigests) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes(std::string(1'000'000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, BothWaysAgreeAtEveryLength) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(sha256(as_bytes(text)), sha256_portable(as_bytes(text))) << i;
    text += static_cast<char>(i * 7);
  }
}

TEST(Sha256, OfAFile) { EXPECT_EQ(file_sha256(write_file("digest", "abc")), to_hex(sha256(as_bytes("abc")))); }

}  // namespace
}  // namespace scriptc::weights::test
