#include <algorithm>

#include "scriptc/python/containers.h"

namespace scriptc::python {

void install_sets(Interpreter& in) {
  BuiltinTypes& t = in.types;
  const auto any_set = [&in](const Value& value) {
    const auto set = value.try_as<SetObject>();
    return set ? set : set_of(in, value);
  };
  for (const bool frozen : {false, true}) {
    const PyClassPtr cls = in.native_class(frozen ? "frozenset" : "set", {t.object}, "", Layout::set);
    (frozen ? t.frozenset : t.set) = cls;
    in.builtins->globals.set(cls->name, cls);
    cls->dict.set("__new__", in.native(cls->name, [&in, frozen](const CallArgs& args, const Kwargs&) -> Value {
      auto set = std::make_shared<SetObject>(frozen);
      if (args.size() > 1)
        for (const Value& item : in.to_vector(args[1])) set->add(item);
      return set;
    }));
    in.method(cls, "__len__", [](const CallArgs& args, const Kwargs&) -> Value {
      return static_cast<std::int64_t>(args.at(0).try_as<SetObject>()->items.size());
    });
    in.method(cls, "__repr__", [&in](const CallArgs& args, const Kwargs&) -> Value {
      const auto set = args.at(0).try_as<SetObject>();
      if (set->items.size() == 0) return set->type_name() + "()";
      std::string text = in.repr(Value::list(in.to_vector(args[0])));
      text.front() = '{';
      text.back() = '}';
      return set->frozen ? "frozenset(" + text + ")" : text;
    });
    in.method(cls, "copy", [](const CallArgs& args, const Kwargs&) -> Value {
      return std::make_shared<SetObject>(*args.at(0).try_as<SetObject>());
    });
    const auto combined = [&](const char* name, BinaryOperator op) {
      in.method(cls, name, [&in, op, any_set](const CallArgs& args, const Kwargs&) {
        Value result = std::make_shared<SetObject>(*args.at(0).try_as<SetObject>());
        for (std::size_t i = 1; i < args.size(); ++i) result = in.binary(op, result, any_set(args[i]));
        return result;
      });
    };
    combined("union", BinaryOperator::BitOr);
    combined("intersection", BinaryOperator::BitAnd);
    combined("difference", BinaryOperator::Sub);
    combined("symmetric_difference", BinaryOperator::BitXor);
    const auto relation = [&](const char* name, CompareOperator op) {
      in.method(cls, name, [&in, op, any_set](const CallArgs& args, const Kwargs&) {
        return in.compare_value(op, args.at(0), any_set(args.at(1)));
      });
    };
    relation("issubset", CompareOperator::LtE);
    relation("issuperset", CompareOperator::GtE);
    in.method(cls, "isdisjoint", [&in, any_set](const CallArgs& args, const Kwargs&) -> Value {
      return !in.truth(in.binary(BinaryOperator::BitAnd, args.at(0), any_set(args.at(1))));
    });
  }
  in.method(t.set, "add", [&in](const CallArgs& args, const Kwargs&) {
    in.charge(4 * sizeof(Value));
    args.at(0).try_as<SetObject>()->add(args.at(1));
    return Value();
  });
  in.method(t.set, "update", [&in](const CallArgs& args, const Kwargs&) {
    for (std::size_t i = 1; i < args.size(); ++i)
      for (const Value& item : in.to_vector(args[i])) args[0].try_as<SetObject>()->add(item);
    return Value();
  });
  const std::pair<const char*, BinaryOperator> changes[] = {{"intersection_update", BinaryOperator::BitAnd},
                                                            {"difference_update", BinaryOperator::Sub},
                                                            {"symmetric_difference_update", BinaryOperator::BitXor}};
  for (const auto& [name, op] : changes)
    in.method(t.set, name, [&in, op = op, any_set](const CallArgs& args, const Kwargs&) {
      for (std::size_t i = 1; i < args.size(); ++i) in.inplace(op, args[0], any_set(args[i]));
      return Value();
    });
  in.method(t.set, "discard", [](const CallArgs& args, const Kwargs&) {
    args.at(0).try_as<SetObject>()->items.erase(args.at(1));
    return Value();
  });
  in.method(t.set, "remove", [&in](const CallArgs& args, const Kwargs&) {
    if (!args.at(0).try_as<SetObject>()->items.erase(args.at(1)))
      in.raise_value(in.call(in.exception_class("KeyError"), {args[1]}));
    return Value();
  });
  in.method(t.set, "clear", [](const CallArgs& args, const Kwargs&) {
    args.at(0).try_as<SetObject>()->items.clear();
    return Value();
  });
  in.method(t.set, "pop", [&in](const CallArgs& args, const Kwargs&) {
    DictValue& items = args.at(0).try_as<SetObject>()->items;
    if (items.size() == 0) in.raise("KeyError", "pop from an empty set");
    const Value item = items.entries.front().first;
    items.erase(item);
    return item;
  });
}

}  // namespace scriptc::python
