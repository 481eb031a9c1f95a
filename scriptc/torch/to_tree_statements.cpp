#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/torch/sugared_values.h"
#include "scriptc/torch/to_tree.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

using py::StmtKind;

namespace {

/// Docstrings, `...` and other constants that stand alone do nothing.
bool does_nothing(const py::ExprPtr& expr) { return py::as<py::Constant>(expr) != nullptr; }

const char* unsupported(StmtKind kind) {
  switch (kind) {
    case StmtKind::FunctionDef:
      return "a function inside a function";
    case StmtKind::ClassDef:
      return "a class inside a function";
    case StmtKind::Match:
      return "'match'";
    case StmtKind::Try:
      return "'try'";
    case StmtKind::Global:
      return "'global'";
    case StmtKind::Nonlocal:
      return "'nonlocal'";
    default:
      return "this statement";
  }
}

const char* way_out(StmtKind kind) {
  switch (kind) {
    case StmtKind::FunctionDef:
    case StmtKind::ClassDef:
      return "move it to the top level of the module";
    case StmtKind::Match:
      return "use 'if' and 'elif'";
    case StmtKind::Try:
      return "test for the condition instead, or mark the method with @torch.jit.unused";
    case StmtKind::Global:
    case StmtKind::Nonlocal:
      return "keep the value in an attribute of the module";
    default:
      return "";
  }
}

}  // namespace

std::vector<jit::Stmt> TreeBuilder::statements(const py::StmtList& body, const py::StmtList& beside) {
  std::vector<Stmt> out;
  const std::map<std::string, NumberStart> outside = number_starts_;
  note_numbers(beside);
  ++depth_;
  for (const py::StmtPtr& stmt : body) statement(stmt, out);
  --depth_;
  number_starts_ = outside;
  return out;
}

jit::List<jit::Stmt> TreeBuilder::block(const py::Span& span, const py::StmtList& body, const py::StmtList& beside) {
  std::vector<Stmt> out = statements(body, beside);
  if (out.empty()) out.push_back(jit::Pass::create(range(span)));
  return jit::List<Stmt>::create(range(span), out);
}

jit::Stmt TreeBuilder::expression_statement(const py::Span& span, const Expr& value) const {
  return jit::ExprStmt::create(range(span), value);
}

jit::Expr TreeBuilder::hoisting(const py::ExprPtr& expr, std::vector<Stmt>& out) {
  std::vector<Stmt>* const outer = hoisted_;
  hoisted_ = &out;
  const Expr result = expression(expr);
  hoisted_ = outer;
  return result;
}

void TreeBuilder::statement(const py::StmtPtr& stmt, std::vector<Stmt>& out) {
  const Range at = range(stmt->span);
  switch (stmt->kind) {
    case StmtKind::Return: {
      const auto* node = py::as<py::Return>(stmt);
      if (function_.def && function_.def->returns) typed_.insert(node->value.get());
      const Expr value = node->value ? hoisting(node->value, out) : keyword(at, jit::TK_NONE);
      out.push_back(jit::Return::create(at, value));
      return;
    }
    case StmtKind::Assign:
      return assign(*py::as<py::Assign>(stmt), out);
    case StmtKind::AnnAssign:
      return annotated_assign(*py::as<py::AnnAssign>(stmt), out);
    case StmtKind::AugAssign:
      return augmented_assign(*py::as<py::AugAssign>(stmt), out);
    case StmtKind::For:
      return loop(*py::as<py::For>(stmt), out);
    case StmtKind::While: {
      const auto* node = py::as<py::While>(stmt);
      if (!node->orelse.empty()) {
        out.push_back(expression_statement(
            stmt->span,
            refuse(stmt->span, "'else' of a loop is not supported in a compiled method", "set a flag before 'break'")));
        return;
      }
      out.push_back(jit::While::create(at, expression(node->test), block(stmt->span, node->body)));
      return;
    }
    case StmtKind::If: {
      const auto* node = py::as<py::If>(stmt);
      const Expr test = hoisting(node->test, out);
      const auto body = block(stmt->span, node->body, node->orelse);
      const auto otherwise = jit::List<Stmt>::create(at, statements(node->orelse, node->body));
      out.push_back(jit::If::create(at, test, body, otherwise));
      return;
    }
    case StmtKind::With:
      return with(*py::as<py::With>(stmt), out);
    case StmtKind::Raise:
      return raise(*py::as<py::Raise>(stmt), out);
    case StmtKind::Assert: {
      const auto* node = py::as<py::Assert>(stmt);
      const Expr test = hoisting(node->test, out);
      in_message_ = true;
      const auto message =
          node->msg ? jit::Maybe<Expr>::create(at, expression(node->msg)) : jit::Maybe<Expr>::create(at);
      in_message_ = false;
      out.push_back(jit::Assert::create(at, test, message));
      return;
    }
    case StmtKind::Delete: {
      out.push_back(jit::Delete::create(at, list(stmt->span, py::as<py::Delete>(stmt)->targets)));
      return;
    }
    case StmtKind::ExprStmt: {
      const auto* node = py::as<py::ExprStmt>(stmt);
      if (!does_nothing(node->value)) out.push_back(jit::ExprStmt::create(at, hoisting(node->value, out)));
      return;
    }
    case StmtKind::Pass:
      out.push_back(jit::Pass::create(at));
      return;
    case StmtKind::Break:
      out.push_back(jit::Break::create(at));
      return;
    case StmtKind::Continue:
      out.push_back(jit::Continue::create(at));
      return;
    case StmtKind::Import:
    case StmtKind::ImportFrom:
      return import(*stmt);
    default:
      out.push_back(expression_statement(
          stmt->span,
          refuse(stmt->span, std::string(unsupported(stmt->kind)) + " is not supported in a compiled method",
                 way_out(stmt->kind))));
  }
}

