#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weights/pickle.h"
#include "weights/pickle_arena.h"
#include "weights/pickle_format.h"

namespace scriptc::weights {

/// One run of the pickle machine. The groups of opcodes are functions that say whether the opcode was theirs.
class PickleMachine {
 public:
  PickleMachine(const PickleSource& source, const Origin& origin, const Caps& caps, PickleArena& arena);

  /// The value at STOP.
  Value run();
  std::size_t position() const { return cursor_.position(); }
  std::vector<Value> take_persistent() { return std::move(persistent_); }
  /// Every name that was imported, `module.name`, once, in alphabetical order.
  std::vector<std::string> imports() const;
  /// `record 'a/data.pkl', offset 12`, of the present opcode.
  std::string where() const;

 private:
  void step(Op op);
  bool simple(Op op);
  bool number(Op op);
  bool text(Op op);
  bool stack(Op op);
  bool memo(Op op);
  bool collect(Op op);
  bool fill(Op op);
  bool call(Op op);
  bool named_refusal(Op op);

  void frame();
  void protocol();
  void stack_global();
  void instance();

  Error bad(std::string_view what, std::string_view rule) const { return origin_.bad(where(), what, rule); }
  Error cut_short() const;
  template <class T>
  T read();
  Bytes take(std::uint64_t size);
  std::string_view line();
  /// Text behind a length of type T.
  template <class T>
  Value sized(Kind kind);
  Value long_number(std::string_view bytes) const;
  Value decimal(std::string_view digits) const;

  void push(Value value) { stack_.push_back(value); }
  Value pop();
  Value& top();
  /// The values above the last mark, which is removed with them after `use(first)`.
  std::size_t pop_mark();
  Value sequence(Kind kind, std::size_t first);
  void append_to(Value target, std::size_t first);
  void set_in(Value target, std::size_t first);
  Value global(std::string_view module, std::string_view name);
  Value called(Value callable, Value arguments);
  Value evaluated(const Global& global, const Sequence& arguments);
  Value made_dict(std::span<const Value> contents);
  void persistent();
  void build();
  void remember(std::uint64_t index);
  void recall(std::uint64_t index);
  std::uint64_t text_index();

  Cursor cursor_;
  const PickleSource& source_;
  const Origin& origin_;
  const Caps& caps_;
  PickleArena& arena_;
  std::size_t opcode_at_ = 0;
  std::uint64_t opcodes_ = 0;
  std::uint64_t import_bytes_ = 0;  ///< of the names of all imports; STACK_GLOBAL can take one text many times
  std::size_t frame_end_ = 0;       ///< 0: none
  bool stopped_ = false;
  std::vector<Value> persistent_;
  std::pmr::set<std::pair<std::string_view, std::string_view>> imports_;  ///< module, name
  std::pmr::vector<Value> stack_;
  std::pmr::vector<std::size_t> marks_;  ///< heights of the stack
  // Indices come in order from every known writer: a vector, and a map for the rest, so that a huge index costs no
  // memory.
  std::pmr::vector<Value> memo_;
  std::pmr::unordered_map<std::uint64_t, Value> far_memo_;
};

/// Python's string literal in `'quotes'` or `"quotes"` (STRING). False if malformed.
bool unescape_string(std::string_view literal, std::string& out);
/// Python's raw-unicode-escape (UNICODE), as UTF-8. False if malformed.
bool unescape_unicode(std::string_view escaped, std::string& out);
/// UTF-8 to Latin-1. False if a character is beyond 255 or the text is not UTF-8.
bool encode_latin1(std::string_view utf8, std::string& out);

}  // namespace scriptc::weights
