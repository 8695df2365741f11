"""What the machines gave, and the table of it. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from integration.matrix.plan import MACHINES, PACKAGES, PARTS

_COUNTS: Final = re.compile(r"^(\d+) passed, (\d+) failed", re.MULTILINE)
_UPSTREAM: Final = re.compile(r"^(?:\d+:)?(.+?)(?:-[^-]*)?$")
_REPACKED: Final = re.compile(r"[+~](?:dfsg|ds|debian).*$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a part ended. ``status`` is its exit status, None when its time was over; ``seconds`` what it took."""

    status: int | None
    seconds: float
    passed: int = 0
    failed: int = 0

    @classmethod
    def read(cls, status: int | None, seconds: float, output: str) -> Self:
        """Read the last ``N passed, N failed`` of the output; without one both counts are 0."""
        counts = _COUNTS.findall(output)
        passed, failed = map(int, counts[-1]) if counts else (0, 0)
        return cls(status, seconds, passed, failed)

    @property
    def well(self) -> bool:
        """Whether the part passed."""
        return self.status == 0

    def __str__(self) -> str:
        """Return the cell of the table."""
        counts = f"{self.passed} passed, {self.failed} failed" if self.passed or self.failed else ""
        word = "out of time" if self.status is None else "ok" if self.well else "failed"
        if counts and self.status is not None and self.well == (self.failed == 0):
            word = ""  # the counts say it
        return ", ".join(filter(None, (word, counts, f"{self.seconds:.0f} s")))


@dataclass(frozen=True, slots=True)
class Result:
    """A machine's packages (name -> Debian's version) and the outcome of each part that was run in it."""

    suite: str
    versions: Mapping[str, str]
    outcomes: Mapping[str, Outcome]

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """Return what ``plain`` gave. Raise KeyError or TypeError for anything else."""
        outcomes = {name: Outcome(**outcome) for name, outcome in plain["outcomes"].items()}
        return cls(plain["suite"], plain["versions"], outcomes)

    def updated(self, later: "Result") -> "Result":
        """Return it with the outcomes of a later run of the same machine; none is kept over other versions."""
        kept = self.outcomes if self.versions == later.versions else {}
        return Result(self.suite, later.versions, {**kept, **later.outcomes})


def upstream(version: str) -> str:
    """Return the upstream part of a Debian version: ``2.6.12-1+deb12u3`` is ``2.6.12``."""
    found = _UPSTREAM.match(version)
    return _REPACKED.sub("", found[1]) if found else version


def table(results: Iterable[Result]) -> str:
    """Return the table in Markdown; a part that was not run has a dash."""
    rows = [("machine", "Python", "HAProxy", "keepalived", "net-snmp", *PARTS)]
    for result in results:
        versions = (upstream(result.versions.get(name, "-")) for name in ("python", *PACKAGES))
        cells = (str(result.outcomes.get(name, "-")) for name in PARTS)
        rows.append((f"{MACHINES[result.suite].title} ({result.suite})", *versions, *cells))
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join((head, "|" + "---|" * len(rows[0]), *body))
