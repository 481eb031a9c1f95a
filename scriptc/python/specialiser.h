#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "scriptc/python/specialise_facts.h"

// The inside of the specialiser, shared by its sources specialise_*.cpp.

namespace scriptc::python {

class Specialiser::Impl {
 public:
  Impl(Evaluator& evaluator, ModulePtr root, MutableAttributes mutable_attributes);

  /// Null while the same request is in progress: recursion.
  const Residual* specialise(const Request& request);
  bool in_tree(const ModulePtr& module) const { return tree_.contains(module.get()); }

 private:
  // specialiser.cpp
  std::string prepare(ResidualFrame& frame, const Request& request, Residual& residual, const StmtList& body);
  ExprPtr reify(const Value& value, const ExprPtr& original);
  ExprPtr path_to(const ModulePtr& module, const Span& span);
  bool leaves_owner(const StmtList& body);
  std::string fresh(const std::string& wanted);

  // specialise_statements.cpp
  ReducedBlock reduce_block(const StmtList& statements);
  Exit reduce_statement(const StmtPtr& statement, StmtList& out);
  Exit reduce_by_kind(const StmtPtr& statement, StmtList& out);
  Exit reduce_if(const If& node, const StmtPtr& original, StmtList& out);
  Exit reduce_assert(const Assert& node, const StmtPtr& original, StmtList& out);
  Exit reduce_with(const With& node, const StmtPtr& original, StmtList& out);
  Exit reduce_return(const Return& node, const StmtPtr& original, StmtList& out);
  Exit reduce_raise(const Raise& node, const StmtPtr& original, StmtList& out);
  void keep_variables(const StmtPtr& statement, StmtList& out);
  void reduce_delete(const Delete& node, const StmtPtr& original, StmtList& out);
  void reduce_import(const StmtPtr& original, StmtList& out);
  void reduce_def(const FunctionDef& node, const StmtPtr& original, StmtList& out);
  Exit reduce_try(const Try& node, const StmtPtr& original, StmtList& out);
  Exit reduce_match(const Match& node, const StmtPtr& original, StmtList& out);

  // specialise_assignments.cpp
  void reduce_assign(const Assign& node, const StmtPtr& original, StmtList& out);
  void reduce_augmented(const AugAssign& node, const StmtPtr& original, StmtList& out);
  void reduce_annotated(const AnnAssign& node, const StmtPtr& original, StmtList& out);
  /// Binds a target; `statement`: what does it in the original, or null.
  void bind(const ExprPtr& target, const Reduced& value, StmtList& out, const StmtPtr& statement = nullptr);
  void bind_name(const Name& target, const Reduced& value, StmtList& out, const StmtPtr& statement);
  bool stays_the_same(const Reduced& value) const;
  /// `a, b = map(f, xs)` and comprehensions over something that has to have as many items as there are targets.
  ExprPtr over_as_many(const ExprPtr& target, const ExprPtr& value, StmtList& out);
  ExprPtr star_as_many(const TupleExpr& targets, const TupleExpr& value, StmtList& out);
  ExprList unpacked(const Reduced& items, std::size_t count, const Span& span, StmtList& out);
  bool bind_items(const ExprPtr& target, const Reduced& value, StmtList& out, const StmtPtr& statement);
  ExprPtr reduce_target(const ExprPtr& target);
  void drop(const std::string& name);
  void materialise(const std::string& name, const ExprPtr& near, StmtList& out);
  /// What `statements` may bind any number of times is unknown from here on.
  void forget(const std::set<std::string>& names, const ExprPtr& near, StmtList& out);
  void merge(const Facts& left, StmtList& left_body, bool left_falls, const Facts& right, StmtList& right_body,
             bool right_falls);

