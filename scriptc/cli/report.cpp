#include "scriptc/cli/report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "scriptc/cli/json_value.h"
#include "scriptc/cli/units.h"
#include "scriptc/model/text.h"
#include "scriptc/version.h"
#include "weights/sha256.h"

namespace scriptc::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNoInputs = "structure only: no example inputs are known";

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

const char* format_name(Format format) { return format == Format::lite ? "lite" : "torchscript"; }

std::string verified_text(const VerifyReport& report) {
  if (!report.ran)
    return std::string("verified: ") + kNoInputs +
           "\n  help: give them with --input, such as --input 'float32[N=2,3]'\n";
  std::string shapes;
  std::string skipped;
  double spread = 0;
  for (const VerifiedShape& shape : report.shapes) {
    if (shape.skipped) {
      skipped += "  skipped " + shape.shapes + ": " + escape(shape.reason, 0) + "\n";
      continue;
    }
    shapes += (shapes.empty() ? "" : "; ") + shape.shapes;
    spread = std::max(spread, shape.spread);
  }
  std::string text = "verified: " + shapes + ": largest difference " + number_text(report.max_difference()) +
                     ", outputs spread over " + number_text(spread) + "\n";
  if (report.nan_outputs > 0)
    text += "  " + plural(static_cast<std::size_t>(report.nan_outputs), "output") + " NaN on both sides\n";
  return text + skipped;
}

Json arguments_json(const ModelArguments& arguments) {
  Json args = Json::array();
  for (const Argument& argument : arguments.positional) args.push_back(value_json(argument.value));
  Json kwargs = Json::object();
  for (const auto& [name, argument] : arguments.keyword) kwargs[name] = value_json(argument.value);
  return {{"args", args}, {"kwargs", kwargs}};
}

Json weights_json(const std::optional<WeightsSummary>& weights) {
  if (!weights) return nullptr;
  return {{"path", weights->path},
          {"format", weights->format},
          {"sha256", weights->sha256},
          {"bytes", weights->bytes},
          {"loaded", weights->result.loaded},
          {"missing", weights->result.missing},
          {"unexpected", weights->result.unexpected}};
}

Json verification_json(const CompileOptions& options, const std::optional<VerifyReport>& report) {
  if (!report) return nullptr;
  Json shapes = Json::array();
  for (const VerifiedShape& shape : report->shapes) {
    if (shape.skipped)
      shapes.push_back({{"shapes", shape.shapes}, {"skipped", true}, {"reason", shape.reason}});
    else
      shapes.push_back({{"shapes", shape.shapes},
                        {"skipped", false},
                        {"max_difference", shape.max_difference},
                        {"spread", shape.spread}});
  }
  return {{"compared", report->ran ? "outputs" : "structure"},
          {"rtol", options.verification.rtol},
          {"atol", options.verification.atol},
          {"max_difference", report->ran ? Json(report->max_difference()) : Json(nullptr)},
          {"nan_outputs", report->nan_outputs},
          {"runs", shapes}};
}

Json seconds_json(const CompileResult& result) {
  Json seconds = Json::object();
  for (const auto& [stage, taken] : result.seconds) seconds[stage] = taken;
  return seconds;
}

}  // namespace

std::string summary_text(const CompileOptions& options, const CompileResult& result) {
  std::string text = "wrote: " + escape(result.output, 0) + ", " +
                     (options.format == Format::lite ? "lite" : "TorchScript") + ", " + bytes_text(result.size) + "\n";
  if (result.weights)
    text += "weights: " + escape(result.weights->path, 0) + ", " +
            plural(static_cast<std::size_t>(result.weights->result.loaded), "tensor") + ", " +
            bytes_text(result.weights->bytes) + "\n";
  if (!result.inputs.empty()) text += "inputs: " + join(result.inputs) + "\n";
  if (result.archive && !result.archive->outputs.empty()) text += "outputs: " + join(result.archive->outputs) + "\n";
  return text + (result.verification ? verified_text(*result.verification) : "verified: nothing (--no-verify)\n");
}

std::string report_json(const CompileOptions& options, const CompileResult& result, const std::string& output_file) {
  Json report = {{"scriptc", version()},
                 {"libtorch", result.libtorch},
                 {"module", {{"path", result.module_file}, {"sha256", weights::file_sha256(result.module_file)}}},
                 {"model", options.model},
                 {"arguments", arguments_json(options.arguments)},
                 {"seed", options.seed},
                 {"weights", weights_json(result.weights)},
                 {"output",
                  {{"path", result.output},
                   {"format", format_name(options.format)},
                   {"size", result.size},
                   {"sha256", weights::file_sha256(output_file)}}},
                 {"inputs", result.inputs},
                 {"outputs", nullptr},
                 {"methods", nullptr},
                 {"parameters", nullptr},
                 {"operators", result.operators ? Json(*result.operators) : Json(nullptr)},
                 {"verification", verification_json(options, result.verification)},
                 {"seconds", seconds_json(result)}};
  if (result.archive) {
    report["outputs"] = result.archive->outputs;
    report["methods"] = result.archive->methods;
    report["parameters"] = result.archive->parameters;
  }
  // Paths and names need not be UTF-8.
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace scriptc::cli
