#include "scriptc/torch/to_tree.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "scriptc/model/text.h"
#include "scriptc/python/ast_scope.h"
#include "scriptc/torch/sugared_callables.h"
#include "scriptc/torch/sugared_values.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

TreeBuilder::TreeBuilder(Compiler& compiler, const py::PyFunction& function, FunctionSourcePtr source,
                         std::string types)
    : compiler_(compiler), function_(function), source_(std::move(source)), types_(std::move(types)) {
  const auto add = [&](const std::vector<py::Parameter>& parameters) {
    for (const py::Parameter& parameter : parameters) locals_.insert(parameter.arg);
  };
  add(function.args().posonlyargs);
  add(function.args().args);
  add(function.args().kwonlyargs);
  if (function.def) {
    for (const std::string& name : py::analyse(*function.def).locals) locals_.insert(name);
  }
}

jit::Def TreeBuilder::definition(const Signature& signature, const std::string& name) {
  const Range whole = range({});
  std::vector<jit::Param> params;
  for (const Signature::Parameter& parameter : signature.parameters) {
    const Range at = range(parameter.span);
    auto type = jit::Maybe<Expr>::create(at);
    if (parameter.type) type = jit::Maybe<Expr>::create(at, named(parameter.span, parameter.type));
    params.push_back(jit::Param::create(at, jit::Ident::create(at, parameter.name), type, jit::Maybe<Expr>::create(at),
                                        parameter.keyword_only));
  }
  auto result = jit::Maybe<Expr>::create(whole);
  if (signature.result) result = jit::Maybe<Expr>::create(whole, named({}, signature.result));
  const auto decl = jit::Decl::create(whole, jit::List<jit::Param>::create(whole, params), result);
  const py::Span span = function_.def ? function_.def->span : function_.lambda->span;
  py::StmtList body;
  if (function_.def) {
    body = function_.def->body;
  } else {
    auto value = std::make_shared<py::Return>();
    value->span = span;
    value->value = function_.lambda->body;
    body.push_back(value);
  }
  return jit::Def::create(whole, jit::Ident::create(whole, name), decl, block(span, body));
}

jit::Expr TreeBuilder::variable(const Range& at, const std::string& name) const {
  return jit::Var::create(at, jit::Ident::create(at, name));
}

jit::Expr TreeBuilder::named(const py::Span& span, Named thing) const {
  return variable(range(span), compiler_.name(std::move(thing)));
}

jit::Expr TreeBuilder::refuse(const py::Span& span, const std::string& sentence, const std::string& help) const {
  return named(span, compiler_.error(range(span), sentence, help));
}

jit::Expr TreeBuilder::keyword(const Range& at, int token) const { return Expr(jit::Compound::create(token, at, {})); }

jit::Expr TreeBuilder::literal(const py::Span& span, const Value& value) const {
  const Range at = range(span);
  if (value.is_none()) return keyword(at, jit::TK_NONE);
  if (value.is_bool()) return keyword(at, value.as_bool() ? jit::TK_TRUE : jit::TK_FALSE);
  if (value.is_int()) return jit::Const::create(at, std::to_string(value.as_int()));
  if (value.is_string()) return jit::StringLiteral::create(at, value.as_string());
  if (value.is_float() && std::isfinite(value.as_float())) return jit::Const::create(at, repr(value));
  if (!is_plain_data(value)) return named(span, value);
  std::vector<Expr> items;
  if (value.is_list() || value.is_tuple()) {
    for (const Value& item : value.is_list() ? value.as_list() : value.as_tuple()) items.push_back(literal(span, item));
    const auto list = jit::List<Expr>::create(at, items);
    if (value.is_list()) return jit::ListLiteral::create(at, list);
    if (!std::get<std::shared_ptr<TupleValue>>(value.data())->type) return jit::TupleLiteral::create(at, list);
  }
  return named(span, value);
}

std::optional<Value> TreeBuilder::value_of(const py::ExprPtr& expr) const {
  if (const auto* resolved = py::as<py::Resolved>(expr)) return resolved->value;
  if (const auto* name = py::as<py::Name>(expr)) {
    if (const auto found = imported_.find(name->id); found != imported_.end()) return found->second;
    if (locals_.contains(name->id) || comprehension_names_.contains(name->id)) return std::nullopt;
    return compiler_.evaluator().try_resolve(function_, name->id);
  }
  if (const auto* attribute = py::as<py::Attribute>(expr)) {
    const std::optional<Value> base = value_of(attribute->value);
    // Attributes of modules of the tree and of data are looked up when the model runs.
    if (!base || !base->is_object() || base->try_as<Module>()) return std::nullopt;
    return compiler_.evaluator().try_get_attribute(*base, attribute->attr);
  }
  return std::nullopt;
}

