#include <torch/csrc/jit/frontend/resolver.h>

#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/runtime.h"
#include "scriptc/torch/annotations.h"
#include "scriptc/torch/class_types.h"
#include "scriptc/torch/sugared_values.h"

// TorchScript's types for user classes that are no modules.

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

PyFunctionPtr class_scope(const PyClassPtr& cls) {
  auto scope = std::make_shared<py::PyFunction>();
  scope->name = cls->name;
  scope->module = cls->module;
  scope->closure = cls->closure;
  return scope;
}

c10::TypePtr enum_type(Compiler& compiler, const PyClassPtr& cls, const c10::QualifiedName& name) {
  std::vector<c10::EnumNameValue> members;
  c10::TypePtr common;
  for (const Value& member : compiler.evaluator().iterate(Value(cls))) {
    const Value value = compiler.evaluator().get_attribute(member, "value");
    const Value label = compiler.evaluator().get_attribute(member, "name");
    const TypeOrReason type = type_of_value(compiler, value);
    const auto unified =
        common && type.type ? c10::unifyTypes(common, type.type) : c10::optional<c10::TypePtr>(type.type);
    if (!type.type || !unified) return nullptr;
    common = *unified;
    members.emplace_back(label.as_string(), *to_ivalue(compiler, value, type.type));
  }
  return common ? c10::EnumType::create(name, common, std::move(members), compiler.unit()) : nullptr;
}

/// What the class, or the base that has it, says of a field: nothing if it is one of collections.namedtuple.
TypeOrReason field_type(Compiler& compiler, const PyClassPtr& cls, const std::string& field) {
  for (const auto& weak : cls->mro) {
    const PyClassPtr one = weak.lock();
    if (!one) continue;
    // `Point.__annotations__ = {…}` behind a collections.namedtuple.
    const Value* assigned = one->dict.find("__annotations__");
    const Value* given = assigned && assigned->is_dict() ? assigned->as_dict().find(field) : nullptr;
    if (given) return type_of_annotation(compiler, *given);
    if (const python::ExprPtr* annotation = one->annotations.find(field))
      return type_of_annotation(compiler, *class_scope(one), *annotation);
  }
  return {c10::TensorType::get(), ""};
}

c10::TypePtr named_tuple_type(Compiler& compiler, const PyClassPtr& cls, const c10::QualifiedName& name) {
  std::vector<std::string> fields;
  std::vector<c10::TypePtr> types;
  std::vector<c10::IValue> defaults;
  const auto declared = compiler.evaluator().try_get_attribute(Value(cls), "_fields");
  const auto given = compiler.evaluator().try_get_attribute(Value(cls), "_field_defaults");
  if (!declared || !declared->is_tuple()) return nullptr;
  for (const Value& field : declared->as_tuple()) {
    const std::string& label = field.as_string();
    const TypeOrReason type = field_type(compiler, cls, label);
    if (!type.type) return nullptr;
    fields.push_back(label);
    types.push_back(type.type);
    const Value* otherwise = given && given->is_dict() ? given->as_dict().find(label) : nullptr;
    const auto value = otherwise ? to_ivalue(compiler, *otherwise, type.type) : std::nullopt;
    if (value) defaults.push_back(*value);
  }
  return c10::TupleType::createNamed(name, fields, types, defaults);
}

bool is_method_of_script_class(const std::string& name, const Value& value) {
  const auto function = value.try_as<py::PyFunction>();
  return function && function->def && function->mark != py::PyFunction::ScriptMark::ignored && name != "__repr__" &&
         name != "__hash__";
}

}  // namespace

bool is_enum(const py::PyClass& cls) {
  for (const auto& weak : cls.mro) {
    const auto base = weak.lock();
    if (base && base.get() != &cls && base->name == "Enum") return true;
  }
  return false;
}

bool is_dataclass(const py::PyClass& cls) { return cls.lookup("__dataclass_fields__") != nullptr; }

/// Compiles the methods of a script class; `__init__` comes first, for it says which attributes there are.
class ClassCompiler {
 public:
  ClassCompiler(Compiler& compiler, PyClassPtr cls, c10::ClassTypePtr type)
      : compiler_(compiler), cls_(std::move(cls)), type_(std::move(type)) {}

  /// `types`: what `__init__` is given.
  void compile(const jit::SourceRange& used_at, const CallTypes& types) {
    if (const Value* init = cls_->dict.find("__init__")) define("__init__", *init, used_at, types);
    for (const auto& [name, value] : cls_->dict) {
      if (name == "__init__") continue;
      if (const auto property = value.try_as<py::Property>()) {
        const std::string getter = "__" + name + "_getter";
        if (jit::Function* defined = define(getter, property->getter, used_at))
          type_->addProperty(name, defined, nullptr);
      } else {
        define(name, value, used_at);
      }
    }
  }

