#include <scriptc/plugin.h>

#include <algorithm>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// MobileNetV2 (Sandler et al. 2018) with the names of torchvision's state dict.

/// The multiple of 8 nearest to a scaled width, but not more than 10 % below it: the authors' own rounding.
static int64_t scaled(int64_t channels, double width_mult) {
  const double width = static_cast<double>(channels) * width_mult;
  const int64_t rounded = std::max(int64_t{8}, static_cast<int64_t>(width + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * width ? rounded + 8 : rounded;
}

/// A convolution, its normalisation, and ReLU6.
static nn::Module convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups) {
  return nn::Sequential(
      nn::Conv2d(in, out, kernel, stride, "padding"_a = kernel / 2, "groups"_a = groups, "bias"_a = false),
      nn::BatchNorm2d(out), nn::ReLU6("inplace"_a = true));
}

/// Widens `expansion` times, filters each channel by itself, and narrows again without an activation.
static nn::Module inverted_residual(int64_t in, int64_t out, int64_t stride, int64_t expansion) {
  const int64_t width = in * expansion;
  nn::Module layers = nn::Sequential();
  if (expansion != 1) layers.append(convolution(in, width, 1, 1, 1));
  layers.append(convolution(width, width, 3, stride, width));
  layers.append(nn::Conv2d(width, out, 1, "bias"_a = false));
  layers.append(nn::BatchNorm2d(out));

  nn::Module self("InvertedResidual");
  self["conv"] = layers;
  self["has_shortcut"] = stride == 1 && in == out;
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          y = self.conv(x)
          return x + y if self.has_shortcut else y
  )py");
  return self;
}

static nn::Module mobilenet_v2(int64_t num_classes, double width_mult) {
  struct Stage {
    int64_t expansion, channels, blocks, stride;
  };
  const Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                          {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  int64_t channels = scaled(32, width_mult);
  nn::Module features = nn::Sequential(convolution(3, channels, 3, 2, 1));
  for (const Stage& stage : stages) {
    const int64_t out = scaled(stage.channels, width_mult);
    for (int64_t i = 0; i < stage.blocks; ++i) {
      features.append(inverted_residual(channels, out, i == 0 ? stage.stride : 1, stage.expansion));
      channels = out;
    }
  }
  const int64_t last = scaled(1280, std::max(1.0, width_mult));
  features.append(convolution(channels, last, 1, 1, 1));

  nn::Module self("MobileNetV2");
  self["features"] = features;
  self["classifier"] = nn::Sequential(nn::Dropout(0.2), nn::Linear(last, num_classes));
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          x = F.adaptive_avg_pool2d(self.features(x), 1)
          return self.classifier(torch.flatten(x, 1))
  )py");
  return self;
}

SCRIPTC_PLUGIN(m) {
  m.model("MobileNetV2", &mobilenet_v2, "num_classes"_a = 1000, "width_mult"_a = 1.0)
      .input("float32[N=2,3,H=224%32,W=224%32]")
      .doc("MobileNetV2, all its widths scaled by width_mult");
}
