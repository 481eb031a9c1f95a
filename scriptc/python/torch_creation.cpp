#include <algorithm>
#include <array>

#include "scriptc/model/text.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/torch_objects.h"

namespace scriptc::python {

Value dtype_constant(Interpreter& in, DType dtype) {
  return *in.find_module("torch")->globals.find(dtype_info(dtype).name == "boolean" ? "bool" : dtype_info(dtype).name);
}

std::optional<DType> as_dtype(const Value& value) {
  const auto constant = value.try_as<TorchConstant>();
  if (!constant || constant->kind != TorchConstant::Kind::dtype) return std::nullopt;
  return static_cast<DType>(constant->value);
}

namespace {

constexpr std::array kLegacyTypes{
    LegacyType{"torch.FloatTensor", DType::float32}, LegacyType{"torch.DoubleTensor", DType::float64},
    LegacyType{"torch.HalfTensor", DType::float16},  LegacyType{"torch.BFloat16Tensor", DType::bfloat16},
    LegacyType{"torch.LongTensor", DType::int64},    LegacyType{"torch.IntTensor", DType::int32},
    LegacyType{"torch.ShortTensor", DType::int16},   LegacyType{"torch.CharTensor", DType::int8},
    LegacyType{"torch.ByteTensor", DType::uint8},    LegacyType{"torch.BoolTensor", DType::boolean}};

}  // namespace

std::span<const LegacyType> legacy_types() { return kLegacyTypes; }

std::optional<DType> legacy_dtype(const Value& type) {
  const auto native = type.try_as<NativeFunction>();
  const std::string name = native ? native->qualified_name : type.is_string() ? type.as_string() : "";
  const auto* found =
      std::find_if(kLegacyTypes.begin(), kLegacyTypes.end(), [&](const LegacyType& row) { return row.name == name; });
  return found == kLegacyTypes.end() ? std::nullopt : std::optional(found->dtype);
}

std::string legacy_name(DType dtype) {
  for (const LegacyType& row : kLegacyTypes)
    if (row.dtype == dtype) return std::string(row.name);
  return "torch.Tensor";
}

std::string_view torch_keyword(std::string_view keyword) {
  if (keyword == "axis") return "dim";
  return keyword == "keepdims" ? "keepdim" : keyword;
}

std::optional<Value> tensor_of_array(const Value& value) {
  const auto array = value.try_as<PyInstance>();
  if (!array || !array->class_ || array->class_->qualified_name != "numpy.ndarray") return std::nullopt;
  const Value* tensor = array->attributes.find("_tensor");
  return tensor && tensor->is_tensor() ? std::optional(*tensor) : std::nullopt;
}

Value device_constant(Interpreter& in, const std::string& type, std::int64_t index) {
  // Equal devices are one object: `==` on constants is identity.
  const std::string key = "torch.device:" + type + ":" + std::to_string(index);
  const auto known = in.devices.find(key);
  if (known != in.devices.end()) return known->second;
  const Value device = std::make_shared<TorchConstant>(TorchConstant::Kind::device, type, index);
  in.devices.emplace(key, device);
  return device;
}

namespace {

/// How a function that makes tensors takes its shape and dtype.
struct Creation {
  const char* name;
  enum class Shape { varargs, like, normal_fill, bounds, count } shape;
  bool integers;  ///< int64 unless told otherwise
};

constexpr Creation kCreations[] = {
    {"empty", Creation::Shape::varargs, false},     {"zeros", Creation::Shape::varargs, false},
    {"ones", Creation::Shape::varargs, false},      {"rand", Creation::Shape::varargs, false},
    {"randn", Creation::Shape::varargs, false},     {"full", Creation::Shape::normal_fill, false},
    {"empty_like", Creation::Shape::like, false},   {"zeros_like", Creation::Shape::like, false},
    {"ones_like", Creation::Shape::like, false},    {"full_like", Creation::Shape::like, false},
    {"rand_like", Creation::Shape::like, false},    {"randn_like", Creation::Shape::like, false},
    {"randint_like", Creation::Shape::like, false}, {"bernoulli", Creation::Shape::like, false},
    {"randint", Creation::Shape::bounds, true},     {"randperm", Creation::Shape::count, true},
};

const Value* keyword(const Kwargs& kwargs, const char* name) {
  for (const auto& [key, value] : kwargs)
    if (key == name) return &value;
  return nullptr;
}

DType natural_dtype(Interpreter& in, const Value& fill) {
  if (fill.is_bool()) return DType::boolean;
  return fill.is_int() ? DType::int64 : in.default_dtype;
}

}  // namespace

std::optional<Value> make_meta(Interpreter& in, const std::string& name, const Args& args, const Kwargs& kwargs) {
  const auto row =
      std::find_if(std::begin(kCreations), std::end(kCreations), [&](const Creation& c) { return c.name == name; });
  if (row == std::end(kCreations)) return std::nullopt;
  DType dtype = row->integers ? DType::int64 : in.default_dtype;
  std::vector<std::int64_t> shape;
  const Value* size = keyword(kwargs, "size");
  switch (row->shape) {
    case Creation::Shape::varargs:
      shape = as_shape(in, size ? Args{*size} : args);
      break;
    case Creation::Shape::like: {
      const Value* input = args.empty() ? keyword(kwargs, "input") : &args[0];
      if (input == nullptr || !input->is_tensor()) return std::nullopt;
      shape = input->as_tensor()->shape();
      dtype = input->as_tensor()->dtype();
      break;
    }
    case Creation::Shape::normal_fill: {
      const Value* fill = args.size() > 1 ? &args[1] : keyword(kwargs, "fill_value");
      if (fill == nullptr || (args.empty() && size == nullptr)) return std::nullopt;
      shape = as_shape(in, {args.empty() ? *size : args[0]});
      dtype = natural_dtype(in, *fill);
      break;
    }
    case Creation::Shape::bounds: {
      const Value* given = size ? size : args.empty() ? nullptr : &args.back();
      if (given == nullptr || !(given->is_list() || given->is_tuple())) return std::nullopt;
      shape = as_shape(in, {*given});
      break;
    }
    case Creation::Shape::count:
      if (args.empty()) return std::nullopt;
      shape = {in.index(args[0])};
      break;
  }
  if (const Value* wanted = keyword(kwargs, "dtype"))
    if (const auto given = as_dtype(*wanted)) dtype = *given;
  const TensorPtr tensor = Tensor::meta(dtype, std::move(shape));
  if (const Value* gradient = keyword(kwargs, "requires_grad")) tensor->requires_grad = in.truth(*gradient);
  return Value(tensor);
}

}  // namespace scriptc::python
