#pragma once

#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scriptc/model/backend.h"
#include "scriptc/torch/verify.h"

namespace scriptc::torch_backend {

/// What all jobs do once they have a TorchScript module: freeze, save, verify. Derived jobs make the module and the
/// reference.
class ModuleJob : public Job {
 public:
  std::string code() const override;
  void await_reference() override;
  void freeze() override;
  std::vector<std::string> operators() const override;
  void save(Format format, ByteSink& sink) override;
  VerifyReport verify(const std::string& path, Format format) override;
  ArchiveSummary summary() const override;

 protected:
  /// `kept`: methods besides forward, and attributes, that survive freezing. Errors (model): the module has none such.
  void set_module(::torch::jit::Module module, std::vector<std::string> kept, bool train);
  const ::torch::jit::Module& module() const { return *module_; }
  bool train() const { return train_; }
  void set_reference(Reference reference) { reference_ = std::move(reference); }
  /// Makes the reference on a thread of its own, with this thread's settings. `make` and what it holds must share
  /// nothing that is written to with `module()`.
  void start_reference(const std::function<Reference()>& make);
  /// Frees what only the reference needed, before the file is loaded.
  virtual void release_source() = 0;

 private:
  std::optional<::torch::jit::Module> module_;
  std::vector<std::string> kept_;
  bool train_ = false;
  std::optional<Reference> reference_;
  std::future<Reference> pending_;  // the reference, while it is being made
  ArchiveSummary summary_;
};

/// A job for a module tree whose methods are Python: see lowering.h.
std::unique_ptr<Job> make_script_job(ModulePtr root, python::Evaluator& evaluator);

}  // namespace scriptc::torch_backend
