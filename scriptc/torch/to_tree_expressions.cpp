#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "scriptc/model/text.h"
#include "scriptc/torch/sugared_values.h"
#include "scriptc/torch/to_tree.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

using py::BinaryOperator;
using py::CompareOperator;
using py::ExprKind;

}  // namespace

int token_of(py::BinaryOperator op) {
  switch (op) {
    case BinaryOperator::Add:
      return '+';
    case BinaryOperator::Sub:
      return '-';
    case BinaryOperator::Mult:
      return '*';
    case BinaryOperator::MatMult:
      return '@';
    case BinaryOperator::Div:
      return '/';
    case BinaryOperator::Mod:
      return '%';
    case BinaryOperator::Pow:
      return jit::TK_POW;
    case BinaryOperator::LShift:
      return jit::TK_LSHIFT;
    case BinaryOperator::RShift:
      return jit::TK_RSHIFT;
    case BinaryOperator::BitOr:
      return '|';
    case BinaryOperator::BitXor:
      return '^';
    case BinaryOperator::BitAnd:
      return '&';
    case BinaryOperator::FloorDiv:
      return jit::TK_FLOOR_DIV;
  }
  return 0;
}

namespace {

int token_of(CompareOperator op) {
  switch (op) {
    case CompareOperator::Eq:
      return jit::TK_EQ;
    case CompareOperator::NotEq:
      return jit::TK_NE;
    case CompareOperator::Lt:
      return '<';
    case CompareOperator::LtE:
      return jit::TK_LE;
    case CompareOperator::Gt:
      return '>';
    case CompareOperator::GtE:
      return jit::TK_GE;
    case CompareOperator::Is:
      return jit::TK_IS;
    case CompareOperator::IsNot:
      return jit::TK_ISNOT;
    case CompareOperator::In:
    case CompareOperator::NotIn:
      return jit::TK_IN;
  }
  return 0;
}

}  // namespace

bool has_star(const py::ExprList& items) {
  return std::any_of(items.begin(), items.end(),
                     [](const py::ExprPtr& item) { return item->kind == ExprKind::Starred; });
}

std::vector<jit::Expr> TreeBuilder::expressions(const py::ExprList& nodes) {
  std::vector<Expr> result;
  for (const py::ExprPtr& node : nodes) result.push_back(expression(node));
  return result;
}

jit::List<jit::Expr> TreeBuilder::list(const py::Span& span, const py::ExprList& nodes) {
  return jit::List<Expr>::create(range(span), expressions(nodes));
}

