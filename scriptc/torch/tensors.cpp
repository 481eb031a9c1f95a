#include "scriptc/torch/tensors.h"

#include <ATen/ATen.h>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::torch_backend {
namespace {

at::TensorOptions cpu_options(DType dtype) { return at::TensorOptions().dtype(scalar_type(dtype)).device(at::kCPU); }

/// A tensor over the view's own bytes, which live as long as the tensor does.
at::Tensor over_bytes(const TensorView& view) {
  const auto owner = view.owner;
  // from_blob takes a mutable pointer; Access::write and the reference run's copies of buffers keep it unwritten.
  void* data = const_cast<std::byte*>(view.data);
  return at::from_blob(
      data, view.shape, view.strides, [owner](void*) {}, cpu_options(view.dtype));
}

bool is_aligned(const TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.data) % static_cast<std::uintptr_t>(dtype_info(view.dtype).size) == 0;
}

at::Tensor from_view(const Tensor& tensor, Access access) {
  at::Tensor result = over_bytes(tensor.view());
  // safetensors' payload may start at any byte; kernels count on whole elements.
  const bool shared = access == Access::read && tensor.view().dtype == tensor.dtype() && result.is_contiguous() &&
                      is_aligned(tensor.view());
  if (!shared) result = result.to(cpu_options(tensor.dtype()), /*non_blocking=*/false, /*copy=*/true).contiguous();
  return result.reshape(tensor.shape());
}

}  // namespace

c10::ScalarType scalar_type(DType dtype) { return static_cast<c10::ScalarType>(dtype); }

DType dtype_of(const at::Tensor& tensor) {
  const auto number = static_cast<int>(tensor.scalar_type());
  for (const DTypeInfo& info : dtypes())
    if (static_cast<int>(info.dtype) == number) return info.dtype;
  throw Error(ErrorKind::model, std::string("tensor has dtype ") + quote(c10::toString(tensor.scalar_type())) +
                                    ", which is not supported");
}

at::Tensor values_of(const Tensor& tensor) {
  switch (tensor.state()) {
    case Tensor::State::meta:
      return at::empty(tensor.shape(), cpu_options(tensor.dtype()).device(at::kMeta));
    case Tensor::State::view:
      return from_view(tensor, Access::read);
    case Tensor::State::materialised:
      break;
  }
  return static_cast<const TorchTensor&>(*tensor.impl()).tensor;
}

at::Tensor materialise(const TensorPtr& tensor, Access access) {
  if (tensor->state() != Tensor::State::view) return values_of(*tensor);
  at::Tensor values = from_view(*tensor, access);
  store(*tensor, values);
  return values;
}

at::Tensor owned(const TensorPtr& tensor) {
  at::Tensor values = materialise(tensor, tensor->is_parameter ? Access::read : Access::write);
  const auto bytes = static_cast<std::size_t>(values.numel()) * values.element_size();
  if (values.storage().nbytes() > bytes) {
    values = values.clone(at::MemoryFormat::Contiguous);
    store(*tensor, values);
  }
  return values;
}

TensorPtr wrap(const at::Tensor& tensor) {
  auto shape = tensor.sizes().vec();
  if (tensor.is_meta()) return Tensor::meta(dtype_of(tensor), std::move(shape));
  return Tensor::from_impl(dtype_of(tensor), std::move(shape), std::make_shared<TorchTensor>(tensor));
}

void store(Tensor& target, const at::Tensor& tensor) { target.assign(*wrap(tensor)); }

}  // namespace scriptc::torch_backend
