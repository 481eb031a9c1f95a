#include "scriptc/cli/command.h"

#include <malloc.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <new>

#include "scriptc/cli/compile_options.h"
#include "scriptc/cli/temporary_files.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"
#include "scriptc/version.h"

namespace scriptc::cli {
namespace {

std::string overview() {
  std::string text =
      "usage: scriptc COMMAND ...\n\nPyTorch model definitions to TorchScript, without Python\n\ncommands:\n";
  for (const Command& command : commands())
    text += "  " + command.name + std::string(10 - command.name.size(), ' ') + command.grammar().summary + "\n";
  return text + "\n'scriptc help COMMAND' tells more.\n";
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  std::string help = did_you_mean(name, names);
  if (help.empty()) help = "\n  help: the commands are " + join(names);
  throw Error(ErrorKind::usage, "unknown command " + quote(name) + help);
}

int run_guarded(const std::vector<std::string>& args, Console& console,
                int (*run)(const std::vector<std::string>&, Console&)) {
  try {
    const int code = run(args, console);
    if (code == 0 && console.lost_output()) throw Error(ErrorKind::io, "standard output cannot be written");
    return code;
  } catch (const Error& error) {
    console.error(error.message());
    return exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    console.error("out of memory");
    return exit_code(ErrorKind::cap);
  } catch (const std::exception& error) {
    console.error("internal error: " + escape(error.what(), 0) +
                  "\n  help: this is a bug of scriptc, please report it");
    return exit_code(ErrorKind::internal);
  } catch (...) {
    console.error("internal error: an exception of unknown type\n  help: this is a bug of scriptc, please report it");
    return exit_code(ErrorKind::internal);
  }
}

}  // namespace

std::span<const Command> commands() {
  static const std::array kCommands{
      Command{"compile", &compile_grammar, &run_compile}, Command{"list", &list_grammar, &run_list},
      Command{"inspect", &inspect_grammar, &run_inspect}, Command{"help", &help_grammar, &run_help}};
  return kCommands;
}

const Grammar& help_grammar() {
  static const Grammar grammar{"Show what a command does",
                               {{"COMMAND", "name of the command", false}},
                               {{"help", 'h', ValueKind::flag, "", "show this help", "general"}},
                               ""};
  return grammar;
}

int run_help(const Arguments& arguments, Console& console) {
  const auto name = arguments.text("COMMAND");
  console.print(name ? help_text(find_command(*name).grammar(), "scriptc " + *name) : overview());
  return 0;
}

int run_command(const Command& command, const std::string& program, const std::vector<std::string>& args,
                Console& console) {
  const Arguments arguments = parse_arguments(command.grammar(), program, args);
  if (arguments.has("help")) {
    console.print(help_text(command.grammar(), program));
    return 0;
  }
  if (arguments.has("version")) {
    console.print(program.substr(0, program.find(' ')) + " " + std::string(version()) + "\n");
    return 0;
  }
  return command.run(arguments, console);
}

int run_scriptc(const std::vector<std::string>& args, Console& console) {
  if (args.empty()) throw Error(ErrorKind::usage, "a command is missing\n  help: see 'scriptc help'");
  const std::string& name = args.front();
  if (name == "-h" || name == "--help") return run_help(parse_arguments(help_grammar(), "scriptc help", {}), console);
  if (name == "--version") return run_command(find_command("compile"), "scriptc", {name}, console);
  const Command& command = find_command(name);
  return run_command(command, "scriptc " + name, {args.begin() + 1, args.end()}, console);
}

void run_program(int argc, char** argv, int (*run)(const std::vector<std::string>&, Console&)) {
  install_signal_handlers();
  // One heap for all threads. LibTorch loads on a thread of its own, whose heap would grow by a system call for every
  // few pages: 4 % of the time that ResNet-50 takes.
  ::mallopt(M_ARENA_MAX, 1);
  Console console;
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  std::_Exit(run_guarded(args, console, run));
}

}  // namespace scriptc::cli
