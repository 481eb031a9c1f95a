#include "scriptc/torch/sugared_callables.h"

#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/torch/annotations.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

using Loc = jit::SourceRange;
using Named_ = at::ArrayRef<jit::NamedValue>;

/// An exception class: calling it makes the message that `raise` takes.
class ExceptionClass final : public jit::ExceptionValue {
 public:
  ExceptionClass(std::string name, std::string qualified)
      : ExceptionValue(std::move(name)), qualified_(std::move(qualified)) {}

  Sugared call(const Loc& loc, jit::GraphFunction& m, Named_ args, Named_, std::size_t) override {
    jit::Graph& graph = *m.graph();
    jit::Value* text = nullptr;
    for (const jit::NamedValue& arg : args) {
      jit::Value* part = arg.value(graph);
      if (!part->type()->isSubtypeOf(*c10::StringType::get())) {
        part = jit::emitBuiltinCall(loc, graph, c10::aten::str, {part}, {});
      }
      if (text) {
        jit::Value* comma = jit::insertConstant(graph, std::string(", "), loc);
        text = jit::emitBuiltinCall(loc, graph, c10::aten::add, {text, comma}, {});
      }
      text = text ? jit::emitBuiltinCall(loc, graph, c10::aten::add, {text, part}, {}) : part;
    }
    if (!text) text = jit::insertConstant(graph, std::string(), loc);
    jit::Value* name = jit::insertConstant(graph, qualified_, loc);
    return std::make_shared<jit::ExceptionMessageValue>(text, name);
  }

 private:
  std::string qualified_;
};

class PartialValue final : public jit::SugaredValue {
 public:
  PartialValue(Sugared callee, std::vector<jit::NamedValue> args, std::vector<jit::NamedValue> keywords)
      : callee_(std::move(callee)), args_(std::move(args)), keywords_(std::move(keywords)) {}
  std::string kind() const override { return "functools.partial"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, Named_ args, Named_ keywords, std::size_t binders) override {
    std::vector<jit::NamedValue> all = args_;
    all.insert(all.end(), args.begin(), args.end());
    std::vector<jit::NamedValue> named(keywords.begin(), keywords.end());
    for (const jit::NamedValue& given : keywords_) {
      const bool again = std::any_of(keywords.begin(), keywords.end(),
                                     [&](const jit::NamedValue& k) { return k.name() == given.name(); });
      if (!again) named.push_back(given);
    }
    return callee_->call(loc, m, all, named, binders);
  }

 private:
  Sugared callee_;
  std::vector<jit::NamedValue> args_, keywords_;
};

/// `module._modules`: what a module has, by name.
class NameDictionary final : public jit::SugaredValue {
 public:
  NameDictionary(Compiler& compiler, std::shared_ptr<py::NameView> view)
      : compiler_(compiler), view_(std::move(view)) {}
  std::string kind() const override { return "dict"; }

  Sugared attr(const Loc& loc, jit::GraphFunction& m, const std::string& field) override {
    if (field != "keys" && field != "values" && field != "items") {
      throw compiler_.error(loc, "method " + quote(field) + " of a dictionary of names cannot be called here",
                            "keys(), values() and items() can");
    }
    std::vector<Sugared> items;
    for (const std::string& name : view_->names()) {
      if (field == "keys") items.push_back(key(name, m));
      if (field == "values") items.push_back(value(name, loc, m));
      if (field == "items") {
        std::vector<Sugared> pair{key(name, m), value(name, loc, m)};
        items.push_back(std::make_shared<jit::SugaredTupleValue>(std::move(pair)));
      }
    }
    return std::make_shared<FixedSequence>(std::move(items));
  }
  Sugared iter(const Loc& loc, jit::GraphFunction& m) override { return attr(loc, m, "keys")->call(loc, m, {}, {}, 1); }
  jit::Value* len(const Loc& loc, jit::GraphFunction& m) override {
    return m.graph()->insertConstant(static_cast<std::int64_t>(view_->names().size()), loc);
  }
  Sugared getitem(const Loc& loc, jit::GraphFunction& m, jit::Value* index, c10::TypePtr) override {
    const auto constant = jit::toIValue(index);
    if (!constant || !constant->isString() || !view_->find(constant->toStringRef())) {
      throw compiler_.error(loc, "this name is not in the dictionary, or is known only when the model runs");
    }
    return value(constant->toStringRef(), loc, m);
  }

