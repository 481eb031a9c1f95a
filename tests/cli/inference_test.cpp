#include "scriptc/cli/inference.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/cli/error_of.h"

namespace scriptc::cli {
namespace {

using plugins::ParameterType;
using Kind = ParameterType::Kind;

std::string inferred(const std::string& text) { return repr(infer_value(text)); }

/// repr of `text` as the declared type, or "refused".
std::string converted(const std::string& text, const ParameterType& type) {
  const auto value = try_convert(Argument{infer_value(text), text}, type);
  return value ? repr(*value) : "refused";
}

ParameterType of(Kind kind, std::vector<ParameterType> items = {}) { return {kind, std::move(items)}; }

class Messages : public MessageSink {
 public:
  void warning(std::string_view text) override { all += std::string(text) + "\n"; }
  std::string all;
};

TEST(Inference, WithoutPointIntOrText) {
  EXPECT_EQ(inferred("10"), "10");
  EXPECT_EQ(inferred("007"), "7");
  EXPECT_EQ(inferred("1_000"), "1000");
  EXPECT_EQ(inferred("-1"), "-1");
  EXPECT_EQ(inferred(" +5 "), "5");
  for (const char* text : {"1e-3", "True", "None", "inf", "[1,2]", "1__0", "_1", "1_", "0x10", "- 1", ""})
    EXPECT_EQ(inferred(text), repr(Value(text)));
}

TEST(Inference, WithPointFloatOrText) {
  EXPECT_EQ(inferred("1.0e-3"), "0.001");
  EXPECT_EQ(inferred("-0.5"), "-0.5");
  EXPECT_EQ(inferred(".5"), "0.5");
  EXPECT_EQ(inferred("1."), "1.0");
  EXPECT_EQ(inferred("1_0.0_1"), "10.01");
  EXPECT_EQ(inferred("1.0e999"), "inf");
  for (const char* text : {".", "1.2.3", "a.b", "1._5", "1.e", "0x1.8", "inf."})
    EXPECT_EQ(inferred(text), repr(Value(text)));
}

TEST(Inference, BeyondSixtyFourBits) {
  EXPECT_EQ(inferred("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(inferred("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(error_of([] { infer_value("9223372036854775808"); }),
            "2: integer '9223372036854775808' does not fit in 64 bits");
}

TEST(Conversion, Bool) {
  for (const char* text : {"true", "True", "1"}) EXPECT_EQ(converted(text, of(Kind::boolean)), "True");
  for (const char* text : {"false", "False", "0"}) EXPECT_EQ(converted(text, of(Kind::boolean)), "False");
  for (const char* text : {"TRUE", "yes", "2", "", "0.0"}) EXPECT_EQ(converted(text, of(Kind::boolean)), "refused");
}

TEST(Conversion, IntAndFloat) {
  EXPECT_EQ(converted("007", of(Kind::integer)), "7");
  EXPECT_EQ(converted("1.0", of(Kind::integer)), "refused");
  EXPECT_EQ(converted("7", of(Kind::floating)), "7.0");
  EXPECT_EQ(converted("1e-3", of(Kind::floating)), "0.001");
  EXPECT_EQ(converted("-INF", of(Kind::floating)), "-inf");
  EXPECT_EQ(converted("nan", of(Kind::floating)), "nan");
  EXPECT_EQ(converted("1e", of(Kind::floating)), "refused");
}

TEST(Conversion, StringKeepsItsSpelling) {
  EXPECT_EQ(converted("007", of(Kind::string)), "'007'");
  EXPECT_EQ(converted("1.50", of(Kind::string)), "'1.50'");
}

TEST(Conversion, Optional) {
  const ParameterType optional = of(Kind::optional, {of(Kind::integer)});
  EXPECT_EQ(converted("None", optional), "None");
  EXPECT_EQ(converted("3", optional), "3");
  EXPECT_EQ(converted("none", optional), "refused");
}

TEST(Conversion, ListFromJsonOrCommas) {
  const ParameterType ints = of(Kind::list, {of(Kind::integer)});
  EXPECT_EQ(converted("[64, 32]", ints), "[64, 32]");
  EXPECT_EQ(converted("64,32", ints), "[64, 32]");
  EXPECT_EQ(converted("64", ints), "[64]");
  EXPECT_EQ(converted("", ints), "[]");
  EXPECT_EQ(converted("[]", ints), "[]");
  for (const char* text : {"64,", "a", "[64", "[64, 1.5]", "64 32"}) EXPECT_EQ(converted(text, ints), "refused");
}

TEST(Conversion, TupleHasItsLength) {
  const ParameterType pair = of(Kind::tuple, {of(Kind::integer), of(Kind::string)});
  EXPECT_EQ(converted("3,x", pair), "(3, 'x')");
  EXPECT_EQ(converted("[3, \"x\"]", pair), "(3, 'x')");
  for (const char* text : {"3", "3,x,y", "x,3"}) EXPECT_EQ(converted(text, pair), "refused");
}

TEST(Conversion, JsonIsTakenByItsType) {
  EXPECT_FALSE(try_convert(Argument{Value("1"), std::nullopt}, of(Kind::integer)));
  EXPECT_FALSE(try_convert(Argument{Value(1), std::nullopt}, of(Kind::string)));
  EXPECT_FALSE(try_convert(Argument{Value(1), std::nullopt}, of(Kind::boolean)));
  EXPECT_EQ(repr(*try_convert(Argument{Value(1), std::nullopt}, of(Kind::floating))), "1.0");
}

TEST(Collecting, JoinsTheFourOptions) {
  const ModelArguments all = collect_arguments({"1"}, {"a", "0.5"}, "[null, [1]]", R"({"b": {"c": true}})");
  ASSERT_EQ(all.positional.size(), 3u);
  EXPECT_EQ(repr(all.positional[2].value), "[1]");
  ASSERT_EQ(all.keyword.size(), 2u);
  EXPECT_EQ(all.keyword[0].second.spelling, "0.5");
  EXPECT_EQ(repr(all.keyword[1].second.value), "{'c': True}");
}

TEST(Collecting, OddKwargs) {
  EXPECT_EQ(error_of([] {
              collect_arguments({}, {"a", "1", "b"}, std::nullopt, std::nullopt);
            }),
            "2: --kwargs must be pairs of name and value, got 3 words: 'b' has no value\n"
            "  help: write --kwargs NAME VALUE [NAME VALUE ...]");
}

TEST(Collecting, KeywordTwice) {
  EXPECT_EQ(error_of([] {
              collect_arguments({}, {"a", "1", "a", "2"}, std::nullopt, std::nullopt);
            }),
            "2: keyword argument 'a' is given twice");
  EXPECT_EQ(error_of([] {
              collect_arguments({}, {"a", "1"}, std::nullopt, "{\"a\": 2}");
            }),
            "2: keyword argument 'a' is given twice");
}

TEST(Collecting, JsonOfAnotherShape) {
  EXPECT_EQ(error_of([] { collect_arguments({}, {}, "{}", std::nullopt); }),
            "2: --json-args must be a JSON array, got '{}'");
  EXPECT_EQ(error_of([] { collect_arguments({}, {}, std::nullopt, "[1]"); }),
            "2: --json-kwargs must be a JSON object, got '[1]'");
}

TEST(Warning, ConstantsThatStayStrings) {
  Messages messages;
  warn_of_constants(collect_arguments({"None", "x"}, {"pretrained", "False"}, std::nullopt, std::nullopt), messages);
  EXPECT_EQ(messages.all,
            "argument 'None' is passed as a string\n"
            "  help: for the constant, name the argument: --json-kwargs '{\"NAME\": null}'\n"
            "argument 'pretrained' is passed as the string 'False'\n"
            "  help: for the constant: --json-kwargs '{\"pretrained\": false}'\n");
}

}  // namespace
}  // namespace scriptc::cli
