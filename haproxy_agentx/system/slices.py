"""Work that pauses, run on the loop in slices: whatever it costs, others have their turn in between."""

import asyncio
from collections.abc import Callable, Generator
from typing import TypeVar

Result = TypeVar("Result")


class Slices:
    """``yield_cpu`` is called at each pause: to let others have their turn on this core, too."""

    def __init__(self, yield_cpu: Callable[[], None] = lambda: None) -> None:
        self._yield_cpu = yield_cpu

    async def run(self, work: Generator[None, None, Result]) -> Result:
        """Do work that pauses, and return what it returns."""
        while True:
            try:
                next(work)
            except StopIteration as done:
                result: Result = done.value
                return result
            await self.pause()

    async def pause(self) -> None:
        """Let others have their turn: in this process, and on this core."""
        self._yield_cpu()
        await asyncio.sleep(0)
