#include <ATen/ATen.h>

#include "scriptc/model/error.h"
#include "scriptc/python/runtime.h"
#include "scriptc/torch/convert.h"
#include "scriptc/torch/tensors.h"

namespace scriptc::torch_backend {
namespace {

/// Flattens nested lists; the shape comes from the first item of every level, and the others must agree.
class Flattener {
 public:
  explicit Flattener(const Value& data) {
    find_shape(data);
    add(data, 0);
  }

  at::Tensor tensor(std::optional<c10::ScalarType> dtype) const {
    if (any_complex_) return complex_tensor(dtype);
    const auto natural = any_float_ ? c10::kDouble : any_int_ ? c10::kLong : any_ ? c10::kBool : c10::kDouble;
    const auto wanted = dtype ? *dtype : natural == c10::kDouble ? at::get_default_dtype_as_scalartype() : natural;
    // Integers do not pass through a double: those above 2^53 would change.
    at::Tensor flat = natural == c10::kDouble ? at::tensor(floats_, at::TensorOptions().dtype(c10::kDouble))
                                              : at::tensor(ints_, at::TensorOptions().dtype(c10::kLong));
    return flat.to(wanted).reshape(shape_);
  }

 private:
  at::Tensor complex_tensor(std::optional<c10::ScalarType> dtype) const {
    const bool is_double = at::get_default_dtype_as_scalartype() == c10::kDouble;
    const auto wanted = dtype ? *dtype : is_double ? c10::kComplexDouble : c10::kComplexFloat;
    if (!c10::isComplexType(wanted))
      throw Error(ErrorKind::model, std::string("tensor(): complex numbers do not fit dtype ") + c10::toString(wanted));
    const auto options = at::TensorOptions().dtype(c10::kDouble);
    return at::complex(at::tensor(floats_, options), at::tensor(imaginary_, options)).to(wanted).reshape(shape_);
  }

  void find_shape(const Value& data) {
    const Value* level = &data;
    while (const auto* items = sequence_items(*level)) {
      shape_.push_back(static_cast<std::int64_t>(items->size()));
      if (items->empty()) break;
      level = &items->front();
    }
  }

  void add(const Value& value, std::size_t depth) {
    if (const auto* items = sequence_items(value)) {
      if (depth >= shape_.size()) throw Error(ErrorKind::model, "tensor(): a list stands where a number was expected");
      if (static_cast<std::int64_t>(items->size()) != shape_[depth])
        throw Error(ErrorKind::model, "tensor(): expected a list of length " + std::to_string(shape_[depth]) +
                                          " at depth " + std::to_string(depth) + ", got " +
                                          std::to_string(items->size()));
      for (const Value& item : *items) add(item, depth + 1);
      return;
    }
    if (depth != shape_.size()) throw Error(ErrorKind::model, "tensor(): a number stands where a list was expected");
    any_ = true;
    if (value.is_bool()) return push(value.as_bool(), value.as_bool());
    if (value.is_int()) {
      any_int_ = true;
      return push(value.as_int(), static_cast<double>(value.as_int()));
    }
    if (const auto complex = value.try_as<python::ComplexObject>()) {
      any_complex_ = true;
      return push(0, complex->real, complex->imag);
    }
    if (!value.is_float()) throw Error(ErrorKind::model, "tensor(): expected numbers, got " + value.type_name());
    any_float_ = true;
    push(0, value.as_float());
  }

  void push(std::int64_t i, double d, double imaginary = 0) {
    ints_.push_back(i);
    floats_.push_back(d);
    imaginary_.push_back(imaginary);
  }

  std::vector<std::int64_t> shape_;
  std::vector<std::int64_t> ints_;
  std::vector<double> floats_;
  std::vector<double> imaginary_;
  bool any_ = false;
  bool any_int_ = false;
  bool any_float_ = false;
  bool any_complex_ = false;
};

/// Tensors inside the data as lists, so that `tensor([a.sum(), 1.0])` and `tensor(a)` work.
Value plain(const Value& data) {
  if (data.is_tensor()) return to_list(materialise(data.as_tensor()));
  const auto* items = sequence_items(data);
  if (items == nullptr) return data;
  std::vector<Value> result;
  result.reserve(items->size());
  for (const Value& item : *items) result.push_back(plain(item));
  return Value::list(std::move(result));
}

Value element(const at::Tensor& scalar) {
  if (scalar.is_floating_point()) return scalar.item<double>();
  if (scalar.scalar_type() == c10::kBool) return scalar.item<bool>();
  if (scalar.is_complex()) {
    const auto value = scalar.item<c10::complex<double>>();
    return std::make_shared<python::ComplexObject>(value.real(), value.imag());
  }
  return scalar.item<std::int64_t>();
}

Value nested(const at::Tensor& tensor) {
  if (tensor.dim() == 0) return element(tensor);
  std::vector<Value> items;
  items.reserve(static_cast<std::size_t>(tensor.size(0)));
  for (std::int64_t i = 0; i < tensor.size(0); ++i) items.push_back(nested(tensor.select(0, i)));
  return Value::list(std::move(items));
}

}  // namespace

at::Tensor tensor_from_data(const Value& data, std::optional<c10::ScalarType> dtype) {
  if (data.is_tensor()) {
    const at::Tensor values = materialise(data.as_tensor()).clone();
    return dtype ? values.to(*dtype) : values;
  }
  return Flattener(plain(data)).tensor(dtype);
}

Value to_list(const at::Tensor& tensor) { return nested(tensor.is_quantized() ? tensor.dequantize() : tensor); }

}  // namespace scriptc::torch_backend
