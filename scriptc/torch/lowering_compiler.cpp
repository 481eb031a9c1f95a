#include "scriptc/torch/lowering_compiler.h"

#include <torch/csrc/jit/frontend/resolver.h>

#include "scriptc/model/text.h"
#include "scriptc/torch/class_types.h"
#include "scriptc/torch/entry_points.h"
#include "scriptc/torch/sugared_callables.h"
#include "scriptc/torch/sugared_values.h"
#include "scriptc/torch/to_tree.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

using Mark = py::PyFunction::ScriptMark;

/// Compilations until the types of variables settle; each finds the start of one.
constexpr int kMostRounds = 1000;

/// Knows the made-up names of our trees.
class NameResolver final : public jit::Resolver {
 public:
  explicit NameResolver(Compiler& compiler) : compiler_(compiler) {}

  Sugared resolveValue(const std::string& name, jit::GraphFunction& m, const jit::SourceRange& loc) override {
    const Named* named = compiler_.find(name);
    if (!named) return nullptr;
    if (const auto* error = std::get_if<Error>(named)) throw *error;
    if (const auto* sugared = std::get_if<Sugared>(named)) return *sugared;
    const auto* value = std::get_if<Value>(named);
    return value ? to_sugared(compiler_, *value, loc, m) : nullptr;
  }

  c10::TypePtr resolveType(const std::string& name, const jit::SourceRange&) override {
    const Named* named = compiler_.find(name);
    if (!named) return nullptr;
    if (const auto* error = std::get_if<Error>(named)) throw *error;
    const auto* type = std::get_if<c10::TypePtr>(named);
    return type ? *type : nullptr;
  }

 private:
  Compiler& compiler_;
};

class ModuleSelf final : public jit::Self {
 public:
  ModuleSelf(Compiler& compiler, ModuleInfo& info) : compiler_(compiler), info_(info) {}
  Sugared makeSugared(jit::Value* value) const override {
    value->setType(info_.type);
    return make_module(compiler_, value, info_);
  }
  c10::ClassTypePtr getClassType() const override { return info_.type; }

 private:
  Compiler& compiler_;
  ModuleInfo& info_;
};

std::string identifier(std::string text) {
  for (char& c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') c = '_';
  }
  return text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) ? "_" + text : text;
}

/// `function` with the signature of `declared`, one of its overloads.
PyFunctionPtr overload(const PyFunctionPtr& function, const py::PyFunction& declared) {
  auto result = std::make_shared<py::PyFunction>(*function);
  auto def = std::make_shared<py::FunctionDef>(*function->def);
  def->args = declared.def->args;
  def->returns = declared.def->returns;
  result->def = def;
  result->defaults = declared.defaults;
  result->kw_defaults = declared.kw_defaults;
  result->has_kw_default = declared.has_kw_default;
  result->overloads.clear();
  return result;
}

/// A method marked @torch.jit.unused raises when it is called.
PyFunctionPtr unused_stub(const PyFunctionPtr& function) {
  auto result = std::make_shared<py::PyFunction>(*function);
  auto def = std::make_shared<py::FunctionDef>(*function->def);
  auto text = std::make_shared<py::Constant>();
  text->span = def->span;
  text->value = "'" + function->name + "' is marked @torch.jit.unused";
  auto callee = std::make_shared<py::Name>();
  callee->span = def->span;
  callee->id = "RuntimeError";
  auto exception = std::make_shared<py::Call>();
  exception->span = def->span;
  exception->func = callee;
  exception->args = {text};
  auto raise = std::make_shared<py::Raise>();
  raise->span = def->span;
  raise->exc = exception;
  def->body = {raise};
  result->def = def;
  return result;
}

/// A function that an instance holds instead of a method gets no instance: as a method it ignores it.
PyFunctionPtr as_method(const PyFunctionPtr& function) {
  auto args = std::make_shared<py::Arguments>(function->args());
  py::Parameter instance;
  instance.arg = "_instance";
  std::vector<py::Parameter>& first = args->posonlyargs.empty() ? args->args : args->posonlyargs;
  first.insert(first.begin(), instance);
  return with_arguments(*function, args);
}

/// What `module.name(…)` runs: an attribute of the instance (`model.forward = types.MethodType(f, model)`) comes before
/// the class's method. Null if there is neither.
PyFunctionPtr entry_point(const Module& module, const py::PyClass& cls, const std::string& name) {
  const Value* own = module.attributes.find(name);
  if (!own) {
    const Value* found = cls.lookup(name);
    return found ? found->try_as<py::PyFunction>() : nullptr;
  }
  if (const auto function = own->try_as<py::PyFunction>()) return as_method(function);
  const auto bound = own->try_as<py::BoundMethod>();
  const auto function = bound ? bound->function.try_as<py::PyFunction>() : nullptr;
  if (function && bound->self.try_as<Module>().get() == &module) return function;
  if (name != "forward") return nullptr;  // a datum that is to be preserved
  throw Error(ErrorKind::model, "attribute 'forward' of the model is a " + quote(own->type_name()) +
                                    (bound ? " of another object" : "") + ", which cannot be compiled as its method" +
                                    "\n  help: make it a function, or types.MethodType(function, model)");
}

