#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/nn_module.h"

// The methods of torch.nn.Module.

namespace scriptc::python {
namespace {

ModulePtr self_of(Interpreter& in, const Value& value) {
  auto module = value.try_as<Module>();
  if (!module)
    in.raise("TypeError",
             "descriptor requires a 'torch.nn.Module' object but received " + quote(in.type_of(value)->name));
  return module;
}

using Body = std::function<Value(const ModulePtr&, const NativeArguments&)>;

/// A method with named parameters after self.
template <class... Names>
void define(Interpreter& in, const char* name, std::size_t required, Body body, Names... names) {
  in.method(in.types.nn_module, name,
            [&in, name, required, body = std::move(body), names...](const CallArgs& args, const Kwargs& kwargs) {
              const std::string shown = std::string("Module.") + name;
              const NativeArguments a(in, shown.c_str(), args, kwargs, {"self", names...}, required + 1);
              return body(self_of(in, a[0]), a);
            });
}

void check_name(Interpreter& in, const ModulePtr& self, const std::string& kind, const std::string& name) {
  if (!self->initialised) in.raise("AttributeError", "cannot assign " + kind + " before Module.__init__() call");
  if (name.find('.') != std::string::npos) in.raise("KeyError", kind + " name can't contain \".\", got: " + name);
  if (name.empty()) in.raise("KeyError", kind + " name can't be empty string \"\"");
  if (self->attributes.contains(name) || in.type_of(self)->lookup(name) != nullptr)
    in.raise("KeyError", "attribute '" + name + "' already exists");
}

void install_registration(Interpreter& in) {
  in.method(in.types.nn_module, "__init__", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const ModulePtr self = self_of(in, args.at(0));
    // Python ignores arguments only for classes that ask for it; a mixin's chain of super().__init__(**kwargs) ends
    // here.
    if (args.size() > 1)
      in.raise("TypeError", in.type_of(self)->name + ".__init__() takes 1 positional argument but " +
                                std::to_string(args.size()) + " were given");
    if (!kwargs.empty())
      in.raise("TypeError",
               in.type_of(self)->name + ".__init__() got an unexpected keyword argument " + quote(kwargs[0].first));
    self->initialised = true;
    self->training = true;
    return Value();
  });
  define(
      in, "register_buffer", 2,
      [&in](const ModulePtr& self, const NativeArguments& a) {
        const std::string name = in.str(a[1]);
        if (self->parameters.contains(name) || self->children.contains(name))
          in.raise("KeyError", "attribute '" + name + "' already exists");
        if (!self->buffers.contains(name)) check_name(in, self, "buffer", name);
        if (!a[2].is_none() && !a[2].is_tensor())
          in.raise("TypeError", "cannot assign '" + in.type_of(a[2])->name + "' object to buffer '" + name +
                                    "' (torch Tensor or None required)");
        self->buffers.set(name, Buffer{a[2].is_tensor() ? a[2].as_tensor() : nullptr, a.flag(3, true)});
        return Value();
      },
      "name", "tensor", "persistent");
  define(
      in, "register_parameter", 2,
      [&in](const ModulePtr& self, const NativeArguments& a) {
        const std::string name = in.str(a[1]);
        if (self->buffers.contains(name) || self->children.contains(name))
          in.raise("KeyError", "attribute '" + name + "' already exists");
        if (!self->parameters.contains(name)) check_name(in, self, "parameter", name);
        if (!a[2].is_none() && !(a[2].is_tensor() && a[2].as_tensor()->is_parameter))
          in.raise("TypeError", "cannot assign '" + torch_type_name(in, a[2]) + "' object to parameter '" + name +
                                    "' (torch.nn.Parameter or None required)");
        self->parameters.set(name, a[2].is_tensor() ? a[2].as_tensor() : nullptr);
        return Value();
      },
      "name", "param");
  for (const char* name : {"add_module", "register_module"})
    define(
        in, name, 2,
        [&in](const ModulePtr& self, const NativeArguments& a) {
          if (!a[1].is_string()) in.raise("TypeError", "module name should be a string. Got " + in.type_of(a[1])->name);
          const std::string child = in.str(a[1]);
          if (!a[2].is_none() && !a[2].try_as<Module>()) {
            if (const auto opaque = a[2].try_as<Opaque>()) in.opaque_used(*opaque);
            in.raise("TypeError", in.type_of(a[2])->name + " is not a Module subclass");
          }
          if (!self->children.contains(child)) check_name(in, self, "module", child);
          self->children.set(child, a[2].try_as<Module>());
          return Value();
        },
        "name", "module");
}

Value pairs(const std::vector<std::pair<std::string, Value>>& named, bool with_names) {
  std::vector<Value> items;
  items.reserve(named.size());
  for (const auto& [name, value] : named) items.push_back(with_names ? Value::tuple({name, value}) : value);
  return Value::list(std::move(items));
}

std::string dotted(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : name.empty() ? prefix : prefix + "." + name;
}

std::vector<std::pair<std::string, Value>> named_tensors(const ModulePtr& self, const std::string& prefix, bool recurse,
                                                         bool parameters) {
  std::vector<std::pair<std::string, Value>> found;
  const auto add = [&](const std::string& path, const std::string& name, const TensorPtr& tensor) {
    if (!tensor) return;
    for (const auto& [known, value] : found)
      if (value.as_tensor() == tensor) return;
    found.emplace_back(dotted(dotted(prefix, path), name), tensor);
  };
  for_each_module(self, [&](const std::string& path, const ModulePtr& module) {
    if (!recurse && module != self) return;
    if (parameters)
      for (const auto& [name, tensor] : module->parameters) add(path, name, tensor);
    else
      for (const auto& [name, buffer] : module->buffers) add(path, name, buffer.tensor);
  });
  return found;
}

std::vector<std::pair<std::string, Value>> named_children(const ModulePtr& self) {
  std::vector<std::pair<std::string, Value>> found;
  for (const auto& [name, child] : self->children) {
    const bool seen = std::any_of(found.begin(), found.end(),
                                  [&c = child](const auto& entry) { return entry.second.is_same(Value(c)); });
    if (child && !seen) found.emplace_back(name, child);
  }
  return found;
}

void install_listings(Interpreter& in) {
  const auto iterator = [&in](const Value& list) -> Value { return in.iterate(list); };
  for (const bool parameters : {true, false}) {
    const std::string kind = parameters ? "parameters" : "buffers";
    define(
        in, parameters ? "named_parameters" : "named_buffers", 0,
        [&in, iterator, parameters](const ModulePtr& self, const NativeArguments& a) {
          return iterator(pairs(named_tensors(self, a.has(1) ? in.str(a[1]) : "", a.flag(2, true), parameters), true));
        },
        "prefix", "recurse", "remove_duplicate");
    define(
        in, parameters ? "parameters" : "buffers", 0,
        [iterator, parameters](const ModulePtr& self, const NativeArguments& a) {
          return iterator(pairs(named_tensors(self, "", a.flag(1, true), parameters), false));
        },
        "recurse");
  }
  define(in, "named_children", 0, [iterator](const ModulePtr& self, const NativeArguments&) {
    return iterator(pairs(named_children(self), true));
  });
  define(in, "children", 0, [iterator](const ModulePtr& self, const NativeArguments&) {
    return iterator(pairs(named_children(self), false));
  });
  const auto modules = [](const ModulePtr& self, const std::string& prefix) {
    std::vector<std::pair<std::string, Value>> found;
    for_each_module(self, [&](const std::string& path, const ModulePtr& module) {
      found.emplace_back(dotted(prefix, path), module);
    });
    return found;
  };
  define(
      in, "named_modules", 0,
      [&in, iterator, modules](const ModulePtr& self, const NativeArguments& a) {
        return iterator(pairs(modules(self, a.has(2) ? in.str(a[2]) : ""), true));
      },
      "memo", "prefix", "remove_duplicate");
  define(in, "modules", 0, [iterator, modules](const ModulePtr& self, const NativeArguments&) {
    return iterator(pairs(modules(self, ""), false));
  });
  define(
      in, "state_dict", 0,
      [&in](const ModulePtr& self, const NativeArguments& a) {
        const Value result = in.call(in.get_attribute(in.find_module("collections"), "OrderedDict"), {});
        const std::string prefix = a.has(2) ? in.str(a[2]) : "";
        for (const NamedTensor& entry : scriptc::state_dict(self)) {
          const auto copy = std::make_shared<Tensor>(*entry.tensor);
          copy->is_parameter = false;
          copy->requires_grad = false;
          result.as_dict().set(prefix + entry.name, copy);
        }
        return result;
      },
      "destination", "prefix", "keep_vars");
}

Value walk_path(Interpreter& in, const ModulePtr& self, const std::string& path) {
  Value at = self;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t dot = std::min(path.find('.', start), path.size());
    const std::string part = path.substr(start, dot - start);
    const auto next = in.find_attribute(at, part);
    if (!next) in.raise("AttributeError", in.type_of(at)->name + " has no attribute `" + part + "`");
    if (!next->try_as<Module>()) in.raise("AttributeError", "`" + part + "` is not an nn.Module");
    at = *next;
    start = dot + 1;
  }
  return at;
}

