#include <algorithm>
#include <cctype>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/strings.h"

// Strings as lines, tables and bytes.

namespace scriptc::python {
namespace {

std::vector<Value> split_lines(const std::string& text, bool keep_ends) {
  std::vector<Value> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\n\r\f\v", at), text.size());
    const std::size_t next = std::min(end + (text.compare(end, 2, "\r\n") == 0 ? 2 : 1), text.size());
    lines.emplace_back(text.substr(at, (keep_ends ? next : end) - at));
    at = next;
  }
  return lines;
}

std::string expand_tabs(Interpreter& in, const std::string& text, std::int64_t size) {
  std::string out;
  std::int64_t column = 0;
  for (const std::string& character : split_characters(text)) {
    const bool tab = character == "\t";
    const std::int64_t blanks = tab && size > 0 ? size - column % size : 0;
    in.charge(static_cast<std::size_t>(blanks));
    out += tab ? std::string(static_cast<std::size_t>(blanks), ' ') : character;
    column = character == "\n" || character == "\r" ? 0 : column + (tab ? blanks : 1);
  }
  return out;
}

/// Characters by the table of `str.maketrans`: code points to code points, texts or None.
std::string translate(Interpreter& in, const std::string& text, const Value& table) {
  std::string out;
  for (const std::string& character : split_characters(text)) {
    const std::int64_t code = decode_character(character);
    const auto found = table.is_dict() ? table.as_dict().find(code) : nullptr;
    if (found == nullptr)
      out += character;
    else if (!found->is_none())
      out += found->is_string() ? found->as_string() : encode_character(in.index(*found));
  }
  in.charge(out.size());
  return out;
}

Value make_translation(Interpreter& in, const CallArgs& args) {
  const Value table = Value::dict();
  const auto code = [&](const Value& key) -> Value {
    return key.is_string() ? decode_character(key.as_string()) : key;
  };
  if (args.size() == 1) {
    for (const Value& key : in.to_vector(args[0])) table.as_dict().set(code(key), in.get_item(args[0], key));
    return table;
  }
  const auto from = split_characters(in.text(args.at(0))), to = split_characters(in.text(args.at(1)));
  if (from.size() != to.size()) in.raise("ValueError", "the first two maketrans arguments must have equal length");
  for (std::size_t i = 0; i < from.size(); ++i) table.as_dict().set(decode_character(from[i]), decode_character(to[i]));
  if (args.size() > 2)
    for (const std::string& character : split_characters(in.text(args[2])))
      table.as_dict().set(decode_character(character), Value());
  return table;
}

/// `text.encode(encoding)` for the encodings that a name can mean here.
Value encode(Interpreter& in, const std::string& text, std::string encoding) {
  std::replace(encoding.begin(), encoding.end(), '_', '-');
  std::transform(encoding.begin(), encoding.end(), encoding.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (encoding == "utf-8" || encoding == "utf8") return std::make_shared<BytesObject>(text);
  const bool ascii = encoding == "ascii";
  if (!ascii && encoding != "latin-1" && encoding != "latin1" && encoding != "iso-8859-1")
    in.raise("LookupError", "unknown encoding: " + encoding);
  std::string bytes;
  const auto characters = split_characters(text);
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const std::int64_t code = decode_character(characters[i]);
    if (code >= (ascii ? 0x80 : 0x100))
      in.raise("UnicodeEncodeError", quote(ascii ? "ascii" : "latin-1") + " codec can't encode character '" +
                                         to_ascii(characters[i]) + "' in position " + std::to_string(i) +
                                         ": ordinal not in range(" + (ascii ? "128)" : "256)"));
    bytes += static_cast<char>(code);
  }
  return std::make_shared<BytesObject>(bytes);
}

}  // namespace

void install_string_coding(Interpreter& in, const PyClassPtr& cls) {
  in.method(cls, "splitlines", [&in](const CallArgs& args, const Kwargs& kwargs) {
    const NativeArguments a(in, "splitlines", args, kwargs, {"self", "keepends"}, 1);
    return Value::list(split_lines(in.text(a[0]), a.flag(1, false)));
  });
  in.method(cls, "encode", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "encode", args, kwargs, {"self", "encoding", "errors"}, 1);
    return encode(in, in.text(a[0]), in.text(a.get(1, "utf-8")));
  });
  in.method(cls, "expandtabs", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "expandtabs", args, kwargs, {"self", "tabsize"}, 1);
    return expand_tabs(in, in.text(a[0]), in.index(a.get(1, 8)));
  });
  in.method(cls, "translate", [&in](const CallArgs& args, const Kwargs&) -> Value {
    return translate(in, in.text(args.at(0)), args.at(1));
  });
  cls->dict.set("maketrans", std::make_shared<MethodWrapper>(
                                 false, in.native("str.maketrans", [&in](const CallArgs& args, const Kwargs&) {
                                   return make_translation(in, args);
                                 })));
  in.builtins->globals.set("bytes", in.types.bytes);
  in.method(in.types.bytes, "decode",
            [](const CallArgs& args, const Kwargs&) -> Value { return args.at(0).try_as<BytesObject>()->bytes; });
  in.method(in.types.bytes, "hex", [](const CallArgs& args, const Kwargs&) -> Value {
    std::string text;
    for (const char c : args.at(0).try_as<BytesObject>()->bytes)
      for (const int half : {static_cast<unsigned char>(c) >> 4, c & 0xF}) text += "0123456789abcdef"[half];
    return text;
  });
  in.method(in.types.bytes, "__len__", [](const CallArgs& args, const Kwargs&) -> Value {
    return static_cast<std::int64_t>(args.at(0).try_as<BytesObject>()->bytes.size());
  });
}

}  // namespace scriptc::python