jit::Expr TreeBuilder::type(const py::ExprPtr& annotation) {
  if (const auto* resolved = py::as<py::Resolved>(annotation)) {
    const TypeOrReason known = type_of_annotation(compiler_, resolved->value);
    if (known.type) return named(annotation->span, known.type);
    return refuse(annotation->span, "this annotation is no type: " + known.reason);
  }
  const TypeOrReason found = type_of_annotation(compiler_, function_, annotation);
  if (found.type) return named(annotation->span, found.type);
  return refuse(annotation->span, "this annotation is no type of TorchScript: " + found.reason);
}

// `isinstance(x, (A, B))`. No compiled value can be an instance of a class that has no type: such a class becomes a
// type that nothing is of.
jit::Expr TreeBuilder::instance_types(const py::ExprPtr& classes) {
  if (const auto* tuple = py::as<py::TupleExpr>(classes)) {
    std::vector<Expr> items;
    for (const py::ExprPtr& item : tuple->elts) items.push_back(instance_types(item));
    return jit::TupleLiteral::create(range(classes->span), jit::List<Expr>::create(range(classes->span), items));
  }
  const auto of_value = [&](const Value& value) -> Expr {
    if (const auto builtin = builtin_name(value); builtin && (*builtin == "list" || *builtin == "tuple")) {
      return variable(range(classes->span), *builtin);
    }
    if (const auto cls = value.try_as<py::PyClass>(); cls && is_dataclass(*cls))
      return refuse(classes->span, "whether an object is a " + quote(cls->name) + " is not known in compiled code");
    const TypeOrReason found = type_of_annotation(compiler_, value);
    return named(classes->span, found.type ? found.type : c10::CapsuleType::get());
  };
  std::optional<Value> value = value_of(classes);
  if (!value) value = compiler_.evaluator().evaluate_in(function_, classes, {});
  if (!value->is_tuple()) return of_value(*value);
  std::vector<Expr> items;
  for (const Value& item : value->as_tuple()) items.push_back(of_value(item));
  return jit::TupleLiteral::create(range(classes->span), jit::List<Expr>::create(range(classes->span), items));
}

jit::Expr TreeBuilder::apply(const py::Span& span, const Expr& callee, const std::vector<Expr>& args) const {
  const Range at = range(span);
  return jit::Apply::create(at, callee, jit::List<Expr>::create(at, args), jit::List<jit::Attribute>::create(at, {}));
}

// `super()` and `super(Class, self)`: attributes are looked up behind the class whose body this is.
jit::Expr TreeBuilder::super_proxy(const py::Call& node) {
  PyClassPtr after = function_.owner.lock();
  if (!node.args.empty()) {
    const std::optional<Value> given = value_of(node.args[0]);
    after = given ? given->try_as<py::PyClass>() : nullptr;
  }
  if (!after) return refuse(node.span, "'super()' needs a class around it");
  return named(node.span, make_super(compiler_, after));
}

/// `super().__new__(cls, …)` in a NamedTuple's own `__new__`.
std::optional<jit::Expr> TreeBuilder::named_tuple_of_base(const py::Call& node) {
  const auto* method = py::as<py::Attribute>(node.func);
  const auto* base = method && method->attr == "__new__" ? py::as<py::Call>(method->value) : nullptr;
  const std::optional<Value> super = base ? value_of(base->func) : std::nullopt;
  if (!super || qualified_name_of(*super) != "builtins.super" || node.args.empty() || !node.keywords.empty())
    return std::nullopt;
  const std::optional<Value> given = value_of(node.args[0]);
  const PyClassPtr cls = given ? given->try_as<py::PyClass>() : nullptr;
  const PyClassPtr owner = function_.owner.lock();
  if (!cls || !owner || cls->layout != py::Layout::tuple) return std::nullopt;
  const Value* next = cls->lookup_after(*owner, "__new__");
  if (next && next->try_as<py::PyFunction>()) return std::nullopt;
  const c10::TypePtr type = compiler_.class_type(cls, range(node.span));
  const Sugared constructor = std::make_shared<jit::NamedTupleConstructor>(type->expect<c10::TupleType>());
  const Range at = range(node.span);
  return jit::Apply::create(at, named(node.func->span, constructor),
                            list(node.span, {node.args.begin() + 1, node.args.end()}),
                            jit::List<jit::Attribute>::create(at, {}));
}

