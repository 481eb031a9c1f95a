#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weights/checkpoint.h"
#include "weights/origin.h"
#include "weights/pickle_value.h"

namespace scriptc::weights {

/// Names and the values that make their tensors, in the file's order.
struct FoundStateDict {
  std::string wrapper;  ///< the path that was followed: `state_dict`
  std::vector<std::pair<std::string, Value>> tensors;
};

/// Finds the state dict in what a checkpoint holds: the value itself, what lies under a usual wrapper key
/// (`state_dict`, `model`...), what `key` (dotted) names, or the `_parameters`, `_buffers` and `_modules` of a module
/// that was saved whole.
/// Errors: usage (`key` names nothing), model (no state dict, or several: with what there is), bad_input (P13, P23),
/// cap (number and names).
FoundStateDict find_state_dict(const Value& root, const std::string& key, const Origin& origin, const Caps& caps);

/// The tensors among the attributes of a TorchScript archive's object, and of the objects below it.
FoundStateDict find_script_tensors(const Value& root, const Origin& origin, const Caps& caps);

}  // namespace scriptc::weights
