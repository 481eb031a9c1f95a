#include "scriptc/python/strings.h"

#include <algorithm>
#include <cstdio>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/characters.h"
#include "scriptc/python/subscripts.h"

namespace scriptc::python {

std::size_t character_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return std::min(length, text.size() - at);
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += character_length(text, at)) ++count;
  return count;
}

std::vector<std::string> split_characters(std::string_view text) {
  std::vector<std::string> characters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    characters.emplace_back(text.substr(at, length));
    at += length;
  }
  return characters;
}

std::string encode_character(std::int64_t code) {
  const auto c = static_cast<std::uint32_t>(code);
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

std::int64_t decode_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::int64_t>(static_cast<unsigned char>(text[i])); };
  switch (text.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3:
      return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    default:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
  }
}

std::string to_ascii(std::string_view text) {
  std::string out;
  for (const std::string& character : split_characters(text)) {
    const auto code = static_cast<unsigned>(decode_character(character));
    char escaped[16];
    std::snprintf(escaped, sizeof escaped, code > 0xFFFF ? "\\U%08x" : code > 0xFF ? "\\u%04x" : "\\x%02x", code);
    out += code < 0x80 ? character : escaped;
  }
  return out;
}

namespace {

constexpr const char* kSpaces = " \t\n\r\f\v";

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_upper(c) || is_lower(c) || (static_cast<unsigned char>(c) & 0x80) != 0; }
char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 32) : c; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }

std::string mapped(std::string text, char (*map)(char)) {
  std::transform(text.begin(), text.end(), text.begin(), map);
  return text;
}

std::string title(std::string text) {
  bool inside = false;
  for (char& c : text) {
    c = inside ? to_lower(c) : to_upper(c);
    inside = is_letter(c);
  }
  return text;
}

std::string capitalize(std::string text) {
  text = mapped(std::move(text), to_lower);
  if (!text.empty()) text[0] = to_upper(text[0]);
  return text;
}

std::string strip(std::string text, const std::string& characters, bool left, bool right) {
  if (left) text.erase(0, std::min(text.find_first_not_of(characters), text.size()));
  if (right) text.erase(text.find_last_not_of(characters) + 1);
  return text;
}

std::vector<Value> split_spaces(const std::string& text, std::int64_t most) {
  std::vector<Value> parts;
  std::size_t at = text.find_first_not_of(kSpaces);
  while (at != std::string::npos) {
    if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
      parts.emplace_back(strip(text.substr(at), kSpaces, false, true));
      break;
    }
    const std::size_t end = std::min(text.find_first_of(kSpaces, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kSpaces, end);
  }
  return parts;
}

std::vector<Value> split_at(const std::string& text, const std::string& separator, std::int64_t most) {
  std::vector<Value> parts;
  std::size_t at = 0;
  for (;;) {
    const std::size_t next =
        most >= 0 && static_cast<std::int64_t>(parts.size()) >= most ? std::string::npos : text.find(separator, at);
    parts.emplace_back(text.substr(at, next == std::string::npos ? next : next - at));
    if (next == std::string::npos) return parts;
    at = next + separator.size();
  }
}

std::vector<Value> rsplit_at(const std::string& text, const std::string& separator, std::int64_t most) {
  std::vector<Value> parts;
  std::size_t end = text.size();
  for (;;) {
    const bool stop = (most >= 0 && static_cast<std::int64_t>(parts.size()) >= most) || end < separator.size();
    const std::size_t found = stop ? std::string::npos : text.rfind(separator, end - separator.size());
    if (found == std::string::npos) {
      parts.emplace_back(text.substr(0, end));
      std::reverse(parts.begin(), parts.end());
      return parts;
    }
    parts.emplace_back(text.substr(found + separator.size(), end - found - separator.size()));
    end = found;
  }
}

Value split(Interpreter& in, const CallArgs& args, const Kwargs& kwargs, bool from_right) {
  const NativeArguments a(in, "split", args, kwargs, {"self", "sep", "maxsplit"}, 1);
  const std::string text = in.text(a[0]);
  const std::int64_t most = a.has(2) ? in.index(a[2]) : -1;
  if (a.get(1).is_none() && !from_right) return Value::list(split_spaces(text, most));
  if (a.get(1).is_none()) {
    if (most < 0) return Value::list(split_spaces(text, -1));
    std::vector<Value> parts;
    std::string rest = strip(text, kSpaces, false, true);
    while (!rest.empty() && static_cast<std::int64_t>(parts.size()) < most) {
      const std::size_t space = rest.find_last_of(kSpaces);
      parts.emplace_back(rest.substr(space + 1));
      rest = space == std::string::npos ? "" : strip(rest.substr(0, space), kSpaces, false, true);
    }
    if (!rest.empty()) parts.emplace_back(strip(rest, kSpaces, true, true));
    std::reverse(parts.begin(), parts.end());
    return Value::list(std::move(parts));
  }
  const std::string separator = in.text(a[1]);
  if (separator.empty()) in.raise("ValueError", "empty separator");
  return Value::list(from_right ? rsplit_at(text, separator, most) : split_at(text, separator, most));
}

