#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kJsonLibrary = {"json", R"py(
_SHORT = {'"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f'}
_LONG = {'"': '"', '\\': '\\', '/': '/', 'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}
_WORDS = {'null': None, 'true': True, 'false': False, 'NaN': float('nan'), 'Infinity': float('inf'), '-Infinity': -float('inf')}


class JSONDecodeError(ValueError):
    def __init__(self, msg, doc, pos):
        self.msg, self.doc, self.pos = msg, doc, pos
        self.lineno = doc.count('\n', 0, pos) + 1
        self.colno = pos - doc.rfind('\n', 0, pos)
        super().__init__(f'{msg}: line {self.lineno} column {self.colno} (char {pos})')


def _quoted(text, ensure_ascii):
    out = []
    for c in text:
        code = ord(c)
        if c in _SHORT:
            out.append(_SHORT[c])
        elif code < 32 or (ensure_ascii and 126 < code < 65536):
            out.append(f'\\u{code:04x}')
        elif ensure_ascii and code > 126:
            code -= 65536
            out.append(f'\\u{0xd800 + (code >> 10):04x}\\u{0xdc00 + (code & 1023):04x}')
        else:
            out.append(c)
    return '"' + ''.join(out) + '"'


def _scalar(value):
    if value is None:
        return 'null'
    if value is True or value is False:
        return 'true' if value else 'false'
    if isinstance(value, int):
        return int.__repr__(value)
    if value != value:
        return 'NaN'
    if value in (float('inf'), -float('inf')):
        return 'Infinity' if value > 0 else '-Infinity'
    return float.__repr__(value)


class _Writer:
    def __init__(self, ensure_ascii, indent, separators, default, sort_keys):
        self.ensure_ascii, self.default, self.sort_keys = ensure_ascii, default, sort_keys
        self.indent = ' ' * indent if isinstance(indent, int) else indent
        self.comma, self.colon = separators or (', ' if indent is None else ',', ': ')

    def block(self, opening, parts, closing, depth):
        if not parts:
            return opening + closing
        if self.indent is None:
            return opening + self.comma.join(parts) + closing
        line = '\n' + self.indent * (depth + 1)
        return opening + line + (self.comma + line).join(parts) + '\n' + self.indent * depth + closing

    def key(self, key):
        if isinstance(key, str):
            return _quoted(key, self.ensure_ascii)
        if key is None or isinstance(key, (int, float)):
            return '"' + _scalar(key) + '"'
        raise TypeError(f'keys must be str, int, float, bool or None, not {type(key).__name__}')

    def text(self, value, depth=0):
        if isinstance(value, str):
            return _quoted(value, self.ensure_ascii)
        if value is None or isinstance(value, (int, float)):
            return _scalar(value)
        if isinstance(value, (list, tuple)):
            return self.block('[', [self.text(item, depth + 1) for item in value], ']', depth)
        if isinstance(value, dict):
            items = sorted(value.items()) if self.sort_keys else value.items()
            return self.block('{', [self.key(k) + self.colon + self.text(v, depth + 1) for k, v in items], '}', depth)
        if self.default is None:
            raise TypeError(f'Object of type {type(value).__name__} is not JSON serializable')
        return self.text(self.default(value), depth)


def dumps(obj, *, ensure_ascii=True, indent=None, separators=None, default=None, sort_keys=False):
    return _Writer(ensure_ascii, indent, separators, default, sort_keys).text(obj)


class _Reader:
    def __init__(self, text):
        self.source, self.text, self.at = text, list(text), 0

    def fail(self, message, at=None):
        raise JSONDecodeError(message, self.source, self.at if at is None else at)

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ''

    def skip(self):
        while self.peek() and self.peek() in ' \t\n\r':
            self.at += 1
        return self.peek()

    def value(self):
        c = self.skip()
        if c == '{':
            return self.object()
        if c == '[':
            return self.array()
        if c == '"':
            return self.string()
        return self.word()

    def word(self):
        for word, value in _WORDS.items():
            if self.source.startswith(word, self.at):
                self.at += len(word)
                return value
        return self.number()

    def digits(self, at):
        while at < len(self.text) and '0' <= self.text[at] <= '9':
            at += 1
        return at

    def number(self):
        start = self.at
        whole = start + 1 if self.peek() == '-' else start
        end = whole + 1 if self.text[whole:whole + 1] == ['0'] else self.digits(whole)
        if end == whole:
            self.fail('Expecting value')
        integer = True
        if self.text[end:end + 1] == ['.'] and self.digits(end + 1) > end + 1:
            end, integer = self.digits(end + 1), False
        if self.text[end:end + 1] in (['e'], ['E']):
            power = end + 2 if self.text[end + 1:end + 2] in (['+'], ['-']) else end + 1
            if self.digits(power) > power:
                end, integer = self.digits(power), False
        self.at = end
        return (int if integer else float)(''.join(self.text[start:end]))

    def hex(self):
        digits = ''.join(self.text[self.at:self.at + 4])
        if len(digits) < 4 or not all(c in '0123456789abcdefABCDEF' for c in digits):
            self.fail('Invalid \\uXXXX escape', self.at - 1)
        self.at += 4
        return int(digits, 16)

    def string(self):
        start, out = self.at, []
        self.at += 1
        while self.peek() != '"':
            c = self.peek()
            if not c:
                self.fail('Unterminated string starting at', start)
            if ord(c) < 32:
                self.fail('Invalid control character at')
            self.at += 1
            if c == '\\':
                c = self.peek()
                self.at += 1
                if c == 'u':
                    code = self.hex()
                    if 0xd800 <= code < 0xdc00 and ''.join(self.text[self.at:self.at + 2]) == '\\u':
                        self.at += 2
                        code = 65536 + ((code - 0xd800) << 10) + (self.hex() - 0xdc00)
                    c = chr(code)
                elif c in _LONG:
                    c = _LONG[c]
                else:
                    self.fail('Invalid \\escape', self.at - 2)
            out.append(c)
        self.at += 1
        return ''.join(out)

    def array(self):
        items = []
        self.at += 1
        if self.skip() == ']':
            self.at += 1
            return items
        while True:
            items.append(self.value())
            c = self.skip()
            self.at += 1
            if c == ']':
                return items
            if c != ',':
                self.fail("Expecting ',' delimiter", self.at - 1)
            self.skip()

    def object(self):
        items = {}
        self.at += 1
        if self.skip() == '}':
            self.at += 1
            return items
        while True:
            if self.skip() != '"':
                self.fail('Expecting property name enclosed in double quotes')
            key = self.string()
            if self.skip() != ':':
                self.fail("Expecting ':' delimiter")
            self.at += 1
            items[key] = self.value()
            c = self.skip()
            self.at += 1
            if c == '}':
                return items
            if c != ',':
                self.fail("Expecting ',' delimiter", self.at - 1)


def loads(s):
    reader = _Reader(s)
    value = reader.value()
    if reader.skip():
        reader.fail('Extra data')
    return value
)py",
                                  true};

