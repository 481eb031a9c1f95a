#include "scriptc/python/subscripts.h"

#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/strings.h"

namespace scriptc::python {

SliceRange slice_range(Interpreter& in, const SliceObject& slice, std::int64_t size) {
  SliceRange range;
  if (!slice.step.is_none()) range.step = in.index(slice.step);
  if (range.step == 0) in.raise("ValueError", "slice step cannot be zero");
  const bool down = range.step < 0;
  const auto clamp = [&](const Value& bound, std::int64_t otherwise) {
    if (bound.is_none()) return otherwise;
    std::int64_t at = in.index(bound);
    if (at < 0) at = std::max(at + size, down ? std::int64_t{-1} : std::int64_t{0});
    return std::min(at, down ? size - 1 : size);
  };
  range.start = clamp(slice.lower, down ? size - 1 : 0);
  range.stop = clamp(slice.upper, down ? -1 : size);
  if (down)
    range.count = range.start > range.stop ? (range.start - range.stop - 1) / -range.step + 1 : 0;
  else
    range.count = range.stop > range.start ? (range.stop - range.start - 1) / range.step + 1 : 0;
  return range;
}

namespace {

std::vector<Value> take(const std::vector<Value>& items, const SliceRange& range) {
  std::vector<Value> result;
  result.reserve(static_cast<std::size_t>(range.count));
  for (std::int64_t i = 0; i < range.count; ++i)
    result.push_back(items[static_cast<std::size_t>(range.start + i * range.step)]);
  return result;
}

bool can_index(const Value& key) {
  return key.is_int() || key.is_bool() || key.is_tensor() || key.try_as<PyInstance>();
}

std::size_t place(Interpreter& in, const Value& key, std::size_t size, const std::string& what, const char* use = "") {
  if (!can_index(key))
    in.raise("TypeError",
             what + (what == "string" ? " indices must be integers, not " + quote(in.type_of(key)->name)
                                      : " indices must be integers or slices, not " + in.type_of(key)->name));
  std::int64_t i = in.index(key);
  if (i < 0) i += static_cast<std::int64_t>(size);
  if (i < 0 || i >= static_cast<std::int64_t>(size)) in.raise("IndexError", what + use + " index out of range");
  return static_cast<std::size_t>(i);
}

Value string_item(Interpreter& in, const std::string& text, const Value& key) {
  const std::vector<std::string> characters = split_characters(text);
  const auto slice = key.try_as<SliceObject>();
  if (!slice) return characters[place(in, key, characters.size(), "string")];
  const SliceRange range = slice_range(in, *slice, static_cast<std::int64_t>(characters.size()));
  std::string result;
  for (std::int64_t i = 0; i < range.count; ++i)
    result += characters[static_cast<std::size_t>(range.start + i * range.step)];
  return result;
}

void set_slice(Interpreter& in, std::vector<Value>& list, const SliceObject& slice, const Value& value) {
  const SliceRange range = slice_range(in, slice, static_cast<std::int64_t>(list.size()));
  const std::vector<Value> items = in.to_vector(value);
  if (range.step == 1) {
    const auto first = list.begin() + range.start;
    in.charge(items.size() * sizeof(Value));
    list.insert(list.erase(first, first + range.count), items.begin(), items.end());
    return;
  }
  if (static_cast<std::int64_t>(items.size()) != range.count)
    in.raise("ValueError", "attempt to assign sequence of size " + std::to_string(items.size()) +
                               " to extended slice of size " + std::to_string(range.count));
  for (std::int64_t i = 0; i < range.count; ++i)
    list[static_cast<std::size_t>(range.start + i * range.step)] = items[static_cast<std::size_t>(i)];
}

[[noreturn]] void key_error(Interpreter& in, const Value& key) {
  const Value exception = in.call(in.exception_class("KeyError"), {key});
  in.raise_value(exception);
}

Value dict_item(Interpreter& in, const Value& object, const Value& key) {
  DictValue& dict = object.as_dict();
  if (const Value* found = dict.find(key)) return *found;
  if (dict.type)
    if (const auto value = in.call_special(object, "__missing__", {key})) return *value;
  key_error(in, key);
}

/// The method of a list's or dict's class, if the user wrote one.
const Value* users_own(Interpreter& in, const Value& object, const char* name) {
  const bool typed = (object.is_dict() && object.as_dict().type) ||
                     (object.is_list() && std::get<std::shared_ptr<ListValue>>(object.data())->type);
  const Value* found = typed ? in.type_of(object)->lookup(name) : nullptr;
  return found != nullptr && found->try_as<PyFunction>() ? found : nullptr;
}

/// `List[int]`, `Optional[Tensor]`, `list[int]`, `MyGeneric[T]`.
Value class_item(Interpreter& in, const PyClassPtr& cls, const Value& key) {
  if (const Value* getter = cls->metaclass ? cls->metaclass->lookup("__getitem__") : nullptr)
    return in.call(Value(*getter), {cls, key});
  if (const Value* getter = cls->lookup("__class_getitem__")) return in.call(in.bind(Value(*getter), cls, cls), {key});
  static const std::pair<const char*, const char*> kGeneric[] = {{"list", "List"}, {"tuple", "Tuple"},
                                                                 {"dict", "Dict"}, {"set", "Set"},
                                                                 {"type", "Type"}, {"frozenset", "FrozenSet"}};
  for (const auto& [name, origin] : kGeneric)
    if (cls->qualified_name == name) {
      auto form = std::make_shared<TypeForm>();
      form->origin = origin;
      form->args = key.is_tuple() ? key.as_tuple() : Args{key};
      return form;
    }
  if (!cls->def && cls->layout == Layout::plain)
    in.raise("TypeError", "type " + quote(cls->name) + " is not subscriptable");
  return cls;  // a generic class of the user: the arguments mean nothing at run time
}

}  // namespace

void set_list_item(Interpreter& in, std::vector<Value>& items, const Value& key, const Value& value) {
  if (const auto slice = key.try_as<SliceObject>())
    set_slice(in, items, *slice, value);
  else
    items[place(in, key, items.size(), "list", " assignment")] = value;
}

void delete_list_item(Interpreter& in, std::vector<Value>& items, const Value& key) {
  const auto slice = key.try_as<SliceObject>();
  if (!slice) {
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(place(in, key, items.size(), "list", " assignment")));
    return;
  }
  const SliceRange range = slice_range(in, *slice, static_cast<std::int64_t>(items.size()));
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < range.count; ++i) places.push_back(range.start + i * range.step);
  std::sort(places.rbegin(), places.rend());
  for (const std::int64_t at : places) items.erase(items.begin() + at);
}

