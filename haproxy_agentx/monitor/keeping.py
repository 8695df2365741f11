"""What a node reports, put into the journal together with what the next start has to know."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.time_in_state import KEPT_EACH
from haproxy_agentx.monitor import rows
from haproxy_agentx.monitor.memory import outdated, remember_instances
from haproxy_agentx.monitor.node import Node
from haproxy_agentx.store.indexes import Indexes
from haproxy_agentx.store.journal import Journal

OnDisk = Callable[[asyncio.Future[list[Event]]], None]


class Keeping:
    """``memory`` is what the last run knew; ``on_disk`` is called when events have been kept."""

    def __init__(
        self, journal: Journal, indexes: Indexes, root: Oid, memory: Mapping[str, str], on_disk: OnDisk
    ) -> None:
        self._journal = journal
        self._indexes = indexes
        self._root = root
        self._on_disk = on_disk
        self._kept: object = None
        self._remembered = dict(memory)
        """What the next start will know."""

    def keep(self, node: Node, drafts: Sequence[EventDraft], seen: Mapping[str, str], *, is_last: bool = False) -> None:
        """Put events into the journal, from where they are sent, and with them what the next start has to know.

        Between the node that gives the events and the journal that has them nothing is awaited, and so nothing can be
        cancelled. Before anything is judged, what the next start has to know is what it was. ``seen`` is what it has to
        know besides the node. The time in each state is no news: it is written with what is, each KEPT_EACH seconds,
        and with the last.
        """
        if not node.is_judging:
            return
        state = (
            [(service.plan.name, service.tracker.reported) for service in node.services.values()],
            [(name, instance.memory()) for name, instance in node.instances.known.items()],
            node.reports.version,
            seen,
            node.instances.shown,
            node.pairs.version,
            int(monotonic() // KEPT_EACH),
        )
        if not drafts and state == self._kept and not is_last:
            return
        self._kept = state
        memory = {**remember_instances(node.instances), **seen, **node.memory(monotonic(), time.time())}
        memory |= node.pairs.memory(monotonic(), time.time())
        old = outdated(self._remembered, memory)
        changed = {key: text for key, text in memory.items() if self._remembered.get(key) != text}
        ended = dict.fromkeys(old, "")  # in the transaction of the events that end them
        numbers = self._indexes.known
        self._journal.append(
            [rows.with_subject(draft, numbers, self._root) for draft in drafts], changed | ended
        ).add_done_callback(self._on_disk)
        self._remembered |= memory
        if old:
            self._journal.forget(old)
            for key in old:
                del self._remembered[key]
        suppressed = sum(draft.suppressed or 0 for draft in drafts)
        if suppressed:
            self._journal.add_suppressed(suppressed)
