#include "scriptc/python/ast_dump_impl.h"

namespace scriptc::python {
namespace {

constexpr std::array kContexts = {"Load()", "Store()", "Del()"};
constexpr std::array kBoolOperators = {"And()", "Or()"};
constexpr std::array kUnaryOperators = {"Invert()", "Not()", "UAdd()", "USub()"};
constexpr std::array kCompareOperators = {"Eq()",  "NotEq()", "Lt()",    "LtE()", "Gt()",
                                          "GtE()", "Is()",    "IsNot()", "In()",  "NotIn()"};

}  // namespace

void Dumper::write(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::ListComp:
    case ExprKind::SetComp:
    case ExprKind::DictComp:
    case ExprKind::GeneratorExp:
      write_comprehension(expr);
      break;
    case ExprKind::DictExpr:
    case ExprKind::SetExpr:
    case ExprKind::ListExpr:
    case ExprKind::TupleExpr:
    case ExprKind::Call:
      write_collection(expr);
      break;
    case ExprKind::Constant:
    case ExprKind::Name:
    case ExprKind::Attribute:
    case ExprKind::Subscript:
    case ExprKind::Starred:
    case ExprKind::Slice:
    case ExprKind::FormattedValue:
    case ExprKind::JoinedStr:
      write_leaf(expr);
      break;
    case ExprKind::Resolved:
      open("Resolved");
      break;
    default:
      write_operator(expr);
      break;
  }
  close(expr.span);
}

void Dumper::write_operator(const Expr& expr) {
  if (const auto* node = as<BoolOp>(&expr)) {
    open("BoolOp");
    raw("op", name_of(kBoolOperators, node->op));
    field("values", node->values);
  } else if (const auto* named = as<NamedExpr>(&expr)) {
    open("NamedExpr");
    field("target", named->target);
    field("value", named->value);
  } else if (const auto* binary = as<BinOp>(&expr)) {
    open("BinOp");
    field("left", binary->left);
    raw("op", name_of(kBinaryOperators, binary->op));
    field("right", binary->right);
  } else if (const auto* unary = as<UnaryOp>(&expr)) {
    open("UnaryOp");
    raw("op", name_of(kUnaryOperators, unary->op));
    field("operand", unary->operand);
  } else if (const auto* lambda = as<Lambda>(&expr)) {
    open("Lambda");
    write("args", *lambda->args);
    field("body", lambda->body);
  } else if (const auto* choice = as<IfExp>(&expr)) {
    open("IfExp");
    field("test", choice->test);
    field("body", choice->body);
    field("orelse", choice->orelse);
  } else if (const auto* await = as<Await>(&expr)) {
    open("Await");
    field("value", await->value);
  } else if (const auto* yield = as<Yield>(&expr)) {
    open("Yield");
    field("value", yield->value);
  } else if (const auto* from = as<YieldFrom>(&expr)) {
    open("YieldFrom");
    field("value", from->value);
  } else if (const auto* compare = as<Compare>(&expr)) {
    open("Compare");
    field("left", compare->left);
    list("ops", compare->ops, [this](CompareOperator op) { out_ += name_of(kCompareOperators, op); });
    field("comparators", compare->comparators);
  }
}

void Dumper::write_comprehension(const Expr& expr) {
  if (const auto* list = as<ListComp>(&expr)) {
    open("ListComp");
    field("elt", list->elt);
    field("generators", list->generators);
  } else if (const auto* set = as<SetComp>(&expr)) {
    open("SetComp");
    field("elt", set->elt);
    field("generators", set->generators);
  } else if (const auto* dict = as<DictComp>(&expr)) {
    open("DictComp");
    field("key", dict->key);
    field("value", dict->value);
    field("generators", dict->generators);
  } else if (const auto* generator = as<GeneratorExp>(&expr)) {
    open("GeneratorExp");
    field("elt", generator->elt);
    field("generators", generator->generators);
  }
}

void Dumper::write_collection(const Expr& expr) {
  if (const auto* dict = as<DictExpr>(&expr)) {
    open("Dict");
    field("keys", dict->keys);
    field("values", dict->values);
  } else if (const auto* set = as<SetExpr>(&expr)) {
    open("Set");
    field("elts", set->elts);
  } else if (const auto* items = as<ListExpr>(&expr)) {
    open("List");
    field("elts", items->elts);
    raw("ctx", name_of(kContexts, items->ctx));
  } else if (const auto* tuple = as<TupleExpr>(&expr)) {
    open("Tuple");
    field("elts", tuple->elts);
    raw("ctx", name_of(kContexts, tuple->ctx));
  } else if (const auto* call = as<Call>(&expr)) {
    open("Call");
    field("func", call->func);
    field("args", call->args);
    field("keywords", call->keywords);
  }
}

void Dumper::write_leaf(const Expr& expr) {
  if (const auto* constant = as<Constant>(&expr)) {
    open("Constant");
    key("value");
    out_ += constant_repr(constant->value);
    optional_text("kind", constant->prefix);
  } else if (const auto* name = as<Name>(&expr)) {
    open("Name");
    text("id", name->id);
    raw("ctx", name_of(kContexts, name->ctx));
  } else if (const auto* attribute = as<Attribute>(&expr)) {
    open("Attribute");
    field("value", attribute->value);
    text("attr", attribute->attr);
    raw("ctx", name_of(kContexts, attribute->ctx));
  } else if (const auto* subscript = as<Subscript>(&expr)) {
    open("Subscript");
    field("value", subscript->value);
    field("slice", subscript->slice);
    raw("ctx", name_of(kContexts, subscript->ctx));
  } else if (const auto* starred = as<Starred>(&expr)) {
    open("Starred");
    field("value", starred->value);
    raw("ctx", name_of(kContexts, starred->ctx));
  } else if (const auto* slice = as<Slice>(&expr)) {
    open("Slice");
    field("lower", slice->lower);
    field("upper", slice->upper);
    field("step", slice->step);
  } else if (const auto* formatted = as<FormattedValue>(&expr)) {
    open("FormattedValue");
    field("value", formatted->value);
    number("conversion", formatted->conversion);
    field("format_spec", formatted->format_spec);
  } else if (const auto* joined = as<JoinedStr>(&expr)) {
    open("JoinedStr");
    field("values", joined->values);
  }
}

std::string ast_dump(const ModuleNode& module, bool include_attributes) {
  return Dumper(include_attributes).module(module);
}

}  // namespace scriptc::python
