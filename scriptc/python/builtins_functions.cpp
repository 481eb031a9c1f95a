#include <algorithm>
#include <cmath>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/containers.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/strings.h"

namespace scriptc::python {
namespace {

using Define = std::function<void(const char*, NativeFunction::Body)>;

Value extreme(Interpreter& in, const char* name, const CallArgs& args, const Kwargs& kwargs, CompareOperator better) {
  Value key, otherwise;
  bool has_default = false;
  for (const auto& [keyword, value] : kwargs) {
    if (keyword == "key") key = value;
    if (keyword == "default") {
      otherwise = value;
      has_default = true;
    }
  }
  if (args.empty()) in.raise("TypeError", std::string(name) + " expected at least 1 argument, got 0");
  const std::vector<Value> items = args.size() == 1 ? in.to_vector(args[0]) : args.from(0);
  if (items.empty()) {
    if (has_default) return otherwise;
    in.raise("ValueError", std::string(name) + "() arg is an empty sequence");
  }
  Value best = items.front();
  Value best_key = key.is_none() ? best : in.call(key, {best});
  for (std::size_t i = 1; i < items.size(); ++i) {
    const Value candidate = key.is_none() ? items[i] : in.call(key, {items[i]});
    if (!in.compare(better, candidate, best_key)) continue;
    best = items[i];
    best_key = candidate;
  }
  return best;
}

Value round_value(Interpreter& in, const Value& original, const Value& digits) {
  const Value value = in.plain(original);
  if (value.is_int() || value.is_bool()) {
    if (digits.is_none() || in.index(digits) >= 0) return int_of(value);
    const double scale = std::pow(10.0, static_cast<double>(-in.index(digits)));
    return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(int_of(value)) / scale) * scale);
  }
  if (value.is_float()) {
    if (digits.is_none()) {
      if (!std::isfinite(value.as_float()))
        in.raise(std::isnan(value.as_float()) ? "ValueError" : "OverflowError",
                 std::isnan(value.as_float()) ? "cannot convert float NaN to integer"
                                              : "cannot convert float infinity to integer");
      const double whole = std::nearbyint(value.as_float());
      if (std::fabs(whole) >= 9.2e18) in.raise("OverflowError", "int result does not fit in 64 bits");
      return static_cast<std::int64_t>(whole);
    }
    const std::int64_t places = std::clamp<std::int64_t>(in.index(digits), -308, 308);
    if (!std::isfinite(value.as_float()) || places > 300) return value;
    if (places < 0) {
      const double scale = std::pow(10.0, static_cast<double>(-places));
      return std::nearbyint(value.as_float() / scale) * scale;
    }
    // The decimal expansion decides ties, as in CPython.
    return *parse_float(in.format(value, "." + std::to_string(places) + "f"));
  }
  if (value.is_tensor()) return in.call_operator("round", {value}, {});
  if (const auto result = in.call_special(value, "__round__", digits.is_none() ? Args{} : Args{digits})) return *result;
  in.raise("TypeError", "type " + in.type_of(value)->name + " doesn't define __round__ method");
}

Value power(Interpreter& in, const CallArgs& args) {
  if (args.size() < 3 || args[2].is_none()) return in.binary(BinaryOperator::Pow, args.at(0), args.at(1));
  std::int64_t base = in.index(args[0]), exponent = in.index(args[1]);
  const std::int64_t modulus = in.index(args[2]);
  if (modulus == 0) in.raise("ValueError", "pow() 3rd argument cannot be 0");
  __extension__ using Wide = __int128;
  Wide result = 1, factor = floor_modulo(base, modulus);
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = result * factor % modulus;
    factor = factor * factor % modulus;
  }
  return floor_modulo(static_cast<std::int64_t>(result), modulus);
}

