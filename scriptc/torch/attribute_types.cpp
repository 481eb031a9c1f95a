#include "scriptc/torch/attribute_types.h"

#include <algorithm>
#include <functional>

#include "scriptc/model/text.h"

namespace scriptc::torch_backend {

namespace py = ::scriptc::python;

namespace {

struct Annotation {
  python::ExprPtr expr;
  PyFunctionPtr scope;  ///< where it is evaluated
};

/// A function whose scope is the body of `cls`.
PyFunctionPtr scope_of(const py::PyClass& cls) {
  auto scope = std::make_shared<py::PyFunction>();
  scope->name = cls.name;
  scope->module = cls.module;
  scope->closure = cls.closure;
  return scope;
}

/// `self.name: T` anywhere in the statements of a constructor.
python::ExprPtr find_in_constructor(const py::StmtList& body, const std::string& name) {
  for (const py::StmtPtr& stmt : body) {
    if (const auto* assign = py::as<py::AnnAssign>(stmt)) {
      const auto* target = py::as<py::Attribute>(assign->target);
      const auto* self = target ? py::as<py::Name>(target->value) : nullptr;
      if (self && self->id == "self" && target->attr == name) return assign->annotation;
    }
    if (const auto* branch = py::as<py::If>(stmt)) {
      if (auto found = find_in_constructor(branch->body, name)) return found;
      if (auto found = find_in_constructor(branch->orelse, name)) return found;
    }
  }
  return nullptr;
}

Annotation find_annotation(const Module& module, const std::string& name) {
  const auto cls = std::dynamic_pointer_cast<py::PyClass>(module.class_);
  if (!cls) return {};
  for (const auto& weak : cls->mro) {
    const auto base = weak.lock();
    if (!base || !base->module) continue;
    if (const python::ExprPtr* expr = base->annotations.find(name)) return {*expr, scope_of(*base)};
    const Value* init = base->dict.find("__init__");
    const auto function = init ? init->try_as<py::PyFunction>() : nullptr;
    if (!function || !function->def) continue;
    if (auto expr = find_in_constructor(function->def->body, name)) return {expr, function};
  }
  return {};
}

bool is_final(Compiler& compiler, const Annotation& annotation) {
  const auto* subscript = py::as<py::Subscript>(annotation.expr);
  try {
    const Value value =
        compiler.evaluator().evaluate_in(*annotation.scope, subscript ? subscript->value : annotation.expr, {});
    const auto form = value.try_as<py::TypeForm>();
    return form && form->origin == "Final";
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

TypeOrReason annotated_attribute_type(Compiler& compiler, const Module& module, const std::string& name) {
  const Annotation annotation = find_annotation(module, name);
  if (!annotation.expr) return {};
  try {
    return type_of_annotation(compiler, *annotation.scope, annotation.expr);
  } catch (const Error& error) {
    return {nullptr, "its annotation cannot be evaluated: " + error.message().substr(0, error.message().find('\n'))};
  }
}

TypeOrReason attribute_type(Compiler& compiler, const Module& module, const std::string& name, const Value& value) {
  const TypeOrReason annotated = annotated_attribute_type(compiler, module, name);
  return annotated.type ? annotated : type_of_value(compiler, value);
}

bool is_declared_constant(Compiler& compiler, const Module& module, const std::string& name) {
  if (compiler.is_mutable(module, name)) return false;
  const auto cls = std::dynamic_pointer_cast<py::PyClass>(module.class_);
  const Value* listed = cls ? cls->lookup("__constants__") : nullptr;
  const auto contains = [&](const std::vector<Value>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const Value& v) { return v.is_string() && v.as_string() == name; });
  };
  if (listed && listed->is_list() && contains(listed->as_list())) return true;
  if (listed && listed->is_tuple() && contains(listed->as_tuple())) return true;
  const Annotation annotation = find_annotation(module, name);
  return annotation.expr && is_final(compiler, annotation);
}

}  // namespace scriptc::torch_backend
