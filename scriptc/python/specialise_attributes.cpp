// The specialiser on attributes and subscripts.

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

Reduced Specialiser::Impl::reduce_attribute(const Attribute& node, const ExprPtr& original) {
  if (auto method = super_method(node, original)) return *method;
  if (auto number = number_of_dtype(node)) return *number;
  const Reduced base = reduce(node.value);
  if (auto variable = context_attribute(base, node)) return *variable;
  ExprPtr rebuilt = original;
  if (base.expr != node.value) {
    auto changed = copy_of(node);
    changed->value = base.expr;
    rebuilt = changed;
  }
  if (node.ctx != ExprContext::Load) return {rebuilt, {}, nullptr};
  return attribute_of(base, node.attr, rebuilt, original);
}

Reduced Specialiser::Impl::attribute_of(const Reduced& base, const std::string& name, const ExprPtr& rebuilt,
                                        const ExprPtr& original) {
  if (!base.is_constant() || base.fact.one_shot || base.fact.value.try_as<Opaque>()) return {rebuilt, {}, nullptr};
  if (const auto module = base.fact.value.try_as<Module>()) return module_attribute(module, name, rebuilt, original);
  const bool is_instance = base.fact.value.try_as<Instance>() != nullptr;
  if (is_instance && mutable_.names.contains(name)) return {rebuilt, {}, nullptr};
  std::optional<Value> value;
  try {
    value = evaluator_.try_get_attribute(base.fact.value, name);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cap) throw;
  }
  if (!value || value->is_tensor()) return {rebuilt, {}, nullptr};
  if (is_scalar(*value)) return folded(rebuilt, value, original);
  // Names of modules and classes are looked up again by the lowering; what hangs on other objects is not.
  const bool by_name = base.fact.value.try_as<PyModule>() || base.fact.value.try_as<PyClass>();
  const bool bound = value->try_as<BoundMethod>() || value->try_as<NativeFunction>();
  if (by_name || bound) return {rebuilt, Fact::constant(*value), nullptr};
  return {reify(*value, original), Fact::constant(*value), nullptr};
}

Reduced Specialiser::Impl::module_attribute(const ModulePtr& module, const std::string& name, const ExprPtr& rebuilt,
                                            const ExprPtr& original) {
  const bool inside = in_tree(module);
  if (const auto made = made_here_.find(module.get()); made != made_here_.end())
    if (const auto stored = made->second.attributes.find(name); stored != made->second.attributes.end())
      return {in_terms_of(made->second.names, stored->second, original), {}, nullptr};
  if (inside ? mutable_.contains(*module, name) : mutable_.names.contains(name)) return {rebuilt, {}, nullptr};
  const auto nothing = [&] {
    return Reduced{inside ? rebuilt : reify(None{}, original), Fact::constant(None{}), nullptr};
  };
  // A tensor of a module outside the tree is one that the code itself holds.
  const auto tensor = [&](const TensorPtr& value) {
    if (!value) return nothing();
    return Reduced{inside ? rebuilt : reify(value, original), {}, nullptr};
  };
  if (const TensorPtr* parameter = module->parameters.find(name)) return tensor(*parameter);
  if (const Buffer* buffer = module->buffers.find(name)) return tensor(buffer->tensor);
  const auto cls = std::dynamic_pointer_cast<PyClass>(module->class_);
  const Value* in_class = cls ? cls->lookup(name) : nullptr;
  if (const auto property = in_class ? in_class->try_as<Property>() : nullptr) {
    // It may read what methods assign: known only if its body comes out as a constant, else a method like others.
    const auto getter = property->getter.try_as<PyFunction>();
    auto called = getter ? call_python(getter, module, {}, {}, original) : std::nullopt;
    if (called && (called->is_constant() || !inside)) return *called;
    return {rebuilt, {}, nullptr};
  }
  const std::optional<Value> value = evaluator_.try_get_attribute(module, name);
  if (!value) return {rebuilt, {}, nullptr};
  if (value->is_tensor()) return tensor(value->as_tensor());
  if (!inside && value->try_as<BoundMethod>()) return {rebuilt, Fact::constant(*value), nullptr};
  const bool child = value->try_as<Module>() && in_tree(value->try_as<Module>());
  const bool own = module->attributes.contains(name) || name == "training";
  // A method of another module is known, but only to those who can reach that.
  const auto method = value->try_as<BoundMethod>();
  const bool foreign = method && method->self.try_as<Module>() && method->self.try_as<Module>() != module;
  const bool stays = (method && !foreign) || child || (own && is_typable(*value));
  if (inside && stays) return {rebuilt, Fact::constant(*value), nullptr};
  return {reify(*value, original), Fact::constant(*value), nullptr};
}

