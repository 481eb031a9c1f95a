#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scriptc/cli/command_line.h"
#include "tests/cli/error_of.h"

namespace scriptc::cli {
namespace {

const Grammar& grammar() {
  using enum ValueKind;
  static const Grammar kGrammar{"Try",
                                {{"MODULE", "the module"}, {"MODEL_NAME", "the model"}},
                                {{"help", 'h', flag, "", "show help", "general"},
                                 {"save_path", 's', text, "PATH", "output", "general"},
                                 {"state_dict", 'w', text, "PATH", "weights", "general"},
                                 {"args", 0, values, "A", "arguments", "model"},
                                 {"kwargs", 0, values, "K V", "keywords", "model"},
                                 {"input", 0, repeated, "SPEC", "input", "model"},
                                 {"seed", 0, integer, "N", "seed", "model"},
                                 {"rtol", 0, number, "X", "tolerance", "model"},
                                 {"quiet", 0, flag, "", "say less", "general"}},
                                ""};
  return kGrammar;
}

using Words = std::vector<std::string>;

Arguments parse(const Words& words) { return parse_arguments(grammar(), "try", words); }
std::string refuse(const Words& words) {
  return error_of([&] { parse(words); });
}

TEST(Argparse, GreedyValuesBehindThePositionals) {
  const Arguments arguments = parse({"m.so", "M", "--args", "1", "-2", "-0.5", "x"});
  EXPECT_EQ(arguments.text("MODULE"), "m.so");
  EXPECT_EQ(arguments.text("MODEL_NAME"), "M");
  EXPECT_EQ(arguments.texts("args"), (Words{"1", "-2", "-0.5", "x"}));
}

TEST(Argparse, OptionEndsGreedyValues) {
  const Arguments arguments = parse({"--args", "1", "2", "--quiet", "m.so", "M"});
  EXPECT_EQ(arguments.texts("args"), (Words{"1", "2"}));
  EXPECT_EQ(arguments.text("MODULE"), "m.so");
}

TEST(Argparse, GreedyValuesSwallowPositionals) {
  EXPECT_EQ(refuse({"--args", "1", "2", "m.so", "M"}),
            "2: the following arguments are required: MODULE, MODEL_NAME\n"
            "  help: '--args' takes every value up to the next option; put MODULE first, or '--' before it");
}

TEST(Argparse, SeparatorEndsGreedyValues) {
  const Arguments arguments = parse({"--args", "1", "--", "-m.so", "--quiet"});
  EXPECT_EQ(arguments.texts("args"), (Words{"1"}));
  EXPECT_EQ(arguments.text("MODULE"), "-m.so");
  EXPECT_EQ(arguments.text("MODEL_NAME"), "--quiet");
}

TEST(Argparse, OptionsBetweenPositionals) {
  const Arguments arguments = parse({"m.so", "--seed", "3", "M", "--quiet"});
  EXPECT_EQ(arguments.text("MODEL_NAME"), "M");
  EXPECT_EQ(arguments.integer("seed"), 3);
  EXPECT_TRUE(arguments.flag("quiet"));
}

TEST(Argparse, LastOneWins) {
  const Arguments arguments = parse({"m.so", "M", "--args", "1", "2", "-s", "a", "--args", "3", "--save_path", "b"});
  EXPECT_EQ(arguments.texts("args"), (Words{"3"}));
  EXPECT_EQ(arguments.text("save_path"), "b");
}

TEST(Argparse, RepeatedOnesAreAllKept) {
  const Arguments arguments = parse({"m.so", "M", "--input", "a", "--input", "b"});
  EXPECT_EQ(arguments.texts("input"), (Words{"a", "b"}));
}

TEST(Argparse, AttachedValues) {
  for (const char* spelling : {"-sout.pt", "-s=out.pt", "--save_path=out.pt", "--sa=out.pt"})
    EXPECT_EQ(parse({"m.so", "M", spelling}).text("save_path"), "out.pt") << spelling;
  EXPECT_EQ(parse({"m.so", "M", "--args=-x"}).texts("args"), (Words{"-x"}));
}

TEST(Argparse, UniquePrefix) { EXPECT_EQ(parse({"m.so", "M", "--sta", "w.pth"}).text("state_dict"), "w.pth"); }

TEST(Argparse, AmbiguousPrefix) {
  EXPECT_EQ(refuse({"m.so", "M", "--s", "x"}),
            "2: option '--s' is ambiguous, it could be '--save_path' or '--state_dict' or '--seed'\n"
            "  help: see 'try --help'");
}

TEST(Argparse, ExactNameBeatsPrefix) { EXPECT_EQ(parse({"m.so", "M", "--args", "1"}).texts("args"), (Words{"1"})); }

TEST(Argparse, WordsWithBlanksAndLoneDashAreValues) {
  EXPECT_EQ(parse({"m.so", "M", "--args", "-a b", "-"}).texts("args"), (Words{"-a b", "-"}));
}

TEST(Argparse, NegativeNumbersOfEverySpelling) {
  EXPECT_EQ(parse({"m.so", "M", "--args", "-1e-3", "-.5", "-1_0"}).texts("args"), (Words{"-1e-3", "-.5", "-1_0"}));
}

TEST(Argparse, EmptyValueIsAValue) { EXPECT_EQ(parse({"m.so", "M", "-s", ""}).text("save_path"), ""); }

TEST(Argparse, UnknownOption) {
  EXPECT_EQ(refuse({"m.so", "M", "--save_pth", "x"}),
            "2: unknown option '--save_pth'\n  help: did you mean '--save_path'?");
  EXPECT_EQ(refuse({"m.so", "M", "--zzzzzz=1"}), "2: unknown option '--zzzzzz'\n  help: see 'try --help'");
  EXPECT_EQ(refuse({"m.so", "M", "-x"}), "2: unknown option '-x'\n  help: see 'try --help'");
}

TEST(Argparse, MissingValue) {
  EXPECT_EQ(refuse({"m.so", "M", "-s"}), "2: option '-s' needs a value, PATH\n  help: see 'try --help'");
  EXPECT_EQ(refuse({"m.so", "M", "--args", "--quiet"}),
            "2: option '--args' needs at least one value\n  help: see 'try --help'");
}

TEST(Argparse, ValueThatIsNotTaken) {
  EXPECT_EQ(refuse({"m.so", "M", "--quiet=1"}),
            "2: option '--quiet' takes no value, got '1'\n  help: see 'try --help'");
}

TEST(Argparse, TooFewAndTooMany) {
  EXPECT_EQ(refuse({"m.so"}), "2: the following arguments are required: MODEL_NAME\n  help: see 'try --help'");
  EXPECT_EQ(refuse({"m.so", "M", "x"}), "2: unexpected argument 'x'\n  help: see 'try --help'");
}

TEST(Argparse, NumbersAreChecked) {
  EXPECT_EQ(refuse({"m", "M", "--seed", "x"}),
            "2: option '--seed' must be a whole number that is not negative, got 'x'");
  EXPECT_EQ(refuse({"m", "M", "--seed", "-1"}),
            "2: option '--seed' must be a whole number that is not negative, got '-1'");
  EXPECT_EQ(refuse({"m", "M", "--rtol", "nan"}),
            "2: option '--rtol' must be a finite number that is not negative, got 'nan'");
  EXPECT_EQ(parse({"m", "M", "--rtol", "1e-3"}).number("rtol"), 1e-3);
}

TEST(Argparse, HelpEndsParsing) { EXPECT_TRUE(parse({"--help", "--bogus"}).flag("help")); }

TEST(Argparse, ControlCharactersAreEscaped) {
  EXPECT_EQ(refuse({"m", "M", "--\x1b[31m"}), "2: unknown option '--\\x1b[31m'\n  help: see 'try --help'");
}

TEST(HelpText, ListsEverythingOnce) {
  EXPECT_EQ(help_text(grammar(), "try"),
            "usage: try MODULE MODEL_NAME [-h|--help] [-s|--save_path PATH] [-w|--state_dict PATH] [--args A ...]\n"
            "           [--kwargs K V ...] [--input SPEC] [--seed N] [--rtol X] [--quiet]\n"
            "\n"
            "Try\n"
            "\n"
            "arguments:\n"
            "  MODULE                    the module\n"
            "  MODEL_NAME                the model\n"
            "\n"
            "general:\n"
            "  -h, --help                show help\n"
            "  -s, --save_path PATH      output\n"
            "  -w, --state_dict PATH     weights\n"
            "\n"
            "model:\n"
            "  --args A ...              arguments\n"
            "  --kwargs K V ...          keywords\n"
            "  --input SPEC              input\n"
            "  --seed N                  seed\n"
            "  --rtol X                  tolerance\n"
            "\n"
            "general:\n"
            "  --quiet                   say less\n");
}

}  // namespace
}  // namespace scriptc::cli
