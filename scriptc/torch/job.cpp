#include "scriptc/torch/job.h"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/python_print.h>

#include <algorithm>
#include <system_error>

#include "scriptc/model/text.h"
#include "scriptc/torch/edge.h"
#include "scriptc/torch/example_inputs.h"
#include "scriptc/torch/input_releaser.h"
#include "scriptc/torch/save.h"
#include "scriptc/torch/schemas.h"
#include "scriptc/torch/warnings.h"

namespace scriptc::torch_backend {
namespace {

namespace jit = ::torch::jit;

std::vector<std::string> names_of(const jit::Module& module) {
  std::vector<std::string> names;
  for (const jit::Method& method : module.get_methods()) names.push_back(method.name());
  for (const auto& attribute : module.named_attributes(/*recurse=*/false)) names.push_back(attribute.name);
  return names;
}

}  // namespace

void ModuleJob::set_module(jit::Module module, std::vector<std::string> kept, bool train) {
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  std::erase(kept, "forward");
  for (const std::string& name : kept) {
    if (module.find_method(name) || module.hasattr(name)) continue;
    const auto names = names_of(module);
    throw Error(ErrorKind::model,
                "the model has no method or attribute " + quote(name) + " to preserve" + did_you_mean(name, names));
  }
  module_ = std::move(module);
  kept_ = std::move(kept);
  train_ = train;
}

std::string ModuleJob::code() const {
  return at_edge(ErrorKind::internal, "the code cannot be printed", [&] {
    std::vector<c10::IValue> constants;
    jit::PrintDepsTable types;
    jit::PythonPrint printer(constants, types);
    printer.printNamedType(module_->type());
    // Printing a type adds those that it mentions.
    for (std::size_t i = 0; i < types.size(); ++i)
      if (types[i] != module_->type()) printer.printNamedType(types[i]);
    return printer.str();
  });
}

void ModuleJob::start_reference(const std::function<Reference()>& make) {
  c10::WarningHandler* const warnings = warnings::get_warning_handler();
  const auto work = [make, warnings] {
    at::init_num_threads();
    const warnings::WarningHandlerGuard same(warnings);
    return make();
  };
  try {
    pending_ = std::async(std::launch::async, work);
  } catch (const std::system_error&) {
    set_reference(make());  // no thread can be had
  }
}

void ModuleJob::await_reference() {
  if (pending_.valid()) set_reference(pending_.get());
}

void ModuleJob::freeze() {
  if (train_) return;
  at_edge(ErrorKind::model, "the model cannot be frozen", [&] {
    const at::NoGradGuard no_grad;
    const InputReleaser releaser;
    jit::Module frozen = jit::freeze_module(*module_, kept_, /*freezeInterfaces=*/true, /*preserveParameters=*/false);
    for (const jit::Method& method : frozen.get_methods()) {
      auto graph = method.graph();
      jit::OptimizeFrozenGraph(graph, /*optimize_numerics=*/true);
    }
    module_ = std::move(frozen);
  });
}

std::vector<std::string> ModuleJob::operators() const {
  return at_edge(ErrorKind::model, "the operators cannot be listed", [&] {
    std::vector<std::string> names = jit::export_opnames(*module_);
    std::sort(names.begin(), names.end());
    return names;
  });
}

void ModuleJob::save(Format format, ByteSink& sink) { save_module(*module_, format, sink); }

VerifyReport ModuleJob::verify(const std::string& path, Format format) {
  await_reference();
  const auto expected = signatures(*module_);
  module_.reset();
  release_source();
  const Reloaded file = reload(path, format);
  check_structure(expected, file);
  VerifyReport report;
  if (reference_) report = reference_->check(file);
  for (const auto& [name, schema] : file.methods) summary_.methods.push_back(name);
  summary_.parameters = file.parameters;
  if (reference_) {
    const c10::IValue& output = reference_->sample_output();
    if (output.isTuple())
      for (const c10::IValue& item : output.toTupleRef().elements()) summary_.outputs.push_back(describe(item));
    else
      summary_.outputs.push_back(describe(output));
  }
  return report;
}

ArchiveSummary ModuleJob::summary() const { return summary_; }

}  // namespace scriptc::torch_backend
