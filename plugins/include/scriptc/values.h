#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "scriptc/abi.h"

// Values and calls of the plugin SDK. Everything lives on the host's side of abi.h; what is here are handles. Hidden
// visibility, or two plugins in one process would share these inline functions and their statics.

// Builders run once: small code that compiles fast. Inlining these made a plugin take twice as long to compile.
#define SCRIPTC_COLD [[gnu::noinline, gnu::cold]]

#pragma GCC visibility push(hidden)
namespace scriptc {

/// What the host refused: a wrong argument of a layer, a syntax error in a method… The host knows the file and line.
class BuildError : public std::exception {
 public:
  explicit BuildError(std::string text) : text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

/// Where the C++ source calls; a defaulted last parameter gives the caller's place.
struct Place {
  constexpr Place(const char* f = __builtin_FILE(), int l = __builtin_LINE()) : file(f), line(l) {}
  operator scriptc_place() const { return {file, line}; }
  const char* file;
  int line;
};

/// A name with the place where it was written: `self["conv"]`. Borrows the text until the end of the expression.
struct PlacedName {
  PlacedName(const char* t, Place p = Place()) : text(t), place(p) {}
  PlacedName(const std::string& t, Place p = Place()) : text(t.c_str()), place(p) {}
  const char* text;
  Place place;
};

namespace detail {

struct Session {
  const scriptc_host* host = nullptr;
  scriptc_session* id = nullptr;
};
inline thread_local Session current;

/// The session of the running builder. Throws outside of one: layers cannot be globals.
SCRIPTC_COLD inline const Session& session() {
  if (!current.host) throw std::logic_error("scriptc::nn is for builders and SCRIPTC_PLUGIN, not for globals");
  return current;
}

[[noreturn]] SCRIPTC_COLD inline void raise() { throw BuildError(session().host->last_error(session().id)); }
inline void check(std::int32_t status) {
  if (status) raise();
}

/// Calls a function of the host's table that makes a value.
template <class Function, class... Args>
SCRIPTC_COLD scriptc_handle make(Function scriptc_host::*function, Args... args) {
  const Session& s = session();
  const scriptc_handle handle = (s.host->*function)(s.id, args...);
  if (!handle) raise();
  return handle;
}

}  // namespace detail

/// Python's None.
struct NoneType {};
inline constexpr NoneType None{};

/// One argument of a call: a Python value, perhaps with a keyword. Braces make a tuple, a std::vector a list.
class Arg {
 public:
  constexpr Arg() = default;  ///< absent
  SCRIPTC_COLD Arg(NoneType) { set(detail::make(&scriptc_host::make_none)); }
  Arg(std::nullopt_t) : Arg(None) {}
  SCRIPTC_COLD Arg(bool value) { set(detail::make(&scriptc_host::make_bool, std::int32_t{value})); }
  SCRIPTC_COLD Arg(long value) { set(detail::make(&scriptc_host::make_int, std::int64_t{value})); }
  Arg(int value) : Arg(static_cast<long>(value)) {}
  Arg(unsigned value) : Arg(static_cast<long>(value)) {}
  Arg(unsigned long value) : Arg(static_cast<long>(value)) {}
  Arg(long long value) : Arg(static_cast<long>(value)) {}
  Arg(unsigned long long value) : Arg(static_cast<long>(value)) {}
  SCRIPTC_COLD Arg(double value) { set(detail::make(&scriptc_host::make_float, value)); }
  Arg(float value) : Arg(static_cast<double>(value)) {}
  SCRIPTC_COLD Arg(const std::string& value) {
    set(detail::make(&scriptc_host::make_string, value.data(), value.size()));
  }
  Arg(const char* value) : Arg(std::string(value)) {}
  SCRIPTC_COLD Arg(std::initializer_list<Arg> items) {
    std::vector<scriptc_handle> handles(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) handles[i] = items.begin()[i].handle();
    set_items(&scriptc_host::make_tuple, handles);
  }
  template <class T>
  SCRIPTC_COLD Arg(const std::vector<T>& items) {
    std::vector<scriptc_handle> handles(items.size());
    std::size_t i = 0;
    for (const auto& item : items) handles[i++] = Arg(item).handle();
    set_items(&scriptc_host::make_list, handles);
  }
  template <class T>
  SCRIPTC_COLD Arg(const std::optional<T>& value) : Arg(value ? Arg(*value) : Arg(None)) {}

  static Arg from_handle(scriptc_handle handle) {
    Arg arg;
    arg.set(handle);
    return arg;
  }
  Arg named(const char* name) const {
    Arg copy = *this;
    copy.argument_.name = name;
    return copy;
  }
  const scriptc_argument& argument() const { return argument_; }
  scriptc_handle handle() const { return argument_.value; }
  bool is_absent() const { return !argument_.name && !argument_.value; }

 private:
  using MakeSequence = decltype(scriptc_host::make_tuple) scriptc_host::*;

  void set(scriptc_handle handle) { argument_.value = handle; }
  void set_items(MakeSequence make, const std::vector<scriptc_handle>& handles) {
    set(detail::make(make, handles.data(), std::uint64_t{handles.size()}));
  }

  scriptc_argument argument_ = {nullptr, 0};
};

/// The name of an argument: `"padding"_a = 2`; alone, in `m.model`, a parameter without default.
class Name {
 public:
  explicit constexpr Name(const char* text) : text_(text) {}
  Arg operator=(const Arg& value) const { return value.named(text_); }
  operator Arg() const { return Arg().named(text_); }

 private:
  const char* text_;
};

namespace detail {

/// The default of parameters that a call leaves out.
inline constexpr Arg kAbsent;

/// The arguments of one call: those that are not absent.
class Arguments {
 public:
  SCRIPTC_COLD explicit Arguments(std::initializer_list<Arg> args) {
    for (const Arg& arg : args)
      if (!arg.is_absent() && count_ < kMost) items_[count_++] = arg.argument();
  }
  const scriptc_argument* items() const { return items_; }
  std::uint64_t count() const { return count_; }

 private:
  static constexpr std::uint64_t kMost = 20;
  scriptc_argument items_[kMost];
  std::uint64_t count_ = 0;
};

}  // namespace detail

namespace literals {
constexpr Name operator""_a(const char* text, std::size_t) { return Name(text); }
}  // namespace literals

}  // namespace scriptc
#pragma GCC visibility pop
