// The specialiser on lists and tuples of unknown lengths: `first, *rest = sizes`, `(n, *x.shape[2:])`, comprehensions
// with conditions, generators that are read while a list grows.

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

Value fold_function(Evaluator& evaluator, const std::string& name) {
  return evaluator.get_attribute(Value(evaluator.import_module("torch._folds")), name);
}

namespace {

ExprPtr subscript(const ExprPtr& base, const ExprPtr& index) {
  auto node = node_at<Subscript>(base->span);
  node->value = base;
  node->slice = index;
  return node;
}

ExprPtr integer(std::int64_t value, const Span& span) {
  if (value >= 0) return constant_of(value, span);
  auto node = node_at<UnaryOp>(span);
  node->op = UnaryOperator::USub;
  node->operand = constant_of(-value, span);
  return node;
}

/// `list[:count]`.
ExprPtr first_items(const ExprPtr& list, std::int64_t count) {
  auto slice = node_at<Slice>(list->span);
  slice->upper = integer(count, list->span);
  return subscript(list, slice);
}

StmtPtr append_to(const std::string& list, const ExprPtr& item, const Span& span) {
  auto method = node_at<Attribute>(span);
  method->value = name_of(list, span);
  method->attr = "append";
  auto call = node_at<Call>(span);
  call->func = method;
  call->args = {item};
  auto statement = node_at<ExprStmt>(span);
  statement->value = call;
  return statement;
}

/// `body` where all tests hold, the first one outermost.
StmtPtr if_all(const ExprList& tests, StmtPtr body, const Span& span) {
  for (auto test = tests.rbegin(); test != tests.rend(); ++test) {
    auto branch = node_at<If>(span);
    branch->test = *test;
    branch->body = {body};
    body = branch;
  }
  return body;
}

}  // namespace

/// `tuple(x // 2 for x in sizes)` of unknown length is a list, which compiled code takes as sizes and dimensions as
/// well; null where the caller would see the difference.
ExprPtr Specialiser::Impl::tuple_as_list(const ExprPtr& items, const ExprPtr& original) {
  if (frame_->returned.contains(original.get()) || as<Starred>(items)) return nullptr;
  if (const auto* generator = as<GeneratorExp>(items)) {
    auto list = node_at<ListComp>(items->span);
    list->elt = generator->elt;
    list->generators = generator->generators;
    return list;
  }
  return call_to("list", {items}, original->span);
}

/// `tuple(v for v in [x, states] if v is not None)`: which of them are None, their types say.
std::optional<Reduced> Specialiser::Impl::items_present(const Call& call) {
  const auto* generator = call.args.size() == 1 ? as<GeneratorExp>(call.args[0]) : nullptr;
  if (!generator || generator->generators.size() != 1 || generator->generators[0].ifs.size() != 1) return std::nullopt;
  const Comprehension& over = generator->generators[0];
  const auto* target = as<Name>(over.target);
  const auto is_target = [&](const ExprPtr& expr) {
    return target && as<Name>(expr) && as<Name>(expr)->id == target->id;
  };
  const auto* test = as<Compare>(over.ifs[0]);
  if (!is_target(generator->elt) || !test || !is_target(test->left) || test->ops.size() != 1 ||
      test->ops[0] != CompareOperator::IsNot || !reduce(test->comparators[0]).fact.value.is_none())
    return std::nullopt;
  const auto items = items_of(reduce_iterable(over.iter));
  if (!items) return std::nullopt;
  auto present = node_at<Call>(call.span);
  present->func = reify(fold_function(evaluator_, "present"), call.func);
  for (const Reduced& item : *items)
    if (!item.is_constant() || !item.fact.value.is_none()) present->args.push_back(item.expr);
  return Reduced{present, {}, nullptr};
}

