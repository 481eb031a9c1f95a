#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/typing_forms.h"

namespace scriptc::python {
namespace {

constexpr const char* kForms[] = {"Any",
                                  "AnyStr",
                                  "Annotated",
                                  "Awaitable",
                                  "Callable",
                                  "ClassVar",
                                  "Collection",
                                  "Concatenate",
                                  "ContextManager",
                                  "Coroutine",
                                  "Counter",
                                  "DefaultDict",
                                  "Deque",
                                  "Dict",
                                  "Final",
                                  "FrozenSet",
                                  "Generator",
                                  "Hashable",
                                  "Iterable",
                                  "Iterator",
                                  "List",
                                  "Literal",
                                  "LiteralString",
                                  "Mapping",
                                  "MutableMapping",
                                  "MutableSequence",
                                  "NamedTupleMeta",
                                  "Never",
                                  "NoReturn",
                                  "NotRequired",
                                  "Optional",
                                  "OrderedDict",
                                  "Pattern",
                                  "Required",
                                  "Reversible",
                                  "Self",
                                  "Sequence",
                                  "Set",
                                  "Sized",
                                  "SupportsFloat",
                                  "SupportsInt",
                                  "SupportsIndex",
                                  "SupportsAbs",
                                  "Text",
                                  "Tuple",
                                  "Type",
                                  "TypeAlias",
                                  "TypeGuard",
                                  "Union",
                                  "Unpack",
                                  "AbstractSet",
                                  "ByteString",
                                  "IO",
                                  "TextIO",
                                  "BinaryIO",
                                  "AsyncIterator",
                                  "AsyncIterable"};

Value form(const std::string& origin, Args args = {}) {
  auto object = std::make_shared<TypeForm>();
  object->origin = origin;
  object->args = std::move(args);
  return object;
}

std::string form_text(Interpreter& in, const TypeForm& f) {
  const auto name = [&](const Value& value) -> std::string {
    if (const auto cls = value.try_as<PyClass>()) return cls->qualified_name;
    if (value.is_string()) return "ForwardRef(" + scriptc::repr(value) + ")";
    return in.repr(value);
  };
  if (f.origin == "Union" && f.args.size() == 2 && f.args[1].is_none())
    return "typing.Optional[" + name(f.args[0]) + "]";
  std::string text = "typing." + f.origin;
  if (f.args.empty()) return text;
  std::vector<std::string> parts;
  for (const Value& arg : f.args) parts.push_back(name(arg));
  return text + "[" + join(parts) + "]";
}

void install_form_class(Interpreter& in) {
  const PyClassPtr cls = in.types.type_form;
  in.method(cls, "__getitem__", [](const CallArgs& args, const Kwargs&) -> Value {
    const auto self = args.at(0).try_as<TypeForm>();
    Args inner = args.at(1).is_tuple() ? args[1].as_tuple() : Args{args[1]};
    if (self->origin == "Annotated" && !inner.empty()) return inner.front();
    return form(self->origin, std::move(inner));
  });
  in.method(cls, "__repr__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return form_text(in, *args.at(0).try_as<TypeForm>());
  });
  in.method(cls, "__call__", [&in](const CallArgs& args, const Kwargs& kwargs) {
    // `List()` and `OrderedDict()` of typing make the real thing.
    if (const auto real = in.class_of_form(args.at(0))) return in.call(real, args.from(1), kwargs);
    in.raise("TypeError", "Type " + args[0].try_as<TypeForm>()->origin + " cannot be instantiated");
  });
  in.method(cls, "__eq__", [](const CallArgs& args, const Kwargs&) -> Value {
    const auto a = args.at(0).try_as<TypeForm>(), b = args.at(1).try_as<TypeForm>();
    return a && b && a->origin == b->origin && equal(Value::list(a->args), Value::list(b->args));
  });
  in.property(cls, "__origin__", [&in](const Value& self) {
    const auto real = in.class_of_form(self);
    return real ? Value(real) : form(self.try_as<TypeForm>()->origin);
  });
  in.property(cls, "__args__", [](const Value& self) { return Value::tuple(self.try_as<TypeForm>()->args); });
  in.property(cls, "__name__", [](const Value& self) -> Value { return self.try_as<TypeForm>()->origin; });
}

void install_markers(Interpreter& in, PyModule& typing) {
  const auto generic = in.native_class("Generic", {in.types.object}, "typing");
  generic->dict.set(
      "__class_getitem__",
      std::make_shared<MethodWrapper>(true, in.native("typing.Generic.__class_getitem__",
                                                      [](const CallArgs& args, const Kwargs&) { return args.at(0); })));
  typing.globals.set("Generic", generic);
  typing.globals.set("Protocol", in.native_class("Protocol", {generic}, "typing"));
  const auto named_tuple = in.native_class("NamedTuple", {in.types.object}, "typing");
  typing.globals.set("NamedTuple", named_tuple);
  named_tuple->dict.set("__new__",
                        in.native("typing.NamedTuple", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
                          ClassParts parts;
                          parts.name = in.str(args.at(1));
                          parts.bases = {in.types.tuple};
                          parts.module = in.frame != nullptr ? in.frame->module : nullptr;
                          const auto cls = in.make_class(std::move(parts));
                          std::vector<std::string> names;
                          if (args.size() > 2)
                            for (const Value& field : in.to_vector(args[2]))
                              names.push_back(in.str(in.get_item(field, 0)));
                          for (const auto& [name, type] : kwargs) names.push_back(name);
                          install_named_tuple(in, cls, names, {});
                          return cls;
                        }));
  in.class_hooks.emplace_back(named_tuple, [&in, marker = std::weak_ptr<PyClass>(named_tuple)](const PyClassPtr& cls) {
    if (std::find(cls->bases.begin(), cls->bases.end(), marker.lock()) == cls->bases.end()) return;
    cls->bases = {in.types.tuple};
    in.compute_order(*cls);
    std::vector<Value> defaults;
    for (const std::string& name : cls->annotations.names())
      if (const Value* value = cls->dict.find(name)) defaults.push_back(*value);
    install_named_tuple(in, cls, cls->annotations.names(), defaults);
  });
  const PyClassPtr typed = in.native_class("TypedDict", {in.types.dict}, "typing");
  typed->dict.set(
      "__init_subclass__",  // takes `total=False`
      std::make_shared<MethodWrapper>(true, in.native("typing.TypedDict.__init_subclass__",
                                                      [](const CallArgs&, const Kwargs&) { return Value(); })));
  typing.globals.set("TypedDict", typed);
}

