#include "scriptc/model/dtype.h"

#include <array>

#include "scriptc/model/error.h"

namespace scriptc {
namespace {

using enum DTypeClass;

// Names: PyTorch's documentation of torch.dtype; storages: torch/storage.py; F32…: the safetensors format description.
constexpr std::array kDTypes{
    DTypeInfo{DType::uint8, "uint8", "", "ByteStorage", "U8", 1, integer},
    DTypeInfo{DType::int8, "int8", "", "CharStorage", "I8", 1, integer},
    DTypeInfo{DType::int16, "int16", "short", "ShortStorage", "I16", 2, integer},
    DTypeInfo{DType::int32, "int32", "int", "IntStorage", "I32", 4, integer},
    DTypeInfo{DType::int64, "int64", "long", "LongStorage", "I64", 8, integer},
    DTypeInfo{DType::float16, "float16", "half", "HalfStorage", "F16", 2, floating},
    DTypeInfo{DType::float32, "float32", "float", "FloatStorage", "F32", 4, floating},
    DTypeInfo{DType::float64, "float64", "double", "DoubleStorage", "F64", 8, floating},
    DTypeInfo{DType::complex32, "complex32", "chalf", "", "", 4, complex},
    DTypeInfo{DType::complex64, "complex64", "cfloat", "ComplexFloatStorage", "C64", 8, complex},
    DTypeInfo{DType::complex128, "complex128", "cdouble", "ComplexDoubleStorage", "", 16, complex},
    DTypeInfo{DType::boolean, "bool", "", "BoolStorage", "BOOL", 1, boolean},
    DTypeInfo{DType::qint8, "qint8", "", "QInt8Storage", "", 1, quantised},
    DTypeInfo{DType::quint8, "quint8", "", "QUInt8Storage", "", 1, quantised},
    DTypeInfo{DType::qint32, "qint32", "", "QInt32Storage", "", 4, quantised},
    DTypeInfo{DType::bfloat16, "bfloat16", "", "BFloat16Storage", "BF16", 2, floating},
    DTypeInfo{DType::float8_e5m2, "float8_e5m2", "", "", "F8_E5M2", 1, floating},
    DTypeInfo{DType::float8_e4m3fn, "float8_e4m3fn", "", "", "F8_E4M3", 1, floating},
    DTypeInfo{DType::uint16, "uint16", "", "", "U16", 2, integer},
    DTypeInfo{DType::uint32, "uint32", "", "", "U32", 4, integer},
    DTypeInfo{DType::uint64, "uint64", "", "", "U64", 8, integer},
};

template <class Predicate>
std::optional<DType> find(std::string_view key, Predicate&& matches) {
  if (key.empty()) return std::nullopt;
  for (const DTypeInfo& info : kDTypes)
    if (matches(info)) return info.dtype;
  return std::nullopt;
}

}  // namespace

std::span<const DTypeInfo> dtypes() { return kDTypes; }

const DTypeInfo& dtype_info(DType dtype) {
  for (const DTypeInfo& info : kDTypes)
    if (info.dtype == dtype) return info;
  throw Error(ErrorKind::internal, "dtype number is not in the table");
}

std::optional<DType> try_dtype_by_name(std::string_view name) {
  return find(name, [&](const DTypeInfo& i) { return i.name == name || i.alias == name; });
}

std::optional<DType> try_dtype_by_storage(std::string_view storage) {
  return find(storage, [&](const DTypeInfo& i) { return i.storage == storage; });
}

std::optional<DType> try_dtype_by_safetensors(std::string_view name) {
  return find(name, [&](const DTypeInfo& i) { return i.safetensors == name; });
}

}  // namespace scriptc
