#include "scriptc/torch/number_starts.h"

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
  StartCheck(NumberStart start, bool is_floating) : start_(std::move(start)), is_floating_(is_floating) {}
  std::string kind() const override { return "assignment"; }

  Sugared call(const jit::SourceRange&, jit::GraphFunction& m, at::ArrayRef<jit::NamedValue> args,
               at::ArrayRef<jit::NamedValue>, std::size_t) override {
    jit::Value* value = args[0].value(*m.graph());
    const c10::TypePtr current = args[1].value(*m.graph())->type();
    if (is_number_type(current) && value->type()->kind() == c10::TypeKind::TensorType)
      throw OtherStart{start_, StartsAs::tensor};
    if (!is_floating_ && current->kind() == c10::TypeKind::IntType && value->type()->kind() == c10::TypeKind::FloatType)
      throw OtherStart{start_, StartsAs::floating};
    return std::make_shared<jit::SimpleValue>(value);
  }

 private:
  NumberStart start_;
  bool is_floating_;  // an earlier compilation made it a float
};

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

void TreeBuilder::note_numbers(const py::StmtList& beside) {
  for (const auto& [variable, value] : numbers_in(beside)) number_starts_.try_emplace(variable, Start{depth_, value});
}

/// A number that is assigned starts its variable; what is assigned to it in a block further in is checked.
jit::Expr TreeBuilder::started(const py::ExprPtr& target, const py::ExprPtr& source, const Expr& value) {
  const auto* name = py::as<py::Name>(target);
  if (!name) return value;
  if (!is_number(source)) return is_checked(*name) ? checked(*name, value) : value;
  number_starts_.try_emplace(name->id, Start{depth_, nullptr});
  return number_start(start_of(name->id), source, value);
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
  const NumberStart start = start_of(std::to_string(node.span.line) + ":" + std::to_string(node.span.column));
  if (is_number(node.body)) return {number_start(start, node.body, body), start_check(start, node.span, orelse, body)};
  return {start_check(start, node.span, body, orelse), number_start(start, node.orelse, orelse)};
}

NumberStart TreeBuilder::start_of(const std::string& variable) const {
  const py::Span span = function_.def ? function_.def->span : function_.lambda->span;
  return {source_->source()->name(), static_cast<std::size_t>(span.line), variable};
}

/// `number`, or what an earlier compilation made of it.
jit::Expr TreeBuilder::number_start(const NumberStart& start, const py::ExprPtr& source, const Expr& number) const {
  const auto other = compiler_.starts().find(start);
  if (other == compiler_.starts().end()) return number;
  if (other->second == StartsAs::floating) return apply(source->span, variable(number.range(), "float"), {number});
  return apply(source->span, named(source->span, make_operator(compiler_, "tensor", number.range())), {number});
}

/// What became a tensor is beyond checking.
jit::Expr TreeBuilder::start_check(const NumberStart& start, const py::Span& span, const Expr& value,
                                   const Expr& current) const {
  const auto other = compiler_.starts().find(start);
  const bool is_known = other != compiler_.starts().end();
  if (is_known && other->second == StartsAs::tensor) return value;
  const Sugared check = std::make_shared<StartCheck>(start, is_known);
  return apply(span, named(span, check), {value, current});
}

}  // namespace scriptc::torch_backend
