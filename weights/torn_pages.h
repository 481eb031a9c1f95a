#pragma once

#include <cstddef>

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

}  // namespace scriptc::weights
