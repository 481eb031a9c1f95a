// The specialiser on `self.heads[k](x)` and `getattr(self, name)(x)` where only the run knows k: TorchScript cannot
// index what has no type for its items, so the statement is compiled once for each of them, and an `if` on k chooses.

#include <algorithm>

#include "scriptc/python/ast_children.h"
#include "scriptc/python/nn_module.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Items that one statement is compiled for at most.
constexpr std::size_t kMostChoices = 64;

/// The subscripts and getattr() calls that a statement evaluates once, whatever happens, in the order of evaluation.
void find_lookups(const ExprPtr& expr, ExprList& found) {
  if (!expr || as<Lambda>(expr) || as<IfExp>(expr) || as<BoolOp>(expr) || as<ListComp>(expr) || as<SetComp>(expr) ||
      as<DictComp>(expr) || as<GeneratorExp>(expr))
    return;
  for_each_child(*expr, [&](const ExprPtr& child) { find_lookups(child, found); });
  const auto* subscript = as<Subscript>(expr);
  if (subscript && subscript->ctx == ExprContext::Load && !as<Slice>(subscript->slice)) found.push_back(expr);
  const auto* call = as<Call>(expr);
  const auto* function = call ? as<Name>(call->func) : nullptr;
  if (function && function->id == "getattr" && call->args.size() == 2 && call->keywords.empty()) found.push_back(expr);
}

/// What a statement evaluates first of all.
ExprPtr evaluated_by(const StmtPtr& statement) {
  if (const auto* node = as<Assign>(statement)) return node->value;
  if (const auto* node = as<AugAssign>(statement)) return node->value;
  if (const auto* node = as<AnnAssign>(statement)) return node->value;
  if (const auto* node = as<ExprStmt>(statement)) return node->value;
  if (const auto* node = as<Return>(statement)) return node->value;
  if (const auto* node = as<For>(statement)) return node->iter;
  if (const auto* node = as<If>(statement)) return node->test;
  return nullptr;
}

/// True if `expr` is `chosen`, an attribute or item of it, or a display of such: what no variable may be able to hold.
bool is_part_of(ExprPtr expr, const Expr* chosen) {
  if (const auto* tuple = as<TupleExpr>(expr))
    return std::any_of(tuple->elts.begin(), tuple->elts.end(),
                       [&](const ExprPtr& item) { return is_part_of(item, chosen); });
  for (;;) {
    if (expr.get() == chosen) return true;
    if (const auto* attribute = as<Attribute>(expr))
      expr = attribute->value;
    else if (const auto* subscript = as<Subscript>(expr))
      expr = subscript->value;
    else
      return false;
  }
}

}  // namespace

/// The names of a module's children.
std::optional<ReducedList> Specialiser::Impl::children_of(const Value& value, const ExprPtr& original) {
  const auto module = value.try_as<Module>();
  if (!module) return std::nullopt;
  ReducedList names;
  for (const auto& [name, child] : module->children)
    if (child) names.push_back({reify(name, original), Fact::constant(name), nullptr});
  return names;
}

std::optional<Specialiser::Impl::Choice> Specialiser::Impl::choice_of(const ExprPtr& node) {
  const auto* subscript = as<Subscript>(node);
  const auto* call = as<Call>(node);
  const ExprPtr& owner = subscript ? subscript->value : call->args[0];
  const ExprPtr& index = subscript ? subscript->slice : call->args[1];
  const auto* name = as<Name>(owner);
  const auto fact = name ? frame_->facts.find(name->id) : frame_->facts.end();
  if (chosen_.contains(node.get()) || as<Constant>(index) || !is_path(owner) ||
      (fact != frame_->facts.end() && fact->second.kind == Fact::Kind::lost))
    return std::nullopt;
  const Reduced base = reduce(owner);
  if (!base.is_constant() || base.fact.one_shot) return std::nullopt;
  const Value& value = base.fact.value;
  const bool is_module = value.try_as<Module>() != nullptr;
  if (!is_module && !value.is_tuple() && (is_plain(value) || (!value.is_list() && !value.is_dict())))
    return std::nullopt;
  const auto items = call ? children_of(value, node) : items_of(base);
  if (!items || items->empty() || items->size() > kMostChoices) return std::nullopt;
  Choice choice{node, index, {}, false};
  choice.by_key =
      call || value.is_dict() || (is_module && items->front().is_constant() && is_scalar(items->front().fact.value));
  for (std::size_t i = 0; i < items->size(); ++i) {
    const Value& key = (*items)[i].fact.value;
    if (choice.by_key && (!is_scalar(key) || key.data().index() != items->front().fact.value.data().index()))
      return std::nullopt;
    choice.keys.push_back(choice.by_key ? key : Value(static_cast<std::int64_t>(i)));
  }
  // Only a look: what the index does happens when its statement is reduced.
  StmtList ignored;
  const OutScope scope(*frame_, ignored);
  const Facts before = frame_->facts;
  const bool is_known = reduce(index).is_constant();
  frame_->facts = before;
  return is_known ? std::nullopt : std::optional(choice);
}

