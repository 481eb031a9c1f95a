#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/interpreter.h"

namespace scriptc::python {
namespace {

using Order = std::vector<PyClassPtr>;

Order order_of(const PyClass& cls) {
  Order order;
  for (const auto& weak : cls.mro)
    if (auto base = weak.lock()) order.push_back(std::move(base));
  return order;
}

bool in_tail(const Order& order, const PyClassPtr& cls) {
  return order.size() > 1 && std::find(order.begin() + 1, order.end(), cls) != order.end();
}

/// The merge step of the C3 linearisation; empty optional: inconsistent.
std::optional<Order> merge(std::vector<Order> sequences) {
  Order merged;
  for (;;) {
    sequences.erase(std::remove_if(sequences.begin(), sequences.end(), [](const Order& s) { return s.empty(); }),
                    sequences.end());
    if (sequences.empty()) return merged;
    const auto good = std::find_if(sequences.begin(), sequences.end(), [&](const Order& sequence) {
      return std::none_of(sequences.begin(), sequences.end(),
                          [&](const Order& other) { return in_tail(other, sequence.front()); });
    });
    if (good == sequences.end()) return std::nullopt;
    const PyClassPtr next = good->front();
    merged.push_back(next);
    for (Order& sequence : sequences)
      if (sequence.front() == next) sequence.erase(sequence.begin());
  }
}

}  // namespace

void Interpreter::compute_order(PyClass& cls) {
  std::vector<Order> sequences;
  for (const PyClassPtr& base : cls.bases) sequences.push_back(order_of(*base));
  sequences.push_back(cls.bases);
  const auto merged = merge(std::move(sequences));
  if (!merged) {
    std::vector<std::string> names;
    for (const PyClassPtr& base : cls.bases) names.push_back(base->name);
    raise("TypeError", "Cannot create a consistent method resolution order (MRO) for bases " + join(names));
  }
  cls.mro.clear();
  cls.mro.push_back(std::static_pointer_cast<PyClass>(cls.shared_from_this()));
  for (const PyClassPtr& base : *merged) cls.mro.push_back(base);
}

PyClassPtr Interpreter::make_class(ClassParts parts) {
  auto cls = std::make_shared<PyClass>();
  cls->name = parts.name;
  cls->module = parts.module;
  cls->qualified_name =
      parts.qualified_name.empty() ? (parts.module ? parts.module->name + "." : "") + parts.name : parts.qualified_name;
  cls->bases = parts.bases.empty() ? std::vector<PyClassPtr>{types.object} : std::move(parts.bases);
  cls->dict = std::move(parts.dict);
  cls->annotations = std::move(parts.annotations);
  cls->def = std::move(parts.def);
  cls->closure = std::move(parts.closure);
  cls->opaque_base = std::move(parts.opaque_base);
  cls->metaclass = std::move(parts.metaclass);
  cls->interpreter = this;
  compute_order(*cls);
  for (const PyClassPtr& base : order_of(*cls)) {
    if (cls->layout == Layout::plain) cls->layout = base->layout;
    if (!cls->metaclass) cls->metaclass = base->metaclass;
    if (!cls->opaque_base) cls->opaque_base = base->opaque_base;
  }
  classes.push_back(cls);
  for (const char* implicit : {"__init_subclass__", "__class_getitem__"})
    if (Value* value = cls->dict.find(implicit); value != nullptr && value->try_as<PyFunction>())
      *value = std::make_shared<MethodWrapper>(true, *value);
  const auto entries = cls->dict;
  for (const auto& [name, value] : entries)
    if (value.try_as<PyInstance>() || value.try_as<Property>()) call_special(value, "__set_name__", {cls, name});
  for (const auto& [base, hook] : class_hooks)
    if (cls->is_subclass_of(*base)) hook(cls);
  if (const Value* initialise = cls->lookup_after(*cls, "__init_subclass__"))
    call(bind(*initialise, cls, cls), {}, parts.keywords);
  return cls;
}

Value Interpreter::build_class(Frame& f, const std::shared_ptr<const ClassDef>& node, const std::vector<Value>& bases,
                               const Kwargs& keywords, PyClassPtr metaclass) {
  ClassParts parts;
  parts.name = node->name;
  parts.def = node;
  parts.module = f.module;
  parts.closure = f.scope;
  parts.keywords = keywords;
  for (const Value& base : bases) {
    if (const auto opaque = base.try_as<Opaque>()) {
      parts.opaque_base = opaque;
    } else if (auto cls = class_of_form(base)) {
      if (std::find(parts.bases.begin(), parts.bases.end(), cls) != parts.bases.end()) continue;
      if (!metaclass) metaclass = cls->metaclass;
      parts.bases.push_back(std::move(cls));
    } else {
      raise("TypeError", "a base of class " + quote(node->name) + " is no class but " + repr(base));
    }
  }
  std::vector<std::weak_ptr<PyFunction>> functions;
  Frame body;
  body.module = f.module;
  body.scope = f.scope;
  body.class_names = &parts.dict;
  body.class_annotations = &parts.annotations;
  body.class_functions = &functions;
  body.function = f.function;
  body.owner = f.owner;
  body.import_guards = f.import_guards;
  body.name = f.class_names != nullptr ? f.name + "." + node->name
              : f.function != nullptr  ? f.name + ".<locals>." + node->name
                                       : node->name;
  body.class_name = node->name;
  body.source = f.source;
  parts.qualified_name = f.module->name + "." + body.name;
  parts.dict.set("__module__", f.module->name);
  parts.dict.set("__qualname__", body.name);
  {
    const FrameGuard guard(*this, body);
    with_trace(body, [&] { exec(body, node->body); });
  }
  parts.metaclass = metaclass;
  Value result;
  const Value* maker = metaclass ? metaclass->lookup("__new__") : nullptr;
  if (maker != nullptr && (maker->try_as<PyFunction>() || maker->try_as<MethodWrapper>())) {
    std::vector<Value> base_values(parts.bases.begin(), parts.bases.end());
    const Value names = Value::dict();
    for (const auto& [name, value] : parts.dict) names.as_dict().set(name, value);
    pending_class = parts;
    const Args args{metaclass, node->name, Value::tuple(base_values), names};
    result = call(*maker, args, keywords);
    if (const Value* init = metaclass->lookup("__init__"); init != nullptr && init->try_as<PyFunction>())
      call(*init, {result, node->name, Value::tuple(base_values), names}, keywords);
  } else {
    const auto cls = make_class(std::move(parts));
    result = cls;
    if (metaclass)
      if (const Value* init = metaclass->lookup("__init__"); init != nullptr && init->try_as<PyFunction>())
        call(*init, {result, node->name, Value::tuple({cls->bases.begin(), cls->bases.end()}), Value::dict()},
             keywords);
  }
  if (const auto cls = result.try_as<PyClass>())
    for (const auto& weak : functions)
      if (const auto fn = weak.lock()) fn->owner = cls;
  return result;
}

PyClassPtr Interpreter::type_of(const Value& value) {
  struct Visitor {
    const BuiltinTypes& t;
    PyClassPtr operator()(None) const { return t.none; }
    PyClassPtr operator()(bool) const { return t.boolean; }
    PyClassPtr operator()(std::int64_t) const { return t.integer; }
    PyClassPtr operator()(double) const { return t.floating; }
    PyClassPtr operator()(const Value::String&) const { return t.string; }
    PyClassPtr operator()(const std::shared_ptr<ListValue>& v) const { return own(v->type, t.list); }
    PyClassPtr operator()(const std::shared_ptr<TupleValue>& v) const { return own(v->type, t.tuple); }
    PyClassPtr operator()(const std::shared_ptr<DictValue>& v) const { return own(v->type, t.dict); }
    PyClassPtr operator()(const TensorPtr& v) const { return v->is_parameter ? t.parameter : t.tensor; }
    PyClassPtr operator()(const ObjectPtr&) const { return nullptr; }
    static PyClassPtr own(const ObjectPtr& type, const PyClassPtr& otherwise) {
      return type ? std::static_pointer_cast<PyClass>(type) : otherwise;
    }
  };
  if (PyClassPtr cls = std::visit(Visitor{types}, value.data())) return cls;
  Object& object = *value.as_object();
  if (auto* instance = dynamic_cast<Instance*>(&object))
    return instance->class_                             ? std::static_pointer_cast<PyClass>(instance->class_)
           : dynamic_cast<Module*>(instance) != nullptr ? types.nn_module
                                                        : types.object;
  if (auto* cls = dynamic_cast<PyClass*>(&object)) return cls->metaclass ? cls->metaclass : types.type;
  if (auto* set = dynamic_cast<SetObject*>(&object)) return set->frozen ? types.frozenset : types.set;
  if (auto* view = dynamic_cast<DictView*>(&object))
    return view->kind == DictView::Kind::keys     ? types.dict_keys
           : view->kind == DictView::Kind::values ? types.dict_values
                                                  : types.dict_items;
  if (auto* wrapper = dynamic_cast<MethodWrapper*>(&object))
    return wrapper->is_class ? types.class_method : types.static_method;
  if (auto* constant = dynamic_cast<TorchConstant*>(&object))
    return constant_classes[static_cast<std::size_t>(constant->kind)];
  if (value.is_same(not_implemented)) return types.not_implemented;
  const auto found = object_types.find(std::type_index(typeid(object)));
  if (found != object_types.end()) return found->second;
  return dynamic_cast<Iterator*>(&object) != nullptr ? types.iterator : types.object;
}

bool Interpreter::is_subclass(const PyClass& cls, const Value& of) {
  if (const auto other = of.try_as<PyClass>()) {
    if (cls.is_subclass_of(*other)) return true;
    if (const auto check = call_special(
            of, "__subclasscheck__", {std::static_pointer_cast<PyClass>(const_cast<PyClass&>(cls).shared_from_this())}))
      return truth(*check);
    return false;
  }
  if (of.is_tuple())
    return std::any_of(of.as_tuple().begin(), of.as_tuple().end(),
                       [&](const Value& one) { return is_subclass(cls, one); });
  if (of.try_as<Opaque>()) return false;  // what was not found has no instances
  if (const auto form = of.try_as<TypeForm>()) {
    if (form->origin == "Any") return true;
    if (form->origin == "Union" || form->origin == "Optional")
      return std::any_of(form->args.begin(), form->args.end(),
                         [&](const Value& one) { return is_subclass(cls, one); }) ||
             (form->origin == "Optional" && &cls == types.none.get());
    if (const auto base = class_of_form(of)) return is_subclass(cls, base);
  }
  if (of.is_none()) return &cls == types.none.get();
  raise("TypeError", "isinstance() arg 2 must be a type, a tuple of types, or a union");
}

bool Interpreter::is_instance(const Value& value, const Value& cls) {
  if (const auto wanted = cls.try_as<PyClass>(); wanted && wanted->metaclass) {
    if (const Value* check = wanted->metaclass->lookup("__instancecheck__")) return truth(call(*check, {cls, value}));
  }
  if (const auto opaque = value.try_as<Opaque>()) opaque_used(*opaque);
  if (const auto form = cls.try_as<TypeForm>())
    if (const auto base = class_of_form(cls); base && base != types.object) return is_instance(value, base);
  return is_subclass(*type_of(value), cls);
}

Value Interpreter::allocate(const PyClassPtr& cls) {
  switch (cls->layout) {
    case Layout::module: {
      auto module = std::make_shared<Module>();
      module->class_ = cls;
      module->initialised = false;
      return module;
    }
    case Layout::dict: {
      auto dict = std::make_shared<PyDict>();
      dict->type = cls;
      return Value(std::shared_ptr<DictValue>(std::move(dict)));
    }
    case Layout::list: {
      auto list = std::make_shared<PyList>();
      list->type = cls;
      return Value(std::shared_ptr<ListValue>(std::move(list)));
    }
    case Layout::exception: {
      auto exception = std::make_shared<PyException>();
      exception->class_ = cls;
      return exception;
    }
    default: {
      // Instances of the evaluator's own object types come from their own `__new__` alone.
      for (const PyClassPtr& base : order_of(*cls))
        if (!base->def && std::any_of(object_types.begin(), object_types.end(),
                                      [&](const auto& entry) { return entry.second == base; }))
          raise("TypeError", "cannot create " + quote(cls->name) + " instances");
      auto instance = std::make_shared<PyInstance>();
      instance->class_ = cls;
      return instance;
    }
  }
}

Value Interpreter::instantiate(const PyClassPtr& cls, const Args& args, const Kwargs& kwargs) {
  if (cls->metaclass)
    if (const Value* caller = cls->metaclass->lookup("__call__"); caller != nullptr && !cls->metaclass->dict.empty()) {
      Args all{cls};
      all.insert(all.end(), args.begin(), args.end());
      return call(Value(*caller), all, kwargs);
    }
  return construct(cls, args, kwargs);
}

Value Interpreter::construct(const PyClassPtr& cls, const Args& args, const Kwargs& kwargs) {
  const Value maker = *cls->lookup("__new__");
  const Value* init = cls->lookup("__init__");
  const bool plain_new = maker.is_same(object_new);
  const bool plain_init = init == nullptr || init->is_same(object_init);
  if (plain_new && plain_init && !(args.empty() && kwargs.empty())) {
    if (cls->opaque_base) opaque_used(*cls->opaque_base);
    raise("TypeError", cls->name + "() takes no arguments");
  }
  Value instance;
  if (plain_new) {
    instance = allocate(cls);
  } else {
    Args all{cls};
    all.insert(all.end(), args.begin(), args.end());
    instance = call(maker, all, kwargs);
  }
  if (plain_init || !type_of(instance)->is_subclass_of(*cls)) return instance;
  Args all{instance};
  all.insert(all.end(), args.begin(), args.end());
  const Value result = call(Value(*init), all, kwargs);
  if (!result.is_none()) raise("TypeError", "__init__() should return None, not '" + result.type_name() + "'");
  return instance;
}

Value Interpreter::make_super(Frame& f) {
  // A comprehension has no first argument of its own.
  Frame* from = &f;
  if (!from->owner || !from->has_first_argument) raise("RuntimeError", "super(): no arguments");
  auto super = std::make_shared<SuperObject>();
  super->after = from->owner;
  super->self = from->first_argument;
  const auto cls = super->self.try_as<PyClass>();
  super->self_class = cls && cls->is_subclass_of(*super->after) ? cls : type_of(super->self);
  return super;
}

PyClassPtr Interpreter::native_class(const std::string& name, const std::vector<PyClassPtr>& bases,
                                     const std::string& module, Layout layout) {
  auto cls = std::make_shared<PyClass>();
  cls->name = name;
  cls->qualified_name = module.empty() ? name : module + "." + name;
  cls->bases = bases;
  cls->layout = layout;
  cls->interpreter = this;
  compute_order(*cls);
  if (layout == Layout::plain)
    for (const PyClassPtr& base : bases)
      if (cls->layout == Layout::plain) cls->layout = base->layout;
  for (const PyClassPtr& base : bases)
    if (!cls->metaclass) cls->metaclass = base->metaclass;
  cls->dict.set("__module__", module.empty() ? "builtins" : module);
  keep_alive.push_back(cls);
  classes.push_back(cls);
  return cls;
}

}  // namespace scriptc::python
