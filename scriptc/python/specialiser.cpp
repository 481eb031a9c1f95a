#include "scriptc/python/specialiser.h"

#include <cmath>
#include <functional>
#include <utility>

#include "scriptc/model/text.h"

namespace scriptc::python {
namespace {

/// Calls that specialisation follows into each other: recursion on constants ends here.
constexpr int kDeepest = 64;

Parameter plain_parameter(const std::string& name) {
  Parameter parameter;
  parameter.arg = name;
  return parameter;
}

ExprPtr name_of(const std::string& name) {
  auto node = std::make_shared<Name>();
  node->id = name;
  return node;
}

void add_parameter_names(const Arguments& args, std::set<std::string>& names) {
  for (const auto* list : {&args.posonlyargs, &args.args, &args.kwonlyargs})
    for (const Parameter& parameter : *list) names.insert(parameter.arg);
  if (args.vararg) names.insert(args.vararg->arg);
  if (args.kwarg) names.insert(args.kwarg->arg);
}

/// What identifies a constant in the cache: its repr, or its address for objects.
std::string identity(const Value& value) {
  if (value.is_object()) return "@" + std::to_string(reinterpret_cast<std::uintptr_t>(value.as_object().get()));
  std::string text = value.type_name() + ":";
  if (value.is_tuple() || value.is_list()) {
    for (const Value& item : value.is_tuple() ? value.as_tuple() : value.as_list()) text += identity(item) + ",";
    return text;
  }
  return text + repr(value);
}

/// Builds the parameter list of a residual out of the original's.
class ResidualArguments {
 public:
  ResidualArguments(const Arguments& original, const std::map<std::string, Binding>& bindings)
      : original_(original), bindings_(bindings), result_(std::make_shared<Arguments>()) {
    const std::size_t positional = original.posonlyargs.size() + original.args.size();
    const std::size_t without_default = positional - original.defaults.size();
    std::size_t position = 0;
    for (const auto* list : {&original.posonlyargs, &original.args}) {
      for (const Parameter& parameter : *list) {
        const ExprPtr fallback = position >= without_default ? original.defaults[position - without_default] : nullptr;
        ++position;
        if (is_constant(parameter.arg)) continue;
        result_->args.push_back(parameter);
        if (fallback)
          result_->defaults.push_back(fallback);
        else if (!result_->defaults.empty())
          lost_default_ = true;
      }
    }
  }

  void add(const std::string& name) { result_->args.push_back(plain_parameter(name)); }

  void add_keyword_only() {
    for (std::size_t i = 0; i < original_.kwonlyargs.size(); ++i) {
      if (is_constant(original_.kwonlyargs[i].arg)) continue;
      result_->kwonlyargs.push_back(original_.kwonlyargs[i]);
      result_->kw_defaults.push_back(original_.kw_defaults[i]);
    }
  }

  std::shared_ptr<const Arguments> take() {
    // Expanded parameters have no default: then every argument is passed.
    if (result_->defaults.size() > result_->args.size() || lost_default_) result_->defaults.clear();
    return result_;
  }

  /// Values of the defaults that are left, for PyFunction::defaults.
  std::vector<Value> values(const std::vector<Value>& all) const {
    std::vector<Value> left;
    const std::size_t positional = original_.posonlyargs.size() + original_.args.size();
    std::size_t position = 0;
    for (const auto* list : {&original_.posonlyargs, &original_.args}) {
      for (const Parameter& parameter : *list) {
        const std::size_t at = position++;
        if (is_constant(parameter.arg) || at < positional - all.size()) continue;
        left.push_back(all[at - (positional - all.size())]);
      }
    }
    return left;
  }

 private:
  bool is_constant(const std::string& name) const {
    const auto found = bindings_.find(name);
    return found != bindings_.end() && found->second.kind == Binding::Kind::constant;
  }

