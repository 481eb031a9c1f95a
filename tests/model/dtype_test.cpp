#include "scriptc/model/dtype.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "scriptc/model/error.h"

namespace scriptc {
namespace {

TEST(DType, EveryNameFindsItsRow) {
  for (const DTypeInfo& info : dtypes()) {
    EXPECT_EQ(try_dtype_by_name(info.name), info.dtype) << info.name;
    if (!info.alias.empty()) {
      EXPECT_EQ(try_dtype_by_name(info.alias), info.dtype) << info.alias;
    }
    if (!info.storage.empty()) {
      EXPECT_EQ(try_dtype_by_storage(info.storage), info.dtype) << info.storage;
    }
    if (!info.safetensors.empty()) {
      EXPECT_EQ(try_dtype_by_safetensors(info.safetensors), info.dtype);
    }
    EXPECT_EQ(&dtype_info(info.dtype), &info);
  }
}

TEST(DType, NamesAreUnique) {
  std::set<std::string_view> names;
  std::size_t given = 0;
  for (const DTypeInfo& info : dtypes())
    for (const std::string_view name : {info.name, info.alias, info.storage, info.safetensors}) {
      if (name.empty()) continue;
      names.insert(name);
      ++given;
    }
  EXPECT_EQ(names.size(), given);
}

// The numbers are c10::ScalarType's, the sizes torch.tensor([], dtype=…).element_size().
TEST(DType, NumbersAndSizes) {
  EXPECT_EQ(static_cast<int>(*try_dtype_by_name("float32")), 6);
  EXPECT_EQ(static_cast<int>(*try_dtype_by_name("bfloat16")), 15);
  EXPECT_EQ(dtype_info(DType::int64).size, 8);
  EXPECT_EQ(dtype_info(DType::complex64).size, 8);
  EXPECT_EQ(dtype_info(DType::boolean).size, 1);
}

TEST(DType, UnknownNames) {
  EXPECT_FALSE(try_dtype_by_name(""));
  EXPECT_FALSE(try_dtype_by_name("Float32"));
  EXPECT_FALSE(try_dtype_by_storage("float32"));
  EXPECT_FALSE(try_dtype_by_safetensors("F33"));
  EXPECT_THROW(dtype_info(static_cast<DType>(99)), Error);
}

}  // namespace
}  // namespace scriptc
