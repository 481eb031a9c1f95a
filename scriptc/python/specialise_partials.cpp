// The specialiser on functools.partial: calls of one call its function; one that holds what only the run knows is a
// function made where it stands.

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

Reduced Specialiser::Impl::apply_partial(const Partial& partial, const ReducedList& args,
                                         const ReducedKeywords& keywords, const ExprPtr& original) {
  const auto constant = [&](const Value& value) {
    return Reduced{reify(value, original), value.is_tensor() ? Fact{} : Fact::constant(value), nullptr};
  };
  ReducedList all;
  for (const Value& arg : partial.args) all.push_back(constant(arg));
  all.insert(all.end(), args.begin(), args.end());
  ReducedKeywords named;
  for (const auto& [name, value] : partial.kwargs) {
    bool overridden = false;
    for (const auto& [given, unused] : keywords) overridden = overridden || given == name;
    if (!overridden) named.emplace_back(name, constant(value));
  }
  named.insert(named.end(), keywords.begin(), keywords.end());
  auto call = std::make_shared<Call>();
  call->span = original->span;
  const Reduced callee = constant(partial.function);
  call->func = callee.expr;
  for (const Reduced& arg : all) call->args.push_back(arg.expr);
  for (const auto& [name, value] : named) call->keywords.push_back({name, value.expr, original->span});
  return apply(callee, all, named, call, call);
}

/// `partial(f, x, key=y)` as `lambda *rest, **named: f(x, *rest, key=y, **named)`.
std::optional<Reduced> Specialiser::Impl::partial_made_here(const ReducedList& args, const ReducedKeywords& keywords,
                                                            const ExprPtr& original) {
  if (args.empty() || !args[0].is_constant() || all_known(args, keywords)) return std::nullopt;
  const Span& span = original->span;
  // What it holds is computed now, not when it is called.
  const auto held = [&](const Reduced& value) {
    if (value.is_constant() || value.fact.is_structure()) return value.expr;
    const std::string name = fresh("held");
    frame_->out->push_back(assignment(name, value.expr));
    frame_->locals.insert(name);
    frame_->bound_once.insert(name);
    return name_of(name, span);
  };
  auto formal = std::make_shared<Arguments>();
  Parameter rest, named;
  rest.arg = fresh("rest");
  named.arg = fresh("named");
  formal->vararg = std::make_shared<const Parameter>(rest);
  formal->kwarg = std::make_shared<const Parameter>(named);
  auto call = node_at<Call>(span);
  call->func = args[0].expr;
  for (std::size_t i = 1; i < args.size(); ++i) call->args.push_back(held(args[i]));
  auto star = node_at<Starred>(span);
  star->value = name_of(rest.arg, span);
  call->args.push_back(star);
  for (const auto& [name, value] : keywords) call->keywords.push_back({name, held(value), span});
  call->keywords.push_back({"", name_of(named.arg, span), span});
  auto lambda = node_at<Lambda>(span);
  lambda->args = formal;
  lambda->body = call;
  const Reduced made = local_function(nullptr, lambda, lambda);
  return made.is_constant() ? std::optional(made) : std::nullopt;
}

}  // namespace scriptc::python
