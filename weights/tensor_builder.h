#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/model/tensor.h"
#include "weights/bytes.h"
#include "weights/origin.h"
#include "weights/pickle_value.h"

namespace scriptc::weights {

/// A persistent id of torch.save: `('storage', torch.FloatStorage, '0', 'cpu', 12)`.
struct StorageId {
  std::string_view key;
  std::string type;                ///< `FloatStorage`
  std::uint64_t element_size = 1;  ///< 1 for an UntypedStorage
  std::optional<DType> dtype;      ///< none for an UntypedStorage
  std::uint64_t numel = 0;
  std::uint64_t bytes() const { return numel * element_size; }
  std::uint64_t view_offset = 0;  ///< legacy views, in elements
  std::optional<std::uint64_t> view_numel;
};

/// Errors (bad_input): P20 malformed, P21 unknown type, P22 on the meta device.
StorageId parse_storage_id(const Value& persistent, const Origin& origin, const std::string& where);

/// Where the bytes of storages lie.
class StorageProvider {
 public:
  virtual ~StorageProvider() = default;
  /// Exactly `id.bytes()` bytes. Errors: bad_input.
  virtual Record storage(const StorageId& id, const std::string& where) = 0;
};

/// Whether the pickle would have made a tensor, or a numpy array, of `value`.
bool is_tensor(const Value& value);

/// The shape that `value` claims, for lists of what a file holds: `[64, 3, 7, 7]`, or `` if it is not plain.
std::string claimed_shape(const Value& value);

/// Makes checked views of what the pickle describes.
class TensorBuilder {
 public:
  /// `storages` may be null: then storages are refused. `limit`: bytes of all tensors together.
  TensorBuilder(StorageProvider* storages, const Origin& origin, std::uint64_t limit);

  /// REQUIRES: is_tensor(value). Errors: bad_input and cap, rules T01 to T16.
  TensorView build(const Value& value, const std::string& name);
  /// Bytes of all views made.
  std::uint64_t total() const { return total_; }

 private:
  struct Storage {
    StorageId id;
    Record record;
    std::uint64_t used = 0;  ///< bytes of all views
  };
  struct Layout {
    DType dtype = DType::float32;
    std::uint64_t offset = 0;
    std::vector<std::int64_t> shape, strides;
  };

  TensorView rebuild(const Object& call, const std::string& where);
  Storage& storage(const Value& persistent, const std::string& where);
  TensorView view(Storage& storage, Layout layout, const std::string& where);
  std::uint64_t checked_bytes(const Layout& layout, const std::string& where) const;
  void check_extent(const Storage& storage, const Layout& layout, std::uint64_t element,
                    const std::string& where) const;
  void count(std::uint64_t bytes, const std::string& where);

  StorageProvider* storages_;
  const Origin& origin_;
  std::uint64_t limit_;
  std::uint64_t total_ = 0;
  bool warned_ = false;
  std::map<std::string, Storage, std::less<>> by_key_;
};

}  // namespace scriptc::weights
