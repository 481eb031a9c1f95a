// The specialiser on assignments: what becomes a variable, what lives on as a fact alone, and what is known where
// control joins.

#include <algorithm>

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

ExprPtr Specialiser::Impl::reduce_target(const ExprPtr& target) {
  if (const auto* subscript = as<Subscript>(target); subscript && is_tracked(subscript->value))
    share({as<Name>(subscript->value)->id});
  if (as<Attribute>(target) || as<Subscript>(target)) return reduce(target).expr;
  const auto each = [&](const auto& node) -> ExprPtr {
    auto rebuilt = copy_of(node);
    for (ExprPtr& elt : rebuilt->elts) elt = reduce_target(elt);
    return rebuilt->elts == node.elts ? target : rebuilt;
  };
  if (const auto* tuple = as<TupleExpr>(target)) return each(*tuple);
  if (const auto* list = as<ListExpr>(target)) return each(*list);
  return target;
}

/// Unpacks `items`, which nothing is known of but that there must be `count` of them, into new variables.
ExprList Specialiser::Impl::unpacked(const Reduced& items, std::size_t count, const Span& span, StmtList& out) {
  ExprList names;
  auto stores = std::make_shared<TupleExpr>();
  stores->span = span;
  stores->ctx = ExprContext::Store;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = fresh("item_" + std::to_string(i));
    frame_->bound_once.insert(name);
    names.push_back(name_of(name, span));
    stores->elts.push_back(name_of(name, span, ExprContext::Store));
  }
  out.push_back(assignment(stores, items.expr));
  return names;
}

/// `b, n, _, h = *x.shape, heads`: what is starred has as many items as there are targets left.
ExprPtr Specialiser::Impl::star_as_many(const TupleExpr& targets, const TupleExpr& value, StmtList& out) {
  const ExprPtr* starred = nullptr;
  for (const ExprPtr& one : value.elts) {
    // What stands before it is computed before it, and must not see the difference.
    if (as<Starred>(one) ? starred != nullptr : starred == nullptr && !is_path(one)) return nullptr;
    if (as<Starred>(one)) starred = &one;
  }
  for (const ExprPtr& one : targets.elts)
    if (as<Starred>(one)) return nullptr;
  if (!starred || targets.elts.size() < value.elts.size() || frame_->untracked > 0) return nullptr;
  const Reduced items = reduce(as<Starred>(*starred)->value);
  if (items.is_constant() || items_of(items)) return nullptr;
  const std::size_t count = targets.elts.size() + 1 - value.elts.size();
  auto rebuilt = copy_of(value);
  const auto place = rebuilt->elts.erase(rebuilt->elts.begin() + (starred - value.elts.data()));
  const ExprList names = unpacked(items, count, (*starred)->span, out);
  rebuilt->elts.insert(place, names.begin(), names.end());
  return rebuilt;
}

ExprPtr Specialiser::Impl::over_as_many(const ExprPtr& target, const ExprPtr& value, StmtList& out) {
  const auto* targets = as<TupleExpr>(target);
  if (const auto* tuple = as<TupleExpr>(value); targets && tuple)
    if (const ExprPtr written = star_as_many(*targets, *tuple, out)) return written;
  const auto* call = as<Call>(value);
  const auto* list = as<ListComp>(value);
  const auto* generator = as<GeneratorExp>(value);
  const std::vector<Comprehension>* generators = list        ? &list->generators
                                                 : generator ? &generator->generators
                                                             : nullptr;
  ExprPtr over;
  if (generators && generators->size() == 1 && generators->front().ifs.empty()) over = generators->front().iter;
  if (call && call->args.size() == 2 && call->keywords.empty() && as<Name>(call->func)) {
    const Reduced callee = reduce(call->func);
    if (callee.is_constant() && builtin_name(callee.fact.value) == "map") over = call->args[1];
  }
  if (!targets || !over || frame_->untracked > 0) return value;
  for (const ExprPtr& one : targets->elts)
    if (as<Starred>(one)) return value;
  // What methods of tensors give, and variables: nothing that only a loop can read.
  const auto* made = as<Call>(over);
  if (!as<Name>(over) && !(made && as<Attribute>(made->func))) return value;
  const Reduced items = reduce(over);
  if (items.is_constant() || items_of(items)) return value;
  auto names = std::make_shared<TupleExpr>();
  names->span = over->span;
  names->elts = unpacked(items, targets->elts.size(), over->span, out);
  if (call) {
    auto rebuilt = copy_of(*call);
    rebuilt->args[1] = names;
    return rebuilt;
  }
  const auto with_names = [&](const auto& node) -> ExprPtr {
    auto rebuilt = copy_of(node);
    rebuilt->generators.front().iter = names;
    return rebuilt;
  };
  return list ? with_names(*list) : with_names(*generator);
}

