"""snmpd.conf as net-snmp reads it (snmp_config(5), snmpd.conf(5)). Pure.

A `#` begins a comment at the beginning of a line only: behind a directive it is part of its value. Names of directives
are not case-sensitive. `[type]` makes the directives that follow those of another program or of the library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from haproxy_agentx.doctor.finding import Line
from haproxy_agentx.doctor.lines import included, words

MAIN = "/etc/snmp/snmpd.conf"
DROP_INS = "/etc/snmp/snmpd.conf.d"

MAX_LINES = 20_000
"""Lines that are read of all files."""

_MAX_DEPTH = 8
"""Of files that include one another."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One line: its name in lower case, its words without quotation marks, and its type, `snmpd` as a rule."""

    line: Line
    name: str
    words: Sequence[str]
    type: str = "snmpd"

    @property
    def text(self) -> str:
        """The value, as it is compared with."""
        return " ".join(self.words)

    @property
    def comment(self) -> int | None:
        """The place among the words of what was meant as a comment."""
        return next((place for place, word in enumerate(self.words) if word.startswith("#")), None)


@dataclass(slots=True)
class SnmpdConf:
    """All directives in the order in which snmpd reads them, and the files that were read."""

    directives: list[Directive] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def named(self, *names: str) -> list[Directive]:
        """Return the directives of snmpd itself with one of these names, given in lower case."""
        return [one for one in self.directives if one.name in names and one.type == "snmpd"]


def parse(texts: Mapping[str, str], main: str = MAIN) -> SnmpdConf:
    """Read snmpd.conf and what it includes. ``texts`` are the files by their path, of which some may be missing."""
    found = SnmpdConf()
    _read(texts, main, found, 0)
    return found


def _read(texts: Mapping[str, str], file: str, found: SnmpdConf, depth: int) -> None:
    if file not in texts or file in found.files or depth > _MAX_DEPTH:
        return
    found.files.append(file)
    kind = "snmpd"
    for number, raw in enumerate(texts[file].splitlines(), 1):
        if len(found.directives) >= MAX_LINES:
            return
        text = raw.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            kind, _, text = text[1:].partition("]")
            kind = kind.strip().lower()
            if not text.strip():
                continue
        name, *values = words(text)
        directive = Directive(Line(file, number), name.lower(), values, kind)
        found.directives.append(directive)
        patterns = {"includefile": "{}", "includedir": "{}/*.conf"}
        if directive.name in patterns and values:
            for path in included(texts, patterns[directive.name].format(values[0].rstrip("/")), file):
                _read(texts, path, found, depth + 1)
