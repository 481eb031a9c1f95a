#include "scriptc/torch/sugared_values.h"

#include <torch/csrc/jit/frontend/builtin_functions.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>
#include <array>
#include <set>

#include "scriptc/model/text.h"
#include "scriptc/python/torch_objects.h"
#include "scriptc/torch/annotations.h"
#include "scriptc/torch/sugared_callables.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

using Loc = jit::SourceRange;

Sugared simple(jit::Value* value) { return std::make_shared<jit::SimpleValue>(value); }

bool ends_with_name(const std::string& qualified, std::string_view name) {
  return qualified.ends_with(name) &&
         (qualified.size() == name.size() || qualified[qualified.size() - name.size() - 1] == '.');
}

// Lists and dicts are made anew where they are used: compiled code may change them.
Sugared list_value(Compiler& compiler, const Value& value, const Loc& loc, jit::GraphFunction& m) {
  const TypeOrReason type = type_of_value(compiler, value);
  if (!type.type) {
    std::vector<Sugared> items;
    for (const Value& item : value.as_list()) items.push_back(to_sugared(compiler, item, loc, m));
    return std::make_shared<jit::SugaredTupleValue>(items);
  }
  const c10::TypePtr element = type.type->expectRef<c10::ListType>().getElementType();
  std::vector<jit::Value*> items;
  for (const Value& item : value.as_list()) items.push_back(to_sugared(compiler, item, loc, m)->asValue(loc, m));
  return simple(m.graph()->insertNode(m.graph()->createList(element, items))->output());
}

Sugared tuple_value(Compiler& compiler, const Value& value, const Loc& loc, jit::GraphFunction& m) {
  const TypeOrReason type = type_of_value(compiler, value);
  if (type.type && type.type->expectRef<c10::TupleType>().name()) {
    if (const auto constant = to_ivalue(compiler, value, type.type))
      return simple(m.graph()->insertConstant(*constant, loc));
  }
  std::vector<Sugared> items;
  for (const Value& item : value.as_tuple()) items.push_back(to_sugared(compiler, item, loc, m));
  if (!type.type) return std::make_shared<jit::SugaredTupleValue>(items);
  // A plain value, for a variable that holds another kind cannot be assigned again: LibTorch would not see that.
  std::vector<jit::Value*> values;
  for (const Sugared& item : items) values.push_back(item->asValue(loc, m));
  return simple(m.graph()->insertNode(m.graph()->createTuple(values))->output());
}

Sugared dict_value(Compiler& compiler, const Value& value, const Loc& loc, jit::GraphFunction& m) {
  const TypeOrReason type = type_of_value(compiler, value);
  if (!type.type) throw compiler.error(loc, "this dict cannot be used in compiled code: " + type.reason);
  const auto& dict_type = type.type->expectRef<c10::DictType>();
  std::vector<jit::Value*> keys, values;
  for (const auto& [key, item] : value.as_dict().entries) {
    keys.push_back(to_sugared(compiler, key, loc, m)->asValue(loc, m));
    values.push_back(to_sugared(compiler, item, loc, m)->asValue(loc, m));
  }
  jit::Node* node = m.graph()->createDict(dict_type.getKeyType(), dict_type.getValueType(), keys, values);
  return simple(m.graph()->insertNode(node)->output());
}

/// Where `tensor` is kept in `module` or below it, as names; empty if nowhere.
std::vector<std::string> find_tensor(const Module& module, const TensorPtr& tensor) {
  for (const auto& [name, parameter] : module.parameters) {
    if (parameter == tensor) return {name};
  }
  for (const auto& [name, buffer] : module.buffers) {
    if (buffer.tensor == tensor) return {name};
  }
  for (const auto& [name, child] : module.children) {
    if (!child) continue;
    std::vector<std::string> path = find_tensor(*child, tensor);
    if (path.empty()) continue;
    path.insert(path.begin(), name);
    return path;
  }
  return {};
}

// Parameters that are reached through lists (an LSTM's weights) stay parameters; other tensors are constants.
Sugared tensor_value(Compiler& compiler, const TensorPtr& tensor, const Loc& loc, jit::GraphFunction& m) {
  const ModulePtr instance = compiler.instance();
  const auto path = instance ? find_tensor(*instance, tensor) : std::vector<std::string>{};
  jit::Value* value = path.empty() ? nullptr : m.graph()->inputs().at(0);
  for (const std::string& name : path) value = m.graph()->insertGetAttr(value, name);
  if (!value) {
    value = m.graph()->insertConstant(compiler.options().materialise(tensor).detach(), loc);
    value->setType(c10::TensorType::get());  // else its shape is part of the type
  }
  return simple(value);
}

Sugared data_value(Compiler& compiler, const Value& value, const Loc& loc, jit::GraphFunction& m) {
  if (value.is_list()) return list_value(compiler, value, loc, m);
  if (value.is_tuple()) return tuple_value(compiler, value, loc, m);
  if (value.is_dict()) return dict_value(compiler, value, loc, m);
  if (value.is_tensor()) return tensor_value(compiler, value.as_tensor(), loc, m);
  const TypeOrReason type = type_of_value(compiler, value);
  return simple(m.graph()->insertConstant(*to_ivalue(compiler, value, type.type), loc));
}

