"""Waiting for a condition inside of an event loop, with a deadline."""

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], object], within: float = 10.0) -> None:
    """Look again and again, letting others have their turn; TimeoutError after ``within`` seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110  -- the condition is another's state, which nothing announces
            await asyncio.sleep(0.001)
