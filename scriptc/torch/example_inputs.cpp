#include "scriptc/torch/example_inputs.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"
#include "scriptc/torch/tensors.h"

namespace scriptc::torch_backend {
namespace {

using Kind = c10::TypeKind;

at::Tensor integers(const TensorSpec& spec, const std::vector<std::int64_t>& shape, const at::Generator& generator) {
  const std::int64_t below = spec.below ? *spec.below : spec.dtype == DType::uint8 ? 256 : 2;
  const auto options = at::TensorOptions().dtype(c10::kLong);
  return at::randint(0, std::max<std::int64_t>(below, 1), shape, generator, options).to(scalar_type(spec.dtype));
}

at::Tensor example_tensor(const TensorSpec& spec, const at::Generator& generator) {
  std::vector<std::int64_t> shape;
  for (const Dimension& dimension : spec.shape) shape.push_back(dimension.size);
  switch (dtype_info(spec.dtype).dtype_class) {
    case DTypeClass::boolean:
    case DTypeClass::integer:
      return integers(spec, shape, generator);
    case DTypeClass::floating: {
      const auto options = at::TensorOptions().dtype(c10::kFloat);
      at::Tensor values = spec.range ? at::rand(shape, generator, options) * (spec.range->second - spec.range->first) +
                                           spec.range->first
                                     : at::randn(shape, generator, options);
      return values.to(scalar_type(spec.dtype));
    }
    case DTypeClass::complex:
      return at::randn(shape, generator, at::TensorOptions().dtype(scalar_type(spec.dtype)));
    case DTypeClass::quantised:
      break;
  }
  throw Error(ErrorKind::usage, "inputs of dtype " + std::string(dtype_info(spec.dtype).name) + " are not supported");
}

/// `Optional[T]` as T.
c10::TypePtr without_optional(const c10::TypePtr& type) {
  return type->kind() == Kind::OptionalType ? type->expectRef<c10::OptionalType>().getElementType() : type;
}

/// An argument typed int, float or bool takes the value of a tensor without dimensions.
c10::IValue tensor_or_number(at::Tensor tensor, const c10::TypePtr& type) {
  if (tensor.dim() != 0) return tensor;
  switch (type->kind()) {
    case Kind::IntType:
      return tensor.item<std::int64_t>();
    case Kind::FloatType:
      return tensor.item<double>();
    case Kind::BoolType:
      return tensor.item<bool>();
    default:
      return tensor;
  }
}

c10::IValue example_value(const InputSpec& spec, const c10::TypePtr& declared, const at::Generator& generator) {
  const c10::TypePtr type = without_optional(declared);
  switch (spec.kind) {
    case InputSpec::Kind::none:
      return {};
    case InputSpec::Kind::tensor:
      return tensor_or_number(example_tensor(spec.tensor, generator), type);
    case InputSpec::Kind::list: {
      const auto* list = type->castRaw<c10::ListType>();
      const c10::TypePtr element = list ? list->getElementType() : c10::TypePtr(c10::TensorType::get());
      c10::impl::GenericList items(element);
      for (const InputSpec& item : spec.items) items.push_back(example_value(item, element, generator));
      return items;
    }
    case InputSpec::Kind::tuple: {
      const auto* tuple = type->castRaw<c10::TupleType>();
      std::vector<c10::IValue> items;
      for (std::size_t i = 0; i < spec.items.size(); ++i) {
        const bool known = tuple != nullptr && i < tuple->elements().size();
        const c10::TypePtr element = known ? tuple->elements()[i] : c10::TypePtr(c10::TensorType::get());
        items.push_back(example_value(spec.items[i], element, generator));
      }
      return c10::ivalue::Tuple::create(std::move(items));
    }
    case InputSpec::Kind::dict: {
      const auto* dict = type->castRaw<c10::DictType>();
      const c10::TypePtr element = dict ? dict->getValueType() : c10::TypePtr(c10::TensorType::get());
      c10::impl::GenericDict items(c10::StringType::get(), element);
      for (std::size_t i = 0; i < spec.items.size(); ++i)
        items.insert(spec.keys[i], example_value(spec.items[i], element, generator));
      return items;
    }
  }
  return {};
}

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

std::vector<c10::IValue> example_arguments(const c10::FunctionSchema& forward, const std::vector<InputSpec>& inputs,
                                           std::uint64_t seed) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  const auto& parameters = forward.arguments();
  const std::size_t count = parameters.size() - 1;  // without self
  std::vector<std::optional<c10::IValue>> slots(count);
  std::size_t next = 0;
  for (const InputSpec& spec : inputs) {
    std::size_t index = next;
    if (spec.name.empty()) {
      if (next == count)
        throw Error(ErrorKind::usage, "got " + plural(inputs.size(), "example input") + ", but forward takes " +
                                          plural(count, "argument"));
      ++next;
    } else {
      std::vector<std::string> names;
      for (std::size_t i = 1; i <= count; ++i) names.push_back(parameters[i].name());
      const auto found = std::find(names.begin(), names.end(), spec.name);
      if (found == names.end())
        throw Error(ErrorKind::usage, "forward has no argument " + quote(spec.name) + "; it has (" + join(names) + ")" +
                                          did_you_mean(spec.name, names));
      index = static_cast<std::size_t>(found - names.begin());
    }
    if (slots[index])
      throw Error(ErrorKind::usage, "argument " + quote(parameters[index + 1].name()) + " has two example inputs");
    slots[index] = example_value(spec, parameters[index + 1].type(), generator);
  }
  std::vector<c10::IValue> arguments;
  for (std::size_t i = 0; i < count; ++i) {
    const c10::Argument& parameter = parameters[i + 1];
    if (!slots[i] && !parameter.default_value())
      throw Error(ErrorKind::usage, "forward's argument " + quote(parameter.name()) +
                                        " has no example input and no default\n  help: add one more --input");
    arguments.push_back(slots[i] ? *slots[i] : c10::IValue(*parameter.default_value()));
  }
  return arguments;
}

std::string describe(const c10::IValue& value) {
  std::vector<std::string> parts;
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    if (!tensor.defined()) return "None";
    for (const std::int64_t size : tensor.sizes()) parts.push_back(std::to_string(size));
    return std::string(dtype_info(dtype_of(tensor)).name) + "[" + join(parts, ",") + "]";
  }
  if (value.isNone()) return "None";
  if (value.isInt()) return "int";
  if (value.isDouble()) return "float";
  if (value.isBool()) return "bool";
  if (value.isString()) return "str";
  if (value.isTuple()) {
    for (const c10::IValue& item : value.toTupleRef().elements()) parts.push_back(describe(item));
    return "(" + join(parts) + (parts.size() == 1 ? ",)" : ")");
  }
  if (value.isList()) {
    for (const c10::IValue& item : value.toListRef()) parts.push_back(describe(item));
    return "[" + join(parts) + "]";
  }
  if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict())
      parts.push_back((entry.key().isString() ? quote(entry.key().toStringRef()) : describe(entry.key())) + ": " +
                      describe(entry.value()));
    return "{" + join(parts) + "}";
  }
  if (value.isObject()) {
    const auto& object = value.toObjectRef();
    for (std::size_t i = 0; i < object.slots().size(); ++i)
      parts.push_back(object.type()->getAttributeName(i) + "=" + describe(object.getSlot(i)));
    return object.type()->name()->name() + "(" + join(parts) + ")";
  }
  return value.tagKind();
}

}  // namespace scriptc::torch_backend
