#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <unordered_map>

#include "scriptc/model/value.h"

namespace scriptc::torch_backend {

/// Turns Values into the arguments of one operator call and its results back. Remembers which Tensor each at::Tensor
/// came from, so that an operator that returns its argument returns the same Tensor object.
class Converter {
 public:
  enum class Mode {
    values,
    meta,   ///< every tensor becomes a meta tensor: operators do not mix devices
    zeros,  ///< every tensor becomes zeros: finds shapes where an operator has no meta kernel (convolutions)
  };
  explicit Converter(Mode mode) : mode_(mode) {}

  /// How far a value is from a parameter's type. The overload with the smallest sum wins.
  enum Cost : int { exact = 0, widened = 1, repeated = 2, wrapped = 3 };

  struct Converted {
    c10::IValue value;
    int cost = exact;
  };
  /// `value` as argument `parameter`, by the rules of Python's argument parser: ints for floats and scalars, one int
  /// for int[2], numbers for tensors, one-element tensors for numbers, dtype constants for dtypes. nullopt: no fit.
  std::optional<Converted> try_convert(const Value& value, const c10::Argument& parameter);

  /// Results as eager Python returns them: lists are tuples.
  Value to_value(const c10::IValue& result) const;

  /// After a call: the tensors that the operator wrote into have a new shape, or, without values, none any more.
  void refresh(const c10::FunctionSchema& schema, const std::vector<c10::IValue>& arguments) const;

 private:
  std::optional<Converted> by_type(const Value& value, const c10::TypePtr& type, const c10::Argument& parameter);
  std::optional<Converted> list_of(const Value& value, const c10::TypePtr& element, const c10::Argument& parameter);
  std::optional<Converted> number(const Value& value, c10::TypeKind kind);
  std::optional<Converted> tensor(const Value& value, const c10::Argument& parameter);
  std::optional<Converted> constant(const Value& value, c10::TypeKind kind, const c10::Argument& parameter);

  Mode mode_;
  std::unordered_map<const c10::TensorImpl*, TensorPtr> origin_;
  std::unordered_map<const Tensor*, at::Tensor> twins_;
};

/// The items of a list or tuple, null for anything else.
const std::vector<Value>* sequence_items(const Value& value);

/// Whether a meta tensor occurs in `value`, also inside lists and tuples.
bool has_meta(const Value& value);

/// `torch.tensor(data)`: nested lists of numbers (and one-element tensors) with Python's choice of dtype.
/// Errors (model): ragged lists, what is no number.
at::Tensor tensor_from_data(const Value& data, std::optional<c10::ScalarType> dtype);

/// The dtype that a TorchConstant, or one of the classes float, int and bool, stands for.
std::optional<c10::ScalarType> try_dtype(const Value& value);

/// Nested lists of plain values, as Tensor.tolist(). REQUIRES: not meta
Value to_list(const at::Tensor& tensor);

}  // namespace scriptc::torch_backend
