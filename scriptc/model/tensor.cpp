#include "scriptc/model/tensor.h"

#include <utility>

namespace scriptc {

std::shared_ptr<Tensor> Tensor::meta(DType dtype, std::vector<std::int64_t> shape) {
  auto tensor = std::make_shared<Tensor>();
  tensor->dtype_x = dtype;
  tensor->shape_x = std::move(shape);
  return tensor;
}

std::shared_ptr<Tensor> Tensor::from_view(TensorView view) {
  auto tensor = meta(view.dtype, view.shape);
  tensor->state_x = State::view;
  tensor->view_x = std::move(view);
  return tensor;
}

std::shared_ptr<Tensor> Tensor::from_impl(DType dtype, std::vector<std::int64_t> shape,
                                          std::shared_ptr<TensorImpl> impl) {
  auto tensor = meta(dtype, std::move(shape));
  tensor->state_x = State::materialised;
  tensor->impl_x = std::move(impl);
  return tensor;
}

std::int64_t Tensor::numel() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape_x) count *= size;
  return count;
}

void Tensor::assign(const Tensor& other) {
  state_x = other.state_x;
  dtype_x = other.dtype_x;
  shape_x = other.shape_x;
  view_x = other.view_x;
  impl_x = other.impl_x;
}

void Tensor::load_view(TensorView view) {
  state_x = State::view;
  view_x = std::move(view);
  impl_x = nullptr;
}

}  // namespace scriptc
