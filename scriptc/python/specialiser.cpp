// The specialiser on functions: their parameters, the cache of residuals, constants as expressions.

#include "scriptc/python/specialiser.h"

#include <cmath>
#include <utility>

#include "scriptc/model/text.h"
#include "scriptc/python/runtime.h"

namespace scriptc::python {
namespace {

/// Calls that specialisation follows into each other; deeper ones are left as calls.
constexpr int kDeepest = 48;

/// Parameters and buffers.
void for_each_tensor(const Module& module, const std::function<void(const TensorPtr&)>& visit) {
  for (const auto& [name, tensor] : module.parameters)
    if (tensor) visit(tensor);
  for (const auto& [name, buffer] : module.buffers)
    if (buffer.tensor) visit(buffer.tensor);
}

std::vector<std::string> positional_names(const Arguments& args) {
  std::vector<std::string> names;
  for (const auto* list : {&args.posonlyargs, &args.args})
    for (const Parameter& parameter : *list) names.push_back(parameter.arg);
  return names;
}

std::set<std::string> parameter_names(const Arguments& args) {
  const auto positional = positional_names(args);
  std::set<std::string> names(positional.begin(), positional.end());
  for (const Parameter& parameter : args.kwonlyargs) names.insert(parameter.arg);
  if (args.vararg) names.insert(args.vararg->arg);
  if (args.kwarg) names.insert(args.kwarg->arg);
  return names;
}

/// Gives `residual` the parameters of the original without the constants, `first` before them (unless empty) and
/// `extra` behind them, passed by name.
void set_parameters(PyFunction& residual, FunctionDef& def, const std::map<std::string, Value>& constants,
                    const std::string& first, const std::vector<std::string>& extra) {
  const Arguments original = residual.args();
  const std::vector<Value> defaults = std::exchange(residual.defaults, {});
  const std::vector<Value> kw_defaults = std::exchange(residual.kw_defaults, {});
  const std::vector<bool> has_kw_default = std::exchange(residual.has_kw_default, {});
  auto args = std::make_shared<Arguments>();
  const auto plain = [](const std::string& name) {
    Parameter parameter;
    parameter.arg = name;
    return parameter;
  };
  if (!first.empty()) args->args.push_back(plain(first));
  const std::size_t positional = original.posonlyargs.size() + original.args.size();
  std::size_t position = 0;
  for (const auto* list : {&original.posonlyargs, &original.args}) {
    for (const Parameter& parameter : *list) {
      const std::size_t at = position++;
      if (constants.contains(parameter.arg)) continue;
      args->args.push_back(parameter);
      if (at >= positional - original.defaults.size())
        args->defaults.push_back(original.defaults[at - (positional - original.defaults.size())]);
      if (at >= positional - defaults.size())
        residual.defaults.push_back(defaults[at - (positional - defaults.size())]);
    }
  }
  for (std::size_t i = 0; i < original.kwonlyargs.size(); ++i) {
    if (constants.contains(original.kwonlyargs[i].arg)) continue;
    args->kwonlyargs.push_back(original.kwonlyargs[i]);
    args->kw_defaults.push_back(original.kw_defaults[i]);
    residual.kw_defaults.push_back(i < kw_defaults.size() ? kw_defaults[i] : Value());
    residual.has_kw_default.push_back(i < has_kw_default.size() && has_kw_default[i]);
  }
  for (const std::string& name : extra) {
    args->kwonlyargs.push_back(plain(name));
    args->kw_defaults.push_back(nullptr);
    residual.kw_defaults.emplace_back();
    residual.has_kw_default.push_back(false);
  }
  def.args = args;
}

std::string key_of(const Request& request) {
  const auto address = [](const auto& pointer) {
    return std::to_string(reinterpret_cast<std::uintptr_t>(pointer.get())) + "/";
  };
  std::string key = address(request.function) + address(request.self) + address(request.owner);
  for (const auto& [name, value] : request.constants) key += name + "=" + identity(value) + "/";
  for (const std::string& name : request.captured) key += "^" + name + "/";
  const auto add = [&](const std::string& name, const Structure& structure) {
    key += "/" + name + std::to_string(static_cast<int>(structure.kind));
    for (const std::string& item : structure.keys) key += "." + item;
    for (const auto& item : structure.items) key += "," + (item ? identity(*item) : "?");
  };
  add("*", request.extra_args);
  add("**", request.extra_keywords);
  for (const auto& [name, structure] : request.structures) add(name, structure);
  return key;
}

}  // namespace

Specialiser::Impl::Impl(Evaluator& evaluator, ModulePtr root, MutableAttributes mutable_attributes)
    : evaluator_(evaluator), root_(std::move(root)), mutable_(std::move(mutable_attributes)) {
  for_each_module(root_, [&](const std::string&, const ModulePtr& module) {
    tree_.insert(module.get());
    for_each_tensor(*module, [&](const TensorPtr& tensor) { tree_tensors_.insert(tensor.get()); });
  });
}

std::string Specialiser::Impl::fresh(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; frame_->names.contains(name); ++i) name = wanted + "_" + std::to_string(i);
  frame_->names.insert(name);
  frame_->locals.insert(name);
  return name;
}

