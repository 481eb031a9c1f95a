#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scriptc/cli/console.h"

namespace scriptc::cli {

/// Shows the stages of a job on stderr – a bar on a terminal, else a line each – and takes their times.
class Progress {
 public:
  enum class Show { nothing, stages };

  Progress(Console& console, Show show, int stages);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Ends the stage before and begins `name` (`freeze`), shown as `text` (`freezing`).
  void begin(std::string name, std::string_view text);
  /// Ends the stage before and goes on with one that it interrupted, which is not shown again.
  void resume(std::string name);
  void end();
  /// Names and seconds of the stages that ended; a stage begun twice is summed.
  const std::vector<std::pair<std::string, double>>& seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;

  Console& console_;
  Show show_;
  int stages_;
  int done_ = 0;
  std::string name_;
  Clock::time_point start_;
  std::vector<std::pair<std::string, double>> seconds_;
};

}  // namespace scriptc::cli
