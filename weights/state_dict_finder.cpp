#include "weights/state_dict_finder.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "scriptc/model/text.h"
#include "weights/module_walk.h"
#include "weights/tensor_builder.h"

namespace scriptc::weights {
namespace {

constexpr std::array<std::string_view, 14> kWrappers{
    "state_dict", "model_state_dict", "model",          "module",         "net",     "network",  "params", "params_ema",
    "ema",        "model_ema",        "ema_state_dict", "state_dict_ema", "weights", "generator"};

bool is_usual(std::string_view key) { return std::find(kWrappers.begin(), kWrappers.end(), key) != kWrappers.end(); }

/// The attributes of an object: what BUILD gave it, a dict or (dict of `__dict__`, dict of slots).
const Dict* attributes(const Value& value) {
  if (!value.is(Kind::object)) return nullptr;
  const Value& state = value.as_object().state;
  if (state.is(Kind::dict)) return &state.as_dict();
  const bool pair =
      state.is(Kind::tuple) && !state.as_sequence().items.empty() && state.as_sequence().items[0].is(Kind::dict);
  return pair ? &state.as_sequence().items[0].as_dict() : nullptr;
}

/// The dict under `name` of a module saved whole.
const Dict* part(const Value& module, std::string_view name) {
  const Dict* all = attributes(module);
  const Value* found = all == nullptr ? nullptr : all->find(name);
  return found != nullptr && found->is(Kind::dict) ? &found->as_dict() : nullptr;
}

bool is_module(const Value& value) {
  return part(value, "_parameters") != nullptr && part(value, "_buffers") != nullptr &&
         part(value, "_modules") != nullptr;
}

/// A dict by the only key of which names can be read: strings.
bool holds_tensors(const Value& value) {
  if (!value.is(Kind::dict)) return false;
  bool any = false;
  for (const auto& [key, item] : value.as_dict().items) {
    if (!key.is(Kind::string)) return false;
    any = any || is_tensor(item);
  }
  return any;
}

/// The state dict of a model without tensors.
bool is_empty(const Value& value) { return value.is(Kind::dict) && value.as_dict().items.empty(); }

bool is_state_dict(const Value& value) { return holds_tensors(value) || is_module(value); }

/// What the pickle would have called to make `value`; null if it is data.
const Global* maker(const Value& value) {
  const bool made = value.is(Kind::object) && value.as_object().callable.is(Kind::global);
  return made ? &value.as_object().callable.as_global() : nullptr;
}

std::string describe(const Value& value) {
  if (is_tensor(value)) return "tensor" + claimed_shape(value);
  if (is_module(value)) return "module";
  if (value.is(Kind::dict))
    return "dict of " + std::to_string(value.as_dict().items.size()) + (holds_tensors(value) ? ", with tensors" : "");
  if (const Global* made_by = maker(value)) return escape(made_by->full_name());
  return std::string(kind_name(value.kind()));
}

/// Indented lines with the keys of a dict and what is there.
std::string listing(const Value& value) {
  if (!value.is(Kind::dict)) return "\n  it holds " + describe(value);
  constexpr std::size_t kMost = 20;
  std::string out = "\n  it holds:";
  std::size_t count = 0;
  for (const auto& [key, item] : value.as_dict().items) {
    if (++count > kMost) return out + "\n    ... and " + std::to_string(value.as_dict().items.size() - kMost) + " more";
    const std::string name = key.is(Kind::string)    ? quote(key.as_text())
                             : key.is(Kind::integer) ? std::to_string(key.as_integer())
                                                     : std::string(kind_name(key.kind()));
    out += "\n    " + name + ": " + describe(item);
  }
  return out;
}

class Finder {
 public:
  Finder(const Origin& origin, const Caps& caps) : origin_(origin), caps_(caps), walk_(origin, caps) {}

  FoundStateDict find(const Value& root, const std::string& key) {
    Value present = key.empty() ? root : follow(root, key);
    found_.wrapper = key;
    constexpr int kWrappersDeep = 4;
    for (int i = 0; i < kWrappersDeep && !is_module(present); ++i) {
      const Value* inner = unwrap(present);
      if (inner == nullptr) break;
      present = *inner;
    }
    if (is_module(present)) {
      add_modules(present);
    } else if (holds_tensors(present) || is_empty(present)) {
      add_entries(present.as_dict(), nullptr);
    } else {
      refuse(present);
    }
    return finished();
  }