  // specialise_lists.cpp
  bool keep_tuple(const Name& target, const Reduced& value, StmtList& out);
  bool track(const Name& target, const Reduced& value, StmtList& out, const StmtPtr& statement);
  ExprPtr kept(const std::string& base, const Reduced& item, StmtList& out);
  Reduced tracked_display(const Fact& fact, const Span& span);
  StmtPtr untracked_assignment(const std::string& name, const Fact& fact);
  void share(const std::set<std::string>& names);
  std::optional<Reduced> change_list(const std::string& name, const std::string& method, const ReducedList& args,
                                     const ExprPtr& original);
  bool store_item(const Subscript& target, const Reduced& value, StmtList& out);
  bool augment_item(const Subscript& target, const AugAssign& node, const Reduced& value, StmtList& out);
  bool extend_list(const Name& target, const AugAssign& node, const Reduced& value, StmtList& out);
  bool read_dict(const Reduced& value, std::vector<std::string>& keys, ReducedList& items);
  Reduced dict_of(const ReducedKeywords& keywords, const Span& span);
  bool update_dict(const std::string& name, const Reduced& other);
  void set_key(const std::string& name, const std::string& key, const Reduced& value, StmtList& out);
  std::optional<Fact> join_tracked(const std::string& name, const Fact& left, StmtList& left_body, const Fact& right,
                                   StmtList& right_body);
  std::optional<Reduced> joined_displays(const BinOp& node, const Reduced& left, const Reduced& right);
  bool is_tracked(const ExprPtr& name) const;

  // specialise_modules.cpp
  std::optional<Reduced> made_at_run_time(const PyClass& cls, const Reduced& callee, const ReducedList& args,
                                          const ReducedKeywords& keywords, const ExprPtr& original);
  std::optional<std::vector<ModulePtr>> try_constructor(const Reduced& callee, const ReducedList& args,
                                                        const ReducedKeywords& keywords, const ExprPtr& original,
                                                        ExprList& unknown);

  // specialise_structures.cpp
  std::optional<Structure> structure_of(const Reduced& value);
  void pass_items(const PyFunction& function, const std::string& parameter, const Reduced& value, Request& request);
  Fact received(const Structure& structure, const std::string& name, std::vector<std::string>& extra);
  bool returns_display(const Request& request);
  /// The items of a list, tuple or dict, as they are passed.
  std::optional<ReducedList> known_items(const Reduced& value);
  void add_first_calls(const ExprPtr& expr, bool itself);
  void find_first_calls(const StmtPtr& statement);
  void set_returned(Residual& residual);
  Reduced spread_result(const Structure& structure, const std::string& name, const ExprPtr& call);

  // specialise_sharing.cpp
  void refuse_kept_change(const ExprPtr& changed, const Span& span);
  bool takes_copies(const Call& call, std::size_t position, const std::string& keyword);
  bool tracks_any() const;
  /// Lists kept item by item that `statement` may share, or change in ways that are not followed.
  std::set<std::string> shared_names(const StmtPtr& statement);
  std::set<std::string> shared_names_in(const StmtList& body);

  // specialise_choices.cpp
  struct Choice {
    ExprPtr node;             ///< what looks an item up
    ExprPtr index;            ///< by what, which is not known
    std::vector<Value> keys;  ///< all that it can be
    bool by_key;              ///< of a dict or an attribute, else a position
  };
  std::optional<Choice> choice_of(const ExprPtr& node);
  std::optional<ReducedList> children_of(const Value& value, const ExprPtr& original);
  std::optional<Choice> choice_in(const ExprPtr& expr);
  std::optional<Choice> choice_in(const StmtPtr& statement);
  StmtPtr with_choices_apart(const StmtPtr& statement);
  bool binds_choice(const StmtPtr& statement, const Choice& choice);
  Exit reduce_choice(const Choice& choice, const StmtList& statements, StmtList& out);
  StmtPtr zip_by_position(const For& node);

  // specialise_loops.cpp
  Exit reduce_for(const For& node, const StmtPtr& original, StmtList& out);
  Exit reduce_while(const While& node, const StmtPtr& original, StmtList& out);
  bool unroll_while(const While& node, StmtList& out, Exit& flow);
  bool unroll(const For& node, const ReducedList& items, std::size_t position, StmtList& out, Exit& flow);
  StmtList reduce_body(const StmtList& body);
  void add_else(const StmtList& orelse, StmtList body, const std::function<StmtPtr(StmtList)>& loop, StmtList& out);
  bool binds_for_later(const For& node);
  bool needs_unrolling(const For& node, const Reduced& iter, const ReducedList& items);
  bool settles_types(const For& node);
  bool items_need_constants(const ReducedList& items);
  bool needs_constant(const std::set<std::string>& targets, const ExprPtr& expr);

