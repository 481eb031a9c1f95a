#include "scriptc/torch/operators.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"
#include "scriptc/python/result_fields.h"
#include "scriptc/python/torch_objects.h"
#include "scriptc/torch/convert.h"
#include "scriptc/torch/edge.h"
#include "scriptc/torch/tensors.h"

namespace scriptc::torch_backend {
namespace {

using ::torch::jit::Operator;
using OperatorPtr = std::shared_ptr<Operator>;

/// Methods of Python's Tensor that are casts and no operators of ATen.
struct Cast {
  std::string_view name;
  c10::ScalarType dtype;
};
constexpr std::array kCasts{Cast{"float", c10::kFloat},       Cast{"double", c10::kDouble}, Cast{"half", c10::kHalf},
                            Cast{"bfloat16", c10::kBFloat16}, Cast{"int", c10::kInt},       Cast{"long", c10::kLong},
                            Cast{"short", c10::kShort},       Cast{"char", c10::kChar},     Cast{"byte", c10::kByte},
                            Cast{"bool", c10::kBool}};

const Cast* find_cast(std::string_view name) {
  const auto found = std::find_if(kCasts.begin(), kCasts.end(), [&](const Cast& c) { return c.name == name; });
  return found == kCasts.end() ? nullptr : &*found;
}

/// torch.tensor and torch.as_tensor take nested lists, which no schema describes.
bool takes_data(std::string_view name) { return name == "tensor" || name == "as_tensor"; }

std::string qualified(std::string_view name) {
  return name.find("::") == std::string_view::npos ? "aten::" + std::string(name) : std::string(name);
}

std::string_view unqualified(std::string_view name) { return name.substr(0, 6) == "aten::" ? name.substr(6) : name; }

/// The dispatcher's overloads; those that only TorchScript has where there are no others (`dim`, `size` of lists…).
std::vector<OperatorPtr> overloads_of(std::string_view name) {
  const auto& all = ::torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(qualified(name)));
  std::vector<OperatorPtr> eager;
  std::copy_if(all.begin(), all.end(), std::back_inserter(eager), [](const OperatorPtr& op) { return op->isC10Op(); });
  return eager.empty() ? std::vector<OperatorPtr>(all.begin(), all.end()) : eager;
}

/// Python's spelling of a keyword, and NumPy's, which Python's torch takes as well, where ATen's differs.
std::string_view aten_keyword(std::string_view keyword) {
  if (keyword == "input" || keyword == "x" || keyword == "a" || keyword == "x1") return "self";
  if (keyword == "x2") return "other";
  return python::torch_keyword(keyword);
}

std::optional<std::size_t> parameter_index(const c10::FunctionSchema& schema, std::string_view name) {
  for (std::size_t i = 0; i < schema.arguments().size(); ++i)
    if (schema.arguments()[i].name() == name) return i;
  return std::nullopt;
}

/// `zeros(2, 3)`, `x.view(-1, 4)`: where a list of ints is the only positional parameter besides self, its items may
/// be given one by one.
Args pack_sizes(const c10::FunctionSchema& schema, const Args& args) {
  const auto& parameters = schema.arguments();
  const bool method = !parameters.empty() && parameters[0].name() == "self";
  const std::size_t first = method ? 1 : 0;
  const auto positional = static_cast<std::size_t>(std::count_if(
      parameters.begin(), parameters.end(), [](const c10::Argument& parameter) { return !parameter.kwarg_only(); }));
  // expand's second positional parameter, `implicit`, is none in Python.
  const bool alone = positional == first + 1 || schema.name() == "aten::expand";
  if (!alone || args.size() <= first || !parameters[first].type()->isSubtypeOf(*c10::ListType::ofInts())) return args;
  const bool ints = std::all_of(args.begin() + static_cast<std::ptrdiff_t>(first), args.end(),
                                [](const Value& value) { return value.is_int(); });
  if (!ints) return args;
  Args packed(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(first));
  packed.push_back(Value::list({args.begin() + static_cast<std::ptrdiff_t>(first), args.end()}));
  return packed;
}

/// One overload with its arguments in order.
struct Bound {
  OperatorPtr op;
  std::vector<c10::IValue> arguments;
  int cost = 0;
  bool requires_grad = false;
};

class Binder {
 public:
  Binder(OperatorPtr op, Converter& converter)
      : op_(std::move(op)), converter_(converter), slots_(op_->schema().arguments().size()) {}

