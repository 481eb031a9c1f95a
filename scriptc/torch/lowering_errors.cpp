#include <torch/csrc/jit/frontend/error_report.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <array>
#include <regex>
#include <set>
#include <sstream>

#include "scriptc/model/text.h"
#include "scriptc/torch/lowering_mismatch.h"
#include "scriptc/torch/lowering_source.h"

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

// ErrorReport offers its parts only glued together (text, source excerpt, call stack in LibTorch's own layout). Parsing
// that back would be fragile; an explicit instantiation may name private members, so it reads them.
template <auto Text, auto Place>
struct ReportParts {
  friend std::string text_of(const jit::ErrorReport& report) { return (report.*Text).str(); }
  friend jit::SourceRange place_of(const jit::ErrorReport& report) { return report.*Place; }
};
template struct ReportParts<&jit::ErrorReport::ss, &jit::ErrorReport::context>;
std::string text_of(const jit::ErrorReport& report);
jit::SourceRange place_of(const jit::ErrorReport& report);

std::string help_line(const std::string& help) { return "\n  help: " + help; }

/// For an attribute that a type lacks.
std::string known_attribute(const std::smatch& match) {
  if (match[1].str().starts_with("Optional[")) return help_line("test that it is not None first");
  if (!match[1].str().starts_with("Tensor")) return "";
  std::set<std::string> names = {"dtype", "device", "shape", "grad", "data", "ndim", "requires_grad", "is_cuda"};
  for (const auto& op : jit::getAllOperators()) {
    const c10::FunctionSchema& schema = op->schema();
    const bool method = !schema.arguments().empty() && schema.arguments()[0].name() == "self";
    if (method && schema.name().starts_with("aten::")) names.insert(schema.name().substr(6));
  }
  return did_you_mean(match[2].str(), std::vector<std::string>(names.begin(), names.end()));
}

struct Rule {
  const char* pattern;   // of LibTorch's text, matched anywhere in it
  const char* sentence;  // ours; $1… are the pattern's groups; empty: LibTorch's first line stays
  const char* help;
  std::string (*nearer_help)(const std::smatch&) = nullptr;  // "" if `help` is all there is
};

// LibTorch's complaints that users meet most, in our words, with a way out.
const std::array kRules = {
    Rule{R"(^undefined value (\S+))", "name '$1' is not defined here",
         "a name must be assigned on every path that leads here, or be known where the function is defined"},
    Rule{R"(^(\w+) is not defined in the (true|false) branch)",
         "'$1' is assigned in one branch only and used afterwards: it is missing in the $2 branch",
         "assign it before the 'if' or in both branches"},
    Rule{R"(^Type mismatch: (\w+) is set to type (.+) in the true branch and type (.+) in the false branch)",
         "'$1' has type '$2' in the true branch and type '$3' in the false branch",
         "give it one type, or declare it before the 'if' with an annotation such as Optional[...]"},
    Rule{
        R"(^Variable '(\w+)' previously had type '?([^'\n]+?)'? but is now being assigned to a value of type '?([^'\n]+?)'?(\n|$))",
        "variable '$1' has type '$2' and is assigned a value of type '$3'",
        "use another name, or annotate the first assignment"},
    Rule{R"(^'(.+)' object has no attribute or method '(\w+)')", "a value of type '$1' has no attribute '$2'", "",
         known_attribute},
    Rule{
        R"(^Previous return statement returned a value of type (.+) but this return statement returns a value of type (.+))",
        "this returns a '$2', an earlier return gives a '$1'", "return one type, or annotate the result"},
    Rule{R"(^(\w+)( \(inferred\))? cannot be used as a tuple)",
         "a $1 cannot be unpacked: its length is not known before the model runs",
         "give each part a name by its index, or unbind() it into as many plain names as it has parts"},
    Rule{R"(^function cannot be used as a value)", "a function cannot be passed on in compiled code",
         "call it where it is needed"},
    Rule{R"(^del statements are only supported)", "an attribute cannot be deleted in a compiled method", ""},
    Rule{R"(is called recursively)", "this function calls itself, and TorchScript knows no recursion",
         "write it as a loop"},
    Rule{R"(^Expected integer literal for index)",
         "a module container is indexed by a value that is known only when the model runs",
         "iterate over it, with enumerate() if the index is needed"},
    Rule{R"(^cannot statically infer the expected size of a list)",
         "a list is unpacked whose length is not known before the model runs",
         "unpack it into as many plain names as it has items"},
    Rule{R"(^Return value was annotated as having type (.+) but is actually of type (.+))",
         "the result is annotated as '$1' but is of type '$2'", ""},
};

