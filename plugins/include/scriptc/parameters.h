#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "scriptc/values.h"

// Types of builders' parameters.

#pragma GCC visibility push(hidden)
namespace scriptc {

namespace detail {

/// The parameter types of a builder.
template <class... P>
struct Types {};

/// How a parameter of a builder is declared to the host and read from it.
template <class T>
struct Parameter {
  static_assert(sizeof(T) == 0,
                "a builder takes bool, int64_t, int, double, std::string, and std::optional, std::vector and "
                "std::tuple of them");
};
template <class T>
struct Parameter<const T> : Parameter<T> {};
template <class T>
struct Parameter<T&> : Parameter<T> {};

template <>
struct Parameter<bool> {
  SCRIPTC_COLD static std::string type() { return "bool"; }
  SCRIPTC_COLD static bool read(scriptc_handle handle) {
    std::int32_t value = 0;
    check(session().host->get_bool(session().id, handle, &value));
    return value != 0;
  }
};

template <>
struct Parameter<std::int64_t> {
  SCRIPTC_COLD static std::string type() { return "int"; }
  SCRIPTC_COLD static std::int64_t read(scriptc_handle handle) {
    std::int64_t value = 0;
    check(session().host->get_int(session().id, handle, &value));
    return value;
  }
};

template <>
struct Parameter<int> : Parameter<std::int64_t> {
  SCRIPTC_COLD static int read(scriptc_handle handle) {
    const std::int64_t value = Parameter<std::int64_t>::read(handle);
    if (value != static_cast<int>(value))
      throw std::out_of_range(std::to_string(value) + " does not fit into the builder's int: declare it int64_t");
    return static_cast<int>(value);
  }
};

template <>
struct Parameter<double> {
  SCRIPTC_COLD static std::string type() { return "float"; }
  SCRIPTC_COLD static double read(scriptc_handle handle) {
    double value = 0;
    check(session().host->get_float(session().id, handle, &value));
    return value;
  }
};

template <>
struct Parameter<std::string> {
  SCRIPTC_COLD static std::string type() { return "str"; }
  SCRIPTC_COLD static std::string read(scriptc_handle handle) {
    const char* text = nullptr;
    std::uint64_t size = 0;
    check(session().host->get_string(session().id, handle, &text, &size));
    return std::string(text, size);
  }
};

template <class T>
struct Parameter<std::optional<T>> {
  SCRIPTC_COLD static std::string type() { return "optional[" + Parameter<T>::type() + "]"; }
  SCRIPTC_COLD static std::optional<T> read(scriptc_handle handle) {
    if (session().host->is_none(session().id, handle)) return std::nullopt;
    return Parameter<T>::read(handle);
  }
};

SCRIPTC_COLD inline scriptc_handle item(scriptc_handle sequence, std::uint64_t index) {
  return make(&scriptc_host::get_item, sequence, index);
}

template <class T>
struct Parameter<std::vector<T>> {
  SCRIPTC_COLD static std::string type() { return "list[" + Parameter<T>::type() + "]"; }
  SCRIPTC_COLD static std::vector<T> read(scriptc_handle handle) {
    std::uint64_t length = 0;
    check(session().host->get_length(session().id, handle, &length));
    std::vector<T> values;
    for (std::uint64_t i = 0; i < length; ++i) values.push_back(Parameter<T>::read(item(handle, i)));
    return values;
  }
};

template <class... T>
struct Parameter<std::tuple<T...>> {
  SCRIPTC_COLD static std::string type() {
    std::string text;
    ((text += (text.empty() ? "" : ",") + Parameter<T>::type()), ...);
    return "tuple[" + text + "]";
  }
  SCRIPTC_COLD static std::tuple<T...> read(scriptc_handle handle) {
    [[maybe_unused]] auto next = [handle, index = std::uint64_t{0}]() mutable { return item(handle, index++); };
    return std::tuple<T...>{Parameter<T>::read(next())...};  // braces: from left to right
  }
};

}  // namespace detail

}  // namespace scriptc
#pragma GCC visibility pop
