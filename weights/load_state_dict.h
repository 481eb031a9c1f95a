#pragma once

#include <string>
#include <vector>

#include "scriptc/model/module.h"
#include "weights/checkpoint.h"

namespace scriptc::weights {

struct LoadResult {
  std::vector<std::string> missing;     ///< names of the model that the checkpoint lacks (allowed ones excluded)
  std::vector<std::string> unexpected;  ///< names of the checkpoint that the model lacks
  std::int64_t loaded = 0;
};

/// `root.load_state_dict(checkpoint)`: by name and shape, the target keeps its dtype (a view of another dtype is
/// cast when the back end materialises it: Tensor::dtype() is the target's, Tensor::view().dtype the file's),
/// `num_batches_tracked` may be missing, (1,) fits (). With `strict`, missing, unexpected and mismatched names are one
/// Error(model) that lists them with nearest names; without, missing and unexpected become warnings, mismatched shapes
/// stay an error.
LoadResult load_state_dict(const ModulePtr& root, const Checkpoint& checkpoint, bool strict, MessageSink* messages);

}  // namespace scriptc::weights