std::string indented(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    if (line.find("The original call is") != std::string::npos) break;
    out += "\n    " + readable(line);
  }
  return out;
}

/// LibTorch's text, said of `code`.
Complaint in_our_words(std::string text, const std::string& code) {
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.erase(0, 1);
  for (const Rule& rule : kRules) {
    std::smatch match;
    if (!std::regex_search(text, match, std::regex(rule.pattern))) continue;
    std::string help = rule.nearer_help ? rule.nearer_help(match) : "";
    if (help.empty() && *rule.help != '\0') help = help_line(rule.help);
    return {readable(match.format(rule.sentence)), help};
  }
  if (auto complaint = describe_mismatch(text, code)) return *std::move(complaint);
  const std::size_t end = text.find('\n');
  std::string first = text.substr(0, end);
  while (!first.empty() && (first.back() == '.' || first.back() == ':' || first.back() == ' ')) first.pop_back();
  if (!first.empty() && first.size() > 1 && std::isupper(first[0]) && std::islower(first[1])) {
    first[0] = static_cast<char>(std::tolower(first[0]));
  }
  return {first, end == std::string::npos ? "" : indented(text.substr(end))};
}

const FunctionSource& source_of(const std::vector<CompileFrame>& frames, const jit::SourceRange& range) {
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if (frame->source->owns(range)) return *frame->source;
  }
  return *frames.back().source;
}

std::string call_chain(const std::vector<CompileFrame>& frames) {
  std::string chain;
  for (std::size_t i = frames.size(); i-- > 1;) {
    const FunctionSource& caller = *frames[i - 1].source;
    chain += "\n  in " + frames[i].name + " called at " + caller.source()->name();
    if (caller.owns(frames[i].called_at)) {
      chain += ":" + std::to_string(caller.source()->shown_line(caller.span(frames[i].called_at).line));
    }
  }
  return chain;
}

Error build(const std::vector<CompileFrame>& frames, const jit::SourceRange& range, std::string sentence,
            const std::string& tail) {
  // Behind a place the kind of a Python exception says nothing.
  constexpr std::string_view kKind = "AttributeError: ";
  if (sentence.starts_with(kKind)) sentence.erase(0, kKind.size());
  const FunctionSource& source = source_of(frames, range);
  const jit::SourceRange place = source.owns(range) ? range : source.range({});
  const std::size_t end = std::min(sentence.find('\n'), sentence.size());  // a nearest name may follow: it comes last
  const Error located = py::error_at(ErrorKind::model, *source.source(), source.span(place), sentence.substr(0, end));
  return {ErrorKind::model, located.message() + call_chain(frames) + sentence.substr(end) + tail};
}

/// What a TORCH_CHECK said, without the C++ frames that follow it.
std::string without_backtrace(std::string text) { return text.substr(0, text.find("\nException raised from")); }

}  // namespace

Error lowering_error(const std::vector<CompileFrame>& frames, const jit::SourceRange& range,
                     const std::string& sentence, const std::string& help) {
  return build(frames, range, sentence, help.empty() ? "" : help_line(help));
}

void rethrow_as_model_error(const std::vector<CompileFrame>& frames) {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const jit::ErrorReport& report) {
    const jit::SourceRange place = place_of(report);
    const std::string code = place.source() ? place.text().str() : "";
    const auto [sentence, tail] = in_our_words(text_of(report), code);
    throw build(frames, place, sentence, tail);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    const auto [sentence, tail] = in_our_words(without_backtrace(e.what()), "");
    throw build(frames, {}, sentence, tail);
  }
}

}  // namespace scriptc::torch_backend
