// The specialiser on statements: branches on known tests are chosen, loops over known sequences unrolled where their
// body needs it, facts merged where control joins.

#include <functional>
#include <utility>

#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Iterations that one function may unroll: beyond it a loop stays a loop.
constexpr int kMostUnrolled = 2000;

bool is_container(const Value& value) { return value.is_list() || value.is_dict(); }

/// What a variable of TorchScript can hold; everything else lives on as a fact alone.
bool is_storable(const Value& value) {
  if (value.is_tuple()) {
    for (const Value& item : value.as_tuple())
      if (!is_storable(item)) return false;
    return true;
  }
  return value.is_none() || value.is_bool() || value.is_int() || value.is_float() || value.is_string();
}

StmtPtr assignment(const std::string& name, const ExprPtr& value) {
  auto target = std::make_shared<Name>();
  target->id = name;
  target->ctx = ExprContext::Store;
  target->span = value->span;
  auto statement = std::make_shared<Assign>();
  statement->span = value->span;
  statement->targets = {target};
  statement->value = value;
  return statement;
}

bool mentions(const ExprPtr& expr, const std::set<std::string>& names) {
  bool found = false;
  for_each_expr(expr, [&](const ExprPtr& part) {
    if (const auto* name = as<Name>(part)) found = found || names.contains(name->id);
  });
  return found;
}

/// A `break` or `continue` of this very loop that stands below a branch that stays.
bool has_loose_jump(const StmtList& body) {
  for (const StmtPtr& statement : body) {
    if (statement->kind == StmtKind::Break || statement->kind == StmtKind::Continue) return true;
    if (const auto* node = as<If>(statement))
      if (has_loose_jump(node->body) || has_loose_jump(node->orelse)) return true;
    if (const auto* node = as<With>(statement))
      if (has_loose_jump(node->body)) return true;
  }
  return false;
}

}  // namespace

ReducedBlock Specialiser::Impl::reduce_block(const StmtList& statements) {
  ReducedBlock block;
  for (const StmtPtr& statement : statements) {
    block.flow = reduce_statement(statement, block.body);
    if (block.flow != BlockFlow::next) {
      if (&statement != &statements.back()) frame_->changed = true;
      break;
    }
  }
  return block;
}

