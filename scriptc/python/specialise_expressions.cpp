// The specialiser on expressions: what is known is folded, the rest is rebuilt around it.

#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

Reduced Specialiser::Impl::reduce(const ExprPtr& expr) {
  if (!expr) return {};
  const bool tests = std::exchange(frame_->tests, false);
  switch (expr->kind) {
    case ExprKind::Constant: {
      const ConstantValue& literal = as<Constant>(expr)->value;
      if (std::holds_alternative<NoneLiteral>(literal)) return {expr, Fact::constant(None{}), nullptr};
      if (const auto* b = std::get_if<bool>(&literal)) return {expr, Fact::constant(*b), nullptr};
      if (const auto* i = std::get_if<std::int64_t>(&literal)) return {expr, Fact::constant(*i), nullptr};
      if (const auto* d = std::get_if<double>(&literal)) return {expr, Fact::constant(*d), nullptr};
      if (const auto* s = std::get_if<std::string>(&literal)) return {expr, Fact::constant(*s), nullptr};
      return {expr, {}, nullptr};
    }
    case ExprKind::Resolved:
      return {expr, Fact::constant(as<Resolved>(expr)->value), nullptr};
    case ExprKind::Name:
      return reduce_name(*as<Name>(expr), expr);
    case ExprKind::Attribute:
      return reduce_attribute(*as<Attribute>(expr), expr);
    case ExprKind::Subscript:
      return reduce_subscript(*as<Subscript>(expr), expr);
    case ExprKind::Call:
      return reduce_call(*as<Call>(expr), expr);
    case ExprKind::BoolOp:
      return reduce_bool_op(*as<BoolOp>(expr), expr, tests);
    case ExprKind::IfExp:
      return reduce_if_exp(*as<IfExp>(expr), expr);
    case ExprKind::Compare:
      return reduce_compare(*as<Compare>(expr), expr);
    case ExprKind::BinOp:
      return reduce_binary(*as<BinOp>(expr), expr);
    case ExprKind::UnaryOp:
      return reduce_unary(*as<UnaryOp>(expr), expr);
    case ExprKind::TupleExpr:
      return joined_stars(reduce_sequence(expr, as<TupleExpr>(expr)->elts), expr);
    case ExprKind::ListExpr:
      return joined_stars(reduce_sequence(expr, as<ListExpr>(expr)->elts), expr);
    case ExprKind::SetExpr:
      return reduce_sequence(expr, as<SetExpr>(expr)->elts);
    case ExprKind::DictExpr:
      return reduce_dict(*as<DictExpr>(expr), expr);
    case ExprKind::Slice:
      return reduce_slice(*as<Slice>(expr), expr);
    case ExprKind::JoinedStr:
      return reduce_joined(*as<JoinedStr>(expr), expr);
    case ExprKind::NamedExpr:
      return reduce_walrus(*as<NamedExpr>(expr), expr);
    case ExprKind::Lambda:
      return local_function(nullptr, std::static_pointer_cast<const Lambda>(expr), expr);
    case ExprKind::ListComp:
    case ExprKind::SetComp:
    case ExprKind::DictComp:
    case ExprKind::GeneratorExp:
      return reduce_comprehension(expr, false);
    case ExprKind::Starred: {
      const ExprPtr value = reduce(as<Starred>(expr)->value).expr;
      if (value == as<Starred>(expr)->value) return {expr, {}, nullptr};
      auto rebuilt = copy_of(*as<Starred>(expr));
      rebuilt->value = value;
      return {rebuilt, {}, nullptr};
    }
    default:
      return {expr, {}, nullptr};  // what the lowering will refuse, it refuses in the user's own words
  }
}

Reduced Specialiser::Impl::folded(const ExprPtr& rebuilt, std::optional<Value> value, const ExprPtr& original) {
  if (!value) return {rebuilt, {}, nullptr};
  Fact fact = Fact::constant(*value);
  const bool has_literal = is_storable(*value) || value->try_as<Module>() || value->try_as<PyFunction>() ||
                           value->try_as<PyClass>() || value->try_as<OperatorRef>() ||
                           value->try_as<NativeFunction>() || value->try_as<Partial>() || value->try_as<Instance>() ||
                           value->try_as<BoundMethod>() || value->try_as<SliceObject>() ||
                           (value->is_tuple() && !std::get<std::shared_ptr<TupleValue>>(value->data())->type);
  if (!has_literal) return {rebuilt, std::move(fact), nullptr};
  return {reify(*value, original), std::move(fact), nullptr};
}

