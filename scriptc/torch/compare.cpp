#include "scriptc/torch/compare.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"
#include "scriptc/torch/example_inputs.h"

namespace scriptc::torch_backend {
namespace {

std::string text_of(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.9g", value);
  return buffer;
}

std::string index_text(const at::Tensor& like, std::int64_t flat) {
  std::vector<std::string> parts(static_cast<std::size_t>(like.dim()));
  for (std::size_t d = parts.size(); d-- > 0;) {
    const std::int64_t size = like.size(static_cast<std::int64_t>(d));
    parts[d] = std::to_string(flat % size);
    flat /= size;
  }
  return "[" + join(parts, ", ") + "]";
}

class Comparer {
 public:
  Comparer(const Tolerance& tolerance, const std::string& where) : tolerance_(tolerance), where_(where) {}

  void compare(const c10::IValue& expected, const c10::IValue& got, const std::string& name) {
    if (expected.isTensor() && got.isTensor()) return tensors(expected.toTensor(), got.toTensor(), name);
    if (expected.isDouble() && got.isDouble())
      return tensors(at::scalar_tensor(expected.toDouble(), c10::kDouble),
                     at::scalar_tensor(got.toDouble(), c10::kDouble), name);
    if (expected.isTuple() && got.isTuple())
      return sequence(expected.toTupleRef().elements(), got.toTupleRef().elements(), expected, got, name);
    if (expected.isList() && got.isList()) return sequence(expected.toListRef(), got.toListRef(), expected, got, name);
    if (expected.isGenericDict() && got.isGenericDict()) return dicts(expected, got, name);
    if (expected.isObject() && got.isObject()) return objects(expected, got, name);
    const bool plain = expected.isNone() || expected.isInt() || expected.isBool() || expected.isString();
    if (expected.tagKind() != got.tagKind()) fail(name + " is " + describe(got) + ", expected " + describe(expected));
    if (plain && expected != got) fail(name + " is " + plain_text(got) + ", expected " + plain_text(expected));
    if (!plain) fail(name + " is of type " + quote(expected.tagKind()) + ", which cannot be compared");
  }

  const Comparison& result() const { return result_; }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& details = "") const {
    throw Error(ErrorKind::verification,
                "the saved file does not compute what the model computes: at " + where_ + ", " + what + details);
  }

  static std::string plain_text(const c10::IValue& value) {
    if (value.isString()) return quote(value.toStringRef());
    if (value.isInt()) return std::to_string(value.toInt());
    if (value.isBool()) return value.toBool() ? "True" : "False";
    return "None";
  }

  template <class Items>
  void sequence(const Items& expected, const Items& got, const c10::IValue& whole_expected,
                const c10::IValue& whole_got, const std::string& name) {
    if (expected.size() != got.size())
      fail(name + " is " + describe(whole_got) + ", expected " + describe(whole_expected));
    for (std::size_t i = 0; i < expected.size(); ++i)
      compare(expected[i], got[i], name + "[" + std::to_string(i) + "]");
  }

  void objects(const c10::IValue& expected, const c10::IValue& got, const std::string& name) {
    const auto& left = expected.toObjectRef();
    const auto& right = got.toObjectRef();
    if (left.slots().size() != right.slots().size())
      fail(name + " is " + describe(got) + ", expected " + describe(expected));
    for (std::size_t i = 0; i < left.slots().size(); ++i)
      compare(left.getSlot(i), right.getSlot(i), name + "." + left.type()->getAttributeName(i));
  }

  void dicts(const c10::IValue& expected, const c10::IValue& got, const std::string& name) {
    const auto left = expected.toGenericDict(), right = got.toGenericDict();
    if (left.size() != right.size()) fail(name + " is " + describe(got) + ", expected " + describe(expected));
    for (const auto& entry : left) {
      const std::string key = entry.key().isTensor() ? "a tensor" : plain_text(entry.key());
      const auto found = right.find(entry.key());
      if (found == right.end()) fail(name + " lacks the key " + key + ": it is " + describe(got));
      compare(entry.value(), found->value(), name + "[" + key + "]");
    }
  }

