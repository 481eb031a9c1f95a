#include "weights/load_state_dict.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "scriptc/model/text.h"

namespace scriptc::weights {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const std::int64_t size : shape) sizes.push_back(std::to_string(size));
  return "[" + join(sizes) + "]";
}

/// As torch.nn.Module.load_state_dict: a file of torch 0.3 has (1,) for a scalar.
bool fits(const Tensor& target, const TensorView& view) {
  return target.shape() == view.shape || (target.shape().empty() && view.shape == std::vector<std::int64_t>{1});
}

/// Files from before 0.4.1 lack it, and nothing but training without momentum reads it.
bool may_be_missing(const NamedTensor& target) { return target.leaf == "num_batches_tracked"; }

/// `heading` and one line a name, with what is near among `others`.
std::string listing(std::string_view heading, const std::vector<std::string>& names,
                    const std::vector<std::string>& others, std::string_view owner) {
  constexpr std::size_t kMost = 20;
  if (names.empty()) return "";
  std::string out = "\n  " + std::string(heading) + ":";
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    out += "\n    " + quote(names[i]);
    const std::vector<std::string> near = nearest_names(names[i], others, 1);
    if (!near.empty()) out += " (" + std::string(owner) + " has " + quote(near[0]) + ")";
  }
  if (names.size() > kMost) out += "\n    ... and " + std::to_string(names.size() - kMost) + " more";
  return out;
}

/// Names and shapes compared; nothing loaded yet.
struct Comparison {
  LoadResult result;
  std::vector<std::pair<TensorPtr, const TensorView*>> pairs;
  std::vector<std::string> mismatches;  ///< texts
};

/// `prefix`: what stands before the checkpoint's names in the file.
Comparison compare(const ModulePtr& root, const Checkpoint& checkpoint, const std::string& prefix = "") {
  Comparison all;
  std::vector<std::string> names;
  const std::vector<NamedTensor> targets = state_dict(root);
  for (const NamedTensor& target : targets) {
    const bool has_prefix = target.name.starts_with(prefix);
    const std::string name = has_prefix ? target.name.substr(prefix.size()) : "";
    if (has_prefix) names.push_back(name);
    const TensorView* view = has_prefix ? checkpoint.tensors.find(name) : nullptr;
    if (view == nullptr) {
      if (!may_be_missing(target)) all.result.missing.push_back(target.name);
    } else if (!fits(*target.tensor, *view)) {
      all.mismatches.push_back(quote(target.name) + ": got " + shape_text(view->shape) + ", expected " +
                               shape_text(target.tensor->shape()));
    } else {
      all.pairs.emplace_back(target.tensor, view);
    }
  }
  const std::unordered_set<std::string_view> expected(names.begin(), names.end());
  for (const auto& [name, view] : checkpoint.tensors)
    if (!expected.contains(name)) all.result.unexpected.push_back(name);
  return all;
}

bool is_complete(const Comparison& all) {
  return all.result.missing.empty() && all.result.unexpected.empty() && all.mismatches.empty();
}

std::string subject(const Checkpoint& checkpoint) { return "'" + escape(checkpoint.path, 0) + "': "; }

std::string missing_text(const LoadResult& result) {
  return listing("the file lacks", result.missing, result.unexpected, "it");
}
std::string unexpected_text(const LoadResult& result) {
  return listing("the model lacks", result.unexpected, result.missing, "it");
}

[[noreturn]] void refuse(const Comparison& all, const Checkpoint& checkpoint, bool strict) {
  std::string text = subject(checkpoint) + "does not fit the model: ";
  std::vector<std::string> counts;
  if (strict && !all.result.missing.empty()) counts.push_back(std::to_string(all.result.missing.size()) + " missing");
  if (strict && !all.result.unexpected.empty())
    counts.push_back(std::to_string(all.result.unexpected.size()) + " unexpected");
  if (!all.mismatches.empty()) counts.push_back(std::to_string(all.mismatches.size()) + " of another shape");
  text += join(counts);
  if (strict) text += missing_text(all.result) + unexpected_text(all.result);
  if (!all.mismatches.empty()) text += "\n  of another shape:";
  for (const std::string& mismatch : all.mismatches) text += "\n    " + mismatch;
  text += all.mismatches.empty() ? "\n  help: --no-strict loads the names that both have"
                                 : "\n  help: check the model's arguments against those it was trained with";
  throw Error(ErrorKind::model, std::move(text));
}

}  // namespace

LoadResult load_state_dict(const ModulePtr& root, const Checkpoint& checkpoint, bool strict, MessageSink* messages) {
  Comparison all = compare(root, checkpoint);
  if (checkpoint.prefix_removed && !is_complete(all)) {
    // Not DataParallel's then: the model itself has an attribute `module`, as averaged models do.
    Comparison as_written = compare(root, checkpoint, kDataParallelPrefix);
    if (is_complete(as_written)) all = std::move(as_written);
  }
  const bool incomplete = !all.result.missing.empty() || !all.result.unexpected.empty();
  if (!all.mismatches.empty() || (strict && incomplete)) refuse(all, checkpoint, strict);
  if (messages != nullptr && !all.result.missing.empty())
    messages->warning(subject(checkpoint) + std::to_string(all.result.missing.size()) +
                      " of the model's tensors are not in the file" + missing_text(all.result));
  if (messages != nullptr && !all.result.unexpected.empty())
    messages->warning(subject(checkpoint) + std::to_string(all.result.unexpected.size()) +
                      " of the file's tensors are not in the model" + unexpected_text(all.result));
  for (const auto& [tensor, view] : all.pairs) tensor->load_view(*view);
  all.result.loaded = static_cast<std::int64_t>(all.pairs.size());
  return std::move(all.result);
}

}  // namespace scriptc::weights
