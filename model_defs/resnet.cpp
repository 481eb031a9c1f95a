#include <scriptc/plugin.h>

#include <stdexcept>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// The residual networks of He et al. 2015, ResNeXt (Xie et al. 2016) and the wide ones (Zagoruyko & Komodakis 2016),
// with the names of torchvision's state dicts. As there, a bottleneck's 3x3 convolution has the stride.

static nn::Module convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1, int64_t groups = 1) {
  return nn::Conv2d(in, out, kernel, stride, "padding"_a = kernel / 2, "groups"_a = groups, "bias"_a = false);
}

/// Adds `conv<stage>` and the `bn<stage>` behind it.
static void add_stage(nn::Module& self, const std::string& stage, const nn::Module& conv, int64_t out) {
  self["conv" + stage] = conv;
  self["bn" + stage] = nn::BatchNorm2d(out);
}

/// Two 3x3 convolutions.
static nn::Module basic_block(int64_t in, int64_t width, int64_t stride) {
  nn::Module self("BasicBlock");
  add_stage(self, "1", convolution(in, width, 3, stride), width);
  add_stage(self, "2", convolution(width, width, 3), width);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          y = F.relu(self.bn1(self.conv1(x)), inplace=True)
          y = self.bn2(self.conv2(y))
          y += x if self.downsample is None else self.downsample(x)
          return F.relu(y, inplace=True)
  )py");
  return self;
}

/// A 3x3 convolution between two of 1x1, which make it narrow and wide again.
static nn::Module bottleneck(int64_t in, int64_t width, int64_t out, int64_t stride, int64_t groups) {
  nn::Module self("Bottleneck");
  add_stage(self, "1", convolution(in, width, 1), width);
  add_stage(self, "2", convolution(width, width, 3, stride, groups), width);
  add_stage(self, "3", convolution(width, out, 1), out);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          y = F.relu(self.bn1(self.conv1(x)), inplace=True)
          y = F.relu(self.bn2(self.conv2(y)), inplace=True)
          y = self.bn3(self.conv3(y))
          y += x if self.downsample is None else self.downsample(x)
          return F.relu(y, inplace=True)
  )py");
  return self;
}

/// Four layers of blocks; each but the first halves height and width, and all double the channels.
static nn::Module resnet(const std::string& block, const std::vector<int64_t>& layers, int64_t num_classes,
                         int64_t groups = 1, int64_t width_per_group = 64) {
  if (block != "basic" && block != "bottleneck")
    throw std::invalid_argument("block '" + block + "', expected basic or bottleneck");
  if (layers.size() != 4) throw std::invalid_argument("layers: " + std::to_string(layers.size()) + ", expected 4");
  const bool is_basic = block == "basic";
  if (is_basic && (groups != 1 || width_per_group != 64))
    throw std::invalid_argument("basic blocks have one group, and 64 channels in it");
  nn::Module self("ResNet");
  add_stage(self, "1", convolution(3, 64, 7, 2), 64);
  int64_t channels = 64;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const int64_t planes = int64_t{64} << i;
    const int64_t out = is_basic ? planes : 4 * planes;
    nn::Module layer = nn::Sequential();
    for (int64_t j = 0; j < layers[i]; ++j) {
      const int64_t stride = i > 0 && j == 0 ? 2 : 1;
      nn::Module next = is_basic ? basic_block(channels, planes, stride)
                                 : bottleneck(channels, planes * width_per_group / 64 * groups, out, stride, groups);
      next["downsample"] = scriptc::None;
      if (stride != 1 || channels != out)
        next["downsample"] = nn::Sequential(convolution(channels, out, 1, stride), nn::BatchNorm2d(out));
      layer.append(next);
      channels = out;
    }
    self["layer" + std::to_string(i + 1)] = layer;
  }
  self["fc"] = nn::Linear(channels, num_classes);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          x = F.relu(self.bn1(self.conv1(x)), inplace=True)
          x = F.max_pool2d(x, 3, stride=2, padding=1)
          x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
          return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))
  )py");
  return self;
}

static nn::Module resnet18(int64_t n) { return resnet("basic", {2, 2, 2, 2}, n); }
static nn::Module resnet34(int64_t n) { return resnet("basic", {3, 4, 6, 3}, n); }
static nn::Module resnet50(int64_t n) { return resnet("bottleneck", {3, 4, 6, 3}, n); }
static nn::Module resnet101(int64_t n) { return resnet("bottleneck", {3, 4, 23, 3}, n); }
static nn::Module resnet152(int64_t n) { return resnet("bottleneck", {3, 8, 36, 3}, n); }
static nn::Module resnext50_32x4d(int64_t n) { return resnet("bottleneck", {3, 4, 6, 3}, n, 32, 4); }
static nn::Module resnext101_32x8d(int64_t n) { return resnet("bottleneck", {3, 4, 23, 3}, n, 32, 8); }
static nn::Module resnext101_64x4d(int64_t n) { return resnet("bottleneck", {3, 4, 23, 3}, n, 64, 4); }
static nn::Module wide_resnet50_2(int64_t n) { return resnet("bottleneck", {3, 4, 6, 3}, n, 1, 128); }
static nn::Module wide_resnet101_2(int64_t n) { return resnet("bottleneck", {3, 4, 23, 3}, n, 1, 128); }

SCRIPTC_PLUGIN(m) {
  const char* const image = "float32[N=2,3,H=224%32,W=224%32]";
  m.model("ResNet", &resnet, "block"_a, "layers"_a, "num_classes"_a = 1000, "groups"_a = 1, "width_per_group"_a = 64)
      .input(image)
      .doc("Residual network of any depth: blocks (basic or bottleneck) in each of four layers");
  const auto add = [&m, image](const char* name, nn::Module (*builder)(int64_t), const char* doc) {
    m.model(name, builder, "num_classes"_a = 1000).input(image).doc(doc);
  };
  add("ResNet18", &resnet18, "Residual network of 18 layers");
  add("ResNet34", &resnet34, "Residual network of 34 layers");
  add("ResNet50", &resnet50, "Residual network of 50 layers");
  add("ResNet101", &resnet101, "Residual network of 101 layers");
  add("ResNet152", &resnet152, "Residual network of 152 layers");
  add("ResNeXt50_32x4d", &resnext50_32x4d, "ResNet50 with 32 groups");
  add("ResNeXt101_32x8d", &resnext101_32x8d, "ResNet101 with 32 groups, twice as wide");
  add("ResNeXt101_64x4d", &resnext101_64x4d, "ResNet101 with 64 groups");
  add("WideResNet50_2", &wide_resnet50_2, "ResNet50, twice as wide");
  add("WideResNet101_2", &wide_resnet101_2, "ResNet101, twice as wide");
}
