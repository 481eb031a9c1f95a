#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "scriptc/model/error.h"

namespace scriptc::weights {

/// The file being read, as its refusals name it: `'FILE': where: what [Z12]`. `where` is a record or an offset, or
/// empty; the rule is the row of tests/weights that the file breaks.
class Origin {
 public:
  explicit Origin(std::string path, MessageSink* messages = nullptr) : path_(std::move(path)), messages_(messages) {}

  const std::string& path() const { return path_; }

  Error bad(std::string_view where, std::string_view what, std::string_view rule) const;
  /// Beyond a cap; `flag` is the option that raises it.
  Error over(std::string_view where, std::string_view what, std::string_view flag, std::string_view rule) const;
  void warn(std::string_view where, std::string_view what, std::string_view rule) const;

 private:
  std::string text(std::string_view where, std::string_view what, std::string_view rule) const;

  std::string path_;
  MessageSink* messages_;
};

/// `(got 3, expected 4)`
std::string got_expected(std::string_view got, std::string_view expected);
/// `(got 3, limit 4)`
std::string got_limit(std::string_view got, std::string_view limit);

}  // namespace scriptc::weights
