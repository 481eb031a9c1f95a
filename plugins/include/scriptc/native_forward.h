#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <torch/nn/module.h>

#include <memory>
#include <vector>

// What crosses the border between a native plugin and the back end. Both were compiled against the same LibTorch and
// C++ ABI, which the plugin's note promises and the host checks before loading; so C++ types may cross here.

namespace scriptc::native {

/// Runs a module's `forward`. What abi.h's set_native takes as `forward` points to one of these, and its `module`
/// points to a `ModulePointer`.
class Forward {
 public:
  virtual ~Forward() = default;
  /// The types of forward's arguments as TorchScript knows them: Tensor, Optional[Tensor], List[Tensor], int, float,
  /// bool.
  virtual std::vector<c10::TypePtr> argument_types() const = 0;
  /// One value for every argument. The result is whatever an IValue holds: tensors, tuples, vectors of them.
  virtual c10::IValue run(const std::vector<c10::IValue>& arguments) = 0;
};

using ModulePointer = std::shared_ptr<::torch::nn::Module>;

}  // namespace scriptc::native
