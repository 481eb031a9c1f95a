#pragma once

#include "scriptc/values.h"

// Modules of the plugin SDK: what a builder makes, sets and returns.

// Up to twenty arguments without templates, so that a use compiles to one call. Undefined at the end of this file.
#define SCRIPTC_PARAMETERS                                                                                        \
  const Arg &a0 = detail::kAbsent, const Arg &a1 = detail::kAbsent, const Arg &a2 = detail::kAbsent,              \
            const Arg &a3 = detail::kAbsent, const Arg &a4 = detail::kAbsent, const Arg &a5 = detail::kAbsent,    \
            const Arg &a6 = detail::kAbsent, const Arg &a7 = detail::kAbsent, const Arg &a8 = detail::kAbsent,    \
            const Arg &a9 = detail::kAbsent, const Arg &a10 = detail::kAbsent, const Arg &a11 = detail::kAbsent,  \
            const Arg &a12 = detail::kAbsent, const Arg &a13 = detail::kAbsent, const Arg &a14 = detail::kAbsent, \
            const Arg &a15 = detail::kAbsent, const Arg &a16 = detail::kAbsent, const Arg &a17 = detail::kAbsent, \
            const Arg &a18 = detail::kAbsent, const Arg &a19 = detail::kAbsent, Place place = Place()
#define SCRIPTC_ARGUMENTS \
  { a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19 }

#pragma GCC visibility push(hidden)
namespace scriptc {
namespace nn {

class Attribute;

/// A Python value: a module, parameter, tensor, function….
class Value {
 public:
  explicit Value(scriptc_handle handle) : handle_(handle) {}
  operator Arg() const { return Arg::from_handle(handle_); }
  scriptc_handle handle() const { return handle_; }

  /// Sets or gets an attribute: `self["conv"] = nn::Conv2d(…)`, `decoder["weight"] = embedding["weight"]`.
  Attribute operator[](const PlacedName& name) const;
  /// Calls a method: `layer.call("requires_grad_", false)`.
  SCRIPTC_COLD Value call(const char* method, SCRIPTC_PARAMETERS) const {
    return call_with(method, SCRIPTC_ARGUMENTS, place);
  }
  SCRIPTC_COLD Value call_with(const char* method, std::initializer_list<Arg> args, Place place) const {
    const detail::Arguments packed(args);
    return Value(detail::make(&scriptc_host::call_method, scriptc_place(place), handle_, method, packed.items(),
                              packed.count()));
  }

 private:
  scriptc_handle handle_;
};

/// An attribute to assign to, or to read by using it as a value.
class Attribute {
 public:
  Attribute(const Value& owner, const PlacedName& name) : owner_(owner), name_(name) {}
  SCRIPTC_COLD void operator=(const Arg& value) const {
    const detail::Session& s = detail::session();
    detail::check(s.host->set_attribute(s.id, name_.place, owner_.handle(), name_.text, value.handle()));
  }
  SCRIPTC_COLD void operator=(const Attribute& other) const { *this = Arg(other); }
  SCRIPTC_COLD operator Value() const {
    return Value(detail::make(&scriptc_host::get_attribute, scriptc_place(name_.place), owner_.handle(), name_.text));
  }
  operator Arg() const { return Value(*this); }
  Attribute operator[](const PlacedName& name) const { return Value(*this)[name]; }

