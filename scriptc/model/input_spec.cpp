#include "scriptc/model/input_spec.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"

namespace scriptc {
namespace {

// Example inputs are allocated as they stand: beyond these a spec is a typing error, not a model's input.
constexpr std::int64_t kMostElements = std::int64_t{1} << 32;
constexpr std::size_t kMostDimensions = 64;  // c10 allows no more
constexpr int kDeepestNesting = 32;

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c); }

bool is_name(std::string_view text) {
  return !text.empty() && starts_name(text.front()) && std::all_of(text.begin(), text.end(), continues_name);
}

/// Columns that `text` takes on a terminal, near enough: its code points.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  InputSpec parse() {
    InputSpec spec;
    const std::size_t start = skip_blanks();
    const std::string_view name = take_name();
    skip_blanks();
    if (!name.empty() && try_take('=')) {
      spec = parse_spec(0);
      spec.name = name;
    } else {
      at_ = start;
      spec = parse_spec(0);
    }
    if (skip_blanks() != text_.size()) fail(at_, "expected the end of the spec");
    return spec;
  }

 private:
  [[noreturn]] void fail(std::size_t at, std::string_view sentence, std::string_view hint = "") const {
    const std::string got = at < text_.size() ? quote(text_.substr(at, 1)) : "the end";
    const bool grammar = sentence.starts_with("expected");
    std::string message = "input spec " + quote(text_) + ": " + std::string(sentence);
    if (grammar) message += ", got " + got;
    message += "\n    " + escape(text_, 0) + "\n    " + std::string(width(escape(text_.substr(0, at), 0)), ' ') + "^";
    if (grammar)
      message +=
          "\n  help: an input looks like float32[N=2,3,224,224], int64[N=2,T=16]<30522 or float32[2,3]:0..1; "
          "combine them as (a, b), [a, b] or {key: a}";
    message += hint;
    throw Error(ErrorKind::usage, std::move(message));
  }

  std::size_t skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    return at_;
  }

  bool next_is(char c) {
    skip_blanks();
    return at_ < text_.size() && text_[at_] == c;
  }

  bool try_take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }

  std::string_view take_name() {
    const std::size_t start = skip_blanks();
    if (start < text_.size() && starts_name(text_[start]))
      while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  std::int64_t take_integer(std::string_view what, std::int64_t least) {
    const std::size_t start = skip_blanks();
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    if (start == at_) fail(start, "expected " + std::string(what));
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text_.data() + start, text_.data() + at_, value);
    if (code != std::errc()) fail(start, std::string(what) + " is too large");
    if (value < least) fail(start, std::string(what) + " must be at least " + std::to_string(least));
    return value;
  }

  InputSpec parse_spec(int depth) {
    if (depth > kDeepestNesting) fail(at_, "nested more than " + std::to_string(kDeepestNesting) + " deep");
    if (next_is('(')) return parse_items(InputSpec::Kind::tuple, ')', depth);
    if (next_is('[')) return parse_items(InputSpec::Kind::list, ']', depth);
    if (next_is('{')) return parse_items(InputSpec::Kind::dict, '}', depth);
    InputSpec spec;
    const std::size_t start = skip_blanks();
    const std::string_view name = take_name();
    if (name.empty()) fail(start, "expected a dtype, 'none', '(', '[' or '{'");
    if (name == "none" || name == "None") {
      spec.kind = InputSpec::Kind::none;
      return spec;
    }
    spec.tensor = parse_tensor(start, name);
    return spec;
  }

  InputSpec parse_items(InputSpec::Kind kind, char close, int depth) {
    InputSpec spec;
    spec.kind = kind;
    ++at_;
    while (!try_take(close)) {
      if (kind == InputSpec::Kind::dict) spec.keys.push_back(take_key(spec.keys));
      spec.items.push_back(parse_spec(depth + 1));
      if (try_take(close)) break;
      if (!try_take(',')) fail(at_, std::string("expected ',' or '") + close + "'");
    }
    return spec;
  }

  std::string take_key(const std::vector<std::string>& keys) {
    const std::size_t start = skip_blanks();
    std::string key;
    if (next_is('\'') || next_is('"')) {
      const std::size_t end = text_.find(text_[at_], at_ + 1);
      if (end == std::string_view::npos) fail(start, "the quote is not closed");
      key = text_.substr(start + 1, end - start - 1);
      at_ = end + 1;
    } else {
      key = take_name();
      if (key.empty()) fail(start, "expected a key or '}'");
    }
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) fail(start, "key " + quote(key) + " is there twice");
    if (!try_take(':')) fail(at_, "expected ':' after key " + quote(key));
    return key;
  }

  TensorSpec parse_tensor(std::size_t start, std::string_view name) {
    TensorSpec tensor;
    const auto dtype = try_dtype_by_name(name);
    if (!dtype) fail(start, "no dtype is called " + quote(name), near_dtypes(name));
    tensor.dtype = *dtype;
    const DTypeClass dtype_class = dtype_info(*dtype).dtype_class;
    if (dtype_class == DTypeClass::quantised) fail(start, quote(name) + " cannot be an example input: it is quantised");
    if (!try_take('[')) fail(at_, "expected '[' after the dtype");
    while (!try_take(']')) {
      if (tensor.shape.size() == kMostDimensions)
        fail(at_, "more than " + std::to_string(kMostDimensions) + " dimensions");
      tensor.shape.push_back(parse_dimension(tensor));
      if (try_take(']')) break;
      if (!try_take(',')) fail(at_, "expected ',' or ']'");
    }
    parse_values(tensor, dtype_class);
    return tensor;
  }

  Dimension parse_dimension(const TensorSpec& tensor) {
    Dimension dimension;
    const std::size_t start = skip_blanks();
    dimension.name = take_name();
    if (!dimension.name.empty() && !try_take('='))
      fail(at_, "expected '=' and a size after dimension " + quote(dimension.name));
    dimension.size = take_integer("a size", dimension.name.empty() ? 0 : 1);
    if (next_is('%')) {
      if (dimension.name.empty()) fail(at_, "a fixed size takes no multiple; name the dimension, as in H=224%32");
      ++at_;
      dimension.multiple = take_integer("a multiple", 1);
    }
    if (dimension.size % dimension.multiple != 0)
      fail(start,
           "size " + std::to_string(dimension.size) + " is no multiple of " + std::to_string(dimension.multiple));
    std::int64_t room = kMostElements;
    for (const Dimension& d : tensor.shape) room /= std::max<std::int64_t>(d.size, 1);
    if (dimension.size > room) fail(start, "more than " + std::to_string(kMostElements) + " elements");
    return dimension;
  }

  void parse_values(TensorSpec& tensor, DTypeClass dtype_class) {
    const std::string dtype(dtype_info(tensor.dtype).name);
    if (next_is('<')) {
      if (dtype_class != DTypeClass::integer)
        fail(at_, "'<' bounds integers; " + dtype + " takes a range such as :0..1");
      ++at_;
      tensor.below = take_integer("a bound", 1);
    } else if (next_is(':')) {
      if (dtype_class != DTypeClass::floating)
        fail(at_, "a range is for floating dtypes" + (dtype_class == DTypeClass::integer
                                                          ? "; " + dtype + " takes a bound such as <10"
                                                          : ", not for " + dtype));
      ++at_;
      tensor.range = parse_range();
    }
  }

  std::pair<double, double> parse_range() {
    const std::size_t start = skip_blanks();
    const std::size_t dots = text_.find("..", start);
    if (dots == std::string_view::npos) fail(start, "expected a range such as 0..1");
    const double first = take_float(dots);
    at_ = dots + 2;
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() &&
           (continues_name(text_[end]) || text_[end] == '.' || text_[end] == '-' || text_[end] == '+'))
      ++end;
    const double second = take_float(end);
    if (first > second) fail(start, "the range ends before it begins");
    return {first, second};
  }

  double take_float(std::size_t end) {
    double value = 0;
    const char* const first = text_.data() + at_;
    const char* last = text_.data() + end;
    while (last > first && last[-1] == ' ') --last;
    const auto [stop, code] = std::from_chars(first, last, value);
    if (code != std::errc() || stop != last || !std::isfinite(value)) fail(at_, "expected a number");
    at_ = end;
    return value;
  }

  static std::string near_dtypes(std::string_view name) {
    std::vector<std::string> names;
    for (const DTypeInfo& info : dtypes())
      if (info.dtype_class != DTypeClass::quantised) names.emplace_back(info.name);
    const std::string near = did_you_mean(name, names);
    return near.empty() ? "\n  help: the dtypes are " + join(names) : near;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string shortest(double value) {
  char buffer[32];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

std::string to_string(const Dimension& dimension) {
  std::string out = dimension.name.empty() ? "" : dimension.name + "=";
  out += std::to_string(dimension.size);
  if (dimension.multiple != 1) out += "%" + std::to_string(dimension.multiple);
  return out;
}

std::string to_string(const TensorSpec& tensor) {
  std::vector<std::string> sizes;
  for (const Dimension& dimension : tensor.shape) sizes.push_back(to_string(dimension));
  std::string out = std::string(dtype_info(tensor.dtype).name) + "[" + join(sizes, ",") + "]";
  if (tensor.below) out += "<" + std::to_string(*tensor.below);
  if (tensor.range) out += ":" + shortest(tensor.range->first) + ".." + shortest(tensor.range->second);
  return out;
}

std::string key_to_string(const std::string& key) {
  if (is_name(key)) return key;
  const char mark = key.find('\'') == std::string::npos ? '\'' : '"';
  return mark + key + mark;
}

std::string container_to_string(const InputSpec& spec, char open, char close) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < spec.items.size(); ++i) {
    const std::string key = spec.keys.empty() ? "" : key_to_string(spec.keys[i]) + ": ";
    parts.push_back(key + scriptc::to_string(spec.items[i]));
  }
  const bool single_tuple = spec.kind == InputSpec::Kind::tuple && parts.size() == 1;
  return open + join(parts) + (single_tuple ? "," : "") + close;
}