 private:
  static Sugared key(const std::string& name, jit::GraphFunction& m) {
    return std::make_shared<jit::SimpleValue>(m.graph()->insertConstant(name));
  }
  Sugared value(const std::string& name, const Loc& loc, jit::GraphFunction& m) {
    return to_sugared(compiler_, *view_->find(name), loc, m);
  }

  Compiler& compiler_;
  std::shared_ptr<py::NameView> view_;
};

/// A dataclass: calling it makes an object whose fields have the types of what they are given.
class Dataclass final : public jit::SugaredValue {
 public:
  Dataclass(Compiler& compiler, PyClassPtr cls, const Value& stored) : compiler_(compiler), cls_(std::move(cls)) {
    for (const Value& field : stored.as_list()) fields_.push_back(field.as_tuple());
  }
  std::string kind() const override { return "class"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, Named_ args, Named_ keywords, std::size_t) override {
    jit::Graph& graph = *m.graph();
    if (args.size() > fields_.size()) throw compiler_.error(loc, quote(cls_->name) + " has not so many fields");
    std::vector<std::string> names;
    std::vector<jit::Value*> values;
    std::vector<c10::TypePtr> types;
    for (const std::vector<Value>& field : fields_) {
      const std::string& name = field[0].as_string();
      jit::Value* value = names.size() < args.size() ? args[names.size()].value(graph) : nullptr;
      for (const jit::NamedValue& keyword : keywords)
        if (keyword.name() == name) value = keyword.value(graph);
      if (!value && field.size() == 1)
        throw compiler_.error(loc, quote(cls_->name) + " is made without " + quote(name), "give it a value");
      if (!value) value = to_sugared(compiler_, field[1], loc, m)->asValue(loc, m);
      names.push_back(name);
      values.push_back(value);
      types.push_back(value->type());
    }
    for (const jit::NamedValue& keyword : keywords)
      if (std::find(names.begin() + static_cast<std::ptrdiff_t>(args.size()), names.end(), keyword.name()) ==
          names.end())
        throw compiler_.error(loc, quote(cls_->name) + " has no further field " + quote(keyword.name()));
    const c10::TypePtr type = compiler_.record_type(cls_, names, types);
    if (const auto tuple = type->cast<c10::TupleType>())
      return std::make_shared<jit::SimpleValue>(graph.insertNode(graph.createTuple(values, tuple))->output());
    jit::Value* object = graph.insertNode(graph.createObject(type->expect<c10::ClassType>()))->output();
    for (std::size_t i = 0; i < names.size(); ++i)
      graph.insertNode(graph.createSetAttr(object, names[i], values[i]))->setSourceRange(loc);
    return std::make_shared<jit::SimpleValue>(object);
  }

 private:
  Compiler& compiler_;
  PyClassPtr cls_;
  std::vector<std::vector<Value>> fields_;  ///< a name, and a default if there is one
};

/// A class of the user: each call makes an object of the type whose fields fit what it passes to `__init__`.
class ScriptClass final : public jit::SugaredValue {
 public:
  ScriptClass(Compiler& compiler, PyClassPtr cls) : compiler_(compiler), cls_(std::move(cls)) {}
  std::string kind() const override { return "class"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, Named_ args, Named_ keywords, std::size_t binders) override {
    const Value* init = cls_->dict.find("__init__");
    const PyFunctionPtr function = init ? init->try_as<py::PyFunction>() : nullptr;
    const CallTypes types = function ? types_of_call(compiler_, *function, 1, *m.graph(), args, keywords) : CallTypes();
    return jit::ClassValue(type(loc, types)).call(loc, m, args, keywords, binders);
  }
  Sugared attr(const Loc& loc, jit::GraphFunction& m, const std::string& field) override {
    return jit::ClassValue(type(loc, {})).attr(loc, m, field);
  }

 private:
  c10::ClassTypePtr type(const Loc& loc, const CallTypes& types) const {
    return compiler_.class_type(cls_, loc, types)->expect<c10::ClassType>();
  }

