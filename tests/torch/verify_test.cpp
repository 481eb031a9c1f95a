#include "scriptc/torch/verify.h"

#include <limits>

#include "helpers.h"
#include "scriptc/torch/compare.h"
#include "scriptc/torch/fresh_state.h"
#include "scriptc/torch/save.h"
#include "scriptc/torch/schemas.h"

namespace scriptc::torch_backend {
namespace {

/// A reference module and the file that is compared with it.
class Verify : public ::testing::Test {
 protected:
  Reference reference(::torch::jit::Module module, std::vector<std::string> inputs) {
    VerifyOptions options;
    for (const std::string& input : inputs) options.inputs.push_back(parse_input_spec(input));
    const FreshState state(module._ivalue(), unwritten_parameters(module));
    const Runner run = [&](const std::vector<c10::IValue>& arguments) {
      return state.run([&] { return module.forward(arguments); });
    };
    return Reference(module.get_method("forward").function().getSchema(), run, options);
  }

  VerifyReport verify(const ::torch::jit::Module& expected, const ::torch::jit::Module& written,
                      std::vector<std::string> inputs, Format format = Format::torchscript) {
    MemorySink sink;
    save_module(written, format, sink);
    const TemporaryFile file("net.pt", sink.bytes);
    return reference(expected, std::move(inputs)).check(reload(file.path(), format));
  }
};

constexpr const char* kLinear = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.linear(x, self.w)
)";

TEST_F(Verify, EqualModulesPassAtTwoBatchSizes) {
  const VerifyReport report = verify(script(kLinear), script(kLinear), {"float32[N=2,4]"});
  ASSERT_EQ(report.shapes.size(), 2u);
  EXPECT_EQ(report.shapes[0].shapes, "N=2");
  EXPECT_EQ(report.shapes[1].shapes, "N=3");
  EXPECT_EQ(report.shapes[1].max_difference, 0);
  EXPECT_GT(report.shapes[0].spread, 0.1);
}

TEST_F(Verify, LiteFilesToo) {
  EXPECT_EQ(verify(script(kLinear), script(kLinear), {"float32[N=2,4]"}, Format::lite).shapes.size(), 2u);
}

TEST_F(Verify, AWeightChangedByOnePercentFails) {
  auto changed = script(kLinear);
  const at::NoGradGuard no_grad;
  changed.attr("w").toTensor()[2][3].mul_(1.01);
  const std::string error = error_of([&] { verify(script(kLinear), changed, {"float32[1,4]"}); });
  EXPECT_EQ(error.substr(0, error.find(" is ")),
            "8 the saved file does not compute what the model computes: at sample, output[0, 2]");
}

TEST_F(Verify, ASizeThatTheReferenceRefusesIsReported) {
  const VerifyReport report = verify(script(kLinear), script(kLinear), {"float32[2,F=4]"});
  ASSERT_EQ(report.shapes.size(), 2u);
  EXPECT_TRUE(report.shapes[1].skipped);
  EXPECT_EQ(report.shapes[1].reason.substr(0, 55), "forward refuses its example input (F=5): mat1 and mat2 ");
}

TEST_F(Verify, NamedDimensionsVaryTogether) {
  const auto module = script("def forward(self, x: Tensor) -> Tensor:\n    return x * 2\n");
  const VerifyReport report = verify(module, module, {"float32[N=2,H=64%32,W=64%32]"});
  ASSERT_EQ(report.shapes.size(), 2u);
  EXPECT_EQ(report.shapes[1].shapes, "N=3, H=96, W=128");
}

TEST_F(Verify, DimensionsThatCannotVaryTogetherVaryAlone) {
  const VerifyReport report = verify(script(kLinear), script(kLinear), {"float32[N=2,F=4]"});
  ASSERT_EQ(report.shapes.size(), 3u);
  EXPECT_EQ(report.shapes[1].shapes, "N=3, F=4");
  EXPECT_FALSE(report.shapes[1].skipped);
  EXPECT_EQ(report.shapes[2].shapes, "N=2, F=5");
  EXPECT_TRUE(report.shapes[2].skipped);
}

TEST_F(Verify, HeightAndWidthMixedUpAreFound) {
  const auto module =
      script("def forward(self, x: Tensor) -> Tensor:\n    return x.flatten(1).reshape([-1, x.size(1)])\n");
  const auto mixed =
      script("def forward(self, x: Tensor) -> Tensor:\n    return x.flatten(1).reshape([-1, x.size(0)])\n");
  EXPECT_EQ(
      error_of([&] { verify(module, mixed, {"float32[H=64,W=64]"}); }),
      "8 the saved file does not compute what the model computes: at H=32, W=31, output is float32[31,32], expected "
      "float32[32,31]");
}

TEST_F(Verify, ABakedSizeFailsAtTheOtherOne) {
  const auto baked = script("def forward(self, x: Tensor) -> Tensor:\n    return torch.linear(x, self.w)[0:2]\n");
  EXPECT_EQ(error_of([&] { verify(script(kLinear), baked, {"float32[N=2,4]"}); }),
            "8 the saved file does not compute what the model computes: at N=3, output is float32[2,3], expected "
            "float32[3,3]");
}

TEST_F(Verify, RunsLeaveBuffersAlone) {
  auto module = script("def forward(self, x: Tensor) -> Tensor:\n    self.count.add_(1)\n    return x + self.count\n");
  EXPECT_EQ(verify(module, module, {"float32[N=2,4]"}).max_difference(), 0);
  EXPECT_EQ(module.attr("count").toTensor().item<std::int64_t>(), 0);
}

TEST_F(Verify, ACopyHasItsOwnState) {
  auto module = script("def forward(self, x: Tensor) -> Tensor:\n    self.count.add_(1)\n    return x + self.count\n");
  auto copy = copy_sharing(module, {module.attr("w").toTensor()});
  copy.forward({at::zeros({})});
  EXPECT_EQ(copy.attr("count").toTensor().item<std::int64_t>(), 1);
  EXPECT_EQ(module.attr("count").toTensor().item<std::int64_t>(), 0);
  EXPECT_TRUE(copy.attr("w").toTensor().is_same(module.attr("w").toTensor()));
}

TEST_F(Verify, RandomModelsDrawTheSameNumbers) {
  const auto module = script("def forward(self, x: Tensor) -> Tensor:\n    return torch.dropout(x, 0.5, True)\n");
  EXPECT_EQ(verify(module, module, {"float32[8,4]"}).max_difference(), 0);
}

TEST_F(Verify, OptionalArgumentsMayBeOmitted) {
  const auto module = script(R"(
def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
    return x, mask
)");
  EXPECT_TRUE(verify(module, module, {"float32[2]"}).ran);
  EXPECT_TRUE(verify(module, module, {"float32[2]", "mask=bool[2]"}).ran);
}

TEST_F(Verify, TooManyInputs) {
  EXPECT_EQ(error_of([&] {
              reference(script(kLinear), {"float32[4]", "float32[4]"});
            }),
            "2 got 2 example inputs, but forward takes 1 argument");
}

TEST_F(Verify, AMissingInput) {
  const auto module = script("def forward(self, x: Tensor, y: Tensor) -> Tensor:\n    return x + y\n");
  EXPECT_EQ(error_of([&] { reference(module, {"float32[4]"}); }),
            "2 forward's argument 'y' has no example input and no default\n  help: add one more --input");
}

TEST_F(Verify, AnUnreadableFile) {
  const TemporaryFile file("net.pt", "no archive");
  const std::string error = error_of([&] { reload(file.path(), Format::torchscript); });
  EXPECT_EQ(error.substr(0, 35), "8 the saved file cannot be loaded: ");
}

TEST_F(Verify, AMissingMethod) {
  Reloaded file;
  file.methods["forward"] = "";
  EXPECT_EQ(error_of([&] {
              check_structure({{"encode", ""}}, file);
            }),
            "8 the saved file lacks the method 'encode'; it has forward");
}

std::string differ(const c10::IValue& expected, const c10::IValue& got) {
  return error_of([&] { compare(expected, got, {1e-4, 1e-5}, "sample"); });
}
const std::string kPrefix = "8 the saved file does not compute what the model computes: at sample, ";

TEST(Compare, NamesTheWorstElement) {
  EXPECT_EQ(differ(at::tensor({1.0, 2.0, 3.0}), at::tensor({1.0, 2.5, 3.01})),
            kPrefix +
                "output[1] is 2.5, expected 2\n"
                "  2 of 3 elements of float64[3] differ, largest difference 0.5\n"
                "  tolerance: rtol 0.0001, atol 1e-05; expected values spread over 2");
}

TEST(Compare, IntegersMustBeEqual) {
  EXPECT_EQ(differ(at::tensor({1, 2}), at::tensor({1, 3})),
            kPrefix +
                "output[1] is 3, expected 2\n  1 of 2 elements of int32[2] differ, largest difference 1\n"
                "  integers must be equal");
}

TEST(Compare, NansAtTheSamePlacesAreCounted) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(compare(at::tensor({nan, 1.0}), at::tensor({nan, 1.0}), {}, "sample").nans, 1);
  EXPECT_EQ(differ(at::tensor({0.0, 1.0}), at::tensor({nan, 1.0})).substr(0, kPrefix.size() + 29),
            kPrefix + "output[0] is nan, expected 0\n");
}

