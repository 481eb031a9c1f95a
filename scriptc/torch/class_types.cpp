#include "scriptc/torch/class_types.h"

#include <algorithm>
#include <functional>
#include <sstream>

#include "scriptc/model/text.h"
#include "scriptc/torch/annotations.h"
#include "scriptc/torch/attribute_types.h"
#include "scriptc/torch/sugared_values.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

struct Slot {
  enum class Kind { parameter, buffer, attribute, constant };
  std::string name;
  c10::TypePtr type;
  Kind kind = Kind::attribute;
  Value value;  ///< of attributes and constants
};

/// Everything about a module that its type depends on.
struct Shape {
  std::vector<Slot> slots;
  std::map<std::string, std::string> untyped;
  std::map<std::string, ModuleInfo*> children;
  std::string key;
};

/// Equal for values that compiled code cannot tell apart.
void fingerprint(const Value& value, std::ostream& out) {
  const auto each = [&](const std::vector<Value>& items, char open) {
    out << open;
    for (const Value& item : items) {
      fingerprint(item, out);
      out << ',';
    }
    out << ')';
  };
  if (value.is_list()) return each(value.as_list(), '[');
  if (value.is_tuple()) return each(value.as_tuple(), '(');
  if (value.is_dict()) {
    out << '{';
    for (const auto& [key, item] : value.as_dict().entries) {
      fingerprint(key, out);
      out << ':';
      fingerprint(item, out);
      out << ',';
    }
    out << '}';
    return;
  }
  if (value.is_tensor()) {
    out << "tensor";
  } else if (const auto constant = value.try_as<py::TorchConstant>()) {
    out << "torch." << constant->name << ':' << constant->value;
  } else if (value.is_object()) {
    out << value.as_object().get();
  } else {
    out << repr(value);
  }
}

class ShapeReader {
 public:
  ShapeReader(Compiler& compiler, const ModulePtr& module) : compiler_(compiler), module_(module) {}

  Shape read() {
    key_ << module_->class_.get() << '|';
    add_shared_children();
    for (const auto& [name, tensor] : module_->parameters) add_tensor(name, tensor, Slot::Kind::parameter);
    for (const auto& [name, buffer] : module_->buffers) add_tensor(name, buffer.tensor, Slot::Kind::buffer);
    for (const auto& [name, child] : module_->children) add_child(name, child);
    shape_.slots.push_back({"training", c10::BoolType::get(), Slot::Kind::attribute, Value()});
    for (const auto& [name, value] : module_->attributes) add_attribute(name, value);
    shape_.key = key_.str();
    return std::move(shape_);
  }

 private:
  /// Code that was specialised to one instance names a child by the first way that leads to it: instances share a type
  /// only if the same ways lead to the same children.
  void add_shared_children() {
    std::map<const Module*, std::string> first;
    const std::function<void(const Module&, const std::string&)> walk = [&](const Module& module,
                                                                            const std::string& path) {
      for (const auto& [name, child] : module.children) {
        if (!child) continue;
        const std::string here = path + "." + name;
        const auto [known, fresh] = first.emplace(child.get(), here);
        if (fresh)
          walk(*child, here);
        else
          key_ << here << '=' << known->second << ';';
      }
    };
    walk(*module_, "");
  }

  void add_tensor(const std::string& name, const TensorPtr& tensor, Slot::Kind kind) {
    c10::TypePtr type = tensor ? c10::TypePtr(c10::TensorType::get()) : c10::TypePtr(c10::NoneType::get());
    const TypeOrReason annotated = annotated_attribute_type(compiler_, *module_, name);
    // LibTorch's passes want a layer's bias Optional; what a user's code finds there is what it is.
    const auto cls = std::dynamic_pointer_cast<py::PyClass>(module_->class_);
    const bool embedded = cls && cls->qualified_name.starts_with("torch.");
    const bool open = embedded || !tensor || compiler_.is_mutable(*module_, name);
    if (annotated.type && open) type = annotated.type;
    shape_.slots.push_back({name, type, kind, Value()});
    key_ << name << ':' << type->annotation_str() << static_cast<int>(kind) << (tensor ? "" : "None") << ';';
  }