 private:
  jit::Function* define(const std::string& name, const Value& value, const jit::SourceRange& used_at,
                        const CallTypes& types = {}) {
    if (!is_method_of_script_class(name, value)) return nullptr;
    const jit::SimpleSelf self(type_);
    Compiler::Definition definition;
    definition.function = compiler_.specialised(value.try_as<py::PyFunction>(), nullptr);
    definition.prefix = type_->name()->qualifiedName();
    definition.name = name;
    definition.self = &self;
    definition.types = types;
    return compiler_.define(definition, used_at);
  }

  Compiler& compiler_;
  PyClassPtr cls_;
  c10::ClassTypePtr type_;
};

c10::TypePtr Compiler::class_type(const PyClassPtr& cls, const jit::SourceRange& used_at, const CallTypes& types) {
  const std::pair<const py::PyClass*, std::string> key(cls.get(), text_of(types));
  const auto known = classes_.lower_bound(key);
  const bool is_same = known != classes_.end() && known->first.first == cls.get();
  if (is_same && (types.empty() || known->first == key)) return known->second;
  const c10::QualifiedName name = unit_->mangle(c10::QualifiedName(type_name_of(cls->qualified_name)));
  const auto remember = [&](const c10::TypePtr& type) {
    alive_.push_back(cls);
    return classes_[key] = type;
  };
  const auto reject = [&](const std::string& why) {
    return error(used_at, "class " + quote(cls->name) + " cannot be used in compiled code: " + why);
  };
  if (is_enum(*cls)) {
    const c10::TypePtr type = enum_type(*this, cls, name);
    if (!type) throw reject("its members have values of different types, or of types that TorchScript does not have");
    return remember(type);
  }
  if (cls->layout == py::Layout::tuple) {
    const c10::TypePtr type = named_tuple_type(*this, cls, name);
    if (!type) throw reject("a field has no type in TorchScript");
    unit_->register_type(type->expect<c10::TupleType>());
    return remember(type);
  }
  if (cls->layout != py::Layout::plain) throw reject("TorchScript has no such type");
  const bool inherits = cls->bases.size() > 1 || (cls->bases.size() == 1 && cls->bases[0]->name != "object");
  if (inherits) throw reject("TorchScript's classes have no bases");
  const auto type = c10::ClassType::create(name, unit_);
  unit_->register_type(type);
  remember(type);
  ClassCompiler(*this, cls, type).compile(used_at, types);
  return type;
}

c10::TypePtr Compiler::record_type(const PyClassPtr& cls, const std::vector<std::string>& fields,
                                   const std::vector<c10::TypePtr>& types) {
  std::string text;
  for (const c10::TypePtr& type : types) text += type->repr_str() + ";";
  c10::TypePtr& known = records_[{cls.get(), text}];
  if (known) return known;
  alive_.push_back(cls);
  const c10::QualifiedName name = unit_->mangle(c10::QualifiedName(type_name_of(cls->qualified_name)));
  const bool is_assigned = std::any_of(fields.begin(), fields.end(), [&](const std::string& field) {
    return mutable_attributes_.names.contains(field);
  });
  if (!is_assigned) {
    const c10::TupleTypePtr tuple = c10::TupleType::createNamed(name, fields, types);
    unit_->register_type(tuple);
    return known = tuple;
  }
  const c10::ClassTypePtr type = c10::ClassType::create(name, unit_);
  for (std::size_t i = 0; i < fields.size(); ++i) type->addAttribute(fields[i], types[i]);
  unit_->register_type(type);
  return known = type;
}

Sugared no_grad_class(Compiler& compiler) {
  const c10::QualifiedName name("__torch__.torch.autograd.grad_mode.no_grad");
  c10::ClassTypePtr type = compiler.unit()->get_class(name);
  if (!type) {
    type = c10::ClassType::create(name, compiler.unit());
    compiler.unit()->register_type(type);
    const jit::SimpleSelf self(type);
    compiler.unit()->define(name, R"(
def __init__(self) -> None:
    self.prev = False
def __enter__(self) -> None:
    self.prev = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
    torch.set_grad_enabled(self.prev)
)",
                            jit::nativeResolver(), &self);
  }
  return std::make_shared<jit::ClassValue>(type);
}

}  // namespace scriptc::torch_backend
