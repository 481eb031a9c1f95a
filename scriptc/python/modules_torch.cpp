#include <algorithm>
#include <cmath>
#include <limits>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/torch_objects.h"

namespace scriptc::python {
namespace {

constexpr const char* kLoadHelp =
    "\n  help: leave the weights to -w FILE, and pass what keeps the constructor from loading, as in --kwargs "
    "pretrained 0";

/// A name of torch that is an operator, as far as its spelling tells: `relu`, `bitwise_not`, `__and__`.
bool may_be_operator(const std::string& name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         !name.ends_with("__");
}

std::function<std::optional<Value>(const std::string&)> operators(const std::string& prefix) {
  return [prefix](const std::string& name) -> std::optional<Value> {
    if (!may_be_operator(name)) return std::nullopt;
    return Value(std::make_shared<OperatorRef>(prefix + name));
  };
}

/// A context manager that changes nothing; also a decorator, with or without a call.
PyClassPtr quiet_context(Interpreter& in, const std::string& name, const std::string& module) {
  const PyClassPtr cls = in.native_class(name, {in.types.object}, module);
  cls->dict.set("__new__", in.native(module + "." + name, [&in](const CallArgs& args, const Kwargs&) {
    if (args.size() == 2 && args[1].try_as<PyFunction>()) return args[1];
    return in.allocate(args.at(0).try_as<PyClass>());
  }));
  in.method(cls, "__init__", [](const CallArgs&, const Kwargs&) { return Value(); });
  in.method(cls, "__enter__", [](const CallArgs& args, const Kwargs&) { return args.at(0); });
  in.method(cls, "__exit__", [](const CallArgs&, const Kwargs&) { return Value(); });
  in.method(cls, "__call__", [](const CallArgs& args, const Kwargs&) { return args.at(1); });
  return cls;
}

/// As a decorator it would change the dtypes of a whole method, which is compiled as it is written: on a CPU that is
/// refused. (`with autocast(…)` inside a method is the specialiser's.)
PyClassPtr autocast_class(Interpreter& in) {
  const PyClassPtr cls = quiet_context(in, "autocast", "torch.amp.autocast_mode");
  in.method(cls, "__init__", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const auto given = [&](std::size_t position, const char* name) {
      for (const auto& [keyword, value] : kwargs)
        if (keyword == name) return value;
      return args.size() > position ? args[position] : Value();
    };
    const Value device = given(1, "device_type"), enabled = given(3, "enabled");
    const bool is_off = enabled.is_bool() && !enabled.as_bool();
    const bool on_cpu = device.is_string() && device.as_string() == "cpu";
    in.attributes_of(args.at(0))->set("changes_dtypes", on_cpu && !is_off);
    return Value();
  });
  in.method(cls, "__call__", [&in](const CallArgs& args, const Kwargs&) {
    if (in.attributes_of(args.at(0))->find("changes_dtypes")->as_bool())
      in.raise("RuntimeError", "autocast on the CPU cannot decorate a method that is compiled",
               "\n  help: cast in the method, as in x.to(torch.bfloat16)");
    return args.at(1);
  });
  return cls;
}

void install_constants(Interpreter& in, PyModule& torch) {
  for (const DTypeInfo& info : dtypes()) {
    const Value dtype = std::make_shared<TorchConstant>(TorchConstant::Kind::dtype, std::string(info.name),
                                                        static_cast<std::int64_t>(info.dtype));
    torch.globals.set(info.name, dtype);
    if (!info.alias.empty()) torch.globals.set(info.alias, dtype);
    if (info.dtype == DType::boolean) torch.globals.set("bool", dtype);
    if (info.dtype == DType::complex64) torch.globals.set("cfloat", dtype);
  }
  const std::pair<const char*, std::int64_t> layouts[] = {{"strided", 0}, {"sparse_coo", 1}};
  for (const auto& [name, number] : layouts)
    torch.globals.set(name, std::make_shared<TorchConstant>(TorchConstant::Kind::layout, name, number));
  const std::pair<const char*, std::int64_t> formats[] = {
      {"contiguous_format", 0}, {"preserve_format", 1}, {"channels_last", 2}, {"channels_last_3d", 3}};
  for (const auto& [name, number] : formats)
    torch.globals.set(name, std::make_shared<TorchConstant>(TorchConstant::Kind::memory_format, name, number));
  const auto constant_class = [&](const char* name, TorchConstant::Kind kind) {
    const PyClassPtr cls = in.native_class(name, {in.types.object}, "torch");
    torch.globals.set(name, cls);
    in.constant_classes[static_cast<std::size_t>(kind)] = cls;
    return cls;
  };
  const PyClassPtr dtype_class = constant_class("dtype", TorchConstant::Kind::dtype);
  const PyClassPtr device_class = constant_class("device", TorchConstant::Kind::device);
  constant_class("layout", TorchConstant::Kind::layout);
  constant_class("memory_format", TorchConstant::Kind::memory_format);
  const auto kind_of = [](const Value& v) { return dtype_info(*as_dtype(v)).dtype_class; };
  in.property(dtype_class, "is_floating_point",
              [kind_of](const Value& v) -> Value { return kind_of(v) == DTypeClass::floating; });
  in.property(dtype_class, "is_complex",
              [kind_of](const Value& v) -> Value { return kind_of(v) == DTypeClass::complex; });
  in.property(dtype_class, "itemsize",
              [](const Value& v) -> Value { return static_cast<std::int64_t>(dtype_info(*as_dtype(v)).size); });
  in.property(device_class, "type", [](const Value& v) -> Value { return v.try_as<TorchConstant>()->name; });
  in.property(device_class, "index", [](const Value& v) -> Value {
    const auto device = v.try_as<TorchConstant>();
    return device->value < 0 ? Value() : Value(device->value);
  });
  in.method(device_class, "__str__", [](const CallArgs& args, const Kwargs&) -> Value {
    const auto device = args.at(0).try_as<TorchConstant>();
    return device->name + (device->value < 0 ? "" : ":" + std::to_string(device->value));
  });
  device_class->dict.set("__new__", in.native("torch.device", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const NativeArguments a(in, "device", args.from(1), kwargs, {"type", "index"}, 1);
    if (!a[0].is_string()) return a[0];
    const std::string text = a[0].as_string();
    const std::size_t colon = text.find(':');
    const std::int64_t index = colon != std::string::npos    ? std::atoi(text.c_str() + colon + 1)
                               : a.has(1) && !a[1].is_none() ? in.index(a[1])
                                                             : -1;
    return device_constant(in, text.substr(0, colon), index);
  }));
}

