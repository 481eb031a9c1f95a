#include "scriptc/cli/command_line.h"

#include <boost/program_options.hpp>
#include <cmath>
#include <utility>

#include "scriptc/cli/token_scanner.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {

namespace po = boost::program_options;

class Arguments::Storage {
 public:
  po::variables_map values;
};

namespace {

constexpr std::size_t kHelpWidth = 100;
constexpr std::size_t kHelpColumn = 28;

const po::value_semantic* semantic(ValueKind kind) {
  switch (kind) {
    case ValueKind::flag:
      return po::value<bool>()->zero_tokens()->implicit_value(true);
    case ValueKind::text:
      return po::value<std::string>();
    case ValueKind::values:
      return po::value<std::vector<std::string>>()->multitoken();
    case ValueKind::repeated:
      return po::value<std::vector<std::string>>()->composing();
    case ValueKind::integer:
      return po::value<std::int64_t>();
    case ValueKind::number:
      return po::value<double>();
  }
  throw Error(ErrorKind::internal, "option of unknown kind");
}

po::options_description describe(const Grammar& grammar) {
  po::options_description description;
  for (const Positional& positional : grammar.positionals)
    description.add_options()(positional.name.c_str(), po::value<std::string>());
  for (const Option& option : grammar.options) description.add_options()(option.name.c_str(), semantic(option.kind));
  return description;
}

[[noreturn]] void fail_value(const Option& option, const std::string& got) {
  throw Error(ErrorKind::usage, "option '--" + option.name + "' must be " +
                                    (option.kind == ValueKind::integer ? "a whole number" : "a finite number") +
                                    " that is not negative, got " + quote(got));
}

/// The typed storing of Boost.Program_options knows no ranges: `-1` and `nan` are checked here.
void check_number(const Option& option, const ScannedOption& scanned, const po::variables_map& values) {
  const po::variable_value& value = values[option.name];
  const bool bad = option.kind == ValueKind::integer  ? value.as<std::int64_t>() < 0
                   : option.kind == ValueKind::number ? !std::isfinite(value.as<double>()) || value.as<double>() < 0
                                                      : false;
  if (bad) fail_value(option, scanned.values.front());
}

void store(const Grammar& grammar, const std::vector<ScannedOption>& scanned, po::variables_map& values) {
  const po::options_description description = describe(grammar);
  po::parsed_options parsed(&description);
  for (const ScannedOption& option : scanned) parsed.options.emplace_back(option.name, option.values);
  const auto find = [&](const std::string& name) -> std::pair<const Option*, const ScannedOption*> {
    for (const Option& option : grammar.options)
      for (const ScannedOption& found : scanned)
        if (option.name == name && found.name == name) return {&option, &found};
    return {nullptr, nullptr};
  };
  try {
    po::store(parsed, values);
  } catch (const po::error_with_option_name& refused) {
    const std::string name = refused.get_option_name();
    const auto [option, found] = find(name.substr(std::min(name.find_first_not_of('-'), name.size())));
    if (!option) throw Error(ErrorKind::internal, refused.what());
    fail_value(*option, found->values.front());
  }
  for (const ScannedOption& found : scanned)
    if (const Option* option = find(found.name).first) check_number(*option, found, values);
}

const po::variable_value* lookup(const po::variables_map& values, std::string_view name) {
  const auto it = values.find(std::string(name));
  return it == values.end() ? nullptr : &it->second;
}

template <class T>
std::optional<T> typed(const po::variables_map& values, std::string_view name) {
  const po::variable_value* value = lookup(values, name);
  if (!value) return std::nullopt;
  return value->as<T>();
}

std::string with_value(const Option& option) {
  const std::string ellipsis = option.kind == ValueKind::values ? " ..." : "";
  return option.kind == ValueKind::flag ? "" : " " + option.value + ellipsis;
}

/// `text` broken at blanks so that it fits right of `column`.
std::string wrapped(const std::string& text, std::size_t column) {
  std::string out;
  std::size_t used = column;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    if (used != column && used + 1 + word.size() > kHelpWidth) {
      out += "\n" + std::string(column, ' ');
      used = column;
    } else if (used != column) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
    start = end + 1;
  }
  return out;
}

std::string row(const std::string& left, const std::string& help) {
  std::string out = "  " + left;
  out +=
      out.size() + 2 > kHelpColumn ? "\n" + std::string(kHelpColumn, ' ') : std::string(kHelpColumn - out.size(), ' ');
  return out + wrapped(help, kHelpColumn) + "\n";
}

std::string usage_line(const Grammar& grammar, const std::string& program) {
  std::string text;
  for (const Positional& positional : grammar.positionals)
    text += positional.required ? positional.name + " " : "[" + positional.name + "] ";
  for (const Option& option : grammar.options) {
    // Inner blanks must not break: they are put back once the lines are.
    std::string shown = "[" + (option.letter ? std::string("-") + option.letter + "|" : "") + "--" + option.name +
                        with_value(option) + "]";
    for (char& c : shown)
      if (c == ' ') c = '\x01';
    text += shown + " ";
  }
  const std::string head = "usage: " + program + " ";
  std::string line = head + wrapped(text, head.size());
  for (char& c : line)
    if (c == '\x01') c = ' ';
  return line + "\n";
}

}  // namespace

bool Arguments::has(std::string_view name) const { return lookup(storage_->values, name) != nullptr; }

std::optional<std::string> Arguments::text(std::string_view name) const {
  return typed<std::string>(storage_->values, name);
}

std::vector<std::string> Arguments::texts(std::string_view name) const {
  return typed<std::vector<std::string>>(storage_->values, name).value_or(std::vector<std::string>());
}

std::optional<std::int64_t> Arguments::integer(std::string_view name) const {
  return typed<std::int64_t>(storage_->values, name);
}

std::optional<double> Arguments::number(std::string_view name) const { return typed<double>(storage_->values, name); }

Arguments parse_arguments(const Grammar& grammar, const std::string& program, const std::vector<std::string>& args) {
  auto storage = std::make_shared<Arguments::Storage>();
  store(grammar, TokenScanner(grammar, program, args).scan(), storage->values);
  return Arguments(std::move(storage));
}

std::string help_text(const Grammar& grammar, const std::string& program) {
  std::string out = usage_line(grammar, program) + "\n" + grammar.summary + "\n";
  if (!grammar.positionals.empty()) out += "\narguments:\n";
  for (const Positional& positional : grammar.positionals) out += row(positional.name, positional.help);
  std::string group;
  for (const Option& option : grammar.options) {
    if (option.group != group) out += "\n" + (group = option.group) + ":\n";
    const std::string letter = option.letter ? std::string("-") + option.letter + ", " : "";
    out += row(letter + "--" + option.name + with_value(option), option.help);
  }
  if (!grammar.epilog.empty()) out += "\n" + grammar.epilog;
  return out;
}

}  // namespace scriptc::cli
