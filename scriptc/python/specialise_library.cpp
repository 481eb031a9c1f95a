// The specialiser on functions of Python's and torch's libraries that say something about the model itself, or do
// nothing in a compiled one: parameters of modules, `next`, `reduce`, loggers, autocast, contexts of autograd.

#include <array>
#include <string_view>

#include "scriptc/python/ast_children.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Answers of a machine that runs one process on its CPU; asking has no effect.
constexpr std::array<std::string_view, 5> kFixed{"torch.cuda.", "torch.distributed.", "torch.overrides.",
                                                 "logging.getLogger", "logging.Logger.isEnabledFor"};

/// Whatever they are given, `has_torch_function(…)` and its like say no.
constexpr std::string_view kOverrides = "torch.overrides.";

constexpr std::string_view kContext = "torch.autograd.function.FunctionCtx";

/// Contexts that change no value of a CPU.
constexpr std::array<std::string_view, 4> kQuietContexts{
    "torch.cuda.amp.autocast_mode.autocast", "torch.autograd.grad_mode.enable_grad",
    "torch.autograd.grad_mode.set_grad_enabled", "contextlib.nullcontext"};

std::string native_name(const Value& value) {
  const auto method = value.try_as<BoundMethod>();
  const auto native = (method ? method->function : value).try_as<NativeFunction>();
  return native ? native->qualified_name : "";
}

bool is_context(const Value& value) {
  const auto instance = value.try_as<Instance>();
  return instance && instance->class_ && instance->class_->qualified_name == kContext;
}

ExprPtr attribute_of_expr(const ExprPtr& base, const std::string& name) {
  auto node = std::make_shared<Attribute>();
  node->span = base->span;
  node->value = base;
  node->attr = name;
  return node;
}

}  // namespace

/// True for calls that may do more than compute a value.
bool Specialiser::Impl::may_have_effect(const Call& call) {
  const auto* method = as<Attribute>(call.func);
  if (method && ((method->attr.ends_with("_") && !method->attr.ends_with("__")) || is_mutator(method->attr)))
    return true;
  const Facts before = frame_->facts;
  const Reduced callee = reduce(call.func);
  frame_->facts = before;
  if (!callee.is_constant()) return method == nullptr;
  const Value& value = callee.fact.value;
  const auto bound = value.try_as<BoundMethod>();
  return !(bound ? bound->function : value).try_as<NativeFunction>() && !value.try_as<OperatorRef>() &&
         native_name(value).empty();
}

/// The calls in `args` that may have an effect, as statements.
void Specialiser::Impl::keep_effects(const ExprPtr& arg, StmtList& out) {
  if (!arg || arg->kind == ExprKind::Lambda) return;
  if (const auto* call = as<Call>(arg); call && may_have_effect(*call)) {
    auto statement = std::make_shared<ExprStmt>();
    statement->span = arg->span;
    statement->value = reduce(arg).expr;
    out.push_back(statement);
    return;
  }
  for_each_child(*arg, [&](const ExprPtr& child) { keep_effects(child, out); });
}

/// `logger.debug(…)` and what else nobody hears of: only what their arguments do is kept.
bool Specialiser::Impl::reduce_quiet_call(const Call& call, StmtList& out) {
  const Facts before = frame_->facts;
  const Reduced callee = reduce(call.func);
  frame_->facts = before;
  if (!callee.is_constant()) return false;
  const std::string name = native_name(callee.fact.value);
  const bool quiet = name.starts_with("logging.") || name == "warnings.filterwarnings" ||
                     name == "warnings.simplefilter" || name == "torch.cuda.synchronize" ||
                     name == "torch.cuda.empty_cache";
  if (!quiet) return false;
  for (const ExprPtr& arg : call.args) keep_effects(arg, out);
  for (const Keyword& keyword : call.keywords) keep_effects(keyword.value, out);
  return true;
}

/// `with autocast(…)` that changes nothing on a CPU.
bool Specialiser::Impl::is_without_effect(const WithItem& item) {
  const auto* call = as<Call>(item.context_expr);
  if (!call || item.optional_vars) return false;
  const Reduced callee = reduce(call->func);
  const auto cls = callee.is_constant() ? callee.fact.value.try_as<PyClass>() : nullptr;
  if (!cls) return false;
  for (const std::string_view quiet : kQuietContexts)
    if (cls->qualified_name == quiet) return true;
  if (cls->qualified_name != "torch.amp.autocast_mode.autocast") return false;
  Reduced device, enabled;
  if (!call->args.empty()) device = reduce(call->args[0]);
  if (call->args.size() > 2) enabled = reduce(call->args[2]);
  for (const Keyword& keyword : call->keywords) {
    if (keyword.arg == "device_type") device = reduce(keyword.value);
    if (keyword.arg == "enabled") enabled = reduce(keyword.value);
  }
  const bool is_off = enabled.is_constant() && truth_of(enabled) == false;
  return is_off || (device.is_constant() && device.fact.value.is_string() && device.fact.value.as_string() != "cpu");
}

