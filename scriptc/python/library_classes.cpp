#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kEnumLibrary = {"enum", R"py(
class auto:
    def __init__(self):
        self.value = None


class nonmember:
    def __init__(self, value):
        self.value = value


def unique(enumeration):
    seen = {}
    for name, member in enumeration.__members__.items():
        if name != member.name:
            raise ValueError(f'duplicate values found in {enumeration!r}: {name} -> {member.name}')
    return enumeration


def _is_member(name, value):
    if name.startswith('_'):
        return False
    return not (callable(value) and not isinstance(value, type) or hasattr(type(value), '__get__')
                or isinstance(value, (property, staticmethod, classmethod, nonmember)))


class EnumMeta(type):
    def __new__(mcls, name, bases, namespace, **kwargs):
        raw = {key: value for key, value in namespace.items() if _is_member(key, value)}
        rest = {key: value for key, value in namespace.items() if key not in raw}
        cls = super().__new__(mcls, name, bases, rest)
        members = {}
        by_value = []
        type.__setattr__(cls, '_member_map_', members)
        type.__setattr__(cls, '_members_', by_value)
        mixin = None
        for base in cls.__mro__:
            if base in (int, str, float):
                mixin = base
                break
        user_new = None
        for base in cls.__mro__:
            if '__new__' in base.__dict__ and base not in (object, int, str, float) and isinstance(base, EnumMeta):
                user_new = base.__dict__['__new__']
                break
        last = []
        for key, value in raw.items():
            if isinstance(value, auto):
                value = cls._generate_next_value_(key, 1, len(last), last)
            args = value if isinstance(value, tuple) else (value,)
            if user_new is not None:
                member = user_new(cls, *args)
            elif mixin is not None:
                member = mixin.__new__(cls, *args)
            else:
                member = object.__new__(cls)
            if not hasattr(member, '_value_'):
                member._value_ = mixin(*args) if mixin is not None and user_new is None else value
            last.append(member._value_)
            for known in by_value:
                if known._value_ == member._value_:
                    member = known
                    break
            else:
                member._name_ = key
                if '__init__' in cls.__dict__ or any('__init__' in b.__dict__ for b in cls.__mro__ if isinstance(b, EnumMeta)):
                    member.__init__(*args)
                by_value.append(member)
            members[key] = member
            type.__setattr__(cls, key, member)
        return cls

    def __call__(cls, value, names=None, **kwargs):
        if names is not None:
            return _functional(cls, value, names)
        if isinstance(value, cls):
            return value
        for member in cls._members_:
            if member._value_ == value:
                return member
        found = cls._missing_(value)
        if found is not None:
            return found
        raise ValueError(f'{value!r} is not a valid {cls.__qualname__}')

    def __iter__(cls):
        return iter(list(cls._members_))

    def __reversed__(cls):
        return reversed(list(cls._members_))

    def __len__(cls):
        return len(cls._members_)

    def __contains__(cls, value):
        return isinstance(value, cls) or any(member._value_ == value for member in cls._members_)

    def __getitem__(cls, name):
        return cls._member_map_[name]

    def __bool__(cls):
        return True

    @property
    def __members__(cls):
        return dict(cls._member_map_)

    def __repr__(cls):
        return f'<enum {cls.__name__!r}>'


EnumType = EnumMeta


def _functional(cls, name, names):
    if isinstance(names, str):
        names = names.replace(',', ' ').split()
    namespace = {}
    for i, item in enumerate(names.items() if isinstance(names, dict) else names):
        key, value = (item, i + 1) if isinstance(item, str) else item
        namespace[key] = value
    return EnumMeta.__new__(EnumMeta, name, (cls,), namespace)


class Enum(metaclass=EnumMeta):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return max([v for v in last_values if isinstance(v, int)], default=start - 1) + 1

    @classmethod
    def _missing_(cls, value):
        return None

    @property
    def name(self):
        return self._name_

    @property
    def value(self):
        return self._value_

    def __repr__(self):
        return f'<{type(self).__name__}.{self._name_}: {self._value_!r}>'

    def __str__(self):
        return f'{type(self).__name__}.{self._name_}'

    def __hash__(self):
        return hash(self._name_)

    def __format__(self, spec):
        return format(str(self), spec)

    def __deepcopy__(self, memo):
        return self

    def __copy__(self):
        return self


class ReprEnum(Enum):
    pass


class IntEnum(int, ReprEnum):
    __repr__ = Enum.__repr__

    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)


class StrEnum(str, ReprEnum):
    __repr__ = Enum.__repr__

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    def __str__(self):
        return self._value_

    def __format__(self, spec):
        return format(self._value_, spec)


class Flag(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        value = 1
        while last_values and value <= max(last_values):
            value *= 2
        return value

    @classmethod
    def _missing_(cls, value):
        member = object.__new__(cls)
        names = [m._name_ for m in cls._members_ if m._value_ & value]
        member._name_ = '|'.join(names) or None
        member._value_ = value
        cls._members_.append(member)
        return member

    def __or__(self, other):
        return type(self)(self._value_ | other._value_)

    def __and__(self, other):
        return type(self)(self._value_ & other._value_)

    def __xor__(self, other):
        return type(self)(self._value_ ^ other._value_)

    def __contains__(self, other):
        return other._value_ & self._value_ == other._value_

    def __bool__(self):
        return bool(self._value_)


class IntFlag(int, Flag):
    __repr__ = Enum.__repr__
)py"};

const LibraryFile kDataclassesLibrary = {"dataclasses", R"py(
from _scriptc import annotation_texts


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
        self.type = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.metadata = metadata or {}
        self.kw_only = kw_only


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
        item.type = text
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
    return __init__


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
    return value


def asdict(obj, *, dict_factory=dict):
    return dict_factory([(f.name, _plain(getattr(obj, f.name), dict_factory)) for f in fields(obj)])


def astuple(obj):
    return tuple(getattr(obj, f.name) for f in fields(obj))


def replace(obj, **changes):
    values = {f.name: getattr(obj, f.name) for f in fields(obj) if f.init}
    values.update(changes)
    return type(obj)(**values)


def make_dataclass(name, items, *, bases=(), namespace=None, **options):
    raise NotImplementedError('make_dataclass() is not available')


class InitVar:
    def __class_getitem__(cls, item):
        return cls
)py"};

}  // namespace scriptc::python
