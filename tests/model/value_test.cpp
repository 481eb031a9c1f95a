#include "scriptc/model/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "scriptc/model/error.h"
#include "scriptc/model/ordered_map.h"

namespace scriptc {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(Value, TypeNamesArePythons) {
  EXPECT_EQ(Value().type_name(), "NoneType");
  EXPECT_EQ(Value(true).type_name(), "bool");
  EXPECT_EQ(Value(1).type_name(), "int");
  EXPECT_EQ(Value(1.0).type_name(), "float");
  EXPECT_EQ(Value("a").type_name(), "str");
  EXPECT_EQ(Value(Tensor::meta(DType::float32, {2})).type_name(), "Tensor");
}

TEST(Value, NumbersOfAnyTypeCompareByValue) {
  EXPECT_TRUE(equal(Value(1), Value(1.0)));
  EXPECT_TRUE(equal(Value(true), Value(1)));
  EXPECT_FALSE(equal(Value(9007199254740993), Value(9007199254740992.0)));
  EXPECT_FALSE(equal(Value(std::nan("")), Value(std::nan(""))));
  EXPECT_FALSE(equal(Value(1), Value("1")));
  EXPECT_EQ(hash_value(Value(1)), hash_value(Value(1.0)));
}

TEST(Value, ContainersCompareByContents) {
  EXPECT_TRUE(equal(Value::list({1, "a"}), Value::list({1, "a"})));
  EXPECT_FALSE(equal(Value::list({1}), Value::tuple({1})));
  EXPECT_FALSE(Value::list({1}).is_same(Value::list({1})));
}

TEST(Value, ListsAreShared) {
  const Value a = Value::list({1});
  const Value b = a;
  a.as_list().push_back(2);
  EXPECT_EQ(repr(b), "[1, 2]");
  EXPECT_TRUE(a.is_same(b));
}

TEST(Value, ReprIsPythons) {
  EXPECT_EQ(repr(Value::tuple({1})), "(1,)");
  EXPECT_EQ(repr(Value::tuple({})), "()");
  EXPECT_EQ(repr(Value::list({true, Value(), "x"})), "[True, None, 'x']");
  EXPECT_EQ(repr_string("it's"), "\"it's\"");
  EXPECT_EQ(repr_string("'\"\n"), R"('\'"\n')");
  EXPECT_EQ(repr_string("\\\x01é"), "'\\\\\\x01é'");
}

TEST(Value, ReprOfFloatIsTheShortest) {
  EXPECT_EQ(repr_float(0.1), "0.1");
  EXPECT_EQ(repr_float(1.0), "1.0");
  EXPECT_EQ(repr_float(-0.0), "-0.0");
  EXPECT_EQ(repr_float(1e16), "1e+16");
  EXPECT_EQ(repr_float(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(repr_float(1e15), "1000000000000000.0");
  EXPECT_EQ(repr_float(0.0001), "0.0001");
  EXPECT_EQ(repr_float(0.00001), "1e-05");
  EXPECT_EQ(repr_float(std::numeric_limits<double>::infinity()), "inf");
}

TEST(Value, ReprStopsAtCycles) {
  const Value list = Value::list({1});
  list.as_list().push_back(list);
  EXPECT_EQ(repr(list), "[1, [...]]");
  list.as_list().clear();
}

TEST(Value, DeepNestingIsRefusedAndFreed) {
  Value deep = Value::list({});
  for (int i = 0; i < 1'000'000; ++i) deep = Value::list({deep});
  EXPECT_EQ(message_of([&] { repr(deep); }),
            "RecursionError: maximum recursion depth exceeded while getting the repr of an object");
}

TEST(Dict, KeepsOrderAndUnifiesNumbers) {
  const Value value = Value::dict();
  DictValue& dict = value.as_dict();
  dict.set(1, "int");
  dict.set("k", 2);
  dict.set(true, "bool");
  EXPECT_EQ(repr(value), "{1: 'bool', 'k': 2}");
  EXPECT_EQ(repr(*dict.find(1.0)), "'bool'");
}

TEST(Dict, ErasesFromTheMiddle) {
  const Value value = Value::dict();
  DictValue& dict = value.as_dict();
  for (int i = 0; i < 4; ++i) dict.set(i, i * i);
  EXPECT_TRUE(dict.erase(1));
  EXPECT_FALSE(dict.erase(1));
  dict.set(1, "again");
  EXPECT_EQ(repr(value), "{0: 0, 2: 4, 3: 9, 1: 'again'}");
  EXPECT_EQ(repr(*dict.find(3)), "9");
}

TEST(Dict, RefusesKeysThatCannotBeHashed) {
  const Value value = Value::dict();
  EXPECT_EQ(message_of([&] { value.as_dict().set(Value::list({}), 1); }), "TypeError: unhashable type: 'list'");
  EXPECT_EQ(message_of([&] { value.as_dict().find(Value::tuple({Value::dict()})); }),
            "TypeError: unhashable type: 'dict'");
}

TEST(OrderedMap, StaysOrderedBeyondItsUnindexedSize) {
  OrderedMap<int> map;
  for (int i = 0; i < 20; ++i) map.set("n" + std::to_string(i), i);
  EXPECT_TRUE(map.erase("n3"));
  EXPECT_FALSE(map.contains("n3"));
  EXPECT_EQ(*map.find("n19"), 19);
  EXPECT_EQ(map.begin()[3].first, "n4");
}

}  // namespace
}  // namespace scriptc
