#include <cmath>
#include <cstdio>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/generator.h"
#include "scriptc/python/subscripts.h"

namespace scriptc::python {
namespace {

template <class T>
PyClassPtr object_type(Interpreter& in, const std::string& name) {
  auto cls = in.native_class(name, {in.types.object}, "");
  in.object_types[std::type_index(typeid(T))] = cls;
  return cls;
}

std::string address(const Value& value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%012zx", reinterpret_cast<std::size_t>(value.as_object().get()));
  return text;
}

/// `<net.Block object at 0x…>`
std::string default_repr(Interpreter& in, const Value& value) {
  const PyClassPtr cls = in.type_of(value);
  if (!value.is_object()) return "<" + cls->name + " object>";
  if (const auto name = value.try_as<Singleton>()) return name->name;
  if (const auto module = value.try_as<PyModule>()) return "<module " + quote(module->name) + ">";
  if (const auto fn = value.try_as<PyFunction>())
    return "<function " + in.str(in.get_attribute(value, "__qualname__")) + " at " + address(value) + ">";
  if (const auto fn = value.try_as<NativeFunction>()) return "<built-in function " + fn->name + ">";
  if (const auto op = value.try_as<OperatorRef>()) return "<built-in method " + op->name + ">";
  if (const auto constant = value.try_as<TorchConstant>())
    return constant->kind == TorchConstant::Kind::device
               ? "device(type='" + constant->name + "'" +
                     (constant->value >= 0 ? ", index=" + std::to_string(constant->value) : "") + ")"
               : "torch." + constant->name;
  if (const auto bound = value.try_as<BoundMethod>())
    return "<bound method " + in.str(in.find_attribute(bound->function, "__qualname__").value_or(Value("?"))) + " of " +
           in.repr(bound->self) + ">";
  if (const auto opaque = value.try_as<Opaque>()) return "<opaque " + quote(opaque->import_name) + ">";
  if (const auto complex = value.try_as<ComplexObject>()) {
    const auto part = [](double d) {
      std::string text = repr_float(d);
      return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
    };
    if (complex->real == 0 && !std::signbit(complex->real)) return part(complex->imag) + "j";
    return "(" + part(complex->real) + (complex->imag < 0 ? "" : "+") + part(complex->imag) + "j)";
  }
  if (const auto bytes = value.try_as<BytesObject>()) {
    std::string text = "b'";
    for (const char c : bytes->bytes) {
      const auto byte = static_cast<unsigned char>(c);
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      text += byte >= 0x80 ? hex : escape(std::string_view(&c, 1), 0);
    }
    return text + "'";
  }
  if (const auto range = value.try_as<RangeObject>())
    return "range(" + std::to_string(range->start) + ", " + std::to_string(range->stop) +
           (range->step == 1 ? ")" : ", " + std::to_string(range->step) + ")");
  if (const auto slice = value.try_as<SliceObject>())
    return "slice(" + in.repr(slice->lower) + ", " + in.repr(slice->upper) + ", " + in.repr(slice->step) + ")";
  if (const auto view = value.try_as<NameView>()) return in.repr(view->copy());
  if (const auto partial = value.try_as<Partial>()) {
    std::string text = "functools.partial(" + in.repr(partial->function);
    for (const Value& arg : partial->args) text += ", " + in.repr(arg);
    for (const auto& [name, arg] : partial->kwargs) text += ", " + name + "=" + in.repr(arg);
    return text + ")";
  }
  if (dynamic_cast<Iterator*>(value.as_object().get()) != nullptr && value.type_name() == "generator")
    return "<generator object at " + address(value) + ">";
  const std::string name =
      cls->module ? in.str(in.get_attribute(cls, "__module__")) + "." + in.str(in.get_attribute(cls, "__qualname__"))
                  : cls->qualified_name;
  return "<" + name + " object at " + address(value) + ">";
}

std::string class_repr(const PyClass& cls) { return "<class '" + cls.qualified_name + "'>"; }

void install_object(Interpreter& in) {
  const PyClassPtr object = in.types.object;
  in.object_new = in.native("builtins.object.__new__", [&in](const CallArgs& args, const Kwargs&) {
    const auto cls = class_argument(in, args, in.types.object);
    if (cls->layout == Layout::tuple || cls->layout == Layout::set || cls->layout == Layout::type)
      in.raise("TypeError", "object.__new__(" + cls->name + ") is not safe, use its base's own __new__()");
    return in.allocate(cls);
  });
  object->dict.set("__new__", in.object_new);
  in.method(object, "__init__", [](const CallArgs&, const Kwargs&) { return Value(); });
  in.object_init = *object->dict.find("__init__");
  in.method(object, "__repr__",
            [&in](const CallArgs& args, const Kwargs&) -> Value { return default_repr(in, args.at(0)); });
  in.method(object, "__str__", [&in](const CallArgs& args, const Kwargs&) -> Value { return in.repr(args.at(0)); });
  in.method(object, "__format__",
            [&in](const CallArgs& args, const Kwargs&) -> Value { return in.format(args.at(0), in.str(args.at(1))); });
  in.method(object, "__setattr__", [&in](const CallArgs& args, const Kwargs&) {
    in.set_plain_attribute(args.at(0), in.str(args.at(1)), args.at(2));
    return Value();
  });
  in.method(object, "__getattribute__", [&in](const CallArgs& args, const Kwargs&) {
    const std::string name = in.str(args.at(1));
    if (auto value = in.find_plain_attribute(args.at(0), name)) return *value;
    in.no_attribute(args.at(0), name);
  });
  in.method(object, "__delattr__", [&in](const CallArgs& args, const Kwargs&) {
    in.delete_plain_attribute(args.at(0), in.str(args.at(1)));
    return Value();
  });
  in.method(object, "__dir__", [&in](const CallArgs& args, const Kwargs&) {
    std::vector<Value> names;
    for (std::string& name : in.attribute_names(args.at(0))) names.emplace_back(std::move(name));
    return Value::list(std::move(names));
  });
  object->dict.set(
      "__init_subclass__",
      std::make_shared<MethodWrapper>(
          true, in.native("builtins.object.__init_subclass__", [&in](const CallArgs& args, const Kwargs& kwargs) {
            if (!kwargs.empty())
              in.raise("TypeError", class_argument(in, args, in.types.object)->name +
                                        ".__init_subclass__() takes no keyword arguments");
            return Value();
          })));
  object->dict.set("__doc__", Value());
}

/// What makes classes of these bases, if that is not plain `type`.
PyClassPtr metaclass_of(Interpreter& in, const Value& bases) {
  for (const Value& base : in.to_vector(bases))
    if (const auto cls = in.class_of_form(base); cls && cls->metaclass)
      if (const Value* maker = cls->metaclass->lookup("__new__"); maker && maker->try_as<PyFunction>())
        return cls->metaclass;
  return nullptr;
}

void install_type(Interpreter& in) {
  const PyClassPtr type = in.types.type;
  type->dict.set("__new__",
                 in.native("builtins.type.__new__", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
                   if (args.size() == 2) return in.type_of(args[1]);
                   if (args.size() != 4) in.raise("TypeError", "type() takes 1 or 3 arguments");
                   if (args[0].is_same(in.types.type))
                     if (const auto meta = metaclass_of(in, args[2])) return in.call(meta, args.from(1), kwargs);
                   ClassParts parts;
                   if (in.pending_class) parts = std::move(*in.pending_class);
                   in.pending_class.reset();
                   parts.name = in.str(args[1]);
                   parts.bases.clear();
                   for (const Value& base : in.to_vector(args[2]))
                     if (auto cls = in.class_of_form(base)) parts.bases.push_back(std::move(cls));
                   parts.dict.clear();
                   for (const Value& key : in.to_vector(args[3]))
                     parts.dict.set(in.str(key), in.get_item(args[3], key));
                   parts.metaclass = args[0].try_as<PyClass>() == in.types.type ? nullptr : args[0].try_as<PyClass>();
                   if (!parts.module && in.frame != nullptr) parts.module = in.frame->module;
                   parts.keywords = kwargs;
                   return in.make_class(std::move(parts));
                 }));
  in.method(type, "__init__", [](const CallArgs&, const Kwargs&) { return Value(); });
  in.method(type, "__call__", [&in](const CallArgs& args, const Kwargs& kwargs) {
    return in.construct(args.at(0).try_as<PyClass>(), args.from(1), kwargs);
  });
  in.method(type, "__repr__",
            [](const CallArgs& args, const Kwargs&) -> Value { return class_repr(*args.at(0).try_as<PyClass>()); });
  in.method(type, "mro", [&in](const CallArgs& args, const Kwargs&) {
    return Value::list(in.to_vector(in.get_attribute(args.at(0), "__mro__")));
  });
  in.method(type, "__subclasses__", [&in](const CallArgs& args, const Kwargs&) {
    std::vector<Value> found;
    const auto self = args.at(0).try_as<PyClass>();
    for (const auto& weak : in.classes)
      if (const auto cls = weak.lock();
          cls && std::find(cls->bases.begin(), cls->bases.end(), self) != cls->bases.end())
        found.emplace_back(cls);
    return Value::list(std::move(found));
  });
}

void install_descriptors(Interpreter& in) {
  const auto install_wrapper = [&](const PyClassPtr& cls, bool is_class) {
    cls->dict.set("__new__", in.native(cls->name, [is_class](const CallArgs& args, const Kwargs&) -> Value {
      return std::make_shared<MethodWrapper>(is_class, args.at(1));
    }));
    in.property(cls, "__func__", [](const Value& self) { return self.try_as<MethodWrapper>()->function; });
    in.builtins->globals.set(cls->name, cls);
  };
  in.types.static_method = in.native_class("staticmethod", {in.types.object}, "");
  in.types.class_method = in.native_class("classmethod", {in.types.object}, "");
  install_wrapper(in.types.static_method, false);
  install_wrapper(in.types.class_method, true);
  const PyClassPtr property = in.types.property = object_type<Property>(in, "property");
  in.builtins->globals.set("property", property);
  property->dict.set("__new__", in.native("property", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "property", args.from(1), kwargs, {"fget", "fset", "fdel", "doc"}, 0);
    auto object = std::make_shared<Property>();
    object->getter = a.get(0);
    object->setter = a.get(1);
    object->deleter = a.get(2);
    return object;
  }));
  for (const char* kind : {"getter", "setter", "deleter"}) {
    in.method(property, kind, [kind = std::string(kind)](const CallArgs& args, const Kwargs&) -> Value {
      auto copy = std::make_shared<Property>(*args.at(0).try_as<Property>());
      (kind == "getter" ? copy->getter : kind == "setter" ? copy->setter : copy->deleter) = args.at(1);
      return copy;
    });
  }
  in.property(property, "fget", [](const Value& self) { return self.try_as<Property>()->getter; });
  in.property(property, "fset", [](const Value& self) { return self.try_as<Property>()->setter; });
}

