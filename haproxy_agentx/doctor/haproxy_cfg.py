"""haproxy.cfg as HAProxy reads it (configuration manual 2.2 to 2.4). Pure.

A line is a keyword and its words. Blanks separate words outside quotation marks, a backslash quotes a character, and
`#` begins a comment that is not quoted. A keyword that names a section begins one; `defaults` hold for the sections
behind them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from haproxy_agentx.doctor.finding import Line
from haproxy_agentx.doctor.lines import words

MAIN = "/etc/haproxy/haproxy.cfg"

MAX_LINES = 200_000
"""Lines that are read of all files."""

SECTIONS = (
    *("global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "mailers", "userlist", "program"),
    *("cache", "ring", "log-forward", "log-profile", "http-errors", "fcgi-app", "crt-store", "traces", "acme"),
)


@dataclass(frozen=True, slots=True)
class Keyword:
    """One line of a section, as words."""

    line: Line
    words: Sequence[str]

    def begins(self, *words: str) -> bool:
        """Whether it begins with these words."""
        return tuple(self.words[: len(words)]) == words

    def after(self, word: str) -> str:
        """Return the word behind this one, "" where it is not there."""
        words = list(self.words)
        place = words.index(word) + 1 if word in words else len(words)
        return words[place] if place < len(words) else ""


@dataclass(slots=True)
class Section:
    """A section with its lines; ``defaults`` are those of the `defaults` that hold for it."""

    line: Line
    kind: str
    name: str
    lines: list[Keyword] = field(default_factory=list)
    defaults: Sequence[Keyword] = ()

    def all(self, *words: str) -> list[Keyword]:
        """Return its lines that begin with these words."""
        return [one for one in self.lines if one.begins(*words)]

    def has(self, *words: str) -> bool:
        """Whether it has such a line, or the defaults that hold for it."""
        return any(one.begins(*words) for one in (*self.lines, *self.defaults))


@dataclass(slots=True)
class HaproxyCfg:
    """All sections of all files."""

    sections: list[Section] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def all(self, *kinds: str) -> list[Section]:
        """Return the sections of these kinds."""
        return [one for one in self.sections if one.kind in kinds]


def parse(texts: Mapping[str, str], files: Sequence[str] = (MAIN,)) -> HaproxyCfg:
    """Read these files as one configuration, as `haproxy -f FILE -f FILE` does, without those that are not there."""
    found = HaproxyCfg()
    defaults: dict[str, Section] = {}
    last: Section | None = None
    for file in files:
        if file not in texts:
            continue
        found.files.append(file)
        for number, found_words in _lines(texts[file]):
            line = Line(file, number)
            if found_words[0] in SECTIONS:
                name = found_words[1] if len(found_words) > 1 else ""
                section = Section(line, found_words[0], name)
                if section.kind == "defaults":
                    last = defaults[name] = section
                elif section.kind in ("frontend", "backend", "listen"):
                    wanted = defaults.get(found_words[3]) if found_words[2:3] == ["from"] and found_words[3:] else last
                    section.defaults = wanted.lines if wanted is not None else ()
                found.sections.append(section)
            elif found.sections:
                found.sections[-1].lines.append(Keyword(line, found_words))
    return found


def _lines(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    for number, raw in enumerate(text.splitlines()[:MAX_LINES], 1):
        found = list(words(raw, comment="#"))
        if found:
            yield number, found
