#include <algorithm>

#include "plugins/include/scriptc/native_forward.h"
#include "scriptc/model/error.h"
#include "scriptc/torch/example_inputs.h"
#include "scriptc/torch/trace.h"

namespace scriptc::torch_backend {
namespace {

/// C++ keeps no names of arguments: `x`, or `x1`, `x2`…
c10::FunctionSchema schema_of(const native::Forward& forward) {
  const std::vector<c10::TypePtr> types = forward.argument_types();
  std::vector<c10::Argument> arguments{c10::Argument("self", c10::AnyType::get())};
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string name = types.size() == 1 ? "x" : "x" + std::to_string(i + 1);
    const bool optional = types[i]->kind() == c10::TypeKind::OptionalType;
    arguments.emplace_back(name, types[i], c10::optional<std::int32_t>(),
                           optional ? c10::optional<c10::IValue>(c10::IValue()) : c10::optional<c10::IValue>());
  }
  return c10::FunctionSchema("forward", "", std::move(arguments), {c10::Argument("", c10::AnyType::get())});
}

bool is_traced(const c10::IValue& value) {
  return value.isTensor() || value.isTuple() || value.isList() || value.isGenericDict();
}

}  // namespace

TracePlan::TracePlan(const native::Forward& forward, std::vector<InputSpec> inputs)
    : schema_(schema_of(forward)), inputs_(std::move(inputs)) {
  if (inputs_.empty() && schema_.arguments().size() > 1)
    throw Error(ErrorKind::usage,
                "a native model is traced, which needs example inputs, and it declares none\n"
                "  help: --input 'float32[N=2,3,224,224]', once for each argument of forward");
  sample_ = example(inputs_);
  for (const c10::IValue& value : sample_) traced_.push_back(is_traced(value));
}

std::vector<c10::IValue> TracePlan::example(const std::vector<InputSpec>& inputs) const {
  return example_arguments(schema_, inputs, /*seed=*/0);
}

std::vector<InputSpec> TracePlan::traced_inputs(const std::vector<InputSpec>& inputs) const {
  std::vector<InputSpec> result;
  std::size_t next = 0;
  for (const InputSpec& input : inputs) {
    std::size_t index = next;
    if (input.name.empty()) {
      ++next;
    } else {
      const auto& arguments = schema_.arguments();
      const auto found = std::find_if(arguments.begin() + 1, arguments.end(),
                                      [&](const c10::Argument& argument) { return argument.name() == input.name; });
      index = static_cast<std::size_t>(found - arguments.begin()) - 1;
    }
    if (index < traced_.size() && traced_[index]) result.push_back(input);
  }
  return result;
}

std::vector<c10::IValue> TracePlan::traced_arguments(const std::vector<c10::IValue>& all) const {
  std::vector<c10::IValue> result;
  for (std::size_t i = 0; i < traced_.size(); ++i)
    if (traced_[i]) result.push_back(all[i]);
  return result;
}

std::vector<std::string> TracePlan::traced_names() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < traced_.size(); ++i)
    if (traced_[i]) names.push_back(schema_.arguments()[i + 1].name());
  return names;
}

std::vector<c10::IValue> TracePlan::all_arguments(const std::vector<c10::IValue>& traced) const {
  std::vector<c10::IValue> all = sample_;
  std::size_t next = 0;
  for (std::size_t i = 0; i < traced_.size(); ++i)
    if (traced_[i]) all[i] = traced.at(next++);
  return all;
}

}  // namespace scriptc::torch_backend
