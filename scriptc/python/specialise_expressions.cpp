// The specialiser on expressions: what is known is folded, the rest is rebuilt around it.

#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Comprehensions over known sequences are expanded up to this many elements.
constexpr std::size_t kMostExpanded = 4096;

ExprPtr placeholder(std::size_t index) {
  auto name = std::make_shared<Name>();
  name->id = "$" + std::to_string(index);
  return name;
}

bool is_scalar(const Value& value) {
  return value.is_none() || value.is_bool() || value.is_int() || value.is_float() || value.is_string();
}

/// A list or tuple of one kind of scalar, or a scalar: what TorchScript can hold as an attribute.
bool is_typable(const Value& value) {
  if (is_scalar(value)) return true;
  if (value.is_tuple()) {
    for (const Value& item : value.as_tuple())
      if (!is_typable(item)) return false;
    return true;
  }
  if (!value.is_list() || value.as_list().empty()) return false;
  const std::size_t kind = value.as_list().front().data().index();
  for (const Value& item : value.as_list())
    if (!is_scalar(item) || item.data().index() != kind) return false;
  return true;
}

}  // namespace

Fact Fact::constant(Value v, bool is_materialised) {
  Fact fact;
  fact.kind = Kind::constant;
  fact.value = std::move(v);
  fact.materialised = is_materialised;
  return fact;
}

Reduced Specialiser::Impl::reduce(const ExprPtr& expr) {
  if (!expr) return {};
  if (const auto* n = as<Constant>(expr)) {
    if (std::holds_alternative<NoneLiteral>(n->value)) return {expr, Fact::constant(None{})};
    if (const auto* b = std::get_if<bool>(&n->value)) return {expr, Fact::constant(*b)};
    if (const auto* i = std::get_if<std::int64_t>(&n->value)) return {expr, Fact::constant(*i)};
    if (const auto* d = std::get_if<double>(&n->value)) return {expr, Fact::constant(*d)};
    if (const auto* s = std::get_if<std::string>(&n->value)) return {expr, Fact::constant(*s)};
    return {expr, {}};
  }
  if (const auto* n = as<Resolved>(expr)) return {expr, Fact::constant(n->value)};
  if (const auto* n = as<Name>(expr)) return reduce_name(*n, expr);
  if (const auto* n = as<Attribute>(expr)) return reduce_attribute(*n, expr);
  if (const auto* n = as<Subscript>(expr)) return reduce_subscript(*n, expr);
  if (const auto* n = as<Call>(expr)) return reduce_call(*n, expr);
  if (const auto* n = as<BoolOp>(expr)) return reduce_bool_op(*n, expr);
  if (const auto* n = as<IfExp>(expr)) return reduce_if_exp(*n, expr);
  if (const auto* n = as<Compare>(expr)) return reduce_compare(*n, expr);
  if (const auto* n = as<TupleExpr>(expr)) return reduce_sequence(expr, n->elts);
  if (const auto* n = as<ListExpr>(expr)) return reduce_sequence(expr, n->elts);
  if (const auto* n = as<JoinedStr>(expr)) return reduce_joined(*n, expr);
  if (const auto* n = as<Lambda>(expr)) return reduce_lambda(*n, expr);
  if (const auto* n = as<ListComp>(expr)) return reduce_comprehension(expr, n->elt, nullptr, n->generators);
  if (const auto* n = as<GeneratorExp>(expr)) return reduce_comprehension(expr, n->elt, nullptr, n->generators);
  if (const auto* n = as<DictComp>(expr)) return reduce_comprehension(expr, n->value, n->key, n->generators);
  if (const auto* n = as<BinOp>(expr)) {
    const Reduced left = reduce(n->left), right = reduce(n->right);
    auto rebuilt = copy_of(*n);
    rebuilt->left = left.expr;
    rebuilt->right = right.expr;
    const bool same = left.expr == n->left && right.expr == n->right;
    std::optional<Value> value;
    if (left.fact.is_constant() && right.fact.is_constant()) {
      auto shape = copy_of(*n);
      shape->left = placeholder(0);
      shape->right = placeholder(1);
      value = evaluate(shape, {left.fact.value, right.fact.value});
    }
    return folded(same ? expr : rebuilt, value, expr);
  }
  if (const auto* n = as<UnaryOp>(expr)) {
    const Reduced operand = reduce(n->operand);
    auto rebuilt = copy_of(*n);
    rebuilt->operand = operand.expr;
    std::optional<Value> value;
    if (operand.fact.is_constant()) {
      auto shape = copy_of(*n);
      shape->operand = placeholder(0);
      value = evaluate(shape, {operand.fact.value});
    } else if (n->op == UnaryOperator::Not && operand.fact.kind != Fact::Kind::dynamic) {
      value = operand.fact.items.empty();
    }
    // `-1` stays a literal with its sign: lists of them must stay lists of constants.
    if (as<Constant>(n->operand) && n->op != UnaryOperator::Not && value) return {expr, Fact::constant(*value)};
    return folded(operand.expr == n->operand ? expr : rebuilt, value, expr);
  }
  if (const auto* n = as<DictExpr>(expr)) {
    auto rebuilt = copy_of(*n);
    bool same = true;
    for (ExprPtr& key : rebuilt->keys) {
      const ExprPtr old = key;
      if (key) key = reduce(key).expr;
      same = same && key == old;
    }
    for (ExprPtr& value : rebuilt->values) {
      const ExprPtr old = value;
      value = reduce(value).expr;
      same = same && value == old;
    }
    return {same ? expr : rebuilt, {}};
  }
  if (const auto* n = as<Starred>(expr)) {
    auto rebuilt = copy_of(*n);
    rebuilt->value = reduce(n->value).expr;
    return {rebuilt->value == n->value ? expr : rebuilt, {}};
  }
  if (const auto* n = as<Slice>(expr)) {
    auto rebuilt = copy_of(*n);
    rebuilt->lower = reduce(n->lower).expr;
    rebuilt->upper = reduce(n->upper).expr;
    rebuilt->step = reduce(n->step).expr;
    const bool same = rebuilt->lower == n->lower && rebuilt->upper == n->upper && rebuilt->step == n->step;
    return {same ? expr : rebuilt, {}};
  }
  if (const auto* n = as<NamedExpr>(expr)) {
    const Reduced value = reduce(n->value);
    auto rebuilt = copy_of(*n);
    rebuilt->value = value.expr;
    if (const auto* name = as<Name>(n->target)) frame_->facts.erase(name->id);
    return {value.expr == n->value ? expr : rebuilt, {}};
  }
  return {expr, {}};  // what the lowering will refuse, it refuses in the user's own words
}

