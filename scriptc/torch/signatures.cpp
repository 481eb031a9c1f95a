#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/parser.h"
#include "scriptc/torch/annotations.h"

namespace scriptc::torch_backend {

namespace py = ::scriptc::python;

namespace {

constexpr const char* kNoVariableArguments = "a compiled function cannot take a variable number of arguments";

/// N of `BroadcastingListN[int]`, also inside Optional: an int is N equal ones.
std::optional<int> broadcast_size(const py::ExprPtr& annotation) {
  constexpr std::string_view kPrefix = "BroadcastingList";
  const auto* subscript = py::as<py::Subscript>(annotation);
  const auto* name = subscript ? py::as<py::Name>(subscript->value) : nullptr;
  if (!name) return std::nullopt;
  if (name->id == "Optional") return broadcast_size(subscript->slice);
  if (!name->id.starts_with(kPrefix) || name->id.size() != kPrefix.size() + 1) return std::nullopt;
  return name->id.back() - '0';
}

/// `types`: those that the call gives, also to parameters whose annotation leaves them open.
Signature::Parameter parameter_of(Compiler& compiler, const py::PyFunction& function, const py::Parameter& node,
                                  const CallTypes& types) {
  Signature::Parameter parameter;
  parameter.name = node.arg;
  parameter.span = node.span;
  if (!node.annotation || types.contains(node.arg) || says_nothing(compiler, function, node.annotation))
    return parameter;
  TypeOrReason type;
  try {
    type = type_of_annotation(compiler, function, node.annotation);
  } catch (const Error& error) {  // of the expression itself: an unknown name, a text that is none
    if (error.kind() != ErrorKind::model) throw;
    const std::string first = error.message().substr(0, error.message().find('\n'));
    const std::size_t kind = first.find("Error: ");  // behind a place the kind of a Python exception says nothing
    type.reason = kind == std::string::npos ? first : first.substr(kind + 7);
  }
  if (!type.type) {
    throw compiler.error(node.annotation->span, "parameter " + quote(node.arg) + " cannot be typed: " + type.reason,
                         "without an annotation a parameter is a Tensor");
  }
  parameter.type = type.type;
  parameter.broadcast = broadcast_size(node.annotation);
  return parameter;
}

void add_defaults(const py::PyFunction& function, Signature& signature, std::size_t positional) {
  const std::vector<Value>& defaults = function.defaults;
  for (std::size_t i = 0; i < defaults.size() && defaults.size() <= positional; ++i) {
    signature.parameters[positional - defaults.size() + i].default_value = defaults[i];
  }
  const std::size_t keywords = std::min(function.kw_defaults.size(), signature.parameters.size() - positional);
  for (std::size_t i = 0; i < keywords; ++i) {
    if (function.has_kw_default[i]) signature.parameters[positional + i].default_value = function.kw_defaults[i];
  }
}

/// The text of `# type: (Tensor, int) -> Tensor` between the head of a function and its body, as older models have it.
std::string type_comment(const py::PyFunction& function) {
  if (!function.def || function.def->body.empty()) return "";
  for (int line = function.def->span.line; line <= function.def->body.front()->span.line; ++line) {
    const std::string text(function.source()->line(line));
    const std::size_t at = text.find("# type: (");
    if (at != std::string::npos) return text.substr(at + std::string("# type: ").size());
  }
  return "";
}

/// The parameters as written: those that are constants are gone from a specialised function, which stands where the
/// original does.
std::vector<std::string> original_parameters(const py::PyFunction& function) {
  const auto cls = function.owner.lock();
  const py::Arguments* args = &function.args();
  for (const auto& [name, value] : cls ? cls->dict : function.module->globals) {
    const auto other = value.try_as<py::PyFunction>();
    const bool same_module = other && other->def && other->module == function.module;
    if (same_module && other->def->span.line == function.def->span.line) args = &other->args();
  }
  std::vector<std::string> names;
  for (const py::Parameter& parameter : args->args) names.push_back(parameter.arg);
  return names;
}

void apply_type_comment(Compiler& compiler, const py::PyFunction& function, Signature& signature) {
  const std::string comment = type_comment(function);
  const std::size_t arrow = comment.rfind("->");
  if (arrow == std::string::npos) return;
  const auto parse = [&](const std::string& text) {
    const std::string trimmed = text.substr(text.find_first_not_of(' '));
    return py::parse_expression(std::make_shared<py::Source>(function.source()->name(), trimmed));
  };
  std::string types = comment.substr(0, arrow);
  const std::size_t close = types.rfind(')');
  if (close == std::string::npos) return;
  const py::ExprPtr list = parse(types.substr(0, close) + ",)");
  const auto* tuple = py::as<py::TupleExpr>(list);
  const std::size_t count = tuple ? tuple->elts.size() : 0;
  const std::vector<std::string> names = original_parameters(function);
  const std::size_t skip = names.size() - std::min(names.size(), count);
  for (Signature::Parameter& parameter : signature.parameters) {
    const auto found = std::find(names.begin(), names.end(), parameter.name);
    const std::size_t index = static_cast<std::size_t>(found - names.begin());
    if (found == names.end() || index < skip) continue;
    parameter.type = type_of_annotation(compiler, function, tuple->elts[index - skip]).type;
    parameter.broadcast = broadcast_size(tuple->elts[index - skip]);
  }
  if (!signature.result)
    signature.result = type_of_annotation(compiler, function, parse(comment.substr(arrow + 2))).type;
}

/// `x: Tensor = None` is optional, as people mean it.
void widen_by_default(Compiler& compiler, Signature::Parameter& parameter) {
  if (!parameter.default_value) return;
  if (!parameter.type) {
    parameter.type = type_by_default(compiler, &*parameter.default_value);
  } else if (parameter.default_value->is_none() && !c10::NoneType::get()->isSubtypeOf(*parameter.type)) {
    parameter.type = c10::OptionalType::create(parameter.type);
  }
}

/// A default that is not of the type which the call gives is not used by that call.
void apply_call_types(Compiler& compiler, const CallTypes& types, Signature& signature) {
  for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
    Signature::Parameter& parameter = signature.parameters[i];
    const auto given = types.find(parameter.name);
    if (given == types.end() || parameter.type) continue;
    parameter.type = given->second.type;
    if (!parameter.default_value || to_ivalue(compiler, *parameter.default_value, parameter.type)) continue;
    parameter.default_value.reset();
    if (given->second.by_keyword) {
      parameter.keyword_only = true;
      continue;
    }
    // Those before it are given, too: LibTorch wants none with a default there.
    for (std::size_t before = 0; before < i; ++before) signature.parameters[before].default_value.reset();
  }
}

}  // namespace

