#include "scriptc/model/module.h"

#include <algorithm>
#include <unordered_set>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc {
namespace {

std::string dotted(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

class StateDictWalk {
 public:
  explicit StateDictWalk(bool all_buffers) : all_buffers_(all_buffers) {}

  void walk(const ModulePtr& module, const std::string& prefix) {
    if (std::find(open_.begin(), open_.end(), module.get()) != open_.end())
      throw Error(ErrorKind::model,
                  "module " + quote(prefix) + " of type " + quote(module->type_name()) + " contains itself");
    open_.push_back(module.get());
    for (const auto& [name, tensor] : module->parameters) add(module, prefix, name, tensor, true);
    for (const auto& [name, buffer] : module->buffers)
      if (buffer.persistent || all_buffers_) add(module, prefix, name, buffer.tensor, false);
    for (const auto& [name, child] : module->children)
      if (child) walk(child, dotted(prefix, name));
    open_.pop_back();
  }

  std::vector<NamedTensor> take() { return std::move(tensors_); }

 private:
  void add(const ModulePtr& owner, const std::string& prefix, const std::string& name, const TensorPtr& tensor,
           bool is_parameter) {
    if (tensor) tensors_.push_back({dotted(prefix, name), owner, name, tensor, is_parameter});
  }

  bool all_buffers_;
  std::vector<NamedTensor> tensors_;
  std::vector<const Module*> open_;
};

void visit_once(const ModulePtr& module, const std::string& prefix, std::unordered_set<const Module*>& seen,
                const std::function<void(const std::string&, const ModulePtr&)>& visit) {
  if (!module || !seen.insert(module.get()).second) return;
  visit(prefix, module);
  // A copy: the visitor may add or replace children.
  const auto children = module->children;
  for (const auto& [name, child] : children) visit_once(child, dotted(prefix, name), seen, visit);
}

}  // namespace

Instance::~Instance() {
  std::vector<Value> values;
  values.reserve(attributes.size());
  for (auto& [name, value] : attributes) values.push_back(std::move(value));
  release(std::move(values));
}

std::vector<NamedTensor> state_dict(const ModulePtr& root, bool all_buffers) {
  StateDictWalk walk(all_buffers);
  if (root) walk.walk(root, "");
  return walk.take();
}

void for_each_module(const ModulePtr& root, const std::function<void(const std::string&, const ModulePtr&)>& visit) {
  std::unordered_set<const Module*> seen;
  visit_once(root, "", seen, visit);
}

}  // namespace scriptc
