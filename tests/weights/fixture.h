#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "archive.h"
#include "pickles.h"
#include "weights/checkpoint.h"

namespace scriptc::weights::test {

/// Reads checkpoints from memory, as file `f`.
class CheckpointTest : public ::testing::Test, protected MessageSink {
 protected:
  Checkpoint Read(const std::string& bytes);
  /// Kind and message of the refusal; `accepted` if there was none.
  std::string Refusal(const std::string& bytes);
  std::string Refusal(const Archive& archive) { return Refusal(archive.bytes()); }
  /// Refusal of a torch.save file whose data.pkl is `pickle`.
  std::string PickleRefusal(const std::string& pickle) { return Refusal(Saved(pickle)); }
  /// Refusal of a state dict whose only tensor `w`, made by `code`, has a storage `0` of four floats.
  std::string TensorRefusal(const Code& code) { return PickleRefusal(pickle(dict({{"w", code}}))); }

  /// An archive as torch.save writes it, storage `0` the floats 1 to 4.
  static Archive Saved(const std::string& pickle);
  /// The same, of `{'w': [[1, 2], [3, 4]]}`.
  static Archive Good();
  static Code GoodTensor() { return tensor(storage("0", 4), 0, shape({2, 2}), shape({2, 1})); }
  static std::string Golden(const std::string& name);
  static std::vector<std::string> Goldens();

  /// Names with shapes: `fc.weight[2, 3] fc.bias[2]`.
  static std::string Names(const Checkpoint& checkpoint);
  /// The values in order of the shape, as numbers.
  static std::vector<double> Values(const TensorView& view);

  ReadOptions options;
  std::vector<std::string> warnings;

 private:
  void warning(std::string_view text) override { warnings.emplace_back(text); }
};

std::string floats(std::initializer_list<float> values);
/// Writes a file below the test's temporary folder; gives its path.
std::string write_file(const std::string& name, const std::string& bytes);

}  // namespace scriptc::weights::test
