// The specialiser on loops: those over known sequences are unrolled where their body needs it. A `break` or `continue`
// that remains inside an iteration leaves a loop of one round; a flag then keeps the following iterations from running.

#include <algorithm>

#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Iterations that one function may unroll: beyond it a loop stays a loop.
constexpr int kMostUnrolled = 2000;
/// Loops that are unrolled only because an `if` in them is on what is known have at most so many.
constexpr std::size_t kMostDecided = 64;
/// `while` loops that end by themselves are tried so far.
constexpr int kMostRounds = 256;

/// A `break` (or any jump) of this very loop that stands below a branch.
bool has_jump(const StmtList& body, bool only_break) {
  for (const StmtPtr& statement : body) {
    if (statement->kind == StmtKind::Break || (!only_break && statement->kind == StmtKind::Continue)) return true;
    if (const auto* node = as<If>(statement))
      if (has_jump(node->body, only_break) || has_jump(node->orelse, only_break)) return true;
    if (const auto* node = as<With>(statement))
      if (has_jump(node->body, only_break)) return true;
    if (const auto* node = as<Try>(statement))
      if (has_jump(node->body, only_break) || has_jump(node->orelse, only_break)) return true;
  }
  return false;
}

/// The body with every `break` of this loop preceded by `flag = True`; `continue` becomes `break` where `once`.
StmtList with_flag(const StmtList& body, const std::string& flag, bool once) {
  StmtList result;
  for (const StmtPtr& statement : body) {
    if (statement->kind == StmtKind::Break) {
      if (!flag.empty()) result.push_back(assignment(flag, constant_of(true, statement->span)));
      result.push_back(statement);
    } else if (statement->kind == StmtKind::Continue && once) {
      auto leave = std::make_shared<Break>();
      leave->span = statement->span;
      result.push_back(leave);
    } else if (const auto* node = as<If>(statement)) {
      auto rebuilt = copy_of(*node);
      rebuilt->body = with_flag(node->body, flag, once);
      rebuilt->orelse = with_flag(node->orelse, flag, once);
      result.push_back(rebuilt);
    } else if (const auto* with = as<With>(statement)) {
      auto rebuilt = copy_of(*with);
      rebuilt->body = with_flag(with->body, flag, once);
      result.push_back(rebuilt);
    } else {
      result.push_back(statement);
    }
  }
  return result;
}

StmtPtr if_not(const std::string& flag, StmtList body) {
  auto test = std::make_shared<UnaryOp>();
  test->op = UnaryOperator::Not;
  test->operand = name_of(flag);
  auto branch = std::make_shared<If>();
  branch->test = test;
  branch->body = std::move(body);
  branch->span = branch->body.front()->span;
  test->span = branch->span;
  return branch;
}

StmtPtr one_round(const std::string& target, StmtList body) {
  auto range = std::make_shared<Call>();
  range->func = name_of("range");
  range->args = {constant_of(std::int64_t{1}, {})};
  auto loop = std::make_shared<For>();
  loop->span = body.front()->span;
  loop->target = name_of(target, loop->span, ExprContext::Store);
  loop->iter = range;
  loop->body = std::move(body);
  return loop;
}

bool has_try(const StmtList& body) {
  bool found = false;
  for_each_stmt(body, [&](const StmtPtr& statement) { found = found || statement->kind == StmtKind::Try; });
  return found;
}

}  // namespace

