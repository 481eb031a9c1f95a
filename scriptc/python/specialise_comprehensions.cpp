// The specialiser on comprehensions and on whatever is iterated.

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Comprehensions over known sequences are expanded up to this many elements.
constexpr std::size_t kMostExpanded = 4096;

bool holds_tensor(const Value& value) {
  if (value.is_tensor()) return true;
  if (value.is_tuple()) {
    for (const Value& item : value.as_tuple())
      if (holds_tensor(item)) return true;
  }
  return false;
}

struct ComprehensionParts {
  ExprPtr elt, key;
  const std::vector<Comprehension>* generators = nullptr;
};

ComprehensionParts parts_of(const ExprPtr& expr) {
  if (const auto* n = as<ListComp>(expr)) return {n->elt, nullptr, &n->generators};
  if (const auto* n = as<SetComp>(expr)) return {n->elt, nullptr, &n->generators};
  if (const auto* n = as<GeneratorExp>(expr)) return {n->elt, nullptr, &n->generators};
  const auto* n = as<DictComp>(expr);
  return {n->value, n->key, &n->generators};
}

template <class Node>
ExprPtr with_parts(const Node& node, const ExprPtr& elt, const std::vector<Comprehension>& generators) {
  auto rebuilt = copy_of(node);
  rebuilt->elt = elt;
  rebuilt->generators = generators;
  return rebuilt;
}

}  // namespace

std::optional<ReducedList> Specialiser::Impl::items_of(const Reduced& iterable) {
  if (iterable.parts && !as<Slice>(iterable.expr)) return *iterable.parts;
  ReducedList items;
  if (iterable.fact.kind == Fact::Kind::tuple || iterable.fact.kind == Fact::Kind::list) {
    for (const ExprPtr& item : iterable.fact.items) items.push_back(reduce(item));
    return items;
  }
  if (iterable.fact.kind == Fact::Kind::dict) {
    for (const std::string& key : iterable.fact.keys)
      items.push_back({reify(key, iterable.expr), Fact::constant(key), nullptr});
    return items;
  }
  if (!iterable.is_constant()) return std::nullopt;
  if (const auto range = iterable.fact.value.try_as<RangeObject>())
    if (range->size() > static_cast<std::int64_t>(kMostExpanded)) return std::nullopt;
  try {
    for (const Value& value : evaluator_.iterate(iterable.fact.value)) {
      if (holds_tensor(value) || items.size() >= kMostExpanded) return std::nullopt;
      items.push_back({reify(value, iterable.expr), Fact::constant(value, false), nullptr});
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cap) throw;
    return std::nullopt;
  }
  return items;
}

/// Something that is read to its end before anything else happens.
Reduced Specialiser::Impl::reduce_iterable(const ExprPtr& expr) {
  if (as<GeneratorExp>(expr)) return reduce_comprehension(expr, true);
  const ExprPtr call = behind_name(expr);
  if (builtin_called(call) != "map") return reduce(expr);
  StmtList before;
  const Facts facts = frame_->facts;
  Reduced iterable;
  {
    const OutScope scope(*frame_, before);
    iterable = reduce(call);
  }
  if (!items_of(iterable)) {
    frame_->facts = facts;
    if (const auto list = map_as_list(call)) return *list;
  }
  frame_->out->insert(frame_->out->end(), before.begin(), before.end());
  return iterable;
}

Reduced Specialiser::Impl::reduce_comprehension(const ExprPtr& original, bool consumed) {
  const ComprehensionParts parts = parts_of(original);
  const bool wants_items = std::exchange(frame_->wants_items, false);
  // A generator that is read later may see other values of the variables.
  if (as<GeneratorExp>(original) && !consumed) return keep_comprehension(original, false);
  if (as<SetComp>(original)) return keep_comprehension(original, false);
  const Facts before = frame_->facts;
  const std::set<std::string> locals_before = frame_->locals;
  ReducedList keys, values;
  const bool expanded = expand(*parts.generators, 0, parts.key, parts.elt, keys, values);
  frame_->facts = before;
  frame_->locals = locals_before;
  // An empty list has no element type: TorchScript needs the original's.
  if (!expanded || values.empty()) return keep_comprehension(original, consumed);
  // What TorchScript iterates by itself stays short.
  bool needed =
      as<ListComp>(original) == nullptr || parts.generators->size() > 1 || !parts.generators->front().ifs.empty();
  needed = needed || (wants_items && values.size() <= 64 && frame_->untracked == 0);
  if (!needed) {
    const Reduced iterable = reduce(parts.generators->front().iter);
    const auto items = items_of(iterable);
    std::set<std::string> targets = names_in(parts.generators->front().target);
    needed = !items || items_need_constants(*items) || needs_constant(targets, parts.elt);
  }
  if (!needed) return keep_comprehension(original, consumed);
  if (parts.key) {
    auto dict = std::make_shared<DictExpr>();
    dict->span = original->span;
    Value constant = Value::dict();
    bool known = true;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      dict->keys.push_back(keys[i].expr);
      dict->values.push_back(values[i].expr);
      known = known && keys[i].is_constant() && is_storable(keys[i].fact.value) && values[i].is_constant();
      if (known) constant.as_dict().set(keys[i].fact.value, values[i].fact.value);
    }
    return {dict, known ? Fact::constant(constant) : Fact{}, nullptr};
  }
  auto list = std::make_shared<ListExpr>();
  list->span = original->span;
  std::vector<Value> constants;
  bool known = true;
  for (const Reduced& value : values) {
    list->elts.push_back(value.expr);
    known = known && value.is_constant();
    constants.push_back(value.fact.value);
  }
  return {list, known ? Fact::constant(Value::list(constants)) : Fact{}, std::make_shared<const ReducedList>(values),
          as<GeneratorExp>(original) != nullptr};
}

