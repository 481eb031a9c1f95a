#include "eval_fixture.h"

namespace scriptc::python {

TEST_F(EvalTest, NativesMissArguments) {
  EXPECT_EQ(eval("math.sqrt()"), "TypeError: math.sqrt() takes exactly one argument (0 given)");
  EXPECT_EQ(eval("'a'.zfill()"), "TypeError: str.zfill() takes exactly one argument (0 given)");
}

TEST_F(EvalTest, NativeMethodsRefuseOtherSelves) {
  EXPECT_EQ(eval("dict.clear(3)"), "TypeError: descriptor 'clear' for 'dict' objects doesn't apply to a 'int' object");
  EXPECT_EQ(eval("list.reverse()"), "TypeError: unbound method reverse() needs an argument");
}

TEST_F(EvalTest, StringsAreSearchedInPart) {
  EXPECT_EQ(eval("'banana'.find('an', 2), 'banana'.rfind('an', 0, -3), 'banana'.count('a', 2, 5)"), "(3, 1, 1)");
  EXPECT_EQ(eval("'äbc'.startswith('b', 1), 'äbc'.endswith('b', 0, -1), 'abc'.find('', 4)"), "(True, True, -1)");
}

TEST_F(EvalTest, RegularExpressions) {
  run("import re");
  EXPECT_EQ(eval(R"(re.split(r'(\d.*)', 'se0.25'))"), "['se', '0.25', '']");
  EXPECT_EQ(eval(R"(re.match(r'(?P<name>\w+?)(\d+)$', 'layer12').groupdict())"), "{'name': 'layer'}");
  EXPECT_EQ(eval(R"(re.sub(r'(a)(b)?', r'<\2\1>', 'abca'))"), "'<ba>c<a>'");
  EXPECT_EQ(eval("re.compile('(')"), "error: missing ), unterminated subpattern at position 1");
}

TEST_F(EvalTest, SignaturesAreInspected) {
  run("import inspect\nclass C:\n    def __init__(self, a, *b, c=3, **d): pass");
  EXPECT_EQ(eval("list(inspect.signature(C).parameters)"), "['a', 'b', 'c', 'd']");
  EXPECT_EQ(eval("inspect.signature(C).parameters['c'].default"), "3");
  EXPECT_EQ(eval("inspect.getfullargspec(C.__init__).args"), "['self', 'a']");
  EXPECT_EQ(eval("inspect.isclass(C), inspect.isfunction(C)"), "(True, False)");
}

TEST_F(EvalTest, VersionsCompare) {
  run("from packaging import version");
  EXPECT_EQ(eval("version.parse('1.10.0+cu113') > version.parse('1.9')"), "True");
  EXPECT_EQ(eval("[version.parse(v) < version.parse('2.0') for v in ('2.0rc1', '2.0.dev3', '2.0.0', '2.0.post1')]"),
            "[True, True, False, False]");
}

TEST_F(EvalTest, VersionsOfOldCompare) {
  run("from distutils.version import LooseVersion, StrictVersion\nfrom pkg_resources import parse_version");
  EXPECT_EQ(eval("[LooseVersion('1.10.0') > LooseVersion('1.9'), LooseVersion('2.0') < '2.0.1']"), "[True, True]");
  EXPECT_EQ(eval("LooseVersion('2.0.0a3+cu118').version"), "[2, 0, 0, 'a', 3, '+', 'cu', 118]");
  EXPECT_EQ(eval("[StrictVersion('1.2') == '1.2.0', StrictVersion('1.2b1') < StrictVersion('1.2')]"), "[True, True]");
  EXPECT_EQ(eval("StrictVersion('1.2.3.4')"), "ValueError: invalid version number '1.2.3.4'");
  EXPECT_EQ(eval("parse_version('1.10') > parse_version('1.9')"), "True");
  EXPECT_EQ(eval("torch.__version__ >= '1.10', torch.__version__ < '10.0', torch.__version__ > (1, 8)"),
            "(True, True, True)");
  EXPECT_EQ(eval("isinstance(torch.__version__, str), torch.__version__.split('.')[1]"), "(True, '0')");
}

// The numbers are numpy's own.
TEST_F(EvalTest, SeededRandomNumbersAreNumpys) {
  run("import numpy as np\nr = np.random.RandomState(0)");
  EXPECT_EQ(eval("[r.uniform(-1, 1) for _ in range(3)]"),
            "[0.0976270078546495, 0.43037873274483895, 0.20552675214328775]");
  EXPECT_EQ(eval("[r.randn() for _ in range(3)]"), "[-2.268328201180374, 1.3335453816218967, -0.8427240538292873]");
  EXPECT_EQ(eval("[r.randint(0, 5) for _ in range(6)]"), "[0, 0, 4, 2, 1, 0]");
  EXPECT_EQ(eval("r._order(5)"), "[0, 2, 3, 4, 1]");
  EXPECT_EQ(eval("r.normal(2.0), r.randint(10**10)"), "(3.9699244478698947, 374217481)");
  run("np.random.seed(42)");
  EXPECT_EQ(eval("[np.random.rand() for _ in range(2)]"), "[0.3745401188473625, 0.9507143064099162]");
  EXPECT_EQ(eval("np.random.seed(-1)"), "ValueError: Seed must be between 0 and 2**32 - 1");
}

TEST_F(EvalTest, ArgumentParsersGiveDefaults) {
  run("import argparse\np = argparse.ArgumentParser(description='x')");
  run("p.add_argument('--batch-size', '-b', type=int, default='64', metavar='N', help='h')");
  run("p.add_argument('--no-cuda', action='store_true')\np.add_argument('--sizes', type=int, nargs='+', default=[3])");
  run("g = p.add_argument_group('g')\ng.add_argument('--lr', type=float, default=1e-3, choices=[1e-3, 0.1])");
  EXPECT_EQ(eval("p.parse_args()"), "Namespace(batch_size=64, no_cuda=False, sizes=[3], lr=0.001)");
  EXPECT_EQ(eval("p.parse_args('-b 8 --no-cuda --sizes 1 2 --lr=0.1'.split())"),
            "Namespace(batch_size=8, no_cuda=True, sizes=[1, 2], lr=0.1)");
  EXPECT_EQ(eval("p.parse_known_args(['--other', '-b', '1'])[1]"), "['--other']");
  EXPECT_EQ(eval("p.parse_args(['--other'])"), "SystemExit: unrecognized arguments: --other");
}

TEST_F(EvalTest, WarningsAreCaughtQuietly) {
  run("import warnings\nwith warnings.catch_warnings(record=True) as w:\n    warnings.warn('x')");
  EXPECT_EQ(eval("w"), "[]");
}

TEST_F(EvalTest, OverloadsReachTheImplementation) {
  run("@torch.jit._overload\ndef f(x: int): ...\n@torch.jit._overload\ndef f(x: float): ...\ndef f(x): return x");
  const auto fn = value_of("f").try_as<PyFunction>();
  ASSERT_EQ(fn->overloads.size(), 2u);
  EXPECT_EQ(fn->overloads[0]->args().args[0].annotation->kind, ExprKind::Name);
}

TEST_F(EvalTest, ViewsOfDictsCompareAsSets) {
  EXPECT_EQ(eval("{'a': 1}.items() == {'a': 1}.items(), {'a': 1}.keys() == {'a'}, {'a': 1}.items() == {('a', 2)}"),
            "(True, True, False)");
}

TEST_F(EvalTest, TypeGoesThroughTheMetaclassOfTheBases) {
  run("class M(type):\n    def __new__(m, name, bases, names):\n        return super().__new__(m, name + '!', bases, "
      "names)");
  run("class A(metaclass=M): pass");
  EXPECT_EQ(eval("type('B', (A,), {}).__name__"), "'B!'");
}

}  // namespace scriptc::python
