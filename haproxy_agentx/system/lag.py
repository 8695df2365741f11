"""Waiting for somebody on the event loop, with a timeout that counts only while the loop runs (``patience``)."""

import asyncio
import logging
from collections.abc import Awaitable
from time import monotonic
from typing import TypeVar

from haproxy_agentx.system.patience import Look, Patience

log = logging.getLogger(__name__)

Result = TypeVar("Result")

BEAT = 1.0
"""Seconds between two looks at how late the loop is; being as late as that counts as a stall."""


class Silence(Exception):  # noqa: N818  -- a verdict, or none: ``outcome`` says which
    """The wait is over without an answer. ``look`` is silent, slow or starved."""

    def __init__(self, look: Look) -> None:
        super().__init__(look.value)
        self.look = look


def patience(seconds: float, whole: float = float("inf")) -> Patience:
    """Return a Patience that begins now."""
    return Patience(seconds, monotonic(), whole)


async def answered(answer: Awaitable[Result], patience: Patience) -> Result:
    """Return what ``answer`` results in. Raise Silence when ``patience`` is over first, and what ``answer`` raises.

    ``answer`` is cancelled, and its end waited for, when this ends without it.
    """
    waiting = asyncio.ensure_future(answer)
    try:
        while True:
            done, _ = await asyncio.wait((waiting,), timeout=patience.wait(monotonic()))
            if done:
                return waiting.result()
            outcome = patience.look(monotonic())
            if outcome is not Look.waiting:
                raise Silence(outcome)
    finally:
        if not waiting.done():
            waiting.cancel()
            await asyncio.wait((waiting,))
        looked_at(waiting)


def looked_at(future: asyncio.Future[Result]) -> None:
    """Record what a future that has ended results in: an exception that comes too late is no failure of ours."""
    if not future.cancelled():
        future.exception()


class Stalls:
    """Counts in ``count`` how often the loop did not run for ``BEAT`` seconds."""

    def __init__(self) -> None:
        self.count = 0

    async def run(self) -> None:
        """Count until cancelled."""
        while True:
            planned = monotonic() + BEAT
            await asyncio.sleep(BEAT)
            late = monotonic() - planned
            if late >= BEAT:
                self.count += 1
                log.warning(
                    "haproxy-agentx did not run for %.1f s: it was stopped, the machine paused, or the processor busy:"
                    " silence of others in that time is not counted",
                    late,
                )
