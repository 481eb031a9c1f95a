#include "scriptc/torch/starts.h"

#include <algorithm>

#include "scriptc/torch/sugared_values.h"
#include "scriptc/torch/to_tree.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

bool is_number_type(const c10::TypePtr& type) {
  return type->isSubtypeOf(*c10::NumberType::get()) || type->kind() == c10::TypeKind::BoolType;
}

/// A function `(value, current)` that gives `value`, which is to be assigned where the variable is `current`. Its call
/// throws OtherStart if the number that the variable is cannot become that.
class StartCheck final : public jit::SugaredValue {
 public:
  StartCheck(Start start, bool is_floating) : start_(std::move(start)), is_floating_(is_floating) {}
  std::string kind() const override { return "assignment"; }

  Sugared call(const jit::SourceRange&, jit::GraphFunction& m, at::ArrayRef<jit::NamedValue> args,
               at::ArrayRef<jit::NamedValue>, std::size_t) override {
    jit::Value* value = args[0].value(*m.graph());
    const c10::TypePtr current = args[1].value(*m.graph())->type();
    if (is_number_type(current) && value->type()->kind() == c10::TypeKind::TensorType)
      throw OtherStart{start_, c10::TensorType::get()};
    if (!is_floating_ && current->kind() == c10::TypeKind::IntType && value->type()->kind() == c10::TypeKind::FloatType)
      throw OtherStart{start_, c10::FloatType::get()};
    return std::make_shared<jit::SimpleValue>(value);
  }

 private:
  Start start_;
  bool is_floating_;  // an earlier compilation made it a float
};

/// A function `(container, value)` or `(container, value, key)` that gives `value`, which is to be put into
/// `container`, whose start was an empty display. Its call throws OtherStart if that needs another type of container.
class ContainerCheck final : public jit::SugaredValue {
 public:
  /// `known`: what an earlier compilation made it, or null. `extends`: the value is a list of items.
  ContainerCheck(Start start, c10::TypePtr known, bool extends)
      : start_(std::move(start)), known_(std::move(known)), extends_(extends) {}
  std::string kind() const override { return "function"; }

  Sugared call(const jit::SourceRange&, jit::GraphFunction& m, at::ArrayRef<jit::NamedValue> args,
               at::ArrayRef<jit::NamedValue>, std::size_t) override {
    const c10::TypePtr container = args[0].value(*m.graph())->type();
    jit::Value* value = args[1].value(*m.graph());
    c10::TypePtr type = value->type();
    if (const auto list = container->cast<c10::ListType>(); list && args.size() == 2) {
      const auto items = type->cast<c10::ListType>();
      if (extends_ && items) type = items->getElementType();
      if ((!extends_ || items) && !type->isSubtypeOf(*list->getElementType())) {
        const auto known = known_ ? known_->cast<c10::ListType>() : nullptr;
        if (const c10::TypePtr item = joined(known ? known->getElementType() : nullptr, type))
          become(c10::ListType::create(item));
      }
    }
    if (const auto dict = container->cast<c10::DictType>(); dict && args.size() == 3) {
      const c10::TypePtr key = args[2].value(*m.graph())->type();
      if (!type->isSubtypeOf(*dict->getValueType()) || *key != *dict->getKeyType()) {
        const auto known = known_ ? known_->cast<c10::DictType>() : nullptr;
        const c10::TypePtr item = joined(known ? known->getValueType() : nullptr, type);
        // Keys of two types stay refused.
        const bool same_key = !known || *known->getKeyType() == *key;
        if (item && same_key && can_be_key(*key)) become(c10::DictType::create(key, item));
      }
    }
    return std::make_shared<jit::SimpleValue>(value);
  }

 private:
  static bool can_be_key(const c10::Type& type) {
    switch (type.kind()) {
      case c10::TypeKind::StringType:
      case c10::TypeKind::IntType:
      case c10::TypeKind::BoolType:
      case c10::TypeKind::FloatType:
      case c10::TypeKind::TensorType:
        return true;
      default:
        return false;
    }
  }
  /// What holds both; null if nothing does.
  static c10::TypePtr joined(const c10::TypePtr& known, const c10::TypePtr& type) {
    if (!known)
      return type->kind() == c10::TypeKind::NoneType ? c10::OptionalType::create(c10::TensorType::get()) : type;
    const auto both = c10::unifyTypes(known, type);
    return both ? *both : nullptr;
  }
  void become(const c10::TypePtr& type) const {
    if (is_portable(type) && (!known_ || *known_ != *type)) throw OtherStart{start_, type};
  }