namespace {

/// `b, *axes, device = *x.shape, x.device` as `b, *axes = x.shape` and `device = x.device`; empty for other statements.
StmtList ends_apart(const Assign& node) {
  const auto* targets = node.targets.size() == 1 ? as<TupleExpr>(node.targets[0]) : nullptr;
  const auto* values = targets ? as<TupleExpr>(node.value) : nullptr;
  if (!values) return {};
  const auto is_star = [](const ExprPtr& item) { return as<Starred>(item) != nullptr; };
  const auto one_star = [&](const ExprList& items) { return std::count_if(items.begin(), items.end(), is_star) == 1; };
  if (!one_star(targets->elts) || !one_star(values->elts) || is_star(targets->elts.back()) ||
      is_star(values->elts.back()))
    return {};
  const std::set<std::string> stored = names_in(node.targets[0]), read = names_in(node.value);
  if (std::any_of(stored.begin(), stored.end(), [&](const std::string& name) { return read.contains(name); }))
    return {};
  auto left = copy_of(*targets), right = copy_of(*values);
  StmtList ends;
  while (!is_star(left->elts.back()) && !is_star(right->elts.back())) {
    ends.insert(ends.begin(), assignment(left->elts.back(), right->elts.back()));
    left->elts.pop_back();
    right->elts.pop_back();
  }
  const bool whole = right->elts.size() == 1;
  ends.insert(ends.begin(), assignment(ExprPtr(left), whole ? as<Starred>(right->elts[0])->value : ExprPtr(right)));
  return ends;
}

}  // namespace

void Specialiser::Impl::reduce_assign(const Assign& node, const StmtPtr& original, StmtList& out) {
  if (const StmtList apart = ends_apart(node); !apart.empty()) {
    for (const StmtPtr& one : apart) reduce_assign(*as<Assign>(one), one, out);
    return;
  }
  const bool unpacks = !as<Name>(node.targets[0]) && !as<Attribute>(node.targets[0]);
  const auto* single = node.targets.size() == 1 ? as<Name>(node.targets[0]) : nullptr;
  frame_->wants_items = single && frame_->counted.contains(single->id) && as<ListComp>(node.value);
  const ExprPtr written = unpacks ? over_as_many(node.targets[0], node.value, out) : node.value;
  const Reduced value = unpacks ? reduce_iterable(written) : reduce(written);
  frame_->wants_items = false;
  if (unpacks && !value.is_constant() && !items_of(value))
    if (const StmtPtr plain = rest_by_index(node, value.expr, out))
      return reduce_assign(*as<Assign>(plain), plain, out);
  if (node.targets.size() == 1) return bind(node.targets[0], value, out, original);
  const bool repeatable = value.is_constant() && !value.fact.one_shot && !is_container(value.fact.value);
  if (repeatable) {
    for (const ExprPtr& target : node.targets) bind(target, value, out);
    return;
  }
  auto rebuilt = copy_of(node);
  rebuilt->value = value.expr;
  for (ExprPtr& target : rebuilt->targets) target = reduce_target(target);
  for (const std::string& name : assigned_names({original})) frame_->facts.erase(name);
  out.push_back(rebuilt->value == node.value && rebuilt->targets == node.targets ? original : rebuilt);
}

void Specialiser::Impl::bind(const ExprPtr& target, const Reduced& value, StmtList& out, const StmtPtr& statement) {
  if (const auto* name = as<Name>(target)) return bind_name(*name, value, out, statement);
  if (const auto* subscript = as<Subscript>(target)) {
    refuse_kept_change(subscript->value, target->span);
    if (store_item(*subscript, value, out)) return;
  }
  if (bind_items(target, value, out, statement)) return;
  const ExprPtr place = reduce_target(target);
  const auto* assign = as<Assign>(statement);
  const StmtPtr stored =
      assign && assign->value == value.expr && place == target ? statement : assignment(place, value.expr);
  for (const std::string& name : assigned_names({stored})) frame_->facts.erase(name);
  out.push_back(stored);
}

