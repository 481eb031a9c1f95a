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

TEST_F(SpecialiseTest, CheckpointCallsItsFunction) {
  define(R"(
    from torch.utils.checkpoint import checkpoint
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 2)
        def forward(self, x):
            return checkpoint(self.fc, x, use_reentrant=False)
  )");
  EXPECT_EQ(residual(), "return <checkpoint_0>(args_0=x, use_reentrant=False)\n");
  EXPECT_EQ(called("checkpoint"),
            "self, *, use_reentrant=None, preserve_rng_state=True, determinism_check='default', "
            "debug=False, early_stop=True, args_0:\n  return self.fc(args_0)\n");
}

TEST_F(SpecialiseTest, AFunctionOfAutogradIsItsForward) {
  define(R"(
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.factor = factor
            ctx.save_for_backward(x)
            return x * ctx.factor
        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.factor, None
    class Net(nn.Module):
        def forward(self, x):
            return Scale.apply(x, 2.0)
  )");
  EXPECT_EQ(residual(), "return <apply_1>(args_0=x, args_1=2.0)\n");
  EXPECT_EQ(called("forward"), "x, factor:\n  ctx_factor = factor\n  return x * ctx_factor\n");
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

TEST_F(SpecialiseTest, ALambdaOverVariablesAsAnArgument) {
  define(R"(
    class Residual(nn.Module):
        def forward(self, mask, inner):
            return mask + inner(mask)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.block = Residual()
            self.scale = 3
        def forward(self, x, mask):
            scale = self.scale
            y = self.block(x, lambda t: self.fc(t) * mask * scale)
            scale = 4
            return self.block(y, lambda t: t * scale)
  )");
  EXPECT_EQ(residual(), "y = <forward_3>(x, mask_1=mask)\nreturn <forward_5>(y)\n");
  EXPECT_EQ(called("forward"), "self_1, mask, *, mask_1:\n  return mask + <lambda_2>(mask, mask=mask_1)\n");
  EXPECT_EQ(called("lambda"), "self_1, t, *, mask:\n  return self_1.fc(t) * mask * 3\n");
}

TEST_F(SpecialiseTest, AFunctionMadeHereIsReadAsItIsWhenItIsCalled) {
  define(R"(
    class Apply(nn.Module):
        def forward(self, x, inner):
            return inner(x)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.apply_to = Apply()
        def forward(self, x):
            shift = x + 1
            def inner(t):
                return t + shift
            y = self.apply_to(x, inner)
            shift = y
            return self.apply_to(x, inner)
  )");
  EXPECT_EQ(residual(),
            "shift = x + 1\ny = <forward_1>(x, shift=shift)\nshift = y\nreturn <forward_2>(x, shift=shift)\n");
}

TEST_F(SpecialiseTest, ObjectsWithMethods) {
  define(R"(
    class Config:
        def __init__(self):
            self.width = 2
        def get(self, name, default=None):
            return getattr(self, name, default)
        def scaled(self, x):
            return x * self.width
        def __call__(self, x, extra):
            return x + extra
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.config = Config()
        def forward(self, x):
            if self.config.get('missing', True) and self.config.get('width') == 2:
                x = self.config.scaled(x)
            return self.config(x, x)
  )");
  EXPECT_EQ(residual(), "x = <scaled_2>(x)\nreturn <__call___3>(x, x)\n");
  EXPECT_EQ(called("scaled"), "x:\n  return x * 2\n");
}

TEST_F(SpecialiseTest, ParametersByAKnownIndex) {
  net("self.scales = nn.ParameterList([nn.Parameter(torch.ones(2)) for _ in range(2)])\nself.n = 2", R"(self, x
    for i in range(self.n):
        x = x * self.scales[i]
    return x)");
  EXPECT_EQ(residual(), "i = 0\nx = x * self.scales[0]\ni = 1\nx = x * self.scales[1]\nreturn x\n");
}

TEST_F(SpecialiseTest, SpectraArePaddedUnlessTheyAreToldNotTo) {
  net("", R"(self, x
    return torch.stft(x, 8), x.stft(8, center=False))");
  EXPECT_EQ(residual(), "return (<stft>(x, 8, center=True), x.stft(8, center=False))\n");
}

TEST_F(SpecialiseTest, TensorsMadeAsTheyWereBefore) {
  net("", R"(self, x
    return torch.LongTensor([1, 2]), torch.FloatTensor(2, 3), torch.LongTensor(range(3)), torch.IntTensor(x.size()))");
  EXPECT_EQ(residual(),
            "return (<tensor>([1, 2], dtype=<int64>), <empty>([2, 3], dtype=<float32>), <arange>(3, dtype=<int64>), "
            "<empty>(x.size(), dtype=<int32>))\n");
}

TEST_F(SpecialiseTest, AMethodOfTheModelAsALayerBelowIt) {
  define(R"(
    class Lambda(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.function = function
        def forward(self, x):
            return self.function(x)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = Lambda(self.twice)
        def twice(self, x):
            return x * 2
        def forward(self, x):
            return self.layer(x)
  )");
  EXPECT_EQ(residual(), "return <forward_0>(x)\n");
  EXPECT_EQ(called("forward"), "self_1, x:\n  return <twice>(x)\n");
}

TEST_F(SpecialiseTest, NoneUntilABranchIsOptional) {
  net("", R"(self, x
    y = None
    if x.sum() > 0:
        y = x
    n = None
    for i in range(x.size(0)):
        if x[i] > 0:
            n = 1
    z = None
    z = x
    w = None
    return y, n, z, w)");
  EXPECT_EQ(residual(),
            "if x.sum() > 0:\n  y = x\nelse:\n  y = None\nn: <typing._GenericAlias> = None\n"
            "for i in range(x.size(0)):\n  if x[i] > 0:\n    n = 1\nz = x\nw = None\nreturn (y, n, z, w)\n");
}

TEST_F(SpecialiseTest, TensorsByNameInTheirDictionaries) {
  net("self.w = nn.Parameter(torch.ones(2))\nself.register_buffer('b', torch.ones(2))", R"(self, x
    return x * self._parameters['w'] + self._buffers['b'] + self.__getattr__('b'))");
  EXPECT_EQ(residual(), "return x * self.w + self.b + self.b\n");
}

}  // namespace
}  // namespace scriptc::python
