#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "scriptc/python/source.h"

// The syntax tree of Python 3.11: the nodes, fields and order of CPython's `ast` module (Grammar: Python's
// documentation of `ast`), so that `ast_dump` can be compared with it. Nodes are immutable once parsed and shared by
// pointer: the specialiser builds new trees out of parts of old ones. `type_comment` and `ctx` of parsed trees are as
// CPython's.

namespace scriptc::python {

enum class ExprKind {
  BoolOp,
  NamedExpr,
  BinOp,
  UnaryOp,
  Lambda,
  IfExp,
  DictExpr,
  SetExpr,
  ListComp,
  SetComp,
  DictComp,
  GeneratorExp,
  Await,
  Yield,
  YieldFrom,
  Compare,
  Call,
  FormattedValue,
  JoinedStr,
  Constant,
  Attribute,
  Subscript,
  Starred,
  Name,
  ListExpr,
  TupleExpr,
  Slice,
  Resolved  // never from the parser: see residual.h
};

enum class StmtKind {
  FunctionDef,
  ClassDef,
  Return,
  Delete,
  Assign,
  AugAssign,
  AnnAssign,
  For,
  While,
  If,
  With,
  Match,
  Raise,
  Try,
  Assert,
  Import,
  ImportFrom,
  Global,
  Nonlocal,
  ExprStmt,
  Pass,
  Break,
  Continue
};

enum class PatternKind {
  MatchValue,
  MatchSingleton,
  MatchSequence,
  MatchMapping,
  MatchClass,
  MatchStar,
  MatchAs,
  MatchOr
};

enum class ExprContext { Load, Store, Del };
enum class BoolOperator { And, Or };
enum class BinaryOperator { Add, Sub, Mult, MatMult, Div, Mod, Pow, LShift, RShift, BitOr, BitXor, BitAnd, FloorDiv };
enum class UnaryOperator { Invert, Not, UAdd, USub };
enum class CompareOperator { Eq, NotEq, Lt, LtE, Gt, GtE, Is, IsNot, In, NotIn };

struct Expr {
  explicit Expr(ExprKind k) : kind(k) {}
  virtual ~Expr() = default;
  ExprKind kind;
  int height = 1;  ///< nodes on the longest way down; capped by the parser, so that walks may recurse
  Span span;
};

struct Stmt {
  explicit Stmt(StmtKind k) : kind(k) {}
  virtual ~Stmt() = default;
  StmtKind kind;
  Span span;
};

struct Pattern {
  explicit Pattern(PatternKind k) : kind(k) {}
  virtual ~Pattern() = default;
  PatternKind kind;
  Span span;
};

using ExprPtr = std::shared_ptr<const Expr>;
using StmtPtr = std::shared_ptr<const Stmt>;
using PatternPtr = std::shared_ptr<const Pattern>;
using ExprList = std::vector<ExprPtr>;
using StmtList = std::vector<StmtPtr>;
using PatternList = std::vector<PatternPtr>;

/// `if (const auto* call = as<Call>(expr))`; null if the node is of another kind (or null itself).
template <class Node, class Base>
const Node* as(const std::shared_ptr<const Base>& node) {
  return node && node->kind == Node::kKind ? static_cast<const Node*>(node.get()) : nullptr;
}
template <class Node, class Base>
const Node* as(const Base* node) {
  return node && node->kind == Node::kKind ? static_cast<const Node*>(node) : nullptr;
}

struct NoneLiteral {
  friend bool operator==(NoneLiteral, NoneLiteral) { return true; }
};
struct EllipsisLiteral {
  friend bool operator==(EllipsisLiteral, EllipsisLiteral) { return true; }
};
/// An int literal beyond 64 bits, as decimal digits.
struct BigInt {
  std::string digits;
};
struct Bytes {
  std::string bytes;
};
using ConstantValue = std::variant<NoneLiteral, EllipsisLiteral, bool, std::int64_t, BigInt, double,
                                   std::complex<double>, std::string, Bytes>;

struct Keyword {
  std::string arg;  ///< empty: `**value`
  ExprPtr value;
  Span span;
};

struct Comprehension {
  ExprPtr target;
  ExprPtr iter;
  ExprList ifs;
  bool is_async = false;
};

struct Parameter {
  std::string arg;
  ExprPtr annotation;  ///< may be null
  Span span;
};

struct Arguments {
  std::vector<Parameter> posonlyargs;
  std::vector<Parameter> args;
  std::shared_ptr<const Parameter> vararg;  ///< may be null
  std::vector<Parameter> kwonlyargs;
  ExprList kw_defaults;                    ///< as long as kwonlyargs; null: required
  std::shared_ptr<const Parameter> kwarg;  ///< may be null
  ExprList defaults;                       ///< of the last posonlyargs + args
};
using ArgumentsPtr = std::shared_ptr<const Arguments>;

struct Alias {
  std::string name;
  std::string asname;  ///< may be empty
  Span span;
};

struct WithItem {
  ExprPtr context_expr;
  ExprPtr optional_vars;  ///< may be null
};

struct ExceptHandler {
  ExprPtr type;      ///< may be null
  std::string name;  ///< may be empty
  StmtList body;
  Span span;
};

struct MatchCase {
  PatternPtr pattern;
  ExprPtr guard;  ///< may be null
  StmtList body;
};

struct BoolOp final : Expr {
  static constexpr ExprKind kKind = ExprKind::BoolOp;
  BoolOp() : Expr(kKind) {}
  BoolOperator op = BoolOperator::And;
  ExprList values;
};

struct NamedExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::NamedExpr;
  NamedExpr() : Expr(kKind) {}
  ExprPtr target;
  ExprPtr value;
};