void Specialiser::Impl::bind_name(const Name& target, const Reduced& value, StmtList& out, const StmtPtr& statement) {
  if (track(target, value, out, statement)) return;
  frame_->locals.insert(target.id);
  frame_->facts.erase(target.id);
  Fact fact = value.fact;
  if (as<ListExpr>(value.expr) || as<DictExpr>(value.expr))
    if (fact.is_structure()) fact = {};
  bool stored = !fact.is_constant() || fact.one_shot || is_storable(fact.value);
  if (fact.one_shot || fact.kind == Fact::Kind::alias) fact = {};
  if (fact.is_constant() && is_container(fact.value)) {
    // A display makes a new object, whose changes elsewhere nobody sees here; an attribute's is a constant.
    const bool fresh = !as<Attribute>(value.expr) && !as<Name>(value.expr) && !as<Resolved>(value.expr);
    const bool changes = frame_->mutated.contains(target.id) || (fresh && !frame_->read_only.contains(target.id));
    stored = changes || is_typable(fact.value);
    if (changes) fact = {};
  }
  // What stands for no number but for a start becomes a variable where it has to, and so of the type that it has there.
  const bool is_start =
      fact.is_constant() && (is_scalar(fact.value) || (fact.value.is_tuple() && fact.value.as_tuple().empty()));
  const bool deferred = stored && is_start && frame_->untracked == 0 && frame_->varying.contains(target.id) &&
                        !frame_->fixed.contains(target.id);
  const bool is_range = fact.is_constant() && (fact.value.try_as<RangeObject>() || fact.value.try_as<DictView>());
  stored = (stored || is_range) && !fact.is_structure();
  if (fact.is_structure() && frame_->mutated.contains(target.id)) fact = {}, stored = true;
  const auto* assign = as<Assign>(statement);
  const bool same = assign && assign->targets.size() == 1 && assign->value == value.expr;
  if (deferred) {
    fact.origin = same ? statement : nullptr;
    fact.materialised = false;
    fact.deferred = true;
    frame_->facts[target.id] = std::move(fact);
    return;
  }
  if (stored) {
    out.push_back(same ? statement : assignment(name_of(target.id, target.span, ExprContext::Store), value.expr));
  }
  if (fact.kind == Fact::Kind::dynamic) return;
  fact.materialised = stored;
  frame_->facts[target.id] = std::move(fact);
}

/// Whatever is assigned meanwhile.
bool Specialiser::Impl::stays_the_same(const Reduced& value) const {
  if (value.is_constant() && !value.fact.one_shot) return true;
  if (const auto* name = as<Name>(value.expr)) return frame_->bound_once.contains(name->id);
  if (!value.parts) return false;
  for (const Reduced& part : *value.parts)
    if (!stays_the_same(part)) return false;
  return true;
}

