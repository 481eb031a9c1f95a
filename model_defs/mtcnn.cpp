#include <scriptc/plugin.h>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// The three networks of MTCNN, the cascade of Zhang et al. 2016 that finds faces, with the names of facenet-pytorch's
// state dicts. All return offsets of boxes first and probabilities (no face, face) last; ONet has ten coordinates of
// landmarks between them.

/// A convolution and its PReLU, as `conv<stage>` and `prelu<stage>`.
static void add_convolution(nn::Module& self, const std::string& stage, int64_t in, int64_t out, int64_t kernel) {
  self["conv" + stage] = nn::Conv2d(in, out, kernel);
  self["prelu" + stage] = nn::PReLU(out);
}

/// A linear layer and its PReLU, as `dense<stage>` and `prelu<stage>`.
static void add_dense(nn::Module& self, const std::string& stage, int64_t in, int64_t out) {
  self["dense" + stage] = nn::Linear(in, out);
  self["prelu" + stage] = nn::PReLU(out);
}

static nn::Module max_pool(int64_t kernel) { return nn::MaxPool2d(kernel, 2, "ceil_mode"_a = true); }

// Proposals: fully convolutional, so it scans an image of any size from 12x12 on.
static nn::Module pnet() {
  nn::Module self("PNet");
  add_convolution(self, "1", 3, 10, 3);
  self["pool1"] = max_pool(2);
  add_convolution(self, "2", 10, 16, 3);
  add_convolution(self, "3", 16, 32, 3);
  self["conv4_1"] = nn::Conv2d(32, 2, 1);
  self["conv4_2"] = nn::Conv2d(32, 4, 1);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
          x = self.pool1(self.prelu1(self.conv1(x)))
          x = self.prelu2(self.conv2(x))
          x = self.prelu3(self.conv3(x))
          return self.conv4_2(x), F.softmax(self.conv4_1(x), dim=1)
  )py");
  return self;
}

// The trained weights were made where height and width stand the other way round: hence the permutation.
static const char* const kFlattened = R"py(
    def flattened(self, x: Tensor) -> Tensor:
        return torch.flatten(x.permute(0, 3, 2, 1), 1)
)py";

// Refines the boxes of proposals, cut out and scaled to 24x24.
static nn::Module rnet() {
  nn::Module self("RNet");
  add_convolution(self, "1", 3, 28, 3);
  self["pool1"] = max_pool(3);
  add_convolution(self, "2", 28, 48, 3);
  self["pool2"] = max_pool(3);
  add_convolution(self, "3", 48, 64, 2);
  add_dense(self, "4", 3 * 3 * 64, 128);
  self["dense5_1"] = nn::Linear(128, 2);
  self["dense5_2"] = nn::Linear(128, 4);
  self.def(kFlattened);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
          x = self.pool1(self.prelu1(self.conv1(x)))
          x = self.pool2(self.prelu2(self.conv2(x)))
          x = self.prelu3(self.conv3(x))
          x = self.prelu4(self.dense4(self.flattened(x)))
          return self.dense5_2(x), F.softmax(self.dense5_1(x), dim=1)
  )py");
  return self;
}

// The last word on boxes, and the landmarks, at 48x48.
static nn::Module onet() {
  nn::Module self("ONet");
  add_convolution(self, "1", 3, 32, 3);
  self["pool1"] = max_pool(3);
  add_convolution(self, "2", 32, 64, 3);
  self["pool2"] = max_pool(3);
  add_convolution(self, "3", 64, 64, 3);
  self["pool3"] = max_pool(2);
  add_convolution(self, "4", 64, 128, 2);
  add_dense(self, "5", 3 * 3 * 128, 256);
  self["dense6_1"] = nn::Linear(256, 2);
  self["dense6_2"] = nn::Linear(256, 4);
  self["dense6_3"] = nn::Linear(256, 10);
  self.def(kFlattened);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
          x = self.pool1(self.prelu1(self.conv1(x)))
          x = self.pool2(self.prelu2(self.conv2(x)))
          x = self.pool3(self.prelu3(self.conv3(x)))
          x = self.prelu4(self.conv4(x))
          x = self.prelu5(self.dense5(self.flattened(x)))
          return self.dense6_2(x), self.dense6_3(x), F.softmax(self.dense6_1(x), dim=1)
  )py");
  return self;
}

SCRIPTC_PLUGIN(m) {
  m.model("PNet", &pnet)
      .input("float32[N=2,3,H=12,W=12]")
      .doc("MTCNN's proposals, for images of any size from 12x12 on");
  m.model("RNet", &rnet).input("float32[N=2,3,24,24]").doc("MTCNN's refinement of 24x24 proposals");
  m.model("ONet", &onet).input("float32[N=2,3,48,48]").doc("MTCNN's boxes and landmarks of 48x48 proposals");
}
