#include "scriptc/python/parser_scopes.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "scriptc/python/ast_children.h"

namespace scriptc::python {
namespace {

/// Where a piece of code stands.
struct Place {
  enum class Scope { module, cls, function };
  Scope scope = Scope::module;
  bool is_async = false;
  bool in_loop = false;
  bool in_except_star = false;
  const Arguments* arguments = nullptr;
};

std::vector<const Parameter*> all_parameters(const Arguments& arguments) {
  std::vector<const Parameter*> all;
  for (const Parameter& parameter : arguments.posonlyargs) all.push_back(&parameter);
  for (const Parameter& parameter : arguments.args) all.push_back(&parameter);
  if (arguments.vararg) all.push_back(arguments.vararg.get());
  for (const Parameter& parameter : arguments.kwonlyargs) all.push_back(&parameter);
  if (arguments.kwarg) all.push_back(arguments.kwarg.get());
  return all;
}

class ScopeChecker {
 public:
  explicit ScopeChecker(const Source& source) : source_(source) {}

  void check(const StmtList& body, const Place& place) {
    for (const StmtPtr& stmt : body) check(*stmt, place);
  }

 private:
  [[noreturn]] void fail(const Span& span, const std::string& sentence) const {
    throw error_at(ErrorKind::bad_input, source_, span, sentence);
  }

  void check(const Stmt& stmt, const Place& place);
  void check_simple(const Stmt& stmt, const Place& place);
  void check_function(const FunctionDef& node, const Place& place);
  void check_class(const ClassDef& node, const Place& place);
  void check_for(const For& node, const Place& place);
  void check_with(const With& node, const Place& place);
  void check_try(const Try& node, const Place& place);
  void check_match(const Match& node, const Place& place);
  void check_jump(const Stmt& stmt, const Place& place) const;
  void check_declaration(const std::vector<std::string>& names, const char* kind, const Span& span,
                         const Place& place) const;
  void check_parameters(const Arguments& arguments, const Place& place);
  void check_keywords(const std::vector<Keyword>& keywords) const;

  void check(const ExprPtr& expr, const Place& place);
  void check_elements(const ExprList& elements, ExprContext context, const Place& place);
  void check_all(const ExprList& list, const Place& place) { check_elements(list, ExprContext::Load, place); }
  void check_nested(const Expr& expr, const Place& place);
  void check_comprehensions(const Expr& expr, const std::vector<Comprehension>& generators, const Place& place);