  FoundStateDict find_script(const Value& root) {
    walk_.run(root, [this](const Value& object) -> const Dict* {
      const Dict* all = attributes(object);
      if (all == nullptr) {
        notice_own_state(object);
        return nullptr;
      }
      walk_.spend(all->items.size());
      for (const auto& [key, item] : all->items)
        if (key.is(Kind::string) && is_tensor(item)) add(walk_.full_name(key.as_text()), item);
      return all;
    });
    if (own_states_.number != 0 && found_.tensors.empty())
      throw origin_.bad(own_states_.where, own_states_.what, "J01");
    return finished();
  }

 private:
  std::string subject() const { return "'" + escape(origin_.path(), 0) + "': "; }

  /// `a.b`: a key may itself hold dots, so the longest that fits is taken at each step.
  Value follow(Value present, const std::string& key) const {
    std::string_view rest = key;
    while (!rest.empty()) {
      const Value* next = nullptr;
      std::size_t taken = rest.size();
      while (present.is(Kind::dict)) {
        next = present.as_dict().find(rest.substr(0, taken));
        const std::size_t dot = taken == 0 ? std::string_view::npos : rest.rfind('.', taken - 1);
        if (next != nullptr || dot == std::string_view::npos) break;
        taken = dot;
      }
      if (next == nullptr)
        throw Error(ErrorKind::usage, subject() + "has no key " + quote(key) + listing(present) +
                                          "\n  help: give one of these with --key");
      present = *next;
      rest.remove_prefix(std::min(rest.size(), taken + 1));
    }
    return present;
  }

  /// is_state_dict(), asked once of what many entries share: a dict, or the attributes of objects.
  bool leads_to_tensors(const Value& value) {
    const bool is_object = value.is(Kind::object);
    const Dict* dict = is_object ? attributes(value) : value.is(Kind::dict) ? &value.as_dict() : nullptr;
    if (dict == nullptr) return false;
    auto& known = is_object ? known_objects_ : known_dicts_;
    const auto found = known.find(dict);
    if (found != known.end()) return found->second;
    return known[dict] = is_state_dict(value);
  }

  /// The value of the one key that leads to a state dict; null if the state dict is here, or nowhere.
  const Value* unwrap(const Value& value) {
    if (!value.is(Kind::dict)) return nullptr;
    std::vector<const std::pair<Value, Value>*> usual, other;
    for (const auto& entry : value.as_dict().items) {
      if (!entry.first.is(Kind::string) || !leads_to_tensors(entry.second)) continue;
      (is_usual(entry.first.as_text()) ? usual : other).push_back(&entry);
    }
    // Beside tensors (`best_accuracy`), only a usual name is a wrapper; a state dict may hold dicts (`_extra_state`).
    const bool direct = holds_tensors(value);
    if (usual.empty() && direct) return nullptr;
    if (usual.empty() && other.empty()) return deeper(value);
    const auto& candidates = usual.empty() ? other : usual;
    if (candidates.size() > 1)
      throw Error(ErrorKind::model, subject() + "holds " + std::to_string(candidates.size()) + " state dicts" +
                                        listing(value) + "\n  help: choose one with --key");
    step_into(candidates[0]->first.as_text());
    return &candidates[0]->second;
  }

  /// A usual key whose dict holds no tensors itself, but may hold a wrapper.
  const Value* deeper(const Value& value) {
    const std::pair<Value, Value>* only = nullptr;
    for (const auto& entry : value.as_dict().items) {
      if (!entry.first.is(Kind::string) || !is_usual(entry.first.as_text()) || !entry.second.is(Kind::dict)) continue;
      if (only != nullptr) return nullptr;
      only = &entry;
    }
    if (only == nullptr) return nullptr;
    step_into(only->first.as_text());
    return &only->second;
  }

  void step_into(std::string_view key) {
    if (!found_.wrapper.empty()) found_.wrapper += '.';
    found_.wrapper += key;
  }

  /// A dict of nothing but calls would have been the state dict.
  void refuse_calls(const Dict& dict) {
    const auto& items = dict.items;
    const auto is_named_call = [](const auto& entry) {
      return entry.first.is(Kind::string) && maker(entry.second) != nullptr;
    };
    if (!items.empty() && std::all_of(items.begin(), items.end(), is_named_call))
      leave_out(items[0].first.as_text(), items[0].second);
  }

  [[noreturn]] void refuse(const Value& value) {
    if (is_tensor(value)) throw Error(ErrorKind::model, subject() + "holds one tensor, not a state dict");
    if (const Global* made_by = maker(value))
      throw origin_.bad("",
                        "its value is made by calling " + quote(made_by->full_name()) +
                            ", which is never done; save model.state_dict() instead",
                        "P13");
    if (value.is(Kind::dict)) refuse_calls(value.as_dict());
    throw Error(ErrorKind::model, subject() + "holds no state dict" + listing(value) +
                                      "\n  help: save model.state_dict(), or name the key with --key");
  }