BlockFlow Specialiser::Impl::reduce_statement(const StmtPtr& statement, StmtList& out) {
  if (const auto* n = as<If>(statement)) return reduce_if(*n, statement, out);
  if (const auto* n = as<For>(statement)) return reduce_for(*n, statement, out);
  if (const auto* n = as<While>(statement)) return reduce_while(*n, statement, out), BlockFlow::next;
  if (const auto* n = as<Assign>(statement)) return reduce_assign(*n, statement, out), BlockFlow::next;
  if (statement->kind == StmtKind::Break) return out.push_back(statement), BlockFlow::breaks;
  if (statement->kind == StmtKind::Continue) return out.push_back(statement), BlockFlow::continues;
  if (const auto* n = as<Return>(statement)) {
    auto rebuilt = copy_of(*n);
    rebuilt->value = reduce(n->value).expr;
    out.push_back(rebuilt->value == n->value ? statement : rebuilt);
    return BlockFlow::leaves;
  }
  if (const auto* n = as<Raise>(statement)) {
    auto rebuilt = copy_of(*n);
    rebuilt->exc = reduce(n->exc).expr;
    out.push_back(rebuilt->exc == n->exc ? statement : rebuilt);
    return BlockFlow::leaves;
  }
  if (const auto* n = as<AugAssign>(statement)) {
    const Reduced value = reduce(n->value);
    auto rebuilt = copy_of(*n);
    rebuilt->value = value.expr;
    if (const auto* name = as<Name>(n->target)) {
      auto sum = std::make_shared<BinOp>();
      sum->span = n->span;
      auto left = copy_of(*name);
      left->ctx = ExprContext::Load;
      sum->left = left;
      sum->op = n->op;
      sum->right = n->value;
      const Reduced result = reduce(ExprPtr(sum));
      frame_->facts.erase(name->id);
      if (result.fact.is_constant() && !is_container(result.fact.value)) {
        frame_->changed = true;
        Assign assign;
        assign.span = n->span;
        assign.targets = {n->target};
        assign.value = result.expr;
        bind_target(n->target, result, out);
        return BlockFlow::next;
      }
    }
    out.push_back(value.expr == n->value ? statement : rebuilt);
    return BlockFlow::next;
  }
  if (const auto* n = as<AnnAssign>(statement)) {
    const Reduced value = reduce(n->value);
    auto rebuilt = copy_of(*n);
    rebuilt->value = value.expr;
    if (const auto* name = as<Name>(n->target)) {
      frame_->facts.erase(name->id);
      // `x: Optional[int] = None` declares a type wider than the value: a fact, but the variable stays.
      if (value.fact.is_constant() && is_storable(value.fact.value)) frame_->facts[name->id] = value.fact;
      if (const auto found = frame_->facts.find(name->id); found != frame_->facts.end())
        found->second.materialised = true;
    }
    out.push_back(value.expr == n->value ? statement : rebuilt);
    return BlockFlow::next;
  }
  if (const auto* n = as<ExprStmt>(statement)) {
    if (as<Constant>(n->value)) return out.push_back(statement), BlockFlow::next;  // a docstring
    const Reduced value = reduce(n->value);
    if (value.fact.is_constant()) {  // nothing happens there when the model runs
      frame_->changed = true;
      return BlockFlow::next;
    }
    auto rebuilt = copy_of(*n);
    rebuilt->value = value.expr;
    out.push_back(value.expr == n->value ? statement : rebuilt);
    return BlockFlow::next;
  }
  if (const auto* n = as<Assert>(statement)) {
    const Reduced test = reduce(n->test);
    if (test.fact.is_constant() && evaluator_.truth(test.fact.value)) {
      frame_->changed = true;
      return BlockFlow::next;
    }
    auto rebuilt = copy_of(*n);
    rebuilt->test = test.expr;
    rebuilt->msg = reduce(n->msg).expr;
    out.push_back(rebuilt->test == n->test && rebuilt->msg == n->msg ? statement : rebuilt);
    return BlockFlow::next;
  }
  if (const auto* n = as<With>(statement)) {
    auto rebuilt = copy_of(*n);
    for (WithItem& item : rebuilt->items) {
      const ExprPtr before = item.context_expr;
      item.context_expr = reduce(item.context_expr).expr;
      if (item.context_expr != before) frame_->changed = true;
    }
    ReducedBlock body = reduce_block(n->body);
    rebuilt->body = std::move(body.body);
    out.push_back(rebuilt);
    return body.flow;
  }
  forget({statement});
  out.push_back(statement);
  return BlockFlow::next;
}

BlockFlow Specialiser::Impl::reduce_if(const If& node, const StmtPtr&, StmtList& out) {
  const Reduced test = reduce(node.test);
  if (test.fact.is_constant()) {
    frame_->changed = true;
    ReducedBlock chosen = reduce_block(evaluator_.truth(test.fact.value) ? node.body : node.orelse);
    out.insert(out.end(), chosen.body.begin(), chosen.body.end());
    return chosen.flow;
  }
  auto rebuilt = copy_of(node);
  rebuilt->test = test.expr;
  const Facts before = frame_->facts;
  ReducedBlock body = reduce_block(node.body);
  const Facts after_body = std::exchange(frame_->facts, before);
  ReducedBlock orelse = reduce_block(node.orelse);
  const Facts after_orelse = frame_->facts;
  merge(after_body, body.body, body.flow == BlockFlow::next, after_orelse, orelse.body, orelse.flow == BlockFlow::next);
  rebuilt->body = std::move(body.body);
  rebuilt->orelse = std::move(orelse.body);
  if (rebuilt->body.empty()) rebuilt->body.push_back(std::make_shared<Pass>());
  out.push_back(rebuilt);
  return body.flow == orelse.flow ? body.flow : BlockFlow::next;
}

