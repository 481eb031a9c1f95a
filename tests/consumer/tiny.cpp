#include <scriptc/plugin.h>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

static nn::Module tiny(int64_t width) {
  nn::Module self("Tiny");
  self["fc"] = nn::Linear(4, width);
  self.def(R"py(
      def forward(self, x: Tensor) -> Tensor:
          return torch.relu(self.fc(x))
  )py");
  return self;
}

SCRIPTC_PLUGIN(m) { m.model("Tiny", &tiny, "width"_a = 3).input("float32[N=2,4]").doc("One layer"); }
