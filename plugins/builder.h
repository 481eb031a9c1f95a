#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/session.h"
#include "scriptc/python/evaluator.h"

namespace scriptc::plugins {

struct Argument {
  std::string name;            ///< empty: positional
  std::optional<Value> value;  ///< absent: `"x"_a` without a value
};

/// Builds one model in a Python world. Every error is Error(model) and starts with the place of the C++ call, or of
/// the line of Python inside it; NeedsValues, caps and internal errors keep their kind.
class Builder {
 public:
  /// `module_name`: what the classes' qualified names begin with.
  Builder(python::Evaluator& evaluator, std::string module_name);

  /// Python functions that every later `define` sees.
  void add_functions(const FunctionsText& functions);

  /// An instance of a new class that derives from torch.nn.Module.
  Value make_module(const scriptc_place& place, const std::string& class_name);
  /// Calls what a dotted name means: `torch.nn.Conv2d`.
  Value call(const scriptc_place& place, const std::string& name, const std::vector<Argument>& arguments);
  Value call_method(const scriptc_place& place, const Value& object, const std::string& name,
                    const std::vector<Argument>& arguments);
  Value find(const scriptc_place& place, const std::string& dotted);
  Value get_attribute(const scriptc_place& place, const Value& object, const std::string& name);
  void set_attribute(const scriptc_place& place, const Value& object, const std::string& name, const Value& value);
  /// Gives a module that make_module made the methods of `text`.
  void define(const scriptc_place& place, const Value& module, const std::string& text);
  void add_input(const scriptc_place& place, const std::string& spec);

  const std::vector<std::string>& inputs() const { return inputs_; }

 private:
  /// A class of a module under construction. Each `define` derives a class of the same name from the one before, so
  /// a module's class follows from its name and its defines, and modules made alike share one.
  struct ModuleClass {
    Value cls;
    std::vector<std::pair<std::string, int>> methods;  ///< with the line where each stands
    std::map<std::pair<int, std::string>, std::unique_ptr<ModuleClass>> derived;
  };

  std::shared_ptr<python::PyModule> execute(const python::SourcePtr& source, const OrderedMap<Value>& more);
  /// Takes the class `name` that `module` defines.
  void adopt(ModuleClass& module_class, const std::string& name, const python::PyModule& module);
  std::unique_ptr<ModuleClass> derive(const scriptc_place& place, const std::string& text, const ModuleClass& from,
                                      const std::string& name);
  Value lookup(const std::string& dotted);

  python::Evaluator& evaluator_;
  std::string module_name_;
  std::vector<std::shared_ptr<python::PyModule>> function_modules_;
  OrderedMap<Value> functions_;
  std::vector<std::pair<std::string, int>> function_names_;
  std::map<std::string, ModuleClass> roots_;
  std::map<const Object*, ModuleClass*> classes_;  ///< by class object
  std::map<std::string, Value> found_;
  std::vector<std::string> inputs_;
};

}  // namespace scriptc::plugins
