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
    const auto it = index_x.find(std::string(name));
    return it == index_x.end() ? nullptr : &entries_x[it->second].second;
  }
  const T* find(std::string_view name) const { return const_cast<OrderedMap*>(this)->find(name); }

  T& set(std::string_view name, T value) {
    if (T* old = find(name)) return *old = std::move(value);
    index_x.emplace(name, entries_x.size());
    entries_x.emplace_back(std::string(name), std::move(value));
    return entries_x.back().second;
  }

  bool erase(std::string_view name) {
    const auto it = index_x.find(std::string(name));
    if (it == index_x.end()) return false;
    entries_x.erase(entries_x.begin() + static_cast<std::ptrdiff_t>(it->second));
    index_x.clear();
    for (std::size_t i = 0; i < entries_x.size(); ++i) index_x.emplace(entries_x[i].first, i);
    return true;
  }

  void clear() {
    entries_x.clear();
    index_x.clear();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    result.reserve(entries_x.size());
    for (const Entry& entry : entries_x) result.push_back(entry.first);
    return result;
  }

  bool empty() const { return entries_x.empty(); }
  std::size_t size() const { return entries_x.size(); }
  auto begin() { return entries_x.begin(); }
  auto end() { return entries_x.end(); }
  auto begin() const { return entries_x.begin(); }
  auto end() const { return entries_x.end(); }

 private:
  std::vector<Entry> entries_x;
  std::unordered_map<std::string, std::size_t> index_x;
};

}  // namespace scriptc
