#pragma once

#include <ATen/core/Tensor.h>

#include "scriptc/model/tensor.h"

namespace scriptc::torch_backend {

/// What Tensor::impl() holds behind this back end.
class TorchTensor final : public TensorImpl {
 public:
  explicit TorchTensor(at::Tensor t) : tensor(std::move(t)) {}
  at::Tensor tensor;
};

c10::ScalarType scalar_type(DType dtype);
/// Errors (model): a dtype that has no row in our table (quantised 4-bit types…).
DType dtype_of(const at::Tensor& tensor);

enum class Access {
  read,   ///< may share the bytes of a mapped checkpoint
  write,  ///< memory of its own: something is going to write into it
};

/// The values of `tensor` as LibTorch sees them; a meta tensor gives a meta tensor. A view becomes materialised: the
/// Tensor object holds the result from now on, so tied weights stay tied. The result is contiguous and its storage is
/// exactly its elements. A view of the tensor's own dtype is not copied with
/// Access::read; one of another dtype is cast; (1,) becomes ().
at::Tensor materialise(const TensorPtr& tensor, Access access = Access::read);

/// The values of a tensor that is only read once; the Tensor object stays what it is.
at::Tensor values_of(const Tensor& tensor);

/// `materialise` for a tensor that goes into a module: buffers get memory of their own, for running a module may write
/// into them, and what is a small part of a large storage is copied out, for LibTorch saves whole storages.
/// REQUIRES: not meta
at::Tensor owned(const TensorPtr& tensor);

/// A new Tensor that holds `tensor` (meta if it is on the meta device).
TensorPtr wrap(const at::Tensor& tensor);

/// Makes `target` hold `tensor`, keeping its identity and flags.
void store(Tensor& target, const at::Tensor& tensor);

}  // namespace scriptc::torch_backend