void install_numeric(Interpreter& in, const Define& def) {
  def("abs", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const Value value = in.plain(args.at(0));
    if (value.is_int() || value.is_bool())
      return int_of(value) < 0 ? number_binary(in, BinaryOperator::Sub, 0, value) : Value(int_of(value));
    if (value.is_float()) return std::fabs(value.as_float());
    if (value.is_tensor()) return in.call_operator("abs", {value}, {});
    if (const auto result = in.call_special(value, "__abs__")) return *result;
    if (const auto complex = value.try_as<ComplexObject>()) return std::hypot(complex->real, complex->imag);
    in.raise("TypeError", "bad operand type for abs(): " + quote(in.type_of(value)->name));
  });
  def("min", [&in](const CallArgs& args, const Kwargs& kwargs) {
    return extreme(in, "min", args, kwargs, CompareOperator::Lt);
  });
  def("max", [&in](const CallArgs& args, const Kwargs& kwargs) {
    return extreme(in, "max", args, kwargs, CompareOperator::Gt);
  });
  def("sum", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const NativeArguments a(in, "sum", args, kwargs, {"iterable", "start"}, 1);
    Value total = a.get(1, 0);
    const IteratorPtr items = in.iterate(a[0]);
    for (Value item; items->next(item);) {
      in.step();
      total = in.binary(BinaryOperator::Add, total, item);
    }
    return total;
  });
  def("round", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const NativeArguments a(in, "round", args, kwargs, {"number", "ndigits"}, 1);
    return round_value(in, a[0], a.get(1));
  });
  def("pow", [&in](const CallArgs& args, const Kwargs&) { return power(in, args); });
  def("divmod", [&in](const CallArgs& args, const Kwargs&) {
    if (const auto own =
            args.at(0).try_as<Instance>() ? in.call_special(args[0], "__divmod__", {args.at(1)}) : std::nullopt)
      return *own;
    return Value::tuple({in.binary(BinaryOperator::FloorDiv, args.at(0), args.at(1)),
                         in.binary(BinaryOperator::Mod, args[0], args[1])});
  });
  def("chr", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const std::int64_t code = in.index(args.at(0));
    if (code < 0 || code > 0x10FFFF) in.raise("ValueError", "chr() arg not in range(0x110000)");
    return encode_character(code);
  });
  def("ord", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const std::string text = in.str(args.at(0));
    if (count_characters(text) != 1)
      in.raise("TypeError",
               "ord() expected a character, but string of length " + std::to_string(count_characters(text)) + " found");
    return decode_character(text);
  });
  for (const char* name : {"hex", "oct", "bin"})
    def(name,
        [&in, type = std::string(1, name[0] == 'h' ? 'x' : name[0])](const CallArgs& args, const Kwargs&) -> Value {
          return in.format(in.index(args.at(0)), "#" + type);
        });
}

