// The specialiser on calls: pure calls on constants are evaluated, `*args` and `**kwargs` expanded, and functions that
// get constants where they branch on them are specialised in turn.

#include <array>
#include <functional>
#include <string_view>
#include <utility>

#include "scriptc/model/text.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

using Keywords = std::vector<std::pair<std::string, Reduced>>;

/// Functions of the embedded library that depend on nothing but their arguments, and change nothing.
constexpr std::array<std::string_view, 38> kPure{
    "abs",     "all",     "any",  "bool",       "callable",   "chr", "dict",  "divmod", "enumerate", "float",
    "getattr", "hasattr", "int",  "isinstance", "issubclass", "len", "list",  "max",    "min",       "ord",
    "pow",     "range",   "repr", "reversed",   "round",      "set", "slice", "sorted", "str",       "sum",
    "tuple",   "type",    "zip",  "frozenset",  "filter",     "map", "iter",  "hash"};

constexpr std::array<std::string_view, 17> kPureModuleMethods{
    "children",    "named_children", "modules",  "named_modules", "items",      "keys",     "values", "get",  "__len__",
    "__getitem__", "__contains__",   "__iter__", "get_submodule", "extra_repr", "__bool__", "index",  "count"};

constexpr std::array<std::string_view, 30> kPureDataMethods{
    "startswith", "endswith",  "split",      "rsplit",       "lower",        "upper",   "strip", "lstrip",
    "rstrip",     "replace",   "format",     "join",         "find",         "count",   "index", "get",
    "keys",       "values",    "items",      "copy",         "isdigit",      "isalpha", "title", "capitalize",
    "zfill",      "partition", "rpartition", "removeprefix", "removesuffix", "casefold"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  for (const std::string_view one : names)
    if (one == name) return true;
  return false;
}

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

/// True for the parameters of `function` that a test in its body mentions, or whose value no variable can hold.
bool branches_on(const PyFunction& function, const std::string& parameter) {
  bool found = false;
  const auto test = [&](const ExprPtr& expr) {
    for_each_expr(expr, [&](const ExprPtr& part) {
      if (const auto* name = as<Name>(part)) found = found || name->id == parameter;
    });
  };
  const auto expr = [&](const ExprPtr& part) {
    if (const auto* node = as<IfExp>(part)) test(node->test);
    if (part->kind == ExprKind::BoolOp) test(part);
    if (const auto* node = as<Subscript>(part)) {
      // `self.layers[i]` and `x[:, i]` look alike here: only the former gains.
      if (as<Attribute>(node->value)) test(node->slice);
    }
    if (const auto* node = as<Call>(part))
      if (const auto* name = as<Name>(node->func); name && (name->id == "getattr" || name->id == parameter)) test(part);
  };
  if (function.lambda) for_each_expr(function.lambda->body, expr);
  if (!function.def) return found;
  for_each_expr(function.def->body, expr);
  for_each_stmt(function.def->body, [&](const StmtPtr& statement) {
    if (const auto* node = as<If>(statement)) test(node->test);
    if (const auto* node = as<While>(statement)) test(node->test);
    if (const auto* node = as<Assert>(statement)) test(node->test);
    if (const auto* node = as<For>(statement)) test(node->iter);
  });
  return found;
}

bool is_plain(const Value& value) {
  if (value.is_tuple() || value.is_list()) {
    for (const Value& item : value.is_tuple() ? value.as_tuple() : value.as_list())
      if (!is_plain(item)) return false;
    return true;
  }
  return value.is_none() || value.is_bool() || value.is_int() || value.is_float() || value.is_string();
}

/// Where each argument of a call goes, or nullopt if it does not fit (Python's TypeError: left for the lowering to
/// say).
struct Assignment {
  std::vector<std::pair<std::string, Reduced>> named;  ///< parameter → argument, in the order of parameters
  std::vector<Reduced> extra;                          ///< for `*args`
  Keywords extra_keywords;                             ///< for `**kwargs`
  std::vector<std::string> defaulted;
};

