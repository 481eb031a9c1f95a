#include <functional>

#include "scriptc/model/text.h"
#include "scriptc/python/runtime.h"
#include "scriptc/torch/annotations.h"
#include "scriptc/torch/class_types.h"
#include "scriptc/torch/sugared_callables.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

using Loc = jit::SourceRange;
using NamedValues = at::ArrayRef<jit::NamedValue>;

Sugared simple(jit::Value* value) { return std::make_shared<jit::SimpleValue>(value); }

Sugared text(const std::string& value, jit::GraphFunction& m) { return simple(m.graph()->insertConstant(value)); }

Sugared pair(Sugared a, Sugared b) {
  return std::make_shared<jit::SugaredTupleValue>(std::vector<Sugared>{std::move(a), std::move(b)});
}

class ModuleValue final : public jit::SugaredValue {
 public:
  ModuleValue(Compiler& compiler, jit::Value* self, ModuleInfo& info)
      : compiler_(compiler), self_(self), info_(info), container_(container_of(*info.module)) {}

  // The ir_emitter slices whatever has exactly this kind by asTupleValue.
  std::string kind() const override { return "module"; }
  jit::Value* asValue(const Loc&, jit::GraphFunction&) override { return self_; }

  Sugared attr(const Loc& loc, jit::GraphFunction& m, const std::string& field) override;
  bool hasAttr(const Loc& loc, jit::GraphFunction& m, const std::string& field) override;
  void setAttr(const Loc& loc, jit::GraphFunction& m, const std::string& field, jit::Value* value) override;

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues keywords,
               std::size_t binders) override {
    return attr(loc, m, "forward")->call(loc, m, args, keywords, binders);
  }

  std::vector<Sugared> asTuple(const Loc& loc, jit::GraphFunction& m, const c10::optional<std::size_t>&) override {
    return elements(loc, m);
  }
  Sugared asTupleValue(const Loc& loc, jit::GraphFunction& m) override;
  Sugared iter(const Loc& loc, jit::GraphFunction& m) override {
    if (container_ != Container::dict && container_ != Container::parameter_dict) {
      return std::make_shared<jit::SugaredTupleValue>(elements(loc, m));
    }
    return std::make_shared<jit::SugaredTupleValue>(keys(m));
  }
  jit::Value* len(const Loc& loc, jit::GraphFunction& m) override {
    return m.graph()->insertConstant(static_cast<std::int64_t>(elements(loc, m).size()), loc);
  }
  Sugared getitem(const Loc& loc, jit::GraphFunction& m, jit::Value* index, c10::TypePtr hint) override;

 private:
  const Module& module() const { return *info_.module; }
  std::string class_name() const { return module().class_->name; }
  Sugared member(jit::GraphFunction& m, const std::string& name);
  Sugared attribute(const Loc& loc, jit::GraphFunction& m, const std::string& field, const Value& value);
  Sugared class_attribute(const Loc& loc, jit::GraphFunction& m, const std::string& field, const Value& found);
  Sugared container_method(jit::GraphFunction& m, const std::string& field);
  Sugared tree_method(jit::GraphFunction& m, const std::string& field);
  Sugared missing(const Loc& loc, const std::string& field);
  std::vector<std::string> member_names() const;
  std::vector<Sugared> elements(const Loc& loc, jit::GraphFunction& m);
  std::vector<Sugared> keys(jit::GraphFunction& m);
  const Value* class_lookup(const std::string& field) const {
    const auto cls = std::dynamic_pointer_cast<py::PyClass>(module().class_);
    return cls ? cls->lookup(field) : nullptr;
  }

  Compiler& compiler_;
  jit::Value* self_;
  ModuleInfo& info_;
  Container container_;
};

/// A child, parameter or buffer.
Sugared ModuleValue::member(jit::GraphFunction& m, const std::string& name) {
  jit::Value* value = m.graph()->insertGetAttr(self_, name);
  const auto child = info_.children.find(name);
  return child == info_.children.end() ? simple(value) : make_module(compiler_, value, *child->second);
}

