#include <elf.h>

#include "plugin_test.h"

namespace scriptc::plugins {
namespace {

std::string load_error(const std::string& name, const std::string& libtorch = "") {
  return error_of([&] { load_plugin(fixture(name), libtorch); });
}

/// `name: type = default`, as `scriptc list` may show it.
std::string signature(const ModelInfo& model) {
  std::string text;
  for (const ParameterInfo& parameter : model.parameters) {
    text += (text.empty() ? "" : ", ") + parameter.name + ": " + to_string(parameter.type);
    if (parameter.default_value) text += " = " + repr(*parameter.default_value);
  }
  return text;
}

TEST(LoadPlugin, ListsModels) {
  const auto& models = load_plugin(fixture("good"))->models();
  ASSERT_EQ(models.size(), 5u);
  EXPECT_EQ(models[0].name, "Layers");
  EXPECT_EQ(models[0].doc, "Layers and their arguments");
  EXPECT_EQ(models[0].inputs, std::vector<std::string>{"float32[N=2,1,8,8]"});
  EXPECT_FALSE(models[0].native);
}

TEST(LoadPlugin, DeducesParameters) {
  const auto& models = load_plugin(fixture("good"))->models();
  EXPECT_EQ(signature(models[0]), "width: int, bias: bool = True");
  EXPECT_EQ(signature(models[2]),
            "flag: bool, count: int = 3, rate: float = 1.0, text: str = 'a', maybe: optional int = None, "
            "names: list of str = ['b', 'c'], pair: tuple of (int, float) = (1, 2.0)");
}

TEST(LoadPlugin, LoadsAFileOnce) { EXPECT_EQ(load_plugin(fixture("good")), load_plugin(fixture("good"))); }

TEST(LoadPlugin, RefusesAnotherAbi) {
  EXPECT_EQ(load_error("other_abi"),
            "plugin: plugin 'other_abi.so' does not fit this program: built for ABI version 99, this is ABI version 1\n"
            "  help: rebuild it with scriptc_add_plugin of this installation");
}

TEST(LoadPlugin, NamesAllMismatchesAtOnce) {
  EXPECT_EQ(
      load_error("other_libtorch", "2.13.0"),
      "plugin: plugin 'other_libtorch.so' does not fit this program: built for ABI version 99, this is ABI version "
      "1; built for LibTorch 1.0.0, this is LibTorch 2.13.0; built for _GLIBCXX_USE_CXX11_ABI=0, this is "
      "_GLIBCXX_USE_CXX11_ABI=1\n"
      "  help: rebuild it with scriptc_add_plugin of this installation and this LibTorch");
}

TEST(LoadPlugin, RefusesAnotherMachine) {
  TemporaryFile file = TemporaryFile::copy_of(fixture("good"));
  file.set_byte(offsetof(Elf64_Ehdr, e_machine), static_cast<char>(EM_S390));
  EXPECT_EQ(error_of([&] { load_plugin(file.path()); }),
            "plugin: plugin '" + file.path() +
                "' does not fit this program: built for machine s390x, this is machine x86-64\n"
                "  help: rebuild it with scriptc_add_plugin of this installation");
}

TEST(LoadPlugin, RefusesAPluginWithoutEntry) {
  EXPECT_EQ(load_error("no_entry"),
            "plugin: 'no_entry.so' is no plugin: it has no symbol 'scriptc_plugin_entry'\n"
            "  help: write SCRIPTC_PLUGIN(m) { m.model(…); } in one of its sources");
}

TEST(LoadPlugin, RefusesAPluginWithoutModels) {
  EXPECT_EQ(load_error("no_models"),
            "plugin: plugin 'no_models.so' has no models\n"
            "  help: add one in SCRIPTC_PLUGIN(m) with m.model(\"Name\", &builder, …)");
}

TEST(LoadPlugin, RefusesTwoModelsOfOneName) {
  EXPECT_EQ(load_error("duplicate_model"),
            "plugin: plugin 'duplicate_model.so' cannot be registered: duplicate_model.cpp:9: model 'Net' is already "
            "registered");
}

TEST(LoadPlugin, RefusesADefaultOfAnotherType) {
  EXPECT_EQ(load_error("wrong_default"),
            "plugin: plugin 'wrong_default.so' cannot be registered: wrong_default.cpp:8: parameter 'width' of model "
            "'Net' is int, but its default is 'wide'");
}

TEST(LoadPlugin, RefusesLayersOutsideOfBuilders) {
  EXPECT_EQ(load_error("layer_in_entry"),
            "plugin: plugin 'layer_in_entry.so' cannot be registered: modules can be made in a builder only, not in "
            "SCRIPTC_PLUGIN");
}

TEST(LoadPlugin, RefusesAnInputThatIsNone) {
  const std::string text = load_error("bad_input_spec");
  EXPECT_EQ(
      text.substr(0, text.find('\n')),
      "plugin: plugin 'bad_input_spec.so' cannot be registered: input of model 'Net': input spec 'float33[2]': no "
      "dtype is called 'float33'");
}

TEST(LoadPlugin, ReportsWhatTheLinkerSays) {
  EXPECT_EQ(load_error("undefined_symbol"),
            "plugin: plugin 'undefined_symbol.so' cannot be loaded: undefined symbol: _Z15defined_nowherev");
}

}  // namespace
}  // namespace scriptc::plugins