/// `a, b = …` of known items: those that no variable can hold are facts, the others stay one assignment.
bool Specialiser::Impl::bind_items(const ExprPtr& target, const Reduced& value, StmtList& out,
                                   const StmtPtr& statement) {
  const ExprList* elts = nullptr;
  if (const auto* tuple = as<TupleExpr>(target)) elts = &tuple->elts;
  if (const auto* list = as<ListExpr>(target)) elts = &list->elts;
  auto items = elts ? items_of(value) : std::nullopt;
  if (!items) return false;
  for (std::size_t i = 0; i < elts->size(); ++i) {
    if (!as<Starred>((*elts)[i])) continue;
    const std::size_t behind = elts->size() - i - 1;
    if (items->size() + 1 < elts->size()) return false;
    auto rest = std::make_shared<ListExpr>();
    rest->span = target->span;
    const auto from = items->begin() + static_cast<std::ptrdiff_t>(i);
    const auto to = items->end() - static_cast<std::ptrdiff_t>(behind);
    for (auto item = from; item != to; ++item) rest->elts.push_back(item->expr);
    const Reduced list = reduce(ExprPtr(rest));
    items->insert(items->erase(from, to), list);
    break;
  }
  if (items->size() != elts->size()) return false;
  ExprList targets, values;
  const auto is_nested = [&](std::size_t i) {
    return (*items)[i].parts && as<TupleExpr>((*elts)[i]) && stays_the_same((*items)[i]);
  };
  bool split = value.lazy;
  for (std::size_t i = 0; i < elts->size(); ++i) {
    const Reduced& item = (*items)[i];
    const bool starred = as<Starred>((*elts)[i]) != nullptr;
    split = split || starred || (item.is_constant() && !is_storable(item.fact.value)) || item.parts != nullptr;
    if ((item.is_constant() && !starred) || is_nested(i)) continue;
    targets.push_back(reduce_target(starred ? as<Starred>((*elts)[i])->value : (*elts)[i]));
    values.push_back(item.expr);
  }
  if (!split && !value.fact.is_structure()) {
    const ExprPtr place = reduce_target(target);
    const auto* assign = as<Assign>(statement);
    const bool same = assign && assign->value == value.expr && place == target;
    out.push_back(same ? statement : assignment(place, value.expr));
    for (const std::string& name : assigned_names({out.back()})) frame_->facts.erase(name);
    for (std::size_t i = 0; i < elts->size(); ++i) {
      const auto* name = as<Name>((*elts)[i]);
      if (name && (*items)[i].is_constant()) frame_->facts[name->id] = Fact::constant((*items)[i].fact.value);
    }
    return true;
  }
  // All values are computed before the first target changes.
  if (targets.size() == 1) bind(targets[0], {values[0], {}, nullptr}, out);
  if (targets.size() > 1) {
    auto left = std::make_shared<TupleExpr>(), right = std::make_shared<TupleExpr>();
    left->span = right->span = target->span;
    left->ctx = ExprContext::Store;
    left->elts = targets;
    right->elts = values;
    out.push_back(assignment(left, right));
    for (const std::string& name : assigned_names({out.back()})) frame_->facts.erase(name);
  }
  for (std::size_t i = 0; i < elts->size(); ++i)
    if (((*items)[i].is_constant() && !as<Starred>((*elts)[i])) || is_nested(i)) bind((*elts)[i], (*items)[i], out);
  return true;
}

void Specialiser::Impl::reduce_augmented(const AugAssign& node, const StmtPtr& original, StmtList& out) {
  const auto* name = as<Name>(node.target);
  // A tuple is not changed in place either.
  if (name && node.op == BinaryOperator::Add && as<TupleExpr>(node.value)) {
    auto sum = node_at<BinOp>(node.span);
    sum->left = name_of(name->id, name->span);
    sum->op = node.op;
    sum->right = node.value;
    const Reduced left = reduce(sum->left);
    if (left.fact.kind == Fact::Kind::tuple || (left.is_constant() && left.fact.value.is_tuple())) {
      const StmtPtr grown = assignment(name_of(name->id, name->span, ExprContext::Store), sum);
      return reduce_assign(*as<Assign>(grown), grown, out);
    }
  }
  const Reduced value = reduce(node.value);
  if (!name) {
    if (const auto* subscript = as<Subscript>(node.target)) {
      refuse_kept_change(subscript->value, node.span);
      if (augment_item(*subscript, node, value, out)) return;
    }
    auto rebuilt = copy_of(node);
    rebuilt->target = reduce_target(node.target);
    rebuilt->value = value.expr;
    out.push_back(rebuilt->target == node.target && value.expr == node.value ? original : rebuilt);
    return;
  }
  if (is_tracked(node.target)) {
    if (extend_list(*name, node, value, out)) return;
    share({name->id});
  }
  const Reduced left = reduce(name_of(name->id, name->span));
  if (left.is_constant() && value.is_constant() && !is_container(left.fact.value)) {
    auto shape = std::make_shared<BinOp>();
    shape->left = placeholder(0);
    shape->right = placeholder(1);
    shape->op = node.op;
    if (const auto sum = evaluate(shape, {left.fact.value, value.fact.value}))
      return bind_name(*name, {reify(*sum, node.target), Fact::constant(*sum), nullptr}, out, nullptr);
  }
  const auto fact = frame_->facts.find(name->id);
  if (fact != frame_->facts.end() && !fact->second.materialised && left.is_constant() && is_scalar(left.fact.value)) {
    // A number is not changed in place: `total += x` is `total = 0 + x`.
    auto sum = std::make_shared<BinOp>();
    sum->span = node.span;
    sum->left = left.expr;
    sum->op = node.op;
    sum->right = value.expr;
    return bind_name(*name, {sum, {}, nullptr}, out, nullptr);
  }
  materialise(name->id, node.target, out);
  drop(name->id);
  auto rebuilt = copy_of(node);
  rebuilt->value = value.expr;
  out.push_back(value.expr == node.value ? original : rebuilt);
}

