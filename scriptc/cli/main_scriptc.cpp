#include "scriptc/cli/command.h"

int main(int argc, char** argv) { scriptc::cli::run_program(argc, argv, &scriptc::cli::run_scriptc); }
