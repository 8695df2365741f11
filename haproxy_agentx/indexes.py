"""Row indexes as the daemon uses them: known ones from memory, new ones from the store, in its thread."""

from haproxy_agentx.objects.layout import Numbers, Wanted
from haproxy_agentx.store_thread import StoreThread


class Indexes:
    """``known`` are the numbers of names, by scope; ``learn`` adds to them."""

    def __init__(self, thread: StoreThread) -> None:
        self._thread = thread
        self._numbers: dict[str, dict[str, int]] = {}

    @property
    def known(self) -> Numbers:
        """The numbers so far; they only grow."""
        return self._numbers

    async def learn(self, wanted: Wanted) -> None:
        """Have the store number names that are not known."""
        if wanted:
            for scope, numbers in (await self._thread.call(self._assign, wanted)).items():
                self._numbers.setdefault(scope, {}).update(numbers)

    def _assign(self, wanted: Wanted) -> dict[str, dict[str, int]]:
        return {scope: self._thread.store.assign(scope, list(names.items())) for scope, names in wanted.items()}
