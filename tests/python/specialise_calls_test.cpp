#include "specialise_fixture.h"

// Calls: variable arguments, functions that get constants, lambdas, closures, partials.

namespace scriptc::python {
namespace {

TEST_F(SpecialiseTest, StarOfAKnownTuple) {
  net("self.size = (2, 3)\nself.opts = {'mode': 'nearest'}", R"(self, x
    x = x.view(*self.size, -1)
    return F.interpolate(x, scale_factor=2.0, **self.opts))");
  EXPECT_EQ(residual(), "x = x.view(2, 3, -1)\nreturn F.interpolate(x, scale_factor=2.0, mode='nearest')\n");
}

TEST_F(SpecialiseTest, LocalDictsOfOptions) {
  net("", R"(self, x
    opts = dict(dim=1, keepdim=True)
    more = {'dim': 0}
    return x.sum(**opts) + x.mean(**more))");
  EXPECT_EQ(residual(), "return x.sum(dim=1, keepdim=True) + x.mean(dim=0)\n");
}

TEST_F(SpecialiseTest, AMethodWithVariableArguments) {
  net("", R"(self, x
    return self.add(x, x + 1, scale=x)

def add(self, *args, **kwargs):
    y = args[0]
    for a in args[1:]:
        y = y + a
    if 'scale' in kwargs and len(args) == 2 and args:
        y = y * kwargs['scale']
    return y * kwargs.get('bias', 1))");
  EXPECT_EQ(residual(), "return <add_0>(args_0=x, args_1=x + 1, kwargs_scale=x)\n");
  EXPECT_EQ(called("add"),
            "self, *, args_0, args_1, kwargs_scale:\n  y = args_0\n  a = args_1\n  y = y + a\n"
            "  y = y * kwargs_scale\n  return y * 1\n");
}

TEST_F(SpecialiseTest, ArgumentsKeepTheirOrder) {
  net("", R"(self, x
    return self.add(torch.rand(1), True, torch.rand(2), b=torch.rand(3), a=torch.rand(4))

def add(self, x, flag, *args, a, **kwargs):
    if flag:
        return x + a
    return x)");
  EXPECT_EQ(residual(),
            "return <add_0>(torch.rand(1), args_0=torch.rand(2), kwargs_b=torch.rand(3), a=torch.rand(4))\n");
}

TEST_F(SpecialiseTest, GeneratedParametersDoNotClash) {
  net("", R"(self, x
    return self.add(x)

def add(self, *args):
    args_0 = 1
    return args[0] + args_0)");
  residual();
  EXPECT_EQ(called("add"), "self, *, args_0_1:\n  args_0 = 1\n  return args_0_1 + args_0\n");
}

TEST_F(SpecialiseTest, DefaultsOfWhatIsLeft) {
  net("", R"(self, x
    return self.add(x, flag=True)

def add(self, x, scale=2.0, flag=False, *, bias=1):
    if flag:
        x = x + bias
    return x * scale)");
  residual();
  EXPECT_EQ(called("add"), "self, x, scale=2.0, *, bias=1:\n  x = x + bias\n  return x * scale\n");
}

TEST_F(SpecialiseTest, PoppedKeywords) {
  net("", R"(self, x
    return self.add(x, a=x, b=True)

def add(self, x, **kwargs):
    flag = kwargs.pop('b', False)
    if flag:
        x = x + 1
    for key, value in kwargs.items():
        x = x + value
    return self.last(x, **kwargs)

def last(self, x, a):
    return x + a)");
  residual();
  EXPECT_EQ(called("add"),
            "self, x, *, kwargs_a:\n  flag = True\n  x = x + 1\n"
            "  (key, value) = ('a', kwargs_a)\n  x = x + value\n  return self.last(x, a=kwargs_a)\n");
}

TEST_F(SpecialiseTest, FlagsSpecialiseTheCallee) {
  net("", R"(self, x
    return self.run(x, True) + self.run(x, flag=False) + self.run(x)

def run(self, x, flag=False):
    if flag:
        return x, x
    return x)");
  EXPECT_EQ(residual(), "return <run_0>(x) + <run_1>(x) + <run_1>(x)\n");
}

TEST_F(SpecialiseTest, ConstantsArePassedOnThroughSeveralCalls) {
  net("", R"(self, x
    return self.outer(x, 'b')

def outer(self, x, mode):
    return self.inner(x, mode)

def inner(self, x, mode):
    return x.odd() if mode == 'a' else x + 1)");
  residual();
  EXPECT_EQ(called("inner"), "self, x:\n  return x + 1\n");
}

TEST_F(SpecialiseTest, LambdasOnModules) {
  net("self.act = lambda t: torch.tanh(t) * 2", R"(self, x
    return self.act(x))");
  EXPECT_EQ(residual(), "return <lambda_0>(x)\n");
}

TEST_F(SpecialiseTest, ClosuresKeepWhatTheyCapture) {
  define(R"(
    def scaled(factor):
        def apply(x):
            return x * factor
        return apply
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = scaled(2.0)
            self.b = scaled(3.0)
        def forward(self, x):
            return self.a(x) + self.b(x)
  )");
  EXPECT_EQ(residual(), "return <apply_0>(x) + <apply_1>(x)\n");
  EXPECT_EQ(called("apply"), "self, x:\n  return x * 2.0\n");
}

TEST_F(SpecialiseTest, Partials) {
  define(R"(
    from functools import partial
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = partial(F.max_pool2d, kernel_size=2, stride=1)
        def forward(self, x):
            return self.pool(x, stride=2)
  )");
  EXPECT_EQ(residual(), "return <max_pool2d_0>(x, kernel_size=2, stride=2)\n");
}

TEST_F(SpecialiseTest, NestedDefThatCapturesVariables) {
  net("self.fc = nn.Linear(2, 2)", R"(self, x
    scale = x.sum()
    n = 3
    def step(t):
        return self.fc(t) * scale + n
    n = 4
    return step(x) + step(x + 1))");
  EXPECT_EQ(residual(),
            "scale = x.sum()\nn = 3\nn = 4\nreturn <step_0>(x, scale=scale) + <step_0>(x + 1, scale=scale)\n");
  EXPECT_EQ(called("step"), "self_1, t, *, scale:\n  return self_1.fc(t) * scale + 4\n");
}

TEST_F(SpecialiseTest, LambdaThatCapturesOnlyConstants) {
  net("self.fc = nn.Linear(2, 2)\nself.n = 2", R"(self, x
    n = self.n
    f = lambda t: self.fc(t) * n
    return self.twice(f, x)

def twice(self, f, x):
    return f(f(x)))");
  residual();
  EXPECT_EQ(called("lambda"), "self_1, t:\n  return self_1.fc(t) * 2\n");
}

TEST_F(SpecialiseTest, FunctionsAsArguments) {
  define(R"(
    def run(layers, x, act):
        for layer in layers:
            x = act(layer(x))
        return x
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
        def forward(self, x):
            return run(self.layers, x, F.relu)
  )");
  residual();
  EXPECT_EQ(called("run"), "self, x:\n  x = <relu>(self.layers.0(x))\n  x = <relu>(self.layers.1(x))\n  return x\n");
}

TEST_F(SpecialiseTest, FunctionsThatChooseByName) {
  define(R"(
    def activation(name):
        if name == 'relu':
            return F.relu
        raise ValueError(name)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.name = 'relu'
        def forward(self, x):
            act = activation(self.name)
            return act(x)
  )");
  EXPECT_EQ(residual(), "return <relu>(x)\n");
}

TEST_F(SpecialiseTest, AKnownResultWithoutALiteralStaysACallOfKnownArguments) {
  net("", R"(self, x
    return self.run(x, 3, True)

def run(self, x, n, flag):
    if flag and n > 1:
        return x * len(self.sizes(n))
    return x

def sizes(self, n):
    return [i for i in range(n)])");
  EXPECT_EQ(called("run"), "self, x:\n  return x * len(self.sizes(3))\n");
}

TEST_F(SpecialiseTest, FunctionsWithEffectsAreCalled) {
  define(R"(
    def noisy(n):
        print(n)
        return n
    class Net(nn.Module):
        def forward(self, x):
            if noisy(2) == 2:
                x = x + 1
            return x
  )");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, RandomNumbersAreNotFolded) {
  define(R"(
    import random
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.p = 0.5
        def forward(self, x):
            if torch.rand(1).item() < self.p or random.random() < self.p:
                x = x + 1
            return x
  )");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, RecursionOnConstants) {
  net("self.layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])", R"(self, x
    return self.down(x, 0)

def down(self, x, depth):
    if depth == len(self.layers):
        return x
    return self.down(self.layers[depth](x), depth + 1))");
  EXPECT_EQ(called("down"), "self, x:\n  return <down_1>(self.layers.0(x))\n");
}

TEST_F(SpecialiseTest, RecursionWithoutEndStays) {
  net("", R"(self, x
    return self.again(x, True)

def again(self, x, flag):
    return self.again(x, flag) if flag else x)");
  EXPECT_EQ(called("again"), "self, x:\n  return self.again(x, True)\n");
}

TEST_F(SpecialiseTest, ModulesMadeInForwardAreInTrainingMode) {
  net("", R"(self, x
    return nn.Dropout(0.5)(x))");
  residual();
  EXPECT_EQ(called("forward"), "self_1, input:\n  return F.dropout(input, 0.5, True, False)\n");
}

TEST_F(SpecialiseTest, ModulesWithTensorsAreNotMadeInForward) {
  net("", R"(self, x
    return nn.Linear(2, 2)(x))");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, ListsOfModulesOutsideTheTree) {
  define(R"(
    class Block(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.n = n
            self.seen = 0
        def forward(self, x):
            self.seen = self.seen + 1
            return x * self.n if self.seen == 0 else x
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = [Block(2)]
        def forward(self, x):
            return self.blocks[0](x)
  )");
  residual();
  EXPECT_EQ(called("forward"),
            "self_1, x:\n  <Block>.seen = <Block>.seen + 1\n  return x * 2 if <Block>.seen == 0 else x\n");
}

TEST_F(SpecialiseTest, CapturedSelfOfLambdasOnModules) {
  net("self.fc = nn.Linear(2, 2)\nself.f = lambda t: self.fc(t)", R"(self, x
    return self.f(x))");
  EXPECT_EQ(called("lambda"), "self_1, t:\n  return self_1.fc(t)\n");
}

TEST_F(SpecialiseTest, StarredAssignment) {
  net("", R"(self, x
    return self.add(x, x, x)

def add(self, *args):
    first, *rest = args
    for y in rest:
        first = first + y
    return first)");
  EXPECT_EQ(called("add"),
            "self, *, args_0, args_1, args_2:\n  (first, rest) = (args_0, [args_1, args_2])\n"
            "  for y in rest:\n    first = first + y\n  return first\n");
}

TEST_F(SpecialiseTest, VariableArgumentsOfForwardAreEmpty) {
  net("", R"(self, x, *args, **kwargs
    if args or kwargs:
        x = x + args[0]
    return x)");
  EXPECT_EQ(residual(), "return x\n");
}

TEST_F(SpecialiseTest, ScriptingIsTrue) {
  net("", R"(self, x
    if not torch.jit.is_scripting():
        print(x)
    return x)");
  EXPECT_EQ(residual(), "return x\n");
}

}  // namespace
}  // namespace scriptc::python
