#include "specialise_fixture.h"

// Lists and dicts that a method makes for itself: kept item by item, until something may share or change them.

namespace scriptc::python {
namespace {

constexpr const char* kLayers = "self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(2)])";

TEST_F(SpecialiseTest, ListsFilledInUnrolledLoops) {
  net(kLayers, R"(self, x
    outs = []
    for layer in self.layers:
        x = layer(x)
        outs.append(x)
    first, *others = outs
    return tuple(outs), outs[::-1], outs[-1], len(outs))");
  EXPECT_EQ(residual(),
            "x = self.layers.0(x)\nouts_0 = x\nx = self.layers.1(x)\nouts_1 = x\n"
            "(first, others) = (outs_0, [outs_1])\n"
            "return ((outs_0, outs_1), [outs_1, outs_0], outs_1, 2)\n");
}

TEST_F(SpecialiseTest, ZippedAndReversedWithModules) {
  net(kLayers, R"(self, x
    skips = [x, x * 2]
    for i, (layer, skip) in reversed(list(enumerate(zip(self.layers, skips)))):
        x = layer(x) + skip * i
    return x)");
  EXPECT_EQ(residual(),
            "skips_0 = x\nskips_1 = x * 2\ni = 1\nskip = skips_1\nx = self.layers.1(x) + skip * i\n"
            "i = 0\nskip = skips_0\nx = self.layers.0(x) + skip * i\nreturn x\n");
}

TEST_F(SpecialiseTest, ListsFilledByIndex) {
  net(kLayers, R"(self, x
    states = [None] * 2
    for i, layer in enumerate(self.layers):
        states[i] = layer(x)
    states[0] += states[1]
    return torch.stack(states))");
  EXPECT_EQ(residual(),
            "i = 0\nstates_0 = self.layers.0(x)\ni = 1\nstates_1 = self.layers.1(x)\n"
            "states_item = states_0\nstates_item op= states_1\nreturn torch.stack([states_item, states_1])\n");
}

TEST_F(SpecialiseTest, ItemsAreTakenAway) {
  net("", R"(self, x
    stack = [x + 1, x + 2, x + 3]
    y = stack.pop() + stack.pop(0)
    stack.insert(0, y)
    stack.extend([x, y])
    stack += (y,)
    return stack)");
  EXPECT_EQ(residual(),
            "stack_0 = x + 1\nstack_1 = x + 2\nstack_2 = x + 3\ny = stack_2 + stack_0\n"
            "return [y, stack_1, x, y, y]\n");
}

TEST_F(SpecialiseTest, DictsByConstantKeys) {
  net(kLayers, R"(self, x
    outs = {'b': x, 'n': 3}
    for name, layer in zip(['a', 'b'], self.layers):
        outs[name] = layer(x)
    return torch.cat([outs[name] for name in sorted(outs) if name != 'n']) * outs['n'], 'a' in outs, outs)");
  EXPECT_EQ(residual(),
            "name = 'a'\nouts_2 = self.layers.0(x)\nname = 'b'\nouts_3 = self.layers.1(x)\n"
            "return (torch.cat([outs_2, outs_3]) * 3, True, {'b': outs_3, 'n': 3, 'a': outs_2})\n");
}

TEST_F(SpecialiseTest, SumsAndTuplesOfLists) {
  net("", R"(self, x
    parts = [x, x + 1]
    shape = (x.size(0),) + (1,) * 2
    return sum(parts), parts + [x], shape)");
  EXPECT_EQ(residual(),
            "parts_1 = x + 1\nshape = (x.size(0), 1, 1)\nreturn (0 + x + parts_1, [x, parts_1, x], shape)\n");
}

TEST_F(SpecialiseTest, AnAliasMakesAVariable) {
  net("", R"(self, x
    outs = [x + 1]
    other = outs
    other.append(x)
    return outs[0], len(outs))");
  EXPECT_EQ(residual(),
            "outs_0 = x + 1\nouts = [outs_0]\nother = outs\nother.append(x)\nreturn (outs[0], len(outs))\n");
}

TEST_F(SpecialiseTest, ACalleeThatChangesItsArgument) {
  define(R"(
      def add(items, x):
          items.append(x)
          return x

      def read(items):
          return items[0]

      class Net(nn.Module):
          def forward(self, x):
              outs = [x + 1]
              y = read(outs)
              outs.append(add(outs, y))
              return tuple(outs)
  )");
  EXPECT_EQ(
      residual(),
      "outs_0 = x + 1\ny = <read_0>(items_0=outs_0)\nouts = [outs_0]\nouts.append(add(outs, y))\nreturn tuple(outs)\n");
}

TEST_F(SpecialiseTest, ALoopThatStaysOneMakesAVariable) {
  net("", R"(self, x
    outs = [x]
    for i in range(x.size(0)):
        outs.append(x[i])
    return outs[0], outs[-1])");
  EXPECT_TRUE(unchanged());
}

TEST_F(SpecialiseTest, BranchesOfOneLengthAreJoined) {
  net("", R"(self, x
    outs = [x, x + 1]
    if x.sum() > 0:
        outs[1] = x + 2
    return tuple(outs))");
  EXPECT_EQ(residual(),
            "outs_1 = x + 1\nif x.sum() > 0:\n  outs_1_1 = x + 2\n  outs_1_2 = outs_1_1\nelse:\n"
            "  outs_1_2 = outs_1\nreturn (x, outs_1_2)\n");
}

TEST_F(SpecialiseTest, BranchesOfOtherLengthsMakeAVariable) {
  net("", R"(self, x
    outs = [x]
    if x.sum() > 0:
        outs.append(x + 2)
    return outs[-1])");
  EXPECT_EQ(residual(),
            "if x.sum() > 0:\n  outs_1 = x + 2\n  outs = [x, outs_1]\nelse:\n  outs = [x]\nreturn outs[-1]\n");
}

TEST_F(SpecialiseTest, JumpsInARound) {
  net(kLayers, R"(self, x
    outs = [x]
    for layer in self.layers:
        if x.sum() > 0:
            continue
        outs.append(layer(x))
    return outs[-1])");
  EXPECT_EQ(residual(),
            "outs = [x]\nfor once in range(1):\n  if x.sum() > 0:\n    break\n  outs.append(self.layers.0(x))\n"
            "for once_1 in range(1):\n  if x.sum() > 0:\n    break\n  outs.append(self.layers.1(x))\n"
            "return outs[-1]\n");
}

TEST_F(SpecialiseTest, WhatIsEvaluatedOnlySometimes) {
  net("", R"(self, x
    outs = [x, x + 1]
    y = outs.pop() if x.sum() > 0 else x
    return outs[-1] + y)");
  EXPECT_EQ(residual(),
            "outs_1 = x + 1\nouts = [x, outs_1]\ny = outs.pop() if x.sum() > 0 else x\nreturn outs[-1] + y\n");
}

TEST_F(SpecialiseTest, DeclaredListsKeepTheirType) {
  net("", R"(self, x
    sizes: List[int] = []
    for i in range(x.dim()):
        sizes.append(x.size(i))
    return sizes[0])");
  EXPECT_TRUE(unchanged());
}

constexpr const char* kEncoder = R"(
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.ReLU()
        def forward(self, x):
            outs = [self.a(x)]
            outs.append(x + 1)
            return outs

