#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scriptc/model/backend.h"

namespace scriptc::torch_backend {

/// Runs forward on arguments without self, from the same state every time.
using Runner = std::function<c10::IValue(const std::vector<c10::IValue>&)>;

/// What is known of an archive after reloading it.
struct Reloaded {
  Runner run;
  std::map<std::string, std::string> methods;  ///< name → schema; without defaults' spelling for lite files
  std::int64_t parameters = 0;
};

/// Loads the file as a program would. Errors (verification): LibTorch refuses it.
Reloaded reload(const std::string& path, Format format);

/// Seeds and runs; no gradients, no profiling executor.
c10::IValue run_seeded(const Runner& run, const std::vector<c10::IValue>& arguments, std::uint64_t seed);

/// The inputs and outputs of the reference, at the sample's sizes and at other ones: one run with every named dimension
/// changed, or, if the reference refuses that, one run a dimension. A fault at one size shows however many others
/// change with it, and a run of a vision model at 96 × 64 costs an eighth of one at 224 × 224.
class Reference {
 public:
  /// Errors (usage): inputs that do not fit forward. Errors (model): the reference refuses the sample itself.
  Reference(const c10::FunctionSchema& forward, const Runner& run, VerifyOptions options);

  /// Errors (verification): see `compare`.
  VerifyReport check(const Reloaded& file) const;

  /// Of forward at the sample.
  const c10::IValue& sample_output() const { return runs_.front().output; }

 private:
  struct Run {
    VerifiedShape shape;
    std::vector<InputSpec> inputs;
    c10::IValue output;
  };

  Run record(std::string label, std::vector<InputSpec> inputs, const Runner& run) const;
  Run try_other_sizes(const Dimension& dimension, const Runner& run) const;

  c10::FunctionSchema forward_;
  VerifyOptions options_;
  std::vector<Run> runs_;
};

/// The sizes to try for a dimension besides its sample, best first: a smaller one, then larger ones.
std::vector<std::int64_t> other_sizes(const Dimension& dimension);

/// `inputs` with all dimensions at other sizes at once, different ones: what mixes up height and width is found.
std::vector<InputSpec> with_other_sizes(std::vector<InputSpec> inputs, const std::vector<Dimension>& dimensions);

/// Errors (verification): a method is missing or takes or gives something else.
void check_structure(const std::map<std::string, std::string>& expected, const Reloaded& file);

}  // namespace scriptc::torch_backend
