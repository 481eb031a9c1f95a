#include "scriptc/cli/json_value.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/cli/error_of.h"

namespace scriptc::cli {
namespace {

std::string parsed(const std::string& text) { return repr(parse_json(text, "--json-args")); }
std::string refused(const std::string& text) {
  return error_of([&] { parse_json(text, "--json-args"); });
}

TEST(JsonValue, EveryType) {
  EXPECT_EQ(parsed(R"([null, true, -1, 1.5, "x", {"b": [], "a": {}}])"),
            "[None, True, -1, 1.5, 'x', {'b': [], 'a': {}}]");
  EXPECT_EQ(parsed("9223372036854775807"), "9223372036854775807");
}

TEST(JsonValue, SyntaxError) {
  EXPECT_EQ(refused("[1,"), "2: --json-args is not JSON: syntax error at character 4");
  EXPECT_EQ(refused(""), "2: --json-args is not JSON: syntax error at character 1");
  EXPECT_EQ(refused("[1] 2"), "2: --json-args is not JSON: syntax error at character 5");
}

TEST(JsonValue, KeyTwice) { EXPECT_EQ(refused(R"([{"a": 1, "a": 2}])"), "2: --json-args has key 'a' twice"); }

TEST(JsonValue, BeyondSixtyFourBits) {
  for (const std::string text : {"9223372036854775808", "99999999999999999999999", "-99999999999999999999999"})
    EXPECT_EQ(refused(text), "2: --json-args: integer '" + text + "' does not fit in 64 bits");
}

TEST(JsonValue, Nesting) {
  EXPECT_EQ(refused(std::string(100'000, '[')), "2: --json-args is nested more than 100 deep");
  EXPECT_EQ(parsed(std::string(100, '[') + std::string(100, ']')), std::string(100, '[') + std::string(100, ']'));
}

TEST(JsonValue, BackAgain) {
  const std::string text = R"({"a":[1,null,"x"],"b":0.5})";
  EXPECT_EQ(value_json(parse_json(text, "--json-args")).dump(), text);
  EXPECT_EQ(value_json(Value(std::numeric_limits<double>::infinity())).dump(), "\"inf\"");
  EXPECT_EQ(value_json(Value::tuple({1, 2})).dump(), "[1,2]");
}

}  // namespace
}  // namespace scriptc::cli