/// `(n, 1, *x.shape[2:])` of unknown length as a sum of lists; as it is where the caller would see the difference.
Reduced Specialiser::Impl::joined_stars(const Reduced& display, const ExprPtr& original) {
  const auto* tuple = as<TupleExpr>(display.expr);
  const auto* list = as<ListExpr>(display.expr);
  if (display.parts || (!tuple && !list) || (tuple && frame_->returned.contains(original.get()))) return display;
  if ((tuple ? tuple->ctx : list->ctx) != ExprContext::Load) return display;
  ExprPtr sum;
  const auto add = [&](const ExprPtr& part) {
    if (!sum) {
      sum = part;
      return;
    }
    auto both = node_at<BinOp>(original->span);
    both->op = BinaryOperator::Add;
    both->left = sum;
    both->right = part;
    sum = both;
  };
  std::shared_ptr<ListExpr> plain;
  for (const ExprPtr& item : tuple ? tuple->elts : list->elts) {
    if (const auto* starred = as<Starred>(item)) {
      add(call_to("list", {starred->value}, item->span));
      plain = nullptr;
      continue;
    }
    if (!plain) add(plain = node_at<ListExpr>(item->span));
    plain->elts.push_back(item);
  }
  return {sum, {}, nullptr};
}

/// `[x for x in (a, None, b) if x is not None]`, item by item, where a test is only known when the model runs.
std::optional<Reduced> Specialiser::Impl::filtered_display(const ExprPtr& elt, const Comprehension& generator,
                                                           const Span& span) {
  const auto items = items_of(reduce_iterable(generator.iter));
  if (!items || generator.is_async || items->empty()) return std::nullopt;
  const std::string list = fresh("items");
  StmtList out;
  ExprPtr typed;
  out.push_back(nullptr);
  for (const Reduced& item : *items) {
    if (!substitute(generator.target, item)) return std::nullopt;
    auto test = node_at<BoolOp>(span);
    for (const ExprPtr& one : generator.ifs) test->values.push_back(one);
    const Reduced kept = reduce_test(test->values.size() == 1 ? test->values[0] : ExprPtr(test));
    const auto truth = truth_of(kept);
    if (truth && !*truth) continue;
    const Reduced value = reduce(elt);
    if (value.is_constant() && is_scalar(value.fact.value)) typed = value.expr;
    const StmtPtr append = append_to(list, value.expr, span);
    if (truth) {
      out.push_back(append);
      continue;
    }
    auto branch = node_at<If>(span);
    branch->test = kept.expr;
    branch->body = {append};
    out.push_back(branch);
  }
  // Without an item it is a list of tensors.
  auto start = node_at<ListExpr>(span);
  if (typed) start->elts = {typed};
  out[0] = assignment(list, typed ? first_items(start, 0) : start);
  frame_->out->insert(frame_->out->end(), out.begin(), out.end());
  frame_->bound_once.insert(list);
  return Reduced{name_of(list, span), {}, nullptr};
}

/// `[conv(x) for x, conv in zip(xs, self.convs)]` as a loop before the present statement; see `zip_by_position`.
std::optional<Reduced> Specialiser::Impl::comprehension_by_position(const ExprPtr& elt, const Comprehension& generator,
                                                                    const Span& span) {
  auto loop = node_at<For>(span);
  loop->target = generator.target;
  loop->iter = generator.iter;
  if (generator.is_async || !zip_by_position(*loop)) return std::nullopt;
  // The variables of a comprehension are its own.
  loop->target = renamed_target(generator.target);
  if (!loop->target) return std::nullopt;
  const std::string list = fresh("items");
  loop->body = {if_all(generator.ifs, append_to(list, elt, span), span)};
  frame_->out->push_back(assignment(list, node_at<ListExpr>(span)));
  reduce_for(*loop, loop, *frame_->out);
  frame_->bound_once.insert(list);
  return Reduced{name_of(list, span), {}, nullptr};
}

