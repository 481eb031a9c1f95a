#include "scriptc/cli/compile_options.h"

#include <gtest/gtest.h>

#include "tests/cli/error_of.h"

namespace scriptc::cli {
namespace {

/// The options of `pytorch_to_torch net.so Net WORDS…`.
CompileOptions given(std::vector<std::string> words) {
  words.insert(words.begin(), {"net.so", "Net"});
  return compile_options(parse_arguments(compile_grammar(), "pytorch_to_torch", words));
}
std::string refuse(const std::vector<std::string>& words) {
  return error_of([&] { given(words); });
}

TEST(CompileOptions, Defaults) {
  const CompileOptions options = given({});
  EXPECT_EQ(options.output, "./torchScriptModel.pt");
  EXPECT_EQ(options.format, Format::torchscript);
  EXPECT_EQ(options.threads, 1);
  EXPECT_EQ(options.seed, 0u);
  EXPECT_TRUE(options.script.freeze && options.strict && options.verify);
}

TEST(CompileOptions, FormatByExtensionOrByName) {
  EXPECT_EQ(given({"-s", "net.ptl"}).format, Format::lite);
  EXPECT_EQ(given({"-s", "net.pt"}).format, Format::torchscript);
  EXPECT_EQ(given({"-s", "net.ptl", "--format", "torchscript"}).format, Format::torchscript);
  EXPECT_EQ(refuse({"--format", "onnx"}), "2: option '--format' must be 'torchscript' or 'lite', got 'onnx'");
}

TEST(CompileOptions, TrainingModeIsNotFrozen) { EXPECT_FALSE(given({"--train"}).script.freeze); }

TEST(CompileOptions, CapsGoWhereTheyBelong) {
  const CompileOptions options =
      given({"--max-depth", "9", "--max-bytes", "8", "--max-steps", "7", "--max-memory", "6", "--max-calls", "5"});
  EXPECT_EQ(options.reading.caps.depth, 9u);
  EXPECT_EQ(options.reading.caps.inflated_bytes, 8u);
  EXPECT_EQ(options.limits.steps, 7);
  EXPECT_EQ(options.limits.memory, 6);
  EXPECT_EQ(options.limits.depth, 5);
}

TEST(CompileOptions, InputsAreParsed) {
  EXPECT_EQ(given({"--input", "float32[N=2,3]", "--input", "m=none"}).verification.inputs.size(), 2u);
  EXPECT_EQ(refuse({"--input", "float32[N=2]", "--input", "float32[N=3]"}),
            "2: dimension 'N' is given twice and differs (got N=2 and N=3)\n"
            "  help: equal names are tied; give independent dimensions two names");
}

TEST(CompileOptions, ThreadsHaveARange) {
  EXPECT_EQ(refuse({"--threads", "0"}), "2: option '--threads' must be 1 to 1024, got '0'");
}

TEST(CompileOptions, OptionsWithoutEffectAreRefused) {
  EXPECT_EQ(refuse({"--key", "ema"}), "2: option '--key' needs '--state_dict'");
  EXPECT_EQ(refuse({"--no-strict"}), "2: option '--no-strict' needs '--state_dict'");
  EXPECT_EQ(refuse({"--no-verify", "--rtol", "1"}), "2: option '--rtol' has no effect with '--no-verify'");
}

TEST(CompileOptions, EveryOptionHasHelp) {
  for (const Option& option : compile_grammar().options) EXPECT_FALSE(option.help.empty()) << option.name;
}

}  // namespace
}  // namespace scriptc::cli
