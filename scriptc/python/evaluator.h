#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/model/backend.h"
#include "scriptc/model/error.h"
#include "scriptc/model/module.h"
#include "scriptc/model/value.h"
#include "scriptc/python/objects.h"

namespace scriptc::python {

/// Limits of one evaluation. Exceeding one is an Error(cap) that names the flag that raises it.
struct Limits {
  std::int64_t steps = 50'000'000;      ///< `--max-steps`
  int depth = 400;                      ///< nested calls: `--max-calls`
  std::int64_t memory = 1'000'000'000;  ///< `--max-memory`: bytes held by containers and strings
};

/// How constructors make tensors (ARCHITECTURE: "two constructor modes").
enum class TensorMode {
  meta,   ///< weights follow: parameters and random tensors have no values; reading one throws NeedsValues
  eager,  ///< everything is computed by LibTorch with its generator, in program order
};

/// Thrown in meta mode when a value is read that only eager mode has: the caller reruns the builder eagerly.
class NeedsValues : public Error {
 public:
  using Error::Error;
};

struct EvaluatorOptions {
  std::vector<std::string> path;  ///< `--path` and PYTHONPATH: roots of packages
  Limits limits;
  TensorMode mode = TensorMode::eager;
  /// Called when an operator of LibTorch is needed for the first time.
  std::function<Backend&()> backend;
  MessageSink* messages = nullptr;
};

/// One Python world: its imported modules and the embedded torch. Single-threaded. The values it makes live as long
/// as they are referenced, but calling functions needs the evaluator.
class Evaluator {
 public:
  explicit Evaluator(EvaluatorOptions options);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Imports by dotted name: the embedded torch, typing, math…, or files under `path`. Error(model) if not found.
  std::shared_ptr<PyModule> import_module(std::string_view dotted);
  /// Loads a `.py` file as the model file. Errors: io, bad_input (syntax), model (raised while it ran).
  std::shared_ptr<PyModule> load_file(const std::string& path);
  /// An empty module with the names that a plugin's methods see: torch nn F math Tensor and typing's.
  std::shared_ptr<PyModule> make_module(std::string name, SourcePtr source);
  /// Runs `source` inside `module` (defs of a plugin, `m.functions`).
  void execute(const std::shared_ptr<PyModule>& module, SourcePtr source);
  /// Evaluates an expression in a module's globals: MODEL_NAME.
  Value evaluate(const std::shared_ptr<PyModule>& module, SourcePtr expression);
  /// Evaluates an expression of a function's body with `locals` before its closure, globals and builtins. For the
  /// specialiser. Errors (model).
  Value evaluate_in(const PyFunction& function, const ExprPtr& expr, const OrderedMap<Value>& locals);

  Value call(const Value& callable, const Args& args, const Kwargs& kwargs = {});
  /// Python's getattr, with properties, bound methods, parameters, children. Error(model) with nearest names.
  Value get_attribute(const Value& object, std::string_view name);
  std::optional<Value> try_get_attribute(const Value& object, std::string_view name);
  void set_attribute(const Value& object, std::string_view name, const Value& value);
  /// A name as the body of `function` sees it: closure, globals, builtins. nullopt if undefined.
  std::optional<Value> try_resolve(const PyFunction& function, std::string_view name);
  bool is_instance(const Value& value, const Value& cls);
  /// Python's bool(value). Errors (model): a tensor with several values; NeedsValues.
  bool truth(const Value& value);
  /// Python's repr, with classes' own.
  std::string represent(const Value& value);
  /// The items of an iterable, in order (list, tuple, dict keys, range, ModuleList, Sequential, generator…).
  std::vector<Value> iterate(const Value& iterable);

  TensorMode mode() const;
  Backend& backend();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scriptc::python