const LibraryFile kHeapqLibrary = {"heapq", R"py(
import itertools as _itertools


def _rise(heap, first, at):
    item = heap[at]
    while at > first and item < heap[(at - 1) // 2]:
        heap[at] = heap[(at - 1) // 2]
        at = (at - 1) // 2
    heap[at] = item


def _settle(heap, first):
    # Down to a leaf along the smaller children, then up again: fewer comparisons than stopping on the way.
    at, item = first, heap[first]
    while 2 * at + 1 < len(heap):
        child = 2 * at + 1
        if child + 1 < len(heap) and not heap[child] < heap[child + 1]:
            child += 1
        heap[at] = heap[child]
        at = child
    heap[at] = item
    _rise(heap, first, at)


def heapify(x):
    for at in reversed(range(len(x) // 2)):
        _settle(x, at)


def heappush(heap, item):
    heap.append(item)
    _rise(heap, 0, len(heap) - 1)


def heappop(heap):
    if not heap:
        raise IndexError('index out of range')
    last = heap.pop()
    return heapreplace(heap, last) if heap else last


def heapreplace(heap, item):
    if not heap:
        raise IndexError('index out of range')
    least = heap[0]
    heap[0] = item
    _settle(heap, 0)
    return least


def heappushpop(heap, item):
    return heapreplace(heap, item) if heap and heap[0] < item else item


def nsmallest(n, iterable, key=None):
    return sorted(iterable, key=key)[:n]


def nlargest(n, iterable, key=None):
    return sorted(iterable, key=key, reverse=True)[:n]


def merge(*iterables, key=None, reverse=False):
    return iter(sorted(_itertools.chain(*iterables), key=key, reverse=reverse))
)py"};

const LibraryFile kBisectLibrary = {"bisect", R"py(
def bisect_left(a, x, lo=0, hi=None, *, key=None):
    hi = len(a) if hi is None else hi
    while lo < hi:
        middle = (lo + hi) // 2
        if (a[middle] if key is None else key(a[middle])) < x:
            lo = middle + 1
        else:
            hi = middle
    return lo


def bisect_right(a, x, lo=0, hi=None, *, key=None):
    hi = len(a) if hi is None else hi
    while lo < hi:
        middle = (lo + hi) // 2
        if x < (a[middle] if key is None else key(a[middle])):
            hi = middle
        else:
            lo = middle + 1
    return lo


def insort_left(a, x, lo=0, hi=None, *, key=None):
    a.insert(bisect_left(a, x if key is None else key(x), lo, hi, key=key), x)


def insort_right(a, x, lo=0, hi=None, *, key=None):
    a.insert(bisect_right(a, x if key is None else key(x), lo, hi, key=key), x)


bisect = bisect_right
insort = insort_right
)py"};

// Paths are texts that are joined and taken apart: there is no file system to ask.
const LibraryFile kPathlibLibrary = {"pathlib", R"py(
class PurePosixPath:
    def __init__(self, *parts):
        text = ''
        for part in map(str, parts):
            text = part if part.startswith('/') else text + '/' + part if text else part
        root = '/' if text.startswith('/') else ''
        self._text = root + '/'.join(part for part in text.split('/') if part not in ('', '.')) or '.'

    def __truediv__(self, other): return type(self)(self, other)
    def __rtruediv__(self, other): return type(self)(other, self)
    def __str__(self): return self._text
    def __fspath__(self): return self._text
    def __repr__(self): return f'{type(self).__name__}({self._text!r})'
    def __hash__(self): return hash(self._text)
    def __eq__(self, other): return isinstance(other, PurePosixPath) and self._text == other._text
    def __lt__(self, other): return self._text < other._text
    def as_posix(self): return self._text
    def joinpath(self, *others): return type(self)(self, *others)
    def is_absolute(self): return self._text.startswith('/')
    def with_name(self, name): return self.parent / name
    def with_stem(self, stem): return self.parent / (stem + self.suffix)
    def with_suffix(self, suffix): return self.parent / (self.stem + suffix)

    @property
    def parts(self):
        root = ('/',) if self.is_absolute() else ()
        return root + tuple(part for part in self._text.split('/') if part not in ('', '.'))

    @property
    def name(self):
        return self.parts[-1] if self.parts and self.parts[-1] != '/' else ''

    @property
    def parent(self):
        return type(self)(*self.parts[:-1]) if len(self.parts) > 1 or not self.is_absolute() else self

    @property
    def parents(self):
        return () if self.parent == self else (self.parent,) + self.parent.parents

    @property
    def suffix(self):
        dot = self.name.rfind('.')
        return self.name[dot:] if 0 < dot < len(self.name) - 1 else ''

    @property
    def stem(self):
        return self.name[:len(self.name) - len(self.suffix)]


class PosixPath(PurePosixPath):
    def resolve(self, strict=False): return self
    def absolute(self): return self
    def expanduser(self): return self

    def __getattr__(self, name):
        raise NotImplementedError(f'Path.{name} is not available: constructors have no access to files')


Path = PosixPath
PurePath = PurePosixPath
)py"};

}  // namespace scriptc::python
