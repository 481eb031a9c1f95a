#include "scriptc/cli/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "scriptc/cli/temporary_files.h"
#include "tests/cli/error_of.h"

namespace scriptc::cli {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() {
    std::string pattern = testing::TempDir() + "scriptc-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~OutputFileTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void put(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
  std::string content(const std::string& name) const {
    std::ifstream file(path(name));
    return (std::ostringstream() << file.rdbuf()).str();
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.insert(entry.path().filename());
    return found;
  }
  mode_t mode(const std::string& name) const {
    struct stat status {};
    return ::stat(path(name).c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }
  void write_whole(const std::string& name, const std::string& text) const {
    OutputFile file(path(name), "output");
    file.create();
    file.write(text.data(), text.size());
    file.commit();
  }
  std::string refuse(const std::string& name) const {
    return error_of([&] { write_whole(name, "new"); });
  }
  /// Runs `action` in a child; its exit status as waitpid gives it.
  template <class Action>
  int in_child(Action&& action) const {
    const pid_t child = ::fork();
    if (child == 0) {
      action();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  fs::path folder_;
};

using Names = std::set<std::string>;

TEST_F(OutputFileTest, AppearsOnCommit) {
  OutputFile file(path("a.pt"), "output");
  file.create();
  file.write("whole", 5);
  EXPECT_FALSE(fs::exists(path("a.pt")));
  std::ifstream written(file.temporary_path());
  EXPECT_EQ((std::ostringstream() << written.rdbuf()).str(), "whole");
  file.commit();
  EXPECT_EQ(content("a.pt"), "whole");
  EXPECT_EQ(names(), Names{"a.pt"});
  EXPECT_EQ(file.size(), 5u);
}

TEST_F(OutputFileTest, RewritesWhatWasWritten) {
  OutputFile file(path("a.pt"), "output");
  file.create();
  file.write("abcdef", 6);
  file.rewrite(2, "XY", 2);
  file.write("g", 1);
  file.commit();
  EXPECT_EQ(content("a.pt"), "abXYefg");
  EXPECT_EQ(file.size(), 7u);
}

TEST_F(OutputFileTest, WithoutCommitTheOldFileStays) {
  put("a.pt", "old");
  {
    OutputFile file(path("a.pt"), "output");
    file.create();
    file.write("new", 3);
  }
  EXPECT_EQ(content("a.pt"), "old");
  EXPECT_EQ(names(), Names{"a.pt"});
}

TEST_F(OutputFileTest, NothingIsCreatedByChecking) {
  OutputFile file(path("a.pt"), "output");
  EXPECT_EQ(names(), Names{});
}

TEST_F(OutputFileTest, KeepsPermissions) {
  put("a.pt", "old");
  ::chmod(path("a.pt").c_str(), 0640);
  write_whole("a.pt", "new");
  EXPECT_EQ(mode("a.pt"), 0640u);
}

TEST_F(OutputFileTest, NewFileFollowsTheUmask) {
  const mode_t before = ::umask(027);
  write_whole("a.pt", "new");
  ::umask(before);
  EXPECT_EQ(mode("a.pt"), 0640u);
}

TEST_F(OutputFileTest, FollowsALinkToItsTarget) {
  fs::create_directory(path("far"));
  put("far/a.pt", "old");
  fs::create_symlink("far/a.pt", path("link.pt"));
  write_whole("link.pt", "new");
  EXPECT_TRUE(fs::is_symlink(path("link.pt")));
  EXPECT_EQ(content("far/a.pt"), "new");
}

TEST_F(OutputFileTest, FollowsALinkToNothing) {
  fs::create_symlink("a.pt", path("link.pt"));
  write_whole("link.pt", "new");
  EXPECT_EQ(content("a.pt"), "new");
}

TEST_F(OutputFileTest, RefusesALoopOfLinks) {
  fs::create_symlink("b", path("a"));
  fs::create_symlink("a", path("b"));
  EXPECT_EQ(refuse("a"), "5: output '" + path("a") + "' cannot be followed: Too many levels of symbolic links");
}

TEST_F(OutputFileTest, RefusesWhatIsNoFile) {
  fs::create_directory(path("folder"));
  ::mkfifo(path("fifo").c_str(), 0600);
  EXPECT_EQ(refuse("folder"), "5: output '" + path("folder") + "' is a folder, not a file");
  EXPECT_EQ(refuse("fifo"), "5: output '" + path("fifo") + "' is a FIFO, not a file");
  EXPECT_EQ(refuse("new/"), "5: output '" + path("new/") + "' is a folder, not a file");
  for (const std::string device : {"/dev/null", "/dev/full"})
    EXPECT_EQ(error_of([&] { OutputFile(device, "output"); }), "5: output '" + device + "' is a device, not a file");
  EXPECT_EQ(error_of([] { OutputFile("", "report"); }), "5: report '' is a folder, not a file");
}

TEST_F(OutputFileTest, RefusesAMissingFolder) {
  EXPECT_EQ(refuse("none/a.pt"),
            "5: output folder '" + path("none") + "' does not exist\n  help: mkdir -p '" + path("none") + "'");
  put("file", "");
  EXPECT_EQ(refuse("file/a.pt"), "5: output folder '" + path("file") + "' is no folder");
}

TEST_F(OutputFileTest, RefusesWhatCannotBeWritten) {
  put("read-only.pt", "old");
  fs::create_directory(path("closed"));
  ::chmod(path("read-only.pt").c_str(), 0444);
  ::chmod(path("closed").c_str(), 0555);
  ::chmod(folder_.c_str(), 0777);
  const int status = in_child([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);  // root may write anywhere
    const bool good =
        refuse("closed/a.pt") == "5: output folder '" + path("closed") + "' is not writable: Permission denied" &&
        refuse("read-only.pt") == "5: output '" + path("read-only.pt") + "' is not writable: Permission denied";
    ::_exit(good ? 17 : 1);
  });
  EXPECT_EQ(WEXITSTATUS(status), 17);
  EXPECT_EQ(content("read-only.pt"), "old");
}

TEST_F(OutputFileTest, RefusesANameThatIsTooLong) {
  const std::string name(256, 'x');
  EXPECT_EQ(error_of([&] { OutputFile(path(name), "output"); }).substr(0, 10), "5: output ");
  write_whole(std::string(255, 'x'), "new");
  EXPECT_EQ(names(), Names{std::string(255, 'x')});
}

TEST_F(OutputFileTest, AFullDiskLeavesTheOldFile) {
  put("a.pt", "old");
  std::string message;
  // A limit on the size of files fails writes as a full disk does.
  const int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string big(100'000, 'x');
    OutputFile file(path("a.pt"), "output");
    file.create();
    const std::string first = error_of([&] { file.write(big.data(), big.size()); });
    const std::string again = error_of([&] { file.write("x", 1); });
    const std::string committed = error_of([&] { file.commit(); });
    const bool good = first == "5: output '" + path("a.pt") + "' cannot be written: File too large" && again == first &&
                      committed == first;
    ::_exit(good ? 17 : 1);
  });
  EXPECT_EQ(WEXITSTATUS(status), 17);
  EXPECT_EQ(content("a.pt"), "old");
  EXPECT_EQ(names(), Names{"a.pt"});
}

TEST_F(OutputFileTest, SignalsRemoveTheTemporary) {
  put("a.pt", "old");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = in_child([&] {
      install_signal_handlers();
      OutputFile file(path("a.pt"), "output");
      file.create();
      file.write("half", 4);
      ::raise(signal);
    });
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    EXPECT_EQ(names(), Names{"a.pt"});
    EXPECT_EQ(content("a.pt"), "old");
  }
}

TEST_F(OutputFileTest, TheNextWriterRemovesWhatAKilledOneLeft) {
  const std::string left = temporary_name("a.pt");
  put(left, "half");
  put(temporary_name("b.pt"), "another's");
  put("." + left, "no temporary");
  put(".a.pt.0123.tmp", "no temporary");
  const Names before = names();
  write_whole("a.pt", "new");
  Names after = before;
  after.erase(left);
  after.insert("a.pt");
  EXPECT_EQ(names(), after);
}

TEST_F(OutputFileTest, TheTemporaryOfALivingWriterStays) {
  const std::string held = temporary_name("a.pt");
  put(held, "half");
  const int file = ::open(path(held).c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(file, LOCK_EX), 0);
  write_whole("a.pt", "new");
  EXPECT_EQ(names(), (Names{"a.pt", held}));
  ::close(file);
  write_whole("a.pt", "newer");
  EXPECT_EQ(names(), Names{"a.pt"});
}

TEST_F(OutputFileTest, ALinkNamedLikeATemporaryIsNotFollowed) {
  const std::string link = temporary_name("a.pt");
  put("precious", "kept");
  fs::create_symlink("precious", path(link));
  write_whole("a.pt", "new");
  EXPECT_EQ(names(), (Names{"a.pt", "precious", link}));
  EXPECT_EQ(content("precious"), "kept");
}

TEST_F(OutputFileTest, TwoAreCommittedTogether) {
  put("a.pt", "old");
  put("r.json", "old");
  OutputFile file(path("a.pt"), "output"), report(path("r.json"), "report");
  file.create();
  report.create();
  file.write("new", 3);
  report.write("newer", 5);
  file.commit_with(report);
  EXPECT_EQ(content("a.pt") + " " + content("r.json"), "new newer");
  EXPECT_EQ(names(), (Names{"a.pt", "r.json"}));
}

TEST_F(OutputFileTest, TwoAreLeftAloneTogether) {
  put("r.json", "old");
  for (const bool older : {true, false}) {
    OutputFile file(path("a.pt"), "output"), report(path("r.json"), "report");
    file.create();
    report.create();
    // What cannot be replaced by a file.
    fs::create_directory(path("a.pt"));
    EXPECT_EQ(error_of([&] { file.commit_with(report); }),
              "5: output '" + path("a.pt") + "' cannot be replaced: Is a directory");
    fs::remove(path("a.pt"));
    EXPECT_EQ(names(), older ? Names{"r.json"} : Names{});
    EXPECT_EQ(content("r.json"), older ? "old" : "");
    fs::remove(path("r.json"));
  }
}

TEST_F(OutputFileTest, SameTargetByTwoNames) {
  const OutputFile file(path("a.pt"), "output");
  EXPECT_TRUE(file.same_target(OutputFile(path("./a.pt"), "report")));
  EXPECT_FALSE(file.same_target(OutputFile(path("b.pt"), "report")));
}

TEST_F(OutputFileTest, SameTargetThroughALink) {
  put("a.pt", "old");
  fs::create_symlink("a.pt", path("link.pt"));
  EXPECT_TRUE(OutputFile(path("a.pt"), "output").replaces(path("link.pt")));
  EXPECT_FALSE(OutputFile(path("b.pt"), "output").replaces(path("a.pt")));
}

}  // namespace
}  // namespace scriptc::cli
