#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weights/checkpoint.h"
#include "weights/origin.h"
#include "weights/pickle_value.h"

namespace scriptc::weights {

/// Warnings of one kind: the first place is named, the others are counted. A million lines help nobody.
struct Repeated {
  std::string where, what;
  std::size_t number = 0;

  /// Counts one more.
  bool is_first() { return number++ == 0; }
  void set(std::string new_where, std::string new_what);
  void warn(const Origin& origin, std::string_view rule) const;
};

/// The way down a tree of modules, without recursion. What a pickle shares it can multiply: an object is visited once
/// a name, so the visits are limited by what they look at, not by the size of the file.
class ModuleWalk {
 public:
  ModuleWalk(const Origin& origin, const Caps& caps) : origin_(origin), caps_(caps) {}

  /// Visits `root` and the objects below it in order. `visit(object)` returns the dict of the object's children, or
  /// null. Errors: P14 (depth), P15 (work), P16 (an object below itself), P24 (length of names).
  template <class Visit>
  void run(const Value& root, Visit&& visit) {
    enter(root, visit(root));
    while (!path_.empty())
      if (const Value* child = next_child()) enter(*child, visit(*child));
  }

  /// The name of what lies at `leaf` in the object that is visited.
  std::string full_name(std::string_view leaf);
  /// The object that is visited, as texts name it; empty for the root.
  std::string place() const;
  /// Counts `work` entries that were looked at. Errors: cap (P15).
  void spend(std::uint64_t work);
  void check_length(const std::string& name) const;

 private:
  struct Step {
    const Node* object;
    const Dict* children;
    std::size_t prefix;  ///< characters of `prefix_`
    std::size_t next = 0;
  };

  void enter(const Value& object, const Dict* children);
  /// The next object below the last step, `prefix_` set to its name; null if this was the last one's end, or no object.
  const Value* next_child();

  const Origin& origin_;
  const Caps& caps_;
  std::uint64_t work_ = 0;
  std::string prefix_;  ///< of the object that is visited, with its dot
  std::vector<Step> path_;
};

}  // namespace scriptc::weights
