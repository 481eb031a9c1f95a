#include "scriptc/python/library.h"

namespace scriptc::python {

// What constructors compute with numpy, on tensors: numpy's dtypes and promotions, float64 unless told otherwise.
// Results without dimensions are Python numbers. Whatever is missing here is an unknown name of numpy.
const LibraryFile kNumpyLibrary = {"numpy", R"py(
import math as _math
import torch as _torch

_abs, _all, _any, _max, _min, _round, _sum, _bool = abs, all, any, max, min, round, sum, bool
pi, e, inf, nan = _math.pi, _math.e, _math.inf, _math.nan
newaxis = None


class dtype:
    def __init__(self, name, kind):
        self.name = name
        self._kind = kind
        self._torch = getattr(_torch, name)

    def __call__(self, value=0):
        return array(value, self) if isinstance(value, (list, tuple, ndarray)) else self._kind(value)

    def __repr__(self):
        return f"dtype('{self.name}')"


float16, float32, float64 = dtype('float16', float), dtype('float32', float), dtype('float64', float)
int8, int16, int32, int64 = dtype('int8', int), dtype('int16', int), dtype('int32', int), dtype('int64', int)
uint8, bool_ = dtype('uint8', int), dtype('bool', _bool)
complex64, complex128 = dtype('complex64', complex), dtype('complex128', complex)
single, double, float_, int_, intp, long = float32, float64, float64, int64, int64, int64
_DTYPES = [float16, float32, float64, int8, int16, int32, int64, uint8, bool_, complex64, complex128]
integer = (int,)
floating = (float,)


def _torch_dtype(wanted):
    if wanted is None or isinstance(wanted, dtype):
        return None if wanted is None else wanted._torch
    if isinstance(wanted, str):
        return getattr(_torch, {'float': 'float64', 'int': 'int64', 'f4': 'float32', 'f': 'float32', 'long': 'int64', 'complex': 'complex128'}.get(wanted, wanted))
    return {float: _torch.float64, int: _torch.int64, _bool: _torch.bool, complex: _torch.complex128}[wanted]


def _is_whole(tensor):
    return not tensor.is_floating_point() and not tensor.is_complex()


def _tensor(value):
    """What an operand or argument is: arrays and sequences become tensors, numbers stay."""
    if isinstance(value, ndarray):
        return value._tensor
    if isinstance(value, (list, tuple)):
        return array(value)._tensor
    return value


def _result(tensor):
    return tensor.item() if tensor.dim() == 0 else ndarray(tensor)


def _real(value):
    value = _tensor(value)
    return value.double() if _is_whole(value) else value


def _operands(left, right, real=False):
    """Promoted as numpy does: whole numbers and floats meet in float64, and so does the division of whole numbers."""
    left, right = _tensor(left), _tensor(right)
    tensors = [x for x in (left, right) if isinstance(x, _torch.Tensor)]
    floats = real or _any([isinstance(x, (float, complex)) or isinstance(x, _torch.Tensor) and not _is_whole(x) for x in (left, right)])
    if floats and _any([_is_whole(x) for x in tensors]):
        left, right = [x.double() if isinstance(x, _torch.Tensor) else x for x in (left, right)]
    return left, right


def _index(index):
    if isinstance(index, tuple):
        return tuple([_index(part) for part in index])
    if isinstance(index, slice) and index.step is not None and index.step < 0:
        raise NotImplementedError('slices of numpy arrays with a negative step')
    return _tensor(index)


class ndarray:
    def __init__(self, tensor):
        self._tensor = tensor

    @property
    def size(self): return self._tensor.numel()
    @property
    def shape(self): return tuple(self._tensor.shape)
    @property
    def ndim(self): return self._tensor.dim()
    @property
    def T(self): return self.transpose()
    @property
    def real(self): return ndarray(self._tensor.real)
    @property
    def imag(self): return imag(self)

    @property
    def dtype(self):
        return [known for known in _DTYPES if known._torch == self._tensor.dtype][0]

    def tolist(self): return self._tensor.tolist()
    def item(self): return self._tensor.item()
    def copy(self): return ndarray(self._tensor.clone())
    def astype(self, wanted, copy=True): return ndarray(self._tensor.to(_torch_dtype(wanted)))
    def flatten(self): return ndarray(self._tensor.reshape(-1))
    def ravel(self): return self.flatten()
    def squeeze(self, axis=None): return ndarray(self._tensor.squeeze() if axis is None else self._tensor.squeeze(axis))
    def sum(self, axis=None, keepdims=False): return sum(self, axis, keepdims=keepdims)
    def prod(self, axis=None): return prod(self, axis)
    def max(self, axis=None): return max(self, axis)
    def min(self, axis=None): return min(self, axis)
    def mean(self, axis=None, keepdims=False): return mean(self, axis, keepdims=keepdims)
    def std(self, axis=None): return std(self, axis)
    def var(self, axis=None): return var(self, axis)
    def argmax(self, axis=None): return argmax(self, axis)
    def argmin(self, axis=None): return argmin(self, axis)
    def cumsum(self, axis=None): return cumsum(self, axis)
    def repeat(self, repeats, axis=None): return repeat(self, repeats, axis)
    def clip(self, low, high): return clip(self, low, high)
    def round(self, decimals=0): return round(self, decimals)
    def dot(self, other): return dot(self, other)
    def fill(self, value): self._tensor.fill_(value)

    def reshape(self, *shape, order='C'):
        return ndarray(self._tensor.reshape(shape[0] if len(shape) == 1 else shape))

    def transpose(self, *axes):
        if len(axes) == 1 and isinstance(axes[0], (list, tuple)):
            axes = axes[0]
        return ndarray(self._tensor.permute(*(axes or reversed(range(self.ndim)))))

    def __len__(self): return self._tensor.shape[0]
    def __iter__(self): return iter([self[i] for i in range(len(self))])
    def __contains__(self, item): return item in self._tensor.reshape(-1).tolist()
    def __getitem__(self, index): return _result(self._tensor[_index(index)])
    def __setitem__(self, index, value): self._tensor[_index(index)] = _tensor(value)
    def __float__(self): return float(self._tensor.item())
    def __int__(self): return int(self._tensor.item())
    def __repr__(self): return 'array(' + repr(self.tolist()) + ')'

    def __bool__(self):
        if self.size != 1:
            raise ValueError('The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()')
        return _bool(self._tensor.item())

    def any(self): return any(self)
    def all(self): return all(self)

    def _with(self, other, compute, real=False, swapped=False):
        left, right = _operands(self, other, real)
        return ndarray(compute(right, left) if swapped else compute(left, right))

    def __add__(self, other): return self._with(other, lambda x, y: x + y)
    def __radd__(self, other): return self._with(other, lambda x, y: x + y, swapped=True)
    def __sub__(self, other): return self._with(other, lambda x, y: x - y)
    def __rsub__(self, other): return self._with(other, lambda x, y: x - y, swapped=True)
    def __mul__(self, other): return self._with(other, lambda x, y: x * y)
    def __rmul__(self, other): return self._with(other, lambda x, y: x * y, swapped=True)
    def __truediv__(self, other): return self._with(other, lambda x, y: x / y, real=True)
    def __rtruediv__(self, other): return self._with(other, lambda x, y: x / y, real=True, swapped=True)
    def __floordiv__(self, other): return self._with(other, lambda x, y: x // y)
    def __mod__(self, other): return self._with(other, lambda x, y: x % y)
    def __pow__(self, other): return self._with(other, lambda x, y: x ** y)
    def __rpow__(self, other): return self._with(other, lambda x, y: _torch.pow(x, y), swapped=True)
    def __matmul__(self, other): return dot(self, other)
    def __neg__(self): return ndarray(-self._tensor)
    def __eq__(self, other): return self._with(other, lambda x, y: x == y)
    def __ne__(self, other): return self._with(other, lambda x, y: x != y)
    def __lt__(self, other): return self._with(other, lambda x, y: x < y)
    def __le__(self, other): return self._with(other, lambda x, y: x <= y)
    def __gt__(self, other): return self._with(other, lambda x, y: x > y)
    def __ge__(self, other): return self._with(other, lambda x, y: x >= y)
    def __and__(self, other): return self._with(other, lambda x, y: x & y)
    def __or__(self, other): return self._with(other, lambda x, y: x | y)


def _lists(values):
    """Nested lists of numbers."""
    if isinstance(values, (ndarray, _torch.Tensor)):
        return values.tolist()
    return [_lists(value) for value in values] if hasattr(values, '__iter__') and not isinstance(values, str) else values


def _numbers(values):
    return [number for value in values for number in _numbers(value)] if isinstance(values, list) else [values]


def array(values, dtype=None, copy=True, ndmin=0):
    wanted = _torch_dtype(dtype)
    if isinstance(values, (ndarray, _torch.Tensor)):
        tensor = _tensor(values).clone()
        return ndarray(tensor if wanted is None else tensor.to(wanted))
    lists = _lists(values)
    if wanted is None:
        numbers = _numbers(lists)
        whole = len(numbers) > 0 and not _any([isinstance(x, (float, complex)) for x in numbers])
        wanted = _torch.complex128 if _any([isinstance(x, complex) for x in numbers]) else _torch.float64 if not whole else _torch.bool if _all([isinstance(x, _bool) for x in numbers]) else _torch.int64
    return ndarray(_torch.tensor(lists, dtype=wanted))


def asarray(values, dtype=None): return array(values, dtype)


ascontiguousarray = asarray


def _each(of_number, of_tensor, real=True):
    def apply(x):
        if isinstance(x, (int, float)):
            return of_number(x)
        if isinstance(x, complex):
            return of_tensor(_torch.tensor(x, dtype=_torch.complex128)).item()
        return ndarray(of_tensor(_real(x) if real else _tensor(x)))
    return apply


sqrt = _each(lambda x: _math.sqrt(x), lambda x: x.sqrt())
exp = _each(_math.exp, lambda x: x.exp())
log = _each(_math.log, lambda x: x.log())
log2 = _each(_math.log2, lambda x: x.log2())
log10 = _each(_math.log10, lambda x: x.log10())
log1p = _each(_math.log1p, lambda x: x.log1p())
sin = _each(_math.sin, lambda x: x.sin())
cos = _each(_math.cos, lambda x: x.cos())
tan = _each(_math.tan, lambda x: x.tan())
tanh = _each(_math.tanh, lambda x: x.tanh())
arctan = _each(_math.atan, lambda x: x.atan())
ceil = _each(lambda x: float(_math.ceil(x)), lambda x: x.ceil())
floor = _each(lambda x: float(_math.floor(x)), lambda x: x.floor())
abs = absolute = _each(lambda x: x if x >= 0 else -x, lambda x: x.abs(), False)
sign = _each(lambda x: (x > 0) - (x < 0), lambda x: x.sign(), False)
square = _each(lambda x: x * x, lambda x: x * x, False)
deg2rad = radians = _each(_math.radians, lambda x: x * (_math.pi / 180))


def round(x, decimals=0):
    if isinstance(x, (int, float)):
        return float(_round(x, decimals))
    return ndarray((_real(x) * 10 ** decimals).round() / 10 ** decimals)


around = round


def power(x, y): return x ** y if isinstance(x, (int, float, complex)) else asarray(x) ** y
def real(x): return x.real if isscalar(x) else asarray(x).real
def conj(x): return x.conjugate() if isscalar(x) else ndarray(_tensor(asarray(x)).conj().resolve_conj())
def angle(x): return _result(_torch.angle(_real(asarray(x))))


def imag(x):
    tensor = _tensor(asarray(x))
    return _result(tensor.imag if tensor.is_complex() else _torch.zeros_like(tensor))


def mod(x, y): return x % y
def add(x, y): return asarray(x) + y
def multiply(x, y): return asarray(x) * y
def isscalar(x): return isinstance(x, (int, float, complex, str))
def ndim(x): return 0 if isscalar(x) else asarray(x).ndim
def size(x): return 1 if isscalar(x) else asarray(x).size
def shape(x): return () if isscalar(x) else asarray(x).shape


def _reduction(compute):
    def apply(values, axis=None, dtype=None, keepdims=False):
        if isinstance(values, (int, float)):
            return values
        tensor = _tensor(values if isinstance(values, ndarray) else array(list(values)))
        if dtype is not None:
            tensor = tensor.to(_torch_dtype(dtype))
        return _result(compute(tensor.reshape(-1), 0, False) if axis is None and not keepdims else compute(tensor, axis, keepdims))
    return apply


sum = _reduction(lambda x, axis, keep: x.sum(axis, keepdim=keep))
mean = average = _reduction(lambda x, axis, keep: _real(x).mean(axis, keepdim=keep))
prod = _reduction(lambda x, axis, keep: x.prod(axis, keepdim=keep))
max = amax = _reduction(lambda x, axis, keep: x.amax(axis, keepdim=keep))
min = amin = _reduction(lambda x, axis, keep: x.amin(axis, keepdim=keep))
std = _reduction(lambda x, axis, keep: _real(x).std(axis, unbiased=False, keepdim=keep))
var = _reduction(lambda x, axis, keep: _real(x).var(axis, unbiased=False, keepdim=keep))
argmax = _reduction(lambda x, axis, keep: x.argmax(axis, keepdim=keep))
argmin = _reduction(lambda x, axis, keep: x.argmin(axis, keepdim=keep))
any = _reduction(lambda x, axis, keep: (x != 0).any(axis, keepdim=keep))
all = _reduction(lambda x, axis, keep: (x != 0).all(axis, keepdim=keep))


def cumsum(values, axis=None):
    tensor = _tensor(asarray(values))
    return ndarray(tensor.reshape(-1).cumsum(0) if axis is None else tensor.cumsum(axis))


def cumprod(values, axis=None):
    tensor = _tensor(asarray(values))
    return ndarray(tensor.reshape(-1).cumprod(0) if axis is None else tensor.cumprod(axis))


def linspace(start, stop, num=50, endpoint=True, dtype=None):
    parts = num - 1 if endpoint else num
    step = (stop - start) / parts if parts > 0 else 0.0
    items = [float(start + i * step) for i in range(num)]
    if endpoint and num > 1:
        items[-1] = float(stop)
    return array(items, dtype or float64)


def logspace(start, stop, num=50, endpoint=True, base=10.0):
    return array([base ** x for x in linspace(start, stop, num, endpoint)], float64)


def arange(start, stop=None, step=1, dtype=None):
    if stop is None:
        start, stop = 0, start
    count = _max(_math.ceil((stop - start) / step), 0)
    whole = not isinstance(start + step, float) and not isinstance(stop, float)
    return array([start + i * step for i in range(count)], dtype or (int64 if whole else float64))


def zeros(shape, dtype=float64): return ndarray(_torch.zeros(shape, dtype=_torch_dtype(dtype)))
def ones(shape, dtype=float64): return ndarray(_torch.ones(shape, dtype=_torch_dtype(dtype)))
def empty(shape, dtype=float64): return zeros(shape, dtype)
def eye(n, m=None, dtype=float64): return ndarray(_torch.eye(n, n if m is None else m, dtype=_torch_dtype(dtype)))
def identity(n, dtype=float64): return eye(n, dtype=dtype)


def full(shape, value, dtype=None):
    return ndarray(_torch.full(shape if isinstance(shape, (list, tuple)) else (shape,), value, dtype=_torch_dtype(dtype or type(value))))


def zeros_like(x, dtype=None): return ndarray(_torch.zeros_like(_tensor(asarray(x)), dtype=_torch_dtype(dtype)))
def ones_like(x, dtype=None): return ndarray(_torch.ones_like(_tensor(asarray(x)), dtype=_torch_dtype(dtype)))


def _tensors(values):
    tensors = [_tensor(asarray(value)) for value in values]
    if _any([not _is_whole(x) for x in tensors]) and _any([_is_whole(x) for x in tensors]):
        tensors = [x.double() for x in tensors]
    return tensors


def concatenate(values, axis=0): return ndarray(_torch.cat(_tensors(values), axis))
def stack(values, axis=0): return ndarray(_torch.stack(_tensors(values), axis))
def hstack(values): return ndarray(_torch.hstack(_tensors(values)))
def vstack(values): return ndarray(_torch.vstack(_tensors(values)))


def meshgrid(*values, indexing='xy'):
    return [ndarray(x) for x in _torch.meshgrid(*_tensors(values), indexing=indexing)]


def einsum(equation, *values): return _result(_torch.einsum(equation, *_tensors(values)))
def outer(x, y): return ndarray(_torch.outer(*_operands(asarray(x), asarray(y))))


def dot(x, y):
    left, right = _operands(asarray(x), asarray(y))
    return _result(_torch.matmul(left, right))


matmul = dot


def where(condition, x, y):
    left, right = _operands(asarray(x) if isscalar(x) else x, y)
    return ndarray(_torch.where(_tensor(asarray(condition)), left, right))


def maximum(x, y):
    if isscalar(x) and isscalar(y):
        return _max(x, y)
    left, right = _operands(asarray(x) if isscalar(x) else x, asarray(y) if isscalar(y) else y)
    return ndarray(_torch.maximum(left, right))


def minimum(x, y):
    if isscalar(x) and isscalar(y):
        return _min(x, y)
    return -maximum(-asarray(x) if isscalar(x) else -x, -asarray(y) if isscalar(y) else -y)


def clip(x, low, high):
    if isscalar(x):
        return _min(_max(x, low), high)
    return ndarray(_tensor(asarray(x)).clamp(low, high))


def reshape(x, shape): return asarray(x).reshape(shape)
def transpose(x, axes=None): return asarray(x).transpose(*(axes or ()))
def squeeze(x, axis=None): return asarray(x).squeeze(axis)
def ravel(x): return asarray(x).flatten()
def expand_dims(x, axis): return ndarray(_tensor(asarray(x)).unsqueeze(axis))
def tile(x, reps): return ndarray(_tensor(asarray(x)).tile(reps if isinstance(reps, (list, tuple)) else (reps,)))
def flip(x, axis=None): return ndarray(_tensor(asarray(x)).flip(list(range(asarray(x).ndim)) if axis is None else [axis]))
def diag(x, k=0): return ndarray(_tensor(asarray(x)).diag(k))
def triu(x, k=0): return ndarray(_tensor(asarray(x)).triu(k))
def tril(x, k=0): return ndarray(_tensor(asarray(x)).tril(k))
def argsort(x, axis=-1): return ndarray(_tensor(asarray(x)).argsort(axis))
def array_equal(x, y): return asarray(x).tolist() == asarray(y).tolist()


def sort(x, axis=-1):
    return ndarray(_tensor(asarray(x)).sort(axis)[0])


def repeat(x, repeats, axis=None):
    tensor = _tensor(asarray(x))
    return ndarray(tensor.reshape(-1).repeat_interleave(repeats) if axis is None else tensor.repeat_interleave(repeats, axis))
)py",
                                   true};

}  // namespace scriptc::python
