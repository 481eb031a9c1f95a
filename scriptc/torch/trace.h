#pragma once

#include <ATen/core/function_schema.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/nn/module.h>

#include <optional>
#include <utility>
#include <vector>

#include "scriptc/model/input_spec.h"

namespace scriptc::native {
class Forward;
}

namespace scriptc::torch_backend {

/// Which of a C++ forward's arguments become arguments of the traced one: tensors and containers of them. Numbers,
/// and optional arguments that are `none`, are part of the trace with the values that the inputs give.
class TracePlan {
 public:
  /// Errors (usage): no inputs, or inputs that do not fit.
  TracePlan(const native::Forward& forward, std::vector<InputSpec> inputs);

  /// The inputs that the plan was made from.
  const std::vector<InputSpec>& inputs() const { return inputs_; }
  /// Of `inputs`, those of traced arguments.
  std::vector<InputSpec> traced_inputs(const std::vector<InputSpec>& inputs) const;
  /// Of all arguments' values, those of traced arguments, with their names.
  std::vector<c10::IValue> traced_arguments(const std::vector<c10::IValue>& all) const;
  std::vector<std::string> traced_names() const;
  /// What the C++ forward is called with.
  std::vector<c10::IValue> all_arguments(const std::vector<c10::IValue>& traced) const;
  std::vector<c10::IValue> example(const std::vector<InputSpec>& inputs) const;

 private:
  c10::FunctionSchema schema_;
  std::vector<InputSpec> inputs_;
  std::vector<c10::IValue> sample_;
  std::vector<bool> traced_;
};

/// A TorchScript module with the children, parameters and buffers of `source` (the very tensors) and the trace of its
/// forward. Errors (model): traces at two sizes of one named dimension differ.
::torch::jit::Module trace_module(const ::torch::nn::Module& source, native::Forward& forward, const TracePlan& plan);

/// Puts the buffers of a module back to what they were.
class BufferGuard {
 public:
  explicit BufferGuard(const ::torch::nn::Module& module);
  ~BufferGuard();
  BufferGuard(const BufferGuard&) = delete;
  BufferGuard& operator=(const BufferGuard&) = delete;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> saved_;
};

}  // namespace scriptc::torch_backend
