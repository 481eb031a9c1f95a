// Lists and dicts that a function makes for itself, kept item by item while it is specialised: each item is a variable
// that is bound once. What reads such a list gets a copy; before anything could share it, or change it in ways that
// are not followed, it becomes a variable (specialise_sharing.cpp).

#include <algorithm>

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// More items than that stay in a variable.
constexpr std::size_t kMostItems = 256;

ExprPtr display_of(const Fact& fact, const Span& span) {
  if (fact.kind == Fact::Kind::list) {
    auto list = std::make_shared<ListExpr>();
    list->span = span;
    list->elts = fact.items;
    return list;
  }
  auto dict = std::make_shared<DictExpr>();
  dict->span = span;
  for (const std::string& key : fact.keys) dict->keys.push_back(constant_of(key, span));
  dict->values = fact.items;
  return dict;
}

std::optional<std::size_t> position_in(const Fact& list, const Reduced& index) {
  if (!index.is_constant() || !index.fact.value.is_int()) return std::nullopt;
  const auto size = static_cast<std::int64_t>(list.items.size());
  std::int64_t at = index.fact.value.as_int();
  if (at < 0) at += size;
  if (at < 0 || at >= size) return std::nullopt;
  return static_cast<std::size_t>(at);
}

Reduced nothing(const ExprPtr& original) {
  return {constant_of(NoneLiteral{}, original->span), Fact::constant(None{}), nullptr};
}

}  // namespace

Reduced Specialiser::Impl::tracked_display(const Fact& fact, const Span& span) {
  Fact copy = fact;
  copy.tracked = false;
  copy.origin = nullptr;
  return {display_of(fact, span), std::move(copy), nullptr};
}

/// `item` as an atom that means the same wherever it is read later on.
ExprPtr Specialiser::Impl::kept(const std::string& base, const Reduced& item, StmtList& out) {
  if (item.is_constant() && !item.fact.one_shot && !is_container(item.fact.value) && is_atom(item.expr))
    return as<Name>(item.expr) ? reify(item.fact.value, item.expr) : item.expr;
  const auto* variable = as<Name>(item.expr);
  if (variable && (frame_->bound_once.contains(variable->id) || frame_->settled.contains(variable->id)))
    return item.expr;
  if (const auto* tuple = as<TupleExpr>(item.expr)) {
    auto rebuilt = copy_of(*tuple);
    for (std::size_t i = 0; i < rebuilt->elts.size(); ++i) {
      if (as<Starred>(rebuilt->elts[i])) break;
      rebuilt->elts[i] = kept(base + "_" + std::to_string(i), reduce(rebuilt->elts[i]), out);
      if (i + 1 == rebuilt->elts.size()) return rebuilt;
    }
  }
  const std::string name = fresh(base);
  frame_->bound_once.insert(name);
  out.push_back(assignment(name, item.expr));
  return name_of(name, item.expr->span);
}

/// `args = (x, y)`, which `f(*args)` spreads: a variable like any other whose items are known.
bool Specialiser::Impl::keep_tuple(const Name& target, const Reduced& value, StmtList& out) {
  if (!as<TupleExpr>(value.expr) || !value.parts || value.is_constant() || frame_->untracked > 0 ||
      frame_->fixed.contains(target.id) || !frame_->starred.contains(target.id) || value.parts->size() > kMostItems)
    return false;
  for (const Reduced& item : *value.parts)
    if (item.fact.one_shot || item.fact.is_structure() || as<Starred>(item.expr)) return false;
  Fact fact;
  fact.kind = Fact::Kind::tuple;
  auto tuple = node_at<TupleExpr>(value.expr->span);
  for (std::size_t i = 0; i < value.parts->size(); ++i)
    fact.items.push_back(kept(target.id + "_" + std::to_string(i), (*value.parts)[i], out));
  tuple->elts = fact.items;
  out.push_back(assignment(target.id, ExprPtr(tuple)));
  frame_->locals.insert(target.id);
  frame_->facts[target.id] = std::move(fact);
  return true;
}

