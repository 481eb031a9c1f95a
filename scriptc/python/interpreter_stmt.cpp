#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/interpreter.h"
#include "scriptc/python/parser.h"

namespace scriptc::python {

void Interpreter::step() {
  if (++steps_ > options.limits.steps)
    over_limit("evaluation takes more than " + std::to_string(options.limits.steps) + " steps", "--max-steps");
}

void Interpreter::charge(std::size_t bytes) {
  if (options.limits.memory - memory_ >= 0 && bytes <= static_cast<std::size_t>(options.limits.memory - memory_))
    memory_ += static_cast<std::int64_t>(bytes);
  else
    over_limit("evaluation takes more than " + std::to_string(options.limits.memory) + " bytes", "--max-memory");
}

void Interpreter::run(const std::shared_ptr<PyModule>& module, const SourcePtr& source) {
  const auto tree = parse_module(source);
  Frame f;
  f.module = module;
  f.source = source;
  f.name = "<module>";
  const FrameGuard guard(*this, f);
  struct Running {
    Running(Interpreter& i, const PyModule* m) : in(i) { in.running_modules.push_back(m); }
    ~Running() { in.running_modules.pop_back(); }
    Interpreter& in;
  } const running(*this, module.get());
  check_stack();
  with_trace(f, [&] { exec(f, tree->body); });
}

Value Interpreter::eval_expression(const std::shared_ptr<PyModule>& module, const SourcePtr& text) {
  const ExprPtr expr = parse_expression(text);
  Frame f;
  f.module = module;
  f.source = text;
  f.name = "<expression>";
  const FrameGuard guard(*this, f);
  with_trace(f, [&] { f.returned = eval(f, expr); });
  return std::move(f.returned);
}

Flow Interpreter::exec(Frame& f, const StmtList& body) {
  for (const StmtPtr& stmt : body) {
    const Flow flow = exec_one(f, stmt);
    if (flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Flow Interpreter::exec_one(Frame& f, const StmtPtr& stmt) {
  step();
  f.at = &stmt->span;
  switch (stmt->kind) {
    case StmtKind::ExprStmt:
      eval(f, static_cast<const ExprStmt&>(*stmt).value);
      return Flow::normal;
    case StmtKind::Assign: {
      const auto& node = static_cast<const Assign&>(*stmt);
      const Value value = eval(f, node.value);
      for (const ExprPtr& target : node.targets) exec_assign(f, *target, value);
      return Flow::normal;
    }
    case StmtKind::AugAssign:
      exec_augmented(f, static_cast<const AugAssign&>(*stmt));
      return Flow::normal;
    case StmtKind::AnnAssign:
      exec_annotated(f, static_cast<const AnnAssign&>(*stmt));
      return Flow::normal;
    case StmtKind::Return: {
      const auto& node = static_cast<const Return&>(*stmt);
      f.returned = node.value ? eval(f, node.value) : Value();
      return Flow::returned;
    }
    case StmtKind::If: {
      const auto& node = static_cast<const If&>(*stmt);
      const Value test = eval(f, node.test);
      f.at = &node.test->span;
      return exec(f, truth(test) ? node.body : node.orelse);
    }
    case StmtKind::For:
      return exec_for(f, static_cast<const For&>(*stmt));
    case StmtKind::While:
      return exec_while(f, static_cast<const While&>(*stmt));
    case StmtKind::With:
      return exec_with(f, static_cast<const With&>(*stmt), 0);
    case StmtKind::Try:
      return exec_try(f, static_cast<const Try&>(*stmt));
    case StmtKind::Match:
      return exec_match(f, static_cast<const Match&>(*stmt));
    case StmtKind::FunctionDef:
      exec_function(f, std::static_pointer_cast<const FunctionDef>(stmt));
      return Flow::normal;
    case StmtKind::ClassDef:
      exec_class(f, std::static_pointer_cast<const ClassDef>(stmt));
      return Flow::normal;
    case StmtKind::Raise:
      exec_raise(f, static_cast<const Raise&>(*stmt));
      return Flow::normal;
    case StmtKind::Assert:
      exec_assert(f, static_cast<const Assert&>(*stmt));
      return Flow::normal;
    case StmtKind::Import:
      exec_import(f, static_cast<const Import&>(*stmt));
      return Flow::normal;
    case StmtKind::ImportFrom:
      exec_import_from(f, static_cast<const ImportFrom&>(*stmt));
      return Flow::normal;
    case StmtKind::Delete:
      for (const ExprPtr& target : static_cast<const Delete&>(*stmt).targets) exec_delete(f, *target);
      return Flow::normal;
    case StmtKind::Break:
      return Flow::broken;
    case StmtKind::Continue:
      return Flow::continued;
    case StmtKind::Global:
    case StmtKind::Nonlocal:
    case StmtKind::Pass:
      return Flow::normal;
  }
  throw Error(ErrorKind::internal, "a statement of unknown kind");
}

Flow Interpreter::exec_for(Frame& f, const For& node) {
  if (node.is_async) raise("SyntaxError", "'async for' is not supported");
  const Value sequence = eval(f, node.iter);
  f.at = &node.iter->span;
  const IteratorPtr iterator = iterate(sequence);
  for (;;) {
    step();
    Value item;
    f.at = &node.iter->span;
    if (!iterator->next(item)) break;
    exec_assign(f, *node.target, item);
    const Flow flow = exec(f, node.body);
    if (flow == Flow::broken) return Flow::normal;
    if (flow == Flow::returned) return flow;
  }
  return exec(f, node.orelse);
}

Flow Interpreter::exec_while(Frame& f, const While& node) {
  for (;;) {
    step();
    const Value test = eval(f, node.test);
    f.at = &node.test->span;
    if (!truth(test)) break;
    const Flow flow = exec(f, node.body);
    if (flow == Flow::broken) return Flow::normal;
    if (flow == Flow::returned) return flow;
  }
  return exec(f, node.orelse);
}

Flow Interpreter::exec_with(Frame& f, const With& node, std::size_t item) {
  if (node.is_async) raise("SyntaxError", "'async with' is not supported");
  if (item == node.items.size()) return exec(f, node.body);
  const Value manager = eval(f, node.items[item].context_expr);
  f.at = &node.items[item].context_expr->span;
  const auto entered = call_special(manager, "__enter__");
  if (!entered)
    raise("TypeError", quote(manager.type_name()) + " object does not support the context manager protocol");
  Flow flow = Flow::normal;
  std::optional<Raised> pending;
  try {
    if (node.items[item].optional_vars) exec_assign(f, *node.items[item].optional_vars, *entered);
    flow = exec_with(f, node, item + 1);
  } catch (Raised& raised) {
    pending = std::move(raised);
  }
  // Outside of the handler: a generator may switch stacks in __exit__.
  if (!pending) {
    call_special(manager, "__exit__", {Value(), Value(), Value()});
    return flow;
  }
  const auto swallowed = call_special(manager, "__exit__", {type_of(pending->exception), pending->exception, Value()});
  if (swallowed && truth(*swallowed)) return Flow::normal;
  throw std::move(*pending);
}

namespace {

/// Whether a handler's type, as written, catches ImportError.
bool catches_import_error(const ExprPtr& type) {
  if (!type) return true;
  if (const auto* tuple = as<TupleExpr>(type))
    return std::any_of(tuple->elts.begin(), tuple->elts.end(), catches_import_error);
  const auto* name = as<Name>(type);
  return name != nullptr && (name->id == "ImportError" || name->id == "ModuleNotFoundError" ||
                             name->id == "Exception" || name->id == "BaseException");
}

}  // namespace

Flow Interpreter::exec_try(Frame& f, const Try& node) {
  if (node.is_star) raise("SyntaxError", "'except*' is not supported");
  Flow flow = Flow::normal;
  std::optional<Raised> pending;
  try {
    flow = exec_protected(f, node);
  } catch (Raised& raised) {
    if (node.finalbody.empty()) throw;
    pending = std::move(raised);
  }
  const Value returned = f.returned;
  const Flow last = exec(f, node.finalbody);
  if (last != Flow::normal) return last;
  f.returned = returned;
  if (pending) throw std::move(*pending);
  return flow;
}

Flow Interpreter::exec_protected(Frame& f, const Try& node) {
  const bool guards = std::any_of(node.handlers.begin(), node.handlers.end(),
                                  [](const ExceptHandler& handler) { return catches_import_error(handler.type); });
  std::optional<Raised> caught;
  Frame* const innermost = frame;
  try {
    struct Guard {
      Guard(int& c, bool on) : count(c), by(on ? 1 : 0) { count += by; }
      ~Guard() { count -= by; }
      int& count;
      int by;
    } const guard(f.import_guards, guards);
    const Flow flow = exec(f, node.body);
    if (flow != Flow::normal) return flow;
  } catch (Raised& raised) {
    caught = std::move(raised);
  } catch (const NeedsValues&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::model) throw;
    caught = to_python(error);
  }
  frame = innermost;
  if (!caught) return exec(f, node.orelse);
  caught->trace.push_back(trace_line(f));
  for (const ExceptHandler& handler : node.handlers) {
    if (handler.type) {
      f.at = &handler.type->span;
      if (!matches(caught->exception, eval(f, handler.type))) continue;
    }
    struct Handling {
      Handling(Interpreter& i, Raised raised) : in(i) { in.handling.push_back(std::move(raised)); }
      ~Handling() { in.handling.pop_back(); }
      Interpreter& in;
    } const active(*this, *caught);
    if (!handler.name.empty()) store_name(f, handler.name, caught->exception);
    const Flow flow = exec(f, handler.body);
    if (!handler.name.empty() && find_name(f, handler.name)) delete_name(f, handler.name);
    return flow;
  }
  // The line of this function is added again where the exception leaves it.
  caught->trace.pop_back();
  throw std::move(*caught);
}

void Interpreter::exec_raise(Frame& f, const Raise& node) {
  if (!node.exc) {
    if (handling.empty()) raise("RuntimeError", "No active exception to reraise");
    Raised again = handling.back();
    throw again;
  }
  Value exception = eval(f, node.exc);
  const Value cause = node.cause ? eval(f, node.cause) : Value();
  f.at = &node.span;
  if (exception.try_as<PyClass>()) exception = call(exception, {});
  if (!exception.try_as<PyException>()) {
    if (const auto opaque = exception.try_as<Opaque>()) opaque_used(*opaque);
    raise("TypeError", "exceptions must derive from BaseException");
  }
  OrderedMap<Value>& attributes = exception.try_as<PyException>()->attributes;
  if (node.cause) attributes.set("__cause__", cause);
  if (node.cause) attributes.set("__suppress_context__", true);
  if (!handling.empty() && !handling.back().exception.is_same(exception))
    attributes.set("__context__", handling.back().exception);
  raise_value(exception);
}

void Interpreter::exec_assert(Frame& f, const Assert& node) {
  if (truth(eval(f, node.test))) return;
  const Value message = node.msg ? eval(f, node.msg) : Value();
  f.at = &node.span;
  raise_value(call(exception_class("AssertionError"), node.msg ? Args{message} : Args{}));
}

namespace {

/// Where `def` binds a name.
const OrderedMap<Value>& own_names(const Frame& f) {
  return f.class_names != nullptr ? *f.class_names : f.scope ? f.scope->names : f.module->globals;
}

}  // namespace

void Interpreter::exec_function(Frame& f, const std::shared_ptr<const FunctionDef>& node) {
  std::vector<Value> decorators;
  for (const ExprPtr& decorator : node->decorator_list) decorators.push_back(eval(f, decorator));
  const auto function_object = make_function(f, node, nullptr);
  // What `@torch.jit._overload` declared before holds for the function of that name that is no declaration itself.
  if (const Value* earlier = own_names(f).find(node->name))
    if (const auto declared = earlier->try_as<PyFunction>(); declared && !declared->overloads.empty())
      if (declared->overloads.back() == declared) function_object->overloads = std::move(declared->overloads);
  store_name(f, node->name, decorate(f, node->decorator_list, decorators, function_object));
}

Value Interpreter::decorate(Frame& f, const ExprList& decorators, const std::vector<Value>& values, Value value) {
  for (std::size_t i = values.size(); i-- > 0;) {
    if (values[i].try_as<Opaque>()) continue;
    f.at = &decorators[i]->span;
    Value decorated = call(values[i], {value});
    if (!decorated.try_as<Opaque>()) value = std::move(decorated);
  }
  return value;
}

void Interpreter::exec_class(Frame& f, const std::shared_ptr<const ClassDef>& node) {
  std::vector<Value> decorators;
  for (const ExprPtr& decorator : node->decorator_list) decorators.push_back(eval(f, decorator));
  std::vector<Value> base_values;
  for (const Value& base : eval_elements(f, node->bases)) {
    if (const auto entries = find_attribute(base, "__mro_entries__"); entries && !base.try_as<PyClass>())
      for (const Value& entry : to_vector(call(*entries, {Value::tuple({base})}))) base_values.push_back(entry);
    else
      base_values.push_back(base);
  }
  Kwargs keywords;
  PyClassPtr metaclass;
  for (const Keyword& keyword : node->keywords) {
    const Value value = eval(f, keyword.value);
    if (keyword.arg == "metaclass")
      metaclass = value.try_as<PyClass>();
    else
      keywords.emplace_back(keyword.arg, value);
  }
  const Value cls = build_class(f, node, base_values, keywords, metaclass);
  store_name(f, node->name, decorate(f, node->decorator_list, decorators, cls));
}

}  // namespace scriptc::python
