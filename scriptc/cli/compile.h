#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scriptc/cli/compile_options.h"
#include "scriptc/cli/console.h"
#include "scriptc/model/backend.h"
#include "weights/load_state_dict.h"

namespace scriptc::cli {

/// What is known of the weights that went into the file.
struct WeightsSummary {
  std::string path;
  std::string format;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< of the file that was read, whatever its path names later; for the report only
  weights::LoadResult result;
};

/// What a compilation did, for the summary and the report.
struct CompileResult {
  std::string module_file;
  std::string output;
  std::uint64_t size = 0;
  std::string libtorch;
  std::optional<std::vector<std::string>> operators;  ///< of a lite file, or if they were to be printed
  std::vector<std::string> inputs;                    ///< specs, from the command line or the model
  std::optional<WeightsSummary> weights;
  std::optional<ArchiveSummary> archive;  ///< known if verified
  std::optional<VerifyReport> verification;
  std::vector<std::pair<std::string, double>> seconds;  ///< by stage, in order
};

/// Everything from the command line to the file (ARCHITECTURE, "From the command line to the file"), the report
/// included. Errors: every kind. On error there is no new file and no temporary one.
CompileResult compile(const CompileOptions& options, Console& console);

}  // namespace scriptc::cli
