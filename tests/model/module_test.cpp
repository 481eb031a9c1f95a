#include "scriptc/model/module.h"

#include <gtest/gtest.h>

#include "scriptc/model/error.h"

namespace scriptc {
namespace {

ModulePtr layer() {
  auto module = std::make_shared<Module>();
  module->parameters.set("weight", Tensor::meta(DType::float32, {2, 3}));
  module->parameters.set("bias", nullptr);
  module->buffers.set("count", Buffer{Tensor::meta(DType::int64, {}), true});
  module->buffers.set("scratch", Buffer{Tensor::meta(DType::float32, {1}), false});
  return module;
}

std::vector<std::string> names(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> result;
  for (const NamedTensor& tensor : tensors) result.push_back(tensor.name);
  return result;
}

using Names = std::vector<std::string>;

TEST(StateDict, HoldsParametersThenPersistentBuffersThenChildren) {
  const ModulePtr root = layer();
  root->children.set("inner", layer());
  EXPECT_EQ(names(state_dict(root)), (Names{"weight", "count", "inner.weight", "inner.count"}));
  EXPECT_EQ(names(state_dict(layer(), true)), (Names{"weight", "count", "scratch"}));
}

TEST(StateDict, ListsASharedModuleUnderBothNames) {
  const ModulePtr root = std::make_shared<Module>();
  root->children.set("a", layer());
  root->children.set("b", *root->children.find("a"));
  EXPECT_EQ(names(state_dict(root)), (Names{"a.weight", "a.count", "b.weight", "b.count"}));
}

TEST(StateDict, RefusesAModuleThatContainsItself) {
  const ModulePtr root = std::make_shared<Module>();
  root->children.set("again", root);
  try {
    state_dict(root);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "module 'again' of type 'object' contains itself");
  }
  root->children.clear();
}

TEST(ForEachModule, VisitsEveryModuleOnce) {
  const ModulePtr root = std::make_shared<Module>();
  root->children.set("a", layer());
  root->children.set("b", *root->children.find("a"));
  root->children.set("none", nullptr);
  Names seen;
  for_each_module(root, [&](const std::string& name, const ModulePtr&) { seen.push_back(name); });
  EXPECT_EQ(seen, (Names{"", "a"}));
}

}  // namespace
}  // namespace scriptc