/// The first item in `expr`, evaluated whatever happens, that only the run can choose.
std::optional<Specialiser::Impl::Choice> Specialiser::Impl::choice_in(const ExprPtr& expr) {
  ExprList lookups;
  find_lookups(expr, lookups);
  for (const ExprPtr& lookup : lookups)
    if (auto choice = choice_of(lookup)) return choice;
  return std::nullopt;
}

std::optional<Specialiser::Impl::Choice> Specialiser::Impl::choice_in(const StmtPtr& statement) {
  return choice_in(evaluated_by(statement));
}

/// `y = self.heads[k](x) if k >= 0 else x` as an `if` with two statements; null for others.
StmtPtr Specialiser::Impl::with_choices_apart(const StmtPtr& statement) {
  const auto apart = [&](const auto* node) -> StmtPtr {
    const auto* either = node ? as<IfExp>(node->value) : nullptr;
    if (!either || (!choice_in(either->body) && !choice_in(either->orelse))) return nullptr;
    const auto with_value = [&](const ExprPtr& value) {
      auto rebuilt = copy_of(*node);
      rebuilt->value = value;
      return rebuilt;
    };
    auto branch = node_at<If>(statement->span);
    branch->test = either->test;
    branch->body = {with_value(either->body)};
    branch->orelse = {with_value(either->orelse)};
    return branch;
  };
  if (const StmtPtr assign = apart(as<Assign>(statement))) return assign;
  if (const StmtPtr augmented = apart(as<AugAssign>(statement))) return augmented;
  if (const StmtPtr returned = apart(as<Return>(statement))) return returned;
  return apart(as<ExprStmt>(statement));
}

/// True if what a statement binds may be no value at run time, so that all that follows belongs to the choice.
bool Specialiser::Impl::binds_choice(const StmtPtr& statement, const Choice& choice) {
  const bool binds = as<Assign>(statement) || as<AnnAssign>(statement);
  return binds && is_part_of(evaluated_by(statement), choice.node.get());
}

Exit Specialiser::Impl::reduce_choice(const Choice& choice, const StmtList& statements, StmtList& out) {
  const OutScope scope(*frame_, out);
  const Span& span = choice.node->span;
  const auto constant = [&](const Value& value) { return reify(value, choice.index); };
  // What is looked up in a list of all positions is one of them, as in Python, or raises.
  ExprPtr index = reduce(choice.index).expr;
  if (!choice.by_key) {
    auto positions = node_at<ListExpr>(span);
    for (const Value& key : choice.keys) positions->elts.push_back(constant(key));
    auto item = node_at<Subscript>(span);
    item->value = positions;
    item->slice = index;
    index = item;
  }
  const std::string name = fresh("chosen");
  out.push_back(assignment(name_of(name, span, ExprContext::Store), index));

  struct Branch {
    ReducedBlock block;
    Facts facts;
  };
  std::vector<Branch> branches;
  const Facts before = frame_->facts;
  ++frame_->conditional;
  for (const Value& key : choice.keys) {
    frame_->facts = before;
    chosen_[choice.node.get()] = key;
    ReducedBlock block = reduce_block(statements);
    branches.push_back({std::move(block), frame_->facts});
  }
  chosen_.erase(choice.node.get());
  --frame_->conditional;
  if (choice.by_key) {
    auto error = node_at<Call>(span);
    error->func = name_of(as<Call>(choice.node) ? "AttributeError" : "KeyError", span);
    error->args = {name_of(name, span)};
    auto raise = node_at<Raise>(span);
    raise->exc = error;
    branches.push_back({{{raise}, Exit::leaves}, before});
  }

  Branch rest = std::move(branches.back());
  for (std::size_t i = branches.size() - 1; i-- > 0;) {
    Branch& branch = branches[i];
    frame_->facts = rest.facts;
    merge(branch.facts, branch.block.body, branch.block.flow == Exit::next, rest.facts, rest.block.body,
          rest.block.flow == Exit::next);
    auto test = node_at<Compare>(span);
    test->left = name_of(name, span);
    test->ops = {CompareOperator::Eq};
    test->comparators = {constant(choice.keys[i])};
    auto node = node_at<If>(span);
    node->test = test;
    node->body = std::move(branch.block.body);
    node->orelse = std::move(rest.block.body);
    if (node->body.empty()) node->body.push_back(node_at<Pass>(span));
    rest.facts = frame_->facts;
    rest.block.body = {node};
    rest.block.flow = joined(branch.block.flow, rest.block.flow);
  }
  frame_->facts = rest.facts;
  out.insert(out.end(), rest.block.body.begin(), rest.block.body.end());
  return rest.block.flow;
}