std::optional<Value> Specialiser::Impl::evaluate(const ExprPtr& shape, const std::vector<Value>& operands) {
  OrderedMap<Value> locals;
  for (std::size_t i = 0; i < operands.size(); ++i) locals.set("$" + std::to_string(i), operands[i]);
  try {
    Value value = evaluator_.evaluate_in(*frame_->function, shape, locals);
    if (value.is_tensor()) return std::nullopt;
    return value;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cap) throw;
    return std::nullopt;  // Python would raise there too, if it gets there: left for run time
  }
}

std::optional<bool> Specialiser::Impl::truth_of(const Reduced& value) {
  if (value.fact.is_structure()) return !value.fact.items.empty();
  if (!value.is_constant() || value.fact.one_shot) return std::nullopt;
  try {
    return evaluator_.truth(value.fact.value);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cap) throw;
    return std::nullopt;
  }
}

void Specialiser::Impl::doubt_since(const Facts& before) {
  for (const auto& [name, fact] : before) {
    const auto now = frame_->facts.find(name);
    const bool popped =
        now != frame_->facts.end() && fact.kind == Fact::Kind::dict && !fact.tracked && now->second.keys != fact.keys;
    if (popped) now->second.kind = Fact::Kind::lost;
  }
}

Reduced Specialiser::Impl::reduce_name(const Name& node, const ExprPtr& original) {
  if (const auto known = frame_->facts.find(node.id); known != frame_->facts.end()) {
    const Fact& fact = known->second;
    if (fact.kind == Fact::Kind::lost) {
      throw error_at(ErrorKind::model, *frame_->function->source(), node.span,
                     quote(node.id) +
                         " is one of several functions, modules or other objects here, and which one is "
                         "known only when the model runs");
    }
    if (fact.kind == Fact::Kind::alias) {
      if (const ExprPtr iterator = behind_name(original); iterator != original) return reduce(iterator);
      const auto* other = as<Name>(fact.items[0]);
      const auto of_other = other ? frame_->facts.find(other->id) : frame_->facts.end();
      const bool no_variable = of_other != frame_->facts.end() && of_other->second.is_constant();
      return no_variable ? reduce_name(*other, fact.items[0]) : Reduced{fact.items[0], {}, nullptr};
    }
    if (fact.tracked && fact.annotation && fact.items.empty()) {
      share({node.id});  // only the declaration says what it is a list of
      return {original, {}, nullptr};
    }
    if (fact.tracked) return tracked_display(fact, node.span);
    if (fact.materialised) return {original, fact, nullptr};
    if (fact.is_constant()) return {reify(fact.value, original), fact, nullptr};
    if (fact.kind == Fact::Kind::tuple) {
      auto tuple = std::make_shared<TupleExpr>();
      tuple->span = node.span;
      tuple->elts = fact.items;
      return {tuple, fact, nullptr};
    }
    // Whatever does not follow its items one by one gets a dict.
    if (fact.kind == Fact::Kind::dict) return tracked_display(fact, node.span);
    return {original, fact, nullptr};
  }
  if (frame_->locals.contains(node.id)) return {original, {}, nullptr};
  const std::optional<Value> value = evaluator_.try_resolve(*frame_->function, node.id);
  if (!value || value->is_tensor()) return {original, {}, nullptr};
  if (is_container(*value) && frame_->mutated.contains(node.id)) return {original, {}, nullptr};
  if (is_typable(*value)) return {reify(*value, original), Fact::constant(*value), nullptr};
  const auto function = value->try_as<PyFunction>();
  const bool plain = !function || (function->def && !function->closure);
  if (plain && !value->try_as<Module>() && !value->try_as<Partial>() && !frame_->function->closure)
    return {original, Fact::constant(*value), nullptr};
  return {reify(*value, original), Fact::constant(*value), nullptr};
}

Reduced Specialiser::Impl::reduce_binary(const BinOp& node, const ExprPtr& original) {
  const Reduced left = reduce(node.left), right = reduce(node.right);
  auto rebuilt = copy_of(node);
  rebuilt->left = left.expr;
  rebuilt->right = right.expr;
  const bool same = left.expr == node.left && right.expr == node.right;
  if (auto display = joined_displays(node, left, right)) return *display;
  std::optional<Value> value;
  if (left.is_constant() && right.is_constant()) {
    auto shape = copy_of(node);
    shape->left = placeholder(0);
    shape->right = placeholder(1);
    value = evaluate(shape, {left.fact.value, right.fact.value});
  }
  return folded(same ? original : rebuilt, value, original);
}