void Specialiser::Impl::merge(const Facts& left, StmtList& left_body, bool left_falls, const Facts& right,
                              StmtList& right_body, bool right_falls) {
  if (!left_falls || !right_falls) {
    frame_->facts = left_falls ? left : right;
    return;
  }
  Facts joined;
  const auto agree = [](const Fact& a, const Fact& b) {
    if (a.kind != b.kind) return false;
    if (a.is_constant()) return a.value.is_same(b.value) || (!is_container(a.value) && equal(a.value, b.value));
    return a.items == b.items && a.keys == b.keys;
  };
  const auto materialise = [&](const std::string& name, const Fact& fact, StmtList& body) {
    // The other way in gives the variable another value: from here on it must exist.
    if (fact.materialised || !fact.is_constant() || !is_storable(fact.value)) return;
    body.push_back(
        assignment(name, reify(fact.value, frame_->function->def ? nullptr : frame_->function->lambda->body)));
  };
  for (const auto& [name, fact] : left) {
    const auto other = right.find(name);
    if (other != right.end() && agree(fact, other->second)) {
      Fact both = fact;
      if (fact.materialised != other->second.materialised) {
        materialise(name, fact, left_body);
        materialise(name, other->second, right_body);
        both.materialised = is_storable(fact.value);
      }
      joined[name] = both;
    } else {
      materialise(name, fact, left_body);
    }
  }
  for (const auto& [name, fact] : right)
    if (!joined.contains(name)) materialise(name, fact, right_body);
  frame_->facts = std::move(joined);
}

void Specialiser::Impl::forget(const StmtList& statements) {
  for (const std::string& name : assigned_names(statements)) frame_->facts.erase(name);
}

void Specialiser::Impl::reduce_while(const While& node, const StmtPtr& original, StmtList& out) {
  // What the body assigns is unknown at its start; a variable that only lived as a fact must exist from here on.
  for (const std::string& name : assigned_names({original})) {
    const auto found = frame_->facts.find(name);
    if (found == frame_->facts.end()) continue;
    if (!found->second.materialised && found->second.is_constant() && is_storable(found->second.value))
      out.push_back(assignment(name, reify(found->second.value, node.test)));
    frame_->facts.erase(found);
  }
  const Reduced test = reduce(node.test);
  if (test.fact.is_constant() && !evaluator_.truth(test.fact.value)) {
    frame_->changed = true;
    ReducedBlock orelse = reduce_block(node.orelse);
    out.insert(out.end(), orelse.body.begin(), orelse.body.end());
    return;
  }
  auto rebuilt = copy_of(node);
  rebuilt->test = test.expr;
  const Facts before = frame_->facts;
  rebuilt->body = reduce_block(node.body).body;
  frame_->facts = before;
  forget(node.orelse);
  if (rebuilt->body.empty()) rebuilt->body.push_back(std::make_shared<Pass>());
  out.push_back(rebuilt);
}

BlockFlow Specialiser::Impl::reduce_for(const For& node, const StmtPtr& original, StmtList& out) {
  const Reduced iter = reduce(node.iter);
  if (const auto items = items_of(iter); items && !node.is_async && needs_unrolling(node, *items)) {
    const Facts before = frame_->facts;
    const int unrolled_before = frame_->unrolled;
    StmtList unrolled;
    BlockFlow flow = BlockFlow::next;
    if (unroll(node, *items, unrolled, flow)) {
      frame_->changed = true;
      out.insert(out.end(), unrolled.begin(), unrolled.end());
      return flow;
    }
    frame_->facts = before;
    frame_->unrolled = unrolled_before;
  }
  for (const std::string& name : assigned_names({original})) {
    const auto found = frame_->facts.find(name);
    if (found == frame_->facts.end()) continue;
    if (!found->second.materialised && found->second.is_constant() && is_storable(found->second.value))
      out.push_back(assignment(name, reify(found->second.value, node.iter)));
    frame_->facts.erase(found);
  }
  auto rebuilt = copy_of(node);
  // The tree's own containers iterate in the lowering; everything that was folded on the way stays folded.
  rebuilt->iter = iter.expr;
  const Facts before = frame_->facts;
  rebuilt->body = reduce_block(node.body).body;
  frame_->facts = before;
  forget(node.orelse);
  if (rebuilt->body.empty()) rebuilt->body.push_back(std::make_shared<Pass>());
  out.push_back(rebuilt);
  return BlockFlow::next;
}

