#include "scriptc/cli/command.h"

int main(int argc, char** argv) {
  using namespace scriptc::cli;
  run_program(argc, argv, [](const std::vector<std::string>& args, Console& console) {
    return run_command(commands().front(), "pytorch_to_torch", args, console);
  });
}
