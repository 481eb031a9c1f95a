#include <cstdint>
#include <map>

#include "fixture.h"

namespace scriptc::weights::test {
namespace {

/// A small generator (xorshift64), the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2654435769u + 1) {}
  std::size_t below(std::size_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ % limit);
  }

 private:
  std::uint64_t state_;
};

std::string mutated(std::string bytes, const std::string& other, Random& random) {
  const std::size_t changes = 1 + random.below(4);
  for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 2:
        bytes.erase(at, 1 + random.below(8));
        break;
      case 3:
        bytes.insert(at, other.substr(random.below(other.size()), 1 + random.below(16)));
        break;
      case 4:
        bytes.replace(at, std::min<std::size_t>(4, bytes.size() - at), "\xff\xff\xff\x7f");
        break;
      default:
        bytes.resize(at);
        break;
    }
  }
  return bytes;
}

class MutationTest : public CheckpointTest {
 protected:
  /// Reads every value of every tensor that was accepted: the sanitizers then see each byte.
  void TryIt(const std::string& bytes) {
    warnings.clear();
    options.caps.inflated_bytes = 1 << 20;
    try {
      const Checkpoint read = Read(bytes);
      ++outcomes_[0];
      for (const auto& [name, view] : read.tensors)
        if (view.dtype == DType::float32) Values(view);
    } catch (const Error& error) {
      ++outcomes_[exit_code(error.kind())];
    }
  }
  std::map<int, int> outcomes_;  ///< exit codes to how often
};

TEST_F(MutationTest, GoldensAreReadOrRefused) {
  const std::vector<std::string> names = Goldens();
  constexpr int kEach = 800;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string golden = Golden(names[i]), other = Golden(names[(i + 1) % names.size()]);
    Random random(i);
    for (int round = 0; round < kEach; ++round) TryIt(mutated(golden, other, random));
  }
  int total = 0;
  for (const auto& [code, count] : outcomes_) {
    EXPECT_TRUE(code == 0 || code == 3 || code == 4 || code == 7) << code;
    total += count;
  }
  EXPECT_EQ(total, kEach * static_cast<int>(names.size()));
  EXPECT_GT(outcomes_[3], total / 2);
}

TEST_F(MutationTest, CutGoldensAreRefused) {
  for (const std::string& name : Goldens()) {
    const std::string golden = Golden(name);
    // Every length of a small file; of a large one every length near its ends.
    constexpr std::size_t kNear = 1500;
    for (std::size_t length = 0; length < golden.size(); ++length) {
      if (length == kNear && golden.size() > 2 * kNear) length = golden.size() - kNear;
      EXPECT_TRUE(Refusal(golden.substr(0, length)).starts_with("3 'f': ")) << name << ' ' << length;
    }
  }
}

/// The zip's CRC hides the pickle from mutations: here it is written after them.
TEST_F(MutationTest, PicklesAreReadOrRefused) {
  const Code parameter = call(global("torch._utils", "_rebuild_parameter"), {GoodTensor(), "\x88", ordered_dict()});
  const std::string program = pickle(
      dict({{"state_dict", ordered_dict() + "(" + str("module.w") + GoodTensor() + str("module.p") + parameter + "u"},
            {"epoch", num(3)}}));
  const std::string other = Golden("numpy4.pkl") + Golden("numpy0.pkl");
  Random random(99);
  for (int round = 0; round < 20'000; ++round) TryIt(Saved(mutated(program, other, random)).bytes());
  EXPECT_GT(outcomes_[0], 100);
  EXPECT_GT(outcomes_[3], 10'000);
}

}  // namespace
}  // namespace scriptc::weights::test
