#include "scriptc/python/ast_dump_impl.h"

namespace scriptc::python {

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

}  // namespace scriptc::python