std::optional<Assignment> assign_arguments(const PyFunction& function, std::size_t skip,
                                           const std::vector<Reduced>& args, const Keywords& keywords) {
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

/// The default of a parameter as evaluated at definition time, or null.
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

bool is_embedded(const PyFunction& function) { return starts_with(function.qualified_name, "torch."); }

/// Functions of the embedded library keep their names, on which passes match, unless what they return depends on a flag.
bool keeps_its_name(const PyFunction& function) {
  return is_embedded(function) && function.def != nullptr && function.def->returns != nullptr;
}

}  // namespace

Reduced Specialiser::Impl::reduce_call(const Call& node, const ExprPtr& original) {
  // `super().f(x)`: the lowering knows the class that follows.
  const Reduced callee = reduce(node.func);
  std::vector<Reduced> args;
  Keywords keywords;
  bool same = callee.expr == node.func, expandable = true;
  auto rebuilt = copy_of(node);
  rebuilt->func = callee.expr;
  rebuilt->args.clear();
  rebuilt->keywords.clear();
  for (const ExprPtr& arg : node.args) {
    if (const auto* starred = as<Starred>(arg)) {
      const Reduced inner = reduce(starred->value);
      if (const auto items = items_of(inner)) {
        same = false;
        for (const Reduced& item : *items) args.push_back(item), rebuilt->args.push_back(item.expr);
        continue;
      }
      expandable = false;
    }
    args.push_back(reduce(arg));
    same = same && args.back().expr == arg;
    rebuilt->args.push_back(args.back().expr);
  }
  for (const Keyword& keyword : node.keywords) {
    const Reduced value = reduce(keyword.value);
    if (keyword.arg.empty()) {
      std::vector<std::pair<std::string, Reduced>> expanded;
      bool known = value.fact.kind == Fact::Kind::dict;
      for (std::size_t i = 0; known && i < value.fact.keys.size(); ++i)
        expanded.emplace_back(value.fact.keys[i], reduce(value.fact.items[i]));
      if (value.fact.is_constant() && value.fact.value.is_dict()) {
        known = true;
        for (const auto& [key, item] : value.fact.value.as_dict().entries) {
          if (!key.is_string()) return {original, {}};
          expanded.emplace_back(key.as_string(), Reduced{reify(item, keyword.value), Fact::constant(item, false)});
        }
      }
      if (known) {
        same = false;
        for (auto& [name, item] : expanded) {
          rebuilt->keywords.push_back({name, item.expr, keyword.span});
          keywords.emplace_back(name, std::move(item));
        }
        continue;
      }
      expandable = false;
    }
    same = same && value.expr == keyword.value;
    rebuilt->keywords.push_back({keyword.arg, value.expr, keyword.span});
    keywords.emplace_back(keyword.arg, value);
  }
  if (!same) frame_->changed = true;
  if (const auto* method = as<Attribute>(node.func))
    if (auto folded_call = call_structure(*method, args, original)) return *folded_call;
  if (callee.fact.is_constant() && expandable) {
    if (auto folded_call = fold_call(callee.fact.value, *rebuilt, args, keywords, original)) return *folded_call;
  }
  return {same ? original : rebuilt, {}};
}

std::optional<Reduced> Specialiser::Impl::call_structure(const Attribute& method, const std::vector<Reduced>& args,
                                                         const ExprPtr& original) {
  const auto* name = as<Name>(method.value);
  if (name == nullptr) return std::nullopt;
  const auto known = frame_->facts.find(name->id);
  if (known == frame_->facts.end() || known->second.kind != Fact::Kind::dict) return std::nullopt;
  const Fact dict = known->second;
  const auto pair_of = [&](std::size_t i) {
    auto pair = std::make_shared<TupleExpr>();
    pair->elts = {reify(dict.keys[i], original), dict.items[i]};
    return ExprPtr(pair);
  };
  frame_->changed = true;
  if (args.empty() && (method.attr == "items" || method.attr == "values" || method.attr == "keys")) {
    auto tuple = std::make_shared<TupleExpr>();
    tuple->span = original->span;
    for (std::size_t i = 0; i < dict.keys.size(); ++i) {
      tuple->elts.push_back(method.attr == "items"    ? pair_of(i)
                            : method.attr == "values" ? dict.items[i]
                                                      : reify(dict.keys[i], original));
    }
    return Reduced{tuple, {}};
  }
  if ((method.attr == "get" || method.attr == "pop") && !args.empty() && args[0].fact.is_constant() &&
      args[0].fact.value.is_string()) {
    for (std::size_t i = 0; i < dict.keys.size(); ++i) {
      if (dict.keys[i] != args[0].fact.value.as_string()) continue;
      if (method.attr == "pop") {
        Fact& stored = frame_->facts[name->id];
        stored.keys.erase(stored.keys.begin() + static_cast<std::ptrdiff_t>(i));
        stored.items.erase(stored.items.begin() + static_cast<std::ptrdiff_t>(i));
      }
      return reduce(dict.items[i]);
    }
    if (args.size() > 1) return args[1];
    return Reduced{reify(None{}, original), Fact::constant(None{})};
  }
  return std::nullopt;
}

