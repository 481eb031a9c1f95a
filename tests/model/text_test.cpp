#include "scriptc/model/text.h"

#include <gtest/gtest.h>

namespace scriptc {
namespace {

using Names = std::vector<std::string>;

TEST(Escape, KeepsTextAndUtf8) { EXPECT_EQ(escape("lenet é 数"), "lenet é 数"); }

TEST(Escape, ControlCharactersAndQuotes) {
  EXPECT_EQ(escape("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(escape(std::string_view("\0\x1b\x7f", 3)), "\\x00\\x1b\\x7f");
  EXPECT_EQ(escape("it's a \\"), "it\\'s a \\\\");
}

TEST(Escape, BrokenUtf8) {
  EXPECT_EQ(escape("\xff"), "\\xff");
  EXPECT_EQ(escape("\xc3"), "\\xc3");
  EXPECT_EQ(escape("\xc0\x80"), "\\xc0\\x80");
  EXPECT_EQ(escape("\xc2\x9b"), "\\xc2\\x9b");
}

TEST(Escape, IsCut) {
  EXPECT_EQ(escape("abcdef", 3), "abc...");
  EXPECT_EQ(escape("abc", 3), "abc");
  EXPECT_EQ(escape(std::string(300, 'x'), 0).size(), 300u);
}

TEST(Quote, AddsQuotes) { EXPECT_EQ(quote("a'b"), "'a\\'b'"); }

TEST(Join, PutsSeparatorsBetween) {
  EXPECT_EQ(join(Names{}), "");
  EXPECT_EQ(join(Names{"a"}), "a");
  EXPECT_EQ(join(Names{"a", "b"}, " or "), "a or b");
}

TEST(NearestNames, BestFirst) {
  EXPECT_EQ(nearest_names("conv", Names{"fc", "convs", "conv1x1", "cnov"}), (Names{"cnov", "convs"}));
}

TEST(NearestNames, IgnoresCase) { EXPECT_EQ(nearest_names("lenet", Names{"LeNet"}), Names{"LeNet"}); }

TEST(NearestNames, NothingNear) { EXPECT_EQ(nearest_names("abc", Names{"xyz", "abcdefgh"}), Names{}); }

TEST(NearestNames, AtMostAsManyAsAsked) {
  EXPECT_EQ(nearest_names("aaaa", Names{"aaab", "aaac", "aaad"}, 2), (Names{"aaab", "aaac"}));
}

TEST(DidYouMean, IsAHelpLineOrNothing) {
  EXPECT_EQ(did_you_mean("wieght", Names{"weight"}), "\n  help: did you mean 'weight'?");
  EXPECT_EQ(did_you_mean("abc", Names{"xyz"}), "");
}

// Expected values: textwrap.dedent of CPython 3.11.
TEST(Dedent, RemovesTheCommonMargin) {
  EXPECT_EQ(dedent("    def f():\n        return 1\n"), "def f():\n    return 1\n");
  EXPECT_EQ(dedent("\n  a\n    b\n  "), "\na\n  b\n");
}

TEST(Dedent, BlankLinesDoNotCount) { EXPECT_EQ(dedent("  a\n \n\n  b"), "a\n\n\nb"); }

TEST(Dedent, TabsAndBlanksAreNotCommon) { EXPECT_EQ(dedent("  a\n\tb"), "  a\n\tb"); }

}  // namespace
}  // namespace scriptc
