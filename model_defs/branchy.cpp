#include <scriptc/plugin.h>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// Control flow that depends on the data, which a trace would freeze: it halves its state until that is small, takes
// one of two branches by its sign, and returns the number of rounds beside the result.
static nn::Module branchy(int64_t features, double limit, int64_t max_rounds) {
  nn::Module self("Branchy");
  self["rise"] = nn::Linear(features, features);
  self["fall"] = nn::Linear(features, features);
  self["limit"] = limit;
  self["max_rounds"] = max_rounds;
  self.def(R"py(
      def forward(self, x: Tensor, bias: Optional[Tensor] = None) -> Tuple[Tensor, int]:
          if bias is not None:
              x = x + bias
          rounds = 0
          while bool(x.abs().max() > self.limit) and rounds < self.max_rounds:
              x = x * 0.5
              rounds += 1
          if bool(x.sum() > 0):
              y = torch.relu(self.rise(x))
          else:
              y = torch.tanh(self.fall(x))
          return y, rounds
  )py");
  self.input("float32[N=2," + std::to_string(features) + "]");
  self.input("none");
  return self;
}

SCRIPTC_PLUGIN(m) {
  m.model("Branchy", &branchy, "features"_a = 8, "limit"_a = 1.0, "max_rounds"_a = 16)
      .input("float32[N=2,8]")
      .input("none")
      .doc("An if and a while that depend on the data, a tuple result, an optional argument");
}
