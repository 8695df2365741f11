"""The keys of the configuration file as fields of dataclasses: what a field says of its key. Pure.

::

    @dataclass(frozen=True, slots=True)
    class SnmpAccess:
        address: str = key(ADDRESS, default="127.0.0.1:161", help="where it answers SNMP requests")
        community_file: str | None = optional(secret_file("community"), example="/etc/c", help="file with it")
        v3: V3Access | None = optional_group(V3Access, help="SNMPv3 instead of a community")

The name of the field is the key, unless ``name`` is given. A record may have a method ``check``, which takes a
``given.Given`` and notes what is wrong with keys that are right each by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, TypeVar

from haproxy_agentx.settings.types import ValueType

T = TypeVar("T")
R = TypeVar("R")
_MARK = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key with one value, or with ``most`` a list of at most so many.

    ``default`` counts unless ``is_required``. ``example`` is a text of the file, for a key without a default.
    """

    type: ValueType[Any]
    help: str
    name: str = ""
    default: Any = None
    is_required: bool = False
    example: str = ""
    most: int = 0

    @property
    def is_example(self) -> bool:
        """Whether ``text`` is an example: the key has no default that could be written."""
        return bool(self.example) and not self.is_required

    @property
    def text(self) -> str:
        """The default as a text of the file, or else an example."""
        return self.example or self.type.write(self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGroup:
    """A mapping of keys that is a record of its own, or with ``most`` a list of at most so many of them.

    With ``short`` it may be one value instead, which is that of the key of this name. No two records of a list have the
    same value of the key ``unique``. Without ``default`` (None) nothing is there unless the file has it.
    """

    record: type[Any]
    help: str
    name: str = ""
    default: Any = None
    most: int = 0
    short: str = ""
    unique: str = ""

    @property
    def is_example(self) -> bool:
        """Whether its keys are examples: there is no such group by default."""
        return self.default is None

    @property
    def keys(self) -> "tuple[Key | KeyGroup, ...]":
        """What is in it."""
        return keys_of(self.record)


@dataclass(frozen=True, slots=True)
class _Inline:
    """A record whose keys are those of the record around it."""

    record: type[Any]


def key(value_type: ValueType[T], *, default: T, help: str, name: str = "", shown: bool = True) -> T:
    """Declare a key with a default. Unless it is ``shown`` the value is not in the record's repr.

    ``{range}`` in the help is replaced by the range of the type.
    """
    return _declared(_key(value_type, help, name, default=default), default, shown=shown)


def required(value_type: ValueType[T], *, example: str, help: str, name: str = "", shown: bool = True) -> T:
    """Declare a key that must be given."""
    missing: Any = MISSING
    declared: T = _declared(_key(value_type, help, name, example=example, is_required=True), missing, shown=shown)
    return declared


def optional(value_type: ValueType[T], *, example: str, help: str, name: str = "", shown: bool = True) -> T | None:
    """Declare a key that is None unless given."""
    return _declared(_key(value_type, help, name, example=example), None, shown=shown)


def listed(value_type: ValueType[T], *, most: int, example: str, help: str, name: str = "") -> tuple[T, ...] | None:
    """Declare a list of at most ``most`` different values, None unless given; it may be empty."""
    return _declared(_key(value_type, help, name, example=example, most=most), None)


def group(record: type[R], *, default: R, help: str, name: str = "", short: str = "") -> R:
    """Declare a mapping whose keys have defaults."""
    return _declared(KeyGroup(record=record, help=help, name=name, default=default, short=short), default)


def optional_group(record: type[R], *, help: str, name: str = "", short: str = "") -> R | None:
    """Declare a mapping that is None unless given."""
    return _declared(KeyGroup(record=record, help=help, name=name, short=short), None)


def groups(
    record: type[R], *, most: int, default: tuple[R, ...], help: str, name: str = "", unique: str = ""
) -> tuple[R, ...]:
    """Declare a list of 1 to ``most`` mappings; ``default``, which may be empty, applies where it is not given."""
    found = KeyGroup(record=record, help=help, name=name, default=default or None, most=most, unique=unique)
    return _declared(found, default)


def optional_groups(record: type[R], *, most: int, help: str, name: str = "", unique: str = "") -> tuple[R, ...] | None:
    """Declare a list of 1 to ``most`` mappings that is None unless given."""
    return _declared(KeyGroup(record=record, help=help, name=name, most=most, unique=unique), None)


def inline(record: type[R], *, default: R) -> R:
    """Declare a record whose keys stand beside the others: the file has no mapping for it."""
    return _declared(_Inline(record), default)


def keys_of(record: type) -> tuple[Key | KeyGroup, ...]:
    """Return the keys and groups that a record declares, in the order of its fields."""
    return tuple(item for _, found in _fields(record) for item in _flat(found))


def values_of(record: Any) -> Iterator[tuple[Key | KeyGroup, Any]]:  # noqa: ANN401  of any class that declares keys
    """Yield each key and group of a record with its value."""
    for name, found in _fields(type(record)):
        value = getattr(record, name)
        if isinstance(found, _Inline):
            yield from values_of(value)
        else:
            yield found, value


def parts_of(record: Any) -> Iterator[Any]:  # noqa: ANN401  of any class that declares keys
    """Yield a record, and those whose keys stand beside its own."""
    yield record
    for name, found in _fields(type(record)):
        if isinstance(found, _Inline):
            yield from parts_of(getattr(record, name))


def made(record: type[R], values: Mapping[str, Any]) -> R:
    """Return the record of these values by key. What is required and missing is None: it has been reported."""
    arguments: dict[str, Any] = {}
    for name, found in _fields(record):
        if isinstance(found, _Inline):
            arguments[name] = made(found.record, values)
        elif found.name in values:
            arguments[name] = values[found.name]
        elif isinstance(found, Key) and found.is_required:
            arguments[name] = None
    return record(**arguments)


def _fields(record: type) -> tuple[tuple[str, Key | KeyGroup | _Inline], ...]:
    return tuple((each.name, _named(each)) for each in fields(record) if _MARK in each.metadata)


def _named(each: Field[Any]) -> Key | KeyGroup | _Inline:
    found: Key | KeyGroup | _Inline = each.metadata[_MARK]
    return found if isinstance(found, _Inline) or found.name else replace(found, name=each.name)


def _flat(found: Key | KeyGroup | _Inline) -> tuple[Key | KeyGroup, ...]:
    return keys_of(found.record) if isinstance(found, _Inline) else (found,)


def _key(value_type: ValueType[Any], text: str, name: str, **more: Any) -> Key:  # noqa: ANN401  the fields of Key
    return Key(type=value_type, help=text.replace("{range}", value_type.range), name=name, **more)


def _declared(found: Key | KeyGroup | _Inline, default: T, *, shown: bool = True) -> T:
    """Return a Field, which type checkers take for the value."""
    declared: T = field(default=default, repr=shown, metadata={_MARK: found})
    return declared
