#pragma once

#include <string>

#include "scriptc/torch/annotations.h"

// What the sources say about the attributes of a module.

namespace scriptc::torch_backend {

/// The type that a class body (`x: T`) or a constructor (`self.x: T = …`) gives an attribute; none: `type` is null.
TypeOrReason annotated_attribute_type(Compiler& compiler, const Module& module, const std::string& name);

/// The annotation if there is one, else the type of the value.
TypeOrReason attribute_type(Compiler& compiler, const Module& module, const std::string& name, const Value& value);

/// Named in `__constants__` or annotated as Final, and not assigned by compiled code.
bool is_declared_constant(Compiler& compiler, const Module& module, const std::string& name);

}  // namespace scriptc::torch_backend
