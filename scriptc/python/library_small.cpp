#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kInspectLibrary = {"inspect", R"py(
from _scriptc import parameters_of
from types import FunctionType as _FunctionType, MethodType as _MethodType, ModuleType as _ModuleType, GeneratorType as _GeneratorType
from types import BuiltinFunctionType as _BuiltinFunctionType

_empty = type('_empty', (), {})


class Parameter:
    empty = _empty
    POSITIONAL_ONLY = 'POSITIONAL_ONLY'
    POSITIONAL_OR_KEYWORD = 'POSITIONAL_OR_KEYWORD'
    VAR_POSITIONAL = 'VAR_POSITIONAL'
    KEYWORD_ONLY = 'KEYWORD_ONLY'
    VAR_KEYWORD = 'VAR_KEYWORD'

    def __init__(self, name, kind, default=_empty, annotation=_empty):
        self.name = name
        self.kind = kind
        self.default = default
        self.annotation = annotation


class Signature:
    empty = _empty

    def __init__(self, parameters):
        self.parameters = {parameter.name: parameter for parameter in parameters}


def _unwrapped(function):
    while hasattr(function, '__wrapped__'):
        function = function.__wrapped__
    return function


def signature(function):
    return Signature([Parameter(name, kind, *default) for name, kind, default in parameters_of(_unwrapped(function))])


class FullArgSpec:
    def __init__(self, parameters):
        def of(*kinds):
            return [name for name, kind, _ in parameters if kind in kinds]
        self.args = of('POSITIONAL_ONLY', 'POSITIONAL_OR_KEYWORD')
        self.varargs = (of('VAR_POSITIONAL') or [None])[0]
        self.varkw = (of('VAR_KEYWORD') or [None])[0]
        self.kwonlyargs = of('KEYWORD_ONLY')
        self.defaults = tuple(default[0] for name, _, default in parameters if default and name in self.args) or None
        self.kwonlydefaults = {name: default[0] for name, _, default in parameters if default and name in self.kwonlyargs} or None


def getfullargspec(function):
    return FullArgSpec(parameters_of(function, False))


def isclass(x): return isinstance(x, type)
def isfunction(x): return isinstance(x, _FunctionType)
def ismethod(x): return isinstance(x, _MethodType)
def ismodule(x): return isinstance(x, _ModuleType)
def isgenerator(x): return isinstance(x, _GeneratorType)
def isbuiltin(x): return isinstance(x, _BuiltinFunctionType)
def isroutine(x): return isbuiltin(x) or isfunction(x) or ismethod(x)


def isabstract(x):
    return isclass(x) and any(getattr(getattr(x, name, None), '__isabstractmethod__', False) for name in dir(x))


def getmro(cls):
    return cls.__mro__


def getmembers(x, predicate=None):
    members = [(name, getattr(x, name)) for name in sorted(dir(x)) if hasattr(x, name)]
    return [(name, value) for name, value in members if predicate is None or predicate(value)]


def getdoc(x):
    return getattr(x, '__doc__', None)
)py",
                                     true};

const LibraryFile kVersionLibrary = {"packaging.version", R"py(
import re as _re


class InvalidVersion(ValueError):
    pass


_FORM = _re.compile(r'v?(\d+(?:\.\d+)*)[-_.]?(?:(a|b|rc|alpha|beta|c|pre)[-_.]?(\d*))?(?:[-_.]?(post)(\d*))?(?:[-_.]?(dev)(\d*))?(?:\+(.*))?', _re.I)
_STAGES = {'a': 0, 'alpha': 0, 'b': 1, 'beta': 1, 'c': 2, 'rc': 2, 'pre': 2}


class Version:
    def __init__(self, version):
        found = _FORM.fullmatch(version.strip())
        if found is None:
            raise InvalidVersion(f'Invalid version: {version!r}')
        self._text = version
        self.release = tuple(int(part) for part in found[1].split('.'))
        self.major, self.minor, self.micro = (self.release + (0, 0))[:3]
        self.local = found[8]
        self.is_devrelease = found[6] is not None
        self.is_prerelease = found[2] is not None or self.is_devrelease
        self.is_postrelease = found[4] is not None
        self.base_version = found[1]
        self.public = version.split('+')[0]
        release = list(self.release)
        while release and release[-1] == 0:
            release.pop()
        stage = (_STAGES[found[2].lower()], int(found[3] or 0)) if found[2] else (-1, 0) if found[6] and not found[4] else (3, 0)
        post = int(found[5] or 0) if found[4] else -1
        dev = (0, int(found[7] or 0)) if found[6] else (1, 0)
        self._key = (release, stage, post, dev, self.local or '')

    def __eq__(self, other): return self._key == other._key
    def __ne__(self, other): return self._key != other._key
    def __lt__(self, other): return self._key < other._key
    def __le__(self, other): return self._key <= other._key
    def __gt__(self, other): return self._key > other._key
    def __ge__(self, other): return self._key >= other._key
    def __hash__(self): return hash(self._text)
    def __str__(self): return self._text
    def __repr__(self): return f"<Version('{self._text}')>"


def parse(version):
    return Version(version)
)py"};