void install_classes(Interpreter& in, PyModule& torch) {
  torch.globals.set("Tensor", in.types.tensor);
  const PyClassPtr size = in.native_class("Size", {in.types.tuple}, "torch");
  in.torch_size = size;
  torch.globals.set("Size", size);
  in.method(size, "numel", [](const CallArgs& args, const Kwargs&) -> Value {
    std::int64_t product = 1;
    for (const Value& item : args.at(0).as_tuple()) product *= item.as_int();
    return product;
  });
  in.method(size, "__repr__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return "torch.Size(" + in.repr(Value::list(args.at(0).as_tuple())) + ")";
  });
  for (const char* name : {"Generator", "Stream", "Event", "ScriptObject"})
    torch.globals.set(name, in.native_class(name, {in.types.object}, "torch"));
  for (const auto& [name, type] : legacy_types())
    in.function(torch, std::string(name.substr(name.find('.') + 1)),
                [&in, dtype = Value(*torch.globals.find(std::string(dtype_info(type).name)))](const CallArgs& args,
                                                                                              const Kwargs&) {
                  if (args.size() == 1 && args[0].is_tensor()) return in.call_method(args[0], "to", {dtype});
                  if (const auto held = args.empty() ? std::nullopt : tensor_of_array(args[0]))
                    return in.call_method(*held, "to", {dtype});
                  if (args.size() == 1 && (args[0].is_list() || args[0].is_tuple()))
                    return in.call(in.get_attribute(in.find_module("torch"), "tensor"), {args[0]}, {{"dtype", dtype}});
                  return in.call_operator("empty", args, {{"dtype", dtype}});
                });
  for (const char* name : {"no_grad", "enable_grad", "inference_mode", "set_grad_enabled"})
    torch.globals.set(name, quiet_context(in, name, "torch.autograd.grad_mode"));
  torch.globals.set("autocast", autocast_class(in));
}