Reduced Specialiser::Impl::reduce_unary(const UnaryOp& node, const ExprPtr& original) {
  const Reduced operand = node.op == UnaryOperator::Not ? reduce_test(node.operand) : reduce(node.operand);
  auto rebuilt = copy_of(node);
  rebuilt->operand = operand.expr;
  std::optional<Value> value;
  if (node.op == UnaryOperator::Not) {
    if (const auto truth = truth_of(operand)) value = !*truth;
  } else if (operand.is_constant()) {
    auto shape = copy_of(node);
    shape->operand = placeholder(0);
    value = evaluate(shape, {operand.fact.value});
  }
  // `-1` stays a literal with its sign.
  if (as<Constant>(node.operand) && node.op != UnaryOperator::Not && value)
    return {original, Fact::constant(*value), nullptr};
  return folded(operand.expr == node.operand ? original : rebuilt, value, original);
}

/// `expr` where only its truth matters.
Reduced Specialiser::Impl::reduce_test(const ExprPtr& expr) {
  frame_->tests = true;
  Reduced reduced = reduce(expr);
  frame_->tests = false;
  return reduced;
}

namespace {

/// True for what is True or False by its looks, or a tensor of them.
bool is_boolean(const ExprPtr& expr) {
  if (const auto* node = as<BoolOp>(expr)) return std::all_of(node->values.begin(), node->values.end(), is_boolean);
  if (const auto* node = as<UnaryOp>(expr)) return node->op == UnaryOperator::Not;
  const auto* literal = as<Constant>(expr);
  return expr->kind == ExprKind::Compare || (literal && std::holds_alternative<bool>(literal->value));
}

/// Arithmetic on sizes and variables: computed twice it costs nothing.
bool is_cheap(const ExprPtr& expr) {
  if (is_path(expr)) return true;
  if (const auto* node = as<BinOp>(expr)) return is_cheap(node->left) && is_cheap(node->right);
  if (const auto* node = as<UnaryOp>(expr)) return is_cheap(node->operand);
  if (const auto* node = as<Subscript>(expr)) return is_cheap(node->value) && is_atom(node->slice);
  const auto* call = as<Call>(expr);
  const auto* method = call ? as<Attribute>(call->func) : nullptr;
  const auto* function = call ? as<Name>(call->func) : nullptr;
  const bool measures = (method && (method->attr == "size" || method->attr == "dim") && is_path(method->value)) ||
                        (function && function->id == "len");
  return measures && call->keywords.empty() && std::all_of(call->args.begin(), call->args.end(), is_cheap);
}

/// `n or 5` as `n if n else 5`, and `n and 5` as `5 if n else n`: TorchScript's own give True or False. Null where
/// that says the same, or an operand must not be computed twice.
ExprPtr chosen_operand(const BoolOp& node) {
  ExprPtr result = node.values.back();
  bool differs = false;
  for (std::size_t i = node.values.size() - 1; i-- > 0;) {
    const ExprPtr& operand = node.values[i];
    differs = differs || !is_boolean(operand);
    if (!is_cheap(operand)) return nullptr;
    auto choice = std::make_shared<IfExp>();
    choice->span = node.span;
    choice->test = operand;
    choice->body = node.op == BoolOperator::Or ? operand : result;
    choice->orelse = node.op == BoolOperator::Or ? result : operand;
    result = choice;
  }
  return differs ? result : nullptr;
}

}  // namespace

Reduced Specialiser::Impl::reduce_bool_op(const BoolOp& node, const ExprPtr& original, bool tests) {
  const bool is_and = node.op == BoolOperator::And;
  ReducedList kept;
  const Facts before = frame_->facts;
  for (std::size_t i = 0; i < node.values.size(); ++i) {
    const Reduced operand = tests ? reduce_test(node.values[i]) : reduce(node.values[i]);
    const auto truth = truth_of(operand);
    if (truth && *truth == is_and && i + 1 < node.values.size()) continue;  // neutral, and not the result
    kept.push_back(operand);
    if (truth && *truth != is_and) break;  // what follows is never evaluated
  }
  if (kept.size() == 1) return kept.front();
  doubt_since(before);
  auto rebuilt = copy_of(node);
  rebuilt->values.clear();
  for (const Reduced& operand : kept) rebuilt->values.push_back(operand.expr);
  if (!tests)
    if (const ExprPtr chosen = chosen_operand(*rebuilt)) return {chosen, {}, nullptr};
  return {rebuilt->values == node.values ? original : rebuilt, {}, nullptr};
}

