#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kEnumLibrary = {"enum", R"py(
class auto:
    def __init__(self):
        self.value = None

    def __or__(self, other): return _Later(self, other, lambda a, b: a | b)
    def __and__(self, other): return _Later(self, other, lambda a, b: a & b)
    def __xor__(self, other): return _Later(self, other, lambda a, b: a ^ b)
    __ror__, __rand__, __rxor__ = __or__, __and__, __xor__


class _Later(auto):
    """`A | B` in the body of an enumeration: numbered members that have no number yet."""

    def __init__(self, left, right, compute):
        self.left, self.right, self.compute = left, right, compute

    @property
    def value(self):
        return self.compute(_number(self.left), _number(self.right))


def _number(x):
    return x.value if isinstance(x, (auto, Enum)) else x


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
        # What prints comes from the enumeration, not from the str or int that is mixed in.
        for key in ('__repr__', '__str__', '__format__'):
            if mixin is not None and key not in namespace and getattr(cls, key) == getattr(mixin, key):
                type.__setattr__(cls, key, getattr(bases[-1], key))
        last = []
        for key, value in raw.items():
            if isinstance(value, auto) and not isinstance(value, _Later):
                value.value = cls._generate_next_value_(key, 1, len(last), last)
            if isinstance(value, auto):
                value = value.value
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
        member = int.__new__(cls, value) if issubclass(cls, int) else object.__new__(cls)
        names = [m._name_ for m in cls._members_ if m._value_ & value]
        member._name_ = '|'.join(names) or None
        member._value_ = value
        cls._members_.append(member)
        return member

    def __or__(self, other):
        return type(self)(self._value_ | _number(other))

    def __and__(self, other):
        return type(self)(self._value_ & _number(other))

    def __xor__(self, other):
        return type(self)(self._value_ ^ _number(other))

    def __invert__(self):
        known = 0
        for member in type(self)._members_:
            known |= member._value_
        return type(self)(known & ~self._value_)

    def __contains__(self, other):
        return other._value_ & self._value_ == other._value_

    def __bool__(self):
        return bool(self._value_)


class IntFlag(int, Flag):
    __repr__ = Enum.__repr__
    __or__ = __ror__ = Flag.__or__
    __and__ = __rand__ = Flag.__and__
    __xor__ = __rxor__ = Flag.__xor__
    __invert__ = Flag.__invert__

    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)
)py"};

}  // namespace scriptc::python