  // specialise_expressions.cpp
  Reduced reduce(const ExprPtr& expr);
  Reduced reduce_name(const Name& node, const ExprPtr& original);
  Reduced reduce_binary(const BinOp& node, const ExprPtr& original);
  Reduced reduce_unary(const UnaryOp& node, const ExprPtr& original);
  Reduced reduce_bool_op(const BoolOp& node, const ExprPtr& original, bool tests);
  Reduced reduce_test(const ExprPtr& expr);
  Reduced reduce_if_exp(const IfExp& node, const ExprPtr& original);
  bool is_held_tensor(const ExprPtr& expr);
  Reduced reduce_compare(const Compare& node, const ExprPtr& original);
  Reduced reduce_sequence(const ExprPtr& original, const ExprList& elts);
  ExprPtr without_stars(const DictExpr& node);
  Reduced reduce_dict(const DictExpr& node, const ExprPtr& original);
  Reduced reduce_slice(const Slice& node, const ExprPtr& original);
  Reduced reduce_joined(const JoinedStr& node, const ExprPtr& original);
  Reduced reduce_walrus(const NamedExpr& node, const ExprPtr& original);
  /// bool(value) if it is known.
  std::optional<bool> truth_of(const Reduced& value);
  /// Evaluates `shape`, whose operands are the names `$0`, `$1`…, on known values. nullopt if it raises or gives a
  /// tensor.
  std::optional<Value> evaluate(const ExprPtr& shape, const std::vector<Value>& operands);
  Reduced folded(const ExprPtr& rebuilt, std::optional<Value> value, const ExprPtr& original);
  /// What may not have happened: after operands that are evaluated only sometimes.
  void doubt_since(const Facts& before);

  // specialise_attributes.cpp
  Reduced reduce_attribute(const Attribute& node, const ExprPtr& original);
  Reduced attribute_of(const Reduced& base, const std::string& name, const ExprPtr& rebuilt, const ExprPtr& original);
  Reduced module_attribute(const ModulePtr& module, const std::string& name, const ExprPtr& rebuilt,
                           const ExprPtr& original);
  Reduced reduce_subscript(const Subscript& node, const ExprPtr& original);
  std::optional<Reduced> structure_item(const Reduced& base, const Reduced& index);

  // specialise_comprehensions.cpp
  /// `consumed`: a generator expression that is read at once, in the place where it stands.
  Reduced reduce_comprehension(const ExprPtr& original, bool consumed);
  Reduced keep_comprehension(const ExprPtr& original, bool consumed);
  bool expand(const std::vector<Comprehension>& generators, std::size_t position, const ExprPtr& key,
              const ExprPtr& elt, ReducedList& keys, ReducedList& values);
  bool substitute(const ExprPtr& target, const Reduced& value);
  /// All items known, in order, else nullopt.
  std::optional<ReducedList> items_of(const Reduced& iterable);
  Reduced reduce_iterable(const ExprPtr& expr);

  // specialise_expansions.cpp
  std::optional<Reduced> inlined_predicate(const PyFunction& function, const ReducedList& args,
                                           const ReducedKeywords& keywords);
  std::optional<Reduced> number_of_dtype(const Attribute& node);
  StmtPtr what_it_raises(const StmtPtr& statement);
  std::optional<std::string> raised_by(const ExprPtr& expr);

  // specialise_lengths.cpp
  ExprPtr tuple_as_list(const ExprPtr& items, const ExprPtr& original);
  Reduced joined_stars(const Reduced& display, const ExprPtr& original);
  StmtPtr rest_by_index(const Assign& node, const ExprPtr& value, StmtList& out);
  std::optional<Reduced> items_present(const Call& call);
  std::optional<Reduced> filtered_display(const ExprPtr& elt, const Comprehension& generator, const Span& span);
  std::optional<Reduced> comprehension_as_loop(const ExprPtr& elt, const std::vector<Comprehension>& generators,
                                               const Span& span);
  std::optional<Reduced> comprehension_by_position(const ExprPtr& elt, const Comprehension& generator,
                                                   const Span& span);
  StmtPtr extension_as_loop(const StmtPtr& statement);
  ExprPtr emptied(const ExprPtr& iterable);
  ExprPtr renamed_target(const ExprPtr& target);
  ExprPtr reduce_in(const ExprPtr& expr, StmtList& out);
  ExprPtr empty_list(const ExprPtr& item, const std::vector<std::shared_ptr<For>>& loops, const Span& span);

