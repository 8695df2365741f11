"""Processes of the machine, told apart by their start time and their process-id namespace."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "NETLAB_SERVICE"
"""Environment variable of every process of a service, inherited by its children."""

EXEC_LOOKS = 20
EXEC_PAUSE = 0.005
"""Looks at an empty environment, and seconds between two of them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that no later one with the same number is taken for."""

    pid: int
    started: int
    """Clock ticks since the machine started (proc(5), stat field 22)."""

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return identity(self.pid) == self

    def kill(self) -> None:
        """SIGKILL, unless it is gone."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a service."""

    pid: int
    parent: int
    service: str


def stat_fields(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat behind the name (state first), None where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def identity(pid: int) -> Identity | None:
    """Return who has the number now, None where nobody has it, or a zombie."""
    fields = stat_fields(pid)
    return None if fields is None or fields[0] in "ZX" else Identity(pid, int(fields[19]))


def of_namespace(leader: int) -> Iterator[Process]:
    """Yield the marked processes in the process-id namespace of the leader. Nothing where the leader is gone."""
    try:
        namespace = Path(f"/proc/{leader}/ns/pid").readlink()
    except (FileNotFoundError, ProcessLookupError):
        return
    for entry in (path.name for path in Path("/proc").iterdir()):
        if not entry.isdigit() or int(entry) == leader:
            continue
        # those of the machine that are none of root's business are none of ours
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if Path(f"/proc/{entry}/ns/pid").readlink() != namespace:
                continue
            fields = stat_fields(int(entry))
            if not fields or fields[0] in "ZX":
                continue
            if service := mark(environment_of(int(entry))):
                yield Process(int(entry), int(fields[1]), service)


def environment_of(pid: int) -> bytes:
    """Return a process's environment as /proc shows it.

    It is empty for a moment while a program takes another's place (execve(2)), as HAProxy's master does with itself
    once it is up: that moment is looked through.
    """
    for _ in range(EXEC_LOOKS):
        if content := Path(f"/proc/{pid}/environ").read_bytes():
            return content
        time.sleep(EXEC_PAUSE)
    return b""


def mark(environment: bytes) -> str:
    """Return the service's name in an environment as /proc shows it, or nothing."""
    wanted = f"{MARK}=".encode()
    found = (item for item in environment.split(b"\0") if item.startswith(wanted))
    return next(found, wanted)[len(wanted) :].decode()


def send(processes: list[Process], number: signal.Signals) -> None:
    """Signal each that is still there."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