/// The loop, and its `else`: that runs unless a `break` was reached.
void Specialiser::Impl::add_else(const StmtList& orelse, StmtList body, const std::function<StmtPtr(StmtList)>& loop,
                                 StmtList& out) {
  if (orelse.empty()) return out.push_back(loop(std::move(body)));
  const bool may_break = has_jump(body, true);
  const std::string flag = may_break ? fresh("stopped") : "";
  if (may_break) {
    out.push_back(assignment(flag, constant_of(false, orelse.front()->span)));
    body = with_flag(body, flag, false);
  }
  out.push_back(loop(std::move(body)));
  const Facts before = frame_->facts;
  ReducedBlock after = reduce_block(orelse);
  if (!may_break) {
    out.insert(out.end(), after.body.begin(), after.body.end());
    return;
  }
  StmtList none;
  const Facts after_else = std::exchange(frame_->facts, before);
  merge(after_else, after.body, after.flow == Exit::next, before, none, true);
  if (after.body.empty()) after.body.push_back(std::make_shared<Pass>());
  const StmtPtr branch = if_not(flag, after.body);
  auto rebuilt = copy_of(*as<If>(branch));
  rebuilt->orelse = none;
  out.push_back(rebuilt);
}

namespace {

/// True if `now` says something else of a variable that is a fact alone.
bool differs(const Fact& before, const Facts& after, const std::string& name) {
  if (!before.tracked && !before.deferred) return false;
  const auto now = after.find(name);
  if (now == after.end() || now->second.tracked != before.tracked || now->second.deferred != before.deferred)
    return true;
  if (before.deferred) return !is_same_constant(now->second.value, before.value);
  return now->second.items != before.items || now->second.keys != before.keys;
}

bool any_differs(const Facts& before, const Facts& after) {
  for (const auto& [name, fact] : before)
    if (differs(fact, after, name)) return true;
  for (const auto& [name, fact] : after)
    if ((fact.tracked || fact.deferred) && !before.contains(name)) return true;
  return false;
}

}  // namespace

Exit Specialiser::Impl::reduce_while(const While& node, const StmtPtr& original, StmtList& out) {
  const Facts start = frame_->facts;
  const int unrolled_before = frame_->unrolled;
  if (truth_of(reduce_test(node.test))) {
    frame_->facts = start;
    StmtList unrolled;
    Exit flow = Exit::next;
    const OutScope scope(*frame_, unrolled);
    if (unroll_while(node, unrolled, flow)) {
      out.insert(out.end(), unrolled.begin(), unrolled.end());
      return flow;
    }
  }
  frame_->facts = start;
  frame_->unrolled = unrolled_before;
  // What the body binds is unknown at its start.
  std::set<std::string> changed = assigned_names({original});
  changed.merge(mutated_names(node.body));
  share(shared_names_in(node.body));
  forget(changed, node.test, out);
  const Reduced test = reduce_test(node.test);
  StmtList body = reduce_body(node.body);
  if (test.expr == node.test && body == node.body && node.orelse.empty()) {
    out.push_back(original);
    return Exit::next;
  }
  if (body.empty()) body.push_back(std::make_shared<Pass>());
  const auto loop = [&](StmtList block) -> StmtPtr {
    auto rebuilt = copy_of(node);
    rebuilt->test = test.expr;
    rebuilt->body = std::move(block);
    rebuilt->orelse.clear();
    return rebuilt;
  };
  add_else(node.orelse, std::move(body), loop, out);
  return Exit::next;
}

/// Rounds whose test is known each time, up to the one that ends the loop.
bool Specialiser::Impl::unroll_while(const While& node, StmtList& out, Exit& flow) {
  bool needed = false;
  const std::set<std::string> targets = assigned_names(node.body);
  for_each_expr(node.body, [&](const ExprPtr& part) { needed = needed || needs_constant(targets, part); });
  const auto* literal = as<Constant>(node.test);
  for (int round = 0; round < kMostRounds; ++round) {
    const auto truth = truth_of(reduce_test(node.test));
    if (!truth) return false;
    if (!*truth) {
      if (round > 0 && !needed) return false;
      ReducedBlock orelse = reduce_block(node.orelse);
      out.insert(out.end(), orelse.body.begin(), orelse.body.end());
      flow = orelse.flow;
      return true;
    }
    if (!needed && !literal) return false;
    if (++frame_->unrolled > kMostUnrolled) return false;
    ReducedBlock body = reduce_block(node.body);
    const bool jumps = body.flow == Exit::breaks || body.flow == Exit::continues;
    if (jumps && !body.body.empty()) body.body.pop_back();
    if (body.flow == Exit::mixed || has_jump(body.body, false)) return false;
    out.insert(out.end(), body.body.begin(), body.body.end());
    if (body.flow == Exit::leaves) flow = Exit::leaves;
    if (body.flow == Exit::leaves || body.flow == Exit::breaks) return true;
  }
  return false;
}

