"""The types of values: how a text of the file becomes a value, a value a text, and what a schema says of it. Pure.

A scalar of the file is its text, as it is written there. A message repeats it only where it cannot be a secret that was
put in the wrong place. A schema speaks of what YAML 1.2 makes of the text: also a number or a boolean.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from haproxy_agentx.settings.patterns import any_case, decimal, number, whole
from haproxy_agentx.vocabulary.shown import printable

T = TypeVar("T")
V = TypeVar("V")

Schema = Mapping[str, Any]
"""A JSON Schema (draft 7), as ``json.dumps`` takes it."""

NONE = "none"
"""What is written for what is not used."""

ECHOED = 40
"""Characters of a text that a message repeats at most."""


class FileUse(Enum):
    """Whether the value is the path of a file that the daemon reads, and what is in it."""

    none = "no such file"
    public = "read"
    secret = "read, and a secret"  # noqa: S105  not one


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType(Generic[T]):
    """A type of value.

    ``words`` names it in documents. ``read`` turns its text into the value, or raises ValueError with 'what: remedy'.
    ``write`` returns a text that reads as the value, unless that is not shown whole. ``range`` is what is allowed, in
    words: it replaces ``{range}`` in the help of a key.
    """

    words: str
    read: Callable[[str], T]
    schema: Schema
    write: Callable[[T], str] = str
    range: str = ""
    file: FileUse = FileUse.none


def text(pattern: str) -> Schema:
    """Return the schema of texts that begin with what is no number, and match the pattern as a whole."""
    return {"type": "string", "pattern": whole(pattern)}


def plain(pattern: str) -> Schema:
    """Return the schema of texts that YAML may take for numbers and booleans, which are not looked at."""
    return {"type": ["string", "number", "boolean"], "pattern": whole(pattern)}


def either(*schemas: Schema) -> Schema:
    """Return the schema of what one of these fits."""
    return {"anyOf": list(schemas)}


def whole_number(least: int, most: int, what: str, hint: str = "") -> ValueType[int]:
    """Return the type of numbers from ``least`` to ``most``; ``what`` is such a number in messages: 'a priority'."""

    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(
                f"'{printable(text, ECHOED)}' is not {what}: use a whole number from {least} to {most}{hint}"
            )
        return int(text)

    return ValueType(
        words="number",
        read=read,
        range=f"{least} to {most}",
        schema={
            "type": ["integer", "string"],
            "minimum": least,
            "maximum": most,
            "pattern": whole(number(least, most)),
        },
    )


_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def duration(least: float, most: float) -> ValueType[float]:
    """Return the type of seconds from ``least`` to ``most``: 1s, 500ms, 2m, 1h, or a plain number of seconds."""

    def read(text: str) -> float:
        match = _DURATION.fullmatch(text)
        if not match:
            raise ValueError(f"'{printable(text, ECHOED)}' is not a duration: write it as 1s, 500ms, 2m, or in seconds")
        seconds = round(float(match[1]) * _SECONDS[match[2]], 9)
        if not least <= seconds <= most:
            raise ValueError(f"{match[0]} is out of range: {least:g}s to {most:g}s are allowed")
        return seconds

    texts = "|".join(
        f"{decimal(round(least / size, 9), round(most / size, 9))} ?{unit or ''}" for unit, size in _SECONDS.items()
    )
    return ValueType(
        words="duration",
        read=read,
        write=duration_text,
        range=f"{duration_text(least)} to {duration_text(most)}",
        schema={"type": ["number", "string"], "minimum": least, "maximum": most, "pattern": whole(texts)},
    )


def duration_text(seconds: float) -> str:
    """Write seconds in the greatest unit of which they are a whole number; decimals of seconds where there is none."""
    for unit, size in (("h", 3600.0), ("m", 60.0), ("s", 1.0)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    milliseconds = round(seconds * 1000, 6)
    if 0 < seconds < 1 and milliseconds.is_integer():
        return f"{milliseconds:.0f}ms"
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def words(
    meanings: Mapping[str, T], what: str, others: Mapping[str, T] | None = None, *, echo: bool = True
) -> ValueType[T]:
    """Return the type of a few words, in any case and with hyphens anywhere.

    ``meanings`` are those that are written, ``others`` are read as well. ``what`` is such a word in messages, 'a role';
    with ``echo`` they repeat what was found instead.
    """
    known = {_flat(word): value for word, value in [*meanings.items(), *(others or {}).items()]}
    *first, last = meanings
    allowed = f"{', '.join(first)} or {last}"

    def read(text: str) -> T:
        word = _flat(text) if text.isascii() and len(text) <= ECHOED else ""
        if word not in known:
            raise ValueError(f"{_quoted(text) if echo else 'it'} is not {what}: use one of {', '.join(meanings)}")
        return known[word]

    def write(value: T) -> str:
        return next(word for word, meaning in meanings.items() if meaning == value)

    spelt = "|".join("-*".join(["", *map(any_case, word), ""]) for word in known)
    return ValueType(
        words="word", read=read, write=write, range=allowed, schema=either({"enum": list(meanings)}, text(spelt))
    )


_YES, _NO = ("yes", "true", "on"), ("no", "false", "off")


def _yes_or_no(text: str) -> bool:
    word = text.lower()
    if word not in _YES + _NO:
        raise ValueError(f"{_quoted(text)} is neither yes nor no: write yes or no")
    return word in _YES


YES_OR_NO: ValueType[bool] = ValueType(
    words="yes or no",
    read=_yes_or_no,
    write=lambda value: "yes" if value else "no",
    schema=either({"type": "boolean"}, {"enum": ["yes", "no"]}, text("|".join(map(any_case, _YES + _NO)))),
)
"""yes or no, true or false, on or off."""


def none_or(wanted: ValueType[V]) -> ValueType[V | None]:
    """Return the type of what may also be ``none``, which is None."""

    def read(text: str) -> V | None:
        return None if text == NONE else wanted.read(text)

    def write(value: V | None) -> str:
        return NONE if value is None else wanted.write(value)

    return ValueType(
        words=f"{wanted.words}, or none",
        read=read,
        write=write,
        range=f"{wanted.range}, or none" if wanted.range else "",
        schema=either({"const": NONE}, wanted.schema),
        file=wanted.file,
    )


def _flat(word: str) -> str:
    return word.lower().replace("-", "")


def _quoted(text: str) -> str:
    return f"'{printable(text, ECHOED)}'"
