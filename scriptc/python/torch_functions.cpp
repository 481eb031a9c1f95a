#include <algorithm>
#include <array>

#include "scriptc/model/text.h"
#include "scriptc/python/library.h"
#include "scriptc/python/result_fields.h"
#include "scriptc/python/torch_objects.h"
#include "scriptc/python/typing_forms.h"

// What Python's torch puts in front of ATen's operators, for constructors. In compiled code it is the specialiser's
// (specialise_tensors.cpp).

namespace scriptc::python {

const LibraryFile kTorchFunctionsLibrary = {"torch._functions", R"py(
from torch import Size
from torch import _aten as aten


def norm(input, p='fro', dim=None, keepdim=False, out=None, dtype=None):
    if p == 'nuc':
        return aten.nuclear_norm(input, keepdim) if dim is None else aten.nuclear_norm(input, dim, keepdim)
    order = 2 if p is None or p == 'fro' else p
    if dim is None:
        dim = list(range(input.dim()))
    elif isinstance(dim, int):
        dim = [dim]
    return aten.norm(input, order, dim, keepdim) if dtype is None else aten.norm(input, order, dim, keepdim, dtype=dtype)


def _chosen(results, inverse, counts):
    if not inverse and not counts:
        return results[0]
    return (results[0],) + ((results[1],) if inverse else ()) + ((results[2],) if counts else ())


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    if dim is None:
        results = aten._unique2(input, sorted, return_inverse, return_counts)
    else:
        results = aten.unique_dim(input, dim, sorted, return_inverse, return_counts)
    return _chosen(results, return_inverse, return_counts)


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    return _chosen(aten.unique_consecutive(input, return_inverse, return_counts, dim), return_inverse, return_counts)


def stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode='reflect',
         normalized=False, onesided=None, return_complex=None):
    return aten.stft(input, n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided,
                     return_complex)


def split(tensor, split_size=None, dim=0, *, split_size_or_sections=None):
    size = split_size_or_sections if split_size is None else split_size
    return aten.split(tensor, size, dim) if isinstance(size, int) else aten.split_with_sizes(tensor, size, dim)


def tensordot(a, b, dims=2, out=None):
    if hasattr(dims, 'tolist'):
        dims = dims.tolist()
    if isinstance(dims, int):
        return aten.tensordot(a, b, list(range(-dims, 0)), list(range(dims)))
    of_a, of_b = dims
    return aten.tensordot(a, b, *[[of] if isinstance(of, int) else list(of) for of in (of_a, of_b)])


def cdist(x1, x2, p=2.0, compute_mode='use_mm_for_euclid_dist_if_necessary'):
    modes = {'use_mm_for_euclid_dist_if_necessary': None, 'use_mm_for_euclid_dist': 1, 'donot_use_mm_for_euclid_dist': 2}
    if compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    return aten.cdist(x1, x2, p, modes[compute_mode])


def einsum(equation, *operands):
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    return aten.einsum(equation, list(operands))


def _listed(tensors):
    return list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else list(tensors)


def meshgrid(*tensors, indexing=None):
    tensors = _listed(tensors)
    return aten.meshgrid(tensors) if indexing is None else aten.meshgrid(tensors, indexing=indexing)


def broadcast_tensors(*tensors): return aten.broadcast_tensors(_listed(tensors))
def cartesian_prod(*tensors): return aten.cartesian_prod(_listed(tensors))
def block_diag(*tensors): return aten.block_diag(_listed(tensors))
def chain_matmul(*matrices): return aten.chain_matmul(_listed(matrices))


def _at_least(operator, tensors):
    return operator(tensors[0] if len(tensors) == 1 else list(tensors))


def atleast_1d(*tensors): return _at_least(aten.atleast_1d, tensors)
def atleast_2d(*tensors): return _at_least(aten.atleast_2d, tensors)
def atleast_3d(*tensors): return _at_least(aten.atleast_3d, tensors)


def broadcast_shapes(*shapes):
    shapes = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    result = [1] * max([len(shape) for shape in shapes] + [0])
    for shape in shapes:
        for i, size in enumerate(shape, len(result) - len(shape)):
            if size != 1 and result[i] not in (1, size):
                raise RuntimeError('Shape mismatch: objects cannot be broadcast to a single shape')
            result[i] = result[i] if size == 1 else size
    return Size(result)
)py"};

bool is_python_function(std::string_view name) {
  constexpr std::array<std::string_view, 17> kNames{
      "norm",         "unique",     "unique_consecutive", "stft",           "split",           "tensordot",
      "cdist",        "einsum",     "meshgrid",           "cartesian_prod", "block_diag",      "broadcast_tensors",
      "chain_matmul", "atleast_1d", "atleast_2d",         "atleast_3d",     "broadcast_shapes"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

Value call_python_function(Interpreter& in, const std::string& name, const Args& args, const Kwargs& kwargs) {
  return in.call(*in.module_attribute(*in.find_module(std::string(kTorchFunctionsLibrary.module)), name), args, kwargs);
}

Value named_results(Interpreter& in, const std::string& name, const Value& result) {
  if (!result.is_tuple()) return result;
  auto& type = std::get<std::shared_ptr<TupleValue>>(result.data())->type;
  const auto fields = std::dynamic_pointer_cast<ResultFields>(type);
  if (!fields) return result;
  const std::string short_name = name.substr(name.rfind(':') + 1);  // npos + 1 is 0
  // Overloads of one operator may name their items differently.
  OrderedMap<Value>& classes = in.find_module("torch.return_types")->globals;
  const std::string key = short_name + "(" + join(fields->names) + ")";
  PyClassPtr cls;
  if (const Value* known = classes.find(key)) {
    cls = known->try_as<PyClass>();
  } else {
    cls = in.native_class(short_name, {in.types.tuple}, "torch.return_types", Layout::tuple);
    install_named_tuple(in, cls, fields->names, {});
    classes.set(key, cls);
    if (!classes.contains(short_name)) classes.set(short_name, cls);
  }
  type = cls;
  return result;
}

}  // namespace scriptc::python