// One dimension of Python numbers: what constructors compute with. Everything else is an unknown name of numpy. An
// array is no list, lest torch.tensor() take its doubles for float32.
const LibraryFile kNumpyLibrary = {"numpy", R"py(
import math as _math

_round, _sum, _max, _min = round, sum, max, min
pi, e, inf, nan = _math.pi, _math.e, _math.inf, _math.nan
newaxis = None


class ndarray:
    def __init__(self, items):
        self._items = items

    @property
    def size(self): return len(self._items)
    @property
    def shape(self): return (len(self._items),)
    @property
    def ndim(self): return 1

    def tolist(self): return list(self._items)
    def sum(self): return _sum(self._items)
    def prod(self): return prod(self._items)
    def max(self): return _max(self._items)
    def min(self): return _min(self._items)
    def mean(self): return _sum(self._items) / len(self._items)
    def cumsum(self): return cumsum(self._items)
    def __len__(self): return len(self._items)
    def __iter__(self): return iter(self._items)
    def __contains__(self, item): return item in self._items
    def __setitem__(self, index, value): self._items[index] = value

    def __getitem__(self, index):
        found = self._items[index]
        return ndarray(found) if isinstance(index, slice) else found

    def __repr__(self):
        return 'array(' + repr(self._items) + ')'

    def _with(self, other, compute):
        if isinstance(other, (int, float)):
            return ndarray([compute(x, other) for x in self._items])
        other = _items(other)
        if len(other) != len(self._items):
            raise ValueError(f'operands could not be broadcast together with shapes ({len(self._items)},) ({len(other)},)')
        return ndarray([compute(x, y) for x, y in zip(self._items, other)])

    def __add__(self, other): return self._with(other, lambda x, y: x + y)
    def __radd__(self, other): return self._with(other, lambda x, y: y + x)
    def __sub__(self, other): return self._with(other, lambda x, y: x - y)
    def __rsub__(self, other): return self._with(other, lambda x, y: y - x)
    def __mul__(self, other): return self._with(other, lambda x, y: x * y)
    def __rmul__(self, other): return self._with(other, lambda x, y: y * x)
    def __truediv__(self, other): return self._with(other, lambda x, y: x / y)
    def __rtruediv__(self, other): return self._with(other, lambda x, y: y / x)
    def __floordiv__(self, other): return self._with(other, lambda x, y: x // y)
    def __pow__(self, other): return self._with(other, lambda x, y: x ** y)
    def __rpow__(self, other): return self._with(other, lambda x, y: y ** x)
    def __neg__(self): return ndarray([-x for x in self._items])


def _items(values):
    items = list(values)
    for item in items:
        if not isinstance(item, (int, float)):
            raise NotImplementedError('numpy arrays in constructors are one-dimensional lists of numbers')
    # One dtype an array: a float makes all of them floats.
    if any(isinstance(item, float) for item in items):
        return [float(item) for item in items]
    return items


def array(values, dtype=None):
    items = _items(values)
    return ndarray([dtype(item) for item in items] if dtype in (int, float) else items)


asarray = array


def _each(compute):
    def apply(x):
        return compute(x) if isinstance(x, (int, float)) else ndarray([compute(item) for item in _items(x)])
    return apply


sqrt = _each(_math.sqrt)
exp = _each(_math.exp)
log = _each(_math.log)
log2 = _each(_math.log2)
log10 = _each(_math.log10)
sin = _each(_math.sin)
cos = _each(_math.cos)
tan = _each(_math.tan)
tanh = _each(_math.tanh)
ceil = _each(lambda x: float(_math.ceil(x)))
floor = _each(lambda x: float(_math.floor(x)))
round = around = _each(lambda x: float(_round(x)))
abs = absolute = _each(lambda x: x if x >= 0 else -x)


def power(x, y): return x ** y if isinstance(x, (int, float)) else array(x) ** y
def mod(x, y): return x % y


def prod(values):
    if isinstance(values, (int, float)):
        return values
    result = 1
    for item in _items(values):
        result *= item
    return result


def cumsum(values):
    total, sums = 0, []
    for item in _items(values):
        total += item
        sums.append(total)
    return ndarray(sums)


def sum(values): return _sum(_items(values))
def mean(values): return _sum(_items(values)) / len(values)
def max(values): return _max(_items(values))
def min(values): return _min(_items(values))


def linspace(start, stop, num=50, endpoint=True):
    parts = num - 1 if endpoint else num
    if num <= 0:
        return ndarray([])
    if parts == 0:
        return ndarray([float(start)])
    step = (stop - start) / parts
    items = [start + i * step for i in range(num)]
    if endpoint:
        items[-1] = stop
    return ndarray([float(item) for item in items])


def arange(start, stop=None, step=1):
    if stop is None:
        start, stop = 0, start
    count = _math.ceil((stop - start) / step)
    return array([start + i * step for i in range(count)])
)py",
                                   true};

}  // namespace scriptc::python
