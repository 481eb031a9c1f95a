#pragma once

#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <vector>

namespace scriptc::torch_backend {

/// Runs modules without leaving a trace in them: whatever a run may change – buffers, counters, lists – is replaced by
/// a deep copy while `body` runs. Every run therefore starts from the same state.
class FreshState {
 public:
  /// Tensors in `shared` are not copied: parameters, which may lie in a mapped file and are large.
  FreshState(c10::intrusive_ptr<c10::ivalue::Object> object, std::vector<at::Tensor> shared);

  c10::IValue run(const std::function<c10::IValue()>& body) const;

 private:
  c10::intrusive_ptr<c10::ivalue::Object> object_;
  std::vector<at::Tensor> shared_;
};

/// `module` with state of its own: a deep copy but for the tensors in `shared`.
::torch::jit::Module copy_sharing(const ::torch::jit::Module& module, const std::vector<at::Tensor>& shared);

/// The parameters that a run of `module` can share: all of them, or none if some method writes into attributes.
std::vector<at::Tensor> unwritten_parameters(const ::torch::jit::Module& module);

}  // namespace scriptc::torch_backend
