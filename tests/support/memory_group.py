"""A control group with a limit of memory, as a systemd unit with MemoryMax= has it: version 2 of cgroups, or 1."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.wait import eventually

SYSTEM = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """``wrapper`` puts the command that follows into the group."""

    path: Path
    peak_file: str
    wrapper: Sequence[str]

    @property
    def peak(self) -> int:
        """Octets that were used at most."""
        return int((self.path / self.peak_file).read_text())

    @property
    def kills(self) -> int:
        """How often the kernel has killed for want of memory."""
        name = "memory.oom_control" if (self.path / "memory.oom_control").exists() else "memory.events"
        counts = dict(line.split() for line in (self.path / name).read_text().splitlines())
        return int(counts["oom_kill"])


@contextmanager
def memory_group(octets: int) -> Iterator[MemoryGroup]:
    """Make a group that may use so much memory, and no swap. It is gone afterwards, and must be empty then."""
    second = (SYSTEM / "cgroup.controllers").exists()
    path = (SYSTEM if second else SYSTEM / "memory") / f"haproxy-agentx-test-{os.getpid()}"
    if second:
        (SYSTEM / "cgroup.subtree_control").write_text("+memory")
    path.mkdir()
    try:
        limit, peak = (
            ("memory.max", "memory.peak") if second else ("memory.limit_in_bytes", "memory.max_usage_in_bytes")
        )
        (path / limit).write_text(str(octets))
        wrapper = ("/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"', str(path / "cgroup.procs"))
        yield MemoryGroup(path, peak, wrapper)
    finally:
        eventually(lambda: not (path / "cgroup.procs").read_text().strip(), 10)
        path.rmdir()