  Compiler& compiler_;
  PyClassPtr cls_;
};

class SuperValue final : public jit::SugaredValue {
 public:
  SuperValue(Compiler& compiler, PyClassPtr after) : compiler_(compiler), after_(std::move(after)) {}
  std::string kind() const override { return "super()"; }

  Sugared attr(const Loc& loc, jit::GraphFunction& m, const std::string& field) override {
    ModuleInfo* owner = compiler_.owner();
    const auto cls = owner ? std::dynamic_pointer_cast<py::PyClass>(owner->module->class_) : nullptr;
    const Value* found = cls ? cls->lookup_after(*after_, field) : nullptr;
    const auto function = found ? found->try_as<py::PyFunction>() : nullptr;
    if (!function)
      throw compiler_.error(loc, "'super()' has no method " + quote(field) + " behind " + quote(after_->name));
    const PyClassPtr home = function->owner.lock();
    return make_method(compiler_, m.graph()->inputs().at(0), *owner, function, (home ? home->name + "_" : "") + field,
                       compiler_.instance());
  }

 private:
  Compiler& compiler_;
  PyClassPtr after_;
};

/// What TorchScript lacks of Tensor's constructors from a tensor: dtype and device are those of the first argument.
class NewTensor final : public jit::SugaredValue {
 public:
  NewTensor(Compiler& compiler, bool legacy) : compiler_(compiler), legacy_(legacy) {}
  std::string kind() const override { return "Tensor method"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, Named_ args, Named_ keywords, std::size_t) override {
    jit::Graph& graph = *m.graph();
    jit::Value* like = args.front().value(graph);
    if (!like->type()->isSubtypeOf(*c10::TensorType::get()))
      throw compiler_.error(loc, quote(legacy_ ? "new" : "new_tensor") + " of a " + like->type()->repr_str() +
                                     " cannot be called in compiled code");
    std::vector<jit::Value*> values;
    for (const jit::NamedValue& arg : args.slice(1)) values.push_back(arg.value(graph));
    const bool sizes = std::all_of(values.begin(), values.end(),
                                   [](const jit::Value* v) { return v->type()->isSubtypeOf(*c10::IntType::get()); });
    if (legacy_ && sizes) {
      jit::Value* list = graph.insertNode(graph.createList(c10::IntType::get(), values))->output();
      return simple(jit::emitBuiltinCall(loc, graph, c10::aten::new_empty, {like, list}, {}));
    }
    if (values.size() != 1) throw compiler_.error(loc, "'new_tensor' takes one argument");
    // Whether a list of ints is a shape or data is not seen here.
    if (legacy_ && !values[0]->type()->isSubtypeOf(*c10::TensorType::get()))
      throw compiler_.error(loc, "'new' of a list cannot be called in compiled code",
                            "use new_tensor() or new_empty()");
    const auto given = [&](const char* name, c10::Symbol otherwise) -> jit::Value* {
      for (const jit::NamedValue& keyword : keywords)
        if (keyword.name() == name) return keyword.value(graph);
      return graph.insert(otherwise, {like});
    };
    jit::Value* dtype = given("dtype", c10::prim::dtype);
    jit::Value* device = given("device", c10::prim::device);
    if (!values[0]->type()->isSubtypeOf(*c10::TensorType::get()))
      return simple(jit::emitBuiltinCall(loc, graph, c10::aten::tensor, {values[0]},
                                         {jit::NamedValue("dtype", dtype), jit::NamedValue("device", device)}));
    jit::Value* no = graph.insertConstant(false);
    jit::Value* copy = graph.insertConstant(true);
    return simple(jit::emitBuiltinCall(loc, graph, c10::aten::to, {values[0], device, dtype, no, copy}, {}));
  }

 private:
  static Sugared simple(jit::Value* value) { return std::make_shared<jit::SimpleValue>(value); }
  Compiler& compiler_;
  bool legacy_;
};

}  // namespace

Sugared make_new_tensor(Compiler& compiler, bool legacy) { return std::make_shared<NewTensor>(compiler, legacy); }

