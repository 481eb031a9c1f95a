#pragma once

#include <torch/csrc/jit/frontend/tree_views.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scriptc/torch/annotations.h"
#include "scriptc/torch/lowering_compiler.h"

namespace scriptc::torch_backend {

/// LibTorch's token for an operator.
int token_of(python::BinaryOperator op);

/// True if some item is `*x`.
bool has_star(const python::ExprList& items);

/// Python's syntax tree of one function as LibTorch's. Names that are no variables of the function are looked up here
/// and become made-up names that the resolver knows; what TorchScript cannot express becomes a name that throws when
/// it is reached, so that code which is never compiled may hold anything.
class TreeBuilder {
 public:
  /// `types`: what the function is compiled for, as text.
  TreeBuilder(Compiler& compiler, const python::PyFunction& function, FunctionSourcePtr source, std::string types);

  ::torch::jit::Def definition(const Signature& signature, const std::string& name);

 private:
  using Expr = ::torch::jit::Expr;
  using Stmt = ::torch::jit::Stmt;
  using Range = ::torch::jit::SourceRange;

  // to_tree.cpp: names, constants, calls
  Range range(const python::Span& span) const { return source_->range(span); }
  Expr variable(const Range& at, const std::string& name) const;
  Expr named(const python::Span& span, Named thing) const;
  Expr refuse(const python::Span& span, const std::string& sentence, const std::string& help = "") const;
  Expr keyword(const Range& at, int token) const;
  Expr literal(const python::Span& span, const Value& value) const;
  std::optional<Value> value_of(const python::ExprPtr& expr) const;
  Expr type(const python::ExprPtr& annotation);
  Expr instance_types(const python::ExprPtr& classes);
  Expr call(const python::Call& node);
  std::optional<Expr> special_call(const python::Call& node, const Value& callee);
  void note_table(const python::ExprPtr& target, const python::ExprPtr& iterable);
  Expr apply(const python::Span& span, const Expr& callee, const std::vector<Expr>& args) const;
  Expr super_proxy(const python::Call& node);
  std::optional<Expr> named_tuple_of_base(const python::Call& node);
  Expr reverse(const python::Call& node);
  std::optional<Expr> sizes_as_list(const python::Call& node);
  ModulePtr module_at(const python::ExprPtr& expr) const;
  Expr operand(const python::ExprPtr& expr);
  ::torch::jit::List<Expr> operands(const python::Span& span, const python::ExprList& list);
  bool refuses_none(const python::Call& node, const std::optional<Value>& callee) const;
  std::optional<Expr> tensor_method(const python::Call& node);
  std::optional<Expr> tuple_as_list(const Value& callee, const python::Call& node);

  // to_tree_expressions.cpp
  Expr expression(const python::ExprPtr& expr);
  std::vector<Expr> expressions(const python::ExprList& list);
  ::torch::jit::List<Expr> list(const python::Span& span, const python::ExprList& list);
  Expr constant(const python::Constant& node);
  Expr name(const python::Name& node);
  Expr known(const python::Span& span, const Value& value);
  Expr value(const python::Resolved& node);
  Expr attribute(const python::Attribute& node);
  Expr boolean(const python::BoolOp& node);
  Expr unary(const python::UnaryOp& node);
  Expr binary(const python::Span& span, python::BinaryOperator op, const python::ExprPtr& right_source,
              const Expr& left, const Expr& right) const;
  Expr ternary(const python::IfExp& node);
  std::optional<Expr> type_test(const python::Compare& node);
  Expr compare(const python::Compare& node);
  Expr collection(const python::ExprPtr& expr);
  Expr subscript(const python::Subscript& node);
  Expr slice(const python::Slice& node);
  Expr position(const python::ExprPtr& expr);
  Expr joined(const python::JoinedStr& node);
  Expr comprehension(const python::Span& span, const python::ExprPtr& element, const python::ExprPtr& value,
                     const std::vector<python::Comprehension>& generators);
  Expr walrus(const python::NamedExpr& node);
  Expr dictionary(const python::DictExpr& node);

  // starts.cpp
  void note_numbers(const python::StmtList& beside);
  Expr started(const python::ExprPtr& target, const python::ExprPtr& source, const Expr& value);
  bool is_checked(const python::Name& name) const;
  Expr checked_item(const std::string& name, const Expr& value, bool extends, const std::optional<Expr>& key) const;
  Expr checked_entry(const python::Subscript& target, const Expr& value);
  std::optional<Expr> filling_call(const python::Call& node);
  Expr checked(const python::Name& name, const Expr& value);
  std::pair<Expr, Expr> branches(const python::IfExp& node);
  Start start_of(const std::string& variable) const;
  Expr number_start(const Start& start, const python::ExprPtr& source, const Expr& number) const;
  Expr start_check(const Start& start, const python::Span& span, const Expr& value, const Expr& current) const;

  // to_tree_statements.cpp
  /// `beside`: the block that runs instead.
  std::vector<Stmt> statements(const python::StmtList& body, const python::StmtList& beside = {});
  ::torch::jit::List<Stmt> block(const python::Span& span, const python::StmtList& body,
                                 const python::StmtList& beside = {});
  void statement(const python::StmtPtr& stmt, std::vector<Stmt>& out);
  bool may_unpack_tensor(const python::Assign& node) const;
  bool asks_for_type(const python::ExprPtr& expr) const;
  Expr assigned(const python::Assign& node, std::vector<Stmt>& out);
  std::optional<Stmt> list_slice_assignment(const python::Assign& node);
  void assign(const python::Assign& node, std::vector<Stmt>& out);
  void annotated_assign(const python::AnnAssign& node, std::vector<Stmt>& out);
  void augmented_assign(const python::AugAssign& node, std::vector<Stmt>& out);
  void loop(const python::For& node, std::vector<Stmt>& out);
  void with(const python::With& node, std::vector<Stmt>& out);
  void raise(const python::Raise& node, std::vector<Stmt>& out);
  void import(const python::Stmt& node);
  Stmt expression_statement(const python::Span& span, const Expr& value) const;
  /// Runs `convert` with walrus targets allowed; their assignments come before what it returns.
  Expr hoisting(const python::ExprPtr& expr, std::vector<Stmt>& out);

  Compiler& compiler_;
  const python::PyFunction& function_;
  FunctionSourcePtr source_;
  std::string types_;
  std::set<std::string> locals_;
  std::multiset<std::string> comprehension_names_;
  std::map<std::string, Value> imported_;
  std::map<std::string, python::ExprPtr> declared_;  ///< `x: T` without a value
  std::vector<Stmt>* hoisted_ = nullptr;             ///< where assignments of `:=` go; null: not allowed here
  int depth_ = 0;                                    ///< of the block that is being built
  /// A variable that was set to a number.
  struct NumberStart {
    int depth;              ///< of the block where that was
    python::ExprPtr value;  ///< in a block that runs instead of this one; null: the variable is there
  };
  std::map<std::string, NumberStart> number_starts_;
  std::set<std::string> container_starts_;  ///< variables that were set to an empty list or dict
  std::set<const python::Expr*> typed_;     ///< calls of `tolist()` whose type the code says
  std::set<const python::Expr*> tables_;    ///< and those whose items are unpacked
  bool has_items_ = false;                  ///< `.item()` was called
  bool in_message_ = false;                 ///< of an exception: format specs do not matter
};

}  // namespace scriptc::torch_backend
