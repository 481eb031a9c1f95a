#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scriptc {

/// Names to values in insertion order, as Python's dict: state dicts, attributes and class bodies depend on it.
/// Overwriting keeps the place; erasing costs linear time.
template <class T>
class OrderedMap {
 public:
  using Entry = std::pair<std::string, T>;

  bool contains(std::string_view name) const { return find(name) != nullptr; }

  T* find(std::string_view name) {
    const auto it = index_.find(std::string(name));
    return it == index_.end() ? nullptr : &entries_[it->second].second;
  }
  const T* find(std::string_view name) const { return const_cast<OrderedMap*>(this)->find(name); }

  T& set(std::string_view name, T value) {
    if (T* old = find(name)) return *old = std::move(value);
    index_.emplace(name, entries_.size());
    entries_.emplace_back(std::string(name), std::move(value));
    return entries_.back().second;
  }

  bool erase(std::string_view name) {
    const auto it = index_.find(std::string(name));
    if (it == index_.end()) return false;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(it->second));
    index_.clear();
    for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].first, i);
    return true;
  }

  void clear() {
    entries_.clear();
    index_.clear();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    result.reserve(entries_.size());
    for (const Entry& entry : entries_) result.push_back(entry.first);
    return result;
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace scriptc
