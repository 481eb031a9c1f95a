#include "scriptc/python/interpreter.h"

#include <pthread.h>

#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/generator.h"

namespace scriptc::python {

Interpreter::Interpreter(EvaluatorOptions o) : options(std::move(o)), roots(options.path) {
  find_native_stack();
  builtins = std::make_shared<PyModule>();
  builtins->name = "builtins";
  builtins->is_embedded = true;
  modules.emplace("builtins", builtins);
  ellipsis = std::make_shared<Singleton>("ellipsis", "Ellipsis");
  not_implemented = std::make_shared<Singleton>("NotImplementedType", "NotImplemented");
  install_object_types(*this);
  install_exceptions(*this);
  install_numbers(*this);
  install_strings(*this);
  install_lists(*this);
  install_dicts(*this);
  install_sets(*this);
  install_builtin_functions(*this);
  install_tensor_class(*this);
  install_nn_module(*this);
  install_torch(*this);
  install_typing(*this);
  install_library(*this);
  install_math(*this);
  install_small_modules(*this);
  install_embedded_files(*this);
}

Interpreter::~Interpreter() {
  // Functions, their globals and their closures refer to each other: the rings are broken here.
  handling.clear();
  pending_class.reset();
  for (auto& [name, module] : modules) made_modules.push_back(module);
  for (const auto& module : made_modules) {
    module->pending = nullptr;
    module->missing = nullptr;
    const auto dying = std::move(module->globals);
    module->globals.clear();
  }
  for (const auto& weak : scopes)
    if (const auto scope = weak.lock()) {
      const auto dying = std::move(scope->names);
      scope->names.clear();
    }
  class_hooks.clear();
  native_modules.clear();
  for (const auto& weak : classes)
    if (const auto cls = weak.lock()) {
      const auto dying = std::move(cls->dict);
      cls->dict.clear();
      cls->interpreter = nullptr;
    }
}

void Interpreter::find_native_stack() {
  constexpr std::size_t kReserve = std::size_t{256} << 10;
  pthread_attr_t attributes;
  void* lowest = nullptr;
  std::size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
  }
  stack_limit_ = static_cast<const char*>(lowest) + kReserve;
}

void Interpreter::check_stack() const {
  if (static_cast<const char*>(__builtin_frame_address(0)) < stack_limit_)
    throw Error(ErrorKind::cap,
                "calls nest too deeply for the stack of this thread\n  help: lower the limit with --max-calls N");
}

Value Interpreter::native(std::string qualified, NativeFunction::Body body) {
  return std::make_shared<NativeFunction>(std::move(qualified), std::move(body));
}

void Interpreter::method(const PyClassPtr& cls, const std::string& name, NativeFunction::Body body) {
  // Bodies may rely on the type of self: `dict.clear(3)` stops here.
  const auto checked = [this, name, of = std::weak_ptr<PyClass>(cls), body = std::move(body)](const CallArgs& args,
                                                                                              const Kwargs& kwargs) {
    const auto expected = of.lock();
    if (expected && !type_of(args.at(0))->is_subclass_of(*expected))
      raise("TypeError", "descriptor " + quote(name) + " for " + quote(expected->name) +
                             " objects doesn't apply to a " + quote(type_of(args[0])->name) + " object");
    return body(args, kwargs);
  };
  auto fn = std::make_shared<NativeFunction>(cls->qualified_name + "." + name, checked);
  fn->is_method = true;
  cls->dict.set(name, std::move(fn));
}

void Interpreter::property(const PyClassPtr& cls, const std::string& name, std::function<Value(const Value&)> getter) {
  auto object = std::make_shared<Property>();
  object->getter =
      native(cls->qualified_name + "." + name,
             [getter = std::move(getter)](const CallArgs& args, const Kwargs&) { return getter(args.at(0)); });
  cls->dict.set(name, std::move(object));
}

std::shared_ptr<PyModule> Interpreter::native_module(const std::string& name) {
  auto module = std::make_shared<PyModule>();
  module->name = name;
  module->is_embedded = true;
  module->globals.set("__name__", name);
  modules.insert_or_assign(name, module);
  return module;
}

void Interpreter::function(PyModule& module, const std::string& name, NativeFunction::Body body) {
  module.globals.set(name, native(module.name + "." + name, std::move(body)));
}

