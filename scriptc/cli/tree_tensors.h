#pragma once

#include "scriptc/model/module.h"

namespace scriptc::cli {

/// True if some parameter, buffer or tensor in an attribute of the tree has no values: the builder ran in meta mode and
/// the weights did not cover it.
bool has_meta_tensor(const ModulePtr& root);

}  // namespace scriptc::cli