jit::Expr TreeBuilder::reverse(const py::Call& node) {
  const Range at = range(node.span);
  const auto nothing = jit::Maybe<Expr>::create(at);
  const auto step = jit::Maybe<Expr>::create(at, jit::Const::create(at, "-1"));
  const Expr backwards = jit::SliceExpr::create(at, nothing, nothing, step);
  return jit::Subscript::create(at, expression(node.args[0]), jit::List<Expr>::create(at, {backwards}));
}

// `x.view(*shape, -1)`: where sizes may be given as one list, a list of unknown length can be spread.
std::optional<jit::Expr> TreeBuilder::sizes_as_list(const py::Call& node) {
  static const std::array kTakesSizes = {
      "view",           "reshape",   "expand", "repeat", "permute", "new_zeros", "new_ones", "zeros",
      "ones",           "rand",      "randn",  "empty",  "tile",    "new_empty", "meshgrid", "broadcast_tensors",
      "cartesian_prod", "block_diag"};
  const auto* attribute = py::as<py::Attribute>(node.func);
  const bool known = attribute && std::any_of(kTakesSizes.begin(), kTakesSizes.end(),
                                              [&](const char* name) { return attribute->attr == name; });
  if (!known || !has_star(node.args)) return std::nullopt;
  const Range at = range(node.span);
  std::optional<Expr> sizes;
  for (const py::ExprPtr& arg : node.args) {
    const auto* starred = py::as<py::Starred>(arg);
    const Expr part = starred ? apply(node.span, variable(at, "list"), {expression(starred->value)})
                              : Expr(jit::ListLiteral::create(at, jit::List<Expr>::create(at, {expression(arg)})));
    sizes = sizes ? Expr(jit::BinOp::create(at, '+', *sizes, part)) : part;
  }
  return sizes;
}

std::optional<jit::Expr> TreeBuilder::special_call(const py::Call& node, const Value& callee) {
  const std::string qualified = qualified_name_of(callee);
  const std::size_t count = node.args.size();
  if (qualified == "builtins.super") return super_proxy(node);
  if (qualified == "builtins.isinstance" && count == 2) {
    return apply(node.span, variable(range(node.func->span), "isinstance"),
                 {expression(node.args[0]), instance_types(node.args[1])});
  }
  if (qualified == "torch.is_tensor" && count == 1) {
    return apply(node.span, variable(range(node.func->span), "isinstance"),
                 {expression(node.args[0]), named(node.func->span, c10::TypePtr(c10::TensorType::get()))});
  }
  if (qualified == "torch.jit.isinstance" && count == 2) {
    return apply(node.span, named(node.func->span, special_form(c10::Symbol::fromQualString("prim::isinstance"))),
                 {expression(node.args[0]), instance_types(node.args[1])});
  }
  if (qualified == "torch.jit.annotate" && count == 2) {
    typed_.insert(node.args[1].get());
    return apply(node.span, named(node.func->span, special_form(c10::prim::annotate)),
                 {type(node.args[0]), expression(node.args[1])});
  }
  if (qualified == "typing.cast" && count == 2) {
    return apply(node.span, named(node.func->span, special_form(c10::prim::unchecked_cast)),
                 {type(node.args[0]), expression(node.args[1])});
  }
  // The category and the level of a warning mean nothing to TorchScript.
  if (qualified == "warnings.warn" && count > 1) {
    return apply(node.span, expression(node.func), {expression(node.args[0])});
  }
  if (qualified == "builtins.reversed" && count == 1) return reverse(node);
  if (qualified == "builtins.range" && has_items_ && node.keywords.empty()) {
    std::vector<Expr> bounds;
    for (const py::ExprPtr& arg : node.args) bounds.push_back(position(arg));
    return apply(node.span, variable(range(node.func->span), "range"), bounds);
  }
  if (qualified == "torch._folds.present" || qualified == "torch._folds.unpacked") {
    const bool is_present = qualified.ends_with("present");
    return apply(node.span, named(node.func->span, is_present ? make_present(compiler_) : make_unpackable()),
                 expressions(node.args));
  }
  const bool as_lists = qualified == "torch._folds.columns_as_lists";
  if (as_lists || qualified == "torch._folds.columns")
    return apply(node.span, named(node.func->span, make_columns(compiler_, as_lists)), {expression(node.args[0])});
  const bool folds = qualified == "builtins.sum" || qualified == "math.prod" || qualified == "numpy.prod";
  if (folds && count == 1 && node.keywords.empty() && !py::as<py::Starred>(node.args[0])) {
    return apply(node.span, named(node.func->span, make_fold(compiler_, qualified != "builtins.sum")),
                 {expression(node.args[0])});
  }
  const bool is_min = qualified == "builtins.min";
  if ((is_min || qualified == "builtins.max") && count > 0 && node.keywords.empty() && !has_star(node.args))
    return apply(node.span, named(node.func->span, make_extreme(compiler_, is_min)), expressions(node.args));
  if (const std::optional<bool> fixed = fixed_answer(qualified)) return literal(node.span, Value(*fixed));
  return std::nullopt;
}

