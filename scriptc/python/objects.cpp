#include "scriptc/python/objects.h"

#include <algorithm>

namespace scriptc::python {

const Value* PyClass::lookup(std::string_view attribute) const {
  for (const auto& weak : mro)
    if (const auto cls = weak.lock())
      if (const Value* value = cls->dict.find(attribute)) return value;
  return nullptr;
}

const Value* PyClass::lookup_after(const PyClass& after, std::string_view attribute) const {
  bool found = false;
  for (const auto& weak : mro) {
    const auto cls = weak.lock();
    if (!cls) continue;
    if (found)
      if (const Value* value = cls->dict.find(attribute)) return value;
    if (cls.get() == &after) found = true;
  }
  return nullptr;
}

bool PyClass::is_subclass_of(const PyClass& other) const {
  return std::any_of(mro.begin(), mro.end(), [&](const auto& weak) { return weak.lock().get() == &other; });
}

std::string TorchConstant::type_name() const {
  switch (kind) {
    case Kind::dtype:
      return "torch.dtype";
    case Kind::device:
      return "torch.device";
    case Kind::layout:
      return "torch.layout";
    case Kind::memory_format:
      return "torch.memory_format";
  }
  return "torch.dtype";
}

}  // namespace scriptc::python
