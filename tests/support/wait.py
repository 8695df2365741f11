"""Waiting for a condition, with a deadline: what tests do in place of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], within: float, every: float = 0.01) -> T:
    """Look every so many seconds until the condition gives something true, and give that; else its last word."""
    deadline = time.monotonic() + within
    while True:
        result = condition()
        if result or time.monotonic() >= deadline:
            return result
        time.sleep(every)


def eventually(condition: Callable[[], T], within: float, every: float = 0.01) -> T:
    """Wait like ``until`` and fail when the deadline passes."""
    result = until(condition, within, every)
    assert result, f"not within {within} s"
    return result


def throughout(condition: Callable[[], object], seconds: float, every: float = 0.1) -> None:
    """Prove that a condition holds whenever it is looked at, for that long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition()
        time.sleep(every)
