"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

PERIOD = 0.02
"""Seconds between two looks at a condition."""


class LabError(Exception):
    """The lab is not as it should be; the text says what was awaited and holds the logs of the host concerned."""


def wait_for(
    condition: Callable[[], Result | None],
    what: str,
    seconds: float = 10.0,
    logs: Callable[[], str] | None = None,
) -> Result:
    """Return the condition's first true value.

    LabError after the deadline, with `what` and what `logs` tells then. The condition is looked at once at least.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise LabError(f"not within {seconds:g} s: {what}" + (f"\n{logs()}" if logs else ""))
        time.sleep(PERIOD)
    return value
