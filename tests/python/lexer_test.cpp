#include "scriptc/python/lexer.h"

#include <gtest/gtest.h>

namespace scriptc::python {
namespace {

/// The texts of the tokens, line ends and indentation by name.
std::string Lex(const std::string& text) {
  const Source source("t.py", text);
  const TokenList list = tokenize(source);
  std::string out;
  for (const Token& token : list.tokens) {
    if (!out.empty()) out += '|';
    switch (token.kind) {
      case TokenKind::Newline:
        out += "NEWLINE";
        break;
      case TokenKind::Indent:
        out += "INDENT";
        break;
      case TokenKind::Dedent:
        out += "DEDENT";
        break;
      case TokenKind::End:
        out += "END";
        break;
      case TokenKind::Error:
        out += "ERROR " + list.error.sentence;
        break;
      default:
        out += token_text(source, token);
    }
  }
  return out;
}

TEST(Lexer, IndentsAndDedents) {
  EXPECT_EQ(Lex("if a:\n  b\n\n # c\nd"), "if|a|:|NEWLINE|INDENT|b|NEWLINE|DEDENT|d|NEWLINE|END");
}

TEST(Lexer, KeepsBracketsOnOneLine) { EXPECT_EQ(Lex("f(a,\n  b)\n"), "f|(|a|,|b|)|NEWLINE|END"); }

TEST(Lexer, JoinsLinesBehindBackslash) { EXPECT_EQ(Lex("a + \\\n b\n"), "a|+|b|NEWLINE|END"); }

TEST(Lexer, TakesLongestOperator) { EXPECT_EQ(Lex("a**=b//c->d:=e...\n"), "a|**=|b|//|c|->|d|:=|e|...|NEWLINE|END"); }

TEST(Lexer, ReadsPrefixedStrings) { EXPECT_EQ(Lex("rb'x' Rb\"y\" f'z' u''\n"), "rb'x'|Rb\"y\"|f'z'|u''|NEWLINE|END"); }

TEST(Lexer, ReadsNumbers) {
  EXPECT_EQ(Lex("1_000 0x_fF 1.e-3j .5 0b1 0o7\n"), "1_000|0x_fF|1.e-3j|.5|0b1|0o7|NEWLINE|END");
}

TEST(Lexer, ReportsWhatEndsTheText) {
  EXPECT_EQ(Lex("'abc\n"), "ERROR unterminated string literal (detected at line 1)");
  EXPECT_EQ(Lex("(a"), "(|a|ERROR '(' was never closed");
  EXPECT_EQ(Lex("a]"), "a|ERROR unmatched ']'");
  EXPECT_EQ(Lex("012"),
            "ERROR leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal "
            "integers");
  EXPECT_EQ(Lex("0b12"), "ERROR invalid digit '2' in binary literal");
  EXPECT_EQ(Lex("a \\ b"), "a|ERROR unexpected character after line continuation character");
  EXPECT_EQ(Lex("if a:\n    b\n  c\n"),
            "if|a|:|NEWLINE|INDENT|b|NEWLINE|DEDENT|ERROR unindent does not match any outer indentation level");
  EXPECT_EQ(Lex("if a:\n        b\n\tc\n"),
            "if|a|:|NEWLINE|INDENT|b|NEWLINE|ERROR inconsistent use of tabs and spaces in indentation");
}

TEST(Lexer, CapsNesting) {
  EXPECT_EQ(Lex(std::string(201, 40)).substr(400), "ERROR too many nested parentheses (limit 200)");
}

}  // namespace
}  // namespace scriptc::python