void install_paths(Interpreter& in) {
  define(
      in, "get_submodule", 1,
      [&in](const ModulePtr& self, const NativeArguments& a) { return walk_path(in, self, in.str(a[1])); }, "target");
  define(
      in, "set_submodule", 2,
      [&in](const ModulePtr& self, const NativeArguments& a) {
        const std::string path = in.str(a[1]);
        const std::size_t dot = path.rfind('.');
        in.set_attribute(walk_path(in, self, dot == std::string::npos ? "" : path.substr(0, dot)), path.substr(dot + 1),
                         a[2]);
        return Value();
      },
      "target", "module");
  for (const char* name : {"get_parameter", "get_buffer"})
    define(
        in, name, 1,
        [&in](const ModulePtr& self, const NativeArguments& a) {
          const std::string path = in.str(a[1]);
          const std::size_t dot = path.rfind('.');
          return in.get_attribute(walk_path(in, self, dot == std::string::npos ? "" : path.substr(0, dot)),
                                  path.substr(dot + 1));
        },
        "target");
}

Value load_tensors(Interpreter& in, const ModulePtr& self, const Value& values, bool strict) {
  std::vector<std::string> missing, unexpected;
  std::vector<std::string> known;
  for (const NamedTensor& entry : scriptc::state_dict(self)) {
    known.push_back(entry.name);
    const Value* value = values.as_dict().find(entry.name);
    if (value == nullptr) {
      missing.push_back(entry.name);
    } else if (value->is_tensor() && value->as_tensor()->shape() != entry.tensor->shape()) {
      in.raise("RuntimeError",
               "Error(s) in loading state_dict for " + in.type_of(self)->name + ":\n\tsize mismatch for " + entry.name);
    } else {
      in.call_operator("copy_", {entry.tensor, *value}, {});
    }
  }
  for (const auto& [key, value] : values.as_dict().entries)
    if (std::find(known.begin(), known.end(), in.str(key)) == known.end()) unexpected.push_back(in.str(key));
  if (strict && !(missing.empty() && unexpected.empty()))
    in.raise("RuntimeError",
             "Error(s) in loading state_dict for " + in.type_of(self)->name + ":" +
                 (unexpected.empty() ? "" : "\n\tUnexpected key(s) in state_dict: " + join(unexpected)) +
                 (missing.empty() ? "" : "\n\tMissing key(s) in state_dict: " + join(missing)));
  return Value::tuple(
      {Value::list({missing.begin(), missing.end()}), Value::list({unexpected.begin(), unexpected.end()})});
}

