"""What clients of one HAProxy get, from the counters of its frontends and backends. Pure.

Frontends are few, and their counters are cut out of each reading. Of backends only the queue is looked at each time;
the rest of their counters where somebody waits, where there are no servers, or where requests have failed.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from haproxy_agentx.haproxy.records import split_row
from haproxy_agentx.haproxy.stat import Reading
from haproxy_agentx.health import counters as of
from haproxy_agentx.health.traffic import FORGOTTEN, TOLERANCE, ClientOutcome, Delta, FrontendTraffic, Queue

PAUSE = 16
"""Rows between two pauses."""

Load = tuple[int, int]
"""Connections of a process, and how many it may have."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the rows of a reading are. ``listeners`` has, for each frontend, the places of its sockets' rows."""

    frontends: Mapping[bytes, int] = field(default_factory=dict)
    backends: Mapping[bytes, int] = field(default_factory=dict)
    empty: frozenset[bytes] = frozenset()
    """Backends without servers."""


class Clients:
    """The clients of one HAProxy, reading by reading."""

    def __init__(self) -> None:
        self.standings: dict[bytes, ClientOutcome] = {}
        """What each frontend is to clients, where it is not fine."""
        self.queues: dict[bytes, ClientOutcome] = {}
        """Likewise for the queues of backends."""
        self.used: frozenset[bytes] = frozenset()
        """Frontends that ever had requests that HAProxy did not answer by itself."""
        self.served: frozenset[bytes] = frozenset()
        """Frontends of which servers answered requests in the last seconds."""
        self.mute: frozenset[bytes] = frozenset()
        """Frontends in TCP mode to which clients have come lately, and none of them has got an octet."""
        self.tcp: frozenset[bytes] = frozenset()
        """Frontends in TCP mode: they have no statuses of HTTP."""
        self.arrived: dict[bytes, int] = {}
        """How many connections have come to each frontend that there is, since the first reading."""
        self.answering: frozenset[bytes] = frozenset()
        """Backends without servers that answer themselves: redirects, pages."""
        self.went_back = False
        """Whether a counter went back: HAProxy was reloaded."""
        self._frontends: dict[bytes, FrontendTraffic] = {}
        self._waiting: dict[bytes, Queue] = {}
        self._failures: int | None = None
        """Errors of HAProxy's own at all backends, in the last reading; None where they were not added up."""
        self._doubted_at: float | None = None
        """When requests were last seen to fail."""
        self._is_doubted = False
        """Whether these are added up."""
        self._blind: frozenset[bytes] = frozenset()
        """Frontends of which all requests failed, while the errors of backends cannot be read."""
        self._given: dict[bytes, int] = {}
        """What backends without servers had answered when they were found to have none."""
        self._load: Load | None = None
        self._cutter = of.Cutter({})

    def take(
        self,
        reading: Reading,
        places: Places,
        full_sockets: Mapping[bytes, tuple[int, int]],
        load: Load | None,
        now: float,
        *,
        had_servers: frozenset[bytes],
    ) -> Generator[None, None, bool]:
        """Process the counters of a reading, with pauses; return whether anything that counts is another.

        ``full_sockets`` has for frontends how many sockets they have, and how many take no connection; ``load`` is
        None where it is not known, and then as before.
        """
        if self._cutter.fields != reading.fields:
            self._cutter = of.Cutter(reading.fields)
        before = (self.standings, self.queues, self.used, self.served, self.answering, self.mute, self.tcp)
        seen = yield from self._cut_frontends(reading, places)
        yield from self._look_at_backends(reading, places, had_servers, now)
        counted = {name: value for name, value in seen.items() if isinstance(value, of.FrontendCounters)}
        traffic = {name: self._frontends.get(name) or FrontendTraffic() for name in seen}
        deltas = {name: traffic[name].delta(counted.get(name)) for name in seen}
        self.went_back = any(traffic[name].went_back(value) for name, value in counted.items())
        lately = {name: delta for name, (delta, _) in deltas.items()}
        own = yield from self._own_errors(reading, places, traffic, lately, now)
        self._load = load or self._load
        is_full = self._load is not None and self._load[0] >= self._load[1] > 0
        let_in = any(accepted for _, accepted in deltas.values())
        standings = {}
        for name, each in traffic.items():
            delta, accepted = deltas[name]
            each.failed(delta, own.get(name), now)
            sockets, full = full_sockets.get(name, (0, 0))
            value = counted.get(name)
            at_limit = is_full or (value is not None and value.current >= value.limit > 0) or 0 < sockets == full
            if value is not None and not (self._is_doubted and self._failures is None):
                each.failures = self._failures
            each.take(value, now, at_limit=at_limit, let_in=let_in if is_full else accepted > 0, some_full=full > 0)
            standings[name] = ClientOutcome.unread if seen[name] is of.UNREAD or name in self._blind else each.standing
        kept = {name: each for name, each in self._frontends.items() if now - each.seen_at <= FORGOTTEN}
        self._frontends = kept | traffic  # a row that is missing once does not make anything forgotten
        came = {name: number for name, (_, number) in deltas.items()}
        self.arrived = {name: self.arrived.get(name, 0) + came.get(name, 0) for name in self._frontends}
        self.standings = {name: standing for name, standing in standings.items() if standing is not ClientOutcome.fine}
        self.used = frozenset(name for name, each in self._frontends.items() if each.used)
        self.served = frozenset(name for name, each in traffic.items() if each.is_served(now))
        self.mute = frozenset(name for name, each in traffic.items() if each.is_mute)
        self.tcp = frozenset(name for name, each in traffic.items() if each.is_tcp)
        return before != (self.standings, self.queues, self.used, self.served, self.answering, self.mute, self.tcp)

    def _cut_frontends(
        self, reading: Reading, places: Places
    ) -> Generator[None, None, dict[bytes, of.FrontendCounters | of.Unread | None]]:
        seen = {}
        for number, (name, place) in enumerate(places.frontends.items()):
            if not number % PAUSE and number:
                yield
            seen[name] = self._cutter.frontend(split_row(reading.lines[place]))
        return seen

    def _look_at_backends(
        self, reading: Reading, places: Places, had_servers: frozenset[bytes], now: float
    ) -> Generator[None, None, None]:
        """Look at the queues, and at what backends without servers answer."""
        field = reading.fields.get("qcur")
        names, rows = list(places.backends), list(places.backends.values())
        queues: dict[bytes, ClientOutcome] = {}
        waiting: dict[bytes, Queue] = {}
        for first in range(0, len(rows), 8 * PAUSE):
            if first:
                yield
            piece = rows[first : first + 8 * PAUSE]
            cells = reading.cut(field, piece) if field is not None else []
            for name, place, queued in zip(names[first:], piece, cells, strict=False):
                if queued == b"0" and name not in self._waiting:
                    continue
                counters = self._cutter.backend(split_row(reading.lines[place]))
                if counters is None:
                    continue
                queue = self._waiting.get(name)
                if isinstance(counters, of.Unread) or not queued.isdigit():
                    queues[name] = ClientOutcome.unread
                else:
                    queue = queue or Queue(now, counters, counters)
                    queues[name] = queue.take(counters, int(queued), now)
                if queue is not None and not queue.is_over:
                    waiting[name] = queue
        queues = {
            name: standing
            for name, standing in queues.items()
            if standing is ClientOutcome.unread or (standing is not ClientOutcome.fine and name in waiting)
        }
        kept = {
            name: queue
            for name, queue in self._waiting.items()
            if name not in places.backends and now - queue.seen_at <= FORGOTTEN
        }
        self.queues, self._waiting = queues, kept | waiting
        self._look_at_empty(reading, places, had_servers)

    def _look_at_empty(self, reading: Reading, places: Places, had_servers: frozenset[bytes]) -> None:
        answering, given = set(), {}
        for name in places.empty:
            place = places.backends.get(name)
            if place is None:
                continue
            answers = self._cutter.answers(split_row(reading.lines[place]))
            base = self._given.get(name, answers if name in had_servers else 0)
            given[name] = min(base, answers)
            if answers > given[name]:
                answering.add(name)
        self._given, self.answering = given, frozenset(answering)

    def _own_errors(
        self,
        reading: Reading,
        places: Places,
        traffic: Mapping[bytes, FrontendTraffic],
        deltas: Mapping[bytes, Delta],
        now: float,
    ) -> Generator[None, None, dict[bytes, int | None]]:
        """Return, for frontends at which much has failed, how much of it by errors of HAProxy's own.

        None for those of which that is not known: it is known for all frontends together, by their backends.
        """
        doubtful = {name: delta for name, delta in deltas.items() if delta.matters and delta.errors > delta.pages}
        self._doubted_at = now if doubtful else self._doubted_at
        if self._doubted_at is None or now - self._doubted_at > FORGOTTEN:
            self._failures, self._blind, self._is_doubted = None, frozenset(), False
            return {}
        self._is_doubted = True
        self._failures = yield from self._all_failures(reading, places)
        failed = frozenset(name for name, delta in doubtful.items() if delta.all_failed)
        self._blind = (self._blind | failed) if self._failures is None else frozenset()
        found: dict[bytes, int | None] = dict.fromkeys(doubtful)
        gained = {name: self._gained(traffic[name].failures) for name in doubtful}
        left = max((number for number in gained.values() if number is not None), default=0)
        for is_guess in (False, True):  # what HTTP says is certain, what is left may be TCP's
            names = [
                name for name, delta in doubtful.items() if delta.is_guess is is_guess and gained[name] is not None
            ]
            wanted = sum(doubtful[name].errors - doubtful[name].pages for name in names)
            if len(names) > 1 and left and wanted * TOLERANCE > left * (TOLERANCE + 1):
                return found  # whose they are is not known
            found |= {name: min(left, gained[name] or 0, doubtful[name].errors) for name in names}
            left = max(0, left - wanted)
        return found

    def _gained(self, before: int | None) -> int | None:
        """Return how many errors of HAProxy's own there were since so many, None where that is not known."""
        if before is None or self._failures is None or self._failures < before:
            return None
        return self._failures - before

    def _all_failures(self, reading: Reading, places: Places) -> Generator[None, None, int | None]:
        total = 0
        for number, place in enumerate(places.backends.values()):
            if not number % PAUSE:
                yield
            counters = self._cutter.backend(split_row(reading.lines[place]))
            if isinstance(counters, of.Unread):
                return None
            total += counters.failures if counters is not None else 0
        return total