/// `torch.finfo`, `torch.iinfo`: numbers of a dtype as attributes.
Value type_numbers(Interpreter& in, const PyClassPtr& cls, const CallArgs& args, bool floating) {
  const auto dtype = args.size() > 1 ? as_dtype(args[1]) : std::optional<DType>(in.default_dtype);
  if (!dtype) in.raise("TypeError", "finfo() takes a torch.dtype");
  const Value info = in.allocate(cls);
  const auto set = [&](const char* name, Value value) { in.attributes_of(info)->set(name, std::move(value)); };
  const DTypeInfo& row = dtype_info(*dtype);
  set("bits", static_cast<std::int64_t>(row.size * 8));
  set("dtype", std::string(row.name));
  if (!floating) {
    const bool is_signed = row.dtype != DType::uint8;
    const int bits = row.size * 8 - (is_signed ? 1 : 0);
    const std::int64_t largest = bits >= 63 ? INT64_MAX : (std::int64_t{1} << bits) - 1;
    set("max", largest);
    set("min", is_signed ? -largest - 1 : std::int64_t{0});
    return info;
  }
  const bool is_double = row.dtype == DType::float64, is_half = row.dtype == DType::float16,
             is_brain = row.dtype == DType::bfloat16;
  const double largest = is_double  ? std::numeric_limits<double>::max()
                         : is_half  ? 65504.0
                         : is_brain ? 3.3895313892515355e+38
                                    : std::numeric_limits<float>::max();
  const double epsilon = is_double  ? std::numeric_limits<double>::epsilon()
                         : is_half  ? 0.0009765625
                         : is_brain ? 0.0078125
                                    : std::numeric_limits<float>::epsilon();
  const double tiny = is_double ? std::numeric_limits<double>::min()
                      : is_half ? 6.103515625e-05
                                : std::numeric_limits<float>::min();
  set("max", largest);
  set("min", -largest);
  set("eps", epsilon);
  set("tiny", tiny);
  set("smallest_normal", tiny);
  return info;
}

void install_functions(Interpreter& in, PyModule& torch) {
  const auto def = [&](const char* name, NativeFunction::Body body) { in.function(torch, name, std::move(body)); };
  for (const bool floating : {true, false}) {
    const char* name = floating ? "finfo" : "iinfo";
    const PyClassPtr cls = in.native_class(name, {in.types.object}, "torch");
    cls->dict.set("__new__", in.native(name, [&in, floating](const CallArgs& args, const Kwargs&) {
      return type_numbers(in, args.at(0).try_as<PyClass>(), args, floating);
    }));
    in.method(cls, "__init__", [](const CallArgs&, const Kwargs&) { return Value(); });
    torch.globals.set(name, cls);
  }
  def("manual_seed", [&in](const CallArgs& args, const Kwargs&) {
    if (in.options.mode == TensorMode::eager)
      in.backend().manual_seed(static_cast<std::uint64_t>(in.index(args.at(0))));
    return Value();
  });
  for (const char* name :
       {"set_num_threads", "use_deterministic_algorithms", "set_float32_matmul_precision", "set_printoptions",
        "set_grad_enabled_", "set_flush_denormal", "set_default_device", "set_default_tensor_type"})
    def(name, [](const CallArgs&, const Kwargs&) { return Value(); });
  def("get_num_threads", [](const CallArgs&, const Kwargs&) -> Value { return 1; });
  def("initial_seed", [](const CallArgs&, const Kwargs&) -> Value { return 0; });
  def("is_grad_enabled", [](const CallArgs&, const Kwargs&) -> Value { return true; });
  def("is_inference_mode_enabled", [](const CallArgs&, const Kwargs&) -> Value { return false; });
  def("is_autocast_enabled", [](const CallArgs&, const Kwargs&) -> Value { return false; });
  def("get_default_dtype", [&in](const CallArgs&, const Kwargs&) { return dtype_constant(in, in.default_dtype); });
  def("set_default_dtype", [&in](const CallArgs& args, const Kwargs&) {
    if (const auto dtype = as_dtype(args.at(0))) in.default_dtype = *dtype;
    return Value();
  });
  def("is_tensor", [](const CallArgs& args, const Kwargs&) -> Value { return args.at(0).is_tensor(); });
  def("typename", [&in](const CallArgs& args, const Kwargs&) -> Value { return torch_type_name_of(in, args.at(0)); });
  for (const char* name : {"numel", "is_floating_point", "is_complex", "is_same_size"})
    if (std::string(name) != "is_same_size")
      def(name, [&in, name = std::string(name)](const CallArgs& args, const Kwargs&) {
        return in.call_method(args.at(0), name);
      });
  for (const char* name : {"tensor", "as_tensor", "asarray"})
    def(name, [&in, name = std::string(name)](const CallArgs& args, const Kwargs& kwargs) {
      const auto held = args.empty() ? std::nullopt : args[0].is_tensor() ? args[0] : tensor_of_array(args[0]);
      if (held) {
        Kwargs rest;
        for (const auto& entry : kwargs)
          if (entry.first == "dtype") rest.push_back(entry);
        return in.call_method(name == "tensor" ? in.call_method(*held, "clone") : *held, "to", {}, rest);
      }
      return in.call_operator("tensor", args, kwargs);
    });
  def("from_numpy", [&in](const CallArgs& args, const Kwargs&) {
    const auto held = tensor_of_array(args.at(0));
    if (!held) in.raise("TypeError", "expected np.ndarray (got " + in.type_of(args[0])->name + ")");
    return *held;
  });
  for (const char* name : {"load", "save"})
    def(name, [&in, name](const CallArgs&, const Kwargs&) -> Value {
      in.raise("RuntimeError",
               std::string("torch.") + name + "() is not available: constructors have no access to files",
               std::string(name) == "load" ? kLoadHelp : "");
    });
  def("compile", [](const CallArgs& args, const Kwargs&) -> Value {
    if (!args.empty()) return args[0];
    return std::make_shared<NativeFunction>("torch.compile",
                                            [](const CallArgs& inner, const Kwargs&) { return inner.at(0); });
  });
  def("_assert", [&in](const CallArgs& args, const Kwargs&) {
    if (!in.truth(args.at(0))) in.raise("AssertionError", in.str(args.at(1)));
    return Value();
  });
}

}  // namespace

