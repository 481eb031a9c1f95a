#include "weights/numpy_array.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "scriptc/model/text.h"
#include "weights/bytes.h"

namespace scriptc::weights {
namespace {

/// The type codes of numpy's array interface protocol, with sizes in bytes.
struct TypeCode {
  std::string_view code;
  DType dtype;
};
constexpr std::array<TypeCode, 14> kCodes{{{"b1", DType::boolean},
                                           {"i1", DType::int8},
                                           {"i2", DType::int16},
                                           {"i4", DType::int32},
                                           {"i8", DType::int64},
                                           {"u1", DType::uint8},
                                           {"u2", DType::uint16},
                                           {"u4", DType::uint32},
                                           {"u8", DType::uint64},
                                           {"f2", DType::float16},
                                           {"f4", DType::float32},
                                           {"f8", DType::float64},
                                           {"c8", DType::complex64},
                                           {"c16", DType::complex128}}};

/// The modules moved in numpy 2.
bool is_call_of_core(const Value& value, std::string_view module, std::string_view name) {
  if (!value.is(Kind::object) || !value.as_object().callable.is(Kind::global)) return false;
  // Asked of every value: no strings are put together.
  const Global& global = value.as_object().callable.as_global();
  const bool in_core = global.module.starts_with("numpy.core.") || global.module.starts_with("numpy._core.");
  return in_core && global.name == name && global.module.substr(global.module.find("core.") + 5) == module;
}

struct Array {
  Value dtype, shape, data;
  bool fortran = false;
  bool scalar = false;
};

std::optional<Array> parts(const Value& value) {
  const Object& object = value.as_object();
  const auto items = [](const Value& tuple) -> const std::pmr::vector<Value>* {
    return tuple.is(Kind::tuple) ? &tuple.as_sequence().items : nullptr;
  };
  const auto* arguments = items(object.arguments);
  if (arguments == nullptr) return std::nullopt;
  if (is_call_of_core(value, "multiarray", "scalar")) {
    if (arguments->size() != 2) return std::nullopt;
    return Array{(*arguments)[0], Value(), (*arguments)[1], false, true};
  }
  if (is_call_of_core(value, "numeric", "_frombuffer")) {  // protocol 5
    if (arguments->size() != 4 || !(*arguments)[3].is(Kind::string)) return std::nullopt;
    return Array{(*arguments)[1], (*arguments)[2], (*arguments)[0], (*arguments)[3].as_text() == "F"};
  }
  const auto* state = items(object.state);  // (version, shape, dtype, is Fortran, data)
  if (state == nullptr || state->size() != 5 || !(*state)[3].is(Kind::boolean)) return std::nullopt;
  return Array{(*state)[2], (*state)[1], (*state)[4], (*state)[3].as_boolean()};
}

struct Type {
  DType dtype = DType::float32;
  bool big_endian = false;
};

Type parse_type(const Value& value, const Origin& origin, const std::string& where) {
  const auto malformed = [&] { return origin.bad(where, "its numpy dtype is malformed", "N05"); };
  if (!is_call_of(value, "numpy", "dtype") || !value.as_object().arguments.is(Kind::tuple)) throw malformed();
  const auto& arguments = value.as_object().arguments.as_sequence().items;
  if (arguments.empty() || !arguments[0].is(Kind::string)) throw malformed();
  std::string_view code = arguments[0].as_text();
  Type type;
  if (!code.empty() && std::string_view("<>|=").find(code.front()) != std::string_view::npos) {
    type.big_endian = code.front() == '>';
    code.remove_prefix(1);
  }
  const Value& state = value.as_object().state;  // (version, byte order, subarray, names, fields, ...)
  if (state.is(Kind::tuple)) {
    const auto& items = state.as_sequence().items;
    if (items.size() < 5 || !items[1].is(Kind::string)) throw malformed();
    if (!items[2].is(Kind::none) || !items[3].is(Kind::none) || !items[4].is(Kind::none))
      throw origin.bad(where, "is a structured numpy array", "N05");
    type.big_endian = items[1].as_text() == ">";
  }
  const auto known = std::find_if(kCodes.begin(), kCodes.end(), [&](const TypeCode& c) { return c.code == code; });
  if (known == kCodes.end())
    throw origin.bad(where, "its numpy dtype " + quote(code) + " is not one of numbers", "N05");
  type.dtype = known->dtype;
  return type;
}

/// Numbers turned round; complex numbers are two of half the size.
std::shared_ptr<std::byte[]> swapped(Bytes data, std::size_t element) {
  std::shared_ptr<std::byte[]> buffer(new std::byte[data.size()]);
  std::copy(data.begin(), data.end(), buffer.get());
  for (std::size_t i = 0; i < data.size(); i += element) std::reverse(buffer.get() + i, buffer.get() + i + element);
  return buffer;
}

}  // namespace

bool is_numpy_array(const Value& value) {
  return is_call_of_core(value, "multiarray", "_reconstruct") || is_call_of_core(value, "multiarray", "scalar") ||
         is_call_of_core(value, "numeric", "_frombuffer");
}

TensorView read_numpy_array(const Value& value, const Origin& origin, const std::string& where) {
  const std::optional<Array> array = parts(value);
  if (!array) throw origin.bad(where, "is a malformed numpy array", "N05");
  const Type type = parse_type(array->dtype, origin, where);
  TensorView view;
  view.dtype = type.dtype;
  const auto element = static_cast<std::uint64_t>(dtype_info(type.dtype).size);
  std::optional<std::uint64_t> bytes = element;
  if (!array->scalar) {
    if (!array->shape.is(Kind::tuple) || array->shape.as_sequence().items.size() > 64)
      throw origin.bad(where, "its shape is no tuple of at most 64 sizes", "N05");
    for (const Value& size : array->shape.as_sequence().items) {
      if (!size.is(Kind::integer) || size.as_integer() < 0)
        throw origin.bad(where, "its shape holds what is no size", "N05");
      view.shape.push_back(size.as_integer());
      bytes = bytes ? checked_multiply(*bytes, static_cast<std::uint64_t>(size.as_integer())) : bytes;
    }
  }
  if (!bytes) throw origin.bad(where, "its sizes multiply to more than 2^64 bytes", "N07");
  // Python 2 wrote bytes as strings.
  if (!array->data.is(Kind::bytes) && !array->data.is(Kind::string))
    throw origin.bad(where, "its data is not bytes", "N05");
  const Bytes data = as_bytes(array->data.as_text());
  if (data.size() != *bytes)
    throw origin.bad(
        where, "its shape and its bytes differ " + got_expected(std::to_string(data.size()), std::to_string(*bytes)),
        "N05");
  view.strides.resize(view.shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < view.shape.size() && *bytes != 0; ++i) {
    const std::size_t dimension = array->fortran ? i : view.shape.size() - 1 - i;
    view.strides[dimension] = stride;
    stride *= view.shape[dimension];
  }
  view.data = data.data();
  if (type.big_endian && element > 1) {
    const bool pairs = dtype_info(type.dtype).dtype_class == DTypeClass::complex;
    const auto buffer = swapped(data, static_cast<std::size_t>(pairs ? element / 2 : element));
    view.data = buffer.get();
    view.owner = buffer;
  }
  view.storage = view.data;
  return view;
}

}  // namespace scriptc::weights
