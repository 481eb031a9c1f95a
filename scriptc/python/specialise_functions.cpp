// The specialiser on calls of Python functions: those that get constants where they branch on them, take variable
// arguments or capture variables are specialised in turn; defs and lambdas inside a function become functions that get
// what they capture as arguments.

#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Where each argument of a call goes; only if all fits (else Python's TypeError is left for the lowering to say).
struct Assignment {
  ReducedKeywords named;             ///< parameter → argument
  std::set<std::string> by_keyword;  ///< those of them that the caller named
  ReducedList extra;                 ///< for `*args`
  ReducedKeywords extra_keywords;    ///< for `**kwargs`
  std::vector<std::string> defaulted;
};

std::optional<Assignment> assign_arguments(const PyFunction& function, std::size_t skip, const ReducedList& args,
                                           const ReducedKeywords& keywords) {
  const Arguments& formal = function.args();
  std::vector<std::string> names;
  for (const auto* list : {&formal.posonlyargs, &formal.args})
    for (const Parameter& parameter : *list) names.push_back(parameter.arg);
  if (names.size() < skip) return std::nullopt;
  names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(skip));
  Assignment result;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i < names.size()) {
      result.named.emplace_back(names[i], args[i]);
      taken.insert(names[i]);
    } else if (formal.vararg) {
      result.extra.push_back(args[i]);
    } else {
      return std::nullopt;
    }
  }
  std::set<std::string> accepted(names.begin(), names.end());
  for (const Parameter& parameter : formal.kwonlyargs) accepted.insert(parameter.arg);
  for (const auto& [name, value] : keywords) {
    if (accepted.contains(name)) {
      if (!taken.insert(name).second) return std::nullopt;
      result.named.emplace_back(name, value);
      result.by_keyword.insert(name);
    } else if (formal.kwarg) {
      result.extra_keywords.emplace_back(name, value);
    } else {
      return std::nullopt;
    }
  }
  for (const std::string& name : accepted)
    if (!taken.contains(name)) result.defaulted.push_back(name);
  return result;
}

bool is_embedded(const PyFunction& function) { return function.qualified_name.starts_with("torch."); }

/// Functions of the embedded library keep their names, on which passes match, unless what they return depends on a
/// flag.
bool keeps_its_name(const PyFunction& function) {
  return is_embedded(function) && function.def != nullptr && function.def->returns != nullptr;
}

/// The variables that a function made here reads.
std::set<std::string> variables_of(const LocalFunction& local) {
  std::set<std::string> variables;
  for (const std::string& name : local.captured)
    if (!local.known.contains(name)) variables.insert(local.variable(name));
  return variables;
}

std::string first_parameter(const PyFunction& function) {
  const Arguments& formal = function.args();
  if (!formal.posonlyargs.empty()) return formal.posonlyargs.front().arg;
  return formal.args.empty() ? "" : formal.args.front().arg;
}

/// A list that no variable can hold: of modules or functions.
bool is_list_of_objects(const Value& value) {
  if (!value.is_list() || value.as_list().empty()) return false;
  for (const Value& item : value.as_list())
    if (!item.try_as<Module>() && !item.try_as<PyFunction>() && !item.try_as<BoundMethod>()) return false;
  return true;
}

bool yields(const StmtList& body) {
  bool found = false;
  for_each_expr(body, [&](const ExprPtr& part) {
    found =
        found || part->kind == ExprKind::Yield || part->kind == ExprKind::YieldFrom || part->kind == ExprKind::Await;
  });
  return found;
}

}  // namespace

const Value* default_of(const PyFunction& function, const std::string& parameter) {
  const Arguments& formal = function.args();
  const std::size_t positional = formal.posonlyargs.size() + formal.args.size();
  std::size_t position = 0;
  for (const auto* list : {&formal.posonlyargs, &formal.args}) {
    for (const Parameter& one : *list) {
      if (one.arg == parameter) {
        const std::size_t first = positional - function.defaults.size();
        return position >= first ? &function.defaults[position - first] : nullptr;
      }
      ++position;
    }
  }
  for (std::size_t i = 0; i < formal.kwonlyargs.size(); ++i)
    if (formal.kwonlyargs[i].arg == parameter && i < function.has_kw_default.size() && function.has_kw_default[i])
      return &function.kw_defaults[i];
  return nullptr;
}

