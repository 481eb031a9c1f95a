#include "scriptc/model/input_spec.h"

#include <gtest/gtest.h>

#include "scriptc/model/error.h"

namespace scriptc {
namespace {

std::string round_trip(const std::string& text) { return to_string(parse_input_spec(text)); }

/// The message for a bad spec: its first line without `input spec 'TEXT': `, and the column of the caret.
std::string refuse(const std::string& text) {
  try {
    parse_input_spec(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    const std::string message = error.message();
    const std::size_t first = message.find("': ") + 3;
    const std::size_t end = message.find('\n');
    const std::size_t caret_line = message.find('\n', end + 1) + 1;
    return message.substr(first, end - first) + " @" + std::to_string(message.find('^', caret_line) - caret_line - 4);
  }
  return "no error";
}

TEST(InputSpec, TextComesBack) {
  for (const char* text :
       {"float32[N=2,3,H=224%32,W=224]", "int64[N=2,T=16]<30522", "float32[2,3]:0..1", "bool[4]", "float32[]",
        "bfloat16[2]:-1.5..0.25", "none", "mask=none", "x=float32[2]", "complex64[0]", "(float32[2], [none, bool[]])",
        "(float32[1],)", "()", "[]", "{}", "{a: int8[1], 'b c': (float32[2],)}"})
    EXPECT_EQ(round_trip(text), text);
}

TEST(InputSpec, BlanksAndAliases) {
  EXPECT_EQ(round_trip(" x = float [ N = 2 , 3 , ] : 0 .. 1 "), "x=float32[N=2,3]:0..1");
  EXPECT_EQ(round_trip("long[2] < 5"), "int64[2]<5");
  EXPECT_EQ(round_trip("( float[1] , None , )"), "(float32[1], none)");
}

TEST(InputSpec, Fields) {
  const InputSpec spec = parse_input_spec("x=float32[N=2,H=64%32]:-1..2e3");
  EXPECT_EQ(spec.name, "x");
  EXPECT_EQ(spec.tensor.shape[1].name, "H");
  EXPECT_EQ(spec.tensor.shape[1].size, 64);
  EXPECT_EQ(spec.tensor.shape[1].multiple, 32);
  EXPECT_EQ(spec.tensor.range, std::make_pair(-1.0, 2000.0));
}

TEST(InputSpec, WholeMessage) {
  try {
    parse_input_spec("float32[2,\n]");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "input spec 'float32[2,\\n]': expected a size, got '\\n'\n"
              "    float32[2,\\n]\n"
              "              ^\n"
              "  help: an input looks like float32[N=2,3,224,224], int64[N=2,T=16]<30522 or float32[2,3]:0..1; "
              "combine them as (a, b), [a, b] or {key: a}");
  }
}

TEST(InputSpec, UnknownDtype) {
  try {
    parse_input_spec("flaot32[2]");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "input spec 'flaot32[2]': no dtype is called 'flaot32'\n    flaot32[2]\n    ^\n"
              "  help: did you mean 'float32'?");
  }
}

TEST(InputSpec, Grammar) {
  EXPECT_EQ(refuse(""), "expected a dtype, 'none', '(', '[' or '{', got the end @0");
  EXPECT_EQ(refuse("float32"), "expected '[' after the dtype, got the end @7");
  EXPECT_EQ(refuse("float32[2"), "expected ',' or ']', got the end @9");
  EXPECT_EQ(refuse("float32[-1]"), "expected a size, got '-' @8");
  EXPECT_EQ(refuse("float32[N]"), "expected '=' and a size after dimension 'N', got ']' @9");
  EXPECT_EQ(refuse("float32[2] x"), "expected the end of the spec, got 'x' @11");
  EXPECT_EQ(refuse("(float32[2]"), "expected ',' or ')', got the end @11");
  EXPECT_EQ(refuse("{a float32[2]}"), "expected ':' after key 'a', got 'f' @3");
  EXPECT_EQ(refuse("{'a: float32[2]}"), "the quote is not closed @1");
  EXPECT_EQ(refuse("float32[2]:0"), "expected a range such as 0..1, got '0' @11");
  EXPECT_EQ(refuse("float32[2]:0..x"), "expected a number, got 'x' @14");
}

TEST(InputSpec, Meaning) {
  EXPECT_EQ(refuse("int64[2]:0..1"), "a range is for floating dtypes; int64 takes a bound such as <10 @8");
  EXPECT_EQ(refuse("bool[2]:0..1"), "a range is for floating dtypes, not for bool @7");
  EXPECT_EQ(refuse("float32[2]<3"), "'<' bounds integers; float32 takes a range such as :0..1 @10");
  EXPECT_EQ(refuse("int64[2]<0"), "a bound must be at least 1 @9");
  EXPECT_EQ(refuse("float32[2]:1..0"), "the range ends before it begins @11");
  EXPECT_EQ(refuse("float32[H=33%32]"), "size 33 is no multiple of 32 @8");
  EXPECT_EQ(refuse("float32[32%32]"), "a fixed size takes no multiple; name the dimension, as in H=224%32 @10");
  EXPECT_EQ(refuse("float32[N=0]"), "a size must be at least 1 @10");
  EXPECT_EQ(refuse("qint8[2]"), "'qint8' cannot be an example input: it is quantised @0");
  EXPECT_EQ(refuse("{a: none, a: none}"), "key 'a' is there twice @10");
}

TEST(InputSpec, Hostile) {
  EXPECT_EQ(refuse("float32[99999999999999999999]"), "a size is too large @8");
  EXPECT_EQ(refuse("float32[3000000000,3000000000,3000000000]"), "more than 4294967296 elements @19");
  EXPECT_EQ(refuse(std::string(100'000, '(')), "nested more than 32 deep @33");
  std::string many = "float32[1";
  for (int i = 0; i < 64; ++i) many += ",1";
  EXPECT_EQ(refuse(many + "]"), "more than 64 dimensions @136");
}

TEST(InputSpec, NamedDimensionsAreTied) {
  const auto found =
      named_dimensions({parse_input_spec("float32[N=2,3,H=8%4]"), parse_input_spec("(int64[N=2,T=5],)")});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].name + found[1].name + found[2].name, "NHT");
  EXPECT_EQ(found[1].multiple, 4);
}

TEST(InputSpec, TiedDimensionsMustAgree) {
  try {
    named_dimensions({parse_input_spec("float32[H=8%4]"), parse_input_spec("float32[H=8]")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "dimension 'H' is given twice and differs (got H=8%4 and H=8)\n"
              "  help: equal names are tied; give independent dimensions two names");
  }
}

TEST(InputSpec, WithDimensionChangesAllOfThatName) {
  const auto changed = with_dimension({parse_input_spec("[float32[N=2,M=2], int64[3,N=2]]")}, "N", 7);
  EXPECT_EQ(to_string(changed[0]), "[float32[N=7,M=2], int64[3,N=7]]");
}

}  // namespace
}  // namespace scriptc