Reduced Specialiser::Impl::reduce_if_exp(const IfExp& node, const ExprPtr& original) {
  const Reduced test = reduce_test(node.test);
  if (const auto truth = truth_of(test)) return reduce(*truth ? node.body : node.orelse);
  auto rebuilt = copy_of(node);
  rebuilt->test = test.expr;
  const Facts before = frame_->facts;
  rebuilt->body = reduce(node.body).expr;
  rebuilt->orelse = reduce(node.orelse).expr;
  doubt_since(before);
  const bool same = rebuilt->test == node.test && rebuilt->body == node.body && rebuilt->orelse == node.orelse;
  return {same ? original : rebuilt, {}, nullptr};
}

/// `self.weight`, and what else no compiled method assigns.
bool Specialiser::Impl::is_held_tensor(const ExprPtr& expr) {
  const auto* attribute = as<Attribute>(expr);
  if (!attribute || !is_path(attribute->value)) return false;
  const Reduced base = reduce(attribute->value);
  const auto module = base.is_constant() ? base.fact.value.try_as<Module>() : nullptr;
  if (!module || !in_tree(module) || mutable_.contains(*module, attribute->attr)) return false;
  const auto held = evaluator_.try_get_attribute(base.fact.value, attribute->attr);
  return held && held->is_tensor();
}

Reduced Specialiser::Impl::reduce_compare(const Compare& node, const ExprPtr& original) {
  auto rebuilt = copy_of(node);
  auto shape = copy_of(node);
  ReducedList operands{reduce(node.left)};
  for (const ExprPtr& comparator : node.comparators) operands.push_back(reduce(comparator));
  rebuilt->left = operands[0].expr;
  shape->left = placeholder(0);
  bool known = true;
  std::vector<Value> values;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    known = known && operands[i].is_constant() && !operands[i].fact.one_shot;
    values.push_back(operands[i].fact.value);
    if (i > 0) rebuilt->comparators[i - 1] = operands[i].expr, shape->comparators[i - 1] = placeholder(i);
  }
  std::optional<Value> value;
  if (known) value = evaluate(shape, values);
  if (node.ops.size() == 1) {
    const CompareOperator op = node.ops[0];
    const Reduced &left = operands[0], &right = operands[1];
    if (right.fact.kind == Fact::Kind::dict && left.is_constant() && left.fact.value.is_string()) {
      bool found = false;
      for (const std::string& key : right.fact.keys) found = found || key == left.fact.value.as_string();
      if (op == CompareOperator::In) value = found;
      if (op == CompareOperator::NotIn) value = !found;
    }
    const bool asks = right.is_constant() && right.fact.value.is_none();
    if (asks && (left.fact.is_structure() || is_held_tensor(node.left))) {
      if (op == CompareOperator::Is) value = false;
      if (op == CompareOperator::IsNot) value = true;
    }
  }
  const bool same = rebuilt->left == node.left && rebuilt->comparators == node.comparators;
  return folded(same ? original : rebuilt, value, original);
}

Reduced Specialiser::Impl::reduce_sequence(const ExprPtr& original, const ExprList& elts) {
  ReducedList parts;
  bool complete = true;
  for (const ExprPtr& elt : elts) {
    if (const auto* starred = as<Starred>(elt)) {
      const Reduced inner = reduce_iterable(starred->value);
      if (const auto expanded = items_of(inner)) {
        parts.insert(parts.end(), expanded->begin(), expanded->end());
        continue;
      }
      complete = false;
      auto rebuilt = copy_of(*starred);
      rebuilt->value = inner.expr;
      parts.push_back({inner.expr == starred->value ? elt : rebuilt, {}, nullptr});
      continue;
    }
    parts.push_back(reduce(elt));
  }
  ExprList items;
  std::vector<Value> values;
  bool known = complete;
  for (const Reduced& part : parts) {
    items.push_back(part.expr);
    values.push_back(part.fact.value);
    known = known && part.is_constant() && !part.fact.one_shot;
  }
  Reduced result{original, {}, nullptr};
  if (complete) result.parts = std::make_shared<const ReducedList>(parts);
  if (known && original->kind == ExprKind::TupleExpr) result.fact = Fact::constant(Value::tuple(values));
  if (known && original->kind == ExprKind::ListExpr) result.fact = Fact::constant(Value::list(values));
  if (items == elts) return result;
  const auto rebuild = [&](const auto& node) {
    auto rebuilt = copy_of(node);
    rebuilt->elts = std::move(items);
    result.expr = rebuilt;
  };
  if (const auto* tuple = as<TupleExpr>(original)) rebuild(*tuple);
  if (const auto* list = as<ListExpr>(original)) rebuild(*list);
  if (const auto* set = as<SetExpr>(original)) rebuild(*set);
  return result;
}

