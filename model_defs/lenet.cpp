#include <scriptc/plugin.h>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// LeNet-5 (LeCun et al. 1998) with ReLU and max pooling, for the 8x8 digits that scikit-learn ships. They are scaled
// inside the model, so every program that runs it does the same.
static nn::Module lenet(int64_t num_classes) {
  nn::Module self("LeNet");
  self["conv1"] = nn::Conv2d(1, 6, 5, "padding"_a = 2);
  self["conv2"] = nn::Conv2d(6, 16, 5);
  self["fc1"] = nn::Linear(16 * 5 * 5, 120);
  self["fc2"] = nn::Linear(120, 84);
  self["fc3"] = nn::Linear(84, num_classes);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          x = F.interpolate(x, size=[28, 28], mode='bilinear', align_corners=False)
          x = F.max_pool2d(F.relu(self.conv1(x)), 2)
          x = F.max_pool2d(F.relu(self.conv2(x)), 2)
          x = F.relu(self.fc1(torch.flatten(x, 1)))
          return self.fc3(F.relu(self.fc2(x)))
  )py");
  return self;
}

SCRIPTC_PLUGIN(m) {
  m.model("LeNet", &lenet, "num_classes"_a = 10)
      .input("float32[N=2,1,8,8]:0..1")
      .doc("LeNet for 8x8 grey images of digits, values 0 to 1");
}
