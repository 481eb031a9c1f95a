// The specialiser on iterators that compiled code has not: `map`, `zip(*rows)`, and those that a variable holds until
// the next statement reads it.

#include "scriptc/python/ast_children.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// How often an expression reads a variable. Inside of what may run any number of times it counts as often.
int reads_of(const std::string& name, const ExprPtr& expr) {
  if (!expr) return 0;
  constexpr int kOften = 2;
  if (const auto* variable = as<Name>(expr)) return variable->id == name ? 1 : 0;
  const std::vector<Comprehension>* generators = nullptr;
  if (const auto* node = as<ListComp>(expr)) generators = &node->generators;
  if (const auto* node = as<GeneratorExp>(expr)) generators = &node->generators;
  int reads = 0;
  for_each_child(*expr, [&](const ExprPtr& child) {
    const bool once = generators ? child == generators->front().iter : !as<Lambda>(expr) && !as<SetComp>(expr);
    reads += reads_of(name, child) * (once ? 1 : kOften);
  });
  return reads;
}

/// The expression that a statement evaluates first, and once.
ExprPtr read_by(const StmtPtr& statement) {
  if (const auto* node = as<Assign>(statement)) return node->value;
  if (const auto* node = as<ExprStmt>(statement)) return node->value;
  if (const auto* node = as<Return>(statement)) return node->value;
  if (const auto* node = as<For>(statement)) return node->iter;
  return nullptr;
}

/// What is the same a moment later: names, ways down from them, functions.
bool can_wait(const ExprPtr& expr) {
  const auto* starred = as<Starred>(expr);
  return as<Lambda>(expr) || is_path(starred ? starred->value : expr);
}

/// The rows of `zip(*rows)`, else null.
ExprPtr rows_of(const ExprPtr& expr) {
  const auto* call = as<Call>(expr);
  const bool one = call && call->args.size() == 1 && call->keywords.empty();
  const auto* starred = one ? as<Starred>(call->args[0]) : nullptr;
  return starred ? starred->value : nullptr;
}

}  // namespace

/// The name of the builtin function or class that `expr` calls, or "".
std::string Specialiser::Impl::builtin_called(const ExprPtr& expr) {
  const auto* call = as<Call>(expr);
  if (!call || !as<Name>(call->func)) return "";
  const Reduced callee = reduce(call->func);
  return callee.is_constant() ? builtin_name(callee.fact.value) : "";
}

/// `rows = map(f, xs)` that the next statement reads, and nobody else: nothing is computed before it is read, so the
/// call stands there.
bool Specialiser::Impl::keep_iterator(const StmtPtr& statement, const StmtPtr& next) {
  const auto* assign = as<Assign>(statement);
  const auto* target = assign && assign->targets.size() == 1 ? as<Name>(assign->targets[0]) : nullptr;
  const auto* call = target ? as<Call>(assign->value) : nullptr;
  if (!call || !call->keywords.empty() || reads_of(target->id, read_by(next)) != 1) return false;
  const std::string name = builtin_called(assign->value);
  if (name != "map" && name != "zip" && name != "filter" && name != "enumerate" && name != "reversed") return false;
  for (const ExprPtr& arg : call->args)
    if (!can_wait(arg)) return false;
  int uses = 0;
  for_each_expr(
      body_of(*frame_->function),
      [&](const ExprPtr& part) {
        const auto* variable = as<Name>(part);
        uses += variable && variable->id == target->id ? 1 : 0;
      },
      true);
  if (uses != 2) return false;
  Fact fact;
  fact.kind = Fact::Kind::alias;
  fact.materialised = false;
  fact.items = {assign->value};
  frame_->facts[target->id] = fact;
  return true;
}

/// The iterator that a variable stands for, else `expr` itself.
ExprPtr Specialiser::Impl::behind_name(const ExprPtr& expr) {
  const auto* name = as<Name>(expr);
  const auto fact = name ? frame_->facts.find(name->id) : frame_->facts.end();
  if (fact == frame_->facts.end() || fact->second.kind != Fact::Kind::alias) return expr;
  return as<Call>(fact->second.items[0]) ? fact->second.items[0] : expr;
}

/// `map(f, xs, ys)` that is read to its end, as `[f(x, y) for x, y in zip(xs, ys)]`.
std::optional<Reduced> Specialiser::Impl::map_as_list(const ExprPtr& expr) {
  if (builtin_called(expr) != "map") return std::nullopt;
  const auto* call = as<Call>(expr);
  ReducedList args;
  ReducedKeywords keywords;
  if (!reduce_arguments(*call, args, keywords, false) || args.size() < 2 || !keywords.empty()) return std::nullopt;
  const Span& span = expr->span;
  auto item = node_at<Call>(span);
  item->func = args[0].expr;
  auto targets = node_at<TupleExpr>(span);
  targets->ctx = ExprContext::Store;
  auto zip = node_at<Call>(span);
  zip->func = name_of("zip", span);
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string name = fresh("item");
    item->args.push_back(name_of(name, span));
    targets->elts.push_back(name_of(name, span, ExprContext::Store));
    zip->args.push_back(args[i].expr);
  }
  const bool single = args.size() == 2;
  auto list = node_at<ListComp>(span);
  list->elt = item;
  list->generators = {Comprehension{single ? targets->elts[0] : ExprPtr(targets), single ? zip->args[0] : zip, {}}};
  if (frame_->first_calls.contains(expr.get())) frame_->first_calls.insert(list.get());
  return reduce_comprehension(list, true);
}

/// `zip(*rows)` of rows whose items are known only by their types, also inside `tuple(map(list, …))`: its columns.
std::optional<Reduced> Specialiser::Impl::columns_of(const ExprPtr& original) {
  const ExprPtr expr = behind_name(original);
  const std::string name = builtin_called(expr);
  const auto* call = as<Call>(expr);
  const char* function = "columns";
  ExprPtr rows;
  if (name == "zip") rows = rows_of(expr);
  if (name == "map" && call->args.size() == 2) {
    const Reduced each = reduce(call->args[0]);
    const std::string made = each.is_constant() ? builtin_name(each.fact.value) : "";
    if ((made == "list" || made == "tuple") && builtin_called(behind_name(call->args[1])) == "zip")
      rows = rows_of(behind_name(call->args[1]));
    if (made == "list") function = "columns_as_lists";
  }
  if ((name == "tuple" || name == "list") && call->args.size() == 1 && call->keywords.empty() &&
      (name == "tuple" || !frame_->returned.contains(expr.get())))
    return columns_of(call->args[0]);
  if (!rows) return std::nullopt;
  // Rows that are known item by item are no matter of types.
  StmtList before;
  Reduced table;
  const Facts facts = frame_->facts;
  {
    const OutScope scope(*frame_, before);
    table = reduce_iterable(rows);
  }
  const auto items = items_of(table);
  bool known = items && !items->empty();
  if (known)
    for (const Reduced& item : *items) known = known && (item.parts || item.is_constant() || item.fact.is_structure());
  if (known || (items && items->empty()) || table.is_constant()) {
    frame_->facts = facts;
    return std::nullopt;
  }
  frame_->out->insert(frame_->out->end(), before.begin(), before.end());
  ExprPtr argument = table.expr;
  if (items) {
    auto tuple = node_at<TupleExpr>(rows->span);
    for (const Reduced& item : *items) tuple->elts.push_back(item.expr);
    argument = tuple;
  }
  auto columns = node_at<Call>(expr->span);
  columns->func = reify(fold_function(evaluator_, function), call->func);
  columns->args = {argument};
  return Reduced{columns, {}, nullptr};
}

}  // namespace scriptc::python
