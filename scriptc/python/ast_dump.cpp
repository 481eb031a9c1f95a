#include <array>

#include "scriptc/python/literal_text.h"
#include "scriptc/python/parser.h"

namespace scriptc::python {
namespace {

constexpr std::array kContexts = {"Load()", "Store()", "Del()"};
constexpr std::array kBoolOperators = {"And()", "Or()"};
constexpr std::array kBinaryOperators = {"Add()",    "Sub()",    "Mult()",    "MatMult()", "Div()",
                                         "Mod()",    "Pow()",    "LShift()",  "RShift()",  "BitOr()",
                                         "BitXor()", "BitAnd()", "FloorDiv()"};
constexpr std::array kUnaryOperators = {"Invert()", "Not()", "UAdd()", "USub()"};
constexpr std::array kCompareOperators = {"Eq()",  "NotEq()", "Lt()",    "LtE()", "Gt()",
                                          "GtE()", "Is()",    "IsNot()", "In()",  "NotIn()"};

template <class Names, class Enum>
const char* name_of(const Names& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

/// Writes nodes as `Class(field=…, …)`. Trees are capped in height by the parser, so it may recurse.
class Dumper {
 public:
  explicit Dumper(bool attributes) : attributes_(attributes) {}

  std::string module(const ModuleNode& node) {
    open("Module");
    field("body", node.body);
    key("type_ignores");
    out_ += "[]";
    out_ += ')';
    return std::move(out_);
  }

 private:
  void open(const char* name) {
    out_ += name;
    out_ += '(';
    first_ = true;
  }
  void close() {
    out_ += ')';
    first_ = false;
  }
  void close(const Span& span) {
    if (attributes_) {
      number("lineno", span.line);
      number("col_offset", span.column);
      number("end_lineno", span.end_line);
      number("end_col_offset", span.end_column);
    }
    close();
  }
  void key(const char* name) {
    if (!first_) out_ += ", ";
    first_ = false;
    out_ += name;
    out_ += '=';
  }
  void number(const char* name, int value) {
    key(name);
    out_ += std::to_string(value);
  }
  void raw(const char* name, const char* value) {
    key(name);
    out_ += value;
  }
  void text(const char* name, const std::string& value) {
    key(name);
    out_ += string_repr(value);
  }
  void optional_text(const char* name, const std::string& value) {
    if (!value.empty()) text(name, value);
  }
  void texts(const char* name, const std::vector<std::string>& values) {
    list(name, values, [this](const std::string& value) { out_ += string_repr(value); });
  }

  template <class List, class Write>
  void list(const char* name, const List& items, Write write) {
    key(name);
    out_ += '[';
    bool separate = false;
    for (const auto& item : items) {
      if (separate) out_ += ", ";
      separate = true;
      write(item);
    }
    out_ += ']';
    first_ = false;
  }
  void field(const char* name, const ExprPtr& expr) {
    if (!expr) return;
    key(name);
    write(*expr);
  }
  void field(const char* name, const PatternPtr& pattern) {
    if (!pattern) return;
    key(name);
    write(*pattern);
  }
  void field(const char* name, const ExprList& items) {
    list(name, items, [this](const ExprPtr& expr) { expr ? write(*expr) : void(out_ += "None"); });
  }
  void field(const char* name, const StmtList& items) {
    list(name, items, [this](const StmtPtr& stmt) { write(*stmt); });
  }
  void field(const char* name, const PatternList& items) {
    list(name, items, [this](const PatternPtr& pattern) { write(*pattern); });
  }
  void field(const char* name, const std::vector<Comprehension>& items) {
    list(name, items, [this](const Comprehension& item) {
      open("comprehension");
      field("target", item.target);
      field("iter", item.iter);
      field("ifs", item.ifs);
      number("is_async", item.is_async ? 1 : 0);
      close();
    });
  }
  void field(const char* name, const std::vector<Keyword>& items) {
    list(name, items, [this](const Keyword& item) {
      open("keyword");
      optional_text("arg", item.arg);
      field("value", item.value);
      close(item.span);
    });
  }
  void field(const char* name, const std::vector<Alias>& items) {
    list(name, items, [this](const Alias& item) {
      open("alias");
      text("name", item.name);
      optional_text("asname", item.asname);
      close(item.span);
    });
  }
  void field(const char* name, const std::vector<Parameter>& items) {
    list(name, items, [this](const Parameter& item) { write(item); });
  }
  void field(const char* name, const std::shared_ptr<const Parameter>& item) {
    if (!item) return;
    key(name);
    write(*item);
  }

  void write(const Parameter& parameter) {
    open("arg");
    text("arg", parameter.arg);
    field("annotation", parameter.annotation);
    close(parameter.span);
  }
  void write(const char* name, const Arguments& arguments) {
    key(name);
    open("arguments");
    field("posonlyargs", arguments.posonlyargs);
    field("args", arguments.args);
    field("vararg", arguments.vararg);
    field("kwonlyargs", arguments.kwonlyargs);
    field("kw_defaults", arguments.kw_defaults);
    field("kwarg", arguments.kwarg);
    field("defaults", arguments.defaults);
    close();
  }

  void write(const Expr& expr);
  void write_operator(const Expr& expr);
  void write_leaf(const Expr& expr);
  void write_comprehension(const Expr& expr);
  void write_collection(const Expr& expr);
  void write(const Stmt& stmt);
  void write_simple(const Stmt& stmt);
  void write_function(const FunctionDef& node);
  void write_class(const ClassDef& node);
  void write_for(const For& node);
  void write_with(const With& node);
  void write_match(const Match& node);
  void write_try(const Try& node);
  void write(const Pattern& pattern);

  std::string out_;
  bool attributes_;
  bool first_ = true;
};

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

void Dumper::write(const Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::FunctionDef:
      write_function(static_cast<const FunctionDef&>(stmt));
      break;
    case StmtKind::ClassDef:
      write_class(static_cast<const ClassDef&>(stmt));
      break;
    case StmtKind::For:
      write_for(static_cast<const For&>(stmt));
      break;
    case StmtKind::With:
      write_with(static_cast<const With&>(stmt));
      break;
    case StmtKind::Match:
      write_match(static_cast<const Match&>(stmt));
      break;
    case StmtKind::Try:
      write_try(static_cast<const Try&>(stmt));
      break;
    case StmtKind::While: {
      const auto& node = static_cast<const While&>(stmt);
      open("While");
      field("test", node.test);
      field("body", node.body);
      field("orelse", node.orelse);
      break;
    }
    case StmtKind::If: {
      const auto& node = static_cast<const If&>(stmt);
      open("If");
      field("test", node.test);
      field("body", node.body);
      field("orelse", node.orelse);
      break;
    }
    default:
      write_simple(stmt);
      break;
  }
  close(stmt.span);
}

void Dumper::write_simple(const Stmt& stmt) {
  if (const auto* expr = as<ExprStmt>(&stmt)) {
    open("Expr");
    field("value", expr->value);
  } else if (const auto* ret = as<Return>(&stmt)) {
    open("Return");
    field("value", ret->value);
  } else if (const auto* del = as<Delete>(&stmt)) {
    open("Delete");
    field("targets", del->targets);
  } else if (const auto* assign = as<Assign>(&stmt)) {
    open("Assign");
    field("targets", assign->targets);
    field("value", assign->value);
  } else if (const auto* augmented = as<AugAssign>(&stmt)) {
    open("AugAssign");
    field("target", augmented->target);
    raw("op", name_of(kBinaryOperators, augmented->op));
    field("value", augmented->value);
  } else if (const auto* annotated = as<AnnAssign>(&stmt)) {
    open("AnnAssign");
    field("target", annotated->target);
    field("annotation", annotated->annotation);
    field("value", annotated->value);
    number("simple", annotated->simple ? 1 : 0);
  } else if (const auto* raise = as<Raise>(&stmt)) {
    open("Raise");
    field("exc", raise->exc);
    field("cause", raise->cause);
  } else if (const auto* assertion = as<Assert>(&stmt)) {
    open("Assert");
    field("test", assertion->test);
    field("msg", assertion->msg);
  } else if (const auto* import = as<Import>(&stmt)) {
    open("Import");
    field("names", import->names);
  } else if (const auto* from = as<ImportFrom>(&stmt)) {
    open("ImportFrom");
    optional_text("module", from->module);
    field("names", from->names);
    number("level", from->level);
  } else if (const auto* global = as<Global>(&stmt)) {
    open("Global");
    texts("names", global->names);
  } else if (const auto* nonlocal = as<Nonlocal>(&stmt)) {
    open("Nonlocal");
    texts("names", nonlocal->names);
  } else {
    open(stmt.kind == StmtKind::Pass ? "Pass" : stmt.kind == StmtKind::Break ? "Break" : "Continue");
  }
}

void Dumper::write_function(const FunctionDef& node) {
  open(node.is_async ? "AsyncFunctionDef" : "FunctionDef");
  text("name", node.name);
  write("args", *node.args);
  field("body", node.body);
  field("decorator_list", node.decorator_list);
  field("returns", node.returns);
}

void Dumper::write_class(const ClassDef& node) {
  open("ClassDef");
  text("name", node.name);
  field("bases", node.bases);
  field("keywords", node.keywords);
  field("body", node.body);
  field("decorator_list", node.decorator_list);
}

void Dumper::write_for(const For& node) {
  open(node.is_async ? "AsyncFor" : "For");
  field("target", node.target);
  field("iter", node.iter);
  field("body", node.body);
  field("orelse", node.orelse);
}

void Dumper::write_with(const With& node) {
  open(node.is_async ? "AsyncWith" : "With");
  list("items", node.items, [this](const WithItem& item) {
    open("withitem");
    field("context_expr", item.context_expr);
    field("optional_vars", item.optional_vars);
    close();
  });
  field("body", node.body);
}

void Dumper::write_match(const Match& node) {
  open("Match");
  field("subject", node.subject);
  list("cases", node.cases, [this](const MatchCase& item) {
    open("match_case");
    field("pattern", item.pattern);
    field("guard", item.guard);
    field("body", item.body);
    close();
  });
}

void Dumper::write_try(const Try& node) {
  open(node.is_star ? "TryStar" : "Try");
  field("body", node.body);
  list("handlers", node.handlers, [this](const ExceptHandler& handler) {
    open("ExceptHandler");
    field("type", handler.type);
    optional_text("name", handler.name);
    field("body", handler.body);
    close(handler.span);
  });
  field("orelse", node.orelse);
  field("finalbody", node.finalbody);
}

void Dumper::write(const Pattern& pattern) {
  if (const auto* value = as<MatchValue>(&pattern)) {
    open("MatchValue");
    field("value", value->value);
  } else if (const auto* singleton = as<MatchSingleton>(&pattern)) {
    open("MatchSingleton");
    key("value");
    out_ += constant_repr(singleton->value);
  } else if (const auto* sequence = as<MatchSequence>(&pattern)) {
    open("MatchSequence");
    field("patterns", sequence->patterns);
  } else if (const auto* mapping = as<MatchMapping>(&pattern)) {
    open("MatchMapping");
    field("keys", mapping->keys);
    field("patterns", mapping->patterns);
    optional_text("rest", mapping->rest);
  } else if (const auto* cls = as<MatchClass>(&pattern)) {
    open("MatchClass");
    field("cls", cls->cls);
    field("patterns", cls->patterns);
    texts("kwd_attrs", cls->kwd_attrs);
    field("kwd_patterns", cls->kwd_patterns);
  } else if (const auto* star = as<MatchStar>(&pattern)) {
    open("MatchStar");
    optional_text("name", star->name);
  } else if (const auto* capture = as<MatchAs>(&pattern)) {
    open("MatchAs");
    field("pattern", capture->pattern);
    optional_text("name", capture->name);
  } else if (const auto* choice = as<MatchOr>(&pattern)) {
    open("MatchOr");
    field("patterns", choice->patterns);
  }
  close(pattern.span);
}

}  // namespace

std::string ast_dump(const ModuleNode& module, bool include_attributes) {
  return Dumper(include_attributes).module(module);
}

}  // namespace scriptc::python
