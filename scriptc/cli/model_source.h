#pragma once

#include <memory>
#include <string>

#include "plugins/loader.h"
#include "scriptc/cli/backend_loader.h"
#include "scriptc/cli/compile_options.h"
#include "scriptc/python/evaluator.h"

namespace scriptc::cli {

/// MODULE and MODEL_NAME: found, arguments checked as far as they can be without building, ready to be built as often
/// as needed.
class ModelSource {
 public:
  virtual ~ModelSource() = default;
  /// The file that MODULE means.
  virtual const std::string& file() const = 0;
  /// Errors (model, bad_input, cap, io): what the model's code raised.
  virtual plugins::Built build(python::Evaluator& evaluator) = 0;
};

/// Errors: io (no such file), plugin, model (no such model, arguments it does not take).
std::unique_ptr<ModelSource> open_model(const CompileOptions& options, BackendLoader& backend, MessageSink& messages);

/// Errors: io, plugin. The back end is loaded for native plugins, to compare versions of LibTorch.
std::shared_ptr<plugins::Plugin> load_plugin(const std::string& path, BackendLoader& backend);

/// The model of that name. Errors (model): none, with the list and nearest names.
const plugins::ModelInfo& find_model(const plugins::Plugin& plugin, const std::string& name);

}  // namespace scriptc::cli