/// The way from the method's own module down to another, as an expression; null if there is none.
ExprPtr Specialiser::Impl::path_to(const ModulePtr& module, const Span& span) {
  if (!frame_->owner || frame_->self_name.empty() || frame_->facts.contains(frame_->self_name) == false) return nullptr;
  const std::function<ExprPtr(const ModulePtr&, const ExprPtr&)> search = [&](const ModulePtr& from,
                                                                              const ExprPtr& path) -> ExprPtr {
    if (from == module) return path;
    for (const auto& [name, child] : from->children) {
      if (!child) continue;
      auto step = std::make_shared<Attribute>();
      step->value = path;
      step->attr = name;
      step->span = span;
      if (ExprPtr found = search(child, step)) return found;
    }
    return nullptr;
  };
  return search(frame_->owner, name_of(frame_->self_name, span));
}

ExprPtr Specialiser::Impl::reify(const Value& value, const ExprPtr& original) {
  const Span span = original ? original->span : Span{};
  if (value.is_none()) return constant_of(NoneLiteral{}, span);
  if (value.is_bool()) return constant_of(value.as_bool(), span);
  if (value.is_int()) return constant_of(value.as_int(), span);
  if (value.is_float() && std::isfinite(value.as_float())) return constant_of(value.as_float(), span);
  if (value.is_string()) return constant_of(value.as_string(), span);
  if (value.is_tuple() && !std::get<std::shared_ptr<TupleValue>>(value.data())->type) {
    auto node = std::make_shared<TupleExpr>();
    node->span = span;
    for (const Value& item : value.as_tuple()) node->elts.push_back(reify(item, original));
    return node;
  }
  if (value.is_list() && !value.as_list().empty()) {
    auto node = std::make_shared<ListExpr>();
    node->span = span;
    for (const Value& item : value.as_list()) node->elts.push_back(reify(item, original));
    return node;
  }
  if (const auto slice = value.try_as<SliceObject>()) {
    auto node = std::make_shared<Slice>();
    node->span = span;
    if (!slice->lower.is_none()) node->lower = reify(slice->lower, original);
    if (!slice->upper.is_none()) node->upper = reify(slice->upper, original);
    if (!slice->step.is_none()) node->step = reify(slice->step, original);
    return node;
  }
  if (const auto module = value.try_as<Module>(); module && in_tree(module))
    if (ExprPtr path = path_to(module, span)) return path;
  auto node = std::make_shared<Resolved>();
  node->value = value;
  node->original = original;
  node->span = span;
  return node;
}

