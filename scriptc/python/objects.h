#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/model/module.h"
#include "scriptc/model/ordered_map.h"
#include "scriptc/model/value.h"
#include "scriptc/python/ast.h"

// The Python objects that the lowering (scriptc/torch) and the specialiser look into. Everything else about the
// evaluator stays behind evaluator.h.

namespace scriptc::python {

class Interpreter;

/// A Python module: its name and globals. `torch`, `torch.nn` and user files alike. It runs when a value from it is
/// first needed: read `globals` through the evaluator.
class PyModule : public Object {
 public:
  std::string type_name() const override { return "module"; }
  std::string name;  ///< dotted: `torch.nn.functional`, `models.resnet`; names of compiled functions derive from it
  SourcePtr source;  ///< null for modules written in C++
  OrderedMap<Value> globals;
  std::string folder;  ///< where a package's submodules, or a module's siblings, lie; empty for embedded ones
  bool is_package = false;
  bool is_embedded = false;  ///< part of the embedded library
  /// Runs the module's body; null once that has begun (or for modules without a body).
  std::function<void()> pending;
  /// The value of a name that is not in `globals`, for modules that make their names up; may be null.
  std::function<std::optional<Value>(const std::string&)> missing;
};

/// The variables of one function call (or class body), chained for closures.
class Scope {
 public:
  OrderedMap<Value> names;
  std::shared_ptr<Scope> parent;  ///< the enclosing *function's* scope, or null
};

class PyClass;
class Opaque;

/// A function or lambda with a Python body.
class PyFunction : public Function {
 public:
  std::string qualified_name;              ///< `torch.nn.functional.relu`, `net.Block.forward`
  std::shared_ptr<const FunctionDef> def;  ///< null for a lambda
  std::shared_ptr<const Lambda> lambda;    ///< null for a def
  std::shared_ptr<PyModule> module;        ///< globals
  SourcePtr text;                          ///< where its code stands, if not in the module's own source
  std::shared_ptr<Scope> closure;          ///< may be null
  std::weak_ptr<PyClass> owner;            ///< the class in whose body it was defined: `super()`, private names
  std::vector<Value> defaults;             ///< values of def->args->defaults
  std::vector<Value> kw_defaults;          ///< as long as kwonlyargs; see has_kw_default
  std::vector<bool> has_kw_default;
  OrderedMap<Value> attributes;  ///< the function's own `__dict__`

  /// What torch.jit's decorators said of it.
  enum class ScriptMark { none, exported, ignored, unused };
  ScriptMark mark = ScriptMark::none;
  /// Signatures of `@overload`ed declarations, in order (torch.jit._overload, _overload_method).
  std::vector<std::shared_ptr<PyFunction>> overloads;

  const Arguments& args() const { return def ? *def->args : *lambda->args; }
  const SourcePtr& source() const { return text ? text : module->source; }
};

/// A function of the embedded library written in C++: `len`, `math.sqrt`, `torch.zeros`. The lowering knows some of
/// them by qualified name.
class NativeFunction : public Function {
 public:
  using Body = std::function<Value(const Args&, const Kwargs&)>;
  NativeFunction(std::string qualified, Body b) : qualified_name(std::move(qualified)), body(std::move(b)) {
    name = qualified_name.substr(qualified_name.rfind('.') + 1);
  }
  std::string type_name() const override { return "builtin_function_or_method"; }
  std::string qualified_name;  ///< `builtins.len`, `math.sqrt`, `torch.jit.annotate`
  Body body;
  bool is_method = false;  ///< binds to the instance it is looked up on
};

/// functools.partial.
class Partial : public Object {
 public:
  std::string type_name() const override { return "functools.partial"; }
  Value function;
  Args args;
  Kwargs kwargs;
};

/// A type of `typing` with its arguments: `Optional[Tensor]`, `List[int]` (also `list[int]`), `int | None` (Union),
/// `Final[int]`, `Callable[..., T]`. Bare `List` has no arguments. Classes (`int`, `Tensor`) are PyClasses.
class TypeForm : public Object {
 public:
  std::string type_name() const override { return "typing._GenericAlias"; }
  std::string origin;  ///< `Optional`, `List`, `Tuple`, `Dict`, `Set`, `Union`, `Final`, `Callable`, `Any`, …
  Args args;           ///< values: classes, TypeForms, None, strings (forward references)
};

/// A function bound to its first argument.
class BoundMethod : public Object {
 public:
  std::string type_name() const override { return "method"; }
  Value self;
  Value function;
};

/// What an instance of a class is made of: that of its first native base which says so.
enum class Layout { plain, module, dict, list, tuple, set, scalar, exception, type };

/// A class with its dictionary and C3 order. Native bases (nn.Module, object, dict, Exception, Enum…) are PyClasses
/// too, made by the evaluator.
class PyClass : public Class {
 public:
  std::string type_name() const override { return metaclass ? metaclass->name : "type"; }
  std::vector<std::shared_ptr<PyClass>> bases;
  std::vector<std::weak_ptr<PyClass>> mro;  ///< itself first
  OrderedMap<Value> dict;
  OrderedMap<ExprPtr> annotations;      ///< of the class body (`x: Final[int]`, NamedTuple and dataclass fields)
  std::shared_ptr<const ClassDef> def;  ///< null for native classes
  std::shared_ptr<PyModule> module;     ///< null for native classes
  std::shared_ptr<Scope> closure;
  std::shared_ptr<PyClass> metaclass;  ///< null: `type`
  Layout layout = Layout::plain;
  std::shared_ptr<Opaque> opaque_base;  ///< a base that was not found; may be null
  Interpreter* interpreter = nullptr;   ///< runs its `__eq__` and `__hash__`

  /// First hit along the C3 order, null if none.
  const Value* lookup(std::string_view attribute) const;
  /// The same, starting behind `after` (`super()`).
  const Value* lookup_after(const PyClass& after, std::string_view attribute) const;
  bool is_subclass_of(const PyClass& other) const;
};

/// `torch.relu`, `torch.ops.aten.add`, a method name of Tensor: an ATen operator by name, resolved by the back end.
class OperatorRef : public Object {
 public:
  explicit OperatorRef(std::string n) : name(std::move(n)) {}
  std::string type_name() const override { return "builtin_function_or_method"; }
  std::string name;  ///< `relu`, without `aten::`
};

/// `torch.float32`, `torch.device('cpu')`, `torch.strided`, `torch.contiguous_format`: constants that TorchScript
/// knows.
class TorchConstant : public Object {
 public:
  enum class Kind { dtype, device, layout, memory_format };
  TorchConstant(Kind k, std::string n, std::int64_t v) : kind(k), name(std::move(n)), value(v) {}
  std::string type_name() const override;
  Kind kind;
  std::string name;    ///< `float32`, `cpu`, `strided`, `channels_last`
  std::int64_t value;  ///< c10's number; for a device its index, or -1
};

/// A value of an import that was not found: it may be passed, stored, decorated with and inherited from, and is an
/// error, naming the import, when its value is needed.
class Opaque : public Object {
 public:
  std::string type_name() const override { return "opaque"; }
  std::string import_name;  ///< `cv2.resize`: what the value would have been
  std::string why;          ///< "module 'cv2' was not found; imported at net.py:3"
};

}  // namespace scriptc::python