void cast(Interpreter& in, const ModulePtr& self, const Args& args, const Kwargs& kwargs) {
  for_each_module(self, [&](const std::string&, const ModulePtr& module) {
    const auto apply = [&](const TensorPtr& tensor) {
      if (tensor && dtype_info(tensor->dtype()).dtype_class == DTypeClass::floating) {
        tensor->assign(*in.call(in.get_attribute(tensor, "to"), args, kwargs).as_tensor());
      }
    };
    for (const auto& [name, tensor] : module->parameters) apply(tensor);
    for (const auto& [name, buffer] : module->buffers) apply(buffer.tensor);
  });
}

void install_changes(Interpreter& in) {
  in.method(in.types.nn_module, "apply", [&in](const CallArgs& args, const Kwargs&) {
    const ModulePtr self = self_of(in, args.at(0));
    const auto children = named_children(self);
    for (const auto& [name, child] : children) in.call_method(child, "apply", {args.at(1)});
    in.call(args.at(1), {self});
    return args[0];
  });
  in.method(in.types.nn_module, "to", [&in](const CallArgs& args, const Kwargs& kwargs) {
    cast(in, self_of(in, args.at(0)), args.from(1), kwargs);
    return args[0];
  });
  const std::pair<const char*, DType> casts[] = {
      {"float", DType::float32}, {"double", DType::float64}, {"half", DType::float16}, {"bfloat16", DType::bfloat16}};
  for (const auto& [name, dtype] : casts)
    in.method(in.types.nn_module, name, [&in, dtype = dtype](const CallArgs& args, const Kwargs&) {
      cast(in, self_of(in, args.at(0)),
           {in.get_attribute(in.find_module("torch"), std::string(dtype_info(dtype).name))}, {});
      return args[0];
    });
  for (const char* name : {"cpu", "cuda", "share_memory", "compile"})
    in.method(in.types.nn_module, name, [](const CallArgs& args, const Kwargs&) { return args.at(0); });
  define(
      in, "train", 0,
      [&in](const ModulePtr& self, const NativeArguments& a) -> Value {
        self->training = a.flag(1, true);
        for (const auto& [name, child] : named_children(self)) in.call_method(child, "train", {self->training});
        return self;
      },
      "mode");
  define(in, "eval", 0,
         [&in](const ModulePtr& self, const NativeArguments&) { return in.call_method(self, "train", {false}); });
  define(
      in, "requires_grad_", 0,
      [](const ModulePtr& self, const NativeArguments& a) -> Value {
        for (const auto& [name, tensor] : named_tensors(self, "", true, true))
          tensor.as_tensor()->requires_grad = a.flag(1, true);
        return self;
      },
      "requires_grad");
  define(
      in, "zero_grad", 0, [](const ModulePtr&, const NativeArguments&) { return Value(); }, "set_to_none");
  define(
      in, "load_state_dict", 1,
      [&in](const ModulePtr& self, const NativeArguments& a) {
        if (!a[1].is_dict()) {
          if (const auto opaque = a[1].try_as<Opaque>()) in.opaque_used(*opaque);
          in.raise("TypeError", "Expected state_dict to be dict-like, got " + in.repr(in.type_of(a[1])) + ".");
        }
        return load_tensors(in, self, a[1], a.flag(2, true));
      },
      "state_dict", "strict", "assign");
}

