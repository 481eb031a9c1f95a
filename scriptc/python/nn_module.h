#pragma once

#include <string>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

Value tensor_or_none(const TensorPtr& tensor);
Value module_or_none(const ModulePtr& module);
/// `torch.FloatTensor`, `torch.nn.parameter.Parameter`, or the class: as torch's messages name types.
std::string torch_type_name(Interpreter& in, const Value& value);

}  // namespace scriptc::python
