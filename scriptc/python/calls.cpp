#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/generator.h"
#include "scriptc/python/interpreter.h"

namespace scriptc::python {
namespace {

/// Whether the body of a module runs, or a function that it called.
bool importing(const Interpreter& in) {
  for (const Frame* f = in.frame; f != nullptr; f = f->back) {
    const auto& running = in.running_modules;
    if (f->function == nullptr && std::find(running.begin(), running.end(), f->module.get()) != running.end())
      return true;
  }
  return false;
}

/// `LeNet.__init__`, without the module.
std::string shown_name(const PyFunction& function) {
  const std::string prefix = function.module ? function.module->name + "." : "";
  return function.qualified_name.starts_with(prefix) ? function.qualified_name.substr(prefix.size())
                                                     : function.qualified_name;
}

/// `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`.
std::string enumerate_names(std::vector<std::string> names) {
  for (std::string& name : names) name = "'" + name + "'";
  if (names.size() == 1) return names.front();
  if (names.size() == 2) return names[0] + " and " + names[1];
  const std::string last = names.back();
  names.pop_back();
  return join(names) + ", and " + last;
}

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// Fills the parameters of one call.
class Binder {
 public:
  Binder(Interpreter& in, const PyFunction& fn, Scope& scope)
      : in_(in), fn_(fn), args_(fn.args()), names_(scope.names) {}

  void bind(const Args& args, const Kwargs& kwargs) {
    for (const Parameter& p : args_.posonlyargs) positional_.push_back(&p.arg);
    for (const Parameter& p : args_.args) positional_.push_back(&p.arg);
    const std::size_t taken = std::min(args.size(), positional_.size());
    for (std::size_t i = 0; i < taken; ++i) names_.set(*positional_[i], args[i]);
    Value rest = Value::dict();
    for (const auto& [name, value] : kwargs) keyword(name, value, rest.as_dict());
    if (!positional_only_.empty())
      in_.raise("TypeError", name() + " got some positional-only arguments passed as keyword arguments: '" +
                                 join(positional_only_) + "'");
    if (args.size() > positional_.size() && !args_.vararg) too_many(args.size(), kwargs);
    fill_defaults();
    if (args_.vararg)
      names_.set(args_.vararg->arg, Value::tuple({args.begin() + static_cast<std::ptrdiff_t>(taken), args.end()}));
    if (args_.kwarg) names_.set(args_.kwarg->arg, std::move(rest));
  }

 private:
  std::string name() const { return shown_name(fn_) + "()"; }

  void keyword(const std::string& key, const Value& value, DictValue& rest) {
    const auto is_key = [&](const Parameter& p) { return p.arg == key; };
    const bool known = std::any_of(args_.args.begin(), args_.args.end(), is_key) ||
                       std::any_of(args_.kwonlyargs.begin(), args_.kwonlyargs.end(), is_key);
    if (known) {
      if (names_.contains(key)) in_.raise("TypeError", name() + " got multiple values for argument '" + key + "'");
      names_.set(key, value);
      return;
    }
    if (args_.kwarg) {
      rest.set(key, value);
      return;
    }
    if (std::any_of(args_.posonlyargs.begin(), args_.posonlyargs.end(), is_key)) {
      positional_only_.push_back(key);
      return;
    }
    std::vector<std::string> candidates;
    for (const Parameter& p : args_.args) candidates.push_back(p.arg);
    for (const Parameter& p : args_.kwonlyargs) candidates.push_back(p.arg);
    in_.raise("TypeError", name() + " got an unexpected keyword argument '" + key + "'", did_you_mean(key, candidates));
  }

  [[noreturn]] void too_many(std::size_t given, const Kwargs& kwargs) {
    const std::size_t most = positional_.size();
    const std::size_t least = most - fn_.defaults.size();
    const std::string takes = least == most
                                  ? plural(most, "positional argument")
                                  : "from " + std::to_string(least) + " to " + plural(most, "positional argument");
    std::size_t keyword_only = 0;
    for (const auto& [key, value] : kwargs)
      for (const Parameter& p : args_.kwonlyargs)
        if (p.arg == key) ++keyword_only;
    const std::string extra = keyword_only == 0 ? ""
                                                : " positional argument" + std::string(given == 1 ? "" : "s") +
                                                      " (and " + plural(keyword_only, "keyword-only argument") + ")";
    in_.raise("TypeError", name() + " takes " + takes + " but " + std::to_string(given) + extra +
                               (given == 1 && keyword_only == 0 ? " was given" : " were given"));
  }