Reduced Specialiser::Impl::folded(const ExprPtr& rebuilt, std::optional<Value> value, const ExprPtr& original) {
  if (rebuilt != original) frame_->changed = true;
  if (!value) return {rebuilt, {}};
  Fact fact = Fact::constant(*value);
  if (!is_scalar(*value) && !value->is_tuple() && !value->try_as<Object>()) return {rebuilt, std::move(fact)};
  frame_->changed = true;
  return {reify(*value, original), std::move(fact)};
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

Reduced Specialiser::Impl::reduce_name(const Name& node, const ExprPtr& original) {
  if (const auto known = frame_->facts.find(node.id); known != frame_->facts.end()) {
    const Fact& fact = known->second;
    if (fact.materialised) return {original, fact};
    frame_->changed = true;
    if (fact.is_constant()) return {reify(fact.value, original), fact};
    if (fact.kind == Fact::Kind::tuple) {
      auto tuple = std::make_shared<TupleExpr>();
      tuple->span = node.span;
      tuple->elts = fact.items;
      return {tuple, fact};
    }
    return {original, fact};
  }
  if (frame_->locals.contains(node.id)) return {original, {}};
  const std::optional<Value> value = evaluator_.try_resolve(*frame_->function, node.id);
  if (!value || value->is_tensor()) return {original, {}};
  if (is_typable(*value)) {
    frame_->changed = true;
    return {reify(*value, original), Fact::constant(*value)};
  }
  const auto function = value->try_as<PyFunction>();
  const bool plain = !function || (function->def && !function->closure);
  if (plain && !value->try_as<Module>() && !value->try_as<Partial>() && !frame_->function->closure)
    return {original, Fact::constant(*value)};
  frame_->changed = true;
  return {reify(*value, original), Fact::constant(*value)};
}

Reduced Specialiser::Impl::module_attribute(const ModulePtr& module, const Attribute& node, const ExprPtr& rebuilt,
                                            const ExprPtr& original) {
  const bool dissolved = !in_tree(module);
  if (!dissolved && mutable_.contains(*module, node.attr)) return {rebuilt, {}};
  if (const TensorPtr* parameter = module->parameters.find(node.attr)) {
    if (*parameter) return {rebuilt, {}};
    return {dissolved ? reify(None{}, original) : rebuilt, Fact::constant(None{})};
  }
  if (const Buffer* buffer = module->buffers.find(node.attr)) {
    if (buffer->tensor) return {rebuilt, {}};
    return {dissolved ? reify(None{}, original) : rebuilt, Fact::constant(None{})};
  }
  const auto cls = std::dynamic_pointer_cast<PyClass>(module->class_);
  const Value* in_class = cls ? cls->lookup(node.attr) : nullptr;
  if (const auto property = in_class ? in_class->try_as<Property>() : nullptr) {
    // It may read what methods assign: known only if its expression is, else a method like others.
    const auto getter = property->getter.try_as<PyFunction>();
    return folded(rebuilt, getter ? pure_result(getter, module, {}, {}) : std::nullopt, original);
  }
  const std::optional<Value> value = evaluator_.try_get_attribute(module, node.attr);
  if (!value || value->is_tensor()) return {rebuilt, {}};
  Fact fact = Fact::constant(*value);
  const bool own = module->attributes.contains(node.attr) || node.attr == "training";
  if (!dissolved && (value->try_as<BoundMethod>() || value->try_as<Module>())) return {rebuilt, std::move(fact)};
  if (!dissolved && own && is_typable(*value)) return {rebuilt, std::move(fact)};
  frame_->changed = true;
  return {reify(*value, original), std::move(fact)};
}

Reduced Specialiser::Impl::reduce_attribute(const Attribute& node, const ExprPtr& original) {
  const Reduced base = reduce(node.value);
  ExprPtr rebuilt = original;
  if (base.expr != node.value) {
    auto changed = copy_of(node);
    changed->value = base.expr;
    rebuilt = changed;
    frame_->changed = true;
  }
  if (!base.fact.is_constant() || node.ctx != ExprContext::Load) return {rebuilt, {}};
  if (const auto module = base.fact.value.try_as<Module>()) return module_attribute(module, node, rebuilt, original);
  const std::optional<Value> value = evaluator_.try_get_attribute(base.fact.value, node.attr);
  if (!value || value->is_tensor()) return {rebuilt, {}};
  if (is_scalar(*value)) return folded(rebuilt, value, original);
  return {rebuilt, Fact::constant(*value)};
}

Reduced Specialiser::Impl::reduce_subscript(const Subscript& node, const ExprPtr& original) {
  const Reduced base = reduce(node.value), index = reduce(node.slice);
  ExprPtr rebuilt = original;
  if (base.expr != node.value || index.expr != node.slice) {
    auto changed = copy_of(node);
    changed->value = base.expr;
    changed->slice = index.expr;
    rebuilt = changed;
    frame_->changed = true;
  }
  if (node.ctx != ExprContext::Load) return {rebuilt, {}};
  if (base.fact.kind == Fact::Kind::tuple && index.fact.is_constant() && index.fact.value.is_int()) {
    std::int64_t at = index.fact.value.as_int();
    const auto size = static_cast<std::int64_t>(base.fact.items.size());
    if (at < 0) at += size;
    if (at >= 0 && at < size) return reduce(base.fact.items[static_cast<std::size_t>(at)]);
  }
  if (base.fact.kind == Fact::Kind::dict && index.fact.is_constant() && index.fact.value.is_string()) {
    for (std::size_t i = 0; i < base.fact.keys.size(); ++i)
      if (base.fact.keys[i] == index.fact.value.as_string()) return reduce(base.fact.items[i]);
  }
  if (!base.fact.is_constant()) return {rebuilt, {}};
  auto shape = copy_of(node);
  shape->value = placeholder(0);
  std::vector<Value> operands{base.fact.value};
  if (const auto* slice = as<Slice>(node.slice)) {
    auto bounds = copy_of(*slice);
    for (ExprPtr* bound : {&bounds->lower, &bounds->upper, &bounds->step}) {
      if (!*bound) continue;
      const Reduced reduced = reduce(*bound);
      if (!reduced.fact.is_constant()) return {rebuilt, {}};
      *bound = placeholder(operands.size());
      operands.push_back(reduced.fact.value);
    }
    shape->slice = bounds;
  } else {
    if (!index.fact.is_constant()) return {rebuilt, {}};
    shape->slice = placeholder(1);
    operands.push_back(index.fact.value);
  }
  const std::optional<Value> value = evaluate(shape, operands);
  if (!value) return {rebuilt, {}};
  // A slice of a ModuleList is a new list of old modules: known for loops, but the lowering slices by itself.
  if (const auto module = value->try_as<Module>(); module && !in_tree(module)) return {rebuilt, Fact::constant(*value)};
  return folded(rebuilt, value, original);
}

Reduced Specialiser::Impl::reduce_bool_op(const BoolOp& node, const ExprPtr& original) {
  const bool is_and = node.op == BoolOperator::And;
  auto rebuilt = copy_of(node);
  rebuilt->values.clear();
  bool same = true;
  for (std::size_t i = 0; i < node.values.size(); ++i) {
    const Reduced operand = reduce(node.values[i]);
    same = same && operand.expr == node.values[i];
    if (operand.fact.is_constant()) {
      bool truth = false;
      try {
        truth = evaluator_.truth(operand.fact.value);
      } catch (const Error&) {
        rebuilt->values.push_back(operand.expr);
        continue;
      }
      if (truth == is_and && i + 1 < node.values.size()) {  // neutral: dropped unless it is the result
        same = false;
        continue;
      }
      if (truth != is_and) {  // decides: what follows is never evaluated
        if (rebuilt->values.empty()) return folded(operand.expr, operand.fact.value, original);
        rebuilt->values.push_back(operand.expr);
        same = same && i + 1 == node.values.size();
        break;
      }
    }
    rebuilt->values.push_back(operand.expr);
  }
  if (!same) frame_->changed = true;
  if (rebuilt->values.size() == 1) return reduce(rebuilt->values.front());
  return {same ? original : rebuilt, {}};
}

Reduced Specialiser::Impl::reduce_if_exp(const IfExp& node, const ExprPtr& original) {
  const Reduced test = reduce(node.test);
  if (test.fact.is_constant()) {
    try {
      const bool truth = evaluator_.truth(test.fact.value);
      frame_->changed = true;
      return reduce(truth ? node.body : node.orelse);
    } catch (const Error&) {  // an ambiguous truth value: Python's error at run time
    }
  }
  auto rebuilt = copy_of(node);
  rebuilt->test = test.expr;
  rebuilt->body = reduce(node.body).expr;
  rebuilt->orelse = reduce(node.orelse).expr;
  const bool same = rebuilt->test == node.test && rebuilt->body == node.body && rebuilt->orelse == node.orelse;
  if (!same) frame_->changed = true;
  return {same ? original : rebuilt, {}};
}

Reduced Specialiser::Impl::reduce_compare(const Compare& node, const ExprPtr& original) {
  auto rebuilt = copy_of(node);
  auto shape = copy_of(node);
  std::vector<Value> operands;
  const Reduced left = reduce(node.left);
  rebuilt->left = left.expr;
  shape->left = placeholder(0);
  bool known = left.fact.is_constant(), same = left.expr == node.left;
  operands.push_back(left.fact.value);
  const Reduced* container = nullptr;
  Reduced right;
  for (std::size_t i = 0; i < node.comparators.size(); ++i) {
    right = reduce(node.comparators[i]);
    container = &right;
    same = same && right.expr == node.comparators[i];
    rebuilt->comparators[i] = right.expr;
    shape->comparators[i] = placeholder(i + 1);
    known = known && right.fact.is_constant();
    operands.push_back(right.fact.value);
  }
  std::optional<Value> value;
  if (known) value = evaluate(shape, operands);
  const bool single = node.ops.size() == 1;
  if (single && container->fact.kind == Fact::Kind::dict && left.fact.is_constant() && left.fact.value.is_string()) {
    bool found = false;
    for (const std::string& key : container->fact.keys) found = found || key == left.fact.value.as_string();
    if (node.ops[0] == CompareOperator::In) value = found;
    if (node.ops[0] == CompareOperator::NotIn) value = !found;
  }
  return folded(same ? original : rebuilt, value, original);
}

Reduced Specialiser::Impl::reduce_sequence(const ExprPtr& original, const ExprList& elts) {
  ExprList items;
  std::vector<Value> values;
  bool known = true, same = true;
  for (const ExprPtr& elt : elts) {
    if (const auto* starred = as<Starred>(elt)) {
      const Reduced inner = reduce(starred->value);
      const auto expanded = items_of(inner);
      if (expanded) {
        same = false;
        for (const Reduced& item : *expanded) {
          items.push_back(item.expr);
          known = known && item.fact.is_constant();
          values.push_back(item.fact.value);
        }
        continue;
      }
    }
    const Reduced item = reduce(elt);
    same = same && item.expr == elt;
    known = known && item.fact.is_constant();
    values.push_back(item.fact.value);
    items.push_back(item.expr);
  }
  const bool is_tuple = original->kind == ExprKind::TupleExpr;
  Reduced result{original, {}};
  if (known) result.fact = Fact::constant(is_tuple ? Value::tuple(values) : Value::list(values));
  if (same) return result;
  frame_->changed = true;
  if (is_tuple) {
    auto rebuilt = copy_of(*as<TupleExpr>(original));
    rebuilt->elts = std::move(items);
    result.expr = rebuilt;
  } else {
    auto rebuilt = copy_of(*as<ListExpr>(original));
    rebuilt->elts = std::move(items);
    result.expr = rebuilt;
  }
  return result;
}

std::optional<std::vector<Reduced>> Specialiser::Impl::items_of(const Reduced& iterable) {
  std::vector<Reduced> items;
  if (iterable.fact.kind == Fact::Kind::tuple) {
    for (const ExprPtr& item : iterable.fact.items) items.push_back(reduce(item));
    return items;
  }
  if (iterable.fact.kind == Fact::Kind::dict) {
    for (const std::string& key : iterable.fact.keys) items.push_back({reify(key, iterable.expr), Fact::constant(key)});
    return items;
  }
  if (const auto* tuple = as<TupleExpr>(iterable.expr)) {
    for (const ExprPtr& elt : tuple->elts) {
      if (as<Starred>(elt)) return std::nullopt;
      items.push_back(reduce(elt));
    }
    return items;
  }
  if (const auto* list = as<ListExpr>(iterable.expr)) {
    for (const ExprPtr& elt : list->elts) {
      if (as<Starred>(elt)) return std::nullopt;
      items.push_back(reduce(elt));
    }
    return items;
  }
  if (!iterable.fact.is_constant() || iterable.fact.value.is_tensor()) return std::nullopt;
  try {
    for (Value& value : evaluator_.iterate(iterable.fact.value)) {
      if (value.is_tensor() || items.size() >= kMostExpanded) return std::nullopt;
      items.push_back({reify(value, iterable.expr), Fact::constant(value, false)});
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cap) throw;
    return std::nullopt;
  }
  return items;
}

Reduced Specialiser::Impl::reduce_comprehension(const ExprPtr& original, const ExprPtr& elt, const ExprPtr& key,
                                                const std::vector<Comprehension>& generators) {
  const Facts before = frame_->facts;
  const bool changed_before = frame_->changed;
  const std::set<std::string> locals_before = frame_->locals;
  ExprList keys, values;
  // Inside a comprehension there is no place for an assignment: targets are replaced wherever they are used.
  const bool substitute_before = std::exchange(substitute_, true);
  const bool expanded = expand_generators(generators, 0, key, elt, keys, values);
  substitute_ = substitute_before;
  frame_->facts = before;
  frame_->locals = locals_before;
  if (!expanded || values.empty()) {  // an empty list has no element type: TorchScript needs the original's
    frame_->changed = changed_before;
    for (const Comprehension& generator : generators) {
      for_each_expr(generator.target, [&](const ExprPtr& target) {
        if (const auto* name = as<Name>(target)) frame_->facts.erase(name->id), frame_->locals.insert(name->id);
      });
    }
    Reduced result{original, {}};
    if (const auto* list = as<ListComp>(original)) {
      auto rebuilt = copy_of(*list);
      rebuilt->elt = reduce(list->elt).expr;
      for (Comprehension& generator : rebuilt->generators) {
        generator.iter = reduce(generator.iter).expr;
        for (ExprPtr& test : generator.ifs) test = reduce(test).expr;
      }
      result.expr = rebuilt;
    }
    frame_->facts = before;
    frame_->locals = locals_before;
    return result;
  }
  frame_->changed = true;
  if (key) {
    auto dict = std::make_shared<DictExpr>();
    dict->span = original->span;
    dict->keys = std::move(keys);
    dict->values = std::move(values);
    return {dict, {}};
  }
  auto list = std::make_shared<ListExpr>();
  list->span = original->span;
  list->elts = std::move(values);
  const ExprPtr literal = list;
  return reduce(literal);
}

bool Specialiser::Impl::expand_generators(const std::vector<Comprehension>& generators, std::size_t position,
                                          const ExprPtr& key, const ExprPtr& elt, ExprList& keys, ExprList& values) {
  if (position == generators.size()) {
    if (values.size() >= kMostExpanded) return false;
    if (key) keys.push_back(reduce(key).expr);
    values.push_back(reduce(elt).expr);
    return true;
  }
  const Comprehension& generator = generators[position];
  const auto items = items_of(reduce(generator.iter));
  if (!items) return false;
  for (const Reduced& item : *items) {
    StmtList unused;
    if (!item.fact.is_constant() && !as<TupleExpr>(item.expr)) return false;
    bind_target(generator.target, item, unused);
    if (!unused.empty()) return false;
    bool keep = true;
    for (const ExprPtr& test : generator.ifs) {
      const Reduced reduced = reduce(test);
      if (!reduced.fact.is_constant()) return false;
      keep = keep && evaluator_.truth(reduced.fact.value);
    }
    if (keep && !expand_generators(generators, position + 1, key, elt, keys, values)) return false;
  }
  return true;
}

Reduced Specialiser::Impl::reduce_joined(const JoinedStr& node, const ExprPtr& original) {
  auto rebuilt = copy_of(node);
  auto shape = copy_of(node);
  std::vector<Value> operands;
  bool known = true, same = true;
  for (std::size_t i = 0; i < node.values.size(); ++i) {
    const auto* field = as<FormattedValue>(node.values[i]);
    if (field == nullptr) continue;
    const Reduced value = reduce(field->value);
    auto changed = copy_of(*field);
    changed->value = value.expr;
    same = same && value.expr == field->value;
    rebuilt->values[i] = changed;
    auto with_placeholder = copy_of(*field);
    with_placeholder->value = placeholder(operands.size());
    shape->values[i] = with_placeholder;
    known = known && value.fact.is_constant();
    operands.push_back(value.fact.value);
  }
  return folded(same ? original : rebuilt, known ? evaluate(shape, operands) : std::nullopt, original);
}

Reduced Specialiser::Impl::reduce_lambda(const Lambda& node, const ExprPtr& original) {
  // A lambda made in a method: a constant if all that it captures is.
  auto function = std::make_shared<PyFunction>(*frame_->function);
  function->name = "lambda";
  function->qualified_name = frame_->function->qualified_name + ".lambda";
  function->def = nullptr;
  function->lambda = std::static_pointer_cast<const Lambda>(original);
  function->closure = std::make_shared<Scope>();
  function->closure->parent = frame_->function->closure;
  function->overloads.clear();
  std::set<std::string> own;
  for (const auto* list : {&node.args->posonlyargs, &node.args->args, &node.args->kwonlyargs})
    for (const Parameter& parameter : *list) own.insert(parameter.arg);
  bool known = node.args->defaults.empty() && node.args->kwonlyargs.empty();
  for_each_expr(node.body, [&](const ExprPtr& expr) {
    const auto* name = as<Name>(expr);
    if (name == nullptr || own.contains(name->id)) return;
    const auto fact = frame_->facts.find(name->id);
    if (fact != frame_->facts.end() && fact->second.is_constant()) {
      function->closure->names.set(name->id, fact->second.value);
    } else if (frame_->locals.contains(name->id)) {
      known = false;
    }
  });
  if (!known) return {original, {}};
  frame_->changed = true;
  const Value value(function);
  return {reify(value, original), Fact::constant(value, false)};
}

}  // namespace scriptc::python
