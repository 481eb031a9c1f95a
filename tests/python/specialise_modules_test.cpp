#include "specialise_fixture.h"

// Modules that code reaches from elsewhere than its own attributes, and what the libraries do to models.

namespace scriptc::python {
namespace {

TEST_F(SpecialiseTest, AModuleOfTheCallerAsAnArgument) {
  define(R"(
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(2)
        def forward(self, x, inner):
            return x + inner(self.norm(x))
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.block = Residual()
        def forward(self, x):
            return self.block(x, self.fc)
  )");
  EXPECT_EQ(residual(), "return <forward_1>(x)\n");
  EXPECT_EQ(called("forward"), "self_1, x:\n  return x + self_1.fc(self_1.block.norm(x))\n");
}

TEST_F(SpecialiseTest, ALambdaOverSelfAsAnArgument) {
  define(R"(
    class Residual(nn.Module):
        def forward(self, x, inner):
            return x + inner(x)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.block = Residual()
        def forward(self, x):
            return self.block(x, lambda t: self.fc(t) * 2)
  )");
  EXPECT_EQ(residual(), "return <forward_3>(x)\n");
  EXPECT_EQ(called("lambda"), "self_1, t:\n  return self_1.fc(t) * 2\n");
}

TEST_F(SpecialiseTest, AChildThatKnowsItsParent) {
  define(R"(
    class Child(nn.Module):
        def __init__(self, parent):
            super().__init__()
            self.parent = [parent]
            self.fc = nn.Linear(2, 2)
        def forward(self, x):
            return self.fc(x) + self.parent[0].scale(x)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.child = Child(self)
        def scale(self, x):
            return x * 2
        def forward(self, x):
            return self.child(x)
  )");
  EXPECT_EQ(residual(), "return <forward_0>(x)\n");
  EXPECT_EQ(called("forward"), "self_1, x:\n  return self_1.child.fc(x) + self_1.scale(x)\n");
}

TEST_F(SpecialiseTest, AMethodThatStaysInItsModuleIsCalledAsItIs) {
  define(R"(
    class Child(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 2)
        def forward(self, x):
            return self.fc(x)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.child = Child()
        def forward(self, x):
            return self.child(x)
  )");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, ModulesOutsideTheTreeHoldTheirTensorsThemselves) {
  net("self.extra = [nn.Linear(2, 2)]", R"(self, x
    return self.extra[0](x))");
  EXPECT_EQ(residual(), "return <forward_0>(x)\n");
  EXPECT_EQ(called("forward"), "self_1, input:\n  return F.linear(input, <Parameter>, <Parameter>)\n");
}

TEST_F(SpecialiseTest, MethodsInADict) {
  net("self.table = {'a': self.one}\nself.mode = 'a'", R"(self, x
    return self.table[self.mode](x)

def one(self, x):
    return x + 1)");
  EXPECT_EQ(residual(), "return <one>(x)\n");
}

TEST_F(SpecialiseTest, AListOfModulesThatAMethodReturns) {
  net("self.a = nn.ReLU()\nself.b = nn.Tanh()", R"(self, x
    for layer in self.layers():
        x = layer(x)
    return x

def layers(self):
    return [getattr(self, name) for name in ('a', 'b')])");
  EXPECT_EQ(residual(), "x = self.a(x)\nx = self.b(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, TheFirstParameter) {
  net("self.fc = nn.Linear(2, 2)", R"(self, x
    x = x.to(next(self.parameters()).dtype)
    w = next(iter(self.fc.parameters()))
    return x + w + next(self.buffers(), 3))");
  EXPECT_EQ(residual(), "x = x.to(self.fc.weight.dtype)\nw = self.fc.weight\nreturn x + w + 3\n");
}

TEST_F(SpecialiseTest, AnIteratorInAVariableIsNotReadBeforehand) {
  net("self.fc = nn.Linear(2, 2)", R"(self, x
    weights = self.parameters()
    return x + next(weights) + next(weights))");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, NamedParametersByName) {
  net("self.a = nn.Linear(2, 2)\nself.b = nn.Linear(2, 2, bias=False)", R"(self, x
    for name, p in self.named_parameters():
        if name.endswith('weight'):
            x = x + p
    return x)");
  EXPECT_EQ(residual(),
            "(name, p) = ('a.weight', self.a.weight)\nx = x + p\n(name, p) = ('a.bias', self.a.bias)\n"
            "(name, p) = ('b.weight', self.b.weight)\nx = x + p\nreturn x\n");
}

TEST_F(SpecialiseTest, ReduceOverModules) {
  define(R"(
    from functools import reduce
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
        def forward(self, x):
            return reduce(lambda y, layer: layer(y), self.layers, x + 1)
  )");
  EXPECT_EQ(residual(), "return <lambda_1>(<lambda_0>(x + 1))\n");
}

TEST_F(SpecialiseTest, LoggersAreDroppedAndWhatTheirArgumentsDoIsKept) {
  define(R"(
    import logging
    logger = logging.getLogger(__name__)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.count = 0
        def update(self, x):
            self.count += 1
            return x
        def forward(self, x):
            logger.debug('%s %d', x.shape, x.size(0))
            logger.info(f'{self.update(x)}')
            logging.warning('add %s', x.add_(1))
            if logger.isEnabledFor(logging.DEBUG):
                print('debug')
            return x
  )");
  EXPECT_EQ(residual(), "self.update(x)\nx.add_(1)\nreturn x\n");
}

TEST_F(SpecialiseTest, AutocastThatIsOffOrForAnotherDevice) {
  net("self.amp = False", R"(self, x
    with torch.cuda.amp.autocast(), torch.autocast('cuda', dtype=torch.float16):
        x = x + 1
    with torch.no_grad(), torch.autocast('cpu', enabled=self.amp):
        x = x + 2
    return x)");
  EXPECT_EQ(residual(), "x = x + 1\nwith torch.no_grad():\n  x = x + 2\nreturn x\n");
}

TEST_F(SpecialiseTest, AutocastOfTheCpuStays) {
  net("", R"(self, x
    with torch.autocast('cpu'):
        return x + 1)");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, SuperInAMethodThatBelongsToAnotherModule) {
  define(R"(
    class Base(nn.Module):
        def forward(self, x, inner):
            return inner(x) + 1
    class Child(Base):
        def forward(self, x, inner):
            return super().forward(x, inner) * 2
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.child = Child()
        def forward(self, x):
            return self.child(x, self.fc)
  )");
  EXPECT_EQ(residual(), "return <forward_3>(x)\n");
  EXPECT_EQ(called("forward"), "self_1, x:\n  return <forward_2>(x) * 2\n");
}

TEST_F(SpecialiseTest, WhatOnlyAnotherMachineWouldDo) {
  net("", R"(self, x
    if torch.cuda.is_available() or torch.distributed.is_initialized():
        x = x.cuda()
    return x)");
  EXPECT_EQ(residual(), "return x\n");
}

TEST_F(SpecialiseTest, MethodsOfTensorsThatPythonImplements) {
  net("self.op = 'sigmoid'", R"(self, x
    a = x.new_tensor([1.0]) + x.nelement() + x.ndimension()
    b = x.norm(dim=-1) + x.norm(1, 0, keepdim=True) + x.norm()
    return a, b, x.type(torch.float64), x.type(torch.LongTensor), x.bfloat16(), getattr(x, self.op)())");
  EXPECT_EQ(residual(),
            "a = x.new_tensor([1.0]) + x.numel() + x.dim()\n"
            "b = <norm>(x, 2, [-1], False) + <norm>(x, 1, [0], True) + x.norm()\n"
            "return (a, b, x.to(torch.float64), x.to(<int64>), x.to(<bfloat16>), x.sigmoid())\n");
}

TEST_F(SpecialiseTest, FunctionsOfTorchThatPythonImplements) {
  net("", R"(self, x
    a = torch.norm(x, p=2, dim=1, keepdim=True), torch.norm(x)
    b = torch.tensordot(x, x, dims=([1], [0])), torch.tensordot(x, x, 1)
    c = torch.unique(x), torch.unique(x, return_counts=True), torch.unique(x, dim=0, return_inverse=True)
    s = slice(1, None)
    return a, b, c, x[:, s])");
  EXPECT_EQ(residual(),
            "a = (<norm>(x, 2, [1], True), <norm>(x, 2))\n"
            "b = (<tensordot>(x, x, [1], [0]), <tensordot>(x, x, [-1], [0]))\n"
            "c = (<_unique2>(x, True, False, False)[0], <_unique2>(x, True, False, True)[::2], "
            "<unique_dim>(x, 0, True, True, False)[:2])\n"
            "return (a, b, c, x[:, 1:])\n");
}

TEST_F(SpecialiseTest, IntsWhereTheLibrarySaysFloat) {
  net("self.scale = 2", R"(self, x
    y = F.interpolate(x, scale_factor=self.scale)
    return F.interpolate(y, scale_factor=(self.scale, 1)), F.dropout(x, 0), F.pad(x, [1, self.scale]))");
  EXPECT_EQ(residual(),
            "y = F.interpolate(x, scale_factor=2.0)\n"
            "return (F.interpolate(y, scale_factor=(2.0, 1.0)), F.dropout(x, 0.0), F.pad(x, [1, self.scale]))\n");
}

}  // namespace
}  // namespace scriptc::python
