#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "scriptc/model/text.h"
#include "weights/formats.h"
#include "weights/tensor_builder.h"
#include "weights/zip_reader.h"

/// safetensors: uint64 length of the header, the header (JSON), the data.
///
///     {"__metadata__": {KEY: TEXT...}, NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [BEGIN, END]}...}
///
/// Offsets count from the end of the header; the tensors cover the data without hole or overlap, row-major.
/// Source: the format description of the safetensors project.
namespace scriptc::weights {
namespace {

struct Entry {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape, offsets;
  bool has_dtype = false, has_shape = false, has_offsets = false;
};

/// Takes the header's JSON event by event: nothing is built that the format does not know, and no depth recursed.
class HeaderHandler {
 public:
  HeaderHandler(const Origin& origin, const Caps& caps) : origin_(origin), caps_(caps) {}

  std::vector<Entry> take() { return std::move(entries_); }

  bool start_object(std::size_t) {
    if (depth_ == 1 && !in_metadata_) {
      if (entries_.size() == caps_.tensors)
        throw origin_.over("header", "too many tensors " + got_limit("more", std::to_string(caps_.tensors)),
                           "--max-tensors", "S12");
      entries_.push_back({key_});
    } else if (depth_ != 0 && !(depth_ == 1 && in_metadata_)) {
      throw unexpected("an object");
    }
    ++depth_;
    return true;
  }
  bool end_object() {
    if (--depth_ == 1) {
      const bool complete =
          in_metadata_ || (entries_.back().has_dtype && entries_.back().has_shape && entries_.back().has_offsets);
      if (!complete) throw bad("lacks dtype, shape or data_offsets", "S07");
      in_metadata_ = false;
    }
    return true;
  }
  bool key(std::string& name) {
    key_ = name;
    if (depth_ == 1) {
      in_metadata_ = name == "__metadata__";
      if (!names_.insert(name).second) throw origin_.bad("tensor " + quote(name), "is there twice", "S05");
      if (name.size() > caps_.name_bytes)
        throw origin_.over(
            "header", "a name is too long " + got_limit(std::to_string(name.size()), std::to_string(caps_.name_bytes)),
            "--max-name-bytes", "S12");
    } else if (!in_metadata_) {
      Entry& entry = entries_.back();
      bool* seen = name == "dtype"          ? &entry.has_dtype
                   : name == "shape"        ? &entry.has_shape
                   : name == "data_offsets" ? &entry.has_offsets
                                            : nullptr;
      if (seen == nullptr || *seen) throw bad("has an unknown or repeated key " + quote(name), "S07");
      *seen = true;
    }
    return true;
  }
  bool start_array(std::size_t) {
    if (depth_ != 2 || in_metadata_ || in_array_ || (key_ != "shape" && key_ != "data_offsets"))
      throw unexpected("an array");
    in_array_ = true;
    return true;
  }
  bool end_array() {
    in_array_ = false;
    return true;
  }
  bool number_unsigned(std::uint64_t value) {
    if (!in_array_) throw unexpected("a number");
    (key_ == "shape" ? entries_.back().shape : entries_.back().offsets).push_back(value);
    return true;
  }
  bool number_integer(std::int64_t value) { throw unexpected(std::to_string(value)); }
  bool number_float(double, const std::string& text) { throw unexpected(text); }
  bool string(std::string& text) {
    if (depth_ == 2 && in_metadata_) return true;
    if (depth_ != 2 || in_array_ || key_ != "dtype") throw unexpected("a string");
    entries_.back().dtype = text;
    return true;
  }
  bool null() { throw unexpected("null"); }
  bool boolean(bool) { throw unexpected("a boolean"); }
  bool binary(nlohmann::json::binary_t&) { throw unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    throw origin_.bad("offset " + std::to_string(position + 7), "the header is not valid JSON", "S03");
  }

 private:
  Error bad(std::string_view what, std::string_view rule) const {
    return origin_.bad("tensor " + quote(entries_.back().name), what, rule);
  }
  Error unexpected(const std::string& what) const {
    if (in_metadata_) return origin_.bad("metadata " + quote(key_), "is " + what + ", not a string", "S10");
    if (depth_ < 2) return origin_.bad("header", "has " + what + " where a tensor is expected", "S03");
    return bad("has " + what + " as " + quote(key_), "S07");
  }

