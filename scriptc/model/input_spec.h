#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scriptc/model/dtype.h"

namespace scriptc {

/// One dimension of an example input: a fixed size, or a named one that may vary (`H=224%32`).
struct Dimension {
  std::string name;           ///< empty: fixed
  std::int64_t size = 1;      ///< the sample, or the fixed size
  std::int64_t multiple = 1;  ///< the size is kept a multiple of this
};

/// `float32[N=2,3,224,224]`, `int64[N=2,T=16]<30522`, `float32[2,3]:0..1`.
struct TensorSpec {
  DType dtype = DType::float32;
  std::vector<Dimension> shape;
  std::optional<std::int64_t> below;               ///< integers: uniform in [0, below)
  std::optional<std::pair<double, double>> range;  ///< floats: uniform in [first, second)
};

/// An example input for one argument of forward: a tensor, `none`, a plain value, or a container of them.
struct InputSpec {
  enum class Kind { tensor, none, list, tuple, dict };

  Kind kind = Kind::tensor;
  std::string name;  ///< of the argument when given as NAME=SPEC, else empty
  TensorSpec tensor;
  std::vector<InputSpec> items;   ///< of list, tuple, and dict (values)
  std::vector<std::string> keys;  ///< of dict
};

/// Parses the grammar of README's section "Inputs". Errors (usage): what was expected and a caret below `text`.
InputSpec parse_input_spec(std::string_view text);

/// The text that parses to the same spec.
std::string to_string(const InputSpec& spec);

/// Names of the varying dimensions, each with its sample size and multiple; equal names are tied.
/// Errors (usage): one name with two samples or two multiples.
std::vector<Dimension> named_dimensions(const std::vector<InputSpec>& inputs);

/// `inputs` with the named dimension `name` set to `size` everywhere.
std::vector<InputSpec> with_dimension(std::vector<InputSpec> inputs, std::string_view name, std::int64_t size);

}  // namespace scriptc
