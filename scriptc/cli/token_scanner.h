#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scriptc/cli/command_line.h"

namespace scriptc::cli {

/// One option or positional with its values, in the order of the command line.
struct ScannedOption {
  std::string name;
  std::vector<std::string> values;
};

/// Splits a command line into options and positionals by the rules of Python's argparse (documented in the library
/// reference, "Arguments containing -", "nargs", "Argument abbreviations"). Whether a token is an option is decided
/// before anything is consumed, so an option ends a greedy one wherever it stands.
class TokenScanner {
 public:
  TokenScanner(const Grammar& grammar, std::string program, const std::vector<std::string>& tokens);

  /// Errors (usage): unknown, ambiguous, value missing or not taken, positionals missing or too many.
  std::vector<ScannedOption> scan();

 private:
  struct Token {
    enum class Kind { value, option, unknown, separator };
    Kind kind = Kind::value;
    std::string text;
    const Option* option = nullptr;
    std::optional<std::string> attached;  ///< `v` of `--opt=v` or `-ov`
  };
  struct Match {
    const Option* option;
    std::string spelling;
    std::optional<std::string> attached;
  };

  Token classify(const std::string& text) const;
  std::vector<Match> find_long(const std::string& text) const;
  void take_option(const Token& token);
  void take_values(const Token& token, ScannedOption& option);
  void check_complete() const;
  bool ends_parsing(const Option& option) const { return option.name == "help" || option.name == "version"; }
  [[noreturn]] void fail(const std::string& sentence, const std::string& help = "") const;
  [[noreturn]] void fail_unknown(const std::string& text) const;

  const Grammar& grammar_;
  std::string program_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t positional_ = 0;
  std::vector<ScannedOption> found_;
  std::vector<std::string> surplus_;
};

}  // namespace scriptc::cli
