#include "scriptc/cli/command.h"
#include "scriptc/cli/compile.h"
#include "scriptc/cli/report.h"

namespace scriptc::cli {

int run_compile(const Arguments& arguments, Console& console) {
  const CompileOptions options = compile_options(arguments);
  const CompileResult result = compile(options, console);
  if (!options.quiet) console.print(summary_text(options, result));
  if (options.debug)
    for (const auto& [stage, seconds] : result.seconds) console.note(stage + ": " + std::to_string(seconds) + " s");
  return 0;
}

}  // namespace scriptc::cli
