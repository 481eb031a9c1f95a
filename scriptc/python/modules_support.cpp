#include <set>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/containers.h"
#include "scriptc/python/library.h"
#include "scriptc/python/parser.h"
#include "scriptc/python/typing_forms.h"

// What the parts of the standard library that are written in Python stand on: the module `_scriptc`.

namespace scriptc::python {

void install_named_tuple(Interpreter& in, const PyClassPtr& cls, const std::vector<std::string>& names,
                         const std::vector<Value>& defaults) {
  cls->layout = Layout::tuple;
  std::vector<Value> fields(names.begin(), names.end());
  cls->dict.set("_fields", Value::tuple(fields));
  cls->dict.set("__match_args__", Value::tuple(fields));
  const Value default_values = Value::dict();
  for (std::size_t i = 0; i < defaults.size(); ++i)
    default_values.as_dict().set(names[names.size() - defaults.size() + i], defaults[i]);
  cls->dict.set("_field_defaults", default_values);
  for (std::size_t i = 0; i < names.size(); ++i)
    in.property(cls, names[i], [i](const Value& self) { return self.as_tuple()[i]; });
  const auto make = [weak = std::weak_ptr<PyClass>(cls)](std::vector<Value> items, const PyClassPtr& wanted) {
    const Value result = Value::tuple(std::move(items));
    std::get<std::shared_ptr<TupleValue>>(result.data())->type = wanted ? wanted : weak.lock();
    return result;
  };
  cls->dict.set("__new__", in.native(cls->name, [&in, names, default_values, make](const CallArgs& args,
                                                                                   const Kwargs& kwargs) {
    const auto wanted = class_argument(in, args, in.types.tuple);
    const std::string shown = wanted->name + ".__new__()";
    if (args.size() - 1 > names.size())
      in.raise("TypeError", shown + " takes " + std::to_string(names.size() + 1) + " positional arguments but " +
                                std::to_string(args.size()) + " were given");
    std::vector<std::optional<Value>> slots(names.size());
    for (std::size_t i = 1; i < args.size(); ++i) slots[i - 1] = args[i];
    for (const auto& [key, value] : kwargs) {
      const auto at = std::find(names.begin(), names.end(), key);
      if (at == names.end())
        in.raise("TypeError", shown + " got an unexpected keyword argument " + quote(key), did_you_mean(key, names));
      auto& slot = slots[static_cast<std::size_t>(at - names.begin())];
      if (slot) in.raise("TypeError", shown + " got multiple values for argument " + quote(key));
      slot = value;
    }
    std::vector<Value> items;
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Value* otherwise = slots[i] ? nullptr : default_values.as_dict().find(names[i]);
      if (!slots[i] && otherwise == nullptr) missing.push_back("'" + names[i] + "'");
      items.push_back(slots[i] ? *slots[i] : otherwise ? *otherwise : Value());
    }
    if (!missing.empty())
      in.raise("TypeError", shown + " missing " + std::to_string(missing.size()) + " required positional argument" +
                                (missing.size() == 1 ? "" : "s") + ": " +
                                (missing.size() == 2 ? missing[0] + " and " + missing[1] : join(missing)));
    return make(std::move(items), wanted);
  }));
  in.method(cls, "__init__", [](const CallArgs&, const Kwargs&) { return Value(); });
  in.method(cls, "_replace", [names, make, &in](const CallArgs& args, const Kwargs& kwargs) {
    std::vector<Value> items = args.at(0).as_tuple();
    for (const auto& [key, value] : kwargs) {
      const auto at = std::find(names.begin(), names.end(), key);
      if (at == names.end()) in.raise("ValueError", "Got unexpected field names: ['" + key + "']");
      items[static_cast<std::size_t>(at - names.begin())] = value;
    }
    return make(std::move(items), in.type_of(args[0]));
  });
  in.method(cls, "_asdict", [names](const CallArgs& args, const Kwargs&) {
    const Value dict = Value::dict();
    for (std::size_t i = 0; i < names.size(); ++i) dict.as_dict().set(names[i], args.at(0).as_tuple()[i]);
    return dict;
  });
  cls->dict.set("_make", std::make_shared<MethodWrapper>(
                             true, in.native(cls->name + "._make", [&in](const CallArgs& args, const Kwargs&) {
                               return in.call(args.at(0), in.to_vector(args.at(1)));
                             })));
  if (cls->dict.find("__repr__") == nullptr)
    in.method(cls, "__repr__", [&in, names](const CallArgs& args, const Kwargs&) -> Value {
      std::string text = in.type_of(args.at(0))->name + "(";
      for (std::size_t i = 0; i < names.size(); ++i)
        text += (i ? ", " : "") + names[i] + "=" + in.repr(args[0].as_tuple()[i]);
      return text + ")";
    });
}