/// `torch._assert`: a function, for it may be called where no statement can stand.
Sugared assertion(Compiler& compiler) {
  const c10::QualifiedName name("__torch__.torch._assert");
  jit::Function* function = compiler.unit()->find_function(name);
  if (!function) {
    compiler.unit()->define(c10::QualifiedName(name.prefix()), R"(
def _assert(condition: bool, message: str) -> None:
    assert condition, message
)",
                            jit::nativeResolver(), nullptr);
    function = compiler.unit()->find_function(name);
  }
  return std::make_shared<jit::FunctionValue>(function);
}

Sugared native_function(Compiler& compiler, const py::NativeFunction& function, const Loc& loc) {
  constexpr std::string_view kMath = "math.";
  if (function.qualified_name.starts_with(kMath)) {
    const std::string name = function.qualified_name.substr(kMath.size());
    const c10::Symbol symbol = c10::Symbol::fromQualString("aten::" + name);
    if (!jit::getAllOperatorsFor(symbol).empty()) return make_operator(compiler, name, loc);
  }
  if (function.qualified_name == "warnings.warn") return make_operator(compiler, "warn", loc);
  if (function.qualified_name == "torch._assert") return assertion(compiler);
  // What the evaluator does by itself (`torch.tensor`, `torch.einsum`) is an operator here.
  constexpr std::string_view kTorch = "torch.";
  if (function.qualified_name.starts_with(kTorch)) {
    const c10::Symbol symbol = c10::Symbol::fromQualString("aten::" + function.name);
    if (!jit::getAllOperatorsFor(symbol).empty()) return make_operator(compiler, function.name, loc);
  }
  throw compiler.error(loc, quote(function.qualified_name) + " cannot be called in compiled code",
                       "call it in the constructor and keep the result in an attribute");
}

Sugared bound_method(Compiler& compiler, const py::BoundMethod& method, const Loc& loc, jit::GraphFunction& m) {
  const auto function = method.function.try_as<py::PyFunction>();
  if (const auto module = method.self.try_as<Module>(); module && function) {
    const Sugared self = to_sugared(compiler, method.self, loc, m);
    return make_method(compiler, self->asValue(loc, m), compiler.info(module), function, function->name, module);
  }
  if (const auto view = method.self.try_as<py::NameView>(); view && !function) {
    const auto native = method.function.try_as<py::NativeFunction>();
    if (native) return make_name_dictionary(compiler, view)->attr(loc, m, native->name);
  }
  if (function) return to_sugared(compiler, Value(without_first_parameter(function, method.self)), loc, m);
  throw compiler.error(loc, "a method of a " + quote(method.self.type_name()) + " cannot be called in compiled code");
}

/// The names that lead from `from` down to `to`.
bool find_path(const Module& from, const Module& to, std::vector<std::string>& path) {
  if (&from == &to) return true;
  for (const auto& [name, child] : from.children) {
    if (!child) continue;
    path.push_back(name);
    if (find_path(*child, to, path)) return true;
    path.pop_back();
  }
  return false;
}

Sugared module_of_tree(Compiler& compiler, const ModulePtr& module, const Loc& loc, jit::GraphFunction& m) {
  const ModulePtr instance = compiler.instance();
  std::vector<std::string> path;
  if (!instance || !find_path(*instance, *module, path)) {
    throw compiler.error(loc,
                         "a module of class " + quote(module->type_name()) +
                             " is used here, but it is no submodule of the module that this code belongs to",
                         "make it an attribute of the module whose method uses it");
  }
  jit::Value* self = m.graph()->inputs().at(0);
  ModuleInfo* info = compiler.owner();
  for (const std::string& name : path) {
    self = m.graph()->insertGetAttr(self, name);
    info = info->children.at(name);
  }
  return make_module(compiler, self, *info);
}

Sugared enum_member(Compiler& compiler, const Value& value, const Loc& loc, jit::GraphFunction& m) {
  const TypeOrReason type = type_of_value(compiler, value);
  if (type.type) {
    if (const auto constant = to_ivalue(compiler, value, type.type))
      return simple(m.graph()->insertConstant(*constant, loc));
  }
  throw compiler.error(loc, "a " + quote(value.type_name()) + " cannot be used in compiled code" +
                                (type.reason.empty() ? "" : ": " + type.reason));
}

