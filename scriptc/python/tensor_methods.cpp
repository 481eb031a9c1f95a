#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/torch_objects.h"

namespace scriptc::python {
namespace {

TensorPtr self_of(Interpreter& in, const CallArgs& args) {
  if (args.empty() || !args[0].is_tensor()) in.raise("TypeError", "a method of Tensor needs a Tensor");
  return args[0].as_tensor();
}

Value values_of(Interpreter& in, const TensorPtr& tensor, const char* what) {
  if (tensor->state() == Tensor::State::meta) in.needs_values(what);
  return in.backend().tensor_values(*tensor);
}

Value converted(Interpreter& in, const TensorPtr& tensor, DType dtype) {
  if (tensor->dtype() == dtype) return tensor;
  if (tensor->state() == Tensor::State::meta) return Tensor::meta(dtype, tensor->shape());
  return in.call_operator("to", {tensor, dtype_constant(in, dtype)}, {});
}

/// `x.to(…)` of a dtype, a device or another tensor. There is one device, so only a new dtype, or `copy`, makes a new
/// tensor.
Value to(Interpreter& in, const CallArgs& args, const Kwargs& kwargs) {
  const TensorPtr self = self_of(in, args);
  std::optional<DType> dtype;
  bool copy = false;
  const auto look = [&](const Value& value) {
    if (const auto found = as_dtype(value)) dtype = found;
    if (value.is_tensor()) dtype = value.as_tensor()->dtype();
  };
  for (std::size_t i = 1; i < args.size(); ++i) look(args[i]);
  for (const auto& [name, value] : kwargs) {
    look(value);
    if (name == "copy") copy = in.truth(value);
  }
  const Value result = dtype ? converted(in, self, *dtype) : args[0];
  return copy && result.is_same(args[0]) ? in.call_method(result, "clone") : result;
}

void install_reads(Interpreter& in, const PyClassPtr& cls) {
  in.method(cls, "size", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "size", args, kwargs, {"self", "dim"}, 1);
    const auto& shape = self_of(in, args)->shape();
    if (a.get(1).is_none()) return make_size(in, shape);
    const auto rank = static_cast<std::int64_t>(shape.size());
    std::int64_t dim = in.index(a[1]);
    if (dim < -rank || dim >= rank)
      in.raise("IndexError", "Dimension out of range (expected to be in range of [" + std::to_string(-rank) + ", " +
                                 std::to_string(rank - 1) + "], but got " + std::to_string(dim) + ")");
    return shape[static_cast<std::size_t>(dim < 0 ? dim + rank : dim)];
  });
  for (const char* name : {"dim", "ndimension"})
    in.method(cls, name, [&in](const CallArgs& args, const Kwargs&) -> Value {
      return static_cast<std::int64_t>(self_of(in, args)->shape().size());
    });
  for (const char* name : {"numel", "nelement"})
    in.method(cls, name, [&in](const CallArgs& args, const Kwargs&) -> Value { return self_of(in, args)->numel(); });
  in.method(cls, "element_size", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return static_cast<std::int64_t>(dtype_info(self_of(in, args)->dtype()).size);
  });
  in.method(cls, "is_floating_point", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return dtype_info(self_of(in, args)->dtype()).dtype_class == DTypeClass::floating;
  });
  in.method(cls, "is_complex", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return dtype_info(self_of(in, args)->dtype()).dtype_class == DTypeClass::complex;
  });
  in.method(cls, "item", [&in](const CallArgs& args, const Kwargs&) {
    const TensorPtr self = self_of(in, args);
    if (self->numel() != 1)
      in.raise("RuntimeError",
               "a Tensor with " + std::to_string(self->numel()) + " elements cannot be converted to Scalar");
    Value value = values_of(in, self, "item()");
    while (value.is_list()) value = Value(value.as_list().at(0));
    return value;
  });
  in.method(cls, "tolist",
            [&in](const CallArgs& args, const Kwargs&) { return values_of(in, self_of(in, args), "tolist()"); });
  for (const char* name : {"numpy", "__array__"})
    in.method(cls, name, [&in](const CallArgs& args, const Kwargs&) {
      return in.call(in.get_attribute(in.find_module("numpy"), "ndarray"), {args.at(0)});
    });
}

