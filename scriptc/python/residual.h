#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scriptc/python/evaluator.h"
#include "scriptc/python/objects.h"

// Specialisation: AST + instance → residual AST, without LibTorch. Whatever the instance makes constant is evaluated
// before anything is typed, so the lowering sees only code that can run. Four rules keep results what they were: what a
// compiled method assigns is no constant; nothing that draws random numbers or touches a tensor is evaluated; an
// expression whose evaluation fails is left for run time; what has an effect is neither dropped, repeated nor moved.

namespace scriptc::python {

/// An expression whose value is known and has no literal: a function, a module, a bound (specialised) method, a class.
struct Resolved final : Expr {
  static constexpr ExprKind kKind = ExprKind::Resolved;
  Resolved() : Expr(kKind) {}
  Value value;
  ExprPtr original;  ///< what stood there, for messages
};

/// Attributes of modules that some compiled method assigns, or that must stay visible (`--preserve`): no constants.
struct MutableAttributes {
  std::set<std::pair<const Module*, std::string>> attributes;
  std::set<std::string> names;  ///< what is assigned in any object: holds for those outside the tree
  bool contains(const Module& module, const std::string& name) const { return attributes.contains({&module, name}); }
};

/// What the functions reachable from `forward`, exported methods and `more_roots` assign or change in place
/// (`self.x = …`, `self.x += …`, `self.x[i] = …`, `self.x.append(…)`) in `root` and its descendants.
MutableAttributes find_assigned(Evaluator& evaluator, const ModulePtr& root,
                                const std::vector<std::string>& more_roots = {});

/// A function of the library torch._folds: what stands in compiled code for what TorchScript lacks.
Value fold_function(Evaluator& evaluator, const std::string& name);

/// The default of a parameter as evaluated when its function was defined, or null.
const Value* default_of(const PyFunction& function, const std::string& parameter);

/// True if a method of the tree asks whether some `x.name` is None, or true.
bool asks_for_attribute(const ModulePtr& root, const std::string& name);

/// True if a method of the class or its bases has `self.name = …` (or changes it in place).
bool assigns_attribute(const PyClass& cls, const std::string& name);

/// True if the function may return something else than None.
bool returns_value(const PyFunction& function);

/// True if there is but one place in the function that binds the variable.
bool binds_once(const PyFunction& function, const std::string& name);

/// True if there is but one `return` in the function.
bool returns_once(const PyFunction& function);

/// True if the function has `name = None`, or an assignment of what may be None by its looks.
bool assigns_none(const PyFunction& function, const std::string& name);

/// Errors (model): a parameter in `defaulted` starts as a list or dict that the function changes in place: Python keeps
/// the change for the next call.
void refuse_changed_defaults(const PyFunction& function, const std::vector<std::string>& defaulted);

class Specialiser {
 public:
  /// `root`: the tree being compiled; modules outside of it are dissolved into their constants.
  Specialiser(Evaluator& evaluator, ModulePtr root, MutableAttributes mutable_attributes);
  ~Specialiser();
  Specialiser(const Specialiser&) = delete;
  Specialiser& operator=(const Specialiser&) = delete;

  /// The residual of a method of `self`: the same parameters, self first. `*args` and `**kwargs` are empty, as the
  /// caller is outside. `fixed`: parameters that become constants. A method that needs no change comes back as it is.
  std::shared_ptr<PyFunction> specialise_method(const std::shared_ptr<PyFunction>& method, const ModulePtr& self,
                                                const std::map<std::string, Value>& fixed = {});

  /// The residual of a free function or lambda (a def in the result).
  std::shared_ptr<PyFunction> specialise_function(const std::shared_ptr<PyFunction>& function);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scriptc::python
