"""Waiting for a condition, with a deadline: what tests do in place of sleeping. A deadline is one for a hang.

All seconds are those of ``MachineTime``: a machine that others keep busy gets as much more time as it is slower.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Self, TypeVar

from integration.netlab.waiting import DEADLINE, MachineTime, until

__all__ = ["DEADLINE", "HANG", "MachineTime", "NotYet", "Stopwatch", "eventually", "soon", "throughout", "until"]

T = TypeVar("T")

HANG = 60.0
"""Seconds on the clock after which one gives up what cannot be looked at again and again, as a program's end."""


class NotYet(Exception):  # noqa: N818  it is raised where an answer is no failure yet
    """What is asked cannot be answered now: a condition that raises it is not fulfilled yet."""


def eventually(condition: Callable[[], T], within: float = DEADLINE, every: float = 0.01) -> T:
    """Wait like ``until`` and fail when the deadline passes. A condition that raises ``NotYet`` is looked at again."""
    refused: NotYet | None = None

    def attempt() -> T | None:
        nonlocal refused
        try:
            return condition()
        except NotYet as error:
            refused = error
            return None

    result = until(attempt, within, every)
    assert result, f"not within {within} s{f': {refused}' if refused else ''}"
    return result


async def soon(condition: Callable[[], object], within: float = DEADLINE) -> None:
    """Wait inside of an event loop, letting others have their turn; TimeoutError when the deadline passes."""
    passed = MachineTime()
    while not condition():
        if passed() > within:
            raise TimeoutError(f"not within {within} s")
        await asyncio.sleep(0.001)


def throughout(condition: Callable[[], object], seconds: float, every: float = 0.1) -> None:
    """Prove that a condition holds whenever it is looked at, for that long on the clock."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition()
        time.sleep(every)


class Stopwatch(AbstractContextManager["Stopwatch"]):
    """Measures its block: ``seconds`` of machine time, for what must not take long."""

    def __enter__(self) -> Self:
        self.seconds = 0.0
        self._passed = MachineTime()
        self._one_at_a_time = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.look()

    def look(self) -> float:
        """Return the seconds so far."""
        with self._one_at_a_time:
            self.seconds = self._passed()
        return self.seconds

    def _watch(self) -> None:
        while not self._over.wait(0.02):  # the load is that of each moment
            self.look()
