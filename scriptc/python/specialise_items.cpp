// The specialiser on iterables whose items are known one by one: builtins over them dissolve.

#include <algorithm>

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

ExprPtr tuple_of(const ReducedList& items, const Span& span) {
  auto tuple = std::make_shared<TupleExpr>();
  tuple->span = span;
  for (const Reduced& item : items) tuple->elts.push_back(item.expr);
  return tuple;
}

bool all_atoms(const ReducedList& items) {
  for (const Reduced& item : items) {
    const bool parts_are = item.parts && all_atoms(*item.parts);
    if (!item.is_constant() && !is_atom(item.expr) && !parts_are) return false;
  }
  return true;
}

}  // namespace

bool all_known(const ReducedList& args, const ReducedKeywords& keywords) {
  for (const Reduced& arg : args)
    if (!arg.is_constant()) return false;
  for (const auto& [name, value] : keywords)
    if (!value.is_constant()) return false;
  return true;
}

Reduced sequence(const ReducedList& items, const Span& span) {
  std::vector<Value> values;
  bool known = true;
  for (const Reduced& item : items) {
    known = known && item.is_constant();
    values.push_back(item.fact.value);
  }
  return {tuple_of(items, span), known ? Fact::constant(Value::tuple(values)) : Fact{},
          std::make_shared<const ReducedList>(items)};
}

bool is_path(ExprPtr expr) {
  while (const auto* attribute = as<Attribute>(expr)) expr = attribute->value;
  return is_atom(expr);
}

bool all_paths(const ReducedList& items) {
  for (const Reduced& item : items)
    if (!item.is_constant() && !item.parts && !is_path(item.expr)) return false;
  return true;
}

