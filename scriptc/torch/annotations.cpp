#include "scriptc/torch/annotations.h"

#include <algorithm>
#include <array>
#include <functional>

#include "scriptc/model/text.h"
#include "scriptc/python/parser.h"

namespace scriptc::torch_backend {

namespace py = ::scriptc::python;

namespace {

using c10::TypePtr;

TypeOrReason none(std::string reason) { return {nullptr, std::move(reason)}; }

struct NamedType {
  const char* name;  // of the class, as annotations show it
  TypePtr (*type)();
};

template <class T>
TypePtr of() {
  return T::get();
}

// Classes that are no user's; a bare container is a type only where `isinstance` asks for it.
const std::array kClasses = {
    NamedType{"builtins.int", of<c10::IntType>},
    NamedType{"builtins.float", of<c10::FloatType>},
    NamedType{"builtins.bool", of<c10::BoolType>},
    NamedType{"builtins.str", of<c10::StringType>},
    NamedType{"builtins.complex", of<c10::ComplexType>},
    NamedType{"builtins.NoneType", of<c10::NoneType>},
    NamedType{"builtins.object", of<c10::AnyType>},
    NamedType{"torch.Tensor", of<c10::TensorType>},
    NamedType{"torch.nn.parameter.Parameter", of<c10::TensorType>},
    NamedType{"torch.device", of<c10::DeviceObjType>},
    NamedType{"torch.dtype", of<c10::IntType>},
    NamedType{"torch.layout", of<c10::IntType>},
    NamedType{"torch.memory_format", of<c10::IntType>},
    NamedType{"torch.Generator", of<c10::GeneratorType>},
};

std::string without_builtins(std::string name) {
  constexpr std::string_view kPrefix = "builtins.";
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

TypeOrReason of_class(Compiler& compiler, const PyClassPtr& cls) {
  std::string name = cls->qualified_name;
  if (name.find('.') == std::string::npos && !cls->def) name = "builtins." + name;
  for (const NamedType& known : kClasses) {
    if (name == known.name) return {known.type(), ""};
  }
  if (cls->name == "Tensor" && !cls->def) return {c10::TensorType::get(), ""};
  if (name == "torch.Size") return {c10::ListType::ofInts(), ""};
  if (cls->layout == py::Layout::module) return none("modules are no values in TorchScript");
  if (is_dataclass(*cls)) return none("the fields of " + quote(cls->name) + " have the types that it is made with");
  if (cls->def) return {compiler.class_type(cls, {}), ""};
  static const std::array kContainers = {"list", "tuple", "dict", "set"};
  if (std::find(kContainers.begin(), kContainers.end(), cls->name) != kContainers.end()) {
    return none(quote(cls->name) + " needs the types of its elements, as in " +
                (cls->name == "dict"    ? "dict[str, int]"
                 : cls->name == "tuple" ? "tuple[int, int]"
                                        : "list[int]"));
  }
  return none("TorchScript has no type for " + quote(without_builtins(cls->qualified_name)));
}

TypeOrReason of_union(Compiler& compiler, const Args& args) {
  std::vector<TypePtr> members;
  bool optional = false;
  for (const Value& arg : args) {
    const TypeOrReason member = type_of_annotation(compiler, arg);
    if (!member.type) return member;
    const bool known =
        std::any_of(members.begin(), members.end(), [&](const TypePtr& one) { return *one == *member.type; });
    if (member.type->kind() == c10::TypeKind::NoneType) {
      optional = true;
    } else if (!known) {  // Tuple[int, ...] and List[int] are one type here
      members.push_back(member.type);
    }
  }
  if (members.empty()) return {c10::NoneType::get(), ""};
  if (members.size() == 1) return {optional ? c10::OptionalType::create(members[0]) : members[0], ""};
  if (optional) members.push_back(c10::NoneType::get());
  return {c10::UnionType::create(members), ""};
}

TypeOrReason of_tuple(Compiler& compiler, const Args& args) {
  std::vector<TypePtr> items;
  for (const Value& arg : args) {
    if (arg.is_object() && arg.type_name() == "ellipsis" && items.size() == 1) {
      return {c10::ListType::create(items[0]), ""};  // any number of one type is what TorchScript calls a list
    }
    const TypeOrReason item = type_of_annotation(compiler, arg);
    if (!item.type) return item;
    items.push_back(item.type);
  }
  return {c10::TupleType::create(items), ""};
}

TypeOrReason of_dict(Compiler& compiler, const Args& args) {
  if (args.size() != 2) return none("'Dict' needs two types, as in Dict[str, int]");
  const TypeOrReason key = type_of_annotation(compiler, args[0]);
  if (!key.type) return key;
  const TypeOrReason value = type_of_annotation(compiler, args[1]);
  if (!value.type) return value;
  switch (key.type->kind()) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::FloatType:
    case c10::TypeKind::BoolType:
    case c10::TypeKind::StringType:
    case c10::TypeKind::ComplexType:
    case c10::TypeKind::DeviceObjType:
    case c10::TypeKind::TensorType:
      return {c10::DictType::create(key.type, value.type), ""};
    default:
      return none("keys of a dict must be int, float, bool, str or Tensor, not " + key.type->annotation_str());
  }
}

TypeOrReason of_form(Compiler& compiler, const py::TypeForm& form) {
  const auto inner = [&](auto wrap) -> TypeOrReason {
    if (form.args.size() != 1) return none(quote(form.origin) + " needs one type, as in " + form.origin + "[int]");
    TypeOrReason item = type_of_annotation(compiler, form.args[0]);
    if (item.type) item.type = wrap(item.type);
    return item;
  };
  const std::string& origin = form.origin;
  if (origin == "Optional") return inner([](TypePtr t) -> TypePtr { return c10::OptionalType::create(t); });
  if (origin == "Union") return of_union(compiler, form.args);
  if (origin == "List" || origin == "list" || origin == "Sequence" || origin == "Iterable" ||
      origin.starts_with("BroadcastingList")) {
    return inner([](TypePtr t) -> TypePtr { return c10::ListType::create(t); });
  }
  if (origin == "Tuple" || origin == "tuple") {
    return form.args.empty() ? none("'Tuple' needs the types of its elements, as in Tuple[int, int]")
                             : of_tuple(compiler, form.args);
  }
  if (origin == "Dict" || origin == "dict" || origin == "Mapping" || origin == "OrderedDict") {
    return of_dict(compiler, form.args);
  }
  if (origin == "Final" || origin == "ClassVar" || origin == "Annotated") {
    return form.args.empty() ? none("'Final' without a type") : type_of_annotation(compiler, form.args[0]);
  }
  if (origin == "Future") return inner([](TypePtr t) -> TypePtr { return c10::FutureType::create(t); });
  if (origin == "Any") return {c10::AnyType::get(), ""};
  return none("TorchScript has no type for " + quote(origin));
}

TypeOrReason of_items(Compiler& compiler, const std::vector<Value>& items, const char* what) {
  TypePtr common;
  for (const Value& item : items) {
    const TypeOrReason one = type_of_value(compiler, item);
    if (!one.type) return one;
    const auto unified = common ? c10::unifyTypes(common, one.type) : c10::optional<TypePtr>(one.type);
    if (!unified) {
      return none(std::string(what) + " of different types, " + common->annotation_str() + " and " +
                  one.type->annotation_str());
    }
    common = *unified;
  }
  return {common, ""};
}

TypeOrReason of_dict_value(Compiler& compiler, const DictValue& dict) {
  if (dict.entries.empty()) return {c10::DictType::create(c10::StringType::get(), c10::TensorType::get()), ""};
  std::vector<Value> keys, values;
  for (const auto& [key, value] : dict.entries) {
    keys.push_back(key);
    values.push_back(value);
  }
  const TypeOrReason key = of_items(compiler, keys, "a dict with keys");
  if (!key.type) return key;
  const TypeOrReason value = of_items(compiler, values, "a dict with values");
  if (!value.type) return value;
  return {c10::DictType::create(key.type, value.type), ""};
}

TypeOrReason of_object(Compiler& compiler, const Value& value) {
  if (const auto constant = value.try_as<py::TorchConstant>()) {
    if (constant->kind == py::TorchConstant::Kind::device) return {c10::DeviceObjType::get(), ""};
    return {c10::IntType::get(), ""};
  }
  if (const auto instance = value.try_as<Instance>()) {
    // Members of an Enum are constants. Other objects live in Python only; what is read from them is known before.
    const auto cls = std::dynamic_pointer_cast<py::PyClass>(instance->class_);
    if (cls && is_enum(*cls)) return {compiler.class_type(cls, {}), ""};
  }
  if (const auto opaque = value.try_as<py::Opaque>()) {
    return none("it comes from " + quote(opaque->import_name) + ": " + opaque->why);
  }
  return none("TorchScript has no type for a " + quote(value.type_name()));
}

}  // namespace

TypeOrReason type_of_annotation(Compiler& compiler, const Value& annotation) {
  if (annotation.is_none()) return {c10::NoneType::get(), ""};
  // `x: torch.LongTensor`; and `x: torch.tensor`, a slip that Python never notices.
  const auto op = annotation.try_as<py::OperatorRef>();
  const auto native = annotation.try_as<py::NativeFunction>();
  const std::string name = native ? native->qualified_name : op ? "torch." + op->name : "";
  if (name == "torch.tensor" || (name.starts_with("torch.") && name.ends_with("Tensor")))
    return {c10::TensorType::get(), ""};
  if (const auto cls = annotation.try_as<py::PyClass>()) return of_class(compiler, cls);
  if (const auto form = annotation.try_as<py::TypeForm>()) return of_form(compiler, *form);
  if (const auto opaque = annotation.try_as<py::Opaque>()) {
    return none("its annotation " + quote(opaque->import_name) + " is unknown: " + opaque->why);
  }
  return none("TorchScript has no type for the annotation " + quote(repr(annotation)));
}

TypeOrReason type_of_annotation(Compiler& compiler, const py::PyFunction& function, const py::ExprPtr& expr) {
  if (const auto* constant = py::as<py::Constant>(expr)) {
    if (const auto* text = std::get_if<std::string>(&constant->value)) {
      const py::ExprPtr inner =
          py::parse_expression(std::make_shared<py::Source>(function.source()->name(), *text, expr->span.line));
      return type_of_annotation(compiler, function, inner);
    }
  }
  Value value = compiler.evaluator().evaluate_in(function, expr, {});
  // A forward reference inside brackets arrives as a string.
  const std::function<Value(const Value&)> resolve = [&](const Value& v) -> Value {
    if (v.is_string()) {
      const auto source = std::make_shared<py::Source>(function.source()->name(), v.as_string(), expr->span.line);
      return compiler.evaluator().evaluate_in(function, py::parse_expression(source), {});
    }
    const auto form = v.try_as<py::TypeForm>();
    if (!form) return v;
    auto copy = std::make_shared<py::TypeForm>(*form);
    std::transform(copy->args.begin(), copy->args.end(), copy->args.begin(), resolve);
    return Value(copy);
  };
  return type_of_annotation(compiler, resolve(value));
}

TypeOrReason type_of_value(Compiler& compiler, const Value& value) {
  if (value.is_none()) return {c10::NoneType::get(), ""};
  if (value.is_bool()) return {c10::BoolType::get(), ""};
  if (value.is_int()) return {c10::IntType::get(), ""};
  if (value.is_float()) return {c10::FloatType::get(), ""};
  if (value.is_string()) return {c10::StringType::get(), ""};
  if (value.is_tensor()) return {c10::TensorType::get(), ""};
  if (value.is_list()) {
    if (value.as_list().empty()) return {c10::ListType::ofTensors(), ""};
    TypeOrReason item = of_items(compiler, value.as_list(), "a list");
    if (item.type) item.type = c10::ListType::create(item.type);
    return item;
  }
  if (value.is_tuple()) {
    std::vector<TypePtr> items;
    for (const Value& v : value.as_tuple()) {
      const TypeOrReason item = type_of_value(compiler, v);
      if (!item.type) return item;
      items.push_back(item.type);
    }
    const auto& data = std::get<std::shared_ptr<TupleValue>>(value.data());
    if (const auto cls = std::dynamic_pointer_cast<py::PyClass>(data->type); cls && cls->def) {
      return {compiler.class_type(cls, {}), ""};
    }
    return {c10::TupleType::create(items), ""};
  }
  if (value.is_dict()) return of_dict_value(compiler, value.as_dict());
  return of_object(compiler, value);
}

}  // namespace scriptc::torch_backend
