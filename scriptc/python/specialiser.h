#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "scriptc/python/residual.h"

// The inside of the specialiser, shared by its sources: specialiser.cpp (functions and their cache),
// specialise_statements.cpp, specialise_expressions.cpp, specialise_calls.cpp, assigned.cpp.

namespace scriptc::python {

/// What is known of a value before the model runs.
struct Fact {
  enum class Kind {
    dynamic,   ///< nothing
    constant,  ///< `value`
    tuple,     ///< a tuple of `items`, each cheap and pure (names, constants): what `*args` collected
    dict,      ///< the same with `keys`: what `**kwargs` collected
  };
  Kind kind = Kind::dynamic;
  Value value;
  ExprList items;
  std::vector<std::string> keys;
  /// The variable exists in the residual too. Else every use of its name is replaced.
  bool materialised = true;

  static Fact constant(Value v, bool materialised = true);
  bool is_constant() const { return kind == Kind::constant; }
};

using Facts = std::map<std::string, Fact>;

/// A residual expression and what is known of its value.
struct Reduced {
  ExprPtr expr;
  Fact fact;
};

/// How control leaves a block of statements, as far as known: `next` covers "may fall through".
enum class BlockFlow { next, leaves, breaks, continues };

struct ReducedBlock {
  StmtList body;
  BlockFlow flow = BlockFlow::next;
};

/// What is known while one function is specialised.
struct Activation {
  std::shared_ptr<PyFunction> function;
  ModulePtr self;                 ///< of methods
  std::set<std::string> locals;   ///< parameters and assigned names
  std::set<std::string> mutated;  ///< locals whose value is changed in place somewhere
  Facts facts;
  bool changed = false;  ///< the residual differs from the original
  int unrolled = 0;      ///< iterations so far: bounded, see kMostUnrolled
};

class Specialiser::Impl {
 public:
  Impl(Evaluator& evaluator, ModulePtr root, MutableAttributes mutable_attributes);

  std::shared_ptr<PyFunction> specialise(const std::shared_ptr<PyFunction>& function, const ModulePtr& self,
                                         const std::map<std::string, Binding>& bindings, std::size_t extra_args,
                                         const std::vector<std::string>& extra_keywords);

 private:
  // specialise_statements.cpp
  ReducedBlock reduce_block(const StmtList& statements);
  BlockFlow reduce_statement(const StmtPtr& statement, StmtList& out);
  BlockFlow reduce_if(const If& node, const StmtPtr& original, StmtList& out);
  BlockFlow reduce_for(const For& node, const StmtPtr& original, StmtList& out);
  bool unroll(const For& node, const std::vector<Reduced>& items, StmtList& out, BlockFlow& flow);
  void reduce_while(const While& node, const StmtPtr& original, StmtList& out);
  void reduce_assign(const Assign& node, const StmtPtr& original, StmtList& out);
  void bind_target(const ExprPtr& target, const Reduced& value, StmtList& out);
  bool needs_unrolling(const For& node, const std::vector<Reduced>& items);
  void forget(const StmtList& statements);
  void merge(const Facts& left, StmtList& left_body, bool left_falls, const Facts& right, StmtList& right_body,
             bool right_falls);

  // specialise_expressions.cpp
  Reduced reduce(const ExprPtr& expr);
  Reduced reduce_name(const Name& node, const ExprPtr& original);
  Reduced reduce_attribute(const Attribute& node, const ExprPtr& original);
  Reduced reduce_subscript(const Subscript& node, const ExprPtr& original);
  Reduced reduce_bool_op(const BoolOp& node, const ExprPtr& original);
  Reduced reduce_if_exp(const IfExp& node, const ExprPtr& original);
  Reduced reduce_compare(const Compare& node, const ExprPtr& original);
  Reduced reduce_sequence(const ExprPtr& original, const ExprList& elts);
  Reduced reduce_comprehension(const ExprPtr& original, const ExprPtr& elt, const ExprPtr& key,
                               const std::vector<Comprehension>& generators);
  bool expand_generators(const std::vector<Comprehension>& generators, std::size_t position, const ExprPtr& key,
                         const ExprPtr& elt, ExprList& keys, ExprList& values);
  Reduced reduce_joined(const JoinedStr& node, const ExprPtr& original);
  Reduced reduce_lambda(const Lambda& node, const ExprPtr& original);
  Reduced module_attribute(const ModulePtr& module, const Attribute& node, const ExprPtr& rebuilt,
                           const ExprPtr& original);
  /// All items known: the items of a constant or structured sequence, else nullopt.
  std::optional<std::vector<Reduced>> items_of(const Reduced& iterable);
  /// Evaluates `shape`, whose operands are the names `$0`, `$1`…, on known values. nullopt if it raises or gives a
  /// tensor.
  std::optional<Value> evaluate(const ExprPtr& shape, const std::vector<Value>& operands);
  Reduced folded(const ExprPtr& rebuilt, std::optional<Value> value, const ExprPtr& original);

  // specialise_calls.cpp
  Reduced reduce_call(const Call& node, const ExprPtr& original);
  std::optional<Reduced> fold_call(const Value& callee, const Call& call, const std::vector<Reduced>& args,
                                   const std::vector<std::pair<std::string, Reduced>>& keywords,
                                   const ExprPtr& original);
  std::optional<Reduced> call_structure(const Attribute& method, const std::vector<Reduced>& args,
                                        const ExprPtr& original);
  std::optional<Reduced> call_python(const std::shared_ptr<PyFunction>& function, const ModulePtr& self,
                                     const std::vector<Reduced>& args,
                                     const std::vector<std::pair<std::string, Reduced>>& keywords,
                                     const ExprPtr& original);
  std::optional<Value> pure_result(const std::shared_ptr<PyFunction>& function, const ModulePtr& self,
                                   const std::vector<Reduced>& args,
                                   const std::vector<std::pair<std::string, Reduced>>& keywords);

  // specialiser.cpp
  ExprPtr reify(const Value& value, const ExprPtr& original);
  bool in_tree(const ModulePtr& module) const { return tree_.contains(module.get()); }

  Evaluator& evaluator_;
  ModulePtr root_;
  MutableAttributes mutable_;
  std::unordered_set<const Module*> tree_;
  Activation* frame_ = nullptr;
  bool substitute_ = false;  ///< inside a comprehension: facts are never made variables
  std::map<std::string, std::shared_ptr<PyFunction>> cache_;
  int depth_ = 0;
};

/// Names that statements bind (assignment, loops, with, walrus…), not looking into nested defs and lambdas.
std::set<std::string> assigned_names(const StmtList& statements);

/// Names among `assigned_names` whose value is changed in place: `x[i] = …`, `x.append(…)`, `x += …` of containers.
std::set<std::string> mutated_names(const StmtList& statements);

/// Calls `visit` for every expression below, children before parents, not looking into lambdas.
void for_each_expr(const ExprPtr& expr, const std::function<void(const ExprPtr&)>& visit);
void for_each_expr(const StmtList& statements, const std::function<void(const ExprPtr&)>& visit);
/// Calls `visit` for every statement below, parents first, not looking into nested defs and classes.
void for_each_stmt(const StmtList& statements, const std::function<void(const StmtPtr&)>& visit);

/// A copy of an immutable node to change one field of.
template <class Node>
std::shared_ptr<Node> copy_of(const Node& node) {
  return std::make_shared<Node>(node);
}

}  // namespace scriptc::python
