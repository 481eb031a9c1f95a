#include <algorithm>

#include "scriptc/torch/annotations.h"
#include "scriptc/torch/sugared_values.h"

// Functions and methods of Python as callables: compiled when they are called, for what they are called with.

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

using Loc = jit::SourceRange;
using NamedValues = at::ArrayRef<jit::NamedValue>;

bool is_tensor(const jit::Value* value) { return value->type()->isSubtypeOf(*c10::TensorType::get()); }

/// True if an annotation is no type of TorchScript, or several.
bool leaves_open(Compiler& compiler, const py::PyFunction& function, const py::ExprPtr& annotation) {
  const c10::TypePtr type = known_type(compiler, function, annotation);
  return !type || type->kind() == c10::TypeKind::UnionType;
}

bool is_number(const c10::TypePtr& type) {
  return type->isSubtypeOf(*c10::NumberType::get()) || type->kind() == c10::TypeKind::BoolType;
}

/// True if an argument is plainly something else than its annotation says, which Python does not look at: TorchScript
/// would convert it (a tensor to a list of one, or to a number), or refuse it.
bool contradicts(const c10::TypePtr& given, const c10::TypePtr& said) {
  if (given->isSubtypeOf(*said)) return false;
  if (const auto optional = said->cast<c10::OptionalType>()) return contradicts(given, optional->getElementType());
  const bool is_tensor = given->isSubtypeOf(*c10::TensorType::get());
  if (is_number(said) || said->isSubtypeOf(*c10::TensorType::get()))
    return is_tensor || is_number(given) || given->kind() == c10::TypeKind::TupleType ||
           given->kind() == c10::TypeKind::ListType;
  const auto list = said->cast<c10::ListType>(), given_list = given->cast<c10::ListType>();
  if (list && given_list) return is_number(list->getElementType()) && is_number(given_list->getElementType());
  return is_tensor && (list || said->kind() == c10::TypeKind::TupleType);
}

}  // namespace

CallTypes types_of_call(Compiler& compiler, const py::PyFunction& function, std::size_t skip, jit::Graph& graph,
                        NamedValues args, NamedValues keywords) {
  CallTypes types;
  if (!function.overloads.empty()) return types;
  std::vector<const py::Parameter*> positional, named;
  for (const auto* list : {&function.args().posonlyargs, &function.args().args})
    for (const py::Parameter& parameter : *list) positional.push_back(&parameter);
  positional.erase(positional.begin(),
                   positional.begin() + static_cast<std::ptrdiff_t>(std::min(skip, positional.size())));
  named = positional;
  for (const py::Parameter& parameter : function.args().kwonlyargs) named.push_back(&parameter);
  const bool embedded = function.qualified_name.starts_with("torch.");
  const auto add = [&](const py::Parameter& parameter, const c10::TypePtr& type, bool by_keyword) {
    const bool open = parameter.annotation && !embedded &&
                      (leaves_open(compiler, function, parameter.annotation) ||
                       says_nothing(compiler, function, parameter.annotation));
    if (parameter.annotation && !open) {
      const c10::TypePtr said = embedded ? nullptr : known_type(compiler, function, parameter.annotation);
      if (said && contradicts(type, said)) types[parameter.arg] = {type, by_keyword};
      return;
    }
    const Value* otherwise = py::default_of(function, parameter.arg);
    const c10::TypePtr anyhow = parameter.annotation ? nullptr : type_by_default(compiler, otherwise);
    // A parameter that may be None, but is given, is what it is given: its code need not ask.
    const bool given = otherwise && otherwise->is_none() && !embedded && type->kind() != c10::TypeKind::OptionalType &&
                       !py::assigns_none(function, parameter.arg);
    if (!anyhow || given || !type->isSubtypeOf(*anyhow)) types[parameter.arg] = {type, by_keyword};
  };
  for (std::size_t i = 0; i < args.size() && i < positional.size(); ++i)
    add(*positional[i], args[i].value(graph)->type(), false);
  for (const jit::NamedValue& keyword : keywords)
    for (const py::Parameter* parameter : named)
      if (parameter->arg == keyword.name()) add(*parameter, keyword.value(graph)->type(), true);
  return types;
}

