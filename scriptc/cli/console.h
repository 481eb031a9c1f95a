#pragma once

#include <string>
#include <string_view>

#include "scriptc/model/error.h"

namespace scriptc::cli {

/// The program's standard output and error. Closed or broken ones are harmless: what cannot be written is dropped,
/// and `lost_output` tells of a full disk.
class Console final : public MessageSink {
 public:
  /// Opens /dev/null for standard descriptors that are closed, so that no file of ours takes their number.
  Console();

  void print(std::string_view text);             ///< to stdout, as it stands
  void warning(std::string_view text) override;  ///< `warning: …` to stderr
  void error(std::string_view text);             ///< `error: …` to stderr
  void note(std::string_view text);              ///< a line to stderr
  void show_status(std::string_view text);       ///< one line that the next message replaces; terminals only
  void clear_status();

  bool stderr_is_terminal() const { return terminal_; }
  bool lost_output() const { return lost_output_; }

 private:
  bool terminal_ = false;
  bool status_shown_ = false;
  bool lost_output_ = false;
};

}  // namespace scriptc::cli
