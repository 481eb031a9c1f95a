#include "scriptc/model/text.h"
#include "scriptc/python/interpreter.h"

namespace scriptc::python {

void Interpreter::exec_assign(Frame& f, const Expr& target, const Value& value) {
  switch (target.kind) {
    case ExprKind::Name:
      store_name(f, private_name(f, static_cast<const Name&>(target).id), value);
      return;
    case ExprKind::Attribute: {
      const auto& node = static_cast<const Attribute&>(target);
      const Value object = eval(f, node.value);
      f.at = &target.span;
      set_attribute(object, private_name(f, node.attr), value);
      return;
    }
    case ExprKind::Subscript: {
      const auto& node = static_cast<const Subscript&>(target);
      const Value object = eval(f, node.value);
      const Value key = eval(f, node.slice);
      f.at = &target.span;
      set_item(object, key, value);
      return;
    }
    case ExprKind::TupleExpr:
      f.at = &target.span;
      exec_unpack(f, static_cast<const TupleExpr&>(target).elts, value);
      return;
    case ExprKind::ListExpr:
      f.at = &target.span;
      exec_unpack(f, static_cast<const ListExpr&>(target).elts, value);
      return;
    case ExprKind::Starred:
      exec_assign(f, *static_cast<const Starred&>(target).value, value);
      return;
    default:
      raise("SyntaxError", "cannot assign to this expression");
  }
}

void Interpreter::exec_unpack(Frame& f, const ExprList& targets, const Value& value) {
  std::size_t star = targets.size();
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (as<Starred>(targets[i])) star = i;
  const bool starred = star != targets.size();
  if (!value.is_list() && !value.is_tuple() && !find_iterable(value))
    raise("TypeError", "cannot unpack non-iterable " + value.type_name() + " object");
  // One more than needed tells "too many" from "enough", also for endless iterators.
  std::vector<Value> items;
  const IteratorPtr iterator = iterate(value);
  for (Value item; (starred || items.size() <= targets.size()) && iterator->next(item);) {
    step();
    items.push_back(item);
  }
  const std::size_t needed = targets.size() - (starred ? 1 : 0);
  if (items.size() < needed)
    raise("ValueError", "not enough values to unpack (expected " + std::string(starred ? "at least " : "") +
                            std::to_string(needed) + ", got " + std::to_string(items.size()) + ")");
  if (!starred && items.size() > needed)
    raise("ValueError", "too many values to unpack (expected " + std::to_string(needed) + ")");
  const std::size_t extra = items.size() - needed;
  std::size_t next = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (i != star) {
      exec_assign(f, *targets[i], items[next++]);
      continue;
    }
    const auto from = items.begin() + static_cast<std::ptrdiff_t>(next);
    exec_assign(f, *targets[i], Value::list({from, from + static_cast<std::ptrdiff_t>(extra)}));
    next += extra;
  }
}

void Interpreter::exec_augmented(Frame& f, const AugAssign& node) {
  if (const auto* attribute = as<Attribute>(node.target)) {
    const Value object = eval(f, attribute->value);
    const std::string name = private_name(f, attribute->attr);
    const Value old = get_attribute(object, name);
    const Value by = eval(f, node.value);
    f.at = &node.span;
    set_attribute(object, name, inplace(node.op, old, by));
  } else if (const auto* subscript = as<Subscript>(node.target)) {
    const Value object = eval(f, subscript->value);
    const Value key = eval(f, subscript->slice);
    f.at = &node.span;
    const Value old = get_item(object, key);
    const Value by = eval(f, node.value);
    f.at = &node.span;
    set_item(object, key, inplace(node.op, old, by));
  } else {
    const std::string name = private_name(f, static_cast<const Name&>(*node.target).id);
    f.at = &node.target->span;
    const Value old = load_name(f, name);
    const Value by = eval(f, node.value);
    f.at = &node.span;
    store_name(f, name, inplace(node.op, old, by));
  }
}

void Interpreter::exec_annotated(Frame& f, const AnnAssign& node) {
  if (f.class_annotations != nullptr)
    if (const auto* name = as<Name>(node.target)) f.class_annotations->set(name->id, node.annotation);
  if (node.value) exec_assign(f, *node.target, eval(f, node.value));
}

void Interpreter::exec_delete(Frame& f, const Expr& target) {
  switch (target.kind) {
    case ExprKind::Name:
      delete_name(f, private_name(f, static_cast<const Name&>(target).id));
      return;
    case ExprKind::Attribute: {
      const auto& node = static_cast<const Attribute&>(target);
      delete_attribute(eval(f, node.value), private_name(f, node.attr));
      return;
    }
    case ExprKind::Subscript: {
      const auto& node = static_cast<const Subscript&>(target);
      const Value object = eval(f, node.value);
      delete_item(object, eval(f, node.slice));
      return;
    }
    case ExprKind::TupleExpr:
      for (const ExprPtr& elt : static_cast<const TupleExpr&>(target).elts) exec_delete(f, *elt);
      return;
    case ExprKind::ListExpr:
      for (const ExprPtr& elt : static_cast<const ListExpr&>(target).elts) exec_delete(f, *elt);
      return;
    default:
      raise("SyntaxError", "cannot delete this expression");
  }
}

}  // namespace scriptc::python