jit::Expr TreeBuilder::expression(const py::ExprPtr& expr) {
  const Range at = range(expr->span);
  switch (expr->kind) {
    case ExprKind::Constant:
      return constant(*py::as<py::Constant>(expr));
    case ExprKind::Name:
      return name(*py::as<py::Name>(expr));
    case ExprKind::Resolved:
      return value(*py::as<py::Resolved>(expr));
    case ExprKind::Attribute:
      return attribute(*py::as<py::Attribute>(expr));
    case ExprKind::Call:
      return call(*py::as<py::Call>(expr));
    case ExprKind::Compare:
      return compare(*py::as<py::Compare>(expr));
    case ExprKind::Subscript:
      return subscript(*py::as<py::Subscript>(expr));
    case ExprKind::Slice:
      return slice(*py::as<py::Slice>(expr));
    case ExprKind::JoinedStr:
      return joined(*py::as<py::JoinedStr>(expr));
    case ExprKind::NamedExpr:
      return walrus(*py::as<py::NamedExpr>(expr));
    case ExprKind::DictExpr:
      return dictionary(*py::as<py::DictExpr>(expr));
    case ExprKind::BoolOp:
      return boolean(*py::as<py::BoolOp>(expr));
    case ExprKind::UnaryOp:
      return unary(*py::as<py::UnaryOp>(expr));
    case ExprKind::BinOp: {
      const auto* node = py::as<py::BinOp>(expr);
      const auto* left = py::as<py::Name>(node->left);
      Expr right = operand(node->right);
      if (left && node->op == py::BinaryOperator::Add) right = checked_item(left->id, right, true, std::nullopt);
      return binary(expr->span, node->op, node->right, operand(node->left), right);
    }
    case ExprKind::IfExp:
      return ternary(*py::as<py::IfExp>(expr));
    case ExprKind::ListExpr: {
      const auto* node = py::as<py::ListExpr>(expr);
      const auto items = list(expr->span, node->elts);
      // `[n, c] = x.shape` assigns as a tuple does.
      if (node->ctx == py::ExprContext::Store) return jit::TupleLiteral::create(at, items);
      return jit::ListLiteral::create(at, items);
    }
    case ExprKind::TupleExpr:
      return jit::TupleLiteral::create(at, list(expr->span, py::as<py::TupleExpr>(expr)->elts));
    case ExprKind::Starred:
      return jit::Starred::create(at, expression(py::as<py::Starred>(expr)->value));
    case ExprKind::ListComp: {
      const auto* node = py::as<py::ListComp>(expr);
      return comprehension(expr->span, node->elt, nullptr, node->generators);
    }
    case ExprKind::GeneratorExp: {
      const auto* node = py::as<py::GeneratorExp>(expr);
      return comprehension(expr->span, node->elt, nullptr, node->generators);
    }
    case ExprKind::DictComp: {
      const auto* node = py::as<py::DictComp>(expr);
      return comprehension(expr->span, node->key, node->value, node->generators);
    }
    case ExprKind::SetExpr:
    case ExprKind::SetComp:
      return refuse(expr->span, "sets are not supported in a compiled method", "use a list");
    case ExprKind::Lambda:
      return refuse(expr->span, "a lambda that is not called directly is not supported in a compiled method",
                    "make it a function of the module");
    case ExprKind::Await:
    case ExprKind::Yield:
    case ExprKind::YieldFrom:
      return refuse(expr->span, "'yield' and 'await' are not supported in a compiled method", "return a list");
    case ExprKind::FormattedValue:
      break;
  }
  return refuse(expr->span, "this expression is not supported in a compiled method");
}

jit::Expr TreeBuilder::constant(const py::Constant& node) {
  const Range at = range(node.span);
  if (std::holds_alternative<py::NoneLiteral>(node.value)) return keyword(at, jit::TK_NONE);
  if (std::holds_alternative<py::EllipsisLiteral>(node.value)) return jit::Dots::create(at);
  if (const auto* b = std::get_if<bool>(&node.value)) return literal(node.span, Value(*b));
  if (const auto* i = std::get_if<std::int64_t>(&node.value)) return literal(node.span, Value(*i));
  if (const auto* f = std::get_if<double>(&node.value)) return literal(node.span, Value(*f));
  if (const auto* s = std::get_if<std::string>(&node.value)) return literal(node.span, Value(*s));
  if (const auto* c = std::get_if<std::complex<double>>(&node.value)) {
    return jit::Const::create(at, repr(Value(c->imag())) + "j");
  }
  if (std::holds_alternative<py::BigInt>(node.value)) {
    return refuse(node.span, "this integer does not fit into 64 bits");
  }
  return refuse(node.span, "bytes are not supported in a compiled method", "use a str or a Tensor");
}

jit::Expr TreeBuilder::name(const py::Name& node) {
  const bool is_local = locals_.contains(node.id) || comprehension_names_.contains(node.id);
  if (is_local && !imported_.contains(node.id)) return variable(range(node.span), node.id);
  std::optional<Value> found;
  if (const auto import = imported_.find(node.id); import != imported_.end()) {
    found = import->second;
  } else {
    found = compiler_.evaluator().try_resolve(function_, node.id);
  }
  if (!found) return variable(range(node.span), node.id);
  return known(node.span, *found);
}