void install_typing_functions(Interpreter& in, PyModule& typing) {
  const auto def = [&](const char* name, NativeFunction::Body body) { in.function(typing, name, std::move(body)); };
  for (const char* name : {"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "ForwardRef"})
    def(name, [name](const CallArgs& args, const Kwargs&) -> Value {
      return std::string(name) == "NewType" ? args.at(1) : form(name, {args.at(0)});
    });
  def("cast", [](const CallArgs& args, const Kwargs&) { return args.at(1); });
  def("assert_type", [](const CallArgs& args, const Kwargs&) { return args.at(0); });
  for (const char* name : {"overload", "final", "no_type_check", "runtime_checkable", "override"})
    def(name, [](const CallArgs& args, const Kwargs&) { return args.at(0); });
  def("dataclass_transform", [](const CallArgs&, const Kwargs&) -> Value {
    return std::make_shared<NativeFunction>("typing.dataclass_transform",
                                            [](const CallArgs& args, const Kwargs&) { return args.at(0); });
  });
  def("get_origin", [&in](const CallArgs& args, const Kwargs&) {
    return args.at(0).try_as<TypeForm>() ? in.get_attribute(args[0], "__origin__") : Value();
  });
  def("get_args", [](const CallArgs& args, const Kwargs&) {
    const auto f = args.at(0).try_as<TypeForm>();
    return Value::tuple(f ? f->args : Args{});
  });
  def("get_type_hints", [&in](const CallArgs& args, const Kwargs&) {
    return in.find_attribute(args.at(0), "__annotations__").value_or(Value::dict());
  });
}

/// What a class must offer to count as one of collections.abc.
struct Abstract {
  const char* name;
  std::vector<const char*> methods;
  std::vector<const char*> classes;  ///< builtins that are one, if not empty
};

const std::vector<Abstract>& abstracts() {
  static const std::vector<Abstract> kAll = {{"Callable", {"__call__"}, {}},
                                             {"Hashable", {"__hash__"}, {}},
                                             {"Sized", {"__len__"}, {}},
                                             {"Container", {"__contains__"}, {}},
                                             {"Iterable", {"__iter__"}, {}},
                                             {"Iterator", {"__next__"}, {}},
                                             {"Generator", {"send"}, {}},
                                             {"Collection", {"__len__", "__iter__", "__contains__"}, {}},
                                             {"Sequence", {}, {"list", "tuple", "str", "range", "bytes"}},
                                             {"MutableSequence", {}, {"list"}},
                                             {"Mapping", {}, {"dict"}},
                                             {"MutableMapping", {}, {"dict"}},
                                             {"Set", {}, {"set", "frozenset", "dict_keys"}},
                                             {"MutableSet", {}, {"set"}},
                                             {"KeysView", {}, {"dict_keys"}},
                                             {"ValuesView", {}, {"dict_values"}},
                                             {"ItemsView", {}, {"dict_items"}},
                                             {"Reversible", {"__reversed__"}, {"list", "tuple", "dict", "range"}},
                                             {"Awaitable", {"__await__"}, {}},
                                             {"Coroutine", {"__await__"}, {}}};
  return kAll;
}

bool fits(Interpreter& in, const Abstract& abstract, const PyClass& cls, const Value& value) {
  for (const char* name : abstract.classes)
    for (const auto& weak : cls.mro)
      if (const auto base = weak.lock(); base && base->qualified_name == name) return true;
  if (!abstract.classes.empty() && abstract.methods.empty()) return false;
  if (std::string(abstract.name) == "Callable" && !value.is_none())
    return in.truth(in.call(*in.builtins->globals.find("callable"), {value}));
  if (std::string(abstract.name) == "Iterable" &&
      (value.is_string() || dynamic_cast<Iterator*>(value.is_object() ? value.as_object().get() : nullptr) != nullptr))
    return true;
  if (std::string(abstract.name) == "Hashable" && (value.is_list() || value.is_dict())) return false;
  if (std::string(abstract.name) == "Hashable") return true;
  for (const char* method : abstract.methods)
    if (cls.lookup(method) == nullptr && !(value.is_string() || value.try_as<RangeObject>())) return false;
  return true;
}

}  // namespace

void install_abstract_classes(Interpreter& in, PyModule& module) {
  const PyClassPtr meta = in.native_class("ABCMeta", {in.types.type}, "abc", Layout::type);
  for (const Abstract& abstract : abstracts()) {
    const PyClassPtr cls = in.native_class(abstract.name, {in.types.object}, "collections.abc");
    const PyClassPtr own_meta = in.native_class("ABCMeta", {meta}, "abc", Layout::type);
    cls->metaclass = own_meta;
    in.method(own_meta, "__instancecheck__",
              [&in, &abstract, weak = std::weak_ptr<PyClass>(cls)](const CallArgs& args, const Kwargs&) -> Value {
                const PyClassPtr type = in.type_of(args.at(1));
                const auto wanted = args.at(0).try_as<PyClass>();
                return type->is_subclass_of(*wanted) || (wanted == weak.lock() && fits(in, abstract, *type, args[1]));
              });
    in.method(own_meta, "__subclasscheck__",
              [&in, &abstract, weak = std::weak_ptr<PyClass>(cls)](const CallArgs& args, const Kwargs&) -> Value {
                const auto type = args.at(1).try_as<PyClass>();
                return type && args[0].try_as<PyClass>() == weak.lock() && fits(in, abstract, *type, Value());
              });
    cls->dict.set(
        "__class_getitem__",
        std::make_shared<MethodWrapper>(true, in.native("__class_getitem__", [name = std::string(abstract.name)](
                                                                                 const CallArgs& args, const Kwargs&) {
          return form(name, args.at(1).is_tuple() ? args[1].as_tuple() : Args{args[1]});
        })));
    module.globals.set(abstract.name, cls);
  }
}

PyClassPtr Interpreter::class_of_form(const Value& value) {
  if (auto cls = value.try_as<PyClass>()) return cls;
  const auto f = value.try_as<TypeForm>();
  if (!f) return nullptr;
  const std::pair<const char*, PyClassPtr> builtin[] = {
      {"List", types.list},           {"Dict", types.dict}, {"Tuple", types.tuple}, {"Set", types.set},
      {"FrozenSet", types.frozenset}, {"Type", types.type}, {"Text", types.string}, {"Any", types.object}};
  for (const auto& [name, cls] : builtin)
    if (f->origin == name) return cls;
  for (const char* module : {"collections.abc", "collections"}) {
    const std::string name = f->origin == "DefaultDict"   ? "defaultdict"
                             : f->origin == "Deque"       ? "deque"
                             : f->origin == "AbstractSet" ? "Set"
                                                          : f->origin;
    const auto library = find_module(module);
    ensure_run(*library);
    if (const Value* found = library->globals.find(name))
      return Value(*found).try_as<LazyImport>() ? force(*library->globals.find(name)).try_as<PyClass>()
                                                : found->try_as<PyClass>();
  }
  return nullptr;
}

void install_typing(Interpreter& in) {
  install_form_class(in);
  for (const char* name : {"typing", "typing_extensions"})
    in.native_modules.emplace(name, [&in, name = std::string(name)](PyModule& typing) {
      if (name == "typing_extensions") {
        typing.globals = in.find_module("typing")->globals;
        return;
      }
      for (const char* f : kForms) typing.globals.set(f, form(f));
      typing.globals.set("TYPE_CHECKING", false);
      install_markers(in, typing);
      install_typing_functions(in, typing);
    });
}

}  // namespace scriptc::python
