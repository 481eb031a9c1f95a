#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/interpreter.h"

namespace scriptc::python {
namespace {

bool is_data_descriptor(const Value& attribute) {
  if (const auto property = attribute.try_as<Property>()) return !property->cached;
  const auto instance = attribute.try_as<PyInstance>();
  return instance && instance->class_ && static_cast<PyClass&>(*instance->class_).lookup("__set__") != nullptr;
}

/// Whether a class has another `__setattr__` or `__delattr__` than the plain one, such as `dict.__setitem__`.
bool is_own(const Value& special, std::string_view name) {
  const auto native = special.try_as<NativeFunction>();
  return native ? native->name != name : special.try_as<PyFunction>() != nullptr;
}

std::string doc_of(const StmtList& body) {
  if (body.empty()) return "";
  const auto* stmt = as<ExprStmt>(body.front());
  const auto* constant = stmt ? as<Constant>(stmt->value) : nullptr;
  const auto* text = constant ? std::get_if<std::string>(&constant->value) : nullptr;
  return text ? *text : "";
}

/// Texts stay texts: forward references.
Value function_annotations(Interpreter& in, const PyFunction& fn) {
  const Value result = Value::dict();
  const auto add = [&](const std::string& name, const ExprPtr& annotation) {
    if (annotation) result.as_dict().set(name, in.eval_in(fn, annotation, {}));
  };
  const Arguments& args = fn.args();
  for (const auto* list : {&args.posonlyargs, &args.args})
    for (const Parameter& parameter : *list) add(parameter.arg, parameter.annotation);
  if (args.vararg) add(args.vararg->arg, args.vararg->annotation);
  for (const Parameter& parameter : args.kwonlyargs) add(parameter.arg, parameter.annotation);
  if (args.kwarg) add(args.kwarg->arg, args.kwarg->annotation);
  if (fn.def) add("return", fn.def->returns);
  return result;
}

/// A live dict over a map of names.
Value view_of(ObjectPtr owner, OrderedMap<Value>& map) {
  auto view = std::make_shared<NameView>();
  view->names = [owner, &map] { return map.names(); };
  view->find = [owner, &map](const std::string& name) -> std::optional<Value> {
    const Value* value = map.find(name);
    return value ? std::optional<Value>(*value) : std::nullopt;
  };
  view->set = [owner, &map](const std::string& name, const Value& value) { map.set(name, value); };
  view->erase = [owner, &map](const std::string& name) { return map.erase(name); };
  return view;
}

}  // namespace

OrderedMap<Value>* Interpreter::attributes_of(const Value& object) {
  if (object.is_object()) {
    Object* o = object.as_object().get();
    if (auto* instance = dynamic_cast<Instance*>(o)) return &instance->attributes;
    if (auto* fn = dynamic_cast<PyFunction*>(o)) return &fn->attributes;
    if (auto* cls = dynamic_cast<PyClass*>(o)) return &cls->dict;
    if (auto* module = dynamic_cast<PyModule*>(o)) return &module->globals;
  } else if (object.is_dict() && object.as_dict().type) {
    return &static_cast<PyDict&>(object.as_dict()).attributes;
  } else if (object.is_list()) {
    const auto& list = std::get<std::shared_ptr<ListValue>>(object.data());
    if (list->type) return &static_cast<PyList&>(*list).attributes;
  }
  return nullptr;
}

Value Interpreter::bind(const Value& attribute, const Value& self, const PyClassPtr& cls) {
  if (!attribute.is_object()) return attribute;
  Object* object = attribute.as_object().get();
  const auto method_of = [&](const Value& receiver, const Value& fn) -> Value {
    auto bound = std::make_shared<BoundMethod>();
    bound->self = receiver;
    bound->function = fn;
    return bound;
  };
  if (dynamic_cast<PyFunction*>(object) != nullptr) return method_of(self, attribute);
  if (auto* fn = dynamic_cast<NativeFunction*>(object)) return fn->is_method ? method_of(self, attribute) : attribute;
  if (auto* wrapper = dynamic_cast<MethodWrapper*>(object))
    return wrapper->is_class ? method_of(cls, wrapper->function) : wrapper->function;
  if (auto* property_object = dynamic_cast<Property*>(object)) {
    if (property_object->getter.is_none()) raise("AttributeError", "unreadable attribute");
    const Value value = call(Value(property_object->getter), {self});
    return value;
  }
  if (dynamic_cast<PyInstance*>(object) != nullptr)
    if (const auto value = call_special(attribute, "__get__", {self, cls})) return *value;
  return attribute;
}

std::optional<Value> Interpreter::find_class_attribute(const PyClassPtr& cls, const std::string& name) {
  if (name == "__name__") return Value(cls->name);
  if (name == "__qualname__") {
    if (const Value* own = cls->dict.find(name)) return *own;
    return Value(cls->name);
  }
  if (name == "__mro__" || name == "__bases__") {
    std::vector<Value> items;
    if (name == "__bases__")
      items.assign(cls->bases.begin(), cls->bases.end());
    else
      for (const auto& base : cls->mro) items.push_back(base.lock());
    return Value::tuple(std::move(items));
  }
  if (name == "__dict__") return view_of(cls, cls->dict);
  if (name == "__class__") return Value(type_of(cls));
  if (name == "__doc__" && cls->dict.find(name) == nullptr) {
    const std::string doc = cls->def ? doc_of(cls->def->body) : "";
    return doc.empty() ? Value() : Value(doc);
  }
  if (name == "__annotations__") {
    if (const Value* own = cls->dict.find(name)) return *own;  // of `type(name, bases, namespace)`
    const Value result = Value::dict();
    for (const auto& [key, annotation] : cls->annotations)
      result.as_dict().set(key, annotation_value(*cls, annotation));
    return result;
  }
  if (const Value* meta = cls->metaclass ? cls->metaclass->lookup(name) : nullptr; meta && is_data_descriptor(*meta))
    return bind(*meta, cls, cls->metaclass);
  if (const Value* found = cls->lookup(name)) {
    const Value attribute = *found;
    if (const auto wrapper = attribute.try_as<MethodWrapper>())
      return wrapper->is_class ? bind(attribute, cls, cls) : wrapper->function;
    if (attribute.try_as<PyInstance>())
      if (const auto value = call_special(attribute, "__get__", {Value(), cls})) return *value;
    return attribute;
  }
  const PyClassPtr meta = type_of(cls);
  if (const Value* found = meta->lookup(name)) return bind(Value(*found), cls, meta);
  return std::nullopt;
}

Value Interpreter::annotation_value(const PyClass& cls, const ExprPtr& annotation) {
  if (const auto* constant = as<Constant>(annotation))
    if (const auto* text = std::get_if<std::string>(&constant->value)) return *text;
  Frame f;
  f.module = cls.module;
  f.scope = cls.closure;
  f.name = cls.name;
  const FrameGuard guard(*this, f);
  return eval(f, annotation);
}

std::optional<Value> Interpreter::find_function_attribute(PyFunction& fn, const std::string& name) {
  if (const Value* value = fn.attributes.find(name)) return *value;
  if (name == "__name__") return Value(fn.name);
  if (name == "__qualname__") {
    const std::string prefix = fn.module->name + ".";
    return Value(fn.qualified_name.starts_with(prefix) ? fn.qualified_name.substr(prefix.size()) : fn.qualified_name);
  }
  if (name == "__module__") return Value(fn.module->name);
  if (name == "__dict__") return view_of(fn.shared_from_this(), fn.attributes);
  if (name == "__defaults__") return fn.defaults.empty() ? Value() : Value::tuple(fn.defaults);
  if (name == "__kwdefaults__") {
    const Value named = Value::dict();
    for (std::size_t i = 0; i < fn.kw_defaults.size(); ++i)
      if (fn.has_kw_default[i]) named.as_dict().set(fn.args().kwonlyargs[i].arg, fn.kw_defaults[i]);
    return named.as_dict().size() == 0 ? Value() : named;
  }
  if (name == "__annotations__") return function_annotations(*this, fn);
  if (name == "__doc__") {
    const std::string doc = fn.def ? doc_of(fn.def->body) : "";
    return doc.empty() ? Value() : Value(doc);
  }
  if (name == "__globals__") return view_of(fn.module, fn.module->globals);
  return std::nullopt;
}

std::optional<Value> Interpreter::find_super_attribute(const SuperObject& super, const std::string& name) {
  const Value* found = super.self_class->lookup_after(*super.after, name);
  if (found == nullptr) return std::nullopt;
  if (const auto wrapper = found->try_as<MethodWrapper>())
    return wrapper->is_class ? bind(*found, super.self, super.self_class) : wrapper->function;
  if (name == "__new__") return *found;
  if (super.self.try_as<PyClass>() && super.self.try_as<PyClass>() == super.self_class) return *found;
  return bind(Value(*found), super.self, super.self_class);
}

std::optional<Value> Interpreter::find_plain_attribute(const Value& object, const std::string& name) {
  Object* o = object.is_object() ? object.as_object().get() : nullptr;
  if (o != nullptr) {
    if (auto* module = dynamic_cast<PyModule*>(o)) return module_attribute(*module, name);
    if (dynamic_cast<PyClass*>(o) != nullptr)
      return find_class_attribute(std::static_pointer_cast<PyClass>(object.as_object()), name);
    if (auto* opaque = dynamic_cast<Opaque*>(o)) {
      if (name.starts_with("__") && name.ends_with("__") && name != "__version__") return std::nullopt;
      return make_opaque(opaque->import_name + "." + name, opaque->why);
    }
    if (auto* super = dynamic_cast<SuperObject*>(o)) return find_super_attribute(*super, name);
  }
  const PyClassPtr cls = type_of(object);
  if (name == "__class__") return Value(cls);
  const Value* found = cls->lookup(name);
  if (found != nullptr && is_data_descriptor(*found)) return bind(Value(*found), object, cls);
  if (o != nullptr) {
    if (auto* fn = dynamic_cast<PyFunction*>(o))
      if (auto value = find_function_attribute(*fn, name)) return value;
  }
  if (OrderedMap<Value>* attributes = attributes_of(object)) {
    if (const Value* value = attributes->find(name)) return *value;
    if (name == "__dict__") return view_of(o ? object.as_object() : nullptr, *attributes);
  }
  if (object.is_tensor())
    if (auto value = tensor_attribute(object.as_tensor(), name)) return value;
  if (const auto module = object.try_as<Module>())
    if (auto value = nn_module_attribute(module, name)) return value;
  if (found != nullptr) return bind(Value(*found), object, cls);
  if (const auto method_object = object.try_as<BoundMethod>()) {
    if (name == "__self__") return method_object->self;
    if (name == "__func__") return method_object->function;
    return find_plain_attribute(method_object->function, name);
  }
  if (const auto fn = object.try_as<NativeFunction>()) {
    if (name == "__name__" || name == "__qualname__") return Value(fn->name);
    if (name == "__module__") return Value(fn->qualified_name.substr(0, fn->qualified_name.rfind('.')));
    if (name == "__doc__") return Value();
  }
  if (const auto op = object.try_as<OperatorRef>()) {
    if (name == "__name__" || name == "__qualname__") return Value(op->name);
    if (name == "__module__") return Value("torch");
  }
  if (const auto partial = object.try_as<Partial>()) {
    if (name == "func") return partial->function;
    if (name == "args") return Value::tuple(partial->args);
    if (name == "keywords") {
      const Value keywords = Value::dict();
      for (const auto& [key, value] : partial->kwargs) keywords.as_dict().set(key, value);
      return keywords;
    }
  }
  return std::nullopt;
}

std::optional<Value> Interpreter::find_attribute(const Value& object, const std::string& name) {
  try {
    if (auto value = find_plain_attribute(object, name)) return value;
    if (const Value* fallback = type_of(object)->lookup("__getattr__"); fallback && !object.try_as<SuperObject>())
      return call(Value(*fallback), {object, name});
  } catch (const Raised& raised) {
    if (!type_of(raised.exception)->is_subclass_of(*exception_class("AttributeError"))) throw;
  }
  return std::nullopt;
}

Value Interpreter::get_attribute(const Value& object, const std::string& name) {
  if (auto value = find_plain_attribute(object, name)) return *std::move(value);
  if (!object.try_as<SuperObject>())
    if (const Value* fallback = type_of(object)->lookup("__getattr__")) return call(Value(*fallback), {object, name});
  no_attribute(object, name);
}

void Interpreter::no_attribute(const Value& object, const std::string& name) {
  const std::string help = did_you_mean(name, attribute_names(object));
  if (const auto module = object.try_as<PyModule>())
    raise("AttributeError", "module " + quote(module->name) + " has no attribute " + quote(name), help);
  if (const auto cls = object.try_as<PyClass>())
    raise("AttributeError", "type object " + quote(cls->name) + " has no attribute " + quote(name), help);
  const auto super = object.try_as<SuperObject>();
  const PyClassPtr cls = super ? super->self_class : type_of(object);
  if (cls->opaque_base) opaque_used(*cls->opaque_base);
  raise("AttributeError", quote(super ? "super" : cls->name) + " object has no attribute " + quote(name), help);
}

std::vector<std::string> Interpreter::attribute_names(const Value& object) {
  std::vector<std::string> names;
  const auto add = [&](const auto& map) {
    for (const std::string& name : map.names()) names.push_back(name);
  };
  if (const auto* attributes = attributes_of(object)) add(*attributes);
  if (const auto module = object.try_as<Module>()) {
    add(module->parameters);
    add(module->buffers);
    add(module->children);
  }
  const auto as_class = object.try_as<PyClass>();
  if (!object.try_as<PyModule>())
    for (const auto& weak : (as_class ? as_class : type_of(object))->mro)
      if (const auto cls = weak.lock()) add(cls->dict);
  return names;
}

void Interpreter::set_attribute(const Value& object, const std::string& name, const Value& value) {
  if (!object.try_as<PyClass>())
    if (const Value* setter = type_of(object)->lookup("__setattr__"); setter && is_own(*setter, "__setattr__")) {
      call(Value(*setter), {object, name, value});
      return;
    }
  set_plain_attribute(object, name, value);
}

void Interpreter::set_plain_attribute(const Value& object, const std::string& name, const Value& value) {
  if (object.is_tensor() && set_tensor_attribute(object.as_tensor(), name, value)) return;
  const auto module = object.try_as<Module>();
  if (!object.try_as<PyClass>() && !(module && (value.is_tensor() || value.try_as<Module>()))) {
    const Value* found = type_of(object)->lookup(name);
    if (const auto descriptor = found ? found->try_as<Property>() : nullptr; descriptor && !descriptor->cached) {
      if (descriptor->setter.is_none())
        raise("AttributeError",
              "property " + quote(name) + " of " + quote(type_of(object)->name) + " object has no setter");
      call(descriptor->setter, {object, value});
      return;
    }
    if (found != nullptr && is_data_descriptor(*found)) {
      call_special(Value(*found), "__set__", {object, value});
      return;
    }
  }
  if (name == "__class__") {
    if (const auto instance = object.try_as<Instance>())
      if (auto cls = value.try_as<PyClass>()) {
        instance->class_ = std::move(cls);
        return;
      }
  }
  if (module && set_nn_module_attribute(module, name, value)) return;
  if (const auto fn = object.try_as<PyFunction>(); fn && name == "__name__" && value.is_string())
    fn->name = value.as_string();
  if (const auto cls = object.try_as<PyClass>(); cls && name == "__name__" && value.is_string()) {
    cls->name = value.as_string();
    return;
  }
  OrderedMap<Value>* attributes = attributes_of(object);
  if (name == "__dict__" && attributes != nullptr) {
    attributes->clear();
    for (const Value& key : to_vector(value)) attributes->set(str(key), get_item(value, key));
    return;
  }
  if (const auto bound = object.try_as<BoundMethod>())
    raise("AttributeError", "'method' object has no attribute " + quote(name));
  if (attributes == nullptr) {
    if (object.try_as<Opaque>() || object.try_as<NativeFunction>()) return;
    raise("AttributeError", quote(object.type_name()) + " object has no attribute " + quote(name));
  }
  attributes->set(name, value);
}

void Interpreter::delete_attribute(const Value& object, const std::string& name) {
  if (const Value* deleter = type_of(object)->lookup("__delattr__"); deleter && is_own(*deleter, "__delattr__")) {
    call(Value(*deleter), {object, name});
    return;
  }
  delete_plain_attribute(object, name);
}

void Interpreter::delete_plain_attribute(const Value& object, const std::string& name) {
  const Value* found = object.try_as<PyClass>() ? nullptr : type_of(object)->lookup(name);
  if (const auto descriptor = found ? found->try_as<Property>() : nullptr; descriptor && !descriptor->cached) {
    if (descriptor->deleter.is_none())
      raise("AttributeError",
            "property " + quote(name) + " of " + quote(type_of(object)->name) + " object has no deleter");
    call(descriptor->deleter, {object});
    return;
  }
  if (found != nullptr && found->try_as<PyInstance>() && call_special(Value(*found), "__delete__", {object})) return;
  if (const auto module = object.try_as<Module>(); module && delete_nn_module_attribute(*module, name)) return;
  OrderedMap<Value>* attributes = attributes_of(object);
  if (attributes == nullptr || !attributes->erase(name)) no_attribute(object, name);
}

}  // namespace scriptc::python
