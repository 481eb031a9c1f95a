#include "weights/tensor_builder.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "scriptc/model/text.h"
#include "weights/numpy_array.h"

namespace scriptc::weights {
namespace {

constexpr std::size_t kHighestRank = 64;
constexpr std::string_view kUtils = "torch._utils";

std::string number(std::int64_t value) { return std::to_string(value); }
std::string number(std::uint64_t value) { return std::to_string(value); }

/// What the named functions make that is a tensor in Python, but not one whose values this program can use.
struct Refused {
  std::string_view name, what, rule;
};
constexpr std::array<Refused, 7> kRefused{{
    {"_rebuild_qtensor", "is quantised: save its dequantize()", "T13"},
    {"_rebuild_sparse_tensor", "is sparse: save its to_dense()", "T14"},
    {"_rebuild_sparse_csr_tensor", "is sparse: save its to_dense()", "T14"},
    {"_rebuild_meta_tensor_no_storage", "is on the meta device: it has no values", "P22"},
    {"_rebuild_nested_tensor", "is a nested tensor", "P13"},
    {"_rebuild_wrapper_subclass", "is of a subclass of Tensor that holds no values of its own", "P13"},
    {"_rebuild_device_tensor_from_numpy", "was saved from a device without storage: save its cpu()", "P13"},
}};

/// Calls around the call that makes the tensor: index of the tensor in their arguments.
bool is_wrapping(const Global& global) {
  return global.is(kUtils, "_rebuild_parameter") || global.is(kUtils, "_rebuild_parameter_with_state") ||
         global.is("torch.nn.parameter", "Parameter") || global.is("torch.nn.parameter", "Buffer");
}

bool is_from_type(const Global& global) {
  return global.is("torch._tensor", "_rebuild_from_type_v2") || global.is("torch._tensor", "_rebuild_from_type");
}

const Global* called(const Value& value) {
  if (!value.is(Kind::object) || !value.as_object().callable.is(Kind::global)) return nullptr;
  return &value.as_object().callable.as_global();
}

/// A tuple of numbers that are not negative.
std::vector<std::int64_t> dimensions(const Value& value, const Origin& origin, const std::string& where,
                                     std::string_view what, std::string_view rule) {
  if (!value.is(Kind::tuple) && !value.is(Kind::list))
    throw origin.bad(where, std::string(what) + " is no tuple", "T12");
  const auto& items = value.as_sequence().items;
  if (items.size() > kHighestRank)
    throw origin.bad(
        where,
        "too many dimensions " + got_limit(number(std::uint64_t{items.size()}), number(std::uint64_t{kHighestRank})),
        "T12");
  std::vector<std::int64_t> result;
  for (const Value& item : items) {
    if (!item.is(Kind::integer))
      throw origin.bad(where, std::string(what) + " is no tuple of integers of 64 bits", rule);
    if (item.as_integer() < 0)
      throw origin.bad(where, std::string(what) + " is negative (got " + number(item.as_integer()) + ")", rule);
    result.push_back(item.as_integer());
  }
  return result;
}

}  // namespace

bool is_tensor(const Value& value) {
  const Global* global = called(value);
  if (global == nullptr) return false;
  const bool rebuilds =
      (global->module == kUtils || global->module == "torch._tensor") && global->name.starts_with("_rebuild");
  return rebuilds || is_wrapping(*global) || is_numpy_array(value);
}

std::string claimed_shape(const Value& value) {
  Value present = value;
  for (int i = 0; i < 8; ++i) {
    const Global* global = called(present);
    if (global == nullptr || !present.as_object().arguments.is(Kind::tuple)) return "";
    const auto& arguments = present.as_object().arguments.as_sequence().items;
    if (is_wrapping(*global) && !arguments.empty()) {
      present = arguments[0];
      continue;
    }
    if (!global->name.starts_with("_rebuild_tensor") || arguments.size() < 3 || !arguments[2].is(Kind::tuple))
      return "";
    std::vector<std::string> sizes;
    for (const Value& size : arguments[2].as_sequence().items)
      sizes.push_back(size.is(Kind::integer) ? number(size.as_integer()) : "?");
    return "[" + join(sizes) + "]";
  }
  return "";
}

StorageId parse_storage_id(const Value& persistent, const Origin& origin, const std::string& where) {
  const Value& id = persistent.as_object().arguments;
  const auto malformed = [&] { return origin.bad(where, "a persistent id is not that of a storage", "P20"); };
  if (!id.is(Kind::tuple)) throw malformed();
  const auto& items = id.as_sequence().items;
  if (items.size() < 5 || items.size() > 6 || !items[0].is(Kind::string) || items[0].as_text() != "storage" ||
      !items[1].is(Kind::global) || !items[2].is(Kind::string) || !items[3].is(Kind::string) ||
      !items[4].is(Kind::integer))
    throw malformed();
  StorageId result;
  result.key = items[2].as_text();
  const Global& type = items[1].as_global();
  result.type = type.name;
  result.dtype = try_dtype_by_storage(type.name);
  const bool from_torch = type.module == "torch" || type.module.starts_with("torch.");
  if (!from_torch || (!result.dtype && type.name != "UntypedStorage"))
    throw origin.bad(where, "unknown storage type " + quote(type.full_name()), "P21");
  if (result.dtype) result.element_size = static_cast<std::uint64_t>(dtype_info(*result.dtype).size);
  if (items[3].as_text() == "meta") throw origin.bad(where, "is on the meta device: it has no values", "P22");
  if (items[4].as_integer() < 0) throw malformed();
  result.numel = static_cast<std::uint64_t>(items[4].as_integer());
  if (!checked_multiply(result.numel, result.element_size)) throw origin.bad(where, "its storage is too large", "T09");
  if (items.size() == 5 || items[5].is(Kind::none)) return result;
  // Legacy: (key of the view, offset, size).
  if (!items[5].is(Kind::tuple) || items[5].as_sequence().items.size() != 3) throw malformed();
  const auto& part = items[5].as_sequence().items;
  if (!part[1].is(Kind::integer) || !part[2].is(Kind::integer)) throw malformed();
  const auto end = part[1].as_integer() < 0 || part[2].as_integer() < 0
                       ? std::nullopt
                       : checked_add(static_cast<std::uint64_t>(part[1].as_integer()),
                                     static_cast<std::uint64_t>(part[2].as_integer()));
  if (!end || *end > result.numel) throw origin.bad(where, "its view of a storage lies beyond the storage", "N03");
  result.view_offset = static_cast<std::uint64_t>(part[1].as_integer());
  result.view_numel = static_cast<std::uint64_t>(part[2].as_integer());
  return result;
}

TensorBuilder::TensorBuilder(StorageProvider* storages, const Origin& origin, std::uint64_t limit)
    : storages_(storages), origin_(origin), limit_(limit) {}

TensorView TensorBuilder::build(const Value& value, const std::string& name) {
  const std::string where = "tensor " + quote(name);
  Value present = value;
  for (int i = 0; i < 16; ++i) {
    if (is_numpy_array(present)) {
      TensorView view = read_numpy_array(present, origin_, where);
      count(static_cast<std::uint64_t>(checked_bytes({view.dtype, 0, view.shape, view.strides}, where)), where);
      return view;
    }
    const Global* global = called(present);
    if (global == nullptr)
      throw origin_.bad(where, "is " + std::string(kind_name(present.kind())) + ", not a tensor", "P13");
    const Object& call = present.as_object();
    if (!call.arguments.is(Kind::tuple)) throw origin_.bad(where, "is made without a tuple of arguments", "P13");
    const auto& arguments = call.arguments.as_sequence().items;
    if (is_wrapping(*global)) {
      if (arguments.empty())
        throw origin_.bad(where, "is made by " + quote(global->full_name()) + " of nothing", "P13");
      present = arguments[0];
    } else if (is_from_type(*global)) {
      if (arguments.size() < 3 || !arguments[0].is(Kind::global) || !arguments[1].is(Kind::global) ||
          !arguments[2].is(Kind::tuple))
        throw origin_.bad(where, "is made by " + quote(global->full_name()) + " without function, type and arguments",
                          "P26");
      // Reads as a call of that function; the type is dropped.
      Object inner = call;
      inner.callable = arguments[0];
      inner.arguments = arguments[2];
      if (!is_wrapping(arguments[0].as_global()) && !is_from_type(arguments[0].as_global()))
        return rebuild(inner, where);
      if (arguments[2].as_sequence().items.empty()) throw origin_.bad(where, "is made of nothing", "P26");
      present = arguments[2].as_sequence().items[0];
    } else {
      return rebuild(call, where);
    }
  }
  throw origin_.bad(where, "is wrapped too often", "P27");
}

TensorView TensorBuilder::rebuild(const Object& call, const std::string& where) {
  const Global& global = call.callable.as_global();
  for (const Refused& refused : kRefused)
    if (global.name == refused.name) throw origin_.bad(where, refused.what, refused.rule);
  const bool v3 = global.is(kUtils, "_rebuild_tensor_v3");
  if (!v3 && !global.is(kUtils, "_rebuild_tensor") && !global.is(kUtils, "_rebuild_tensor_v2"))
    throw origin_.bad(where, "is made by calling " + quote(global.full_name()) + ", which is never done", "P13");
  const auto& arguments = call.arguments.as_sequence().items;
  if (arguments.size() < (v3 ? 7u : 4u))
    throw origin_.bad(where, "too few arguments of " + quote(global.full_name()), "P13");
  if (!arguments[0].is(Kind::persistent)) throw origin_.bad(where, "has no storage", "P20");
  const std::size_t metadata = v3 ? 7 : 6;
  if (arguments.size() > metadata && arguments[metadata].is(Kind::dict) && !arguments[metadata].as_dict().items.empty())
    throw origin_.bad(where, "is a conjugate or negated view: save its resolve_conj() or resolve_neg()", "P13");
  Layout layout;
  if (!arguments[1].is(Kind::integer) || arguments[1].as_integer() < 0)
    throw origin_.bad(where, "its offset is negative or no integer", "T06");
  layout.offset = static_cast<std::uint64_t>(arguments[1].as_integer());
  layout.shape = dimensions(arguments[2], origin_, where, "its size", "T08");
  layout.strides = dimensions(arguments[3], origin_, where, "its stride", "T07");
  if (layout.shape.size() != layout.strides.size())
    throw origin_.bad(where,
                      "size and stride differ in rank " + got_expected(number(std::uint64_t{layout.strides.size()}),
                                                                       number(std::uint64_t{layout.shape.size()})),
                      "T12");
  Storage& owner = storage(arguments[0], where);
  if (v3) {
    const bool named = arguments[6].is(Kind::global) && arguments[6].as_global().module == "torch";
    const auto dtype = named ? try_dtype_by_name(arguments[6].as_global().name) : std::nullopt;
    if (!dtype)
      throw origin_.bad(
          where, "its dtype " + (named ? quote(arguments[6].as_global().full_name()) : "") + " is unknown", "P21");
    layout.dtype = *dtype;
  } else {
    if (!owner.id.dtype) throw origin_.bad(where, "its storage has no dtype", "P21");
    layout.dtype = *owner.id.dtype;
  }
  return view(owner, std::move(layout), where);
}

TensorBuilder::Storage& TensorBuilder::storage(const Value& persistent, const std::string& where) {
  if (storages_ == nullptr) throw origin_.bad(where, "lies in a storage, which a plain pickle does not have", "P20");
  const StorageId id = parse_storage_id(persistent, origin_, where);
  const auto known = by_key_.find(id.key);
  if (known == by_key_.end()) {
    Record record = storages_->storage(id, where);
    return by_key_.emplace(std::string(id.key), Storage{id, std::move(record)}).first->second;
  }
  const StorageId& first = known->second.id;
  if (first.type != id.type || first.numel != id.numel)
    throw origin_.bad(where,
                      "its storage " + quote(id.key) + " is used as two kinds " +
                          got_expected(id.type + " of " + number(id.numel), first.type + " of " + number(first.numel)),
                      "T15");
  known->second.id = id;  // its view may be another one
  return known->second;
}

std::uint64_t TensorBuilder::checked_bytes(const Layout& layout, const std::string& where) const {
  std::optional<std::uint64_t> numel = static_cast<std::uint64_t>(dtype_info(layout.dtype).size);
  bool expanded = false, empty = false;
  for (std::size_t i = 0; i < layout.shape.size(); ++i) {
    if (layout.shape[i] == 0) empty = true;
    if (layout.shape[i] > 1 && layout.strides[i] == 0) expanded = true;
    // Empty dimensions left out: whoever multiplies the sizes one by one must not wrap, either.
    if (numel && layout.shape[i] != 0) numel = checked_multiply(*numel, static_cast<std::uint64_t>(layout.shape[i]));
  }
  if (!numel || *numel > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    if (expanded) throw origin_.over(where, "is expanded to more than 2^63 bytes", "--max-bytes", "T10");
    throw origin_.bad(where, "its sizes multiply to more than 2^63 bytes", "T09");
  }
  return empty ? 0 : *numel;
}

void TensorBuilder::check_extent(const Storage& storage, const Layout& layout, std::uint64_t element,
                                 const std::string& where) const {
  const std::uint64_t room = storage.id.view_numel.value_or(storage.id.numel) * storage.id.element_size / element;
  std::optional<std::uint64_t> end = checked_add(layout.offset, 1);
  bool wide = false;
  for (std::size_t i = 0; i < layout.shape.size(); ++i) {
    const auto reach = checked_multiply(static_cast<std::uint64_t>(layout.shape[i]) - 1,
                                        static_cast<std::uint64_t>(layout.strides[i]));
    if (layout.shape[i] > 1 && static_cast<std::uint64_t>(layout.strides[i]) > room) wide = true;
    end = end && reach ? checked_add(*end, *reach) : std::nullopt;
  }
  if (!end || *end > room)
    throw origin_.bad(where, "lies beyond its storage " + got_limit(end ? number(*end) : "2^64", number(room)),
                      wide ? "T05" : "T04");
}

TensorView TensorBuilder::view(Storage& storage, Layout layout, const std::string& where) {
  const std::uint64_t bytes = checked_bytes(layout, where);
  const auto element = static_cast<std::uint64_t>(dtype_info(layout.dtype).size);
  TensorView result;
  if (bytes != 0) {
    check_extent(storage, layout, element, where);
    result.data =
        storage.record.bytes().data() + storage.id.view_offset * storage.id.element_size + layout.offset * element;
  }
  count(bytes, where);
  constexpr std::uint64_t kMuch = 64;
  storage.used += bytes;
  if (!warned_ && storage.used > checked_multiply(storage.id.bytes(), kMuch).value_or(limit_)) {
    warned_ = true;
    origin_.warn(where, "the tensors on its storage are more than " + number(kMuch) + " times as large as the storage",
                 "T16");
  }
  result.dtype = layout.dtype;
  result.shape = std::move(layout.shape);
  result.strides = std::move(layout.strides);
  result.owner = storage.record.owner();
  result.storage = storage.record.bytes().data();
  return result;
}

void TensorBuilder::count(std::uint64_t bytes, const std::string& where) {
  const auto sum = checked_add(total_, bytes);
  if (!sum || *sum > limit_)
    throw origin_.over(where,
                       "the tensors take too many bytes " + got_limit(sum ? number(*sum) : "2^64", number(limit_)),
                       "--max-bytes", "T11");
  total_ = *sum;
}

}  // namespace scriptc::weights
