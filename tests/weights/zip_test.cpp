#include "fixture.h"

namespace scriptc::weights::test {
namespace {

using ZipTest = CheckpointTest;
const std::string kWeights = "a/data/0";

TEST_F(ZipTest, ReadsAStoredArchive) {
  const Checkpoint read = Read(Good().bytes());
  EXPECT_EQ(read.format, "torch zip");
  EXPECT_EQ(Names(read), "w[2,2]");
  EXPECT_EQ(Values(*read.tensors.find("w")), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(warnings, std::vector<std::string>{});
}

TEST_F(ZipTest, ReadsDeflatedEntries) {
  Archive archive;
  archive.with_deflated("a/data.pkl", pickle(dict({{"w", GoodTensor()}})))
      .with_deflated(kWeights, floats({1, 2, 3, 4}))
      .with_deflated("a/version", "3\n")
      .with_deflated("a/byteorder", "little");
  EXPECT_EQ(Values(*Read(archive.bytes()).tensors.find("w")), (std::vector<double>{1, 2, 3, 4}));
}

TEST_F(ZipTest, Z05EmptyZip) { EXPECT_EQ(Refusal(Archive()), "3 'f': offset 0: the archive is empty [Z05]"); }

TEST_F(ZipTest, Z06CutAtEveryLength) {
  for (const std::string& whole : {Good().bytes(), Good().with_zip64().bytes(), Golden("net-213.pt")}) {
    ASSERT_EQ(Refusal(whole), "accepted");
    for (std::size_t length = 8; length < whole.size(); ++length) {
      const std::string end =
          "3 'f': offset " + std::to_string(length) + ": the zip archive is cut short: it has no end record [Z06]";
      ASSERT_EQ(Refusal(whole.substr(0, length)), end);
    }
  }
}

TEST_F(ZipTest, Z07DirectoryBeyondTheEnd) {
  EXPECT_EQ(Refusal(Good().change_end([](RawEnd& e) { e.end.directory_offset = 5000; })),
            "3 'f': offset 489: the directory reaches beyond its end (got 5165, limit 489) [Z07]");
}

TEST_F(ZipTest, Z08EntryCountWrong) {
  EXPECT_EQ(Refusal(Good().change_end([](RawEnd& e) { e.end.entries = e.end.entries_here = 2; })),
            "3 'f': offset 434: the directory has more entries than it says (2) [Z08]");
  EXPECT_EQ(Refusal(Good().change_end([](RawEnd& e) { e.end.entries = e.end.entries_here = 4; })),
            "3 'f': offset 324: the directory has no room for its entries (got 4, limit 3) [Z08]");
}

TEST_F(ZipTest, Z09SizesOfFourGigabytes) {
  EXPECT_EQ(
      Refusal(Good().change(kWeights, [](RawEntry& e) { e.directory.size = e.directory.compressed = 0xFFFFFFF0; })),
      "3 'f': record 'a/data/0': is larger than the file has room (got 4294967280, limit 95) [Z09]");
}

TEST_F(ZipTest, Z10LocalOffsetBeyondTheEnd) {
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.directory.offset = 5000; })),
            "3 'f': record 'a/data/0': its header lies beyond the entries (got 5000, limit 324) [Z10]");
}

TEST_F(ZipTest, Z11Zip64FieldsContradict) {
  EXPECT_EQ(Refusal(Good().with_zip64()), "accepted");
  EXPECT_EQ(Refusal(Good().with_zip64([](zip::End64Record& e, zip::Locator64&) { ++e.directory_size; })),
            "3 'f': offset 489: the zip64 end record contradicts the end record [Z11]");
  EXPECT_EQ(Refusal(Good().with_zip64([](zip::End64Record& e, zip::Locator64&) { e.record_size = 40; })),
            "3 'f': offset 489: the zip64 end record has a wrong size (got 40, expected 44) [Z11]");
  EXPECT_EQ(
      Refusal(Good().with_zip64([](zip::End64Record&, zip::Locator64& l) { l.end64_offset = ~std::uint64_t{0}; })),
      "3 'f': offset 565: the zip64 locator points at no zip64 end record [Z11]");
  EXPECT_EQ(Refusal(Good().change_end([](RawEnd& e) { e.end.directory_offset = zip::kIn64; })),
            "3 'f': offset 489: the zip64 end record is missing [Z11]");
}

