"""Programs that a test runs as processes of its own, and how all of them are started, signalled and ended.

``Program`` is the one of them: snmpd, snmptrapd, keepalived, HAProxy and our daemon are programs with a configuration.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.wait import HANG, until

ROOT = Path(__file__).resolve().parents[2]

STOP = 10.0
"""Seconds that a program has to end after a signal that asks for it; then it is killed."""


class Program:
    """A program: runs between ``start`` and ``end``, entered and left at the latest; then it is gone, frozen or not.

    ``log`` gets its standard output and error behind what is there. ``environment`` is added to that of the test.
    """

    process: subprocess.Popen[bytes] | None = None

    def __init__(self, command: Sequence[object], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.command_line = [str(word) for word in command]
        self.log = log
        self.environment = dict(environment or {})

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill9()

    def start(self) -> None:
        """Start it, and return when it is ready for the test."""
        self.begin()

    def begin(self) -> None:
        """Start its process."""
        assert self.process is None, f"{self.command_line[0]} is already running"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command_line,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.environment},
            )

    def await_ready(self, ready: Callable[[], object], within: float) -> None:
        """Wait until it is ready; one that is not, or has ended, is gone, and a failure with its log."""
        try:
            until(lambda: ready() or not self.alive, within)
            assert self.alive, f"{self.command_line[0]} has ended:\n{self.text()}"
            assert ready(), f"{self.command_line[0]} is not ready within {within} s:\n{self.text()}"
        except BaseException:
            self.kill9()
            raise

    def end(self, number: int = signal.SIGTERM, within: float = STOP) -> int | None:
        """Send a signal and wait for the end; return the exit status, None where it did not run. It is gone then."""
        if self.process is None:
            return None
        process = self.process
        if process.poll() is None:
            process.send_signal(number)
        try:
            return process.wait(within)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(HANG)
            self.process = None

    def kill9(self) -> None:
        """SIGKILL, until it is gone; nothing where it does not run."""
        self.end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.command_line[0]} is not running"
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to it."""
        os.kill(self.pid, number)

    def freeze(self) -> None:
        """SIGSTOP."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)

    def hup(self) -> None:
        """SIGHUP: read the configuration again."""
        self.signal(signal.SIGHUP)

    def text(self) -> str:
        """Return the whole log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def script(path: str, *arguments: object, log: Path) -> Program:
    """Return a Python program of this project."""
    return Program([sys.executable, ROOT / path, *arguments], log, {"PYTHONPATH": str(ROOT)})


def in_turn(commands: str) -> list[str]:
    """Return the command that runs a line of the shell in a network namespace of its own."""
    return ["unshare", "-n", "--", "sh", "-c", commands]
