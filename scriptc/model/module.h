#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scriptc/model/ordered_map.h"
#include "scriptc/model/value.h"

namespace scriptc {

/// A class: Python's, of the embedded torch, or made for a plugin. `python/` derives the real thing.
class Class : public Object {
 public:
  std::string type_name() const override { return "type"; }
  std::string name;            ///< `Conv2d`
  std::string qualified_name;  ///< `torch.nn.modules.conv.Conv2d`, without `__torch__.`
};

/// Anything that can be called and has a name. `python/` derives functions with a body.
class Function : public Object {
 public:
  std::string type_name() const override { return "function"; }
  std::string name;
};

/// An instance of a class with its `__dict__`.
class Instance : public Object {
 public:
  ~Instance() override;
  std::string type_name() const override { return class_ ? class_->name : "object"; }
  std::shared_ptr<Class> class_;
  OrderedMap<Value> attributes;
};

struct Buffer {
  TensorPtr tensor;  ///< null: registered as None
  bool persistent = true;
};

/// An instance of torch.nn.Module. The four maps are disjoint in names, as Python's `__setattr__` keeps them.
class Module : public Instance {
 public:
  OrderedMap<TensorPtr> parameters;  ///< null: registered as None
  OrderedMap<Buffer> buffers;
  OrderedMap<std::shared_ptr<Module>> children;  ///< null: registered as None
  bool training = true;
  bool initialised = true;  ///< false until `Module.__init__` has run
};

using ModulePtr = std::shared_ptr<Module>;

/// One tensor of a state dict, in Python's order: own parameters, own persistent buffers, then the children's.
struct NamedTensor {
  std::string name;  ///< `layer1.0.conv1.weight`
  ModulePtr owner;
  std::string leaf;  ///< `weight`
  TensorPtr tensor;  ///< never null
  bool is_parameter = false;
};

/// `module.state_dict()`. A module reached by two names is listed under both, as in Python. `all_buffers` adds the
/// buffers that are not persistent.
std::vector<NamedTensor> state_dict(const ModulePtr& root, bool all_buffers = false);

/// Calls `visit(name, module)` for root ("" first) and every descendant once, as `named_modules()`.
void for_each_module(const ModulePtr& root, const std::function<void(const std::string&, const ModulePtr&)>& visit);

}  // namespace scriptc
