"""YAML as a configuration needs it: mappings, sequences and texts with their lines, and nothing that can do harm.

The events of PyYAML's safe loader are read, never its objects: no tag, anchor or alias is followed, so there are no
objects to make and no bombs to unfold. A scalar stays the text that it is in the file, which keeps YAML's own ideas
of ``1:30``, ``no`` and ``1.10`` away from the values.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from haproxy_agentx.config.errors import ConfigProblem

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 8
"""Mappings and sequences in each other; the configuration needs four."""

MAX_NODES = 5_000
"""Texts, mappings and sequences in a file: the configuration needs some hundreds, and 3,500 at most."""

TOP = "(top level)"
_KEY = re.compile(r"[\w.<-]{1,64}")
_FIRST_KEY = re.compile(r"[ \t-]{0,200}([a-z_]{1,64}) ?:")
_EXPLANATIONS = (
    (r"found character '\\t'", "a tab stands where YAML allows only blanks: replace it by blanks"),
    (r"could not find expected ':'", "a line is neither 'key: value' nor part of one: add the colon or indent it"),
    (r"mapping values are not allowed", "there is a ': ' too many, or the indentation is wrong: align it, or quote it"),
    (r"expected <block end>", "the indentation does not fit the lines above: align the keys of a group"),
    (r"end of stream|stream end", "a quote or a bracket is opened and never closed: close it"),
    (r"cannot start any token", "a value begins with a character that is special in YAML: quote the value"),
    (r"expected ',' or '[\]}]'", "a ',' or the closing bracket is missing: add it, or quote a value that holds '?'"),
    (r"tag", "a tag ('!...') is not allowed: remove it, or quote a value that begins with '!'"),
    (r"alias|anchor", "anchors and aliases ('&', '*') are not allowed: write the value out, or quote it"),
    (r"directive|YAML document|document start", "only 'key: value' lines are possible: remove '%...' and '---' lines"),
    (r"escape", "a backslash in double quotes begins an escape that does not exist: use single quotes"),
)


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A text as it is in the file; ``quoted`` distinguishes '' from nothing."""

    line: int
    text: str
    quoted: bool

    @property
    def missing(self) -> bool:
        """Whether nothing was written: YAML's null (1.2.2, 10.3.2)."""
        return not self.quoted and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key: value``."""

    line: int
    key: str
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Entries in the order of the file, each key once."""

    line: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A node that was refused, and the problem noted."""

    line: int


Node = ScalarNode | Sequence | Mapping | Rejected


def compose(text: str) -> tuple[Node | None, list[ConfigProblem]]:
    """Read one document. Gives None for an empty one or where reading ended at a problem. Raises nothing."""
    composer = _Composer(text)
    try:
        node = composer.document()
    except _Stop:
        node = None
    return node, composer.problems


def shown_key(key: str) -> str:
    """Return a key as a message may show it: what does not look like one might be a misplaced secret."""
    return key if _KEY.fullmatch(key) else "(not a key)"


def join(*parts: str) -> str:
    """Return the path of keys: ``haproxy[0].stats``."""
    return ".".join(parts).replace(".[", "[") or TOP


class _Stop(Exception):  # noqa: N818  control flow of this module
    """Nothing that follows can be read."""


class _Composer:
    """Reads the events of one document and notes problems with the path of keys that they stand at."""

    def __init__(self, text: str) -> None:
        self.problems: list[ConfigProblem] = []
        self._text = text
        self._path: list[str] = []
        self._events = self._read_events()
        self._nodes = 0

    def document(self) -> Node | None:
        if len(self._text) > MAX_CHARACTERS:
            raise self._stop(1, f"the file is larger than {MAX_CHARACTERS >> 10} KiB: is it the right one?")
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        node = self._node(next(self._events))
        next(self._events)  # the document's end
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            self._note(_line(event), "a second document begins here: join the two, without '---' between them")
        return node

    def _read_events(self) -> Iterator[Any]:
        """Turn each way in which PyYAML fails into a problem, and stop."""
        try:
            yield from yaml.parse(self._text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line, what = _explain(error)
            self._path = self._path or self._key_of(line)
            raise self._stop(line, what) from None
        except yaml.reader.ReaderError as error:
            line = self._text.count("\n", 0, error.position) + 1
            raise self._stop(line, f"{self._text[error.position]!a} is not allowed in YAML: remove it") from None
        except (yaml.YAMLError, ArithmeticError, LookupError, ValueError):
            # not all that PyYAML trips over has a place: "\UFFFFFFFF" overflows its chr()
            raise self._stop(1, "this is not YAML: look for '\\U' in double quotes, or use single quotes") from None

    def _key_of(self, line: int) -> list[str]:
        """Return the key that a line begins with: YAML's parser may stop before it has returned it."""
        lines = self._text.split("\n")
        match = _FIRST_KEY.match(lines[line - 1]) if line <= len(lines) else None
        return [match[1]] if match else []

    def _node(self, event: Any) -> Node:  # noqa: ANN401  PyYAML's events have no common type in its stubs
        line = _line(event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._stop(line, f"the file holds more than {MAX_NODES} values: is it the right one?")
        if isinstance(event, yaml.AliasEvent):
            return self._refuse(line, "an alias ('*...') is not allowed: write the value out, or quote it")
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = ScalarNode(line, event.value, quoted=bool(event.style))
        else:
            if len(self._path) >= MAX_DEPTH:
                raise self._stop(line, f"values are nested more than {MAX_DEPTH} deep: four levels are the most")
            node = self._sequence(line) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(line)
        if event.anchor is not None:
            return self._refuse(line, "an anchor ('&...') is not allowed: remove it, or quote the value")
        if event.tag is not None:
            return self._refuse(line, "a tag ('!...') is not allowed: remove it, or quote the value")
        return node

    def _sequence(self, line: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            self._path.append(f"[{len(items)}]")
            items.append(self._node(event))
            self._path.pop()
        return Sequence(line, tuple(items))

    def _mapping(self, line: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            self._path.append("(key)")
            key = self._node(event)
            if isinstance(key, ScalarNode):
                self._path[-1] = shown_key(key.text)
            value = self._node(next(self._events))
            if isinstance(key, Sequence | Mapping):
                self._note(key.line, "a key is a mapping or a list: write a word, followed by ':'")
            elif isinstance(key, ScalarNode) and key.text in entries:
                first = entries[key.text].line
                self._note(key.line, f"the key is given twice, first in line {first}: remove one of the two")
            elif isinstance(key, ScalarNode):
                entries[key.text] = Entry(key.line, key.text, value)
            self._path.pop()
        return Mapping(line, tuple(entries.values()))

    def _refuse(self, line: int, what: str) -> Rejected:
        self._note(line, what)
        return Rejected(line)

    def _note(self, line: int, what: str) -> None:
        self.problems.append(ConfigProblem(line, join(*self._path), what))

    def _stop(self, line: int, what: str) -> _Stop:
        self._note(line, what)
        return _Stop()


def _line(event: Any) -> int:  # noqa: ANN401  PyYAML's events have no common type in its stubs
    return int(event.start_mark.line) + 1


def _explain(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Return line and 'what: remedy'. PyYAML's own words may repeat a piece of the file, and so are not repeated."""
    problem = error.problem or ""
    opened = "end of stream" in problem or "stream end" in problem
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    line = 1 if mark is None else mark.line + 1
    for pattern, what in _EXPLANATIONS:
        if re.search(pattern, problem):
            return line, what
    return line, "this is not YAML: correct the line, or quote its value"