  /// nullopt: the arguments do not fit this overload.
  std::optional<Bound> bind(const Args& given, const Kwargs& kwargs) {
    const Args args = pack_sizes(op_->schema(), given);
    if (!positional(args)) return std::nullopt;
    for (const auto& [keyword, value] : kwargs)
      if (!named(keyword, value)) return std::nullopt;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const c10::Argument& parameter = op_->schema().arguments()[i];
      if (!slots_[i] && !parameter.default_value()) return std::nullopt;
      bound_.arguments.push_back(slots_[i] ? *slots_[i] : *parameter.default_value());
    }
    bound_.op = op_;
    return std::move(bound_);
  }

 private:
  bool positional(const Args& args) {
    const auto& parameters = op_->schema().arguments();
    if (args.size() > parameters.size()) return false;
    for (std::size_t i = 0; i < args.size(); ++i)
      if (parameters[i].kwarg_only() || !fill(i, args[i])) return false;
    return true;
  }

  bool named(std::string_view keyword, const Value& value) {
    auto index = parameter_index(op_->schema(), keyword);
    if (!index) index = parameter_index(op_->schema(), aten_keyword(keyword));
    if (!index) {
      // Python's factories take these; ATen's schemas do not.
      if (keyword == "requires_grad" && value.is_bool()) {
        bound_.requires_grad = value.as_bool();
        return true;
      }
      return value.is_none() && (keyword == "out" || keyword == "generator" || keyword == "names");
    }
    return !slots_[*index] && fill(*index, value);
  }

  bool fill(std::size_t index, const Value& value) {
    auto converted = converter_.try_convert(value, op_->schema().arguments()[index]);
    if (!converted) return false;
    bound_.cost += converted->cost;
    slots_[index] = std::move(converted->value);
    return true;
  }

  OperatorPtr op_;
  Converter& converter_;
  std::vector<std::optional<c10::IValue>> slots_;
  Bound bound_;
};

std::optional<Bound> choose(const std::vector<OperatorPtr>& overloads, Converter& converter, const Args& args,
                            const Kwargs& kwargs) {
  std::optional<Bound> best;
  for (const OperatorPtr& op : overloads) {
    auto bound = Binder(op, converter).bind(args, kwargs);
    if (bound && (!best || bound->cost < best->cost)) best = std::move(bound);
  }
  return best;
}

std::string describe_call(const Args& args, const Kwargs& kwargs) {
  std::vector<std::string> parts;
  for (const Value& value : args) parts.push_back(value.type_name());
  for (const auto& [keyword, value] : kwargs) parts.push_back(escape(keyword) + "=" + value.type_name());
  return "(" + join(parts) + ")";
}

Error no_such_operator(std::string_view name) {
  std::set<std::string> names;
  for (const auto& op : ::torch::jit::getAllOperators()) {
    const std::string& full = op->schema().name();
    if (full.rfind("aten::", 0) == 0) names.insert(full.substr(6));
  }
  const std::vector<std::string> candidates(names.begin(), names.end());
  return Error(ErrorKind::model, "torch has no operator " + quote(name) + did_you_mean(name, candidates));
}

Error no_overload(std::string_view name, const std::vector<OperatorPtr>& overloads, const Args& args,
                  const Kwargs& kwargs) {
  std::string text = "operator " + quote(name) + " does not take " + describe_call(args, kwargs) + "; it has";
  for (const OperatorPtr& op : overloads) {
    // The variants with `out` double the list and are nothing that a model can use.
    if (overloads.size() > 1 && op->schema().overload_name().find("out") != std::string::npos) continue;
    std::ostringstream schema;
    schema << op->schema();
    text += "\n    " + std::string(unqualified(schema.str()));
  }
  return Error(ErrorKind::model, std::move(text));
}