TEST_F(ZipTest, Z11Zip64FieldOfAnEntry) {
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.directory.size = zip::kIn64; })),
            "3 'f': record 'a/data/0': its zip64 field is missing or cut short [Z11]");
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.directory_extra = "\x01"; })),
            "3 'f': record 'a/data/0': its extra field is cut short [Z11]");
  const auto wide = [](RawEntry& e) {
    e.directory.size = e.directory.compressed = zip::kIn64;
    e.directory_extra = little_endian(std::uint16_t{1}) + little_endian(std::uint16_t{16}) +
                        little_endian(std::uint64_t{16}) + little_endian(std::uint64_t{16});
  };
  EXPECT_EQ(Refusal(Good().change(kWeights, wide)), "accepted");
}

TEST_F(ZipTest, Z12CentralSizeSmallerThanTheData) {
  EXPECT_EQ(Refusal(Good().change(kWeights,
                                  [](RawEntry& e) {
                                    e.local.size = e.local.compressed = e.directory.size = e.directory.compressed = 12;
                                  })),
            "3 'f': record 'a/data/0': 4 bytes follow its data [Z12]");
}

TEST_F(ZipTest, Z13NamesDiffer) {
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.local_name = "a/data/1"; })),
            "3 'f': record 'a/data/0': its header has another name, 'a/data/1' [Z13]");
}

TEST_F(ZipTest, Z14HeadersDiffer) {
  const std::string text =
      "3 'f': record 'a/data/0': its header and the directory differ in sizes, CRC, method or flags [Z14]";
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { --e.local.size; })), text);
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.local.method = 8; })), text);
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.local.flags = 2; })), text);
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { ++e.local.crc; })), text);
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { --e.directory.compressed; })),
            "3 'f': record 'a/data/0': is stored, but its two sizes differ (got 15, expected 16) [Z14]");
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.local.flags = e.directory.flags = 1 << 5; })),
            "3 'f': record 'a/data/0': has unknown flags 32 [Z14]");
}

TEST_F(ZipTest, Z15DuplicateEntry) {
  EXPECT_EQ(Refusal(Good().with_entry(kWeights, floats({1, 2, 3, 4}))),
            "3 'f': record 'a/data/0': is there twice [Z15]");
}

TEST_F(ZipTest, Z16TwoEntriesOneRecord) {
  EXPECT_EQ(Refusal(Good().change("a/version", [](RawEntry& e) { e.directory.offset = 229; })),
            "3 'f': record 'a/version': lies where record 'a/data/0' lies [Z16]");
}

TEST_F(ZipTest, Z17OverlappingRecords) {
  EXPECT_EQ(Refusal(Good().change(kWeights,
                                  [](RawEntry& e) {
                                    e.local.size = e.local.compressed = e.directory.size = e.directory.compressed = 20;
                                  })),
            "3 'f': record 'a/data/0': reaches into what follows it [Z17]");
}

TEST_F(ZipTest, Z18WrongCrcOnWeights) {
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.local.crc = e.directory.crc = 7; })),
            "3 'f': record 'a/data/0': is damaged: wrong CRC-32 (got 2342982740, expected 7) [Z18]");
}

TEST_F(ZipTest, Z19WrongCrcOnThePickle) {
  EXPECT_EQ(Refusal(Good().change("a/version", [](RawEntry& e) { e.data = "2\n"; })),
            "3 'f': record 'a/version': is damaged: wrong CRC-32 (got 1283239824, expected 1432854225) [Z19]");
}

TEST_F(ZipTest, Z20CrcNotComputed) {
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.local.crc = e.directory.crc = 0; })), "accepted");
  EXPECT_EQ(warnings, std::vector<std::string>{"'f': record 'a/data/0': its CRC was not computed by the writer [Z20]"});
}

TEST_F(ZipTest, Z21Encrypted) {
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.local.flags = e.directory.flags = 1; })),
            "3 'f': record 'a/data/0': is encrypted [Z21]");
}

TEST_F(ZipTest, Z22MethodsByName) {
  const auto with = [this](std::uint16_t method) {
    return Refusal(Good().change(kWeights, [=](RawEntry& e) { e.local.method = e.directory.method = method; }));
  };
  EXPECT_EQ(with(99), "3 'f': record 'a/data/0': is compressed with method 99 (AES), which is not supported [Z22]");
  EXPECT_EQ(with(12), "3 'f': record 'a/data/0': is compressed with method 12 (bzip2), which is not supported [Z22]");
  EXPECT_EQ(with(93),
            "3 'f': record 'a/data/0': is compressed with method 93 (Zstandard), which is not supported [Z22]");
  EXPECT_EQ(with(77), "3 'f': record 'a/data/0': is compressed with method 77, which is not supported [Z22]");
}

