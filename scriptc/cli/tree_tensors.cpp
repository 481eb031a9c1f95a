#include "scriptc/cli/tree_tensors.h"

#include <unordered_set>
#include <vector>

namespace scriptc::cli {
namespace {

bool is_meta(const TensorPtr& tensor) { return tensor && tensor->state() == Tensor::State::meta; }

/// Whether a meta tensor can be reached from `value` through containers; `seen` ends cycles.
bool reaches_meta(const Value& value, std::unordered_set<const void*>& seen) {
  std::vector<Value> open{value};
  while (!open.empty()) {
    const Value next = open.back();
    open.pop_back();
    if (next.is_tensor() && is_meta(next.as_tensor())) return true;
    if (next.is_list() && seen.insert(&next.as_list()).second)
      open.insert(open.end(), next.as_list().begin(), next.as_list().end());
    if (next.is_tuple()) open.insert(open.end(), next.as_tuple().begin(), next.as_tuple().end());
    if (next.is_dict() && seen.insert(&next.as_dict()).second)
      for (const auto& [key, item] : next.as_dict().entries) open.push_back(item);
  }
  return false;
}

}  // namespace

bool has_meta_tensor(const ModulePtr& root) {
  for (const NamedTensor& entry : state_dict(root, true))
    if (is_meta(entry.tensor)) return true;
  bool found = false;
  std::unordered_set<const void*> seen;
  for_each_module(root, [&](const std::string&, const ModulePtr& module) {
    for (const auto& [name, value] : module->attributes) found = found || reaches_meta(value, seen);
  });
  return found;
}

}  // namespace scriptc::cli
