#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scriptc/torch/lowering_compiler.h"

// Python's annotations as TorchScript's types, and the types of plain values.

namespace scriptc::torch_backend {

/// A type, or why there is none (a clause: "'list' needs the type of its elements").
struct TypeOrReason {
  c10::TypePtr type;
  std::string reason;
};

/// The type that an evaluated annotation stands for.
TypeOrReason type_of_annotation(Compiler& compiler, const Value& annotation);
/// The same for an expression in the scope of `function` (strings are forward references).
TypeOrReason type_of_annotation(Compiler& compiler, const python::PyFunction& function, const python::ExprPtr& expr);

/// The type that TorchScript infers for a value of a module's attribute; an empty list is a list of tensors.
TypeOrReason type_of_value(Compiler& compiler, const Value& value);

bool is_enum(const python::PyClass& cls);
bool is_dataclass(const python::PyClass& cls);
/// The type of an annotation; null if it is none, or cannot be evaluated.
c10::TypePtr known_type(Compiler& compiler, const python::PyFunction& function, const python::ExprPtr& annotation);
/// An annotation that says nothing of a type: an import that was not found, a dataclass, whose fields are what it is
/// made of.
bool says_nothing(Compiler& compiler, const python::PyFunction& function, const python::ExprPtr& annotation);

/// `value` as an IValue of `type` (an int becomes a float where the type says so); nullopt if it does not fit.
std::optional<c10::IValue> to_ivalue(Compiler& compiler, const Value& value, const c10::TypePtr& type);

/// The types and defaults of a function's parameters.
struct Signature {
  struct Parameter {
    std::string name;
    python::Span span;
    c10::TypePtr type;             ///< null: not annotated
    std::optional<int> broadcast;  ///< of BroadcastingListN: N
    std::optional<Value> default_value;
    bool keyword_only = false;
  };
  std::vector<Parameter> parameters;
  c10::TypePtr result;  ///< null: inferred
};

/// `types`: of parameters without annotations, as the call gives them.
/// Errors (model): an annotation that has no type, `*args` and `**kwargs` that are left, a default of another type.
Signature signature_of(Compiler& compiler, const python::PyFunction& function, const CallTypes& types = {});

/// What a parameter without an annotation is, unless a call passes something else: a Tensor, an optional one if the
/// default is None, or what the default is.
c10::TypePtr type_by_default(Compiler& compiler, const Value* default_value);

}  // namespace scriptc::torch_backend
