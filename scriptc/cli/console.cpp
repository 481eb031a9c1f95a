#include "scriptc/cli/console.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace scriptc::cli {
namespace {

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A model's exception may hold anything: nothing of it is a command to the terminal.
std::string without_commands(std::string_view text) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 0x20 && byte != 0x7f) || c == '\n' || c == '\t';
    if (plain)
      shown += c;
    else
      shown += std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15];
  }
  return shown;
}

}  // namespace

Console::Console() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    // The lowest free number is the closed one. Where there is no /dev, what can be neither read nor written holds it.
    if (::fcntl(file, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", O_RDWR) < 0)
      static_cast<void>(::open("/", O_PATH | O_DIRECTORY));
  terminal_ = ::isatty(STDERR_FILENO) == 1;
}

void Console::print(std::string_view text) {
  clear_status();
  // A reader that went away (`| head`) is no failure.
  if (!write_all(STDOUT_FILENO, text) && errno != EPIPE) lost_output_ = true;
}

void Console::warning(std::string_view text) { note("warning: " + std::string(text)); }

void Console::error(std::string_view text) { note("error: " + std::string(text)); }

void Console::note(std::string_view text) {
  clear_status();
  write_all(STDERR_FILENO, without_commands(text) + "\n");
}

void Console::show_status(std::string_view text) {
  if (!terminal_) return;
  write_all(STDERR_FILENO, "\r\x1b[K" + std::string(text));
  status_shown_ = true;
}

void Console::clear_status() {
  if (!status_shown_) return;
  write_all(STDERR_FILENO, "\r\x1b[K");
  status_shown_ = false;
}

}  // namespace scriptc::cli