/// Starts to keep what is bound to `target` item by item; false if it is no new list or dict of known items.
bool Specialiser::Impl::track(const Name& target, const Reduced& value, StmtList& out, const StmtPtr& statement) {
  if (keep_tuple(target, value, out)) return true;
  const bool display = as<ListExpr>(value.expr) || as<BinOp>(value.expr) || as<Call>(value.expr);
  const bool changes = frame_->mutated.contains(target.id);
  if (frame_->untracked > 0 || value.fact.one_shot || frame_->fixed.contains(target.id)) return false;
  Fact fact;
  std::vector<Reduced> items;
  if (as<DictExpr>(value.expr)) {
    fact.kind = Fact::Kind::dict;
    if (!read_dict(value, fact.keys, items)) return false;
    if (!changes && (value.is_constant() || !frame_->counted.contains(target.id))) return false;
  } else {
    const bool constant = value.is_constant() && value.fact.value.is_list();
    const bool structure = value.fact.kind == Fact::Kind::list || (value.parts && as<ListExpr>(value.expr));
    if (!structure && !(constant && display)) return false;
    if (!changes && (constant || !frame_->counted.contains(target.id))) return false;
    const auto known = items_of(value);
    if (!known || known->size() > kMostItems) return false;
    items = *known;
    fact.kind = Fact::Kind::list;
  }
  for (const Reduced& item : items)
    if (item.fact.one_shot || as<Starred>(item.expr)) return false;
  fact.tracked = true;
  fact.materialised = false;
  const auto* declared = as<AnnAssign>(statement);
  const auto* plain = as<Assign>(statement);
  const std::size_t before_items = out.size();
  if (declared) fact.annotation = declared->annotation;
  for (std::size_t i = 0; i < items.size(); ++i)
    fact.items.push_back(kept(target.id + "_" + std::to_string(i), items[i], out));
  const ExprPtr written = declared ? declared->value : plain && plain->targets.size() == 1 ? plain->value : nullptr;
  if (written == value.expr && out.size() == before_items) fact.origin = statement;
  frame_->locals.insert(target.id);
  frame_->facts[target.id] = std::move(fact);
  return true;
}

/// From here on it is a variable.
void Specialiser::Impl::share(const std::set<std::string>& names) {
  for (const std::string& name : names) {
    const auto found = frame_->facts.find(name);
    if (found == frame_->facts.end() || !found->second.tracked || !frame_->out) continue;
    frame_->out->push_back(untracked_assignment(name, found->second));
    frame_->facts.erase(found);
  }
}

StmtPtr Specialiser::Impl::untracked_assignment(const std::string& name, const Fact& fact) {
  if (fact.origin) return fact.origin;
  const Span span = fact.items.empty() ? Span{} : fact.items.front()->span;
  const ExprPtr display = display_of(fact, span);
  if (!fact.annotation) return assignment(name, display);
  auto statement = std::make_shared<AnnAssign>();
  statement->span = fact.annotation->span;
  statement->target = name_of(name, fact.annotation->span, ExprContext::Store);
  statement->annotation = fact.annotation;
  statement->value = display;
  statement->simple = true;
  return statement;
}

/// A method call on a list that is kept: what it returns; nullopt if it is not followed.
std::optional<Reduced> Specialiser::Impl::change_list(const std::string& name, const std::string& method,
                                                      const ReducedList& args, const ExprPtr& original) {
  Fact& list = frame_->facts[name];
  if (method != "copy") list.origin = nullptr;
  const auto at = [&](std::size_t position) { return list.items.begin() + static_cast<std::ptrdiff_t>(position); };
  const auto keep = [&](const Reduced& item) {
    return kept(name + "_" + std::to_string(list.items.size()), item, *frame_->out);
  };
  if (method == "append" && args.size() == 1 && list.items.size() < kMostItems) {
    list.items.push_back(keep(args[0]));
    return nothing(original);
  }
  if (method == "insert" && args.size() == 2 && args[0].is_constant() && args[0].fact.value.is_int()) {
    const auto size = static_cast<std::int64_t>(list.items.size());
    std::int64_t position = args[0].fact.value.as_int();
    if (position < 0) position = std::max<std::int64_t>(0, position + size);
    const ExprPtr item = keep(args[1]);
    list.items.insert(at(static_cast<std::size_t>(std::min(position, size))), item);
    return nothing(original);
  }
  if (method == "extend" && args.size() == 1) {
    const auto items = items_of(args[0]);
    if (!items || args[0].fact.one_shot || list.items.size() + items->size() > kMostItems) return std::nullopt;
    for (const Reduced& item : *items) list.items.push_back(keep(item));
    return nothing(original);
  }
  if (method == "pop" && args.size() <= 1 && !list.items.empty()) {
    const auto position = args.empty() ? std::optional(list.items.size() - 1) : position_in(list, args[0]);
    if (!position) return std::nullopt;
    const ExprPtr item = list.items[*position];
    list.items.erase(at(*position));
    return reduce(item);
  }
  if (method == "reverse" && args.empty()) {
    list.items = ExprList(list.items.rbegin(), list.items.rend());
    return nothing(original);
  }
  if (method == "clear" && args.empty()) {
    list.items.clear();
    return nothing(original);
  }
  if (method == "copy" && args.empty()) return tracked_display(list, original->span);
  return std::nullopt;
}

