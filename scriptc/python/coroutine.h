#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>

namespace scriptc::python {

/// A function that runs on its own stack and can be suspended. The stack is mapped without being touched, so that it
/// costs only what is used; a guard page below it turns an overflow into a fault instead of damage.
class Coroutine {
 public:
  explicit Coroutine(std::function<void()> body);
  /// REQUIRES: never started, or finished.
  ~Coroutine();
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;

  /// Takes a stack, so that `stack_limit` is known; `resume` does it otherwise.
  void prepare();
  /// Runs until the next `suspend` or the end. REQUIRES: not finished, not running.
  void resume();
  /// Called from inside: back to where `resume` was called.
  void suspend();
  bool started() const { return started_; }
  bool finished() const { return finished_; }
  /// The lowest address that the body may use.
  const char* stack_limit() const;

 private:
  static void enter(unsigned low, unsigned high);
  void switch_to(ucontext_t& from, ucontext_t& to, bool leaving);

  std::function<void()> body_;
  void* stack_ = nullptr;
  ucontext_t inside_{};
  ucontext_t outside_{};
  bool started_ = false;
  bool finished_ = false;
  // C++ keeps the exceptions being handled per thread: each stack needs its own list of them.
  void* exceptions_[2] = {nullptr, nullptr};
  void* fake_stack_ = nullptr;  // of the address sanitizer
  const void* outside_bottom_ = nullptr;
  std::size_t outside_size_ = 0;
};

}  // namespace scriptc::python
