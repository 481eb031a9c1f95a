#include "scriptc/python/arguments.h"
#include "scriptc/python/torch_objects.h"

namespace scriptc::python {
namespace {

using Mark = PyFunction::ScriptMark;

void set_mark(const Value& value, Mark mark) {
  if (const auto fn = value.try_as<PyFunction>()) fn->mark = mark;
  if (const auto bound = value.try_as<BoundMethod>()) set_mark(bound->function, mark);
  if (const auto wrapper = value.try_as<MethodWrapper>()) set_mark(wrapper->function, mark);
}

/// `@export`, and `@ignore(drop=True)`: a decorator that may be called first.
NativeFunction::Body marker(const std::string& qualified, Mark mark) {
  return [qualified, mark](const CallArgs& args, const Kwargs&) -> Value {
    if (!args.empty() && !args[0].is_bool()) {
      set_mark(args[0], mark);
      return args[0];
    }
    return std::make_shared<NativeFunction>(qualified, [mark](const CallArgs& inner, const Kwargs&) {
      set_mark(inner.at(0), mark);
      return inner[0];
    });
  };
}

/// `@overload`ed declarations collect on the function of the same name that follows: a function takes over those of
/// the declaration before it when it is defined.
Value overload(const CallArgs& args) {
  const auto declared = args.at(0).try_as<PyFunction>();
  if (!declared) return args.at(0);
  declared->overloads.push_back(declared);
  return args[0];
}

NativeFunction::Body identity() {
  return [](const CallArgs& args, const Kwargs&) -> Value {
    if (!args.empty()) return args[0];
    return std::make_shared<NativeFunction>("torch.jit.identity",
                                            [](const CallArgs& inner, const Kwargs&) { return inner.at(0); });
  };
}

}  // namespace

void install_jit(Interpreter& in) {
  in.native_modules.emplace("torch.jit", [&in](PyModule& jit) {
    jit.is_package = true;
    const auto def = [&](const char* name, NativeFunction::Body body) { in.function(jit, name, std::move(body)); };
    def("export", marker("torch.jit.export", Mark::exported));
    def("ignore", marker("torch.jit.ignore", Mark::ignored));
    def("unused", marker("torch.jit.unused", Mark::unused));
    def("script_method", marker("torch.jit.script_method", Mark::exported));
    for (const char* name : {"script", "interface", "script_if_tracing", "_script_if_tracing", "optimized_execution",
                             "freeze", "optimize_for_inference", "_drop"})
      def(name, identity());
    def("_overload", [](const CallArgs& args, const Kwargs&) { return overload(args); });
    def("_overload_method", [](const CallArgs& args, const Kwargs&) { return overload(args); });
    def("is_scripting", [](const CallArgs&, const Kwargs&) -> Value { return false; });
    def("is_tracing", [](const CallArgs&, const Kwargs&) -> Value { return false; });
    def("annotate", [](const CallArgs& args, const Kwargs&) { return args.at(1); });
    def("isinstance",
        [&in](const CallArgs& args, const Kwargs&) -> Value { return in.is_instance(args.at(0), args.at(1)); });
    def("Attribute", [](const CallArgs& args, const Kwargs&) { return args.at(0); });
    def("trace", [&in](const CallArgs&, const Kwargs&) -> Value {
      in.raise("RuntimeError", "torch.jit.trace() is not available in a constructor");
    });
    def("load", [&in](const CallArgs&, const Kwargs&) -> Value {
      in.raise("RuntimeError", "torch.jit.load() is not available: constructors have no access to files");
    });
    jit.globals.set("ScriptModule", in.types.nn_module);
    jit.globals.set("RecursiveScriptModule", in.types.nn_module);
    for (const char* name : {"ScriptFunction", "Future", "Error"})
      jit.globals.set(name, in.native_class(name, {in.types.object}, "torch.jit"));
    jit.globals.set("Final", in.get_attribute(in.find_module("typing"), "Final"));
  });
  in.native_modules.emplace("torch._jit_internal", [&in](PyModule& module) {
    const auto jit = in.find_module("torch.jit");
    for (const char* name :
         {"export", "ignore", "unused", "is_scripting", "annotate", "_overload", "_overload_method", "Final"})
      module.globals.set(name, *jit->globals.find(name));
    in.function(module, "boolean_dispatch", [&in](const CallArgs&, const Kwargs& kwargs) -> Value {
      for (const auto& [name, value] : kwargs)
        if (name == "if_false") return value;
      in.raise("TypeError", "boolean_dispatch() needs if_false");
    });
    for (const char* name : {"BroadcastingList1", "BroadcastingList2", "BroadcastingList3"}) {
      auto form = std::make_shared<TypeForm>();
      form->origin = name;
      module.globals.set(name, form);
    }
  });
  in.native_modules.emplace("torch.types", [&in](PyModule& module) {
    const Value any = in.get_attribute(in.find_module("typing"), "Any");
    for (const char* name : {"_size", "Number", "_int", "_float", "_bool", "_dtype", "_device", "Device"})
      module.globals.set(name, any);
  });
  in.native_modules.emplace("torch.nn.common_types", [&in](PyModule& module) {
    const Value any = in.get_attribute(in.find_module("typing"), "Any");
    for (const char* stem : {"size", "scalar_or_tuple", "ratio"})
      for (const char* suffix : {"any", "1", "2", "3", "4", "5", "6", "any_opt", "2_opt", "3_opt"})
        for (const char* tail : {"", "_t"}) module.globals.set(std::string("_") + stem + "_" + suffix + tail, any);
  });
}

}  // namespace scriptc::python
