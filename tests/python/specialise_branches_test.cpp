#include "specialise_fixture.h"

// What is constant, which branch of an `if` stays, and what is known where branches join.

namespace scriptc::python {
namespace {

TEST_F(SpecialiseTest, ABranchOnAnAttributeIsChosen) {
  net("self.use_bn = False\nself.conv = nn.Conv2d(1, 1, 1)", R"(self, x
    x = self.conv(x)
    if self.use_bn:
        x = self.bn(x)
    return x)");
  EXPECT_EQ(residual(), "x = self.conv(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, ElifChainOnAString) {
  net("self.mode = 'b'", R"(self, x
    if self.mode == 'a':
        y = x.missing_a
    elif self.mode in ('b', 'c'):
        y = torch.relu(x)
    else:
        raise ValueError(f'odd {self.mode}')
    return y)");
  EXPECT_EQ(residual(), "y = torch.relu(x)\nreturn y\n");
}

TEST_F(SpecialiseTest, WhatFollowsAReturnIsDropped) {
  net("self.flag = True", R"(self, x
    if self.flag:
        return x
    return self.nothing(x))");
  EXPECT_EQ(residual(), "return x\n");
}

TEST_F(SpecialiseTest, AModuleThatIsNone) {
  net("self.down = None", R"(self, x
    y = x if self.down is None else self.down(x)
    if self.down is not None:
        y = self.down(y)
    return y)");
  EXPECT_EQ(residual(), "y = x\nreturn y\n");
}

TEST_F(SpecialiseTest, ParameterRegisteredAsNone) {
  net("self.register_parameter('bias', None)", R"(self, x
    return x if self.bias is None else x + self.bias)");
  EXPECT_EQ(residual(), "return x\n");
}

TEST_F(SpecialiseTest, TrainingIsOffAfterEval) {
  net("", R"(self, x
    if self.training:
        return x, x
    return x)");
  EXPECT_EQ(residual(), "return x\n");
}

TEST_F(SpecialiseTest, TrainingThatMayBeSwitchedIsNoConstant) {
  net("", R"(self, x
    if self.training:
        return x * 2
    return x)");
  preserved = {"training"};
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, TrainingStaysAnAttributeWhereItIsPassedOn) {
  net("", R"(self, x
    return F.dropout(x, 0.5, self.training))");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, AssignedAttributesAreNoConstants) {
  net("self.count = 0", R"(self, x
    if self.count == 0:
        self.count += 1
    return x)");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, AttributesAssignedByAnotherMethodOrFunction) {
  define(R"(
    def update(m):
        m.seen = True
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.seen = False
            self.first = True
            self.items = [1]
        def note(self):
            self.first = False
        def forward(self, x):
            self.note()
            update(self)
            grown = self.items
            grown.append(2)
            if self.seen or self.first or len(self.items) == 1:
                x = x + 1
            return x
  )");
  EXPECT_EQ(residual(),
            "self.note()\n<update_0>()\ngrown = self.items\ngrown.append(2)\nif self.seen or self.first or "
            "len(self.items) == 1:\n  x = x + 1\nreturn x\n");
  EXPECT_EQ(called("update"), "self:\n  self.seen = True\n");
}

TEST_F(SpecialiseTest, AListThatAHelperChanges) {
  define(R"(
    def grow(items, item):
        items.append(item)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.items = [1]
        def forward(self, x):
            grow(self.items, 2)
            return x if len(self.items) == 1 else x + 1
  )");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, AttributesOfAConfigurationThatAMethodAssigns) {
  define(R"(
    class Config:
        def __init__(self):
            self.wide = False
            self.deep = True
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.cfg = Config()
        def forward(self, x):
            if self.cfg.deep:
                x = x + 1
            return x
  )");
  EXPECT_EQ(residual(), "x = x + 1\nreturn x\n");
}

TEST_F(SpecialiseTest, OneAndTrueAndOnePointZeroAreDifferentConstants) {
  net("", R"(self, x
    if x.sum() > 0:
        n = 1
    else:
        n = 1.0
    if n == 1:
        x = x * n
    return x)");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, EqualConstantsOfBothBranchesAreKnown) {
  net("", R"(self, x
    if x.sum() > 0:
        n = 2
    else:
        n = 2
        x = x + 1
    if n == 2:
        x = x * n
    return x)");
  EXPECT_EQ(residual(), "if x.sum() > 0:\n  n = 2\nelse:\n  n = 2\n  x = x + 1\nx = x * n\nreturn x\n");
}

TEST_F(SpecialiseTest, AFunctionThatDependsOnADynamicTestIsRefusedWhereItIsUsed) {
  net("self.a = nn.ReLU()\nself.b = nn.Tanh()", R"(self, x
    act = self.a
    if x.sum() > 0:
        act = self.b
    return act(x))");
  try {
    residual();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "net.py:10:16: 'act' is one of several functions, modules or other objects here, and which one is known "
              "only when the model runs\n    return act(x)\n           ^~~");
  }
}

TEST_F(SpecialiseTest, ADynamicVariableHiddenByAFunctionInOneBranchIsNotReadBehindIt) {
  net("self.a = nn.ReLU()", R"(self, x
    y = x
    if x.sum() > 0:
        y = self.a
    return y)");
  EXPECT_THROW(residual(), Error);
}

TEST_F(SpecialiseTest, TestsWithEffectsAreNotDropped) {
  net("self.flag = False", R"(self, x
    if self.note(x) and self.flag:
        x = x + 1
    return x

def note(self, x):
    print(x)
    return True)");
  EXPECT_EQ(residual(), "if self.note(x) and self.flag:\n  x = x + 1\nreturn x\n");
}

TEST_F(SpecialiseTest, NeutralOperandsGoAndDecidingOnesStay) {
  net("self.on = True\nself.off = False", R"(self, x
    a = self.on and x.sum() > 0
    b = x.sum() > 0 or self.on
    c = self.off and x.nothing
    return a, b, c)");
  EXPECT_EQ(residual(), "a = x.sum() > 0\nb = x.sum() > 0 or self.on\nc = self.off\nreturn (a, b, c)\n");
}

TEST_F(SpecialiseTest, ChainedComparisons) {
  net("self.n = 2", R"(self, x
    if 1 < self.n < 3:
        x = x + 1
    if 1 < x.dim() < self.n:
        x = x + 2
    return x)");
  EXPECT_EQ(residual(), "x = x + 1\nif 1 < x.dim() < self.n:\n  x = x + 2\nreturn x\n");
}

TEST_F(SpecialiseTest, AssertsThatHoldGoAndThoseThatFailRaise) {
  net("self.n = 2", R"(self, x
    assert self.n == 2, 'two'
    assert x.dim() == 4, f'{self.n}'
    assert self.n == 3, 'three'
    return x)");
  EXPECT_EQ(residual(), "assert x.dim() == 4, '2'\nraise AssertionError('three')\n");
}

TEST_F(SpecialiseTest, WarningsAndPrintsStay) {
  define(R"(
    import warnings
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.n = 2
        def forward(self, x):
            print(self.n)
            warnings.warn('old')
            self.n
            return x
  )");
  EXPECT_EQ(residual(), "print(self.n)\nwarnings.warn('old')\nreturn x\n");
}

TEST_F(SpecialiseTest, ModuleLevelConstants) {
  define(R"(
    SIZES = {'small': 2, 'large': 4}
    DEBUG = False
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.size = 'large'
        def forward(self, x):
            if DEBUG:
                x = debug(x)
            return x * SIZES[self.size]
  )");
  EXPECT_EQ(residual(), "return x * 4\n");
}

TEST_F(SpecialiseTest, EnumMembersAndDataclasses) {
  define(R"(
    from dataclasses import dataclass
    from enum import Enum
    class Mode(Enum):
        FAST = 'fast'
        SLOW = 'slow'
    @dataclass
    class Config:
        mode: Mode = Mode.FAST
        width: int = 3
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.cfg = Config()
        def forward(self, x):
            if self.cfg.mode is Mode.FAST and self.cfg.mode.value == 'fast':
                return x * self.cfg.width
            return x
  )");
  EXPECT_EQ(residual(), "return x * 3\n");
}

TEST_F(SpecialiseTest, PropertiesThatAreConstant) {
  define(R"(
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.n = 2
            self.k = 0
        @property
        def wide(self):
            return self.n > 1
        @property
        def counted(self):
            return self.k > 1
        def forward(self, x):
            self.k += 1
            if self.wide:
                x = x + 1
            if self.counted:
                x = x + 2
            return x
  )");
  EXPECT_EQ(residual(), "self.k op= 1\nx = x + 1\nif self.counted:\n  x = x + 2\nreturn x\n");
}

TEST_F(SpecialiseTest, HasattrGetattrAndIsinstance) {
  net("self.a = nn.ReLU()\nself.name = 'a'", R"(self, x
    if hasattr(self, 'b'):
        x = self.b(x)
    if isinstance(self.a, nn.ReLU) and callable(self.a) and type(self.a).__name__ == 'ReLU':
        x = getattr(self, self.name)(x)
    return getattr(self, 'c', x))");
  EXPECT_EQ(residual(), "x = self.a(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, FunctionsByName) {
  define(R"(
    ACT = {'relu': F.relu, 'tanh': torch.tanh}
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = 'tanh'
            self.pool = 'max_pool2d'
        def forward(self, x):
            return getattr(F, self.pool)(ACT[self.act](x), 2)
  )");
  EXPECT_EQ(residual(), "return <max_pool2d_0>(<tanh>(x), 2)\n");
}

TEST_F(SpecialiseTest, AugmentedAssignmentOfConstants) {
  net("self.n = 2", R"(self, x
    n = 1
    n += self.n
    if n == 3:
        n *= x
    return n)");
  EXPECT_EQ(residual(), "n = 3 * x\nreturn n\n");
}

TEST_F(SpecialiseTest, MatchOnConstants) {
  net("self.mode = 'b'", R"(self, x
    match self.mode:
        case 'a':
            return x + 1
        case 'b' | 'c':
            return x + 2
        case _:
            raise ValueError('odd'))");
  EXPECT_EQ(residual(), "subject = self.mode\nreturn x + 2\n");
}

TEST_F(SpecialiseTest, MatchOnAVariableBecomesIf) {
  net("", R"(self, x
    n = x.dim()
    match n:
        case 1:
            x = x + 1
        case 2 if x.size(0) > 1:
            x = x + 2
        case other:
            x = x * other
    return x)");
  EXPECT_EQ(residual(),
            "n = x.dim()\nif n == 1:\n  x = x + 1\nelse:\n  if n == 2 and x.size(0) > 1:\n    x = x + 2\n  else:\n"
            "    other = n\n    x = x * other\nreturn x\n");
}

TEST_F(SpecialiseTest, TryAroundAnAttribute) {
  net("self.a = 2", R"(self, x
    try:
        a = self.a
    except AttributeError:
        a = 0
    try:
        b = self.b
    except AttributeError:
        b = 5
    return x * a * b)");
  EXPECT_EQ(residual(), "return x * 2 * 5\n");
}

TEST_F(SpecialiseTest, TryAroundWhatMayRaiseStays) {
  net("", R"(self, x
    try:
        y = x.view(3)
    except RuntimeError:
        y = x
    return y)");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, NamesBoundByWithAreUnknown) {
  net("", R"(self, x
    n = 2
    with torch.no_grad() as n:
        x = x + 1
    if n == 2:
        x = x + 2
    return x)");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, TheWalrusBindsWhatIsNotKnown) {
  net("", R"(self, x
    n = 2
    if (n := x.dim()) > 3:
        x = x + 1
    if n == 2:
        x = x + 2
    return x)");
  EXPECT_TRUE(unchanged()) << residual();
}

TEST_F(SpecialiseTest, ALocalNameHidesTheGlobalOne) {
  define(R"(
    n = 2
    len = 3
    class Net(nn.Module):
        def forward(self, x, F):
            n = x.dim()
            if n == 2:
                x = F(x)
            return x if len == 3 else x + 1
  )");
  EXPECT_EQ(residual(), "n = x.dim()\nif n == 2:\n  x = F(x)\nreturn x\n");
}

TEST_F(SpecialiseTest, FormattedStrings) {
  net("self.n = 2\nself.w = 4\nself.a2 = nn.ReLU()", R"(self, x
    y = getattr(self, f'a{self.n}')(x)
    if f'{self.n:0{self.w}d}' == '0002' and 'a%d' % self.n == 'a2' and '{}'.format(self.n) == '2':
        raise ValueError(f'bad {x.dim()} of {self.n}')
    return y)");
  EXPECT_EQ(residual(), "y = self.a2(x)\nraise ValueError(f'bad {x.dim()} of {self.n}')\n");
}

}  // namespace
}  // namespace scriptc::python
