#pragma once

#include <cstdint>
#include <future>
#include <string>

#include "scriptc/model/backend.h"

namespace scriptc::cli {

/// Loads the back end, and with it LibTorch, when it is needed – or earlier, on a thread of its own, so that other
/// work overlaps. The library is SCRIPTC_BACKEND, or libscriptc_torch.so in ../lib beside the program or in the folder
/// of libscriptc.so. Never unloaded.
class BackendLoader {
 public:
  BackendLoader(int threads, bool debug) : threads_(threads), debug_(debug) {}

  /// Begins loading on a thread; returns at once.
  void start();
  /// The back end, set up. Waits for `start`'s thread. Errors (io): not found, cannot be loaded.
  Backend& get();
  bool loaded() const { return backend_ != nullptr; }

 private:
  struct Loaded {
    Backend* backend = nullptr;
    std::string failure;
  };
  static Loaded load();

  int threads_;
  bool debug_;
  std::future<Loaded> future_;
  Backend* backend_ = nullptr;
};

}  // namespace scriptc::cli
