#include <algorithm>
#include <functional>
#include <set>

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

/// `__args__`: Optional[X] is Union[X, None], and None stands for its class.
Args form_arguments(const Interpreter& in, const TypeForm& f) {
  Args args = f.args;
  if (f.origin == "Optional") args.emplace_back();
  if (f.origin != "Optional" && f.origin != "Union") return args;
  for (Value& arg : args)
    if (arg.is_none()) arg = in.types.none;
  return args;
}

std::string form_text(Interpreter& in, const TypeForm& f) {
  if (f.origin == "TypeVar" || f.origin == "ParamSpec") return "~" + in.str(f.args.at(0));
  const std::function<std::string(const Value&)> name = [&](const Value& value) -> std::string {
    if (const auto cls = value.try_as<PyClass>()) return cls->qualified_name;
    if (value.is_string() && f.origin != "Literal") return "ForwardRef(" + scriptc::repr(value) + ")";
    if (value.is_same(in.ellipsis)) return "...";
    if (!value.is_list()) return in.repr(value);
    std::vector<std::string> parts;
    for (const Value& part : value.as_list()) parts.push_back(name(part));
    return "[" + join(parts) + "]";
  };
  const Args args = form_arguments(in, f);
  const bool is_union = f.origin == "Optional" || f.origin == "Union";
  if (is_union && args.size() == 2 && args[1].is_same(in.types.none)) return "typing.Optional[" + name(args[0]) + "]";
  std::string text = "typing." + f.origin;
  if (f.args.empty()) return text;
  std::vector<std::string> parts;
  for (const Value& arg : args) parts.push_back(name(arg));
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
  in.method(cls, "__eq__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const auto a = args.at(0).try_as<TypeForm>(), b = args.at(1).try_as<TypeForm>();
    const auto origin = [](const TypeForm& form) { return form.origin == "Optional" ? "Union" : form.origin; };
    return a && b && origin(*a) == origin(*b) &&
           equal(Value::list(form_arguments(in, *a)), Value::list(form_arguments(in, *b)));
  });
  in.property(cls, "__origin__", [&in](const Value& self) {
    if (const auto real = in.class_of_form(self)) return Value(real);
    const std::string& origin = self.try_as<TypeForm>()->origin;
    const Value* bare = in.find_module("typing")->globals.find(origin == "Optional" ? "Union" : origin);
    return bare ? *bare : form(origin);
  });
  in.property(cls, "__args__",
              [&in](const Value& self) { return Value::tuple(form_arguments(in, *self.try_as<TypeForm>())); });
  in.property(cls, "__name__", [](const Value& self) -> Value {
    const auto f = self.try_as<TypeForm>();
    return f->origin == "TypeVar" || f->origin == "ParamSpec" ? f->args.at(0) : Value(f->origin);
  });
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
      "__init_subclass__",
      std::make_shared<MethodWrapper>(
          true, in.native("typing.TypedDict.__init_subclass__", [](const CallArgs& args, const Kwargs& kwargs) {
            args.at(0).try_as<PyClass>()->dict.set("__total__", kwargs.empty() ? Value(true) : kwargs.front().second);
            return Value();
          })));
  typed->dict.set("__new__", in.native("typing.TypedDict",
                                       [&in, weak = std::weak_ptr<PyClass>(typed)](const CallArgs& args,
                                                                                   const Kwargs& kwargs) -> Value {
                                         if (args.at(0).try_as<PyClass>() != weak.lock())
                                           return in.call(in.types.dict, args.from(1), kwargs);
                                         ClassParts parts;  // `TypedDict('Options', {'width': int})`
                                         parts.name = in.str(args.at(1));
                                         parts.bases = {weak.lock()};
                                         parts.keywords = kwargs;
                                         parts.module = in.frame != nullptr ? in.frame->module : nullptr;
                                         return in.make_class(std::move(parts));
                                       }));
  typing.globals.set("TypedDict", typed);
}

SourcePtr text_source(const Value& annotation) {
  return std::make_shared<const Source>("<annotation>", annotation.as_string());
}

/// The annotations of a function, or of a class and its bases, with texts evaluated.
Value type_hints(Interpreter& in, const Value& object) {
  const Value hints = Value::dict();
  std::vector<Value> owners{object};
  if (const auto cls = object.try_as<PyClass>()) {
    owners = in.to_vector(in.get_attribute(cls, "__mro__"));
    std::reverse(owners.begin(), owners.end());
  }
  for (const Value& owner : owners) {
    const auto cls = owner.try_as<PyClass>();
    const auto fn = owner.try_as<PyFunction>();
    const auto module = cls ? cls->module : fn ? fn->module : nullptr;
    const Value annotations = in.find_attribute(owner, "__annotations__").value_or(Value::dict());
    for (const auto& [name, hint] : annotations.as_dict().entries)
      hints.as_dict().set(name, hint.is_string() && module ? in.eval_expression(module, text_source(hint)) : hint);
  }
  return hints;
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
  def("get_args", [&in](const CallArgs& args, const Kwargs&) {
    const auto f = args.at(0).try_as<TypeForm>();
    return Value::tuple(f ? form_arguments(in, *f) : Args{});
  });
  def("get_type_hints", [&in](const CallArgs& args, const Kwargs&) { return type_hints(in, args.at(0)); });
}

/// What a class must offer to count as one of collections.abc.
struct Abstract {
  const char* name;
  std::vector<const char*> methods;
  std::vector<const char*> classes;  ///< builtins that are one, if not empty
};

const std::vector<Abstract>& abstracts() {
  // Builtin classes do not keep all of their methods where a lookup finds them.
  static const std::vector<const char*> kCollections = {"list",      "tuple",       "str",        "dict",
                                                        "set",       "frozenset",   "range",      "bytes",
                                                        "dict_keys", "dict_values", "dict_items", "torch.Tensor"};
  static const std::vector<Abstract> kAll = {{"Callable", {"__call__"}, {}},
                                             {"Hashable", {"__hash__"}, {}},
                                             {"Sized", {"__len__"}, kCollections},
                                             {"Container", {"__contains__"}, kCollections},
                                             {"Iterable", {"__iter__"}, kCollections},
                                             {"Iterator", {"__next__"}, {}},
                                             {"Generator", {"send"}, {"generator"}},
                                             {"Collection", {"__len__", "__iter__", "__contains__"}, kCollections},
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
  const std::string name = abstract.name;
  if ((name == "Iterable" || name == "Iterator") &&
      dynamic_cast<Iterator*>(value.is_object() ? value.as_object().get() : nullptr) != nullptr)
    return true;
  static const std::set<std::string> kUnhashable{"list", "dict", "set", "dict_keys", "dict_items"};
  if (name == "Hashable") return !kUnhashable.contains(cls.qualified_name);
  for (const char* method : abstract.methods)
    if (cls.lookup(method) == nullptr) return false;
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
  // Their methods are written in Python, each class with all that it inherits.
  const auto mixins = in.import_module("_scriptc_mixins");
  for (const Abstract& abstract : abstracts()) {
    const Value* found = mixins->globals.find(abstract.name);
    const auto mixin = found ? found->try_as<PyClass>() : nullptr;
    for (std::size_t i = mixin ? mixin->mro.size() - 1 : 0; i-- > 0;)  // all but object
      for (const auto& [name, value] : mixin->mro[i].lock()->dict)
        if (value.try_as<PyFunction>() || value.try_as<MethodWrapper>())
          module.globals.find(abstract.name)->try_as<PyClass>()->dict.set(name, value);
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
