"""The one thread in which the store is used: a disk may be slow, and the loop may not."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from haproxy_agentx.store import Store

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class StoreThread:
    """Has ``store``, which nobody else may use meanwhile but to look at its ``problem``.

    ``after`` is called in the thread after each use of the store.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.after: Callable[[], None] = lambda: None
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> asyncio.Future[T]:
        """Have a function called in the thread, after all that was given to it before, awaited or not."""
        work = partial(self._work, partial(function, *arguments, **named))
        return asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def mend(self) -> None:
        """Let the store catch up with what it could not write."""
        await self.call(self.store.retry)

    def close(self) -> None:
        """Wait for what is being written."""
        self._executor.shutdown()

    def _work(self, work: Callable[[], T]) -> T:
        before = self.store.problem
        result = work()
        self.after()
        if self.store.problem and self.store.problem != before:
            log.error("%s", self.store.problem)
        return result