/// The body of a loop that stays one: what an iteration leaves in a list, the next one finds there.
StmtList Specialiser::Impl::reduce_body(const StmtList& body) {
  const Facts before = frame_->facts;
  ++frame_->untracked;
  ++frame_->conditional;
  StmtList reduced = reduce_block(body).body;
  --frame_->conditional;
  --frame_->untracked;
  frame_->facts = before;
  return reduced;
}

Exit Specialiser::Impl::reduce_for(const For& node, const StmtPtr& original, StmtList& out) {
  if (const StmtPtr loop = zip_by_position(node)) return reduce_for(*as<For>(loop), loop, out);
  const Reduced iter = reduce_iterable(node.iter);
  if (const auto items = items_of(iter); items && !node.is_async && needs_unrolling(node, iter, *items)) {
    const Facts before = frame_->facts;
    const int unrolled_before = frame_->unrolled;
    StmtList unrolled;
    Exit flow = Exit::next;
    ReducedList bound = *items;
    const OutScope scope(*frame_, unrolled);
    // A display is computed before the first iteration; a generator item by item.
    for (Reduced& item : bound) {
      if (iter.lazy || item.is_constant() || item.parts || is_atom(item.expr)) continue;
      const std::string name = fresh("item");
      unrolled.push_back(assignment(name, item.expr));
      item = {name_of(name, item.expr->span), {}, nullptr};
    }
    if (unroll(node, bound, 0, unrolled, flow)) {
      out.insert(out.end(), unrolled.begin(), unrolled.end());
      return flow;
    }
    frame_->facts = before;
    frame_->unrolled = unrolled_before;
  }
  std::set<std::string> changed = assigned_names({original});
  changed.merge(mutated_names(node.body));
  share(shared_names_in(node.body));
  forget(changed, node.iter, out);
  StmtList body = reduce_body(node.body);
  // A generator stays one: the lowering has its own word on it.
  const ExprPtr over = as<GeneratorExp>(node.iter) ? node.iter : iter.expr;
  if (over == node.iter && body == node.body && node.orelse.empty()) {
    out.push_back(original);
    return Exit::next;
  }
  if (body.empty()) body.push_back(std::make_shared<Pass>());
  const auto loop = [&](StmtList block) -> StmtPtr {
    auto rebuilt = copy_of(node);
    rebuilt->iter = over;
    rebuilt->target = reduce_target(node.target);
    rebuilt->body = std::move(block);
    rebuilt->orelse.clear();
    return rebuilt;
  };
  add_else(node.orelse, std::move(body), loop, out);
  return Exit::next;
}

/// Items that no loop variable can hold, or of several kinds.
bool Specialiser::Impl::items_need_constants(const ReducedList& items) {
  std::optional<std::size_t> kind;
  for (const Reduced& item : items) {
    if (!item.is_constant() || !is_scalar(item.fact.value)) return true;
    const std::size_t index = item.fact.value.data().index();
    if (kind && *kind != index) return true;
    kind = index;
  }
  return false;
}

