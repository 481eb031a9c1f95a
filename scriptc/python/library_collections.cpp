#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kCollectionsLibrary = {"collections", R"py(
from _scriptc import OrderedDict, defaultdict, make_namedtuple
from collections.abc import MutableMapping as _MutableMapping


def namedtuple(typename, field_names, *, rename=False, defaults=None, module=None):
    if isinstance(field_names, str):
        field_names = field_names.replace(',', ' ').split()
    return make_namedtuple(typename, [str(name) for name in field_names], list(defaults or ()))


class deque:
    def __init__(self, iterable=(), maxlen=None):
        self.maxlen = maxlen
        self._items = []
        self.extend(iterable)

    def append(self, x):
        self._items.append(x)
        if self.maxlen is not None and len(self._items) > self.maxlen:
            del self._items[0]

    def appendleft(self, x):
        self._items.insert(0, x)
        if self.maxlen is not None and len(self._items) > self.maxlen:
            self._items.pop()

    def extend(self, iterable):
        for x in iterable:
            self.append(x)

    def extendleft(self, iterable):
        for x in iterable:
            self.appendleft(x)

    def pop(self):
        if not self._items:
            raise IndexError('pop from an empty deque')
        return self._items.pop()

    def popleft(self):
        if not self._items:
            raise IndexError('pop from an empty deque')
        return self._items.pop(0)

    def rotate(self, n=1):
        if self._items:
            n %= len(self._items)
            self._items = self._items[-n:] + self._items[:-n] if n else self._items

    def clear(self):
        self._items.clear()

    def count(self, x):
        return self._items.count(x)

    def index(self, x):
        return self._items.index(x)

    def remove(self, x):
        self._items.remove(x)

    def reverse(self):
        self._items.reverse()

    def copy(self):
        return deque(self._items, self.maxlen)

    def __iter__(self):
        return iter(self._items)

    def __reversed__(self):
        return reversed(self._items)

    def __len__(self):
        return len(self._items)

    def __contains__(self, x):
        return x in self._items

    def __getitem__(self, i):
        return self._items[i]

    def __setitem__(self, i, x):
        self._items[i] = x

    def __eq__(self, other):
        return isinstance(other, deque) and self._items == other._items

    def __repr__(self):
        suffix = '' if self.maxlen is None else f', maxlen={self.maxlen}'
        return f'deque({self._items!r}{suffix})'


class Counter(dict):
    def __init__(self, iterable=None, **counts):
        super().__init__()
        self.update(iterable, **counts)

    def update(self, iterable=None, **counts):
        if iterable is not None:
            if hasattr(iterable, 'keys'):
                for key, n in iterable.items():
                    self[key] = self.get(key, 0) + n
            else:
                for key in iterable:
                    self[key] = self.get(key, 0) + 1
        for key, n in counts.items():
            self[key] = self.get(key, 0) + n

    def __missing__(self, key):
        return 0

    def most_common(self, n=None):
        ranked = sorted(self.items(), key=lambda item: item[1], reverse=True)
        return ranked if n is None else ranked[:n]

    def elements(self):
        for key, n in self.items():
            for _ in range(n):
                yield key

    def total(self):
        return sum(self.values())

    def copy(self):
        return Counter(self)

    def subtract(self, iterable=None, **counts):
        for key, n in Counter(iterable, **counts).items():
            self[key] = self.get(key, 0) - n

    def _combined(self, other, compute):
        result = Counter()
        for key in {**self, **other}:
            n = compute(self[key], other[key])
            if n > 0:
                result[key] = n
        return result

    def __add__(self, other): return self._combined(other, lambda a, b: a + b)
    def __sub__(self, other): return self._combined(other, lambda a, b: a - b)
    def __and__(self, other): return self._combined(other, min)
    def __or__(self, other): return self._combined(other, max)
    def __pos__(self): return self + Counter()
    def __neg__(self): return Counter() - self

    def __repr__(self):
        if not self:
            return 'Counter()'
        return 'Counter({' + ', '.join(f'{k!r}: {n!r}' for k, n in self.most_common()) + '})'


class ChainMap:
    def __init__(self, *maps):
        self.maps = list(maps) or [{}]

    def __getitem__(self, key):
        for mapping in self.maps:
            if key in mapping:
                return mapping[key]
        raise KeyError(key)

    def __setitem__(self, key, value):
        self.maps[0][key] = value

    def get(self, key, default=None):
        return self[key] if key in self else default

    def keys(self):
        merged = {}
        for mapping in reversed(self.maps):
            merged.update(mapping)
        return merged.keys()

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self.keys())

    def __contains__(self, key):
        return any(key in mapping for mapping in self.maps)


class UserDict(_MutableMapping):
    def __init__(self, dict=None, **kwargs):
        self.data = {}
        self.data.update(dict or {}, **kwargs)

    def __getitem__(self, key):
        return self.data[key]

    def __setitem__(self, key, value):
        self.data[key] = value

    def __delitem__(self, key):
        del self.data[key]

    def __iter__(self):
        return iter(self.data)

    def __len__(self):
        return len(self.data)

    def __repr__(self):
        return repr(self.data)
)py"};

// What the abstract classes of collections.abc give to classes that have the abstract methods.
const LibraryFile kMixinLibrary = {"_scriptc_mixins", R"py(
_missing = object()


class Mapping:
    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key):
        try:
            self[key]
        except KeyError:
            return False
        return True

    def keys(self): return {key: None for key in self}.keys()
    def items(self): return [(key, self[key]) for key in self]
    def values(self): return [self[key] for key in self]
    def __eq__(self, other): return hasattr(other, 'items') and dict(self.items()) == dict(other.items())


