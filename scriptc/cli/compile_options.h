#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scriptc/cli/command_line.h"
#include "scriptc/cli/inference.h"
#include "scriptc/model/backend.h"
#include "scriptc/python/evaluator.h"
#include "weights/checkpoint.h"

namespace scriptc::cli {

/// What `compile` is asked to do, checked as far as the command line alone allows.
struct CompileOptions {
  std::string module;
  std::string model;
  ModelArguments arguments;
  std::vector<std::string> path;  ///< roots of Python packages

  std::optional<std::string> weights;
  weights::ReadOptions reading;  ///< `--key` and the caps; no message sink
  bool strict = true;

  std::string output;
  Format format = Format::torchscript;
  ScriptOptions script;
  bool print_code = false;
  bool print_operators = false;

  bool verify = true;
  VerifyOptions verification;  ///< inputs of the command line, may be empty
  int threads = 1;
  std::uint64_t seed = 0;
  python::Limits limits;

  std::optional<std::string> report;
  bool quiet = false;
  bool debug = false;
};

/// The option table of `scriptc compile` and `pytorch_to_torch`.
const Grammar& compile_grammar();

/// Errors (usage). PYTHONPATH is read here, too.
CompileOptions compile_options(const Arguments& arguments);

}  // namespace scriptc::cli