namespace {

/// copy.copy and copy.deepcopy. `memo` maps ids to copies.
class Copier {
 public:
  Copier(Interpreter& in, bool deep, Value memo) : in_(in), deep_(deep), memo_(std::move(memo)) {}

  Value copy(const Value& value) {
    in_.check_stack();
    in_.step();
    const void* id = identity(value);
    if (id == nullptr) return value;
    if (const auto known = done_.find(id); known != done_.end()) return known->second;
    if (deep_)
      if (const Value* own = in_.type_of(value)->lookup("__deepcopy__"); own != nullptr)
        return remember(id, in_.call(in_.bind(Value(*own), value, in_.type_of(value)), {memo_}));
    if (value.is_tensor()) return value;
    if (value.is_list()) return copy_list(id, value);
    if (value.is_tuple()) return copy_tuple(id, value);
    if (value.is_dict()) return copy_dictionary(id, value);
    if (const auto set = value.try_as<SetObject>()) return remember(id, std::make_shared<SetObject>(*set));
    if (const auto module = value.try_as<Module>()) return copy_module(id, *module);
    if (const auto partial = value.try_as<Partial>(); partial && deep_) {
      auto result = std::make_shared<Partial>(*partial);
      for (Value& arg : result->args) arg = copy(arg);
      for (auto& [name, arg] : result->kwargs) arg = copy(arg);
      return remember(id, result);
    }
    if (const auto instance = value.try_as<PyInstance>()) return copy_instance(id, *instance);
    if (const auto bound = value.try_as<BoundMethod>(); bound && deep_) {
      auto result = std::make_shared<BoundMethod>(*bound);
      result->self = copy(bound->self);
      return remember(id, result);
    }
    return value;
  }

 private:
  static const void* identity(const Value& value) {
    if (value.is_list()) return &value.as_list();
    if (value.is_tuple()) return &value.as_tuple();
    if (value.is_dict()) return &value.as_dict();
    if (value.is_tensor()) return value.as_tensor().get();
    return value.is_object() ? value.as_object().get() : nullptr;
  }

  Value remember(const void* id, Value result) {
    done_.insert_or_assign(id, result);
    return result;
  }

  Value part(const Value& value) { return deep_ ? copy(value) : value; }

  Value copy_list(const void* id, const Value& value) {
    const auto& list = std::get<std::shared_ptr<ListValue>>(value.data());
    const Value result = list->type ? in_.allocate(std::static_pointer_cast<PyClass>(list->type)) : Value::list({});
    remember(id, result);
    for (std::size_t i = 0; i < list->items.size(); ++i) result.as_list().push_back(part(list->items[i]));
    return result;
  }

  Value copy_tuple(const void* id, const Value& value) {
    if (!deep_) return value;
    std::vector<Value> items;
    for (const Value& item : value.as_tuple()) items.push_back(copy(item));
    const Value result = Value::tuple(std::move(items));
    std::get<std::shared_ptr<TupleValue>>(result.data())->type =
        std::get<std::shared_ptr<TupleValue>>(value.data())->type;
    return remember(id, result);
  }