std::optional<Reduced> Specialiser::Impl::fold_call(const Value& callee, const Call& call,
                                                    const std::vector<Reduced>& args, const Keywords& keywords,
                                                    const ExprPtr& original) {
  bool all_known = true;
  for (const Reduced& arg : args) all_known = all_known && arg.fact.is_constant();
  for (const auto& [name, value] : keywords) all_known = all_known && value.fact.is_constant();
  const auto evaluated = [&]() -> std::optional<Reduced> {
    auto shape = std::make_shared<Call>();
    std::vector<Value> operands{callee};
    const auto operand = [&](const Value& value) {
      auto name = std::make_shared<Name>();
      name->id = "$" + std::to_string(operands.size());
      operands.push_back(value);
      return name;
    };
    auto function = std::make_shared<Name>();
    function->id = "$0";
    shape->func = function;
    for (const Reduced& arg : args) shape->args.push_back(operand(arg.fact.value));
    for (const auto& [name, value] : keywords) shape->keywords.push_back({name, operand(value.fact.value), {}});
    const std::optional<Value> value = evaluate(shape, operands);
    if (!value) return std::nullopt;
    // A list made by a pure call is known where it is used at once; as a variable's value it is made by the call.
    if (value->is_list() || value->is_dict()) {
      const bool plain = is_plain(*value) && value->is_list() && !value->as_list().empty();
      if (!plain) return Reduced{ExprPtr(copy_of(call)), Fact::constant(*value, false)};
    }
    frame_->changed = true;
    return Reduced{reify(*value, original), Fact::constant(*value, is_plain(*value))};
  };

  if (const auto native = callee.try_as<NativeFunction>()) {
    const std::string& name = native->qualified_name;
    if (name == "torch.jit.is_scripting") return folded(original, Value(true), original);
    if (name == "torch.jit.is_tracing" || name == "torch.onnx.is_in_onnx_export")
      return folded(original, Value(false), original);
    if (name == "builtins.len" && args.size() == 1 && !args[0].fact.is_constant() &&
        args[0].fact.kind != Fact::Kind::dynamic)
      return folded(original, Value(static_cast<std::int64_t>(args[0].fact.items.size())), original);
    if (name == "builtins.getattr" && args.size() >= 2 && args[0].fact.is_constant() && args[1].fact.is_constant() &&
        args[1].fact.value.is_string()) {
      const auto module = args[0].fact.value.try_as<Module>();
      const std::string& attribute = args[1].fact.value.as_string();
      if (args.size() == 3 && !evaluator_.try_get_attribute(args[0].fact.value, attribute)) return args[2];
      auto node = std::make_shared<Attribute>();
      node->span = original->span;
      node->value = args[0].expr;
      node->attr = attribute;
      frame_->changed = true;
      return reduce(ExprPtr(node));
    }
    if (name == "builtins.hasattr" && all_known && args.size() == 2) {
      const auto module = args[0].fact.value.try_as<Module>();
      if (module && args[1].fact.value.is_string() && mutable_.contains(*module, args[1].fact.value.as_string()))
        return std::nullopt;
    }
    const bool pure = (starts_with(name, "builtins.") && contains(kPure, native->name)) || starts_with(name, "math.") ||
                      starts_with(name, "operator.") || starts_with(name, "itertools.") || name == "functools.partial";
    // `range(3)` in a loop header is TorchScript's own: known, and left as it is.
    if (pure && all_known) return evaluated();
    return std::nullopt;
  }
  if (const auto partial = callee.try_as<Partial>()) {
    auto expanded = std::make_shared<Call>();
    expanded->span = original->span;
    expanded->func = reify(partial->function, call.func);
    for (const Value& arg : partial->args) expanded->args.push_back(reify(arg, call.func));
    for (const ExprPtr& arg : call.args) expanded->args.push_back(arg);
    for (const auto& [name, value] : partial->kwargs) {
      bool overridden = false;
      for (const Keyword& keyword : call.keywords) overridden = overridden || keyword.arg == name;
      if (!overridden) expanded->keywords.push_back({name, reify(value, call.func), {}});
    }
    for (const Keyword& keyword : call.keywords) expanded->keywords.push_back(keyword);
    frame_->changed = true;
    return reduce(ExprPtr(expanded));
  }
  if (const auto method = callee.try_as<BoundMethod>()) {
    const auto module = method->self.try_as<Module>();
    const auto function = method->function.try_as<PyFunction>();
    if (module) {
      if (all_known &&
          contains(kPureModuleMethods,
                   function ? function->name
                            : std::string(as<Attribute>(call.func) ? as<Attribute>(call.func)->attr : ""))) {
        // Containers' own lookups; a user's method of that name is compiled as any other.
        if (!function || is_embedded(*function)) return evaluated();
      }
      if (function) return call_python(function, module, args, keywords, original);
      return std::nullopt;
    }
    const auto* attribute = as<Attribute>(call.func);
    if (all_known && !function && attribute && contains(kPureDataMethods, attribute->attr)) return evaluated();
    return std::nullopt;
  }
  if (const auto module = callee.try_as<Module>()) {
    const auto forward = evaluator_.try_get_attribute(module, "forward");
    const auto bound = forward ? forward->try_as<BoundMethod>() : nullptr;
    const auto function = bound ? bound->function.try_as<PyFunction>() : nullptr;
    if (function) return call_python(function, module, args, keywords, original);
    return std::nullopt;
  }
  if (const auto function = callee.try_as<PyFunction>())
    return call_python(function, nullptr, args, keywords, original);
  if (const auto cls = callee.try_as<PyClass>(); cls && all_known) {
    // `nn.ReLU()(x)` in forward: a module without tensors is its constants.
    bool is_module = false;
    for (const std::weak_ptr<PyClass>& weak : cls->mro)
      if (const auto base = weak.lock())
        is_module = is_module || base->qualified_name == "torch.nn.modules.module.Module";
    if (!is_module) {
      const bool builtin = starts_with(cls->qualified_name, "builtins.") && contains(kPure, cls->name);
      return builtin ? evaluated() : std::nullopt;
    }
    auto made = evaluated();
    if (!made) return std::nullopt;
    const auto module = made->fact.value.try_as<Module>();
    if (!module || !state_dict(module, true).empty()) return std::nullopt;
    if (!frame_->self || frame_->self->training == false) evaluator_.call(evaluator_.get_attribute(module, "eval"), {});
    return made;
  }
  return std::nullopt;
}

