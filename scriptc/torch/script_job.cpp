#include <exception>
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

namespace jit = ::torch::jit;

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
      Lowered lowered = lower_for(options);
      inputs_ = std::move(lowered.inputs);
      std::vector<std::string> kept = exported_methods(*root_);
      kept.insert(kept.end(), options.preserve.begin(), options.preserve.end());
      set_module(std::move(lowered.module), std::move(kept), options.train);
    });
  }

  void record_reference(const VerifyOptions& options) override {
    VerifyOptions verification = options;
    verification.inputs = inputs_;
    const auto make = [schema = module().get_method("forward").function().getSchema(), verification](
                          const jit::Module& model, const std::vector<at::Tensor>& shared) {
      const FreshState state(model._ivalue(), shared);
      const InputReleaser releaser;
      const Runner run = [&](const std::vector<c10::IValue>& arguments) {
        return state.run([&] { return jit::Module(model).forward(arguments); });
      };
      return Reference(schema, run, verification);
    };
    const std::vector<at::Tensor> shared = unwritten_parameters(module());
    if (shared.empty()) return set_reference(make(module(), shared));
    // Running ResNet-50 takes a little longer than freezing and saving it, which go on meanwhile. Graphs and parameters
    // are only read on both sides; all else that is part of a run is its own.
    start_reference([make, own = copy_sharing(module(), shared), shared] { return make(own, shared); });
  }

  std::vector<FixedParameter> fixed_parameters() const override { return fixed_; }

 private:
  /// What cannot be compiled for all that forward may be given is tried for what `inputs` give it.
  Lowered lower_for(const ScriptOptions& options) {
    LoweringOptions lowering{options.train, options.freeze, options.preserve, options.inputs, false, &held};
    std::exception_ptr refused;
    try {
      return lower(root_, evaluator_, lowering);
    } catch (const python::NeedsValues&) {
      throw;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::model || options.inputs.empty()) throw;
      refused = std::current_exception();
    }
    try {
      lowering.narrow = true;
      Lowered lowered = lower(root_, evaluator_, lowering);
      fixed_ = lowered.fixed;
      return lowered;
    } catch (const python::NeedsValues&) {
      throw;
    } catch (const Error&) {
      std::rethrow_exception(refused);
    }
  }

  void release_source() override { root_.reset(); }

  ModulePtr root_;
  python::Evaluator& evaluator_;
  std::vector<InputSpec> inputs_;
  std::vector<FixedParameter> fixed_;
};

}  // namespace

std::unique_ptr<Job> make_script_job(ModulePtr root, python::Evaluator& evaluator) {
  return std::make_unique<ScriptJob>(std::move(root), evaluator);
}

}  // namespace scriptc::torch_backend