  Value copy_dictionary(const void* id, const Value& value) {
    const Value result = remember(id, copy_dict(in_, value));
    if (deep_)
      for (auto& [key, item] : result.as_dict().entries) item = copy(item);
    return result;
  }

  Value copy_instance(const void* id, const PyInstance& instance) {
    const Value result = in_.allocate(std::static_pointer_cast<PyClass>(instance.class_));
    const auto target = result.try_as<PyInstance>();
    remember(id, result);
    target->payload = instance.payload;
    target->has_payload = instance.has_payload;
    for (const auto& [name, value] : instance.attributes) target->attributes.set(name, part(value));
    return result;
  }

  Value copy_module(const void* id, const Module& module) {
    auto result = std::make_shared<Module>();
    result->class_ = module.class_;
    result->training = module.training;
    result->initialised = module.initialised;
    remember(id, result);
    const auto tensor = [&](const TensorPtr& t) { return t && deep_ ? copy_tensor(t) : t; };
    for (const auto& [name, value] : module.attributes) result->attributes.set(name, part(value));
    for (const auto& [name, value] : module.parameters) result->parameters.set(name, tensor(value));
    for (const auto& [name, value] : module.buffers)
      result->buffers.set(name, Buffer{tensor(value.tensor), value.persistent});
    for (const auto& [name, value] : module.children)
      result->children.set(name, value ? part(value).try_as<Module>() : nullptr);
    return result;
  }

  TensorPtr copy_tensor(const TensorPtr& tensor) {
    if (const auto known = done_.find(tensor.get()); known != done_.end()) return known->second.as_tensor();
    const auto result = std::make_shared<Tensor>(*in_.call_method(tensor, "clone").as_tensor());
    result->is_parameter = tensor->is_parameter;
    result->requires_grad = tensor->requires_grad;
    remember(tensor.get(), result);
    return result;
  }

  Interpreter& in_;
  bool deep_;
  Value memo_;
  std::unordered_map<const void*, Value> done_;
};

void install_dicts_of_collections(Interpreter& in, PyModule& module) {
  const PyClassPtr ordered = in.native_class("OrderedDict", {in.types.dict}, "collections");
  in.method(ordered, "__repr__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    std::vector<Value> items;
    for (const auto& [key, value] : args.at(0).as_dict().entries) items.push_back(Value::tuple({key, value}));
    return in.type_of(args[0])->name + "(" + (items.empty() ? "" : in.repr(Value::list(std::move(items)))) + ")";
  });
  module.globals.set("OrderedDict", ordered);
  const PyClassPtr with_default = in.native_class("defaultdict", {in.types.dict}, "collections");
  in.method(with_default, "__init__", [&in](const CallArgs& args, const Kwargs& kwargs) {
    if (args.size() > 1 && !args[1].is_none() && !in.truth(in.call(*in.builtins->globals.find("callable"), {args[1]})))
      in.raise("TypeError", "first argument must be callable or None");
    if (args.size() > 1) args[0].as_dict().default_factory = args[1];
    update_dict(in, args.at(0), args.size() > 2 ? args.from(2) : Args{}, kwargs);
    return Value();
  });
  in.method(with_default, "__missing__", [&in](const CallArgs& args, const Kwargs&) {
    DictValue& dict = args.at(0).as_dict();
    if (dict.default_factory.is_none()) in.raise_value(in.call(in.exception_class("KeyError"), {args.at(1)}));
    const Value made = in.call(dict.default_factory, {});
    dict.set(args.at(1), made);
    return made;
  });
  in.method(with_default, "__repr__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const Value plain = Value::dict();
    for (const auto& [key, value] : args.at(0).as_dict().entries) plain.as_dict().set(key, value);
    return "defaultdict(" + in.repr(args[0].as_dict().default_factory) + ", " + in.repr(plain) + ")";
  });
  in.property(with_default, "default_factory", [](const Value& self) { return self.as_dict().default_factory; });
  module.globals.set("defaultdict", with_default);
}