/// Module and name under which a function is saved. A name below a class would be read back as a method of it, so a
/// static method `Net.half` becomes `Net_half`.
std::pair<std::string, std::string> free_function_name(const py::PyFunction& function) {
  const std::string home = function.module ? function.module->name : "";
  std::string rest = function.qualified_name.empty() ? function.name : function.qualified_name;
  if (rest.starts_with(home + ".")) rest = rest.substr(home.size() + 1);
  return {home.empty() ? "__torch__" : type_name_of(home), identifier(rest)};
}

/// What PyTorch calls around forward, and compiled code would not. A hook that returns nothing leaves the result alone.
void refuse_hooks(const std::string& name, const Module& module) {
  const std::string who =
      (name.empty() ? "the model" : "module " + quote(name)) + ", a " + quote(module.type_name()) + ",";
  for (const char* kind : {"_forward_hooks", "_forward_pre_hooks"}) {
    const Value* hooks = module.attributes.find(kind);
    if (!hooks || !hooks->is_dict()) continue;
    for (const auto& [key, hook] : hooks->as_dict().entries) {
      const auto method = hook.try_as<py::BoundMethod>();
      const auto function = (method ? method->function : hook).try_as<py::PyFunction>();
      if (!function || py::returns_value(*function))
        throw Error(ErrorKind::model,
                    who + " has a hook that changes what " +
                        (std::string(kind) == "_forward_hooks" ? "its forward returns" : "its forward is given") +
                        ", which no compiled model runs\n  help: do it in forward");
    }
  }
  const auto cls = std::dynamic_pointer_cast<py::PyClass>(module.class_);
  const Value* call = cls ? cls->lookup("__call__") : nullptr;
  if (call && call->try_as<py::PyFunction>())
    throw Error(ErrorKind::model,
                who + " overrides '__call__', which no compiled model runs\n  help: move it into forward");
}

/// The number of repetitions that a default of `BroadcastingListN[int]` stands for.
std::optional<Value> spread(const Signature::Parameter& parameter) {
  const Value& value = *parameter.default_value;
  if (!parameter.broadcast || value.is_list() || value.is_tuple() || value.is_none()) return value;
  return Value::list(std::vector<Value>(static_cast<std::size_t>(*parameter.broadcast), value));
}

}  // namespace

std::string text_of(const CallTypes& types) {
  std::string text;
  for (const auto& [name, given] : types) text += name + (given.by_keyword ? "=" : ":") + given.type->repr_str() + ";";
  return text;
}

Compiler::Compiler(ModulePtr root, py::Evaluator& evaluator, const LoweringOptions& options, const Starts& starts)
    : root_(std::move(root)),
      evaluator_(evaluator),
      options_(options),
      starts_(starts),
      unit_(std::make_shared<jit::CompilationUnit>()) {
  mutable_attributes_ = py::find_assigned(evaluator_, root_, options_.preserve);
  // In a frozen file `training` is a constant like any other.
  for_each_module(root_, [&](const std::string& name, const ModulePtr& module) {
    refuse_hooks(name, *module);
    if (!options_.train) module->training = false;
    if (options_.train || !options_.freeze) mutable_attributes_.attributes.insert({module.get(), "training"});
  });
  for (const std::string& name : options_.preserve) mutable_attributes_.attributes.insert({root_.get(), name});
  specialiser_ = std::make_unique<py::Specialiser>(evaluator_, root_, mutable_attributes_);
}

Compiler::~Compiler() = default;

std::string Compiler::name(Named thing) {
  const std::string identifier = "$" + std::to_string(named_.size());
  named_.emplace(identifier, std::move(thing));
  return identifier;
}

const Named* Compiler::find(const std::string& identifier) const {
  const auto found = named_.find(identifier);
  return found == named_.end() ? nullptr : &found->second;
}

bool Compiler::is_mutable(const Module& module, const std::string& attribute) const {
  return mutable_attributes_.contains(module, attribute);
}

Error Compiler::error(const jit::SourceRange& range, const std::string& sentence, const std::string& help) const {
  if (!frames_.empty()) return lowering_error(frames_, range, sentence, help);
  return {ErrorKind::model, sentence + (help.empty() ? "" : "\n  help: " + help)};
}

Error Compiler::error(const py::Span& span, const std::string& sentence, const std::string& help) const {
  return error(frames_.empty() ? jit::SourceRange() : frames_.back().source->range(span), sentence, help);
}