/// How the elements lie in memory.
void install_layout(Interpreter& in, const PyClassPtr& cls) {
  in.method(cls, "stride", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "stride", args, kwargs, {"self", "dim"}, 1);
    const TensorPtr self = self_of(in, args);
    if (self->state() == Tensor::State::meta) in.needs_values("stride()");
    if (!a.get(1).is_none()) return in.call_operator("stride", {self, a[1]}, {});
    std::vector<Value> strides;
    for (std::size_t dim = 0; dim < self->shape().size(); ++dim)
      strides.push_back(in.call_operator("stride", {self, static_cast<std::int64_t>(dim)}, {}));
    return Value::tuple(std::move(strides));
  });
  in.method(cls, "is_contiguous", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    // A meta tensor has no strides here.
    if (self_of(in, args)->state() == Tensor::State::meta) return true;
    return in.call_operator("is_contiguous", args.from(0), kwargs);
  });
  in.method(cls, "contiguous", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    if (self_of(in, args)->state() == Tensor::State::meta) return args[0];
    return in.call_operator("contiguous", args.from(0), kwargs);
  });
  in.method(cls, "clone", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const TensorPtr self = self_of(in, args);
    if (self->state() == Tensor::State::meta) return Tensor::meta(self->dtype(), self->shape());
    return in.call_operator("clone", {self}, kwargs);
  });
}

void install_changes(Interpreter& in, const PyClassPtr& cls) {
  for (const char* name :
       {"detach", "cpu", "cuda", "pin_memory", "share_memory_", "detach_", "requires_grad_", "retain_grad"}) {
    const std::string kind = name;
    in.method(cls, name, [&in, kind](const CallArgs& args, const Kwargs& kwargs) -> Value {
      const TensorPtr self = self_of(in, args);
      if (kind == "requires_grad_")
        self->requires_grad = args.size() > 1 ? in.truth(args[1]) : kwargs.empty() || in.truth(kwargs[0].second);
      if (kind != "detach") return args[0];
      const auto alias = std::make_shared<Tensor>(*self);
      alias->is_parameter = alias->requires_grad = false;
      return alias;
    });
  }
  in.method(cls, "to", [&in](const CallArgs& args, const Kwargs& kwargs) { return to(in, args, kwargs); });
  in.method(cls, "type", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "type", args, kwargs, {"self", "dtype", "non_blocking"}, 1);
    if (a.get(1).is_none()) return legacy_name(self_of(in, args)->dtype());
    const auto dtype = as_dtype(a[1]) ? as_dtype(a[1]) : legacy_dtype(a[1]);
    if (!dtype) in.raise("ValueError", "invalid type: " + in.repr(a[1]));
    return converted(in, self_of(in, args), *dtype);
  });
  in.method(cls, "type_as", [&in](const CallArgs& args, const Kwargs&) {
    return converted(in, self_of(in, args), args.at(1).as_tensor()->dtype());
  });
  const std::pair<const char*, DType> casts[] = {
      {"float", DType::float32},     {"double", DType::float64},   {"half", DType::float16},
      {"bfloat16", DType::bfloat16}, {"long", DType::int64},       {"int", DType::int32},
      {"short", DType::int16},       {"char", DType::int8},        {"byte", DType::uint8},
      {"bool", DType::boolean},      {"cfloat", DType::complex64}, {"cdouble", DType::complex128}};
  for (const auto& [name, dtype] : casts)
    in.method(cls, name, [&in, dtype = dtype](const CallArgs& args, const Kwargs&) {
      return converted(in, self_of(in, args), dtype);
    });
  for (const char* kind : {"zeros", "ones", "empty", "full"})
    in.method(
        cls, std::string("new_") + kind, [&in, kind = std::string(kind)](const CallArgs& args, const Kwargs& kwargs) {
          Kwargs named = kwargs;
          if (std::none_of(kwargs.begin(), kwargs.end(), [](const auto& entry) { return entry.first == "dtype"; }))
            named.emplace_back("dtype", dtype_constant(in, self_of(in, args)->dtype()));
          return in.call_operator(kind, args.from(1), named);
        });
  in.method(cls, "new_tensor", [&in](const CallArgs& args, const Kwargs&) {
    return in.call(in.get_attribute(in.find_module("torch"), "tensor"), {args.at(1)},
                   {{"dtype", dtype_constant(in, self_of(in, args)->dtype())}});
  });
  in.method(cls, "__deepcopy__",
            [&in](const CallArgs& args, const Kwargs&) { return in.call(in.get_attribute(args.at(0), "clone"), {}); });
}

