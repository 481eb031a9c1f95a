#include <filesystem>
#include <fstream>

#include "eval_fixture.h"

namespace scriptc::python {
namespace {

class ModuleTest : public EvalTest {
 protected:
  /// `weight[6, 1, 5, 5] bias[6]`
  std::string tensors_of(const std::string& expression) {
    std::string text;
    for (const NamedTensor& entry : state_dict(value_of(expression).try_as<Module>())) {
      text += (text.empty() ? "" : " ") + entry.name +
              repr(Value::list({entry.tensor->shape().begin(), entry.tensor->shape().end()}));
    }
    return text;
  }
};

TEST_F(ModuleTest, LayersHavePythonsNamesAndShapes) {
  EXPECT_EQ(tensors_of("nn.Conv2d(1, 6, 5, padding=2)"), "weight[6, 1, 5, 5] bias[6]");
  EXPECT_EQ(tensors_of("nn.Linear(3, 4, bias=False)"), "weight[4, 3]");
  EXPECT_EQ(eval("nn.Sequential(nn.Linear(3, 4), nn.ReLU())"),
            "Sequential(\n  (0): Linear(in_features=3, out_features=4, bias=True)\n  (1): ReLU()\n)");
}

TEST_F(ModuleTest, ANetworkIsATreeOfModules) {
  run("class Net(nn.Module):\n"
      "  def __init__(self, classes=10):\n"
      "    super().__init__()\n"
      "    self.features = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU())\n"
      "    self.head = nn.Linear(6, classes)\n"
      "    self.register_buffer('scale', torch.ones(3), persistent=False)\n"
      "    self.apply(self._init)\n"
      "  def _init(self, m):\n"
      "    if isinstance(m, nn.Linear): nn.init.normal_(m.weight, std=0.02)\n");
  EXPECT_EQ(tensors_of("Net(4)"), "features.0.weight[6, 1, 5, 5] features.0.bias[6] head.weight[4, 6] head.bias[4]");
  EXPECT_EQ(eval("[n for n, _ in Net().named_modules()]"), "['', 'features', 'features.0', 'features.1', 'head']");
  EXPECT_EQ(eval("Net().eval().training, Net().head.training"), "(False, True)");
}

TEST_F(ModuleTest, AssignmentFollowsTorch) {
  run("m = nn.Linear(2, 2)");
  EXPECT_EQ(eval("setattr(m, 'weight', 3)"),
            "TypeError: cannot assign 'int' as parameter 'weight' (torch.nn.Parameter or None expected)");
  run("class Bad(nn.Module):\n  def __init__(self): self.fc = nn.Linear(1, 1)\n");
  EXPECT_EQ(eval("Bad()"), "AttributeError: cannot assign module before Module.__init__() call");
}

TEST_F(ModuleTest, WrongArgumentsNameTheLayerAndTheNearestName) {
  EXPECT_EQ(error_of("class Net(nn.Module):\n"
                     "  def __init__(self):\n"
                     "    super().__init__()\n"
                     "    self.conv = nn.Conv2d(1, 6, 5, paddin=2)\n"
                     "Net()\n"),
            "TypeError: Conv2d.__init__() got an unexpected keyword argument 'paddin'\n"
            "  net.py:5: in <module>\n"
            "  net.py:4: in Net.__init__\n"
            "      self.conv = nn.Conv2d(1, 6, 5, paddin=2)\n"
            "  help: did you mean 'padding'?");
}

TEST_F(ModuleTest, MetaValuesCannotBeRead) {
  EXPECT_THROW(value_of("torch.rand(3).sum if torch.rand(1) > 0 else 1"), Error);
  EXPECT_THROW(value_of("torch.rand(1).item()"), NeedsValues);
}

TEST_F(ModuleTest, WhatWasNotFoundIsOpaqueUntilUsed) {
  run("import cv2\nfrom timm.layers import DropPath as D\n@cv2.deco\ndef f(): return 1\nclass A(D): pass\n");
  EXPECT_EQ(eval("f()"), "1");
  run("def g():\n  return cv2.resize(1)\nregistered = g()");  // while a module is imported, calls only register
  EXPECT_EQ(error_of_value("g()"),
            "ImportError: 'cv2.resize' is needed, but module 'cv2' was not found; imported at net.py:1\n"
            "  expr:1: in <expression>\n"
            "  net.py:2: in g\n"
            "      return cv2.resize(1)\n"
            "  help: name the folder that holds it with --path DIR");
}

// As CPython: an attribute, what the package's `__getattr__` makes, a submodule; in this order.
TEST_F(ModuleTest, PackagesThatMakeTheirNamesHaveSubmodules) {
  const auto package = std::filesystem::path(testing::TempDir()) / "lazy_package_of_eval_test";
  std::filesystem::create_directories(package);
  std::ofstream(package / "__init__.py") << "def __getattr__(name):\n"
                                            "    if name == 'Base':\n"
                                            "        from .base import Base\n"
                                            "        return Base\n"
                                            "    raise AttributeError(f'no {name}')\n";
  std::ofstream(package / "base.py") << "from . import constants\nclass Base:\n    scale = constants.SCALE\n";
  std::ofstream(package / "constants.py") << "SCALE = 2\n";
  std::ofstream(package / "net.py") << "from . import Base\nfrom . import base as own\nscale = Base.scale\n"
                                       "try:\n    from . import nothing\n"
                                       "except ImportError as error:\n    why = str(error)\n";
  const auto net = evaluator.load_file((package / "net.py").string());
  const auto at = [&](const char* name) { return evaluator.represent(evaluator.get_attribute(net, name)); };
  EXPECT_EQ(at("scale"), "2");
  EXPECT_EQ(evaluator.represent(evaluator.get_attribute(evaluator.get_attribute(net, "own"), "__name__")),
            "'lazy_package_of_eval_test.base'");
  EXPECT_EQ(at("why"), "\"cannot import name 'nothing' from 'lazy_package_of_eval_test'\"");
  std::filesystem::remove_all(package);
}

TEST_F(ModuleTest, AnImportInsideTryFails) {
  run("try:\n  import cv2\n  have = True\nexcept ImportError:\n  have = False\n");
  EXPECT_EQ(eval("have"), "False");
}

TEST_F(ModuleTest, LoadingInAConstructorSaysWhatToDo) {
  EXPECT_EQ(error_of("torch.load('w.pth')"),
            "RuntimeError: torch.load() is not available: constructors have no access to files\n"
            "  net.py:1: in <module>\n"
            "      torch.load('w.pth')\n"
            "  help: leave the weights to -w FILE, and pass what keeps the constructor from loading, as in --kwargs "
            "pretrained 0");
}

}  // namespace
}  // namespace scriptc::python