Sugared object_value(Compiler& compiler, const Value& value, const Loc& loc, jit::GraphFunction& m) {
  if (const auto module = value.try_as<Module>()) return module_of_tree(compiler, module, loc, m);
  if (const auto function = value.try_as<py::PyFunction>()) return make_function(compiler, function);
  if (const auto op = value.try_as<py::OperatorRef>()) return make_operator(compiler, op->name, loc);
  if (const auto native = value.try_as<py::NativeFunction>()) return native_function(compiler, *native, loc);
  if (const auto method = value.try_as<py::BoundMethod>()) return bound_method(compiler, *method, loc, m);
  if (const auto partial = value.try_as<py::Partial>()) return make_partial(compiler, *partial, loc, m);
  if (const auto view = value.try_as<py::NameView>()) return make_name_dictionary(compiler, view);
  if (const auto cls = value.try_as<py::PyClass>()) return make_class(compiler, cls, loc);
  if (const auto opaque = value.try_as<py::Opaque>()) {
    throw compiler.error(loc, quote(opaque->import_name) + " is needed here: " + opaque->why);
  }
  if (const auto held = py::tensor_of_array(value)) return tensor_value(compiler, held->as_tensor(), loc, m);
  if (value.try_as<Instance>()) return enum_member(compiler, value, loc, m);
  throw compiler.error(loc, "a " + quote(value.type_name()) + " cannot be used in compiled code");
}

}  // namespace

Sugared to_sugared(Compiler& compiler, const Value& value, const Loc& loc, jit::GraphFunction& m) {
  if (value.try_as<py::TorchConstant>() || !value.is_object()) return data_value(compiler, value, loc, m);
  return object_value(compiler, value, loc, m);
}

bool is_plain_data(const Value& value) {
  const auto all = [](const std::vector<Value>& items) {
    return std::all_of(items.begin(), items.end(), is_plain_data);
  };
  if (value.is_list()) return all(value.as_list());
  if (value.is_tuple()) return all(value.as_tuple());
  if (value.is_dict()) {
    return std::all_of(value.as_dict().entries.begin(), value.as_dict().entries.end(),
                       [](const auto& entry) { return is_plain_data(entry.first) && is_plain_data(entry.second); });
  }
  return !value.is_object() || value.try_as<py::TorchConstant>() != nullptr;
}

std::string qualified_name_of(const Value& value) {
  if (const auto function = value.try_as<py::PyFunction>()) return function->qualified_name;
  if (const auto native = value.try_as<py::NativeFunction>()) return native->qualified_name;
  if (const auto op = value.try_as<py::OperatorRef>()) return "torch." + op->name;
  if (const auto cls = value.try_as<py::PyClass>()) {
    return cls->def || cls->qualified_name.find('.') != std::string::npos ? cls->qualified_name
                                                                          : "builtins." + cls->qualified_name;
  }
  return "";
}

std::optional<std::string> builtin_name(const Value& value) {
  static const std::set<std::string> kKnown = {
      "print", "tuple", "float", "int",    "complex", "bool", "str",   "getattr", "hasattr",   "len",   "hex",
      "oct",   "round", "hash",  "id",     "min",     "max",  "abs",   "all",     "any",       "list",  "dict",
      "ord",   "chr",   "bin",   "divmod", "sum",     "pow",  "range", "zip",     "enumerate", "sorted"};
  constexpr std::string_view kPrefix = "builtins.";
  const std::string qualified = qualified_name_of(value);
  if (!qualified.starts_with(kPrefix)) return std::nullopt;
  const std::string name = qualified.substr(kPrefix.size());
  return kKnown.contains(name) ? std::optional(name) : std::nullopt;
}

std::optional<bool> fixed_answer(const std::string& qualified) {
  static const std::array kFalse = {
      "jit.is_tracing",       "onnx.is_in_onnx_export",       "compiler.is_compiling",
      "_dynamo.is_compiling", "compiler.is_dynamo_compiling", "_utils.is_compiling",
      "has_torch_function",   "has_torch_function_unary",     "has_torch_function_variadic"};
  if (!qualified.starts_with("torch.")) return std::nullopt;
  if (ends_with_name(qualified, "is_scripting")) return true;
  for (const char* name : kFalse) {
    if (ends_with_name(qualified, name)) return false;
  }
  return std::nullopt;
}

ContextManager context_manager(const Value& callee) {
  const std::string name = qualified_name_of(callee);
  if (ends_with_name(name, "no_grad") || ends_with_name(name, "inference_mode")) return ContextManager::no_grad;
  if (ends_with_name(name, "record_function")) return ContextManager::without_effect;
  const auto cls = callee.try_as<py::PyClass>();
  return cls && cls->def ? ContextManager::script_class : ContextManager::unknown;
}

Sugared special_form(c10::Symbol form) { return jit::SpecialFormValue::create(form); }

Sugared make_operator(Compiler& compiler, const std::string& name, const Loc& loc) {
  // Products with sparse matrices that Python binds under names of their own.
  if (name == "spmm" || name == "dsmm" || name == "hsmm") return make_operator(compiler, "mm", loc);
  const c10::Symbol symbol = c10::Symbol::fromQualString(name.find("::") == std::string::npos ? "aten::" + name : name);
  if (jit::getAllOperatorsFor(symbol).empty() && jit::getAllBuiltinFunctionsFor(symbol).empty()) {
    std::vector<std::string> names;
    for (const auto& op : jit::getAllOperators()) {
      const std::string& full = op->schema().name();
      if (full.starts_with("aten::")) names.push_back(full.substr(6));
    }
    throw compiler.error(loc, "LibTorch has no operator " + quote(name) + did_you_mean(name, names));
  }
  return std::make_shared<jit::BuiltinFunction>(symbol, c10::nullopt);
}

}  // namespace scriptc::torch_backend