/// Nothing below the frame's owner leads to some module or tensor of the tree that the residual uses.
bool Specialiser::Impl::leaves_owner(const StmtList& body) {
  bool leaves = frame_->leaves_owner;
  const auto holds = [&](const TensorPtr& tensor) {
    bool found = !tree_tensors_.contains(tensor.get());
    if (found || !frame_->owner) return found;
    for_each_module(frame_->owner, [&](const std::string&, const ModulePtr& module) {
      for_each_tensor(*module, [&](const TensorPtr& own) { found = found || own == tensor; });
    });
    return found;
  };
  const auto visit = [&](const ExprPtr& part) {
    const auto* resolved = as<Resolved>(part);
    if (!resolved) return;
    const auto method = resolved->value.try_as<BoundMethod>();
    const auto module = (method ? method->self : resolved->value).try_as<Module>();
    if (module && in_tree(module)) leaves = leaves || !path_to(module, {});
    if (resolved->value.is_tensor()) leaves = leaves || !holds(resolved->value.as_tensor());
  };
  for_each_expr(body, visit, true);
  return leaves;
}

/// What is known at the start; returns the name of a new first parameter, or "".
std::string Specialiser::Impl::prepare(ResidualFrame& frame, const Request& request, Residual& residual,
                                       const StmtList& body) {
  const Arguments& args = request.function->args();
  frame.id = ++frames_;
  frame.function = request.function;
  frame.owner = request.owner;
  const std::set<std::string> parameters = parameter_names(args);
  frame.parameters = parameters;
  frame.locals = assigned_names(body);
  frame.locals.insert(parameters.begin(), parameters.end());
  frame.names = all_names(body);
  frame.names.insert(frame.locals.begin(), frame.locals.end());
  frame.mutated = mutated_names(body);
  frame.read_only = read_only_names(body);
  frame.settled = settled_names(body, parameters);
  frame.counted = counted_names(body);
  frame.varying = varying_names(body);
  frame.starred = starred_names(body);
  frame.fixed = walrus_targets(body);
  frame.returned = returned_values(body);
  for (const auto& [name, value] : request.constants) {
    frame.facts[name] = Fact::constant(value, false);
    frame.locals.insert(name);
  }
  for (const std::string& name : request.captured) frame.locals.insert(name), residual.extra.push_back(name);
  std::string first;
  if (request.owner && request.self == request.owner) {
    frame.self_name = positional_names(args).front();
    frame.facts[frame.self_name] = Fact::constant(request.self);
  } else if (request.owner) {
    frame.self_name = first = fresh("self");
    frame.facts[first] = Fact::constant(request.owner);
  }
  const auto collect = [&](const std::string& name, const Structure& given) {
    frame.facts[name] = received(given, name, residual.extra);
    frame.facts[name].tracked = false;
    std::vector<Value> values;
    for (const auto& item : given.items)
      if (item) values.push_back(*item);
    const bool known = !values.empty() && values.size() == given.items.size();
    if (known && given.kind == Fact::Kind::tuple) frame.facts[name] = Fact::constant(Value::tuple(values), false);
  };
  if (args.vararg) collect(args.vararg->arg, request.extra_args);
  if (args.kwarg) collect(args.kwarg->arg, request.extra_keywords);
  for (const auto& [name, value] : request.constants) {
    const auto given = value.try_as<LocalFunction>();
    if (!given) continue;
    auto local = std::make_shared<LocalFunction>(*given);
    local->frame = frame.id;
    local->variables.clear();
    for (const std::string& captured : local->captured) {
      if (local->known.contains(captured)) continue;
      residual.extra.push_back(local->variables[captured] = fresh(captured));
    }
    frame.facts[name] = Fact::constant(Value(local), false);
  }
  for (const auto& [name, items] : request.structures) frame.facts[name] = received(items, name, residual.extra);
  return first;
}

