#include "plugins/embedded_source.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "scriptc/model/text.h"
#include "scriptc/python/ast.h"
#include "scriptc/python/parser.h"

namespace scriptc::plugins {
namespace {

/// True if every line that is not blank begins with white space.
bool is_indented(const std::string& text) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = std::string_view(text).substr(start, end - start);
    if (line.find_first_not_of(" \t") == 0) return false;
    start = end + 1;
  }
  return true;
}

/// `text` with a blank before every line.
std::string indent(const std::string& text) {
  std::string out = " ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += ' ';
  }
  return out;
}

bool may_define_again(const python::FunctionDef& function) {
  for (const python::ExprPtr& decorator : function.decorator_list) {
    const std::string text = python::unparse(decorator);
    for (const std::string_view end : {"overload", "_overload_method", ".setter", ".getter", ".deleter"})
      if (text.ends_with(end)) return true;
  }
  return false;
}

}  // namespace

python::SourcePtr below_header(const std::string& file, int line, const std::string& header, const std::string& text) {
  return std::make_shared<python::Source>(file, header + "\n" + (is_indented(text) ? text : indent(text)), line - 1);
}

std::vector<std::pair<std::string, python::Span>> defined_names(const python::SourcePtr& source) {
  const auto tree = python::parse_module(source);
  const python::StmtPtr& header = tree->body.at(0);
  const auto* cls = python::as<python::ClassDef>(header);
  std::vector<std::pair<std::string, python::Span>> names;
  for (const python::StmtPtr& statement : cls ? cls->body : python::as<python::If>(header)->body) {
    if (const auto* function = python::as<python::FunctionDef>(statement)) {
      if (!may_define_again(*function)) names.emplace_back(function->name, function->span);
    } else if (const auto* nested = python::as<python::ClassDef>(statement)) {
      names.emplace_back(nested->name, nested->span);
    }
  }
  return names;
}

}  // namespace scriptc::plugins