bool PyInstance::equals(const Value& other) const {
  const auto* cls = static_cast<const PyClass*>(class_.get());
  if (cls == nullptr || cls->interpreter == nullptr) return Object::equals(other);
  const Value self = std::const_pointer_cast<Object>(shared_from_this());
  if (const auto result = cls->interpreter->call_special(self, "__eq__", {other});
      result && !result->is_same(cls->interpreter->not_implemented))
    return cls->interpreter->truth(*result);
  if (has_payload) return equal(payload, cls->interpreter->plain(other));
  return Object::equals(other);
}

std::size_t PyInstance::hash() const {
  const auto* cls = static_cast<const PyClass*>(class_.get());
  if (cls == nullptr || cls->interpreter == nullptr) return Object::hash();
  const Value self = std::const_pointer_cast<Object>(shared_from_this());
  const Value* own = cls->lookup("__hash__");
  const Value* equality = cls->lookup("__eq__");
  if ((own != nullptr && own->is_none()) || (own == nullptr && equality != nullptr && equality->try_as<PyFunction>()))
    throw Error(ErrorKind::model, "TypeError: unhashable type: '" + cls->name + "'");
  if (own != nullptr) return hash_value(cls->interpreter->call(cls->interpreter->bind(Value(*own), self, nullptr), {}));
  return has_payload ? hash_value(payload) : Object::hash();
}

bool SetObject::equals(const Value& other) const {
  const auto set = other.try_as<SetObject>();
  if (!set || set->items.size() != items.size()) return false;
  for (const auto& [item, unused] : items.entries)
    if (!set->contains(item)) return false;
  return true;
}

std::size_t SetObject::hash() const {
  if (!frozen) throw Error(ErrorKind::model, "TypeError: unhashable type: 'set'");
  std::size_t hash = items.size();
  for (const auto& [item, unused] : items.entries) hash += hash_value(item) * 1000003;
  return hash;
}

bool SliceObject::equals(const Value& other) const {
  const auto slice = other.try_as<SliceObject>();
  return slice && equal(lower, slice->lower) && equal(upper, slice->upper) && equal(step, slice->step);
}

Value NameView::copy() const {
  const Value dict = Value::dict();
  for (const std::string& name : names()) dict.as_dict().set(name, find(name).value_or(Value()));
  return dict;
}

bool NameView::equals(const Value& other) const {
  const auto view = other.try_as<NameView>();
  return equal(copy(), view ? view->copy() : other);
}

std::int64_t RangeObject::size() const {
  if (step > 0 ? stop <= start : stop >= start) return 0;
  // Unsigned: the distance may be more than an int64 holds.
  const auto from = static_cast<std::uint64_t>(start), to = static_cast<std::uint64_t>(stop);
  const std::uint64_t stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  const std::uint64_t count = ((step > 0 ? to - from : from - to) - 1) / stride + 1;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX));
}

bool RangeObject::equals(const Value& other) const {
  const auto range = other.try_as<RangeObject>();
  return range && size() == range->size() &&
         (size() == 0 || (start == range->start && (size() == 1 || step == range->step)));
}

std::size_t RangeObject::hash() const { return static_cast<std::size_t>(size() * 1000003 + (size() == 0 ? 0 : start)); }

bool DictView::contains(const Value& value) const {
  if (kind == Kind::keys) return dict->find(value) != nullptr;
  if (!value.is_tuple() || value.as_tuple().size() != 2) return false;
  const Value* found = dict->find(value.as_tuple()[0]);
  return found != nullptr && equal(*found, value.as_tuple()[1]);
}

bool DictView::equals(const Value& other) const {
  if (kind == Kind::values) return Object::equals(other);
  if (const auto view = other.try_as<DictView>()) {
    if (view->kind == Kind::values || view->dict->size() != dict->size()) return false;
    for (const auto& [key, value] : view->dict->entries)
      if (!contains(view->kind == Kind::keys ? key : Value::tuple({key, value}))) return false;
    return true;
  }
  const auto set = other.try_as<SetObject>();
  if (!set || set->items.size() != dict->size()) return false;
  return std::all_of(set->items.entries.begin(), set->items.entries.end(),
                     [&](const auto& entry) { return contains(entry.first); });
}

bool BytesObject::equals(const Value& other) const {
  const auto object = other.try_as<BytesObject>();
  return object && object->bytes == bytes;
}

}  // namespace scriptc::python
