"""The machines of the matrix and what is run in them, as tables. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Machine:
    """A release of Debian. ``suite`` is its name in the archive, ``python`` the minor version of its ``python3``."""

    suite: str
    title: str
    python: str


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is run in a machine: a make target, or the lab of containers beside it.

    ``seconds`` bounds it. ``online`` lets it use the machine's network; the others have one of their own, with ``lo``
    only. ``outside`` parts run on this machine, with images of the release.
    """

    name: str
    command: tuple[str, ...]
    seconds: float
    online: bool = False
    outside: bool = False


MACHINES: Final[Mapping[str, Machine]] = {
    machine.suite: machine
    for machine in (
        Machine("bookworm", "Debian 12", "3.11"),
        Machine("trixie", "Debian 13", "3.13"),
        Machine("sid", "Debian unstable", "3.14"),
    )
}

PREPARE: Final = Part(
    "prepare",
    ("make", "--silent", ".venv/run", ".venv/dev", ".mibs/.complete", ".mibs/readers/.complete"),
    600,
    online=True,
)
"""What needs the network, before the parts that must not."""

PARTS: Final[Mapping[str, Part]] = {
    part.name: part
    for part in (
        Part("demo", ("make", "--silent", "demo"), 300),
        Part("check", ("make", "--silent", "check", "cost"), 900),
        Part("test", ("make", "--silent", "test"), 2700),
        Part("zoo", ("make", "--silent", "zoo"), 5400),
        Part(
            "lab",
            ("-m", "integration.dockerlab", "test", "--suite", "{suite}"),
            2400,
            online=True,
            outside=True,
        ),
    )
}

SELECTORS: Final = ("TESTS", "ZOO")
"""Variables by which a part runs a selection of its tests or entries: the result of such a run is not kept."""

PACKAGES: Final = ("haproxy", "keepalived", "snmpd")
"""Packages whose versions the table states, beside Python's, whose package has its minor version in the name."""


class UnknownNameError(ValueError):
    """A machine or part that does not exist; the text says which ones do."""


def chosen(what: str, names: Iterable[str], known: Mapping[str, object]) -> list[str]:
    """Return the names in the order of ``known``; all of them when none is named. Raise UnknownNameError."""
    wanted = list(names)
    strange = [name for name in wanted if name not in known]
    if strange:
        raise UnknownNameError(f"no {what} '{strange[0]}': choose from {' '.join(known)}")
    return [name for name in known if name in wanted or not wanted]
