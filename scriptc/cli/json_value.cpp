#include "scriptc/cli/json_value.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc::cli {
namespace {

constexpr std::size_t kDeepest = 100;

/// Builds the Value while nlohmann-json reads: its own tree has no room for a key given twice, and turns an integer
/// beyond 64 bits into a float.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(const std::string& what) : what_(what) {}

  const Value& result() const { return result_; }

  bool null() override { return add(None()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override {
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) fail_integer(std::to_string(value));
    return add(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string& spelling) override {
    if (spelling.find_first_of(".eE") == std::string::npos) fail_integer(spelling);
    return add(value);
  }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // never in text

  bool start_array(std::size_t) override { return open(Value::list({})); }
  bool end_array() override { return close(); }
  bool start_object(std::size_t) override { return open(Value::dict()); }
  bool end_object() override { return close(); }
  bool key(std::string& name) override {
    Level& level = open_.back();
    if (level.container.as_dict().find(Value(name)))
      throw Error(ErrorKind::usage, what_ + " has key " + quote(name) + " twice");
    level.key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    throw Error(ErrorKind::usage, what_ + " is not JSON: syntax error at character " + std::to_string(position));
  }

 private:
  struct Level {
    Value container;
    std::string key;
  };

  bool add(Value value) {
    if (open_.empty())
      result_ = std::move(value);
    else if (Level& level = open_.back(); level.container.is_list())
      level.container.as_list().push_back(std::move(value));
    else
      level.container.as_dict().set(Value(level.key), std::move(value));
    return true;
  }

  bool open(Value container) {
    if (open_.size() == kDeepest)
      throw Error(ErrorKind::usage, what_ + " is nested more than " + std::to_string(kDeepest) + " deep");
    open_.push_back({std::move(container), ""});
    return true;
  }

  bool close() {
    Value container = std::move(open_.back().container);
    open_.pop_back();
    return add(std::move(container));
  }

  [[noreturn]] void fail_integer(const std::string& spelling) const {
    throw Error(ErrorKind::usage, what_ + ": integer " + quote(spelling) + " does not fit in 64 bits");
  }

  std::string what_;
  std::vector<Level> open_;
  Value result_;
};

}  // namespace

Value parse_json(const std::string& text, const std::string& what) {
  Builder builder(what);
  nlohmann::json::sax_parse(text, &builder);
  return builder.result();
}

nlohmann::ordered_json value_json(const Value& value) {
  using Json = nlohmann::ordered_json;
  if (value.is_none()) return nullptr;
  if (value.is_bool()) return value.as_bool();
  if (value.is_int()) return value.as_int();
  if (value.is_float() && std::isfinite(value.as_float())) return value.as_float();
  if (value.is_string()) return value.as_string();
  if (value.is_list() || value.is_tuple()) {
    Json list = Json::array();
    for (const Value& item : value.is_list() ? value.as_list() : value.as_tuple()) list.push_back(value_json(item));
    return list;
  }
  if (!value.is_dict()) return repr(value);
  Json dict = Json::object();
  for (const auto& [key, item] : value.as_dict().entries)
    dict[key.is_string() ? key.as_string() : repr(key)] = value_json(item);
  return dict;
}

}  // namespace scriptc::cli
