#pragma once

#include <gtest/gtest.h>

#include <string>

#include "scriptc/model/error.h"

namespace scriptc {

/// `KIND: message` of the Error that `action` throws; KIND is the exit code.
template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::to_string(exit_code(error.kind())) + ": " + error.message();
  }
  return "no error";
}

}  // namespace scriptc
