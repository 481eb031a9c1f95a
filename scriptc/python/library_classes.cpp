#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kDataclassesLibrary = {"dataclasses", R"py(
from _scriptc import annotation_texts
import copy as _copy


class _MISSING_TYPE:
    def __repr__(self):
        return '<dataclasses._MISSING_TYPE object>'


class _KW_ONLY_TYPE:
    pass


class FrozenInstanceError(AttributeError):
    pass


MISSING = _MISSING_TYPE()
KW_ONLY = _KW_ONLY_TYPE()


class Field:
    def __init__(self, default, default_factory, init, repr, hash, compare, metadata, kw_only):
        self.name = None
        self.owner = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.metadata = metadata or {}
        self.kw_only = kw_only

    @property
    def type(self):
        return self.owner.__annotations__[self.name]


def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, hash=None, compare=True, metadata=None,
          kw_only=MISSING):
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError('cannot specify both default and default_factory')
    return Field(default, default_factory, init, repr, hash, compare, metadata, kw_only)


def _collect(cls, kw_only):
    found = {}
    for base in reversed(cls.__mro__[1:]):
        found.update(base.__dict__.get('__dataclass_fields__', {}))
    for name, text in annotation_texts(cls).items():
        if 'ClassVar' in text:
            continue
        if 'KW_ONLY' in text:
            kw_only = True
            continue
        default = cls.__dict__.get(name, MISSING)
        if isinstance(default, Field):
            item = default
            if item.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, item.default)
        else:
            if isinstance(default, (list, dict, set)):
                raise ValueError(f'mutable default {type(default)} for field {name} is not allowed: use default_factory')
            item = field(default=default)
        item.name = name
        item.owner = cls
        item.init_only = 'InitVar' in text
        if item.kw_only is MISSING:
            item.kw_only = kw_only
        found[name] = item
    seen_default = None
    for item in found.values():
        if item.init and not item.kw_only:
            if item.default is not MISSING or item.default_factory is not MISSING:
                seen_default = item.name
            elif seen_default is not None:
                raise TypeError(f'non-default argument {item.name!r} follows default argument')
    return found


def _names(items):
    items = [repr(item) for item in items]
    if len(items) < 3:
        return ' and '.join(items)
    return ', '.join(items[:-1]) + ', and ' + items[-1]


def _make_init(cls, frozen):
    fields = cls.__dataclass_fields__
    positional = [f for f in fields.values() if f.init and not f.kw_only]

    def __init__(self, *args, **kwargs):
        name = type(self).__qualname__ + '.__init__()'
        if len(args) > len(positional):
            required = len([f for f in positional if f.default is MISSING and f.default_factory is MISSING]) + 1
            most = len(positional) + 1
            takes = f'{most}' if required == most else f'from {required} to {most}'
            raise TypeError(f'{name} takes {takes} positional argument{"" if most == 1 else "s"} but {len(args) + 1} were given')
        given = {}
        for f, value in zip(positional, args):
            given[f.name] = value
        for key, value in kwargs.items():
            if key in given:
                raise TypeError(f"{name} got multiple values for argument '{key}'")
            if key not in fields or not fields[key].init:
                raise TypeError(f"{name} got an unexpected keyword argument '{key}'")
            given[key] = value
        missing = [f.name for f in fields.values()
                   if f.init and f.name not in given and f.default is MISSING and f.default_factory is MISSING]
        if missing:
            raise TypeError(f'{name} missing {len(missing)} required positional argument{"" if len(missing) == 1 else "s"}: {_names(missing)}')
        late = []
        for f in fields.values():
            if f.name in given:
                value = given[f.name]
            elif f.default_factory is not MISSING:
                value = f.default_factory()
            elif f.default is not MISSING:
                value = f.default
            else:
                continue
            if f.init_only:
                late.append(value)
            else:
                object.__setattr__(self, f.name, value)
        if hasattr(self, '__post_init__'):
            self.__post_init__(*late)
    __init__.__qualname__ = cls.__qualname__ + '.__init__'
    __init__.only_stores = True
    return __init__