std::string torch_type_name_of(Interpreter& in, const Value& value) {
  return value.is_tensor() ? legacy_name(value.as_tensor()->dtype()) : in.type_of(value)->qualified_name;
}

void install_torch(Interpreter& in) {
  const auto torch = in.native_module("torch");
  torch->is_package = true;
  torch->missing = [&in, fallback = operators("")](const std::string& name) -> std::optional<Value> {
    if (name != "__version__") return fallback(name);
    const Value version = in.options.backend ? in.backend().version().libtorch : "2.0.0";
    return in.call(*in.module_attribute(*in.find_module("torch.torch_version"), "TorchVersion"), {version});
  };
  install_constants(in, *torch);
  install_classes(in, *torch);
  install_functions(in, *torch);
  torch->globals.set("pi", M_PI);
  torch->globals.set("e", M_E);
  torch->globals.set("inf", std::numeric_limits<double>::infinity());
  torch->globals.set("nan", std::numeric_limits<double>::quiet_NaN());
  const auto operators_module = [&](const std::string& name, const std::string& prefix) {
    in.native_modules.emplace(name, [&in, prefix](PyModule& module) {
      module.is_package = true;
      module.missing = operators(prefix);
      // Telemetry, which packages call in constructors.
      if (module.name == "torch._C")
        in.function(module, "_log_api_usage_once", [](const auto&, const Kwargs&) { return Value(); });
    });
  };
  for (const char* name : {"torch._C", "torch._C._nn", "torch._C._VariableFunctions", "torch._VF", "torch.ops.aten"})
    operators_module(name, "");
  operators_module("torch.functional", "");
  operators_module("torch._aten", "aten::");
  in.native_modules.emplace("torch.return_types", [](PyModule&) {});
  operators_module("torch.special", "special_");
  operators_module("torch.fft", "fft_");
  operators_module("torch.linalg", "linalg_");
  install_jit(in);
  install_torch_modules(in);
}

/// The parts of torch.nn.utils that say how to train: they may be imported and passed on.
void install_nn_utils(Interpreter& in) {
  for (const char* name : {"torch.nn.utils.fusion", "torch.nn.utils.prune"})
    in.native_modules.emplace(name, [&in](PyModule& module) {
      module.is_package = true;
      module.missing = [&in, prefix = module.name + "."](const std::string& missing) -> std::optional<Value> {
        return in.make_opaque(prefix + missing, "it is not part of the 'torch.nn.utils' that is built in");
      };
    });
}

