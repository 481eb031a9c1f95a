#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// The one TorchConstant of a dtype; its value is c10's number.
Value dtype_constant(Interpreter& in, DType dtype);
std::optional<DType> as_dtype(const Value& value);

/// A dtype's tensor type of old: `torch.LongTensor`, the function or its name.
std::optional<DType> legacy_dtype(const Value& type);
/// `torch.LongTensor`, or of a dtype that has none of its own `torch.Tensor`.
std::string legacy_name(DType dtype);
struct LegacyType {
  std::string_view name;  ///< `torch.LongTensor`
  DType dtype;
};
std::span<const LegacyType> legacy_types();

/// What torch calls an argument that may have NumPy's name: `dim` for `axis`.
std::string_view torch_keyword(std::string_view keyword);

/// What an array of the built-in numpy holds; nullopt for any other value.
std::optional<Value> tensor_of_array(const Value& value);
Value device_constant(Interpreter& in, const std::string& type, std::int64_t index);
Value make_size(Interpreter& in, const std::vector<std::int64_t>& shape);
/// A shape given as numbers or as one sequence of them.
std::vector<std::int64_t> as_shape(Interpreter& in, const std::vector<Value>& values);
/// Functions that make tensors without reading any: in meta mode they give shape and dtype only.
std::optional<Value> make_meta(Interpreter& in, const std::string& name, const Args& args, const Kwargs& kwargs);

/// Functions and methods that Python implements over ATen's operators, which have other signatures.
bool is_python_function(std::string_view name);
Value call_python_function(Interpreter& in, const std::string& name, const Args& args, const Kwargs& kwargs);
/// What the back end returned for an operator, with the items of a tuple named as in Python: `x.max(0).values`.
Value named_results(Interpreter& in, const std::string& name, const Value& result);

std::string torch_type_name_of(Interpreter& in, const Value& value);
void install_jit(Interpreter& in);
void install_torch_modules(Interpreter& in);

}  // namespace scriptc::python
