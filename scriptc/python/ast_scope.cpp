#include "scriptc/python/ast_scope.h"

#include "scriptc/python/ast_children.h"

namespace scriptc::python {
namespace {

class Analysis {
 public:
  FunctionInfo info;

  void statements(const StmtList& body) {
    for (const StmtPtr& stmt : body) statement(*stmt);
  }

  /// `in_comprehension`: stored names are the comprehension's own, but `:=` binds outside.
  void expression(const ExprPtr& expr, bool in_comprehension = false) {
    if (!expr) return;
    switch (expr->kind) {
      case ExprKind::Lambda:
        info.makes_closures = true;
        defaults(*static_cast<const Lambda&>(*expr).args);
        return;
      case ExprKind::Yield:
      case ExprKind::YieldFrom:
        info.is_generator = true;
        break;
      case ExprKind::Name: {
        const auto& name = static_cast<const Name&>(*expr);
        if (name.ctx != ExprContext::Load && !in_comprehension) bind(name.id);
        return;
      }
      case ExprKind::NamedExpr: {
        const auto& named = static_cast<const NamedExpr&>(*expr);
        expression(named.target);
        expression(named.value, in_comprehension);
        return;
      }
      case ExprKind::ListComp:
      case ExprKind::SetComp:
      case ExprKind::DictComp:
      case ExprKind::GeneratorExp:
        in_comprehension = true;
        break;
      default:
        break;
    }
    for_each_child(*expr, [&](const ExprPtr& child) { expression(child, in_comprehension); });
  }

 private:
  void bind(const std::string& name) { info.locals.insert(name); }

  void defaults(const Arguments& args) {
    for (const ExprPtr& expr : args.defaults) expression(expr);
    for (const ExprPtr& expr : args.kw_defaults) expression(expr);
  }

  void bind_import(const Alias& alias) {
    bind(alias.asname.empty() ? alias.name.substr(0, alias.name.find('.')) : alias.asname);
  }

  void pattern(const PatternPtr& pattern_ptr) {
    if (!pattern_ptr) return;
    const auto all = [&](const PatternList& list) {
      for (const PatternPtr& p : list) pattern(p);
    };
    if (const auto* sequence = as<MatchSequence>(pattern_ptr)) all(sequence->patterns);
    if (const auto* either = as<MatchOr>(pattern_ptr)) all(either->patterns);
    if (const auto* star = as<MatchStar>(pattern_ptr); star && !star->name.empty()) bind(star->name);
    if (const auto* mapping = as<MatchMapping>(pattern_ptr)) {
      all(mapping->patterns);
      if (!mapping->rest.empty()) bind(mapping->rest);
    }
    if (const auto* cls = as<MatchClass>(pattern_ptr)) {
      all(cls->patterns);
      all(cls->kwd_patterns);
    }
    if (const auto* named = as<MatchAs>(pattern_ptr)) {
      pattern(named->pattern);
      if (!named->name.empty()) bind(named->name);
    }
  }

  void handlers(const Try& node) {
    for (const ExceptHandler& handler : node.handlers) {
      expression(handler.type);
      if (!handler.name.empty()) bind(handler.name);
      statements(handler.body);
    }
  }

  void definition(const std::string& name, const ExprList& decorators) {
    bind(name);
    info.makes_closures = true;
    for (const ExprPtr& decorator : decorators) expression(decorator);
  }

  void statement(const Stmt& stmt);
};

void Analysis::statement(const Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::FunctionDef: {
      const auto& node = static_cast<const FunctionDef&>(stmt);
      definition(node.name, node.decorator_list);
      return defaults(*node.args);
    }
    case StmtKind::ClassDef: {
      const auto& node = static_cast<const ClassDef&>(stmt);
      definition(node.name, node.decorator_list);
      for (const ExprPtr& base : node.bases) expression(base);
      return;
    }
    case StmtKind::Return:
      return expression(static_cast<const Return&>(stmt).value);
    case StmtKind::Delete:
      for (const ExprPtr& target : static_cast<const Delete&>(stmt).targets) expression(target);
      return;
    case StmtKind::Assign: {
      const auto& node = static_cast<const Assign&>(stmt);
      for (const ExprPtr& target : node.targets) expression(target);
      return expression(node.value);
    }
    case StmtKind::AugAssign: {
      const auto& node = static_cast<const AugAssign&>(stmt);
      expression(node.target);
      return expression(node.value);
    }
    case StmtKind::AnnAssign: {
      const auto& node = static_cast<const AnnAssign&>(stmt);
      expression(node.target);
      return expression(node.value);
    }
    case StmtKind::For: {
      const auto& node = static_cast<const For&>(stmt);
      expression(node.target);
      expression(node.iter);
      statements(node.body);
      return statements(node.orelse);
    }
    case StmtKind::While: {
      const auto& node = static_cast<const While&>(stmt);
      expression(node.test);
      statements(node.body);
      return statements(node.orelse);
    }
    case StmtKind::If: {
      const auto& node = static_cast<const If&>(stmt);
      expression(node.test);
      statements(node.body);
      return statements(node.orelse);
    }
    case StmtKind::With: {
      const auto& node = static_cast<const With&>(stmt);
      for (const WithItem& item : node.items) {
        expression(item.context_expr);
        expression(item.optional_vars);
      }
      return statements(node.body);
    }
    case StmtKind::Match: {
      const auto& node = static_cast<const Match&>(stmt);
      expression(node.subject);
      for (const MatchCase& match_case : node.cases) {
        pattern(match_case.pattern);
        expression(match_case.guard);
        statements(match_case.body);
      }
      return;
    }
    case StmtKind::Raise: {
      const auto& node = static_cast<const Raise&>(stmt);
      expression(node.exc);
      return expression(node.cause);
    }
    case StmtKind::Try: {
      const auto& node = static_cast<const Try&>(stmt);
      statements(node.body);
      handlers(node);
      statements(node.orelse);
      return statements(node.finalbody);
    }
    case StmtKind::Assert: {
      const auto& node = static_cast<const Assert&>(stmt);
      expression(node.test);
      return expression(node.msg);
    }
    case StmtKind::Import:
      for (const Alias& alias : static_cast<const Import&>(stmt).names) bind_import(alias);
      return;
    case StmtKind::ImportFrom:
      for (const Alias& alias : static_cast<const ImportFrom&>(stmt).names)
        if (alias.name != "*") bind(alias.asname.empty() ? alias.name : alias.asname);
      return;
    case StmtKind::Global:
      for (const std::string& name : static_cast<const Global&>(stmt).names) info.globals.insert(name);
      return;
    case StmtKind::Nonlocal:
      for (const std::string& name : static_cast<const Nonlocal&>(stmt).names) info.nonlocals.insert(name);
      return;
    case StmtKind::ExprStmt:
      return expression(static_cast<const ExprStmt&>(stmt).value);
    case StmtKind::Pass:
    case StmtKind::Break:
    case StmtKind::Continue:
      return;
  }
}

FunctionInfo finish(Analysis analysis) {
  for (const std::string& name : analysis.info.globals) analysis.info.locals.erase(name);
  for (const std::string& name : analysis.info.nonlocals) analysis.info.locals.erase(name);
  return std::move(analysis.info);
}

}  // namespace

FunctionInfo analyse(const FunctionDef& def) {
  Analysis analysis;
  analysis.statements(def.body);
  return finish(std::move(analysis));
}

FunctionInfo analyse(const Lambda& lambda) {
  Analysis analysis;
  analysis.expression(lambda.body);
  return finish(std::move(analysis));
}

}  // namespace scriptc::python