  void add_child(const std::string& name, const ModulePtr& child) {
    if (!child) {
      shape_.slots.push_back({name, c10::NoneType::get(), Slot::Kind::attribute, Value()});
      key_ << name << ":None;";
      return;
    }
    ModuleInfo& info = compiler_.info(child);
    shape_.children[name] = &info;
    key_ << name << ':' << &info << ';';
  }

  void add_attribute(const std::string& name, const Value& value) {
    if (name.starts_with("__")) return;
    key_ << name << '=';
    if (compiler_.is_mutable(*module_, name)) {
      key_ << "mutable";
    } else {
      fingerprint(value, key_);
    }
    const bool constant = is_declared_constant(compiler_, *module_, name) && is_plain_data(value);
    TypeOrReason type = constant ? type_of_value(compiler_, value) : attribute_type(compiler_, *module_, name, value);
    if (is_set_later(compiler_, *module_, name)) type = {c10::OptionalType::create(c10::TensorType::get()), ""};
    const auto start = compiler_.starts().find(start_of_attribute(*module_, name));
    if (start != compiler_.starts().end() && value.is_none()) {
      shape_.slots.push_back({name, start->second, Slot::Kind::attribute, value});
      key_ << ':' << start->second->annotation_str() << ';';
      return;
    }
    // The value itself is made when the instance is built: here only whether that will work.
    if (type.type && !value.is_tensor() && !to_ivalue(compiler_, value, type.type)) {
      type = {nullptr, "its value does not fit its annotation " + type.type->annotation_str()};
    }
    if (type.type) {
      key_ << ':' << type.type->annotation_str();
      shape_.slots.push_back({name, type.type, constant ? Slot::Kind::constant : Slot::Kind::attribute, value});
    } else {
      shape_.untyped[name] = type.reason;
    }
    key_ << ';';
  }

  Compiler& compiler_;
  const ModulePtr& module_;
  Shape shape_;
  std::ostringstream key_;
};

/// `__len__` and `__contains__`, which the ir_emitter calls on the value of a container.
void add_container_methods(Compiler& compiler, const ModuleInfo& info) {
  const Container container = container_of(*info.module);
  if (container == Container::none) return;
  const bool parameters = container == Container::parameter_list || container == Container::parameter_dict;
  const auto names = parameters ? info.module->parameters.names() : info.module->children.names();
  std::string code = "def __len__(self) -> int:\n  return " + std::to_string(names.size()) + "\n";
  if (container == Container::dict || container == Container::parameter_dict) {
    std::vector<std::string> quoted;
    for (const std::string& name : names) quoted.push_back(repr(Value(name)));
    code += "def __contains__(self, key: str) -> bool:\n  return key in [" + join(quoted) + "]\n";
    if (names.empty()) code = "def __len__(self) -> int:\n  return 0\n";
  }
  const jit::SimpleSelf self(info.type);
  compiler.unit()->define(*info.type->name(), code, jit::nativeResolver(), &self);
}

}  // namespace

bool is_set_later(Compiler& compiler, const Module& module, const std::string& name) {
  const Value* value = module.attributes.find(name);
  const auto cls = std::dynamic_pointer_cast<py::PyClass>(module.class_);
  return value && value->is_none() && cls && compiler.is_mutable(module, name) && py::assigns_attribute(*cls, name) &&
         !annotated_attribute_type(compiler, module, name).type;
}

Container container_of(const Module& module) {
  const auto cls = std::dynamic_pointer_cast<py::PyClass>(module.class_);
  if (!cls) return Container::none;
  for (const auto& base : cls->mro) {
    const auto known = base.lock();
    const std::string name = known ? known->qualified_name : "";
    if (!name.starts_with("torch.nn.")) continue;
    if (known->name == "ModuleList" || known->name == "Sequential") return Container::list;
    if (known->name == "ModuleDict") return Container::dict;
    if (known->name == "ParameterList") return Container::parameter_list;
    if (known->name == "ParameterDict") return Container::parameter_dict;
  }
  return Container::none;
}

std::string type_name_of(const std::string& qualified_name) {
  std::string result = "__torch__.";
  for (const char c : qualified_name) {
    const bool start = result.back() == '.';
    const bool digit = c >= '0' && c <= '9';
    if (start && digit) result += '_';
    if (c == '.' && start) continue;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    result += letter || digit || c == '.' ? c : '_';
  }
  return result;
}