/// `a, b = x`, where x may be a tensor: a variable, an item, or what a method of a value gives.
bool TreeBuilder::may_unpack_tensor(const py::Assign& node) const {
  if (node.targets.size() != 1 || !py::as<py::TupleExpr>(node.targets[0])) return false;
  if (has_star(py::as<py::TupleExpr>(node.targets[0])->elts)) return false;
  if (const auto* name = py::as<py::Name>(node.value)) return locals_.contains(name->id);
  const auto* call = py::as<py::Call>(node.value);
  const auto* method = call ? py::as<py::Attribute>(call->func) : nullptr;
  const auto* base = method ? py::as<py::Name>(method->value) : nullptr;
  return base && base->id != "self" && locals_.contains(base->id);
}

/// `isinstance(x, T)`, `x is None`, and what `and`, `or` and `not` make of such.
bool TreeBuilder::asks_for_type(const py::ExprPtr& expr) const {
  if (const auto* node = py::as<py::BoolOp>(expr))
    return std::all_of(node->values.begin(), node->values.end(),
                       [&](const py::ExprPtr& part) { return asks_for_type(part); });
  if (const auto* node = py::as<py::UnaryOp>(expr))
    return node->op == py::UnaryOperator::Not && asks_for_type(node->operand);
  if (const auto* node = py::as<py::Compare>(expr))
    return node->ops.size() == 1 &&
           (node->ops[0] == py::CompareOperator::Is || node->ops[0] == py::CompareOperator::IsNot);
  const auto* call = py::as<py::Call>(expr);
  const std::optional<Value> callee = call ? value_of(call->func) : std::nullopt;
  return callee && qualified_name_of(*callee) == "builtins.isinstance";
}

/// The value of an assignment; of `a, b = x, y` each part belongs to its variable.
jit::Expr TreeBuilder::assigned(const py::Assign& node, std::vector<Stmt>& out) {
  const auto* targets = node.targets.size() == 1 ? py::as<py::TupleExpr>(node.targets[0]) : nullptr;
  const auto* values = py::as<py::TupleExpr>(node.value);
  if (!targets || !values || targets->elts.size() != values->elts.size() || has_star(targets->elts) ||
      has_star(values->elts)) {
    const Expr value = hoisting(node.value, out);
    const auto* name = node.targets.size() == 1 ? py::as<py::Name>(node.targets[0]) : nullptr;
    if (!name || depth_ != 1 || !asks_for_type(node.value) || !py::binds_once(function_, name->id)) return value;
    // The answer may be known from the types: then an `if` on the variable keeps one branch.
    return apply(node.value->span, named(node.value->span, make_known_test()), {value});
  }
  std::vector<Expr> parts;
  for (std::size_t i = 0; i < values->elts.size(); ++i)
    parts.push_back(started(targets->elts[i], values->elts[i], hoisting(values->elts[i], out)));
  const Range at = range(node.value->span);
  return jit::TupleLiteral::create(at, jit::List<Expr>::create(at, parts));
}

