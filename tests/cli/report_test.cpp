#include "scriptc/cli/report.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace scriptc::cli {
namespace {

std::string module_file() {
  const std::string path = testing::TempDir() + "scriptc-report-module";
  std::ofstream{path};
  return path;
}

CompileResult written() {
  CompileResult result;
  result.module_file = module_file();
  result.output = "net.pt";
  result.size = 1234;
  result.libtorch = "2.13.0";
  result.inputs = {"float32[N=2,3]"};
  result.seconds = {{"build", 0.5}};
  return result;
}

VerifyReport verified() {
  VerifyReport report;
  report.ran = true;
  report.shapes = {{"N=2", 1e-7, 3, false, ""}, {"N=3", 2e-7, 4, false, ""}, {"N=1", 0, 0, true, "too small"}};
  return report;
}

TEST(Summary, OutputsCompared) {
  CompileResult result = written();
  result.verification = verified();
  result.archive = ArchiveSummary{{"forward"}, {"float32[2,10]"}, 42};
  EXPECT_EQ(summary_text({}, result),
            "wrote: net.pt, TorchScript, 1.2 KB\n"
            "inputs: float32[N=2,3]\n"
            "outputs: float32[2,10]\n"
            "verified: N=2; N=3: largest difference 2e-07, outputs spread over 4\n"
            "  skipped N=1: too small\n");
}

TEST(Summary, StructureOnly) {
  CompileResult result = written();
  result.inputs.clear();
  result.verification = VerifyReport();
  EXPECT_EQ(summary_text({}, result),
            "wrote: net.pt, TorchScript, 1.2 KB\n"
            "verified: structure only: no example inputs are known\n"
            "  help: give them with --input, such as --input 'float32[N=2,3]'\n");
}

TEST(Summary, NotVerified) {
  CompileOptions options;
  options.format = Format::lite;
  EXPECT_EQ(summary_text(options, written()),
            "wrote: net.pt, lite, 1.2 KB\n"
            "inputs: float32[N=2,3]\n"
            "verified: nothing (--no-verify)\n");
}

TEST(Report, HoldsWhatWasVerified) {
  CompileResult result = written();
  result.verification = verified();
  const auto report = nlohmann::json::parse(report_json({}, result, module_file()));
  EXPECT_EQ(report["verification"]["compared"], "outputs");
  EXPECT_EQ(report["verification"]["max_difference"], 2e-7);
  EXPECT_EQ(report["verification"]["runs"][2]["reason"], "too small");
  EXPECT_EQ(report["seconds"]["build"], 0.5);
}

TEST(Report, DigestOfTheModule) {
  const auto report = nlohmann::json::parse(report_json({}, written(), module_file()));
  EXPECT_EQ(report["module"]["sha256"], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(report["weights"], nullptr);
  EXPECT_EQ(report["verification"], nullptr);
}

TEST(Report, NamesThatAreNotUtf8) {
  CompileResult result = written();
  result.output = "\xff.pt";
  EXPECT_EQ(nlohmann::json::parse(report_json({}, result, module_file()))["output"]["path"], "\xef\xbf\xbd.pt");
}

}  // namespace
}  // namespace scriptc::cli
