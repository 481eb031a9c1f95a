#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/containers.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/subscripts.h"

namespace scriptc::python {

void sort_values(Interpreter& in, std::vector<Value>& items, const Value& key, bool reverse) {
  std::vector<std::pair<Value, Value>> keyed;
  keyed.reserve(items.size());
  for (Value& item : items) {
    Value k = key.is_none() ? item : in.call(key, {item});
    keyed.emplace_back(std::move(k), std::move(item));
  }
  // A comparison that throws or contradicts itself must not break the algorithm: a merge sort only ever asks.
  std::vector<std::pair<Value, Value>> other(keyed.size());
  for (std::size_t width = 1; width < keyed.size(); width *= 2) {
    for (std::size_t low = 0; low < keyed.size(); low += 2 * width) {
      const std::size_t middle = std::min(low + width, keyed.size()), high = std::min(low + 2 * width, keyed.size());
      std::size_t a = low, b = middle;
      for (std::size_t to = low; to < high; ++to) {
        in.step();
        const bool take_right =
            a >= middle || (b < high && (reverse ? in.compare(CompareOperator::Lt, keyed[a].first, keyed[b].first)
                                                 : in.compare(CompareOperator::Lt, keyed[b].first, keyed[a].first)));
        other[to] = std::move(take_right ? keyed[b++] : keyed[a++]);
      }
    }
    std::swap(keyed, other);
  }
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = std::move(keyed[i].second);
}

std::int64_t find_value(Interpreter& in, const std::vector<Value>& items, const Value& wanted) {
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i].is_same(wanted) || in.equals(items[i], wanted)) return static_cast<std::int64_t>(i);
  return -1;
}

void update_dict(Interpreter& in, const Value& target, const Args& args, const Kwargs& kwargs) {
  for (const Value& source : args) {
    if (in.find_attribute(source, "keys")) {
      for (const Value& key : in.to_vector(in.call_method(source, "keys")))
        in.set_item(target, key, in.get_item(source, key));
      continue;
    }
    std::size_t i = 0;
    for (const Value& item : in.to_vector(source)) {
      if (!in.find_iterable(item))
        in.raise("TypeError",
                 "cannot convert dictionary update sequence element #" + std::to_string(i) + " to a sequence");
      const std::vector<Value> pair = in.to_vector(item);
      if (pair.size() != 2)
        in.raise("ValueError", "dictionary update sequence element #" + std::to_string(i) + " has length " +
                                   std::to_string(pair.size()) + "; 2 is required");
      in.set_item(target, pair[0], pair[1]);
      ++i;
    }
  }
  for (const auto& [name, value] : kwargs) in.set_item(target, name, value);
}