bool Specialiser::Impl::needs_unrolling(const For& node, const std::vector<Reduced>& items) {
  if (frame_->unrolled + static_cast<int>(items.size()) > kMostUnrolled) return false;
  // Items that no variable can hold, or of several kinds.
  std::optional<std::size_t> kind;
  for (const Reduced& item : items) {
    if (!item.fact.is_constant()) return true;  // a literal of dynamic items
    if (!is_storable(item.fact.value)) return true;
    if (item.fact.value.is_tuple()) return true;
    const std::size_t index = item.fact.value.data().index();
    if (kind && *kind != index) return true;
    kind = index;
  }
  // A place that wants a constant mentions a target.
  std::set<std::string> targets = assigned_names({});
  for_each_expr(node.target, [&](const ExprPtr& part) {
    if (const auto* name = as<Name>(part)) targets.insert(name->id);
  });
  // What is computed from a target inside the body counts as one.
  for_each_stmt(node.body, [&](const StmtPtr& statement) {
    if (const auto* assign = as<Assign>(statement); assign && mentions(assign->value, targets))
      for (const ExprPtr& target : assign->targets)
        if (const auto* name = as<Name>(target)) targets.insert(name->id);
  });
  bool needed = false;
  for_each_expr(node.body, [&](const ExprPtr& part) {
    if (needed) return;
    if (const auto* subscript = as<Subscript>(part); subscript && mentions(subscript->slice, targets)) {
      const Reduced base = reduce(subscript->value);
      needed = base.fact.kind != Fact::Kind::dynamic && !(base.fact.is_constant() && is_storable(base.fact.value));
      if (base.fact.is_constant() && base.fact.value.is_list()) {
        for (const Value& item : base.fact.value.as_list()) needed = needed || !is_storable(item);
      }
    }
    if (const auto* call = as<Call>(part)) {
      const auto* name = as<Name>(call->func);
      if (name && (name->id == "getattr" || name->id == "hasattr" || name->id == "isinstance"))
        for (const ExprPtr& arg : call->args) needed = needed || mentions(arg, targets);
    }
    if (part->kind == ExprKind::JoinedStr) needed = needed || mentions(part, targets);
  });
  return needed;
}

bool Specialiser::Impl::unroll(const For& node, const std::vector<Reduced>& items, StmtList& out, BlockFlow& flow) {
  bool broke = false;
  for (const Reduced& item : items) {
    if (++frame_->unrolled > kMostUnrolled) return false;
    forget(node.body);
    bind_target(node.target, item, out);
    ReducedBlock body = reduce_block(node.body);
    const bool jumps = body.flow == BlockFlow::breaks || body.flow == BlockFlow::continues;
    if (jumps && (body.body.back()->kind == StmtKind::Break || body.body.back()->kind == StmtKind::Continue))
      body.body.pop_back();
    if (has_loose_jump(body.body)) return false;
    out.insert(out.end(), body.body.begin(), body.body.end());
    if (body.flow == BlockFlow::leaves) {
      flow = BlockFlow::leaves;
      return true;
    }
    if (body.flow == BlockFlow::breaks) {
      broke = true;
      break;
    }
  }
  if (!broke && !node.orelse.empty()) {
    ReducedBlock orelse = reduce_block(node.orelse);
    out.insert(out.end(), orelse.body.begin(), orelse.body.end());
    flow = orelse.flow;
  }
  return true;
}