/// `sizes[1:] = [1] * n`: TorchScript has this for tensors only. Null for what may be a tensor.
std::optional<jit::Stmt> TreeBuilder::list_slice_assignment(const py::Assign& node) {
  const auto* target = node.targets.size() == 1 ? py::as<py::Subscript>(node.targets[0]) : nullptr;
  const auto* slice = target ? py::as<py::Slice>(target->slice) : nullptr;
  const auto* repeated = py::as<py::BinOp>(node.value);
  const bool is_list = py::as<py::ListExpr>(node.value) || py::as<py::ListComp>(node.value) ||
                       (repeated && (py::as<py::ListExpr>(repeated->left) || py::as<py::ListExpr>(repeated->right)));
  if (!slice || slice->step || !is_list) return std::nullopt;
  const Value function = py::fold_function(compiler_.evaluator(), "assign_slice");
  const Expr items = expression(target->value);
  const Expr lower = slice->lower ? position(slice->lower) : literal(node.span, Value(std::int64_t{0}));
  const Expr upper =
      slice->upper ? position(slice->upper) : apply(node.span, variable(range(node.span), "len"), {items});
  return expression_statement(
      node.span, apply(node.span, named(node.span, function), {items, lower, upper, expression(node.value)}));
}

void TreeBuilder::assign(const py::Assign& node, std::vector<Stmt>& out) {
  if (const std::optional<Stmt> sliced = list_slice_assignment(node)) return out.push_back(*sliced);
  const Range at = range(node.span);
  if (const auto* name = py::as<py::Name>(node.targets[0]); name && declared_.contains(name->id))
    typed_.insert(node.value.get());
  Expr value = assigned(node, out);
  if (may_unpack_tensor(node)) value = apply(node.value->span, named(node.value->span, make_unpackable()), {value});
  if (node.targets.size() == 1) {
    value = started(node.targets[0], node.value, value);
    const auto* name = py::as<py::Name>(node.targets[0]);
    const auto declared = name ? declared_.find(name->id) : declared_.end();
    if (declared != declared_.end()) {
      value = apply(node.span, named(node.span, special_form(c10::prim::annotate)), {type(declared->second), value});
    }
  }
  out.push_back(jit::Assign::create(at, list(node.span, node.targets), jit::Maybe<Expr>::create(at, value),
                                    jit::Maybe<Expr>::create(at)));
}

void TreeBuilder::annotated_assign(const py::AnnAssign& node, std::vector<Stmt>& out) {
  const Range at = range(node.span);
  const auto* name = py::as<py::Name>(node.target);
  if (!node.value) {
    if (name) declared_[name->id] = node.annotation;
    return;
  }
  typed_.insert(node.value.get());
  const Expr value = hoisting(node.value, out);
  const auto target = jit::List<Expr>::create(at, {expression(node.target)});
  // The type of a module's attribute is known from its value or its class: it is not said again.
  const bool says_type = name || function_.name == "__init__";
  const auto annotation =
      says_type ? jit::Maybe<Expr>::create(at, type(node.annotation)) : jit::Maybe<Expr>::create(at);
  out.push_back(jit::Assign::create(at, target, jit::Maybe<Expr>::create(at, value), annotation));
}

void TreeBuilder::augmented_assign(const py::AugAssign& node, std::vector<Stmt>& out) {
  const Range at = range(node.span);
  const Expr target = expression(node.target);
  Expr value = hoisting(node.value, out);
  const auto* name = py::as<py::Name>(node.target);
  const bool is_start = name && is_checked(*name);
  // TorchScript has no `//=` and `@=`; and a start of no dimensions cannot be added to in place.
  if (node.op == py::BinaryOperator::FloorDiv || node.op == py::BinaryOperator::MatMult || is_start) {
    Expr result = binary(node.span, node.op, node.value, target, value);
    if (is_start) result = checked(*name, result);
    out.push_back(jit::Assign::create(at, jit::List<Expr>::create(at, {target}), jit::Maybe<Expr>::create(at, result),
                                      jit::Maybe<Expr>::create(at)));
    return;
  }
  if (name && node.op == py::BinaryOperator::Add) value = checked_item(name->id, value, true, std::nullopt);
  const jit::AugAssignKind kind(jit::Compound::create(token_of(node.op), at, {}));
  out.push_back(jit::AugAssign::create(at, target, kind, value));
}

