#include "scriptc/torch/fresh_state.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/version.h>

#include <algorithm>

namespace scriptc::torch_backend {
namespace {

namespace jit = ::torch::jit;

// What is copied already, by identity: two views of one storage stay two tensors since 2.x.
#if TORCH_VERSION_MAJOR >= 2
using Copies = c10::IValue::HashIdentityIValueMap;
#else
using Copies = c10::IValue::HashAliasedIValueMap;
#endif

Copies sharing(const std::vector<at::Tensor>& shared) {
  Copies copies;
  for (const at::Tensor& tensor : shared) copies[tensor] = tensor;
  return copies;
}

/// Whether an attribute that is a tensor may be written to below `block`. Errs on the side of yes.
bool writes_attributes(const jit::Block& block, const jit::AliasDb& aliases) {
  for (const jit::Node* node : block.nodes()) {
    const bool tensor_attribute =
        node->kind() == c10::prim::GetAttr && node->output()->type()->isSubtypeOf(*c10::TensorType::get());
    if (tensor_attribute && aliases.hasWriters(node->output())) return true;
    for (const jit::Block* inner : node->blocks())
      if (writes_attributes(*inner, aliases)) return true;
  }
  return false;
}

bool writes_attributes(const jit::Method& method) {
  const auto graph = method.graph()->copy();
  jit::Inline(*graph);
  const jit::AliasDb aliases(graph);
  return writes_attributes(*graph->block(), aliases);
}

}  // namespace

FreshState::FreshState(c10::intrusive_ptr<c10::ivalue::Object> object, std::vector<at::Tensor> shared)
    : object_(std::move(object)), shared_(std::move(shared)) {}

c10::IValue FreshState::run(const std::function<c10::IValue()>& body) const {
  struct Restore {
    c10::ivalue::Object& object;
    std::vector<c10::IValue> slots;
    ~Restore() {
      for (std::size_t i = 0; i < slots.size(); ++i) object.setSlot(i, slots[i]);
    }
  };
  const Restore restore{*object_, object_->slots()};
  Copies copies = sharing(shared_);
  for (std::size_t i = 0; i < restore.slots.size(); ++i) object_->setSlot(i, restore.slots[i].deepcopy(copies));
  return body();
}

jit::Module copy_sharing(const jit::Module& module, const std::vector<at::Tensor>& shared) {
  Copies copies = sharing(shared);
  return jit::Module(module._ivalue()->deepcopy(copies));
}

std::vector<at::Tensor> unwritten_parameters(const jit::Module& module) {
  const auto methods = module.get_methods();
  if (std::any_of(methods.begin(), methods.end(), [](const jit::Method& m) { return writes_attributes(m); })) return {};
  std::vector<at::Tensor> parameters;
  for (const at::Tensor& parameter : module.parameters()) parameters.push_back(parameter);
  return parameters;
}

}  // namespace scriptc::torch_backend
