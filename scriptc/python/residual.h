#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "scriptc/python/evaluator.h"
#include "scriptc/python/objects.h"

// Specialisation: AST + instance → residual AST, without LibTorch. Whatever the instance makes constant is evaluated
// before anything is typed, so the lowering sees only code that runs. See CONTRIBUTING, "From a method to its residual".

namespace scriptc::python {

/// An expression whose value is known and has no literal: a function, class, module of the tree, operator, dtype….
struct Resolved final : Expr {
  static constexpr ExprKind kKind = ExprKind::Resolved;
  Resolved() : Expr(kKind) {}
  Value value;
  ExprPtr original;  ///< what stood there, for messages
};

/// What one parameter of a function is when it is specialised.
struct Binding {
  enum class Kind {
    dynamic,   ///< known only when the model runs
    constant,  ///< `value`
    defaulted  ///< the caller passes nothing: the default
  };
  Kind kind = Kind::dynamic;
  Value value;
};

/// Attributes of modules that some compiled method assigns, or that `--preserve` names: never constants.
struct MutableAttributes {
  std::set<std::pair<const Module*, std::string>> attributes;
  bool contains(const Module& module, std::string_view name) const;
};

class Specialiser {
 public:
  Specialiser(Evaluator& evaluator, MutableAttributes mutable_attributes);
  ~Specialiser();

  /// The residual of `function`. `bindings` by position of its parameters (self first, bound to the module); short
  /// lists are padded with dynamic. The result has the same parameters without the constant ones other than self;
  /// `*args`/`**kwargs` that bindings expand have become plain parameters. Functions that need no change come back
  /// as they are. Errors (model): what must be constant and is not, with position.
  std::shared_ptr<PyFunction> specialise(const std::shared_ptr<PyFunction>& function,
                                         const std::vector<Binding>& bindings);

  /// What the methods reachable from `roots` of `module` assign (`self.x = …`, `self.x += …`, nested targets).
  static MutableAttributes find_assigned(Evaluator& evaluator, const ModulePtr& module,
                                         const std::vector<std::string>& roots);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scriptc::python
