#pragma once

#include <vector>

#include "scriptc/python/runtime.h"
#include "scriptc/torch/sugared_values.h"

// Classes, partials, `super()` and methods of dictionaries as callables of the ir_emitter.

namespace scriptc::torch_backend {

/// A method that gives a fixed sequence: `items()`, `named_children()`, `parameters()`.
class FixedSequence final : public ::torch::jit::SugaredValue {
 public:
  explicit FixedSequence(std::vector<Sugared> items) : items_(std::move(items)) {}
  std::string kind() const override { return "module method"; }
  Sugared call(const ::torch::jit::SourceRange&, ::torch::jit::GraphFunction&, at::ArrayRef<::torch::jit::NamedValue>,
               at::ArrayRef<::torch::jit::NamedValue>, std::size_t) override {
    return std::make_shared<::torch::jit::SugaredTupleValue>(items_);
  }

 private:
  std::vector<Sugared> items_;
};

/// `module._modules` and its like.
Sugared make_name_dictionary(Compiler& compiler, std::shared_ptr<python::NameView> view);

/// `x.new_tensor(data)`, and `x.new(…)` if `legacy`: a function whose first argument is `x`.
Sugared make_new_tensor(Compiler& compiler, bool legacy);

/// A class: exceptions can be raised; NamedTuples, Enums and script classes be made; modules not.
Sugared make_class(Compiler& compiler, const PyClassPtr& cls, const ::torch::jit::SourceRange& loc);

/// functools.partial: its arguments go in front, its keywords under the caller's.
Sugared make_partial(Compiler& compiler, const python::Partial& partial, const ::torch::jit::SourceRange& loc,
                     ::torch::jit::GraphFunction& m);

/// `function` with other parameters.
std::shared_ptr<python::PyFunction> with_arguments(const python::PyFunction& function, python::ArgumentsPtr args);

/// `function` without its first parameter, whose name is bound to `value` (class methods).
PyFunctionPtr without_first_parameter(const PyFunctionPtr& function, const Value& value);

}  // namespace scriptc::torch_backend
