#include "scriptc/nn/embedded.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace scriptc::nn {
namespace {

const EmbeddedFile* file_of(std::string_view module) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.module == module) return &file;
  }
  return nullptr;
}

std::string text_on_disk(std::string_view file_name) {
  const std::string below_nn(file_name.substr(std::string_view("torch/nn/").size()));
  std::ifstream in(std::filesystem::path(SCRIPTC_NN_SOURCE) / below_nn, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(EmbeddedFiles, NameModulesAsPythonDoes) {
  const EmbeddedFile* conv = file_of("torch.nn.modules.conv");
  ASSERT_NE(conv, nullptr);
  EXPECT_EQ(conv->file_name, "torch/nn/modules/conv.py");
  EXPECT_FALSE(conv->is_package);
}

TEST(EmbeddedFiles, KnowPackages) {
  ASSERT_NE(file_of("torch.nn"), nullptr);
  EXPECT_TRUE(file_of("torch.nn")->is_package);
  ASSERT_NE(file_of("torch.nn.modules"), nullptr);
  EXPECT_TRUE(file_of("torch.nn.modules")->is_package);
  EXPECT_EQ(file_of("torch.nn.modules")->file_name, "torch/nn/modules/__init__.py");
}

TEST(EmbeddedFiles, HoldTheTextsByteForByte) {
  for (const EmbeddedFile& file : embedded_files()) {
    EXPECT_EQ(file.text, text_on_disk(file.file_name)) << file.file_name;
    EXPECT_FALSE(file.text.empty()) << file.file_name;
  }
}

TEST(EmbeddedFiles, LeaveNoFileOut) {
  std::set<std::string> on_disk;
  const std::filesystem::path root = SCRIPTC_NN_SOURCE;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".py") continue;
    on_disk.insert("torch/nn/" + entry.path().lexically_relative(root).generic_string());
  }
  std::set<std::string> embedded;
  for (const EmbeddedFile& file : embedded_files()) embedded.emplace(file.file_name);
  EXPECT_EQ(embedded, on_disk);
}

TEST(EmbeddedFiles, PutPackagesBeforeTheirModules) {
  for (const EmbeddedFile& file : embedded_files()) {
    const std::string package(file.module.substr(0, file.module.rfind('.')));
    if (package == "torch") continue;
    ASSERT_NE(file_of(package), nullptr) << file.module;
    EXPECT_LT(file_of(package), &file) << file.module;
  }
}

}  // namespace
}  // namespace scriptc::nn