namespace {

void install_list_changes(Interpreter& in, const PyClassPtr& cls) {
  in.method(cls, "append", [&in](const CallArgs& args, const Kwargs&) {
    in.charge(sizeof(Value));
    args.at(0).as_list().push_back(args.at(1));
    return Value();
  });
  in.method(cls, "extend", [&in](const CallArgs& args, const Kwargs&) {
    const std::vector<Value> more = in.to_vector(args.at(1));
    in.charge(more.size() * sizeof(Value));
    args[0].as_list().insert(args[0].as_list().end(), more.begin(), more.end());
    return Value();
  });
  in.method(cls, "insert", [&in](const CallArgs& args, const Kwargs&) {
    std::vector<Value>& items = args.at(0).as_list();
    const auto size = static_cast<std::int64_t>(items.size());
    std::int64_t at = in.index(args.at(1));
    if (at < 0) at = std::max<std::int64_t>(at + size, 0);
    in.charge(sizeof(Value));
    items.insert(items.begin() + std::min(at, size), args.at(2));
    return Value();
  });
  in.method(cls, "pop", [&in](const CallArgs& args, const Kwargs&) {
    std::vector<Value>& items = args.at(0).as_list();
    if (items.empty()) in.raise("IndexError", "pop from empty list");
    std::int64_t at = args.size() > 1 ? in.index(args[1]) : -1;
    if (at < 0) at += static_cast<std::int64_t>(items.size());
    if (at < 0 || at >= static_cast<std::int64_t>(items.size())) in.raise("IndexError", "pop index out of range");
    const Value value = items[static_cast<std::size_t>(at)];
    items.erase(items.begin() + at);
    return value;
  });
  in.method(cls, "remove", [&in](const CallArgs& args, const Kwargs&) {
    std::vector<Value>& items = args.at(0).as_list();
    const std::int64_t at = find_value(in, items, args.at(1));
    if (at < 0) in.raise("ValueError", "list.remove(x): x not in list");
    items.erase(items.begin() + at);
    return Value();
  });
  in.method(cls, "clear", [](const CallArgs& args, const Kwargs&) {
    args.at(0).as_list().clear();
    return Value();
  });
  in.method(cls, "reverse", [](const CallArgs& args, const Kwargs&) {
    std::reverse(args.at(0).as_list().begin(), args.at(0).as_list().end());
    return Value();
  });
  in.method(cls, "__setitem__", [&in](const CallArgs& args, const Kwargs&) {
    set_list_item(in, args.at(0).as_list(), args.at(1), args.at(2));
    return Value();
  });
  in.method(cls, "__delitem__", [&in](const CallArgs& args, const Kwargs&) {
    delete_list_item(in, args.at(0).as_list(), args.at(1));
    return Value();
  });
  in.method(cls, "sort", [&in](const CallArgs& args, const Kwargs& kwargs) {
    if (args.size() > 1) in.raise("TypeError", "sort() takes no positional arguments");
    const NativeArguments a(in, "sort", args, kwargs, {"self", "key", "reverse"}, 1);
    std::vector<Value> items = a[0].as_list();
    sort_values(in, items, a.get(1), a.flag(2, false));
    a[0].as_list() = std::move(items);
    return Value();
  });
}

const std::vector<Value>& items_of(const Value& sequence) {
  return sequence.is_list() ? sequence.as_list() : sequence.as_tuple();
}

void install_sequence(Interpreter& in, const PyClassPtr& cls, const char* name) {
  in.method(cls, "index", [&in, name](const CallArgs& args, const Kwargs&) -> Value {
    const std::vector<Value>& items = items_of(args.at(0));
    const auto size = static_cast<std::int64_t>(items.size());
    const auto bound = [&](std::size_t i, std::int64_t otherwise) {
      const std::int64_t place = i < args.size() ? in.index(args[i]) : otherwise;
      return std::clamp<std::int64_t>(place < 0 ? place + size : place, 0, size);
    };
    const std::int64_t first = bound(2, 0), last = std::max(bound(3, size), first);
    const std::int64_t at = find_value(in, {items.begin() + first, items.begin() + last}, args.at(1));
    if (at < 0)
      in.raise("ValueError",
               std::string(name) == "list" ? in.repr(args[1]) + " is not in list" : "tuple.index(x): x not in tuple");
    return first + at;
  });
  in.method(cls, "count", [&in](const CallArgs& args, const Kwargs&) -> Value {
    std::int64_t count = 0;
    for (const Value& item : items_of(args.at(0)))
      if (item.is_same(args.at(1)) || in.equals(item, args[1])) ++count;
    return count;
  });
  in.method(cls, "__len__", [](const CallArgs& args, const Kwargs&) -> Value {
    return static_cast<std::int64_t>(items_of(args.at(0)).size());
  });
  in.method(cls, "__iter__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    std::size_t i = 0;
    return in.make_iterator("list_iterator", [self = args.at(0), i](Value& out) mutable {
      if (i >= items_of(self).size()) return false;
      out = items_of(self)[i++];
      return true;
    });
  });
  in.method(cls, "__contains__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return find_value(in, items_of(args.at(0)), args.at(1)) >= 0;
  });
  in.method(cls, "__getitem__", [&in](const CallArgs& args, const Kwargs&) {
    const Value plain = args.at(0).is_list() ? Value::list(items_of(args[0])) : Value::tuple(items_of(args[0]));
    return in.get_item(plain, args.at(1));
  });
  in.method(cls, "__add__", [&in](const CallArgs& args, const Kwargs&) {
    if (args.at(0).data().index() != args.at(1).data().index()) return in.not_implemented;
    std::vector<Value> items = items_of(args[0]);
    items.insert(items.end(), items_of(args[1]).begin(), items_of(args[1]).end());
    return args[0].is_list() ? Value::list(std::move(items)) : Value::tuple(std::move(items));
  });
  in.method(cls, "__eq__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    if (args.at(0).data().index() != args.at(1).data().index()) return in.not_implemented;
    const auto &a = items_of(args[0]), &b = items_of(args[1]);
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!a[i].is_same(b[i]) && !in.equals(a[i], b[i])) return false;
    return true;
  });
}

