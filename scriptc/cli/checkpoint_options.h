#pragma once

#include <vector>

#include "scriptc/cli/command_line.h"
#include "weights/checkpoint.h"

namespace scriptc::cli {

/// The caps on checkpoints, `--max-bytes` and so on, under the heading "limits": every command that reads one has them.
std::vector<Option> cap_options();

/// `--key` and the caps of a command whose grammar has them; no message sink.
weights::ReadOptions reading_options(const Arguments& arguments);

}  // namespace scriptc::cli