struct BinOp final : Expr {
  static constexpr ExprKind kKind = ExprKind::BinOp;
  BinOp() : Expr(kKind) {}
  ExprPtr left;
  BinaryOperator op = BinaryOperator::Add;
  ExprPtr right;
};

struct UnaryOp final : Expr {
  static constexpr ExprKind kKind = ExprKind::UnaryOp;
  UnaryOp() : Expr(kKind) {}
  UnaryOperator op = UnaryOperator::Not;
  ExprPtr operand;
};

struct Lambda final : Expr {
  static constexpr ExprKind kKind = ExprKind::Lambda;
  Lambda() : Expr(kKind) {}
  ArgumentsPtr args;
  ExprPtr body;
};

struct IfExp final : Expr {
  static constexpr ExprKind kKind = ExprKind::IfExp;
  IfExp() : Expr(kKind) {}
  ExprPtr test;
  ExprPtr body;
  ExprPtr orelse;
};

struct DictExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::DictExpr;
  DictExpr() : Expr(kKind) {}
  ExprList keys;  ///< null: `**mapping`
  ExprList values;
};

struct SetExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::SetExpr;
  SetExpr() : Expr(kKind) {}
  ExprList elts;
};

struct ListComp final : Expr {
  static constexpr ExprKind kKind = ExprKind::ListComp;
  ListComp() : Expr(kKind) {}
  ExprPtr elt;
  std::vector<Comprehension> generators;
};

struct SetComp final : Expr {
  static constexpr ExprKind kKind = ExprKind::SetComp;
  SetComp() : Expr(kKind) {}
  ExprPtr elt;
  std::vector<Comprehension> generators;
};

struct DictComp final : Expr {
  static constexpr ExprKind kKind = ExprKind::DictComp;
  DictComp() : Expr(kKind) {}
  ExprPtr key;
  ExprPtr value;
  std::vector<Comprehension> generators;
};

struct GeneratorExp final : Expr {
  static constexpr ExprKind kKind = ExprKind::GeneratorExp;
  GeneratorExp() : Expr(kKind) {}
  ExprPtr elt;
  std::vector<Comprehension> generators;
};

struct Await final : Expr {
  static constexpr ExprKind kKind = ExprKind::Await;
  Await() : Expr(kKind) {}
  ExprPtr value;
};

struct Yield final : Expr {
  static constexpr ExprKind kKind = ExprKind::Yield;
  Yield() : Expr(kKind) {}
  ExprPtr value;  ///< may be null
};

struct YieldFrom final : Expr {
  static constexpr ExprKind kKind = ExprKind::YieldFrom;
  YieldFrom() : Expr(kKind) {}
  ExprPtr value;
};

struct Compare final : Expr {
  static constexpr ExprKind kKind = ExprKind::Compare;
  Compare() : Expr(kKind) {}
  ExprPtr left;
  std::vector<CompareOperator> ops;
  ExprList comparators;
};

