#pragma once

#include <memory>
#include <optional>
#include <string>

#include "scriptc/torch/lowering_compiler.h"

// Python values as LibTorch's ir_emitter wants to see them.

namespace scriptc::torch_backend {

using Sugared = std::shared_ptr<::torch::jit::SugaredValue>;

/// `value` inside the graph of `m`. Errors (model): a value that compiled code cannot use.
Sugared to_sugared(Compiler& compiler, const Value& value, const ::torch::jit::SourceRange& loc,
                   ::torch::jit::GraphFunction& m);

/// None, numbers, strings, tensors, torch's constants, and containers of them only.
bool is_plain_data(const Value& value);

/// The qualified name of a function or class, else "".
std::string qualified_name_of(const Value& value);

/// The name under which the ir_emitter itself knows a builtin (`len`, `range`, `int`…).
std::optional<std::string> builtin_name(const Value& value);

/// What a call of this function is known to give in a compiled model: `torch.jit.is_scripting` → true.
std::optional<bool> fixed_answer(const std::string& qualified_name);

enum class ContextManager { no_grad, without_effect, script_class, unknown };
ContextManager context_manager(const Value& callee);

/// The class behind `with torch.no_grad()`.
Sugared no_grad_class(Compiler& compiler);

/// annotate, isinstance…: forms that the ir_emitter handles by itself.
Sugared special_form(c10::Symbol form);

/// `super()` in a method: attributes are looked up behind `after`.
Sugared make_super(Compiler& compiler, const PyClassPtr& after);

/// An ATen operator. Errors (model): no such operator, with the nearest names.
Sugared make_operator(Compiler& compiler, const std::string& name, const ::torch::jit::SourceRange& loc);

/// A module of the tree; `self` is its value in the graph.
Sugared make_module(Compiler& compiler, ::torch::jit::Value* self, ModuleInfo& info);

/// A function that gives what `a, b = x` unpacks: of a tensor, its slices.
Sugared make_unpackable();

/// The columns of its argument, rows that are tuples: of a list of them as lists; of a tuple of them as tuples, or
/// `as_lists`.
Sugared make_columns(Compiler& compiler, bool as_lists);

/// A tuple of those of its arguments that are not None.
Sugared make_present(Compiler& compiler);

/// A function that gives its argument, a bool; if the types of the graph decide it, as what an `if` on its variable
/// knows, which no block may assign again.
Sugared make_known_test();

/// A function that gives its argument, whose optional type says that it may be None, as what is not: an error of the
/// run if it is.
Sugared make_given();

/// A function that gives its argument; a number that may be an int or a float as an int.
Sugared make_position();

/// Python's `a ** b`, b not negative: of ints it is an int, where LibTorch's is a float.
Sugared make_power();

/// `a | b` and its like (aten::__or__…), where TorchScript takes no number on the left of a tensor.
Sugared make_bitwise(c10::Symbol op);

/// Python's `sum`, or `math.prod` if `multiplies`, of one argument.
Sugared make_fold(Compiler& compiler, bool multiplies);

/// Python's `max`, or `min` if `smaller`, of several arguments: one that is a tensor makes the result a tensor.
Sugared make_extreme(Compiler& compiler, bool smaller);

/// The types of arguments for parameters of `function`, behind its first `skip` ones, that have no annotation; what
/// such a parameter is anyhow is left out, so that calls share one compiled function.
CallTypes types_of_call(Compiler& compiler, const python::PyFunction& function, std::size_t skip,
                        ::torch::jit::Graph& graph, at::ArrayRef<::torch::jit::NamedValue> args,
                        at::ArrayRef<::torch::jit::NamedValue> keywords);

/// A function of Python, compiled for the types that each call gives to parameters without annotations.
Sugared make_function(Compiler& compiler, const PyFunctionPtr& function);

/// The same for a method of the module `self`; `name`: what it is called where it is used; `instance`: the module that
/// it was specialised to, null if it serves any of its type.
Sugared make_method(Compiler& compiler, ::torch::jit::Value* self, ModuleInfo& info, const PyFunctionPtr& function,
                    const std::string& name, const ModulePtr& instance = nullptr);

}  // namespace scriptc::torch_backend
