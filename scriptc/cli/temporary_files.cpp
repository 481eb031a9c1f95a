#include "scriptc/cli/temporary_files.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <deque>

#include "scriptc/model/error.h"

namespace scriptc::cli {
namespace {

// A signal handler may neither lock nor allocate: a slot is one pointer, set and cleared in one step.
std::array<std::atomic<const char*>, 8> temporaries{};
static_assert(std::atomic<const char*>::is_always_lock_free);

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

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = remove_and_die;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT}) {
    struct sigaction old {};
    // What the parent ignores (nohup) stays ignored.
    if (::sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    ::sigaction(signal, &action, nullptr);
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace scriptc::cli
