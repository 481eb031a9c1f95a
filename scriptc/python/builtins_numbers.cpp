#include <charconv>
#include <cmath>
#include <limits>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/strings.h"

namespace scriptc::python {

std::optional<double> parse_float(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n\r\f\v");
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(" \t\n\r\f\v") - first + 1);
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && i > 0 && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i - 1])) != 0)
      continue;
    digits += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
  }
  if (!digits.empty() && digits.front() == '+') digits.erase(0, 1);
  if (digits.empty() || digits.front() == '+') return std::nullopt;
  const bool negative = digits.front() == '-';
  const std::string unsigned_part = negative ? digits.substr(1) : digits;
  const double sign = negative ? -1 : 1;
  if (unsigned_part == "inf" || unsigned_part == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (unsigned_part == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (unsigned_part.empty() ||
      (unsigned_part[0] != '.' && std::isdigit(static_cast<unsigned char>(unsigned_part[0])) == 0))
    return std::nullopt;
  double value = 0;
  const auto [end, problem] = std::from_chars(unsigned_part.data(), unsigned_part.data() + unsigned_part.size(), value);
  if (end != unsigned_part.data() + unsigned_part.size()) return std::nullopt;
  if (problem == std::errc::result_out_of_range) value = std::strtod(unsigned_part.c_str(), nullptr);
  return sign * value;
}

std::optional<std::int64_t> parse_int(Interpreter& in, std::string_view text, int base) {
  const auto first = text.find_first_not_of(" \t\n\r\f\v");
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(" \t\n\r\f\v") - first + 1);
  const bool negative = text.front() == '-';
  if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
  if (text.size() > 2 && text[0] == '0') {
    const char mark = static_cast<char>(std::tolower(static_cast<unsigned char>(text[1])));
    const int marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (marked != 0 && (base == 0 || base == marked)) {
      base = marked;
      text.remove_prefix(2);
    }
  }
  if (base == 0) base = 10;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && i > 0 && i + 1 < text.size() && text[i - 1] != '_') continue;
    digits += text[i];
  }
  if (digits.empty() || digits[0] == '-' || digits[0] == '+') return std::nullopt;
  std::int64_t value = 0;
  if (negative) digits.insert(0, "-");
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (end != digits.data() + digits.size()) return std::nullopt;
  if (problem == std::errc::result_out_of_range)
    in.raise("OverflowError", "int does not fit in 64 bits: " + quote(text));
  return value;
}

namespace {

/// int, float and str of subclasses: an instance that carries the plain value.
Value with_class(Interpreter& in, const PyClassPtr& cls, const PyClassPtr& plain_class, Value value) {
  if (cls == plain_class) return value;
  const Value instance = in.allocate(cls);
  const auto object = instance.try_as<PyInstance>();
  object->payload = std::move(value);
  object->has_payload = true;
  return instance;
}

Value float_to_int(Interpreter& in, double value) {
  if (std::isnan(value)) in.raise("ValueError", "cannot convert float NaN to integer");
  if (std::isinf(value)) in.raise("OverflowError", "cannot convert float infinity to integer");
  const double whole = std::trunc(value);
  if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0))
    in.raise("OverflowError", "int result does not fit in 64 bits");
  return static_cast<std::int64_t>(whole);
}

Value make_int(Interpreter& in, const NativeArguments& a) {
  if (!a.has(0)) return 0;
  const Value value = in.plain(a[0]);
  const int base = a.has(1) ? static_cast<int>(in.index(a[1])) : 10;
  if (base != 0 && (base < 2 || base > 36)) in.raise("ValueError", "int() base must be >= 2 and <= 36, or 0");
  if (value.is_string()) {
    if (const auto number = parse_int(in, value.as_string(), base)) return *number;
    in.raise("ValueError",
             "invalid literal for int() with base " + std::to_string(base) + ": " + repr_string(value.as_string()));
  }
  if (value.is_int() || value.is_bool()) return int_of(value);
  if (value.is_float()) return float_to_int(in, value.as_float());
  if (value.is_tensor()) {
    const Value item = in.call_method(value, "item");
    return item.is_float() ? float_to_int(in, item.as_float()) : Value(int_of(item));
  }
  for (const char* special : {"__int__", "__index__", "__trunc__"})
    if (const auto result = in.call_special(value, special)) return *result;
  if (const auto opaque = value.try_as<Opaque>()) in.opaque_used(*opaque);
  in.raise("TypeError", "int() argument must be a string, a bytes-like object or a real number, not " +
                            quote(in.type_of(value)->name));
}

Value make_float(Interpreter& in, const NativeArguments& a) {
  if (!a.has(0)) return 0.0;
  const Value value = in.plain(a[0]);
  if (value.is_string()) {
    if (const auto number = parse_float(value.as_string())) return *number;
    in.raise("ValueError", "could not convert string to float: " + repr_string(value.as_string()));
  }
  if (!is_number(value) && !value.is_tensor() && !in.type_of(value)->lookup("__float__") &&
      !in.type_of(value)->lookup("__index__") && !value.try_as<Opaque>())
    in.raise("TypeError", "float() argument must be a string or a real number, not " + quote(in.type_of(value)->name));
  return in.to_double(value);
}

