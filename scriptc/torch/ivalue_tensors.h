#pragma once

#include <ATen/core/ivalue.h>

#include <functional>

namespace scriptc::torch_backend {

/// Calls `visit` for the defined tensors in a value. Values are trees here: attributes, constants and outputs of a
/// module. IValue::getSubValues does not know devices and throws.
inline void for_each_tensor(const c10::IValue& value, const std::function<void(const at::Tensor&)>& visit) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) visit(value.toTensor());
  } else if (value.isTuple()) {
    for (const c10::IValue& item : value.toTupleRef().elements()) for_each_tensor(item, visit);
  } else if (value.isList()) {
    for (const c10::IValue& item : value.toListRef()) for_each_tensor(item, visit);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      for_each_tensor(entry.key(), visit);
      for_each_tensor(entry.value(), visit);
    }
  } else if (value.isObject()) {
    for (const c10::IValue& slot : value.toObjectRef().slots()) for_each_tensor(slot, visit);
  }
}

}  // namespace scriptc::torch_backend
