#include "scriptc/cli/token_scanner.h"

#include <algorithm>
#include <utility>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

std::string spelling(const Option& option) { return "--" + option.name; }

/// Python 3.14's rule, wider than the older ones: `-1e-3` is a value as well.
bool looks_like_negative_number(const std::string& text) {
  const std::size_t digit = text.size() > 1 && text[1] == '.' ? 2 : 1;
  return text.size() > digit && text[digit] >= '0' && text[digit] <= '9';
}

std::pair<std::string, std::optional<std::string>> split_at_equals(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, std::nullopt};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

TokenScanner::TokenScanner(const Grammar& grammar, std::string program, const std::vector<std::string>& tokens)
    : grammar_(grammar), program_(std::move(program)) {
  bool separated = false;
  for (const std::string& text : tokens) {
    if (separated) {
      tokens_.push_back({Token::Kind::value, text, nullptr, std::nullopt});
    } else if (text == "--") {
      separated = true;
      tokens_.push_back({Token::Kind::separator, text, nullptr, std::nullopt});
    } else {
      tokens_.push_back(classify(text));
      const Option* option = tokens_.back().option;
      if (option && ends_parsing(*option)) break;
    }
  }
}

TokenScanner::Token TokenScanner::classify(const std::string& text) const {
  const Token value{Token::Kind::value, text, nullptr, std::nullopt};
  if (text.size() < 2 || text[0] != '-') return value;
  std::vector<Match> matches = find_long(text);
  if (text[1] != '-')
    for (const Option& option : grammar_.options)
      if (option.letter == text[1]) {
        // `-s=PATH` and `-sPATH` mean the same.
        std::optional<std::string> attached;
        if (text.size() > 2) attached = text.substr(text[2] == '=' ? 3 : 2);
        matches.push_back({&option, text.substr(0, 2), attached});
      }
  if (matches.size() > 1) {
    std::vector<std::string> names;
    for (const Match& match : matches) names.push_back(quote(match.spelling));
    fail("option " + quote(split_at_equals(text).first) + " is ambiguous, it could be " + join(names, " or "));
  }
  if (matches.size() == 1) return {Token::Kind::option, matches[0].spelling, matches[0].option, matches[0].attached};
  if (looks_like_negative_number(text) || text.find(' ') != std::string::npos) return value;
  return {Token::Kind::unknown, text, nullptr, std::nullopt};
}

std::vector<TokenScanner::Match> TokenScanner::find_long(const std::string& text) const {
  std::vector<Match> matches;
  const auto [name, attached] = split_at_equals(text);
  if (!name.starts_with("--")) return matches;
  for (const Option& option : grammar_.options) {
    if (spelling(option) == name) return {{&option, name, attached}};
    if (spelling(option).starts_with(name)) matches.push_back({&option, spelling(option), attached});
  }
  return matches;
}

std::vector<ScannedOption> TokenScanner::scan() {
  while (at_ < tokens_.size()) {
    const Token& token = tokens_[at_++];
    switch (token.kind) {
      case Token::Kind::separator:
        break;
      case Token::Kind::unknown:
        fail_unknown(token.text);
      case Token::Kind::option:
        take_option(token);
        if (ends_parsing(*token.option)) return std::move(found_);
        break;
      case Token::Kind::value:
        if (positional_ < grammar_.positionals.size())
          found_.push_back({grammar_.positionals[positional_++].name, {token.text}});
        else
          surplus_.push_back(token.text);
    }
  }
  check_complete();
  return std::move(found_);
}

void TokenScanner::take_option(const Token& token) {
  const ValueKind kind = token.option->kind;
  ScannedOption taken{token.option->name, {}};
  if (kind == ValueKind::flag && token.attached)
    fail("option " + quote(token.text) + " takes no value, got " + quote(*token.attached));
  if (kind != ValueKind::flag) take_values(token, taken);
  const auto same = [&](const ScannedOption& old) { return old.name == taken.name; };
  if (kind != ValueKind::repeated) std::erase_if(found_, same);
  found_.push_back(std::move(taken));
}

void TokenScanner::take_values(const Token& token, ScannedOption& option) {
  const bool greedy = token.option->kind == ValueKind::values;
  if (token.attached) {
    option.values.push_back(*token.attached);
    return;
  }
  while (at_ < tokens_.size() && tokens_[at_].kind == Token::Kind::value && (greedy || option.values.empty()))
    option.values.push_back(tokens_[at_++].text);
  if (!option.values.empty()) return;
  // A misspelt option right behind is the likelier mistake.
  if (at_ < tokens_.size() && tokens_[at_].kind == Token::Kind::unknown) fail_unknown(tokens_[at_].text);
  fail("option " + quote(token.text) +
       (greedy ? " needs at least one value" : " needs a value, " + token.option->value));
}

void TokenScanner::check_complete() const {
  std::vector<std::string> missing;
  for (std::size_t i = positional_; i < grammar_.positionals.size(); ++i)
    if (grammar_.positionals[i].required) missing.push_back(grammar_.positionals[i].name);
  if (!missing.empty()) {
    std::string help;
    for (const Option& option : grammar_.options)
      for (const ScannedOption& found : found_)
        if (option.kind == ValueKind::values && found.name == option.name && help.empty())
          help = "'--" + option.name + "' takes every value up to the next option; put " +
                 grammar_.positionals[0].name + " first, or '--' before it";
    fail("the following arguments are required: " + join(missing), help);
  }
  if (!surplus_.empty()) fail("unexpected argument " + quote(surplus_.front()));
}

void TokenScanner::fail(const std::string& sentence, const std::string& help) const {
  const std::string next = help.empty() ? "see '" + program_ + " --help'" : help;
  throw Error(ErrorKind::usage, sentence + "\n  help: " + next);
}

void TokenScanner::fail_unknown(const std::string& text) const {
  const std::string name = split_at_equals(text).first;
  std::vector<std::string> names;
  for (const Option& option : grammar_.options) names.push_back(spelling(option));
  const std::string near = did_you_mean(name, names);
  if (near.empty()) fail("unknown option " + quote(name));
  throw Error(ErrorKind::usage, "unknown option " + quote(name) + near);
}

}  // namespace scriptc::cli