  // specialise_calls.cpp
  Reduced reduce_call(const Call& node, const ExprPtr& original);
  bool reduce_arguments(const Call& node, ReducedList& args, ReducedKeywords& keywords, bool consumes);
  Reduced apply(const Reduced& callee, const ReducedList& args, const ReducedKeywords& keywords, const ExprPtr& rebuilt,
                const ExprPtr& original);
  std::optional<Reduced> apply_native(const NativeFunction& native, const Reduced& callee, const ReducedList& args,
                                      const ReducedKeywords& keywords, const ExprPtr& rebuilt, const ExprPtr& original);
  std::optional<Reduced> apply_class(const PyClass& cls, const Reduced& callee, const ReducedList& args,
                                     const ReducedKeywords& keywords, const ExprPtr& rebuilt, const ExprPtr& original);
  std::optional<Reduced> apply_method(const BoundMethod& method, const Reduced& callee, const ReducedList& args,
                                      const ReducedKeywords& keywords, const ExprPtr& rebuilt, const ExprPtr& original);
  std::optional<Reduced> apply_instance(const Reduced& callee, const ReducedList& args, const ReducedKeywords& keywords,
                                        const ExprPtr& original);
  std::optional<Reduced> numpy_call(const Reduced& callee, const ReducedList& args, const ReducedKeywords& keywords,
                                    const ExprPtr& rebuilt, const ExprPtr& original);
  std::optional<Reduced> number_function(const Value& function, const ReducedList& args, const ExprPtr& original);
  std::optional<Reduced> evaluated_call(const Reduced& callee, const ReducedList& args, const ReducedKeywords& keywords,
                                        const ExprPtr& rebuilt, const ExprPtr& original);
  std::optional<Reduced> apply_structure(const Attribute& method, const ReducedList& args, const ExprPtr& original);

  // specialise_partials.cpp
  Reduced apply_partial(const Partial& partial, const ReducedList& args, const ReducedKeywords& keywords,
                        const ExprPtr& original);
  std::optional<Reduced> partial_made_here(const ReducedList& args, const ReducedKeywords& keywords,
                                           const ExprPtr& original);

  // specialise_rewrites.cpp
  std::optional<Reduced> empty_display(const Reduced& callee, const Call& node);

  // specialise_iterators.cpp
  std::string builtin_called(const ExprPtr& expr);
  ExprPtr behind_name(const ExprPtr& expr);
  bool keep_iterator(const StmtPtr& statement, const StmtPtr& next);
  std::optional<Reduced> map_as_list(const ExprPtr& expr);
  std::optional<Reduced> columns_of(const ExprPtr& expr);

  // specialise_items.cpp
  std::optional<Reduced> apply_to_items(const std::string& name, const ReducedList& args, const ExprPtr& rebuilt,
                                        const ExprPtr& original);
  std::optional<Reduced> apply_reduce(const ReducedList& args, const ExprPtr& original);
  std::optional<Reduced> first_item(const ReducedList& args);

  // specialise_library.cpp
  std::optional<Reduced> apply_library(const Reduced& callee, const ReducedList& args, const ReducedKeywords& keywords,
                                       const ExprPtr& rebuilt, const ExprPtr& original);
  std::optional<Reduced> tensors_of(const ModulePtr& module, const std::string& method, const ExprPtr& rebuilt,
                                    const ExprPtr& original);
  std::optional<Reduced> context_attribute(const Reduced& base, const Attribute& node);
  std::optional<Reduced> super_method(const Attribute& node, const ExprPtr& original);
  bool reduce_quiet_call(const Call& call, StmtList& out);
  void keep_effects(const ExprPtr& arg, StmtList& out);
  bool may_have_effect(const Call& call);
  bool is_without_effect(const WithItem& item);

  // specialise_optionals.cpp
  StmtList with_optionals(const StmtList& original);
  StmtPtr declared_optional(const Name& name, const std::string& type, const StmtPtr& original);

