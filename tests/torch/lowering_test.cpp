#include "scriptc/torch/lowering.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <sstream>

#include "helpers.h"

namespace scriptc::torch_backend {
namespace {

/// `Net` of a Python source, compiled.
class LoweringTest : public ::testing::Test {
 protected:
  ::torch::jit::Module compile(const std::string& body, bool train = false) {
    const std::string text =
        "import torch\nfrom torch import nn, Tensor\nimport torch.nn.functional as F\n"
        "from typing import *\nfrom enum import Enum\n" +
        body;
    evaluator_ = std::make_unique<python::Evaluator>(options());
    const auto module = evaluator_->make_module("net", std::make_shared<python::Source>("net.py", ""));
    evaluator_->execute(module, std::make_shared<python::Source>("net.py", text, -4));
    const Value net = evaluator_->evaluate(module, std::make_shared<python::Source>("<name>", "Net()"));
    LoweringOptions lowering;
    lowering.train = train;
    lowering.materialise = [this](const TensorPtr& tensor) {
      const auto [known, fresh] = tensors_.try_emplace(tensor);
      if (fresh) known->second = at::full(tensor->shape(), 0.5);
      return known->second;
    };
    return lower(net.try_as<Module>(), *evaluator_, lowering).module;
  }

  /// What forward of a Net with this body gives for ones of shape (2, 3), as text.
  std::string forward(const std::string& body) {
    std::ostringstream out;
    out << compile(body).forward({at::ones({2, 3})});
    return out.str();
  }

  std::string method(const std::string& lines) { return "class Net(nn.Module):\n    def forward(self, x):\n" + lines; }

  std::string refusal(const std::string& body) {
    return error_of([&] { compile(body); });
  }

 private:
  static python::EvaluatorOptions options() {
    python::EvaluatorOptions options;
    options.mode = python::TensorMode::meta;  // parameters have shapes, and values only from `materialise`
    return options;
  }