  Start start_;
  c10::TypePtr known_;
  bool extends_;
};

bool is_empty_container(const py::ExprPtr& expr) {
  if (const auto* list = py::as<py::ListExpr>(expr)) return list->elts.empty();
  if (const auto* dict = py::as<py::DictExpr>(expr)) return dict->keys.empty();
  const auto* resolved = py::as<py::Resolved>(expr);
  if (!resolved) return false;
  const Value& value = resolved->value;
  return (value.is_list() && value.as_list().empty()) || (value.is_dict() && value.as_dict().entries.empty());
}

bool is_number(const py::ExprPtr& expr) {
  if (const auto* sign = py::as<py::UnaryOp>(expr))
    return sign->op != py::UnaryOperator::Not && is_number(sign->operand);
  if (const auto* constant = py::as<py::Constant>(expr)) {
    const py::ConstantValue& value = constant->value;
    return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value) ||
           std::holds_alternative<bool>(value);
  }
  const auto* resolved = py::as<py::Resolved>(expr);
  return resolved && (resolved->value.is_int() || resolved->value.is_float() || resolved->value.is_bool());
}

/// The variables that a block, and the branches in it, set to a number.
std::map<std::string, py::ExprPtr> numbers_in(const py::StmtList& body) {
  std::map<std::string, py::ExprPtr> found;
  for (const py::StmtPtr& stmt : body) {
    if (const auto* branch = py::as<py::If>(stmt)) {
      found.merge(numbers_in(branch->body));
      found.merge(numbers_in(branch->orelse));
    }
    const auto* assign = py::as<py::Assign>(stmt);
    const auto* name = assign && assign->targets.size() == 1 ? py::as<py::Name>(assign->targets[0]) : nullptr;
    if (name && is_number(assign->value)) found[name->id] = assign->value;
  }
  return found;
}

}  // namespace

Start start_of_attribute(const Module& module, const std::string& name) {
  return {module.class_->qualified_name, 0, name, ""};
}

bool is_portable(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::ClassType:
    case c10::TypeKind::InterfaceType:
    case c10::TypeKind::EnumType:
    case c10::TypeKind::FunctionType:
    case c10::TypeKind::UnionType:
      return false;
    default:
      break;
  }
  if (const auto tuple = type->cast<c10::TupleType>(); tuple && tuple->name()) return false;
  const auto parts = type->containedTypes();
  return std::all_of(parts.begin(), parts.end(), [](const c10::TypePtr& part) { return is_portable(part); });
}

void TreeBuilder::note_numbers(const py::StmtList& beside) {
  for (const auto& [variable, value] : numbers_in(beside))
    number_starts_.try_emplace(variable, NumberStart{depth_, value});
}

/// A number that is assigned starts its variable; what is assigned to it in a block further in is checked.
jit::Expr TreeBuilder::started(const py::ExprPtr& target, const py::ExprPtr& source, const Expr& value) {
  if (const auto* item = py::as<py::Subscript>(target)) return checked_entry(*item, value);
  const auto* name = py::as<py::Name>(target);
  if (!name) return value;
  if (is_empty_container(source)) {
    container_starts_.insert(name->id);
    const auto known = compiler_.starts().find(start_of(name->id));
    if (known == compiler_.starts().end()) return value;
    return apply(source->span, named(source->span, special_form(c10::prim::annotate)),
                 {named(source->span, known->second), value});
  }
  if (!is_number(source)) return is_checked(*name) ? checked(*name, value) : value;
  number_starts_.try_emplace(name->id, NumberStart{depth_, nullptr});
  return number_start(start_of(name->id), source, value);
}

/// `value`, which is put into the container `name`: as it is, item by item if `extends`, or under `key`.
jit::Expr TreeBuilder::checked_item(const std::string& name, const Expr& value, bool extends,
                                    const std::optional<Expr>& key) const {
  if (!container_starts_.contains(name)) return value;
  const Start start = start_of(name);
  const auto known = compiler_.starts().find(start);
  const Sugared check =
      std::make_shared<ContainerCheck>(start, known == compiler_.starts().end() ? nullptr : known->second, extends);
  const auto callee = variable(value.range(), compiler_.name(check));
  std::vector<Expr> args{variable(value.range(), name), value};
  if (key) args.push_back(*key);
  return jit::Apply::create(value.range(), callee, jit::List<Expr>::create(value.range(), args),
                            jit::List<jit::Attribute>::create(value.range(), {}));
}