TEST_F(ZipTest, Z23InflatesBeyondTheCap) {
  options.caps.inflated_bytes = 1000;
  Archive archive;
  archive.with_deflated("a/data.pkl", std::string(2000, 'N')).with_entry("a/version", "3\n");
  EXPECT_EQ(Refusal(archive),
            "4 'f': record 'a/data.pkl': inflates beyond the limit (got 2000, limit 1000) [Z23]\n"
            "  help: if you trust the file, raise the limit with --max-bytes");
}

TEST_F(ZipTest, Z24DeflateEndsEarlyOrLate) {
  const auto with = [this](std::uint32_t size) {
    Archive archive;
    archive
        .with_deflated("a/data.pkl", std::string(2000, 'N'),
                       [=](RawEntry& e) { e.local.size = e.directory.size = size; })
        .with_entry("a/version", "3\n");
    return Refusal(archive);
  };
  EXPECT_EQ(with(1999), "3 'f': record 'a/data.pkl': its compressed data ends late [Z24]");
  EXPECT_EQ(with(2001), "3 'f': record 'a/data.pkl': its compressed data ends early (got 2000, expected 2001) [Z24]");
  EXPECT_EQ(with(200u << 20), "3 'f': record 'a/data.pkl': its compressed data ends early [Z24]");
  Archive noise;
  noise.with_deflated("a/data.pkl", "NNNN", [](RawEntry& e) { e.data[0] = '\xFF'; }).with_entry("a/version", "3\n");
  EXPECT_EQ(Refusal(noise), "3 'f': record 'a/data.pkl': its compressed data is damaged [Z24]");
}

TEST_F(ZipTest, Z25BytesBeforeTheArchive) {
  EXPECT_EQ(Refusal(std::string(65536, 'x') + Good().bytes()), "3 'f': offset 0: bytes precede the zip archive [Z25]");
  EXPECT_EQ(Refusal(Good().bytes().substr(0, 353) + Good().bytes()),
            "3 'f': offset 0: 353 bytes too many before the directory's end [Z25]");
}

TEST_F(ZipTest, Z26BytesAfterTheArchive) {
  EXPECT_EQ(Refusal(Good().bytes() + std::string(65536, 'x')),
            "3 'f': offset 511: 65536 bytes follow the archive [Z26]");
}

TEST_F(ZipTest, Z27Comment) {
  EXPECT_EQ(Refusal(Good().change_end([](RawEnd& e) { e.comment = "hello"; })), "accepted");
  EXPECT_EQ(warnings, std::vector<std::string>{"'f': offset 489: the archive has a comment [Z27]"});
}

TEST_F(ZipTest, Z28NamesThatLeaveTheArchive) {
  const auto with = [this](const std::string& name) { return Refusal(Good().with_entry(name, "x")); };
  EXPECT_EQ(with("a/../b"), "3 'f': record 'a/../b': the name is not one of a file inside the archive [Z28]");
  EXPECT_EQ(with("../b"), "3 'f': record '../b': the name is not one of a file inside the archive [Z28]");
  EXPECT_EQ(with("/b"), "3 'f': record '/b': the name is not one of a file inside the archive [Z28]");
  EXPECT_EQ(with("a/b\\c"), "3 'f': record 'a/b\\\\c': the name is not one of a file inside the archive [Z28]");
  EXPECT_EQ(with(std::string("a/b\0c", 5)),
            "3 'f': record 'a/b\\x00c': the name is not one of a file inside the archive [Z28]");
}

TEST_F(ZipTest, Z29TwoRootFolders) {
  EXPECT_EQ(Refusal(Good().with_entry("b/x", "x")),
            "3 'f': record 'b/x': lies in another folder than the rest, 'a/' [Z29]");
  EXPECT_EQ(Refusal(Good().with_entry("x", "x")), "3 'f': record 'x': lies in no folder [Z29]");
}