/// `args[0]`, `args[1:]`, `kwargs['x']` and `(a, b)[0]`, where nothing has to be computed.
std::optional<Reduced> Specialiser::Impl::structure_item(const Reduced& base, const Reduced& index) {
  if (base.fact.kind == Fact::Kind::dict) {
    if (!index.is_constant() || !index.fact.value.is_string()) return std::nullopt;
    for (std::size_t i = 0; i < base.fact.keys.size(); ++i)
      if (base.fact.keys[i] == index.fact.value.as_string()) return reduce(base.fact.items[i]);
    return std::nullopt;
  }
  const bool is_sequence = base.fact.kind == Fact::Kind::tuple || base.fact.kind == Fact::Kind::list;
  const auto items = is_sequence || base.parts ? items_of(base) : std::nullopt;
  if (!items) return std::nullopt;
  for (const Reduced& item : *items)
    if (!item.is_constant() && !is_atom(item.expr)) return std::nullopt;
  const auto size = static_cast<std::int64_t>(items->size());
  if (index.is_constant() && index.fact.value.is_int()) {
    std::int64_t at = index.fact.value.as_int();
    if (at < 0) at += size;
    if (at < 0 || at >= size) return std::nullopt;
    return (*items)[static_cast<std::size_t>(at)];
  }
  if (!is_sequence || !as<Slice>(index.expr) || !index.parts) return std::nullopt;
  std::vector<Value> positions;
  for (std::int64_t i = 0; i < size; ++i) positions.emplace_back(i);
  Reduced whole{base.expr, Fact::constant(Value::tuple(positions)), nullptr};
  Subscript node;
  node.value = base.expr;
  node.slice = index.expr;
  std::vector<Value> operands{whole.fact.value};
  auto shape = copy_of(node);
  auto bounds = std::make_shared<Slice>();
  shape->value = placeholder(0);
  ExprPtr* const places[] = {&bounds->lower, &bounds->upper, &bounds->step};
  for (std::size_t i = 0; i < 3; ++i) {
    const Reduced& bound = (*index.parts)[i];
    if (!bound.expr) continue;
    if (!bound.is_constant()) return std::nullopt;
    *places[i] = placeholder(operands.size());
    operands.push_back(bound.fact.value);
  }
  shape->slice = bounds;
  const auto chosen = evaluate(shape, operands);
  if (!chosen || !chosen->is_tuple()) return std::nullopt;
  Reduced result;
  for (const Value& position : chosen->as_tuple())
    result.fact.items.push_back((*items)[static_cast<std::size_t>(position.as_int())].expr);
  result.fact.kind = base.fact.kind;
  result.fact.materialised = false;
  const auto fill = [&](auto display) {
    display->span = base.expr->span;
    display->elts = result.fact.items;
    result.expr = display;
  };
  if (base.fact.kind == Fact::Kind::list)
    fill(std::make_shared<ListExpr>());
  else
    fill(std::make_shared<TupleExpr>());
  return result;
}

Reduced Specialiser::Impl::reduce_subscript(const Subscript& node, const ExprPtr& original) {
  const Reduced base = reduce(node.value);
  const auto* tuple = as<TupleExpr>(node.slice);
  Reduced index = tuple ? reduce_sequence(node.slice, tuple->elts) : reduce(node.slice);
  if (const auto chosen = chosen_.find(&node); chosen != chosen_.end())
    index = {reify(chosen->second, node.slice), Fact::constant(chosen->second), nullptr};
  ExprPtr rebuilt = original;
  if (base.expr != node.value || index.expr != node.slice) {
    auto changed = copy_of(node);
    changed->value = base.expr;
    changed->slice = index.expr;
    rebuilt = changed;
  }
  if (node.ctx != ExprContext::Load) return {rebuilt, {}, nullptr};
  if (auto item = structure_item(base, index)) return *item;
  if (!base.is_constant() || base.fact.one_shot) return {rebuilt, {}, nullptr};
  auto shape = copy_of(node);
  shape->value = placeholder(0);
  std::vector<Value> operands{base.fact.value};
  if (as<Slice>(node.slice)) {
    auto bounds = std::make_shared<Slice>();
    ExprPtr* const places[] = {&bounds->lower, &bounds->upper, &bounds->step};
    for (std::size_t i = 0; i < 3; ++i) {
      const Reduced& bound = (*index.parts)[i];
      if (!bound.expr) continue;
      if (!bound.is_constant()) return {rebuilt, {}, nullptr};
      *places[i] = placeholder(operands.size());
      operands.push_back(bound.fact.value);
    }
    shape->slice = bounds;
  } else {
    if (!index.is_constant()) return {rebuilt, {}, nullptr};
    shape->slice = placeholder(1);
    operands.push_back(index.fact.value);
  }
  const std::optional<Value> value = evaluate(shape, operands);
  // A tensor, or what Python would raise: with the very index at least.
  const auto* view = as<Attribute>(node.value);
  if (!value && view && base.fact.value.try_as<NameView>() && index.is_constant() && index.fact.value.is_string()) {
    auto entry = std::make_shared<Attribute>();
    entry->span = original->span;
    entry->value = reduce(view->value).expr;
    entry->attr = index.fact.value.as_string();
    return {entry, {}, nullptr};
  }
  if (!value && !as<Slice>(node.slice) && is_scalar(index.fact.value) && !as<Constant>(index.expr)) {
    auto changed = copy_of(*as<Subscript>(rebuilt));
    changed->slice = reify(index.fact.value, node.slice);
    return {changed, {}, nullptr};
  }
  if (!value) return {rebuilt, {}, nullptr};
  // A slice of a ModuleList is a new list of old modules: known for loops, but the lowering slices by itself.
  if (const auto module = value->try_as<Module>(); module && !in_tree(module) && as<Slice>(node.slice))
    return {rebuilt, Fact::constant(*value, false), nullptr};
  return folded(rebuilt, value, original);
}

}  // namespace scriptc::python
