// Which attributes of a tree its methods assign.

#include <functional>

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {
namespace {

/// Parameters of `function`, but the first of a method, that it changes in place.
bool changes_arguments(const PyFunction& function) {
  const std::set<std::string> mutated = mutated_names(body_of(function));
  const Arguments& args = function.args();
  for (const auto* list : {&args.posonlyargs, &args.args, &args.kwonlyargs})
    for (const Parameter& parameter : *list)
      if (parameter.arg != "self" && mutated.contains(parameter.arg)) return true;
  return false;
}

void add_attributes(const ExprPtr& expr, std::set<std::string>& names) {
  for_each_expr(
      expr,
      [&](const ExprPtr& part) {
        if (const auto* attribute = as<Attribute>(part)) names.insert(attribute->attr);
      },
      true);
}

/// The attributes of `expr` that its value may hold: what a comprehension iterates is only read, but for its items.
void add_held(const ExprPtr& expr, const std::set<std::string>& nested, std::set<std::string>& names) {
  const auto comprehension = [&](const auto* node, const ExprPtr& key, const ExprPtr& value) {
    for (const Comprehension& generator : node->generators) {
      std::set<std::string> iterated;
      add_attributes(generator.iter, iterated);
      for (const std::string& one : iterated)
        if (nested.contains(one)) names.insert(one);
    }
    if (key) add_attributes(key, names);
    add_attributes(value, names);
  };
  if (const auto* list = as<ListComp>(expr)) return comprehension(list, nullptr, list->elt);
  if (const auto* dict = as<DictComp>(expr)) return comprehension(dict, dict->key, dict->value);
  for (const ExprPtr& source : alias_sources(expr)) add_attributes(source, names);
}

/// The attributes that an argument may hold: an item of a list of numbers is a number.
void add_passed(const ExprPtr& arg, const std::set<std::string>& nested, std::set<std::string>& names) {
  for (const ExprPtr& source : alias_sources(arg)) {
    std::set<std::string> held;
    add_attributes(source, held);
    for (const std::string& name : held)
      if (!as<Subscript>(arg) || nested.contains(name)) names.insert(name);
  }
}

/// What is known of all attributes and functions of a tree, by name.
struct Names {
  std::set<std::string> changers;    ///< functions that change what they are given
  std::set<std::string> containers;  ///< attributes that hold lists and dicts
  std::set<std::string> changeable;  ///< and sets and objects: what can be changed in place
  std::set<std::string> nested;      ///< those that hold more than numbers and strings
};

/// Attribute names that `function` stores to, of whatever object. `harmless`: calls of what changes no argument.
std::set<std::string> stored_attributes(const PyFunction& function, const Names& known,
                                        const std::function<bool(const ExprPtr&)>& harmless) {
  std::set<std::string> stored;
  const StmtList body = body_of(function);
  for_each_store(body, [&](const ExprPtr& target) {
    // `self.a.b = x` changes b of a child: recorded under every name on the way, which only costs a folding.
    for (ExprPtr at = target; at;) {
      if (const auto* attribute = as<Attribute>(at)) {
        stored.insert(attribute->attr);
        at = attribute->value;
      } else if (const auto* subscript = as<Subscript>(at)) {
        at = subscript->value;
      } else {
        if (!as<Name>(at)) add_attributes(at, stored);
        break;
      }
    }
  });
  std::set<std::string> mutated = mutated_names(body), passed;
  const auto calls = [&](const ExprPtr& part) {
    const auto* call = as<Call>(part);
    if (!call) return;
    const auto* name = as<Name>(call->func);
    const auto* attribute = as<Attribute>(call->func);
    // Which module's forward a call reaches is not known.
    const std::string called = name ? name->id : attribute ? attribute->attr : "";
    if (!known.changers.contains("forward") && !known.changers.contains(called)) return;
    if (harmless(call->func)) return;
    const auto argument = [&](const ExprPtr& arg) {
      std::set<std::string> given;
      add_passed(arg, known.nested, given);
      for (const std::string& one : given)
        if (known.containers.contains(one)) stored.insert(one);
      if (const auto* variable = as<Name>(arg)) passed.insert(variable->id);
    };
    for (const ExprPtr& arg : call->args) argument(arg);
    for (const Keyword& keyword : call->keywords) argument(keyword.value);
  };
  for_each_expr(body, calls, true);
  for (std::size_t before = 0; before != mutated.size();) {
    before = mutated.size();
    for_each_binding(body, [&](const std::string& target, const ExprPtr& value, bool is_item) {
      std::set<std::string> given;
      add_held(value, known.nested, given);
      // Numbers and strings are not changed in place.
      const auto of_scalars = [&](const std::string& one) {
        return known.containers.contains(one) && !known.nested.contains(one);
      };
      if (is_item) std::erase_if(given, of_scalars);
      for (const std::string& one : given) {
        if (mutated.contains(target) && known.changeable.contains(one)) stored.insert(one);
        if (passed.contains(target) && known.containers.contains(one)) stored.insert(one);
      }
      if (!mutated.contains(target)) return;
      for (const ExprPtr& source : alias_sources(value)) mutated.merge(names_in(source));
    });
  }
  return stored;
}

/// The functions that compiled methods may reach, by name over all classes of the tree: which object `layer.f()`
/// reaches is not known before typing. A function too many costs a folding, one too few a wrong result.
class Reached {
 public:
  explicit Reached(Evaluator& evaluator) : evaluator_(evaluator) {}

  /// The classes and functions that a value leads to: those of modules outside the tree are dissolved into it.
  void add_value(const std::string& name, const Value& value) {
    if (is_container(value)) known_.containers.insert(name);
    const bool object = value.try_as<Instance>() && !value.try_as<Module>();
    if (is_container(value) || object || value.try_as<SetObject>()) known_.changeable.insert(name);
    const auto add_item = [&](const Value& item) {
      if (!is_scalar(item)) known_.nested.insert(name);
      add_value(name, item);
    };
    if (value.is_list())
      for (const Value& item : value.as_list()) add_item(item);
    if (value.is_tuple())
      for (const Value& item : value.as_tuple()) add_item(item);
    if (value.is_dict())
      for (const auto& [key, item] : value.as_dict().entries) add_item(item);
    if (const auto instance = value.try_as<Instance>()) add_instance(instance);
    if (const auto method = value.try_as<BoundMethod>()) {
      add_value(name, method->function);
      add_value(name, method->self);
    }
    if (const auto partial = value.try_as<Partial>()) {
      add_value(name, partial->function);
      for (const Value& arg : partial->args) add_value(name, arg);
      for (const auto& [keyword, arg] : partial->kwargs) add_value(name, arg);
    }
    const auto function = value.try_as<PyFunction>();
    if (!function || !values_.insert(function.get()).second) return;
    methods_[name].push_back(function);
    for (std::shared_ptr<Scope> scope = function->closure; scope; scope = scope->parent)
      for (const auto& [captured, inner] : scope->names) add_value(captured, inner);
  }

  void follow(const std::string& name) {
    const auto found = methods_.find(name);
    if (found == methods_.end()) return;
    const std::vector<std::shared_ptr<PyFunction>> methods = found->second;
    for (const std::shared_ptr<PyFunction>& method : methods) follow(method);
  }

  void follow_exported() {
    std::vector<std::shared_ptr<PyFunction>> exported;
    for (const auto& [name, methods] : methods_)
      for (const auto& method : methods)
        if (method->mark == PyFunction::ScriptMark::exported) exported.push_back(method);
    for (const auto& method : exported) follow(method);
  }

  /// The names of all attributes that reached functions store to.
  std::set<std::string> run() {
    for (std::size_t next = 0; next < reached_.size(); ++next) {
      const std::shared_ptr<PyFunction> function = reached_[next];
      if (changes_arguments(*function)) known_.changers.insert(function->name);
      const auto consider = [&](const ExprPtr& expr) {
        if (const auto* attribute = as<Attribute>(expr)) {
          follow(attribute->attr);
          follow(global(*function, expr));
        }
        if (as<Name>(expr)) follow(global(*function, expr));
      };
      for_each_expr(body_of(*function), consider, true);
    }
    std::set<std::string> stored;
    for (const auto& function : reached_)
      stored.merge(stored_attributes(*function, known_,
                                     [&](const ExprPtr& callee) { return changes_nothing(*function, callee); }));
    return stored;
  }

 private:
  void add_instance(const std::shared_ptr<Instance>& instance) {
    if (!values_.insert(instance.get()).second) return;
    if (const auto* cls = dynamic_cast<const PyClass*>(instance->class_.get())) add_class(*cls);
    for (const auto& [name, value] : instance->attributes) add_value(name, value);
    const auto module = std::dynamic_pointer_cast<Module>(instance);
    if (!module) return;
    for (const auto& [name, child] : module->children)
      if (child) add_instance(child);
  }

  void add_class(const PyClass& cls) {
    for (const std::weak_ptr<PyClass>& weak : cls.mro) {
      const std::shared_ptr<PyClass> base = weak.lock();
      if (!base || !values_.insert(base.get()).second) continue;
      for (const auto& [name, value] : base->dict) collect(name, value);
    }
  }

  void collect(const std::string& name, const Value& value) {
    add_value(name, value);
    if (const auto property = value.try_as<Property>()) collect(name, property->getter);
    if (const auto wrapper = value.try_as<MethodWrapper>()) collect(name, wrapper->function);
  }

  /// The function that a name, or a name in an imported module, stands for in a function's module.
  std::shared_ptr<PyFunction> global(const PyFunction& function, const ExprPtr& expr) {
    try {
      std::optional<Value> value;
      if (const auto* name = as<Name>(expr)) value = evaluator_.try_resolve(function, name->id);
      if (const auto* attribute = as<Attribute>(expr)) {
        const auto* name = as<Name>(attribute->value);
        const auto base = name ? evaluator_.try_resolve(function, name->id) : std::nullopt;
        const auto module = base ? base->try_as<PyModule>() : nullptr;
        if (!module || module->is_embedded) return nullptr;
        value = evaluator_.try_get_attribute(*base, attribute->attr);
      }
      return value ? value->try_as<PyFunction>() : nullptr;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cap) throw;
      return nullptr;  // a module that cannot be run: nothing of it is compiled
    }
  }

  /// True for Python's builtins that call nothing of the user's and for functions of torch and math.
  bool changes_nothing(const PyFunction& function, const ExprPtr& callee) {
    static const std::set<std::string> kReaders{"range",   "len",     "enumerate", "zip",   "reversed", "isinstance",
                                                "getattr", "hasattr", "int",       "float", "bool",     "str",
                                                "list",    "tuple",   "dict",      "set",   "min",      "max",
                                                "sum",     "any",     "all",       "abs",   "round",    "print"};
    ExprPtr root = callee;
    while (const auto* attribute = as<Attribute>(root)) root = attribute->value;
    const auto* name = as<Name>(root);
    if (!name || assigned_names(body_of(function)).contains(name->id)) return false;
    const auto value = evaluator_.try_resolve(function, name->id);
    if (!value) return false;
    if (root == callee) return kReaders.contains(builtin_name(*value));
    const auto module = value->try_as<PyModule>();
    return module && (module->name == "math" || module->name == "torch" || module->name.starts_with("torch."));
  }

  void follow(const std::shared_ptr<PyFunction>& function) {
    if (!function || function->name == "__init__" || function->mark == PyFunction::ScriptMark::ignored) return;
    if (seen_.insert(function.get()).second) reached_.push_back(function);
  }

  Evaluator& evaluator_;
  std::set<const void*> values_;
  Names known_;
  std::map<std::string, std::vector<std::shared_ptr<PyFunction>>> methods_;
  std::set<const PyFunction*> seen_;
  std::vector<std::shared_ptr<PyFunction>> reached_;
};

}  // namespace