std::vector<Value> parameters_of(const PyFunction& fn) {
  const Arguments& declared = fn.args();
  std::vector<Value> parameters;
  const auto add = [&](const std::string& name, const char* kind, Args otherwise) {
    parameters.push_back(Value::tuple({name, kind, Value::tuple(std::move(otherwise))}));
  };
  const std::size_t positional = declared.posonlyargs.size() + declared.args.size();
  for (std::size_t i = 0; i < positional; ++i) {
    const bool only = i < declared.posonlyargs.size();
    const Parameter& arg = only ? declared.posonlyargs[i] : declared.args[i - declared.posonlyargs.size()];
    const std::size_t required = positional - fn.defaults.size();
    add(arg.arg, only ? "POSITIONAL_ONLY" : "POSITIONAL_OR_KEYWORD",
        i < required ? Args{} : Args{fn.defaults[i - required]});
  }
  if (declared.vararg) add(declared.vararg->arg, "VAR_POSITIONAL", {});
  for (std::size_t i = 0; i < declared.kwonlyargs.size(); ++i)
    add(declared.kwonlyargs[i].arg, "KEYWORD_ONLY", fn.has_kw_default[i] ? Args{fn.kw_defaults[i]} : Args{});
  if (declared.kwarg) add(declared.kwarg->arg, "VAR_KEYWORD", {});
  return parameters;
}

/// (name, kind, () or (default,)) for every parameter; without `self` of what is bound, and of classes.
std::vector<Value> parameters_of(Interpreter& in, const Value& callable, bool without_self) {
  Value function = callable;
  bool bound = false;
  if (const auto cls = callable.try_as<PyClass>()) {
    function = *cls->lookup("__init__");
    bound = true;
  } else if (const auto method = callable.try_as<BoundMethod>()) {
    function = method->function;
    bound = true;
  }
  const auto fn = function.try_as<PyFunction>();
  if (!fn) in.raise("ValueError", "no signature found for " + in.repr(callable));
  std::vector<Value> parameters = parameters_of(*fn);
  if (bound && without_self && !parameters.empty()) parameters.erase(parameters.begin());
  return parameters;
}

void install_support(Interpreter& in, PyModule& module) {
  install_dicts_of_collections(in, module);
  install_random_state(in, module);
  in.types.partial->dict.set("__new__",
                             in.native("functools.partial", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
                               if (args.size() < 2) in.raise("TypeError", "type 'partial' takes at least one argument");
                               auto partial = std::make_shared<Partial>();
                               partial->function = args[1];
                               partial->args = args.from(2);
                               partial->kwargs = kwargs;
                               if (const auto inner = args[1].try_as<Partial>()) {
                                 partial->function = inner->function;
                                 partial->args.insert(partial->args.begin(), inner->args.begin(), inner->args.end());
                                 for (const auto& entry : inner->kwargs)
                                   if (std::none_of(kwargs.begin(), kwargs.end(),
                                                    [&](const auto& other) { return other.first == entry.first; }))
                                     partial->kwargs.insert(partial->kwargs.begin(), entry);
                               }
                               return partial;
                             }));
  in.types.partial->name = "partial";
  module.globals.set("partial", in.types.partial);
  in.function(module, "cached_property", [&in](const CallArgs& args, const Kwargs&) -> Value {
    auto object = std::make_shared<Property>();
    object->cached = true;
    object->getter =
        in.native("functools.cached_property", [&in, getter = args.at(0)](const CallArgs& inner, const Kwargs&) {
          const Value value = in.call(getter, {inner.at(0)});
          if (OrderedMap<Value>* attributes = in.attributes_of(inner[0]))
            attributes->set(in.str(in.get_attribute(getter, "__name__")), value);
          return value;
        });
    return object;
  });
  in.function(module, "make_namedtuple", [&in](const CallArgs& args, const Kwargs&) -> Value {
    ClassParts parts;
    parts.name = in.str(args.at(0));
    parts.bases = {in.types.tuple};
    parts.module = in.frame != nullptr && in.frame->back != nullptr ? in.frame->back->module : nullptr;
    const auto cls = in.make_class(std::move(parts));
    std::vector<std::string> names;
    for (const Value& name : in.to_vector(args.at(1))) names.push_back(in.str(name));
    install_named_tuple(in, cls, names, in.to_vector(args.at(2)));
    return cls;
  });
  in.function(module, "shallow_copy",
              [&in](const CallArgs& args, const Kwargs&) { return Copier(in, false, Value()).copy(args.at(0)); });
  in.function(module, "deep_copy",
              [&in](const CallArgs& args, const Kwargs&) { return Copier(in, true, args.at(1)).copy(args.at(0)); });
  in.function(module, "parameters_of", [&in](const CallArgs& args, const Kwargs&) {
    return Value::list(parameters_of(in, args.at(0), args.size() < 2 || in.truth(args[1])));
  });
  in.function(module, "annotation_texts", [&in](const CallArgs& args, const Kwargs&) {
    const Value texts = Value::dict();
    const auto cls = class_argument(in, args, in.types.object);
    for (const auto& [name, annotation] : cls->annotations) texts.as_dict().set(name, unparse(annotation));
    if (const Value* own = cls->dict.find("__annotations__"); own && own->is_dict())
      for (const auto& [name, annotation] : own->as_dict().entries) texts.as_dict().set(name, in.str(annotation));
    return texts;
  });
}