  void fill_defaults() {
    std::vector<std::string> missing;
    const std::size_t first_default = positional_.size() - fn_.defaults.size();
    for (std::size_t i = 0; i < positional_.size(); ++i) {
      if (names_.contains(*positional_[i])) continue;
      if (i < first_default)
        missing.push_back(*positional_[i]);
      else
        names_.set(*positional_[i], fn_.defaults[i - first_default]);
    }
    if (!missing.empty()) report(missing, "positional");
    for (std::size_t i = 0; i < args_.kwonlyargs.size(); ++i) {
      const std::string& key = args_.kwonlyargs[i].arg;
      if (names_.contains(key)) continue;
      if (i < fn_.has_kw_default.size() && fn_.has_kw_default[i])
        names_.set(key, fn_.kw_defaults[i]);
      else
        missing.push_back(key);
    }
    if (!missing.empty()) report(missing, "keyword-only");
  }

  [[noreturn]] void report(const std::vector<std::string>& missing, const std::string& kind) {
    in_.raise("TypeError", name() + " missing " + plural(missing.size(), "required " + kind + " argument") + ": " +
                               enumerate_names(missing));
  }

  Interpreter& in_;
  const PyFunction& fn_;
  const Arguments& args_;
  OrderedMap<Value>& names_;
  std::vector<const std::string*> positional_;
  std::vector<std::string> positional_only_;  // given by name all the same
};

}  // namespace

/// Counts nested calls.
struct DepthGuard {
  explicit DepthGuard(Interpreter& i) : in(i) {
    if (++in.depth_ > in.options.limits.depth) {
      --in.depth_;
      in.over_limit("calls nest deeper than " + std::to_string(in.options.limits.depth), "--max-calls");
    }
  }
  ~DepthGuard() { --in.depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;
  Interpreter& in;
};

const FunctionInfo& Interpreter::info_of(const PyFunction& fn) {
  const void* key = fn.def ? static_cast<const void*>(fn.def.get()) : static_cast<const void*>(fn.lambda.get());
  const auto found = infos_.find(key);
  if (found != infos_.end()) return found->second;
  // The tree must outlive its entry, or another node might take its address.
  if (fn.def)
    parsed_.push_back(fn.def);
  else
    parsed_.push_back(fn.lambda);
  return infos_.emplace(key, fn.def ? analyse(*fn.def) : analyse(*fn.lambda)).first->second;
}

std::shared_ptr<PyFunction> Interpreter::make_function(Frame& f, std::shared_ptr<const FunctionDef> def,
                                                       std::shared_ptr<const Lambda> lambda) {
  auto fn = std::make_shared<PyFunction>();
  fn->name = def ? def->name : "<lambda>";
  const bool nested = f.function != nullptr;
  const std::string prefix = f.class_names != nullptr ? f.name + "." : nested ? f.name + ".<locals>." : "";
  fn->qualified_name = f.module->name + "." + prefix + fn->name;
  fn->module = f.module;
  fn->text = f.source;
  fn->closure = f.scope;
  if (f.class_functions == nullptr) fn->owner = f.owner;
  fn->def = std::move(def);
  fn->lambda = std::move(lambda);
  const Arguments& arguments = fn->args();
  for (const ExprPtr& expr : arguments.defaults) fn->defaults.push_back(eval(f, expr));
  for (const ExprPtr& expr : arguments.kw_defaults) {
    fn->has_kw_default.push_back(expr != nullptr);
    fn->kw_defaults.push_back(expr ? eval(f, expr) : Value());
  }
  if (f.class_functions != nullptr) f.class_functions->push_back(fn);
  return fn;
}

void Interpreter::bind_arguments(const PyFunction& fn, const Args& args, const Kwargs& kwargs, Scope& scope) {
  Binder(*this, fn, scope).bind(args, kwargs);
}

Value Interpreter::call_function(const std::shared_ptr<PyFunction>& fn, const Args& args, const Kwargs& kwargs) {
  step();
  check_stack();
  const DepthGuard depth(*this);
  Frame f;
  f.function = fn.get();
  f.module = fn->module;
  f.scope = std::make_shared<Scope>();
  f.scope->parent = fn->closure;
  bind_arguments(*fn, args, kwargs, *f.scope);
  f.info = &info_of(*fn);
  f.source = fn->text;
  f.name = shown_name(*fn);
  f.owner = fn->owner.lock();
  if (f.owner) f.class_name = f.owner->name;
  if (!args.empty()) {
    f.first_argument = args.front();
    f.has_first_argument = true;
  }
  if (fn->def && fn->def->is_async) raise("TypeError", f.name + "() is a coroutine, which is not supported");
  if (f.info->is_generator) return std::make_shared<Generator>(*this, std::move(f), fn);
  if (f.info->makes_closures) scopes.push_back(f.scope);
  return run_body(f, *fn);
}

Value Interpreter::run_body(Frame& f, const PyFunction& fn) {
  const FrameGuard guard(*this, f);
  with_trace(f, [&] {
    if (fn.def)
      exec(f, fn.def->body);
    else
      f.returned = eval(f, fn.lambda->body);
  });
  return std::move(f.returned);
}

Value Interpreter::call_native(const NativeFunction& fn, const Args& args, const Kwargs& kwargs) {
  check_stack();
  check_argument_count(*this, fn, args, kwargs);
  try {
    return fn.body(args, kwargs);
  } catch (const CallArgs::MissingArgument& missing) {
    if (fn.is_method && args.empty()) raise("TypeError", "unbound method " + fn.name + "() needs an argument");
    const std::size_t self = fn.is_method ? 1 : 0, needed = missing.position - std::min(missing.position, self);
    raise("TypeError", fn.name + "() takes at least " + std::to_string(needed) + " argument" +
                           (needed == 1 ? "" : "s") + " (" + std::to_string(args.size() - std::min(args.size(), self)) +
                           " given)");
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::internal, fn.qualified_name + "() failed: " + error.what());
  }
}

Value Interpreter::call(const Value& callable, const Args& args, const Kwargs& kwargs) {
  if (!callable.is_object()) {
    if (const auto result = call_special_with(callable, "__call__", args, kwargs)) return *result;
    raise("TypeError", quote(callable.type_name()) + " object is not callable");
  }
  Object* object = callable.as_object().get();
  if (auto* fn = dynamic_cast<PyFunction*>(object))
    return call_function(std::static_pointer_cast<PyFunction>(fn->shared_from_this()), args, kwargs);
  if (dynamic_cast<NativeFunction*>(object) != nullptr) {
    const auto keep = std::static_pointer_cast<NativeFunction>(callable.as_object());
    return call_native(*keep, args, kwargs);
  }
  if (auto* method_object = dynamic_cast<BoundMethod*>(object)) {
    Args all;
    all.reserve(args.size() + 1);
    all.push_back(method_object->self);
    all.insert(all.end(), args.begin(), args.end());
    const Value inner = method_object->function;
    return call(inner, all, kwargs);
  }
  if (dynamic_cast<PyClass*>(object) != nullptr)
    return instantiate(std::static_pointer_cast<PyClass>(callable.as_object()), args, kwargs);
  if (auto* partial = dynamic_cast<Partial*>(object)) {
    Args all = partial->args;
    all.insert(all.end(), args.begin(), args.end());
    Kwargs named = partial->kwargs;
    for (const auto& [name, value] : kwargs) {
      const auto old =
          std::find_if(named.begin(), named.end(), [&n = name](const auto& entry) { return entry.first == n; });
      if (old != named.end())
        old->second = value;
      else
        named.emplace_back(name, value);
    }
    return call(Value(partial->function), all, named);
  }
  if (auto* op = dynamic_cast<OperatorRef*>(object)) return call_operator(op->name, args, kwargs);
  if (auto* wrapper = dynamic_cast<MethodWrapper*>(object); wrapper != nullptr && !wrapper->is_class)
    return call(Value(wrapper->function), args, kwargs);
  if (auto* opaque = dynamic_cast<Opaque*>(object)) {
    // While a module is imported a call registers, configures or decorates; later its result would be computed with.
    if (frame == nullptr || frame->function == nullptr || importing(*this))
      return make_opaque(opaque->import_name + "()", opaque->why);
    opaque_used(*opaque);
  }
  if (const auto result = call_special_with(callable, "__call__", args, kwargs)) return *result;
  raise("TypeError", quote(callable.type_name()) + " object is not callable");
}

std::optional<Value> Interpreter::call_special_with(const Value& object, std::string_view name, const Args& args,
                                                    const Kwargs& kwargs) {
  const PyClassPtr cls = type_of(object);
  const Value* found = cls->lookup(name);
  if (found == nullptr || found->is_none()) return std::nullopt;
  const Value attribute = *found;
  if (attribute.try_as<PyFunction>() || attribute.try_as<NativeFunction>()) {
    Args all;
    all.reserve(args.size() + 1);
    all.push_back(object);
    all.insert(all.end(), args.begin(), args.end());
    return call(attribute, all, kwargs);
  }
  return call(bind(attribute, object, cls), args, kwargs);
}

std::optional<Value> Interpreter::call_special(const Value& object, std::string_view name, const Args& args) {
  return call_special_with(object, name, args, {});
}

Value Interpreter::call_method(const Value& object, std::string_view name, const Args& args, const Kwargs& kwargs) {
  return call(get_attribute(object, std::string(name)), args, kwargs);
}

}  // namespace scriptc::python