Value join_strings(Interpreter& in, const std::string& separator, const Value& iterable) {
  std::string text;
  std::size_t i = 0;
  if (!in.find_iterable(iterable)) in.raise("TypeError", "can only join an iterable");
  for (const Value& item : in.to_vector(iterable)) {
    const Value& part = in.plain(item);
    if (!part.is_string())
      in.raise("TypeError",
               "sequence item " + std::to_string(i) + ": expected str instance, " + in.type_of(item)->name + " found");
    if (i++ != 0) text += separator;
    text += part.as_string();
  }
  in.charge(text.size());
  return text;
}

std::string replace_all(Interpreter& in, const std::string& text, const std::string& from, const std::string& to,
                        std::int64_t most) {
  std::string result;
  std::size_t at = 0;
  for (std::int64_t n = 0; most < 0 || n < most; ++n) {
    const std::size_t found = text.find(from, at);
    if (found == std::string::npos || at > text.size()) break;
    if (from.empty()) {
      result += to;
      if (at == text.size()) break;
      result += text[at++];
      continue;
    }
    result.append(text, at, found - at).append(to);
    at = found + from.size();
    in.charge(to.size());
  }
  return at < text.size() ? result.append(text, at, std::string::npos) : result;
}

bool affix(Interpreter& in, const std::string& text, const Value& what, bool at_start) {
  if (what.is_tuple())
    return std::any_of(what.as_tuple().begin(), what.as_tuple().end(),
                       [&](const Value& one) { return affix(in, text, one, at_start); });
  if (!what.is_string())
    in.raise("TypeError", std::string(at_start ? "startswith" : "endswith") +
                              " first arg must be str or a tuple of str, not " + in.type_of(what)->name);
  return at_start ? text.starts_with(what.as_string()) : text.ends_with(what.as_string());
}

/// The part of self that `find(what, start, stop)` and its kin search.
struct SearchedPart {
  std::string text;
  std::int64_t before = 0;  ///< characters in front of it
  bool exists = true;       ///< false: it would start behind the end, where not even '' is found
};

SearchedPart searched_part(Interpreter& in, const CallArgs& args) {
  SearchedPart part{in.text(args.at(0))};
  if (args.size() < 3) return part;
  const auto size = static_cast<std::int64_t>(count_characters(part.text));
  const auto place = [&](std::size_t i, std::int64_t otherwise) {
    if (i >= args.size() || args[i].is_none()) return otherwise;
    const std::int64_t at = in.index(args[i]);
    return at < 0 ? std::max<std::int64_t>(at + size, 0) : at;
  };
  const std::int64_t start = place(2, 0), stop = std::min(place(3, size), size);
  part.exists = start <= stop;
  if (!part.exists) return part;
  std::size_t from = 0;
  for (std::int64_t n = 0; n < start; ++n) from += character_length(part.text, from);
  std::size_t to = from;
  for (std::int64_t n = start; n < stop; ++n) to += character_length(part.text, to);
  part.text = part.text.substr(from, to - from);
  part.before = start;
  return part;
}

std::int64_t find(Interpreter& in, const CallArgs& args, bool from_right) {
  const SearchedPart part = searched_part(in, args);
  const std::string what = in.text(args.at(1));
  const std::size_t at = from_right ? part.text.rfind(what) : part.text.find(what);
  if (!part.exists || at == std::string::npos) return -1;
  return part.before + static_cast<std::int64_t>(count_characters(std::string_view(part.text).substr(0, at)));
}

std::string pad(Interpreter& in, const CallArgs& args, int side) {
  const std::string text = in.text(args.at(0));
  const auto width = in.index(args.at(1));
  const std::string fill = args.size() > 2 ? in.text(args[2]) : " ";
  if (count_characters(fill) != 1) in.raise("TypeError", "The fill character must be exactly one character long");
  const std::int64_t missing = width - static_cast<std::int64_t>(count_characters(text));
  if (missing <= 0) return text;
  in.charge(static_cast<std::size_t>(missing) * fill.size());
  const std::int64_t left = side < 0 ? 0 : side > 0 ? missing : missing / 2 + (missing & width & 1);
  std::string out;
  for (std::int64_t i = 0; i < left; ++i) out += fill;
  out += text;
  for (std::int64_t i = left; i < missing; ++i) out += fill;
  return out;
}