/// The keys and items of a dict that is made where it stands; false if they are not all known.
bool Specialiser::Impl::read_dict(const Reduced& value, std::vector<std::string>& keys, ReducedList& items) {
  if (value.fact.kind == Fact::Kind::dict) {
    keys = value.fact.keys;
    for (const ExprPtr& item : value.fact.items) items.push_back(reduce(item));
    return true;
  }
  const auto* dict = as<DictExpr>(value.expr);
  if (!dict) return false;
  for (std::size_t i = 0; i < dict->keys.size(); ++i) {
    const Reduced key = dict->keys[i] ? reduce(dict->keys[i]) : Reduced{};
    if (!key.is_constant() || !key.fact.value.is_string()) return false;
    keys.push_back(key.fact.value.as_string());
    if (std::count(keys.begin(), keys.end(), keys.back()) > 1) return false;
    items.push_back(reduce(dict->values[i]));
  }
  return true;
}

Reduced Specialiser::Impl::dict_of(const ReducedKeywords& keywords, const Span& span) {
  auto dict = std::make_shared<DictExpr>();
  dict->span = span;
  for (const auto& [name, value] : keywords) {
    dict->keys.push_back(constant_of(name, span));
    dict->values.push_back(value.expr);
  }
  return {dict, {}, nullptr};
}

/// `d.update(other)` of what is kept.
bool Specialiser::Impl::update_dict(const std::string& name, const Reduced& other) {
  std::vector<std::string> keys;
  ReducedList items;
  if (!read_dict(other, keys, items)) return false;
  for (std::size_t i = 0; i < keys.size(); ++i) set_key(name, keys[i], items[i], *frame_->out);
  return true;
}

void Specialiser::Impl::set_key(const std::string& name, const std::string& key, const Reduced& value, StmtList& out) {
  Fact& fact = frame_->facts[name];
  const ExprPtr item = kept(name + "_" + std::to_string(fact.keys.size()), value, out);
  fact.origin = nullptr;
  for (std::size_t i = 0; i < fact.keys.size(); ++i) {
    if (fact.keys[i] != key) continue;
    fact.items[i] = item;
    return;
  }
  fact.keys.push_back(key);
  fact.items.push_back(item);
}

/// `xs[1] = value` and `d['k'] = value` of what is kept.
bool Specialiser::Impl::store_item(const Subscript& target, const Reduced& value, StmtList& out) {
  const auto* name = as<Name>(target.value);
  const auto found = name ? frame_->facts.find(name->id) : frame_->facts.end();
  if (found == frame_->facts.end() || !found->second.tracked || value.fact.one_shot) return false;
  const Reduced index = reduce(target.slice);
  Fact& fact = found->second;
  if (fact.kind == Fact::Kind::list) {
    const auto position = position_in(fact, index);
    if (!position) return false;
    const ExprPtr item = kept(name->id + "_" + std::to_string(*position), value, out);
    fact.items[*position] = item;
    fact.origin = nullptr;
    return true;
  }
  if (!index.is_constant() || !index.fact.value.is_string()) return false;
  set_key(name->id, index.fact.value.as_string(), value, out);
  return true;
}

/// `xs[1] += value`: done to a variable of its own, in place where the item can be.
bool Specialiser::Impl::augment_item(const Subscript& target, const AugAssign& node, const Reduced& value,
                                     StmtList& out) {
  const auto* name = as<Name>(target.value);
  const auto found = name ? frame_->facts.find(name->id) : frame_->facts.end();
  if (found == frame_->facts.end() || !found->second.tracked) return false;
  const Reduced index = reduce(target.slice);
  const auto item = structure_item(tracked_display(found->second, target.span), index);
  if (!item) return false;
  const std::string changed = fresh(name->id + "_item");
  out.push_back(assignment(changed, item->expr));
  auto rebuilt = copy_of(node);
  rebuilt->target = name_of(changed, target.span, ExprContext::Store);
  rebuilt->value = value.expr;
  out.push_back(rebuilt);
  frame_->bound_once.insert(changed);
  return store_item(target, {name_of(changed, target.span), {}, nullptr}, out);
}