jit::Expr TreeBuilder::known(const py::Span& span, const Value& value) {
  if (const std::optional<std::string> builtin = builtin_name(value)) return variable(range(span), *builtin);
  return literal(span, value);
}

jit::Expr TreeBuilder::value(const py::Resolved& node) { return known(node.span, node.value); }

jit::Expr TreeBuilder::attribute(const py::Attribute& node) {
  const std::optional<Value> base = value_of(node.value);
  if (base && base->is_object() && !base->try_as<Module>()) {
    if (const auto found = compiler_.evaluator().try_get_attribute(*base, node.attr)) return known(node.span, *found);
    if (base->try_as<py::PyModule>() || base->try_as<py::PyClass>()) {
      try {
        compiler_.evaluator().get_attribute(*base, node.attr);
      } catch (const Error& error) {
        return refuse(node.span, error.message());
      }
    }
  }
  const Range at = range(node.span);
  return jit::Select::create(at, operand(node.value), jit::Ident::create(at, node.attr));
}

jit::Expr TreeBuilder::boolean(const py::BoolOp& node) {
  std::vector<Stmt>* const outer = hoisted_;
  Expr result = expression(node.values.front());
  hoisted_ = nullptr;  // what stands behind 'and' need not be evaluated
  for (std::size_t i = 1; i < node.values.size(); ++i) {
    const int token = node.op == py::BoolOperator::And ? jit::TK_AND : jit::TK_OR;
    result = jit::BinOp::create(range(node.span), token, result, expression(node.values[i]));
  }
  hoisted_ = outer;
  return result;
}

jit::Expr TreeBuilder::unary(const py::UnaryOp& node) {
  const Expr value = node.op == py::UnaryOperator::Not ? expression(node.operand) : operand(node.operand);
  switch (node.op) {
    case py::UnaryOperator::UAdd:
      return value;
    case py::UnaryOperator::Not:
      return jit::UnaryOp::create(range(node.span), jit::TK_NOT, value);
    case py::UnaryOperator::USub:
      return jit::UnaryOp::create(range(node.span), jit::TK_UNARY_MINUS, value);
    case py::UnaryOperator::Invert:
      return jit::UnaryOp::create(range(node.span), '~', value);
  }
  return value;
}

/// The operator of a BinOp or AugAssign between two operands.
jit::Expr TreeBuilder::binary(const py::Span& span, py::BinaryOperator op, const py::ExprPtr& right_source,
                              const Expr& left, const Expr& right) const {
  const auto call = [&](const Sugared& function) { return apply(span, named(span, function), {left, right}); };
  const auto* negated = py::as<py::UnaryOp>(right_source);
  const bool may_be_int = !negated || negated->op != py::UnaryOperator::USub;
  if (op == py::BinaryOperator::Pow && may_be_int) return call(make_power());
  if (op == py::BinaryOperator::BitOr) return call(make_bitwise(c10::aten::__or__));
  if (op == py::BinaryOperator::BitAnd) return call(make_bitwise(c10::aten::__and__));
  if (op == py::BinaryOperator::BitXor) return call(make_bitwise(c10::aten::__xor__));
  return jit::BinOp::create(range(span), token_of(op), left, right);
}

jit::Expr TreeBuilder::ternary(const py::IfExp& node) {
  const Expr test = expression(node.test);
  std::vector<Stmt>* const outer = hoisted_;
  hoisted_ = nullptr;
  const auto [body, orelse] = branches(node);
  const Expr result = jit::TernaryIf::create(range(node.span), test, body, orelse);
  hoisted_ = outer;
  return result;
}

