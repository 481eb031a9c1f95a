#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/sugared_value.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "scriptc/python/residual.h"
#include "scriptc/torch/lowering.h"
#include "scriptc/torch/lowering_source.h"
#include "scriptc/torch/starts.h"

// The state of one lowering. LibTorch's ir_emitter does control flow and typing; it asks back for every name that it
// does not know (resolver.h, sugared_*.h), and functions, methods and classes are compiled when it does.

namespace scriptc::torch_backend {

using PyFunctionPtr = std::shared_ptr<python::PyFunction>;
using PyClassPtr = std::shared_ptr<python::PyClass>;

/// What a call passes to a parameter that has no annotation, where that is no Tensor (or not of the default's type).
struct CallType {
  c10::TypePtr type;
  bool by_keyword = false;
};
using CallTypes = std::map<std::string, CallType>;

std::string text_of(const CallTypes& types);

/// One function, compiled for one set of CallTypes (as text).
using CompiledFor = std::pair<const python::PyFunction*, std::string>;

/// A class type and the first instance it was made for. Instances share it if they cannot be told apart by compiled
/// code (class_types.h).
struct ModuleInfo {
  ModulePtr module;
  c10::ClassTypePtr type;
  std::map<std::string, ModuleInfo*> children;
  std::map<std::string, std::string> untyped;               ///< attributes without a TorchScript type: why
  std::map<CompiledFor, std::vector<std::string>> methods;  ///< compiled so far: names on `type`
  std::set<std::string> cleared;                            ///< attributes that compiled code sets to None
};

/// What stands behind a made-up name of a tree: a value, a type, or the refusal to be thrown when it is reached (code
/// in a branch that is never compiled may hold anything).
using Named = std::variant<Value, c10::TypePtr, std::shared_ptr<::torch::jit::SugaredValue>, Error>;

class Compiler {
 public:
  /// `starts`: of variables, as earlier compilations found them (starts.h).
  Compiler(ModulePtr root, python::Evaluator& evaluator, const LoweringOptions& options, const Starts& starts);
  ~Compiler();

  Lowered compile();

  python::Evaluator& evaluator() { return evaluator_; }
  const ModulePtr& root() const { return root_; }
  const LoweringOptions& options() const { return options_; }
  const Starts& starts() const { return starts_; }
  const std::shared_ptr<::torch::jit::CompilationUnit>& unit() const { return unit_; }
  const std::vector<CompileFrame>& frames() const { return frames_; }

  /// A fresh identifier for a tree; no Python program can contain it.
  std::string name(Named thing);
  /// The thing behind an identifier, or null.
  const Named* find(const std::string& identifier) const;

  ModuleInfo& info(const ModulePtr& module);
  /// The type whose method is being compiled; null in free functions and script classes.
  ModuleInfo* owner() const { return owners_.empty() ? nullptr : owners_.back().info; }
  /// The instance whose method is being compiled: the code that was specialised to it names its tensors and children,
  /// and those of no other instance of the type. Null where owner() is.
  ModulePtr instance() const { return owners_.empty() ? nullptr : owners_.back().instance; }
  bool is_mutable(const Module& module, const std::string& attribute) const;

  /// Compiles `function` as a method of `owner`'s type, unless that was done; several names if it is overloaded.
  /// `name`: what it is called where it is used; `instance`: what it was specialised to, null for any of the type.
  const std::vector<std::string>& method(ModuleInfo& owner, const PyFunctionPtr& function, const std::string& name,
                                         const ::torch::jit::SourceRange& called_at, const CallTypes& types = {},
                                         const ModulePtr& instance = nullptr);
  /// What is left of `function` when what `self` holds is known; null for free functions.
  PyFunctionPtr specialised(const PyFunctionPtr& function, const ModulePtr& self);
  /// Compiles `function` once more under exactly this name.
  void alias(ModuleInfo& owner, const PyFunctionPtr& function, const std::string& name,
             const ::torch::jit::SourceRange& called_at, const CallTypes& types = {},
             const ModulePtr& instance = nullptr);
  /// Compiles a free function, unless that was done; several if it is overloaded.
  const std::vector<::torch::jit::StrongFunctionPtr>& function(const PyFunctionPtr& function,
                                                               const ::torch::jit::SourceRange& called_at,
                                                               const CallTypes& types = {});

  /// TorchScript's type for a user's class: NamedTuple, Enum or script class. `types`: what `__init__` is called with;
  /// an annotation, which gives none, means any that was made.
  c10::TypePtr class_type(const PyClassPtr& cls, const ::torch::jit::SourceRange& used_at, const CallTypes& types = {});

  /// The type of a dataclass's instances whose fields hold values of these types, in order: a named tuple, which Python
  /// can be given, unless some code assigns a field.
  c10::TypePtr record_type(const PyClassPtr& cls, const std::vector<std::string>& fields,
                           const std::vector<c10::TypePtr>& types);

  /// An Error at `range` with the chain of calls.
  Error error(const ::torch::jit::SourceRange& range, const std::string& sentence, const std::string& help = "") const;
  /// An Error at `span` of the function that is being compiled.
  Error error(const python::Span& span, const std::string& sentence, const std::string& help = "") const;

  /// `function` in the compilation unit; `self` is null for free functions. `prefix`: qualified name of the class.
  struct Definition {
    PyFunctionPtr function;
    std::string prefix;
    std::string name;
    const ::torch::jit::Self* self = nullptr;
    ModuleInfo* owner = nullptr;  ///< of methods of modules
    bool mangle = false;
    CallTypes types;
    ModulePtr instance;  ///< of `owner`
  };
  ::torch::jit::Function* define(const Definition& definition, const ::torch::jit::SourceRange& called_at);

 private:
  void apply_signature(::torch::jit::Function& function, const struct Signature& signature);
  std::string free_method_name(const ModuleInfo& owner, const std::string& wanted) const;
  void compile_entry_points(ModuleInfo& root);

  ModulePtr root_;
  python::Evaluator& evaluator_;
  LoweringOptions options_;
  const Starts& starts_;
  std::shared_ptr<::torch::jit::CompilationUnit> unit_;
  python::MutableAttributes mutable_attributes_;
  std::unique_ptr<python::Specialiser> specialiser_;
  std::vector<CompileFrame> frames_;
  struct Owner {
    ModuleInfo* info;
    ModulePtr instance;
  };
  std::vector<Owner> owners_;  ///< as long as frames_
  std::map<std::string, Named> named_;
  std::map<const Module*, ModuleInfo*> infos_;
  std::vector<std::unique_ptr<ModuleInfo>> types_;
  std::map<const python::PyFunction*, std::map<std::string, Value>> fixed_;  ///< parameters that are constants
  std::vector<InputSpec> inputs_;
  std::map<std::string, ModuleInfo*> type_keys_;
  std::map<CompiledFor, std::vector<::torch::jit::StrongFunctionPtr>> functions_;
  std::map<std::pair<const python::PyClass*, std::string>, c10::TypePtr> classes_;  ///< by what __init__ is given
  std::map<std::pair<const python::PyClass*, std::string>, c10::TypePtr> records_;
  std::vector<std::shared_ptr<const Object>> alive_;  ///< owners of the pointers that are keys
};

}  // namespace scriptc::torch_backend
