#include "scriptc/python/parser.h"

#include <gtest/gtest.h>

// Trees: tests/oracle/test_ast_stdlib.py compares those of 1,800 files with CPython's. Here: what no file there has.

namespace scriptc::python {
namespace {

SourcePtr Text(const std::string& text, int first_line = 1) {
  return std::make_shared<const Source>("t.py", text, first_line);
}

std::string Dump(const std::string& text, bool attributes = false) {
  return ast_dump(*parse_module(Text(text)), attributes);
}

/// The dump of the value of one expression statement.
std::string Value(const std::string& text) {
  const std::string head = "Module(body=[Expr(value=";
  const std::string tail = ")], type_ignores=[])";
  const std::string dump = Dump(text);
  return dump.substr(head.size(), dump.size() - head.size() - tail.size());
}

std::string Unparse(const std::string& text) { return unparse(parse_expression(Text(text))); }

TEST(Parser, ReadsAssignment) {
  EXPECT_EQ(Dump("x = 1 + y\n"),
            "Module(body=[Assign(targets=[Name(id='x', ctx=Store())], value=BinOp(left=Constant(value=1), op=Add(), "
            "right=Name(id='y', ctx=Load())))], type_ignores=[])");
}

TEST(Parser, CountsColumnsInBytes) {
  EXPECT_EQ(Dump("'\xC3\xA9'; b", true),
            "Module(body=[Expr(value=Constant(value='\xC3\xA9', lineno=1, col_offset=0, end_lineno=1, "
            "end_col_offset=4), lineno=1, col_offset=0, end_lineno=1, end_col_offset=4), Expr(value=Name(id='b', "
            "ctx=Load(), lineno=1, col_offset=6, end_lineno=1, end_col_offset=7), lineno=1, col_offset=6, "
            "end_lineno=1, end_col_offset=7)], type_ignores=[])");
}

TEST(Parser, WritesNumbersAsPython) {
  EXPECT_EQ(Value("1e16"), "Constant(value=1e+16)");
  EXPECT_EQ(Value("123456789.5"), "Constant(value=123456789.5)");
  EXPECT_EQ(Value("1e-5"), "Constant(value=1e-05)");
  EXPECT_EQ(Value("1e400"), "Constant(value=inf)");
  EXPECT_EQ(Value("1e-400"), "Constant(value=0.0)");
  EXPECT_EQ(Value("2.50j"), "Constant(value=2.5j)");
  EXPECT_EQ(Value("0xFFFF_FFFF_FFFF_FFFF"), "Constant(value=18446744073709551615)");
  EXPECT_EQ(Value("0o1_000000_000000_000000_000000"), "Constant(value=4722366482869645213696)");
}

TEST(Parser, WritesStringsAsPython) {
  EXPECT_EQ(Value("'it\\'s' '\\n\\x7f\\ud800'"), "Constant(value=\"it's\\n\\x7f\\ud800\")");
  EXPECT_EQ(Value("b'\\xff\"'"), "Constant(value=b'\\xff\"')");
  EXPECT_EQ(Value("u'a'"), "Constant(value='a', kind='u')");
}

TEST(Parser, ReadsFormatStrings) {
  EXPECT_EQ(Value("f'{x = !s:>{w}}}}'"),
            "JoinedStr(values=[Constant(value='x = '), FormattedValue(value=Name(id='x', ctx=Load()), conversion=115, "
            "format_spec=JoinedStr(values=[Constant(value='>'), FormattedValue(value=Name(id='w', ctx=Load()), "
            "conversion=-1)])), Constant(value='}')])");
}

TEST(Parser, TellsMatchFromName) {
  EXPECT_EQ(Value("match(x)"), "Call(func=Name(id='match', ctx=Load()), args=[Name(id='x', ctx=Load())], keywords=[])");
  EXPECT_EQ(Dump("match x:\n case _: pass\n"),
            "Module(body=[Match(subject=Name(id='x', ctx=Load()), cases=[match_case(pattern=MatchAs(), "
            "body=[Pass()])])], type_ignores=[])");
}

TEST(Parser, NormalisesCompatibilityLetters) {
  EXPECT_EQ(Value("\uFF41\uFB01\U0001D6FC"), "Name(id='afi\u03B1', ctx=Load())");
}

TEST(Parser, ObeysLatin1Cookie) {
  EXPECT_EQ(Dump("# coding: latin-1\n'\xE9'\n"),
            "Module(body=[Expr(value=Constant(value='\xC3\xA9'))], type_ignores=[])");
}

TEST(Unparse, AddsOnlyNeededParentheses) {
  EXPECT_EQ(Unparse("(a+b)*c - -d**-e"), "(a + b) * c - -d ** -e");
  EXPECT_EQ(Unparse("a[1:2, ...](*b, c = d, **e)"), "a[1:2, ...](*b, c=d, **e)");
  EXPECT_EQ(Unparse("lambda a, /, b=1, *, c: (x if y else z)"), "lambda a, /, b=1, *, c: x if y else z");
  EXPECT_EQ(Unparse("[i for i, j in x if not i]"), "[i for i, j in x if not i]");
  EXPECT_EQ(Unparse("f'{a!r:>{w}}{{'"), "f'{a!r:>{w}}{{'");
}

}  // namespace
}  // namespace scriptc::python
