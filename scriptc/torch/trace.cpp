#include "scriptc/torch/trace.h"

#include <c10/util/Type.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/passes/canonicalize.h>
#include <torch/csrc/jit/passes/fuse_linear.h>
#include <torch/csrc/jit/passes/shape_analysis.h>

#include <map>
#include <sstream>

#include "plugins/include/scriptc/native_forward.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"
#include "scriptc/torch/verify.h"

namespace scriptc::torch_backend {
namespace {

namespace jit = ::torch::jit;
using GraphPtr = std::shared_ptr<jit::Graph>;

/// A type's unqualified name as an identifier: `ns::Net<3>::BlockImpl` → `BlockImpl`.
std::string class_name(const ::torch::nn::Module& module) {
  std::string full = c10::demangle(typeid(module).name());
  if (const auto colon = full.rfind("::"); colon != std::string::npos) full.erase(0, colon + 2);
  for (char& c : full)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  if (full.empty() || std::isdigit(static_cast<unsigned char>(full.front()))) full.insert(0, "_");
  return full;
}

/// The TorchScript twin of a module tree, without methods. A child that two names reach stays one module.
class Twin {
 public:
  explicit Twin(std::shared_ptr<jit::CompilationUnit> unit) : unit_(std::move(unit)) {}

  jit::Module module(const ::torch::nn::Module& source) {
    if (const auto known = known_.find(&source); known != known_.end()) return known->second;
    jit::Module twin("__torch__." + class_name(source), unit_, /*shouldMangle=*/true);
    twin.register_attribute("training", c10::BoolType::get(), source.is_training());
    for (const auto& item : source.named_parameters(/*recurse=*/false))
      twin.register_parameter(item.key(), item.value(), /*is_buffer=*/false);
    for (const auto& item : source.named_buffers(/*recurse=*/false)) twin.register_buffer(item.key(), item.value());
    for (const auto& item : source.named_children()) twin.register_module(item.key(), module(*item.value()));
    known_.emplace(&source, twin);
    return twin;
  }

 private:
  std::shared_ptr<jit::CompilationUnit> unit_;
  std::map<const ::torch::nn::Module*, jit::Module> known_;
};

GraphPtr trace_once(native::Forward& forward, const TracePlan& plan, const std::vector<InputSpec>& inputs,
                    jit::Module& twin) {
  const auto traced_fn = [&](jit::Stack traced) -> jit::Stack { return {forward.run(plan.all_arguments(traced))}; };
  const auto no_name = [](const at::Tensor&) { return std::string(); };
  const auto state = jit::tracer::trace(plan.traced_arguments(plan.example(inputs)), traced_fn, no_name,
                                        /*strict=*/true, /*force_outplace=*/false, &twin, plan.traced_names())
                         .first;
  jit::EraseShapeInformation(state->graph);
  return state->graph;
}

std::vector<std::string> canonical_lines(const GraphPtr& graph) {
  std::istringstream text(jit::Canonicalize(graph, /*keep_unique_names=*/false)->toString(/*print_source=*/false));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(line.substr(std::min(line.find_first_not_of(' '), line.size())));
  return lines;
}

/// Errors (model) with the first line that differs.
void require_equal(const GraphPtr& sample, const GraphPtr& other, const Dimension& dimension, std::int64_t size) {
  const auto left = canonical_lines(sample), right = canonical_lines(other);
  if (left == right) return;
  std::size_t i = 0;
  while (i < left.size() && i < right.size() && left[i] == right[i]) ++i;
  const auto line = [i](const std::vector<std::string>& lines) { return i < lines.size() ? lines[i] : "(nothing)"; };
  const std::string name = dimension.name + "=";
  throw Error(ErrorKind::model,
              "forward depends on the size of " + quote(dimension.name) + ": its traces at " + name +
                  std::to_string(dimension.size) + " and " + name + std::to_string(size) + " differ\n  " + name +
                  std::to_string(dimension.size) + ": " + escape(line(left), 400) + "\n  " + name +
                  std::to_string(size) + ": " + escape(line(right), 400) +
                  "\n  C++ turns x.size(0) and .item() into plain numbers, which a trace can only keep as they are"
                  "\n  help: write view({-1, …}), flatten(1) or torch::jit::tracer::getSizeOf(x, 0), or describe the "
                  "model in Python (m.model)");
}

}  // namespace

jit::Module trace_module(const ::torch::nn::Module& source, native::Forward& forward, const TracePlan& plan) {
  const auto unit = std::make_shared<jit::CompilationUnit>();
  jit::Module twin = Twin(unit).module(source);
  const BufferGuard guard(source);
  GraphPtr graph = trace_once(forward, plan, plan.inputs(), twin);
  for (const Dimension& dimension : named_dimensions(plan.inputs())) {
    for (const std::int64_t size : other_sizes(dimension)) {
      GraphPtr other;
      try {
        other = trace_once(forward, plan, with_dimension(plan.inputs(), dimension.name, size), twin);
      } catch (const c10::Error&) {
        continue;  // a size that the model refuses; verification reports it
      }
      require_equal(graph, other, dimension, size);
      break;
    }
  }
  // functional::linear traces as t + addmm, which freezing would not fold.
  jit::FuseLinear(graph);
  twin.type()->addMethod(unit->create_function(c10::QualifiedName(*twin.type()->name(), "forward"), graph));
  return twin;
}

BufferGuard::BufferGuard(const ::torch::nn::Module& module) {
  for (const at::Tensor& buffer : module.buffers()) saved_.emplace_back(buffer, buffer.clone());
}

BufferGuard::~BufferGuard() {
  const at::NoGradGuard no_grad;
  for (auto& [buffer, before] : saved_) buffer.copy_(before);
}

}  // namespace scriptc::torch_backend
