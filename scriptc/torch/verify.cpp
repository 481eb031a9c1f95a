#include "scriptc/torch/verify.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <set>

#include "scriptc/model/text.h"
#include "scriptc/torch/compare.h"
#include "scriptc/torch/edge.h"
#include "scriptc/torch/example_inputs.h"

namespace scriptc::torch_backend {
namespace {

std::string sizes_text(const std::vector<Dimension>& dimensions) {
  std::vector<std::string> parts;
  for (const Dimension& dimension : dimensions) parts.push_back(dimension.name + "=" + std::to_string(dimension.size));
  return parts.empty() ? "sample" : join(parts);
}

std::string names_text(const std::map<std::string, std::string>& methods) {
  std::vector<std::string> names;
  for (const auto& [name, schema] : methods) names.push_back(name);
  return join(names);
}

}  // namespace

c10::IValue run_seeded(const Runner& run, const std::vector<c10::IValue>& arguments, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  // Dropout called as a function is random in eval mode, too: the same numbers for both sides.
  at::manual_seed(seed);
  try {
    const ::torch::jit::GraphOptimizerEnabledGuard unoptimised(false);
    return run(arguments);
  } catch (const std::exception&) {
    // LibTorch's plain executor loses values that are read after some loops ("Expected Tensor but got None"); the one
    // that users run does not. A refusal that is the model's own comes again.
    at::manual_seed(seed);
    return run(arguments);
  }
}

std::vector<std::int64_t> other_sizes(const Dimension& dimension) {
  const std::int64_t step = std::max<std::int64_t>(dimension.multiple, 1), sample = dimension.size;
  const std::int64_t half = sample / 2 / step * step;
  // A batch of 1 hides what broadcasting forgives, so small dimensions grow.
  if (sample <= 4 * step) return {sample + step, sample + 2 * step};
  return {half, sample + step, 2 * sample};
}

std::vector<InputSpec> with_other_sizes(std::vector<InputSpec> inputs, const std::vector<Dimension>& dimensions) {
  std::set<std::int64_t> taken;
  for (const Dimension& dimension : dimensions) {
    std::int64_t size = other_sizes(dimension).front();
    const std::int64_t multiple = std::max<std::int64_t>(dimension.multiple, 1);
    const std::int64_t step = size < dimension.size ? -multiple : multiple;
    while (taken.contains(size) && size + step > 0) size += step;
    taken.insert(size);
    inputs = with_dimension(std::move(inputs), dimension.name, size);
  }
  return inputs;
}

Reference::Reference(const c10::FunctionSchema& forward, const Runner& run, VerifyOptions options)
    : forward_(forward), options_(std::move(options)) {
  const std::vector<Dimension> dimensions = named_dimensions(options_.inputs);
  runs_.push_back(record(sizes_text(dimensions), options_.inputs, run));
  if (dimensions.size() > 1) {
    try {
      auto inputs = with_other_sizes(options_.inputs, dimensions);
      std::string label = sizes_text(named_dimensions(inputs));
      runs_.push_back(record(std::move(label), std::move(inputs), run));
      return;
    } catch (const Error&) {
      // One by one, to find which of them may vary, and to say which may not.
    }
  }
  for (const Dimension& dimension : dimensions) runs_.push_back(try_other_sizes(dimension, run));
}

Reference::Run Reference::record(std::string label, std::vector<InputSpec> inputs, const Runner& run) const {
  Run result;
  result.shape.shapes = std::move(label);
  result.inputs = std::move(inputs);
  at_edge(ErrorKind::model, "forward refuses its example input (" + result.shape.shapes + ")", [&] {
    result.output = run_seeded(run, example_arguments(forward_, result.inputs, options_.seed), options_.seed);
  });
  return result;
}

Reference::Run Reference::try_other_sizes(const Dimension& dimension, const Runner& run) const {
  std::optional<Run> refused;
  for (const std::int64_t size : other_sizes(dimension)) {
    auto inputs = with_dimension(options_.inputs, dimension.name, size);
    std::string label = sizes_text(named_dimensions(inputs));
    try {
      return record(label, std::move(inputs), run);
    } catch (const Error& error) {
      if (refused) continue;
      refused.emplace();
      refused->shape.shapes = std::move(label);
      refused->shape.skipped = true;
      refused->shape.reason = error.message().substr(0, error.message().find('\n'));
    }
  }
  return *refused;
}

VerifyReport Reference::check(const Reloaded& file) const {
  VerifyReport report;
  report.ran = true;
  for (const Run& run : runs_) {
    report.shapes.push_back(run.shape);
    if (run.shape.skipped) continue;
    VerifiedShape& shape = report.shapes.back();
    const auto arguments = example_arguments(forward_, run.inputs, options_.seed);
    const c10::IValue got =
        at_edge(ErrorKind::verification, "the saved file refuses an input that the model takes (" + shape.shapes + ")",
                [&] { return run_seeded(file.run, arguments, options_.seed); });
    const Comparison comparison = compare(run.output, got, {options_.rtol, options_.atol}, shape.shapes);
    shape.max_difference = comparison.max_difference;
    shape.spread = comparison.spread;
    report.nan_outputs += comparison.nans;
  }
  return report;
}

void check_structure(const std::map<std::string, std::string>& expected, const Reloaded& file) {
  for (const auto& [name, schema] : expected) {
    const auto found = file.methods.find(name);
    if (found == file.methods.end())
      throw Error(ErrorKind::verification,
                  "the saved file lacks the method " + quote(name) + "; it has " + names_text(file.methods));
    if (!found->second.empty() && found->second != schema)
      throw Error(ErrorKind::verification,
                  "the saved file's method " + quote(name) + " is " + found->second + ", expected " + schema);
  }
}

}  // namespace scriptc::torch_backend