namespace {

/// The functions in a class and its bases under their names, overridden ones too.
std::vector<std::pair<std::string, std::shared_ptr<PyFunction>>> methods_of(const PyClass& cls) {
  std::vector<std::pair<std::string, std::shared_ptr<PyFunction>>> methods;
  for (const std::weak_ptr<PyClass>& weak : cls.mro)
    if (const std::shared_ptr<PyClass> base = weak.lock())
      for (const auto& [name, value] : base->dict)
        if (const auto function = value.try_as<PyFunction>()) methods.emplace_back(name, function);
  return methods;
}

}  // namespace

bool assigns_attribute(const PyClass& cls, const std::string& name) {
  bool found = false;
  for (const auto& [method_name, method] : methods_of(cls)) {
    if (found || method_name == "__init__" || method->args().args.empty()) continue;
    const std::string& self = method->args().args.front().arg;
    for_each_store(body_of(*method), [&](const ExprPtr& target) {
      const auto* attribute = as<Attribute>(target);
      const auto* object = attribute ? as<Name>(attribute->value) : nullptr;
      found = found || (object && object->id == self && attribute->attr == name);
    });
  }
  return found;
}

bool asks_for_attribute(const ModulePtr& root, const std::string& name) {
  bool found = false;
  const auto is_it = [&](const ExprPtr& expr) {
    const auto* attribute = as<Attribute>(expr);
    return attribute && attribute->attr == name;
  };
  const auto asks = [&](const ExprPtr& part) {
    const auto test = [&](const ExprPtr& expr) { found = found || is_it(expr); };
    if (const auto* node = as<Compare>(part)) {
      test(node->left);
      for (const ExprPtr& other : node->comparators) test(other);
    }
    if (const auto* node = as<BoolOp>(part))
      for (const ExprPtr& value : node->values) test(value);
    if (const auto* node = as<UnaryOp>(part)) test(node->operand);
    if (const auto* node = as<IfExp>(part)) test(node->test);
  };
  std::set<const PyFunction*> seen;
  for_each_module(root, [&](const std::string&, const ModulePtr& module) {
    const auto cls = std::dynamic_pointer_cast<PyClass>(module->class_);
    if (!cls) return;
    for (const auto& [method_name, method] : methods_of(*cls)) {
      if (!seen.insert(method.get()).second) continue;
      const StmtList body = body_of(*method);
      for_each_expr(body, asks, true);
      for_each_stmt(
          body,
          [&](const StmtPtr& statement) {
            if (const auto* node = as<If>(statement)) found = found || is_it(node->test);
            if (const auto* node = as<While>(statement)) found = found || is_it(node->test);
          },
          true);
    }
  });
  return found;
}

MutableAttributes find_assigned(Evaluator& evaluator, const ModulePtr& root,
                                const std::vector<std::string>& more_roots) {
  Reached reached(evaluator);
  reached.add_value("", root);
  reached.follow("forward");
  for (const std::string& name : more_roots) reached.follow(name);
  reached.follow_exported();
  MutableAttributes result;
  result.names = reached.run();
  for_each_module(root, [&](const std::string&, const ModulePtr& module) {
    for (const std::string& name : result.names) result.attributes.emplace(module.get(), name);
  });
  return result;
}

}  // namespace scriptc::python
