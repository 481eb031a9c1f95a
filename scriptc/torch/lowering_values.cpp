#include "scriptc/torch/annotations.h"

// Plain values as IValues.

namespace scriptc::torch_backend {

namespace py = ::scriptc::python;

namespace {

using c10::IValue;
using Result = std::optional<IValue>;

Result to_list(Compiler& compiler, const std::vector<Value>& items, const c10::TypePtr& element) {
  c10::impl::GenericList list(element);
  for (const Value& item : items) {
    Result one = to_ivalue(compiler, item, element);
    if (!one) return std::nullopt;
    list.push_back(std::move(*one));
  }
  return IValue(std::move(list));
}

Result to_tuple(Compiler& compiler, const std::vector<Value>& items, const c10::TupleTypePtr& type) {
  if (type->elements().size() != items.size()) return std::nullopt;
  std::vector<IValue> values;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Result one = to_ivalue(compiler, items[i], type->elements()[i]);
    if (!one) return std::nullopt;
    values.push_back(std::move(*one));
  }
  if (type->name()) return IValue(c10::ivalue::Tuple::createNamed(std::move(values), type));
  return IValue(c10::ivalue::Tuple::create(std::move(values)));
}

Result to_dict(Compiler& compiler, const DictValue& dict, const c10::DictTypePtr& type) {
  c10::impl::GenericDict result(type->getKeyType(), type->getValueType());
  for (const auto& [key, value] : dict.entries) {
    Result k = to_ivalue(compiler, key, type->getKeyType());
    Result v = to_ivalue(compiler, value, type->getValueType());
    if (!k || !v) return std::nullopt;
    result.insert(std::move(*k), std::move(*v));
  }
  return IValue(std::move(result));
}

Result to_union(Compiler& compiler, const Value& value, const c10::UnionTypePtr& type) {
  for (const c10::TypePtr& member : type->containedTypes()) {
    if (Result one = to_ivalue(compiler, value, member)) return one;
  }
  return std::nullopt;
}

Result to_number(const Value& value, c10::TypeKind kind) {
  if (kind == c10::TypeKind::BoolType && value.is_bool()) return IValue(value.as_bool());
  if (kind == c10::TypeKind::IntType && value.is_int()) return IValue(value.as_int());
  if (kind == c10::TypeKind::IntType && value.is_bool()) return IValue(static_cast<std::int64_t>(value.as_bool()));
  if (kind == c10::TypeKind::FloatType && value.is_float()) return IValue(value.as_float());
  if (kind == c10::TypeKind::FloatType && value.is_int()) return IValue(static_cast<double>(value.as_int()));
  if (kind == c10::TypeKind::NumberType && value.is_int()) return IValue(value.as_int());
  if (kind == c10::TypeKind::NumberType && value.is_float()) return IValue(value.as_float());
  return std::nullopt;
}

Result to_torch_constant(const Value& value, c10::TypeKind kind) {
  const auto constant = value.try_as<py::TorchConstant>();
  if (!constant) return std::nullopt;
  if (constant->kind == py::TorchConstant::Kind::device) {
    if (kind != c10::TypeKind::DeviceObjType) return std::nullopt;
    std::string text = constant->name;
    if (constant->value >= 0 && text.find(':') == std::string::npos) text += ":" + std::to_string(constant->value);
    return IValue(c10::Device(text));
  }
  return kind == c10::TypeKind::IntType ? Result(IValue(constant->value)) : std::nullopt;
}

}  // namespace

std::optional<IValue> to_ivalue(Compiler& compiler, const Value& value, const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::NoneType:
      return value.is_none() ? Result(IValue()) : std::nullopt;
    case c10::TypeKind::OptionalType:
      return value.is_none() ? Result(IValue())
                             : to_ivalue(compiler, value, type->expectRef<c10::OptionalType>().getElementType());
    case c10::TypeKind::UnionType:
      return to_union(compiler, value, type->expect<c10::UnionType>());
    case c10::TypeKind::StringType:
      return value.is_string() ? Result(IValue(value.as_string())) : std::nullopt;
    case c10::TypeKind::TensorType:
      return value.is_tensor() ? Result(IValue(compiler.options().materialise(value.as_tensor()))) : std::nullopt;
    case c10::TypeKind::ListType: {
      const c10::TypePtr element = type->expectRef<c10::ListType>().getElementType();
      if (value.is_list()) return to_list(compiler, value.as_list(), element);
      return value.is_tuple() ? to_list(compiler, value.as_tuple(), element) : std::nullopt;
    }
    case c10::TypeKind::TupleType:
      return value.is_tuple() ? to_tuple(compiler, value.as_tuple(), type->expect<c10::TupleType>()) : std::nullopt;
    case c10::TypeKind::DictType:
      return value.is_dict() ? to_dict(compiler, value.as_dict(), type->expect<c10::DictType>()) : std::nullopt;
    case c10::TypeKind::AnyType: {
      const TypeOrReason own = type_of_value(compiler, value);
      return own.type ? to_ivalue(compiler, value, own.type) : std::nullopt;
    }
    case c10::TypeKind::EnumType: {
      const auto instance = value.try_as<Instance>();
      const Value* name = instance ? instance->attributes.find("name") : nullptr;
      if (!name) name = instance ? instance->attributes.find("_name_") : nullptr;
      if (!name || !name->is_string()) return std::nullopt;
      const auto enumeration = type->expect<c10::EnumType>();
      for (const auto& [member, content] : enumeration->enumNamesValues()) {
        if (member == name->as_string()) {
          return IValue(c10::make_intrusive<c10::ivalue::EnumHolder>(enumeration, member, content));
        }
      }
      return std::nullopt;
    }
    default:
      if (Result constant = to_torch_constant(value, type->kind())) return constant;
      return to_number(value, type->kind());
  }
}

}  // namespace scriptc::torch_backend
