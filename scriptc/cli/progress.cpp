#include "scriptc/cli/progress.h"

#include <algorithm>

namespace scriptc::cli {

Progress::Progress(Console& console, Show show, int stages) : console_(console), show_(show), stages_(stages) {}

Progress::~Progress() { console_.clear_status(); }

void Progress::begin(std::string name, std::string_view text) {
  end();
  name_ = std::move(name);
  start_ = Clock::now();
  // A rerun of a stage is shown without counting further.
  const auto same = [&](const auto& timed) { return timed.first == name_; };
  if (std::none_of(seconds_.begin(), seconds_.end(), same)) done_ = std::min(done_ + 1, stages_);
  if (show_ == Show::nothing) return;
  const std::string count = std::to_string(done_) + "/" + std::to_string(stages_);
  if (console_.stderr_is_terminal()) {
    constexpr int kWidth = 24;
    const int filled = kWidth * done_ / stages_;
    const std::string bar = std::string(static_cast<std::size_t>(filled), '=') +
                            std::string(static_cast<std::size_t>(kWidth - filled), ' ');
    console_.show_status("[" + bar + "] " + count + " " + std::string(text));
  } else {
    console_.note("[" + count + "] " + std::string(text));
  }
}

void Progress::resume(std::string name) {
  end();
  name_ = std::move(name);
  start_ = Clock::now();
}

void Progress::end() {
  if (name_.empty()) return;
  const double taken = std::chrono::duration<double>(Clock::now() - start_).count();
  const auto same = std::find_if(seconds_.begin(), seconds_.end(), [&](const auto& s) { return s.first == name_; });
  if (same != seconds_.end())
    same->second += taken;
  else
    seconds_.emplace_back(name_, taken);
  name_.clear();
}

}  // namespace scriptc::cli