  // specialise_tensors.cpp
  ExprPtr tensor_method(const Attribute& method, const Reduced& self, const ReducedList& args,
                        const ReducedKeywords& keywords, const ExprPtr& original);
  ExprPtr torch_function(const Value& callee, const ReducedList& args, const ReducedKeywords& keywords,
                         const ExprPtr& original);
  ExprPtr legacy_tensor(const ReducedList& args, const ExprPtr& original,
                        const std::function<ExprPtr(const char*, const ExprList&)>& make);
  ExprPtr dtype_of_type(const Reduced& type, const ExprPtr& original);
  ExprPtr dtype_literal(DType dtype, const ExprPtr& original);
  Reduced as_declared(const Value& callee, std::size_t position, const std::string& keyword, const Reduced& arg);

  // specialise_functions.cpp
  std::optional<Reduced> call_python(const std::shared_ptr<PyFunction>& function, const ModulePtr& self,
                                     const ReducedList& args, const ReducedKeywords& keywords, const ExprPtr& original,
                                     const LocalFunction* local = nullptr);
  bool branches_on(const PyFunction& function, const std::string& parameter);
  bool needs_owner(const Value& value) const;
  /// A function made here, as an argument: with what its variables hold now. Null if that has no value at run time.
  std::shared_ptr<LocalFunction> as_argument(const LocalFunction& local);
  /// The residual of a request as a method of the smallest module that holds all it uses; null for recursion.
  const Residual* specialise_where_it_reaches(Request& request);
  bool leaves_its_module(const Request& request);
  Reduced local_function(const std::shared_ptr<const FunctionDef>& def, const std::shared_ptr<const Lambda>& lambda,
                         const ExprPtr& original);

