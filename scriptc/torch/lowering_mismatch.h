#pragma once

#include <optional>
#include <string>

namespace scriptc::torch_backend {

/// What is wrong, and the indented lines that follow it (variants, `help:`), each with a leading newline.
struct Complaint {
  std::string sentence;
  std::string tail;
};

/// LibTorch's list of all the schemas that a call does not fit, as what a person needs of it; nullopt if `text` is no
/// such list. `code`: the source text of the call.
std::optional<Complaint> describe_mismatch(const std::string& text, const std::string& code);

/// One line of LibTorch's, safe to print; quotes need no escaping there.
std::string readable(const std::string& line);

}  // namespace scriptc::torch_backend
