#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

/// Pickle programs as strings that are put together: each function is code that pushes one value.
namespace scriptc::weights::test {

using Code = std::string;

template <class T>
Code little_endian(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline Code str(const std::string& text) { return "X" + little_endian(static_cast<std::uint32_t>(text.size())) + text; }
inline Code bytes(const std::string& text) {
  return "B" + little_endian(static_cast<std::uint32_t>(text.size())) + text;
}
inline Code num(std::int64_t value) { return std::string("\x8a\x08", 2) + little_endian(value); }
inline Code global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }

inline Code joined(std::initializer_list<Code> parts) {
  Code out;
  for (const Code& part : parts) out += part;
  return out;
}

inline Code tuple(std::initializer_list<Code> items) { return "(" + joined(items) + "t"; }
inline Code list(std::initializer_list<Code> items) { return "](" + joined(items) + "e"; }
inline Code call(const Code& callable, std::initializer_list<Code> arguments) {
  return callable + tuple(arguments) + "R";
}

inline Code dict(std::initializer_list<std::pair<std::string, Code>> items) {
  Code out = "}(";
  for (const auto& [key, value] : items) out += str(key) + value;
  return out + "u";
}

inline Code shape(std::initializer_list<std::int64_t> sizes) {
  Code out = "(";
  for (const std::int64_t size : sizes) out += num(size);
  return out + "t";
}

/// A persistent id of a storage.
inline Code storage(const std::string& key, std::int64_t numel, const std::string& type = "FloatStorage",
                    const std::string& device = "cpu") {
  return tuple({str("storage"), global("torch", type), str(key), str(device), num(numel)}) + "Q";
}

inline Code ordered_dict() { return global("collections", "OrderedDict") + ")R"; }

inline Code tensor(const Code& storage, std::int64_t offset, const Code& size, const Code& stride) {
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              {storage, num(offset), size, stride, "\x89", ordered_dict()});
}

/// The whole pickle, protocol 2.
inline std::string pickle(const Code& value) { return "\x80\x02" + value + "."; }

}  // namespace scriptc::weights::test