/// `parameters()`, `named_buffers()`… of a known module, as the ways that lead to them.
std::optional<Reduced> Specialiser::Impl::tensors_of(const ModulePtr& module, const std::string& method,
                                                     const ExprPtr& rebuilt, const ExprPtr& original) {
  const bool named = method.starts_with("named_");
  const std::string what = named ? method.substr(6) : method;
  if (what != "parameters" && what != "buffers") return std::nullopt;
  auto parts = std::make_shared<ReducedList>();
  std::set<const Tensor*> seen;
  for_each_module(module, [&](const std::string& path, const ModulePtr& owner) {
    const auto add = [&](const std::string& name, const TensorPtr& tensor) {
      if (!tensor || !seen.insert(tensor.get()).second) return;
      const ExprPtr base = in_tree(owner) ? path_to(owner, original->span) : nullptr;
      const Reduced one{base ? attribute_of_expr(base, name) : reify(tensor, original), {}, nullptr};
      if (!named) return parts->push_back(one);
      const std::string whole = path.empty() ? name : path + "." + name;
      auto pair = std::make_shared<TupleExpr>();
      pair->span = original->span;
      pair->elts = {constant_of(whole, original->span), one.expr};
      const Reduced key{pair->elts[0], Fact::constant(whole), nullptr};
      parts->push_back({pair, {}, std::make_shared<const ReducedList>(ReducedList{key, one})});
    };
    if (what == "parameters")
      for (const auto& [name, tensor] : owner->parameters) add(name, tensor);
    else
      for (const auto& [name, buffer] : owner->buffers) add(name, buffer.tensor);
  });
  return Reduced{rebuilt, {}, parts};
}

std::optional<Reduced> Specialiser::Impl::apply_library(const Reduced& callee, const ReducedList& args,
                                                        const ReducedKeywords& keywords, const ExprPtr& rebuilt,
                                                        const ExprPtr& original) {
  const Value& value = callee.fact.value;
  const std::string name = native_name(value);
  if (name.starts_with(kOverrides)) return folded(rebuilt, Value(false), original);
  for (const std::string_view fixed : kFixed)
    if (name.starts_with(fixed)) return evaluated_call(callee, args, keywords, rebuilt, original);
  if (!keywords.empty()) return std::nullopt;
  if (name == "typing.cast" && args.size() == 2 && args[1].is_constant()) return args[1];
  if (name == "builtins.next") return first_item(args);
  if (name == "builtins.iter" && args.size() == 1) {
    const auto items = items_of(args[0]);
    if (!items || !all_paths(*items)) return std::nullopt;
    return Reduced{rebuilt, {}, std::make_shared<const ReducedList>(*items)};
  }
  const auto function = value.try_as<PyFunction>();
  if (function && function->qualified_name == "functools.reduce") return apply_reduce(args, original);
  const auto method = value.try_as<BoundMethod>();
  if (const auto module = method ? method->self.try_as<Module>() : nullptr; module && args.empty()) {
    const auto python = method->function.try_as<PyFunction>();
    const bool embedded = python ? python->qualified_name.starts_with("torch.") : !name.empty();
    const std::string method_name = python ? python->name : name.substr(name.rfind('.') + 1);
    if (embedded) return tensors_of(module, method_name, rebuilt, original);
  }
  // `ctx.save_for_backward(x)` and what else serves the backward pass.
  if (method && is_context(method->self) && all_paths(args))
    return Reduced{reify(None{}, original), Fact::constant(None{}), nullptr};
  return std::nullopt;
}

/// An object that `torch.autograd.Function.apply` hands to `forward`: what is kept on it are variables.
std::optional<Reduced> Specialiser::Impl::context_attribute(const Reduced& base, const Attribute& node) {
  if (!base.is_constant() || !is_context(base.fact.value)) return std::nullopt;
  const auto key = std::pair(static_cast<const void*>(base.fact.value.as_object().get()), node.attr);
  auto found = frame_->context_variables.find(key);
  if (node.ctx == ExprContext::Store && found == frame_->context_variables.end())
    found = frame_->context_variables.emplace(key, fresh("ctx_" + node.attr)).first;
  if (found == frame_->context_variables.end()) return std::nullopt;
  return Reduced{name_of(found->second, node.span, node.ctx), {}, nullptr};
}

/// `super().method`, whose self is known.
std::optional<Reduced> Specialiser::Impl::super_method(const Attribute& node, const ExprPtr& original) {
  const auto* call = as<Call>(node.value);
  const auto* name = call ? as<Name>(call->func) : nullptr;
  if (!name || name->id != "super" || frame_->locals.contains("super") || !call->keywords.empty()) return std::nullopt;
  std::shared_ptr<PyClass> after = frame_->function->owner.lock();
  const Arguments& formal = frame_->function->args();
  std::string self_name = !formal.posonlyargs.empty() ? formal.posonlyargs.front().arg
                          : !formal.args.empty()      ? formal.args.front().arg
                                                      : "";
  if (call->args.size() == 2) {
    const Reduced cls = reduce(call->args[0]);
    const auto* given = as<Name>(call->args[1]);
    if (!cls.is_constant() || !given) return std::nullopt;
    after = cls.fact.value.try_as<PyClass>();
    self_name = given->id;
  }
  const auto self = frame_->facts.find(self_name);
  const auto module = self != frame_->facts.end() ? self->second.value.try_as<Module>() : nullptr;
  const auto cls = module ? std::dynamic_pointer_cast<PyClass>(module->class_) : nullptr;
  const Value* found = cls && after ? cls->lookup_after(*after, node.attr) : nullptr;
  if (!found || !found->try_as<PyFunction>()) return std::nullopt;
  auto method = std::make_shared<BoundMethod>();
  method->self = module;
  method->function = *found;
  const Value value(method);
  // The lowering knows `super()` in methods of the very module.
  const ExprPtr expr = module == frame_->owner ? original : reify(value, original);
  return Reduced{expr, Fact::constant(value), nullptr};
}

}  // namespace scriptc::python