struct Call final : Expr {
  static constexpr ExprKind kKind = ExprKind::Call;
  Call() : Expr(kKind) {}
  ExprPtr func;
  ExprList args;
  std::vector<Keyword> keywords;
};

struct FormattedValue final : Expr {
  static constexpr ExprKind kKind = ExprKind::FormattedValue;
  FormattedValue() : Expr(kKind) {}
  ExprPtr value;
  int conversion = -1;  ///< -1, or 's', 'r', 'a'
  ExprPtr format_spec;  ///< a JoinedStr, or null
};

struct JoinedStr final : Expr {
  static constexpr ExprKind kKind = ExprKind::JoinedStr;
  JoinedStr() : Expr(kKind) {}
  ExprList values;
};

struct Constant final : Expr {
  static constexpr ExprKind kKind = ExprKind::Constant;
  Constant() : Expr(kKind) {}
  ConstantValue value;
  std::string prefix;  ///< `u` of u"…"
};

struct Attribute final : Expr {
  static constexpr ExprKind kKind = ExprKind::Attribute;
  Attribute() : Expr(kKind) {}
  ExprPtr value;
  std::string attr;
  ExprContext ctx = ExprContext::Load;
};

struct Subscript final : Expr {
  static constexpr ExprKind kKind = ExprKind::Subscript;
  Subscript() : Expr(kKind) {}
  ExprPtr value;
  ExprPtr slice;
  ExprContext ctx = ExprContext::Load;
};

struct Starred final : Expr {
  static constexpr ExprKind kKind = ExprKind::Starred;
  Starred() : Expr(kKind) {}
  ExprPtr value;
  ExprContext ctx = ExprContext::Load;
};

struct Name final : Expr {
  static constexpr ExprKind kKind = ExprKind::Name;
  Name() : Expr(kKind) {}
  std::string id;
  ExprContext ctx = ExprContext::Load;
};

struct ListExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::ListExpr;
  ListExpr() : Expr(kKind) {}
  ExprList elts;
  ExprContext ctx = ExprContext::Load;
};

struct TupleExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::TupleExpr;
  TupleExpr() : Expr(kKind) {}
  ExprList elts;
  ExprContext ctx = ExprContext::Load;
};

struct Slice final : Expr {
  static constexpr ExprKind kKind = ExprKind::Slice;
  Slice() : Expr(kKind) {}
  ExprPtr lower;  ///< may be null
  ExprPtr upper;  ///< may be null
  ExprPtr step;   ///< may be null
};

struct FunctionDef final : Stmt {
  static constexpr StmtKind kKind = StmtKind::FunctionDef;
  FunctionDef() : Stmt(kKind) {}
  std::string name;
  ArgumentsPtr args;
  StmtList body;
  ExprList decorator_list;
  ExprPtr returns;  ///< may be null
  bool is_async = false;
};

struct ClassDef final : Stmt {
  static constexpr StmtKind kKind = StmtKind::ClassDef;
  ClassDef() : Stmt(kKind) {}
  std::string name;
  ExprList bases;
  std::vector<Keyword> keywords;
  StmtList body;
  ExprList decorator_list;
};

struct Return final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Return;
  Return() : Stmt(kKind) {}
  ExprPtr value;  ///< may be null
};

struct Delete final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Delete;
  Delete() : Stmt(kKind) {}
  ExprList targets;
};

struct Assign final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Assign;
  Assign() : Stmt(kKind) {}
  ExprList targets;
  ExprPtr value;
};

struct AugAssign final : Stmt {
  static constexpr StmtKind kKind = StmtKind::AugAssign;
  AugAssign() : Stmt(kKind) {}
  ExprPtr target;
  BinaryOperator op = BinaryOperator::Add;
  ExprPtr value;
};

struct AnnAssign final : Stmt {
  static constexpr StmtKind kKind = StmtKind::AnnAssign;
  AnnAssign() : Stmt(kKind) {}
  ExprPtr target;
  ExprPtr annotation;
  ExprPtr value;  ///< may be null
  bool simple = false;
};

struct For final : Stmt {
  static constexpr StmtKind kKind = StmtKind::For;
  For() : Stmt(kKind) {}
  ExprPtr target;
  ExprPtr iter;
  StmtList body;
  StmtList orelse;
  bool is_async = false;
};