class MutableMapping(Mapping):
    def pop(self, key, default=_missing):
        try:
            value = self[key]
        except KeyError:
            if default is _missing:
                raise
            return default
        del self[key]
        return value

    def popitem(self):
        for key in self:
            return key, self.pop(key)
        raise KeyError

    def clear(self):
        for key in list(self):
            del self[key]

    def update(self, other=(), /, **kwargs):
        for key, value in dict(other, **kwargs).items():
            self[key] = value

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]


class Sequence:
    def __iter__(self):
        at = 0
        try:
            while True:
                yield self[at]
                at += 1
        except IndexError:
            return

    def __contains__(self, value): return any(item is value or item == value for item in self)
    def __reversed__(self): return (self[at] for at in reversed(range(len(self))))
    def count(self, value): return sum(1 for item in self if item is value or item == value)

    def index(self, value, start=0, stop=None):
        for at in range(len(self))[start:stop]:
            if self[at] is value or self[at] == value:
                return at
        raise ValueError


class MutableSequence(Sequence):
    def append(self, value): self.insert(len(self), value)

    def extend(self, values):
        for value in list(values):
            self.append(value)

    def pop(self, index=-1):
        value = self[index]
        del self[index]
        return value

    def remove(self, value): del self[self.index(value)]
    def clear(self): [self.pop() for _ in range(len(self))]
    def reverse(self): self[:] = list(self)[::-1]

    def __iadd__(self, values):
        self.extend(values)
        return self


class Set:
    def __le__(self, other): return all(item in other for item in self)
    def __ge__(self, other): return all(item in self for item in other)
    def __eq__(self, other): return len(self) == len(other) and self <= other
    def isdisjoint(self, other): return not any(item in self for item in other)
    def __and__(self, other): return self._from_iterable(item for item in other if item in self)
    def __or__(self, other): return self._from_iterable([*self, *other])
    def __sub__(self, other): return self._from_iterable(item for item in self if item not in other)

    @classmethod
    def _from_iterable(cls, items): return cls(items)


class MutableSet(Set):
    def remove(self, value):
        if value not in self:
            raise KeyError(value)
        self.discard(value)

    def pop(self):
        for value in self:
            self.discard(value)
            return value
        raise KeyError

    def clear(self): [self.discard(value) for value in list(self)]

    def __ior__(self, values):
        for value in values:
            self.add(value)
        return self
)py"};

const LibraryFile kCopyLibrary = {"copy", R"py(
from _scriptc import shallow_copy, deep_copy


class Error(Exception):
    pass


error = Error


def copy(x):
    method = getattr(type(x), '__copy__', None)
    return method(x) if method is not None else shallow_copy(x)


def deepcopy(x, memo=None):
    return deep_copy(x, {} if memo is None else memo)
)py"};

const LibraryFile kContextlibLibrary = {"contextlib", R"py(
class _GeneratorContextManager:
    def __init__(self, generator, function, args, kwargs):
        self.generator = generator
        self._again = (function, args, kwargs)

    def __enter__(self):
        try:
            return next(self.generator)
        except StopIteration:
            raise RuntimeError("generator didn't yield") from None

    def __exit__(self, kind, value, traceback):
        if kind is None:
            try:
                next(self.generator)
            except StopIteration:
                return False
            raise RuntimeError("generator didn't stop")
        try:
            self.generator.throw(value)
        except StopIteration:
            return True
        except BaseException as error:
            if error is value:
                return False
            raise
        raise RuntimeError("generator didn't stop after throw()")

    def __call__(self, function):
        make, margs, mkwargs = self._again

        def inner(*args, **kwargs):
            with _GeneratorContextManager(make(*margs, **mkwargs), make, margs, mkwargs):
                return function(*args, **kwargs)
        return inner


def contextmanager(function):
    def helper(*args, **kwargs):
        return _GeneratorContextManager(function(*args, **kwargs), function, args, kwargs)
    helper.__wrapped__ = function
    return helper


class nullcontext:
    def __init__(self, enter_result=None):
        self.enter_result = enter_result

    def __enter__(self):
        return self.enter_result

    def __exit__(self, *exc):
        return None


class closing:
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, *exc):
        self.thing.close()


class redirect_stdout(nullcontext):
    pass


class redirect_stderr(nullcontext):
    pass


class suppress:
    def __init__(self, *exceptions):
        self._exceptions = exceptions

    def __enter__(self):
        return None

    def __exit__(self, kind, value, traceback):
        return kind is not None and issubclass(kind, self._exceptions)


class ContextDecorator:
    def __call__(self, function):
        def inner(*args, **kwargs):
            with self:
                return function(*args, **kwargs)
        return inner


class AbstractContextManager:
    def __enter__(self):
        return self


class ExitStack:
    def __init__(self):
        self._exits = []

    def enter_context(self, manager):
        value = manager.__enter__()
        self._exits.append(manager.__exit__)
        return value

    def callback(self, function, *args, **kwargs):
        self._exits.append(lambda *exc: function(*args, **kwargs) and None)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for leave in reversed(self._exits):
            if leave(*exc):
                exc = (None, None, None)
        return exc[0] is None
)py"};

}  // namespace scriptc::python