namespace {

class FunctionOfPython final : public jit::SugaredValue {
 public:
  FunctionOfPython(Compiler& compiler, PyFunctionPtr function) : compiler_(compiler), function_(std::move(function)) {}
  std::string kind() const override { return "function"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues keywords,
               std::size_t binders) override {
    const CallTypes types = types_of_call(compiler_, *function_, 0, *m.graph(), args, keywords);
    return jit::FunctionValue(compiler_.function(function_, loc, types)).call(loc, m, args, keywords, binders);
  }

 private:
  Compiler& compiler_;
  PyFunctionPtr function_;
};

class MethodOfPython final : public jit::SugaredValue {
 public:
  MethodOfPython(Compiler& compiler, jit::Value* self, ModuleInfo& info, PyFunctionPtr function, std::string name,
                 ModulePtr instance)
      : compiler_(compiler),
        self_(self),
        info_(info),
        function_(std::move(function)),
        name_(std::move(name)),
        instance_(std::move(instance)) {}
  std::string kind() const override { return "method"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues keywords,
               std::size_t binders) override {
    const CallTypes types = types_of_call(compiler_, *function_, 1, *m.graph(), args, keywords);
    return jit::MethodValue(self_, compiler_.method(info_, function_, name_, loc, types, instance_))
        .call(loc, m, args, keywords, binders);
  }

 private:
  Compiler& compiler_;
  jit::Value* self_;
  ModuleInfo& info_;
  PyFunctionPtr function_;
  std::string name_;
  ModulePtr instance_;
};

class Unpackable final : public jit::SugaredValue {
 public:
  std::string kind() const override { return "function"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t) override {
    jit::Graph& graph = *m.graph();
    jit::Value* value = args.at(0).value(graph);
    if (is_tensor(value)) {
      jit::Value* dimension = jit::insertConstant(graph, std::int64_t{0}, loc);
      value = jit::emitBuiltinCall(loc, graph, c10::aten::unbind, {value, dimension}, {});
    }
    return std::make_shared<jit::SimpleValue>(value);
  }
};

Sugared fold_function(Compiler& compiler, const char* name, const Loc& loc, jit::GraphFunction& m) {
  return to_sugared(compiler, py::fold_function(compiler.evaluator(), name), loc, m);
}

/// What `value` is whenever the code runs: `isinstance` and `is None` are constants, and what is made of them is not.
std::optional<bool> known_test(const jit::Value* value) {
  if (const auto constant = jit::toIValue(value))
    return constant->isBool() ? std::optional(constant->toBool()) : std::nullopt;
  const jit::Node* node = value->node();
  if (node->kind() == c10::aten::__not__) {
    const auto operand = known_test(node->input());
    return operand ? std::optional(!*operand) : std::nullopt;
  }
  if (node->kind() != c10::prim::If || node->outputs().size() != 1) return std::nullopt;
  const auto test = known_test(node->input());
  if (!test) return std::nullopt;
  return known_test(node->blocks().at(*test ? 0 : 1)->outputs().at(0));
}

/// A variable of TorchScript is loaded wherever it is read; this is a constant there.
class KnownBool final : public jit::SugaredValue {
 public:
  explicit KnownBool(bool value) : value_(value) {}
  std::string kind() const override { return "bool"; }
  jit::Value* asValue(const Loc& loc, jit::GraphFunction& m) override {
    return jit::insertConstant(*m.graph(), value_, loc);
  }

 private:
  bool value_;
};

class KnownTest final : public jit::SugaredValue {
 public:
  std::string kind() const override { return "function"; }

