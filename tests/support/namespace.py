"""A network namespace of the test's own: held by a process, entered by a thread. Needs root."""

import ctypes
import os
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from tests.support.wait import eventually

_CLONE_NEWNET = 0x40000000


class Namespace(AbstractContextManager["Namespace"]):
    """There when entered, gone with all that is in it when left. ``lo`` is up."""

    def __enter__(self) -> Self:
        self._holder = subprocess.Popen(["unshare", "-n", "--", "sleep", "1000"], stdin=subprocess.DEVNULL)
        self._path = Path(f"/proc/{self._holder.pid}/ns/net")
        ours = Path("/proc/self/ns/net").readlink()
        eventually(lambda: self._path.readlink() != ours, 5)
        self.ip("link set lo up")
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.wait()

    @property
    def pid(self) -> int:
        """The process that holds it."""
        return self._holder.pid

    def ip(self, *commands: str) -> None:
        """Run commands of ip(8), all in one process."""
        done = subprocess.run(
            ["nsenter", f"--net={self._path}", "ip", "-batch", "-"],
            input="".join(f"{command}\n" for command in commands),
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stderr

    def command(self, *argv: object) -> list[str]:
        """Give the command that runs one in the namespace."""
        return ["nsenter", f"--net={self._path}", "--", *map(str, argv)]

    def enter(self) -> None:
        """Take the calling thread, and no other one, into the namespace."""
        enter(self._path)


def enter(namespace: Path) -> None:
    """Take the calling thread, and no other one, into a network namespace: ``/proc/PID/ns/net``."""
    libc = ctypes.CDLL(None, use_errno=True)
    with namespace.open() as file:
        if libc.setns(file.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
