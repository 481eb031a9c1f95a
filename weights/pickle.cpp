#include "weights/pickle.h"

#include <algorithm>
#include <new>
#include <vector>

#include "weights/pickle_machine.h"

namespace scriptc::weights {
namespace {

/// Walks the containers below a value without recursion: refuses cycles (P16) and depth beyond the cap (P14). What
/// the calls of the pickle hold counts as well, but a cycle through their state is theirs.
class Shape {
 public:
  Shape(const PickleSource& source, const Origin& origin, const Caps& caps)
      : source_(source), origin_(origin), caps_(caps) {}

  void check(const Value& root) {
    enter(root);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next < size(step.value)) {
        enter(item(step.value, step.next++));
      } else {
        leave();
      }
    }
  }

 private:
  struct Step {
    Value value;
    std::size_t next = 0;
    std::uint32_t height = 1;  ///< of what was seen below, plus one
  };
  static constexpr std::uint32_t kOpen = ~std::uint32_t{0};  ///< height of a node on the path

  static std::size_t size(const Value& value) {
    if (value.is_sequence()) return value.as_sequence().items.size();
    if (value.is(Kind::dict)) return value.as_dict().items.size() * 2;
    return 2;
  }

  static Value item(const Value& value, std::size_t i) {
    if (value.is_sequence()) return value.as_sequence().items[i];
    if (value.is(Kind::dict)) {
      const auto& entry = value.as_dict().items[i / 2];
      return i % 2 == 0 ? entry.first : entry.second;
    }
    return i == 0 ? value.as_object().callable : value.as_object().arguments;
  }

  void enter(const Value& value) {
    Node* node = value.node();
    if (node == nullptr) return;
    if (node->height == kOpen) throw origin_.bad(source_.where, "a container holds itself", "P16");
    if (node->height != 0) return raise(node->height);
    node->height = kOpen;
    path_.push_back({value});
    limit(path_.size());
  }

  void leave() {
    const Step done = path_.back();
    path_.pop_back();
    done.value.node()->height = done.height;
    raise(done.height);
  }

  void raise(std::uint32_t height) {
    if (path_.empty()) return;
    path_.back().height = std::max(path_.back().height, height + 1);
    limit(path_.back().height);
  }

  void limit(std::uint64_t depth) const {
    if (depth > caps_.depth)
      throw origin_.over(source_.where, "values are nested deeper than " + std::to_string(caps_.depth), "--max-depth",
                         "P14");
  }

  const PickleSource& source_;
  const Origin& origin_;
  const Caps& caps_;
  std::vector<Step> path_;
};

}  // namespace

Pickle read_pickle(const PickleSource& source, const Origin& origin, const Caps& caps) {
  // No writer makes values of more than 32 bytes from each of its own; those of a small pickle need little.
  const std::uint64_t limit =
      std::min(caps.pickle_bytes, caps.pickle_bytes / 8 + 32 * std::uint64_t{source.bytes.size()});
  Pickle result;
  result.arena = std::make_shared<PickleArena>(static_cast<std::size_t>(limit));
  PickleMachine machine(source, origin, caps, *result.arena);
  try {
    result.root = machine.run();
  } catch (const std::bad_alloc&) {
    throw origin.over(machine.where(), "the values of the pickle take more than " + std::to_string(limit) + " bytes",
                      "--max-pickle-bytes", "P31");
  }
  result.size = machine.position();
  result.imports = machine.imports();
  result.persistent = machine.take_persistent();
  if (source.alone && result.size != source.bytes.size())
    throw origin.bad(source.where, std::to_string(source.bytes.size() - result.size) + " bytes follow STOP", "P18");
  Shape(source, origin, caps).check(result.root);
  return result;
}

}  // namespace scriptc::weights
