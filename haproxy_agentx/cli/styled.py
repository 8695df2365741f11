"""Lines with styles: laid out here, coloured by rich on a terminal, and plain in a pipe or a file.

rich takes longer to load than the rest of a command takes to run, so only a terminal, which shows its colours, has it.
"""

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

GAP = "  "
"""Between two columns."""


@dataclass(frozen=True, slots=True)
class Styled:
    """A text without line breaks, in spans of a text and its style, in rich's words; an empty style is none."""

    spans: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "Styled | str") -> "Styled":
        return Styled((*self.spans, *(other.spans if isinstance(other, Styled) else ((other, ""),))))

    def __radd__(self, other: str) -> "Styled":
        return Styled(((other, ""), *self.spans))

    def __len__(self) -> int:
        """Return the columns of a terminal that it takes: a wide character takes two, a combining one none."""
        return sum(
            0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF")
            for each in self.plain
        )

    @property
    def plain(self) -> str:
        """The text without styles."""
        return "".join(text for text, _ in self.spans)

    def part(self, begin: int, end: int) -> "Styled":
        """Return the characters from ``begin`` to before ``end``."""
        found, at = [], 0
        for text, style in self.spans:
            cut = text[max(begin - at, 0) : max(end - at, 0)]
            found.append((cut, style))
            at += len(text)
        return Styled(tuple(span for span in found if span[0]))

    def wrapped(self, width: int) -> Iterator["Styled"]:
        """Yield it in lines of at most so many characters, of one at least, broken at blanks where possible."""
        layout = textwrap.TextWrapper(
            max(1, width), expand_tabs=False, replace_whitespace=False, break_on_hyphens=False
        )
        at = 0
        for line in layout.wrap(self.plain):
            begin = self.plain.index(line, at)
            at = begin + len(line)
            yield self.part(begin, at)


def joined(parts: Sequence[Styled], separator: str) -> Styled:
    """Return the parts in one text, with the separator between two."""
    found = Styled()
    for place, part in enumerate(parts):
        found = found + separator + part if place else part
    return found


def columns(
    rows: Sequence[Sequence[Styled]], *, right: Container[int] = (), most: int = sys.maxsize
) -> list[tuple[Styled, ...]]:
    """Return the lines of each row, with its cells below those of the other rows; ``right`` are aligned there.

    A row whose first cell is wider than ``most`` has that in a line of its own.
    """
    widths = [0] * max(map(len, rows), default=0)
    for row in rows:
        for place, cell in enumerate(row):
            if place or len(cell) <= most:
                widths[place] = max(widths[place], len(cell))
    found: list[tuple[Styled, ...]] = []
    for row in rows:
        alone = len(row[0]) > most
        cells = (Styled(), *row[1:]) if alone else row
        line = Styled()
        for place, (cell, width) in enumerate(zip(cells, widths, strict=False)):
            blanks = " " * (width - len(cell))
            line += (blanks + cell if place in right else cell + blanks) + GAP
        line = line.part(0, len(line.plain.rstrip()))
        found.append((row[0], line) if alone else (line,))
    return found


def width() -> int:
    """Return the columns of the terminal, 80 without one."""
    return shutil.get_terminal_size().columns


def printer() -> Callable[[Styled | str], None]:
    """Return what prints a line to standard output: as one, however narrow the screen, as remedies are copied."""
    if not sys.stdout.isatty():
        return lambda line: print(line.plain if isinstance(line, Styled) else line)
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)

    def show(line: Styled | str) -> None:
        console.print(Text.assemble(*line.spans) if isinstance(line, Styled) else Text(line), soft_wrap=True)

    return show