/// `xs.extend(f(xs[-1]) for f in fs)` and `xs += (…)` append one item after the other, and each is computed then.
StmtPtr Specialiser::Impl::extension_as_loop(const StmtPtr& statement) {
  const auto* expression = as<ExprStmt>(statement);
  const auto* call = expression ? as<Call>(expression->value) : nullptr;
  const auto* method = call ? as<Attribute>(call->func) : nullptr;
  const auto* augmented = as<AugAssign>(statement);
  const Name* list = nullptr;
  const GeneratorExp* items = nullptr;
  if (method && method->attr == "extend" && call->args.size() == 1 && call->keywords.empty()) {
    list = as<Name>(method->value);
    items = as<GeneratorExp>(call->args[0]);
  } else if (augmented && augmented->op == BinaryOperator::Add) {
    list = as<Name>(augmented->target);
    items = as<GeneratorExp>(augmented->value);
  }
  if (!list || !items) return nullptr;
  StmtPtr body = append_to(list->id, items->elt, items->span);
  for (auto generator = items->generators.rbegin(); generator != items->generators.rend(); ++generator) {
    // The variables of a generator are its own: those of the function must be others.
    for (const std::string& name : names_in(generator->target))
      if (frame_->locals.contains(name)) return nullptr;
    body = if_all(generator->ifs, body, items->span);
    auto loop = node_at<For>(items->span);
    loop->target = generator->target;
    loop->iter = generator->iter;
    loop->body = {body};
    body = loop;
  }
  return body;
}

/// `first, *rest, last = sizes` by index; null for what is unpacked otherwise.
StmtPtr Specialiser::Impl::rest_by_index(const Assign& node, const ExprPtr& value, StmtList& out) {
  const auto* targets = node.targets.size() == 1 ? as<TupleExpr>(node.targets[0]) : nullptr;
  if (!targets) return nullptr;
  const auto count = static_cast<std::int64_t>(targets->elts.size());
  std::int64_t star = -1;
  for (std::int64_t i = 0; i < count; ++i)
    if (as<Starred>(targets->elts[static_cast<std::size_t>(i)])) star = i;
  if (star < 0) return nullptr;
  const Span& span = value->span;
  const std::string whole = fresh("items");
  frame_->bound_once.insert(whole);
  auto items = node_at<Call>(span);
  items->func = reify(fold_function(evaluator_, "unpacked"), value);
  items->args = {value};
  out.push_back(assignment(whole, items));
  auto left = node_at<TupleExpr>(targets->span), right = node_at<TupleExpr>(span);
  left->ctx = ExprContext::Store;
  for (std::int64_t i = 0; i < count; ++i) {
    const ExprPtr& target = targets->elts[static_cast<std::size_t>(i)];
    const std::int64_t from_end = i - count;
    if (i != star) {
      left->elts.push_back(target);
      right->elts.push_back(subscript(name_of(whole, span), integer(i < star ? i : from_end, span)));
      continue;
    }
    auto slice = node_at<Slice>(span);
    if (i > 0) slice->lower = integer(i, span);
    if (from_end + 1 < 0) slice->upper = integer(from_end + 1, span);
    left->elts.push_back(as<Starred>(target)->value);
    right->elts.push_back(subscript(name_of(whole, span), slice));
  }
  if (count > 2) {  // an index too far tells by itself; two that meet do not
    auto enough = node_at<Compare>(span);
    enough->left = call_to("len", {name_of(whole, span)}, span);
    enough->ops = {CompareOperator::GtE};
    enough->comparators = {constant_of(count - 1, span)};
    auto check = node_at<Assert>(span);
    check->test = enough;
    out.push_back(check);
  }
  return assignment(ExprPtr(left), ExprPtr(right));
}

/// The same iterable without items, of the same type; null if that cannot be written down.
ExprPtr Specialiser::Impl::emptied(const ExprPtr& iterable) {
  const auto* call = as<Call>(iterable);
  const Reduced callee = call ? reduce(call->func) : Reduced{};
  const std::string name = callee.is_constant() ? builtin_name(callee.fact.value) : "";
  if (name == "range" || name == "enumerate" || name == "zip") {
    auto rebuilt = copy_of(*call);
    if (name == "range") rebuilt->args = {constant_of(std::int64_t{0}, call->span)};
    if (name != "range")
      for (ExprPtr& arg : rebuilt->args)
        if (!(arg = emptied(arg))) return nullptr;
    return rebuilt;
  }
  if (!name.empty() || as<Resolved>(iterable)) return nullptr;
  return first_items(iterable, 0);
}