/// `for x, conv in zip(xs, self.convs)`, where only the run knows how many `xs` there are, as a loop over `xs` whose
/// body stands there once for each `conv`; null for other loops.
StmtPtr Specialiser::Impl::zip_by_position(const For& node) {
  const auto call_of = [&](const ExprPtr& expr, const std::string& name) {
    const auto* call = builtin_called(expr) == name ? as<Call>(expr) : nullptr;
    return call && call->keywords.empty() ? call : nullptr;
  };
  const auto items_of_target = [](const ExprPtr& target) -> ExprList {
    const auto* tuple = as<TupleExpr>(target);
    return tuple ? tuple->elts : ExprList{};
  };
  if (!node.orelse.empty()) return nullptr;  // it would have to run unless the body breaks
  const Call* numbered = call_of(node.iter, "enumerate");
  if (numbered && numbered->args.size() != 1) return nullptr;
  const Call* zip = call_of(numbered ? numbered->args[0] : node.iter, "zip");
  ExprList targets = items_of_target(node.target);
  ExprPtr index;
  if (numbered) {
    if (targets.size() != 2) return nullptr;
    index = targets[0];
    targets = items_of_target(targets[1]);
  }
  if (!zip || zip->args.size() != targets.size()) return nullptr;

  struct Known {
    ExprPtr target;
    ReducedList items;
  };
  ExprList open, open_targets;
  std::vector<Known> known;
  std::size_t count = kMostChoices;
  bool needed = false;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    StmtList ignored;  // only a look
    const OutScope scope(*frame_, ignored);
    const Facts before = frame_->facts;
    const Reduced iterable = as<Starred>(zip->args[i]) ? Reduced{zip->args[i]} : reduce(zip->args[i]);
    const auto items = iterable.fact.one_shot ? std::nullopt : items_of(iterable);
    frame_->facts = before;
    if (!items || !all_known(*items, {})) {
      open.push_back(zip->args[i]);
      open_targets.push_back(targets[i]);
      continue;
    }
    needed = needed || items_need_constants(*items);
    count = std::min(count, items->size());
    known.push_back({targets[i], *items});
  }
  if (!needed || open.empty() || count == 0 || count == kMostChoices) return nullptr;

  const Span& span = node.iter->span;
  const std::string position = fresh("position");
  const auto stored = [&](const ExprList& items) {
    auto tuple = node_at<TupleExpr>(span);
    tuple->elts = items;
    tuple->ctx = ExprContext::Store;
    return tuple;
  };
  const auto compared = [&](const ExprPtr& left, CompareOperator op, const ExprPtr& right) {
    auto test = node_at<Compare>(span);
    test->left = left;
    test->ops = {op};
    test->comparators = {right};
    return test;
  };
  // TorchScript zips no tuple with a list: one is gone through, and the others are indexed.
  ExprList indexed, indexed_targets;
  if (std::all_of(open.begin() + 1, open.end(), [](const ExprPtr& one) { return is_path(one); })) {
    indexed.assign(open.begin() + 1, open.end());
    indexed_targets.assign(open_targets.begin() + 1, open_targets.end());
    open.resize(1);
    open_targets.resize(1);
  }
  StmtList rounds;
  for (std::size_t i = count; i-- > 0;) {
    const auto number = constant_of(static_cast<std::int64_t>(i), span);
    StmtList body;
    if (index) body.push_back(assignment(index, number));
    for (const Known& one : known) body.push_back(assignment(one.target, reify(one.items[i].fact.value, node.iter)));
    auto test = node_at<BoolOp>(span);
    test->op = BoolOperator::And;
    test->values = {compared(name_of(position, span), CompareOperator::Eq, number)};
    for (std::size_t k = 0; k < indexed.size(); ++k) {
      auto item = node_at<Subscript>(span);
      item->value = indexed[k];
      item->slice = number;
      body.push_back(assignment(indexed_targets[k], item));
      test->values.push_back(compared(call_to("len", {indexed[k]}, span), CompareOperator::Gt, number));
    }
    body.insert(body.end(), node.body.begin(), node.body.end());
    auto round = node_at<If>(span);
    round->test = indexed.empty() ? test->values[0] : ExprPtr(test);
    round->body = std::move(body);
    round->orelse = std::move(rounds);
    rounds = {round};
  }
  auto loop = node_at<For>(node.span);
  loop->target = stored({name_of(position, span, ExprContext::Store),
                         open.size() == 1 ? open_targets[0] : ExprPtr(stored(open_targets))});
  loop->iter = call_to("enumerate", {open.size() == 1 ? open[0] : call_to("zip", open, span)}, span);
  loop->body = std::move(rounds);
  return loop;
}

}  // namespace scriptc::python