c10::TypePtr known_type(Compiler& compiler, const py::PyFunction& function, const py::ExprPtr& annotation) {
  try {
    return type_of_annotation(compiler, function, annotation).type;
  } catch (const Error&) {
    return nullptr;
  }
}

bool says_nothing(Compiler& compiler, const py::PyFunction& function, const py::ExprPtr& annotation) {
  try {
    const Value value = compiler.evaluator().evaluate_in(function, annotation, {});
    const auto cls = value.try_as<py::PyClass>();
    return value.try_as<py::Opaque>() || (cls && is_dataclass(*cls));
  } catch (const Error&) {
    return false;
  }
}

c10::TypePtr type_by_default(Compiler& compiler, const Value* default_value) {
  if (!default_value) return c10::TensorType::get();
  if (default_value->is_none()) return c10::OptionalType::create(c10::TensorType::get());
  return type_of_value(compiler, *default_value).type;
}

Signature signature_of(Compiler& compiler, const py::PyFunction& function, const CallTypes& types) {
  Signature signature;
  const py::Arguments& args = function.args();
  if (args.vararg) throw compiler.error(args.vararg->span, kNoVariableArguments, "name the arguments");
  if (args.kwarg) throw compiler.error(args.kwarg->span, kNoVariableArguments, "name the arguments");
  for (const py::Parameter& node : args.posonlyargs) {
    signature.parameters.push_back(parameter_of(compiler, function, node, types));
  }
  for (const py::Parameter& node : args.args)
    signature.parameters.push_back(parameter_of(compiler, function, node, types));
  const std::size_t positional = signature.parameters.size();
  for (const py::Parameter& node : args.kwonlyargs) {
    signature.parameters.push_back(parameter_of(compiler, function, node, types));
    signature.parameters.back().keyword_only = true;
  }
  // A result whose annotation says nothing to TorchScript (`dict`, `np.ndarray`, a type variable) is inferred.
  if (function.def && function.def->returns && !says_nothing(compiler, function, function.def->returns)) {
    signature.result = type_of_annotation(compiler, function, function.def->returns).type;
    // One of several types, of which the instance has chosen: what is returned is known better.
    const bool is_open = signature.result && signature.result->kind() == c10::TypeKind::UnionType;
    if (is_open && py::returns_once(function)) signature.result = nullptr;
  }
  add_defaults(function, signature, positional);
  apply_type_comment(compiler, function, signature);
  apply_call_types(compiler, types, signature);
  for (Signature::Parameter& parameter : signature.parameters) widen_by_default(compiler, parameter);
  return signature;
}

}  // namespace scriptc::torch_backend