/// True for parameters that a test mentions, that index what only constants index, or that go on to such places.
bool Specialiser::Impl::branches_on(const PyFunction& function, const std::string& parameter) {
  bool found = false;
  const auto test = [&](const ExprPtr& expr) { found = found || (expr && names_in(expr).contains(parameter)); };
  const auto is_parameter = [&](const ExprPtr& expr) {
    const auto* name = as<Name>(expr);
    return name && name->id == parameter;
  };
  const StmtList body = body_of(function);
  for_each_expr(body, [&](const ExprPtr& part) {
    if (const auto* node = as<IfExp>(part)) test(node->test);
    if (part->kind == ExprKind::BoolOp) test(part);
    // `self.layers[i]` and `x[:, i]` look alike here: only the former gains.
    if (const auto* node = as<Subscript>(part); node && as<Attribute>(node->value)) test(node->slice);
    const auto* call = as<Call>(part);
    if (!call) return;
    const auto* name = as<Name>(call->func);
    const auto* attribute = as<Attribute>(call->func);
    if (name && (name->id == "getattr" || name->id == parameter)) test(part);
    const auto* root = attribute ? as<Name>(attribute->value) : nullptr;
    bool passes_on = root && root->id == "self" && !is_embedded(function);
    if (name && !is_embedded(function)) {
      const auto callee = evaluator_.try_resolve(function, name->id);
      const auto python = callee ? callee->try_as<PyFunction>() : nullptr;
      passes_on = python && !is_embedded(*python);
    }
    if (!passes_on) return;
    for (const ExprPtr& arg : call->args) found = found || is_parameter(arg);
    for (const Keyword& keyword : call->keywords) found = found || is_parameter(keyword.value);
  });
  for_each_stmt(body, [&](const StmtPtr& statement) {
    if (const auto* node = as<If>(statement)) test(node->test);
    if (const auto* node = as<While>(statement)) test(node->test);
    if (const auto* node = as<Assert>(statement)) test(node->test);
    if (const auto* node = as<For>(statement)) test(node->iter);
    if (const auto* node = as<Match>(statement)) test(node->subject);
  });
  return found;
}

/// True if code that uses the value has to be a method: it may lead to modules of the tree.
bool Specialiser::Impl::needs_owner(const Value& value) const {
  if (value.try_as<Module>()) return true;
  if (const auto method = value.try_as<BoundMethod>()) return method->self.try_as<Module>() != nullptr;
  if (const auto function = value.try_as<PyFunction>()) return function->closure != nullptr;
  if (value.try_as<Partial>() || value.try_as<LocalFunction>()) return true;
  const auto any = [&](const std::vector<Value>& items) {
    for (const Value& item : items)
      if (needs_owner(item)) return true;
    return false;
  };
  if (value.is_tuple()) return any(value.as_tuple());
  if (value.is_list()) return any(value.as_list());
  if (value.is_dict()) {
    for (const auto& [key, item] : value.as_dict().entries)
      if (needs_owner(item)) return true;
  }
  return false;
}

bool Specialiser::Impl::leaves_its_module(const Request& request) {
  const bool is_leaf = !request.self || request.self->children.empty();
  if (is_leaf && is_embedded(*request.function)) return false;
  try {
    const Residual* residual = specialise(request);
    return residual && residual->leaves_owner;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cap) throw;
    return false;  // said again where it is compiled, with the chain of calls
  }
}

/// True if the function surely ends by returning a list or dict of known items.
bool Specialiser::Impl::returns_display(const Request& request) {
  const StmtList body = body_of(*request.function);
  const auto* last = body.empty() ? nullptr : as<Return>(body.back());
  if (!last || !last->value || is_embedded(*request.function)) return false;
  const ExprKind kind = last->value->kind;
  if (kind != ExprKind::Name && kind != ExprKind::ListExpr && kind != ExprKind::DictExpr &&
      kind != ExprKind::ListComp && kind != ExprKind::Call && kind != ExprKind::Subscript)
    return false;
  try {
    const Residual* residual = specialise(request);
    return residual && residual->returned;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cap) throw;
    return false;  // said again where it is compiled, with the chain of calls
  }
}

