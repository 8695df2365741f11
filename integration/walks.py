"""What the net-snmp tools print with -Os, read. Pure: lines in, records out."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

LINE = re.compile(r"(?P<name>\w+)\.(?P<index>[\d.]+) = (?:(?P<type>[\w ]+): )?(?P<value>.*)")
ENUMERATED = re.compile(r"(\w+)\(\d+\)")


@dataclass(frozen=True, slots=True)
class Variable:
    """One line, e.g. `haxServerStatus.1.3.1 = INTEGER: up(1)`; the value is the name of an enumeration's value."""

    name: str
    index: str
    value: str

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """Read a line; None where it is none of a variable (an error, the rest of a longer text)."""
        found = LINE.fullmatch(line)
        if not found:
            return None
        enumerated = ENUMERATED.fullmatch(found["value"])
        return cls(found["name"], found["index"], enumerated[1] if enumerated else found["value"].strip('"'))


def rows(lines: Iterable[str]) -> dict[str, dict[str, str]]:
    """Gather a walk by row: index -> column -> value."""
    gathered: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for variable in filter(None, map(Variable.parse, lines)):
        gathered[variable.index][variable.name] = variable.value
    return dict(gathered)
