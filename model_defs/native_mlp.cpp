#include <scriptc/native.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

using namespace scriptc::literals;

/// A torch::nn module as C++ programs have it, with nothing of scriptc in it.
struct NativeMlpImpl : torch::nn::Module {
  NativeMlpImpl(int64_t in_features, int64_t hidden, int64_t classes, double dropout)
      : fc1(register_module("fc1", torch::nn::Linear(in_features, hidden))),
        bn(register_module("bn", torch::nn::BatchNorm1d(hidden))),
        drop(register_module("drop", torch::nn::Dropout(dropout))),
        fc2(register_module("fc2", torch::nn::Linear(hidden, classes))) {}

  torch::Tensor forward(torch::Tensor x) { return fc2(drop(torch::relu(bn(fc1(x))))); }

  torch::nn::Linear fc1;
  torch::nn::BatchNorm1d bn;
  torch::nn::Dropout drop;
  torch::nn::Linear fc2;
};
TORCH_MODULE(NativeMlp);

SCRIPTC_PLUGIN(m) {
  m.native<NativeMlp, int64_t, int64_t, int64_t, double>("NativeMlp", "in_features"_a = 16, "hidden"_a = 64,
                                                         "classes"_a = 10, "dropout"_a = 0.1)
      .input("float32[N=2,16]")
      .doc("A torch::nn multi-layer perceptron with batch normalisation");
}
