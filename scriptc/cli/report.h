#pragma once

#include <string>

#include "scriptc/cli/compile.h"

namespace scriptc::cli {

/// The lines for stdout: file, size, what was verified and the difference.
std::string summary_text(const CompileOptions& options, const CompileResult& result);

/// The JSON of `--report`. Reads the module, the weights and the output for their digests; the output is still called
/// `output_file`. Errors (io).
std::string report_json(const CompileOptions& options, const CompileResult& result, const std::string& output_file);

}  // namespace scriptc::cli