void TreeBuilder::loop(const py::For& node, std::vector<Stmt>& out) {
  if (!node.orelse.empty() || node.is_async) {
    const char* what = node.is_async ? "'async'" : "'else' of a loop";
    out.push_back(
        expression_statement(node.span, refuse(node.span, std::string(what) + " is not supported in a compiled method",
                                               node.is_async ? "" : "set a flag before 'break'")));
    return;
  }
  const Range at = range(node.span);
  note_table(node.target, node.iter);
  const Expr iterable = hoisting(node.iter, out);
  // An unrolled loop takes exactly one target: `for i, x in …` has one tuple.
  out.push_back(jit::For::create(at, jit::List<Expr>::create(at, {expression(node.target)}),
                                 jit::List<Expr>::create(at, {iterable}), block(node.span, node.body)));
}

void TreeBuilder::with(const py::With& node, std::vector<Stmt>& out) {
  const Range at = range(node.span);
  std::vector<jit::WithItem> items;
  for (const py::WithItem& item : node.items) {
    const auto* call = py::as<py::Call>(item.context_expr);
    const std::optional<Value> callee = value_of(call ? call->func : item.context_expr);
    const ContextManager manager = callee ? context_manager(*callee) : ContextManager::script_class;
    if (manager == ContextManager::without_effect && !item.optional_vars) continue;
    if (manager == ContextManager::unknown || (manager == ContextManager::without_effect && item.optional_vars)) {
      out.push_back(expression_statement(
          node.span, refuse(node.span, "'with' other than torch.no_grad() is not supported in a compiled method")));
      return;
    }
    Expr target = expression(item.context_expr);
    if (manager == ContextManager::no_grad) target = apply(node.span, named(node.span, no_grad_class(compiler_)), {});
    auto variable = jit::Maybe<jit::Var>::create(at);
    if (item.optional_vars) variable = jit::Maybe<jit::Var>::create(at, jit::Var(expression(item.optional_vars)));
    items.push_back(jit::WithItem::create(at, target, variable));
  }
  if (items.empty()) {
    for (const py::StmtPtr& inner : node.body) statement(inner, out);
    return;
  }
  out.push_back(jit::With::create(at, jit::List<jit::WithItem>::create(at, items), block(node.span, node.body)));
}

void TreeBuilder::raise(const py::Raise& node, std::vector<Stmt>& out) {
  if (!node.exc) {
    out.push_back(expression_statement(
        node.span, refuse(node.span, "'raise' without an exception is not supported in a compiled method")));
    return;
  }
  in_message_ = true;
  const Expr exception = expression(node.exc);
  in_message_ = false;
  out.push_back(jit::Raise::create(range(node.span), exception));
}

// Imports inside a function bind names to values that are known: nothing is left of them.
void TreeBuilder::import(const py::Stmt& node) {
  py::Evaluator& evaluator = compiler_.evaluator();
  if (const auto* plain = py::as<py::Import>(&node)) {
    for (const py::Alias& alias : plain->names) {
      const std::string top = alias.name.substr(0, alias.name.find('.'));
      const auto module = evaluator.import_module(alias.name);
      imported_[alias.asname.empty() ? top : alias.asname] =
          Value(alias.asname.empty() ? evaluator.import_module(top) : module);
    }
    return;
  }
  const auto* from = py::as<py::ImportFrom>(&node);
  std::string base = from->module;
  if (from->level > 0) {
    std::string package = function_.module->name;
    const int up = from->level - (function_.module->is_package ? 1 : 0);
    for (int i = 0; i < up; ++i)
      package = package.substr(0, package.rfind('.') == std::string::npos ? 0 : package.rfind('.'));
    base = package + (package.empty() || base.empty() ? "" : ".") + base;
  }
  const Value module(evaluator.import_module(base));
  for (const py::Alias& alias : from->names) {
    imported_[alias.asname.empty() ? alias.name : alias.asname] = evaluator.get_attribute(module, alias.name);
  }
}

}  // namespace scriptc::torch_backend