const Residual* Specialiser::Impl::specialise_where_it_reaches(Request& request) {
  const Residual* residual = specialise(request);
  if (residual && residual->leaves_owner && frame_->owner && frame_->owner != request.owner) {
    if (request.self) request.constants[first_parameter(*request.function)] = request.self;
    request.owner = frame_->owner;
    residual = specialise(request);
  }
  if (residual) frame_->leaves_owner = frame_->leaves_owner || residual->leaves_owner;
  return residual;
}

std::optional<Reduced> Specialiser::Impl::call_python(const std::shared_ptr<PyFunction>& function,
                                                      const ModulePtr& self, const ReducedList& args,
                                                      const ReducedKeywords& keywords, const ExprPtr& original,
                                                      const LocalFunction* local) {
  using Mark = PyFunction::ScriptMark;
  if (function->mark == Mark::ignored || function->mark == Mark::unused || !function->overloads.empty() ||
      function->qualified_name.starts_with("torch._folds.") || yields(body_of(*function)) ||
      (function->def && function->def->is_async))
    return std::nullopt;
  if (!self)
    if (auto test = inlined_predicate(*function, args, keywords)) return test;
  const auto assignment = assign_arguments(*function, self ? 1 : 0, args, keywords);
  if (!assignment) return std::nullopt;
  const bool inside = self && in_tree(self);
  const bool dissolved = self && !inside;
  Request request;
  request.function = function;
  request.self = self;
  // Flags, and what no variable holds.
  const auto constant_extra = [](const Reduced& given) -> std::optional<Value> {
    const Value& value = given.fact.value;
    if (!given.is_constant() || given.fact.one_shot || value.is_tensor() || value.try_as<LocalFunction>()) return {};
    const bool is_flag = value.is_none() || value.is_bool() || value.is_string();
    return is_flag || !is_typable(value) ? std::optional(value) : std::nullopt;
  };
  for (const Reduced& value : assignment->extra) request.extra_args.items.push_back(constant_extra(value));
  for (const auto& [name, value] : assignment->extra_keywords) {
    request.extra_keywords.keys.push_back(name);
    request.extra_keywords.items.push_back(constant_extra(value));
  }

  // What has to be a constant of the callee: values that no variable holds, and those that it branches on.
  const auto wanted = [&](const std::string& name, const Value& value) {
    return (value.is_none() && !is_embedded(*function)) || !is_typable(value) ||
           (!keeps_its_name(*function) && branches_on(*function, name));
  };
  std::map<std::string, Value> every, some;
  const auto is_known = [](const std::optional<Value>& item) { return item.has_value(); };
  bool all_known = std::all_of(request.extra_args.items.begin(), request.extra_args.items.end(), is_known) &&
                   std::all_of(request.extra_keywords.items.begin(), request.extra_keywords.items.end(), is_known);
  for (const auto& [name, value] : assignment->named) {
    if (!value.is_constant() || value.fact.one_shot) {
      all_known = false;
      pass_items(*function, name, value, request);
      continue;
    }
    every[name] = value.fact.value;
    if (const auto function_made_here = value.fact.value.try_as<LocalFunction>()) {
      const auto argument = as_argument(*function_made_here);
      if (!argument) return std::nullopt;
      every[name] = argument;
    }
    if (wanted(name, every[name])) some[name] = every[name];
  }
  refuse_changed_defaults(*function, assignment->defaulted);
  for (const std::string& name : assignment->defaulted) {
    const Value* value = default_of(*function, name);
    if (!value) return std::nullopt;
    if (value->is_tensor()) {
      all_known = false;
      continue;
    }
    every[name] = *value;
    const bool flag = !keeps_its_name(*function) || dissolved;
    // None has no other use than to be asked for.
    if (flag && (value->is_none() || !is_typable(*value) || branches_on(*function, name))) some[name] = *value;
  }
  if (local) {
    share(variables_of(*local));
    for (const std::string& name : local->captured) {
      if (const auto constant = local->known.find(name); constant != local->known.end()) {
        every[name] = some[name] = constant->second;
        continue;
      }
      const auto fact = frame_->facts.find(local->variable(name));
      if (fact != frame_->facts.end() && fact->second.is_constant() && !fact->second.one_shot) {
        Value value = fact->second.value;
        if (const auto other = value.try_as<LocalFunction>()) {
          const auto argument = as_argument(*other);
          if (!argument) return std::nullopt;
          value = argument;
        }
        every[name] = some[name] = value;
      } else if (fact != frame_->facts.end() && fact->second.kind != Fact::Kind::dynamic)
        return std::nullopt;
      else
        request.captured.push_back(name);
    }
    all_known = all_known && request.captured.empty();
  }
  if (dissolved) {
    const std::string first = first_parameter(*function);
    if (first.empty()) return std::nullopt;
    every[first] = some[first] = self;
  }
  const bool captures = local || (function->closure && !function->closure->names.empty());
  const auto set_owner = [&] {
    bool needed = captures || dissolved;
    for (const auto& [name, value] : request.constants) needed = needed || needs_owner(value);
    const auto look = [&](const Structure& structure) {
      for (const auto& item : structure.items) needed = needed || (item && needs_owner(*item));
    };
    look(request.extra_args);
    look(request.extra_keywords);
    for (const auto& [name, structure] : request.structures) look(structure);
    request.owner = inside ? self : needed ? frame_->owner : nullptr;
  };
  if (all_known && !is_embedded(*function)) {
    request.constants = every;
    set_owner();
    const Residual* residual = specialise(request);
    // What has no literal stays a call, of residual arguments.
    if (residual && residual->result && is_list_of_objects(*residual->result))
      return Reduced{reify(*residual->result, original), Fact::constant(*residual->result), nullptr};
    if (residual && residual->result)
      if (Reduced result = folded(nullptr, residual->result, original); result.expr) return result;
  }
  request.constants = some;
  const bool variable = function->args().vararg || function->args().kwarg;
  set_owner();
  const bool changed = !some.empty() || !request.captured.empty() || !request.structures.empty() || variable || local;
  // Compiled by name when it is called, and specialised to its own instance then.
  const bool as_it_is = !changed && (inside || (!captures && function->def)) && !leaves_its_module(request);
  const bool may_spread = frame_->first_calls.contains(original.get()) && returns_display(request);
  if (as_it_is && !may_spread) return std::nullopt;
  const Residual* residual = specialise_where_it_reaches(request);
  if (!residual) return std::nullopt;
  const bool spreads = may_spread && residual->returned;
  if (as_it_is && !spreads) return std::nullopt;

  Value target = spreads ? residual->spread : residual->function;
  if (request.owner) {
    auto bound = std::make_shared<BoundMethod>();
    bound->self = request.owner;
    bound->function = target;
    target = bound;
  }
  auto call = std::make_shared<Call>();
  call->span = original->span;
  call->func = reify(target, original);
  const auto pass = [&](const std::string& name, const ExprPtr& value) {
    call->keywords.push_back({name, value, original->span});
  };
  const auto gone = [&](const std::string& name) {
    return request.constants.contains(name) || request.structures.contains(name);
  };
  std::map<std::string, std::string> renamed;               // parameters in the place of **kwargs
  const std::vector<std::string>& extra = residual->extra;  // captured ones first
  std::size_t next = request.captured.size();
  // As in Python: positional arguments first, then those by name, in the order in which they stand.
  for (const auto& [name, value] : assignment->named)
    if (!gone(name) && !assignment->by_keyword.contains(name)) call->args.push_back(value.expr);
  for (std::size_t i = 0; i < assignment->extra.size(); ++i)
    if (!request.extra_args.items[i]) pass(extra[next++], assignment->extra[i].expr);
  for (std::size_t i = 0; i < assignment->extra_keywords.size(); ++i)
    renamed[assignment->extra_keywords[i].first] = request.extra_keywords.items[i] ? "" : extra[next++];
  for (const auto& [name, value] : keywords) {
    if (const auto found = renamed.find(name); found != renamed.end()) {
      if (!found->second.empty()) pass(found->second, value.expr);
    } else if (!gone(name)) {
      pass(name, value.expr);
    }
  }
  for (const std::string& name : request.captured) {
    const auto value = local->values.find(name);
    pass(name, value != local->values.end() ? value->second : name_of(local->variable(name), original->span));
  }
  for (const auto& [parameter, value] : request.constants) {
    const auto argument = value.try_as<LocalFunction>();
    if (!argument) continue;
    for (const std::string& name : argument->captured)
      if (!argument->known.contains(name)) pass(extra[next++], name_of(argument->variable(name), original->span));
  }
  for (const auto& [name, structure] : request.structures) {
    for (const auto& [parameter, value] : assignment->named) {
      if (parameter != name) continue;
      const auto items = known_items(value);
      for (std::size_t i = 0; i < items->size(); ++i)
        if (!structure.items[i]) pass(extra[next++], (*items)[i].expr);
    }
  }
  if (spreads) return spread_result(*residual->returned, function->name, call);
  return Reduced{call, {}, nullptr};
}

