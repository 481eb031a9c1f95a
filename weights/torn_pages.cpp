#include "weights/torn_pages.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "scriptc/model/error.h"

namespace scriptc::weights {
namespace {

struct Range {
  std::atomic<bool> used{false};
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
  std::atomic<bool> torn{false};
};

// A fixed table, because the handler can neither lock nor allocate. One mapping is one checkpoint, or a shard of one.
std::array<Range, 1024> ranges;
std::uintptr_t page_size = 4096;
struct sigaction before {};

void pass_on(int signal, siginfo_t* info, void* context) {
  if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(signal, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
  } else {
    // The faulting instruction runs again and meets the default action.
    ::sigaction(signal, &before, nullptr);
  }
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (Range& range : ranges) {
    const std::uintptr_t end = range.end.load();
    if (address < range.begin.load() || address >= end) continue;
    const std::uintptr_t page = address & ~(page_size - 1);
    // To the end at once: a file that shrank has lost all that follows, too.
    void* mapped = ::mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) break;
    range.torn.store(true);
    return;
  }
  pass_on(signal, info, context);
}

void install() {
  page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &before);
}

}  // namespace

TornPageGuard::TornPageGuard(const std::byte* base, std::size_t size) : slot_(0) {
  static std::once_flag once;
  std::call_once(once, install);
  for (; slot_ < ranges.size(); ++slot_) {
    bool free = false;
    if (ranges[slot_].used.compare_exchange_strong(free, true)) break;
  }
  if (slot_ == ranges.size()) throw Error(ErrorKind::internal, "too many files are mapped at the same time");
  Range& range = ranges[slot_];
  range.torn.store(false);
  range.begin.store(reinterpret_cast<std::uintptr_t>(base));
  range.end.store(reinterpret_cast<std::uintptr_t>(base) + size);
}

TornPageGuard::~TornPageGuard() {
  Range& range = ranges[slot_];
  range.end.store(0);
  range.begin.store(0);
  range.used.store(false);
}

void release_pages(const void* data, std::size_t size) {
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  for (const Range& range : ranges) {
    // A mapping starts at a page, so what is rounded to pages lies in it still.
    const std::uintptr_t mapped = range.begin.load(), end = range.end.load();
    if (begin < mapped || begin >= end) continue;
    const std::uintptr_t first = (begin + page_size - 1) & ~(page_size - 1);
    const std::uintptr_t last = std::min(begin + size, end) & ~(page_size - 1);
    // Read-only and never written to: nothing is lost. A failure costs memory only.
    if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
    return;
  }
}

bool TornPageGuard::torn() const { return ranges[slot_].torn.load(); }

}  // namespace scriptc::weights
