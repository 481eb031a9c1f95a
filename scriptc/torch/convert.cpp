#include "scriptc/torch/convert.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "scriptc/model/error.h"
#include "scriptc/model/module.h"
#include "scriptc/python/objects.h"
#include "scriptc/python/runtime.h"
#include "scriptc/torch/tensors.h"

namespace scriptc::torch_backend {
namespace {

using python::TorchConstant;
using Kind = c10::TypeKind;

std::optional<c10::complex<double>> complex_number(const Value& value) {
  const auto complex = value.try_as<python::ComplexObject>();
  if (!complex) return std::nullopt;
  return c10::complex<double>(complex->real, complex->imag);
}

/// A number as the 0-d tensor of its own dtype.
at::Tensor number_tensor(const Value& value) {
  const auto complex = complex_number(value);
  const at::Scalar scalar = complex           ? at::Scalar(*complex)
                            : value.is_bool() ? at::Scalar(value.as_bool())
                            : value.is_int()  ? at::Scalar(value.as_int())
                                              : at::Scalar(value.as_float());
  return at::scalar_tensor(scalar, at::TensorOptions().dtype(scalar.type()));
}

bool is_number(const Value& value) {
  return value.is_bool() || value.is_int() || value.is_float() || complex_number(value);
}

/// A materialised one-element tensor where a number is wanted.
std::optional<Value> item_of(const Value& value) {
  if (!value.is_tensor()) return std::nullopt;
  const TensorPtr& tensor = value.as_tensor();
  if (tensor->state() == Tensor::State::meta || tensor->numel() != 1) return std::nullopt;
  return to_list(materialise(tensor).reshape({}));
}

std::optional<c10::Device> try_device(const Value& value) {
  if (value.is_string()) return c10::Device(value.as_string());
  const auto constant = value.try_as<TorchConstant>();
  if (!constant || constant->kind != TorchConstant::Kind::device) return std::nullopt;
  c10::Device device(constant->name);
  if (!device.has_index() && constant->value >= 0) device.set_index(static_cast<c10::DeviceIndex>(constant->value));
  return device;
}

}  // namespace

const std::vector<Value>* sequence_items(const Value& value) {
  if (value.is_list()) return &value.as_list();
  if (value.is_tuple()) return &value.as_tuple();
  return nullptr;
}

bool has_meta(const Value& value) {
  if (value.is_tensor()) return value.as_tensor()->state() == Tensor::State::meta;
  const auto* items = sequence_items(value);
  return items != nullptr && std::any_of(items->begin(), items->end(), has_meta);
}

std::optional<c10::ScalarType> try_dtype(const Value& value) {
  if (const auto constant = value.try_as<TorchConstant>(); constant && constant->kind == TorchConstant::Kind::dtype)
    return static_cast<c10::ScalarType>(constant->value);
  if (const auto type = value.try_as<Class>()) {
    if (type->name == "float") return c10::kDouble;
    if (type->name == "int") return c10::kLong;
    if (type->name == "bool") return c10::kBool;
    if (type->name == "complex") return c10::kComplexDouble;
  }
  return std::nullopt;
}

std::optional<Converter::Converted> Converter::try_convert(const Value& value, const c10::Argument& parameter) {
  return by_type(value, parameter.type(), parameter);
}

std::optional<Converter::Converted> Converter::by_type(const Value& value, const c10::TypePtr& type,
                                                       const c10::Argument& parameter) {
  switch (type->kind()) {
    case Kind::OptionalType:
      if (value.is_none()) return Converted{c10::IValue()};
      return by_type(value, type->expectRef<c10::OptionalType>().getElementType(), parameter);
    case Kind::TensorType:
      return tensor(value, parameter);
    case Kind::ListType:
      return list_of(value, type->expectRef<c10::ListType>().getElementType(), parameter);
    case Kind::StringType:
      if (!value.is_string()) return std::nullopt;
      return Converted{c10::IValue(value.as_string())};
    case Kind::NoneType:
      if (!value.is_none()) return std::nullopt;
      return Converted{c10::IValue()};
    case Kind::BoolType:
      if (!value.is_bool()) return std::nullopt;
      return Converted{c10::IValue(value.as_bool())};
    default:
      if (auto converted = constant(value, type->kind(), parameter)) return converted;
      if (auto converted = number(value, type->kind())) return converted;
      if (const auto item = item_of(value); item && !item->is_tensor()) {
        auto converted = number(*item, type->kind());
        if (converted) converted->cost = wrapped;
        return converted;
      }
      return std::nullopt;
  }
}

std::optional<Converter::Converted> Converter::number(const Value& value, c10::TypeKind kind) {
  switch (kind) {
    case Kind::IntType:
    case Kind::SymIntType:
      if (value.is_int()) return Converted{c10::IValue(value.as_int())};
      if (value.is_bool()) return Converted{c10::IValue(static_cast<std::int64_t>(value.as_bool())), widened};
      return std::nullopt;
    case Kind::FloatType:
      if (value.is_float()) return Converted{c10::IValue(value.as_float())};
      if (value.is_int()) return Converted{c10::IValue(static_cast<double>(value.as_int())), widened};
      return std::nullopt;
    case Kind::NumberType:
    case Kind::AnyType:
      if (value.is_float()) return Converted{c10::IValue(value.as_float())};
      if (value.is_int()) return Converted{c10::IValue(value.as_int())};
      if (value.is_bool()) return Converted{c10::IValue(value.as_bool())};
      if (const auto complex = complex_number(value)) return Converted{c10::IValue(*complex)};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Converter::Converted> Converter::constant(const Value& value, c10::TypeKind kind,
                                                        const c10::Argument& parameter) {
  if (kind == Kind::DeviceObjType) {
    const auto device = try_device(value);
    if (!device) return std::nullopt;
    return Converted{c10::IValue(*device)};
  }
  if (kind != Kind::IntType) return std::nullopt;
  // Schemas call dtypes, layouts and memory formats `int`: only the parameter's name tells them apart on 1.13.
  if (parameter.name().find("dtype") != std::string::npos)
    if (const auto dtype = try_dtype(value)) return Converted{c10::IValue(static_cast<std::int64_t>(*dtype))};
  const auto torch_constant = value.try_as<TorchConstant>();
  if (!torch_constant) return std::nullopt;
  const bool fits = (torch_constant->kind == TorchConstant::Kind::layout && parameter.name() == "layout") ||
                    (torch_constant->kind == TorchConstant::Kind::memory_format && parameter.name() == "memory_format");
  if (!fits) return std::nullopt;
  return Converted{c10::IValue(torch_constant->value)};
}

std::optional<Converter::Converted> Converter::tensor(const Value& value, const c10::Argument& parameter) {
  if (is_number(value)) {
    at::Tensor number = number_tensor(value);
    if (mode_ == Mode::meta) number = number.to(at::kMeta);
    // As Python's parser does: such a tensor takes no part in type promotion.
    number.unsafeGetTensorImpl()->set_wrapped_number(true);
    return Converted{c10::IValue(std::move(number)), wrapped};
  }
  if (!value.is_tensor()) return std::nullopt;
  const TensorPtr& origin = value.as_tensor();
  const bool written = parameter.alias_info() != nullptr && parameter.alias_info()->isWrite();
  at::Tensor values;
  if (mode_ == Mode::values) {
    values = materialise(origin, written ? Access::write : Access::read);
  } else if (const auto twin = twins_.find(origin.get()); twin != twins_.end()) {
    values = twin->second;
  } else {
    const auto device = mode_ == Mode::meta ? at::kMeta : at::kCPU;
    values = at::zeros(origin->shape(), at::TensorOptions().dtype(scalar_type(origin->dtype())).device(device));
    twins_.emplace(origin.get(), values);
  }
  origin_.emplace(values.unsafeGetTensorImpl(), origin);
  return Converted{c10::IValue(std::move(values))};
}

std::optional<Converter::Converted> Converter::list_of(const Value& value, const c10::TypePtr& element,
                                                       const c10::Argument& parameter) {
  c10::impl::GenericList list(element);
  const auto* items = sequence_items(value);
  if (items == nullptr) {
    // `int[2] kernel_size` takes one int for both.
    if (!parameter.N()) return std::nullopt;
    auto one = by_type(value, element, parameter);
    if (!one) return std::nullopt;
    for (std::int32_t i = 0; i < *parameter.N(); ++i) list.push_back(one->value);
    return Converted{c10::IValue(std::move(list)), repeated + one->cost};
  }
  int cost = exact;
  for (const Value& item : *items) {
    auto converted = by_type(item, element, parameter);
    if (!converted) return std::nullopt;
    cost = std::max(cost, converted->cost);
    list.push_back(std::move(converted->value));
  }
  return Converted{c10::IValue(std::move(list)), cost};
}

Value Converter::to_value(const c10::IValue& result) const {
  if (result.isTensor()) {
    const at::Tensor& tensor = result.toTensor();
    if (!tensor.defined()) return None{};
    const auto origin = origin_.find(tensor.unsafeGetTensorImpl());
    if (origin != origin_.end()) return origin->second;
    return mode_ == Mode::values ? wrap(tensor) : Tensor::meta(dtype_of(tensor), tensor.sizes().vec());
  }
  if (result.isNone()) return None{};
  if (result.isBool()) return result.toBool();
  if (result.isInt()) return result.toInt();
  if (result.isDouble()) return result.toDouble();
  if (result.isComplexDouble()) {
    const auto complex = result.toComplexDouble();
    return std::make_shared<python::ComplexObject>(complex.real(), complex.imag());
  }
  if (result.isString()) return result.toStringRef();
  std::vector<Value> items;
  if (result.isTuple()) {
    for (const c10::IValue& item : result.toTupleRef().elements()) items.push_back(to_value(item));
    return Value::tuple(std::move(items));
  }
  if (result.isList()) {
    for (const c10::IValue& item : result.toListRef()) items.push_back(to_value(item));
    return Value::tuple(std::move(items));
  }
  throw Error(ErrorKind::model, "an operator's result of type '" + result.tagKind() + "' is not supported");
}

void Converter::refresh(const c10::FunctionSchema& schema, const std::vector<c10::IValue>& arguments) const {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto* alias = schema.arguments()[i].alias_info();
    if (alias == nullptr || !alias->isWrite() || !arguments[i].isTensor()) continue;
    const at::Tensor& now = arguments[i].toTensor();
    if (const auto origin = origin_.find(now.unsafeGetTensorImpl()); origin != origin_.end())
      mode_ == Mode::values ? store(*origin->second, now)
                            : origin->second->assign(*Tensor::meta(dtype_of(now), now.sizes().vec()));
  }
}

}  // namespace scriptc::torch_backend
