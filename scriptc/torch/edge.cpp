#include "scriptc/torch/edge.h"

#include <c10/util/Exception.h>

#include <atomic>
#include <vector>

#include "scriptc/model/text.h"

namespace scriptc::torch_backend {
namespace {

std::atomic<bool> debug_on{false};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back(line);
    start = end + 1;
  }
  return lines;
}

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r.") + 1 - first);
}

std::string whole_text(std::string_view what) {
  std::string out;
  for (const std::string_view line : lines_of(what)) out.append("\n  ").append(escape(line, 0));
  return out;
}

/// What LibTorch's allocator says, a plain c10::Error and, inside the TorchScript interpreter, not even that.
constexpr std::string_view kNoMemory = "DefaultCPUAllocator: ";

/// Of kind cap, whatever was being done.
[[noreturn]] void raise_out_of_memory(std::string_view subject, std::string_view what = {}) {
  std::string text = std::string(subject) + ": out of memory";
  constexpr std::string_view kAsked = "you tried to allocate ";
  if (const std::size_t at = what.find(kAsked); at != std::string_view::npos) {
    const std::size_t number = at + kAsked.size();
    text.append(", ").append(what.substr(number, what.find(' ', number) - number)).append(" bytes were asked for");
  }
  throw Error(ErrorKind::cap, std::move(text));
}

[[noreturn]] void raise(ErrorKind kind, std::string_view subject, std::string_view brief, std::string_view all) {
  if (all.find(kNoMemory) != std::string_view::npos) raise_out_of_memory(subject, all);
  std::string text = std::string(subject) + ": " + first_sentence(brief);
  if (debug_on) text += whole_text(all);
  throw Error(kind, std::move(text));
}

}  // namespace

void set_debug(bool on) { debug_on = on; }

std::string first_sentence(std::string_view what) {
  const std::vector<std::string_view> lines = lines_of(what);
  if (lines.empty()) return "LibTorch gave no reason";
  std::string_view line = lines.front();
  if (line.find("operation failed in the TorchScript interpreter") != std::string_view::npos) line = lines.back();
  line = trimmed(line);
  for (const std::string_view prefix : {"RuntimeError: ", "torch.jit.Error: "})
    if (line.substr(0, prefix.size()) == prefix) line.remove_prefix(prefix.size());
  constexpr std::size_t kLongest = 600;
  return escape(line, kLongest);
}

void rethrow_as_error(ErrorKind kind, std::string_view subject) {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const c10::Error& error) {
    raise(kind, subject, error.what_without_backtrace(), error.what());
  } catch (const std::bad_alloc&) {
    raise_out_of_memory(subject);
  } catch (const std::exception& error) {
    raise(kind, subject, error.what(), error.what());
  }
}

}  // namespace scriptc::torch_backend