/// True if `expr` has a place that wants a constant and mentions one of `targets` there.
bool Specialiser::Impl::needs_constant(const std::set<std::string>& targets, const ExprPtr& expr) {
  const auto mentions = [&](const ExprPtr& part) {
    for (const std::string& name : names_in(part))
      if (targets.contains(name)) return true;
    return false;
  };
  const auto known_base = [&](const ExprPtr& base_expr) {
    const Facts before = frame_->facts;
    Reduced base;
    const auto* name = as<Name>(base_expr);
    const bool lost = name && frame_->facts.contains(name->id) && frame_->facts[name->id].kind == Fact::Kind::lost;
    if (!lost && !mentions(base_expr)) base = reduce(base_expr);
    frame_->facts = before;
    return base.fact;
  };
  bool needed = false;
  for_each_expr(expr, [&](const ExprPtr& part) {
    if (needed) return;
    if (const auto* subscript = as<Subscript>(part); subscript && mentions(subscript->slice)) {
      const Fact base = known_base(subscript->value);
      needed = base.is_structure() || (base.is_constant() && !is_typable(base.value));
    }
    if (const auto* call = as<Call>(part)) {
      const auto* name = as<Name>(call->func);
      const auto* method = as<Attribute>(call->func);
      // `order.index(i)`, `names.get(i)`: methods that TorchScript's tuples and mixed dicts lack.
      if (method && as<Name>(method->value) && call->args.size() == 1 && mentions(call->args[0])) {
        const Fact base = known_base(method->value);
        needed = base.is_constant() && (base.value.is_tuple() || base.value.is_dict());
      }
      if (name && (name->id == "getattr" || name->id == "hasattr" || name->id == "isinstance"))
        for (const ExprPtr& arg : call->args) needed = needed || mentions(arg);
    }
    if (part->kind == ExprKind::JoinedStr) needed = needed || mentions(part);
  });
  return needed;
}

/// True if only single iterations have one type for every variable: a list that is filled and read by index, a start
/// that is no number for long.
bool Specialiser::Impl::settles_types(const For& node) {
  if (frame_->untracked > 0) return false;
  for (const std::string& name : directly_mutated_names(node.body)) {
    const auto fact = frame_->facts.find(name);
    if (fact != frame_->facts.end() && fact->second.tracked && frame_->counted.contains(name)) return true;
  }
  for (const std::string& name : assigned_names(node.body)) {
    const auto fact = frame_->facts.find(name);
    const bool is_start = fact != frame_->facts.end() && fact->second.is_constant() && !fact->second.materialised;
    if (is_start && frame_->varying.contains(name)) return true;
  }
  return false;
}

/// True if a variable exists after the loop only because there is an iteration.
bool Specialiser::Impl::binds_for_later(const For& node) {
  const StmtList all = body_of(*frame_->function), body = node.body;
  std::set<std::string> names = assigned_names(body);
  names.merge(names_in(node.target));
  const auto uses = [](const StmtList& statements, const std::string& name) {
    int stores = 0, loads = 0;
    for_each_expr(statements, [&](const ExprPtr& part) {
      const auto* variable = as<Name>(part);
      if (variable && variable->id == name) ++(variable->ctx == ExprContext::Load ? loads : stores);
    });
    return std::pair(stores, loads);
  };
  for (const std::string& name : names) {
    if (frame_->facts.contains(name) || frame_->parameters.contains(name)) continue;
    const auto [stores, loads] = uses(all, name);
    const auto [stores_inside, loads_inside] = uses(body, name);
    const int of_target = names_in(node.target).contains(name) ? 1 : 0;
    if (stores == stores_inside + of_target && loads > loads_inside) return true;
  }
  return false;
}