/// `type(x) is tuple`: what TorchScript has no subclasses of.
std::optional<jit::Expr> TreeBuilder::type_test(const py::Compare& node) {
  static const std::set<std::string> kExact{"builtins.tuple", "builtins.list", "builtins.int",
                                            "builtins.float", "builtins.bool", "builtins.str"};
  const auto* call = py::as<py::Call>(node.left);
  const std::optional<Value> callee = call && call->args.size() == 1 ? value_of(call->func) : std::nullopt;
  if (!callee || qualified_name_of(*callee) != "builtins.type" || node.ops.size() != 1) return std::nullopt;
  const bool is = node.ops[0] == CompareOperator::Is || node.ops[0] == CompareOperator::Eq;
  if (!is && node.ops[0] != CompareOperator::IsNot && node.ops[0] != CompareOperator::NotEq) return std::nullopt;
  const std::optional<Value> cls = value_of(node.comparators[0]);
  if (!cls || !kExact.contains(qualified_name_of(*cls))) return std::nullopt;
  const Expr test = apply(node.span, variable(range(node.span), "isinstance"),
                          {expression(call->args[0]), instance_types(node.comparators[0])});
  return is ? test : Expr(jit::UnaryOp::create(range(node.span), jit::TK_NOT, test));
}

jit::Expr TreeBuilder::compare(const py::Compare& node) {
  if (const std::optional<Expr> test = type_test(node)) return *test;
  const Range at = range(node.span);
  std::optional<Expr> result;
  const auto orders = [](CompareOperator op) {
    return op == CompareOperator::Lt || op == CompareOperator::LtE || op == CompareOperator::Gt ||
           op == CompareOperator::GtE;
  };
  const auto side = [&](const py::ExprPtr& expr, CompareOperator op) {
    return orders(op) ? operand(expr) : expression(expr);
  };
  Expr left = side(node.left, node.ops[0]);
  for (std::size_t i = 0; i < node.ops.size(); ++i) {
    const bool membership = node.ops[i] == CompareOperator::In || node.ops[i] == CompareOperator::NotIn;
    const Expr right = membership ? collection(node.comparators[i]) : side(node.comparators[i], node.ops[i]);
    Expr one = jit::BinOp::create(at, token_of(node.ops[i]), left, right);
    if (node.ops[i] == CompareOperator::NotIn) one = jit::UnaryOp::create(at, jit::TK_NOT, one);
    result = result ? Expr(jit::BinOp::create(at, jit::TK_AND, *result, one)) : one;
    left = right;
  }
  return *result;
}

/// What stands behind 'in': tuples and sets, which TorchScript cannot search, are lists there.
jit::Expr TreeBuilder::collection(const py::ExprPtr& expr) {
  const auto* tuple = py::as<py::TupleExpr>(expr);
  const auto* set = py::as<py::SetExpr>(expr);
  if (!tuple && !set) return expression(expr);
  return jit::ListLiteral::create(range(expr->span), list(expr->span, tuple ? tuple->elts : set->elts));
}

jit::Expr TreeBuilder::slice(const py::Slice& node) {
  const Range at = range(node.span);
  const auto part = [&](const py::ExprPtr& expr) {
    return expr ? jit::Maybe<Expr>::create(at, position(expr)) : jit::Maybe<Expr>::create(at);
  };
  return jit::SliceExpr::create(at, part(node.lower), part(node.upper), part(node.step));
}

jit::Expr TreeBuilder::subscript(const py::Subscript& node) {
  const auto* tuple = py::as<py::TupleExpr>(node.slice);
  const py::ExprList indices = tuple && !tuple->elts.empty() ? tuple->elts : py::ExprList{node.slice};
  std::vector<Expr> positions;
  for (const py::ExprPtr& index : indices) positions.push_back(position(index));
  return jit::Subscript::create(range(node.span), operand(node.value),
                                jit::List<Expr>::create(range(node.slice->span), positions));
}

/// An index, a bound of a slice or of a range. What `.item()` gave has one type for all numbers: there it is an int.
jit::Expr TreeBuilder::position(const py::ExprPtr& expr) {
  const Expr value = expression(expr);
  const bool computed = expr->kind == ExprKind::Name || expr->kind == ExprKind::Call || expr->kind == ExprKind::BinOp ||
                        expr->kind == ExprKind::Subscript;
  return computed && has_items_ ? apply(expr->span, named(expr->span, make_position()), {value}) : value;
}

