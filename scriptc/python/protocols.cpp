#include <algorithm>
#include <limits>

#include "scriptc/model/text.h"
#include "scriptc/python/containers.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/strings.h"

namespace scriptc::python {
namespace {

bool is_typed(const Value& value) {
  return (value.is_dict() && value.as_dict().type) ||
         (value.is_list() && std::get<std::shared_ptr<ListValue>>(value.data())->type) ||
         (value.is_tuple() && std::get<std::shared_ptr<TupleValue>>(value.data())->type);
}

const char* symbol_of(CompareOperator op) {
  static constexpr const char* kSymbols[] = {"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"};
  return kSymbols[static_cast<std::size_t>(op)];
}

const char* special_of(CompareOperator op) {
  static constexpr const char* kNames[] = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"};
  return kNames[static_cast<std::size_t>(op)];
}

CompareOperator mirrored(CompareOperator op) {
  switch (op) {
    case CompareOperator::Lt:
      return CompareOperator::Gt;
    case CompareOperator::LtE:
      return CompareOperator::GtE;
    case CompareOperator::Gt:
      return CompareOperator::Lt;
    case CompareOperator::GtE:
      return CompareOperator::LtE;
    default:
      return op;
  }
}

template <class T>
bool holds(CompareOperator op, const T& a, const T& b) {
  switch (op) {
    case CompareOperator::Lt:
      return a < b;
    case CompareOperator::LtE:
      return a <= b;
    case CompareOperator::Gt:
      return a > b;
    default:
      return a >= b;
  }
}

/// Subset tests and, for sets, all orderings.
bool set_compare(CompareOperator op, const SetObject& a, const SetObject& b) {
  const auto within = [](const SetObject& x, const SetObject& y) {
    return std::all_of(x.items.entries.begin(), x.items.entries.end(),
                       [&](const auto& e) { return y.contains(e.first); });
  };
  switch (op) {
    case CompareOperator::Lt:
      return a.items.size() < b.items.size() && within(a, b);
    case CompareOperator::LtE:
      return within(a, b);
    case CompareOperator::Gt:
      return b.items.size() < a.items.size() && within(b, a);
    default:
      return within(b, a);
  }
}

}  // namespace

std::shared_ptr<SetObject> set_of(Interpreter& in, const Value& iterable) {
  auto set = std::make_shared<SetObject>();
  for (const Value& item : in.to_vector(iterable)) set->add(item);
  return set;
}

std::shared_ptr<SetObject> as_set(Interpreter& in, const Value& value) {
  if (auto set = value.try_as<SetObject>()) return set;
  const auto view = value.try_as<DictView>();
  if (!view || view->kind == DictView::Kind::values) return nullptr;
  return set_of(in, value);
}

namespace {

IteratorPtr items_iterator(const std::string& name, const Value& container) {
  std::size_t i = 0;
  return std::make_shared<NativeIterator>(name, [container, i](Value& out) mutable {
    const auto& items = container.is_list() ? container.as_list() : container.as_tuple();
    if (i >= items.size()) return false;
    out = items[i++];
    return true;
  });
}

IteratorPtr dict_iterator(Interpreter& in, std::shared_ptr<DictValue> dict, DictView::Kind kind) {
  std::size_t i = 0;
  const std::size_t size = dict->size();
  return std::make_shared<NativeIterator>("dict_keyiterator", [&in, dict, kind, i, size](Value& out) mutable {
    if (dict->size() != size) in.raise("RuntimeError", "dictionary changed size during iteration");
    if (i >= size) return false;
    const auto& [key, value] = dict->entries[i++];
    out = kind == DictView::Kind::keys ? key : kind == DictView::Kind::values ? value : Value::tuple({key, value});
    return true;
  });
}

IteratorPtr string_iterator(const Value& text) {
  std::size_t at = 0;
  return std::make_shared<NativeIterator>("str_iterator", [text, at](Value& out) mutable {
    const std::string& s = text.as_string();
    if (at >= s.size()) return false;
    const std::size_t length = character_length(s, at);
    out = s.substr(at, length);
    at += length;
    return true;
  });
}

IteratorPtr range_iterator(const RangeObject& range) {
  const std::int64_t size = range.size();
  std::int64_t i = 0;
  return std::make_shared<NativeIterator>("range_iterator",
                                          [start = range.start, step = range.step, size, i](Value& out) mutable {
                                            if (i >= size) return false;
                                            out = start + step * i++;
                                            return true;
                                          });
}

IteratorPtr tensor_iterator(Interpreter& in, const TensorPtr& tensor) {
  if (tensor->shape().empty()) in.raise("TypeError", "iteration over a 0-d tensor");
  std::int64_t i = 0;
  return std::make_shared<NativeIterator>("iterator", [&in, tensor, i](Value& out) mutable {
    if (i >= tensor->shape()[0]) return false;
    out = in.get_item(tensor, i++);
    return true;
  });
}

/// An iterator over what a user's `__iter__` returned, or over `__getitem__`.
IteratorPtr user_iterator(Interpreter& in, const Value& object) {
  return std::make_shared<NativeIterator>("iterator", [&in, object](Value& out) {
    try {
      out = *in.call_special(object, "__next__");
      return true;
    } catch (const Raised& raised) {
      if (!in.type_of(raised.exception)->is_subclass_of(*in.exception_class("StopIteration"))) throw;
    }
    return false;
  });
}

IteratorPtr getitem_iterator(Interpreter& in, const Value& object) {
  std::int64_t i = 0;
  return std::make_shared<NativeIterator>("iterator", [&in, object, i](Value& out) mutable {
    try {
      out = *in.call_special(object, "__getitem__", {i++});
      return true;
    } catch (const Raised& raised) {
      if (!in.type_of(raised.exception)->is_subclass_of(*in.exception_class("IndexError"))) throw;
    }
    return false;
  });
}

}  // namespace

bool Interpreter::truth(const Value& value) {
  if (value.is_none()) return false;
  if (value.is_bool()) return value.as_bool();
  if (value.is_int()) return value.as_int() != 0;
  if (value.is_float()) return value.as_float() != 0;
  if (value.is_string()) return !value.as_string().empty();
  if (value.is_tensor()) {
    const TensorPtr& tensor = value.as_tensor();
    if (tensor->numel() != 1)
      raise("RuntimeError", tensor->numel() == 0 ? "Boolean value of Tensor with no values is ambiguous"
                                                 : "Boolean value of Tensor with more than one value is ambiguous");
    return truth(call_method(value, "item"));
  }
  if (!is_typed(value)) {
    if (value.is_list()) return !value.as_list().empty();
    if (value.is_tuple()) return !value.as_tuple().empty();
    if (value.is_dict()) return value.as_dict().size() != 0;
  }
  if (const auto complex = value.try_as<ComplexObject>()) return complex->real != 0 || complex->imag != 0;
  if (const auto set = value.try_as<SetObject>()) return set->items.size() != 0;
  if (const auto range = value.try_as<RangeObject>()) return range->size() != 0;
  if (const auto opaque = value.try_as<Opaque>()) opaque_used(*opaque);
  if (const auto result = call_special(value, "__bool__")) return truth(*result);
  const Value& inner = plain(value);
  if (&inner != &value) return truth(inner);
  if (const auto size = call_special(value, "__len__")) return truth(*size);
  if (value.is_list()) return !value.as_list().empty();
  if (value.is_tuple()) return !value.as_tuple().empty();
  return true;
}

std::string Interpreter::repr(const Value& value) {
  const ReprHook hook = [this](const Value& v) -> std::optional<std::string> {
    if (v.is_tensor()) return repr_tensor(v.as_tensor());
    if (!v.is_object() && !is_typed(v)) return std::nullopt;
    check_stack();
    const Value* method_value = type_of(v)->lookup("__repr__");
    // A container without a repr of its own prints as what it is.
    const bool inherited = is_typed(v) && method_value->is_same(*types.object->dict.find("__repr__"));
    if (method_value != nullptr && !inherited) {
      const Value text = call(bind(Value(*method_value), v, type_of(v)), {});
      if (!text.is_string()) raise("TypeError", "__repr__ returned non-string (type " + text.type_name() + ")");
      return text.as_string();
    }
    return std::nullopt;
  };
  return scriptc::repr(value, hook);
}

std::string Interpreter::str(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_object() || is_typed(value)) {
    if (const auto text = call_special(value, "__str__")) {
      if (!text->is_string()) raise("TypeError", "__str__ returned non-string (type " + text->type_name() + ")");
      return text->as_string();
    }
  }
  return repr(value);
}