std::vector<std::string> ModuleValue::member_names() const {
  if (container_ == Container::parameter_list || container_ == Container::parameter_dict) {
    return module().parameters.names();
  }
  return module().children.names();
}

std::vector<Sugared> ModuleValue::elements(const Loc& loc, jit::GraphFunction& m) {
  if (container_ == Container::none) {
    throw compiler_.error(loc, "a " + quote(class_name()) + " is no container that can be iterated or counted",
                          "only ModuleList, Sequential, ModuleDict and their parameter twins are");
  }
  std::vector<Sugared> result;
  for (const std::string& name : member_names()) result.push_back(member(m, name));
  return result;
}

std::vector<Sugared> ModuleValue::keys(jit::GraphFunction& m) {
  std::vector<Sugared> result;
  for (const std::string& name : member_names()) result.push_back(text(name, m));
  return result;
}

// A slice makes plain values of the elements; calling one looks for `__call__` on its class type.
Sugared ModuleValue::asTupleValue(const Loc& loc, jit::GraphFunction& m) {
  for (const auto& [name, child] : info_.children) {
    const auto cls = std::dynamic_pointer_cast<py::PyClass>(child->module->class_);
    const Value* forward = cls ? cls->lookup("forward") : nullptr;
    const auto function = forward ? forward->try_as<py::PyFunction>() : nullptr;
    if (child->module->attributes.contains("forward"))
      throw compiler_.error(loc, "a module whose 'forward' is its own cannot stand in a slice of modules",
                            "write the method into its class");
    if (function && !child->type->findMethod("__call__")) compiler_.alias(*child, function, "__call__", loc);
  }
  return std::make_shared<jit::SugaredTupleValue>(elements(loc, m));
}

Sugared ModuleValue::getitem(const Loc& loc, jit::GraphFunction& m, jit::Value* index, c10::TypePtr) {
  if (container_ == Container::none && class_lookup("__getitem__")) {
    return attr(loc, m, "__getitem__")->call(loc, m, {jit::NamedValue(index)}, {}, 1);
  }
  const auto constant = jit::toIValue(index);
  if (!constant) {
    throw compiler_.error(loc,
                          "a " + quote(class_name()) + " is indexed by a value that is known only when the model runs",
                          "iterate over it, with enumerate() if the index is needed");
  }
  const std::vector<std::string> names = member_names();
  if (constant->isString()) {
    for (const std::string& name : names) {
      if (name == constant->toStringRef()) return member(m, name);
    }
    throw compiler_.error(loc, "this " + quote(class_name()) + " has no entry " + quote(constant->toStringRef()) +
                                   did_you_mean(constant->toStringRef(), names));
  }
  const std::int64_t size = static_cast<std::int64_t>(names.size());
  std::int64_t i = constant->isInt() ? constant->toInt() : size;
  if (i < 0) i += size;
  if (i < 0 || i >= size) {
    throw compiler_.error(loc, (constant->isInt() ? "index " + std::to_string(constant->toInt()) : "this index") +
                                   " is out of range of this " + quote(class_name()) + " of " + std::to_string(size) +
                                   (size == 1 ? " entry" : " entries"));
  }
  return member(m, names[static_cast<std::size_t>(i)]);
}

Sugared ModuleValue::container_method(jit::GraphFunction& m, const std::string& field) {
  if (container_ != Container::dict && container_ != Container::parameter_dict) return nullptr;
  std::vector<Sugared> items;
  for (const std::string& name : member_names()) {
    if (field == "keys") items.push_back(text(name, m));
    if (field == "values") items.push_back(member(m, name));
    if (field == "items") items.push_back(pair(text(name, m), member(m, name)));
  }
  const bool known = field == "keys" || field == "values" || field == "items";
  return known ? std::make_shared<FixedSequence>(std::move(items)) : nullptr;
}