/// `entries[key] = value`; a key that has to be computed is not looked at.
jit::Expr TreeBuilder::checked_entry(const py::Subscript& target, const Expr& value) {
  const auto* name = py::as<py::Name>(target.value);
  const py::ExprKind kind = target.slice->kind;
  const bool is_plain = kind == py::ExprKind::Name || kind == py::ExprKind::Constant ||
                        kind == py::ExprKind::JoinedStr || kind == py::ExprKind::Resolved;
  if (!name || !container_starts_.contains(name->id)) return value;
  if (py::as<py::TupleExpr>(target.slice))
    return refuse(target.slice->span, "the keys of a dict cannot be tuples in TorchScript", "make one string of each");
  if (!is_plain) return value;
  return checked_item(name->id, value, false, expression(target.slice));
}

/// `items.append(x)`, `.insert(i, x)` and `.extend(xs)` of a list that started empty.
std::optional<jit::Expr> TreeBuilder::filling_call(const py::Call& node) {
  const auto* method = py::as<py::Attribute>(node.func);
  const auto* base = method ? py::as<py::Name>(method->value) : nullptr;
  if (!base || !container_starts_.contains(base->id) || node.args.empty() || !node.keywords.empty())
    return std::nullopt;
  const bool extends = method->attr == "extend";
  if (!extends && method->attr != "append" && method->attr != "insert") return std::nullopt;
  std::vector<Expr> args = expressions(node.args);
  args.back() = checked_item(base->id, args.back(), extends, std::nullopt);
  return apply(node.span, expression(node.func), args);
}

bool TreeBuilder::is_checked(const py::Name& name) const {
  const auto start = number_starts_.find(name.id);
  return start != number_starts_.end() && start->second.depth < depth_;
}

jit::Expr TreeBuilder::checked(const py::Name& name, const Expr& value) {
  const py::ExprPtr& number = number_starts_.at(name.id).value;
  const Expr current = number ? expression(number) : variable(range(name.span), name.id);
  return start_check(start_of(name.id), name.span, value, current);
}

/// `value if test else 0`, both parts of one type.
std::pair<jit::Expr, jit::Expr> TreeBuilder::branches(const py::IfExp& node) {
  Expr body = expression(node.body), orelse = expression(node.orelse);
  if (is_number(node.body) == is_number(node.orelse)) return {body, orelse};
  const Start start = start_of(std::to_string(node.span.line) + ":" + std::to_string(node.span.column));
  if (is_number(node.body)) return {number_start(start, node.body, body), start_check(start, node.span, orelse, body)};
  return {start_check(start, node.span, body, orelse), number_start(start, node.orelse, orelse)};
}

Start start_in(const py::PyFunction& function, const std::string& name, const std::string& variant) {
  const py::Span span = function.def ? function.def->span : function.lambda->span;
  return {function.source()->name(), static_cast<std::size_t>(span.line), name, function.name + ":" + variant};
}

Start TreeBuilder::start_of(const std::string& variable) const { return start_in(function_, variable, types_); }

/// `number`, or what an earlier compilation made of it.
jit::Expr TreeBuilder::number_start(const Start& start, const py::ExprPtr& source, const Expr& number) const {
  const auto other = compiler_.starts().find(start);
  if (other == compiler_.starts().end()) return number;
  if (other->second->kind() == c10::TypeKind::FloatType)
    return apply(source->span, variable(number.range(), "float"), {number});
  return apply(source->span, named(source->span, make_operator(compiler_, "tensor", number.range())), {number});
}

/// What became a tensor is beyond checking.
jit::Expr TreeBuilder::start_check(const Start& start, const py::Span& span, const Expr& value,
                                   const Expr& current) const {
  const auto other = compiler_.starts().find(start);
  const bool is_known = other != compiler_.starts().end();
  if (is_known && other->second->kind() == c10::TypeKind::TensorType) return value;
  const Sugared check = std::make_shared<StartCheck>(start, is_known);
  return apply(span, named(span, check), {value, current});
}

}  // namespace scriptc::torch_backend