void install_torch_modules(Interpreter& in) {
  install_nn_utils(in);
  const auto set_missing = [&in](PyModule& module) {
    module.is_package = true;
    module.missing = [&in, where = module.name](const std::string& name) -> std::optional<Value> {
      return in.make_opaque(where + "." + name, "it is not part of the " + quote(where) + " that is built in");
    };
  };
  const auto answers = [&in, set_missing](const std::string& module_name,
                                          std::vector<std::pair<std::string, Value>> fixed) {
    in.native_modules.emplace(module_name, [&in, set_missing, fixed](PyModule& module) {
      set_missing(module);
      for (const auto& [name, value] : fixed)
        in.function(module, name, [result = value](const CallArgs&, const Kwargs&) { return result; });
    });
  };
  answers("torch.cuda", {{"is_available", false},
                         {"device_count", 0},
                         {"is_bf16_supported", false},
                         {"synchronize", Value()},
                         {"empty_cache", Value()},
                         {"manual_seed", Value()},
                         {"manual_seed_all", Value()},
                         {"current_device", -1}});
  answers("torch.distributed",
          {{"is_available", false}, {"is_initialized", false}, {"get_world_size", 1}, {"get_rank", 0}});
  answers("torch.onnx", {{"is_in_onnx_export", false}});
  answers("torch.overrides", {{"has_torch_function", false},
                              {"has_torch_function_unary", false},
                              {"has_torch_function_variadic", false},
                              {"is_tensor_like", false}});
  answers("torch.ops", {});
  answers("torch.backends", {});
  // What a build for the CPU says.
  for (const char* name : {"cudnn", "mps", "cuda", "mkldnn", "mkl", "openmp"}) {
    const bool there = std::string(name).starts_with("mk") || std::string(name) == "openmp";
    in.native_modules.emplace("torch.backends." + std::string(name), [&in, set_missing, there](PyModule& module) {
      set_missing(module);
      for (const char* question : {"is_available", "is_built"})
        in.function(module, question, [there](const CallArgs&, const Kwargs&) -> Value { return there; });
      module.globals.set("enabled", true);
      for (const char* flag : {"benchmark", "deterministic", "allow_tf32"}) module.globals.set(flag, false);
    });
  }
  answers("torch.utils", {});
  const auto identities = [&in, set_missing](const std::string& module_name, std::vector<std::string> names) {
    in.native_modules.emplace(module_name, [&in, set_missing, names](PyModule& module) {
      set_missing(module);
      for (const char* question : {"is_compiling", "is_dynamo_compiling"})
        in.function(module, question, [](const CallArgs&, const Kwargs&) -> Value { return false; });
      // Each is used bare (`@f`), called without arguments (`@f()`) or with the function.
      for (const std::string& name : names)
        in.function(module, name, [qualified = module.name + "." + name](const CallArgs& args, const Kwargs&) -> Value {
          if (!args.empty()) return args[0];
          return std::make_shared<NativeFunction>(qualified,
                                                  [](const CallArgs& inner, const Kwargs&) { return inner.at(0); });
        });
    });
  };
  identities("torch.fx", {"wrap"});
  identities("torch._dynamo", {"disable", "allow_in_graph", "optimize", "disallow_in_graph"});
  identities("torch.compiler", {"disable", "allow_in_graph"});
  in.native_modules.emplace("torch.cuda.amp", [&in](PyModule& module) {
    module.globals.set("autocast", quiet_context(in, "autocast", "torch.cuda.amp.autocast_mode"));
  });
  in.native_modules.emplace("torch.amp", [&in](PyModule& module) {
    module.globals.set("autocast", *in.find_module("torch")->globals.find("autocast"));
  });
  for (const char* name : {"torch.hub", "torch.utils.model_zoo"})
    in.native_modules.emplace(name, [&in](PyModule& module) {
      for (const char* loader : {"load_state_dict_from_url", "load_url", "load", "download_url_to_file"})
        in.function(
            module, loader, [&in, qualified = module.name + "." + loader](const CallArgs&, const Kwargs&) -> Value {
              in.raise("RuntimeError", qualified + "() is not available: constructors have no access to the network",
                       kLoadHelp);
            });
    });
  in.native_modules.emplace("torch.jit.annotations", [&in](PyModule& module) {
    for (const char* name : {"Any", "Dict", "List", "Optional", "Tuple", "Union"})
      module.globals.set(name, *in.find_module("typing")->globals.find(name));
  });
  in.native_modules.emplace("torch.version", [&in](PyModule& module) {
    module.globals.set("__version__", *in.module_attribute(*in.find_module("torch"), "__version__"));
    module.globals.set("cuda", Value());
    module.globals.set("hip", Value());
  });
}

}  // namespace scriptc::python
