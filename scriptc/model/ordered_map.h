#pragma once

#include <cstddef>
#include <functional>
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
    if (index_.empty()) {
      for (Entry& entry : entries_)
        if (entry.first == name) return &entry.second;
      return nullptr;
    }
    const auto it = index_.find(name);
    return it == index_.end() ? nullptr : &entries_[it->second].second;
  }
  const T* find(std::string_view name) const { return const_cast<OrderedMap*>(this)->find(name); }

  T& set(std::string_view name, T value) {
    if (T* old = find(name)) return *old = std::move(value);
    entries_.emplace_back(std::string(name), std::move(value));
    if (!index_.empty())
      index_.emplace(name, entries_.size() - 1);
    else if (entries_.size() > kUnindexed)
      index_all();
    return entries_.back().second;
  }

  bool erase(std::string_view name) {
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->first != name) continue;
      entries_.erase(it);
      index_.clear();
      if (entries_.size() > kUnindexed) index_all();
      return true;
    }
    return false;
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
  // Most maps are the variables of a call or the attributes of a layer: comparing a few names beats hashing.
  static constexpr std::size_t kUnindexed = 8;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };

  void index_all() {
    for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].first, i);
  }

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> index_;  // empty while the map is small
};

}  // namespace scriptc