void install_iteration(Interpreter& in, const Define& def) {
  def("len", [&in](const CallArgs& args, const Kwargs&) -> Value {
    if (args.size() != 1)
      in.raise("TypeError", "len() takes exactly one argument (" + std::to_string(args.size()) + " given)");
    return in.length(args[0]);
  });
  def("iter", [&in](const CallArgs& args, const Kwargs&) -> Value {
    if (args.size() == 2)
      return in.make_iterator("callable_iterator", [&in, fn = args[0], end = args[1]](Value& out) {
        out = in.call(fn, {});
        return !in.equals(out, end);
      });
    return in.iterate(args.at(0));
  });
  def("next", [&in](const CallArgs& args, const Kwargs&) {
    const auto iterator = args.at(0).try_as<Iterator>();
    Value out;
    if (iterator) {
      if (iterator->next(out)) return out;
      if (args.size() > 1) return args[1];
      in.raise("StopIteration", "");
    }
    if (in.type_of(args[0])->lookup("__next__") == nullptr)
      in.raise("TypeError", quote(in.type_of(args[0])->name) + " object is not an iterator");
    if (args.size() == 1) return *in.call_special(args[0], "__next__");
    try {
      return *in.call_special(args[0], "__next__");
    } catch (const Raised& raised) {
      if (!in.matches(raised.exception, in.exception_class("StopIteration"))) throw;
    }
    return args[1];
  });
  def("sorted", [&in](const CallArgs& args, const Kwargs& kwargs) {
    if (args.size() > 1) in.raise("TypeError", "sorted expected 1 argument, got " + std::to_string(args.size()));
    const NativeArguments a(in, "sorted", args, kwargs, {"iterable", "key", "reverse"}, 1);
    std::vector<Value> items = in.to_vector(a[0]);
    sort_values(in, items, a.get(1), a.flag(2, false));
    return Value::list(std::move(items));
  });
  def("any", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const IteratorPtr items = in.iterate(args.at(0));
    for (Value item; items->next(item);) {
      in.step();
      if (in.truth(item)) return true;
    }
    return false;
  });
  def("all", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const IteratorPtr items = in.iterate(args.at(0));
    for (Value item; items->next(item);) {
      in.step();
      if (!in.truth(item)) return false;
    }
    return true;
  });
  const auto iterator_class = [&](const char* name, NativeFunction::Body make) {
    const PyClassPtr cls = in.native_class(name, {in.types.object}, "");
    cls->dict.set("__new__", in.native(name, [make = std::move(make)](const CallArgs& args, const Kwargs& kwargs) {
      return make(args.from(1), kwargs);
    }));
    in.builtins->globals.set(name, cls);
  };
  iterator_class("enumerate", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "enumerate", args, kwargs, {"iterable", "start"}, 1);
    std::int64_t i = a.has(1) ? in.index(a[1]) : 0;
    return in.make_iterator("enumerate", [items = in.iterate(a[0]), i](Value& out) mutable {
      Value item;
      if (!items->next(item)) return false;
      out = Value::tuple({i++, item});
      return true;
    });
  });
  iterator_class("zip", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const bool strict = !kwargs.empty() && in.truth(kwargs[0].second);
    std::vector<IteratorPtr> sources;
    for (const Value& arg : args) sources.push_back(in.iterate(arg));
    return in.make_iterator("zip", [&in, sources, strict](Value& out) {
      std::vector<Value> items(sources.size());
      if (sources.empty()) return false;
      for (std::size_t i = 0; i < sources.size(); ++i) {
        if (sources[i]->next(items[i])) continue;
        Value rest;
        for (std::size_t k = 1; strict && k < sources.size(); ++k)
          if (i > 0 || sources[k]->next(rest))
            in.raise("ValueError", "zip() argument " + std::to_string(i > 0 ? i + 1 : k + 1) + " is " +
                                       (i > 0 ? "shorter" : "longer") + " than argument 1");
        return false;
      }
      out = Value::tuple(std::move(items));
      return true;
    });
  });
  iterator_class("map", [&in](const CallArgs& args, const Kwargs&) -> Value {
    std::vector<IteratorPtr> sources;
    for (std::size_t i = 1; i < args.size(); ++i) sources.push_back(in.iterate(args[i]));
    return in.make_iterator("map", [&in, fn = args.at(0), sources](Value& out) {
      Args items(sources.size());
      for (std::size_t i = 0; i < sources.size(); ++i)
        if (!sources[i]->next(items[i])) return false;
      out = in.call(fn, items);
      return true;
    });
  });
  iterator_class("filter", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return in.make_iterator("filter", [&in, fn = args.at(0), items = in.iterate(args.at(1))](Value& out) {
      while (items->next(out))
        if (in.truth(fn.is_none() ? out : in.call(fn, {out}))) return true;
      return false;
    });
  });
  iterator_class("reversed", [&in](const CallArgs& args, const Kwargs&) -> Value {
    if (const auto own = in.call_special(args.at(0), "__reversed__")) return in.iterate(*own);
    if (args[0].try_as<SetObject>() || args[0].try_as<Iterator>())
      in.raise("TypeError", quote(in.type_of(args[0])->name) + " object is not reversible");
    std::vector<Value> items = in.to_vector(args[0]);
    std::reverse(items.begin(), items.end());
    return in.iterate(Value::list(std::move(items)));
  });
  in.types.range->dict.set("__new__", in.native("range", [&in](const CallArgs& args, const Kwargs&) -> Value {
    if (args.size() < 2) in.raise("TypeError", "range expected at least 1 argument, got 0");
    const std::int64_t first = in.index(args[1]);
    const std::int64_t step = args.size() > 3 ? in.index(args[3]) : 1;
    if (step == 0) in.raise("ValueError", "range() arg 3 must not be zero");
    return args.size() == 2 ? std::make_shared<RangeObject>(0, first, 1)
                            : std::make_shared<RangeObject>(first, in.index(args[2]), step);
  }));
  in.method(in.types.range, "__len__",
            [](const CallArgs& args, const Kwargs&) -> Value { return args.at(0).try_as<RangeObject>()->size(); });
  in.builtins->globals.set("range", in.types.range);
  in.types.slice->dict.set("__new__", in.native("slice", [](const CallArgs& args, const Kwargs&) -> Value {
    auto slice = std::make_shared<SliceObject>();
    if (args.size() == 2) {
      slice->upper = args[1];
    } else {
      slice->lower = args.at(1);
      slice->upper = args.at(2);
      if (args.size() > 3) slice->step = args[3];
    }
    return slice;
  }));
  in.builtins->globals.set("slice", in.types.slice);
}

