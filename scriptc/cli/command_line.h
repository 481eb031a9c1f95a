#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scriptc::cli {

/// How many values an option takes and what they are.
enum class ValueKind {
  flag,      ///< none
  text,      ///< one; the last one given wins
  values,    ///< one or more, greedily up to the next option, as argparse's nargs='+'; the last group wins
  repeated,  ///< one each time; all are kept
  integer,   ///< one whole number, not negative
  number,    ///< one finite number, not negative
};

/// One row of the option table.
struct Option {
  std::string name;  ///< `save_path`
  char letter = 0;   ///< `s`, or 0
  ValueKind kind = ValueKind::flag;
  std::string value;  ///< what stands for the value in help: `PATH`
  std::string help;   ///< one or two lines; the default in words, if there is one
  std::string group;  ///< the heading it is listed under
};

struct Positional {
  std::string name;  ///< `MODULE`
  std::string help;
  bool required = true;
};

/// All that a command accepts: the one table behind parsing and help.
struct Grammar {
  std::string summary;  ///< one sentence, no full stop
  std::vector<Positional> positionals;
  std::vector<Option> options;
  std::string epilog;  ///< ends the help text
};

/// What was given. Asking for a name that is not in the grammar is a bug (Error internal).
class Arguments {
 public:
  class Storage;
  explicit Arguments(std::shared_ptr<const Storage> storage) : storage_(std::move(storage)) {}

  bool has(std::string_view name) const;
  bool flag(std::string_view name) const { return has(name); }
  std::optional<std::string> text(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;  ///< of `values` and `repeated`
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;

 private:
  std::shared_ptr<const Storage> storage_;
};

/// Parses `args` (without the program's name) as Python's argparse would: options anywhere, unique prefixes,
/// `--opt=value`, `-sPATH`, `--`, negative numbers as values. `--help` and `--version`, where the grammar has them,
/// end parsing: what follows is not looked at. Errors (usage).
Arguments parse_arguments(const Grammar& grammar, const std::string& program, const std::vector<std::string>& args);

/// `usage: …`, the arguments, the options by group.
std::string help_text(const Grammar& grammar, const std::string& program);

}  // namespace scriptc::cli