void Specialiser::Impl::reduce_assign(const Assign& node, const StmtPtr& original, StmtList& out) {
  const Reduced value = reduce(node.value);
  if (node.targets.size() == 1 && as<Name>(node.targets[0])) {
    const StmtList::size_type before = out.size();
    bind_target(node.targets[0], value, out);
    // Nothing new: keep the very statement, so that a method without constants comes back as it is.
    if (out.size() == before + 1 && value.expr == node.value) out.back() = original;
    if (out.size() == before) frame_->changed = true;
    return;
  }
  if (node.targets.size() == 1) {
    const auto* tuple = as<TupleExpr>(node.targets[0]);
    const bool simple = tuple != nullptr && value.fact.kind != Fact::Kind::dynamic;
    if (simple && value.fact.kind == Fact::Kind::tuple) return bind_target(node.targets[0], value, out);
    if (simple && value.fact.is_constant() && !is_storable(value.fact.value))
      return bind_target(node.targets[0], value, out);
  }
  auto rebuilt = copy_of(node);
  for (ExprPtr& target : rebuilt->targets) {
    if (as<Attribute>(target) || as<Subscript>(target)) target = reduce(target).expr;
  }
  forget({original});
  rebuilt->value = value.expr;
  const bool same = value.expr == node.value && rebuilt->targets == node.targets;
  out.push_back(same ? original : rebuilt);
  // `a, b = 1, 2`: the variables exist, and what they hold is known.
  const auto items = items_of(value);
  const auto* tuple = as<TupleExpr>(node.targets.back());
  if (node.targets.size() != 1 || tuple == nullptr || !items || items->size() != tuple->elts.size()) return;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto* name = as<Name>(tuple->elts[i]);
    const Fact& fact = (*items)[i].fact;
    if (name && fact.is_constant() && is_storable(fact.value) && !frame_->mutated.contains(name->id))
      frame_->facts[name->id] = Fact::constant(fact.value);
  }
}

void Specialiser::Impl::bind_target(const ExprPtr& target, const Reduced& value, StmtList& out) {
  if (const auto* name = as<Name>(target)) {
    frame_->locals.insert(name->id);
    frame_->facts.erase(name->id);
    Fact fact = value.fact;
    if (fact.is_constant() && is_container(fact.value)) {
      // A literal makes a new list each time; an attribute's list is a constant as long as nobody changes it.
      const bool fresh = as<ListExpr>(value.expr) != nullptr || as<DictExpr>(value.expr) != nullptr;
      if ((fresh && fact.materialised) || frame_->mutated.contains(name->id)) fact = {};
    }
    if (fact.kind == Fact::Kind::dynamic) {
      auto statement = std::make_shared<Assign>();
      statement->span = target->span;
      statement->span.end_line = value.expr->span.end_line;
      statement->span.end_column = value.expr->span.end_column;
      statement->targets = {target};
      statement->value = value.expr;
      out.push_back(statement);
      return;
    }
    if (substitute_ && fact.is_constant()) {
      fact.materialised = false;
      frame_->facts[name->id] = std::move(fact);
      return;
    }
    const bool typed_attribute = fact.is_constant() && as<Attribute>(value.expr) != nullptr && is_container(fact.value);
    fact.materialised = fact.is_constant() && (is_storable(fact.value) || typed_attribute) && value.fact.materialised;
    if (fact.materialised) {
      auto statement = std::make_shared<Assign>();
      statement->span = target->span;
      statement->targets = {target};
      statement->value = value.expr;
      out.push_back(statement);
    } else if (fact.is_constant() && is_storable(fact.value)) {
      // From an unrolled loop: replaced where it is used, and assigned too, for uses behind the loop.
      fact.materialised = true;
      out.push_back(assignment(name->id, value.expr));
    }
    frame_->facts[name->id] = std::move(fact);
    return;
  }
  const ExprList* elts = nullptr;
  if (const auto* tuple = as<TupleExpr>(target)) elts = &tuple->elts;
  if (const auto* list = as<ListExpr>(target)) elts = &list->elts;
  const auto items = items_of(value);
  if (elts && items && items->size() == elts->size()) {
    for (std::size_t i = 0; i < elts->size(); ++i) {
      if (as<Starred>((*elts)[i])) break;
      bind_target((*elts)[i], (*items)[i], out);
    }
    return;
  }
  auto statement = std::make_shared<Assign>();
  statement->span = target->span;
  statement->targets = {target};
  statement->value = value.expr;
  const StmtPtr shared = statement;
  forget({shared});
  out.push_back(shared);
}

}  // namespace scriptc::python
