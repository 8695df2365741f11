"""Work that pauses, done at once."""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


def done(work: Generator[None, None, Result]) -> Result:
    """Return what the work returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
