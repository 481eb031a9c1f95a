#include <scriptc/plugin.h>

#include <stdexcept>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

static nn::Module activation_layer(const std::string& name) {
  if (name == "relu") return nn::ReLU();
  if (name == "tanh") return nn::Tanh();
  if (name == "sigmoid") return nn::Sigmoid();
  throw std::invalid_argument("activation '" + name + "', expected relu, tanh or sigmoid");
}

// A multi-layer perceptron of any depth.
static nn::Module mlp(int64_t in_features, const std::vector<int64_t>& hidden, int64_t out_features, bool batch_norm,
                      double dropout, const std::string& activation) {
  nn::Module layers = nn::Sequential();
  int64_t width = in_features;
  for (const int64_t next : hidden) {
    layers.append(nn::Linear(width, next, "bias"_a = !batch_norm));
    if (batch_norm) layers.append(nn::BatchNorm1d(next));
    layers.append(activation_layer(activation));
    if (dropout > 0) layers.append(nn::Dropout(dropout));
    width = next;
  }
  layers.append(nn::Linear(width, out_features));

  nn::Module self("MLP");
  self["layers"] = layers;
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          return self.layers(torch.flatten(x, 1))
  )py");
  self.input("float32[N=2," + std::to_string(in_features) + "]");
  return self;
}

SCRIPTC_PLUGIN(m) {
  m.model("MLP", &mlp, "in_features"_a = 16, "hidden"_a = {64, 32}, "out_features"_a = 10, "batch_norm"_a = false,
          "dropout"_a = 0.0, "activation"_a = "relu")
      .input("float32[N=2,16]")
      .doc("Multi-layer perceptron: one hidden layer for each width in `hidden`");
}