void add_library(Interpreter& in, const LibraryFile& file) {
  in.native_modules.emplace(std::string(file.module), [&in, &file](PyModule& module) {
    std::string name(file.module);
    module.source = std::make_shared<const Source>(name + ".py", std::string(file.text.substr(1)));
    module.pending = [&in, &module] {
      in.run(std::static_pointer_cast<PyModule>(module.shared_from_this()), module.source);
    };
    if (file.partial)
      module.missing = [&in, name](const std::string& attribute) -> std::optional<Value> {
        return in.make_opaque(name + "." + attribute, "it is not among what this program knows of " + quote(name));
      };
  });
}

}  // namespace

void install_library(Interpreter& in) {
  in.native_modules.emplace("_scriptc", [&in](PyModule& module) { install_support(in, module); });
  for (const LibraryFile* file : {&kArgparseLibrary,
                                  &kAutogradFunctionLibrary,
                                  &kAutogradLibrary,
                                  &kBisectLibrary,
                                  &kCheckpointLibrary,
                                  &kCollectionsLibrary,
                                  &kContextlibLibrary,
                                  &kCopyLibrary,
                                  &kDataclassesLibrary,
                                  &kEnumLibrary,
                                  &kFunctoolsLibrary,
                                  &kHeapqLibrary,
                                  &kInspectLibrary,
                                  &kItertoolsLibrary,
                                  &kJsonLibrary,
                                  &kKeywordLibrary,
                                  &kMixinLibrary,
                                  &kNumpyLibrary,
                                  &kNumpyRandomLibrary,
                                  &kNumpyTransformsLibrary,
                                  &kOperatorLibrary,
                                  &kPathlibLibrary,
                                  &kReLibrary,
                                  &kReParserLibrary,
                                  &kFoldsLibrary,
                                  &kTorchFunctionsLibrary,
                                  &kVersionLibrary,
                                  &kTorchVersionLibrary,
                                  &kDistutilsVersionLibrary,
                                  &kResourcesLibrary})
    add_library(in, *file);
  in.native_modules.emplace("collections.abc", [&in](PyModule& module) { install_abstract_classes(in, module); });
  for (const char* package : {"packaging", "distutils"})
    in.native_modules.emplace(package, [](PyModule& module) { module.is_package = true; });
}

}  // namespace scriptc::python
