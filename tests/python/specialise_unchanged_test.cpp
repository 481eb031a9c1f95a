#include "specialise_fixture.h"

// Methods without anything to specialise come back as they are.

namespace scriptc::python {
namespace {

class Unchanged : public SpecialiseTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static std::string body() {
    std::string text = "self, x\n    ";
    for (const char c : std::string(GetParam())) text += c == '\n' ? "\n    " : std::string(1, c);
    return text;
  }
};

TEST_P(Unchanged, ComesBackAsItIs) {
  net("self.fc = nn.Linear(2, 2)\nself.n = 2\nself.p = nn.Parameter(torch.ones(2))\n"
      "self.layers = nn.ModuleList([nn.Linear(2, 2)])\nself.sizes = [1, 2]",
      body());
  EXPECT_TRUE(unchanged()) << residual();
}

INSTANTIATE_TEST_SUITE_P(
    Methods, Unchanged,
    ::testing::Values("return x", "return self.fc(x)", "x = F.relu(self.fc(x))\nreturn x", "return x * self.n",
                      "return x + self.p", "return x.view(-1, self.n)", "for i in range(3):\n    x = x + i\nreturn x",
                      "for s in self.sizes:\n    x = x * s\nreturn x", "while x.sum() < 3:\n    x = x + 1\nreturn x",
                      "n = 0\nfor i in range(x.size(0)):\n    if n == 0:\n        n += 1\nreturn n",
                      "outs = []\nfor i in range(2):\n    outs.append(x)\nreturn torch.stack(outs)",
                      "a, b = x.chunk(2)\na, b = b, a\nreturn a - b", "y = [x * i for i in range(3)]\nreturn y",
                      "n = x.size(0)\nif n > 2:\n    return x\nelse:\n    return -x", "x[0, :2] = self.n\nreturn x",
                      "if x.dim() == 2 and x.size(1) > self.n:\n    x = x[0]\nreturn x", "y = {'a': x}\nreturn y",
                      "l = [1, 2]\nm = l\nm.append(3)\nreturn len(l)", "t = (x, 1)\nreturn t[0]", "del x\nreturn 1",
                      "with torch.no_grad():\n    x = self.fc(x)\nreturn x", "return x if x.sum() > 0 else -x"));

}  // namespace
}  // namespace scriptc::python