  const Arguments& original_;
  const std::map<std::string, Binding>& bindings_;
  std::shared_ptr<Arguments> result_;
  bool lost_default_ = false;
};

}  // namespace

Specialiser::Impl::Impl(Evaluator& evaluator, ModulePtr root, MutableAttributes mutable_attributes)
    : evaluator_(evaluator), root_(std::move(root)), mutable_(std::move(mutable_attributes)) {
  for_each_module(root_, [&](const std::string&, const ModulePtr& module) { tree_.insert(module.get()); });
}

ExprPtr Specialiser::Impl::reify(const Value& value, const ExprPtr& original) {
  const Span span = original ? original->span : Span{};
  const auto constant = [&](ConstantValue literal) -> ExprPtr {
    auto node = std::make_shared<Constant>();
    node->value = std::move(literal);
    node->span = span;
    return node;
  };
  if (value.is_none()) return constant(NoneLiteral{});
  if (value.is_bool()) return constant(value.as_bool());
  if (value.is_int()) return constant(value.as_int());
  if (value.is_float() && std::isfinite(value.as_float())) return constant(value.as_float());
  if (value.is_string()) return constant(value.as_string());
  if (value.is_tuple() && !value.try_as<Object>()) {
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
  auto node = std::make_shared<Resolved>();
  node->value = value;
  node->original = original;
  node->span = span;
  return node;
}

std::shared_ptr<PyFunction> Specialiser::Impl::specialise(const std::shared_ptr<PyFunction>& function,
                                                          const ModulePtr& self,
                                                          const std::map<std::string, Binding>& bindings,
                                                          std::size_t extra_args,
                                                          const std::vector<std::string>& extra_keywords) {
  std::string key = std::to_string(reinterpret_cast<std::uintptr_t>(function.get())) + "/" +
                    std::to_string(reinterpret_cast<std::uintptr_t>(self.get())) + "/" + std::to_string(extra_args);
  for (const auto& [name, binding] : bindings)
    if (binding.kind == Binding::Kind::constant) key += "/" + name + "=" + identity(binding.value);
  for (const std::string& name : extra_keywords) key += "/**" + name;
  if (const auto found = cache_.find(key); found != cache_.end()) return found->second;
  if (depth_ >= kDeepest) {
    throw error_at(
        ErrorKind::model, *function->source(), function->def ? function->def->span : function->lambda->span,
        "calls of " + quote(function->name) + " with constants nest deeper than " + std::to_string(kDeepest));
  }

  Activation frame;
  frame.function = function;
  frame.self = self;
  const Arguments& args = function->args();
  add_parameter_names(args, frame.locals);
  StmtList body;
  if (function->def) {
    body = function->def->body;
  } else {
    auto result = std::make_shared<Return>();
    result->value = function->lambda->body;
    result->span = function->lambda->body->span;
    body = {result};
  }
  frame.locals.merge(assigned_names(body));
  frame.mutated = mutated_names(body);
  const bool dissolved = self && !in_tree(self);
  ResidualArguments residual_args(args, bindings);
  for (const auto& [name, binding] : bindings)
    if (binding.kind == Binding::Kind::constant) frame.facts[name] = Fact::constant(binding.value, false);
  if (self) {
    const auto& first = args.posonlyargs.empty() ? args.args.front() : args.posonlyargs.front();
    frame.facts[first.arg] = Fact::constant(self, !dissolved);
  }
  if (args.vararg) {
    Fact fact;
    fact.kind = Fact::Kind::tuple;
    fact.materialised = false;
    for (std::size_t i = 0; i < extra_args; ++i) {
      const std::string name = args.vararg->arg + "_" + std::to_string(i);
      residual_args.add(name);
      fact.items.push_back(name_of(name));
      frame.locals.insert(name);
    }
    frame.facts[args.vararg->arg] = std::move(fact);
  }
  residual_args.add_keyword_only();
  if (args.kwarg) {
    Fact fact;
    fact.kind = Fact::Kind::dict;
    fact.materialised = false;
    for (const std::string& keyword : extra_keywords) {
      const std::string name = args.kwarg->arg + "_" + keyword;
      residual_args.add(name);
      fact.items.push_back(name_of(name));
      fact.keys.push_back(keyword);
      frame.locals.insert(name);
    }
    frame.facts[args.kwarg->arg] = std::move(fact);
  }
  const bool same_signature = bindings.empty() && !args.vararg && !args.kwarg && function->def;
  frame.changed = !same_signature;

  Activation* const outer = std::exchange(frame_, &frame);
  const bool substitute_before = std::exchange(substitute_, false);
  ++depth_;
  ReducedBlock block;
  try {
    block = reduce_block(body);
  } catch (...) {
    frame_ = outer;
    substitute_ = substitute_before;
    --depth_;
    throw;
  }
  frame_ = outer;
  substitute_ = substitute_before;
  --depth_;
  if (!frame.changed) return cache_[key] = function;

  auto residual = std::make_shared<PyFunction>(*function);
  auto def = function->def ? copy_of(*function->def) : std::make_shared<FunctionDef>();
  if (!function->def) def->span = function->lambda->span;
  if (!same_signature) {
    residual->name = (function->def ? function->name : std::string("lambda")) + "_" + std::to_string(cache_.size());
    residual->qualified_name =
        function->qualified_name.substr(0, function->qualified_name.rfind('.') + 1) + residual->name;
    def->name = residual->name;
    residual->overloads.clear();
  }
  def->args = residual_args.take();
  def->decorator_list.clear();
  if (block.body.empty()) block.body.push_back(std::make_shared<Pass>());
  def->body = std::move(block.body);
  residual->defaults = residual_args.values(function->defaults);
  if (def->args->defaults.empty()) residual->defaults.clear();
  residual->def = def;
  residual->lambda = nullptr;
  return cache_[key] = residual;
}

Specialiser::Specialiser(Evaluator& evaluator, ModulePtr root, MutableAttributes mutable_attributes)
    : impl_(std::make_unique<Impl>(evaluator, std::move(root), std::move(mutable_attributes))) {}

Specialiser::~Specialiser() = default;

std::shared_ptr<PyFunction> Specialiser::specialise_method(const std::shared_ptr<PyFunction>& method,
                                                           const ModulePtr& self) {
  return impl_->specialise(method, self, {}, 0, {});
}

std::shared_ptr<PyFunction> Specialiser::specialise_function(const std::shared_ptr<PyFunction>& function) {
  return impl_->specialise(function, nullptr, {}, 0, {});
}

}  // namespace scriptc::python