    class Decoder(nn.Module):
        def forward(self, features, scale):
            return features[0] * len(features) * scale

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = Encoder()
            self.decoder = Decoder()
)";

TEST_F(SpecialiseTest, ListsGoThroughModulesItemByItem) {
  define(std::string(kEncoder) + R"(
        def forward(self, x):
            return self.decoder(self.encoder(x), x)
  )");
  EXPECT_EQ(residual(),
            "(result_0, result_1) = <forward_0>(x)\n"
            "return <forward_1>(x, features_0=result_0, features_1=result_1)\n");
  EXPECT_EQ(called("forward_1"), "self, scale, *, features_0, features_1:\n  return features_0 * 2 * scale\n");
}

TEST_F(SpecialiseTest, ACallThatComesSecondIsNotMoved) {
  define(std::string(kEncoder) + R"(
        def forward(self, x):
            return (x * 2).add_(1) + self.encoder(x)[-1]
  )");
  EXPECT_TRUE(unchanged());
}

TEST_F(SpecialiseTest, StartsThatAreNoNumbersForLong) {
  net(kLayers, R"(self, x
    total = 0
    last = None
    for layer in self.layers:
        total += layer(x)
        if last is not None:
            x = x + last
        last = x
    return total, last)");
  EXPECT_EQ(residual(),
            "total = 0 + self.layers.0(x)\nlast = x\ntotal op= self.layers.1(x)\n"
            "if last is not None:\n  x = x + last\nlast = x\nreturn (total, last)\n");
}

TEST_F(SpecialiseTest, StartsThatStayNumbers) {
  net("", R"(self, x
    n = 0
    for i in range(x.size(0)):
        n = n + x.size(1)
    return n)");
  EXPECT_TRUE(unchanged());
}

TEST_F(SpecialiseTest, StartsInARoundThatMayEndEarly) {
  net(kLayers, R"(self, x
    n = 0
    for layer in self.layers:
        if x.sum() > 0:
            continue
        n = n + x.size(0)
        x = layer(x)
    return n)");
  EXPECT_EQ(residual(),
            "n = 0\nfor once in range(1):\n  if x.sum() > 0:\n    break\n  n = n + x.size(0)\n"
            "  x = self.layers.0(x)\nfor once_1 in range(1):\n  if x.sum() > 0:\n    break\n"
            "  n = n + x.size(0)\n  x = self.layers.1(x)\nreturn n\n");
}

TEST_F(SpecialiseTest, AsManyItemsAsThereAreTargets) {
  net("", R"(self, x
    q, k = map(lambda t: t * 2, x.chunk(2))
    return q + k)");
  EXPECT_EQ(residual(),
            "(item_0, item_1) = x.chunk(2)\n(q, k) = (<lambda_0>(item_0), <lambda_0>(item_1))\nreturn q + k\n");
}

TEST_F(SpecialiseTest, AttributesThatAListOnlyCountsStayConstant) {
  net("self.n = 2\nself.items = [1, 2]\n" + std::string(kLayers), R"(self, x
    outs = [None] * self.n
    for i, layer in enumerate(self.layers):
        outs[i] = layer(x)
    return torch.cat(outs))");
  EXPECT_EQ(residual(),
            "i = 0\nouts_0 = self.layers.0(x)\ni = 1\nouts_1 = self.layers.1(x)\nreturn torch.cat([outs_0, outs_1])\n");
}

TEST_F(SpecialiseTest, ContainersThatAVariableHoldsAreNone) {
  net("self.items = [1, 2]", R"(self, x
    held = [self.items]
    held[0].append(3)
    return x * len(self.items))");
  EXPECT_EQ(residual(), "held_0 = self.items\nheld_0.append(3)\nreturn x * len(self.items)\n");
}

TEST_F(SpecialiseTest, NamesBoundInTheLastRoundOnly) {
  net("", R"(self, x
    for i in range(2):
        if i == 1:
            y = x * i
        else:
            x = x + i
    return y)");
  EXPECT_EQ(residual(), "i = 0\nx = x + i\ni = 1\ny = x * i\nreturn y\n");
}

}  // namespace
}  // namespace scriptc::python
