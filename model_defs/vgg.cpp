#include <scriptc/plugin.h>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// The networks of Simonyan & Zisserman 2014, with or without batch normalisation, with the names of torchvision's state
// dicts.

/// Blocks of 3x3 convolutions, each block ending in a pooling that halves height and width, and three linear layers.
static nn::Module vgg(const std::vector<int64_t>& blocks, bool batch_norm, int64_t num_classes) {
  nn::Module features = nn::Sequential();
  int64_t channels = 3;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const int64_t out = i < 3 ? int64_t{64} << i : 512;
    for (int64_t j = 0; j < blocks[i]; ++j) {
      features.append(nn::Conv2d(channels, out, 3, "padding"_a = 1));
      if (batch_norm) features.append(nn::BatchNorm2d(out));
      features.append(nn::ReLU("inplace"_a = true));
      channels = out;
    }
    features.append(nn::MaxPool2d(2, 2));
  }

  nn::Module self("VGG");
  self["features"] = features;
  self["classifier"] = nn::Sequential(nn::Linear(channels * 7 * 7, 4096), nn::ReLU("inplace"_a = true), nn::Dropout(),
                                      nn::Linear(4096, 4096), nn::ReLU("inplace"_a = true), nn::Dropout(),
                                      nn::Linear(4096, num_classes));
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          x = F.adaptive_avg_pool2d(self.features(x), 7)
          return self.classifier(torch.flatten(x, 1))
  )py");
  return self;
}

static nn::Module vgg11(int64_t n) { return vgg({1, 1, 2, 2, 2}, false, n); }
static nn::Module vgg13(int64_t n) { return vgg({2, 2, 2, 2, 2}, false, n); }
static nn::Module vgg16(int64_t n) { return vgg({2, 2, 3, 3, 3}, false, n); }
static nn::Module vgg19(int64_t n) { return vgg({2, 2, 4, 4, 4}, false, n); }
static nn::Module vgg11_bn(int64_t n) { return vgg({1, 1, 2, 2, 2}, true, n); }
static nn::Module vgg13_bn(int64_t n) { return vgg({2, 2, 2, 2, 2}, true, n); }
static nn::Module vgg16_bn(int64_t n) { return vgg({2, 2, 3, 3, 3}, true, n); }
static nn::Module vgg19_bn(int64_t n) { return vgg({2, 2, 4, 4, 4}, true, n); }

SCRIPTC_PLUGIN(m) {
  const char* const image = "float32[N=2,3,H=224%32,W=224%32]";
  m.model("VGG", &vgg, "blocks"_a, "batch_norm"_a = false, "num_classes"_a = 1000)
      .input(image)
      .doc("VGG with any number of convolutions in each block");
  const auto add = [&m, image](const char* name, nn::Module (*builder)(int64_t), const char* doc) {
    m.model(name, builder, "num_classes"_a = 1000).input(image).doc(doc);
  };
  add("VGG11", &vgg11, "VGG of 11 layers");
  add("VGG13", &vgg13, "VGG of 13 layers");
  add("VGG16", &vgg16, "VGG of 16 layers");
  add("VGG19", &vgg19, "VGG of 19 layers");
  add("VGG11_bn", &vgg11_bn, "VGG of 11 layers with batch normalisation");
  add("VGG13_bn", &vgg13_bn, "VGG of 13 layers with batch normalisation");
  add("VGG16_bn", &vgg16_bn, "VGG of 16 layers with batch normalisation");
  add("VGG19_bn", &vgg19_bn, "VGG of 19 layers with batch normalisation");
}
