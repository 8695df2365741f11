"""Figures of series that are played in the lab, printed as they come, and what their programs return."""

import math
import os
import sys
from collections.abc import Callable, Iterable
from random import Random

from rich.console import Console
from rich.text import Text

from integration.netlab import LabError

FAILED = 1
INTERRUPTED = 130


class SeriesReport:
    """Prints figures, and remembers whether something was wrong: to miss a bound is no failure.

    A series should last ``longest`` seconds at most, if it can be shortened.
    """

    def __init__(self, longest: float = math.inf) -> None:
        self.longest = longest
        self.console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
        self.good = True

    def line(self, name: str, value: str, *, good: bool | None = None) -> None:
        """Print a figure; ``good`` says whether it is within its bound, if it has one."""
        style = "" if good is None else "bold green" if good else "bold red"
        self.console.print(Text.assemble(f"{name:<42}", (value, style)), soft_wrap=True)

    def wrong(self, found: list[str]) -> None:
        """Print what is wrong: lost, repeated without a mark, out of order, or not so."""
        self.good = self.good and not found
        self.line("  wrong", str(len(found)), good=not found)
        for text in found:
            self.console.print(Text(f"    {text}", "red"), soft_wrap=True)

    def progress(self, text: str) -> None:
        """Say how it goes, to a person."""
        if self.console.is_terminal:
            self.console.print(Text(text, "dim"), end="\r")

    def play(self, series: Iterable[tuple[Callable[[int, Random], None], int]], seed: int) -> int:
        """Play each of the series so many times, with the same seed each; 0: not at all.

        Return 0, FAILED when something was wrong or the lab failed, INTERRUPTED after an interrupt.
        """
        self.line("seed", str(seed))
        self.line("load of the machine before", " ".join(f"{load:.2f}" for load in os.getloadavg()))
        try:
            for play, number in series:
                if number:
                    play(number, Random(seed))  # noqa: S311  no secret
        except LabError as error:
            self.console.print(str(error), style="red", markup=False)
            return FAILED
        except KeyboardInterrupt:
            self.console.print("interrupted", style="red")
            return INTERRUPTED
        return 0 if self.good else FAILED