/// A class whose `__new__` is `make`, called with the arguments after the class.
PyClassPtr scalar_class(Interpreter& in, const char* name, std::initializer_list<const char*> names,
                        Value (*make)(Interpreter&, const NativeArguments&), const PyClassPtr& base) {
  const PyClassPtr cls = in.native_class(name, {base}, "");
  cls->dict.set(
      "__new__", in.native(name, [&in, name, names = std::vector<const char*>(names), make,
                                  weak = std::weak_ptr<PyClass>(cls)](const CallArgs& args, const Kwargs& kwargs) {
        const auto wanted = class_argument(in, args, weak.lock());
        const NativeArguments a = names.size() == 2
                                      ? NativeArguments(in, name, args.from(1), kwargs, {names[0], names[1]}, 0)
                                      : NativeArguments(in, name, args.from(1), kwargs, {names[0]}, 0);
        return with_class(in, wanted, weak.lock(), make(in, a));
      }));
  in.builtins->globals.set(name, cls);
  return cls;
}

/// `int.__add__(a, b)` and the like, for subclasses that call super().
void install_operators(Interpreter& in, const PyClassPtr& cls) {
  for (int i = 0; i <= static_cast<int>(BinaryOperator::FloorDiv); ++i) {
    const auto op = static_cast<BinaryOperator>(i);
    const std::string stem = names_of(op).stem;
    if (op == BinaryOperator::MatMult) continue;
    in.method(cls, "__" + stem + "__", [&in, op](const CallArgs& args, const Kwargs&) {
      const Value &a = in.plain(args.at(0)), &b = in.plain(args.at(1));
      return is_number(a) && is_number(b) ? number_binary(in, op, a, b) : in.not_implemented;
    });
    in.method(cls, "__r" + stem + "__", [&in, op](const CallArgs& args, const Kwargs&) {
      const Value &a = in.plain(args.at(0)), &b = in.plain(args.at(1));
      return is_number(a) && is_number(b) ? number_binary(in, op, b, a) : in.not_implemented;
    });
  }
}

}  // namespace

void install_numbers(Interpreter& in) {
  BuiltinTypes& t = in.types;
  t.integer = scalar_class(in, "int", {"x", "base"}, make_int, t.object);
  t.floating = scalar_class(in, "float", {"x"}, make_float, t.object);
  t.boolean = scalar_class(
      in, "bool", {"x"}, [](Interpreter& i, const NativeArguments& a) -> Value { return a.has(0) && i.truth(a[0]); },
      t.integer);
  for (const PyClassPtr& cls : {t.integer, t.floating}) {
    install_operators(in, cls);
    in.property(cls, "real", [&in](const Value& v) { return in.plain(v); });
    in.property(cls, "imag", [](const Value&) -> Value { return 0; });
    in.method(cls, "conjugate", [&in](const CallArgs& args, const Kwargs&) { return in.plain(args.at(0)); });
    in.method(cls, "__repr__",
              [&in](const CallArgs& args, const Kwargs&) -> Value { return in.repr(in.plain(args.at(0))); });
    in.method(cls, "__hash__", [&in](const CallArgs& args, const Kwargs&) -> Value {
      return static_cast<std::int64_t>(hash_value(in.plain(args.at(0))));
    });
  }
  in.property(t.integer, "numerator", [&in](const Value& v) { return in.plain(v); });
  in.property(t.integer, "denominator", [](const Value&) -> Value { return 1; });
  in.method(t.integer, "bit_length", [&in](const CallArgs& args, const Kwargs&) -> Value {
    auto value = static_cast<std::uint64_t>(std::llabs(in.index(args.at(0))));
    std::int64_t bits = 0;
    for (; value != 0; value >>= 1) ++bits;
    return bits;
  });
  in.method(t.integer, "__index__",
            [&in](const CallArgs& args, const Kwargs&) -> Value { return int_of(in.plain(args.at(0))); });
  in.method(t.floating, "is_integer", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const double value = in.to_double(args.at(0));
    return std::isfinite(value) && value == std::floor(value);
  });
  t.complex->dict.set("__new__", in.native("complex", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "complex", args.from(1), kwargs, {"real", "imag"}, 0);
    const auto part = [&](std::size_t i) {
      const auto known = a.has(i) ? complex_of(in.plain(a[i])) : std::complex<double>();
      return known ? *known : std::complex<double>(in.to_double(a[i]), 0.0);
    };
    const std::complex<double> real = part(0), imag = part(1);
    return std::make_shared<ComplexObject>(real.real() - imag.imag(), real.imag() + imag.real());
  }));
  in.method(t.complex, "conjugate", [](const CallArgs& args, const Kwargs&) -> Value {
    const auto value = args.at(0).try_as<ComplexObject>();
    return std::make_shared<ComplexObject>(value->real, -value->imag);
  });
  in.builtins->globals.set("complex", t.complex);
}

}  // namespace scriptc::python