namespace {

/// Factories take `requires_grad` in Python; it says nothing about a result.
bool is_factory(const std::optional<Value>& callee, const py::ExprPtr& func) {
  if (callee) return callee->try_as<py::OperatorRef>() != nullptr;
  const auto* method = py::as<py::Attribute>(func);
  return method && method->attr.starts_with("new_");
}

}  // namespace

/// The module that `self` or a path of children down from it names, or null.
ModulePtr TreeBuilder::module_at(const py::ExprPtr& expr) const {
  const ModulePtr instance = compiler_.instance();
  const auto& parameters = function_.args().args;
  if (const auto* name = py::as<py::Name>(expr))
    return instance && !parameters.empty() && parameters[0].arg == name->id ? instance : nullptr;
  const auto* attribute = py::as<py::Attribute>(expr);
  const ModulePtr base = attribute ? module_at(attribute->value) : nullptr;
  const ModulePtr* child = base ? base->children.find(attribute->attr) : nullptr;
  return child ? *child : nullptr;
}

/// What Python refuses None for. TorchScript forgets of attributes that they were compared with None.
jit::Expr TreeBuilder::operand(const py::ExprPtr& expr) {
  const Expr value = expression(expr);
  const auto* attribute = py::as<py::Attribute>(expr);
  const ModulePtr owner = attribute ? module_at(attribute->value) : nullptr;
  const Value* start = owner ? owner->attributes.find(attribute->attr) : nullptr;
  const bool made_later = owner && !start && compiler_.is_mutable(*owner, attribute->attr);
  if (!(start && start->is_none()) && !made_later) return value;
  return apply(expr->span, named(expr->span, make_given()), {value});
}

jit::List<jit::Expr> TreeBuilder::operands(const py::Span& span, const py::ExprList& list) {
  std::vector<Expr> all;
  for (const py::ExprPtr& item : list) all.push_back(operand(item));
  return jit::List<Expr>::create(range(span), all);
}

/// Operators, methods of tensors, and layers of torch.nn.
bool TreeBuilder::refuses_none(const py::Call& node, const std::optional<Value>& callee) const {
  static const std::set<std::string> kOfLists = {"append", "insert", "extend", "index", "count", "get", "setdefault"};
  if (has_star(node.args)) return false;
  if (callee && callee->try_as<py::OperatorRef>()) return true;
  const ModulePtr module = module_at(node.func);
  const auto* method = callee || module ? nullptr : py::as<py::Attribute>(node.func);
  if (method) return !module_at(method->value) && !kOfLists.contains(method->attr);
  return module && module->class_ && module->class_->qualified_name.starts_with("torch.nn.");
}

