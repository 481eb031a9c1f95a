#include "scriptc/cli/binding.h"

#include <gtest/gtest.h>

#include "tests/cli/error_of.h"

namespace scriptc::cli {
namespace {

using plugins::ModelInfo;
using plugins::ParameterType;
using Kind = ParameterType::Kind;

/// Net(hidden: list of int, classes: int = 10, dropout: optional float = None)
ModelInfo net() {
  const ParameterType integer{Kind::integer, {}};
  return {"Net",
          "",
          {{"hidden", {Kind::list, {integer}}, std::nullopt},
           {"classes", integer, Value(10)},
           {"dropout", {Kind::optional, {{Kind::floating, {}}}}, Value()}},
          {},
          false};
}

constexpr const char* kSignature = "\n  Net(hidden: list of int, classes: int = 10, dropout: optional float = None)";

std::string bind(const std::vector<std::string>& args, const std::vector<std::string>& kwargs,
                 const std::optional<std::string>& json_kwargs = std::nullopt) {
  return repr(Value::list(bind_arguments(net(), collect_arguments(args, kwargs, std::nullopt, json_kwargs))));
}
std::string refuse(const std::vector<std::string>& args, const std::vector<std::string>& kwargs,
                   const std::optional<std::string>& json_kwargs = std::nullopt) {
  return error_of([&] { bind(args, kwargs, json_kwargs); });
}

TEST(Binding, PositionKeywordAndDefault) {
  EXPECT_EQ(bind({"64,32"}, {}), "[[64, 32], 10, None]");
  EXPECT_EQ(bind({"[64]", "5"}, {"dropout", "0.5"}), "[[64], 5, 0.5]");
  EXPECT_EQ(bind({}, {"classes", "3", "hidden", "1"}), "[[1], 3, None]");
  EXPECT_EQ(bind({}, {}, "{\"hidden\": [7], \"dropout\": null}"), "[[7], 10, None]");
}

TEST(Binding, UnknownName) {
  EXPECT_EQ(refuse({"1"}, {"clases", "3"}),
            std::string("7: model 'Net' has no parameter 'clases'") + kSignature + "\n  help: did you mean 'classes'?");
}

TEST(Binding, Missing) {
  EXPECT_EQ(refuse({}, {"classes", "3"}), std::string("7: model 'Net' needs parameter 'hidden'") + kSignature +
                                              "\n  help: pass values with --args or --kwargs NAME VALUE");
}

TEST(Binding, WrongType) {
  EXPECT_EQ(refuse({"1"}, {"classes", "ten"}),
            std::string("7: model 'Net' needs int for parameter 'classes', got 'ten'") + kSignature);
  EXPECT_EQ(refuse({}, {}, "{\"hidden\": [1.5]}"),
            std::string("7: model 'Net' needs list of int for parameter 'hidden', got [1.5]") + kSignature);
}

TEST(Binding, TooMany) {
  EXPECT_EQ(refuse({"1", "2", "0.5", "4"}, {}),
            std::string("7: model 'Net' takes at most 3 arguments, got 4") + kSignature);
}

TEST(Binding, ByPositionAndByName) {
  EXPECT_EQ(refuse({"1", "2"}, {"classes", "3"}),
            std::string("7: model 'Net' got parameter 'classes' twice, by position and by name") + kSignature);
}

}  // namespace
}  // namespace scriptc::cli