void install_super(Interpreter& in) {
  in.types.super = object_type<SuperObject>(in, "super");
  in.builtins->globals.set("super", in.types.super);
  in.types.super->dict.set("__new__", in.native("super", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const auto cls = args.size() == 3 ? args[1].try_as<PyClass>() : nullptr;
    if (!cls) in.raise("TypeError", "super() takes a class and an object");
    auto super = std::make_shared<SuperObject>();
    super->after = cls;
    super->self = args[2];
    const auto as_class = args[2].try_as<PyClass>();
    super->self_class = as_class && as_class->is_subclass_of(*cls) ? as_class : in.type_of(args[2]);
    if (!super->self_class->is_subclass_of(*cls))
      in.raise("TypeError", "super(type, obj): obj must be an instance or subtype of type");
    return super;
  }));
}

void install_generator(Interpreter& in) {
  const PyClassPtr cls = in.types.generator = object_type<Generator>(in, "generator");
  const auto finish = [&in](const Value& self) {
    const auto generator = self.try_as<Generator>();
    in.raise_value(in.call(in.exception_class("StopIteration"),
                           generator->result().is_none() ? Args{} : Args{generator->result()}));
  };
  // A generator expression is an iterator that takes nothing.
  in.method(cls, "send", [&in, finish](const CallArgs& args, const Kwargs&) {
    Value out;
    if (!args.at(0).try_as<Generator>()) return in.call_method(args[0], "__next__");
    if (!args.at(0).try_as<Generator>()->send(args.at(1), out)) finish(args[0]);
    return out;
  });
  in.method(cls, "throw", [&in, finish](const CallArgs& args, const Kwargs&) {
    Value out;
    const Value exception = args.at(1).try_as<PyClass>() ? in.call(args[1], args.from(2)) : args[1];
    if (!args.at(0).try_as<Generator>()) in.raise_value(exception);
    if (!args.at(0).try_as<Generator>()->raise_inside(exception, out)) finish(args[0]);
    return out;
  });
  in.method(cls, "close", [](const CallArgs& args, const Kwargs&) {
    if (const auto generator = args.at(0).try_as<Generator>()) generator->close();
    return Value();
  });
  in.types.iterator = in.native_class("iterator", {in.types.object}, "");
  for (const PyClassPtr& type : {cls, in.types.iterator}) {
    in.method(type, "__iter__", [](const CallArgs& args, const Kwargs&) { return args.at(0); });
    in.method(type, "__next__", [&in](const CallArgs& args, const Kwargs&) {
      Value out;
      if (!args.at(0).try_as<Iterator>()->next(out)) {
        const auto generator = args[0].try_as<Generator>();
        in.raise_value(in.call(in.exception_class("StopIteration"),
                               generator && !generator->result().is_none() ? Args{generator->result()} : Args{}));
      }
      return out;
    });
  }
}

}  // namespace

