#include <set>

#include "scriptc/python/objects.h"
#include "scriptc/torch/edge.h"
#include "scriptc/torch/fresh_state.h"
#include "scriptc/torch/input_releaser.h"
#include "scriptc/torch/job.h"
#include "scriptc/torch/lowering.h"
#include "scriptc/torch/tensors.h"

namespace scriptc::torch_backend {
namespace {

using python::PyClass;
using python::PyFunction;

/// Methods marked `@torch.jit.export` in the root's class and its bases.
std::vector<std::string> exported_methods(const scriptc::Module& root) {
  std::vector<std::string> names;
  const auto cls = std::dynamic_pointer_cast<PyClass>(root.class_);
  if (!cls) return names;
  std::set<std::string> seen;
  for (const auto& weak : cls->mro) {
    const auto base = weak.lock();
    if (!base) continue;
    for (const auto& [name, value] : base->dict) {
      const auto function = value.try_as<PyFunction>();
      // The first class in the order decides: an override without the mark is not exported.
      if (seen.insert(name).second && function && function->mark == PyFunction::ScriptMark::exported)
        names.push_back(name);
    }
  }
  return names;
}

/// The values of a tensor that the compiled model holds.
at::Tensor held(const TensorPtr& tensor) {
  if (tensor->state() == scriptc::Tensor::State::meta)
    throw python::NeedsValues(ErrorKind::model, "a tensor of the model has no values");
  return owned(tensor);
}

class ScriptJob final : public ModuleJob {
 public:
  ScriptJob(ModulePtr root, python::Evaluator& evaluator) : root_(std::move(root)), evaluator_(evaluator) {}

  void script(const ScriptOptions& options) override {
    at_edge(ErrorKind::model, "the model cannot be compiled", [&] {
      const at::NoGradGuard no_grad;
      Lowered lowered = lower(root_, evaluator_, {options.train, options.freeze, options.preserve, &held});
      std::vector<std::string> kept = exported_methods(*root_);
      kept.insert(kept.end(), options.preserve.begin(), options.preserve.end());
      set_module(std::move(lowered.module), std::move(kept), options.train);
    });
  }

  void record_reference(const VerifyOptions& options) override {
    const FreshState state(module()._ivalue(), unwritten_parameters(module()));
    const InputReleaser releaser;
    const Runner run = [&](const std::vector<c10::IValue>& arguments) {
      return state.run([&] {
        ::torch::jit::Module copy = module();
        return copy.forward(arguments);
      });
    };
    set_reference(Reference(module().get_method("forward").function().getSchema(), run, options));
  }

 private:
  void release_source() override { root_.reset(); }

  ModulePtr root_;
  python::Evaluator& evaluator_;
};

}  // namespace

std::unique_ptr<Job> make_script_job(ModulePtr root, python::Evaluator& evaluator) {
  return std::make_unique<ScriptJob>(std::move(root), evaluator);
}

}  // namespace scriptc::torch_backend
