#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// The loops of a comprehension as a machine that yields one element at a time: generator expressions are lazy.
class ComprehensionRun {
 public:
  ComprehensionRun(Interpreter& in, const Frame& f, ExprPtr expr, const std::vector<Comprehension>& generators,
                   IteratorPtr first)
      : in_(in), expr_(std::move(expr)), generators_(generators), frame_(f) {
    frame_.scope = std::make_shared<Scope>();
    // Variables of a class body are invisible here, as in Python.
    frame_.scope->parent = f.scope;
    in_.scopes.push_back(frame_.scope);
    if (!f.in_comprehension) frame_.outer = f.class_names != nullptr ? nullptr : f.scope;
    frame_.in_comprehension = true;
    frame_.class_names = nullptr;
    frame_.info = nullptr;
    frame_.returned = Value();
    open_.push_back(std::move(first));
  }

  /// Advances to the next element; false at the end. The variables are then those of the element.
  bool next() {
    const FrameGuard guard(in_, frame_);
    while (!open_.empty()) {
      in_.step();
      Value item;
      const Comprehension& generator = generators_[open_.size() - 1];
      if (!open_.back()->next(item)) {
        open_.pop_back();
        continue;
      }
      in_.exec_assign(frame_, *generator.target, item);
      if (!passes(generator)) continue;
      if (open_.size() == generators_.size()) return true;
      open_.push_back(in_.iterate(in_.eval(frame_, generators_[open_.size()].iter)));
    }
    return false;
  }

  Value eval(const ExprPtr& expr) {
    const FrameGuard guard(in_, frame_);
    return in_.eval(frame_, expr);
  }

 private:
  bool passes(const Comprehension& generator) {
    for (const ExprPtr& condition : generator.ifs)
      if (!in_.truth(in_.eval(frame_, condition))) return false;
    return true;
  }

  Interpreter& in_;
  ExprPtr expr_;  // keeps `generators_` alive
  const std::vector<Comprehension>& generators_;
  Frame frame_;
  std::vector<IteratorPtr> open_;
};

namespace {

const std::vector<Comprehension>& generators_of(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::ListComp:
      return static_cast<const ListComp&>(expr).generators;
    case ExprKind::SetComp:
      return static_cast<const SetComp&>(expr).generators;
    case ExprKind::DictComp:
      return static_cast<const DictComp&>(expr).generators;
    default:
      return static_cast<const GeneratorExp&>(expr).generators;
  }
}

}  // namespace

Value Interpreter::eval_comprehension(Frame& f, const ExprPtr& expr) {
  const auto& generators = generators_of(*expr);
  const Value source = eval(f, generators.front().iter);
  f.at = &generators.front().iter->span;
  auto run = std::make_shared<ComprehensionRun>(*this, f, expr, generators, iterate(source));
  if (const auto* list = as<ListComp>(expr)) {
    std::vector<Value> items;
    while (run->next()) {
      charge(sizeof(Value));
      items.push_back(run->eval(list->elt));
    }
    return Value::list(std::move(items));
  }
  if (const auto* set_comp = as<SetComp>(expr)) {
    auto set = std::make_shared<SetObject>();
    while (run->next()) set->add(run->eval(set_comp->elt));
    return set;
  }
  if (const auto* dict_comp = as<DictComp>(expr)) {
    const Value dict = Value::dict();
    while (run->next()) {
      charge(4 * sizeof(Value));
      const Value key = run->eval(dict_comp->key);
      dict.as_dict().set(key, run->eval(dict_comp->value));
    }
    return dict;
  }
  const ExprPtr elt = static_cast<const GeneratorExp&>(*expr).elt;
  return make_iterator("generator", [run, elt](Value& out) {
    if (!run->next()) return false;
    out = run->eval(elt);
    return true;
  });
}

}  // namespace scriptc::python
