#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "scriptc/model/error.h"

// The one place where LibTorch's exceptions become scriptc::Error.

namespace scriptc::torch_backend {

/// With `true`, errors that come from LibTorch carry its whole text (C++ frames, TorchScript traceback) as indented
/// lines. Process-wide: `--debug`.
void set_debug(bool on);

/// The sentence that tells a user what LibTorch refused: its first line, or behind "The following operation failed in
/// the TorchScript interpreter" the last one, which names the cause.
std::string first_sentence(std::string_view what);

/// The current exception as `KIND: SUBJECT: CAUSE`. An Error passes unchanged.
/// REQUIRES: called from inside a catch block.
[[noreturn]] void rethrow_as_error(ErrorKind kind, std::string_view subject);

/// Runs `body`; whatever LibTorch throws leaves as Error(kind, "SUBJECT: CAUSE").
template <class Body>
decltype(auto) at_edge(ErrorKind kind, std::string_view subject, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    rethrow_as_error(kind, subject);
  }
}

}  // namespace scriptc::torch_backend