std::optional<Value> Specialiser::Impl::pure_result(const std::shared_ptr<PyFunction>& function, const ModulePtr& self,
                                                    const std::vector<Reduced>& args, const Keywords& keywords) {
  // `return EXPRESSION` and nothing else: what it gives on constants is found by reducing it.
  const auto* result = function->def && function->def->body.size() == 1 ? as<Return>(function->def->body[0]) : nullptr;
  const ExprPtr body = function->lambda ? function->lambda->body : result ? result->value : nullptr;
  if (!body) return std::nullopt;
  const auto assignment = assign_arguments(*function, self ? 1 : 0, args, keywords);
  if (!assignment || function->args().vararg || function->args().kwarg) return std::nullopt;
  Activation frame;
  frame.function = function;
  frame.self = self;
  for (const auto& [name, value] : assignment->named) {
    frame.locals.insert(name);
    if (!value.fact.is_constant()) return std::nullopt;
    frame.facts[name] = Fact::constant(value.fact.value, false);
  }
  for (const std::string& name : assignment->defaulted) {
    const Value* value = default_of(*function, name);
    if (value == nullptr) return std::nullopt;
    frame.facts[name] = Fact::constant(*value, false);
  }
  if (self) frame.facts[function->args().args.front().arg] = Fact::constant(self, false);
  Activation* const outer = std::exchange(frame_, &frame);
  ++depth_;
  std::optional<Value> value;
  try {
    if (depth_ < 32) {
      const Reduced reduced = reduce(body);
      if (reduced.fact.is_constant() && is_plain(reduced.fact.value)) value = reduced.fact.value;
    }
  } catch (...) {
    --depth_;
    frame_ = outer;
    throw;
  }
  --depth_;
  frame_ = outer;
  return value;
}