bool Specialiser::Impl::needs_unrolling(const For& node, const Reduced& iter, const ReducedList& items) {
  if (frame_->unrolled + static_cast<int>(items.size()) > kMostUnrolled) return false;
  if (iter.fact.is_structure() || iter.lazy || items_need_constants(items)) return true;
  std::set<std::string> targets = names_in(node.target);
  // What is computed from a target inside the body counts as one.
  for_each_stmt(node.body, [&](const StmtPtr& statement) {
    const auto* assign = as<Assign>(statement);
    if (!assign) return;
    bool mentions = false;
    for (const std::string& name : names_in(assign->value)) mentions = mentions || targets.contains(name);
    if (!mentions) return;
    for (const ExprPtr& target : assign->targets)
      if (const auto* name = as<Name>(target)) targets.insert(name->id);
  });
  // An `if` on the target takes one branch each time, so what it assigns is there afterwards.
  const Facts before = frame_->facts;
  const std::set<std::string> locals_before = frame_->locals;
  const bool few = items.size() <= kMostDecided;
  bool needed = few && (settles_types(node) || (!items.empty() && binds_for_later(node)));
  for_each_stmt(node.body, [&](const StmtPtr& statement) {
    const auto* decision = few && !needed ? as<If>(statement) : nullptr;
    if (!decision || items.empty()) return;
    const std::set<std::string> names = names_in(node.target);
    const std::set<std::string> tested = names_in(decision->test);
    const bool on_target =
        std::any_of(tested.begin(), tested.end(), [&](const std::string& name) { return names.contains(name); });
    needed = on_target && substitute(node.target, items[0]) && truth_of(reduce_test(decision->test)).has_value();
    frame_->facts = before;
    frame_->locals = locals_before;
  });
  for_each_stmt(node.body, [&](const StmtPtr& statement) {
    StmtList one{statement};
    for_each_expr(one, [&](const ExprPtr& part) { needed = needed || needs_constant(targets, part); });
  });
  return needed;
}

bool Specialiser::Impl::unroll(const For& node, const ReducedList& items, std::size_t position, StmtList& out,
                               Exit& flow) {
  bool tracking = true;
  for (; position < items.size(); ++position) {
    if (++frame_->unrolled > kMostUnrolled) return false;
    StmtList round;
    const Facts start = frame_->facts;
    frame_->untracked += tracking ? 0 : 1;
    bind(node.target, items[position], round);
    ReducedBlock body = reduce_block(node.body);
    frame_->untracked -= tracking ? 0 : 1;
    round.insert(round.end(), body.body.begin(), body.body.end());
    const bool jumps = body.flow == Exit::breaks || body.flow == Exit::continues;
    const bool at_end =
        jumps && !round.empty() && (round.back()->kind == StmtKind::Break || round.back()->kind == StmtKind::Continue);
    if (at_end) round.pop_back();
    if (has_jump(round, false)) {
      if (has_try(round)) return false;
      // How far it got is known only when the model runs: no list is followed through such an iteration.
      if (tracking && any_differs(start, frame_->facts)) {
        const Facts reached = std::exchange(frame_->facts, start);
        const OutScope scope(*frame_, out);
        for (const auto& [name, fact] : start)
          if (differs(fact, reached, name)) materialise(name, node.iter, out);
        tracking = false;
        --position;
        continue;
      }
      const bool breaks = has_jump(round, true) || body.flow == Exit::breaks;
      if (body.flow == Exit::breaks && at_end) round.push_back(std::make_shared<Break>());
      const std::string flag = breaks ? fresh("stopped") : "";
      if (breaks) out.push_back(assignment(flag, constant_of(false, node.span)));
      out.push_back(one_round(fresh("once"), with_flag(round, flag, true)));
      // Which way control went is known only when the model runs.
      std::set<std::string> changed = assigned_names(node.body);
      changed.merge(names_in(node.target));
      for (const std::string& name : changed) drop(name);
      if (!breaks) continue;
      StmtList rest;
      Exit rest_flow = Exit::next;
      const Facts before = frame_->facts;
      if (!unroll(node, items, position + 1, rest, rest_flow)) return false;
      StmtList none;
      const Facts after = std::exchange(frame_->facts, before);
      merge(after, rest, rest_flow == Exit::next, before, none, true);
      if (!rest.empty()) {
        auto branch = copy_of(*as<If>(if_not(flag, rest)));
        branch->orelse = none;
        out.push_back(branch);
      }
      return true;
    }
    out.insert(out.end(), round.begin(), round.end());
    if (body.flow == Exit::leaves || body.flow == Exit::mixed) {
      flow = Exit::leaves;
      return true;
    }
    if (body.flow == Exit::breaks) return true;
  }
  ReducedBlock orelse = reduce_block(node.orelse);
  out.insert(out.end(), orelse.body.begin(), orelse.body.end());
  flow = orelse.flow;
  return true;
}

}  // namespace scriptc::python
