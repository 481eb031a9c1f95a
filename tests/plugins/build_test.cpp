#include <algorithm>

#include "plugin_test.h"
#include "scriptc/python/objects.h"

namespace scriptc::plugins {
namespace {

using python::PyClass;
using python::PyFunction;

/// Builds fixtures' models in one Python world, in meta mode: no back end is needed.
class BuildModel : public testing::Test {
 protected:
  Built build(const std::string& plugin, const std::string& model, const std::vector<Value>& arguments = {}) {
    return load_plugin(fixture(plugin))->build(model, arguments, evaluator_);
  }
  ModulePtr module(const std::string& model, const std::vector<Value>& arguments = {}) {
    return build("good", model, arguments).module;
  }
  std::string build_error(const std::string& plugin, const std::string& model,
                          const std::vector<Value>& arguments = {}) {
    return error_of([&] { build(plugin, model, arguments); });
  }

  python::Evaluator evaluator_{{{}, {}, python::TensorMode::meta, {}, nullptr}};
};

std::shared_ptr<PyClass> class_of(const Module& module) { return std::dynamic_pointer_cast<PyClass>(module.class_); }

/// `name: shape` for each tensor of the state dict.
std::vector<std::string> shapes(const ModulePtr& module) {
  std::vector<std::string> result;
  for (const NamedTensor& named : state_dict(module)) {
    std::string text = named.name + ":";
    for (const std::int64_t size : named.tensor->shape()) text += " " + std::to_string(size);
    result.push_back(text);
  }
  return result;
}

std::string attribute(const ModulePtr& module, const char* name) {
  const Value* value = module->attributes.find(name);
  return value ? repr(*value) : "none such";
}

using Strings = std::vector<std::string>;

TEST_F(BuildModel, MakesLayersInOrder) {
  const ModulePtr root = module("Layers", {6, true});
  EXPECT_EQ(root->children.names(), (Strings{"conv", "pool", "list", "made"}));
  EXPECT_EQ(shapes(root), (Strings{"conv.weight: 6 1 3 3", "conv.bias: 6", "list.0.weight: 3 2", "list.0.bias: 3",
                                   "list.1.weight: 2 3", "list.1.bias: 2"}));
  EXPECT_EQ(attribute(*root->children.find("pool"), "kernel_size"), "(2, 2)");
}

TEST_F(BuildModel, PassesArguments) {
  EXPECT_EQ(shapes(module("Layers", {2, false})).at(0), "conv.weight: 2 1 3 3");
  EXPECT_EQ(shapes(module("Layers", {2, false})).at(1), "list.0.weight: 3 2");
}

TEST_F(BuildModel, PassesEveryType) {
  const ModulePtr root = module("Arguments", {true, 4, 0.5, "t", 7, Value::list({"x"}), Value::tuple({1, 2.5})});
  EXPECT_EQ(attribute(root, "flag"), "True");
  EXPECT_EQ(attribute(root, "count"), "4");
  EXPECT_EQ(attribute(root, "rate"), "0.5");
  EXPECT_EQ(attribute(root, "text"), "'t'");
  EXPECT_EQ(attribute(root, "maybe"), "7");
  EXPECT_EQ(attribute(root, "names"), "['x']");
  EXPECT_EQ(attribute(root, "pair"), "(1, 2.5)");
  EXPECT_EQ(attribute(root, "nested"), "(1, (2.5, 'x'), None)");
}

TEST_F(BuildModel, NamesTheClassAfterThePlugin) {
  const ModulePtr root = module("Layers", {6, true});
  EXPECT_EQ(root->class_->name, "Layers");
  EXPECT_EQ(root->class_->qualified_name, "good.Layers");
  EXPECT_EQ(class_of(*root)->bases.at(0)->name, "Module");
}

TEST_F(BuildModel, GivesMethodsTheLinesOfTheSource) {
  const ModulePtr root = module("Layers", {6, true});
  const Value* forward = class_of(*root)->lookup("forward");
  ASSERT_NE(forward, nullptr);
  const auto function = forward->try_as<PyFunction>();
  EXPECT_EQ(function->source()->name(), "good.cpp");
  EXPECT_EQ(function->source()->shown_line(function->def->span.line), 17);
  EXPECT_EQ(function->def->span.column, 6);
  EXPECT_EQ(function->source()->line(function->def->span.line), "      def forward(self, x: Tensor) -> Tensor:");
}

TEST_F(BuildModel, FindsMethodsOfEveryDef) {
  const ModulePtr root = module("Methods");
  EXPECT_NE(class_of(*root)->lookup("forward"), nullptr);
  EXPECT_NE(class_of(*root)->lookup("twice"), nullptr);
  EXPECT_EQ(root->class_->qualified_name, "good.Methods");
}

TEST_F(BuildModel, MethodsSeeThePluginsFunctions) {
  const auto forward = class_of(*module("Methods"))->lookup("forward")->try_as<PyFunction>();
  const auto shift = evaluator_.try_resolve(*forward, "shift");
  ASSERT_TRUE(shift);
  EXPECT_TRUE(evaluator_.try_resolve(*shift->try_as<PyFunction>(), "halve"));
  for (const char* name : {"torch", "nn", "F", "math", "Tensor", "Optional", "List", "Tuple", "Dict"})
    EXPECT_TRUE(evaluator_.try_resolve(*forward, name)) << name;
}

TEST_F(BuildModel, ModulesMadeAlikeShareAClass) {
  const ModulePtr root = module("Alike");
  EXPECT_EQ((*root->children.find("first"))->class_, (*root->children.find("second"))->class_);
}

TEST_F(BuildModel, TakesInputsOfTheBuilderFirst) {
  EXPECT_EQ(build("good", "Layers", {6, true}).inputs, Strings{"float32[N=2,1,8,8]"});
  EXPECT_EQ(build("good", "Methods").inputs, Strings{"float32[3]"});
}

TEST_F(BuildModel, RefusesUnknownModels) {
  EXPECT_EQ(build_error("throwing", "Throw"),
            "model: plugin 'throwing.so' has no model 'Throw'; its models are Throws, ThrowsNumber, Narrow, Catches\n"
            "  help: did you mean 'Throws'?");
}

TEST_F(BuildModel, ReportsWhatTheBuilderThrows) {
  EXPECT_EQ(build_error("throwing", "Throws"),
            "model: model 'Throws' of plugin 'throwing.so' cannot be built: the moon is in the wrong phase");
  EXPECT_EQ(build_error("throwing", "ThrowsNumber"),
            "model: model 'ThrowsNumber' of plugin 'throwing.so' cannot be built: it threw something that is no "
            "std::exception");
}

TEST_F(BuildModel, RefusesNumbersBeyondAnInt) {
  EXPECT_EQ(build_error("throwing", "Narrow", {std::int64_t{1} << 40}),
            "model: model 'Narrow' of plugin 'throwing.so' cannot be built: 1099511627776 does not fit into the "
            "builder's int: declare it int64_t");
}

TEST_F(BuildModel, LetsTheBuilderCatch) { EXPECT_EQ(build("throwing", "Catches").module->class_->name, "Identity"); }

TEST_F(BuildModel, ReportsWrongCallsAtTheirLine) {
  EXPECT_EQ(build_error("wrong_calls", "WrongKeyword"),
            "model: wrong_calls.cpp:8: TypeError: Conv2d.__init__() got an unexpected keyword argument 'paddin'\n"
            "  help: did you mean 'padding'?");
  EXPECT_EQ(build_error("wrong_calls", "UnknownLayer"),
            "model: wrong_calls.cpp:12: 'torch.nn' has no 'Conv2D'\n"
            "  help: did you mean 'Conv2d' or 'Conv1d' or 'Conv3d'?");
  EXPECT_EQ(build_error("wrong_calls", "UnknownPackage"),
            "model: wrong_calls.cpp:14: ModuleNotFoundError: No module named 'touch'");
  EXPECT_EQ(build_error("wrong_calls", "NoValue"), "model: wrong_calls.cpp:16: argument 'out_features' has no value");
  EXPECT_EQ(build_error("wrong_calls", "Twice"), "model: wrong_calls.cpp:18: argument 'in_features' is given twice");
  EXPECT_EQ(build_error("wrong_calls", "Disorder"),
            "model: wrong_calls.cpp:20: positional argument follows argument 'in_features'");
  EXPECT_EQ(build_error("wrong_calls", "BadClassName"),
            "model: wrong_calls.cpp:22: class name 'My Net' is no identifier");
}

TEST_F(BuildModel, ReportsWrongInputsAtTheirLine) {
  const std::string text = build_error("wrong_calls", "BadInput");
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "model: wrong_calls.cpp:26: input spec 'float33[1]': no dtype is called 'float33'");
}

TEST_F(BuildModel, ReportsSyntaxErrorsAtTheirLine) {
  EXPECT_EQ(build_error("wrong_methods", "SyntaxError"),
            "model: wrong_methods.cpp:9:21: invalid syntax\n    return x +\n              ^");
}

TEST_F(BuildModel, RefusesMethodsDefinedTwice) {
  EXPECT_EQ(build_error("wrong_methods", "Redefined"),
            "model: wrong_methods.cpp:32:7: method 'forward' is already defined at line 26\n"
            "    def forward(self, x: Tensor) -> Tensor:\n"
            "    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~");
}

TEST_F(BuildModel, RefusesMethodsForLayers) {
  EXPECT_EQ(build_error("wrong_methods", "DefOnLayer"),
            "model: wrong_methods.cpp:40: def is for modules made by nn::Module(\"Name\"), not for a Linear");
}

TEST_F(BuildModel, TakesMethodsWithoutIndentation) {
  const ModulePtr root = build("wrong_methods", "Unindented").module;
  EXPECT_NE(class_of(*root)->lookup("forward"), nullptr);
}

}  // namespace
}  // namespace scriptc::plugins
