// Modules that are made in forward with arguments which only the run knows: `nn.AvgPool2d((h, w))(x)`. A layer of
// torch.nn without tensors and children is its forward and what its constructor stores. Where each argument goes is
// found out by experiment: the constructor runs with several sets of numbers in the arguments' places, and every
// attribute must be the same each time, or be an argument.

#include <algorithm>

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

constexpr std::size_t kRuns = std::tuple_size_v<MadeHere::Runs>;

/// What stands for unknown argument `index`: all different in the first two runs; then 0 and 1, on which constructors
/// branch.
std::int64_t stand_in(std::size_t run, std::size_t index) {
  const auto i = static_cast<std::int64_t>(index);
  const std::array<std::int64_t, kRuns> numbers{1009 + 7 * i, 5003 + 11 * i, 0, 1};
  return numbers[run];
}

/// The value of an argument in one run; nothing if it is one that cannot be stood in for.
std::optional<Value> argument(const Reduced& arg, std::size_t run, std::size_t& next, ExprList* unknown) {
  if (arg.is_constant()) return arg.fact.one_shot ? std::nullopt : std::optional(arg.fact.value);
  const bool is_tuple = as<TupleExpr>(arg.expr) != nullptr;
  if (arg.parts && (is_tuple || as<ListExpr>(arg.expr))) {
    std::vector<Value> items;
    for (const Reduced& part : *arg.parts) {
      const auto item = argument(part, run, next, unknown);
      if (!item) return std::nullopt;
      items.push_back(*item);
    }
    return is_tuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
  }
  if (arg.fact.kind != Fact::Kind::dynamic) return std::nullopt;
  if (unknown) unknown->push_back(arg.expr);
  return Value(stand_in(run, next++));
}

template <class Test>
bool in_every_run(const Test& test) {
  for (std::size_t run = 0; run < kRuns; ++run)
    if (!test(run)) return false;
  return true;
}

bool is_constant(const MadeHere::Runs& runs) {
  return in_every_run([&](std::size_t run) { return identity(runs[run]) == identity(runs[0]); });
}

}  // namespace

ExprPtr in_terms_of(const std::vector<std::string>& names, const MadeHere::Runs& runs, const ExprPtr& original) {
  if (is_constant(runs)) {
    auto known = std::make_shared<Resolved>();
    known->span = original->span;
    known->value = runs[0];
    known->original = original;
    return known;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (in_every_run([&](std::size_t run) { return runs[run].is_int() && runs[run].as_int() == stand_in(run, i); }))
      return name_of(names[i], original->span);
    const auto is_float = [&](std::size_t run) {
      return runs[run].is_float() && runs[run].as_float() == static_cast<double>(stand_in(run, i));
    };
    if (!in_every_run(is_float)) continue;
    auto call = std::make_shared<Call>();
    call->span = original->span;
    call->func = name_of("float", original->span);
    call->args = {name_of(names[i], original->span)};
    return call;
  }
  const bool tuples = in_every_run([&](std::size_t run) { return runs[run].is_tuple(); });
  if (!tuples && !in_every_run([&](std::size_t run) { return runs[run].is_list(); })) return nullptr;
  const auto items = [&](std::size_t run) -> const std::vector<Value>& {
    return tuples ? runs[run].as_tuple() : runs[run].as_list();
  };
  if (!in_every_run([&](std::size_t run) { return items(run).size() == items(0).size(); })) return nullptr;
  ExprList parts;
  for (std::size_t i = 0; i < items(0).size(); ++i) {
    MadeHere::Runs part;
    for (std::size_t run = 0; run < kRuns; ++run) part[run] = items(run)[i];
    parts.push_back(in_terms_of(names, part, original));
    if (!parts.back()) return nullptr;
  }
  if (!tuples) {
    auto list = std::make_shared<ListExpr>();
    list->span = original->span;
    list->elts = std::move(parts);
    return list;
  }
  auto tuple = std::make_shared<TupleExpr>();
  tuple->span = original->span;
  tuple->elts = std::move(parts);
  return tuple;
}

