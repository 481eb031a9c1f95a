#include "scriptc/torch/operators.h"

#include <ATen/ATen.h>

#include <numeric>

#include "helpers.h"
#include "scriptc/python/objects.h"
#include "scriptc/torch/convert.h"
#include "scriptc/torch/tensors.h"

namespace scriptc::torch_backend {
namespace {

using python::TorchConstant;

Value ints(std::vector<std::int64_t> values) {
  std::vector<Value> items(values.begin(), values.end());
  return Value::list(std::move(items));
}
Value tensor(const at::Tensor& values) { return wrap(values); }
Value meta(std::vector<std::int64_t> shape) { return Tensor::meta(DType::float32, std::move(shape)); }
Value dtype(DType d) {
  return std::make_shared<TorchConstant>(TorchConstant::Kind::dtype, std::string(dtype_info(d).name),
                                         static_cast<std::int64_t>(d));
}
Value call(std::string_view name, const Args& args, const Kwargs& kwargs = {}) {
  return call_operator(name, args, kwargs);
}
/// The values as Python prints them.
std::string values(const Value& result) { return repr(to_list(materialise(result.as_tensor()))); }
std::vector<std::int64_t> shape(const Value& result) { return result.as_tensor()->shape(); }
DType dtype_of(const Value& result) { return result.as_tensor()->dtype(); }

TEST(Operators, ChoosesTheOverloadForAScalar) {
  EXPECT_EQ(values(call("add", {tensor(at::ones({2})), 2})), "[3.0, 3.0]");
  EXPECT_EQ(values(call("add", {tensor(at::ones({2})), tensor(at::ones({2}))})), "[2.0, 2.0]");
  EXPECT_EQ(values(call("pow", {2, tensor(at::ones({2}))})), "[2.0, 2.0]");
}

TEST(Operators, NumbersBecomeTensorsWithoutPromoting) {
  const Value result = call("minimum", {tensor(at::full({2}, 3, at::kInt)), 2});
  EXPECT_EQ(values(result), "[2, 2]");
  EXPECT_EQ(dtype_of(result), DType::int32);
}

TEST(Operators, TakesSizesOneByOne) {
  EXPECT_EQ(shape(call("zeros", {2, 3})), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(shape(call("view", {tensor(at::ones({6})), -1, 2})), (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(shape(call("expand", {tensor(at::ones({1, 2})), 4, -1})), (std::vector<std::int64_t>{4, 2}));
}

TEST(Operators, OneIntStandsForAllSizes) {
  const Value x = tensor(at::ones({1, 1, 4, 4}));
  EXPECT_EQ(shape(call("max_pool2d", {x, 2})), (std::vector<std::int64_t>{1, 1, 2, 2}));
}

TEST(Operators, KeywordsAreSpelledAsInPython) {
  const Value x = tensor(at::ones({2, 3}));
  EXPECT_EQ(shape(call("sum", {}, {{"input", x}, {"axis", 1}, {"keepdims", true}})), (std::vector<std::int64_t>{2, 1}));
}

TEST(Operators, TakesDtypesOnlyWhereTheyBelong) {
  EXPECT_EQ(dtype_of(call("zeros", {2}, {{"dtype", dtype(DType::float64)}})), DType::float64);
  EXPECT_EQ(dtype_of(call("to", {tensor(at::ones({2})), dtype(DType::float16)})), DType::float16);
  EXPECT_EQ(dtype_of(call("half", {tensor(at::ones({2}))})), DType::float16);
}

TEST(Operators, SeveralResultsAreATuple) {
  const Value result = call("max", {tensor(at::arange(6).reshape({2, 3})), 1});
  ASSERT_TRUE(result.is_tuple());
  EXPECT_EQ(values(result.as_tuple()[1]), "[2, 2]");
  EXPECT_EQ(call("split", {tensor(at::ones({5})), 2}).as_tuple().size(), 3u);
}

TEST(Operators, InPlaceReturnsTheSameObject) {
  const Value x = tensor(at::zeros({2}));
  EXPECT_TRUE(call("add_", {x, 1}).is_same(x));
  EXPECT_EQ(values(x), "[1.0, 1.0]");
}

TEST(Operators, InPlaceNeverWritesIntoACheckpoint) {
  const std::vector<float> bytes{1, 2};
  TensorView view{DType::float32, {2}, {1}, reinterpret_cast<const std::byte*>(bytes.data()), nullptr, nullptr};
  const Value x = Tensor::from_view(view);
  call("zero_", {x});
  EXPECT_EQ(values(x), "[0.0, 0.0]");
  EXPECT_EQ(bytes[0], 1.0f);
}

TEST(Operators, MetaTensorsGiveMetaResults) {
  const Value result = call("conv2d", {meta({1, 3, 8, 8}), meta({6, 3, 3, 3})});
  EXPECT_EQ(result.as_tensor()->state(), Tensor::State::meta);
  EXPECT_EQ(shape(result), (std::vector<std::int64_t>{1, 6, 6, 6}));
}

TEST(Operators, InPlaceOnMetaKeepsTheObjectAndItsNewShape) {
  const Value x = meta({2, 1});
  EXPECT_TRUE(call("squeeze_", {x, 1}).is_same(x));
  EXPECT_EQ(shape(x), (std::vector<std::int64_t>{2}));
}

TEST(Operators, WritingMetaIntoValuesForgetsThem) {
  const Value x = tensor(at::zeros({2}));
  call("copy_", {x, meta({2})});
  EXPECT_EQ(x.as_tensor()->state(), Tensor::State::meta);
}

TEST(Operators, TensorFromNestedLists) {
  EXPECT_EQ(dtype_of(call("tensor", {ints({1, 2})})), DType::int64);
  EXPECT_EQ(dtype_of(call("tensor", {Value::list({1, 2.5})})), DType::float32);
  EXPECT_EQ(dtype_of(call("tensor", {true})), DType::boolean);
  EXPECT_EQ(values(call("tensor", {Value::list({ints({1, 2}), ints({3, 4})})})), "[[1, 2], [3, 4]]");
}

TEST(Operators, TensorRefusesRaggedLists) {
  EXPECT_EQ(error_of([] {
              call("tensor", {Value::list({ints({1, 2}), ints({3})})});
            }),
            "7 tensor(): expected a list of length 2 at depth 1, got 1");
}

TEST(Operators, DrawsTheNumbersOfPython) {
  // torch.manual_seed(0); torch.randn(3), torch.empty(2).uniform_(-1, 1)
  at::manual_seed(0);
  const at::Tensor drawn = materialise(call("randn", {3}).as_tensor());
  EXPECT_NEAR(drawn[0].item<double>(), 1.5409961, 1e-6);
  EXPECT_NEAR(drawn[2].item<double>(), -2.1787894, 1e-6);
  at::manual_seed(0);
  const at::Tensor uniform = materialise(call("uniform_", {tensor(at::empty({2})), -1, 1}).as_tensor());
  EXPECT_NEAR(uniform[0].item<double>(), -0.0074864, 1e-6);
}

TEST(Operators, KnowsNames) {
  EXPECT_TRUE(has_operator("conv2d"));
  EXPECT_TRUE(has_operator("tensor"));
  EXPECT_FALSE(has_operator("conv2dd"));
}

TEST(Operators, UnknownNameSuggestsTheNearest) {
  EXPECT_EQ(error_of([] { call("lin_space", {}); }),
            "7 torch has no operator 'lin_space'\n  help: did you mean 'linspace' or 'isspace' or 'logspace'?");
}

TEST(Operators, NoOverloadFitsListsThem) {
  EXPECT_EQ(error_of([] {
              call("dropout", {tensor(at::ones({2})), "x", true});
            }),
            "7 operator 'dropout' does not take (Tensor, str, bool); it has\n"
            "    dropout(Tensor input, float p, bool train) -> Tensor");
}

TEST(Operators, LibTorchsRefusalNamesTheOperator) {
  EXPECT_EQ(error_of([] {
              call("view", {tensor(at::ones({6})), 4});
            }),
            "7 operator 'view': shape \\'[4]\\' is invalid for input of size 6");
}

TEST(Tensors, AViewOfTheSameTypeIsNotCopied) {
  const std::vector<float> bytes{1, 2, 3, 4};
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  const TensorPtr x = Tensor::from_view({DType::float32, {2, 2}, {2, 1}, data, nullptr, nullptr});
  EXPECT_EQ(materialise(x).data_ptr(), bytes.data());
  EXPECT_EQ(x->state(), Tensor::State::materialised);
}

TEST(Tensors, AStridedViewBecomesContiguous) {
  const std::vector<float> bytes{1, 2, 3, 4};
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  const TensorPtr x = Tensor::from_view({DType::float32, {2, 2}, {1, 2}, data, nullptr, nullptr});
  EXPECT_TRUE(materialise(x).is_contiguous());
  EXPECT_EQ(values(x), "[[1.0, 3.0], [2.0, 4.0]]");
}

TEST(Tensors, AViewIsCastAndReshapedToItsTensor) {
  const std::vector<float> bytes{3};
  const TensorPtr x = Tensor::meta(DType::int64, {});
  x->load_view({DType::float32, {1}, {1}, reinterpret_cast<const std::byte*>(bytes.data()), nullptr, nullptr});
  EXPECT_EQ(repr(to_list(materialise(x))), "3");
}

TEST(Tensors, AViewKeepsItsOwnerAlive) {
  auto owner = std::make_shared<std::vector<float>>(2, 5.0f);
  const std::weak_ptr<std::vector<float>> watch = owner;
  const auto* data = reinterpret_cast<const std::byte*>(owner->data());
  at::Tensor values = materialise(Tensor::from_view({DType::float32, {2}, {1}, data, owner, nullptr}));
  owner.reset();
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(values[1].item<float>(), 5.0f);
  values.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(Tensors, WhatIsSavedOwnsExactlyItsElements) {
  const TensorPtr x = wrap(at::ones({1000, 4}).slice(0, 0, 1));
  EXPECT_EQ(owned(x).storage().nbytes(), 16u);
}

}  // namespace
}  // namespace scriptc::torch_backend