def _stored(cls):
    """The arguments of `__init__` in their order, each with its default if it has one; None if it does more than store them."""
    fields = list(cls.__dataclass_fields__.values())
    more = any(f.init_only or not f.init for f in fields) or hasattr(cls, '__post_init__')
    if more or not getattr(cls.__init__, 'only_stores', False):
        return None
    fields.sort(key=lambda f: bool(f.kw_only))
    return [(f.name,) if f.default is MISSING else (f.name, f.default) for f in fields]


def _compared(self):
    return tuple(getattr(self, f.name) for f in type(self).__dataclass_fields__.values() if f.compare)


def _repr(self):
    shown = ', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in type(self).__dataclass_fields__.values()
                      if f.repr and not f.init_only)
    return f'{type(self).__qualname__}({shown})'


def _eq(self, other):
    if type(other) is not type(self):
        return NotImplemented
    return _compared(self) == _compared(other)


def _refuse(self, name, value=None):
    raise FrozenInstanceError(f'cannot assign to field {name!r}')


def dataclass(cls=None, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False,
              match_args=True, kw_only=False, slots=False, weakref_slot=False):
    def wrap(cls):
        cls.__dataclass_fields__ = _collect(cls, kw_only)
        own = cls.__dict__
        if init and '__init__' not in own:
            cls.__init__ = _make_init(cls, frozen)
        if repr and '__repr__' not in own:
            cls.__repr__ = _repr
        if eq and '__eq__' not in own:
            cls.__eq__ = _eq
            if frozen or unsafe_hash:
                cls.__hash__ = lambda self: hash(_compared(self))
            elif '__hash__' not in own:
                cls.__hash__ = None
        if order:
            cls.__lt__ = lambda self, other: _compared(self) < _compared(other)
            cls.__le__ = lambda self, other: _compared(self) <= _compared(other)
            cls.__gt__ = lambda self, other: _compared(self) > _compared(other)
            cls.__ge__ = lambda self, other: _compared(self) >= _compared(other)
        if frozen:
            cls.__setattr__ = _refuse
            cls.__delattr__ = _refuse
        if match_args:
            cls.__match_args__ = tuple(f.name for f in cls.__dataclass_fields__.values() if f.init and not f.kw_only)
        return cls
    return wrap if cls is None else wrap(cls)


def fields(cls):
    return tuple(f for f in cls.__dataclass_fields__.values() if not f.init_only)


def is_dataclass(obj):
    return hasattr(obj if isinstance(obj, type) else type(obj), '__dataclass_fields__')


def _plain(value, factory):
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value, dict_factory=factory)
    if isinstance(value, (list, tuple)):
        return type(value)([_plain(v, factory) for v in value])
    if isinstance(value, dict):
        return {k: _plain(v, factory) for k, v in value.items()}
    return _copy.deepcopy(value)


def asdict(obj, *, dict_factory=dict):
    return dict_factory([(f.name, _plain(getattr(obj, f.name), dict_factory)) for f in fields(obj)])


def astuple(obj):
    return tuple(getattr(obj, f.name) for f in fields(obj))


def replace(obj, **changes):
    values = {f.name: getattr(obj, f.name) for f in fields(obj) if f.init}
    values.update(changes)
    return type(obj)(**values)


def make_dataclass(cls_name, fields, *, bases=(), namespace=None, **options):
    entries, annotations = dict(namespace or {}), {}
    for item in fields:
        name, kind, *default = (item, 'typing.Any') if isinstance(item, str) else item
        annotations[name] = kind
        if default:
            entries[name] = default[0]
    entries['__annotations__'] = annotations
    return dataclass(type(cls_name, bases, entries), **options)


class InitVar:
    def __class_getitem__(cls, item):
        return cls
)py"};

}  // namespace scriptc::python
