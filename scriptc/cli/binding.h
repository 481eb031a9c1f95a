#pragma once

#include <vector>

#include "plugins/loader.h"
#include "scriptc/cli/inference.h"

namespace scriptc::cli {

/// `LeNet(num_classes: int = 10)`.
std::string signature(const plugins::ModelInfo& model);

/// One value for every parameter, in order: positional arguments, keywords, defaults. Errors (model): unknown names
/// (with nearest), missing, too many, twice, of another type; each shows the signature.
std::vector<Value> bind_arguments(const plugins::ModelInfo& model, const ModelArguments& arguments);

}  // namespace scriptc::cli
