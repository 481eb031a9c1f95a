#include "scriptc/cli/binding.h"

#include <optional>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

using plugins::ModelInfo;
using plugins::ParameterInfo;

std::string shown(const ParameterInfo& parameter) {
  return parameter.name + ": " + plugins::to_string(parameter.type) +
         (parameter.default_value ? " = " + repr(*parameter.default_value) : "");
}

[[noreturn]] void fail(const ModelInfo& model, const std::string& sentence, const std::string& help = "") {
  throw Error(ErrorKind::model, "model " + quote(model.name) + " " + sentence + "\n  " + signature(model) + help);
}

std::string count(std::size_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

Value convert(const ModelInfo& model, const ParameterInfo& parameter, const Argument& argument) {
  if (const auto value = try_convert(argument, parameter.type)) return *value;
  fail(model, "needs " + plugins::to_string(parameter.type) + " for parameter " + quote(parameter.name) + ", got " +
                  (argument.spelling ? quote(*argument.spelling) : escape(repr(argument.value))));
}

std::size_t find_parameter(const ModelInfo& model, const std::string& name) {
  std::vector<std::string> names;
  for (const ParameterInfo& parameter : model.parameters) {
    if (parameter.name == name) return names.size();
    names.push_back(parameter.name);
  }
  fail(model, "has no parameter " + quote(name), did_you_mean(name, names));
}

}  // namespace

std::string signature(const ModelInfo& model) {
  std::vector<std::string> parameters;
  for (const ParameterInfo& parameter : model.parameters) parameters.push_back(shown(parameter));
  return model.name + "(" + join(parameters) + ")";
}

std::vector<Value> bind_arguments(const ModelInfo& model, const ModelArguments& arguments) {
  const auto& parameters = model.parameters;
  if (arguments.positional.size() > parameters.size())
    fail(model, "takes at most " + count(parameters.size(), "argument") + ", got " +
                    std::to_string(arguments.positional.size()));
  std::vector<std::optional<Value>> bound(parameters.size());
  for (std::size_t i = 0; i < arguments.positional.size(); ++i)
    bound[i] = convert(model, parameters[i], arguments.positional[i]);
  for (const auto& [name, argument] : arguments.keyword) {
    const std::size_t i = find_parameter(model, name);
    if (bound[i]) fail(model, "got parameter " + quote(name) + " twice, by position and by name");
    bound[i] = convert(model, parameters[i], argument);
  }
  std::vector<Value> values;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!bound[i]) bound[i] = parameters[i].default_value;
    if (bound[i])
      values.push_back(*bound[i]);
    else
      missing.push_back(quote(parameters[i].name));
  }
  if (!missing.empty())
    fail(model, std::string("needs ") + (missing.size() == 1 ? "parameter " : "parameters ") + join(missing),
         "\n  help: pass values with --args or --kwargs NAME VALUE");
  return values;
}

}  // namespace scriptc::cli
