#include "weights/load_state_dict.h"

#include "fixture.h"

namespace scriptc::weights::test {
namespace {

/// A model with `fc.weight` (2, 2) and what a test adds, and a checkpoint of the archive's four floats.
class LoadTest : public CheckpointTest {
 protected:
  LoadTest() {
    root_->children.set("fc", fc_);
    fc_->parameters.set("weight", Tensor::meta(DType::float64, {2, 2}));
  }
  void File(const std::string& name, const Code& size = shape({2, 2}), const Code& stride = shape({2, 1})) {
    items_ += str(name) + tensor(storage("0", 4), 0, size, stride);
  }
  LoadResult Load(bool strict = true) {
    return load_state_dict(root_, Read(Saved(pickle("}(" + items_ + "u")).bytes()), strict, this);
  }
  std::string Failure(bool strict = true) {
    try {
      Load(strict);
    } catch (const Error& error) {
      return std::to_string(exit_code(error.kind())) + " " + error.message();
    }
    return "loaded";
  }
  const Tensor& Weight() { return **fc_->parameters.find("weight"); }

  ModulePtr root_ = std::make_shared<Module>();
  ModulePtr fc_ = std::make_shared<Module>();

 private:
  Code items_;
};

TEST_F(LoadTest, TargetKeepsItsDType) {
  File("fc.weight");
  EXPECT_EQ(Load().loaded, 1);
  EXPECT_EQ(Weight().state(), Tensor::State::view);
  EXPECT_EQ(Weight().dtype(), DType::float64);
  EXPECT_EQ(Weight().view().dtype, DType::float32);
}

/// An averaged model's own names start as DataParallel's do.
TEST_F(LoadTest, ModelWithAnAttributeModule) {
  auto average = std::make_shared<Module>();
  average->children.set("module", root_);
  root_ = average;
  File("module.fc.weight");
  EXPECT_EQ(Load().loaded, 1);
  EXPECT_EQ(Weight().state(), Tensor::State::view);
}

TEST_F(LoadTest, MissingAndUnexpected) {
  File("fc.weigth");
  EXPECT_EQ(Failure(),
            "7 'f': does not fit the model: 1 missing, 1 unexpected\n"
            "  the file lacks:\n"
            "    'fc.weight' (it has 'fc.weigth')\n"
            "  the model lacks:\n"
            "    'fc.weigth' (it has 'fc.weight')\n"
            "  help: --no-strict loads the names that both have");
  EXPECT_EQ(Weight().state(), Tensor::State::meta);
}

TEST_F(LoadTest, NotStrictWarns) {
  File("other");
  EXPECT_EQ(Load(false).loaded, 0);
  EXPECT_EQ(warnings, (std::vector<std::string>{
                          "'f': 1 of the model's tensors are not in the file\n  the file lacks:\n    'fc.weight'",
                          "'f': 1 of the file's tensors are not in the model\n  the model lacks:\n    'other'"}));
}

TEST_F(LoadTest, ShapesMustFit) {
  File("fc.weight", shape({4}), shape({1}));
  const std::string text =
      "7 'f': does not fit the model: 1 of another shape\n"
      "  of another shape:\n"
      "    'fc.weight': got [4], expected [2, 2]\n"
      "  help: check the model's arguments against those it was trained with";
  EXPECT_EQ(Failure(), text);
  EXPECT_EQ(Failure(false), text);
}

TEST_F(LoadTest, NumBatchesTrackedMayBeMissing) {
  File("fc.weight");
  fc_->buffers.set("num_batches_tracked", Buffer{Tensor::meta(DType::int64, {})});
  EXPECT_EQ(Failure(), "loaded");
}

TEST_F(LoadTest, OneElementFitsAScalar) {
  File("fc.weight");
  File("scale", shape({1}), shape({1}));
  root_->parameters.set("scale", Tensor::meta(DType::float32, {}));
  EXPECT_EQ(Load().loaded, 2);
  EXPECT_EQ((*root_->parameters.find("scale"))->shape(), std::vector<std::int64_t>{});
}

}  // namespace
}  // namespace scriptc::weights::test
