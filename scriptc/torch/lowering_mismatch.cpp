#include "scriptc/torch/lowering_mismatch.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <regex>
#include <sstream>
#include <utility>
#include <vector>

#include "scriptc/model/text.h"

namespace scriptc::torch_backend {
namespace {

/// One schema that was tried, and why it was not taken.
struct Variant {
  std::string name;    ///< `sum`, without namespace and overload
  std::string schema;  ///< `sum(Tensor self, *, ScalarType? dtype=None) -> Tensor`
  std::vector<std::string> parameters;
  std::vector<std::string> reasons;
};

std::string trimmed(const std::string& line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(" \t") + 1 - first);
}

/// The names of `Tensor self, int[1]? dim, *, ScalarType? dtype=None`.
std::vector<std::string> parameter_names(const std::string& list) {
  std::vector<std::string> names;
  static const std::regex kName(R"((\w+)(=(\[[^\]]*\]|[^,]*))?\s*(,|$))");
  for (std::sregex_iterator at(list.begin(), list.end(), kName), end; at != end; ++at) names.push_back((*at)[1]);
  return names;
}

std::vector<Variant> parse_variants(const std::string& text) {
  static const std::regex kSchema(R"(^(?:\w+::)?(\w+)(?:\.\w+)?\((.*)\) -> (.*):$)");
  std::vector<Variant> variants;
  std::istringstream lines(text);
  for (std::string raw; std::getline(lines, raw);) {
    const std::string line = trimmed(raw);
    std::smatch match;
    if (line.starts_with("The original call is")) break;
    if (std::regex_match(line, match, kSchema)) {
      const std::string name = match[1], parameters = match[2];
      variants.push_back({name, name + "(" + parameters + ") -> " + match[3].str(), parameter_names(parameters), {}});
    } else if (!line.empty() && !variants.empty()) {
      variants.back().reasons.push_back(line);
    }
  }
  return variants;
}

/// The type that was given for a parameter that wants another one, and whether it is the first parameter.
std::optional<std::pair<bool, std::string>> given_type(const Variant& variant) {
  static const std::regex kReason(
      R"(^Expected a value of type '.*' for argument '(\w+)' but instead found type '(.+)'\.$)");
  std::smatch match;
  for (const std::string& reason : variant.reasons) {
    if (!std::regex_match(reason, match, kReason)) continue;
    return std::pair(!variant.parameters.empty() && match[1] == variant.parameters.front(), match[2].str());
  }
  return std::nullopt;
}

bool fits_first_argument(const Variant& variant) {
  const auto given = given_type(variant);
  return !given || !given->first;
}

bool writes_into_out(const Variant& variant) { return variant.schema.find("!) out") != std::string::npos; }

/// What can be meant: nothing that writes into `out`, and no overload for other kinds of first arguments.
std::vector<Variant> relevant(std::vector<Variant> variants) {
  const auto keep = [&](auto wanted) {
    std::vector<Variant> kept;
    std::copy_if(variants.begin(), variants.end(), std::back_inserter(kept), wanted);
    if (!kept.empty()) variants = std::move(kept);
  };
  keep([](const Variant& variant) { return !writes_into_out(variant); });
  keep(fits_first_argument);
  return variants;
}

std::optional<std::string> symbol_of(const std::string& name) {
  static constexpr std::array kSymbols = {
      std::pair{"add", "+"},  std::pair{"sub", "-"},       std::pair{"mul", "*"},       std::pair{"div", "/"},
      std::pair{"pow", "**"}, std::pair{"floordiv", "//"}, std::pair{"remainder", "%"}, std::pair{"matmul", "@"},
      std::pair{"gt", ">"},   std::pair{"ge", ">="},       std::pair{"lt", "<"},        std::pair{"le", "<="},
      std::pair{"eq", "=="},  std::pair{"ne", "!="}};
  for (const auto& [known, symbol] : kSymbols)
    if (name == known) return symbol;
  return std::nullopt;
}

std::string help_with_optional(const std::string& type) {
  return type.starts_with("Optional[") ? "\n  help: test that it is not None first" : "";
}

/// `n > "3"`: an operator and the types of its sides.
std::optional<Complaint> describe_operator(const std::vector<Variant>& variants, const std::string& code) {
  const std::string& name = variants.front().name;
  const auto symbol = symbol_of(name);
  if (!symbol || code.find(name) != std::string::npos) return std::nullopt;
  std::string left, right;
  for (const Variant& variant : variants)
    if (const auto given = given_type(variant)) (given->first ? left : right) = given->second;
  if (left.empty() || right.empty()) return std::nullopt;
  const std::string help = help_with_optional(left);
  return Complaint{quote(*symbol) + " is not defined for " + readable(quote(left)) + " and " + readable(quote(right)),
                   help.empty() ? help_with_optional(right) : help};
}

/// `sizes = []` followed by `sizes.append(1)`.
std::optional<Complaint> describe_list_change(const std::vector<Variant>& variants) {
  static const std::regex kReason(
      R"(^Could not match type (.+) to t in argument 'el': Type variable 't' previously matched to type (\S+) is)");
  std::smatch match;
  for (const Variant& variant : variants) {
    for (const std::string& reason : variant.reasons) {
      if (!std::regex_search(reason, match, kReason)) continue;
      const std::string item = readable(match[1].str());
      return Complaint{"a list of " + quote(match[2].str()) + " takes no " + quote(item),
                       "\n  help: the items of a list have one type in TorchScript; an empty one may be annotated, as "
                       "in 'items: List[" +
                           item + "] = []'"};
    }
  }
  return std::nullopt;
}

std::optional<std::string> unknown_keyword(const std::vector<Variant>& variants) {
  static const std::regex kReason(R"(^Keyword argument (\w+) unknown\.$)");
  std::smatch match;
  for (const Variant& variant : variants)
    for (const std::string& reason : variant.reasons)
      if (std::regex_match(reason, match, kReason)) return match[1].str();
  return std::nullopt;
}

std::string list_of(const std::vector<Variant>& variants, bool with_reasons) {
  constexpr std::size_t kMost = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(variants.size(), kMost); ++i) {
    text += "\n    " + readable(variants[i].schema);
    for (const std::string& reason : variants[i].reasons)
      if (with_reasons) text += "\n      " + readable(reason);
  }
  if (variants.size() > kMost) text += "\n    ... and " + std::to_string(variants.size() - kMost) + " more";
  return text;
}

}  // namespace

std::optional<Complaint> describe_mismatch(const std::string& text, const std::string& code) {
  const std::vector<Variant> all = parse_variants(text);
  if (all.empty()) return std::nullopt;
  if (auto complaint = describe_operator(all, code)) return complaint;
  if (auto complaint = describe_list_change(all)) return complaint;
  const std::vector<Variant> variants = relevant(all);
  const std::string name = quote(variants.front().name);
  if (const auto keyword = unknown_keyword(variants)) {
    std::vector<std::string> known;
    for (const Variant& variant : variants)
      known.insert(known.end(), variant.parameters.begin(), variant.parameters.end());
    return Complaint{name + " takes no argument " + quote(*keyword),
                     list_of(variants, false) + did_you_mean(*keyword, known)};
  }
  return Complaint{"the arguments do not fit " + name, list_of(variants, true)};
}

std::string readable(const std::string& line) {
  std::string text = escape(line, 400);
  for (const auto& [from, to] : {std::pair{"\\'", "'"}, std::pair{" (inferred)", ""}}) {
    for (std::size_t at; (at = text.find(from)) != std::string::npos;) text.replace(at, std::strlen(from), to);
  }
  return text;
}

}  // namespace scriptc::torch_backend
