#include "scriptc/torch/native.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "helpers.h"
#include "plugins/include/scriptc/native_forward.h"
#include "scriptc/torch/tensors.h"

namespace scriptc::torch_backend {
namespace {

/// Linear → BatchNorm1d → what `tail` makes of the result.
struct Net : ::torch::nn::Module {
  using Tail = std::function<at::Tensor(const at::Tensor&)>;
  explicit Net(Tail t) : tail(std::move(t)) {
    register_module("fc", fc);
    register_module("bn", bn);
  }
  at::Tensor forward(const at::Tensor& x) { return tail(bn(fc(x))); }
  Tail tail;
  ::torch::nn::Linear fc{4, 3};
  ::torch::nn::BatchNorm1d bn{3};
};

struct NetForward final : scriptc::native::Forward {
  explicit NetForward(std::shared_ptr<Net> n) : net(std::move(n)) {}
  std::vector<c10::TypePtr> argument_types() const override { return {c10::TensorType::get()}; }
  c10::IValue run(const std::vector<c10::IValue>& arguments) override { return net->forward(arguments[0].toTensor()); }
  std::shared_ptr<Net> net;
};

class Native : public ::testing::Test {
 protected:
  void build(Net::Tail tail) {
    net_ = std::make_shared<Net>(std::move(tail));
    native_.module = std::make_shared<scriptc::native::ModulePointer>(net_);
    native_.forward = std::make_shared<NetForward>(net_);
    tree_ = mirror(native_);
  }

  VerifyReport convert(const std::string& input, bool freeze = true) {
    ScriptOptions options;
    VerifyOptions verify;
    if (!input.empty()) options.inputs = verify.inputs = {parse_input_spec(input)};
    const auto job = make_native_job(native_, tree_);
    native_ = {};
    job->script(options);
    job->record_reference(verify);
    if (freeze) job->freeze();
    MemorySink sink;
    job->save(Format::torchscript, sink);
    const TemporaryFile file("native.pt", sink.bytes);
    VerifyReport report = job->verify(file.path(), Format::torchscript);
    summary_ = job->summary();
    return report;
  }

  std::shared_ptr<Net> net_;
  NativeModule native_;
  ModulePtr tree_;
  ArchiveSummary summary_;
};

TEST_F(Native, MirrorsNamesAndShapes) {
  build([](const at::Tensor& x) { return x; });
  std::vector<std::string> names;
  for (const NamedTensor& item : state_dict(tree_)) names.push_back(item.name);
  EXPECT_EQ(names, (std::vector<std::string>{"fc.weight", "fc.bias", "bn.weight", "bn.bias", "bn.running_mean",
                                             "bn.running_var", "bn.num_batches_tracked"}));
  EXPECT_EQ(state_dict(tree_)[0].tensor->shape(), (std::vector<std::int64_t>{3, 4}));
}

TEST_F(Native, TracesFreezesAndVerifiesAtTwoBatchSizes) {
  build([](const at::Tensor& x) { return at::relu(x); });
  const VerifyReport report = convert("float32[N=2,4]");
  ASSERT_EQ(report.shapes.size(), 2u);
  EXPECT_LT(report.max_difference(), 1e-5);
  EXPECT_EQ(summary_.outputs, std::vector<std::string>{"float32[2,3]"});
  EXPECT_EQ(summary_.methods, std::vector<std::string>{"forward"});
}

TEST_F(Native, LoadedWeightsReachTheTrace) {
  build([](const at::Tensor& x) { return x; });
  const std::vector<float> weights(12, 0.0f), bias{1, 2, 3};
  (*(*tree_->children.find("fc"))->parameters.find("weight"))
      ->load_view({DType::float32, {3, 4}, {4, 1}, reinterpret_cast<const std::byte*>(weights.data()), {}, nullptr});
  (*(*tree_->children.find("fc"))->parameters.find("bias"))
      ->load_view({DType::float32, {3}, {1}, reinterpret_cast<const std::byte*>(bias.data()), {}, nullptr});
  convert("float32[N=2,4]", /*freeze=*/false);
  EXPECT_EQ(net_->fc->bias[2].item<float>(), 3.0f);
  EXPECT_EQ(net_->fc->weight.abs().sum().item<float>(), 0.0f);
}

TEST_F(Native, ABakedSizeIsRefused) {
  build([](const at::Tensor& x) { return x.reshape({x.size(0), 3, 1}); });
  EXPECT_EQ(error_of([&] { convert("float32[N=2,4]"); }).substr(0, 76),
            "7 forward depends on the size of 'N': its traces at N=2 and N=3 differ\n  N=2");
}

TEST_F(Native, WithoutInputsThereIsNoTrace) {
  build([](const at::Tensor& x) { return x; });
  EXPECT_EQ(error_of([&] { convert(""); }),
            "2 a native model is traced, which needs example inputs, and it declares none\n"
            "  help: --input 'float32[N=2,3,224,224]', once for each argument of forward");
}

}  // namespace
}  // namespace scriptc::torch_backend