/// The one place where methods are specialised to their instance.
PyFunctionPtr Compiler::specialised(const PyFunctionPtr& function, const ModulePtr& self) {
  if (function->mark == Mark::unused) return unused_stub(function);
  if (!self) return specialiser_->specialise_function(function);
  const auto fixed = fixed_.find(function.get());
  return specialiser_->specialise_method(function, self,
                                         fixed == fixed_.end() ? std::map<std::string, Value>() : fixed->second);
}

namespace {

/// LibTorch's words for a result that is not what its annotation says. Python does not look at that: the next
/// compilation takes what is returned.
bool contradicts_result(std::string_view text) {
  return text.find("Return value was annotated as having type") != std::string_view::npos ||
         text.find("was not annotated as having type None, but does not return along all paths") !=
             std::string_view::npos;
}

}  // namespace

jit::Function* Compiler::define(const Definition& definition, const jit::SourceRange& called_at) {
  const py::PyFunction& function = *definition.function;
  const std::string qualified = function.qualified_name.empty() ? function.name : function.qualified_name;
  const auto home = function.owner.lock();
  frames_.push_back(
      {home ? home->name + "." + function.name : function.name, std::make_shared<FunctionSource>(function), called_at});
  owners_.push_back({definition.owner, definition.instance});
  jit::Function* result = nullptr;
  bool says_result = false;
  const std::string variant = text_of(definition.types);
  const Start as_returned = start_in(function, "return", variant);
  try {
    if (function.def && function.def->is_async)
      throw error(function.def->span, "'async def' is not supported in a compiled method", "make it a plain 'def'");
    Signature signature = signature_of(*this, function, definition.types);
    if (definition.self && !signature.parameters.empty()) signature.parameters[0].type = nullptr;
    if (starts_.contains(as_returned)) signature.result = nullptr;
    says_result = signature.result != nullptr;
    TreeBuilder builder(*this, function, frames_.back().source, variant);
    const jit::Def def = builder.definition(signature, definition.name);
    result = unit_
                 ->define(c10::QualifiedName(definition.prefix), {}, {}, {def}, {std::make_shared<NameResolver>(*this)},
                          definition.self, definition.mangle)
                 .at(0);
    apply_signature(*result, signature);
  } catch (const jit::ErrorReport& report) {
    if (says_result && contradicts_result(report.what())) throw OtherStart{as_returned, c10::NoneType::get()};
    rethrow_as_model_error(frames_);
  } catch (...) {
    rethrow_as_model_error(frames_);
  }
  frames_.pop_back();
  owners_.pop_back();
  return result;
}

// Defaults are values here, not expressions that LibTorch would have to compile.
void Compiler::apply_signature(jit::Function& function, const Signature& signature) {
  const c10::FunctionSchema& schema = function.getSchema();
  std::vector<c10::Argument> args = schema.arguments();
  for (std::size_t i = 0; i < args.size() && i < signature.parameters.size(); ++i) {
    const Signature::Parameter& parameter = signature.parameters[i];
    c10::optional<c10::IValue> value;
    if (parameter.default_value) {
      const auto converted = to_ivalue(*this, *spread(parameter), args[i].type());
      if (!converted) {
        throw error(parameter.span,
                    "the default of parameter " + quote(parameter.name) + " is " + repr(*parameter.default_value) +
                        ", and its type is " + args[i].type()->annotation_str(),
                    "annotate the parameter");
      }
      value = *converted;
    }
    c10::optional<int32_t> broadcast;
    if (parameter.broadcast) broadcast = *parameter.broadcast;
    args[i] = c10::Argument(args[i].name(), args[i].type(), broadcast, value, args[i].kwarg_only());
  }
  function.setSchema(schema.cloneWithArguments(std::move(args)));
}

std::string Compiler::free_method_name(const ModuleInfo& owner, const std::string& wanted) const {
  std::string name = identifier(wanted);
  while (owner.type->findMethod(name) || owner.type->hasAttribute(name)) name += "_";
  return name;
}

void Compiler::alias(ModuleInfo& owner, const PyFunctionPtr& function, const std::string& name,
                     const jit::SourceRange& called_at, const CallTypes& types, const ModulePtr& instance) {
  const ModuleSelf self(*this, owner);
  const ModulePtr& one = instance ? instance : owner.module;
  define({specialised(function, one), owner.type->name()->qualifiedName(), name, &self, &owner, false, types, one},
         called_at);
}

