#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scriptc/python/residual.h"

// What the specialiser knows while it works, and what its parts hand to each other.

namespace scriptc::python {

/// What is known of a variable or an expression before the model runs.
struct Fact {
  enum class Kind {
    dynamic,   ///< nothing
    constant,  ///< `value`
    tuple,     ///< a tuple of `items`, each an atom: what `*args` collected
    dict,      ///< the same with `keys`: what `**kwargs` collected, or a dict made here
    list,      ///< a list of `items`, made here
    alias,     ///< of a variable: it stands for the atom `items[0]`
    lost,      ///< of a variable: one of several values that no variable can hold; reading it is an error
  };
  Kind kind = Kind::dynamic;
  Value value;
  ExprList items;
  std::vector<std::string> keys;
  bool materialised = true;  ///< the variable exists in the residual too; else every use of its name is replaced
  bool one_shot = false;     ///< an iterator: gone once it has been read
  bool tracked = false;      ///< of a variable: a list or dict that changes as the function is specialised
  bool deferred = false;     ///< of a variable: a start that becomes one only where it has to
  ExprPtr annotation;        ///< of such a variable, if it was declared with a type
  StmtPtr origin;            ///< the statement that made it, as long as it is what that made

  static Fact constant(Value v, bool materialised = true);
  bool is_constant() const { return kind == Kind::constant; }
  bool is_structure() const { return kind == Kind::tuple || kind == Kind::dict || kind == Kind::list; }
};

using Facts = std::map<std::string, Fact>;

/// A residual expression and what is known of its value. A constant can be dropped: computing it has no effect.
struct Reduced {
  ExprPtr expr;
  Fact fact;
  /// The items of a display, or of an iterable that is consumed where it stands; null if they are not known.
  std::shared_ptr<const std::vector<Reduced>> parts;
  bool lazy = false;  ///< the parts are computed one by one as they are read, as those of a generator

  bool is_constant() const { return fact.is_constant(); }
};

using ReducedList = std::vector<Reduced>;
using ReducedKeywords = std::vector<std::pair<std::string, Reduced>>;

/// How control leaves a block of statements; `mixed`: by one of several ways, never falling through.
enum class Exit { next, leaves, breaks, continues, mixed };

struct ReducedBlock {
  StmtList body;
  Exit flow = Exit::next;
};

/// A def or lambda inside a compiled function that captures variables of it: called there, or by a function that it is
/// an argument of, which then gets what it captures as further arguments.
class LocalFunction : public Object {
 public:
  std::string type_name() const override { return "function"; }
  std::shared_ptr<PyFunction> function;
  std::set<std::string> captured;                ///< variables of the function around it
  std::map<std::string, Value> known;            ///< those of them that are constant, once it is an argument
  std::map<std::string, std::string> variables;  ///< what the others are called where it can be called
  std::map<std::string, ExprPtr> values;         ///< of those that are no variables: what to pass for them
  int frame = 0;                                 ///< ResidualFrame::id of where that is

  const std::string& variable(const std::string& name) const {
    const auto found = variables.find(name);
    return found == variables.end() ? name : found->second;
  }
};

/// A module that is made in forward of what only the run knows: no attributes of its own for that, but variables.
struct MadeHere {
  using Runs = std::array<Value, 4>;
  std::vector<std::string> names;          ///< the variables that hold the constructor's unknown arguments
  std::map<std::string, Runs> attributes;  ///< what became of stand-ins for them
};

/// What is known while one function is specialised.
struct ResidualFrame {
  int id = 0;
  std::shared_ptr<PyFunction> function;
  ModulePtr owner;                    ///< the module of the tree whose method the residual is; null: a free function
  std::string self_name;              ///< the parameter that holds it
  std::set<std::string> locals;       ///< parameters and assigned names
  std::set<std::string> names;        ///< all that occur
  std::set<std::string> mutated;      ///< variables whose value is changed in place somewhere
  std::set<std::string> read_only;    ///< variables that are only indexed, iterated and measured
  std::set<std::string> settled;      ///< variables that are bound once
  std::set<std::string> varying;      ///< variables that are bound to None or a number, and to something else
  std::set<std::string> counted;      ///< variables whose length or items are asked for
  std::set<std::string> starred;      ///< variables that are spread, `*args`
  std::set<std::string> fixed;        ///< variables that are bound in expressions
  std::set<const Expr*> returned;     ///< what `return` may give to the caller, and what variables of it are bound to
  std::set<std::string> bound_once;   ///< variables of the residual alone, bound once wherever they are read
  std::set<const Expr*> first_calls;  ///< calls before which nothing of the present statement happens
  const Expr* called = nullptr;       ///< what the present call calls
  const Expr* assigned = nullptr;     ///< all that the present statement assigns
  StmtList* out = nullptr;            ///< where statements before the present one go
  bool wants_items = false;           ///< the items of the comprehension that is reduced next matter
  std::set<std::string> parameters;   ///< as the function has them
  bool tests = false;                 ///< of what is reduced next only the truth matters
  int conditional = 0;                ///< > 0: what is reduced may never run
  int untracked = 0;                  ///< > 0: lists and dicts are variables from the start
  Facts facts;
  std::optional<Value> result;  ///< of the last `return`, if constant
  int unrolled = 0;             ///< iterations so far
  bool leaves_owner = false;    ///< Residual::leaves_owner of a call in it
  /// Attributes of contexts of autograd, by object and name.
  std::map<std::pair<const void*, std::string>, std::string> context_variables;
};

/// Sends what has to stand before the present statement to another place, for a while.
class OutScope {
 public:
  OutScope(ResidualFrame& frame, StmtList& out) : frame_(frame), outer_(std::exchange(frame.out, &out)) {}
  ~OutScope() { frame_.out = outer_; }
  OutScope(const OutScope&) = delete;
  OutScope& operator=(const OutScope&) = delete;

 private:
  ResidualFrame& frame_;
  StmtList* outer_;
};

/// A list, tuple or dict whose items are known one by one, on its way into a function or out of it.
struct Structure {
  Fact::Kind kind = Fact::Kind::list;
  std::vector<std::string> keys;
  std::vector<std::optional<Value>> items;  ///< what is constant; the others are passed one by one
};

/// One function to specialise, and for what.
struct Request {
  std::shared_ptr<PyFunction> function;
  ModulePtr self;   ///< bound to the first parameter; may lie outside the tree
  ModulePtr owner;  ///< whose method the residual becomes: `self`, or the module whose method needs it
  std::map<std::string, Value> constants;              ///< parameters and captured variables
  std::vector<std::string> captured;                   ///< captured variables that become parameters
  Structure extra_args{Fact::Kind::tuple, {}, {}};     ///< what `*args` collects
  Structure extra_keywords{Fact::Kind::dict, {}, {}};  ///< what `**kwargs` collects
  std::map<std::string, Structure> structures;         ///< parameters that are passed item by item
};

struct Residual {
  std::shared_ptr<PyFunction> function;
  std::vector<std::string> extra;      ///< parameters in the place of `*args`, then of `**kwargs`, then captured ones
  std::optional<Value> result;         ///< what it returns, if it does nothing else
  std::optional<Structure> returned;   ///< the list or dict that it always returns
  std::shared_ptr<PyFunction> spread;  ///< the same function, returning the items of that as a tuple
  /// It uses modules of the tree that do not lie below its owner: a method of a module further up can reach them.
  bool leaves_owner = false;
};

}  // namespace scriptc::python
