#include <scriptc/plugin.h>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// A small image tagger: `depth` convolutions with a residual each, then one probability for each tag.

static nn::Module block(int64_t channels) {
  nn::Module self("Block");
  self["conv"] = nn::Conv2d(channels, channels, {3, 3}, "padding"_a = 1, "bias"_a = false);
  self["norm"] = nn::BatchNorm2d(channels);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          return x + F.relu(self.norm(self.conv(x)))
  )py");
  return self;
}

static nn::Module tagger(const std::vector<std::string>& tags, int64_t channels, int64_t depth,
                         std::optional<double> threshold) {
  nn::Module self("Tagger");
  self["stem"] = nn::Conv2d(3, channels, 3, "stride"_a = 2, "padding"_a = 1);
  nn::Module blocks = nn::Sequential();
  for (int64_t i = 0; i < depth; ++i) blocks.append(block(channels));
  self["blocks"] = blocks;
  self["head"] = nn::Linear(channels, tags.size());
  self["threshold"] = threshold;
  self.buffer("mean", nn::call("torch.full", {1, 3, 1, 1}, 0.5));
  self.def(R"py(
      def forward(self, image: Tensor) -> Tensor:
          x = self.blocks(self.stem(image - self.mean))
          scores = torch.sigmoid(self.head(pooled(x)))
          if self.threshold is not None:
              scores = (scores > self.threshold).to(torch.float32)
          return scores
  )py");
  return self;
}

SCRIPTC_PLUGIN(m) {
  m.functions(R"py(
      def pooled(x: Tensor) -> Tensor:
          return x.mean([2, 3])
  )py");
  m.model("Tagger", &tagger, "tags"_a, "channels"_a = 16, "depth"_a = 2, "threshold"_a = scriptc::None)
      .input("float32[N=2,3,H=32%2,W=32%2]")
      .doc("Tags an RGB image, values 0 to 1");
}
