#include "scriptc/torch/schemas.h"

#include <sstream>

namespace scriptc::torch_backend {

std::string signature(const ::torch::jit::Method& method) {
  const c10::FunctionSchema& schema = method.function().getSchema();
  std::ostringstream text;
  std::string separator;
  text << '(';
  for (std::size_t i = 1; i < schema.arguments().size(); ++i) {
    const c10::Argument& argument = schema.arguments()[i];
    text << separator << argument.name() << ": " << argument.type()->annotation_str();
    if (argument.default_value()) text << " = " << *argument.default_value();
    separator = ", ";
  }
  text << ") -> " << schema.returns().at(0).type()->annotation_str();
  return text.str();
}

std::map<std::string, std::string> signatures(const ::torch::jit::Module& module) {
  std::map<std::string, std::string> result;
  for (const ::torch::jit::Method& method : module.get_methods()) result[method.name()] = signature(method);
  return result;
}

}  // namespace scriptc::torch_backend