void Specialiser::Impl::reduce_annotated(const AnnAssign& node, const StmtPtr& original, StmtList& out) {
  const auto* name = as<Name>(node.target);
  if (!node.value) return out.push_back(original);
  const Reduced value = reduce(node.value);
  const bool is_object = value.is_constant() && !is_storable(value.fact.value) && !is_container(value.fact.value);
  if (name && is_object) return bind_name(*name, value, out, nullptr);
  if (name && track(*name, value, out, original)) return;
  auto rebuilt = copy_of(node);
  rebuilt->value = value.expr;
  rebuilt->target = reduce_target(node.target);
  out.push_back(value.expr == node.value && rebuilt->target == node.target ? original : rebuilt);
  if (!name) return;
  frame_->facts.erase(name->id);
  // `x: Optional[int] = None` declares a type wider than the value: a fact, but the variable stays.
  if (value.is_constant() && is_storable(value.fact.value)) frame_->facts[name->id] = Fact::constant(value.fact.value);
}

void Specialiser::Impl::materialise(const std::string& name, const ExprPtr& near, StmtList& out) {
  const auto found = frame_->facts.find(name);
  if (found != frame_->facts.end() && found->second.tracked) {
    out.push_back(untracked_assignment(name, found->second));
    frame_->facts.erase(found);
    return;
  }
  if (found == frame_->facts.end() || found->second.materialised || !found->second.is_constant() ||
      !is_storable(found->second.value))
    return;
  out.push_back(found->second.origin ? found->second.origin : assignment(name, reify(found->second.value, near)));
  found->second.materialised = true;
  found->second.deferred = false;
}

void Specialiser::Impl::drop(const std::string& name) {
  const auto found = frame_->facts.find(name);
  if (found == frame_->facts.end()) return;
  if (found->second.materialised || found->second.deferred)
    frame_->facts.erase(found);
  else
    found->second.kind = Fact::Kind::lost;
}

void Specialiser::Impl::forget(const std::set<std::string>& names, const ExprPtr& near, StmtList& out) {
  for (const std::string& name : names) {
    materialise(name, near, out);
    drop(name);
  }
}

void Specialiser::Impl::merge(const Facts& left, StmtList& left_body, bool left_falls, const Facts& right,
                              StmtList& right_body, bool right_falls) {
  if (!left_falls || !right_falls) {
    frame_->facts = left_falls ? left : right;
    return;
  }
  const auto same = [](const Fact& a, const Fact& b) {
    if (a.kind != b.kind || a.items != b.items || a.keys != b.keys) return false;
    return !a.is_constant() || is_same_constant(a.value, b.value);
  };
  std::set<std::string> names;
  for (const Facts* facts : {&left, &right})
    for (const auto& [name, fact] : *facts) names.insert(name);
  Facts joined;
  for (const std::string& name : names) {
    const auto in_left = left.find(name), in_right = right.find(name);
    const Fact* a = in_left == left.end() ? nullptr : &in_left->second;
    const Fact* b = in_right == right.end() ? nullptr : &in_right->second;
    const bool agree = a && b && same(*a, *b);
    if (auto list = a && b && !agree ? join_tracked(name, *a, left_body, *b, right_body) : std::nullopt) {
      joined[name] = std::move(*list);
      continue;
    }
    if (agree && a->materialised == b->materialised) {
      joined[name] = *a;
      continue;
    }
    // From here on it has to be a variable.
    bool lost = false;
    for (const auto& [fact, body] : {std::pair(a, &left_body), std::pair(b, &right_body)}) {
      if (!fact || fact->materialised) continue;
      if (fact->is_constant() && is_storable(fact->value))
        body->push_back(assignment(name, reify(fact->value, name_of(name))));
      else if (fact->tracked)
        body->push_back(untracked_assignment(name, *fact));
      else
        lost = true;
    }
    if (agree && !lost) joined[name] = Fact::constant(a->value);
    if (!lost) continue;
    joined[name].kind = Fact::Kind::lost;
    joined[name].materialised = false;
  }
  frame_->facts = std::move(joined);
}

}  // namespace scriptc::python