void install_dict_changes(Interpreter& in, const PyClassPtr& cls) {
  in.method(cls, "update", [&in](const CallArgs& args, const Kwargs& kwargs) {
    update_dict(in, args.at(0), args.from(1), kwargs);
    return Value();
  });
  in.method(cls, "pop", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const NativeArguments a(in, "pop", args, kwargs, {"self", "key", "default"}, 2);
    if (const Value* found = a[0].as_dict().find(a[1])) {
      const Value value = *found;
      a[0].as_dict().erase(a[1]);
      return value;
    }
    if (!a.has(2)) in.raise_value(in.call(in.exception_class("KeyError"), {a[1]}));
    return a[2];
  });
  in.method(cls, "popitem", [&in](const CallArgs& args, const Kwargs& kwargs) {
    DictValue& dict = args.at(0).as_dict();
    if (dict.size() == 0) in.raise_value(in.make_exception("KeyError", "popitem(): dictionary is empty"));
    const bool first = (args.size() > 1 && !in.truth(args[1])) || (!kwargs.empty() && !in.truth(kwargs[0].second));
    const auto [key, value] = first ? dict.entries.front() : dict.entries.back();
    dict.erase(key);
    return Value::tuple({key, value});
  });
  in.method(cls, "setdefault", [&in](const CallArgs& args, const Kwargs&) {
    if (const Value* found = args.at(0).as_dict().find(args.at(1))) return *found;
    const Value value = args.size() > 2 ? args[2] : Value();
    in.set_item(args[0], args[1], value);
    return value;
  });
  in.method(cls, "clear", [](const CallArgs& args, const Kwargs&) {
    args.at(0).as_dict().clear();
    return Value();
  });
  in.method(cls, "move_to_end", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const NativeArguments a(in, "move_to_end", args, kwargs, {"self", "key", "last"}, 2);
    DictValue& dict = a[0].as_dict();
    const Value* found = dict.find(a[1]);
    if (found == nullptr) in.raise_value(in.call(in.exception_class("KeyError"), {a[1]}));
    const Value value = *found;
    dict.erase(a[1]);
    auto entries = dict.entries;
    if (!a.flag(2, true)) {
      dict.clear();
      dict.set(a[1], value);
      for (const auto& [key, item] : entries) dict.set(key, item);
    } else {
      dict.set(a[1], value);
    }
    return Value();
  });
}

std::shared_ptr<DictValue> dict_pointer(const Value& value) {
  return std::get<std::shared_ptr<DictValue>>(value.data());
}

