#include "scriptc/torch/native.h"

#include <c10/util/Type.h>

#include "plugins/include/scriptc/native_forward.h"
#include "scriptc/model/text.h"
#include "scriptc/torch/edge.h"
#include "scriptc/torch/job.h"
#include "scriptc/torch/tensors.h"
#include "scriptc/torch/trace.h"

namespace scriptc::torch_backend {
namespace {

using TorchModule = ::torch::nn::Module;

TorchModule& torch_module(const NativeModule& native) {
  return **static_cast<scriptc::native::ModulePointer*>(native.module.get());
}

scriptc::native::Forward& forward_of(const NativeModule& native) {
  return *static_cast<scriptc::native::Forward*>(native.forward.get());
}

/// Tensors that are one tensor stay one Tensor object, so that tied weights are loaded once and saved once.
class Mirror {
 public:
  ModulePtr module(const TorchModule& source) {
    auto result = std::make_shared<scriptc::Module>();
    result->class_ = std::make_shared<Class>();
    result->class_->qualified_name = c10::demangle(typeid(source).name());
    result->class_->name = source.name();
    result->training = source.is_training();
    for (const auto& item : source.named_parameters(/*recurse=*/false)) {
      TensorPtr parameter = tensor(item.value());
      parameter->is_parameter = true;
      parameter->requires_grad = item.value().requires_grad();
      result->parameters.set(item.key(), std::move(parameter));
    }
    for (const auto& item : source.named_buffers(/*recurse=*/false))
      result->buffers.set(item.key(), Buffer{tensor(item.value())});
    for (const auto& item : source.named_children()) result->children.set(item.key(), module(*item.value()));
    return result;
  }

 private:
  TensorPtr tensor(const at::Tensor& source) {
    TensorPtr& known = tensors_[source.unsafeGetTensorImpl()];
    if (!known) known = wrap(source.detach());
    return known;
  }

  std::map<const void*, TensorPtr> tensors_;
};

/// Writes what was loaded into the mirror to the live module's own tensors.
void copy_loaded(const scriptc::Module& from, TorchModule& to) {
  const auto copy = [](const TensorPtr& source, at::Tensor target) {
    if (source && source->state() == Tensor::State::view) target.copy_(materialise(source));
  };
  for (auto& item : to.named_parameters(/*recurse=*/false)) copy(*from.parameters.find(item.key()), item.value());
  for (auto& item : to.named_buffers(/*recurse=*/false)) copy(from.buffers.find(item.key())->tensor, item.value());
  for (auto& item : to.named_children()) copy_loaded(**from.children.find(item.key()), *item.value());
}

class NativeJob final : public ModuleJob {
 public:
  NativeJob(NativeModule native, ModulePtr mirrored) : native_(std::move(native)), mirrored_(std::move(mirrored)) {}

  void script(const ScriptOptions& options) override {
    at_edge(ErrorKind::model, "the native model cannot be traced", [&] {
      const at::NoGradGuard no_grad;
      copy_loaded(*mirrored_, torch_module(native_));
      torch_module(native_).train(options.train);
      plan_.emplace(forward_of(native_), options.inputs);
      set_module(trace_module(torch_module(native_), forward_of(native_), *plan_), options.preserve, options.train);
    });
  }

  void record_reference(const VerifyOptions& options) override {
    const Runner run = [&](const std::vector<c10::IValue>& traced) {
      const BufferGuard guard(torch_module(native_));
      return forward_of(native_).run(plan_->all_arguments(traced));
    };
    VerifyOptions narrowed = options;
    narrowed.inputs = plan_->traced_inputs(options.inputs);
    set_reference(Reference(module().get_method("forward").function().getSchema(), run, std::move(narrowed)));
  }

 private:
  void release_source() override {
    mirrored_.reset();
    native_ = {};
  }

  NativeModule native_;
  ModulePtr mirrored_;
  std::optional<TracePlan> plan_;
};

}  // namespace

ModulePtr mirror(const NativeModule& native) {
  return at_edge(ErrorKind::model, "the native model cannot be read", [&] {
    const at::NoGradGuard no_grad;
    return Mirror().module(torch_module(native));
  });
}

std::unique_ptr<Job> make_native_job(NativeModule native, ModulePtr mirrored) {
  return std::make_unique<NativeJob>(std::move(native), std::move(mirrored));
}

}  // namespace scriptc::torch_backend