bool all_of(const std::string& text, bool (*test)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), test);
}

void install_tests(Interpreter& in, const PyClassPtr& cls) {
  const auto test = [&](const char* name, std::function<bool(const std::string&)> holds) {
    in.method(cls, name, [&in, holds = std::move(holds)](const CallArgs& args, const Kwargs&) -> Value {
      return holds(in.text(args.at(0)));
    });
  };
  test("isdigit", [](const std::string& s) { return all_of(s, is_digit); });
  test("isnumeric", [](const std::string& s) { return all_of(s, is_digit); });
  test("isdecimal", [](const std::string& s) { return all_of(s, is_digit); });
  test("isalpha", [](const std::string& s) { return all_of(s, is_letter); });
  test("isalnum", [](const std::string& s) { return all_of(s, [](char c) { return is_letter(c) || is_digit(c); }); });
  test("isspace", [](const std::string& s) { return !s.empty() && s.find_first_not_of(kSpaces) == std::string::npos; });
  test("isupper", [](const std::string& s) {
    return std::any_of(s.begin(), s.end(), is_upper) && std::none_of(s.begin(), s.end(), is_lower);
  });
  test("islower", [](const std::string& s) {
    return std::any_of(s.begin(), s.end(), is_lower) && std::none_of(s.begin(), s.end(), is_upper);
  });
  test("isascii", [](const std::string& s) {
    return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  });
  test("isprintable", [](const std::string& s) {
    const auto characters = split_characters(s);
    return std::all_of(characters.begin(), characters.end(), [](const std::string& c) {
      return c.size() == 1 ? c[0] >= ' ' && c[0] < 0x7F : is_printable(static_cast<std::uint32_t>(decode_character(c)));
    });
  });
  test("istitle", [](const std::string& s) { return std::any_of(s.begin(), s.end(), is_upper) && title(s) == s; });
  test("isidentifier", [](const std::string& s) {
    return all_of(s, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; }) && !is_digit(s[0]);
  });
}

void install_changes(Interpreter& in, const PyClassPtr& cls) {
  const auto change = [&](const char* name, std::function<std::string(std::string)> apply) {
    in.method(cls, name, [&in, apply = std::move(apply)](const CallArgs& args, const Kwargs&) -> Value {
      return apply(in.text(args.at(0)));
    });
  };
  change("lower", [](std::string s) { return mapped(std::move(s), to_lower); });
  change("casefold", [](std::string s) { return mapped(std::move(s), to_lower); });
  change("upper", [](std::string s) { return mapped(std::move(s), to_upper); });
  change("swapcase", [](std::string s) {
    return mapped(std::move(s), [](char c) { return is_upper(c) ? to_lower(c) : to_upper(c); });
  });
  change("title", title);
  change("capitalize", capitalize);
  const auto stripper = [&](const char* name, bool left, bool right) {
    in.method(cls, name, [&in, left, right](const CallArgs& args, const Kwargs&) -> Value {
      return strip(in.text(args.at(0)), args.size() > 1 && !args[1].is_none() ? in.text(args[1]) : kSpaces, left,
                   right);
    });
  };
  stripper("strip", true, true);
  stripper("lstrip", true, false);
  stripper("rstrip", false, true);
  in.method(cls, "ljust", [&in](const CallArgs& args, const Kwargs&) -> Value { return pad(in, args, -1); });
  in.method(cls, "rjust", [&in](const CallArgs& args, const Kwargs&) -> Value { return pad(in, args, 1); });
  in.method(cls, "center", [&in](const CallArgs& args, const Kwargs&) -> Value { return pad(in, args, 0); });
  in.method(cls, "zfill", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const std::string text = in.text(args.at(0));
    const bool sign = !text.empty() && (text[0] == '-' || text[0] == '+');
    const std::string padded =
        pad(in, Args{sign ? text.substr(1) : text, in.index(args.at(1)) - (sign ? 1 : 0), "0"}, 1);
    return sign ? text[0] + padded : padded;
  });
  in.method(cls, "removeprefix", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const std::string text = in.text(args.at(0)), what = in.text(args.at(1));
    return text.starts_with(what) ? text.substr(what.size()) : text;
  });
  in.method(cls, "removesuffix", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const std::string text = in.text(args.at(0)), what = in.text(args.at(1));
    return text.ends_with(what) ? text.substr(0, text.size() - what.size()) : text;
  });
}

