"""Where the root of the MIB is written as numbers: once in code, and in documents as it is in code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from haproxy_agentx.agentx.oid import Oid, dotted

PLAYPEN: Oid = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999)
"""netSnmpPlaypen (NET-SNMP-MIB)."""

HOME = "haproxy_agentx/objects/root.py"
"""The one file of code that has the numbers."""

GENERATED = "packs/"
"""Its Python is generated from that."""

_PLAYPEN_ARC = re.compile(r"(?:8072 ?[.,] ?9999 ?[.,] ?9999 ?[.,] ?|netSnmpPlaypen[ .])([0-9]+)")
_LEFT_OUT = {"CHANGELOG.md", "released", "results", "build", "dist", "__pycache__"}
"""History, and what is made here; a name that begins with a dot is left out as well."""

_LARGEST = 2_000_000
"""Octets of a file that is read."""


class Literal(NamedTuple):
    """One place: the file below the project, its line, and what is wrong there."""

    path: str
    line: int
    problem: str


def wrong(path: str, text: str, root: Oid) -> Iterator[Literal]:
    """Yield the places of one file whose numbers are not those of ``root``, or are repeated in code."""
    if path == HOME:
        return
    written = re.compile(rf"(?<![0-9.]){re.escape(dotted(root))}(?![0-9])|{', ?'.join(map(str, root))}(?![0-9])")
    for number, line in enumerate(text.splitlines(), 1):
        if path.endswith(".py") and not path.startswith(GENERATED):
            if written.search(line) or _PLAYPEN_ARC.search(line):
                yield Literal(path, number, f"repeats the root: use {HOME}")
        elif any((*PLAYPEN, int(arc)) != root[: len(PLAYPEN) + 1] for arc in _PLAYPEN_ARC.findall(line)):
            yield Literal(path, number, f"has another root than {dotted(root)}")


def texts(project: Path) -> Iterator[tuple[str, str]]:
    """Yield each text file of the project by its path below it."""
    for path in sorted(project.rglob("*")):
        inside = path.relative_to(project)
        if any(part.startswith(".") or part in _LEFT_OUT for part in inside.parts):
            continue
        if not path.is_file() or path.is_symlink() or path.stat().st_size > _LARGEST:
            continue
        octets = path.read_bytes()
        if b"\0" not in octets:
            yield str(inside), octets.decode(errors="replace")