const std::vector<std::string>& Compiler::method(ModuleInfo& owner, const PyFunctionPtr& function,
                                                 const std::string& name, const jit::SourceRange& called_at,
                                                 const CallTypes& types, const ModulePtr& instance) {
  const CompiledFor key{function.get(), text_of(types)};
  if (const auto known = owner.methods.find(key); known != owner.methods.end()) return known->second;
  if (function->mark == Mark::ignored) {
    throw error(called_at,
                "method " + quote(name) + " is marked @torch.jit.ignore: it cannot be called in a saved model",
                "mark it @torch.jit.export, or call it only if not torch.jit.is_scripting()");
  }
  alive_.push_back(function);
  std::vector<std::string>& names = owner.methods[key];
  const auto add = [&](const PyFunctionPtr& one, const std::string& wanted) {
    const std::string free = free_method_name(owner, wanted);
    names.push_back(free);  // before it is compiled: a method that calls itself is found out
    alias(owner, one, free, called_at, types, instance);
  };
  if (function->overloads.empty()) add(function, name);
  for (std::size_t i = 0; i < function->overloads.size(); ++i) {
    add(overload(function, *function->overloads[i]), name + "__" + std::to_string(i));
  }
  return names;
}

const std::vector<jit::StrongFunctionPtr>& Compiler::function(const PyFunctionPtr& function,
                                                              const jit::SourceRange& called_at,
                                                              const CallTypes& types) {
  const CompiledFor key{function.get(), text_of(types)};
  const auto [known, fresh] = functions_.try_emplace(key);
  std::vector<jit::StrongFunctionPtr>& result = known->second;
  const std::string shown = function->def ? function->name : "<lambda>";
  if (!fresh) {
    if (!result.empty()) return result;
    throw error(called_at, "function " + quote(shown) + " calls itself, and TorchScript knows no recursion",
                "write it as a loop");
  }
  if (function->mark == Mark::ignored) {
    throw error(called_at,
                "function " + quote(shown) + " is marked @torch.jit.ignore: it cannot be called in a saved model",
                "call it only if not torch.jit.is_scripting()");
  }
  alive_.push_back(function);
  const auto [prefix, wanted] = free_function_name(*function);
  std::vector<jit::StrongFunctionPtr> compiled;
  const auto add = [&](const PyFunctionPtr& one) {
    jit::Function* defined =
        define({specialised(one, nullptr), prefix, wanted, nullptr, nullptr, true, types, nullptr}, called_at);
    compiled.emplace_back(unit_, defined);
  };
  if (function->overloads.empty()) add(function);
  for (const PyFunctionPtr& declared : function->overloads) add(overload(function, *declared));
  return functions_[key] = std::move(compiled);
}

void Compiler::compile_entry_points(ModuleInfo& root) {
  const auto cls = std::dynamic_pointer_cast<py::PyClass>(root.module->class_);
  std::vector<std::string> names = {"forward"};
  for (const auto& weak : cls->mro) {
    const auto base = weak.lock();
    if (!base) continue;
    for (const auto& [name, value] : base->dict) {
      const auto function = value.try_as<py::PyFunction>();
      if (function && function->mark == Mark::exported) names.push_back(name);
    }
  }
  names.insert(names.end(), options_.preserve.begin(), options_.preserve.end());
  for (const std::string& name : names) {
    const auto function = entry_point(*root.module, *cls, name);
    if (!function) continue;
    if (name != "forward") {
      method(root, function, name, {});
      continue;
    }
    EntryPoint entry = forward_for(*this, function, options_.inputs, options_.narrow);
    inputs_ = std::move(entry.inputs);
    fixed_[entry.function.get()] = std::move(entry.fixed);
    method(root, entry.function, name, {}, entry.types);
  }
  if (root.methods.empty()) {
    std::vector<std::string> defined;
    for (const auto& weak : cls->mro)
      if (const auto base = weak.lock(); base && base->def)
        for (const auto& [name, value] : base->dict)
          if (value.try_as<py::PyFunction>()) defined.push_back(name);
    throw Error(ErrorKind::model, "class " + quote(cls->name) + " has no method 'forward', and none is exported" +
                                      did_you_mean("forward", defined));
  }
}

Lowered Compiler::compile() {
  ModuleInfo& root = info(root_);
  inputs_ = options_.inputs;
  compile_entry_points(root);
  Lowered lowered{build_instance(*this, root_), inputs_, {}};
  for (const auto& [function, constants] : fixed_)
    for (const auto& [name, value] : constants) lowered.fixed.push_back({name, repr(value)});
  return lowered;
}

Lowered lower(const ModulePtr& root, py::Evaluator& evaluator, const LoweringOptions& options) {
  Starts starts;
  for (int round = 0; round < kMostRounds; ++round) {
    try {
      return Compiler(root, evaluator, options, starts).compile();
    } catch (const OtherStart& found) {
      starts[found.start] = found.type;
    }
  }
  throw Error(ErrorKind::model, "the types of the model's variables do not settle in " + std::to_string(kMostRounds) +
                                    " compilations\n  help: annotate variables that start as numbers, or empty");
}

}  // namespace scriptc::torch_backend