struct While final : Stmt {
  static constexpr StmtKind kKind = StmtKind::While;
  While() : Stmt(kKind) {}
  ExprPtr test;
  StmtList body;
  StmtList orelse;
};

struct If final : Stmt {
  static constexpr StmtKind kKind = StmtKind::If;
  If() : Stmt(kKind) {}
  ExprPtr test;
  StmtList body;
  StmtList orelse;
};

struct With final : Stmt {
  static constexpr StmtKind kKind = StmtKind::With;
  With() : Stmt(kKind) {}
  std::vector<WithItem> items;
  StmtList body;
  bool is_async = false;
};

struct Match final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Match;
  Match() : Stmt(kKind) {}
  ExprPtr subject;
  std::vector<MatchCase> cases;
};

struct Raise final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Raise;
  Raise() : Stmt(kKind) {}
  ExprPtr exc;    ///< may be null
  ExprPtr cause;  ///< may be null
};

struct Try final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Try;
  Try() : Stmt(kKind) {}
  StmtList body;
  std::vector<ExceptHandler> handlers;
  StmtList orelse;
  StmtList finalbody;
  bool is_star = false;  ///< `except*`
};

struct Assert final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Assert;
  Assert() : Stmt(kKind) {}
  ExprPtr test;
  ExprPtr msg;  ///< may be null
};

struct Import final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Import;
  Import() : Stmt(kKind) {}
  std::vector<Alias> names;
};

struct ImportFrom final : Stmt {
  static constexpr StmtKind kKind = StmtKind::ImportFrom;
  ImportFrom() : Stmt(kKind) {}
  std::string module;  ///< may be empty
  std::vector<Alias> names;
  int level = 0;
};

struct Global final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Global;
  Global() : Stmt(kKind) {}
  std::vector<std::string> names;
};

struct Nonlocal final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Nonlocal;
  Nonlocal() : Stmt(kKind) {}
  std::vector<std::string> names;
};

struct ExprStmt final : Stmt {
  static constexpr StmtKind kKind = StmtKind::ExprStmt;
  ExprStmt() : Stmt(kKind) {}
  ExprPtr value;
};

struct Pass final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Pass;
  Pass() : Stmt(kKind) {}
};

struct Break final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Break;
  Break() : Stmt(kKind) {}
};

struct Continue final : Stmt {
  static constexpr StmtKind kKind = StmtKind::Continue;
  Continue() : Stmt(kKind) {}
};

struct MatchValue final : Pattern {
  static constexpr PatternKind kKind = PatternKind::MatchValue;
  MatchValue() : Pattern(kKind) {}
  ExprPtr value;
};

struct MatchSingleton final : Pattern {
  static constexpr PatternKind kKind = PatternKind::MatchSingleton;
  MatchSingleton() : Pattern(kKind) {}
  ConstantValue value;
};

struct MatchSequence final : Pattern {
  static constexpr PatternKind kKind = PatternKind::MatchSequence;
  MatchSequence() : Pattern(kKind) {}
  PatternList patterns;
};

struct MatchMapping final : Pattern {
  static constexpr PatternKind kKind = PatternKind::MatchMapping;
  MatchMapping() : Pattern(kKind) {}
  ExprList keys;
  PatternList patterns;
  std::string rest;  ///< empty: none
};

struct MatchClass final : Pattern {
  static constexpr PatternKind kKind = PatternKind::MatchClass;
  MatchClass() : Pattern(kKind) {}
  ExprPtr cls;
  PatternList patterns;
  std::vector<std::string> kwd_attrs;
  PatternList kwd_patterns;
};

struct MatchStar final : Pattern {
  static constexpr PatternKind kKind = PatternKind::MatchStar;
  MatchStar() : Pattern(kKind) {}
  std::string name;  ///< empty: `*_`
};

struct MatchAs final : Pattern {
  static constexpr PatternKind kKind = PatternKind::MatchAs;
  MatchAs() : Pattern(kKind) {}
  PatternPtr pattern;  ///< may be null
  std::string name;    ///< empty: `_`
};

struct MatchOr final : Pattern {
  static constexpr PatternKind kKind = PatternKind::MatchOr;
  MatchOr() : Pattern(kKind) {}
  PatternList patterns;
};

/// A parsed file.
struct ModuleNode {
  SourcePtr source;
  StmtList body;
};

}  // namespace scriptc::python