std::string module_text(Interpreter& in, const ModulePtr& module) {
  in.check_stack();
  std::string extra = in.str(in.call_method(module, "extra_repr"));
  std::string lines;
  for (const auto& [name, child] : module->children) {
    std::string text = child ? in.repr(child) : "None";
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 3))
      text.insert(at + 1, "  ");
    lines += "  (" + name + "): " + text + "\n";
  }
  const std::string name = in.type_of(module)->name + "(";
  if (lines.empty()) return name + extra + ")";
  return name + "\n" + (extra.empty() ? "" : "  " + extra + "\n") + lines + ")";
}

void install_rest(Interpreter& in) {
  const PyClassPtr cls = in.types.nn_module;
  in.method(cls, "__repr__",
            [&in](const CallArgs& args, const Kwargs&) -> Value { return module_text(in, self_of(in, args.at(0))); });
  in.method(cls, "extra_repr", [](const CallArgs&, const Kwargs&) -> Value { return ""; });
  in.method(cls, "_get_name",
            [&in](const CallArgs& args, const Kwargs&) -> Value { return in.type_of(args.at(0))->name; });
  in.method(cls, "__call__", [&in](const CallArgs& args, const Kwargs& kwargs) {
    return in.call_method(args.at(0), "forward", args.from(1), kwargs);
  });
  in.method(cls, "forward", [&in](const CallArgs& args, const Kwargs&) -> Value {
    in.raise("NotImplementedError",
             "Module [" + in.type_of(args.at(0))->name + "] is missing the required \"forward\" function");
  });
  in.method(cls, "__getattr__", [&in](const CallArgs& args, const Kwargs&) {
    const ModulePtr self = self_of(in, args.at(0));
    const std::string name = in.str(args.at(1));
    if (const auto value = in.nn_module_attribute(self, name)) return *value;
    if (!self->initialised && name != "__len__" && !name.starts_with("_"))
      in.raise("AttributeError", quote(in.type_of(self)->name) + " object has no attribute " + quote(name),
               "\n  help: call super().__init__() first");
    in.no_attribute(self, name);
  });
  for (const char* name :
       {"register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook", "register_backward_hook",
        "register_full_backward_pre_hook", "register_state_dict_pre_hook", "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook", "_register_load_state_dict_pre_hook", "_register_state_dict_hook"}) {
    const std::string kind = name;
    // Hooks of forward change results: they are kept under Python's names, so that the lowering can refuse them.
    const std::string store = kind == "register_forward_hook"       ? "_forward_hooks"
                              : kind == "register_forward_pre_hook" ? "_forward_pre_hooks"
                                                                    : "";
    in.method(cls, name, [&in, store](const CallArgs& args, const Kwargs&) -> Value {
      const ModulePtr self = self_of(in, args.at(0));
      if (!store.empty()) {
        if (!self->attributes.contains(store)) self->attributes.set(store, Value::dict());
        DictValue& hooks = self->attributes.find(store)->as_dict();
        hooks.set(static_cast<std::int64_t>(hooks.size()), args.at(1));
      }
      return in.make_opaque("torch.utils.hooks.RemovableHandle", "hooks cannot be removed while a model is built");
    });
  }
  cls->dict.set("dump_patches", false);
  cls->dict.set("_version", 1);
  cls->dict.set("call_super_init", false);
}

}  // namespace

void install_nn_module(Interpreter& in) {
  in.types.nn_module = in.native_class("Module", {in.types.object}, "torch.nn.modules.module", Layout::module);
  install_registration(in);
  install_listings(in);
  install_paths(in);
  install_changes(in);
  install_rest(in);
  in.native_modules.emplace("torch.nn.modules.module", [&in](PyModule& module) {
    module.globals.set("Module", in.types.nn_module);
    module.globals.set("T", Value());
  });
}

}  // namespace scriptc::python
