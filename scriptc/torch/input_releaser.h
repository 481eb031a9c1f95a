#pragma once

#include <ATen/record_function.h>

namespace scriptc::torch_backend {

/// While it lives, what an operator on this thread has read of a mapped checkpoint is released after the call
/// (`weights::release_pages`). Folding BatchNorm into ResNet-50's convolutions reads 102 MB and writes 102 MB: without
/// this both count at the peak.
class InputReleaser {
 public:
  InputReleaser();
  ~InputReleaser();
  InputReleaser(const InputReleaser&) = delete;
  InputReleaser& operator=(const InputReleaser&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace scriptc::torch_backend