std::int64_t Interpreter::length(const Value& value) {
  if (value.is_string()) return static_cast<std::int64_t>(count_characters(value.as_string()));
  if (value.is_list()) return static_cast<std::int64_t>(value.as_list().size());
  if (value.is_tuple()) return static_cast<std::int64_t>(value.as_tuple().size());
  if (value.is_tensor()) {
    if (value.as_tensor()->shape().empty()) raise("TypeError", "len() of a 0-d tensor");
    return value.as_tensor()->shape()[0];
  }
  if (value.is_dict() && !value.as_dict().type) return static_cast<std::int64_t>(value.as_dict().size());
  if (const auto opaque = value.try_as<Opaque>()) opaque_used(*opaque);
  if (const auto size = call_special(value, "__len__")) return index(*size);
  raise("TypeError", "object of type " + quote(type_of(value)->name) + " has no len()");
}

IteratorPtr Interpreter::find_iterable(const Value& value) {
  if (is_typed(value))
    if (const Value* own = type_of(value)->lookup("__iter__"); own != nullptr && own->try_as<PyFunction>())
      return iterate(*call_special(value, "__iter__"));
  if (value.is_list()) return items_iterator("list_iterator", value);
  if (value.is_tuple()) return items_iterator("tuple_iterator", value);
  if (value.is_dict())
    return dict_iterator(*this, std::get<std::shared_ptr<DictValue>>(value.data()), DictView::Kind::keys);
  if (value.is_string()) return string_iterator(value);
  if (value.is_tensor()) return tensor_iterator(*this, value.as_tensor());
  if (!value.is_object()) return nullptr;
  if (auto iterator = value.try_as<Iterator>()) return iterator;
  if (const auto range = value.try_as<RangeObject>()) return range_iterator(*range);
  if (const auto view = value.try_as<DictView>()) return dict_iterator(*this, view->dict, view->kind);
  if (const auto set = value.try_as<SetObject>()) return dict_iterator(*this, {set, &set->items}, DictView::Kind::keys);
  if (const auto view = value.try_as<NameView>()) {
    std::vector<Value> names;
    for (std::string& name : view->names()) names.emplace_back(std::move(name));
    return items_iterator("dict_keyiterator", Value::list(std::move(names)));
  }
  if (const auto bytes = value.try_as<BytesObject>()) {
    std::vector<Value> items;
    for (const char c : bytes->bytes) items.emplace_back(static_cast<std::int64_t>(static_cast<unsigned char>(c)));
    return items_iterator("bytes_iterator", Value::list(std::move(items)));
  }
  if (const auto opaque = value.try_as<Opaque>()) opaque_used(*opaque);
  const PyClassPtr cls = type_of(value);
  if (const auto result = call_special(value, "__iter__")) {
    if (auto iterator = result->try_as<Iterator>()) return iterator;
    if (type_of(*result)->lookup("__next__") != nullptr) return user_iterator(*this, *result);
    if (!result->is_same(value)) return iterate(*result);
    raise("TypeError", "iter() returned non-iterator of type " + quote(type_of(*result)->name));
  }
  if (cls->lookup("__getitem__") != nullptr && !value.try_as<PyClass>()) return getitem_iterator(*this, value);
  return nullptr;
}

