// Lists and dicts of known items on their way into functions and out of them: their items become parameters, and the
// function that always returns one returns its items as a tuple.

#include "scriptc/python/ast_children.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

bool is_passed_whole(const Reduced& item) {
  return !item.is_constant() || item.fact.one_shot || is_container(item.fact.value) || item.fact.value.is_tensor();
}

/// The one `return` of a function, if it is its last statement.
const Return* only_return(const StmtList& body) {
  int count = 0;
  for_each_stmt(body, [&](const StmtPtr& statement) { count += statement->kind == StmtKind::Return ? 1 : 0; });
  return count == 1 ? as<Return>(body.back()) : nullptr;
}

}  // namespace

std::optional<ReducedList> Specialiser::Impl::known_items(const Reduced& value) {
  if (value.fact.kind != Fact::Kind::dict) return items_of(value);
  ReducedList items;
  for (const ExprPtr& item : value.fact.items) items.push_back(reduce(item));
  return items;
}

/// A list or dict of atoms.
std::optional<Structure> Specialiser::Impl::structure_of(const Reduced& value) {
  Structure structure;
  structure.kind = value.fact.is_structure() ? value.fact.kind : Fact::Kind::list;
  if (!value.fact.is_structure() && !(value.parts && as<ListExpr>(value.expr))) return std::nullopt;
  structure.keys = value.fact.keys;
  const auto items = known_items(value);
  if (!items) return std::nullopt;
  for (const Reduced& item : *items) {
    if (!is_atom(item.expr) && is_passed_whole(item)) return std::nullopt;
    // What a function made here reads is passed with it, as an argument of its own.
    if (item.is_constant() && item.fact.value.try_as<LocalFunction>()) return std::nullopt;
    structure.items.push_back(is_passed_whole(item) ? std::nullopt : std::optional(item.fact.value));
  }
  return structure;
}

/// Passes a list item by item where the callee asks for items and neither keeps nor changes the list.
void Specialiser::Impl::pass_items(const PyFunction& function, const std::string& parameter, const Reduced& value,
                                   Request& request) {
  const StmtList body = body_of(function);
  if (function.qualified_name.starts_with("torch.") || value.fact.one_shot ||
      !read_only_names(body).contains(parameter) || !counted_names(body).contains(parameter) ||
      assigned_names(body).contains(parameter))
    return;
  if (auto structure = structure_of(value)) request.structures[parameter] = std::move(*structure);
}

/// What a parameter that was passed item by item is known to be.
Fact Specialiser::Impl::received(const Structure& structure, const std::string& name, std::vector<std::string>& extra) {
  Fact fact;
  fact.kind = structure.kind;
  fact.keys = structure.keys;
  fact.materialised = false;
  fact.tracked = structure.kind != Fact::Kind::tuple;
  for (std::size_t i = 0; i < structure.items.size(); ++i) {
    if (structure.items[i]) {
      fact.items.push_back(reify(*structure.items[i], nullptr));
      continue;
    }
    extra.push_back(fresh(name + "_" + (i < structure.keys.size() ? structure.keys[i] : std::to_string(i))));
    frame_->bound_once.insert(extra.back());
    fact.items.push_back(name_of(extra.back()));
  }
  return fact;
}

/// The calls and comprehensions that are evaluated first: whatever stands before them reads names and constants.
void Specialiser::Impl::add_first_calls(const ExprPtr& expr, bool itself) {
  const auto first_of = [&](const ExprList& list) {
    for (const ExprPtr& item : list) {
      const ExprPtr read = behind_name(item);
      if (!as<Name>(read) && !as<Constant>(read)) return add_first_calls(read, true);
    }
  };
  if (const auto* call = as<Call>(expr)) {
    if (itself) frame_->first_calls.insert(expr.get());
    ExprPtr base = call->func;
    while (const auto* attribute = as<Attribute>(base)) base = attribute->value;
    if (!as<Name>(base)) return add_first_calls(base, true);
    first_of(call->args);
  }
  if (as<ListComp>(expr) || as<GeneratorExp>(expr)) frame_->first_calls.insert(expr.get());
  if (const auto* node = as<Subscript>(expr)) first_of({node->value});
  if (const auto* node = as<Attribute>(expr)) first_of({node->value});
  if (const auto* node = as<Starred>(expr)) first_of({node->value});
  if (const auto* node = as<UnaryOp>(expr)) first_of({node->operand});
  if (const auto* node = as<BinOp>(expr)) first_of({node->left, node->right});
  if (const auto* node = as<TupleExpr>(expr)) first_of(node->elts);
  if (const auto* node = as<ListExpr>(expr)) first_of(node->elts);
}

