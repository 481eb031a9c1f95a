#include "scriptc/cli/temporary_files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "scriptc/model/error.h"

namespace scriptc::cli {
namespace {

// A signal handler may neither lock nor allocate: a slot is one pointer, set and cleared in one step.
std::array<std::atomic<const char*>, 8> temporaries{};
static_assert(std::atomic<const char*>::is_always_lock_free);

constexpr std::size_t kDigits = 16;
constexpr std::string_view kEnd = ".tmp";

/// What the names of all temporaries for `name` begin with.
std::string temporary_prefix(const std::string& name) {
  return "." + name.substr(0, kLongestName - 2 - kDigits - kEnd.size()) + ".";
}

bool is_temporary(std::string_view entry, const std::string& prefix) {
  if (entry.size() != prefix.size() + kDigits + kEnd.size()) return false;
  if (!entry.starts_with(prefix) || !entry.ends_with(kEnd)) return false;
  return entry.find_first_not_of("0123456789abcdef", prefix.size()) == prefix.size() + kDigits;
}

/// Removes the file if it is our user's and its writer is gone.
void remove_unlocked(const std::string& path) {
  // Not blocking: nobody says that it is a file.
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return;
  struct stat status {};
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
      ::flock(file, LOCK_EX | LOCK_NB) == 0)
    ::unlink(path.c_str());
  ::close(file);
}

void remove_and_die(int signal) {
  for (const auto& slot : temporaries)
    if (const char* path = slot.load()) ::unlink(path);
  // The handler was reset on entry (SA_RESETHAND): the parent sees the signal's own way of dying.
  ::raise(signal);
}

}  // namespace

void remember_temporary(const std::string& path) {
  // Never shrinks: a handler on another thread may be reading a path that was just forgotten.
  static std::deque<std::string> paths;
  for (auto& slot : temporaries) {
    if (slot.load()) continue;
    slot.store(paths.emplace_back(path).c_str());
    return;
  }
  throw Error(ErrorKind::internal, "too many temporary files");
}

void forget_temporary(const std::string& path) {
  for (auto& slot : temporaries)
    if (const char* known = slot.load(); known && path == known) slot.store(nullptr);
}

std::string temporary_name(const std::string& name) {
  // Not std::random_device, which may have to open a file. Names that repeat are tried again.
  std::uint64_t number = 0;
  static_cast<void>(::getrandom(&number, sizeof number, 0));
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return temporary_prefix(name).append(digits).append(kEnd);
}

void remove_stale_temporaries(const std::string& folder, const std::string& name) {
  const std::string prefix = temporary_prefix(name);
  std::error_code none;
  // A folder that may be written but not listed has no more to say.
  for (std::filesystem::directory_iterator entry(folder, none), end; !none && entry != end; entry.increment(none))
    if (is_temporary(entry->path().filename().native(), prefix)) remove_unlocked(entry->path());
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = remove_and_die;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGXCPU}) {
    struct sigaction old {};
    // What the parent ignores (nohup) stays ignored.
    if (::sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    ::sigaction(signal, &action, nullptr);
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace scriptc::cli