Sugared make_name_dictionary(Compiler& compiler, std::shared_ptr<py::NameView> view) {
  return std::make_shared<NameDictionary>(compiler, std::move(view));
}

Sugared make_super(Compiler& compiler, const PyClassPtr& after) {
  return std::make_shared<SuperValue>(compiler, after);
}

Sugared make_class(Compiler& compiler, const PyClassPtr& cls, const Loc& loc) {
  if (cls->layout == py::Layout::exception) {
    return std::make_shared<ExceptionClass>(cls->name, cls->def ? "__torch__." + cls->qualified_name : cls->name);
  }
  if (cls->layout == py::Layout::module) {
    throw compiler.error(loc, "a " + quote(cls->name) + " is made in compiled code, where no modules can be made",
                         "make it in __init__ and keep it as an attribute");
  }
  const std::string qualified = qualified_name_of(Value(cls));
  if (qualified == "collections.OrderedDict") return special_form(c10::Symbol::fromQualString("prim::dict"));
  if (qualified == "torch.device") return make_operator(compiler, "device", loc);
  if (is_dataclass(*cls) && cls->layout == py::Layout::plain) {
    const Value library(compiler.evaluator().import_module("dataclasses"));
    const Value stored =
        compiler.evaluator().call(compiler.evaluator().get_attribute(library, "_stored"), {Value(cls)});
    if (stored.is_list()) return std::make_shared<Dataclass>(compiler, cls, stored);
    throw compiler.error(
        loc, "a " + quote(cls->name) + " cannot be made in compiled code: it does more than keep its fields");
  }
  const bool named_tuple = compiler.evaluator().try_get_attribute(Value(cls), "_fields").has_value();
  if (!cls->def && !named_tuple) throw compiler.error(loc, quote(cls->name) + " cannot be made in compiled code");
  const Value* maker = named_tuple ? cls->lookup("__new__") : nullptr;
  if (const auto own = maker ? maker->try_as<py::PyFunction>() : nullptr)
    return make_function(compiler, without_first_parameter(own, Value(cls)));
  if (cls->layout == py::Layout::plain && !is_enum(*cls)) return std::make_shared<ScriptClass>(compiler, cls);
  const c10::TypePtr type = compiler.class_type(cls, loc);
  if (const auto tuple = type->cast<c10::TupleType>()) return std::make_shared<jit::NamedTupleConstructor>(tuple);
  return std::make_shared<jit::SugaredEnumClass>(type->expect<c10::EnumType>());
}

Sugared make_partial(Compiler& compiler, const py::Partial& partial, const Loc& loc, jit::GraphFunction& m) {
  std::vector<jit::NamedValue> args, keywords;
  for (const Value& arg : partial.args) args.emplace_back(to_sugared(compiler, arg, loc, m)->asValue(loc, m));
  for (const auto& [name, value] : partial.kwargs) {
    keywords.emplace_back(name, to_sugared(compiler, value, loc, m)->asValue(loc, m));
  }
  return std::make_shared<PartialValue>(to_sugared(compiler, partial.function, loc, m), std::move(args),
                                        std::move(keywords));
}

PyFunctionPtr with_arguments(const py::PyFunction& function, py::ArgumentsPtr args) {
  auto copy = std::make_shared<py::PyFunction>(function);
  if (function.def) {
    auto def = std::make_shared<py::FunctionDef>(*function.def);
    def->args = std::move(args);
    copy->def = def;
  } else {
    auto lambda = std::make_shared<py::Lambda>(*function.lambda);
    lambda->args = std::move(args);
    copy->lambda = lambda;
  }
  return copy;
}

PyFunctionPtr without_first_parameter(const PyFunctionPtr& function, const Value& value) {
  auto args = std::make_shared<py::Arguments>(function->args());
  auto& list = args->posonlyargs.empty() ? args->args : args->posonlyargs;
  auto scope = std::make_shared<py::Scope>();
  scope->parent = function->closure;
  if (!list.empty()) {
    scope->names.set(list.front().arg, value);
    list.erase(list.begin());
  }
  const PyFunctionPtr copy = with_arguments(*function, args);
  copy->closure = scope;
  return copy;
}

}  // namespace scriptc::torch_backend
