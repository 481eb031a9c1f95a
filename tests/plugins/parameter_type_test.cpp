#include "plugin_test.h"

namespace scriptc::plugins {
namespace {

std::string shown(const char* text) {
  const auto type = try_parse_type(text);
  return type ? to_string(*type) : "not a type";
}

std::string converted(const Value& value, const char* type) {
  const auto result = try_convert(value, *try_parse_type(type));
  return result ? repr(*result) : "does not fit";
}

TEST(ParameterType, IsShownInWords) {
  EXPECT_EQ(shown("bool"), "bool");
  EXPECT_EQ(shown("optional[float]"), "optional float");
  EXPECT_EQ(shown("list[list[int]]"), "list of list of int");
  EXPECT_EQ(shown("tuple[int,optional[str]]"), "tuple of (int, optional str)");
}

TEST(ParameterType, RefusesOtherSpellings) {
  for (const char* text : {"", "integer", "list", "list[]", "list[int,int]", "list[int", "int]", "int,int", "tuple[,]"})
    EXPECT_EQ(shown(text), "not a type") << text;
}

TEST(ParameterType, RefusesDeepNesting) {
  std::string text = "int";
  for (int i = 0; i < 1000; ++i) text = "list[" + text + "]";
  EXPECT_FALSE(try_parse_type(text));
}

TEST(ParameterType, ConvertsWithoutLoss) {
  EXPECT_EQ(converted(3, "float"), "3.0");
  EXPECT_EQ(converted(Value::tuple({1, 2}), "list[int]"), "[1, 2]");
  EXPECT_EQ(converted(Value::list({1, 2}), "tuple[int,float]"), "(1, 2.0)");
  EXPECT_EQ(converted(None{}, "optional[int]"), "None");
  EXPECT_EQ(converted(7, "optional[int]"), "7");
}

TEST(ParameterType, RefusesOtherValues) {
  EXPECT_EQ(converted(3.0, "int"), "does not fit");
  EXPECT_EQ(converted(true, "int"), "does not fit");
  EXPECT_EQ(converted(1, "bool"), "does not fit");
  EXPECT_EQ(converted("3", "int"), "does not fit");
  EXPECT_EQ(converted(None{}, "int"), "does not fit");
  EXPECT_EQ(converted(Value::list({1, "x"}), "list[int]"), "does not fit");
  EXPECT_EQ(converted(Value::list({1}), "tuple[int,int]"), "does not fit");
}

}  // namespace
}  // namespace scriptc::plugins
