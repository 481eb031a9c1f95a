#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>

#include "scriptc/python/interpreter.h"
#include "scriptc/python/library.h"

// numpy's RandomState (its "legacy" streams, which numpy promises never to change): MT19937, doubles of 53 bits,
// Marsaglia's polar method, and integers by masked rejection.

namespace scriptc::python {
namespace {

constexpr std::uint64_t kMost32 = 0xffffffff;

class RandomState {
 public:
  explicit RandomState(std::uint32_t seed) : generator_(seed) {}

  double real() {
    const auto high = static_cast<double>(generator_() >> 5), low = static_cast<double>(generator_() >> 6);
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  double normal() {
    if (kept_) {
      const double value = *kept_;
      kept_.reset();
      return value;
    }
    double x = 0, y = 0, square = 0;
    do {
      x = 2.0 * real() - 1.0;
      y = 2.0 * real() - 1.0;
      square = x * x + y * y;
    } while (square >= 1.0 || square == 0.0);
    const double factor = std::sqrt(-2.0 * std::log(square) / square);
    kept_ = factor * x;
    return factor * y;
  }

  /// From 0 to `largest`, both included.
  std::uint64_t integer(std::uint64_t largest) {
    if (largest == 0) return 0;
    std::uint64_t mask = largest;
    for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
    for (;;) {
      std::uint64_t value = word();
      if (largest > kMost32) value = value << 32 | word();
      value &= mask;
      if (value <= largest) return value;
    }
  }

 private:
  std::uint64_t word() { return generator_() & kMost32; }

  std::mt19937 generator_;
  std::optional<double> kept_;  ///< the method makes two at a time
};

}  // namespace

void install_random_state(Interpreter& in, PyModule& module) {
  // mersenne_twister(seed) is draw(kind, count, bound): a list of numbers.
  in.function(module, "mersenne_twister", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const std::int64_t seed = in.index(args.at(0));
    if (seed < 0 || static_cast<std::uint64_t>(seed) > kMost32)
      in.raise("ValueError", "Seed must be between 0 and 2**32 - 1");
    const auto state = std::make_shared<RandomState>(static_cast<std::uint32_t>(seed));
    return in.native("numpy.random.draw", [&in, state](const CallArgs& given, const Kwargs&) -> Value {
      const std::string kind = in.str(given.at(0));
      const std::int64_t count = in.index(given.at(1));
      const auto bound = static_cast<std::uint64_t>(in.index(given.at(2)));
      std::vector<Value> numbers;
      if (count > 0) in.charge(static_cast<std::size_t>(count) * sizeof(Value));
      for (std::int64_t i = 0; i < count; ++i) {
        if (kind == "integer")
          numbers.emplace_back(static_cast<std::int64_t>(state->integer(bound)));
        else
          numbers.emplace_back(kind == "normal" ? state->normal() : state->real());
      }
      return Value::list(std::move(numbers));
    });
  });
}

}  // namespace scriptc::python