  Sugared call(const Loc&, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t) override {
    jit::Value* value = args.at(0).value(*m.graph());
    if (const auto known = known_test(value)) return std::make_shared<KnownBool>(*known);
    return std::make_shared<jit::SimpleValue>(value);
  }
};

class Given final : public jit::SugaredValue {
 public:
  std::string kind() const override { return "function"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t) override {
    jit::Value* value = args.at(0).value(*m.graph());
    if (value->type()->kind() == c10::TypeKind::OptionalType)
      value = jit::emitBuiltinCall(loc, *m.graph(), c10::aten::_unwrap_optional, {value}, {});
    return std::make_shared<jit::SimpleValue>(value);
  }
};

class Position final : public jit::SugaredValue {
 public:
  std::string kind() const override { return "function"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t) override {
    jit::Value* value = args.at(0).value(*m.graph());
    if (*value->type() == *c10::NumberType::get())
      value = jit::emitBuiltinCall(loc, *m.graph(), c10::aten::Int, {value}, {});
    return std::make_shared<jit::SimpleValue>(value);
  }
};

/// `sum(xs)` and `math.prod(xs)`: by what they are of.
class Fold final : public jit::SugaredValue {
 public:
  Fold(Compiler& compiler, bool multiplies) : compiler_(compiler), multiplies_(multiplies) {}
  std::string kind() const override { return "function"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t binders) override {
    jit::Graph& graph = *m.graph();
    jit::Value* value = args.at(0).value(graph);
    // ATen's sum of a tensor is a number; Python adds up the rows.
    if (!multiplies_ && is_tensor(value))
      value = jit::emitBuiltinCall(loc, graph, c10::aten::unbind, {value, jit::insertConstant(graph, 0, loc)}, {});
    const auto list = value->type()->cast<c10::ListType>();
    const auto is = [&](const c10::TypePtr& type) { return list && list->getElementType()->isSubtypeOf(*type); };
    const char* function = nullptr;
    if (!multiplies_ && is(c10::TensorType::get())) function = "sum_of_tensors";
    if (multiplies_ && is(c10::IntType::get())) function = "product_of_ints";
    if (multiplies_ && is(c10::FloatType::get())) function = "product_of_floats";
    if (function)
      return fold_function(compiler_, function, loc, m)->call(loc, m, {jit::NamedValue(value)}, {}, binders);
    const auto op = multiplies_ ? c10::aten::prod : c10::aten::sum;
    return std::make_shared<jit::SimpleValue>(jit::emitBuiltinCall(loc, graph, op, {value}, {}));
  }

 private:
  Compiler& compiler_;
  bool multiplies_;
};

/// TorchScript's own would make numbers of tensors.
class Extreme final : public jit::SugaredValue {
 public:
  Extreme(Compiler& compiler, bool smaller) : compiler_(compiler), smaller_(smaller) {}
  std::string kind() const override { return "function"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t) override {
    jit::Graph& graph = *m.graph();
    std::vector<jit::Value*> values;
    for (const jit::NamedValue& arg : args) values.push_back(arg.value(graph));
    const auto list = values.front()->type()->cast<c10::ListType>();
    if (values.size() == 1 && list && list->getElementType()->isSubtypeOf(*c10::TensorType::get()))
      return fold_function(compiler_, smaller_ ? "smallest_tensor" : "largest_tensor", loc, m)
          ->call(loc, m, args, {}, 1);
    if (std::none_of(values.begin(), values.end(), is_tensor)) {
      const auto op = smaller_ ? c10::prim::min : c10::prim::max;
      return std::make_shared<jit::SimpleValue>(jit::emitBuiltinCall(loc, graph, op, args, {}));
    }
    const Sugared choice = fold_function(compiler_, smaller_ ? "smaller_tensor" : "larger_tensor", loc, m);
    for (jit::Value*& value : values)
      if (!is_tensor(value)) value = jit::emitBuiltinCall(loc, graph, c10::aten::tensor, {value}, {});
    jit::Value* result = values.front();
    for (std::size_t i = 1; i < values.size(); ++i)
      result = choice->call(loc, m, {jit::NamedValue(result), jit::NamedValue(values[i])}, {}, 1)->asValue(loc, m);
    return std::make_shared<jit::SimpleValue>(result);
  }

