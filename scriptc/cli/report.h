#pragma once

#include <string>

#include "scriptc/cli/compile.h"

namespace scriptc::cli {

/// The lines for stdout: file, size, what was verified and the difference.
std::string summary_text(const CompileOptions& options, const CompileResult& result);

/// The JSON of `--report`. Reads the module file again for its digest. Errors (io).
std::string report_json(const CompileOptions& options, const CompileResult& result);

}  // namespace scriptc::cli
