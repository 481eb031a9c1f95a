#include "weights/module_walk.h"

#include <algorithm>
#include <utility>

#include "scriptc/model/text.h"
#include "weights/tensor_builder.h"

namespace scriptc::weights {
namespace {

// What costs as much time as another entry: characters to copy, steps to compare.
constexpr std::size_t kLongName = 256, kLongPath = 16;

}  // namespace

void Repeated::set(std::string new_where, std::string new_what) {
  where = std::move(new_where);
  what = std::move(new_what);
}

void Repeated::warn(const Origin& origin, std::string_view rule) const {
  if (number != 0)
    origin.warn(where, what + (number == 1 ? "" : " (and " + std::to_string(number - 1) + " more like it)"), rule);
}

void ModuleWalk::enter(const Value& object, const Dict* children) {
  if (children == nullptr) return;
  if (path_.size() == caps_.depth)
    throw origin_.over("", "modules are nested deeper than " + std::to_string(caps_.depth), "--max-depth", "P14");
  path_.push_back({object.node(), children, prefix_.size()});
}

const Value* ModuleWalk::next_child() {
  Step& step = path_.back();
  prefix_.resize(step.prefix);
  if (step.next == step.children->items.size()) {
    path_.pop_back();
    return nullptr;
  }
  const auto& [key, child] = step.children->items[step.next++];
  if (!key.is(Kind::string) || !child.is(Kind::object) || is_tensor(child)) return nullptr;
  spend(1 + (prefix_.size() + key.as_text().size()) / kLongName + path_.size() / kLongPath);
  prefix_ += key.as_text();
  prefix_ += '.';
  check_length(prefix_);
  const auto* node = child.node();
  const auto is_child = [node](const Step& above) { return above.object == node; };
  if (std::any_of(path_.begin(), path_.end(), is_child)) throw origin_.bad(place(), "a module holds itself", "P16");
  return &child;
}

std::string ModuleWalk::full_name(std::string_view leaf) {
  spend(1 + (prefix_.size() + leaf.size()) / kLongName);
  return prefix_ + std::string(leaf);
}

std::string ModuleWalk::place() const {
  return prefix_.empty() ? "" : "attribute " + quote(std::string_view(prefix_).substr(0, prefix_.size() - 1));
}

void ModuleWalk::spend(std::uint64_t work) {
  constexpr std::uint64_t kMostPerTensor = 8;
  work_ += work;
  if (work_ / kMostPerTensor > caps_.tensors)
    throw origin_.over("", "modules are nested too widely", "--max-tensors", "P15");
}

void ModuleWalk::check_length(const std::string& name) const {
  if (name.size() > caps_.name_bytes)
    throw origin_.over(
        "tensor '" + escape(name, 60) + "'",
        "the name is too long " + got_limit(std::to_string(name.size()), std::to_string(caps_.name_bytes)),
        "--max-name-bytes", "P24");
}

}  // namespace scriptc::weights