 private:
  Compiler& compiler_;
  bool smaller_;
};

class Power final : public jit::SugaredValue {
 public:
  std::string kind() const override { return "operator"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t) override {
    jit::Graph& graph = *m.graph();
    jit::Value *base = args.at(0).value(graph), *exponent = args.at(1).value(graph);
    const bool ints =
        base->type()->isSubtypeOf(*c10::IntType::get()) && exponent->type()->isSubtypeOf(*c10::IntType::get());
    jit::Value* power = jit::emitBuiltinCall(loc, graph, c10::aten::pow, {base, exponent}, {});
    if (ints) power = jit::emitBuiltinCall(loc, graph, c10::aten::Int, {power}, {});
    return std::make_shared<jit::SimpleValue>(power);
  }
};

class Bitwise final : public jit::SugaredValue {
 public:
  explicit Bitwise(c10::Symbol op) : op_(op) {}
  std::string kind() const override { return "operator"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t binders) override {
    jit::Graph& graph = *m.graph();
    jit::Value *left = args.at(0).value(graph), *right = args.at(1).value(graph);
    if (left->type()->cast<c10::ClassType>())
      return jit::SimpleValue(left).attr(loc, m, op_.toUnqualString())->call(loc, m, args.slice(1), {}, binders);
    const bool is_plain = left->type()->isSubtypeOf(*c10::NumberType::get()) || left->type() == c10::BoolType::get();
    if (is_plain && is_tensor(right)) left = jit::emitBuiltinCall(loc, graph, c10::aten::tensor, {left}, {});
    return std::make_shared<jit::SimpleValue>(jit::emitBuiltinCall(loc, graph, op_, {left, right}, {}));
  }

 private:
  c10::Symbol op_;
};

class Present final : public jit::SugaredValue {
 public:
  explicit Present(Compiler& compiler) : compiler_(compiler) {}
  std::string kind() const override { return "function"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t) override {
    std::vector<jit::Value*> kept;
    for (const jit::NamedValue& arg : args) {
      jit::Value* value = arg.value(*m.graph());
      if (value->type()->kind() == c10::TypeKind::OptionalType)
        throw compiler_.error(loc,
                              "how many items this tuple has is known only when the model runs: one of them is an " +
                                  value->type()->repr_str());
      if (value->type()->kind() != c10::TypeKind::NoneType) kept.push_back(value);
    }
    return std::make_shared<jit::SimpleValue>(m.graph()->insertNode(m.graph()->createTuple(kept))->output());
  }

 private:
  Compiler& compiler_;
};

/// `zip(*rows)`.
class Columns final : public jit::SugaredValue {
 public:
  Columns(Compiler& compiler, bool as_lists) : compiler_(compiler), as_lists_(as_lists) {}
  std::string kind() const override { return "function"; }

  Sugared call(const Loc& loc, jit::GraphFunction& m, NamedValues args, NamedValues, std::size_t) override {
    jit::Graph& graph = *m.graph();
    jit::Value* rows = args.at(0).value(graph);
    std::vector<jit::Value*> columns;
    if (const auto list = rows->type()->cast<c10::ListType>()) {
      for (std::size_t i = 0; i < width(list->getElementType(), loc); ++i)
        columns.push_back(column_of_list(graph, rows, i, loc));
    } else {
      columns = columns_of_tuple(graph, rows, loc);
    }
    return std::make_shared<jit::SimpleValue>(graph.insertNode(graph.createTuple(columns))->output());
  }

 private:
  std::size_t width(const c10::TypePtr& row, const Loc& loc) const {
    const auto tuple = row->cast<c10::TupleType>();
    if (!tuple)
      throw compiler_.error(loc, "how many columns these rows have is known only when the model runs: one is " +
                                     row->repr_str() + "\n  help: zip() takes tuples apart");
    return tuple->elements().size();
  }

  jit::Value* item(jit::Graph& graph, jit::Value* row, std::size_t index, const Loc& loc) const {
    const c10::TypePtr type = row->type()->expectRef<c10::TupleType>().elements().at(index);
    jit::Value* position = jit::insertConstant(graph, static_cast<std::int64_t>(index), loc);
    return graph.insertNode(graph.createTupleIndex(row, position, type))->output();
  }

