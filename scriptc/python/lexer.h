#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/python/source.h"

// Text → tokens of Python 3.11. Soft keywords (match, case, _) are names; string tokens hold prefix and quotes.

namespace scriptc::python {

enum class TokenKind : std::uint8_t {
  End,
  Newline,
  Indent,
  Dedent,
  Name,
  Number,
  String,
  Error,    ///< the last token of a text that cannot be read further: see LexError
  Unknown,  ///< a character that no token begins with (`$`, `?`, `!`)
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
  Colon,
  ColonEqual,
  Comma,
  Semicolon,
  Dot,
  Ellipsis,
  Arrow,
  At,
  Plus,
  Minus,
  Star,
  DoubleStar,
  Slash,
  DoubleSlash,
  Percent,
  Ampersand,
  Bar,
  Caret,
  Tilde,
  LeftShift,
  RightShift,
  Less,
  Greater,
  LessEqual,
  GreaterEqual,
  EqualEqual,
  NotEqual,
  Equal,
  PlusEqual,
  MinusEqual,
  StarEqual,
  DoubleStarEqual,
  SlashEqual,
  DoubleSlashEqual,
  PercentEqual,
  AmpersandEqual,
  BarEqual,
  CaretEqual,
  AtEqual,
  LeftShiftEqual,
  RightShiftEqual,
  KwFalse,
  KwNone,
  KwTrue,
  KwAnd,
  KwAs,
  KwAssert,
  KwAsync,
  KwAwait,
  KwBreak,
  KwClass,
  KwContinue,
  KwDef,
  KwDel,
  KwElif,
  KwElse,
  KwExcept,
  KwFinally,
  KwFor,
  KwFrom,
  KwGlobal,
  KwIf,
  KwImport,
  KwIn,
  KwIs,
  KwLambda,
  KwNonlocal,
  KwNot,
  KwOr,
  KwPass,
  KwRaise,
  KwReturn,
  KwTry,
  KwWhile,
  KwWith,
  KwYield
};

inline bool is_keyword(TokenKind kind) { return kind >= TokenKind::KwFalse; }

struct Token {
  TokenKind kind = TokenKind::End;
  int level = 0;  ///< open brackets around it
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Span span;
};

/// Why a text could not be read to its end.
struct LexError {
  std::string sentence;  ///< empty: it could
  Span span;
  bool unclosed = false;  ///< the text ended inside a bracket; `span` is the bracket
  bool cap = false;       ///< a limit was exceeded, rather than a rule broken
};

struct TokenList {
  std::vector<Token> tokens;  ///< never empty; ends with End or Error
  LexError error;
};

/// A part of a source: all of it, or an expression inside an f-string.
struct LexRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  int line = 1;
  int column = 0;
  bool inside_brackets = false;  ///< line ends and indentation mean nothing
};

/// Never throws for what the text holds: errors are in the result, because an error of the parser further up in the
/// text comes first.
TokenList tokenize(const Source& source);
TokenList tokenize(const Source& source, const LexRange& range);

std::string_view token_text(const Source& source, const Token& token);

}  // namespace scriptc::python
