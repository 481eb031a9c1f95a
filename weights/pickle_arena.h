#pragma once

#include <cstddef>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "weights/pickle_value.h"

namespace scriptc::weights {

/// Memory that refuses (std::bad_alloc) to grow beyond a limit.
class LimitedMemory final : public std::pmr::memory_resource {
 public:
  explicit LimitedMemory(std::size_t limit) : limit_(limit) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (bytes > limit_ - used_) throw std::bad_alloc();
    void* memory = std::pmr::new_delete_resource()->allocate(bytes, alignment);
    used_ += bytes;
    return memory;
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    used_ -= bytes;
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  std::size_t limit_;
  std::size_t used_ = 0;
};

/// Owns every container of a pickle. All of it is freed at once, without destructors: no depth of nesting matters.
class PickleArena {
 public:
  explicit PickleArena(std::size_t limit) : limited_(limit), nodes_(&limited_) {}

  /// Freed memory counts against the same limit but can be used again: for stacks.
  std::pmr::memory_resource* temporary() { return &limited_; }

  Value sequence(Kind kind) { return Value::of(kind, make<Sequence>(&nodes_)); }
  Value dict(bool ordered) { return Value::of(make<Dict>(&nodes_, ordered)); }
  Value object(Kind kind, Value callable, Value arguments) {
    auto* object = make<Object>(&nodes_);
    object->callable = callable;
    object->arguments = arguments;
    return Value::of(kind, object);
  }
  Value global(std::string_view module, std::string_view name) { return Value::of(make<Global>(Global{module, name})); }

  /// Keeps a string that is not a slice of the pickle.
  std::string_view keep(const std::string& text) {
    auto* copy = static_cast<char*>(nodes_.allocate(text.size() + 1, 1));
    text.copy(copy, text.size());
    return {copy, text.size()};
  }

 private:
  template <class T, class... Args>
  T* make(Args&&... args) {
    return new (nodes_.allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  LimitedMemory limited_;
  std::pmr::monotonic_buffer_resource nodes_;
};

}  // namespace scriptc::weights
