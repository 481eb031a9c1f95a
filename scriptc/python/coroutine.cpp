#include "scriptc/python/coroutine.h"

#include <cxxabi.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "scriptc/model/error.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace scriptc::python {
namespace {

constexpr std::size_t kStack = std::size_t{1} << 20;
constexpr std::size_t kGuard = 4096;
// Below this much room no further call is begun; destructors and the unwinder still need some.
constexpr std::size_t kReserve = std::size_t{96} << 10;

std::vector<void*>& free_stacks() {
  static thread_local std::vector<void*> stacks;
  return stacks;
}

void* take_stack() {
  if (!free_stacks().empty()) {
    void* stack = free_stacks().back();
    free_stacks().pop_back();
    return stack;
  }
  void* stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack == MAP_FAILED) throw Error(ErrorKind::cap, "there is no memory for the stack of one more generator");
  mprotect(stack, kGuard, PROT_NONE);
  return stack;
}

void give_stack(void* stack) {
  constexpr std::size_t kKept = 16;
  if (free_stacks().size() < kKept)
    free_stacks().push_back(stack);
  else
    munmap(stack, kStack);
}

}  // namespace

Coroutine::Coroutine(std::function<void()> body) : body_(std::move(body)) {}

Coroutine::~Coroutine() {
  if (stack_ != nullptr) give_stack(stack_);
}

const char* Coroutine::stack_limit() const { return static_cast<const char*>(stack_) + kReserve; }

void Coroutine::switch_to(ucontext_t& from, ucontext_t& to, bool leaving) {
  void* globals = abi::__cxa_get_globals();
  void* mine[2];
  std::memcpy(mine, globals, sizeof mine);
  std::memcpy(globals, exceptions_, sizeof exceptions_);
  std::memcpy(exceptions_, mine, sizeof mine);
#if defined(__SANITIZE_ADDRESS__)
  void* saved = nullptr;
  const bool inwards = &to == &inside_;
  __sanitizer_start_switch_fiber(leaving ? nullptr : (inwards ? &saved : &fake_stack_),
                                 inwards ? stack_ : outside_bottom_, inwards ? kStack : outside_size_);
  swapcontext(&from, &to);
  __sanitizer_finish_switch_fiber(inwards ? saved : fake_stack_, inwards ? nullptr : &outside_bottom_,
                                  inwards ? nullptr : &outside_size_);
#else
  static_cast<void>(leaving);
  swapcontext(&from, &to);
#endif
}

void Coroutine::prepare() {
  if (stack_ == nullptr) stack_ = take_stack();
}

void Coroutine::resume() {
  if (!started_) {
    prepare();
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_;
    inside_.uc_stack.ss_size = kStack;
    inside_.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&inside_, reinterpret_cast<void (*)()>(&Coroutine::enter), 2, static_cast<unsigned>(self),
                static_cast<unsigned>(self >> 32));
    started_ = true;
  }
  switch_to(outside_, inside_, false);
}

void Coroutine::suspend() { switch_to(inside_, outside_, false); }

void Coroutine::enter(unsigned low, unsigned high) {
  auto* self = reinterpret_cast<Coroutine*>(static_cast<std::uintptr_t>(low) | static_cast<std::uintptr_t>(high) << 32);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self->outside_bottom_, &self->outside_size_);
#endif
  self->body_();
  self->finished_ = true;
  self->switch_to(self->inside_, self->outside_, true);
}

}  // namespace scriptc::python
