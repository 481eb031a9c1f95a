#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/containers.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/strings.h"

namespace scriptc::python {
namespace {

bool is_union_part(const Value& value) {
  return value.is_none() || value.try_as<PyClass>() || value.try_as<TypeForm>();
}

Value make_union(const Value& a, const Value& b) {
  auto form = std::make_shared<TypeForm>();
  form->origin = "Union";
  for (const Value& part : {a, b}) {
    const auto inner = part.try_as<TypeForm>();
    if (inner && inner->origin == "Union")
      form->args.insert(form->args.end(), inner->args.begin(), inner->args.end());
    else
      form->args.push_back(part);
  }
  return form;
}

Value repeat(Interpreter& in, const Value& sequence, std::int64_t count) {
  const auto times = static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
  const auto charge = [&](std::size_t unit) {
    std::size_t total;
    if (__builtin_mul_overflow(unit, times, &total)) total = SIZE_MAX;
    in.charge(total);
  };
  if (sequence.is_string()) {
    charge(sequence.as_string().size());
    std::string text;
    text.reserve(sequence.as_string().size() * times);
    for (std::size_t i = 0; i < times && !sequence.as_string().empty(); ++i) text += sequence.as_string();
    return text;
  }
  const auto& items = sequence.is_list() ? sequence.as_list() : sequence.as_tuple();
  charge(items.size() * sizeof(Value));
  std::vector<Value> result;
  result.reserve(items.size() * times);
  for (std::size_t i = 0; i < times && !items.empty(); ++i) result.insert(result.end(), items.begin(), items.end());
  return sequence.is_list() ? Value::list(std::move(result)) : Value::tuple(std::move(result));
}

Value concatenate(Interpreter& in, const Value& a, const Value& b) {
  if (a.is_string()) {
    in.charge(a.as_string().size() + b.as_string().size());
    return a.as_string() + b.as_string();
  }
  std::vector<Value> items = a.is_list() ? a.as_list() : a.as_tuple();
  const auto& more = b.is_list() ? b.as_list() : b.as_tuple();
  in.charge((items.size() + more.size()) * sizeof(Value));
  items.insert(items.end(), more.begin(), more.end());
  return a.is_list() ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

Value set_binary(BinaryOperator op, const SetObject& a, const SetObject& b, const Value& otherwise) {
  auto result = std::make_shared<SetObject>(a.frozen);
  const auto add = [&](const SetObject& from, auto&& keep) {
    for (const auto& [item, unused] : from.items.entries)
      if (keep(item)) result->add(item);
  };
  const auto in_a = [&](const Value& v) { return a.contains(v); };
  const auto in_b = [&](const Value& v) { return b.contains(v); };
  switch (op) {
    case BinaryOperator::BitOr:
      add(a, [](const Value&) { return true; });
      add(b, [](const Value&) { return true; });
      return result;
    case BinaryOperator::BitAnd:
      add(a, in_b);
      return result;
    case BinaryOperator::Sub:
      add(a, [&](const Value& v) { return !in_b(v); });
      return result;
    case BinaryOperator::BitXor:
      add(a, [&](const Value& v) { return !in_b(v); });
      add(b, [&](const Value& v) { return !in_a(v); });
      return result;
    default:
      return otherwise;
  }
}

Value tensor_binary(Interpreter& in, BinaryOperator op, const Value& a, const Value& b) {
  if (a.is_tensor()) return in.call_operator(names_of(op).tensor, {a, b}, {});
  switch (op) {
    case BinaryOperator::Add:
      return in.call_operator("add", {b, a}, {});
    case BinaryOperator::Mult:
      return in.call_operator("mul", {b, a}, {});
    case BinaryOperator::Sub:
      return in.call_operator("rsub", {b, a}, {});
    case BinaryOperator::Div:
      return in.call_operator("mul", {in.call_operator("reciprocal", {b}, {}), a}, {});
    default:
      return in.call_operator(names_of(op).tensor, {a, b}, {});
  }
}

/// Arithmetic of builtin types; not_implemented if they have none.
Value builtin_binary(Interpreter& in, BinaryOperator op, const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return number_binary(in, op, a, b);
  if (auto result = complex_binary(in, op, a, b)) return *result;
  if (a.is_tensor() || b.is_tensor()) return tensor_binary(in, op, a, b);
  const auto is_sequence = [](const Value& v) { return v.is_string() || v.is_list() || v.is_tuple(); };
  if (op == BinaryOperator::Mod && a.is_string()) return percent_format(in, a.as_string(), b);
  if (op == BinaryOperator::Add && is_sequence(a) && a.data().index() == b.data().index()) return concatenate(in, a, b);
  if (op == BinaryOperator::Mult) {
    if (is_sequence(a) && (b.is_int() || b.is_bool())) return repeat(in, a, int_of(b));
    if (is_sequence(b) && (a.is_int() || a.is_bool())) return repeat(in, b, int_of(a));
  }
  if (op == BinaryOperator::BitOr && a.is_dict() && b.is_dict()) {
    const Value result = Value::dict();
    for (const auto* dict : {&a.as_dict(), &b.as_dict()})
      for (const auto& [key, value] : dict->entries) result.as_dict().set(key, value);
    return result;
  }
  if (op == BinaryOperator::BitOr && is_union_part(a) && is_union_part(b) && !(a.is_none() && b.is_none()))
    return make_union(a, b);
  if (const auto left = as_set(in, a))
    if (const auto right = a.try_as<DictView>() && in.find_iterable(b) ? set_of(in, b) : as_set(in, b))
      return set_binary(op, *left, *right, in.not_implemented);
  if (const auto left = a.try_as<BytesObject>(), right = b.try_as<BytesObject>();
      left && right && op == BinaryOperator::Add)
    return std::make_shared<BytesObject>(left->bytes + right->bytes);
  return in.not_implemented;
}

std::string class_name(Interpreter& in, const Value& value) { return in.type_of(value)->name; }

/// Whether its class may be the user's.
bool has_methods(const Value& v) {
  return v.try_as<Instance>() || v.try_as<PyClass>() || (v.is_dict() && v.as_dict().type) ||
         (v.is_tuple() && std::get<std::shared_ptr<TupleValue>>(v.data())->type) ||
         (v.is_list() && std::get<std::shared_ptr<ListValue>>(v.data())->type);
}

}  // namespace

const Value& Interpreter::plain(const Value& value) const {
  const auto* object = std::get_if<ObjectPtr>(&value.data());
  const auto* instance = object ? dynamic_cast<const PyInstance*>(object->get()) : nullptr;
  return instance != nullptr && instance->has_payload ? instance->payload : value;
}

Value Interpreter::binary(BinaryOperator op, const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) {
    const Value result = number_binary(*this, op, a, b);
    if (!result.is_same(not_implemented)) return result;
  }
  const std::string stem = names_of(op).stem;
  const bool left_first = !has_methods(b) || !type_of(b)->is_subclass_of(*type_of(a)) || type_of(a) == type_of(b);
  for (const bool left : {left_first, !left_first}) {
    const Value& self = left ? a : b;
    if (!has_methods(self)) continue;
    const auto result = call_special(self, (left ? "__" : "__r") + stem + "__", {left ? b : a});
    if (result && !result->is_same(not_implemented)) return *result;
  }
  const Value result = builtin_binary(*this, op, plain(a), plain(b));
  if (!result.is_same(not_implemented)) return result;
  for (const Value* value : {&a, &b})
    if (const auto opaque = value->try_as<Opaque>()) opaque_used(*opaque);
  if (op == BinaryOperator::Add && a.is_string())
    raise("TypeError", "can only concatenate str (not \"" + class_name(*this, b) + "\") to str");
  if (op == BinaryOperator::Add && (a.is_list() || a.is_tuple()))
    raise("TypeError",
          "can only concatenate " + a.type_name() + " (not \"" + class_name(*this, b) + "\") to " + a.type_name());
  if (op == BinaryOperator::Mult && (a.is_string() || a.is_list() || a.is_tuple()))
    raise("TypeError", "can't multiply sequence by non-int of type '" + class_name(*this, b) + "'");
  raise("TypeError", "unsupported operand type(s) for " + std::string(names_of(op).symbol) + ": '" +
                         class_name(*this, a) + "' and '" + class_name(*this, b) + "'");
}

Value Interpreter::inplace(BinaryOperator op, const Value& a, const Value& b) {
  if (is_number(a) || a.is_string()) return binary(op, a, b);
  const std::string stem = names_of(op).stem;
  if (a.is_tensor()) return call_operator(std::string(names_of(op).tensor) + "_", {a, b}, {});
  if (const auto result = call_special(a, "__i" + stem + "__", {b}); result && !result->is_same(not_implemented))
    return *result;
  if (a.is_list() && op == BinaryOperator::Add) {
    const std::vector<Value> more = to_vector(b);
    charge(more.size() * sizeof(Value));
    a.as_list().insert(a.as_list().end(), more.begin(), more.end());
    return a;
  }
  if (a.is_list() && op == BinaryOperator::Mult && (b.is_int() || b.is_bool())) {
    a.as_list() = repeat(*this, a, int_of(b)).as_list();
    return a;
  }
  if (a.is_dict() && op == BinaryOperator::BitOr && b.is_dict()) {
    for (const auto& [key, value] : std::vector(b.as_dict().entries)) a.as_dict().set(key, value);
    return a;
  }
  if (const auto left = a.try_as<SetObject>(), right = b.try_as<SetObject>(); left && right && !left->frozen) {
    const Value result = set_binary(op, *left, *right, not_implemented);
    if (const auto set = result.try_as<SetObject>()) {
      left->items = set->items;
      return a;
    }
  }
  return binary(op, a, b);
}

Value Interpreter::unary(UnaryOperator op, const Value& operand) {
  if (op == UnaryOperator::Not) return !truth(operand);
  static constexpr const char* kSpecial[] = {"__invert__", "", "__pos__", "__neg__"};
  static constexpr const char* kSymbol[] = {"~", "", "+", "-"};
  const auto which = static_cast<std::size_t>(op);
  if (has_methods(operand))
    if (const auto result = call_special(operand, kSpecial[which])) return *result;
  const Value& a = plain(operand);
  if (a.is_tensor()) {
    if (op == UnaryOperator::UAdd) return a;
    return call_operator(op == UnaryOperator::USub ? "neg" : "bitwise_not", {a}, {});
  }
  if (a.is_float() && op != UnaryOperator::Invert) return op == UnaryOperator::USub ? -a.as_float() : a.as_float();
  if (a.is_int() || a.is_bool()) {
    if (op == UnaryOperator::Invert) return ~int_of(a);
    return op == UnaryOperator::USub ? number_binary(*this, BinaryOperator::Sub, 0, int_of(a)) : Value(int_of(a));
  }
  if (const auto complex = a.try_as<ComplexObject>(); complex && op != UnaryOperator::Invert)
    return op == UnaryOperator::UAdd ? a : std::make_shared<ComplexObject>(-complex->real, -complex->imag);
  if (const auto opaque = a.try_as<Opaque>()) opaque_used(*opaque);
  raise("TypeError", std::string("bad operand type for unary ") + kSymbol[which] + ": '" + class_name(*this, a) + "'");
}

}  // namespace scriptc::python
