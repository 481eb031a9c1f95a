#include "scriptc/python/nn_module.h"

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"

namespace scriptc::python {

Value tensor_or_none(const TensorPtr& tensor) { return tensor ? Value(tensor) : Value(); }

Value module_or_none(const ModulePtr& module) { return module ? Value(module) : Value(); }

namespace {

/// A live dict over one of the maps of a module.
template <class T>
Value view_of(const ModulePtr& module, OrderedMap<T>& map, std::function<Value(const T&)> get,
              std::function<void(const std::string&, const Value&)> set) {
  auto view = std::make_shared<NameView>();
  view->names = [module, &map] { return map.names(); };
  view->find = [module, &map, get = std::move(get)](const std::string& name) -> std::optional<Value> {
    const T* entry = map.find(name);
    return entry ? std::optional<Value>(get(*entry)) : std::nullopt;
  };
  view->set = std::move(set);
  view->erase = [module, &map](const std::string& name) { return map.erase(name); };
  return view;
}

TensorPtr tensor_of(const Value& value) { return value.is_tensor() ? value.as_tensor() : nullptr; }

std::optional<Value> dictionary(const ModulePtr& module, const std::string& name) {
  if (name == "_parameters")
    return view_of<TensorPtr>(
        module, module->parameters, tensor_or_none,
        [module](const std::string& n, const Value& v) { module->parameters.set(n, tensor_of(v)); });
  if (name == "_buffers")
    return view_of<Buffer>(
        module, module->buffers, [](const Buffer& b) { return tensor_or_none(b.tensor); },
        [module](const std::string& n, const Value& v) {
          module->buffers.set(n, Buffer{tensor_of(v), true});
        });
  if (name == "_modules")
    return view_of<ModulePtr>(module, module->children, module_or_none, [module](const std::string& n, const Value& v) {
      module->children.set(n, v.try_as<Module>());
    });
  if (name == "_non_persistent_buffers_set") {
    auto set = std::make_shared<SetObject>();
    for (const auto& [n, buffer] : module->buffers)
      if (!buffer.persistent) set->add(n);
    return set;
  }
  return std::nullopt;
}

void check_initialised(Interpreter& in, const Module& module, const char* what) {
  if (!module.initialised)
    in.raise("AttributeError", std::string("cannot assign ") + what + " before Module.__init__() call");
}

void forget(Module& module, const std::string& name) {
  module.attributes.erase(name);
  module.parameters.erase(name);
  module.buffers.erase(name);
  module.children.erase(name);
}

/// `self._modules = OrderedDict(…)` and the like.
bool set_dictionary(Interpreter& in, const ModulePtr& module, const std::string& name, const Value& value) {
  const auto view = dictionary(module, name);
  const auto names = view ? view->try_as<NameView>() : nullptr;
  if (!names) return false;
  std::vector<std::pair<std::string, Value>> items;
  for (const Value& key : in.to_vector(in.call_method(value, "keys")))
    items.emplace_back(in.str(key), in.get_item(value, key));
  for (const std::string& old : names->names()) names->erase(old);
  for (const auto& [key, item] : items) names->set(key, item);
  return true;
}

}  // namespace

std::optional<Value> Interpreter::nn_module_attribute(const ModulePtr& module, const std::string& name) {
  if (name == "training") return Value(module->training);
  if (const TensorPtr* parameter = module->parameters.find(name)) return tensor_or_none(*parameter);
  if (const Buffer* buffer = module->buffers.find(name)) return tensor_or_none(buffer->tensor);
  if (const ModulePtr* child = module->children.find(name)) return module_or_none(*child);
  return name.front() == '_' ? dictionary(module, name) : std::nullopt;
}

bool Interpreter::set_nn_module_attribute(const ModulePtr& module, const std::string& name, const Value& value) {
  if (name == "training") {
    module->training = truth(value);
    return true;
  }
  if (value.is_tensor() && value.as_tensor()->is_parameter) {
    check_initialised(*this, *module, "parameters");
    if (!module->parameters.contains(name)) forget(*module, name);
    module->parameters.set(name, value.as_tensor());
    return true;
  }
  if (TensorPtr* parameter = module->parameters.find(name)) {
    if (!value.is_none())
      raise("TypeError", "cannot assign " + quote(torch_type_name(*this, value)) + " as parameter " + quote(name) +
                             " (torch.nn.Parameter or None expected)");
    *parameter = nullptr;
    return true;
  }
  if (auto child = value.try_as<Module>()) {
    check_initialised(*this, *module, "module");
    if (!module->children.contains(name)) forget(*module, name);
    module->children.set(name, std::move(child));
    return true;
  }
  if (ModulePtr* child = module->children.find(name)) {
    if (!value.is_none())
      raise("TypeError", "cannot assign " + quote(torch_type_name(*this, value)) + " as child module " + quote(name) +
                             " (torch.nn.Module or None expected)");
    *child = nullptr;
    return true;
  }
  if (Buffer* buffer = module->buffers.find(name)) {
    if (!value.is_none() && !value.is_tensor())
      raise("TypeError", "cannot assign " + quote(torch_type_name(*this, value)) + " as buffer " + quote(name) +
                             " (torch.Tensor or None expected)");
    buffer->tensor = tensor_of(value);
    return true;
  }
  return name.front() == '_' && set_dictionary(*this, module, name, value);
}

bool Interpreter::delete_nn_module_attribute(Module& module, const std::string& name) {
  return module.parameters.erase(name) || module.buffers.erase(name) || module.children.erase(name);
}

std::string torch_type_name(Interpreter& in, const Value& value) {
  return value.is_tensor() ? value.as_tensor()->is_parameter ? "torch.nn.parameter.Parameter" : "torch.FloatTensor"
                           : in.type_of(value)->name;
}

}  // namespace scriptc::python
