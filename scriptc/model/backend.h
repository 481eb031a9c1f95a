#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/model/error.h"
#include "scriptc/model/input_spec.h"
#include "scriptc/model/module.h"
#include "scriptc/model/value.h"

namespace scriptc {

namespace python {
class Evaluator;
}

/// Where an archive goes. All throw Error(io); the back end stops using a sink that has thrown.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Appends.
  virtual void write(const void* data, std::size_t size) = 0;
  /// Replaces bytes at `offset` that have been written before.
  virtual void rewrite(std::uint64_t offset, const void* data, std::size_t size) = 0;
};

enum class Format { torchscript, lite };

struct ScriptOptions {
  bool train = false;                 ///< else `eval()` on every module first
  bool freeze = true;                 ///< else `training` stays an attribute that the saved file's user may change
  std::vector<std::string> preserve;  ///< methods and attributes that survive freezing
  std::vector<InputSpec> inputs;      ///< what forward will be called with; native modules need them
};

struct VerifyOptions {
  std::vector<InputSpec> inputs;  ///< empty: compared in structure only
  double rtol = 1e-4;
  double atol = 1e-5;
  std::uint64_t seed = 0;
};

/// One run of the reference against the saved file.
struct VerifiedShape {
  std::string shapes;         ///< the sizes of the named dimensions, `N=2, H=32`, or `sample`
  double max_difference = 0;  ///< largest |a - b| over all floating outputs
  double spread = 0;          ///< largest max - min of one reference output
  bool skipped = false;       ///< the reference itself refuses this size
  std::string reason;         ///< why skipped (first line of the reference's error)
};

struct VerifyReport {
  bool ran = false;  ///< false: compared in structure only
  std::vector<VerifiedShape> shapes;
  std::int64_t nan_outputs = 0;  ///< NaNs at the same places on both sides
  /// Over all shapes that ran.
  double max_difference() const {
    double largest = 0;
    for (const VerifiedShape& shape : shapes) largest = std::max(largest, shape.max_difference);
    return largest;
  }
};

/// What the saved file holds, as found by reloading it.
struct ArchiveSummary {
  std::vector<std::string> methods;
  std::vector<std::string> outputs;  ///< of forward at the sample: `float32[2,10]`, nested as in Python
  std::int64_t parameters = 0;       ///< number of elements of all tensors
};

/// A parameter of forward that became a constant: its name, and its default as Python writes it.
struct FixedParameter {
  std::string name;
  std::string value;
};

/// One model on its way to a file. The stages are called in the order of declaration; each throws Error.
class Job {
 public:
  virtual ~Job() = default;
  /// Compiles forward and the exported methods. Errors (model): with file, line, caret and call chain.
  virtual void script(const ScriptOptions& options) = 0;
  /// Parameters of forward that the file has not, for with them it cannot be compiled.
  virtual std::vector<FixedParameter> fixed_parameters() const { return {}; }
  /// TorchScript source of forward and what it calls (`--print-code`).
  virtual std::string code() const = 0;
  /// Runs the unfrozen module (native: the live C++ one) on seeded inputs and keeps the outputs for `verify`. The runs
  /// may go on while the later stages work.
  virtual void record_reference(const VerifyOptions& options) = 0;
  /// Waits for the end of `record_reference`, whose errors may come only now.
  virtual void await_reference() {}
  /// Folds parameters into constants; forward, exported and preserved methods stay. Does nothing with `train`:
  /// freezing is for inference.
  virtual void freeze() = 0;
  /// What a custom build of the mobile runtime must hold, by name: `aten::conv2d`, `aten::add.Tensor`; sorted
  /// (`--print-operators`). Errors (model): the model cannot run there.
  virtual std::vector<std::string> operators() const = 0;
  virtual void save(Format format, ByteSink& sink) = 0;
  /// Frees the modules, loads the file and compares. Errors (verification).
  virtual VerifyReport verify(const std::string& path, Format format) = 0;
  virtual ArchiveSummary summary() const = 0;
};

/// A live `torch::nn::Module` of a native plugin, type-erased; made by `native.h`, understood by the back end.
struct NativeModule {
  std::shared_ptr<void> module;   ///< std::shared_ptr<torch::nn::Module>*
  std::shared_ptr<void> forward;  ///< runs forward; layout in plugins/include/scriptc/native.h
};

struct BackendVersion {
  std::string libtorch;  ///< `2.13.0`
};

/// What needs LibTorch. One implementation, `libscriptc_torch.so`, loaded on first use (see
/// `scriptc/cli/backend_loader.h`).
class Backend {
 public:
  virtual ~Backend() = default;
  virtual BackendVersion version() const = 0;
  virtual void set_threads(int threads) = 0;
  /// `--debug`: errors carry the whole of LibTorch's text.
  virtual void set_debug(bool on) = 0;
  /// Seeds the default generator, as `torch.manual_seed`.
  virtual void manual_seed(std::uint64_t seed) = 0;

  /// Calls an ATen operator eagerly, choosing the overload as Python does: `add`, `linspace`, `nn.functional` helpers
  /// excepted. For methods, the tensor is `args[0]`. Meta tensors give meta results. Tensors that come back are
  /// materialised, or meta. In-place operators return args[0]'s own Tensor.
  /// Errors (model): no such operator (nearest names), no overload fits (with their schemas), LibTorch's own refusal.
  virtual Value call_operator(std::string_view name, const Args& args, const Kwargs& kwargs) = 0;
  virtual bool has_operator(std::string_view name) const = 0;
  /// Nested lists of a tensor's values (`tolist`, `item`). REQUIRES: not meta.
  virtual Value tensor_values(const Tensor& tensor) = 0;

  /// A module tree on its way to a file. The tensors of `root` may be views or materialised, never meta. `evaluator`
  /// made the tree and must outlive the job's `script`.
  virtual std::unique_ptr<Job> begin(ModulePtr root, python::Evaluator& evaluator) = 0;
  /// The tree of a native module: names, shapes, materialised tensors shared with it.
  virtual ModulePtr mirror(const NativeModule& native) = 0;
  virtual std::unique_ptr<Job> begin_native(NativeModule native, ModulePtr mirrored) = 0;
};

/// The one exported symbol of the back end's library: `extern "C" scriptc::Backend* scriptc_backend()`, a singleton.
inline constexpr const char* kBackendEntry = "scriptc_backend";

}  // namespace scriptc
