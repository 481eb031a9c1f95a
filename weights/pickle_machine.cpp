#include "weights/pickle_machine.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "scriptc/model/text.h"
#include "weights/tensor_builder.h"

namespace scriptc::weights {

PickleMachine::PickleMachine(const PickleSource& source, const Origin& origin, const Caps& caps, PickleArena& arena)
    : cursor_(source.bytes),
      source_(source),
      origin_(origin),
      caps_(caps),
      arena_(arena),
      imports_(arena.temporary()),
      stack_(arena.temporary()),
      marks_(arena.temporary()),
      memo_(arena.temporary()),
      far_memo_(arena.temporary()) {}

std::vector<std::string> PickleMachine::imports() const {
  std::vector<std::string> names;
  for (const auto& [module, name] : imports_) names.push_back(Global{module, name}.full_name());
  return names;
}

std::string PickleMachine::where() const {
  return source_.where + (source_.where.empty() ? "" : ", ") + "offset " + std::to_string(source_.offset + opcode_at_);
}

Value PickleMachine::run() {
  while (!stopped_) {
    opcode_at_ = cursor_.position();
    if (cursor_.left() == 0) throw bad("the pickle ends without STOP", "P01");
    if (++opcodes_ > caps_.opcodes)
      throw origin_.over(where(), "the pickle has more operations than " + std::to_string(caps_.opcodes),
                         "--max-opcodes", "P31");
    step(static_cast<Op>(read<std::uint8_t>()));
    if (frame_end_ != 0 && cursor_.position() >= frame_end_) {
      if (cursor_.position() > frame_end_) throw bad("an operation reaches beyond its FRAME", "P29");
      frame_end_ = 0;
    }
  }
  if (frame_end_ != 0) throw bad("FRAME is longer than the pickle", "P29");
  if (!marks_.empty()) throw bad("a MARK is left at STOP", "P17");
  if (stack_.empty()) throw bad("there is no value at STOP", "P01");
  if (stack_.size() != 1) throw bad(std::to_string(stack_.size()) + " values are left at STOP", "P17");
  return stack_.back();
}

void PickleMachine::step(Op op) {
  const bool known = simple(op) || number(op) || text(op) || stack(op) || memo(op) || collect(op) || fill(op) ||
                     call(op) || named_refusal(op);
  if (known) return;
  char hexadecimal[8];
  std::snprintf(hexadecimal, sizeof hexadecimal, "0x%02x", static_cast<unsigned>(op));
  throw bad("unknown opcode " + std::string(hexadecimal), "P32");
}

bool PickleMachine::simple(Op op) {
  switch (op) {
    case Op::proto:
      protocol();
      return true;
    case Op::frame:
      frame();
      return true;
    case Op::stop:
      stopped_ = true;
      return true;
    case Op::none:
      push(Value());
      return true;
    case Op::newtrue:
      push(Value::boolean(true));
      return true;
    case Op::newfalse:
      push(Value::boolean(false));
      return true;
    case Op::binint:
      push(Value::integer(read<std::int32_t>()));
      return true;
    case Op::binint1:
      push(Value::integer(read<std::uint8_t>()));
      return true;
    case Op::binint2:
      push(Value::integer(read<std::uint16_t>()));
      return true;
    case Op::binfloat:
      push(Value::real(std::bit_cast<double>(__builtin_bswap64(read<std::uint64_t>()))));
      return true;
    case Op::binunicode:
      push(sized<std::uint32_t>(Kind::string));
      return true;
    case Op::short_binunicode:
      push(sized<std::uint8_t>(Kind::string));
      return true;
    case Op::binunicode8:
      push(sized<std::uint64_t>(Kind::string));
      return true;
    case Op::short_binstring:
      push(sized<std::uint8_t>(Kind::string));
      return true;
    case Op::binbytes:
      push(sized<std::uint32_t>(Kind::bytes));
      return true;
    case Op::short_binbytes:
      push(sized<std::uint8_t>(Kind::bytes));
      return true;
    case Op::binbytes8:
    case Op::bytearray8:
      push(sized<std::uint64_t>(Kind::bytes));
      return true;
    case Op::binstring:
      push(sized<std::int32_t>(Kind::string));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::number(Op op) {
  switch (op) {
    case Op::long1:
      push(long_number(sized<std::uint8_t>(Kind::bytes).as_text()));
      return true;
    case Op::long4:
      push(long_number(sized<std::int32_t>(Kind::bytes).as_text()));
      return true;
    case Op::int_text: {
      const std::string_view digits = line();
      push(digits == "00" || digits == "01" ? Value::boolean(digits == "01") : decimal(digits));
      return true;
    }
    case Op::long_text: {
      std::string_view digits = line();
      if (digits.ends_with('L')) digits.remove_suffix(1);
      push(decimal(digits));
      return true;
    }
    case Op::float_text: {
      const std::string_view digits = line();
      double value = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc() || end != digits.data() + digits.size())
        throw bad(quote(digits) + " is no number", "P19");
      push(Value::real(value));
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::text(Op op) {
  std::string out;
  if (op == Op::string_text) {
    if (!unescape_string(line(), out)) throw bad("STRING is malformed", "P09");
  } else if (op == Op::unicode_text) {
    if (!unescape_unicode(line(), out)) throw bad("UNICODE is malformed", "P09");
  } else {
    return false;
  }
  push(Value::text(Kind::string, arena_.keep(out)));
  return true;
}

bool PickleMachine::stack(Op op) {
  switch (op) {
    case Op::mark:
      marks_.push_back(stack_.size());
      return true;
    case Op::pop:
      // As in Python: POP directly above a mark takes the mark.
      if (!marks_.empty() && marks_.back() == stack_.size())
        marks_.pop_back();
      else
        pop();
      return true;
    case Op::pop_mark:
      stack_.resize(pop_mark());
      return true;
    case Op::dup:
      push(top());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::memo(Op op) {
  switch (op) {
    case Op::put:
      remember(text_index());
      return true;
    case Op::binput:
      remember(read<std::uint8_t>());
      return true;
    case Op::long_binput:
      remember(read<std::uint32_t>());
      return true;
    case Op::memoize:
      remember(memo_.size() + far_memo_.size());
      return true;
    case Op::get:
      recall(text_index());
      return true;
    case Op::binget:
      recall(read<std::uint8_t>());
      return true;
    case Op::long_binget:
      recall(read<std::uint32_t>());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::collect(Op op) {
  switch (op) {
    case Op::empty_tuple:
      push(arena_.sequence(Kind::tuple));
      return true;
    case Op::empty_list:
      push(arena_.sequence(Kind::list));
      return true;
    case Op::empty_set:
      push(arena_.sequence(Kind::set));
      return true;
    case Op::empty_dict:
      push(arena_.dict(false));
      return true;
    case Op::tuple1:
    case Op::tuple2:
    case Op::tuple3: {
      const std::size_t count = static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::tuple1) + 1;
      const std::size_t floor = marks_.empty() ? 0 : marks_.back();
      if (stack_.size() - floor < count) throw bad("the stack is empty", "P03");
      push(sequence(Kind::tuple, stack_.size() - count));
      return true;
    }
    case Op::tuple:
      push(sequence(Kind::tuple, pop_mark()));
      return true;
    case Op::list:
      push(sequence(Kind::list, pop_mark()));
      return true;
    case Op::frozenset:
      push(sequence(Kind::set, pop_mark()));
      return true;
    case Op::dict: {
      const std::size_t first = pop_mark();
      const Value made = arena_.dict(false);
      set_in(made, first);
      push(made);
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::fill(Op op) {
  const bool many = op == Op::appends || op == Op::setitems || op == Op::additems;
  if (!many && op != Op::append && op != Op::setitem) return false;
  std::size_t first = 0;
  if (many) {
    first = pop_mark();
  } else {
    const std::size_t count = op == Op::append ? 1 : 2;
    const std::size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() - floor < count + 1) throw bad("the stack is empty", "P03");
    first = stack_.size() - count;
  }
  if (first == (marks_.empty() ? 0 : marks_.back())) throw bad("the stack is empty", "P03");
  const Value target = stack_[first - 1];
  const bool adds = op == Op::additems;
  if (adds && !target.is(Kind::set)) throw bad("ADDITEMS on " + std::string(kind_name(target.kind())), "P06");
  if (is_tensor(target)) throw bad("items are put into a tensor", "P06");
  if (op == Op::setitem || op == Op::setitems)
    set_in(target, first);
  else if (adds || !target.is(Kind::set))
    append_to(target, first);
  else
    throw bad("APPEND on set", "P06");
  return true;
}

Value PickleMachine::pop() {
  const Value value = top();
  stack_.pop_back();
  return value;
}

Value& PickleMachine::top() {
  if (stack_.size() == (marks_.empty() ? 0 : marks_.back())) throw bad("the stack is empty", "P03");
  return stack_.back();
}

std::size_t PickleMachine::pop_mark() {
  if (marks_.empty()) throw bad("there is no MARK", "P04");
  const std::size_t first = marks_.back();
  marks_.pop_back();
  return first;
}

Value PickleMachine::sequence(Kind kind, std::size_t first) {
  const Value made = arena_.sequence(kind);
  made.as_sequence().items.assign(stack_.begin() + static_cast<std::ptrdiff_t>(first), stack_.end());
  stack_.resize(first);
  return made;
}

void PickleMachine::append_to(Value target, std::size_t first) {
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(first);
  if (target.is(Kind::list) || target.is(Kind::set)) {
    auto& items = target.as_sequence().items;
    items.insert(items.end(), begin, stack_.end());
  } else if (!target.is(Kind::object)) {
    throw bad("APPEND on " + std::string(kind_name(target.kind())), "P06");
  }
  stack_.resize(first);
}

void PickleMachine::set_in(Value target, std::size_t first) {
  if ((stack_.size() - first) % 2 != 0) throw bad("SETITEMS has a key without a value", "P05");
  if (!target.is(Kind::dict) && !target.is(Kind::object))
    throw bad("SETITEM on " + std::string(kind_name(target.kind())), "P06");
  Dict& dict = target.is(Kind::dict) ? target.as_dict() : target.as_object().items;
  for (std::size_t i = first; i < stack_.size(); i += 2) {
    const Kind key = stack_[i].kind();
    if (key == Kind::list || key == Kind::dict) throw bad(std::string(kind_name(key)) + " is used as a key", "P23");
    dict.items.emplace_back(stack_[i], stack_[i + 1]);
  }
  stack_.resize(first);
}

void PickleMachine::remember(std::uint64_t index) {
  const Value value = top();
  if (index < memo_.size())
    memo_[static_cast<std::size_t>(index)] = value;
  else if (index == memo_.size())
    memo_.push_back(value);
  else
    far_memo_[index] = value;
}

void PickleMachine::recall(std::uint64_t index) {
  if (index < memo_.size()) return push(memo_[static_cast<std::size_t>(index)]);
  const auto found = far_memo_.find(index);
  if (found == far_memo_.end()) throw bad("memo " + std::to_string(index) + " was never set", "P07");
  push(found->second);
}

std::uint64_t PickleMachine::text_index() {
  const std::string_view digits = line();
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw bad(quote(digits) + " is no memo index", "P07");
  return index;
}

}  // namespace scriptc::weights