TEST_F(ZipTest, Z30UnusedRecords) {
  Archive archive = Good();
  for (int i = 0; i < 20'000; ++i) archive.with_entry("a/unused/" + std::to_string(i), "");
  EXPECT_EQ(Refusal(archive), "accepted");
  options.caps.entries = 20'002;
  EXPECT_EQ(Refusal(archive),
            "4 'f': offset 2058269: too many entries (got 20003, limit 20002) [Z30]\n"
            "  help: if you trust the file, raise the limit with --max-entries");
}

TEST_F(ZipTest, Z31SeveralDisks) {
  EXPECT_EQ(Refusal(Good().change_end([](RawEnd& e) { e.end.disk = 1; })),
            "3 'f': offset 489: the archive is split over several disks [Z31]");
  EXPECT_EQ(Refusal(Good().change(kWeights, [](RawEntry& e) { e.directory.disk = 1; })),
            "3 'f': record 'a/data/0': lies on another disk [Z31]");
}

/// Moves sizes and CRC into a descriptor, as LibTorch does; `added` is the error in its size.
void describe_later(RawEntry& entry, std::uint32_t added, bool with_signature) {
  entry.local.flags = entry.directory.flags = zip::kDescriptorFlag;
  entry.local.crc = entry.local.size = entry.local.compressed = 0;
  if (with_signature) entry.descriptor = little_endian(zip::kDescriptorSignature);
  entry.descriptor += little_endian(entry.directory.crc) + little_endian(entry.directory.size) +
                      little_endian(entry.directory.size + added);
}

TEST_F(ZipTest, Z32DataDescriptorContradicts) {
  for (const bool with_signature : {true, false}) {
    EXPECT_EQ(Refusal(Good().change(kWeights, [&](RawEntry& e) { describe_later(e, 0, with_signature); })), "accepted");
    EXPECT_EQ(Refusal(Good().change(kWeights, [&](RawEntry& e) { describe_later(e, 1, with_signature); })),
              "3 'f': record 'a/data/0': its data descriptor and the directory differ [Z32]");
  }
}

TEST_F(ZipTest, Z33Versions) {
  const auto with = [this](const std::string& text) {
    Archive archive;
    return Refusal(archive.with_entry("a/data.pkl", pickle(dict({}))).with_entry("a/version", text));
  };
  EXPECT_EQ(with("abc"), "3 'f': record 'a/version': is no version number: 'abc' [Z33]");
  EXPECT_EQ(with("0\n"), "3 'f': record 'a/version': unknown version (got 0, expected 1 to 10) [Z33]");
  EXPECT_EQ(with("11"), "3 'f': record 'a/version': unknown version (got 11, expected 1 to 10) [Z33]");
  EXPECT_EQ(with(std::string(23, '1')),
            "3 'f': record 'a/version': is no version number: '11111111111111111111111' [Z33]");
  EXPECT_EQ(with(""), "3 'f': record 'a/version': unknown version (got 0, expected 1 to 10) [Z33]");
  EXPECT_EQ(with(std::string(65, '1')), "3 'f': record 'a/version': is too long (got 65, limit 64) [Z33]");
  EXPECT_EQ(Refusal(Archive().with_entry("a/data.pkl", "x")),
            "3 'f': record 'version': is missing: not an archive of torch.save or TorchScript [Z33]");
}

TEST_F(ZipTest, Z34Byteorder) {
  EXPECT_EQ(Refusal(Good().with_entry("a/byteorder", "little")), "accepted");
  EXPECT_EQ(Refusal(Good().with_entry("a/byteorder", "big")),
            "3 'f': record 'a/byteorder': the file is big-endian, which is not supported [Z34]");
  EXPECT_EQ(Refusal(Good().with_entry("a/byteorder", "odd")),
            "3 'f': record 'a/byteorder': unknown byte order 'odd' [Z34]");
}

TEST_F(ZipTest, Z33AndZ34DeflatedTexts) {
  // Their bytes lie in a buffer of the record's own, which messages must not outlive.
  const auto with = [this](const std::string& version, const std::string& order) {
    Archive archive;
    archive.with_entry("a/data.pkl", pickle(dict({}))).with_deflated("a/version", version);
    return Refusal(archive.with_deflated("a/byteorder", order));
  };
  const std::string text = "a text of more characters than a string holds in itself";
  EXPECT_EQ(with(text, "little"), "3 'f': record 'a/version': is no version number: '" + text + "' [Z33]");
  EXPECT_EQ(with("3\n", text), "3 'f': record 'a/byteorder': unknown byte order '" + text + "' [Z34]");
  EXPECT_EQ(with("3\n", "big"), "3 'f': record 'a/byteorder': the file is big-endian, which is not supported [Z34]");
  const std::string bomb(1'000'000, '3');
  EXPECT_EQ(with(bomb, "little"), "3 'f': record 'a/version': is too long (got 1000000, limit 64) [Z33]");
  EXPECT_EQ(with("3\n", bomb), "3 'f': record 'a/byteorder': is too long (got 1000000, limit 64) [Z34]");
}

}  // namespace
}  // namespace scriptc::weights::test