Value Interpreter::get_item(const Value& object, const Value& key) {
  if (const Value* own = users_own(*this, object, "__getitem__")) return call(Value(*own), {object, key});
  if (object.is_list() || object.is_tuple()) {
    const auto& items = object.is_list() ? object.as_list() : object.as_tuple();
    const auto slice = key.try_as<SliceObject>();
    if (!slice) return items[place(*this, key, items.size(), object.type_name())];
    std::vector<Value> part = take(items, slice_range(*this, *slice, static_cast<std::int64_t>(items.size())));
    charge(part.size() * sizeof(Value));
    if (object.is_list()) return Value::list(std::move(part));
    const auto& tuple = std::get<std::shared_ptr<TupleValue>>(object.data());
    const Value result = Value::tuple(std::move(part));
    if (tuple->type && torch_size.is_object() && tuple->type == torch_size.as_object())
      std::get<std::shared_ptr<TupleValue>>(result.data())->type = tuple->type;
    return result;
  }
  if (object.is_dict()) return dict_item(*this, object, key);
  if (object.is_string()) return string_item(*this, object.as_string(), key);
  if (object.is_tensor()) return tensor_item(object, key);
  if (const auto range = object.try_as<RangeObject>()) {
    if (const auto slice = key.try_as<SliceObject>()) {
      const SliceRange part = slice_range(*this, *slice, range->size());
      return std::make_shared<RangeObject>(range->start + part.start * range->step,
                                           range->start + (part.start + part.count * part.step) * range->step,
                                           range->step * part.step);
    }
    const auto at = place(*this, key, static_cast<std::size_t>(range->size()), "range", " object");
    return range->start + static_cast<std::int64_t>(at) * range->step;
  }
  if (const auto view = object.try_as<NameView>()) {
    if (key.is_string())
      if (auto value = view->find(key.as_string())) return *value;
    key_error(*this, key);
  }
  if (const auto bytes = object.try_as<BytesObject>()) {
    if (const auto slice = key.try_as<SliceObject>()) {
      const SliceRange range = slice_range(*this, *slice, static_cast<std::int64_t>(bytes->bytes.size()));
      std::string part;
      for (std::int64_t i = 0; i < range.count; ++i)
        part += bytes->bytes[static_cast<std::size_t>(range.start + i * range.step)];
      return std::make_shared<BytesObject>(part);
    }
    const auto at = place(*this, key, bytes->bytes.size(), "index");
    return static_cast<std::int64_t>(static_cast<unsigned char>(bytes->bytes[at]));
  }
  if (const auto cls = object.try_as<PyClass>()) return class_item(*this, cls, key);
  if (const auto opaque = object.try_as<Opaque>()) {
    if (frame == nullptr || frame->function == nullptr) return make_opaque(opaque->import_name + "[...]", opaque->why);
    opaque_used(*opaque);
  }
  if (const auto result = call_special(object, "__getitem__", {key})) return *result;
  const Value& inner = plain(object);
  if (&inner != &object) return get_item(inner, key);
  raise("TypeError", quote(type_of(object)->name) + " object is not subscriptable");
}

void Interpreter::set_item(const Value& object, const Value& key, const Value& value) {
  if (const Value* own = users_own(*this, object, "__setitem__")) {
    call(Value(*own), {object, key, value});
  } else if (object.is_list()) {
    set_list_item(*this, object.as_list(), key, value);
  } else if (object.is_dict()) {
    charge(4 * sizeof(Value));
    object.as_dict().set(key, value);
  } else if (object.is_tensor()) {
    set_tensor_item(object, key, value);
  } else if (const auto view = object.try_as<NameView>()) {
    view->set(str(key), value);
  } else if (!call_special(object, "__setitem__", {key, value})) {
    if (const auto opaque = object.try_as<Opaque>()) opaque_used(*opaque);
    raise("TypeError", quote(type_of(object)->name) + " object does not support item assignment");
  }
}

void Interpreter::delete_item(const Value& object, const Value& key) {
  if (const Value* own = users_own(*this, object, "__delitem__")) {
    call(Value(*own), {object, key});
  } else if (object.is_list()) {
    delete_list_item(*this, object.as_list(), key);
  } else if (object.is_dict()) {
    if (!object.as_dict().erase(key)) key_error(*this, key);
  } else if (const auto view = object.try_as<NameView>()) {
    if (!view->erase(str(key))) key_error(*this, key);
  } else if (!call_special(object, "__delitem__", {key})) {
    raise("TypeError", quote(type_of(object)->name) + " object doesn't support item deletion");
  }
}

}  // namespace scriptc::python
