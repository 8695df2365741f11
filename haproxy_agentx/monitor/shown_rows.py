"""The columns of a node, made anew where rows have come or gone, and new names numbered."""

import asyncio
from collections.abc import Callable, Sequence

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.agentx.view import ServedColumn
from haproxy_agentx.health.event import Event
from haproxy_agentx.monitor import rows
from haproxy_agentx.monitor.node import Node
from haproxy_agentx.objects.layout import Wanted
from haproxy_agentx.store.indexes import Indexes


class ShownRows:
    """``columns`` are those of services, members, VRRP instances, pairs and events, below ``root``.

    ``on_numbered`` is called when new names have got their numbers.
    """

    def __init__(self, indexes: Indexes, root: Oid, clocks: rows.Clocks, on_numbered: Callable[[], None]) -> None:
        self._indexes = indexes
        self._root = root
        self._clocks = clocks
        self._on_numbered = on_numbered
        self._shape: object = None
        self._events: object = None
        self._learning: asyncio.Task[None] | None = None
        self._service_columns: list[ServedColumn] = []
        self._event_columns: list[ServedColumn] = []

    @property
    def columns(self) -> list[ServedColumn]:
        """All columns."""
        return self._service_columns + self._event_columns

    def show(self, node: Node, events: Sequence[Event]) -> bool:
        """Make rows where they have come or gone; return whether ``columns`` are others now."""
        services = list(node.services.values())
        known = self._indexes.known
        numbered = [dict(known.get(scope, {})) for scope in (rows.SERVICES, rows.INSTANCES)]
        numbered += [dict(known.get(rows.members_scope(service.plan.name), {})) for service in services]
        numbered.append(dict(known.get(rows.NODES, {})))
        shape = (services, [service.shape for service in services], list(node.instances.known.values()), numbered)
        self._learn(rows.wanted(node, known))
        if shape == self._shape and events is self._events:
            return False
        if shape != self._shape:
            self._shape = shape
            self._service_columns = [
                *rows.service_columns(node, known, self._root, self._clocks),
                *rows.pair_columns(node, known, self._root, self._clocks),
            ]
        if events is not self._events:
            self._events = events
            self._event_columns = rows.event_columns(events, self._root, self._clocks.now)
        return True

    def _learn(self, wanted: Wanted) -> None:
        """Have new names numbered; their rows come when they are, which nothing waits for."""
        if wanted and (self._learning is None or self._learning.done()):
            self._learning = asyncio.create_task(self._indexes.learn(wanted))
            self._learning.add_done_callback(lambda _: self._on_numbered())