/// Builtins over items that are known one by one: `zip`, `enumerate`, `reversed`, `map`, `filter`, `list`, `tuple`,
/// `sum`, `any`, `all`, `len`.
std::optional<Reduced> Specialiser::Impl::apply_to_items(const std::string& name, const ReducedList& args,
                                                         const ExprPtr& rebuilt, const ExprPtr& original) {
  if (name.empty() || args.empty()) return std::nullopt;
  const bool over_all = name == "zip", maps = name == "map" || name == "filter";
  if (!over_all && !maps && args.size() != 1) return std::nullopt;
  if (!maps && all_known(args, {})) return std::nullopt;  // evaluated as any other
  std::vector<ReducedList> sequences;
  for (std::size_t i = maps ? 1 : 0; i < args.size(); ++i) {
    const auto items = items_of(args[i]);
    if (!items || args[i].fact.one_shot) return std::nullopt;
    sequences.push_back(*items);
  }
  const Span& span = original->span;
  if (name == "list" || name == "tuple") {
    Reduced result = sequence(sequences[0], span);
    if (name == "tuple") return result;
    auto list = std::make_shared<ListExpr>();
    list->span = span;
    list->elts = as<TupleExpr>(result.expr)->elts;
    result.expr = list;
    if (result.is_constant()) result.fact.value = Value::list(result.fact.value.as_tuple());
    return result;
  }
  if (name == "sorted" && all_known(sequences[0], {})) {
    std::vector<Value> values;
    for (const Reduced& item : sequences[0]) values.push_back(item.fact.value);
    Call sorted;
    sorted.func = placeholder(0);
    sorted.args = {placeholder(1)};
    const auto value =
        evaluate(copy_of(sorted), {evaluator_.evaluate_in(*frame_->function, name_of(name), {}), Value::tuple(values)});
    if (value) return Reduced{reify(*value, original), Fact::constant(*value), nullptr};
  }
  if (name == "sum" && !sequences[0].empty()) {
    ExprPtr total = constant_of(std::int64_t{0}, span);
    for (const Reduced& item : sequences[0]) {
      auto sum = std::make_shared<BinOp>();
      sum->span = span;
      sum->left = total;
      sum->right = item.expr;
      total = sum;
    }
    return Reduced{total, {}, nullptr};
  }
  if ((name == "any" || name == "all") && args[0].lazy) {
    auto test = std::make_shared<BoolOp>();
    test->span = span;
    test->op = name == "any" ? BoolOperator::Or : BoolOperator::And;
    for (const Reduced& item : sequences[0]) test->values.push_back(item.expr);
    return reduce_test(test);
  }
  // From here on items change places or are dropped: only what costs nothing may.
  if (name == "filter") {
    ReducedList kept;
    for (const Reduced& item : sequences[0]) {
      if (!item.is_constant() && !is_atom(item.expr)) return std::nullopt;
      auto test = node_at<Call>(span);
      test->func = args[0].expr;
      test->args = {item.expr};
      const bool itself = args[0].is_constant() && args[0].fact.value.is_none();
      const auto truth = truth_of(itself ? item : apply(args[0], {item}, {}, test, test));
      if (!truth) return std::nullopt;
      if (*truth) kept.push_back(item);
    }
    Reduced rest = sequence(kept, span);
    rest.fact.one_shot = rest.is_constant();
    return Reduced{rebuilt, rest.fact, rest.parts};
  }
  if (!maps)
    for (const ReducedList& items : sequences)
      if (!all_atoms(items)) return std::nullopt;
  if (name == "len") return folded(original, Value(static_cast<std::int64_t>(sequences[0].size())), original);
  ReducedList result;
  if (name == "reversed") return sequence({sequences[0].rbegin(), sequences[0].rend()}, span);
  if (name == "enumerate" || name == "zip" || name == "map") {
    std::size_t count = sequences[0].size();
    for (const ReducedList& items : sequences) count = std::min(count, items.size());
    for (std::size_t i = 0; i < count; ++i) {
      ReducedList row;
      const auto position = static_cast<std::int64_t>(i);
      if (name == "enumerate") row.push_back({reify(position, original), Fact::constant(position), nullptr});
      for (const ReducedList& items : sequences) row.push_back(items[i]);
      if (name != "map") {
        result.push_back(sequence(row, span));
        continue;
      }
      auto call = std::make_shared<Call>();
      call->span = span;
      call->func = args[0].expr;
      for (const Reduced& item : row) call->args.push_back(item.expr);
      result.push_back(args[0].is_constant() ? apply(args[0], row, {}, call, call) : Reduced{call, {}, nullptr});
    }
    Reduced rows = sequence(result, span);
    rows.lazy = name == "map";
    rows.fact.one_shot = rows.is_constant();
    // An iterator is no tuple: whatever does not iterate it needs the call.
    return Reduced{rebuilt, rows.fact, rows.parts, rows.lazy};
  }
  return std::nullopt;
}

/// `next(iter(x))` of an iterator that nobody else reads: its first item.
std::optional<Reduced> Specialiser::Impl::first_item(const ReducedList& args) {
  if (args.empty() || is_path(args[0].expr)) return std::nullopt;
  const auto items = items_of(args[0]);
  if (!items || !all_paths(*items)) return std::nullopt;
  if (!items->empty()) return items->front();
  return args.size() > 1 ? std::optional(args[1]) : std::nullopt;
}

/// `functools.reduce(f, items, first)` of known items: calls inside each other.
std::optional<Reduced> Specialiser::Impl::apply_reduce(const ReducedList& args, const ExprPtr& original) {
  const auto items = args.size() < 2 || args[1].fact.one_shot ? std::nullopt : items_of(args[1]);
  if (!items || !all_paths(*items) || (items->empty() && args.size() < 3)) return std::nullopt;
  Reduced result = args.size() > 2 ? args[2] : items->front();
  for (std::size_t i = args.size() > 2 ? 0 : 1; i < items->size(); ++i) {
    auto call = std::make_shared<Call>();
    call->span = original->span;
    call->func = args[0].expr;
    call->args = {result.expr, (*items)[i].expr};
    result = args[0].is_constant() ? apply(args[0], {result, (*items)[i]}, {}, call, call) : Reduced{call, {}, nullptr};
  }
  return result;
}

}  // namespace scriptc::python
