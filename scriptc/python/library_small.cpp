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

const LibraryFile kKeywordLibrary = {"keyword", R"py(
kwlist = [
    'False', 'None', 'True', 'and', 'as', 'assert', 'async', 'await', 'break', 'class', 'continue',
    'def', 'del', 'elif', 'else', 'except', 'finally', 'for', 'from', 'global', 'if', 'import',
    'in', 'is', 'lambda', 'nonlocal', 'not', 'or', 'pass', 'raise', 'return', 'try', 'while',
    'with', 'yield'
]
softkwlist = ['_', 'case', 'match', 'type']


def iskeyword(name): return name in kwlist
def issoftkeyword(name): return name in softkwlist
)py"};

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

const LibraryFile kDistutilsVersionLibrary = {"distutils.version", R"py(
import re as _re


class Version:
    def __init__(self, vstring=None):
        if vstring:
            self.parse(vstring)

    def __str__(self): return self.vstring
    def __repr__(self): return f"{type(self).__name__} ('{self}')"
    def _other(self, other): return type(self)(other)._key() if isinstance(other, str) else other._key()
    def __eq__(self, other): return self._key() == self._other(other)
    def __ne__(self, other): return self._key() != self._other(other)
    def __lt__(self, other): return self._key() < self._other(other)
    def __le__(self, other): return self._key() <= self._other(other)
    def __gt__(self, other): return self._key() > self._other(other)
    def __ge__(self, other): return self._key() >= self._other(other)


class LooseVersion(Version):
    def parse(self, vstring):
        self.vstring = vstring
        parts = _re.findall(r'[0-9]+|[a-z]+|[^0-9a-z.]+', vstring)
        self.version = [int(part) if part.isdigit() else part for part in parts]

    def _key(self): return self.version


class StrictVersion(Version):
    def parse(self, vstring):
        found = _re.fullmatch(r'(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?', vstring)
        if found is None:
            raise ValueError(f"invalid version number '{vstring}'")
        self.vstring = vstring
        self.version = (int(found[1]), int(found[2]), int(found[3] or 0))
        self.prerelease = (found[4], int(found[5])) if found[4] else None

    # A release comes behind its pre-releases.
    def _key(self): return (self.version, self.prerelease or ('c', 0))
)py"};

const LibraryFile kResourcesLibrary = {"pkg_resources", R"py(
import packaging
from packaging.version import parse as parse_version
)py",
                                       true};

const LibraryFile kTorchVersionLibrary = {"torch.torch_version", R"py(
from packaging.version import InvalidVersion, Version


class TorchVersion(str):
    def _compared(self, other, compare):
        try:
            if not isinstance(other, Version):
                other = Version(other if isinstance(other, str) else '.'.join([str(part) for part in other]))
            return compare(Version(str(self)), other)
        except InvalidVersion:
            return compare(str(self), str(other))

    def __eq__(self, other): return self._compared(other, lambda x, y: x == y)
    def __ne__(self, other): return self._compared(other, lambda x, y: x != y)
    def __lt__(self, other): return self._compared(other, lambda x, y: x < y)
    def __le__(self, other): return self._compared(other, lambda x, y: x <= y)
    def __gt__(self, other): return self._compared(other, lambda x, y: x > y)
    def __ge__(self, other): return self._compared(other, lambda x, y: x >= y)
    def __hash__(self): return hash(str(self))
)py"};

}  // namespace scriptc::python
