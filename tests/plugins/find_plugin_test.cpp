#include <cstdlib>

#include "plugin_test.h"

namespace scriptc::plugins {
namespace {

class FindPlugin : public testing::Test {
 protected:
  void SetUp() override { setenv("SCRIPTC_PLUGIN_PATH", SCRIPTC_TEST_PLUGINS, 1); }
  void TearDown() override { unsetenv("SCRIPTC_PLUGIN_PATH"); }
};

TEST_F(FindPlugin, TakesPathsAsTheyAre) { EXPECT_EQ(find_plugin(fixture("good")), fixture("good")); }

TEST_F(FindPlugin, LooksUpBareNames) {
  EXPECT_EQ(find_plugin("good"), std::filesystem::canonical(fixture("good")).string());
}

TEST_F(FindPlugin, GoesThroughTheFoldersInOrder) {
  setenv("SCRIPTC_PLUGIN_PATH", ":/nowhere:/usr:" SCRIPTC_TEST_PLUGINS ":" SCRIPTC_TEST_PLUGINS, 1);
  EXPECT_EQ(plugin_folders().at(0), "/usr");
  EXPECT_EQ(plugin_folders().at(1), std::filesystem::canonical(SCRIPTC_TEST_PLUGINS).string());
  EXPECT_EQ(find_plugin("good"), std::filesystem::canonical(fixture("good")).string());
}

TEST_F(FindPlugin, NeverLooksInTheLibraryPath) {
  const std::string text = error_of([] { find_plugin("libc"); });
  EXPECT_EQ(text.substr(0, text.find('\n')), "io: plugin 'libc' was not found");
}

TEST_F(FindPlugin, NamesTheFoldersAndNearNames) {
  setenv("SCRIPTC_PLUGIN_PATH", SCRIPTC_TEST_PLUGINS, 1);
  const std::string text = error_of([] { find_plugin("god"); });
  std::string expected = "io: plugin 'god' was not found";
  for (const std::string& folder : plugin_folders()) expected += "\n  searched: " + folder;
  EXPECT_EQ(text, expected + "\n  help: did you mean 'good'?");
}

TEST_F(FindPlugin, NamesNearFilesForAPath) {
  EXPECT_EQ(error_of([] { find_plugin(fixture("gud")); }),
            "io: plugin 'gud.so' was not found: No such file or directory\n  help: did you mean 'good.so'?");
}

}  // namespace
}  // namespace scriptc::plugins