 private:
  Value owner_;
  PlacedName name_;
};

inline Attribute Value::operator[](const PlacedName& name) const { return Attribute(*this, name); }

/// Calls a function or class of the embedded torch: `nn::call("torch.randn", 3, 4)`.
SCRIPTC_COLD inline Value call_with(const char* name, std::initializer_list<Arg> args, Place place) {
  const detail::Arguments packed(args);
  return Value(detail::make(&scriptc_host::call, scriptc_place(place), name, packed.items(), packed.count()));
}
SCRIPTC_COLD inline Value call(const char* name, SCRIPTC_PARAMETERS) {
  return call_with(name, SCRIPTC_ARGUMENTS, place);
}

/// A value of the embedded torch by its dotted name: `nn::get("torch.float64")`.
SCRIPTC_COLD inline Value get(const PlacedName& name) {
  return Value(detail::make(&scriptc_host::get_attribute, scriptc_place(name.place), scriptc_handle{0}, name.text));
}

/// A module: the root that a builder makes, or a layer.
class Module : public Value {
 public:
  explicit Module(const Value& value) : Value(value) {}
  /// A new module whose class has this name; its methods come from `def`.
  SCRIPTC_COLD explicit Module(const PlacedName& class_name)
      : Value(detail::make(&scriptc_host::make_module, scriptc_place(class_name.place), class_name.text)) {}

  /// Defines methods, in the Python that torch.jit.script reads. In scope: torch, nn, F, math, Tensor, the names of
  /// typing, and the plugin's functions. Defining a name twice is an error.
  SCRIPTC_COLD void def(const char* source, Place place = Place()) const {
    const detail::Session& s = detail::session();
    detail::check(s.host->define(s.id, place, handle(), source));
  }
  /// An example input of forward, in place of those that the model declares: `float32[N=2,3,H=224,W=224]`.
  SCRIPTC_COLD void input(const std::string& spec, Place place = Place()) const {
    const detail::Session& s = detail::session();
    detail::check(s.host->add_input(s.id, place, spec.c_str()));
  }

  /// Registers a parameter: of zeros with this shape, or one that starts as `tensor`.
  Value parameter(const std::string& name, std::initializer_list<Arg> shape, Place place = Place()) const {
    return parameter(name, zeros(shape, place), place);
  }
  SCRIPTC_COLD Value parameter(const std::string& name, const Value& tensor, Place place = Place()) const {
    const Value made = nn::call_with("torch.nn.Parameter", {tensor}, place);
    (*this)[PlacedName(name, place)] = made;
    return made;
  }
  /// Registers a buffer: of zeros with this shape, or `tensor`. Only persistent ones are in the state dict.
  SCRIPTC_COLD void buffer(const std::string& name, std::initializer_list<Arg> shape, bool persistent = true,
                           Place place = Place()) const {
    buffer(name, zeros(shape, place), persistent, place);
  }
  SCRIPTC_COLD void buffer(const std::string& name, const Value& tensor, bool persistent = true,
                           Place place = Place()) const {
    call_with("register_buffer", {name, tensor, Arg(persistent).named("persistent")}, place);
  }
  /// Appends to a Sequential, ModuleList or ParameterList.
  SCRIPTC_COLD void append(const Value& item, Place place = Place()) const { call_with("append", {item}, place); }

 private:
  static Value zeros(const Arg& shape, Place place) { return nn::call_with("torch.zeros", {shape}, place); }
};

/// Makes any layer by its dotted name, also those that nn_names.h does not list.
SCRIPTC_COLD inline Module make(const char* name, SCRIPTC_PARAMETERS) {
  return Module(call_with(name, SCRIPTC_ARGUMENTS, place));
}

/// A class of torch.nn, called as in Python: `nn::Conv2d(1, 6, 5, "padding"_a = 2)`.
class Layer {
 public:
  explicit constexpr Layer(const char* name) : name_(name) {}
  SCRIPTC_COLD Module operator()(SCRIPTC_PARAMETERS) const {
    return Module(call_with(name_, SCRIPTC_ARGUMENTS, place));
  }

 private:
  const char* name_;
};

#define SCRIPTC_LAYER(name) inline constexpr Layer name{"torch.nn." #name};
#include "scriptc/nn_names.h"
#undef SCRIPTC_LAYER

}  // namespace nn
}  // namespace scriptc
#pragma GCC visibility pop

#undef SCRIPTC_PARAMETERS
#undef SCRIPTC_ARGUMENTS