IteratorPtr Interpreter::iterate(const Value& value) {
  check_stack();
  if (auto iterator = find_iterable(value)) return iterator;
  raise("TypeError", quote(type_of(value)->name) + " object is not iterable");
}

std::vector<Value> Interpreter::to_vector(const Value& value) {
  if (value.is_list() && !is_typed(value)) return value.as_list();
  if (value.is_tuple() && !is_typed(value)) return value.as_tuple();
  std::vector<Value> items;
  const IteratorPtr iterator = iterate(value);
  for (Value item; iterator->next(item);) {
    step();
    charge(sizeof(Value));
    items.push_back(std::move(item));
  }
  return items;
}

bool Interpreter::equals(const Value& a, const Value& b) { return compare(CompareOperator::Eq, a, b); }

bool Interpreter::compare(CompareOperator op, const Value& a, const Value& b) { return truth(compare_value(op, a, b)); }

namespace {

bool is_user(const Value& v) { return v.try_as<Instance>() || is_typed(v) || v.try_as<TypeForm>(); }

}  // namespace

Value Interpreter::compare_value(CompareOperator op, const Value& a, const Value& b) {
  switch (op) {
    case CompareOperator::Is:
      return a.is_same(b);
    case CompareOperator::IsNot:
      return !a.is_same(b);
    case CompareOperator::In:
      return contains(b, a);
    case CompareOperator::NotIn:
      return !contains(b, a);
    default:
      break;
  }
  const bool equality = op == CompareOperator::Eq || op == CompareOperator::NotEq;
  if (equality && (a.try_as<ComplexObject>() || b.try_as<ComplexObject>()))
    if (const auto left = complex_of(a), right = complex_of(b); left && right)
      return (*left == *right) == (op == CompareOperator::Eq);
  if (a.is_tensor() || b.is_tensor()) {
    if (equality && (a.is_none() || b.is_none() || a.is_string() || b.is_string())) return op == CompareOperator::NotEq;
    static constexpr const char* kOperators[] = {"eq", "ne", "lt", "le", "gt", "ge"};
    const bool left = a.is_tensor();
    return call_operator(kOperators[static_cast<std::size_t>(left ? op : mirrored(op))], {left ? a : b, left ? b : a},
                         {});
  }
  if (is_user(a))
    if (const auto result = call_special(a, special_of(op), {b}); result && !result->is_same(not_implemented))
      return *result;
  if (op == CompareOperator::NotEq && (is_user(a) || is_user(b)))
    return !truth(compare_value(CompareOperator::Eq, a, b));
  if (is_user(b))
    if (const auto result = call_special(b, special_of(mirrored(op)), {a}); result && !result->is_same(not_implemented))
      return *result;
  const Value &x = plain(a), &y = plain(b);
  if (equality) return scriptc::equal(x, y) == (op == CompareOperator::Eq);
  if (is_number(x) && is_number(y)) {
    if (!x.is_float() && !y.is_float()) return holds(op, int_of(x), int_of(y));
    return holds(op, double_of(x), double_of(y));
  }
  if (x.is_string() && y.is_string()) return holds(op, x.as_string(), y.as_string());
  if ((x.is_list() && y.is_list()) || (x.is_tuple() && y.is_tuple())) {
    const auto& left = x.is_list() ? x.as_list() : x.as_tuple();
    const auto& right = y.is_list() ? y.as_list() : y.as_tuple();
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i)
      if (!equals(left[i], right[i])) return compare_value(op, left[i], right[i]);
    return holds(op, left.size(), right.size());
  }
  if (const auto left = as_set(*this, x), right = as_set(*this, y); left && right)
    return set_compare(op, *left, *right);
  for (const Value* value : {&a, &b})
    if (const auto opaque = value->try_as<Opaque>()) opaque_used(*opaque);
  raise("TypeError", quote(symbol_of(op)) + " not supported between instances of " + quote(type_of(a)->name) + " and " +
                         quote(type_of(b)->name));
}

