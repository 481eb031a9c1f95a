#include "scriptc/python/evaluator.h"

#include "scriptc/python/interpreter.h"
#include "scriptc/python/parser.h"

namespace scriptc::python {

class Evaluator::Impl {
 public:
  explicit Impl(EvaluatorOptions options) : in(std::move(options)) {}

  /// Runs `action`; a Python exception that nobody handled leaves as an Error, as does any other.
  template <class Action>
  auto guarded(Action action) {
    Frame* const innermost = in.frame;
    try {
      return action();
    } catch (const Raised& raised) {
      in.frame = innermost;
      throw in.to_error(raised);
    } catch (const Error&) {
      in.frame = innermost;
      throw;
    } catch (const std::bad_alloc&) {
      in.frame = innermost;
      throw;
    } catch (const std::exception& error) {
      in.frame = innermost;
      throw Error(ErrorKind::internal, std::string("the evaluator failed: ") + error.what());
    }
  }

  Interpreter in;
};

Evaluator::Evaluator(EvaluatorOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Evaluator::~Evaluator() = default;

std::shared_ptr<PyModule> Evaluator::import_module(std::string_view dotted) {
  return impl_->guarded([&] { return impl_->in.import_module(std::string(dotted)); });
}

std::shared_ptr<PyModule> Evaluator::load_file(const std::string& path) {
  return impl_->guarded([&] { return impl_->in.load_file(path); });
}

std::shared_ptr<PyModule> Evaluator::make_module(std::string name, SourcePtr source) {
  Interpreter& in = impl_->in;
  return impl_->guarded([&] {
    auto module = std::make_shared<PyModule>();
    module->name = std::move(name);
    module->source = std::move(source);
    OrderedMap<Value>& globals = module->globals;
    globals.set("__name__", module->name);
    for (const char* imported : {"torch", "math"}) globals.set(imported, in.find_module(imported));
    globals.set("nn", in.find_module("torch.nn"));
    globals.set("F", in.find_module("torch.nn.functional"));
    globals.set("Tensor", in.types.tensor);
    const auto typing = in.find_module("typing");
    for (const char* form : {"Any", "Callable", "Dict", "Final", "List", "NamedTuple", "Optional", "Tuple", "Union"})
      globals.set(form, *in.module_attribute(*typing, form));
    in.made_modules.push_back(module);
    return module;
  });
}

void Evaluator::execute(const std::shared_ptr<PyModule>& module, SourcePtr source) {
  impl_->guarded([&] { impl_->in.run(module, source); });
}

Value Evaluator::evaluate(const std::shared_ptr<PyModule>& module, SourcePtr expression) {
  return impl_->guarded([&] { return impl_->in.eval_expression(module, expression); });
}

Value Evaluator::evaluate_in(const PyFunction& function, const ExprPtr& expr, const OrderedMap<Value>& locals) {
  return impl_->guarded([&] { return impl_->in.eval_in(function, expr, locals); });
}

Value Evaluator::call(const Value& callable, const Args& args, const Kwargs& kwargs) {
  return impl_->guarded([&] { return impl_->in.call(callable, args, kwargs); });
}

Value Evaluator::get_attribute(const Value& object, std::string_view name) {
  return impl_->guarded([&] { return impl_->in.get_attribute(object, std::string(name)); });
}

std::optional<Value> Evaluator::try_get_attribute(const Value& object, std::string_view name) {
  return impl_->guarded([&] { return impl_->in.find_attribute(object, std::string(name)); });
}

void Evaluator::set_attribute(const Value& object, std::string_view name, const Value& value) {
  impl_->guarded([&] { impl_->in.set_attribute(object, std::string(name), value); });
}

std::optional<Value> Evaluator::try_resolve(const PyFunction& function, std::string_view name) {
  return impl_->guarded([&] { return impl_->in.resolve(function, std::string(name)); });
}

bool Evaluator::is_instance(const Value& value, const Value& cls) {
  return impl_->guarded([&] { return impl_->in.is_instance(value, cls); });
}

bool Evaluator::truth(const Value& value) {
  return impl_->guarded([&] { return impl_->in.truth(value); });
}

std::string Evaluator::represent(const Value& value) {
  return impl_->guarded([&] { return impl_->in.repr(value); });
}

std::vector<Value> Evaluator::iterate(const Value& iterable) {
  return impl_->guarded([&] { return impl_->in.to_vector(iterable); });
}

TensorMode Evaluator::mode() const { return impl_->in.options.mode; }

Backend& Evaluator::backend() { return impl_->in.backend(); }

}  // namespace scriptc::python
