#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace scriptc::weights {

static_assert(std::endian::native == std::endian::little, "the readers hand out little-endian bytes as they lie");

using Bytes = std::span<const std::byte>;

/// Bytes and what keeps them valid: the mapped file, or a buffer that was inflated or decoded.
class Record {
 public:
  Record() = default;
  Record(Bytes bytes, std::shared_ptr<const void> owner) : bytes_(bytes), owner_(std::move(owner)) {}

  Bytes bytes() const& { return bytes_; }
  Bytes bytes() const&& = delete;  // the owner of an inflated buffer would go with the temporary
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  Bytes bytes_;
  std::shared_ptr<const void> owner_;
};

inline std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}

inline std::optional<std::uint64_t> checked_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}

inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes as_bytes(std::string_view text) { return {reinterpret_cast<const std::byte*>(text.data()), text.size()}; }

/// Reads little-endian numbers front to back and never beyond the end: what is not there is nullopt.
class Cursor {
 public:
  explicit Cursor(Bytes bytes, std::size_t position = 0) : bytes_(bytes), position_(position) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  template <class T>
  std::optional<T> number() {
    if (left() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return value;
  }

  std::optional<Bytes> take(std::uint64_t size) {
    if (size > left()) return std::nullopt;
    const Bytes taken = bytes_.subspan(position_, static_cast<std::size_t>(size));
    position_ += taken.size();
    return taken;
  }

  /// The text up to the next newline, which is consumed and left out.
  std::optional<std::string_view> line() {
    const std::string_view rest = as_text(bytes_.subspan(position_));
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    position_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  Bytes bytes_;
  std::size_t position_;
};

}  // namespace scriptc::weights
