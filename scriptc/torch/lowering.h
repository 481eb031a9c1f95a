#pragma once

#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <string>
#include <vector>

#include "scriptc/model/backend.h"
#include "scriptc/model/module.h"
#include "scriptc/python/evaluator.h"

namespace scriptc::torch_backend {

struct LoweringOptions {
  bool train = false;                 ///< value of the `training` attribute of every module
  bool freeze = true;                 ///< else whoever loads the file may switch `training`: no constant
  std::vector<std::string> preserve;  ///< further methods to compile, and attributes that are no constants
  std::vector<InputSpec> inputs;      ///< what forward will be called with, as far as that is known
  bool narrow = false;                ///< forward takes no more than `inputs`: see entry_points.h
  /// The same Tensor object must give the same at::Tensor, so that tied weights stay tied.
  std::function<at::Tensor(const TensorPtr&)> materialise;
};

struct Lowered {
  ::torch::jit::Module module;    ///< owns its fresh CompilationUnit
  std::vector<InputSpec> inputs;  ///< of forward: those of the options, without what became a constant
  std::vector<FixedParameter> fixed;
};

/// Compiles `forward` and the exported methods of `root`, and what they reach, to TorchScript.
/// Errors (model): what cannot be compiled, with file, line, caret and the chain of calls that led there.
Lowered lower(const ModulePtr& root, python::Evaluator& evaluator, const LoweringOptions& options);

}  // namespace scriptc::torch_backend
