#pragma once

#include "scriptc/python/ast.h"

namespace scriptc::python {

/// What CPython's compiler refuses though the grammar allows it: `return` outside a function, `break` outside a loop,
/// a parameter named twice, `nonlocal` in a module, stars where nothing can be unpacked.
/// Errors (bad_input): at the place.
void check_scopes(const ModuleNode& module);

}  // namespace scriptc::python