  void tensors(const at::Tensor& expected, const at::Tensor& got, const std::string& name) {
    if (!expected.defined() || !got.defined()) {
      if (expected.defined() != got.defined()) fail(name + " is " + describe(got) + ", expected " + describe(expected));
      return;
    }
    if (expected.sizes() != got.sizes() || expected.scalar_type() != got.scalar_type())
      fail(name + " is " + describe(got) + ", expected " + describe(expected));
    if (expected.numel() == 0) return;
    if (expected.is_complex()) return tensors(at::view_as_real(expected), at::view_as_real(got), name);
    if (expected.is_floating_point()) return floats(expected, got, name);
    const at::Tensor left = expected.is_quantized() ? expected.int_repr() : expected;
    const at::Tensor right = got.is_quantized() ? got.int_repr() : got;
    const at::Tensor unequal = left.ne(right).reshape(-1);
    if (!unequal.any().item<bool>()) return;
    differ(left.to(c10::kDouble), right.to(c10::kDouble), unequal, unequal.to(c10::kDouble),
           {name, describe(expected), "integers must be equal"});
  }

  void floats(const at::Tensor& expected, const at::Tensor& got, const std::string& name) {
    const at::Tensor left = expected.to(c10::kDouble).reshape(-1), right = got.to(c10::kDouble).reshape(-1);
    const at::Tensor finite = left.isfinite().logical_and(right.isfinite());
    const at::Tensor both_nan = left.isnan().logical_and(right.isnan());
    const at::Tensor same = left.eq(right).logical_or(both_nan);
    const at::Tensor difference = at::where(finite, (left - right).abs(), at::zeros_like(left));
    const at::Tensor known = left.masked_select(left.isfinite());
    const double spread = known.numel() == 0 ? 0 : (known.max() - known.min()).item<double>();
    const at::Tensor allowed = left.abs().clamp_min(spread) * tolerance_.rtol + tolerance_.atol;
    const at::Tensor wrong = at::where(finite, difference.gt(allowed), same.logical_not());
    result_.nans += both_nan.sum().item<std::int64_t>();
    result_.spread = std::max(result_.spread, spread);
    result_.max_difference = std::max(result_.max_difference, difference.max().item<double>());
    if (!wrong.any().item<bool>()) return;
    // A NaN or an infinity on one side only counts more than any number.
    const at::Tensor rank = at::where(finite, difference, at::full_like(difference, INFINITY));
    const std::string rule = "tolerance: rtol " + text_of(tolerance_.rtol) + ", atol " + text_of(tolerance_.atol) +
                             "; expected values spread over " + text_of(spread);
    differ(left.reshape(expected.sizes()), right.reshape(expected.sizes()), wrong, rank,
           {name, describe(expected), rule});
  }

  struct Output {
    std::string name, type, rule;
  };

  /// Names the worst of the wrong elements.
  [[noreturn]] void differ(const at::Tensor& expected, const at::Tensor& got, const at::Tensor& wrong,
                           const at::Tensor& rank, const Output& output) const {
    const at::Tensor candidates = at::where(wrong, rank, at::full_like(rank, -1));
    const std::int64_t worst = candidates.argmax().item<std::int64_t>();
    const double e = expected.reshape(-1)[worst].item<double>(), g = got.reshape(-1)[worst].item<double>();
    fail(output.name + index_text(expected, worst) + " is " + text_of(g) + ", expected " + text_of(e),
         "\n  " + std::to_string(wrong.sum().item<std::int64_t>()) + " of " + std::to_string(expected.numel()) +
             " elements of " + output.type + " differ, largest difference " + text_of(std::fabs(g - e)) + "\n  " +
             output.rule);
  }

  Tolerance tolerance_;
  std::string where_;
  Comparison result_;
};

}  // namespace

Comparison compare(const c10::IValue& expected, const c10::IValue& got, const Tolerance& tolerance,
                   const std::string& where) {
  Comparer comparer(tolerance, where);
  comparer.compare(expected, got, "output");
  return comparer.result();
}

}  // namespace scriptc::torch_backend