/// `{'a': x, **more}` with the keys of `more` written out; null if there is none, or its keys are not known.
ExprPtr Specialiser::Impl::without_stars(const DictExpr& node) {
  if (std::find(node.keys.begin(), node.keys.end(), nullptr) == node.keys.end()) return nullptr;
  auto plain = node_at<DictExpr>(node.span);
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (node.keys[i]) {
      plain->keys.push_back(node.keys[i]);
      plain->values.push_back(node.values[i]);
      continue;
    }
    std::vector<std::string> keys;
    ReducedList items;
    if (!read_dict(reduce(node.values[i]), keys, items)) return nullptr;
    for (std::size_t k = 0; k < keys.size(); ++k) {
      plain->keys.push_back(reify(keys[k], node.values[i]));
      plain->values.push_back(items[k].expr);
    }
  }
  return plain;
}

Reduced Specialiser::Impl::reduce_dict(const DictExpr& node, const ExprPtr& original) {
  if (const ExprPtr plain = without_stars(node)) return reduce(plain);
  auto rebuilt = copy_of(node);
  bool known = true;
  Value dict = Value::dict();
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Reduced key = reduce(node.keys[i]), value = reduce(node.values[i]);
    rebuilt->keys[i] = key.expr;
    rebuilt->values[i] = value.expr;
    known = known && key.is_constant() && is_storable(key.fact.value) && value.is_constant() && !value.fact.one_shot;
    if (known) dict.as_dict().set(key.fact.value, value.fact.value);
  }
  const bool same = rebuilt->keys == node.keys && rebuilt->values == node.values;
  return {same ? original : rebuilt, known ? Fact::constant(dict) : Fact{}, nullptr};
}

Reduced Specialiser::Impl::reduce_slice(const Slice& node, const ExprPtr& original) {
  const ReducedList bounds{reduce(node.lower), reduce(node.upper), reduce(node.step)};
  auto rebuilt = copy_of(node);
  rebuilt->lower = bounds[0].expr;
  rebuilt->upper = bounds[1].expr;
  rebuilt->step = bounds[2].expr;
  const bool same = rebuilt->lower == node.lower && rebuilt->upper == node.upper && rebuilt->step == node.step;
  return {same ? original : rebuilt, {}, std::make_shared<const ReducedList>(bounds)};
}

Reduced Specialiser::Impl::reduce_joined(const JoinedStr& node, const ExprPtr& original) {
  auto rebuilt = copy_of(node);
  auto shape = copy_of(node);
  std::vector<Value> operands;
  bool known = true;
  for (std::size_t i = 0; i < node.values.size(); ++i) {
    const auto* field = as<FormattedValue>(node.values[i]);
    if (field == nullptr) continue;
    const Reduced value = reduce(field->value);
    const Reduced spec = reduce(field->format_spec);
    auto with_placeholder = copy_of(*field);
    if (value.expr != field->value || spec.expr != field->format_spec) {
      auto changed = copy_of(*field);
      changed->value = value.expr;
      if (as<JoinedStr>(spec.expr)) changed->format_spec = spec.expr;
      rebuilt->values[i] = changed;
    }
    if (spec.expr && spec.is_constant()) {
      auto literal = std::make_shared<JoinedStr>();
      literal->values = {constant_of(spec.fact.value.as_string(), field->span)};
      with_placeholder->format_spec = literal;
    }
    known = known && value.is_constant() && !value.fact.one_shot && (!spec.expr || spec.is_constant());
    with_placeholder->value = placeholder(operands.size());
    shape->values[i] = with_placeholder;
    operands.push_back(value.fact.value);
  }
  const bool same = rebuilt->values == node.values;
  return folded(same ? original : rebuilt, known ? evaluate(shape, operands) : std::nullopt, original);
}

Reduced Specialiser::Impl::reduce_walrus(const NamedExpr& node, const ExprPtr& original) {
  const Reduced value = reduce(node.value);
  if (const auto* name = as<Name>(node.target)) drop(name->id);
  if (value.expr == node.value) return {original, {}, nullptr};
  auto rebuilt = copy_of(node);
  rebuilt->value = value.expr;
  return {rebuilt, {}, nullptr};
}

}  // namespace scriptc::python
