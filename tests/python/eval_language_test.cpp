#include "eval_fixture.h"

namespace scriptc::python {
namespace {

TEST_F(EvalTest, Arithmetic) {
  EXPECT_EQ(eval("7 // -2, -7 % 3, 2 ** 10, 2 ** -1, 7 / 2"), "(-4, 2, 1024, 0.5, 3.5)");
  EXPECT_EQ(eval("round(2.5), round(3.14159, 2), divmod(-7, 2)"), "(2, 3.14, (-4, 1))");
  EXPECT_EQ(eval("1 // 0"), "ZeroDivisionError: integer division or modulo by zero");
  EXPECT_EQ(eval("2 ** 63"), "OverflowError: int result does not fit in 64 bits");
}

TEST_F(EvalTest, ComplexNumbers) {
  EXPECT_EQ(eval("-2 * 3.5 * 1j / 7, (1 + 2j) * (3 - 1j), (1 + 2j) / (3 - 1j), 2 - 1j"),
            "((-0-1j), (5+5j), (0.1+0.7000000000000001j), (2-1j))");
  EXPECT_EQ(eval("(1 + 2j) ** 2, 1j ** -1, abs(3 + 4j), (1 + 2j).conjugate(), complex(1, 2)"),
            "((-3+4j), -1j, 5.0, (1-2j), (1+2j))");
  EXPECT_EQ(eval("1j == 1j, 1 + 0j == 1, 1j != 2, bool(0j), bool(1j), (2 + 3j).imag"),
            "(True, True, True, False, True, 3.0)");
  EXPECT_EQ(eval("1j / 0"), "ZeroDivisionError: complex division by zero");
  EXPECT_EQ(eval("1j // 2"), "TypeError: unsupported operand type(s) for //: 'complex' and 'int'");
  EXPECT_EQ(eval("1j < 2"), "TypeError: '<' not supported between instances of 'complex' and 'int'");
}

TEST_F(EvalTest, ChainedComparisonIsOneTest) {
  EXPECT_EQ(eval("0 < 5 < 3"), "False");
  EXPECT_EQ(eval("1 < 'a'"), "TypeError: '<' not supported between instances of 'int' and 'str'");
}

TEST_F(EvalTest, Comprehensions) {
  EXPECT_EQ(eval("[(i, j) for i in range(3) if i for j in range(i)]"), "[(1, 0), (2, 0), (2, 1)]");
  EXPECT_EQ(eval("{k: v for k, v in zip('ab', [1, 2])}"), "{'a': 1, 'b': 2}");
  EXPECT_EQ(eval("any(x > 2 for x in [1, 2, 3])"), "True");
}

TEST_F(EvalTest, Formatting) {
  run("x = 3.14159");
  EXPECT_EQ(eval("f'{x:.2f} {42:05d} {1234567:,} {\"s\":*^7} {x!r:>8}'"), "'3.14 00042 1,234,567 ***s***  3.14159'");
  EXPECT_EQ(eval("'%d %s %5.1f|%-3s|' % (3, 'a', 2.25, 'b')"), "'3 a   2.2|b  |'");
  EXPECT_EQ(eval("'{0} {k!r}'.format(1, k='z')"), "\"1 'z'\"");
}

TEST_F(EvalTest, GeneratorsSuspend) {
  run("def g(n):\n"
      "  for i in range(n):\n"
      "    x = yield i\n"
      "    if x: yield x * 10\n"
      "a = g(3)\n");
  EXPECT_EQ(eval("next(a), a.send(5), next(a), list(a)"), "(0, 50, 1, [2])");
}

TEST_F(EvalTest, AnAbandonedGeneratorIsUnwound) {
  run("def g():\n  while True:\n    yield [1]\na = g()\nnext(a)\ndel a");
  EXPECT_EQ(eval("1"), "1");
}

TEST_F(EvalTest, SuperFollowsTheC3Order) {
  run("class A:\n  def f(self): return ['A']\n"
      "class B(A):\n  def f(self): return ['B'] + super().f()\n"
      "class C(A):\n  def f(self): return ['C'] + super(C, self).f()\n"
      "class D(B, C): pass\n");
  EXPECT_EQ(eval("D().f()"), "['B', 'C', 'A']");
  EXPECT_EQ(error_of("class E(A, B): pass").substr(0, 90),
            "TypeError: Cannot create a consistent method resolution order (MRO) for bases A, B\n  net.p");
}

TEST_F(EvalTest, ClosuresAndDefaults) {
  run("def make():\n  n = 0\n  def inc(by=1):\n    nonlocal n\n    n += by\n    return n\n  return inc\nf = "
      "make()\nf()");
  EXPECT_EQ(eval("f(4), [g() for g in [lambda i=i: i for i in range(3)]]"), "(5, [0, 1, 2])");
}

TEST_F(EvalTest, FinallyRunsOnTheWayOut) {
  run("log = []\n"
      "def f():\n  for i in range(3):\n    try:\n      if i == 1: return i\n    finally: log.append(i)\n"
      "r = f()\n");
  EXPECT_EQ(eval("r, log"), "(1, [0, 1])");
}

TEST_F(EvalTest, MatchBindsWhatItMatches) {
  run("def f(x):\n  match x:\n    case [a, *r]: return a, r\n    case {'k': v}: return v\n    case int() | None: "
      "return 'n'\n"
      "    case _: return '?'\n");
  EXPECT_EQ(eval("f([1, 2, 3]), f({'k': 5}), f(3), f('a')"), "((1, [2, 3]), 5, 'n', '?')");
}

TEST_F(EvalTest, CallErrorsHavePythonsWords) {
  run("def f(a, b, *, c): pass");
  EXPECT_EQ(eval("f()"), "TypeError: f() missing 2 required positional arguments: 'a' and 'b'");
  EXPECT_EQ(eval("f(1, 2)"), "TypeError: f() missing 1 required keyword-only argument: 'c'");
  EXPECT_EQ(eval("f(1, 2, 3, c=1)"),
            "TypeError: f() takes 2 positional arguments but 3 positional arguments (and 1 keyword-only argument) were "
            "given");
  EXPECT_EQ(eval("f(1, 2, c=1, d=2)"), "TypeError: f() got an unexpected keyword argument 'd'");
}

TEST_F(EvalTest, AnErrorShowsTheChainOfCalls) {
  EXPECT_EQ(error_of("def f(x):\n  return x + 'a'\ndef g():\n  return f(1)\ng()\n"),
            "TypeError: unsupported operand type(s) for +: 'int' and 'str'\n"
            "  net.py:5: in <module>\n"
            "  net.py:4: in g\n"
            "  net.py:2: in f\n"
            "      return x + 'a'");
}

TEST_F(EvalTest, DataclassesEnumsAndNamedTuples) {
  run("from dataclasses import dataclass, field\nfrom enum import Enum\nfrom typing import NamedTuple\n"
      "@dataclass\nclass P:\n  x: int\n  y: list = field(default_factory=list)\n"
      "class C(Enum):\n  R = 1\n  G = 'g'\n"
      "class N(NamedTuple):\n  a: int\n  b: str = 'x'\n");
  EXPECT_EQ(eval("P(1)"), "P(x=1, y=[])");
  EXPECT_EQ(eval("P()"), "TypeError: P.__init__() missing 1 required positional argument: 'x'");
  EXPECT_EQ(eval("C('g'), C['R'].value, [c.name for c in C]"), "(<C.G: 'g'>, 1, ['R', 'G'])");
  EXPECT_EQ(eval("N(1), N(1)._replace(b='z').b, N(1)[0]"), "(N(a=1, b='x'), 'z', 1)");
}

TEST_F(EvalTest, EndlessWorkIsCapped) {
  EvaluatorOptions small = options();
  small.limits.steps = 1000;
  Evaluator capped(small);
  const auto into = capped.make_module("net", source("net.py", ""));
  try {
    capped.execute(into, source("net.py", "while True: pass"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cap);
    EXPECT_EQ(error.message(),
              "evaluation takes more than 1000 steps\n"
              "  net.py:1: in <module>\n"
              "      while True: pass\n"
              "  help: raise the limit with --max-steps N");
  }
}

TEST_F(EvalTest, EndlessRecursionAndMemoryAreCapped) {
  std::string seven, eight;
  for (int i = 0; i < 7; ++i) seven += "  net.py:1: in f\n";
  for (int i = 0; i < 8; ++i) eight += "  net.py:1: in f\n";
  EXPECT_EQ(error_of("def f(): return f()\nf()"), "calls nest deeper than 400\n  net.py:2: in <module>\n" + seven +
                                                      "  ... 385 more calls\n" + eight +
                                                      "      def f(): return f()\n"
                                                      "  help: raise the limit with --max-calls N");
  EXPECT_EQ(error_of("x = [0] * 10 ** 12"),
            "evaluation takes more than 1000000000 bytes\n"
            "  net.py:1: in <module>\n"
            "      x = [0] * 10 ** 12\n"
            "  help: raise the limit with --max-memory N");
}

}  // namespace
}  // namespace scriptc::python
