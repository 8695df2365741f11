"""How much memory this process may use: by its control group (cgroups(7)), or else a share of the machine's."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path("/")

SHARE = 4
"""Without any limit, one in so many octets of the machine's memory."""

UNIT = "raise MemoryMax= (`systemctl edit haproxy-agentx`)"
MACHINE = "set MemoryMax= of the service above that (`systemctl edit haproxy-agentx`)"


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """``octets`` that may be used, and in words how to raise that."""

    octets: int
    remedy: str


def memory_limit(root: Path = ROOT, process: str = "self") -> MemoryLimit:
    """Return the least of the limits of a control group and those above it; where none is set, a share of RAM.

    It is the group of this process, or of the one with the number ``process``. ``root`` is where /proc and /sys are.
    """
    groups = [MemoryLimit(octets, UNIT) for octets in _group_limits(root, process)]
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    groups = [limit for limit in groups if limit.octets < physical]
    return min(groups, key=lambda limit: limit.octets, default=MemoryLimit(physical // SHARE, MACHINE))


def _group_limits(root: Path, process: str) -> Iterator[int]:
    """Yield the limits that are set, in octets, of the groups of a process and all above them."""
    system = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc" / process / "cgroup").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            for mount in (system, system / "unified"):
                yield from _up(mount, path, ("memory.max", "memory.high"))
        elif "memory" in controllers.split(","):
            yield from _up(system / "memory", path, ("memory.limit_in_bytes",))


def _up(mount: Path, path: str, names: tuple[str, ...]) -> Iterator[int]:
    """Yield what the files of a group and of those above it hold, where that is a number."""
    relative = PurePosixPath(path.lstrip("/"))
    for group in (relative, *relative.parents):
        for name in names:
            try:
                text = (mount / group / name).read_text(encoding="ascii").strip()
            except (OSError, ValueError):
                continue
            if text.isdigit():
                yield int(text)
