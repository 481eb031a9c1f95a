#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scriptc/model/backend.h"
#include "scriptc/model/input_spec.h"
#include "scriptc/model/module.h"
#include "scriptc/model/value.h"
#include "scriptc/python/evaluator.h"

namespace scriptc::plugins {

/// The declared type of a model's parameter, as `plugin.h` deduces it.
struct ParameterType {
  enum class Kind { boolean, integer, floating, string, optional, list, tuple };
  Kind kind = Kind::string;
  std::vector<ParameterType> items;  ///< of optional and list: one; of tuple: each
};

/// `int`, `list of int`, `optional float`, `tuple of (int, str)`.
std::string to_string(const ParameterType& type);
/// Reads abi.h's spelling: `optional[list[int]]`. nullopt if it is none, or nested too deeply.
std::optional<ParameterType> try_parse_type(std::string_view text);
/// The value as one of the type: an int for a float, a tuple for a list. nullopt if it does not fit.
std::optional<Value> try_convert(const Value& value, const ParameterType& type);

struct ParameterInfo {
  std::string name;
  ParameterType type;
  std::optional<Value> default_value;  ///< absent: required
};

struct ModelInfo {
  std::string name;
  std::string doc;
  std::vector<ParameterInfo> parameters;
  std::vector<std::string> inputs;  ///< specs as declared with `.input(…)`; the builder may give others
  bool native = false;
};

/// What a model's builder made.
struct Built {
  ModulePtr module;  ///< described models; null for native ones
  std::optional<NativeModule> native;
  std::vector<std::string> inputs;  ///< the builder's `self.input(…)`, else the declared ones
};

/// A loaded plugin. Loaded once a process, never unloaded.
class Plugin {
 public:
  virtual ~Plugin() = default;
  virtual const std::string& path() const = 0;
  virtual const std::vector<ModelInfo>& models() const = 0;
  /// Runs the builder with one value for every parameter, in order, of the declared types. Errors (model): what the
  /// builder or the calls it made raised, with file and line of the C++ source.
  virtual Built build(const std::string& model, const std::vector<Value>& arguments, python::Evaluator& evaluator) = 0;
};

/// What the ELF note of a file says, read without loading it.
struct PluginNote {
  std::uint32_t abi_version = 0;
  bool native = false;
  bool cxx11_abi = true;      ///< native only: _GLIBCXX_USE_CXX11_ABI
  std::string libtorch;       ///< native only
  std::string compiler;       ///< reported only
  std::uint16_t machine = 0;  ///< ELF's e_machine
};

/// Where bare names are looked up, in order: SCRIPTC_PLUGIN_PATH, then the installation (or build tree) that this
/// program belongs to. Existing folders only.
std::vector<std::string> plugin_folders();

/// The file that MODULE means: a path if it has an extension or a '/', else NAME.so in SCRIPTC_PLUGIN_PATH, then in
/// the installation. Errors (io): not found, with the folders searched and nearest names.
std::string find_plugin(const std::string& module);

/// Reads the note without loading the file: tells whether a plugin needs the back end. Errors: io; plugin (no ELF
/// file, damaged, no note).
PluginNote read_plugin_note(const std::string& path);

/// Reads the note, checks it against this program and `libtorch` (BackendVersion's; needed for native plugins, which
/// link it), then loads and registers. Errors: io; plugin (as read_plugin_note; other ABI, machine or LibTorch: all
/// mismatches in one message; what registering raised).
std::shared_ptr<Plugin> load_plugin(const std::string& path, const std::string& libtorch = "");

}  // namespace scriptc::plugins
