#pragma once

#include <span>
#include <string>
#include <vector>

#include "scriptc/cli/command_line.h"
#include "scriptc/cli/console.h"

namespace scriptc::cli {

/// One subcommand of `scriptc`. `run` gets arguments that were parsed by `grammar` and returns the exit code.
struct Command {
  std::string name;
  const Grammar& (*grammar)();
  int (*run)(const Arguments& arguments, Console& console);
};

/// The table of subcommands; `pytorch_to_torch` is `compile` under another name.
std::span<const Command> commands();

int run_compile(const Arguments& arguments, Console& console);
const Grammar& list_grammar();
int run_list(const Arguments& arguments, Console& console);
const Grammar& inspect_grammar();
int run_inspect(const Arguments& arguments, Console& console);
const Grammar& help_grammar();
int run_help(const Arguments& arguments, Console& console);

/// The program `scriptc`: finds the command and runs it.
int run_scriptc(const std::vector<std::string>& args, Console& console);
/// Parses and runs one command; `program` is its name in messages. Answers --help and --version.
int run_command(const Command& command, const std::string& program, const std::vector<std::string>& args,
                Console& console);

/// The body of both programs: signal handlers, console, and the only handler of every exception. Ends the process
/// without running destructors of LibTorch's statics.
[[noreturn]] void run_program(int argc, char** argv, int (*run)(const std::vector<std::string>&, Console&));

}  // namespace scriptc::cli