TEST(Compare, NestedOutputsAreNamed) {
  const c10::IValue expected = c10::ivalue::Tuple::create({c10::IValue(1), c10::IValue("a")});
  EXPECT_EQ(differ(expected, c10::ivalue::Tuple::create({c10::IValue(1), c10::IValue("b")})),
            kPrefix + "output[1] is 'b', expected 'a'");
  EXPECT_EQ(differ(expected, c10::ivalue::Tuple::create({c10::IValue(1)})),
            kPrefix + "output is (int,), expected (int, str)");
}

TEST(Compare, ToleratesRoundingNextToLargeElements) {
  EXPECT_EQ(compare(at::tensor({0.0, 1000.0}), at::tensor({0.01, 1000.0}), {1e-4, 1e-5}, "s").max_difference, 0.01);
}

TEST(OtherSizes, KeepMultiplesAndDifferFromTheSample) {
  EXPECT_EQ(other_sizes({"N", 2, 1}).front(), 3);
  EXPECT_EQ(other_sizes({"H", 224, 32}).front(), 96);
  EXPECT_EQ(other_sizes({"T", 16, 1}).front(), 8);
}

TEST(Signature, LeavesOutSelf) { EXPECT_EQ(signatures(script(kLinear)).at("forward"), "(x: Tensor) -> Tensor"); }

}  // namespace
}  // namespace scriptc::torch_backend