/// `children()`, `named_modules()`, `parameters()` and their kin, which give the same every time.
Sugared ModuleValue::tree_method(jit::GraphFunction& m, const std::string& field) {
  const bool named = field.starts_with("named_");
  const std::string what = named ? field.substr(6) : field;
  if (what != "children" && what != "modules" && what != "parameters" && what != "buffers") return nullptr;
  std::vector<Sugared> items;
  const auto add = [&](const std::string& name, Sugared value) {
    items.push_back(named ? pair(text(name, m), std::move(value)) : std::move(value));
  };
  const std::function<void(ModuleInfo&, jit::Value*, const std::string&)> walk = [&](ModuleInfo& info, jit::Value* self,
                                                                                     const std::string& path) {
    const std::string prefix = path.empty() ? "" : path + ".";
    const auto get = [&](const std::string& name) { return m.graph()->insertGetAttr(self, name); };
    if (what == "modules") add(path, make_module(compiler_, self, info));
    if (what == "parameters") {
      for (const auto& [name, tensor] : info.module->parameters)
        if (tensor) add(prefix + name, simple(get(name)));
    }
    if (what == "buffers") {
      for (const auto& [name, buffer] : info.module->buffers)
        if (buffer.tensor) add(prefix + name, simple(get(name)));
    }
    for (const auto& [name, child] : info.module->children) {
      if (!child) continue;
      ModuleInfo& inner = *info.children.at(name);
      if (what == "children") add(name, make_module(compiler_, get(name), inner));
      if (what != "children") walk(inner, get(name), prefix + name);
    }
  };
  walk(info_, self_, "");
  return std::make_shared<FixedSequence>(std::move(items));
}

// Attributes that nobody assigns are constants; lists and dicts stay attributes, for they may be changed in place.
Sugared ModuleValue::attribute(const Loc& loc, jit::GraphFunction& m, const std::string& field, const Value& value) {
  const bool stored = info_.type->hasAttribute(field);
  const bool by_reference = value.is_list() || value.is_dict() || value.is_tensor();
  if (stored && (by_reference || compiler_.is_mutable(module(), field))) return member(m, field);
  if (const auto found = info_.untyped.find(field);
      found != info_.untyped.end() && is_plain_data(value) && by_reference) {
    throw compiler_.error(
        loc,
        "attribute " + quote(field) + " of " + quote(class_name()) + " has no type in TorchScript: " + found->second,
        "annotate it in the class body, as in '" + field + ": List[int]'");
  }
  return to_sugared(compiler_, value, loc, m);
}

Sugared ModuleValue::class_attribute(const Loc& loc, jit::GraphFunction& m, const std::string& field,
                                     const Value& found) {
  if (const auto function = found.try_as<py::PyFunction>()) {
    return make_method(compiler_, self_, info_, function, field);
  }
  if (const auto wrapper = found.try_as<py::MethodWrapper>()) {
    if (!wrapper->is_class) return to_sugared(compiler_, wrapper->function, loc, m);
    auto bound = std::make_shared<py::BoundMethod>();
    bound->self = Value(std::static_pointer_cast<Object>(module().class_));
    bound->function = wrapper->function;
    return to_sugared(compiler_, Value(bound), loc, m);
  }
  if (const auto property = found.try_as<py::Property>()) {
    if (const auto getter = property->getter.try_as<py::PyFunction>()) {
      return make_method(compiler_, self_, info_, getter, field + "_getter")->call(loc, m, {}, {}, 1);
    }
  }
  if (found.try_as<py::NativeFunction>()) {
    throw compiler_.error(loc, "method " + quote(field) + " of nn.Module cannot be called in compiled code",
                          "call it outside of forward");
  }
  return to_sugared(compiler_, found, loc, m);
}

Sugared ModuleValue::missing(const Loc& loc, const std::string& field) {
  std::vector<std::string> names = module().attributes.names();
  for (const auto& list : {module().parameters.names(), module().buffers.names(), module().children.names()}) {
    names.insert(names.end(), list.begin(), list.end());
  }
  if (const auto cls = std::dynamic_pointer_cast<py::PyClass>(module().class_)) {
    for (const std::string& name : cls->dict.names()) names.push_back(name);
  }
  throw compiler_.error(loc,
                        "a " + quote(class_name()) + " has no attribute " + quote(field) + did_you_mean(field, names));
}