void install_reflection(Interpreter& in, const Define& def) {
  def("isinstance", [&in](const CallArgs& args, const Kwargs&) -> Value {
    if (const auto opaque = args.at(0).try_as<Opaque>()) in.opaque_used(*opaque);
    return in.is_instance(args.at(0), args.at(1));
  });
  def("issubclass", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const auto cls = args.at(0).try_as<PyClass>();
    if (!cls) in.raise("TypeError", "issubclass() arg 1 must be a class");
    return in.is_subclass(*cls, args.at(1));
  });
  def("hasattr", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return in.has_attribute(args.at(0), in.text(args.at(1)));
  });
  def("getattr", [&in](const CallArgs& args, const Kwargs&) {
    if (args.size() < 2)
      in.raise("TypeError", "getattr expected at least 2 arguments, got " + std::to_string(args.size()));
    if (!in.plain(args[1]).is_string())
      in.raise("TypeError", "attribute name must be string, not " + quote(in.type_of(args[1])->name));
    const std::string name = in.text(args[1]);
    if (args.size() == 2) return in.get_attribute(args[0], name);
    return in.find_attribute(args[0], name).value_or(args[2]);
  });
  def("setattr", [&in](const CallArgs& args, const Kwargs&) {
    in.set_attribute(args.at(0), in.text(args.at(1)), args.at(2));
    return Value();
  });
  def("delattr", [&in](const CallArgs& args, const Kwargs&) {
    in.delete_attribute(args.at(0), in.text(args.at(1)));
    return Value();
  });
  def("callable", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const Value& v = args.at(0);
    return v.try_as<Function>() || v.try_as<PyClass>() || v.try_as<BoundMethod>() || v.try_as<Partial>() ||
           v.try_as<OperatorRef>() || (!v.try_as<Opaque>() && in.type_of(v)->lookup("__call__") != nullptr);
  });
  def("id", [](const CallArgs& args, const Kwargs&) -> Value {
    const Value& v = args.at(0);
    const void* address = v.is_object()   ? static_cast<const void*>(v.as_object().get())
                          : v.is_tensor() ? static_cast<const void*>(v.as_tensor().get())
                          : v.is_list()   ? static_cast<const void*>(&v.as_list())
                          : v.is_dict()   ? static_cast<const void*>(&v.as_dict())
                                          : nullptr;
    return address ? static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(address))
                   : static_cast<std::int64_t>(hash_value(v) >> 1);
  });
  def("hash", [](const CallArgs& args, const Kwargs&) -> Value {
    return static_cast<std::int64_t>(hash_value(args.at(0)) >> 1);
  });
  def("repr", [&in](const CallArgs& args, const Kwargs&) -> Value { return in.repr(args.at(0)); });
  def("ascii", [&in](const CallArgs& args, const Kwargs&) -> Value { return to_ascii(in.repr(args.at(0))); });
  def("format", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return in.format(args.at(0), args.size() > 1 ? in.str(args[1]) : "");
  });
  def("print", [&in](const CallArgs& args, const Kwargs&) {
    for (const Value& arg : args) in.str(arg);  // what its text raises, it raises; nobody listens to the text
    return Value();
  });
  def("dir", [&in](const CallArgs& args, const Kwargs&) {
    std::vector<std::string> names = args.empty() ? in.frame->module->globals.names() : in.attribute_names(args[0]);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return Value::list({names.begin(), names.end()});
  });
  def("vars", [&in](const CallArgs& args, const Kwargs&) {
    return args.empty() ? current_locals(in) : in.get_attribute(args[0], "__dict__");
  });
  def("globals", [&in](const CallArgs&, const Kwargs&) { return *in.module_attribute(*in.frame->module, "__dict__"); });
  def("locals", [&in](const CallArgs&, const Kwargs&) { return current_locals(in); });
  def("eval", [&in](const CallArgs& args, const Kwargs& kwargs) {
    if (args.empty() || args.size() > 3 || !kwargs.empty())
      in.raise("TypeError", "eval expected 1 to 3 positional arguments");
    if (!args[0].is_string())
      in.raise("TypeError", "eval() takes an expression as text, not " + quote(args[0].type_name()));
    std::optional<OrderedMap<Value>> names;
    for (std::size_t i = 1; i < args.size(); ++i) {
      const Value& given = args[i];
      if (given.is_none()) continue;
      if (!given.is_dict())
        in.raise("TypeError", "eval() takes its variables as a dict, not " + quote(given.type_name()));
      if (!names) names.emplace();
      for (const auto& [name, value] : given.as_dict().entries)
        if (name.is_string()) names->set(name.as_string(), value);
    }
    return in.eval_text(*in.frame, args[0].as_string(), names);
  });
  for (const char* name : {"exec", "compile", "open", "input", "__import__", "breakpoint"})
    def(name, [&in, name](const CallArgs&, const Kwargs&) -> Value {
      in.raise("RuntimeError",
               std::string(name) + "() is not available: constructors run without files, processes or new code");
    });
}

}  // namespace

Value current_locals(Interpreter& in) {
  const Value dict = Value::dict();
  const OrderedMap<Value>& names = in.frame->class_names != nullptr ? *in.frame->class_names
                                   : in.frame->scope                ? in.frame->scope->names
                                                                    : in.frame->module->globals;
  for (const auto& [name, value] : names) dict.as_dict().set(name, value);
  return dict;
}

bool Interpreter::has_attribute(const Value& object, const std::string& name) {
  // A name of torch that nothing here defines is an operator if LibTorch has one of that name.
  if (const auto module = object.try_as<PyModule>(); module && module->is_embedded)
    if (const auto value = module_attribute(*module, name)) {
      const auto op = value->try_as<OperatorRef>();
      return value->try_as<Opaque>() ? false : !op || backend().has_operator(op->name);
    }
  return find_attribute(object, name).has_value();
}

void install_builtin_functions(Interpreter& in) {
  const Define def = [&in](const char* name, NativeFunction::Body body) {
    in.function(*in.builtins, name, std::move(body));
  };
  install_numeric(in, def);
  install_iteration(in, def);
  install_reflection(in, def);
  in.builtins->globals.set("__debug__", true);
  in.builtins->globals.set("__name__", "builtins");
}

}  // namespace scriptc::python
