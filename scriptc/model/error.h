#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace scriptc {

/// What went wrong, by who has to act. The numeric value is the exit code of the programs.
enum class ErrorKind : int {
  internal = 1,      ///< our bug
  usage = 2,         ///< options, spelling of arguments
  bad_input = 3,     ///< checkpoint, `.py` syntax, archive
  cap = 4,           ///< a limit was exceeded; the message names the flag that raises it
  io = 5,            ///< missing or unreadable file, full disk
  plugin = 6,        ///< not a plugin, wrong ABI, cannot be loaded
  model = 7,         ///< no such model, wrong arguments, cannot be compiled, weights do not fit
  verification = 8,  ///< the written file does not compute what the model computes
};

/// The only exception type that leaves a layer. `message` has no `error: ` prefix: its first line is one
/// sentence (subject first, cause last, names quoted, no full stop), further lines are indented by two blanks.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& message() const noexcept { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_;
};

inline int exit_code(ErrorKind kind) { return static_cast<int>(kind); }

/// Where warnings go. Owned by the program; the layers below only borrow it.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  /// `text` follows the same rules as Error::message.
  virtual void warning(std::string_view text) = 0;
};

}  // namespace scriptc