Sugared ModuleValue::attr(const Loc& loc, jit::GraphFunction& m, const std::string& field) {
  const Module& tree = module();
  if (tree.children.contains(field) || tree.parameters.contains(field) || tree.buffers.contains(field) ||
      field == "training") {
    return member(m, field);
  }
  if (const Value* value = tree.attributes.find(field)) return attribute(loc, m, field, *value);
  const Value* found = class_lookup(field);
  if (!found || !found->try_as<py::PyFunction>()) {
    if (Sugared method = container_method(m, field)) return method;
    if (Sugared method = tree_method(m, field)) return method;
  }
  if (found) return class_attribute(loc, m, field, *found);
  if (field == "_modules" || field == "_parameters" || field == "_buffers") {
    return to_sugared(compiler_, *compiler_.evaluator().try_get_attribute(Value(info_.module), field), loc, m);
  }
  // Made by an assignment in compiled code: Python would raise if that had not happened. It may have been of None.
  if (info_.type->hasAttribute(field)) {
    jit::Value* made = m.graph()->insertGetAttr(self_, field);
    if (info_.cleared.contains(field) || python::asks_for_attribute(compiler_.root(), field)) return simple(made);
    return simple(m.graph()->insert(c10::prim::unchecked_unwrap_optional, {made}, {}, loc));
  }
  return missing(loc, field);
}

bool ModuleValue::hasAttr(const Loc&, jit::GraphFunction&, const std::string& field) {
  return compiler_.evaluator().try_get_attribute(Value(info_.module), field).has_value();
}

void ModuleValue::setAttr(const Loc& loc, jit::GraphFunction& m, const std::string& field, jit::Value* value) {
  const std::string what = "attribute " + quote(field) + " of " + quote(class_name());
  if (info_.children.contains(field))
    throw compiler_.error(loc, what + " is a submodule and cannot be assigned in compiled code");
  if (const auto found = info_.untyped.find(field); found != info_.untyped.end()) {
    throw compiler_.error(loc, what + " has no type in TorchScript: " + found->second, "annotate it in the class body");
  }
  c10::TypePtr type = info_.type->findAttribute(field);
  if (!type && class_lookup(field)) {
    throw compiler_.error(loc, what + " does not exist when the model is compiled", "give it a value in __init__");
  }
  if (!type) {
    // What Python makes here exists from the start, and is None.
    const auto known = compiler_.starts().find(start_of_attribute(module(), field));
    type = known == compiler_.starts().end() ? value->type() : known->second;
    if (type->kind() == c10::TypeKind::NoneType) type = c10::TensorType::get();  // until something else is assigned
    if (!c10::NoneType::get()->isSubtypeOf(*type)) type = c10::OptionalType::create(type);
    info_.type->addAttribute(field, type);
  }
  if (value->type()->kind() == c10::TypeKind::NoneType) info_.cleared.insert(field);
  const bool was_none = type->kind() == c10::TypeKind::NoneType || is_set_later(compiler_, module(), field);
  if (!value->type()->isSubtypeOf(*type) && was_none) {
    const Start start = start_of_attribute(module(), field);
    if (is_portable(value->type()) && !compiler_.starts().contains(start)) {
      const bool may_be_none = python::asks_for_attribute(compiler_.root(), field);
      throw OtherStart{start, may_be_none ? c10::OptionalType::create(value->type()) : value->type()};
    }
    const auto named = value->type()->cast<c10::NamedType>();
    const std::string given = named && named->name() ? named->name()->name() : value->type()->annotation_str();
    throw compiler_.error(loc, what + " is None at first and is assigned a " + given,
                          "annotate it in the class body: '" + field + ": Optional[" + given + "]'");
  }
  simple(self_)->setAttr(loc, m, field, value);
}

}  // namespace

Sugared make_module(Compiler& compiler, jit::Value* self, ModuleInfo& info) {
  return std::make_shared<ModuleValue>(compiler, self, info);
}

}  // namespace scriptc::torch_backend