std::optional<Reduced> Specialiser::Impl::call_python(const std::shared_ptr<PyFunction>& function,
                                                      const ModulePtr& self, const std::vector<Reduced>& args,
                                                      const Keywords& keywords, const ExprPtr& original) {
  if (function->mark == PyFunction::ScriptMark::ignored || function->mark == PyFunction::ScriptMark::unused ||
      !function->overloads.empty())
    return std::nullopt;
  bool all_known = true;
  for (const Reduced& arg : args) all_known = all_known && arg.fact.is_constant();
  for (const auto& [name, value] : keywords) all_known = all_known && value.fact.is_constant();
  if (all_known) {
    if (const auto value = pure_result(function, self, args, keywords)) return folded(original, value, original);
  }
  const auto assignment = assign_arguments(*function, self ? 1 : 0, args, keywords);
  if (!assignment) return std::nullopt;

  // What has to be a constant of the callee: values that no variable holds, and plain ones that it branches on.
  const bool dissolved = self && !in_tree(self);
  std::map<std::string, Binding> bindings;
  for (const auto& [name, value] : assignment->named) {
    if (!value.fact.is_constant()) continue;
    const bool plain = is_plain(value.fact.value);
    const bool torch_constant = value.fact.value.try_as<TorchConstant>() != nullptr;
    if ((!plain && !torch_constant) || (!keeps_its_name(*function) && branches_on(*function, name)))
      bindings[name] = {Binding::Kind::constant, value.fact.value};
  }
  if (!keeps_its_name(*function) || dissolved) {
    for (const std::string& name : assignment->defaulted) {
      const Value* value = default_of(*function, name);
      if (value && (!is_plain(*value) || branches_on(*function, name)))
        bindings[name] = {Binding::Kind::constant, *value};
    }
  }
  const bool captures = function->closure != nullptr && !function->closure->names.empty();
  const bool variable = function->args().vararg || function->args().kwarg;
  const bool method_alone = self && !dissolved && bindings.empty() && !variable;
  if (method_alone) return std::nullopt;  // compiled by name when it is called, specialised to its own instance
  if (!self && bindings.empty() && !variable && !captures && function->def) return std::nullopt;
  if (dissolved) {
    const Arguments& formal = function->args();
    const auto& first = formal.posonlyargs.empty() ? formal.args.front() : formal.posonlyargs.front();
    bindings[first.arg] = {Binding::Kind::constant, self};
  }

  std::vector<std::string> extra_names;
  for (const auto& [name, value] : assignment->extra_keywords) extra_names.push_back(name);
  const auto residual = specialise(function, self, bindings, assignment->extra.size(), extra_names);
  Value target = residual;
  if (self && !dissolved) {
    auto bound = std::make_shared<BoundMethod>();
    bound->self = self;
    bound->function = residual;
    target = bound;
  }
  auto call = std::make_shared<Call>();
  call->span = original->span;
  call->func = reify(target, original);
  const auto pass = [&](const std::string& name, const Reduced& value) {
    call->keywords.push_back({name, value.expr, original->span});
  };
  // Positional arguments stay positional as long as no constant has been taken out in front of them.
  std::set<std::string> by_keyword;
  for (const auto& [name, value] : keywords) by_keyword.insert(name);
  for (const auto& [name, value] : assignment->named) {
    if (bindings.contains(name)) continue;
    if (by_keyword.contains(name))
      pass(name, value);
    else
      call->args.push_back(value.expr);
  }
  const bool defaults_between = !assignment->defaulted.empty() && !assignment->extra.empty();
  if (defaults_between) return std::nullopt;
  for (std::size_t i = 0; i < assignment->extra.size(); ++i)
    pass(function->args().vararg->arg + "_" + std::to_string(i), assignment->extra[i]);
  for (const auto& [name, value] : assignment->extra_keywords) pass(function->args().kwarg->arg + "_" + name, value);
  frame_->changed = true;
  return Reduced{call, {}};
}

}  // namespace scriptc::python
