"""Waiting for a condition, with a deadline that a busy machine does not shorten.

A deadline is a bound for what never comes. It counts seconds of a machine that has time for us: while more programs
want to run than there are processors, time passes slower by that factor.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

PERIOD = 0.02
"""Seconds between two looks at a condition."""

DEADLINE = 20.0
"""Seconds of machine time after which something does not come any more."""

LOAD = Path("/proc/loadavg")
"""proc(5): the fourth field is how many programs want to run now, the reader included."""


class LabError(Exception):
    """The lab is not as it should be; the text says what was awaited and holds the logs of the host concerned."""


class MachineTime:
    """Seconds since its construction, each divided by how many programs share a processor."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._passed = 0.0

    def __call__(self) -> float:
        """Return the seconds until now. What has passed since the last call counts with the load of now."""
        now = time.monotonic()
        self._passed += (now - self._last) / crowd()
        self._last = now
        return self._passed


def crowd() -> float:
    """Return how many programs, besides this one, want to run for each processor; at least 1."""
    running = int(LOAD.read_text().split()[3].partition("/")[0])
    return max(1.0, (running - 1) / (os.cpu_count() or 1))


def until(condition: Callable[[], Result], seconds: float = DEADLINE, every: float = PERIOD) -> Result:
    """Return the condition's first true value, or its last one after ``seconds`` of machine time.

    The condition is looked at once at least, and once after the deadline.
    """
    passed = MachineTime()
    while True:
        late = passed() >= seconds
        if (value := condition()) or late:
            return value
        time.sleep(every)


def wait_for(
    condition: Callable[[], Result | None],
    what: str,
    seconds: float = DEADLINE,
    logs: Callable[[], str] | None = None,
) -> Result:
    """Return the condition's first true value.

    LabError after the deadline, in seconds of machine time, with `what` and what `logs` tells then.
    """
    value = until(condition, seconds)
    if not value:
        raise LabError(f"not within {seconds:g} s: {what}" + (f"\n{logs()}" if logs else ""))
    return value
