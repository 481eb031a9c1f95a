#include "scriptc/cli/compile_options.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include "scriptc/cli/checkpoint_options.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

constexpr const char* kDefaultOutput = "./torchScriptModel.pt";
constexpr std::int64_t kMostThreads = 1024;

/// The caps on evaluating a Python file.
struct LimitOption {
  const char* name;
  const char* help;
  std::int64_t maximum;
  void (*set)(python::Limits&, std::int64_t);
};
constexpr std::array kLimitOptions{
    LimitOption{"max-steps", "steps that a constructor may take (50000000)", std::numeric_limits<std::int64_t>::max(),
                [](python::Limits& limits, std::int64_t n) { limits.steps = n; }},
    LimitOption{"max-memory", "bytes that a constructor's lists, dicts and strings may take (1000000000)",
                std::numeric_limits<std::int64_t>::max(),
                [](python::Limits& limits, std::int64_t n) { limits.memory = n; }},
    LimitOption{"max-calls", "nested calls in a constructor (400)", std::numeric_limits<int>::max(),
                [](python::Limits& limits, std::int64_t n) { limits.depth = static_cast<int>(n); }},
};

constexpr const char* kEpilog =
    R"(Values after --args and --kwargs are inferred: with a '.', a float if it is one; else an int if it is one; else the
text. Parameters that a plugin declares are converted to their type: true, 1e-3, None, 64,32 or [64, 32] do as expected.

Input specs: float32[N=2,3,H=224%32,W=224]  int64[N=2,T=16]<30522  float32[2,3]:0..1  bool[4]  float32[]
  none   (a, b)   [a, b]   {key: a}   NAME=SPEC
A named dimension may vary, its number is the sample, '%' keeps multiples, equal names are tied.

Exit codes: 0 done, 1 internal error, 2 usage, 3 bad input file, 4 a cap was exceeded, 5 file or folder cannot be
read or written, 6 plugin, 7 model, 8 verification failed.
)";

Grammar make_grammar() {
  Grammar grammar;
  grammar.summary = "Compile a PyTorch model definition to TorchScript, without Python";
  grammar.positionals = {
      {"MODULE", "plugin (path of a .so file, or the name of an installed one) or Python file (.py)"},
      {"MODEL_NAME", "model of the plugin; class, function or expression of the Python file"}};
  using enum ValueKind;
  grammar.options = {
      {"help", 'h', flag, "", "show this help", "general"},
      {"version", 0, flag, "", "show the version", "general"},
      {"quiet", 0, flag, "", "no progress, no summary", "general"},
      {"debug", 0, flag, "", "more about errors, and the time of each stage", "general"},
      {"report", 0, text, "FILE", "write what was done and verified, as JSON", "general"},
      {"threads", 0, integer, "N", "threads for LibTorch (1)", "general"},
      {"save_path", 's', text, "PATH", std::string("output file (") + kDefaultOutput + ")", "output"},
      {"format", 0, text, "FORMAT", "torchscript or lite (by extension: .ptl is lite)", "output"},
      {"no-freeze", 0, flag, "", "keep parameters as attributes, and 'training' one that can be switched", "output"},
      {"train", 0, flag, "", "leave the model in training mode; implies --no-freeze", "output"},
      {"preserve", 0, repeated, "NAME", "method or attribute that survives freezing; may be repeated", "output"},
      {"print-code", 0, flag, "", "print the TorchScript code", "output"},
      {"print-operators", 0, flag, "", "print the operators that the file needs, for a custom mobile build", "output"},
      {"args", 0, values, "A", "positional arguments of the model", "model"},
      {"kwargs", 0, values, "K V", "keyword arguments of the model", "model"},
      {"json-args", 0, text, "JSON", "further positional arguments, a JSON array", "model"},
      {"json-kwargs", 0, text, "JSON", "further keyword arguments, a JSON object", "model"},
      {"seed", 0, integer, "N", "seed of random initialisation and of example inputs (0)", "model"},
      {"path", 0, repeated, "DIR", "folder of Python packages, before PYTHONPATH; may be repeated", "model"},
      {"state_dict", 'w', text, "PATH", "weights: a file that torch.save wrote", "weights"},
      {"key", 0, text, "KEY", "where the state dict lies inside the file, such as ema.model", "weights"},
      {"no-strict", 0, flag, "", "missing and unexpected names are warnings", "weights"},
      {"input", 0, repeated, "SPEC", "example input, once per argument of forward", "verification"},
      {"no-verify", 0, flag, "", "do not reload and compare the file", "verification"},
      {"rtol", 0, number, "X", "relative tolerance (1e-4)", "verification"},
      {"atol", 0, number, "X", "absolute tolerance (1e-5)", "verification"},
  };
  for (const LimitOption& limit : kLimitOptions)
    grammar.options.push_back({limit.name, 0, integer, "N", limit.help, "limits"});
  for (const Option& cap : cap_options()) grammar.options.push_back(cap);
  grammar.epilog = kEpilog;
  return grammar;
}

