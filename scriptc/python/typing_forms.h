#pragma once

#include <string>
#include <vector>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// Makes `cls` a named tuple with these fields; the last ones have the defaults.
void install_named_tuple(Interpreter& in, const PyClassPtr& cls, const std::vector<std::string>& names,
                         const std::vector<Value>& defaults);
/// `collections.abc`: classes whose isinstance looks at what an object can do.
void install_abstract_classes(Interpreter& in, PyModule& module);

}  // namespace scriptc::python
