#pragma once

#include <deque>
#include <exception>
#include <string>
#include <vector>

#include "plugins/loader.h"
#include "scriptc/abi.h"

/// What abi.h's opaque session is.
struct scriptc_session {};

namespace scriptc::plugins {

class Builder;

/// One text of `m.functions`, and where it stands.
struct FunctionsText {
  std::string file;  ///< base name
  int line = 0;
  std::string text;
};

/// A model with what calls its builder.
struct RegisteredModel {
  ModelInfo info;
  scriptc_build build = nullptr;
  void* builder = nullptr;
};

/// What the entry registers. Taken over by the Plugin when the entry has succeeded.
struct Registration {
  std::deque<RegisteredModel> models;  ///< a deque: handles are positions, references stay
  std::vector<FunctionsText> functions;

  /// Checks and adds. Errors (plugin).
  std::size_t add_model(const scriptc_model& model, const class Session& session);
  RegisteredModel& model(scriptc_handle handle);
};

/// One call into a plugin: the values that its handles name, and the last error. Exactly one of the two parts is
/// there: registration in the entry, builder in a build.
class Session : public scriptc_session {
 public:
  explicit Session(Registration& registration) : registration_(&registration) {}
  explicit Session(Builder& builder) : builder_(&builder) {}

  /// Errors (plugin) if the plugin calls what is for the other phase.
  Registration& registration() const;
  Builder& builder() const;

  scriptc_handle keep(Value value);
  /// Errors (plugin): 0, or a handle of another session.
  const Value& at(scriptc_handle handle) const;
  std::vector<Value> at(const scriptc_handle* handles, std::uint64_t count) const;

  /// Remembers the exception in flight. Call inside a handler.
  void capture();
  void fail(std::string text);
  const std::string& error_text() const { return error_text_; }
  /// The exception that a host function ended with; null if there was none.
  std::exception_ptr error() const { return error_; }

  NativeModule native;

 private:
  Registration* registration_ = nullptr;
  Builder* builder_ = nullptr;
  std::deque<Value> values_;
  std::exception_ptr error_;
  std::string error_text_;
};

/// `file:line` with the base name, as messages show places.
std::string to_string(const scriptc_place& place);
std::string base_name(const char* file);

/// The table of functions that plugins call.
const scriptc_host& host_table();

}  // namespace scriptc::plugins