jit::Expr TreeBuilder::joined(const py::JoinedStr& node) {
  std::string text;
  std::vector<Expr> args;
  for (const py::ExprPtr& part : node.values) {
    if (const auto* value = py::as<py::FormattedValue>(part)) {
      const bool plain = value->conversion == -1 && !value->format_spec;
      if (!plain && !in_message_) {
        return refuse(part->span, "format specifications in f-strings are not supported in a compiled method",
                      "use '{x}' without a conversion or a format");
      }
      text += "{}";
      args.push_back(expression(value->value));
    } else if (const auto* piece = py::as<py::Constant>(part)) {
      if (const auto* s = std::get_if<std::string>(&piece->value)) text += *s;
    }
  }
  if (args.empty()) return literal(node.span, Value(text));
  const Range at = range(node.span);
  const Expr format = jit::Select::create(at, jit::StringLiteral::create(at, text), jit::Ident::create(at, "format"));
  return apply(node.span, format, args);
}

namespace {

void collect_names(const py::ExprPtr& target, std::vector<std::string>& out) {
  if (const auto* name = py::as<py::Name>(target)) out.push_back(name->id);
  if (const auto* tuple = py::as<py::TupleExpr>(target)) {
    for (const py::ExprPtr& item : tuple->elts) collect_names(item, out);
  }
  if (const auto* items = py::as<py::ListExpr>(target)) {
    for (const py::ExprPtr& item : items->elts) collect_names(item, out);
  }
}

}  // namespace

jit::Expr TreeBuilder::comprehension(const py::Span& span, const py::ExprPtr& element, const py::ExprPtr& value,
                                     const std::vector<py::Comprehension>& generators) {
  if (generators.size() != 1 || !generators[0].ifs.empty()) {
    return refuse(span, "a comprehension with more than one 'for', or with 'if', is not supported in a compiled method",
                  "write it as a loop that appends to a list");
  }
  const py::Comprehension& generator = generators[0];
  note_table(generator.target, generator.iter);
  const Expr iterable = expression(generator.iter);
  std::vector<Stmt>* const outer = hoisted_;
  hoisted_ = nullptr;
  std::vector<std::string> names;
  collect_names(generator.target, names);
  for (const std::string& name : names) comprehension_names_.insert(name);
  const Range at = range(span);
  const Expr target = expression(generator.target);
  const Expr result = value ? Expr(jit::DictComp::create(at, expression(element), expression(value), target, iterable))
                            : Expr(jit::ListComp::create(at, expression(element), target, iterable));
  for (const std::string& name : names) comprehension_names_.erase(comprehension_names_.find(name));
  hoisted_ = outer;
  return result;
}

jit::Expr TreeBuilder::walrus(const py::NamedExpr& node) {
  if (!hoisted_) {
    return refuse(node.span, "':=' is not supported here in a compiled method", "assign in a statement of its own");
  }
  const Range at = range(node.span);
  const Expr target = expression(node.target);
  const Expr value = expression(node.value);
  hoisted_->push_back(jit::Assign::create(at, jit::List<Expr>::create(at, {target}),
                                          jit::Maybe<Expr>::create(at, value), jit::Maybe<Expr>::create(at)));
  return target;
}

jit::Expr TreeBuilder::dictionary(const py::DictExpr& node) {
  for (const py::ExprPtr& key : node.keys) {
    if (!key) return refuse(node.span, "'**' in a dict is not supported in a compiled method", "write the keys out");
  }
  for (const py::ExprPtr& key : node.keys) {
    if (py::as<py::TupleExpr>(key))
      return refuse(key->span, "a tuple cannot be a key of a dict in a compiled method",
                    "use an int, a float, a str or a Tensor");
  }
  return jit::DictLiteral::create(range(node.span), list(node.span, node.keys), list(node.span, node.values));
}

}  // namespace scriptc::torch_backend
