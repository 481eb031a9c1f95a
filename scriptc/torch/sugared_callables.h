#pragma once

#include "scriptc/torch/sugared_values.h"

// Classes, partials and `super()` as callables of the ir_emitter.

namespace scriptc::torch_backend {

/// A class: exceptions can be raised; NamedTuples, Enums and script classes be made; modules not.
Sugared make_class(Compiler& compiler, const PyClassPtr& cls, const ::torch::jit::SourceRange& loc);

/// functools.partial: its arguments go in front, its keywords under the caller's.
Sugared make_partial(Compiler& compiler, const python::Partial& partial, const ::torch::jit::SourceRange& loc,
                     ::torch::jit::GraphFunction& m);

/// `function` without its first parameter, whose name is bound to `value` (class methods).
PyFunctionPtr without_first_parameter(const PyFunctionPtr& function, const Value& value);

}  // namespace scriptc::torch_backend
