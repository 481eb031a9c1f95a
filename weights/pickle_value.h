#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scriptc::weights {

enum class Kind : std::uint8_t {
  none,
  boolean,
  integer,
  big_integer,
  real,
  string,
  bytes,
  global,
  tuple,
  list,
  set,
  dict,
  object,
  persistent
};

/// How texts name a kind, as Python does: `str`, `dict`.
std::string_view kind_name(Kind kind);

struct Node;
struct Sequence;
struct Dict;
struct Object;
struct Global;

/// One unpickled value, 16 bytes. A handle: strings lie in the pickle or the arena, containers in the arena of the
/// Pickle they came with, so copying shares, and nothing is destroyed recursively.
class Value {
 public:
  Value() = default;
  static Value boolean(bool value);
  static Value integer(std::int64_t value);
  static Value real(double value);
  /// kind: string, bytes or big_integer (little-endian two's complement of more than 8 bytes).
  static Value text(Kind kind, std::string_view text);
  static Value of(const Global* global);
  /// kind: tuple, list or set.
  static Value of(Kind kind, Sequence* sequence);
  static Value of(Dict* dict);
  /// kind: object or persistent.
  static Value of(Kind kind, Object* object);

  Kind kind() const { return static_cast<Kind>(kind_); }
  bool is(Kind kind) const { return this->kind() == kind; }

  // REQUIRES: the kind that the name says.
  bool as_boolean() const { return payload_.integer != 0; }
  std::int64_t as_integer() const { return payload_.integer; }
  double as_real() const { return payload_.real; }
  std::string_view as_text() const { return {payload_.text, static_cast<std::size_t>(size_)}; }
  const Global& as_global() const { return *payload_.global; }
  Sequence& as_sequence() const { return *payload_.sequence; }
  Dict& as_dict() const { return *payload_.dict; }
  Object& as_object() const { return *payload_.object; }

  bool is_sequence() const { return is(Kind::tuple) || is(Kind::list) || is(Kind::set); }
  /// Identity of a container or object, else null.
  Node* node() const;

 private:
  std::uint64_t kind_ : 8 = static_cast<std::uint64_t>(Kind::none);
  std::uint64_t size_ : 56 = 0;
  union {
    std::int64_t integer = 0;
    double real;
    const char* text;
    const Global* global;
    Sequence* sequence;
    Dict* dict;
    Object* object;
  } payload_;
};

/// A name that the pickle imports; never looked up.
struct Global {
  std::string_view module;
  std::string_view name;

  bool is(std::string_view full_module, std::string_view full_name) const {
    return module == full_module && name == full_name;
  }
  std::string full_name() const { return std::string(module) + "." + std::string(name); }
};

/// What containers and objects have in common: a place for the check of the finished tree.
struct Node {
  std::uint32_t height = 0;  ///< 0: not visited yet
};

struct Sequence : Node {
  explicit Sequence(std::pmr::memory_resource* arena) : items(arena) {}
  std::pmr::vector<Value> items;
};

struct Dict : Node {
  Dict(std::pmr::memory_resource* arena, bool is_ordered) : items(arena), ordered(is_ordered) {}
  std::pmr::vector<std::pair<Value, Value>> items;  ///< as written; a later duplicate of a key counts
  bool ordered;                                     ///< OrderedDict: may carry attributes
  /// The value of a string key, or null. Linear.
  const Value* find(std::string_view key) const;
};

/// What the pickle would have made by calling `callable`: kept as data. A persistent id has only `arguments`.
struct Object : Node {
  explicit Object(std::pmr::memory_resource* arena) : items(arena, false) {}
  Value callable;
  Value arguments;  ///< a tuple for a call
  Value state;      ///< of BUILD
  Dict items;       ///< of SETITEMS
};

/// Whether `value` is what calling module.name would have made.
bool is_call_of(const Value& value, std::string_view module, std::string_view name);

}  // namespace scriptc::weights
