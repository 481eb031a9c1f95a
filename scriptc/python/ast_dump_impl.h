#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "scriptc/python/literal_text.h"
#include "scriptc/python/parser.h"

// Shared by ast_dump.cpp (expressions) and ast_dump_statements.cpp (statements, patterns).

namespace scriptc::python {

inline constexpr std::array kBinaryOperators = {"Add()",    "Sub()",    "Mult()",    "MatMult()", "Div()",
                                                "Mod()",    "Pow()",    "LShift()",  "RShift()",  "BitOr()",
                                                "BitXor()", "BitAnd()", "FloorDiv()"};

template <class Names, class Enum>
const char* name_of(const Names& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

/// Writes nodes as `Class(field=…, …)`. Trees are capped in height by the parser, so it may recurse.
class Dumper {
 public:
  explicit Dumper(bool attributes) : attributes_(attributes) {}

  std::string module(const ModuleNode& node) {
    open("Module");
    field("body", node.body);
    key("type_ignores");
    out_ += "[]";
    out_ += ')';
    return std::move(out_);
  }

 private:
  void open(const char* name) {
    out_ += name;
    out_ += '(';
    first_ = true;
  }
  void close() {
    out_ += ')';
    first_ = false;
  }
  void close(const Span& span) {
    if (attributes_) {
      number("lineno", span.line);
      number("col_offset", span.column);
      number("end_lineno", span.end_line);
      number("end_col_offset", span.end_column);
    }
    close();
  }
  void key(const char* name) {
    if (!first_) out_ += ", ";
    first_ = false;
    out_ += name;
    out_ += '=';
  }
  void number(const char* name, int value) {
    key(name);
    out_ += std::to_string(value);
  }
  void raw(const char* name, const char* value) {
    key(name);
    out_ += value;
  }
  void text(const char* name, const std::string& value) {
    key(name);
    out_ += string_repr(value);
  }
  void optional_text(const char* name, const std::string& value) {
    if (!value.empty()) text(name, value);
  }
  void texts(const char* name, const std::vector<std::string>& values) {
    list(name, values, [this](const std::string& value) { out_ += string_repr(value); });
  }

  template <class List, class Write>
  void list(const char* name, const List& items, Write write) {
    key(name);
    out_ += '[';
    bool separate = false;
    for (const auto& item : items) {
      if (separate) out_ += ", ";
      separate = true;
      write(item);
    }
    out_ += ']';
    first_ = false;
  }
  void field(const char* name, const ExprPtr& expr) {
    if (!expr) return;
    key(name);
    write(*expr);
  }
  void field(const char* name, const PatternPtr& pattern) {
    if (!pattern) return;
    key(name);
    write(*pattern);
  }
  void field(const char* name, const ExprList& items) {
    list(name, items, [this](const ExprPtr& expr) { expr ? write(*expr) : void(out_ += "None"); });
  }
  void field(const char* name, const StmtList& items) {
    list(name, items, [this](const StmtPtr& stmt) { write(*stmt); });
  }
  void field(const char* name, const PatternList& items) {
    list(name, items, [this](const PatternPtr& pattern) { write(*pattern); });
  }
  void field(const char* name, const std::vector<Comprehension>& items) {
    list(name, items, [this](const Comprehension& item) {
      open("comprehension");
      field("target", item.target);
      field("iter", item.iter);
      field("ifs", item.ifs);
      number("is_async", item.is_async ? 1 : 0);
      close();
    });
  }
  void field(const char* name, const std::vector<Keyword>& items) {
    list(name, items, [this](const Keyword& item) {
      open("keyword");
      optional_text("arg", item.arg);
      field("value", item.value);
      close(item.span);
    });
  }
  void field(const char* name, const std::vector<Alias>& items) {
    list(name, items, [this](const Alias& item) {
      open("alias");
      text("name", item.name);
      optional_text("asname", item.asname);
      close(item.span);
    });
  }
  void field(const char* name, const std::vector<Parameter>& items) {
    list(name, items, [this](const Parameter& item) { write(item); });
  }
  void field(const char* name, const std::shared_ptr<const Parameter>& item) {
    if (!item) return;
    key(name);
    write(*item);
  }

  void write(const Parameter& parameter) {
    open("arg");
    text("arg", parameter.arg);
    field("annotation", parameter.annotation);
    close(parameter.span);
  }
  void write(const char* name, const Arguments& arguments) {
    key(name);
    open("arguments");
    field("posonlyargs", arguments.posonlyargs);
    field("args", arguments.args);
    field("vararg", arguments.vararg);
    field("kwonlyargs", arguments.kwonlyargs);
    field("kw_defaults", arguments.kw_defaults);
    field("kwarg", arguments.kwarg);
    field("defaults", arguments.defaults);
    close();
  }

  void write(const Expr& expr);
  void write_operator(const Expr& expr);
  void write_leaf(const Expr& expr);
  void write_comprehension(const Expr& expr);
  void write_collection(const Expr& expr);
  void write(const Stmt& stmt);
  void write_simple(const Stmt& stmt);
  void write_function(const FunctionDef& node);
  void write_class(const ClassDef& node);
  void write_for(const For& node);
  void write_with(const With& node);
  void write_match(const Match& node);
  void write_try(const Try& node);
  void write(const Pattern& pattern);

  std::string out_;
  bool attributes_;
  bool first_ = true;
};

}  // namespace scriptc::python