void install_object_types(Interpreter& in) {
  BuiltinTypes& t = in.types;
  t.object = std::make_shared<PyClass>();
  t.object->name = t.object->qualified_name = "object";
  t.object->interpreter = &in;
  t.object->mro.push_back(t.object);
  in.keep_alive.push_back(t.object);
  in.classes.push_back(t.object);
  t.type = in.native_class("type", {t.object}, "", Layout::type);
  install_object(in);
  install_type(in);
  t.none = in.native_class("NoneType", {t.object}, "");
  t.ellipsis = in.native_class("ellipsis", {t.object}, "");
  in.object_types[std::type_index(typeid(Singleton))] = t.ellipsis;
  t.not_implemented = in.native_class("NotImplementedType", {t.object}, "");
  t.function = object_type<PyFunction>(in, "function");
  t.builtin = object_type<NativeFunction>(in, "builtin_function_or_method");
  t.operator_ref = t.builtin;
  in.object_types[std::type_index(typeid(OperatorRef))] = t.builtin;
  t.method = object_type<BoundMethod>(in, "method");
  t.module = object_type<PyModule>(in, "module");
  t.complex = object_type<ComplexObject>(in, "complex");
  t.slice = object_type<SliceObject>(in, "slice");
  t.range = object_type<RangeObject>(in, "range");
  t.opaque = object_type<Opaque>(in, "opaque");
  t.type_form = object_type<TypeForm>(in, "typing._GenericAlias");
  t.partial = object_type<Partial>(in, "functools.partial");
  t.bytes = object_type<BytesObject>(in, "bytes");
  in.property(t.complex, "real", [](const Value& v) -> Value { return v.try_as<ComplexObject>()->real; });
  in.property(t.complex, "imag", [](const Value& v) -> Value { return v.try_as<ComplexObject>()->imag; });
  for (const char* bound : {"start", "stop", "step"}) {
    const std::string which = bound;
    in.property(t.slice, bound, [which](const Value& v) {
      const auto slice = v.try_as<SliceObject>();
      return which == "start" ? slice->lower : which == "stop" ? slice->upper : slice->step;
    });
    in.property(t.range, bound, [which](const Value& v) -> Value {
      const auto range = v.try_as<RangeObject>();
      return which == "start" ? range->start : which == "stop" ? range->stop : range->step;
    });
  }
  in.method(t.slice, "indices", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const SliceRange range = slice_range(in, *args.at(0).try_as<SliceObject>(), in.index(args.at(1)));
    return Value::tuple({range.start, range.stop, range.step});
  });
  install_descriptors(in);
  install_super(in);
  install_generator(in);
  in.builtins->globals.set("object", t.object);
  in.builtins->globals.set("type", t.type);
  in.builtins->globals.set("Ellipsis", in.ellipsis);
  in.builtins->globals.set("NotImplemented", in.not_implemented);
}

}  // namespace scriptc::python