const Residual* Specialiser::Impl::specialise(const Request& request) {
  const std::string key = key_of(request);
  if (const auto found = cache_.find(key); found != cache_.end()) return &found->second;
  if (depth_ >= kDeepest || !in_progress_.insert(key).second) return nullptr;
  alive_.emplace_back(request.function);
  for (const Value& value : {Value(request.self), Value(request.owner)}) alive_.push_back(value);
  for (const auto& [name, value] : request.constants) alive_.push_back(value);
  const auto keep_alive = [&](const Structure& structure) {
    for (const auto& item : structure.items)
      if (item) alive_.push_back(*item);
  };
  keep_alive(request.extra_args);
  keep_alive(request.extra_keywords);
  for (const auto& [name, structure] : request.structures) keep_alive(structure);

  const PyFunction& function = *request.function;
  const StmtList body = body_of(function);
  ResidualFrame frame;
  Residual residual;
  ResidualFrame* const outer = std::exchange(frame_, &frame);
  ++depth_;
  struct Restore {
    Impl& impl;
    ResidualFrame* outer;
    const std::string& key;
    ~Restore() {
      impl.frame_ = outer;
      --impl.depth_;
      impl.in_progress_.erase(key);
    }
  } restore{*this, outer, key};
  const std::string first = prepare(frame, request, residual, body);
  ReducedBlock block;
  for (const std::string& name : walrus_targets(body)) materialise(name, nullptr, block.body);
  ReducedBlock reduced = reduce_block(body);
  block.body.insert(block.body.end(), reduced.body.begin(), reduced.body.end());

  const Arguments& args = function.args();
  const bool same_signature = request.constants.empty() && request.captured.empty() && request.structures.empty() &&
                              first.empty() && !args.vararg && !args.kwarg && function.def;
  if (block.body.empty()) residual.result = Value();
  if (block.body.size() == 1 && block.body[0]->kind == StmtKind::Return) residual.result = frame.result;
  block.body = with_optionals(block.body);
  residual.leaves_owner = leaves_owner(block.body);
  if (same_signature && block.body == body) {
    residual.function = request.function;
    set_returned(residual);
    return &(cache_[key] = std::move(residual));
  }
  auto result = std::make_shared<PyFunction>(function);
  auto def = function.def ? copy_of(*function.def) : std::make_shared<FunctionDef>();
  if (!function.def) def->span = function.lambda->span;
  std::map<std::string, Value> gone = request.constants;
  for (const auto& [name, structure] : request.structures) gone[name] = Value();
  set_parameters(*result, *def, gone, first, residual.extra);
  if (!same_signature) {
    result->name = (function.def ? function.name : std::string("lambda")) + "_" + std::to_string(variants_++);
    result->qualified_name = function.qualified_name.substr(0, function.qualified_name.rfind('.') + 1) + result->name;
    result->overloads.clear();
  }
  def->name = result->name;
  def->decorator_list.clear();
  if (block.body.empty()) block.body.push_back(std::make_shared<Pass>());
  def->body = std::move(block.body);
  result->def = def;
  result->lambda = nullptr;
  residual.function = result;
  set_returned(residual);
  return &(cache_[key] = std::move(residual));
}

Specialiser::Specialiser(Evaluator& evaluator, ModulePtr root, MutableAttributes mutable_attributes)
    : impl_(std::make_unique<Impl>(evaluator, std::move(root), std::move(mutable_attributes))) {}

Specialiser::~Specialiser() = default;

std::shared_ptr<PyFunction> Specialiser::specialise_method(const std::shared_ptr<PyFunction>& method,
                                                           const ModulePtr& self,
                                                           const std::map<std::string, Value>& fixed) {
  // `def forward(*inputs)`: nothing is bound to a name of its own.
  if (method->args().posonlyargs.empty() && method->args().args.empty()) return method;
  Request request;
  request.function = method;
  request.self = self;
  request.owner = impl_->in_tree(self) ? self : nullptr;
  request.constants = fixed;
  return impl_->specialise(request)->function;
}

std::shared_ptr<PyFunction> Specialiser::specialise_function(const std::shared_ptr<PyFunction>& function) {
  Request request;
  request.function = function;
  return impl_->specialise(request)->function;
}

}  // namespace scriptc::python
