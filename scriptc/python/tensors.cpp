#include <algorithm>
#include <array>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/torch_objects.h"

namespace scriptc::python {

Backend& Interpreter::backend() {
  if (backend_ == nullptr) {
    if (!options.backend) throw Error(ErrorKind::model, "RuntimeError: tensors cannot be computed without LibTorch");
    backend_ = &options.backend();
  }
  return *backend_;
}

Value make_size(Interpreter& in, const std::vector<std::int64_t>& shape) {
  const Value size = Value::tuple({shape.begin(), shape.end()});
  std::get<std::shared_ptr<TupleValue>>(size.data())->type = in.torch_size.as_object();
  return size;
}

std::vector<std::int64_t> as_shape(Interpreter& in, const std::vector<Value>& values) {
  std::vector<std::int64_t> shape;
  const bool nested = values.size() == 1 && (values[0].is_list() || values[0].is_tuple());
  for (const Value& value : nested ? in.to_vector(values[0]) : values) {
    shape.push_back(in.index(value));
    if (shape.back() < 0)
      in.raise("RuntimeError", "Trying to create tensor with negative dimension " + std::to_string(shape.back()));
  }
  return shape;
}

namespace {

void for_each_tensor(const Value& value, const std::function<void(const TensorPtr&)>& visit) {
  if (value.is_tensor()) visit(value.as_tensor());
  if (value.is_list() || value.is_tuple())
    for (const Value& item : value.is_list() ? value.as_list() : value.as_tuple()) for_each_tensor(item, visit);
}

bool has_meta(const Args& args, const Kwargs& kwargs) {
  bool found = false;
  const auto visit = [&](const TensorPtr& tensor) { found = found || tensor->state() == Tensor::State::meta; };
  for (const Value& arg : args) for_each_tensor(arg, visit);
  for (const auto& [name, value] : kwargs) for_each_tensor(value, visit);
  return found;
}

/// The same value with every tensor as meta.
Value as_meta(const Value& value) {
  if (value.is_tensor()) return Tensor::meta(value.as_tensor()->dtype(), value.as_tensor()->shape());
  if (!value.is_list() && !value.is_tuple()) return value;
  std::vector<Value> items;
  for (const Value& item : value.is_list() ? value.as_list() : value.as_tuple()) items.push_back(as_meta(item));
  return value.is_list() ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

bool is_inplace(const std::string& name) { return name.size() > 1 && name.back() == '_' && !name.ends_with("__"); }

bool changes_shape(const std::string& name) {
  constexpr std::array kNames{"resize_",  "resize_as_", "t_",   "transpose_", "unsqueeze_",
                              "squeeze_", "swapaxes_",  "set_", "as_strided_"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

bool is_random(const std::string& name) {
  constexpr std::array kNames{"uniform_",     "normal_", "random_",     "bernoulli_",
                              "exponential_", "cauchy_", "log_normal_", "geometric_"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Arithmetic of one floating tensor with numbers keeps shape and dtype: known without asking LibTorch.
bool keeps_meta(const std::string& name, const Args& args, const Kwargs& kwargs) {
  constexpr std::array kNames{"add", "sub", "mul", "div", "rsub", "neg", "pow", "abs", "exp", "log", "sqrt"};
  const auto is_number = [](const Value& value) { return value.is_int() || value.is_float(); };
  return kwargs.empty() && !args.empty() && args[0].is_tensor() &&
         dtype_info(args[0].as_tensor()->dtype()).dtype_class == DTypeClass::floating &&
         std::all_of(args.begin() + 1, args.end(), is_number) &&
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Operators whose result's shape, or the result itself, depends on values: those of a meta tensor cannot stand in.
bool reads_values(std::string_view name, const Args& args) {
  constexpr std::array<std::string_view, 12> kNames{
      "nonzero",  "argwhere",      "masked_select",          "_unique2", "unique_dim", "unique_consecutive",
      "bincount", "nonzero_numpy", "unique_dim_consecutive", "equal",    "allclose",   "is_nonzero"};
  if (name.starts_with("aten::")) name.remove_prefix(6);
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
  if (name == "where") return args.size() == 1;
  if (name == "repeat_interleave") return args.size() == 1 || args[1].is_tensor();
  if (name != "index" || args.size() != 2) return false;
  bool masked = false;
  for_each_tensor(args[1], [&](const TensorPtr& tensor) { masked = masked || tensor->dtype() == DType::boolean; });
  return masked;
}

}  // namespace

Value Interpreter::call_operator(const std::string& name, Args args, Kwargs kwargs) {
  if (is_python_function(name)) return call_python_function(*this, name, args, kwargs);
  for (Value& arg : args) {
    if (const auto opaque = arg.try_as<Opaque>()) opaque_used(*opaque);
    arg = plain(arg);
  }
  for (auto& [key, value] : kwargs) {
    if (const auto opaque = value.try_as<Opaque>()) opaque_used(*opaque);
    value = plain(value);
  }
  const TensorPtr self = !args.empty() && args[0].is_tensor() ? args[0].as_tensor() : nullptr;
  if (options.mode == TensorMode::meta)
    if (auto made = make_meta(*this, name, args, kwargs)) return *made;
  const bool meta = has_meta(args, kwargs);
  if (is_inplace(name) && self && !changes_shape(name) &&
      (meta || (options.mode == TensorMode::meta && is_random(name)))) {
    // Shape and dtype stay. Values that were known are so no more, in what shares them (views, `x.data`) neither.
    if (self->state() != Tensor::State::meta) needs_values(name + "()");
    return args[0];
  }
  if (meta && keeps_meta(name, args, kwargs)) return Tensor::meta(self->dtype(), self->shape());
  if (!meta) return named_results(*this, name, backend().call_operator(name, args, kwargs));
  if (reads_values(name, args)) needs_values(name + "()");
  for (Value& arg : args)
    if (!is_inplace(name) || &arg != &args.front()) arg = as_meta(arg);
  for (auto& [key, value] : kwargs) value = as_meta(value);
  try {
    return named_results(*this, name, backend().call_operator(name, args, kwargs));
  } catch (const Error& error) {
    // What a meta tensor is no stand-in for (a number that it should be) may well be computed, or refused, by values.
    if (options.mode == TensorMode::meta && error.kind() == ErrorKind::model) needs_values(name + "()");
    throw;
  }
}

std::optional<Value> Interpreter::tensor_attribute(const TensorPtr& tensor, const std::string& name) {
  if (name == "shape") return make_size(*this, tensor->shape());
  if (name == "dtype") return dtype_constant(*this, tensor->dtype());
  if (name == "device") return device_constant(*this, "cpu", -1);
  if (name == "ndim") return Value(static_cast<std::int64_t>(tensor->shape().size()));
  if (name == "requires_grad") return Value(tensor->requires_grad);
  if (name == "is_leaf") return Value(true);
  if (name == "grad" || name == "grad_fn") return Value();
  if (name == "data") {
    const auto alias = std::make_shared<Tensor>(*tensor);
    alias->is_parameter = alias->requires_grad = false;
    return Value(alias);  // the back end's storage is shared
  }
  if (name == "layout") return get_attribute(find_module("torch"), "strided");
  if (name == "T" || name == "mT") {
    const bool all = name == "T" && tensor->shape().size() != 2;
    return all ? call_operator("numpy_T", {tensor}, {}) : call_operator("transpose", {tensor, -2, -1}, {});
  }
  if (name == "H" || name == "mH") return call_operator("adjoint", {tensor}, {});
  if (name == "imag") return call_operator("imag", {tensor}, {});
  if (name == "real") {
    const bool is_complex = dtype_info(tensor->dtype()).dtype_class == DTypeClass::complex;
    return is_complex ? call_operator("real", {tensor}, {}) : Value(tensor);
  }
  if (name == "itemsize") return Value(static_cast<std::int64_t>(dtype_info(tensor->dtype()).size));
  for (const char* never : {"is_cuda", "is_sparse", "is_quantized", "is_mkldnn", "is_mps", "is_xpu", "is_nested"})
    if (name == never) return Value(false);
  if (name == "is_meta") return Value(tensor->state() == Tensor::State::meta);
  if (type_of(tensor)->lookup(name) != nullptr || name.starts_with("__")) return std::nullopt;
  auto method_object = std::make_shared<BoundMethod>();
  method_object->self = tensor;
  method_object->function = std::make_shared<OperatorRef>(name);
  return Value(method_object);
}

bool Interpreter::set_tensor_attribute(const TensorPtr& tensor, const std::string& name, const Value& value) {
  if (name == "requires_grad") {
    tensor->requires_grad = truth(value);
  } else if (name == "data") {
    if (!value.is_tensor()) raise("TypeError", "Variable data has to be a tensor, but got " + type_of(value)->name);
    tensor->assign(*value.as_tensor());
  }
  return true;  // other attributes of tensors mean nothing to a saved model
}

std::string Interpreter::repr_tensor(const TensorPtr& tensor) {
  const std::string prefix = tensor->is_parameter ? "Parameter containing:\n" : "";
  const std::string rest =
      tensor->dtype() == DType::float32 ? "" : ", dtype=torch." + std::string(dtype_info(tensor->dtype()).name);
  if (tensor->state() != Tensor::State::materialised) {
    std::vector<std::string> sizes;
    for (const std::int64_t size : tensor->shape()) sizes.push_back(std::to_string(size));
    return prefix + "tensor(..., size=(" + join(sizes) + ")" + rest + ")";
  }
  return prefix + "tensor(" + repr(backend().tensor_values(*tensor)) + rest + ")";
}

namespace {

std::vector<Value> normalised(Interpreter& in, const TensorPtr& tensor, const Value& key) {
  std::vector<Value> keys = key.is_tuple() ? key.as_tuple() : std::vector<Value>{key};
  std::size_t used = 0;
  for (const Value& k : keys)
    if (!k.is_none() && !k.is_same(in.ellipsis))
      used += k.is_tensor() && k.as_tensor()->dtype() == DType::boolean ? k.as_tensor()->shape().size() : 1;
  if (used > tensor->shape().size())
    in.raise("IndexError", "too many indices for tensor of dimension " + std::to_string(tensor->shape().size()));
  const auto dots = std::find_if(keys.begin(), keys.end(), [&](const Value& k) { return k.is_same(in.ellipsis); });
  if (dots != keys.end()) {
    const auto all = std::make_shared<SliceObject>();
    const auto at = keys.erase(dots);
    keys.insert(at, tensor->shape().size() - used, Value(all));
  }
  return keys;
}

/// The basic part of indexing as views; tensors and lists are left in `advanced` with their dimension.
Value basic_index(Interpreter& in, const Value& tensor, const Value& key, std::vector<Value>& advanced) {
  Value view = tensor;
  std::int64_t dim = 0;
  for (const Value& k : normalised(in, tensor.as_tensor(), key)) {
    if (k.is_none()) {
      view = in.call_operator("unsqueeze", {view, dim}, {});
      advanced.emplace_back();
      ++dim;
    } else if (const auto slice = k.try_as<SliceObject>()) {
      const bool whole = slice->lower.is_none() && slice->upper.is_none() && slice->step.is_none();
      if (!whole) {
        const Value from = slice->lower.is_none() ? Value(0) : Value(in.index(slice->lower));
        const Value to = slice->upper.is_none() ? Value(INT64_MAX) : Value(in.index(slice->upper));
        view = in.call_operator(
            "slice", {view, dim, from, to, slice->step.is_none() ? Value(1) : Value(in.index(slice->step))}, {});
      }
      advanced.emplace_back();
      ++dim;
    } else if (k.is_tensor() || k.is_list()) {
      advanced.push_back(k.is_tensor() ? k : in.call(in.get_attribute(in.find_module("torch"), "tensor"), {k}));
      ++dim;
    } else {
      const std::int64_t i = in.index(k);
      const std::int64_t size = view.as_tensor()->shape()[static_cast<std::size_t>(dim)];
      if (i >= size || i < -size)
        in.raise("IndexError", "index " + std::to_string(i) + " is out of bounds for dimension " + std::to_string(dim) +
                                   " with size " + std::to_string(size));
      view = in.call_operator("select", {view, dim, i}, {});
    }
  }
  while (!advanced.empty() && advanced.back().is_none()) advanced.pop_back();
  return view;
}

}  // namespace

Value Interpreter::tensor_item(const Value& tensor, const Value& key) {
  std::vector<Value> advanced;
  const Value view = basic_index(*this, tensor, key, advanced);
  return advanced.empty() ? view : call_operator("index", {view, Value::list(std::move(advanced))}, {});
}

void Interpreter::set_tensor_item(const Value& tensor, const Value& key, const Value& value) {
  const TensorPtr& self = tensor.as_tensor();
  if (self->state() == Tensor::State::meta) return;
  if (value.is_tensor() && value.as_tensor()->state() == Tensor::State::meta) needs_values("an assigned item");
  std::vector<Value> advanced;
  const Value view = basic_index(*this, tensor, key, advanced);
  const Value source =
      value.is_list() || value.is_tuple() ? call(get_attribute(find_module("torch"), "tensor"), {value}) : value;
  if (!advanced.empty()) {
    const Value filled = source.is_tensor() ? source
                                            : call_operator("full", {Value::list({}), source},
                                                            {{"dtype", dtype_constant(*this, self->dtype())}});
    call_operator("index_put_", {view, Value::list(std::move(advanced)), filled}, {});
  } else {
    call_operator(source.is_tensor() ? "copy_" : "fill_", {view, source}, {});
  }
}

}  // namespace scriptc::python