  std::unique_ptr<python::Evaluator> evaluator_;
  std::map<TensorPtr, at::Tensor> tensors_;
};

std::size_t count(const ::torch::jit::Module& module, c10::Symbol kind) {
  std::size_t found = 0;
  for (::torch::jit::Node* node : module.get_method("forward").graph()->nodes()) found += node->kind() == kind;
  return found;
}

TEST_F(LoweringTest, BranchesAndLoopsOnDataStay) {
  const auto net =
      compile(method("        while x.sum() < 100:\n            x = x * 2\n"
                     "        if x.sum() > 150:\n            x = -x\n        return x.sum()\n"));
  EXPECT_EQ(count(net, c10::prim::Loop), 1U);
  EXPECT_EQ(count(net, c10::prim::If), 1U);
  EXPECT_EQ(::torch::jit::Module(net).forward({at::ones({2, 3})}).toTensor().item<float>(), -192.F);
}

TEST_F(LoweringTest, ChainedComparisonsAndConditionalExpressions) {
  EXPECT_EQ(forward(method("        n = x.size(0)\n        return (1 if 0 < n < 3 else 2), n not in (1, 3)\n")),
            "(1, True)");
}

TEST_F(LoweringTest, SizesMayBeSpread) {
  EXPECT_EQ(forward(method("        return x.view(*x.shape[:1], -1, *[1, 1]).shape\n")), "[2, 3, 1, 1]");
}

TEST_F(LoweringTest, ModuleListsAreUnrolled) {
  EXPECT_EQ(forward("class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
                    "        self.layers = nn.ModuleList([nn.Flatten(), nn.Identity()])\n"
                    "    def forward(self, x):\n        for i, layer in enumerate(self.layers):\n"
                    "            x = layer(x) + i\n        return x.shape, len(self.layers)\n"),
            "([2, 3], 2)");
}

TEST_F(LoweringTest, EqualLayersShareATypeAndOthersDoNot) {
  const auto net = compile(
      "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
      "        self.a = nn.Linear(3, 3)\n        self.b = nn.Linear(3, 3)\n"
      "        self.c = nn.Linear(3, 4, bias=False)\n"
      "    def forward(self, x):\n        return self.c(self.b(self.a(x)))\n");
  EXPECT_EQ(net.attr("a").type(), net.attr("b").type());
  EXPECT_NE(net.attr("a").type(), net.attr("c").type());
  EXPECT_EQ(net.attr("a").type()->annotation_str(), "__torch__.torch.nn.modules.linear.Linear");
}

TEST_F(LoweringTest, MissingBiasIsAnOptionalParameter) {
  const auto net = compile(
      "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
      "        self.conv = nn.Conv2d(3, 4, 1, bias=False)\n"
      "    def forward(self, x):\n        return self.conv(x)\n");
  const auto type = net.attr("conv").type()->expect<c10::ClassType>();
  EXPECT_EQ(type->getAttribute("bias")->annotation_str(), "Optional[Tensor]");
  EXPECT_TRUE(type->is_parameter(type->getAttributeSlot("bias")));
}

TEST_F(LoweringTest, TiedWeightsStayTied) {
  const auto net = compile(
      "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
      "        self.a = nn.Linear(3, 3)\n        self.b = nn.Linear(3, 3)\n"
      "        self.b.weight = self.a.weight\n"
      "    def forward(self, x):\n        return self.b(self.a(x))\n");
  EXPECT_TRUE(
      net.attr("a").toModule().attr("weight").toTensor().is_same(net.attr("b").toModule().attr("weight").toTensor()));
}

TEST_F(LoweringTest, AssignedAttributesKeepTheirState) {
  auto net = compile(
      "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
      "        self.calls = 0\n    def forward(self, x):\n        self.calls += 1\n"
      "        return self.calls\n");
  net.forward({at::ones({1})});
  EXPECT_EQ(net.forward({at::ones({1})}).toInt(), 2);
}

TEST_F(LoweringTest, NamedTuplesEnumsAndClassesAreTypes) {
  EXPECT_EQ(
      forward("class Pair(NamedTuple):\n    a: int\n    b: int\n"
              "class Color(Enum):\n    RED = 1\n    BLUE = 2\n"
              "class Sum:\n    def __init__(self, n: int):\n        self.n = n\n"
              "    def add(self, k: int) -> int:\n        self.n += k\n        return self.n\n" +
              method("        p = Pair(3, 4)\n        s = Sum(p.a)\n        return s.add(p.b), Color.BLUE.value\n")),
      "(7, 2)");
}

TEST_F(LoweringTest, TypeCommentsAreAnnotations) {
  EXPECT_EQ(forward("def twice(n):\n    # type: (int) -> int\n    return n * 2\n" +
                    method("        return twice(x.size(0))\n")),
            "4");
}

TEST_F(LoweringTest, GradientsAreOffInsideNoGrad) {
  EXPECT_EQ(
      forward(method("        with torch.no_grad():\n            on = torch.is_grad_enabled()\n        return on\n")),
      "False");
}

TEST_F(LoweringTest, UnknownAttribute) {
  EXPECT_EQ(refusal("class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
                    "        self.conv1 = nn.Identity()\n    def forward(self, x):\n        return self.conv2(x)\n"),
            "7 net.py:6:16: a 'Net' has no attribute 'conv2'\n"
            "    return self.conv2(x)\n"
            "           ^~~~~~~~~~\n"
            "  help: did you mean 'conv1'?");
}

TEST_F(LoweringTest, UnsupportedStatement) {
  EXPECT_EQ(
      refusal(method("        try:\n            return x + 1\n        except ValueError:\n            return x\n")),
      "7 net.py:3:9: 'try' is not supported in a compiled method\n"
      "    try:\n"
      "    ^~~~\n"
      "  help: test for the condition instead, or mark the method with @torch.jit.unused");
}

TEST_F(LoweringTest, TheChainOfCallsIsNamed) {
  EXPECT_EQ(
      refusal("def f(x):\n    return g(x)\ndef g(x):\n    return x.nothing()\n" + method("        return f(x)\n")),
      "7 net.py:4:12: a value of type 'Tensor' has no attribute 'nothing'\n"
      "    return x.nothing()\n"
      "           ^~~~~~~~~\n"
      "  in g called at net.py:2\n"
      "  in f called at net.py:7");
}

TEST_F(LoweringTest, DifferentTypesInBranches) {
  EXPECT_EQ(
      refusal(method(
          "        if x.sum() > 0:\n            y = x\n        else:\n            y = 'one'\n        return y\n")),
      "7 net.py:7:16: 'y' has type 'Tensor' in the true branch and type 'str' in the false branch\n"
      "    return y\n"
      "           ^\n"
      "  help: give it one type, or declare it before the 'if' with an annotation such as Optional[...]");
}

TEST_F(LoweringTest, AttributeThatBecomesANamedTuple) {
  EXPECT_EQ(refusal("class State(NamedTuple):\n    x: Tensor\n"
                    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
                    "        self.cache = None\n    def forward(self, x):\n        self.cache = State(x)\n"
                    "        return x\n"),
            "7 net.py:8:9: attribute 'cache' of 'Net' is None at first and is assigned a State\n"
            "    self.cache = State(x)\n"
            "    ^~~~~~~~~~~~~~~~~~~~~\n"
            "  help: annotate it in the class body: 'cache: Optional[State]'");
}

TEST_F(LoweringTest, DefaultOfAnotherType) {
  EXPECT_EQ(refusal("class Net(nn.Module):\n    def forward(self, x, n: int = 'a'):\n        return x\n"),
            "7 net.py:2:26: the default of parameter 'n' is 'a', and its type is int\n"
            "    def forward(self, x, n: int = 'a'):\n"
            "                         ^~~~~~\n"
            "  help: annotate the parameter");
}

}  // namespace
}  // namespace scriptc::torch_backend
