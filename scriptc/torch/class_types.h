#pragma once

#include <string>

#include "scriptc/torch/lowering_compiler.h"

// Class types of modules. Two instances share a type if compiled code cannot tell them apart: the same class, the same
// attributes in name, order and type, equal constants, the same things missing, and children that share theirs.

namespace scriptc::torch_backend {

enum class Container { none, list, dict, parameter_list, parameter_dict };

/// An attribute that is None, without an annotation, until a compiled method assigns it: most likely a tensor.
bool is_set_later(Compiler& compiler, const Module& module, const std::string& name);

/// What a module is by its class: ModuleList and Sequential are lists.
Container container_of(const Module& module);

/// `__torch__.` and the qualified name, every part an identifier.
std::string type_name_of(const std::string& qualified_name);

/// The instance tree of `root` with its tensors, attributes and `training` flags; every Module becomes one object.
::torch::jit::Module build_instance(Compiler& compiler, const ModulePtr& root);

}  // namespace scriptc::torch_backend
