#include "specialise_fixture.h"

// Loops and comprehensions over what is known.

namespace scriptc::python {
namespace {

constexpr const char* kLayers = "self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])";

TEST_F(SpecialiseTest, LoopsOverModulesAreUnrolled) {
  net(kLayers, R"(self, x
    for layer in self.layers:
        x = layer(x)
    return x)");
  EXPECT_EQ(residual(), "x = self.layers.0(x)\nx = self.layers.1(x)\nx = self.layers.2(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, IndexingByTheLoopVariable) {
  net(kLayers, R"(self, x
    for i in range(len(self.layers)):
        x = self.layers[i](x) * i
    return x)");
  EXPECT_EQ(residual(),
            "i = 0\nx = self.layers.0(x) * i\ni = 1\nx = self.layers.1(x) * i\ni = 2\nx = self.layers.2(x) * i\n"
            "return x\n");
}

TEST_F(SpecialiseTest, WhileThatIndexesModules) {
  net(kLayers, R"(self, x
    i = 0
    while i < 2:
        x = self.layers[i](x)
        i += 1
    return x)");
  EXPECT_EQ(residual(), "i = 0\nx = self.layers.0(x)\ni = 1\nx = self.layers.1(x)\ni = 2\nreturn x\n");
}

TEST_F(SpecialiseTest, WhileTrueWithAConstantBreak) {
  net("self.n = 2", R"(self, x
    i = 0
    while True:
        i += 1
        x = x + i
        if i == self.n:
            break
    return x)");
  EXPECT_EQ(residual(), "i = 0\ni = 1\nx = x + i\ni = 2\nx = x + i\nreturn x\n");
}

TEST_F(SpecialiseTest, ReversedEnumeratedZippedAndSliced) {
  net(kLayers, R"(self, x
    for i, layer in enumerate(reversed(self.layers)):
        x = layer(x) + i
    for a, b in zip(self.layers[:1], [10, 20]):
        x = a(x) * b
    return x)");
  EXPECT_EQ(residual(),
            "i = 0\nx = self.layers.2(x) + i\ni = 1\nx = self.layers.1(x) + i\ni = 2\nx = self.layers.0(x) + i\n"
            "b = 10\nx = self.layers.0(x) * b\nreturn x\n");
}

TEST_F(SpecialiseTest, PlainListsAndDictsOfModules) {
  net("self.a = nn.ReLU()\nself.b = nn.Tanh()\nself.order = [self.b, self.a]\nself.named = {'p': self.a}", R"(self, x
    for layer in self.order:
        x = layer(x)
    for name, layer in self.named.items():
        x = layer(x)
    return self.named['p'](x))");
  EXPECT_EQ(residual(), "x = self.b(x)\nx = self.a(x)\nname = 'p'\nx = self.a(x)\nreturn self.a(x)\n");
}

TEST_F(SpecialiseTest, ModuleDictByName) {
  net("self.heads = nn.ModuleDict({'a': nn.ReLU(), 'b': nn.Tanh()})\nself.names = ['b', 'a']", R"(self, x
    for name in self.names:
        x = self.heads[name](x)
    return x)");
  EXPECT_EQ(residual(), "name = 'b'\nx = self.heads.b(x)\nname = 'a'\nx = self.heads.a(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, GetattrByFormattedName) {
  net("self.conv1 = nn.ReLU()\nself.conv2 = nn.Tanh()", R"(self, x
    for i in range(1, 3):
        x = getattr(self, f'conv{i}')(x)
    return x)");
  EXPECT_EQ(residual(), "i = 1\nx = self.conv1(x)\ni = 2\nx = self.conv2(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, BreakAndContinueOnConstants) {
  net(kLayers, R"(self, x
    for i, layer in enumerate(self.layers):
        if i == 0:
            continue
        x = layer(x)
        if i == 1:
            break
    return x)");
  EXPECT_EQ(residual(), "i = 0\ni = 1\nx = self.layers.1(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, ContinueOnADynamicTest) {
  net(kLayers, R"(self, x
    for layer in self.layers[:2]:
        if x.sum() > 0:
            continue
        x = layer(x)
    return x)");
  EXPECT_EQ(residual(),
            "for once in range(1):\n  if x.sum() > 0:\n    break\n  x = self.layers.0(x)\n"
            "for once_1 in range(1):\n  if x.sum() > 0:\n    break\n  x = self.layers.1(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, BreakOnADynamicTest) {
  net(kLayers, R"(self, x
    for layer in self.layers[:2]:
        x = layer(x)
        if x.sum() > 0:
            break
    else:
        x = -x
    return x)");
  EXPECT_EQ(residual(),
            "stopped = False\nfor once in range(1):\n  x = self.layers.0(x)\n  if x.sum() > 0:\n    stopped = True\n"
            "    break\nif not stopped:\n  stopped_1 = False\n  for once_1 in range(1):\n    x = self.layers.1(x)\n"
            "    if x.sum() > 0:\n      stopped_1 = True\n      break\n  if not stopped_1:\n    x = -x\nreturn x\n");
}

TEST_F(SpecialiseTest, FactsDoNotSurviveAJumpThatMayHappen) {
  net(kLayers, R"(self, x
    found = False
    for layer in self.layers[:1]:
        if x.sum() > 0:
            found = True
            break
        x = layer(x)
    if found:
        x = x + 1
    return x)");
  EXPECT_EQ(residual(),
            "found = False\nstopped = False\nfor once in range(1):\n  if x.sum() > 0:\n    found = True\n"
            "    stopped = True\n    break\n  x = self.layers.0(x)\nif found:\n  x = x + 1\nreturn x\n");
}

TEST_F(SpecialiseTest, FactsDoNotSurviveALoopThatAssigns) {
  net("self.n = 0", R"(self, x
    n = self.n
    for i in range(x.size(0)):
        if n == 0:
            x = x + 1
        n = n + 1
    if n == 0:
        x = x + 2
    return x)");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, ElseOfALoopWithoutBreak) {
  net("", R"(self, x
    for i in range(x.size(0)):
        x = x + i
    else:
        x = x * 2
    return x)");
  EXPECT_EQ(residual(), "for i in range(x.size(0)):\n  x = x + i\nx = x * 2\nreturn x\n");
}

TEST_F(SpecialiseTest, ElseOfALoopWithBreak) {
  net("", R"(self, x
    for i in range(x.size(0)):
        if i > 3:
            break
    else:
        x = x * 2
    return x)");
  EXPECT_EQ(residual(),
            "stopped = False\nfor i in range(x.size(0)):\n  if i > 3:\n    stopped = True\n    break\n"
            "if not stopped:\n  x = x * 2\nreturn x\n");
}

TEST_F(SpecialiseTest, ADisplayIsComputedBeforeTheFirstIteration) {
  net("self.a = nn.ReLU()", R"(self, x
    for y in (torch.rand(1), self.a(x)):
        x = x + y
    return x)");
  EXPECT_EQ(residual(),
            "item = torch.rand(1)\nitem_1 = self.a(x)\ny = item\nx = x + y\ny = item_1\nx = x + y\nreturn x\n");
}

TEST_F(SpecialiseTest, ComprehensionsOverModules) {
  net(kLayers, R"(self, x
    ys = [layer(x) for layer in self.layers if layer.in_features == 2]
    return torch.cat(ys))");
  EXPECT_EQ(residual(), "ys = [self.layers.0(x), self.layers.1(x), self.layers.2(x)]\nreturn torch.cat(ys)\n");
}

TEST_F(SpecialiseTest, SumsOfGenerators) {
  net(kLayers, R"(self, x
    return sum(layer(x) for layer in self.layers))");
  EXPECT_EQ(residual(), "return 0 + self.layers.0(x) + self.layers.1(x) + self.layers.2(x)\n");
}

TEST_F(SpecialiseTest, NestedComprehensionsWithVariables) {
  net("self.sizes = [1, 2]", R"(self, x
    ys = [a * s for a in (x, x) for s in self.sizes if s > 1]
    return ys)");
  EXPECT_EQ(residual(), "ys = [x * 2, x * 2]\nreturn ys\n");
}

TEST_F(SpecialiseTest, AGeneratorThatIsReadLaterStays) {
  net(kLayers, R"(self, x
    ys = (layer(x) for layer in self.layers)
    x = x + 1
    return list(ys))");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, TargetsOfComprehensionsAreTheirOwn) {
  net(kLayers, R"(self, x
    i = 7
    ys = [self.layers[i](x) for i in range(2)]
    return ys[0] * i if i == 7 else x)");
  EXPECT_EQ(residual(), "i = 7\nys_0 = self.layers.0(x)\nys_1 = self.layers.1(x)\nreturn ys_0 * i\n");
}

TEST_F(SpecialiseTest, AnIteratorIsReadOnce) {
  net(kLayers, R"(self, x
    pairs = zip(self.layers, self.layers)
    for a, b in pairs:
        x = a(x)
    for a, b in pairs:
        x = b(x)
    return x)");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, LocalListsOfModules) {
  net("self.a = nn.ReLU()\nself.b = nn.Tanh()", R"(self, x
    stages = [('a', self.a), ('b', self.b)]
    for name, stage in stages:
        x = stage(x)
    return x)");
  EXPECT_EQ(residual(), "name = 'a'\nx = self.a(x)\nname = 'b'\nx = self.b(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, ALocalListThatIsPassedOnIsNoConstant) {
  define(R"(
    def grow(items):
        items.append(1)
    class Net(nn.Module):
        def forward(self, x):
            items = [1]
            grow(items)
            return x if len(items) == 1 else x + 1
  )");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, MapOverModules) {
  net("self.a = nn.ReLU()\nself.b = nn.Tanh()", R"(self, x
    y, z = map(self.a, (x, x))
    return torch.cat(list(map(self.b, [y, z]))))");
  EXPECT_EQ(residual(), "(y, z) = (self.a(x), self.a(x))\nreturn torch.cat([self.b(y), self.b(z)])\n");
}

TEST_F(SpecialiseTest, SwappedVariablesInAnUnrolledLoop) {
  net("self.a = nn.ReLU()", R"(self, x
    y = x + 1
    for x, y, f in ((y, x, self.a),):
        x = f(x)
    return x - y)");
  EXPECT_EQ(residual(), "y = x + 1\n(x, y) = (y, x)\nx = self.a(x)\nreturn x - y\n");
}

}  // namespace
}  // namespace scriptc::python
