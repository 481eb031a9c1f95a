#include "weights/state_dict_finder.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "scriptc/model/text.h"
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
  Finder(const Origin& origin, const Caps& caps) : origin_(origin), caps_(caps) {}

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
      add_entries(present.as_dict(), "", nullptr);
    } else {
      refuse(present);
    }
    return std::move(found_);
  }

  FoundStateDict find_script(const Value& root) {
    walk(root, [this](const Value& object, const std::string& prefix, std::vector<Child>& children) {
      const Dict* all = attributes(object);
      if (all == nullptr) return;
      for (const auto& [key, item] : all->items) {
        if (!key.is(Kind::string)) continue;
        const std::string name = prefix + std::string(key.as_text());
        if (is_tensor(item))
          add(name, item);
        else if (item.is(Kind::object))
          children.push_back({item, name + "."});
      }
    });
    return std::move(found_);
  }

 private:
  struct Child {
    Value value;
    std::string prefix;
  };

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

  /// The value of the one key that leads to a state dict; null if the state dict is here, or nowhere.
  const Value* unwrap(const Value& value) {
    if (!value.is(Kind::dict)) return nullptr;
    std::vector<const std::pair<Value, Value>*> usual, other;
    for (const auto& entry : value.as_dict().items) {
      if (!entry.first.is(Kind::string) || !is_state_dict(entry.second)) continue;
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
  void refuse_calls(const Dict& dict) const {
    const auto& items = dict.items;
    const auto is_named_call = [](const auto& entry) {
      return entry.first.is(Kind::string) && maker(entry.second) != nullptr;
    };
    if (!items.empty() && std::all_of(items.begin(), items.end(), is_named_call))
      leave_out(std::string(items[0].first.as_text()), items[0].second);
  }

  [[noreturn]] void refuse(const Value& value) const {
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

  /// Visits `root` and what the visits add, in order, without recursion. An object is visited once a name.
  template <class Visit>
  void walk(const Value& root, Visit&& visit) {
    std::vector<Child> open{{root, ""}};
    for (std::size_t visits = 0; !open.empty(); ++visits) {
      // Modules may share children: doubling ones would never end.
      if (visits == caps_.tensors) throw origin_.over("", "modules are nested too widely", "--max-tensors", "P15");
      const Child present = std::move(open.back());
      open.pop_back();
      check_length(present.prefix);
      std::vector<Child> children;
      visit(present.value, present.prefix, children);
      for (auto child = children.rbegin(); child != children.rend(); ++child) open.push_back(std::move(*child));
    }
  }

  void add_modules(const Value& root) {
    walk(root, [this](const Value& module, const std::string& prefix, std::vector<Child>& children) {
      if (!is_module(module)) return;
      const Value* absent = attributes(module)->find("_non_persistent_buffers_set");
      add_entries(*part(module, "_parameters"), prefix, nullptr);
      add_entries(*part(module, "_buffers"), prefix, absent);
      for (const auto& [key, child] : part(module, "_modules")->items)
        if (key.is(Kind::string)) children.push_back({child, prefix + std::string(key.as_text()) + "."});
    });
  }

  void add_entries(const Dict& dict, const std::string& prefix, const Value* absent) {
    std::unordered_map<std::string_view, std::size_t> places;
    for (const auto& [key, item] : dict.items) {
      if (!key.is(Kind::string))
        throw origin_.bad("", "a name is " + std::string(kind_name(key.kind())) + ", not str", "P23");
      const std::string_view leaf = key.as_text();
      const std::string name = prefix + std::string(leaf);
      if (absent != nullptr && contains(*absent, leaf)) continue;
      if (!is_tensor(item)) {
        leave_out(name, item);
        continue;
      }
      const auto [place, is_new] = places.emplace(leaf, found_.tensors.size());
      if (is_new) {
        add(name, item);
      } else {
        origin_.warn("tensor " + quote(name), "is there twice: the last one counts", "P23");
        found_.tensors[place->second].second = item;
      }
    }
  }

  void leave_out(const std::string& name, const Value& value) const {
    if (name.ends_with("_extra_state") || value.is(Kind::none)) return;
    if (const Global* made_by = maker(value))
      throw origin_.bad("tensor " + quote(name),
                        "is made by calling " + quote(made_by->full_name()) + ", which is never done", "P13");
    origin_.warn("tensor " + quote(name), "is " + std::string(kind_name(value.kind())) + ", not a tensor: left out",
                 "P13");
  }

  static bool contains(const Value& names, std::string_view name) {
    if (!names.is_sequence()) return false;
    const auto& items = names.as_sequence().items;
    return std::any_of(items.begin(), items.end(),
                       [&](const Value& item) { return item.is(Kind::string) && item.as_text() == name; });
  }

  /// Modules and names may be shared inside the pickle: what they multiply to is limited here, not by the file's size.
  void add(const std::string& name, const Value& value) {
    if (found_.tensors.size() == caps_.tensors)
      throw origin_.over("", "has more than " + std::to_string(caps_.tensors) + " tensors", "--max-tensors", "T16");
    check_length(name);
    name_bytes_ += name.size();
    if (name_bytes_ > caps_.header_bytes)
      throw origin_.over("", "the names take more than " + std::to_string(caps_.header_bytes) + " bytes",
                         "--max-header-bytes", "P24");
    found_.tensors.emplace_back(name, value);
  }

  void check_length(const std::string& name) const {
    if (name.size() > caps_.name_bytes)
      throw origin_.over(
          "tensor '" + escape(name, 60) + "'",
          "the name is too long " + got_limit(std::to_string(name.size()), std::to_string(caps_.name_bytes)),
          "--max-name-bytes", "P24");
  }

  const Origin& origin_;
  const Caps& caps_;
  std::uint64_t name_bytes_ = 0;
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