ModuleInfo& Compiler::info(const ModulePtr& module) {
  if (const auto known = infos_.find(module.get()); known != infos_.end()) return *known->second;
  Shape shape = ShapeReader(*this, module).read();
  ModuleInfo*& shared = type_keys_[shape.key];
  infos_[module.get()] = shared;
  if (!shared) {
    types_.push_back(std::make_unique<ModuleInfo>());
    shared = types_.back().get();
    shared->module = module;
    shared->children = std::move(shape.children);
    shared->untyped = std::move(shape.untyped);
    const c10::QualifiedName name(type_name_of(module->class_->qualified_name));
    shared->type = c10::ClassType::create(unit_->mangle(name), unit_, true);
    for (const Slot& slot : shape.slots) {
      if (slot.kind == Slot::Kind::constant) {
        shared->type->addConstant(slot.name, *to_ivalue(*this, slot.value, slot.type));
      } else {
        shared->type->addAttribute(slot.name, slot.type, slot.kind == Slot::Kind::parameter,
                                   slot.kind == Slot::Kind::buffer);
      }
    }
    for (const auto& [child, tree] : module->children) {
      if (tree) shared->type->addAttribute(child, shared->children.at(child)->type);
    }
    unit_->register_type(shared->type);
    add_container_methods(*this, *shared);
  }
  infos_[module.get()] = shared;
  return *shared;
}

namespace {

using Objects = std::map<const Module*, jit::ModulePtr>;

c10::IValue tensor_value(Compiler& compiler, const TensorPtr& tensor) {
  return tensor ? c10::IValue(compiler.options().materialise(tensor)) : c10::IValue();
}

/// What stands in an attribute that is None, and that no code reads before it assigns it unless its type allows None.
c10::IValue before_it_is_set(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::IntType:
      return std::int64_t{0};
    case c10::TypeKind::FloatType:
      return 0.0;
    case c10::TypeKind::BoolType:
      return false;
    case c10::TypeKind::StringType:
      return std::string();
    case c10::TypeKind::TensorType:
      return at::empty({0});
    case c10::TypeKind::ListType:
      return c10::impl::GenericList(type->expectRef<c10::ListType>().getElementType());
    case c10::TypeKind::DictType: {
      const auto& dict = type->expectRef<c10::DictType>();
      return c10::impl::GenericDict(dict.getKeyType(), dict.getValueType());
    }
    case c10::TypeKind::TupleType: {
      std::vector<c10::IValue> items;
      for (const c10::TypePtr& item : type->containedTypes()) items.push_back(before_it_is_set(item));
      return c10::ivalue::Tuple::create(std::move(items));
    }
    default:
      return {};
  }
}

jit::ModulePtr build_object(Compiler& compiler, const ModulePtr& module, Objects& objects) {
  jit::ModulePtr& object = objects[module.get()];
  if (object) return object;
  const ModuleInfo& info = compiler.info(module);
  object = c10::ivalue::Object::create(c10::StrongTypePtr(compiler.unit(), info.type), info.type->numAttributes());
  const jit::ModulePtr result = object;
  const auto set = [&](const std::string& name, c10::IValue value) {
    result->setSlot(info.type->getAttributeSlot(name), std::move(value));
  };
  for (const auto& [name, tensor] : module->parameters) set(name, tensor_value(compiler, tensor));
  for (const auto& [name, buffer] : module->buffers) set(name, tensor_value(compiler, buffer.tensor));
  set("training", compiler.options().train && module->training);
  for (const auto& [name, value] : module->attributes) {
    const c10::TypePtr type = info.type->findAttribute(name);
    if (type) set(name, value.is_none() ? before_it_is_set(type) : *to_ivalue(compiler, value, type));
  }
  for (const auto& [name, child] : module->children) {
    if (child) set(name, build_object(compiler, child, objects));
  }
  return result;
}

}  // namespace

jit::Module build_instance(Compiler& compiler, const ModulePtr& root) {
  Objects objects;
  return jit::Module(build_object(compiler, root, objects));
}

}  // namespace scriptc::torch_backend
