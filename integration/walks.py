"""Lines that net-snmp's programs print, read: of the tools and of snmptrapd. Pure: lines in, records out."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

LINE = re.compile(r"(?P<name>\w+)\.(?P<index>[\d.]+) = .*")
ENUMERATED = re.compile(r"(\w+)\(\d+\)")


class Varbind(NamedTuple):
    """A varbind as it is printed.

    name: as it is printed, without a leading dot. type: net-snmp's word; STRING for a text without one (`""`), and
    empty for an exception (RFC 3416 3), whose text is net-snmp's. text: the value without the quotes of a string.
    """

    name: str
    type: str
    text: str

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read `.1.3.6 = TYPE: value`. What is no varbind has an empty text."""
        name, _, value = line.rstrip("\n").partition(" = ")
        kind, colon, text = value.partition(": ")
        if not colon or '"' in kind:
            kind, text = "STRING" if value.startswith('"') else "", value
        text = text.strip()
        return cls(name.removeprefix("."), kind, text.removeprefix('"').removesuffix('"'))


@dataclass(frozen=True, slots=True)
class Variable:
    """One line with a name (-Os), e.g. `haxServerStatus.1.3.1 = INTEGER: up(1)`.

    The value is the name of an enumeration's value.
    """

    name: str
    index: str
    value: str

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """Read a line; None where it is none of a variable (an error, the rest of a longer text)."""
        found = LINE.fullmatch(line)
        if not found:
            return None
        text = Varbind.parse(line).text
        enumerated = ENUMERATED.fullmatch(text)
        return cls(found["name"], found["index"], enumerated[1] if enumerated else text)


def rows(lines: Iterable[str]) -> dict[str, dict[str, str]]:
    """Gather a walk by row: index -> column -> value."""
    gathered: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for variable in filter(None, map(Variable.parse, lines)):
        gathered[variable.index][variable.name] = variable.value
    return dict(gathered)