  jit::Value* column_of_list(jit::Graph& graph, jit::Value* rows, std::size_t index, const Loc& loc) const {
    const c10::TypePtr row = rows->type()->expectRef<c10::ListType>().getElementType();
    const c10::TypePtr type = row->expectRef<c10::TupleType>().elements().at(index);
    jit::Value* column = graph.insertNode(graph.createList(type, {}))->output();
    jit::Value* count = jit::emitBuiltinCall(loc, graph, c10::aten::len, {rows}, {});
    // As the ir_emitter makes loops: its later passes give them their final form.
    jit::Node* loop = graph.insertNode(graph.create(c10::prim::Loop, {count}, 0));
    loop->setSourceRange(loc);
    jit::Block *body = loop->addBlock(), *condition = loop->addBlock();
    jit::Value* round = body->addInput()->setType(c10::IntType::get());
    {
      const jit::WithInsertPoint inside(condition);
      condition->registerOutput(jit::insertConstant(graph, true, loc));
    }
    const jit::WithInsertPoint inside(body);
    jit::Value* one = jit::emitBuiltinCall(loc, graph, c10::aten::__getitem__, {rows, round}, {});
    jit::emitBuiltinCall(loc, graph, c10::aten::append, {column, item(graph, one, index, loc)}, {});
    return column;
  }

  std::vector<jit::Value*> columns_of_tuple(jit::Graph& graph, jit::Value* rows, const Loc& loc) const {
    const auto table = rows->type()->cast<c10::TupleType>();
    if (!table)
      throw compiler_.error(loc, "zip(*rows) takes a list or tuple of tuples, got " + rows->type()->repr_str());
    const std::size_t height = table->elements().size();
    std::size_t narrowest = height > 0 ? width(table->elements()[0], loc) : 0;
    for (const c10::TypePtr& row : table->elements()) narrowest = std::min(narrowest, width(row, loc));
    std::vector<jit::Value*> columns;
    for (std::size_t i = 0; i < narrowest; ++i) {
      std::vector<jit::Value*> items;
      for (std::size_t k = 0; k < height; ++k) items.push_back(item(graph, item(graph, rows, k, loc), i, loc));
      columns.push_back(column_of(graph, items, loc));
    }
    return columns;
  }

  jit::Value* column_of(jit::Graph& graph, const std::vector<jit::Value*>& items, const Loc& loc) const {
    if (!as_lists_) return graph.insertNode(graph.createTuple(items))->output();
    c10::TypePtr type = items.front()->type();
    for (const jit::Value* value : items) {
      const auto both = c10::unifyTypes(type, value->type());
      if (!both)
        throw compiler_.error(loc, "a column of these rows holds values of several types: " + type->repr_str() +
                                       " and " + value->type()->repr_str());
      type = *both;
    }
    return graph.insertNode(graph.createList(type, items))->output();
  }

  Compiler& compiler_;
  bool as_lists_;
};

}  // namespace

Sugared make_columns(Compiler& compiler, bool as_lists) { return std::make_shared<Columns>(compiler, as_lists); }
Sugared make_present(Compiler& compiler) { return std::make_shared<Present>(compiler); }
Sugared make_bitwise(c10::Symbol op) { return std::make_shared<Bitwise>(op); }
Sugared make_power() { return std::make_shared<Power>(); }

Sugared make_fold(Compiler& compiler, bool multiplies) { return std::make_shared<Fold>(compiler, multiplies); }

Sugared make_extreme(Compiler& compiler, bool smaller) { return std::make_shared<Extreme>(compiler, smaller); }

Sugared make_known_test() { return std::make_shared<KnownTest>(); }
Sugared make_given() { return std::make_shared<Given>(); }
Sugared make_position() { return std::make_shared<Position>(); }

Sugared make_unpackable() { return std::make_shared<Unpackable>(); }

Sugared make_function(Compiler& compiler, const PyFunctionPtr& function) {
  return std::make_shared<FunctionOfPython>(compiler, function);
}

Sugared make_method(Compiler& compiler, jit::Value* self, ModuleInfo& info, const PyFunctionPtr& function,
                    const std::string& name, const ModulePtr& instance) {
  return std::make_shared<MethodOfPython>(compiler, self, info, function, name, instance);
}

}  // namespace scriptc::torch_backend
