#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "scriptc/model/dtype.h"

namespace scriptc {

/// A tensor whose bytes lie elsewhere, usually in a mapped checkpoint. Immutable; keeps its owner alive.
struct TensorView {
  DType dtype = DType::float32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  ///< in elements; never negative
  const std::byte* data = nullptr;    ///< first element (storage offset already applied)
  std::shared_ptr<const void> owner;  ///< keeps `data` valid
  const void* storage = nullptr;      ///< identity of the storage: equal for tensors that share one
};

/// What the back end keeps behind a materialised tensor (an at::Tensor). Only the back end knows what is inside.
class TensorImpl {
 public:
  virtual ~TensorImpl() = default;
};

/// A tensor as the front ends see it: an identity (Python's object identity: tied weights are one Tensor) with
/// shape and dtype, whose values are absent (meta), in a checkpoint (view), or held by the back end (materialised).
class Tensor {
 public:
  enum class State { meta, view, materialised };

  static std::shared_ptr<Tensor> meta(DType dtype, std::vector<std::int64_t> shape);
  static std::shared_ptr<Tensor> from_view(TensorView view);
  static std::shared_ptr<Tensor> from_impl(DType dtype, std::vector<std::int64_t> shape,
                                           std::shared_ptr<TensorImpl> impl);

  State state() const { return state_; }
  DType dtype() const { return dtype_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t numel() const;
  /// REQUIRES: state() == view
  const TensorView& view() const { return view_; }
  /// REQUIRES: state() == materialised
  const std::shared_ptr<TensorImpl>& impl() const { return impl_; }

  /// Makes this very object hold what `other` holds (Python's `t.data = other`, and in-place operators).
  void assign(const Tensor& other);
  /// Makes this object read `view`, keeping its own dtype and shape: the back end casts when it materialises.
  /// REQUIRES: the same number of elements.
  void load_view(TensorView view);

  bool requires_grad = false;
  bool is_parameter = false;  ///< torch.nn.Parameter

 private:
  State state_ = State::meta;
  DType dtype_ = DType::float32;
  std::vector<std::int64_t> shape_;
  TensorView view_;
  std::shared_ptr<TensorImpl> impl_;
};

using TensorPtr = std::shared_ptr<Tensor>;

}  // namespace scriptc
