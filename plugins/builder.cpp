#include "plugins/builder.h"

#include <algorithm>

#include "plugins/embedded_source.h"
#include "scriptc/model/text.h"
#include "scriptc/python/objects.h"

namespace scriptc::plugins {
namespace {

using python::PyClass;
using python::PyModule;

Error model_error(const std::string& text) { return Error(ErrorKind::model, text); }

/// `error` with the place of the C++ call in front, unless it already names a line of that file.
Error at_place(const scriptc_place& place, const Error& error) {
  if (error.kind() == ErrorKind::io) return error;  // a missing back end is no fault of that line
  const bool is_ours = error.kind() == ErrorKind::internal || error.kind() == ErrorKind::cap;
  const bool is_located = error.message().rfind(escape(base_name(place.file)) + ":", 0) == 0;
  return Error(is_ours ? error.kind() : ErrorKind::model,
               is_located ? error.message() : to_string(place) + ": " + error.message());
}

template <class Body>
auto located(const scriptc_place& place, Body body) {
  try {
    return body();
  } catch (const python::NeedsValues&) {
    throw;  // not an error of the model: the caller builds it again with values
  } catch (const Error& error) {
    throw at_place(place, error);
  }
}

bool is_identifier(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

std::pair<Args, Kwargs> split(const std::vector<Argument>& arguments) {
  Args args;
  Kwargs kwargs;
  for (const Argument& argument : arguments) {
    if (!argument.value) throw model_error("argument " + quote(argument.name) + " has no value");
    if (argument.name.empty()) {
      if (!kwargs.empty()) throw model_error("positional argument follows argument " + quote(kwargs.back().first));
      args.push_back(*argument.value);
      continue;
    }
    for (const auto& [name, value] : kwargs)
      if (name == argument.name) throw model_error("argument " + quote(name) + " is given twice");
    kwargs.emplace_back(argument.name, *argument.value);
  }
  return {std::move(args), std::move(kwargs)};
}

/// Errors (model): a name that stands in `earlier` or twice in the text.
void add_names(const python::SourcePtr& source, const char* what, std::vector<std::pair<std::string, int>>& earlier) {
  for (const auto& [name, span] : defined_names(source)) {
    for (const auto& [other, line] : earlier)
      if (other == name)
        throw error_at(ErrorKind::model, *source, span,
                       std::string(what) + " " + quote(name) + " is already defined at line " + std::to_string(line));
    earlier.emplace_back(name, source->shown_line(span.line));
  }
}

}  // namespace

Builder::Builder(python::Evaluator& evaluator, std::string module_name)
    : evaluator_(evaluator), module_name_(std::move(module_name)) {}

std::shared_ptr<PyModule> Builder::execute(const python::SourcePtr& source, const OrderedMap<Value>& more) {
  // A module of its own for every text: positions in messages refer to the source of a function's module.
  const std::shared_ptr<PyModule> module = evaluator_.make_module(module_name_, source);
  for (const auto& [name, value] : functions_) module->globals.set(name, value);
  for (const auto& [name, value] : more) module->globals.set(name, value);
  evaluator_.execute(module, source);
  return module;
}

void Builder::add_functions(const FunctionsText& functions) {
  const scriptc_place place{functions.file.c_str(), functions.line};
  located(place, [&] {
    const python::SourcePtr source = below_header(functions.file, functions.line, "if True:", functions.text);
    add_names(source, "function", function_names_);
    const std::shared_ptr<PyModule> module = execute(source, {});
    for (const auto& [name, span] : defined_names(source))
      if (const Value* value = module->globals.find(name)) functions_.set(name, *value);
    // Functions of one text may call those of a later one.
    function_modules_.push_back(module);
    for (const auto& other : function_modules_)
      for (const auto& [name, value] : functions_) other->globals.set(name, value);
  });
}

Value Builder::make_module(const scriptc_place& place, const std::string& class_name) {
  return located(place, [&]() -> Value {
    if (!is_identifier(class_name)) throw model_error("class name " + quote(class_name) + " is no identifier");
    ModuleClass& root = roots_[class_name];
    if (root.cls.is_none()) {
      const auto source =
          below_header(base_name(place.file), place.line, "class " + class_name + "(nn.Module):", " pass");
      adopt(root, class_name, *execute(source, {}));
    }
    return evaluator_.call(root.cls, {});
  });
}

void Builder::adopt(ModuleClass& module_class, const std::string& name, const PyModule& module) {
  module_class.cls = *module.globals.find(name);
  classes_[module_class.cls.as_object().get()] = &module_class;
}

void Builder::define(const scriptc_place& place, const Value& module, const std::string& text) {
  located(place, [&] {
    const auto instance = module.try_as<Module>();
    const auto known = instance ? classes_.find(instance->class_.get()) : classes_.end();
    if (known == classes_.end())
      throw model_error("def is for modules made by nn::Module(\"Name\"), not for a " + module.type_name());
    ModuleClass& from = *known->second;
    std::unique_ptr<ModuleClass>& to = from.derived[{place.line, text}];
    if (!to) to = derive(place, text, from, instance->class_->name);
    instance->class_ = std::static_pointer_cast<Class>(to->cls.as_object());
  });
}

std::unique_ptr<Builder::ModuleClass> Builder::derive(const scriptc_place& place, const std::string& text,
                                                      const ModuleClass& from, const std::string& name) {
  const std::string base = from.methods.empty() ? "nn.Module" : name;
  const auto source = below_header(base_name(place.file), place.line, "class " + name + "(" + base + "):", text);
  auto to = std::make_unique<ModuleClass>();
  to->methods = from.methods;
  add_names(source, "method", to->methods);
  OrderedMap<Value> globals;
  if (!from.methods.empty()) globals.set(name, from.cls);
  adopt(*to, name, *execute(source, globals));
  return to;
}

Value Builder::find(const scriptc_place& place, const std::string& dotted) {
  return located(place, [&] { return lookup(dotted); });
}

Value Builder::lookup(const std::string& dotted) {
  if (const auto known = found_.find(dotted); known != found_.end()) return known->second;
  const std::size_t dot = dotted.rfind('.');
  if (dot == std::string::npos) return evaluator_.import_module(dotted);
  const std::string name = dotted.substr(dot + 1);
  const Value owner = lookup(dotted.substr(0, dot));
  const std::optional<Value> value = evaluator_.try_get_attribute(owner, name);
  // A name that the embedded torch lacks is an opaque value there, for files that never need it. Here it is needed.
  if (!value || value->try_as<python::Opaque>()) {
    const auto module = owner.try_as<PyModule>();
    throw model_error(quote(dotted.substr(0, dot)) + " has no " + quote(name) +
                      (module ? did_you_mean(name, module->globals.names()) : ""));
  }
  return found_[dotted] = *value;
}

Value Builder::call(const scriptc_place& place, const std::string& name, const std::vector<Argument>& arguments) {
  return located(place, [&] {
    const auto [args, kwargs] = split(arguments);
    return evaluator_.call(lookup(name), args, kwargs);
  });
}

Value Builder::call_method(const scriptc_place& place, const Value& object, const std::string& name,
                           const std::vector<Argument>& arguments) {
  return located(place, [&] {
    const auto [args, kwargs] = split(arguments);
    return evaluator_.call(evaluator_.get_attribute(object, name), args, kwargs);
  });
}

Value Builder::get_attribute(const scriptc_place& place, const Value& object, const std::string& name) {
  return located(place, [&] { return evaluator_.get_attribute(object, name); });
}

void Builder::set_attribute(const scriptc_place& place, const Value& object, const std::string& name,
                            const Value& value) {
  located(place, [&] { evaluator_.set_attribute(object, name, value); });
}

void Builder::add_input(const scriptc_place& place, const std::string& spec) {
  located(place, [&] {
    parse_input_spec(spec);
    inputs_.push_back(spec);
  });
}

}  // namespace scriptc::plugins