void install_dict_reads(Interpreter& in, const PyClassPtr& cls) {
  for (const auto& [name, kind] : {std::pair{"keys", DictView::Kind::keys}, std::pair{"values", DictView::Kind::values},
                                   std::pair{"items", DictView::Kind::items}})
    in.method(cls, name, [kind = kind](const CallArgs& args, const Kwargs&) -> Value {
      return std::make_shared<DictView>(kind, dict_pointer(args.at(0)));
    });
  in.method(cls, "get", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const NativeArguments a(in, "get", args, kwargs, {"self", "key", "default"}, 2);
    const Value* found = a[0].as_dict().find(a[1]);
    return found ? *found : a.get(2);
  });
  in.method(cls, "copy", [&in](const CallArgs& args, const Kwargs&) { return copy_dict(in, args.at(0)); });
  in.method(cls, "__len__", [](const CallArgs& args, const Kwargs&) -> Value {
    return static_cast<std::int64_t>(args.at(0).as_dict().size());
  });
  in.method(cls, "__iter__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return in.iterate(std::make_shared<DictView>(DictView::Kind::keys, dict_pointer(args.at(0))));
  });
  in.method(cls, "__contains__", [](const CallArgs& args, const Kwargs&) -> Value {
    return args.at(0).as_dict().find(args.at(1)) != nullptr;
  });
  in.method(cls, "__getitem__", [&in](const CallArgs& args, const Kwargs&) {
    if (const Value* found = args.at(0).as_dict().find(args.at(1))) return *found;
    if (const auto value = in.call_special(args[0], "__missing__", {args[1]})) return *value;
    in.raise_value(in.call(in.exception_class("KeyError"), {args[1]}));
  });
  in.method(cls, "__setitem__", [](const CallArgs& args, const Kwargs&) {
    args.at(0).as_dict().set(args.at(1), args.at(2));
    return Value();
  });
  in.method(cls, "__delitem__", [&in](const CallArgs& args, const Kwargs&) {
    if (!args.at(0).as_dict().erase(args.at(1))) in.raise_value(in.call(in.exception_class("KeyError"), {args[1]}));
    return Value();
  });
  cls->dict.set("fromkeys", std::make_shared<MethodWrapper>(
                                true, in.native("dict.fromkeys", [&in](const CallArgs& args, const Kwargs&) {
                                  const Value result = in.call(args.at(0), {});
                                  for (const Value& key : in.to_vector(args.at(1)))
                                    in.set_item(result, key, args.size() > 2 ? args[2] : Value());
                                  return result;
                                })));
}

}  // namespace

Value copy_dict(Interpreter& in, const Value& source) {
  const auto from = dict_pointer(source);
  const Value result = from->type ? in.allocate(std::static_pointer_cast<PyClass>(from->type)) : Value::dict();
  for (const auto& [key, value] : from->entries) result.as_dict().set(key, value);
  result.as_dict().default_factory = from->default_factory;
  if (from->type) static_cast<PyDict&>(result.as_dict()).attributes = static_cast<PyDict&>(*from).attributes;
  return result;
}

void install_lists(Interpreter& in) {
  BuiltinTypes& t = in.types;
  t.list = in.native_class("list", {t.object}, "", Layout::list);
  t.tuple = in.native_class("tuple", {t.object}, "", Layout::tuple);
  in.builtins->globals.set("list", t.list);
  in.builtins->globals.set("tuple", t.tuple);
  t.list->dict.set("__new__", in.native("list", [&in](const CallArgs& args, const Kwargs&) {
    const auto cls = class_argument(in, args, in.types.list);
    if (cls != in.types.list) return in.allocate(cls);
    if (args.size() > 2)
      in.raise("TypeError", "list expected at most 1 argument, got " + std::to_string(args.size() - 1));
    return Value::list(args.size() > 1 ? in.to_vector(args[1]) : std::vector<Value>{});
  }));
  in.method(t.list, "__init__", [&in](const CallArgs& args, const Kwargs&) {
    if (std::get<std::shared_ptr<ListValue>>(args.at(0).data())->type)
      args[0].as_list() = args.size() > 1 ? in.to_vector(args[1]) : std::vector<Value>{};
    return Value();
  });
  in.method(t.list, "copy", [](const CallArgs& args, const Kwargs&) { return Value::list(args.at(0).as_list()); });
  t.tuple->dict.set("__new__", in.native("tuple", [&in](const CallArgs& args, const Kwargs&) {
    const auto cls = class_argument(in, args, in.types.tuple);
    const Value result = Value::tuple(args.size() > 1 ? in.to_vector(args[1]) : std::vector<Value>{});
    if (cls != in.types.tuple) std::get<std::shared_ptr<TupleValue>>(result.data())->type = cls;
    return result;
  }));
  install_sequence(in, t.list, "list");
  install_sequence(in, t.tuple, "tuple");
  install_list_changes(in, t.list);
}

