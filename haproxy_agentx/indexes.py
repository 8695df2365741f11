"""Row indexes as the daemon uses them: known ones from memory, new ones from the store, in a thread of its own."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from haproxy_agentx.objects.layout import Numbers, Wanted
from haproxy_agentx.store import Store

log = logging.getLogger(__name__)


class Indexes:
    """``known`` are the numbers of names, by scope; ``learn`` adds to them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers: dict[str, dict[str, int]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    @property
    def known(self) -> Numbers:
        """The numbers so far; they only grow."""
        return self._numbers

    async def learn(self, wanted: Wanted) -> None:
        """Have the store number names that are not known."""
        if wanted:
            loop = asyncio.get_running_loop()
            for scope, numbers in (await loop.run_in_executor(self._thread, self._assign, wanted)).items():
                self._numbers.setdefault(scope, {}).update(numbers)

    async def mend(self) -> None:
        """Let the store catch up with what it could not write."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.retry)

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown()

    def _assign(self, wanted: Wanted) -> dict[str, dict[str, int]]:
        before = self._store.problem
        numbers = {scope: self._store.assign(scope, list(names.items())) for scope, names in wanted.items()}
        if self._store.problem and self._store.problem != before:
            log.error("%s", self._store.problem)
        return numbers
