#include "scriptc/model/backend.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include "scriptc/model/text.h"
#include "scriptc/torch/convert.h"
#include "scriptc/torch/edge.h"
#include "scriptc/torch/job.h"
#include "scriptc/torch/native.h"
#include "scriptc/torch/operators.h"
#include "scriptc/torch/tensors.h"
#include "scriptc/torch/warnings.h"

namespace scriptc::torch_backend {
namespace {

/// LibTorch's advice to programmers in Python is none to our users: models that it warns about are compiled, run and
/// compared all the same.
class NoWarnings final : public c10::WarningHandler {
 public:
#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning&) override {}
#else
  void process(const c10::SourceLocation&, const std::string&, const bool) override {}
#endif
};

class TorchBackend final : public Backend {
 public:
  BackendVersion version() const override { return {TORCH_VERSION}; }

  void set_threads(int threads) override { at::set_num_threads(threads); }

  void set_debug(bool on) override {
    torch_backend::set_debug(on);
    if (on) return;
    static NoWarnings none;
    static const warnings::WarningHandlerGuard silence(&none);
  }

  void manual_seed(std::uint64_t seed) override { at::manual_seed(seed); }

  Value call_operator(std::string_view name, const Args& args, const Kwargs& kwargs) override {
    return torch_backend::call_operator(name, args, kwargs);
  }

  bool has_operator(std::string_view name) const override { return torch_backend::has_operator(name); }

  Value tensor_values(const Tensor& tensor) override {
    return at_edge(ErrorKind::model, "the values of a tensor", [&] { return to_list(values_of(tensor)); });
  }

  std::unique_ptr<Job> begin(ModulePtr root, python::Evaluator& evaluator) override {
    return make_script_job(std::move(root), evaluator);
  }

  ModulePtr mirror(const NativeModule& native) override { return torch_backend::mirror(native); }

  std::unique_ptr<Job> begin_native(NativeModule native, ModulePtr mirrored) override {
    return make_native_job(std::move(native), std::move(mirrored));
  }
};

}  // namespace
}  // namespace scriptc::torch_backend

extern "C" __attribute__((visibility("default"))) scriptc::Backend* scriptc_backend() {
  static scriptc::torch_backend::TorchBackend backend;
  return &backend;
}