Format choose_format(const std::optional<std::string>& given, const std::string& output) {
  if (!given) return output.ends_with(".ptl") ? Format::lite : Format::torchscript;
  if (*given == "torchscript") return Format::torchscript;
  if (*given == "lite") return Format::lite;
  throw Error(ErrorKind::usage, "option '--format' must be 'torchscript' or 'lite', got " + quote(*given));
}

std::vector<std::string> package_roots(const Arguments& arguments) {
  std::vector<std::string> roots = arguments.texts("path");
  const char* variable = std::getenv("PYTHONPATH");
  const std::string more = variable ? variable : "";
  for (std::size_t start = 0; start < more.size();) {
    const std::size_t end = std::min(more.find(':', start), more.size());
    if (end > start) roots.push_back(more.substr(start, end - start));
    start = end + 1;
  }
  return roots;
}

int choose_threads(const Arguments& arguments) {
  const std::int64_t threads = arguments.integer("threads").value_or(1);
  if (threads < 1 || threads > kMostThreads)
    throw Error(ErrorKind::usage, "option '--threads' must be 1 to " + std::to_string(kMostThreads) + ", got " +
                                      quote(std::to_string(threads)));
  return static_cast<int>(threads);
}

VerifyOptions verify_options(const Arguments& arguments, std::uint64_t seed) {
  VerifyOptions options;
  for (const std::string& text : arguments.texts("input")) options.inputs.push_back(parse_input_spec(text));
  named_dimensions(options.inputs);  // for its errors
  options.rtol = arguments.number("rtol").value_or(options.rtol);
  options.atol = arguments.number("atol").value_or(options.atol);
  options.seed = seed;
  return options;
}

/// Options that only say more about another one must not be ignored in silence.
void check_combinations(const Arguments& arguments) {
  const auto needs = [&](const char* option, const char* other) {
    if (arguments.has(option) && !arguments.has(other))
      throw Error(ErrorKind::usage, std::string("option '--") + option + "' needs '--" + other + "'");
  };
  const auto excludes = [&](const char* option, const char* other) {
    if (arguments.has(option) && arguments.has(other))
      throw Error(ErrorKind::usage, std::string("option '--") + option + "' has no effect with '--" + other + "'");
  };
  needs("key", "state_dict");
  needs("no-strict", "state_dict");
  for (const char* option : {"rtol", "atol"}) excludes(option, "no-verify");
}

}  // namespace

const Grammar& compile_grammar() {
  static const Grammar grammar = make_grammar();
  return grammar;
}

CompileOptions compile_options(const Arguments& arguments) {
  check_combinations(arguments);
  CompileOptions options;
  options.module = arguments.text("MODULE").value_or("");
  options.model = arguments.text("MODEL_NAME").value_or("");
  options.arguments = collect_arguments(arguments.texts("args"), arguments.texts("kwargs"), arguments.text("json-args"),
                                        arguments.text("json-kwargs"));
  options.path = package_roots(arguments);
  options.weights = arguments.text("state_dict");
  options.reading = reading_options(arguments);
  options.strict = !arguments.flag("no-strict");
  options.output = arguments.text("save_path").value_or(kDefaultOutput);
  options.format = choose_format(arguments.text("format"), options.output);
  options.script.train = arguments.flag("train");
  options.script.freeze = !arguments.flag("no-freeze") && !options.script.train;
  options.script.preserve = arguments.texts("preserve");
  options.print_code = arguments.flag("print-code");
  options.print_operators = arguments.flag("print-operators");
  options.seed = static_cast<std::uint64_t>(arguments.integer("seed").value_or(0));
  options.verify = !arguments.flag("no-verify");
  options.verification = verify_options(arguments, options.seed);
  options.threads = choose_threads(arguments);
  for (const LimitOption& limit : kLimitOptions)
    if (const auto value = arguments.integer(limit.name)) limit.set(options.limits, std::min(*value, limit.maximum));
  options.report = arguments.text("report");
  options.quiet = arguments.flag("quiet");
  options.debug = arguments.flag("debug");
  return options;
}

}  // namespace scriptc::cli