void install_searches(Interpreter& in, const PyClassPtr& cls) {
  for (const bool right : {false, true}) {
    in.method(cls, right ? "rfind" : "find",
              [&in, right](const CallArgs& args, const Kwargs&) -> Value { return find(in, args, right); });
    in.method(cls, right ? "rindex" : "index", [&in, right](const CallArgs& args, const Kwargs&) -> Value {
      const std::int64_t at = find(in, args, right);
      if (at < 0) in.raise("ValueError", "substring not found");
      return at;
    });
    in.method(cls, right ? "rsplit" : "split",
              [&in, right](const CallArgs& args, const Kwargs& kwargs) { return split(in, args, kwargs, right); });
    in.method(cls, right ? "rpartition" : "partition", [&in, right](const CallArgs& args, const Kwargs&) {
      const std::string text = in.text(args.at(0)), separator = in.text(args.at(1));
      const std::size_t at = right ? text.rfind(separator) : text.find(separator);
      if (at == std::string::npos) return right ? Value::tuple({"", "", text}) : Value::tuple({text, "", ""});
      return Value::tuple({text.substr(0, at), separator, text.substr(at + separator.size())});
    });
  }
  in.method(cls, "count", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const auto [text, before, exists] = searched_part(in, args);
    const std::string what = in.text(args.at(1));
    if (!exists) return 0;
    if (what.empty()) return static_cast<std::int64_t>(count_characters(text) + 1);
    std::int64_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++count;
    return count;
  });
  in.method(cls, "startswith", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const SearchedPart part = searched_part(in, args);
    return affix(in, part.text, args.at(1), true) && part.exists;
  });
  in.method(cls, "endswith", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const SearchedPart part = searched_part(in, args);
    return affix(in, part.text, args.at(1), false) && part.exists;
  });
}

}  // namespace

void install_strings(Interpreter& in) {
  const PyClassPtr cls = in.types.string = in.native_class("str", {in.types.object}, "");
  in.builtins->globals.set("str", cls);
  cls->dict.set(
      "__new__",
      in.native("str", [&in, weak = std::weak_ptr<PyClass>(cls)](const CallArgs& args, const Kwargs& kwargs) -> Value {
        const NativeArguments a(in, "str", args.from(1), kwargs, {"object", "encoding", "errors"}, 0);
        const auto bytes = a.has(1) ? a[0].try_as<BytesObject>() : nullptr;
        const Value text = bytes ? bytes->bytes : a.has(0) ? in.str(a[0]) : std::string();
        const auto wanted = class_argument(in, args, weak.lock());
        if (wanted == weak.lock()) return text;
        const Value instance = in.allocate(wanted);
        instance.try_as<PyInstance>()->payload = text;
        instance.try_as<PyInstance>()->has_payload = true;
        return instance;
      }));
  in.method(cls, "__str__", [&in](const CallArgs& args, const Kwargs&) { return in.plain(args.at(0)); });
  in.method(cls, "__repr__",
            [&in](const CallArgs& args, const Kwargs&) -> Value { return scriptc::repr(in.plain(args.at(0))); });
  in.method(cls, "__len__",
            [&in](const CallArgs& args, const Kwargs&) -> Value { return in.length(in.plain(args.at(0))); });
  in.method(cls, "__contains__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return in.contains(in.plain(args.at(0)), args.at(1));
  });
  in.method(cls, "__iter__",
            [&in](const CallArgs& args, const Kwargs&) -> Value { return in.iterate(in.plain(args.at(0))); });
  in.method(cls, "__hash__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return static_cast<std::int64_t>(hash_value(in.plain(args.at(0))));
  });
  in.method(cls, "join",
            [&in](const CallArgs& args, const Kwargs&) { return join_strings(in, in.text(args.at(0)), args.at(1)); });
  in.method(cls, "format", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    return str_format(in, in.text(args.at(0)), args.from(1), kwargs);
  });
  in.method(cls, "format_map", [&in](const CallArgs& args, const Kwargs&) -> Value {
    Kwargs names;
    for (const Value& key : in.to_vector(in.call_method(args.at(1), "keys")))
      names.emplace_back(in.text(key), in.get_item(args[1], key));
    return str_format(in, in.text(args.at(0)), {}, names);
  });
  in.method(cls, "replace", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "replace", args, kwargs, {"self", "old", "new", "count"}, 3);
    return replace_all(in, in.text(a[0]), in.text(a[1]), in.text(a[2]), a.has(3) ? in.index(a[3]) : -1);
  });
  install_tests(in, cls);
  install_changes(in, cls);
  install_searches(in, cls);
  install_string_coding(in, cls);
}

}  // namespace scriptc::python