  const Source& source_;
};

void ScopeChecker::check(const Stmt& stmt, const Place& place) {
  Place loop = place;
  loop.in_loop = true;
  loop.in_except_star = false;
  switch (stmt.kind) {
    case StmtKind::FunctionDef:
      return check_function(static_cast<const FunctionDef&>(stmt), place);
    case StmtKind::ClassDef:
      return check_class(static_cast<const ClassDef&>(stmt), place);
    case StmtKind::For:
      return check_for(static_cast<const For&>(stmt), place);
    case StmtKind::With:
      return check_with(static_cast<const With&>(stmt), place);
    case StmtKind::Try:
      return check_try(static_cast<const Try&>(stmt), place);
    case StmtKind::Match:
      return check_match(static_cast<const Match&>(stmt), place);
    case StmtKind::While: {
      const auto& node = static_cast<const While&>(stmt);
      check(node.test, place);
      check(node.body, loop);
      return check(node.orelse, place);
    }
    case StmtKind::If: {
      const auto& node = static_cast<const If&>(stmt);
      check(node.test, place);
      check(node.body, place);
      return check(node.orelse, place);
    }
    case StmtKind::Break:
    case StmtKind::Continue:
      return check_jump(stmt, place);
    default:
      return check_simple(stmt, place);
  }
}

void ScopeChecker::check_jump(const Stmt& stmt, const Place& place) const {
  if (place.in_except_star) fail(stmt.span, "'break', 'continue' and 'return' cannot appear in an except* block");
  if (place.in_loop) return;
  fail(stmt.span, stmt.kind == StmtKind::Break ? "'break' outside loop" : "'continue' not properly in loop");
}

void ScopeChecker::check_simple(const Stmt& stmt, const Place& place) {
  if (const auto* expr = as<ExprStmt>(&stmt)) {
    check(expr->value, place);
  } else if (const auto* ret = as<Return>(&stmt)) {
    if (place.scope != Place::Scope::function) fail(stmt.span, "'return' outside function");
    if (place.in_except_star) fail(stmt.span, "'break', 'continue' and 'return' cannot appear in an except* block");
    check(ret->value, place);
  } else if (const auto* assign = as<Assign>(&stmt)) {
    for (const ExprPtr& target : assign->targets) check(target, place);
    check(assign->value, place);
  } else if (const auto* augmented = as<AugAssign>(&stmt)) {
    check(augmented->target, place);
    check(augmented->value, place);
  } else if (const auto* annotated = as<AnnAssign>(&stmt)) {
    check(annotated->target, place);
    check(annotated->annotation, place);
    check(annotated->value, place);
  } else if (const auto* raise = as<Raise>(&stmt)) {
    check(raise->exc, place);
    check(raise->cause, place);
  } else if (const auto* assertion = as<Assert>(&stmt)) {
    check(assertion->test, place);
    check(assertion->msg, place);
  } else if (const auto* from = as<ImportFrom>(&stmt)) {
    if (from->names.front().name == "*" && place.scope != Place::Scope::module)
      fail(stmt.span, "import * only allowed at module level");
  } else if (const auto* global = as<Global>(&stmt)) {
    check_declaration(global->names, "global", stmt.span, place);
  } else if (const auto* nonlocal = as<Nonlocal>(&stmt)) {
    if (place.scope == Place::Scope::module) fail(stmt.span, "nonlocal declaration not allowed at module level");
    check_declaration(nonlocal->names, "nonlocal", stmt.span, place);
  }
}

void ScopeChecker::check_declaration(const std::vector<std::string>& names, const char* kind, const Span& span,
                                     const Place& place) const {
  if (place.arguments == nullptr) return;
  for (const Parameter* parameter : all_parameters(*place.arguments)) {
    if (std::find(names.begin(), names.end(), parameter->arg) != names.end())
      fail(span, "name '" + parameter->arg + "' is parameter and " + kind);
  }
}

void ScopeChecker::check_parameters(const Arguments& arguments, const Place& place) {
  std::set<std::string_view> seen;
  for (const Parameter* parameter : all_parameters(arguments)) {
    if (!seen.insert(parameter->arg).second)
      fail(parameter->span, "duplicate argument '" + parameter->arg + "' in function definition");
    const auto* starred = as<Starred>(parameter->annotation);
    check(starred != nullptr ? starred->value : parameter->annotation, place);
  }
  for (const ExprPtr& value : arguments.kw_defaults) check(value, place);
  for (const ExprPtr& value : arguments.defaults) check(value, place);
}

void ScopeChecker::check_function(const FunctionDef& node, const Place& place) {
  for (const ExprPtr& decorator : node.decorator_list) check(decorator, place);
  check_parameters(*node.args, place);
  check(node.returns, place);
  Place inside;
  inside.scope = Place::Scope::function;
  inside.is_async = node.is_async;
  inside.arguments = node.args.get();
  check(node.body, inside);
}

void ScopeChecker::check_class(const ClassDef& node, const Place& place) {
  for (const ExprPtr& decorator : node.decorator_list) check(decorator, place);
  check_all(node.bases, place);
  check_keywords(node.keywords);
  for (const Keyword& keyword : node.keywords) check(keyword.value, place);
  Place inside;
  inside.scope = Place::Scope::cls;
  check(node.body, inside);
}

void ScopeChecker::check_keywords(const std::vector<Keyword>& keywords) const {
  std::set<std::string_view> seen;
  for (const Keyword& keyword : keywords)
    if (!keyword.arg.empty() && !seen.insert(keyword.arg).second)
      fail(keyword.span, "keyword argument repeated: " + keyword.arg);
}

void ScopeChecker::check_for(const For& node, const Place& place) {
  if (node.is_async && !place.is_async) fail(node.span, "'async for' outside async function");
  check(node.target, place);
  check(node.iter, place);
  Place loop = place;
  loop.in_loop = true;
  loop.in_except_star = false;
  check(node.body, loop);
  check(node.orelse, place);
}

void ScopeChecker::check_with(const With& node, const Place& place) {
  if (node.is_async && !place.is_async) fail(node.span, "'async with' outside async function");
  for (const WithItem& item : node.items) {
    check(item.context_expr, place);
    check(item.optional_vars, place);
  }
  check(node.body, place);
}

void ScopeChecker::check_try(const Try& node, const Place& place) {
  check(node.body, place);
  Place inside = place;
  inside.in_except_star = node.is_star || place.in_except_star;
  for (const ExceptHandler& handler : node.handlers) {
    if (!handler.type && &handler != &node.handlers.back()) fail(handler.span, "default 'except:' must be last");
    check(handler.type, place);
    check(handler.body, inside);
  }
  check(node.orelse, place);
  check(node.finalbody, place);
}

void ScopeChecker::check_match(const Match& node, const Place& place) {
  check(node.subject, place);
  for (const MatchCase& item : node.cases) {
    const auto* capture =
        item.pattern->kind == PatternKind::MatchAs ? static_cast<const MatchAs*>(item.pattern.get()) : nullptr;
    if (capture != nullptr && !capture->pattern && !item.guard && &item != &node.cases.back()) {
      fail(capture->span, capture->name.empty()
                              ? "wildcard makes remaining patterns unreachable"
                              : "name capture '" + capture->name + "' makes remaining patterns unreachable");
    }
    check(item.guard, place);
    check(item.body, place);
  }
}

/// An expression where a star has nothing to be unpacked into.
void ScopeChecker::check(const ExprPtr& expr, const Place& place) {
  if (!expr) return;
  if (const auto* starred = as<Starred>(expr)) {
    fail(expr->span, starred->ctx == ExprContext::Store ? "starred assignment target must be in a list or tuple"
                                                        : "can't use starred expression here");
  }
  check_nested(*expr, place);
}

/// The elements of a sequence, where stars may stand: one of them in a target.
void ScopeChecker::check_elements(const ExprList& elements, ExprContext context, const Place& place) {
  bool starred_before = false;
  for (const ExprPtr& element : elements) {
    const auto* starred = as<Starred>(element);
    if (starred != nullptr && context == ExprContext::Store && std::exchange(starred_before, true))
      fail(element->span, "multiple starred expressions in assignment");
    check(starred != nullptr ? starred->value : element, place);
  }
}

void ScopeChecker::check_comprehensions(const Expr& expr, const std::vector<Comprehension>& generators,
                                        const Place& place) {
  for (const Comprehension& generator : generators) {
    const bool allowed = place.is_async || expr.kind == ExprKind::GeneratorExp;
    if (generator.is_async && !allowed)
      fail(expr.span, "asynchronous comprehension outside of an asynchronous function");
  }
  // What stands inside is a function of its own, but for `yield`, which it may not have. A generator that awaits is an
  // asynchronous one wherever it stands.
  Place inside = place;
  if (expr.kind == ExprKind::GeneratorExp) {
    inside.scope = Place::Scope::function;
    inside.is_async = true;
  }
  for_each_child(expr, [&](const ExprPtr& child) {
    if (as<Yield>(child) != nullptr || as<YieldFrom>(child) != nullptr) {
      const char* kind = expr.kind == ExprKind::ListComp   ? "list comprehension"
                         : expr.kind == ExprKind::SetComp  ? "set comprehension"
                         : expr.kind == ExprKind::DictComp ? "dict comprehension"
                                                           : "generator expression";
      fail(child->span, std::string("'yield' inside ") + kind);
    }
    check(child, inside);
  });
}

void ScopeChecker::check_nested(const Expr& expr, const Place& place) {
  switch (expr.kind) {
    case ExprKind::TupleExpr: {
      const auto& node = static_cast<const TupleExpr&>(expr);
      return check_elements(node.elts, node.ctx, place);
    }
    case ExprKind::ListExpr: {
      const auto& node = static_cast<const ListExpr&>(expr);
      return check_elements(node.elts, node.ctx, place);
    }
    case ExprKind::SetExpr:
      return check_all(static_cast<const SetExpr&>(expr).elts, place);
    case ExprKind::Call: {
      const auto& node = static_cast<const Call&>(expr);
      check(node.func, place);
      check_all(node.args, place);
      check_keywords(node.keywords);
      for (const Keyword& keyword : node.keywords) check(keyword.value, place);
      return;
    }
    case ExprKind::Lambda: {
      const auto& node = static_cast<const Lambda&>(expr);
      check_parameters(*node.args, place);
      Place inside;
      inside.scope = Place::Scope::function;
      return check(node.body, inside);
    }
    case ExprKind::ListComp:
      return check_comprehensions(expr, static_cast<const ListComp&>(expr).generators, place);
    case ExprKind::SetComp:
      return check_comprehensions(expr, static_cast<const SetComp&>(expr).generators, place);
    case ExprKind::DictComp:
      return check_comprehensions(expr, static_cast<const DictComp&>(expr).generators, place);
    case ExprKind::GeneratorExp:
      return check_comprehensions(expr, static_cast<const GeneratorExp&>(expr).generators, place);
    case ExprKind::Yield:
    case ExprKind::YieldFrom:
      if (place.scope != Place::Scope::function) fail(expr.span, "'yield' outside function");
      if (expr.kind == ExprKind::YieldFrom && place.is_async) fail(expr.span, "'yield from' inside async function");
      break;
    case ExprKind::Await:
      if (place.scope != Place::Scope::function) fail(expr.span, "'await' outside function");
      if (!place.is_async) fail(expr.span, "'await' outside async function");
      break;
    default:
      break;
  }
  for_each_child(expr, [&](const ExprPtr& child) { check(child, place); });
}

}  // namespace

void check_scopes(const ModuleNode& module) { ScopeChecker(*module.source).check(module.body, Place{}); }

}  // namespace scriptc::python