/// The same comprehension with folded parts.
Reduced Specialiser::Impl::keep_comprehension(const ExprPtr& original, bool consumed) {
  const ComprehensionParts parts = parts_of(original);
  const Facts before = frame_->facts;
  const std::set<std::string> locals_before = frame_->locals;
  std::vector<Comprehension> generators = *parts.generators;
  const bool is_list = as<ListComp>(original) || (as<GeneratorExp>(original) && consumed);
  if (is_list && frame_->first_calls.contains(original.get())) {
    std::optional<Reduced> list;
    if (generators.size() == 1) list = comprehension_by_position(parts.elt, generators[0], original->span);
    if (!list && (generators.size() > 1 || !generators[0].ifs.empty()))
      list = comprehension_as_loop(parts.elt, generators, original->span);
    frame_->facts = before;
    frame_->locals = locals_before;
    if (list) return *list;
  }
  bool same = true;
  const auto replace = [&](ExprPtr& expr) {
    const ExprPtr reduced = reduce(expr).expr;
    same = same && reduced == expr;
    expr = reduced;
  };
  for (Comprehension& generator : generators) {
    replace(generator.iter);
    for (const std::string& name : names_in(generator.target)) frame_->facts.erase(name), frame_->locals.insert(name);
    for (ExprPtr& test : generator.ifs) {
      frame_->tests = true;
      replace(test);
    }
  }
  ExprPtr elt = parts.elt, key = parts.key;
  if (key) replace(key);
  replace(elt);
  frame_->facts = before;
  frame_->locals = locals_before;
  if (same) return {original, {}, nullptr};
  if (const auto* n = as<ListComp>(original)) return {with_parts(*n, elt, generators), {}, nullptr};
  if (const auto* n = as<SetComp>(original)) return {with_parts(*n, elt, generators), {}, nullptr};
  if (const auto* n = as<GeneratorExp>(original)) return {with_parts(*n, elt, generators), {}, nullptr};
  auto rebuilt = copy_of(*as<DictComp>(original));
  rebuilt->key = key;
  rebuilt->value = elt;
  rebuilt->generators = generators;
  return {rebuilt, {}, nullptr};
}

/// Makes a comprehension's target stand for a value, as there is no place for an assignment.
bool Specialiser::Impl::substitute(const ExprPtr& target, const Reduced& value) {
  if (const auto* name = as<Name>(target)) {
    frame_->locals.insert(name->id);
    if (value.is_constant() && !value.fact.one_shot) {
      frame_->facts[name->id] = Fact::constant(value.fact.value, false);
      return true;
    }
    if (!is_atom(value.expr)) return false;
    Fact alias;
    alias.kind = Fact::Kind::alias;
    alias.materialised = false;
    alias.items = {value.expr};
    frame_->facts[name->id] = alias;
    return true;
  }
  const ExprList* elts = nullptr;
  if (const auto* tuple = as<TupleExpr>(target)) elts = &tuple->elts;
  if (const auto* list = as<ListExpr>(target)) elts = &list->elts;
  const auto items = items_of(value);
  if (!elts || !items || items->size() != elts->size()) return false;
  for (std::size_t i = 0; i < elts->size(); ++i)
    if (!substitute((*elts)[i], (*items)[i])) return false;
  return true;
}

bool Specialiser::Impl::expand(const std::vector<Comprehension>& generators, std::size_t position, const ExprPtr& key,
                               const ExprPtr& elt, ReducedList& keys, ReducedList& values) {
  if (position == generators.size()) {
    if (values.size() >= kMostExpanded) return false;
    if (key) keys.push_back(reduce(key));
    values.push_back(reduce(elt));
    return true;
  }
  const Comprehension& generator = generators[position];
  if (generator.is_async) return false;
  const auto items = items_of(reduce_iterable(generator.iter));
  if (!items) return false;
  for (const Reduced& item : *items) {
    if (!substitute(generator.target, item)) return false;
    bool keep = true;
    for (const ExprPtr& test : generator.ifs) {
      const auto truth = keep ? truth_of(reduce_test(test)) : false;
      if (!truth) return false;
      keep = keep && *truth;
    }
    if (keep && !expand(generators, position + 1, key, elt, keys, values)) return false;
  }
  return true;
}

}  // namespace scriptc::python