/// A copy of a comprehension's target with names of its own, for which the written ones stand from here on.
ExprPtr Specialiser::Impl::renamed_target(const ExprPtr& target) {
  if (const auto* name = as<Name>(target)) {
    const ExprPtr variable = name_of(fresh(name->id), name->span);
    frame_->bound_once.insert(as<Name>(variable)->id);
    substitute(target, {variable, {}, nullptr});
    return name_of(as<Name>(variable)->id, name->span, ExprContext::Store);
  }
  const auto* tuple = as<TupleExpr>(target);
  if (!tuple) return nullptr;
  auto rebuilt = copy_of(*tuple);
  for (ExprPtr& elt : rebuilt->elts)
    if (!(elt = renamed_target(elt))) return nullptr;
  return rebuilt;
}

/// `[f(x) for x in xs if g(x)]` as a loop that appends, before the present statement. A list that may stay empty needs
/// the type of its items: it starts as `[f(x) for x in xs[:0]]`.
std::optional<Reduced> Specialiser::Impl::comprehension_as_loop(const ExprPtr& elt,
                                                                const std::vector<Comprehension>& generators,
                                                                const Span& span) {
  if (generators.size() == 1)
    if (auto display = filtered_display(elt, generators[0], span)) return display;
  StmtList inner;
  const std::string list = fresh("items");
  std::vector<std::shared_ptr<For>> loops;
  ExprList tests;
  {
    const OutScope scope(*frame_, inner);
    for (const Comprehension& generator : generators) {
      if (generator.is_async) return std::nullopt;
      auto loop = node_at<For>(span);
      loop->iter = reduce_iterable(generator.iter).expr;
      loop->target = renamed_target(generator.target);
      if (!loop->target || !inner.empty()) return std::nullopt;
      loops.push_back(loop);
      ExprPtr all;
      for (const ExprPtr& test : generator.ifs) {
        const ExprPtr one = reduce_test(test).expr;
        if (!inner.empty()) return std::nullopt;
        if (!all) {
          all = one;
          continue;
        }
        auto both = node_at<BoolOp>(test->span);
        both->op = BoolOperator::And;
        both->values = {all, one};
        all = both;
      }
      tests.push_back(all);
    }
  }
  const ExprPtr item = reduce_in(elt, inner);
  if (!inner.empty()) return std::nullopt;
  const ExprPtr start = empty_list(item, loops, span);
  if (!start) return std::nullopt;
  StmtPtr body = append_to(list, item, span);
  for (std::size_t i = loops.size(); i-- > 0;) {
    if (tests[i]) {
      auto branch = node_at<If>(span);
      branch->test = tests[i];
      branch->body = {body};
      body = branch;
    }
    loops[i]->body = {body};
    body = loops[i];
  }
  frame_->out->push_back(assignment(list, start));
  frame_->out->push_back(body);
  frame_->bound_once.insert(list);
  return Reduced{name_of(list, span), {}, nullptr};
}

/// `reduce` with a place of its own for what it puts before the statement.
ExprPtr Specialiser::Impl::reduce_in(const ExprPtr& expr, StmtList& out) {
  const OutScope scope(*frame_, out);
  return reduce(expr).expr;
}

/// A list of `item`s that has none: a comprehension over nothing of the types that the loops run over.
ExprPtr Specialiser::Impl::empty_list(const ExprPtr& item, const std::vector<std::shared_ptr<For>>& loops,
                                      const Span& span) {
  auto list = node_at<ListComp>(span);
  list->elt = item;
  Comprehension generator;
  auto targets = node_at<TupleExpr>(span);
  auto zip = node_at<Call>(span);
  zip->func = name_of("zip", span);
  std::set<std::string> bound;
  for (const auto& loop : loops) {
    const ExprPtr nothing = emptied(loop->iter);
    if (!nothing) return nullptr;
    for (const std::string& name : names_in(nothing))
      if (bound.contains(name)) return nullptr;
    for (const std::string& name : names_in(loop->target)) bound.insert(name);
    targets->elts.push_back(loop->target);
    zip->args.push_back(nothing);
  }
  targets->ctx = ExprContext::Store;
  generator.target = loops.size() == 1 ? targets->elts[0] : ExprPtr(targets);
  generator.iter = loops.size() == 1 ? zip->args[0] : ExprPtr(zip);
  list->generators = {generator};
  return list;
}

}  // namespace scriptc::python
