#include "scriptc/model/text.h"
#include "scriptc/torch/annotations.h"

namespace scriptc::torch_backend {

namespace py = ::scriptc::python;

namespace {

constexpr const char* kNoVariableArguments = "a compiled function cannot take a variable number of arguments";

std::optional<int> broadcast_size(Compiler& compiler, const py::PyFunction& function, const py::ExprPtr& annotation) {
  const auto* subscript = py::as<py::Subscript>(annotation);
  const auto* name = subscript ? py::as<py::Name>(subscript->value) : nullptr;
  if (!name || !name->id.starts_with("BroadcastingList")) return std::nullopt;
  (void)compiler;
  (void)function;
  return std::stoi(name->id.substr(std::string("BroadcastingList").size()));
}

bool is_opaque(Compiler& compiler, const py::PyFunction& function, const py::ExprPtr& annotation) {
  try {
    return compiler.evaluator().evaluate_in(function, annotation, {}).try_as<py::Opaque>() != nullptr;
  } catch (const Error&) {
    return false;
  }
}

Signature::Parameter parameter_of(Compiler& compiler, const py::PyFunction& function, const py::Parameter& node) {
  Signature::Parameter parameter;
  parameter.name = node.arg;
  parameter.span = node.span;
  // What an import that was not found would have said is unknown: as if nothing had been written.
  if (!node.annotation || is_opaque(compiler, function, node.annotation)) return parameter;
  const TypeOrReason type = type_of_annotation(compiler, function, node.annotation);
  if (!type.type) {
    throw compiler.error(node.annotation->span, "parameter " + quote(node.arg) + " cannot be typed: " + type.reason,
                         "without an annotation a parameter is a Tensor");
  }
  parameter.type = type.type;
  parameter.broadcast = broadcast_size(compiler, function, node.annotation);
  return parameter;
}

void add_defaults(const py::PyFunction& function, Signature& signature, std::size_t positional) {
  const std::vector<Value>& defaults = function.defaults;
  for (std::size_t i = 0; i < defaults.size() && i < positional; ++i) {
    signature.parameters[positional - defaults.size() + i].default_value = defaults[i];
  }
  for (std::size_t i = 0; i < function.kw_defaults.size(); ++i) {
    if (function.has_kw_default[i]) signature.parameters[positional + i].default_value = function.kw_defaults[i];
  }
}

/// `x=None` and `x: Tensor = None` are optional, as people mean it; a parameter that is not annotated and has a plain
/// default is of the default's type.
void widen_by_default(Compiler& compiler, Signature::Parameter& parameter) {
  if (!parameter.default_value) return;
  if (parameter.default_value->is_none()) {
    const c10::TypePtr type = parameter.type ? parameter.type : c10::TypePtr(c10::TensorType::get());
    if (!c10::NoneType::get()->isSubtypeOf(*type)) parameter.type = c10::OptionalType::create(type);
  } else if (!parameter.type) {
    parameter.type = type_of_value(compiler, *parameter.default_value).type;
  }
}

}  // namespace

Signature signature_of(Compiler& compiler, const py::PyFunction& function) {
  Signature signature;
  const py::Arguments& args = function.args();
  if (args.vararg) throw compiler.error(args.vararg->span, kNoVariableArguments, "name the arguments");
  if (args.kwarg) throw compiler.error(args.kwarg->span, kNoVariableArguments, "name the arguments");
  for (const py::Parameter& node : args.posonlyargs) {
    signature.parameters.push_back(parameter_of(compiler, function, node));
  }
  for (const py::Parameter& node : args.args) signature.parameters.push_back(parameter_of(compiler, function, node));
  const std::size_t positional = signature.parameters.size();
  for (const py::Parameter& node : args.kwonlyargs) {
    signature.parameters.push_back(parameter_of(compiler, function, node));
    signature.parameters.back().keyword_only = true;
  }
  add_defaults(function, signature, positional);
  for (Signature::Parameter& parameter : signature.parameters) widen_by_default(compiler, parameter);
  // A result whose annotation says nothing to TorchScript (`dict`, `np.ndarray`, a type variable) is inferred.
  if (function.def && function.def->returns && !is_opaque(compiler, function, function.def->returns)) {
    signature.result = type_of_annotation(compiler, function, function.def->returns).type;
  }
  return signature;
}

}  // namespace scriptc::torch_backend