void collect(const InputSpec& spec, std::vector<Dimension>& found) {
  for (const InputSpec& item : spec.items) collect(item, found);
  for (const Dimension& dimension : spec.tensor.shape) {
    if (dimension.name.empty()) continue;
    const auto same =
        std::find_if(found.begin(), found.end(), [&](const Dimension& d) { return d.name == dimension.name; });
    if (same == found.end())
      found.push_back(dimension);
    else if (same->size != dimension.size || same->multiple != dimension.multiple)
      throw Error(ErrorKind::usage, "dimension " + quote(dimension.name) + " is given twice and differs (got " +
                                        to_string(*same) + " and " + to_string(dimension) +
                                        ")\n  help: equal names are tied; give independent dimensions two names");
  }
}

void resize(InputSpec& spec, std::string_view name, std::int64_t size) {
  for (InputSpec& item : spec.items) resize(item, name, size);
  for (Dimension& dimension : spec.tensor.shape)
    if (dimension.name == name) dimension.size = size;
}

}  // namespace

InputSpec parse_input_spec(std::string_view text) { return Parser(text).parse(); }

std::string to_string(const InputSpec& spec) {
  const std::string name = spec.name.empty() ? "" : spec.name + "=";
  switch (spec.kind) {
    case InputSpec::Kind::tensor:
      return name + to_string(spec.tensor);
    case InputSpec::Kind::none:
      return name + "none";
    case InputSpec::Kind::list:
      return name + container_to_string(spec, '[', ']');
    case InputSpec::Kind::tuple:
      return name + container_to_string(spec, '(', ')');
    case InputSpec::Kind::dict:
      return name + container_to_string(spec, '{', '}');
  }
  throw Error(ErrorKind::internal, "input spec of unknown kind");
}

std::vector<Dimension> named_dimensions(const std::vector<InputSpec>& inputs) {
  std::vector<Dimension> found;
  for (const InputSpec& input : inputs) collect(input, found);
  return found;
}

std::vector<InputSpec> with_dimension(std::vector<InputSpec> inputs, std::string_view name, std::int64_t size) {
  for (InputSpec& input : inputs) resize(input, name, size);
  return inputs;
}

}  // namespace scriptc