  void add_modules(const Value& root) {
    walk_.run(root, [this](const Value& module) -> const Dict* {
      const Dict* all = attributes(module);
      walk_.spend(all == nullptr ? 1 : 1 + all->items.size());
      if (!is_module(module)) return nullptr;
      add_entries(*part(module, "_parameters"), nullptr);
      add_entries(*part(module, "_buffers"), all->find("_non_persistent_buffers_set"));
      const Dict* children = part(module, "_modules");
      walk_.spend(children->items.size());
      return children;
    });
  }

  /// The names of a set, sorted.
  std::vector<std::string_view> texts(const Value* names) {
    std::vector<std::string_view> result;
    if (names == nullptr || !names->is_sequence()) return result;
    walk_.spend(names->as_sequence().items.size());
    for (const Value& item : names->as_sequence().items)
      if (item.is(Kind::string)) result.push_back(item.as_text());
    std::sort(result.begin(), result.end());
    return result;
  }

  void add_entries(const Dict& dict, const Value* not_saved) {
    walk_.spend(dict.items.size());
    const std::vector<std::string_view> absent = texts(not_saved);
    std::unordered_map<std::string_view, std::size_t> places;
    for (const auto& [key, item] : dict.items) {
      if (!key.is(Kind::string))
        throw origin_.bad("", "a name is " + std::string(kind_name(key.kind())) + ", not str", "P23");
      const std::string_view leaf = key.as_text();
      if (std::binary_search(absent.begin(), absent.end(), leaf)) continue;
      if (!is_tensor(item)) {
        leave_out(leaf, item);
        continue;
      }
      const auto [place, is_new] = places.emplace(leaf, found_.tensors.size());
      if (is_new) {
        add(walk_.full_name(leaf), item);
      } else {
        auto& [name, value] = found_.tensors[place->second];
        value = item;
        if (repeated_.is_first()) repeated_.set("tensor " + quote(name), "is there twice: the last one counts");
      }
    }
  }

  void leave_out(std::string_view leaf, const Value& value) {
    if (leaf.ends_with("_extra_state") || value.is(Kind::none)) return;
    if (const Global* made_by = maker(value))
      throw origin_.bad("tensor " + quote(walk_.full_name(leaf)),
                        "is made by calling " + quote(made_by->full_name()) + ", which is never done", "P13");
    if (left_out_.is_first())
      left_out_.set("tensor " + quote(walk_.full_name(leaf)),
                    "is " + std::string(kind_name(value.kind())) + ", not a tensor: left out");
  }

  /// What an object's own __getstate__ returned has no names.
  void notice_own_state(const Value& object) {
    if (!object.is(Kind::object) || object.as_object().state.is(Kind::none) || !own_states_.is_first()) return;
    own_states_.set(walk_.place(), "its state is " + std::string(kind_name(object.as_object().state.kind())) +
                                       ", made by its own __getstate__: tensors in it have no names");
  }

  FoundStateDict finished() {
    repeated_.warn(origin_, "P23");
    left_out_.warn(origin_, "P13");
    own_states_.warn(origin_, "J01");
    return std::move(found_);
  }

  /// Modules and names may be shared inside the pickle: what they multiply to is limited here, not by the file's size.
  void add(const std::string& name, const Value& value) {
    if (found_.tensors.size() == caps_.tensors)
      throw origin_.over("", "has more than " + std::to_string(caps_.tensors) + " tensors", "--max-tensors", "T16");
    walk_.check_length(name);
    name_bytes_ += name.size();
    if (name_bytes_ > caps_.header_bytes)
      throw origin_.over("", "the names take more than " + std::to_string(caps_.header_bytes) + " bytes",
                         "--max-header-bytes", "P24");
    found_.tensors.emplace_back(name, value);
  }

  const Origin& origin_;
  const Caps& caps_;
  std::uint64_t name_bytes_ = 0;
  ModuleWalk walk_;
  std::unordered_map<const Dict*, bool> known_dicts_, known_objects_;
  Repeated left_out_, repeated_, own_states_;
  FoundStateDict found_;
};

}  // namespace

FoundStateDict find_state_dict(const Value& root, const std::string& key, const Origin& origin, const Caps& caps) {
  return Finder(origin, caps).find(root, key);
}

FoundStateDict find_script_tensors(const Value& root, const Origin& origin, const Caps& caps) {
  return Finder(origin, caps).find_script(root);
}

}  // namespace scriptc::weights
