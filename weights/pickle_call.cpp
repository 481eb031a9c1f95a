#include <charconv>
#include <type_traits>

#include "scriptc/model/text.h"
#include "weights/pickle_machine.h"
#include "weights/tensor_builder.h"

namespace scriptc::weights {
namespace {

/// Names that refusals and lookups may show or hold: longer ones, or ones with control characters, no writer makes.
bool is_plain_name(std::string_view name, std::uint64_t limit) {
  if (name.empty() || name.size() > limit) return false;
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  return true;
}

bool is_builtin(const Global& global, std::string_view name) {
  return global.is("builtins", name) || global.is("__builtin__", name);
}

/// NEWOBJ calls __new__ alone: dicts and sets, unlike tuples, get their contents later.
void drop_contents(const Value& made, const Value& type) {
  if (made.is(Kind::dict)) made.as_dict().items.clear();
  if (made.is(Kind::set) && type.is(Kind::global) && type.as_global().name == "set") made.as_sequence().items.clear();
}

/// A numpy array before BUILD, which gives it shape and data.
bool is_unfinished_array(const Value& value) { return value.as_object().callable.as_global().name == "_reconstruct"; }

/// Decimal digits beyond 64 bits, to what LONG1 would have had.
std::string big_number(std::string_view digits, bool negative) {
  std::vector<std::uint32_t> limbs(1);
  for (const char digit : digits) {
    std::uint64_t carry = static_cast<std::uint64_t>(digit - '0');
    for (std::uint32_t& limb : limbs) {
      carry += std::uint64_t{limb} * 10;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
  }
  limbs.push_back(0);  // the sign
  std::uint64_t carry = 1;
  std::string bytes;
  for (std::uint32_t limb : limbs) {
    if (negative) {
      carry += std::uint32_t(~limb);
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(limb >> shift);
  }
  return bytes;
}

}  // namespace

bool PickleMachine::call(Op op) {
  switch (op) {
    case Op::global: {
      const std::string_view module = line();
      push(global(module, line()));
      return true;
    }
    case Op::stack_global:
      stack_global();
      return true;
    case Op::reduce:
    case Op::newobj: {
      const Value arguments = pop();
      const Value callable = pop();
      push(called(callable, arguments));
      if (op == Op::newobj) drop_contents(top(), callable);
      return true;
    }
    case Op::newobj_ex: {
      const Value named = pop();
      const Value arguments = pop();
      const Value callable = pop();
      if (!named.is(Kind::dict)) throw bad("NEWOBJ_EX has no dict of arguments", "P03");
      push(called(callable, arguments));
      drop_contents(top(), callable);
      return true;
    }
    case Op::inst:
      instance();
      return true;
    case Op::obj: {
      const std::size_t first = pop_mark();
      if (first == stack_.size()) throw bad("the stack is empty", "P03");
      const Value arguments = sequence(Kind::tuple, first + 1);
      push(called(pop(), arguments));
      return true;
    }
    case Op::binpersid:
      persistent();
      return true;
    case Op::build:
      build();
      return true;
    default:
      return false;
  }
}

void PickleMachine::persistent() {
  const Value id = pop();
  if (source_.classes && id.is(Kind::tuple)) {
    // ('module', class, file, source): a class, as torch.save before 1.6 wrote it.
    const auto& items = id.as_sequence().items;
    if (items.size() == 4 && items[0].is(Kind::string) && items[0].as_text() == "module" && items[1].is(Kind::global))
      return push(items[1]);
  }
  push(arena_.object(Kind::persistent, Value(), id));
  persistent_.push_back(top());
}

void PickleMachine::build() {
  const Value state = pop();
  const Value target = top();
  // A tensor's __setstate__ would set its values; but for (requires_grad, volatile, hooks), which 0.1 wrote.
  const bool harmless = state.is(Kind::tuple) && state.as_sequence().items.size() == 3;
  if (is_tensor(target) && !is_unfinished_array(target) && !harmless) throw bad("BUILD on a tensor", "P33");
  if (target.is(Kind::object))
    target.as_object().state = state;
  else if (!target.is(Kind::dict) || !target.as_dict().ordered)
    throw bad("BUILD on " + std::string(kind_name(target.kind())), "P33");
}

bool PickleMachine::named_refusal(Op op) {
  switch (op) {
    case Op::persid_text:
      throw bad("PERSID (a persistent id as text) is not supported", "P30");
    case Op::ext1:
    case Op::ext2:
    case Op::ext4:
      throw bad("EXT (a registered extension) is not supported", "P30");
    case Op::next_buffer:
    case Op::readonly_buffer:
      throw bad("BUFFER (data outside of the pickle) is not supported", "P30");
    default:
      return false;
  }
}

void PickleMachine::protocol() {
  const int version = read<std::uint8_t>();
  if (version > kHighestProtocol)
    throw bad("unknown pickle protocol " + got_limit(std::to_string(version), std::to_string(kHighestProtocol)), "P02");
}

void PickleMachine::frame() {
  const auto size = read<std::uint64_t>();
  if (frame_end_ != 0) throw bad("FRAME within a FRAME", "P29");
  if (size > cursor_.left())
    throw bad("FRAME is longer than the pickle " + got_limit(std::to_string(size), std::to_string(cursor_.left())),
              "P29");
  frame_end_ = cursor_.position() + static_cast<std::size_t>(size);
}

void PickleMachine::stack_global() {
  const Value name = pop();
  const Value module = pop();
  if (!name.is(Kind::string) || !module.is(Kind::string)) throw bad("STACK_GLOBAL needs two strings", "P12");
  push(global(module.as_text(), name.as_text()));
}

void PickleMachine::instance() {
  const std::string_view module = line();
  const Value type = global(module, line());
  push(called(type, sequence(Kind::tuple, pop_mark())));
}

Value PickleMachine::global(std::string_view module, std::string_view name) {
  import_bytes_ += module.size() + name.size();
  const std::uint64_t limit = caps_.pickle_bytes / 16 + source_.bytes.size();
  if (import_bytes_ > limit)
    throw origin_.over(where(), "the names of the imports take more than " + std::to_string(limit) + " bytes",
                       "--max-pickle-bytes", "P12");
  for (const std::string_view part : {module, name})
    if (!is_plain_name(part, caps_.name_bytes))
      throw bad("the name of an import is malformed: '" + escape(part, 60) + "'", "P12");
  imports_.emplace(module, name);
  return arena_.global(module, name);
}

Value PickleMachine::called(Value callable, Value arguments) {
  if (!arguments.is(Kind::tuple)) throw bad("a call has no tuple of arguments", "P03");
  if (callable.is(Kind::global)) {
    const Value made = evaluated(callable.as_global(), arguments.as_sequence());
    if (!made.is(Kind::none)) return made;
  } else if (!callable.is(Kind::object)) {
    throw bad(std::string(kind_name(callable.kind())) + " is called", "P03");
  }
  return arena_.object(Kind::object, callable, arguments);
}

/// The few names whose result is plain data; none for all others.
Value PickleMachine::evaluated(const Global& global, const Sequence& arguments) {
  const auto& items = arguments.items;
  if (global.is("collections", "OrderedDict") || is_builtin(global, "dict")) return made_dict(items);
  if (global.is("collections", "defaultdict"))  // its first argument makes what is missing
    return made_dict(std::span(items).subspan(items.empty() ? 0 : 1));
  if (is_builtin(global, "bytes") && items.empty()) return Value::text(Kind::bytes, arena_.keep(""));
  if (is_builtin(global, "set") || is_builtin(global, "frozenset")) {
    const Value made = arena_.sequence(Kind::set);
    if (!items.empty() && items[0].is_sequence()) made.as_sequence().items = items[0].as_sequence().items;
    return made;
  }
  if (global.is("torch", "Size") && items.size() == 1 && items[0].is_sequence()) {
    const Value made = arena_.sequence(Kind::tuple);
    made.as_sequence().items = items[0].as_sequence().items;
    return made;
  }
  const bool encodes = global.is("_codecs", "encode") && items.size() == 2 && items[0].is(Kind::string);
  if (encodes && items[1].is(Kind::string) && items[1].as_text() == "latin1") {
    std::string bytes;
    if (!encode_latin1(items[0].as_text(), bytes)) throw bad("text is not Latin-1", "N08");
    return Value::text(Kind::bytes, arena_.keep(bytes));
  }
  return Value();
}

/// Contents: none, a dict, or pairs `[(key, value), ...]`, as Python 2 wrote them.
Value PickleMachine::made_dict(std::span<const Value> contents) {
  const Value made = arena_.dict(true);
  if (contents.empty()) return made;
  if (contents[0].is(Kind::dict)) {
    made.as_dict().items = contents[0].as_dict().items;
    return made;
  }
  if (!contents[0].is(Kind::list) && !contents[0].is(Kind::tuple)) throw bad("OrderedDict needs pairs", "P03");
  for (const Value& pair : contents[0].as_sequence().items) {
    if (!pair.is_sequence() || pair.as_sequence().items.size() != 2) throw bad("OrderedDict needs pairs", "P03");
    const auto& entry = pair.as_sequence().items;
    made.as_dict().items.emplace_back(entry[0], entry[1]);
  }
  return made;
}

Error PickleMachine::cut_short() const { return bad("the pickle is cut short", "P01"); }

Bytes PickleMachine::take(std::uint64_t size) {
  const std::optional<Bytes> bytes = cursor_.take(size);
  if (!bytes)
    throw bad(
        "data reaches beyond the end of the pickle " + got_limit(std::to_string(size), std::to_string(cursor_.left())),
        "P09");
  return *bytes;
}

template <class T>
T PickleMachine::read() {
  const std::optional<T> value = cursor_.number<T>();
  if (!value) throw cut_short();
  return *value;
}

template std::uint8_t PickleMachine::read<std::uint8_t>();
template std::uint16_t PickleMachine::read<std::uint16_t>();
template std::uint32_t PickleMachine::read<std::uint32_t>();
template std::int32_t PickleMachine::read<std::int32_t>();
template std::uint64_t PickleMachine::read<std::uint64_t>();

template <class T>
Value PickleMachine::sized(Kind kind) {
  const T size = read<T>();
  if constexpr (std::is_signed_v<T>)
    if (size < 0) throw bad("a length is negative (got " + std::to_string(size) + ")", "P09");
  if (sizeof(T) == 8 && static_cast<std::uint64_t>(size) > cursor_.left())
    throw bad(
        "data reaches beyond the end of the pickle " + got_limit(std::to_string(size), std::to_string(cursor_.left())),
        "P10");
  return Value::text(kind, as_text(take(static_cast<std::uint64_t>(size))));
}

template Value PickleMachine::sized<std::uint8_t>(Kind);
template Value PickleMachine::sized<std::uint32_t>(Kind);
template Value PickleMachine::sized<std::int32_t>(Kind);
template Value PickleMachine::sized<std::uint64_t>(Kind);

std::string_view PickleMachine::line() {
  const std::optional<std::string_view> text = cursor_.line();
  if (!text) throw bad("a line has no end", "P11");
  return *text;
}

/// Little-endian two's complement of any length.
Value PickleMachine::long_number(std::string_view bytes) const {
  const bool negative = !bytes.empty() && static_cast<signed char>(bytes.back()) < 0;
  const char filler = negative ? '\xff' : '\0';
  while (bytes.size() > 1 && bytes.back() == filler &&
         (static_cast<signed char>(bytes[bytes.size() - 2]) < 0) == negative)
    bytes.remove_suffix(1);
  if (bytes.size() > 8) return Value::text(Kind::big_integer, bytes);
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return Value::integer(static_cast<std::int64_t>(value));
}

Value PickleMachine::decimal(std::string_view digits) const {
  constexpr std::size_t kMostDigits = 400;  // no writer has more, and conversion is quadratic
  const bool negative = digits.starts_with('-');
  const std::string_view magnitude = digits.substr(negative ? 1 : 0);
  const bool is_big = magnitude.size() > 18 && magnitude.size() <= kMostDigits &&
                      magnitude.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_big) return long_number(arena_.keep(big_number(magnitude, negative)));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw bad("'" + escape(digits, 60) + "' is no number", "P19");
  return Value::integer(value);
}

}  // namespace scriptc::weights