void install_dicts(Interpreter& in) {
  BuiltinTypes& t = in.types;
  t.dict = in.native_class("dict", {t.object}, "", Layout::dict);
  in.builtins->globals.set("dict", t.dict);
  t.dict->dict.set("__new__", in.native("dict", [&in](const CallArgs& args, const Kwargs&) {
    const auto cls = class_argument(in, args, in.types.dict);
    return cls == in.types.dict ? Value::dict() : in.allocate(cls);
  }));
  in.method(t.dict, "__init__", [&in](const CallArgs& args, const Kwargs& kwargs) {
    if (args.size() > 2)
      in.raise("TypeError", "dict expected at most 1 argument, got " + std::to_string(args.size() - 1));
    update_dict(in, args.at(0), args.from(1), kwargs);
    return Value();
  });
  install_dict_reads(in, t.dict);
  install_dict_changes(in, t.dict);
  t.dict_keys = in.native_class("dict_keys", {t.object}, "");
  t.dict_values = in.native_class("dict_values", {t.object}, "");
  t.dict_items = in.native_class("dict_items", {t.object}, "");
  for (const PyClassPtr& cls : {t.dict_keys, t.dict_values, t.dict_items}) {
    in.method(cls, "__len__", [](const CallArgs& args, const Kwargs&) -> Value {
      return static_cast<std::int64_t>(args.at(0).try_as<DictView>()->dict->size());
    });
    in.method(cls, "__repr__", [&in](const CallArgs& args, const Kwargs&) -> Value {
      return args.at(0).type_name() + "(" + in.repr(Value::list(in.to_vector(args[0]))) + ")";
    });
    if (cls == t.dict_values) continue;
    in.method(cls, "isdisjoint", [&in](const CallArgs& args, const Kwargs&) -> Value {
      const std::vector<Value> others = in.to_vector(args.at(1));
      return std::none_of(others.begin(), others.end(), [&](const Value& item) { return in.contains(args[0], item); });
    });
  }
  install_name_views(in);
}

void install_name_views(Interpreter& in) {
  // `__dict__`, `_modules` and the like: the reads and changes of a dict, by name.
  const PyClassPtr cls = in.native_class("dict", {in.types.object}, "");
  in.object_types[std::type_index(typeid(NameView))] = cls;
  const auto view = [](const CallArgs& args) { return args.at(0).try_as<NameView>(); };
  in.method(cls, "__len__", [view](const CallArgs& args, const Kwargs&) -> Value {
    return static_cast<std::int64_t>(view(args)->names().size());
  });
  const auto listed = [&](const char* name, int what) {
    in.method(cls, name, [view, what](const CallArgs& args, const Kwargs&) {
      std::vector<Value> items;
      for (const std::string& n : view(args)->names()) {
        const Value value = what == 0 ? Value() : view(args)->find(n).value_or(Value());
        items.push_back(what == 0 ? Value(n) : what == 1 ? value : Value::tuple({n, value}));
      }
      return Value::list(std::move(items));
    });
  };
  listed("keys", 0);
  listed("values", 1);
  listed("items", 2);
  in.method(cls, "get", [&in, view](const CallArgs& args, const Kwargs&) {
    const auto found = view(args)->find(in.str(args.at(1)));
    return found ? *found : args.size() > 2 ? args[2] : Value();
  });
  in.method(cls, "copy", [view](const CallArgs& args, const Kwargs&) { return view(args)->copy(); });
  in.method(cls, "update", [&in](const CallArgs& args, const Kwargs& kwargs) {
    update_dict(in, args.at(0), args.from(1), kwargs);
    return Value();
  });
  in.method(cls, "setdefault", [&in, view](const CallArgs& args, const Kwargs&) {
    const std::string name = in.str(args.at(1));
    if (auto found = view(args)->find(name)) return *found;
    view(args)->set(name, args.size() > 2 ? args[2] : Value());
    return args.size() > 2 ? args[2] : Value();
  });
  in.method(cls, "pop", [&in, view](const CallArgs& args, const Kwargs&) {
    const std::string name = in.str(args.at(1));
    if (auto found = view(args)->find(name)) {
      view(args)->erase(name);
      return *found;
    }
    if (args.size() < 3) in.raise_value(in.call(in.exception_class("KeyError"), {name}));
    return args[2];
  });
  in.method(cls, "clear", [view](const CallArgs& args, const Kwargs&) {
    for (const std::string& n : view(args)->names()) view(args)->erase(n);
    return Value();
  });
}

}  // namespace scriptc::python
