// The specialiser on calls: pure calls on constants are evaluated, `*args` and `**kwargs` expanded, partials and
// iterators over known items dissolved.

#include <array>
#include <string_view>

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"
#include "scriptc/python/torch_objects.h"

namespace scriptc::python {
namespace {

/// Functions and classes of Python's library that depend on nothing but their arguments, and change nothing.
constexpr std::array<std::string_view, 33> kPure{
    "abs",  "all",   "any",      "bool", "callable", "chr",        "dict", "divmod", "enumerate", "float", "frozenset",
    "int",  "len",   "hasattr",  "list", "max",      "isinstance", "min",  "ord",    "pow",       "range", "issubclass",
    "repr", "round", "reversed", "set",  "slice",    "sorted",     "str",  "sum",    "tuple",     "type",  "zip"};

constexpr std::array<std::string_view, 17> kPureModuleMethods{
    "children",    "named_children", "modules",  "named_modules", "items",      "keys",     "values", "get",  "__len__",
    "__getitem__", "__contains__",   "__iter__", "get_submodule", "extra_repr", "__bool__", "index",  "count"};

constexpr std::array<std::string_view, 30> kPureDataMethods{
    "startswith", "endswith",  "split",      "rsplit",       "lower",        "upper",   "strip", "lstrip",
    "rstrip",     "replace",   "format",     "join",         "find",         "count",   "index", "get",
    "keys",       "values",    "items",      "copy",         "isdigit",      "isalpha", "title", "capitalize",
    "zfill",      "partition", "rpartition", "removeprefix", "removesuffix", "casefold"};

/// They read their one iterable to its end before they return.
constexpr std::array<std::string_view, 12> kConsumers{"sum", "any", "all",    "list", "tuple",     "set",
                                                      "max", "min", "sorted", "dict", "frozenset", "next"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  for (const std::string_view one : names)
    if (one == name) return true;
  return false;
}

/// No `x.squeeze_()`, `stack.pop()` or `y := …`: what stands before the arguments may as well be computed behind them.
bool changes_nothing(const ExprList& args) {
  bool changes = false;
  for (const ExprPtr& arg : args)
    for_each_expr(arg, [&](const ExprPtr& part) {
      const auto* call = as<Call>(part);
      const auto* method = call ? as<Attribute>(call->func) : nullptr;
      changes = changes || part->kind == ExprKind::NamedExpr ||
                (method && (method->attr.ends_with("_") || is_mutator(method->attr)));
    });
  return !changes;
}

}  // namespace

Reduced Specialiser::Impl::reduce_call(const Call& node, const ExprPtr& original) {
  if (const auto chosen = chosen_.find(&node); chosen != chosen_.end()) {
    auto attribute = node_at<Attribute>(node.span);
    attribute->value = node.args[0];
    attribute->attr = chosen->second.as_string();
    return reduce(attribute);
  }
  if (const ExprPtr other = plainer_call(node)) return reduce(other);
  if (const auto* method = as<Attribute>(node.func); method && is_mutator(method->attr))
    refuse_kept_change(method->value, node.span);
  const Expr* const outer = std::exchange(frame_->called, changes_nothing(node.args) ? node.func.get() : nullptr);
  const Reduced callee = reduce(node.func);
  frame_->called = outer;
  const std::string builtin = callee.is_constant() ? builtin_name(callee.fact.value) : "";
  if (builtin == "tuple")
    if (auto present = items_present(node)) return *present;
  if (builtin == "zip" || builtin == "map" || builtin == "tuple" || builtin == "list")
    if (auto columns = columns_of(original)) return *columns;
  if (auto display = empty_display(callee, node)) return *display;
  ReducedList args;
  ReducedKeywords keywords;
  const bool consumes = contains(kConsumers, builtin);
  const bool expanded = reduce_arguments(node, args, keywords, consumes);
  const bool of_tensor = as<Attribute>(callee.expr) && !callee.is_constant();
  const auto native = callee.fact.value.try_as<NativeFunction>();
  const bool of_torch = native && native->qualified_name.starts_with("torch.");
  // From Python, torch takes NumPy's names of arguments everywhere.
  if (of_tensor || of_torch || callee.fact.value.try_as<OperatorRef>())
    for (auto& [name, value] : keywords) name = torch_keyword(name);
  if (callee.is_constant() && expanded) {
    for (std::size_t i = 0; i < args.size(); ++i) args[i] = as_declared(callee.fact.value, i, "", args[i]);
    for (auto& [name, value] : keywords) value = as_declared(callee.fact.value, 0, name, value);
  }
  auto rebuilt = copy_of(node);
  rebuilt->func = callee.expr;
  rebuilt->args.clear();
  rebuilt->keywords.clear();
  for (const Reduced& arg : args) rebuilt->args.push_back(arg.expr);
  bool same = callee.expr == node.func && rebuilt->args == node.args && keywords.size() == node.keywords.size();
  for (std::size_t i = 0; i < keywords.size(); ++i) {
    const bool there = i < node.keywords.size();
    rebuilt->keywords.push_back(
        {keywords[i].first, keywords[i].second.expr, there ? node.keywords[i].span : node.span});
    same =
        same && there && keywords[i].first == node.keywords[i].arg && keywords[i].second.expr == node.keywords[i].value;
  }
  ExprPtr call = same ? original : ExprPtr(rebuilt);
  if (const auto* method = as<Attribute>(node.func)) {
    if (expanded && method->attr == "update" && args.empty() && !keywords.empty() && !callee.is_constant()) {
      args.push_back(dict_of(keywords, node.span));  // `d.update(a=x)` is `d.update({'a': x})`
      keywords.clear();
      rebuilt->args = {args[0].expr};
      rebuilt->keywords.clear();
      call = rebuilt;
    }
    auto result = expanded && keywords.empty() ? apply_structure(*method, args, original) : std::nullopt;
    if (result) return *result;
    if (is_tracked(method->value)) {
      share({as<Name>(method->value)->id});
      rebuilt->func = node.func;
      return {rebuilt, {}, nullptr};
    }
  }
  if (const auto* method = as<Attribute>(node.func); method && expanded) {
    const auto* reduced = as<Attribute>(callee.expr);
    const Reduced self{reduced ? reduced->value : nullptr, {}, nullptr};
    if (reduced && !callee.is_constant())
      if (ExprPtr other = tensor_method(*reduced, self, args, keywords, original)) return {other, {}, nullptr};
  }
  if (!callee.is_constant() || callee.fact.one_shot || !expanded) return {call, {}, nullptr};
  return apply(callee, args, keywords, call, original);
}

/// False if some `*` or `**` stays: where arguments go is not known then.
bool Specialiser::Impl::reduce_arguments(const Call& node, ReducedList& args, ReducedKeywords& keywords,
                                         bool consumes) {
  bool expanded = true;
  for (const ExprPtr& arg : node.args) {
    const auto* starred = as<Starred>(arg);
    if (!starred) {
      args.push_back(consumes ? reduce_iterable(arg) : reduce(arg));
      continue;
    }
    const Reduced inner = reduce_iterable(starred->value);
    if (const auto items = items_of(inner)) {
      args.insert(args.end(), items->begin(), items->end());
      continue;
    }
    expanded = false;
    auto rebuilt = copy_of(*starred);
    rebuilt->value = inner.expr;
    args.push_back({inner.expr == starred->value ? arg : ExprPtr(rebuilt), {}, nullptr});
  }
  for (const Keyword& keyword : node.keywords) {
    const Reduced value = reduce(keyword.value);
    if (!keyword.arg.empty()) {
      keywords.emplace_back(keyword.arg, value);
      continue;
    }
    bool known = value.fact.kind == Fact::Kind::dict;
    ReducedKeywords items;
    for (std::size_t i = 0; known && i < value.fact.keys.size(); ++i)
      items.emplace_back(value.fact.keys[i], reduce(value.fact.items[i]));
    if (value.is_constant() && value.fact.value.is_dict()) {
      known = true;
      for (const auto& [key, item] : value.fact.value.as_dict().entries) {
        known = known && key.is_string() && !item.is_tensor();
        if (known)
          items.emplace_back(key.as_string(), Reduced{reify(item, keyword.value), Fact::constant(item), nullptr});
      }
    }
    expanded = expanded && known;
    if (known)
      keywords.insert(keywords.end(), items.begin(), items.end());
    else
      keywords.emplace_back("", value);
  }
  return expanded;
}

/// `kwargs.items()`, `.get(…)`, `.pop(…)` of what `**kwargs` collected.
std::optional<Reduced> Specialiser::Impl::apply_structure(const Attribute& method, const ReducedList& args,
                                                          const ExprPtr& original) {
  const auto* name = as<Name>(method.value);
  const auto found = name ? frame_->facts.find(name->id) : frame_->facts.end();
  if (found == frame_->facts.end()) return std::nullopt;
  if (found->second.kind == Fact::Kind::list && found->second.tracked)
    return change_list(name->id, method.attr, args, original);
  if (found->second.kind != Fact::Kind::dict) return std::nullopt;
  const Fact dict = found->second;
  if (args.empty() && (method.attr == "items" || method.attr == "values" || method.attr == "keys")) {
    ReducedList items;
    for (std::size_t i = 0; i < dict.keys.size(); ++i) {
      const Reduced key{reify(dict.keys[i], original), Fact::constant(dict.keys[i]), nullptr};
      const Reduced value = reduce(dict.items[i]);
      if (method.attr == "items") items.push_back(sequence({key, value}, original->span));
      if (method.attr == "values") items.push_back(value);
      if (method.attr == "keys") items.push_back(key);
    }
    return sequence(items, original->span);
  }
  if (method.attr == "update" && args.size() == 1 && dict.tracked && update_dict(name->id, args[0]))
    return Reduced{reify(None{}, original), Fact::constant(None{}), nullptr};
  const bool pops = method.attr == "pop";
  if ((method.attr != "get" && !pops) || args.empty() || !args[0].is_constant() || !args[0].fact.value.is_string())
    return std::nullopt;
  // The default is evaluated in any case.
  if (args.size() > 1 && !args[1].is_constant() && !is_atom(args[1].expr)) return std::nullopt;
  for (std::size_t i = 0; i < dict.keys.size(); ++i) {
    if (dict.keys[i] != args[0].fact.value.as_string()) continue;
    if (pops) {
      Fact& stored = frame_->facts[name->id];
      stored.origin = nullptr;
      stored.keys.erase(stored.keys.begin() + static_cast<std::ptrdiff_t>(i));
      stored.items.erase(stored.items.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return reduce(dict.items[i]);
  }
  if (args.size() > 1) return args[1];
  if (pops) return std::nullopt;
  return Reduced{reify(None{}, original), Fact::constant(None{}), nullptr};
}

Reduced Specialiser::Impl::apply(const Reduced& callee, const ReducedList& args, const ReducedKeywords& keywords,
                                 const ExprPtr& rebuilt, const ExprPtr& original) {
  const Value& value = callee.fact.value;
  if (ExprPtr other = torch_function(value, args, keywords, original)) return {other, {}, nullptr};
  if (auto known = apply_library(callee, args, keywords, rebuilt, original)) return *known;
  std::optional<Reduced> result;
  if (keywords.empty())
    if (auto iterated = apply_to_items(builtin_name(value), args, rebuilt, original)) return *iterated;
  if (auto array = numpy_call(callee, args, keywords, rebuilt, original)) return *array;
  if (builtin_name(value) == "tuple" && args.size() == 1 && keywords.empty() && !args[0].is_constant())
    if (const ExprPtr list = tuple_as_list(args[0].expr, original)) return {list, {}, nullptr};
  if (const auto native = value.try_as<NativeFunction>()) {
    result = apply_native(*native, callee, args, keywords, rebuilt, original);
  } else if (const auto partial = value.try_as<Partial>()) {
    return apply_partial(*partial, args, keywords, original);
  } else if (const auto method = value.try_as<BoundMethod>()) {
    result = apply_method(*method, callee, args, keywords, rebuilt, original);
  } else if (const auto local = value.try_as<LocalFunction>()) {
    if (local->frame == frame_->id)
      result = call_python(local->function, nullptr, args, keywords, original, local.get());
  } else if (const auto function = value.try_as<PyFunction>()) {
    if (function->qualified_name == "collections.namedtuple")
      if (auto made = evaluated_call(callee, args, keywords, rebuilt, original)) return *made;
    result = call_python(function, nullptr, args, keywords, original);
  } else if (const auto cls = value.try_as<PyClass>()) {
    result = apply_class(*cls, callee, args, keywords, rebuilt, original);
  } else if (const auto module = value.try_as<Module>()) {
    const auto forward = evaluator_.try_get_attribute(module, "forward");
    const auto bound = forward ? forward->try_as<BoundMethod>() : nullptr;
    // An instance may have been given a method of another one.
    const auto self = bound ? bound->self.try_as<Module>() : nullptr;
    if (const auto body = self ? bound->function.try_as<PyFunction>() : nullptr)
      result = call_python(body, self, args, keywords, original);
    if (const auto own = forward ? forward->try_as<PyFunction>() : nullptr)
      result = call_python(own, nullptr, args, keywords, original);
  } else {
    result = apply_instance(callee, args, keywords, original);
  }
  return result ? *result : Reduced{rebuilt, {}, nullptr};
}

/// `self.tokenizer(x)`: an object with a `__call__`.
std::optional<Reduced> Specialiser::Impl::apply_instance(const Reduced& callee, const ReducedList& args,
                                                         const ReducedKeywords& keywords, const ExprPtr& original) {
  const auto instance = callee.fact.value.try_as<Instance>();
  const auto cls = instance ? std::dynamic_pointer_cast<PyClass>(instance->class_) : nullptr;
  const Value* method = cls ? cls->lookup("__call__") : nullptr;
  const auto function = method ? method->try_as<PyFunction>() : nullptr;
  if (!function) return std::nullopt;
  ReducedList all{callee};
  all.insert(all.end(), args.begin(), args.end());
  return call_python(function, nullptr, all, keywords, original);
}

/// Calls of numpy on what is known: arrays are constants, and so are the tensors made of them.
std::optional<Reduced> Specialiser::Impl::numpy_call(const Reduced& callee, const ReducedList& args,
                                                     const ReducedKeywords& keywords, const ExprPtr& rebuilt,
                                                     const ExprPtr& original) {
  const auto method = callee.fact.value.try_as<BoundMethod>();
  const Value& called = method ? method->function : callee.fact.value;
  const auto function = called.try_as<PyFunction>();
  if (function && function->module && function->module->name == "numpy") {
    if (auto known = evaluated_call(callee, args, keywords, rebuilt, original)) return known;
    return keywords.empty() ? number_function(callee.fact.value, args, original) : std::nullopt;
  }
  const auto native = called.try_as<NativeFunction>();
  const bool makes_tensor = native && !method && native->qualified_name.starts_with("torch.") && !args.empty() &&
                            all_known(args, keywords) && tensor_of_array(args[0].fact.value);
  if (!makes_tensor) return std::nullopt;
  Args values;
  for (const Reduced& arg : args) values.push_back(arg.fact.value);
  Kwargs named;
  for (const auto& [name, value] : keywords) named.emplace_back(name, value.fact.value);
  return Reduced{reify(evaluator_.call(callee.fact.value, values, named), original), {}, nullptr};
}

/// Functions of numpy on a number that the model computes: math has them as well.
std::optional<Reduced> Specialiser::Impl::number_function(const Value& function, const ReducedList& args,
                                                          const ExprPtr& original) {
  static constexpr std::array<std::string_view, 10> kShared{"sqrt", "exp", "log", "log2", "log10",
                                                            "sin",  "cos", "tan", "tanh", "prod"};
  const Value numpy(evaluator_.import_module("numpy"));
  for (const std::string_view name : kShared) {
    const auto found = evaluator_.try_get_attribute(numpy, std::string(name));
    if (!found || identity(*found) != identity(function)) continue;
    const Value other = evaluator_.get_attribute(Value(evaluator_.import_module("math")), std::string(name));
    auto call = std::make_shared<Call>();
    call->span = original->span;
    call->func = reify(other, original);
    for (const Reduced& arg : args) call->args.push_back(arg.expr);
    return Reduced{call, {}, nullptr};
  }
  return std::nullopt;
}

std::optional<Reduced> Specialiser::Impl::evaluated_call(const Reduced& callee, const ReducedList& args,
                                                         const ReducedKeywords& keywords, const ExprPtr& rebuilt,
                                                         const ExprPtr& original) {
  if (!all_known(args, keywords)) return std::nullopt;
  auto shape = std::make_shared<Call>();
  std::vector<Value> operands{callee.fact.value};
  const auto operand = [&](const Value& value) {
    operands.push_back(value);
    return placeholder(operands.size() - 1);
  };
  shape->func = placeholder(0);
  for (const Reduced& arg : args) shape->args.push_back(operand(arg.fact.value));
  for (const auto& [name, value] : keywords) shape->keywords.push_back({name, operand(value.fact.value), {}});
  std::optional<Value> value = evaluate(shape, operands);
  if (!value) return std::nullopt;
  if (value->try_as<Iterator>()) {
    try {
      value = Value::tuple(evaluator_.iterate(*value));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cap) throw;
      return std::nullopt;
    }
    Fact fact = Fact::constant(*value, false);
    fact.one_shot = true;
    return Reduced{rebuilt, fact, nullptr};
  }
  const bool literal = is_plain(*value) && value->is_list() && !value->as_list().empty();
  if (literal) return Reduced{reify(*value, original), Fact::constant(*value), nullptr};
  if (value->is_list() || value->is_dict()) return Reduced{rebuilt, Fact::constant(*value), nullptr};
  return folded(rebuilt, value, original);
}

std::optional<Reduced> Specialiser::Impl::apply_native(const NativeFunction& native, const Reduced& callee,
                                                       const ReducedList& args, const ReducedKeywords& keywords,
                                                       const ExprPtr& rebuilt, const ExprPtr& original) {
  const std::string& name = native.qualified_name;
  if (name == "torch.jit.is_scripting") return folded(original, Value(true), original);
  if (name == "torch.jit.is_tracing" || name == "torch.onnx.is_in_onnx_export")
    return folded(original, Value(false), original);
  // A function or module made here is no object that could be asked.
  if (name != "builtins.callable" && !args.empty() && args[0].fact.value.try_as<LocalFunction>()) return std::nullopt;
  const bool names = (name == "builtins.getattr" || name == "builtins.hasattr") && args.size() >= 2 &&
                     args[1].is_constant() && args[1].fact.value.is_string();
  if (names && name == "builtins.getattr" && args.size() == 2 && !args[0].is_constant()) {
    auto node = std::make_shared<Attribute>();
    node->span = original->span;
    node->value = args[0].expr;
    node->attr = args[1].fact.value.as_string();
    return Reduced{node, {}, nullptr};
  }
  const bool by_name = names && args[0].is_constant();
  if (by_name) {
    const std::string& attribute = args[1].fact.value.as_string();
    const auto module = args[0].fact.value.try_as<Module>();
    const bool may_change = module && in_tree(module) ? mutable_.contains(*module, attribute)
                                                      : mutable_.names.contains(attribute) &&
                                                            args[0].fact.value.try_as<Instance>() != nullptr;
    const bool there = evaluator_.try_get_attribute(args[0].fact.value, attribute).has_value();
    if (name == "builtins.hasattr") {
      if (may_change) return std::nullopt;
      return folded(rebuilt, Value(there), original);
    }
    if (args.size() == 3 && !there) {
      if (may_change) return std::nullopt;
      return args[2];
    }
    if (args.size() == 3 && !args[2].is_constant() && !is_atom(args[2].expr)) return std::nullopt;
    auto node = std::make_shared<Attribute>();
    node->span = original->span;
    node->value = args[0].expr;
    node->attr = attribute;
    return attribute_of(args[0], attribute, node, node);
  }
  // What is known only when the model runs is data.
  if (name == "builtins.callable" && args.size() == 1 && !args[0].is_constant() && is_atom(args[0].expr))
    return folded(original, Value(false), original);
  if (name == "builtins.isinstance" && args.size() == 2 && args[0].fact.is_structure() && args[1].is_constant()) {
    const Fact::Kind kind = args[0].fact.kind;
    const Value sample = kind == Fact::Kind::tuple  ? Value::tuple({})
                         : kind == Fact::Kind::list ? Value::list({})
                                                    : Value::dict();
    return folded(rebuilt, Value(evaluator_.is_instance(sample, args[1].fact.value)), original);
  }
  const bool pure =
      contains(kPure, builtin_name(callee.fact.value)) || name.starts_with("math.") || name.starts_with("operator.");
  return pure ? evaluated_call(callee, args, keywords, rebuilt, original) : std::nullopt;
}

std::optional<Reduced> Specialiser::Impl::apply_class(const PyClass& cls, const Reduced& callee,
                                                      const ReducedList& args, const ReducedKeywords& keywords,
                                                      const ExprPtr& rebuilt, const ExprPtr& original) {
  if (cls.qualified_name == "functools.partial")
    if (auto made = partial_made_here(args, keywords, original)) return made;
  if (contains(kPure, builtin_name(callee.fact.value)) || cls.qualified_name == "functools.partial")
    return evaluated_call(callee, args, keywords, rebuilt, original);
  if (cls.qualified_name == "torch.autograd.function.FunctionCtx")
    return evaluated_call(callee, args, keywords, rebuilt, original);
  // `nn.ReLU()(x)` in forward: a module without tensors is its constants. It is in training mode, as in Python.
  if (cls.layout != Layout::module) return std::nullopt;
  if (!all_known(args, keywords)) return made_at_run_time(cls, callee, args, keywords, original);
  auto made = evaluated_call(callee, args, keywords, rebuilt, original);
  const auto module = made ? made->fact.value.try_as<Module>() : nullptr;
  if (!module || !state_dict(module, true).empty()) return std::nullopt;
  return made;
}

std::optional<Reduced> Specialiser::Impl::apply_method(const BoundMethod& method, const Reduced& callee,
                                                       const ReducedList& args, const ReducedKeywords& keywords,
                                                       const ExprPtr& rebuilt, const ExprPtr& original) {
  const auto module = method.self.try_as<Module>();
  const auto function = method.function.try_as<PyFunction>();
  const auto native = method.function.try_as<NativeFunction>();
  const auto* attribute = as<Attribute>(callee.expr);
  const std::string name = function ? function->name : attribute ? attribute->attr : native ? native->name : "";
  if (!module) {
    if (!function && contains(kPureDataMethods, name)) return evaluated_call(callee, args, keywords, rebuilt, original);
    if (!function || (!method.self.try_as<PyClass>() && !method.self.try_as<Instance>())) return std::nullopt;
    ReducedList all{{reify(method.self, original), Fact::constant(method.self), nullptr}};
    all.insert(all.end(), args.begin(), args.end());
    return call_python(function, nullptr, all, keywords, original);
  }
  const bool looks_up = !function && name == "__getattr__" && attribute && args.size() == 1 && args[0].is_constant();
  if (looks_up && args[0].fact.value.is_string()) {
    auto node = std::make_shared<Attribute>();
    node->span = original->span;
    node->value = attribute->value;
    node->attr = args[0].fact.value.as_string();
    return module_attribute(module, node->attr, node, node);
  }
  // Containers' own lookups; a user's method of that name is compiled as any other.
  const bool embedded = !function || function->qualified_name.starts_with("torch.");
  if (embedded && contains(kPureModuleMethods, name))
    if (auto result = evaluated_call(callee, args, keywords, rebuilt, original)) return result;
  if (function) return call_python(function, module, args, keywords, original);
  return std::nullopt;
}

}  // namespace scriptc::python