bool Interpreter::contains(const Value& container, const Value& item) {
  if (container.is_string()) {
    if (!plain(item).is_string())
      raise("TypeError", "'in <string>' requires string as left operand, not " + type_of(item)->name);
    return container.as_string().find(plain(item).as_string()) != std::string::npos;
  }
  if (is_user(container) || container.try_as<PyClass>())
    if (const auto result = call_special(container, "__contains__", {item})) return truth(*result);
  if (container.is_dict()) return container.as_dict().find(item) != nullptr;
  if (const auto set = container.try_as<SetObject>()) return set->contains(item);
  if (const auto view = container.try_as<NameView>())
    return item.is_string() && view->find(item.as_string()).has_value();
  if (const auto view = container.try_as<DictView>(); view && view->kind == DictView::Kind::keys)
    return view->dict->find(item) != nullptr;
  if (const auto range = container.try_as<RangeObject>(); range && item.is_int()) {
    const std::int64_t wanted = item.as_int();
    if (range->step > 0 ? wanted < range->start || wanted >= range->stop
                        : wanted > range->start || wanted <= range->stop)
      return false;
    const auto at = static_cast<std::uint64_t>(wanted), start = static_cast<std::uint64_t>(range->start);
    return range->step > 0 ? (at - start) % static_cast<std::uint64_t>(range->step) == 0
                           : (start - at) % (0 - static_cast<std::uint64_t>(range->step)) == 0;
  }
  if (const auto opaque = container.try_as<Opaque>()) opaque_used(*opaque);
  if (const auto op = find_iterable(container)) {
    for (Value candidate; op->next(candidate);) {
      step();
      if (candidate.is_same(item) || equals(candidate, item)) return true;
    }
    return false;
  }
  raise("TypeError", "argument of type " + quote(type_of(container)->name) + " is not iterable");
}

std::int64_t Interpreter::index(const Value& value) {
  const Value& inner = plain(value);
  if (inner.is_int() || inner.is_bool()) return int_of(inner);
  if (inner.is_tensor()) return index(call_method(inner, "item"));
  if (const auto result = call_special(inner, "__index__")) return index(*result);
  if (const auto opaque = inner.try_as<Opaque>()) opaque_used(*opaque);
  raise("TypeError", quote(type_of(value)->name) + " object cannot be interpreted as an integer");
}

double Interpreter::to_double(const Value& value) {
  const Value& inner = plain(value);
  if (is_number(inner)) return double_of(inner);
  if (inner.is_tensor()) return to_double(call_method(inner, "item"));
  if (const auto result = call_special(inner, "__float__")) return to_double(*result);
  if (const auto result = call_special(inner, "__index__")) return to_double(*result);
  if (const auto opaque = inner.try_as<Opaque>()) opaque_used(*opaque);
  raise("TypeError", "must be real number, not " + type_of(value)->name);
}

Value Interpreter::make_iterator(std::string name, NativeIterator::Step next) {
  return std::make_shared<NativeIterator>(std::move(name), std::move(next));
}

}  // namespace scriptc::python
