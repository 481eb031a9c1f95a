#include <ATen/ATen.h>
#include <torch/csrc/jit/mobile/import.h>
#include <torch/csrc/jit/mobile/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <set>
#include <sstream>

#include "scriptc/torch/edge.h"
#include "scriptc/torch/fresh_state.h"
#include "scriptc/torch/ivalue_tensors.h"
#include "scriptc/torch/save.h"
#include "scriptc/torch/schemas.h"
#include "scriptc/torch/verify.h"

namespace scriptc::torch_backend {
namespace {

namespace jit = ::torch::jit;

/// Elements of all tensors, each storage counted once.
class ElementCount {
 public:
  void add(const at::Tensor& tensor) {
    if (seen_.insert(tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr).second)
      count_ += tensor.numel();
  }
  void add(const c10::IValue& value) {
    for_each_tensor(value, [this](const at::Tensor& tensor) { add(tensor); });
  }
  std::int64_t count() const { return count_; }

 private:
  std::set<const void*> seen_;
  std::int64_t count_ = 0;
};

Reloaded reload_script(const std::string& path) {
  const auto module = std::make_shared<jit::Module>(jit::load(path));
  Reloaded result;
  result.methods = signatures(*module);
  ElementCount elements;
  for_each_tensor(*module, [&](const at::Tensor& tensor) { elements.add(tensor); });
  result.parameters = elements.count();
  const auto state = std::make_shared<FreshState>(module->_ivalue(), unwritten_parameters(*module));
  result.run = [module, state](const std::vector<c10::IValue>& arguments) {
    return state->run([&] { return module->forward(arguments); });
  };
  return result;
}

Reloaded reload_lite(const std::string& path) {
  const auto module = std::make_shared<jit::mobile::Module>(jit::_load_for_mobile(path));
  Reloaded result;
  ElementCount elements;
  elements.add(c10::IValue(module->_ivalue()));
  for (const jit::mobile::Method& method : module->get_methods()) {
    result.methods[method.name()] = "";
    for (const c10::IValue& constant : method.function().get_code().constants_) elements.add(constant);
  }
  result.parameters = elements.count();
  const auto state = std::make_shared<FreshState>(module->_ivalue(), std::vector<at::Tensor>{});
  result.run = [module, state](const std::vector<c10::IValue>& arguments) {
    return state->run([&] { return module->forward(arguments); });
  };
  return result;
}

}  // namespace

Reloaded reload(const std::string& path, Format format) {
  return at_edge(ErrorKind::verification, "the saved file cannot be loaded", [&] {
    const at::NoGradGuard no_grad;
    return format == Format::lite ? reload_lite(path) : reload_script(path);
  });
}

}  // namespace scriptc::torch_backend
