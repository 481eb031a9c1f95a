#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace scriptc {

/// Element types. The values are those of c10::ScalarType, which are stable and appear in saved files.
enum class DType : std::int8_t {
  uint8 = 0,
  int8 = 1,
  int16 = 2,
  int32 = 3,
  int64 = 4,
  float16 = 5,
  float32 = 6,
  float64 = 7,
  complex32 = 8,
  complex64 = 9,
  complex128 = 10,
  boolean = 11,
  qint8 = 12,
  quint8 = 13,
  qint32 = 14,
  bfloat16 = 15,
  float8_e5m2 = 23,
  float8_e4m3fn = 24,
  uint16 = 27,
  uint32 = 28,
  uint64 = 29,
};

enum class DTypeClass : std::int8_t { boolean, integer, floating, complex, quantised };

/// One row of the only table of dtypes.
struct DTypeInfo {
  DType dtype;
  std::string_view name;         ///< `float32`, as in `torch.float32` and in input specs
  std::string_view alias;        ///< `float`, or empty
  std::string_view storage;      ///< `FloatStorage`, as in pickles, or empty
  std::string_view safetensors;  ///< `F32`, or empty
  int size;                      ///< bytes an element
  DTypeClass dtype_class;
};

std::span<const DTypeInfo> dtypes();
const DTypeInfo& dtype_info(DType dtype);
/// By `float32` or `float`.
std::optional<DType> try_dtype_by_name(std::string_view name);
/// By `FloatStorage`.
std::optional<DType> try_dtype_by_storage(std::string_view storage);
/// By `F32`.
std::optional<DType> try_dtype_by_safetensors(std::string_view name);

}  // namespace scriptc