Value call_tensor(const Args& args, const Kwargs& kwargs) {
  std::optional<c10::ScalarType> dtype;
  bool requires_grad = false;
  for (const auto& [keyword, value] : kwargs) {
    if (keyword == "dtype") {
      dtype = try_dtype(value);
      if (!dtype && !value.is_none())
        throw Error(ErrorKind::model, "tensor(): dtype must be a torch.dtype, got " + value.type_name());
    } else if (keyword == "requires_grad" && value.is_bool()) {
      requires_grad = value.as_bool();
    } else if (keyword != "device" && keyword != "pin_memory") {
      throw Error(ErrorKind::model, "tensor(): unexpected keyword argument " + quote(keyword));
    }
  }
  if (args.empty() || args.size() > 2) throw Error(ErrorKind::model, "tensor(): expected the data");
  if (args.size() == 2) dtype = try_dtype(args[1]);
  TensorPtr result = wrap(tensor_from_data(args[0], dtype));
  result->requires_grad = requires_grad;
  return result;
}

/// A tuple as Python returns it: with the names of its items, if the operator names them all.
Value named_results(const c10::FunctionSchema& schema, std::vector<Value> results) {
  std::vector<std::string> names;
  for (const c10::Argument& item : schema.returns()) names.push_back(item.name());
  const Value tuple = Value::tuple(std::move(results));
  if (std::none_of(names.begin(), names.end(), [](const std::string& name) { return name.empty(); }))
    std::get<std::shared_ptr<TupleValue>>(tuple.data())->type =
        std::make_shared<python::ResultFields>(std::move(names));
  return tuple;
}

Value run(const Bound& bound, const Converter& converter) {
  ::torch::jit::Stack stack = bound.arguments;
  bound.op->getOperation()(stack);
  converter.refresh(bound.op->schema(), bound.arguments);
  if (stack.empty()) return None{};
  if (stack.size() == 1) {
    Value result = converter.to_value(stack.front());
    if (bound.requires_grad && result.is_tensor()) result.as_tensor()->requires_grad = true;
    return result;
  }
  std::vector<Value> results;
  for (const c10::IValue& item : stack) results.push_back(converter.to_value(item));
  return named_results(bound.op->schema(), std::move(results));
}

}  // namespace

bool has_operator(std::string_view name) {
  return takes_data(name) || find_cast(name) != nullptr || !overloads_of(name).empty();
}

namespace {

Value call_any(std::string_view name, const Args& args, const Kwargs& kwargs) {
  const at::NoGradGuard no_grad;
  const auto subject = "operator " + quote(name);
  return at_edge(ErrorKind::model, subject, [&]() -> Value {
    if (takes_data(name)) return call_tensor(args, kwargs);
    bool meta = std::any_of(args.begin(), args.end(), has_meta);
    for (const auto& [keyword, value] : kwargs) meta = meta || has_meta(value);
    if (const Cast* cast = find_cast(name); cast && args.size() == 1 && args[0].is_tensor()) {
      const auto dtype = dtype_info(static_cast<DType>(cast->dtype));
      const TensorPtr& tensor = args[0].as_tensor();
      if (tensor->dtype() == dtype.dtype) return tensor;
      if (meta) return Tensor::meta(dtype.dtype, tensor->shape());
      return wrap(materialise(tensor).to(cast->dtype));
    }
    const auto overloads = overloads_of(name);
    if (overloads.empty()) throw no_such_operator(name);
    using Mode = Converter::Mode;
    const auto attempt = [&](Mode mode) {
      Converter converter(mode);
      auto bound = choose(overloads, converter, args, kwargs);
      if (!bound) throw no_overload(name, overloads, args, kwargs);
      return run(*bound, converter);
    };
    if (!meta) return attempt(Mode::values);
    try {
      return attempt(Mode::meta);
    } catch (const c10::Error&) {
      // Python has meta kernels that C++ lacks, convolution among them.
      return attempt(Mode::zeros);
    }
  });
}

}  // namespace

Value call_operator(std::string_view name, const Args& args, const Kwargs& kwargs) {
  try {
    return call_any(name, args, kwargs);
  } catch (const Error& error) {
    // A model may ask for any size: as in Python that is an exception of its own, told with its place.
    if (error.kind() == ErrorKind::cap) throw Error(ErrorKind::model, error.message());
    throw;
  }
}

}  // namespace scriptc::torch_backend