std::shared_ptr<LocalFunction> Specialiser::Impl::as_argument(const LocalFunction& local) {
  if (local.frame != frame_->id) return nullptr;
  share(variables_of(local));
  auto argument = std::make_shared<LocalFunction>(local);
  for (const std::string& name : local.captured) {
    const auto fact = frame_->facts.find(local.variable(name));
    if (argument->known.contains(name) || fact == frame_->facts.end()) continue;
    if (fact->second.is_constant() && !fact->second.one_shot)
      argument->known[name] = fact->second.value;
    else if (fact->second.kind != Fact::Kind::dynamic)
      return nullptr;
  }
  return argument;
}

/// A function made in a function: a plain function if what it captures is constant for good.
Reduced Specialiser::Impl::local_function(const std::shared_ptr<const FunctionDef>& def,
                                          const std::shared_ptr<const Lambda>& lambda, const ExprPtr& original) {
  const Reduced unknown{original, {}, nullptr};
  auto function = std::make_shared<PyFunction>(*frame_->function);
  function->name = def ? def->name : "lambda";
  function->qualified_name = frame_->function->qualified_name + "." + function->name;
  function->def = def;
  function->lambda = lambda;
  function->mark = PyFunction::ScriptMark::none;
  function->overloads.clear();
  function->attributes.clear();
  function->defaults.clear();
  function->kw_defaults.clear();
  function->has_kw_default.clear();
  const Arguments& args = function->args();
  for (const ExprPtr& fallback : args.defaults) {
    const Reduced value = reduce(fallback);
    if (!value.is_constant() || value.fact.one_shot) return unknown;
    function->defaults.push_back(value.fact.value);
  }
  for (const ExprPtr& fallback : args.kw_defaults) {
    const Reduced value = reduce(fallback);
    if (fallback && !value.is_constant()) return unknown;
    function->has_kw_default.push_back(fallback != nullptr);
    function->kw_defaults.push_back(fallback ? value.fact.value : Value());
  }
  const StmtList body = body_of(*function);
  if (yields(body)) return unknown;
  for (const StmtPtr& statement : body)
    if (statement->kind == StmtKind::Nonlocal || statement->kind == StmtKind::Global) return unknown;
  std::set<std::string> own = assigned_names(body);
  for (const auto* list : {&args.posonlyargs, &args.args, &args.kwonlyargs})
    for (const Parameter& parameter : *list) own.insert(parameter.arg);
  if (args.vararg) own.insert(args.vararg->arg);
  if (args.kwarg) own.insert(args.kwarg->arg);

  auto local = std::make_shared<LocalFunction>();
  auto closure = std::make_shared<Scope>();
  closure->parent = frame_->function->closure;
  bool settled = true;
  for (const std::string& name : all_names(body)) {
    if (own.contains(name) || !frame_->locals.contains(name)) continue;
    local->captured.insert(name);
    const auto fact = frame_->facts.find(name);
    const bool known = fact != frame_->facts.end() && fact->second.is_constant() && !fact->second.one_shot;
    const bool made_here = known && fact->second.value.try_as<LocalFunction>();
    settled = settled && known && !made_here && frame_->settled.contains(name);
    if (known) closure->names.set(name, fact->second.value);
  }
  if (!settled) {
    local->function = function;
    local->frame = frame_->id;
    alive_.emplace_back(function);
    return {original, Fact::constant(Value(local), false), nullptr};
  }
  function->closure = closure;
  const Value value(function);
  return {lambda ? reify(value, original) : original, Fact::constant(value, false), nullptr};
}

}  // namespace scriptc::python