/// `xs += items`.
bool Specialiser::Impl::extend_list(const Name& target, const AugAssign& node, const Reduced& value, StmtList& out) {
  if (node.op != BinaryOperator::Add || frame_->facts[target.id].kind != Fact::Kind::list) return false;
  const OutScope scope(*frame_, out);
  return change_list(target.id, "extend", {value}, node.target).has_value();
}

bool Specialiser::Impl::is_tracked(const ExprPtr& name) const {
  const auto* variable = as<Name>(name);
  const auto found = variable ? frame_->facts.find(variable->id) : frame_->facts.end();
  return found != frame_->facts.end() && found->second.tracked;
}

/// `a + b` and `a * 3` of lists, or of tuples, whose items are known: a display again.
std::optional<Reduced> Specialiser::Impl::joined_displays(const BinOp& node, const Reduced& left,
                                                          const Reduced& right) {
  if (left.is_constant() && right.is_constant()) return std::nullopt;
  const auto is = [](const Reduced& side, Fact::Kind kind, bool constant, ExprKind display) {
    return side.fact.kind == kind || (side.is_constant() && constant) || (side.parts && side.expr->kind == display);
  };
  const auto is_list = [&](const Reduced& side) {
    return is(side, Fact::Kind::list, side.fact.value.is_list(), ExprKind::ListExpr);
  };
  const auto is_tuple = [&](const Reduced& side) {
    return is(side, Fact::Kind::tuple, side.fact.value.is_tuple(), ExprKind::TupleExpr);
  };
  const bool lists = is_list(left), tuples = is_tuple(left);
  ReducedList items;
  if (node.op == BinaryOperator::Add && ((lists && is_list(right)) || (tuples && is_tuple(right)))) {
    const auto front = items_of(left), back = items_of(right);
    if (!front || !back) return std::nullopt;
    items = *front;
    items.insert(items.end(), back->begin(), back->end());
  } else if (node.op == BinaryOperator::Mult && (lists || tuples) && right.is_constant() && right.fact.value.is_int()) {
    const auto once = items_of(left);
    if (!once || right.fact.value.as_int() * static_cast<std::int64_t>(once->size()) > 256) return std::nullopt;
    for (const Reduced& item : *once)
      if (!is_atom(item.expr)) return std::nullopt;
    for (std::int64_t i = 0; i < right.fact.value.as_int(); ++i) items.insert(items.end(), once->begin(), once->end());
  } else {
    return std::nullopt;
  }
  ExprList elts;
  for (const Reduced& item : items) elts.push_back(item.expr);
  Reduced result;
  const auto fill = [&](auto display) {
    display->span = node.span;
    display->elts = elts;
    result.expr = display;
  };
  if (lists)
    fill(std::make_shared<ListExpr>());
  else
    fill(std::make_shared<TupleExpr>());
  result.parts = std::make_shared<const ReducedList>(std::move(items));
  return result;
}

/// Where control joins: lists of one length stay lists, their differing items become variables of both branches.
std::optional<Fact> Specialiser::Impl::join_tracked(const std::string& name, const Fact& left, StmtList& left_body,
                                                    const Fact& right, StmtList& right_body) {
  if (!left.tracked || !right.tracked || left.kind != right.kind || left.keys != right.keys ||
      left.items.size() != right.items.size())
    return std::nullopt;
  Fact joined = left;
  joined.origin = nullptr;
  for (std::size_t i = 0; i < left.items.size(); ++i) {
    const ExprPtr &a = left.items[i], &b = right.items[i];
    const auto *a_name = as<Name>(a), *b_name = as<Name>(b);
    if (a == b || (a_name && b_name && a_name->id == b_name->id)) continue;
    if (as<Resolved>(a) || as<Resolved>(b)) return std::nullopt;
    const std::string variable = fresh(name + "_" + std::to_string(i));
    frame_->bound_once.insert(variable);
    left_body.push_back(assignment(variable, a));
    right_body.push_back(assignment(variable, b));
    joined.items[i] = name_of(variable, a->span);
  }
  return joined;
}

}  // namespace scriptc::python
