#include "weights/origin.h"

#include "scriptc/model/text.h"

namespace scriptc::weights {
namespace {

std::string compared(std::string_view got, std::string_view word, std::string_view other) {
  std::string out = "(got ";
  out += got;
  out += ", ";
  out += word;
  out += ' ';
  out += other;
  return out + ")";
}

}  // namespace

std::string Origin::text(std::string_view where, std::string_view what, std::string_view rule) const {
  std::string out = "'" + escape(path_, 0) + "': ";
  if (!where.empty()) {
    out += where;
    out += ": ";
  }
  out += what;
  out += " [";
  out += rule;
  return out + "]";
}

Error Origin::bad(std::string_view where, std::string_view what, std::string_view rule) const {
  return Error(ErrorKind::bad_input, text(where, what, rule));
}

Error Origin::over(std::string_view where, std::string_view what, std::string_view flag, std::string_view rule) const {
  return Error(ErrorKind::cap,
               text(where, what, rule) + "\n  help: if you trust the file, raise the limit with " + std::string(flag));
}

void Origin::warn(std::string_view where, std::string_view what, std::string_view rule) const {
  if (messages_ != nullptr) messages_->warning(text(where, what, rule));
}

std::string got_expected(std::string_view got, std::string_view expected) {
  return compared(got, "expected", expected);
}
std::string got_limit(std::string_view got, std::string_view limit) { return compared(got, "limit", limit); }

}  // namespace scriptc::weights