// Methods of tensors that TorchScript does not know.
std::optional<jit::Expr> TreeBuilder::tensor_method(const py::Call& node) {
  const auto* method = py::as<py::Attribute>(node.func);
  if (!method) return std::nullopt;
  const Range at = range(node.span);
  if (method->attr == "bool" && node.args.empty() && node.keywords.empty()) {
    const Expr to = jit::Select::create(at, expression(method->value), jit::Ident::create(at, "to"));
    return apply(node.span, to, {literal(node.span, Value(static_cast<std::int64_t>(DType::boolean)))});
  }
  if ((method->attr != "new_tensor" && method->attr != "new") || module_at(method->value)) return std::nullopt;
  std::vector<Expr> args{expression(method->value)};
  for (const py::ExprPtr& arg : node.args) args.push_back(expression(arg));
  std::vector<jit::Attribute> keywords;
  for (const py::Keyword& given : node.keywords) {
    if (given.arg == "requires_grad") continue;
    keywords.push_back(jit::Attribute::create(at, jit::Ident::create(at, given.arg), expression(given.value)));
  }
  const Expr callee = named(node.func->span, make_new_tensor(compiler_, method->attr == "new"));
  return jit::Apply::create(at, callee, jit::List<Expr>::create(at, args),
                            jit::List<jit::Attribute>::create(at, keywords));
}

// `torch.cat(tuple(xs))`: the operator takes a list, and TorchScript has no tuples of unknown length.
std::optional<jit::Expr> TreeBuilder::tuple_as_list(const Value& callee, const py::Call& node) {
  static const std::set<std::string> kTakeTensors = {"cat", "concat", "stack", "hstack", "vstack", "dstack"};
  const auto op = callee.try_as<py::OperatorRef>();
  const auto* made = node.args.empty() ? nullptr : py::as<py::Call>(node.args[0]);
  if (!op || !kTakeTensors.contains(op->name) || !made || made->args.size() != 1) return std::nullopt;
  const std::optional<Value> maker = value_of(made->func);
  if (!maker || qualified_name_of(*maker) != "builtins.tuple") return std::nullopt;
  return apply(made->span, named(made->func->span, special_form(c10::prim::list)), {expression(made->args[0])});
}

/// Rows that are unpacked are lists themselves.
void TreeBuilder::note_table(const py::ExprPtr& target, const py::ExprPtr& iterable) {
  if (py::as<py::TupleExpr>(target)) tables_.insert(iterable.get());
}

jit::Expr TreeBuilder::call(const py::Call& node) {
  const std::optional<Value> known = value_of(node.func);
  if (known) {
    if (std::optional<Expr> special = special_call(node, *known)) return *special;
  } else if (std::optional<Expr> method = tensor_method(node)) {
    return *method;
  } else if (std::optional<Expr> tuple = named_tuple_of_base(node)) {
    return *tuple;
  }
  if (std::optional<Expr> filling = filling_call(node)) return *filling;
  const auto* method = py::as<py::Attribute>(node.func);
  has_items_ = has_items_ || (method && method->attr == "item");
  const Range at = range(node.span);
  std::vector<jit::Attribute> keywords;
  for (const py::Keyword& given : node.keywords) {
    if (given.arg.empty()) {
      return refuse(given.value->span, "'**' in a call is not supported in a compiled method unless its dict is known",
                    "pass the arguments by name");
    }
    if (given.arg == "requires_grad" && is_factory(known, node.func)) continue;
    if (known && qualified_name_of(*known) == "builtins.print") {
      return refuse(given.value->span, "print() takes no " + quote(given.arg) + " in a compiled method",
                    "print without it");
    }
    const Expr value = expression(given.value);
    keywords.push_back(jit::Attribute::create(value.range(), jit::Ident::create(value.range(), given.arg), value));
  }
  py::ExprList positional = node.args;
  const std::optional<Expr> sequence = known ? tuple_as_list(*known, node) : std::nullopt;
  if (sequence) positional.erase(positional.begin());
  auto args = refuses_none(node, known) ? operands(node.span, positional) : list(node.span, positional);
  if (sequence) {
    std::vector<Expr> all{*sequence};
    for (const Expr& arg : args) all.push_back(arg);
    args = jit::List<Expr>::create(at, all);
  }
  if (const std::optional<Expr> sizes = sizes_as_list(node)) args = jit::List<Expr>::create(at, {*sizes});
  const Expr result =
      jit::Apply::create(at, expression(node.func), args, jit::List<jit::Attribute>::create(at, keywords));
  if (!method || method->attr != "tolist" || !node.args.empty() || typed_.contains(&node)) return result;
  // In forward these are lengths and sizes; the run says so if they are not.
  c10::TypePtr list = c10::ListType::ofInts();
  if (tables_.contains(&node)) list = c10::ListType::create(list);
  return apply(node.span, named(node.func->span, special_form(c10::prim::annotate)), {named(node.span, list), result});
}

}  // namespace scriptc::torch_backend
