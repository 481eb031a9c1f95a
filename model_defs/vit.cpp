#include <scriptc/plugin.h>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// The vision transformers of Dosovitskiy et al. 2020 with the names of torchvision's state dicts. `legacy_names`: older
// ones, which the published weights have, and which torchvision translates when it loads them.

struct Sizes {
  int64_t patch, layers, heads, width, mlp_width;
};

/// Attention and a two-layer perceptron, each behind a normalisation and beside a shortcut.
static nn::Module encoder_block(const Sizes& sizes, bool legacy_names) {
  nn::Module mlp = nn::Sequential();
  mlp[legacy_names ? "linear_1" : "0"] = nn::Linear(sizes.width, sizes.mlp_width);
  mlp["1"] = nn::GELU();
  mlp[legacy_names ? "linear_2" : "3"] = nn::Linear(sizes.mlp_width, sizes.width);

  nn::Module self("EncoderBlock");
  self["ln_1"] = nn::LayerNorm(sizes.width, "eps"_a = 1e-6);
  self["self_attention"] = nn::MultiheadAttention(sizes.width, sizes.heads, "batch_first"_a = true);
  self["ln_2"] = nn::LayerNorm(sizes.width, "eps"_a = 1e-6);
  self["mlp"] = mlp;
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          y = self.ln_1(x)
          x = x + self.self_attention(y, y, y, need_weights=False)[0]
          return x + self.mlp(self.ln_2(x))
  )py");
  return self;
}

static nn::Module encoder(int64_t positions, const Sizes& sizes, bool legacy_names) {
  nn::Module blocks = nn::Sequential();
  for (int64_t i = 0; i < sizes.layers; ++i)
    blocks["encoder_layer_" + std::to_string(i)] = encoder_block(sizes, legacy_names);

  nn::Module self("Encoder");
  self.parameter("pos_embedding", nn::call("torch.randn", 1, positions, sizes.width));
  self["layers"] = blocks;
  self["ln"] = nn::LayerNorm(sizes.width, "eps"_a = 1e-6);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          return self.ln(self.layers(x + self.pos_embedding))
  )py");
  return self;
}

/// Cuts the image into patches, each a vector; what the encoder makes of one more, the class token, tells the class.
static nn::Module vision_transformer(const Sizes& sizes, int64_t image_size, int64_t num_classes, bool legacy_names) {
  const int64_t patches = image_size / sizes.patch;
  nn::Module self("VisionTransformer");
  self.parameter("class_token", {1, 1, sizes.width});
  self["conv_proj"] = nn::Conv2d(3, sizes.width, sizes.patch, sizes.patch);
  self["encoder"] = encoder(patches * patches + 1, sizes, legacy_names);
  nn::Module heads = nn::Sequential();
  heads["head"] = nn::Linear(sizes.width, num_classes);
  self["heads"] = heads;
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          x = self.conv_proj(x).flatten(2).transpose(1, 2)
          x = torch.cat([self.class_token.expand(x.size(0), -1, -1), x], dim=1)
          return self.heads(self.encoder(x)[:, 0])
  )py");
  const std::string size = std::to_string(image_size);
  self.input("float32[N=2,3," + size + "," + size + "]");
  return self;
}

static nn::Module vit(int64_t patch_size, int64_t num_layers, int64_t num_heads, int64_t hidden_dim, int64_t mlp_dim,
                      int64_t image_size, int64_t num_classes, bool legacy_names) {
  const Sizes sizes{patch_size, num_layers, num_heads, hidden_dim, mlp_dim};
  return vision_transformer(sizes, image_size, num_classes, legacy_names);
}
static nn::Module vit_b_16(int64_t image_size, int64_t num_classes, bool legacy_names) {
  return vit(16, 12, 12, 768, 3072, image_size, num_classes, legacy_names);
}
static nn::Module vit_b_32(int64_t image_size, int64_t num_classes, bool legacy_names) {
  return vit(32, 12, 12, 768, 3072, image_size, num_classes, legacy_names);
}
static nn::Module vit_l_16(int64_t image_size, int64_t num_classes, bool legacy_names) {
  return vit(16, 24, 16, 1024, 4096, image_size, num_classes, legacy_names);
}
static nn::Module vit_l_32(int64_t image_size, int64_t num_classes, bool legacy_names) {
  return vit(32, 24, 16, 1024, 4096, image_size, num_classes, legacy_names);
}

SCRIPTC_PLUGIN(m) {
  m.model("ViT", &vit, "patch_size"_a, "num_layers"_a, "num_heads"_a, "hidden_dim"_a, "mlp_dim"_a, "image_size"_a = 224,
          "num_classes"_a = 1000, "legacy_names"_a = false)
      .doc("Vision transformer of any size");
  const auto add = [&m](const char* name, nn::Module (*builder)(int64_t, int64_t, bool), const char* doc) {
    m.model(name, builder, "image_size"_a = 224, "num_classes"_a = 1000, "legacy_names"_a = false)
        .input("float32[N=2,3,224,224]")
        .doc(doc);
  };
  add("ViT_B_16", &vit_b_16, "Vision transformer of 12 layers, for patches of 16x16");
  add("ViT_B_32", &vit_b_32, "Vision transformer of 12 layers, for patches of 32x32");
  add("ViT_L_16", &vit_l_16, "Vision transformer of 24 layers, for patches of 16x16");
  add("ViT_L_32", &vit_l_32, "Vision transformer of 24 layers, for patches of 32x32");
}
