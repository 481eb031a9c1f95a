#pragma once

#include <algorithm>
#include <cstddef>

#include "weights/bytes.h"

namespace scriptc::weights {

/// While it lives, reading a page of [base, base + size) that the file behind it has lost gives zeros instead of
/// SIGBUS. Installs one process-wide handler on first use, which passes foreign faults on to the handler before it.
class TornPageGuard {
 public:
  TornPageGuard(const std::byte* base, std::size_t size);
  ~TornPageGuard();
  TornPageGuard(const TornPageGuard&) = delete;
  TornPageGuard& operator=(const TornPageGuard&) = delete;

  /// Whether a page was missing.
  bool torn() const;

 private:
  std::size_t slot_;
};

/// Says that [data, data + size) has been read and is not needed soon: whole pages of it that a guard covers stop
/// counting as this process's memory, and are mapped again from the page cache when they are read. What no guard covers
/// is left alone, so that callers need not know whose memory they pass.
void release_pages(const void* data, std::size_t size);

/// Calls `read` with pieces of `bytes`, in order, and releases each when it has been read: of a mapped file only one
/// counts as this process's memory, however large a tensor is. All pieces but the last have kPieceSize bytes, which
/// stay in the processor's cache for a second look.
inline constexpr std::size_t kPieceSize = std::size_t{1} << 20;
template <class Read>
void read_in_pieces(Bytes bytes, Read&& read) {
  for (std::size_t at = 0; at < bytes.size(); at += kPieceSize) {
    const Bytes piece = bytes.subspan(at, std::min(kPieceSize, bytes.size() - at));
    read(piece);
    release_pages(piece.data(), piece.size());
  }
}

}  // namespace scriptc::weights
