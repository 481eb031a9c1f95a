#include <gtest/gtest.h>

#include "scriptc/python/parser.h"

namespace scriptc::python {
namespace {

std::string Refused(const std::string& text, int first_line = 1) {
  try {
    parse_module(std::make_shared<const Source>("t.py", text, first_line));
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

/// The place and the sentence, without the line of source.
std::string Sentence(const std::string& text) {
  const std::string message = Refused(text);
  return message.substr(0, message.find('\n'));
}

ErrorKind Kind(const std::string& text) {
  try {
    parse_module(std::make_shared<const Source>("t.py", text));
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::internal;
}

TEST(ParserErrors, ShowLineAndCaret) {
  EXPECT_EQ(Refused("def f()\n  pass\n"), "t.py:1:8: expected ':'\n    def f()\n           ^");
  EXPECT_EQ(Refused("if a:\n    f(\xC3\xA9) = 1\n"),
            "t.py:2:5: cannot assign to function call here. Maybe you meant '==' instead of '='?\n"
            "    f(\xC3\xA9) = 1\n    ^~~~");
}

TEST(ParserErrors, CountLinesFromTheFirst) {
  EXPECT_EQ(Refused("x = (\n", 40), "t.py:40:5: '(' was never closed\n    x = (\n        ^");
  EXPECT_EQ(Refused("if a:\nb\n", 40),
            "t.py:41:1: expected an indented block after 'if' statement on line 40\n    b\n    ^");
}

TEST(ParserErrors, EscapeControlCharacters) {
  EXPECT_EQ(Refused("x\x1b[31m"), "t.py:1:2: invalid non-printable character U+001B\n    x?[31m\n     ^");
}

TEST(ParserErrors, CutLongLines) {
  EXPECT_EQ(Refused(std::string(500, 'a') + " $\n"),
            "t.py:1:502: invalid syntax\n    ..." + std::string(59, 'a') + " $\n    " + std::string(63, ' ') + "^");
}

struct Case {
  const char* text;
  const char* sentence;
};

class Sentences : public testing::TestWithParam<Case> {};

TEST_P(Sentences, AreAsGoodAsPythons) { EXPECT_EQ(Sentence(GetParam().text), GetParam().sentence); }

INSTANTIATE_TEST_SUITE_P(
    Lexical, Sentences,
    testing::Values(
        Case{"'abc\n", "t.py:1:1: unterminated string literal (detected at line 1)"},
        Case{"x = \"\"\"abc\n\n", "t.py:1:5: unterminated triple-quoted string literal (detected at line 2)"},
        Case{"x = (1]\n", "t.py:1:7: closing parenthesis ']' does not match opening parenthesis '('"},
        Case{"if x:\n    y\n  z\n", "t.py:3:3: unindent does not match any outer indentation level"},
        Case{"x = 1\n  y\n", "t.py:2:3: unexpected indent"}, Case{"x = [1,\ny = 2\n", "t.py:1:5: '[' was never closed"},
        Case{"\xE2\x80\x9Cx\n", "t.py:1:1: invalid character '\xE2\x80\x9C' (U+201C)"},
        Case{"# coding: koi8-r\n", "t.py:1:1: unsupported encoding 'koi8-r': UTF-8, latin-1 and ascii are read"},
        Case{"x = '\xFF'\n", "t.py:1:6: invalid UTF-8 byte '\\xff'"}));

INSTANTIATE_TEST_SUITE_P(
    Grammar, Sentences,
    testing::Values(Case{"print 1\n", "t.py:1:1: Missing parentheses in call to 'print'. Did you mean print(...)?"},
                    Case{"f(a b)\n", "t.py:1:3: invalid syntax. Perhaps you forgot a comma?"},
                    Case{"if x = 3: pass\n", "t.py:1:4: invalid syntax. Maybe you meant '==' or ':=' instead of '='?"},
                    Case{"f(a=1, b)\n", "t.py:1:8: positional argument follows keyword argument"},
                    Case{"f(a.b=1)\n", "t.py:1:3: expression cannot contain assignment, perhaps you meant \"==\"?"},
                    Case{"def f(a=1, b): pass\n", "t.py:1:12: non-default argument follows default argument"},
                    Case{"x = 1 if y\n", "t.py:1:5: expected 'else' after 'if' expression"},
                    Case{"(a, 1) = 2\n", "t.py:1:5: cannot assign to literal"},
                    Case{"None = 1\n", "t.py:1:1: cannot assign to None"},
                    Case{"del f()\n", "t.py:1:5: cannot delete function call"},
                    Case{"try: pass\nx\n", "t.py:2:1: expected 'except' or 'finally' block"},
                    Case{"except: pass\n", "t.py:1:1: invalid syntax"},
                    Case{"f'{a!x}'\n", "t.py:1:1: f-string: invalid conversion character: expected 's', 'r', or 'a'"},
                    Case{"[a, b for a in c]\n",
                         "t.py:1:2: did you forget parentheses around the comprehension target?"}));

INSTANTIATE_TEST_SUITE_P(
    Scopes, Sentences,
    testing::Values(Case{"return 1\n", "t.py:1:1: 'return' outside function"},
                    Case{"class A:\n  yield\n", "t.py:2:3: 'yield' outside function"},
                    Case{"def f():\n  await x\n", "t.py:2:3: 'await' outside async function"},
                    Case{"break\n", "t.py:1:1: 'break' outside loop"},
                    Case{"def f(a, a): pass\n", "t.py:1:10: duplicate argument 'a' in function definition"},
                    Case{"nonlocal x\n", "t.py:1:1: nonlocal declaration not allowed at module level"},
                    Case{"def f(x):\n  global x\n", "t.py:2:3: name 'x' is parameter and global"},
                    Case{"f(a=1, a=2)\n", "t.py:1:8: keyword argument repeated: a"},
                    Case{"x = *a\n", "t.py:1:5: can't use starred expression here"},
                    Case{"*a, *b = c\n", "t.py:1:5: multiple starred expressions in assignment"}));

TEST(ParserErrors, CapDepth) {
  const auto repeat = [](const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  const int many = 100'000;
  EXPECT_EQ(Sentence(repeat("(", many)), "t.py:1:201: too many nested parentheses (limit 200)");
  EXPECT_EQ(Sentence(repeat("-", many) + "x"), "t.py:1:999: code is nested too deeply (limit 1000)");
  EXPECT_EQ(Sentence("a" + repeat(".b", many)), "t.py:1:1: expression is nested too deeply (limit 1000)");
  EXPECT_EQ(Kind("a" + repeat("+a", many)), ErrorKind::cap);
  EXPECT_EQ(Kind("if a: pass\n" + repeat("elif b: pass\n", many)), ErrorKind::cap);
  EXPECT_EQ(Kind(repeat("lambda: ", many) + "x"), ErrorKind::cap);
}

}  // namespace
}  // namespace scriptc::python