  const Origin& origin_;
  const Caps& caps_;
  std::vector<Entry> entries_;
  std::unordered_set<std::string> names_;
  std::string key_;
  int depth_ = 0;
  bool in_metadata_ = false, in_array_ = false;
};

TensorView make_view(const Entry& entry, Bytes data, const ReadJob& job) {
  const std::string where = "tensor " + quote(entry.name);
  const auto bad = [&](const std::string& what, std::string_view rule) { return job.origin.bad(where, what, rule); };
  const auto dtype = try_dtype_by_safetensors(entry.dtype);
  if (!dtype && (entry.dtype == "F4" || entry.dtype.starts_with("F6_")))
    throw bad("has elements of less than a byte (" + entry.dtype + "), which are not supported", "S08");
  if (!dtype) throw bad("unknown dtype " + quote(entry.dtype), "S09");
  if (entry.offsets.size() != 2) throw bad("its data_offsets are not two", "S06");
  if (entry.shape.size() > 64)
    throw bad("too many dimensions " + got_limit(std::to_string(entry.shape.size()), "64"), "T12");
  const std::uint64_t begin = entry.offsets[0], end = entry.offsets[1];
  if (begin > end || end > data.size())
    throw bad(
        "its data lies beyond the file " + got_limit(std::to_string(std::max(begin, end)), std::to_string(data.size())),
        "S06");
  TensorView view;
  view.dtype = *dtype;
  view.shape.resize(entry.shape.size());
  view.strides.resize(entry.shape.size());
  const auto element = static_cast<std::uint64_t>(dtype_info(*dtype).size);
  std::optional<std::uint64_t> bytes = element;
  bool empty = false;
  for (std::size_t i = entry.shape.size(); i-- > 0;) {
    if (!bytes || *bytes > (std::uint64_t{1} << 62) || entry.shape[i] > (std::uint64_t{1} << 62))
      throw bad("its sizes multiply to more than 2^63 bytes", "S07");
    view.strides[i] = static_cast<std::int64_t>(*bytes / element);
    view.shape[i] = static_cast<std::int64_t>(entry.shape[i]);
    empty = empty || entry.shape[i] == 0;
    if (entry.shape[i] != 0) bytes = checked_multiply(*bytes, entry.shape[i]);
  }
  if (!bytes || *bytes > (std::uint64_t{1} << 62)) throw bad("its sizes multiply to more than 2^63 bytes", "S07");
  if (empty) bytes = 0;
  if (end - begin != *bytes)
    throw bad("its shape and its data differ " + got_expected(std::to_string(end - begin), std::to_string(*bytes)),
              "S06");
  view.data = data.data() + begin;
  view.storage = view.data;
  view.owner = job.source;
  return view;
}

/// The tensors, side by side, are the data.
void check_cover(std::vector<const Entry*> entries, std::size_t size, const Origin& origin) {
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) { return a->offsets < b->offsets; });
  std::uint64_t end = 0;
  for (const Entry* entry : entries) {
    if (entry->offsets[0] != end)
      throw origin.bad("tensor " + quote(entry->name),
                       entry->offsets[0] < end ? "its data overlaps another's" : "a hole precedes its data", "S06");
    end = entry->offsets[1];
  }
  if (end != size) throw origin.bad("", std::to_string(size - end) + " bytes follow the last tensor", "S11");
}

}  // namespace

void read_safetensors(const ReadJob& job) {
  refuse_key(job, "safetensors file");
  const Bytes file = job.source->bytes();
  const Caps& caps = job.options.caps;
  const std::uint64_t length = *Cursor(file).number<std::uint64_t>();
  const std::string limit = std::to_string(file.size() - 8);
  if (length == 0 || length > file.size() - 8)
    throw job.origin.bad("offset 0", "the length of the header is wrong " + got_limit(std::to_string(length), limit),
                         "S02");
  if (length > caps.header_bytes)
    throw job.origin.over(
        "offset 0", "the header is too large " + got_limit(std::to_string(length), std::to_string(caps.header_bytes)),
        "--max-header-bytes", "S02");
  const std::string_view header = as_text(file.subspan(8, static_cast<std::size_t>(length)));
  if (header.front() != '{') job.origin.warn("offset 8", "the header starts with white space", "S04");
  // The parser would take it for the end.
  const std::size_t nul = header.find('\0');
  if (nul != std::string_view::npos)
    throw job.origin.bad("offset " + std::to_string(nul + 8), "the header is not valid JSON", "S03");
  HeaderHandler handler(job.origin, caps);
  nlohmann::json::sax_parse(header.begin(), header.end(), &handler);
  const std::vector<Entry> entries = handler.take();
  const Bytes data = file.subspan(8 + static_cast<std::size_t>(length));
  std::vector<const Entry*> all;
  for (const Entry& entry : entries) {
    TensorView view = make_view(entry, data, job);
    job.result.bytes += entry.offsets[1] - entry.offsets[0];
    job.result.tensors.set(entry.name, std::move(view));
    all.push_back(&entry);
  }
  check_cover(std::move(all), data.size(), job.origin);
  job.result.format = "safetensors";
}

}  // namespace scriptc::weights