void Specialiser::Impl::find_first_calls(const StmtPtr& statement) {
  if (const auto* node = as<Assign>(statement); node && node->targets.size() == 1) {
    const auto* name = as<Name>(node->targets[0]);
    const bool asks = name && (frame_->counted.contains(name->id) || frame_->mutated.contains(name->id));
    const bool unpacks = as<TupleExpr>(node->targets[0]) != nullptr;
    if (name || unpacks) add_first_calls(behind_name(node->value), asks || unpacks);
  }
  if (const auto* node = as<Return>(statement)) add_first_calls(behind_name(node->value), false);
  if (const auto* node = as<ExprStmt>(statement)) add_first_calls(node->value, false);
  if (const auto* node = as<For>(statement)) add_first_calls(behind_name(node->iter), true);
}

/// Finds out whether a residual always ends by returning one list or dict.
void Specialiser::Impl::set_returned(Residual& residual) {
  const auto& def = residual.function->def;
  const Return* last = def && !def->body.empty() ? only_return(def->body) : nullptr;
  const auto* list = last ? as<ListExpr>(last->value) : nullptr;
  const auto* dict = last ? as<DictExpr>(last->value) : nullptr;
  if ((!list || list->elts.empty()) && (!dict || dict->keys.empty())) return;
  Structure structure;
  auto items = std::make_shared<TupleExpr>();
  items->span = last->value->span;
  const auto add = [&](const ExprPtr& item) {
    const Reduced known = as<Constant>(item) ? reduce(item) : Reduced{};
    structure.items.push_back(known.is_constant() ? std::optional(known.fact.value) : std::nullopt);
    if (!known.is_constant()) items->elts.push_back(item);
  };
  for (const ExprPtr& item : list ? list->elts : dict->values) {
    if (as<Starred>(item)) return;
    add(item);
  }
  if (dict) {
    structure.kind = Fact::Kind::dict;
    for (const ExprPtr& key : dict->keys) {
      const auto* literal = as<Constant>(key);
      const auto* text = literal ? std::get_if<std::string>(&literal->value) : nullptr;
      if (!text) return;
      structure.keys.push_back(*text);
    }
    if (std::set<std::string>(structure.keys.begin(), structure.keys.end()).size() != structure.keys.size()) return;
  }
  if (items->elts.empty()) return;
  auto spread = std::make_shared<PyFunction>(*residual.function);
  auto body = copy_of(*def);
  auto result = copy_of(*last);
  result->value = items->elts.size() == 1 ? items->elts[0] : ExprPtr(items);
  body->body.back() = result;
  body->returns = nullptr;
  spread->name = body->name = def->name + "_" + std::to_string(variants_++);
  const std::string& qualified = spread->qualified_name;
  spread->qualified_name = qualified.substr(0, qualified.rfind('.') + 1) + spread->name;
  spread->overloads.clear();
  body->decorator_list.clear();
  spread->def = body;
  residual.returned = std::move(structure);
  residual.spread = spread;
}

/// Does `call`, which returns items, before the present statement; the list or dict of them stands in its place.
Reduced Specialiser::Impl::spread_result(const Structure& structure, const std::string& name, const ExprPtr& call) {
  auto targets = std::make_shared<TupleExpr>();
  targets->span = call->span;
  targets->ctx = ExprContext::Store;
  Fact fact;
  fact.kind = structure.kind;
  fact.keys = structure.keys;
  fact.materialised = false;
  const std::string base = name == "forward" ? "result" : name;
  for (std::size_t i = 0; i < structure.items.size(); ++i) {
    if (structure.items[i]) {
      fact.items.push_back(reify(*structure.items[i], call));
      continue;
    }
    const std::string item = fresh(base + "_" + std::to_string(i));
    frame_->bound_once.insert(item);
    targets->elts.push_back(name_of(item, call->span, ExprContext::Store));
    fact.items.push_back(name_of(item, call->span));
  }
  frame_->out->push_back(assignment(targets->elts.size() == 1 ? targets->elts[0] : ExprPtr(targets), call));
  return tracked_display(fact, call->span);
}

}  // namespace scriptc::python
