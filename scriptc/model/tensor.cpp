#include "scriptc/model/tensor.h"

#include <utility>

namespace scriptc {

std::shared_ptr<Tensor> Tensor::meta(DType dtype, std::vector<std::int64_t> shape) {
  auto tensor = std::make_shared<Tensor>();
  tensor->dtype_ = dtype;
  tensor->shape_ = std::move(shape);
  return tensor;
}

std::shared_ptr<Tensor> Tensor::from_view(TensorView view) {
  auto tensor = meta(view.dtype, view.shape);
  tensor->state_ = State::view;
  tensor->view_ = std::move(view);
  return tensor;
}

std::shared_ptr<Tensor> Tensor::from_impl(DType dtype, std::vector<std::int64_t> shape,
                                          std::shared_ptr<TensorImpl> impl) {
  auto tensor = meta(dtype, std::move(shape));
  tensor->state_ = State::materialised;
  tensor->impl_ = std::move(impl);
  return tensor;
}

std::int64_t Tensor::numel() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape_) count *= size;
  return count;
}

void Tensor::assign(const Tensor& other) {
  state_ = other.state_;
  dtype_ = other.dtype_;
  shape_ = other.shape_;
  view_ = other.view_;
  impl_ = other.impl_;
}

void Tensor::load_view(TensorView view) {
  state_ = State::view;
  view_ = std::move(view);
  impl_ = nullptr;
}

}  // namespace scriptc