namespace {

/// Computing it has no effect and depends on nothing but variables: it may be done a little later.
bool is_steady(const ExprPtr& expr, const std::set<std::string>& locals) {
  static const std::set<std::string> kMethods{"size", "dim", "numel", "ndimension"};
  static const std::set<std::string> kFunctions{"len", "int", "float", "min", "max", "abs", "round"};
  bool steady = true;
  for_each_expr(expr, [&](const ExprPtr& part) {
    const auto* call = as<Call>(part);
    const auto* method = call ? as<Attribute>(call->func) : nullptr;
    const auto* name = call ? as<Name>(call->func) : nullptr;
    if (call && !(method && kMethods.contains(method->attr)) &&
        !(name && kFunctions.contains(name->id) && !locals.contains(name->id)))
      steady = false;
    static const std::set<ExprKind> kKinds{ExprKind::Name,     ExprKind::Constant,  ExprKind::Attribute,
                                           ExprKind::Call,     ExprKind::Subscript, ExprKind::Slice,
                                           ExprKind::BinOp,    ExprKind::UnaryOp,   ExprKind::TupleExpr,
                                           ExprKind::ListExpr, ExprKind::Compare,   ExprKind::Resolved};
    steady = steady && kKinds.contains(part->kind);
  });
  return steady;
}

std::shared_ptr<PyFunction> without_self(const PyFunction& method) {
  auto function = std::make_shared<PyFunction>(method);
  auto def = copy_of(*method.def);
  auto args = std::make_shared<Arguments>(method.args());
  args->args.erase(args->args.begin());
  def->args = args;
  function->def = def;
  return function;
}

/// The attributes of `made`, one module a run, that are made of arguments. Nothing if some attribute is anything else.
std::optional<MadeHere> stored_arguments(const std::vector<ModulePtr>& made, std::vector<std::string> names,
                                         const ExprPtr& original) {
  MadeHere result;
  result.names = std::move(names);
  const Module& first = *made[0];
  for (const ModulePtr& one : made)
    if (!state_dict(one, true).empty() || !one->children.names().empty() ||
        one->attributes.names() != first.attributes.names())
      return std::nullopt;
  for (const auto& [name, value] : first.attributes) {
    MadeHere::Runs runs;
    for (std::size_t run = 0; run < kRuns; ++run) runs[run] = *made[run]->attributes.find(name);
    if (is_constant(runs)) continue;
    if (!in_terms_of(result.names, runs, original)) return std::nullopt;
    result.attributes.emplace(name, runs);
  }
  return result;
}

}  // namespace

/// The module of each run, and the arguments that are unknown.
std::optional<std::vector<ModulePtr>> Specialiser::Impl::try_constructor(const Reduced& callee, const ReducedList& args,
                                                                         const ReducedKeywords& keywords,
                                                                         const ExprPtr& original, ExprList& unknown) {
  std::vector<ModulePtr> made;
  for (std::size_t run = 0; run < kRuns; ++run) {
    std::size_t next = 0;
    ReducedList known;
    ReducedKeywords named;
    const auto fixed = [&](const Reduced& arg) {
      const auto value = argument(arg, run, next, run == 0 ? &unknown : nullptr);
      return value ? Reduced{arg.expr, Fact::constant(*value), nullptr} : Reduced{};
    };
    for (const Reduced& arg : args) known.push_back(fixed(arg));
    for (const auto& [name, arg] : keywords) named.emplace_back(name, fixed(arg));
    const auto result = evaluated_call(callee, known, named, original, original);
    made.push_back(result ? result->fact.value.try_as<Module>() : nullptr);
    if (!made.back()) return std::nullopt;
  }
  return made;
}

std::optional<Reduced> Specialiser::Impl::made_at_run_time(const PyClass& cls, const Reduced& callee,
                                                           const ReducedList& args, const ReducedKeywords& keywords,
                                                           const ExprPtr& original) {
  const bool called = frame_->called == original.get(), assigned = frame_->assigned == original.get();
  const Value* forward = cls.lookup("forward");
  const auto method = forward ? forward->try_as<PyFunction>() : nullptr;
  if ((!called && !assigned) || !cls.qualified_name.starts_with("torch.nn.") || !method || !method->def ||
      method->args().args.empty())
    return std::nullopt;
  ExprList unknown;
  const auto made = try_constructor(callee, args, keywords, original, unknown);
  if (!made) return std::nullopt;
  auto local = std::make_shared<LocalFunction>();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < unknown.size(); ++i) names.push_back(fresh("made_" + std::to_string(i)));
  auto stored = stored_arguments(*made, names, original);
  if (!stored) return std::nullopt;
  const auto steady = [&](const ExprPtr& expr) { return is_steady(expr, frame_->locals); };
  const bool passed = called && std::all_of(unknown.begin(), unknown.end(), steady);
  if (called && !passed && !frame_->first_calls.contains(original.get())) return std::nullopt;
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    local->captured.insert(names[i]);
    if (passed) {
      local->values[names[i]] = unknown[i];
      continue;
    }
    frame_->bound_once.insert(names[i]);
    frame_->out->push_back(assignment(names[i], unknown[i]));
  }
  const std::string self = method->args().args.front().arg;
  const ModulePtr& module = made->front();
  for (const auto& [name, runs] : stored->attributes) module->attributes.erase(name);
  made_here_[module.get()] = std::move(*stored);
  local->captured.insert(self);
  local->known[self] = module;
  local->function = without_self(*method);
  local->frame = frame_->id;
  alive_.emplace_back(local->function);
  alive_.emplace_back(module);
  return Reduced{original, Fact::constant(Value(local), false), nullptr};
}

}  // namespace scriptc::python
