#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kFunctoolsLibrary = {"functools", R"py(
from _scriptc import partial, cached_property
from torch.jit import is_scripting

WRAPPER_ASSIGNMENTS = ('__module__', '__name__', '__qualname__', '__doc__')
WRAPPER_UPDATES = ('__dict__',)
_missing = object()


def update_wrapper(wrapper, wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    for name in assigned:
        value = getattr(wrapped, name, _missing)
        if value is not _missing:
            setattr(wrapper, name, value)
    for name in updated:
        source = getattr(wrapped, name, None)
        if source:
            getattr(wrapper, name).update(source)
    wrapper.__wrapped__ = wrapped
    return wrapper


def wraps(wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    return lambda wrapper: update_wrapper(wrapper, wrapped, assigned, updated)


def reduce(function, iterable, initial=_missing):
    items = iter(iterable)
    value = initial
    if value is _missing:
        value = next(items, _missing)
        if value is _missing:
            raise TypeError('reduce() of empty iterable with no initial value')
    for item in items:
        value = function(value, item)
    return value


def _cached(function):
    memory = {}

    def wrapper(*args, **kwargs):
        if is_scripting():  # a saved model computes it again
            return function(*args, **kwargs)
        key = (args, tuple(sorted(kwargs.items()))) if kwargs else args
        if key not in memory:
            memory[key] = function(*args, **kwargs)
        return memory[key]
    wrapper.cache_clear = memory.clear
    return update_wrapper(wrapper, function)


def lru_cache(maxsize=128, typed=False):
    if callable(maxsize):
        return _cached(maxsize)
    return _cached


cache = _cached


class partialmethod:
    def __init__(self, func, *args, **kwargs):
        self.func = func
        self.args = args
        self.keywords = kwargs

    def __get__(self, obj, cls=None):
        if obj is None:
            return partial(self.func, *self.args, **self.keywords)
        return partial(self.func, obj, *self.args, **self.keywords)


def singledispatch(function):
    registry = {object: function}

    def wrapper(*args, **kwargs):
        for cls in type(args[0]).__mro__:
            if cls in registry:
                return registry[cls](*args, **kwargs)
        return function(*args, **kwargs)

    def register(cls, implementation=None):
        if implementation is None and isinstance(cls, type):
            return lambda f: register(cls, f)
        if implementation is None:
            cls, implementation = next(iter(cls.__annotations__.values())), cls
        registry[cls] = implementation
        return implementation
    wrapper.register = register
    return update_wrapper(wrapper, function)


def total_ordering(cls):
    if '__lt__' in cls.__dict__:
        cls.__gt__ = lambda self, other: not (self < other or self == other)
        cls.__le__ = lambda self, other: self < other or self == other
        cls.__ge__ = lambda self, other: not self < other
    elif '__gt__' in cls.__dict__:
        cls.__lt__ = lambda self, other: not (self > other or self == other)
        cls.__ge__ = lambda self, other: self > other or self == other
        cls.__le__ = lambda self, other: not self > other
    return cls


def cmp_to_key(compare):
    class Key:
        def __init__(self, obj):
            self.obj = obj

        def __lt__(self, other):
            return compare(self.obj, other.obj) < 0

        def __eq__(self, other):
            return compare(self.obj, other.obj) == 0
    return Key
)py"};

const LibraryFile kItertoolsLibrary = {"itertools", R"py(
import operator as _operator


class chain:
    def __new__(cls, *iterables):
        return _chain(iterables)

    @classmethod
    def from_iterable(cls, iterables):
        return _chain(iterables)


def _chain(iterables):
    for iterable in iterables:
        yield from iterable


def repeat(object, times=None):
    if times is None:
        while True:
            yield object
    for _ in range(times):
        yield object


def count(start=0, step=1):
    while True:
        yield start
        start += step


def cycle(iterable):
    saved = list(iterable)
    while saved:
        yield from saved


def product(*iterables, repeat=1):
    result = [()]
    for pool in [tuple(pool) for pool in iterables] * repeat:
        result = [x + (y,) for x in result for y in pool]
    return iter(result)


def accumulate(iterable, func=_operator.add, *, initial=None):
    items = iter(iterable)
    total = initial
    if initial is None:
        for total in items:
            break
        else:
            return
    yield total
    for item in items:
        total = func(total, item)
        yield total


def islice(iterable, *args):
    s = slice(*args)
    start, stop, step = s.start or 0, s.stop, s.step or 1
    items = iter(iterable)
    at = 0
    while stop is None or start < stop:
        while at <= start:
            try:
                item = next(items)
            except StopIteration:
                return
            at += 1
        yield item
        start += step


def zip_longest(*iterables, fillvalue=None):
    pools = [list(it) for it in iterables]
    for i in range(max([len(pool) for pool in pools], default=0)):
        yield tuple(pool[i] if i < len(pool) else fillvalue for pool in pools)


def tee(iterable, n=2):
    items = list(iterable)
    return tuple(iter(items) for _ in range(n))


def starmap(function, iterable):
    for args in iterable:
        yield function(*args)


def takewhile(predicate, iterable):
    for x in iterable:
        if not predicate(x):
            return
        yield x


def dropwhile(predicate, iterable):
    items = iter(iterable)
    for x in items:
        if not predicate(x):
            yield x
            break
    yield from items


def filterfalse(predicate, iterable):
    for x in iterable:
        if not (x if predicate is None else predicate(x)):
            yield x


def compress(data, selectors):
    return (d for d, s in zip(data, selectors) if s)


def pairwise(iterable):
    items = list(iterable)
    return zip(items, items[1:])


def groupby(iterable, key=None):
    group, current = [], None
    for item in iterable:
        k = item if key is None else key(item)
        if group and k != current:
            yield current, iter(group)
            group = []
        current = k
        group.append(item)
    if group:
        yield current, iter(group)


def combinations(iterable, r):
    pool = tuple(iterable)

    def choose(start, left):
        if left == 0:
            yield ()
            return
        for i in range(start, len(pool) - left + 1):
            for rest in choose(i + 1, left - 1):
                yield (pool[i],) + rest
    return choose(0, r)


def combinations_with_replacement(iterable, r):
    pool = tuple(iterable)

    def choose(start, left):
        if left == 0:
            yield ()
            return
        for i in range(start, len(pool)):
            for rest in choose(i, left - 1):
                yield (pool[i],) + rest
    return choose(0, r)


def permutations(iterable, r=None):
    pool = tuple(iterable)

    def arrange(chosen, left):
        if left == 0:
            yield tuple(pool[i] for i in chosen)
            return
        for i in range(len(pool)):
            if i not in chosen:
                yield from arrange(chosen + (i,), left - 1)
    return arrange((), len(pool) if r is None else r)
)py"};

const LibraryFile kOperatorLibrary = {"operator", R"py(
def add(a, b): return a + b
def sub(a, b): return a - b
def mul(a, b): return a * b
def truediv(a, b): return a / b
def floordiv(a, b): return a // b
def mod(a, b): return a % b
def pow(a, b): return a ** b
def matmul(a, b): return a @ b
def neg(a): return -a
def pos(a): return +a
def not_(a): return not a
def truth(a): return bool(a)
def and_(a, b): return a & b
def or_(a, b): return a | b
def xor(a, b): return a ^ b
def invert(a): return ~a
inv = invert
def concat(a, b): return a + b
def countOf(a, b): return sum(1 for item in a if item is b or item == b)
def delitem(a, b): del a[b]
def lshift(a, b): return a << b
def rshift(a, b): return a >> b
def eq(a, b): return a == b
def ne(a, b): return a != b
def lt(a, b): return a < b
def le(a, b): return a <= b
def gt(a, b): return a > b
def ge(a, b): return a >= b
def is_(a, b): return a is b
def is_not(a, b): return a is not b
def contains(a, b): return b in a
def getitem(a, b): return a[b]
def iadd(a, b):
    a += b
    return a
def isub(a, b):
    a -= b
    return a
def imul(a, b):
    a *= b
    return a
def index(a): return a.__index__()


def setitem(a, b, c):
    a[b] = c


def _walk(value, path):
    for name in path.split('.'):
        value = getattr(value, name)
    return value


def itemgetter(*items):
    if len(items) == 1:
        return lambda value: value[items[0]]
    return lambda value: tuple(value[item] for item in items)


def attrgetter(*names):
    if len(names) == 1:
        return lambda value: _walk(value, names[0])
    return lambda value: tuple(_walk(value, name) for name in names)


def methodcaller(name, *args, **kwargs):
    return lambda value: getattr(value, name)(*args, **kwargs)
)py"};

}  // namespace scriptc::python