Value make_parameter(Interpreter& in, const CallArgs& args, const Kwargs& kwargs) {
  const NativeArguments a(in, "Parameter.__new__", args.from(1), kwargs, {"data", "requires_grad"}, 0);
  TensorPtr parameter = Tensor::meta(in.default_dtype, {0});
  if (a.has(0) && !a[0].is_none()) {
    if (const auto opaque = a[0].try_as<Opaque>()) in.opaque_used(*opaque);
    if (!a[0].is_tensor()) in.raise("TypeError", "Parameter data must be a Tensor, not " + in.type_of(a[0])->name);
    parameter = std::make_shared<Tensor>(*a[0].as_tensor());
  }
  parameter->is_parameter = true;
  parameter->requires_grad = a.flag(1, true);
  const auto kind = dtype_info(parameter->dtype()).dtype_class;
  if (parameter->requires_grad && kind != DTypeClass::floating && kind != DTypeClass::complex)
    in.raise("RuntimeError", "Only Tensors of floating point and complex dtype can require gradients");
  return parameter;
}

}  // namespace

void install_tensor_class(Interpreter& in) {
  const PyClassPtr tensor = in.types.tensor = in.native_class("Tensor", {in.types.object}, "torch");
  const PyClassPtr parameter = in.types.parameter = in.native_class("Parameter", {tensor}, "torch.nn.parameter");
  install_reads(in, tensor);
  install_layout(in, tensor);
  install_changes(in, tensor);
  tensor->dict.set("__new__", in.native("torch.Tensor", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const bool data = args.size() == 2 && (args[1].is_list() || (args[1].is_tuple() && !args[1].is_same(Value())));
    if (args.size() == 2 && args[1].is_tensor()) return args[1];
    if (const auto held = args.size() == 2 ? tensor_of_array(args[1]) : std::nullopt)
      return converted(in, held->as_tensor(), in.default_dtype);
    if (data)
      return in.call(in.get_attribute(in.find_module("torch"), "tensor"), {args[1]},
                     {{"dtype", dtype_constant(in, in.default_dtype)}});
    return in.call_operator("empty", args.from(1), kwargs);
  }));
  parameter->dict.set("__new__",
                      in.native("torch.nn.parameter.Parameter", [&in](const CallArgs& args, const Kwargs& kwargs) {
                        return make_parameter(in, args, kwargs);
                      }));
  in.native_modules.emplace("torch.nn.parameter", [&in](PyModule& module) {
    module.globals.set("Parameter", in.types.parameter);
    for (const char* name : {"UninitializedParameter", "UninitializedBuffer"})
      in.function(module, name, [&in, name](const CallArgs&, const Kwargs&) -> Value {
        in.raise("NotImplementedError", std::string(name) + " is not supported: give every layer its sizes");
      });
    in.function(module, "is_lazy", [](const CallArgs&, const Kwargs&) -> Value { return false; });
    in.function(module, "Buffer", [](const CallArgs& args, const Kwargs&) { return args.at(0); });
  });
}

}  // namespace scriptc::python
