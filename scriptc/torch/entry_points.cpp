#include "scriptc/torch/entry_points.h"

#include <set>

#include "scriptc/model/dtype.h"
#include "scriptc/torch/annotations.h"
#include "scriptc/torch/sugared_callables.h"

namespace scriptc::torch_backend {

namespace py = ::scriptc::python;

namespace {

using Kind = InputSpec::Kind;

/// The type of what `spec` describes; null if that is unknown (an empty container).
c10::TypePtr type_of_spec(const InputSpec& spec) {
  std::vector<c10::TypePtr> items;
  for (const InputSpec& item : spec.items) {
    items.push_back(type_of_spec(item));
    if (!items.back()) return nullptr;
  }
  switch (spec.kind) {
    case Kind::tensor:
      return c10::TensorType::get();
    case Kind::none:
      return c10::OptionalType::create(c10::TensorType::get());
    case Kind::tuple:
      return c10::TupleType::create(items);
    case Kind::list:
      return items.empty() ? nullptr : c10::TypePtr(c10::ListType::create(items.front()));
    case Kind::dict:
      return items.empty() ? nullptr : c10::TypePtr(c10::DictType::create(c10::StringType::get(), items.front()));
  }
  return nullptr;
}

/// The input for the parameter `name` at `position` (behind self); null if there is none.
const InputSpec* input_for(const std::vector<InputSpec>& inputs, const std::string& name, std::size_t position) {
  std::size_t next = 0;
  for (const InputSpec& spec : inputs) {
    if (spec.name.empty() ? next++ == position : spec.name == name) return &spec;
  }
  return nullptr;
}

/// True if a tensor is only one of several things that the annotation allows, or TorchScript does not know it.
bool allows_more(Compiler& compiler, const py::PyFunction& function, const py::ExprPtr& annotation) {
  const c10::TypePtr type = known_type(compiler, function, annotation);
  return !type || type->kind() == c10::TypeKind::OptionalType || type->kind() == c10::TypeKind::UnionType;
}

/// What a parameter becomes that is a number by its default or annotation, and is given a tensor that is none: of some
/// dimensions, or a float where an int was said. Null: it stays.
c10::TypePtr instead_of_number(Compiler& compiler, const py::PyFunction& function, const py::Parameter& parameter,
                               const Value* otherwise, const InputSpec& spec) {
  if (spec.kind != Kind::tensor) return nullptr;
  c10::TypePtr said;
  if (parameter.annotation)
    said = known_type(compiler, function, parameter.annotation);
  else if (otherwise && !otherwise->is_none())
    said = type_by_default(compiler, otherwise);
  if (!said) return nullptr;
  const bool is_int = said->kind() == c10::TypeKind::IntType || said->kind() == c10::TypeKind::BoolType;
  if (!is_int && said->kind() != c10::TypeKind::FloatType) return nullptr;
  if (!spec.tensor.shape.empty()) return c10::TensorType::get();
  return is_int && dtype_info(spec.tensor.dtype).dtype_class == DTypeClass::floating
             ? c10::TypePtr(c10::FloatType::get())
             : nullptr;
}

}  // namespace

EntryPoint forward_for(Compiler& compiler, const PyFunctionPtr& forward, const std::vector<InputSpec>& inputs,
                       bool narrow) {
  EntryPoint entry{forward, {}, {}, inputs};
  if (!forward->def || inputs.empty()) return entry;
  auto args = std::make_shared<py::Arguments>(forward->args());
  bool changed = false;
  std::size_t position = 0;
  std::set<const InputSpec*> gone;
  const auto visit = [&](py::Parameter& parameter, bool positional) {
    const InputSpec* spec = input_for(inputs, parameter.arg, positional ? position++ : inputs.size());
    const bool given = spec && spec->kind != Kind::none;
    const Value* otherwise = py::default_of(*forward, parameter.arg);
    if (!given) {
      py::refuse_changed_defaults(*forward, {parameter.arg});
      if (!narrow || !otherwise || otherwise->is_tensor()) return;
      entry.fixed[parameter.arg] = *otherwise;
      if (spec) gone.insert(spec);
      return;
    }
    bool open = narrow && otherwise && otherwise->is_none();
    if (parameter.annotation && narrow && allows_more(compiler, *forward, parameter.annotation)) {
      parameter.annotation = nullptr;
      open = changed = true;
    }
    if (const auto number = instead_of_number(compiler, *forward, parameter, otherwise, *spec)) {
      entry.types[parameter.arg] = {number, !positional};
      return;
    }
    const c10::TypePtr type = type_of_spec(*spec);
    if (!parameter.annotation && type && (spec->kind != Kind::tensor || open))
      entry.types[parameter.arg] = {type, !positional};
  };
  bool is_self = true;
  for (auto* list : {&args->posonlyargs, &args->args}) {
    for (py::Parameter& parameter : *list) {
      if (!std::exchange(is_self, false)) visit(parameter, true);
    }
  }
  for (py::Parameter& parameter : args->kwonlyargs) visit(parameter, false);
  entry.inputs.clear();
  for (const InputSpec& spec : inputs)
    if (!gone.contains(&spec)) entry.inputs.push_back(spec);
  if (changed) entry.function = with_arguments(*forward, args);
  return entry;
}

}  // namespace scriptc::torch_backend