  Evaluator& evaluator_;
  ModulePtr root_;
  MutableAttributes mutable_;
  std::unordered_set<const Module*> tree_;
  std::unordered_set<const Tensor*> tree_tensors_;  ///< parameters and buffers of it
  ResidualFrame* frame_ = nullptr;
  std::map<std::string, Residual> cache_;
  std::set<std::string> in_progress_;
  std::vector<Value> alive_;  ///< what keys of the cache name by address
  int depth_ = 0;
  int frames_ = 0;
  std::map<const Module*, MadeHere> made_here_;
  std::map<const Expr*, Value> chosen_;  ///< by what an item is looked up, where the code around settles it
  int variants_ = 0;                     ///< residuals that got names of their own
};

// specialise_values.cpp

/// None, a bool, int, float or string.
bool is_scalar(const Value& value);
/// Scalars, and tuples and lists of plain data.
bool is_plain(const Value& value);
/// What a variable of TorchScript can hold, and nobody can change: scalars, dtypes, devices, tuples of them.
bool is_storable(const Value& value);
/// A storable value, or a list of one kind of scalar: what TorchScript can hold as an attribute.
bool is_typable(const Value& value);
bool is_container(const Value& value);
/// The same value of the same type, bit by bit: 1, 1.0 and True differ.
bool is_same_constant(const Value& a, const Value& b);
/// What identifies a constant in the cache: its repr, or its address for what can change.
std::string identity(const Value& value);
/// The name of a builtin function or class, or "".
std::string builtin_name(const Value& value);
/// Reading it has no effect and gives the same wherever it is read in one expression.
bool is_atom(const ExprPtr& expr);

ExprPtr name_of(const std::string& name, const Span& span = {}, ExprContext ctx = ExprContext::Load);
ExprPtr placeholder(std::size_t index);
ExprPtr constant_of(ConstantValue literal, const Span& span);
/// A call of the function or class that `name` is.
ExprPtr call_to(const std::string& name, const ExprList& args, const Span& span);
StmtPtr assignment(const ExprPtr& target, const ExprPtr& value);
StmtPtr assignment(const std::string& name, const ExprPtr& value);

// specialise_statements.cpp

/// How control leaves an `if` whose branches it leaves so.
Exit joined(Exit body, Exit orelse);

// specialise_modules.cpp

/// What an attribute is, in terms of `names`; null if it is neither constant nor made of arguments.
ExprPtr in_terms_of(const std::vector<std::string>& names, const MadeHere::Runs& runs, const ExprPtr& original);

// specialise_rewrites.cpp

/// `self.__getattr__(name)` as `getattr(self, name)`, `next(p for p in xs)` as `next(iter(xs))`; null for other calls.
ExprPtr plainer_call(const Call& node);

// specialise_items.cpp

/// Items as a tuple.
Reduced sequence(const ReducedList& items, const Span& span);
bool all_known(const ReducedList& args, const ReducedKeywords& keywords);
/// A name, or a way down from one: evaluating it has no effect, and needs no time.
bool is_path(ExprPtr expr);
bool all_paths(const ReducedList& items);

// specialise_names.cpp

/// The statements of a def; of a lambda, its one `return`.
StmtList body_of(const PyFunction& function);
/// Names that statements bind (assignment, loops, with, walrus, import…), not looking into nested defs and lambdas.
std::set<std::string> assigned_names(const StmtList& statements);
/// Names whose value is changed in place, nested defs included: `x[i] = …`, `x.append(…)`, and what they alias.
std::set<std::string> mutated_names(const StmtList& statements);
/// The same without aliases.
std::set<std::string> directly_mutated_names(const StmtList& statements);
/// Names that are only indexed, iterated, measured and searched.
std::set<std::string> read_only_names(const StmtList& statements);
/// Names that are bound at most once when the statements run.
std::set<std::string> settled_names(const StmtList& statements, const std::set<std::string>& parameters);
/// A method of containers that changes them.
bool is_mutator(std::string_view name);
/// Names that some assignment binds to None or a number and another one to what names say: `total = total + x`.
std::set<std::string> varying_names(const StmtList& statements);
/// Names whose length or items matter somewhere: indexed, unpacked, iterated, made into a tuple.
std::set<std::string> counted_names(const StmtList& statements);
/// Names in `*name`.
std::set<std::string> starred_names(const StmtList& statements);
std::set<std::string> walrus_targets(const StmtList& statements);
/// The expressions whose value, as it is or inside of a display, the statements return or store in attributes.
std::set<const Expr*> returned_values(const StmtList& statements);
/// `self.register_buffer('name', x)` and `setattr(self, 'name', x)` as `self.name = x`; null for other calls.
std::shared_ptr<const Assign> stored_by_name(const Call& call);
/// `visit(target)` for every place that is stored to, deleted or changed in place, nested defs included.
void for_each_store(const StmtList& statements, const std::function<void(const ExprPtr&)>& visit);
/// `visit(name, value)` for every `name = value`, `name: T = value`, `name := value` and `for name in value`.
void for_each_assignment(const StmtList& statements,
                         const std::function<void(const std::string&, const ExprPtr&)>& visit);
/// The same, and whether the name is an item of the value: that of a loop.
void for_each_binding(const StmtList& statements,
                      const std::function<void(const std::string&, const ExprPtr&, bool)>& visit);
/// The parts of an expression that its value may be, or hold: whoever changes the value may change them.
ExprList alias_sources(const ExprPtr& expr);
/// All names that are read or bound, nested functions included.
std::set<std::string> all_names(const StmtList& statements);
std::set<std::string> names_in(const ExprPtr& expr);

/// The literal None.
bool is_none_literal(const ExprPtr& expr);

/// Calls `visit` for every expression below, children before parents, `lambdas`: also inside lambdas.
void for_each_expr(const ExprPtr& expr, const std::function<void(const ExprPtr&)>& visit, bool lambdas = false);
void for_each_expr(const StmtList& statements, const std::function<void(const ExprPtr&)>& visit, bool nested = false);
/// Calls `visit` for every statement below, parents first; `nested`: also inside nested defs.
void for_each_stmt(const StmtList& statements, const std::function<void(const StmtPtr&)>& visit, bool nested = false);

/// A new node where something else stood.
template <class Node>
std::shared_ptr<Node> node_at(const Span& span) {
  auto node = std::make_shared<Node>();
  node->span = span;
  return node;
}

/// A copy of an immutable node to change one field of.
template <class Node>
std::shared_ptr<Node> copy_of(const Node& node) {
  return std::make_shared<Node>(node);
}

}  // namespace scriptc::python
