"""keepalived.conf as keepalived reads it (keepalived.conf(5)). Pure.

A statement is a keyword and its words up to the end of the line or a brace; `{` opens the block of the statement
before it, on the same line or on the next. `#` and `!` begin a comment anywhere outside quotation marks. A line with
`@NAME` counts where keepalived runs as NAME (the host's name, if no other is set), one with `@^NAME` where it does not.
`$NAME=` defines what `$NAME` and `${NAME}` stand for.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from haproxy_agentx.doctor.finding import Line
from haproxy_agentx.doctor.lines import included

MAIN = "/etc/keepalived/keepalived.conf"

MAX_STATEMENTS = 50_000
"""Statements that are read of all files."""

_MAX_DEPTH = 8
"""Of files that include one another, and of blocks in blocks."""

_TOKEN = re.compile(r"""\s+|[#!].*|([{}])|("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s{}#!"']+)""")


@dataclass(slots=True)
class Statement:
    """A keyword with its words, and the statements of its block; ``end`` is the line of the brace that closes it."""

    line: Line
    keyword: str
    words: Sequence[str]
    block: list["Statement"] = field(default_factory=list)
    end: int = 0

    def all(self, *keywords: str) -> list["Statement"]:
        """Return the statements of the block with one of these keywords."""
        return [one for one in self.block if one.keyword in keywords]

    def value(self, keyword: str, default: str = "") -> str:
        """Return the first word of the last such statement of the block."""
        return next((one.words[0] for one in reversed(self.block) if one.keyword == keyword and one.words), default)

    def number(self, keyword: str, default: float) -> float:
        """Return that as a number."""
        text = self.value(keyword)
        return float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else default

    def has(self, keyword: str) -> bool:
        """Whether the block has such a statement."""
        return any(one.keyword == keyword for one in self.block)


@dataclass(slots=True)
class KeepalivedConf:
    """All statements that count on this host, the files, and where braces do not match."""

    statements: list[Statement] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    unbalanced: Line | None = None

    def all(self, *keywords: str) -> list[Statement]:
        """Return the statements outside all blocks with one of these keywords."""
        return [one for one in self.statements if one.keyword in keywords]

    @property
    def instances(self) -> list[Statement]:
        """Return the VRRP instances."""
        return [one for one in self.all("vrrp_instance") if one.words]

    @property
    def globals(self) -> list[Statement]:
        """Return what all blocks `global_defs` have."""
        return [one for block in self.all("global_defs") for one in block.block]

    def has_global(self, *keywords: str) -> bool:
        """Whether one of these is in `global_defs`."""
        return any(one.keyword in keywords for one in self.globals)


def parse(texts: Mapping[str, str], host: str = "", main: str = MAIN) -> KeepalivedConf:
    """Read keepalived.conf and what it includes, as on ``host``. Files that ``texts`` lacks are not read."""
    found = KeepalivedConf()
    tokens = _tokens(texts, main, host, found, {}, 0)
    _statements(tokens, found)
    return found


_Token = tuple[Line, str, bool]
"""Where, the word or brace, and whether it begins a line."""


def _tokens(
    texts: Mapping[str, str], file: str, host: str, found: KeepalivedConf, defined: dict[str, str], depth: int
) -> Iterator[_Token]:
    if file not in texts or depth > _MAX_DEPTH:
        return
    found.files.append(file)
    for number, raw in enumerate(texts[file].splitlines(), 1):
        text = raw.strip()
        condition = re.match(r"@(\^?)(\S+)\s*", text)
        if condition:
            if (condition[2] == host) is (condition[1] == "^"):
                continue
            text = text[condition.end() :]
        definition = re.fullmatch(r"\$(\w+)\s*=\s*(.*)", text)
        if definition:
            defined[definition[1]] = definition[2].strip()
            continue
        text = re.sub(r"\$\{?(\w+)\}?", lambda name: defined.get(name[1], name[0]), text)
        words = [brace or word for brace, word in _TOKEN.findall(text) if brace or word]
        if words[:1] == ["include"] and len(words) > 1:
            for path in included(texts, words[1].strip("\"'"), file):
                yield from _tokens(texts, path, host, found, defined, depth + 1)
            continue
        for place, word in enumerate(words):
            yield Line(file, number), word, place == 0


def _statements(tokens: Iterator[_Token], found: KeepalivedConf) -> None:
    """Put each statement into the block that it is in."""
    blocks, open_blocks = [found.statements], list[Statement]()
    count, is_new = 0, True
    for line, word, begins_line in tokens:
        if word == "{":
            if not blocks[-1] or len(blocks) > _MAX_DEPTH:
                found.unbalanced = found.unbalanced or line
                continue
            open_blocks.append(blocks[-1][-1])
            blocks.append(blocks[-1][-1].block)
            is_new = True
        elif word == "}":
            if not open_blocks:
                found.unbalanced = found.unbalanced or line
                continue
            open_blocks.pop().end = line.number
            blocks.pop()
            is_new = True
        elif begins_line or is_new:
            count += 1
            if count > MAX_STATEMENTS:
                return
            blocks[-1].append(Statement(line, word.strip("\"'"), []))
            is_new = False
        else:
            last = blocks[-1][-1]
            last.words = [*last.words, word.strip("\"'")]
    if open_blocks:
        found.unbalanced = found.unbalanced or open_blocks[-1].line
