"""The servers of one HAProxy process, counted by what they can do, and what its clients get. Pure.

Of 50,000 servers one octet each is kept; names are read from the reading's signatures when somebody asks. A reading
that differs in few rows costs those rows; any other is counted anew beside the old state, in steps, and then put in
its place, so that half of it is never seen.

A row that cannot be understood, or that is gone though HAProxy was not reloaded (a server that is not in maintenance
cannot be deleted), is evidence that is missing: its server counts, and is not usable.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import NamedTuple

from haproxy_agentx.haproxy.records import Owner
from haproxy_agentx.haproxy.stat import SEPARATOR, Reading
from haproxy_agentx.haproxy.status import FrontendStatus
from haproxy_agentx.health.backend import Backend, OwnVerdict, verdict_of
from haproxy_agentx.health.census import (
    BACKEND,
    FRONTEND,
    LISTENER,
    MAX_CHANGES,
    SERVER,
    Census,
    StatusChange,
    as_text,
    frontend_of,
    full_sockets,
    is_full,
    of_server,
)
from haproxy_agentx.health.clients import Clients, Load, Places
from haproxy_agentx.health.server_standing import TRACKS, UNSURE, WORDS, ServerStanding, is_held, settled, shown
from haproxy_agentx.health.tracking import Tracking
from haproxy_agentx.health.traffic import ClientOutcome

__all__ = ["MAX_CHANGES", "NOT_KNOWN", "PAUSE", "Proxies", "StatusChange", "as_text"]

PAUSE = 128
"""Rows between two pauses."""

FEW = 256
"""Rows that are taken over at once, without a pause."""

BELIEVED = 60.0
"""Seconds after which a row that is gone is believed to be, where it is not known whether HAProxy was reloaded."""

NOT_KNOWN = ("UNKNOWN", WORDS[ServerStanding.unread])
"""Statuses that say nothing of what is so, as rows are missing: they are no change."""

_LACKING = (
    ServerStanding.down,
    ServerStanding.nolb,
    ServerStanding.other,
    ServerStanding.unresolved,
    ServerStanding.unread,
)


class StatusEntry(NamedTuple):
    """The status of a backend, or with ``server`` that of a server, at the last reading."""

    backend: str
    server: str | None
    status: str
    place: int
    """Row of the server; of a backend the first row of its servers."""


class Proxies:
    """What the last good reading of a process says of its proxies.

    ``frontends`` and ``backends`` are in HAProxy's order, by the octets of their names. They stay as they are when
    readings fail: who asks has to know how old they are.
    """

    def __init__(self, process: str) -> None:
        self.process = process
        self.frontends: dict[bytes, FrontendStatus] = {}
        self.backends: dict[bytes, Backend] = {}
        self.nobodys = 0
        """Rows that cannot be understood, and of which not even the object is known."""
        self.left_out = 0
        """Changes of status that were too many to be kept, since the beginning."""
        self.censuses = 0
        """Readings that were counted anew: what came and went is not among ``changes``."""
        self.is_complete = False
        """Whether the last reading had no bad rows, and none was missing: what is not in it is not in HAProxy."""
        self._clients = Clients()
        self._codes = bytearray()
        self._signatures: list[bytes] = []
        self._sockets: dict[bytes, dict[int, bool]] = {}
        self._places = Places()
        self._tracking = Tracking()
        self._changes: list[StatusChange] = []
        self._in_step = False
        self._bad: tuple[Owner, ...] = ()
        self._unread_servers: dict[bytes, list[bytes]] = {}
        self._unread_frontends: set[bytes] = set()
        self._lost: dict[bytes, float] = {}
        """Servers, frontends and backends that are gone and should not be, by name and kind, and since when."""
        self._had_servers: set[bytes] = set()

    def take(
        self, reading: Reading, now: float = 0.0, load: Load | None = None, *, same_process: bool | None = False
    ) -> Generator[None, None, bool]:
        """Process a reading, with pauses; gives whether anything that counts is another.

        Each reading that served as the ``previous`` of the next has to be taken, in their order. One that was begun
        and given up changes nothing, and the next one is then counted anew. ``now`` is in monotonic seconds; ``load``
        are the connections of the process; ``same_process`` says whether HAProxy is the one of the reading before,
        None that this has to be seen from its counters.
        """
        in_step, self._in_step = self._in_step, False
        is_settled = reading.bad == self._bad and (same_process is True or not self._lost)
        if in_step and is_settled and reading.same_rows and len(reading.signatures) == len(self._codes):
            moved = yield from self._moved(reading, now)
            if moved is not None and len(moved) <= FEW:
                differs = yield from self._look_at_clients(reading, self._places, self._sockets, load, now)
                self._in_step = True
                self.is_complete = not (reading.bad_rows or self._lost or self.nobodys)
                return self._mend(reading, moved, now) or differs
        known = yield from self._known()
        census = Census(known, len(reading.signatures), reading.bad)
        for place, signature in enumerate(reading.signatures):
            if not place % PAUSE:
                yield
            census.count(place, signature)
        tracking = Tracking()
        yield from tracking.survey(reading, [place for place, _ in census.trackers])
        for place, before in census.trackers:
            signature = reading.signatures[place]
            seen = _proven(tracking, reading, place, shown(signature.split(SEPARATOR, 5)[5]), before, now)
            census.settle(place, signature, before, settled(seen, before))
        places = census.places()
        clients_differ = yield from self._look_at_clients(reading, places, census.sockets, load, now)
        census.miss_bad()
        is_same = not self._clients.went_back if same_process is None else same_process
        lost = self._miss_lost(census, now, is_same=is_same, is_certain=same_process is not None)
        differs = (
            census.backends != self.backends
            or census.frontends != self.frontends
            or census.unread_frontends != self._unread_frontends
            or census.nobodys != self.nobodys
        )
        words = {proxy: backend.summary.status for proxy, backend in self.backends.items()}
        self.frontends, self.backends, self.nobodys = census.frontends, census.backends, census.nobodys
        self._codes, self._signatures, self._sockets = census.codes, reading.signatures, census.sockets
        self._places, self._tracking, self._bad, self._lost = places, tracking, reading.bad, lost
        self._unread_servers, self._unread_frontends = census.unread_servers, census.unread_frontends
        self._had_servers |= {proxy for proxy, backend in self.backends.items() if sum(backend.counts)}
        self.left_out += census.left_out
        self.censuses += 1
        self.is_complete = not (reading.bad_rows or self._lost or self.nobodys)
        self._note(words, census.changes)
        self._in_step = True
        return differs or clients_differ

    def changes(self) -> list[StatusChange]:
        """Return the changes of status since the last call; a proxy or server that is new or gone is none."""
        changes, self._changes = self._changes, []
        return changes

    def statuses(self, *, servers: bool) -> Iterator[StatusEntry]:
        """Yield the status of each backend, then with ``servers`` that of each server, as they are when reached.

        After another census an iterator still yields the servers of the one before.
        """
        for backend in list(self.backends.values()):
            yield StatusEntry(backend.name, None, backend.summary.status, backend.first)
        codes, signatures = self._codes, self._signatures
        for place, signature in enumerate(signatures if servers else ()):
            if code := codes[place]:
                proxy, name, _rest = signature.split(SEPARATOR, 2)
                yield StatusEntry(as_text(proxy), as_text(name), WORDS[code], place)

    def is_proven(self, standing: StatusEntry) -> bool:
        """Whether a status UP rests on more than the first moments of HAProxy, in which every server is UP."""
        if standing.server is not None:
            return self._is_proven(standing.place)
        backend = self.backends.get(standing.backend.encode())
        if backend is None or not backend.counts[ServerStanding.up]:
            return True
        places = range(backend.first, backend.last + 1)
        return any(self._codes[place] == ServerStanding.up and self._is_proven(place) for place in places)

    def _is_proven(self, place: int) -> bool:
        if place >= len(self._signatures):
            return True
        seen = self._shown(place)
        root = self._tracking.root(place) if seen & TRACKS else None
        return not (seen if root is None else self._shown(root)) & UNSURE

    def _shown(self, place: int) -> int:
        return shown(self._signatures[place].split(SEPARATOR, 5)[5])

    def lacking(self, backend: Backend, limit: int) -> list[str]:
        """Name servers that are to serve and cannot, at most ``limit``, with their status: ``web1 DOWN``."""
        lacking: list[str] = []
        limit = min(limit, sum(backend.counts[code] for code in _LACKING))
        for name, code in self._servers_of(backend) if limit else ():
            if code in _LACKING:
                lacking.append(f"{name} {WORDS[code]}")
                if len(lacking) == limit:
                    break
        return lacking

    def standing(self, frontend: bytes) -> ClientOutcome:
        """Return what a frontend is to clients."""
        if frontend in self._unread_frontends:
            return ClientOutcome.unread
        return self._clients.standings.get(frontend, ClientOutcome.fine)

    def queue(self, backend: bytes) -> ClientOutcome:
        """Return what the queue of a backend is to clients."""
        return self._clients.queues.get(backend, ClientOutcome.fine)

    def is_used(self, frontend: bytes) -> bool:
        """Whether a frontend ever had requests that HAProxy did not answer by itself."""
        return frontend in self._clients.used

    def is_tcp(self, frontend: bytes) -> bool:
        """Whether a frontend counts connections only: it is in TCP mode. False where that is not known."""
        return frontend in self._clients.tcp

    def is_mute(self, frontend: bytes) -> bool:
        """Whether clients have come to a frontend over TCP lately, and none of them has got an octet."""
        return frontend in self._clients.mute

    def is_served(self, frontend: bytes) -> bool:
        """Whether servers answered requests of a frontend in the last seconds."""
        return frontend in self._clients.served

    def arrived(self, frontend: bytes) -> int | None:
        """Return how many connections have come to a frontend since it was first read; None for one that is not there.

        It never goes back: what a restart of HAProxy makes of its counters is left out.
        """
        return self._clients.arrived.get(frontend)

    def is_bare(self, backend: bytes) -> bool:
        """Whether a backend has no server, and answers no client by itself; a ``listen`` without servers is a page."""
        is_read = backend in self.backends and self.backends[backend].verdict is not OwnVerdict.unread
        return is_read and backend in self._places.empty and backend not in self._clients.answering

    def has_lost_all(self, backend: bytes) -> bool:
        """Whether a backend had servers, has none, and answers no client by itself."""
        return backend in self._had_servers and self.is_bare(backend)

    def _servers_of(self, backend: Backend) -> Iterator[tuple[str, int]]:
        for place in range(backend.first, backend.last + 1):
            if self._codes[place]:
                proxy, name, _rest = self._signatures[place].split(SEPARATOR, 2)
                if as_text(proxy) == backend.name:
                    yield as_text(name), self._codes[place]
        for proxy, names in self._unread_servers.items():
            if as_text(proxy) == backend.name:
                yield from ((as_text(name), int(ServerStanding.unread)) for name in names)

    def _known(self) -> Generator[None, None, dict[bytes, int]]:
        """Yield the evidence for each server that there is, by the octets of backend and name."""
        known = {}
        for place, code in enumerate(self._codes):
            if not place % PAUSE:
                yield
            if code:
                proxy, name, _rest = self._signatures[place].split(SEPARATOR, 2)
                known[proxy + SEPARATOR + name] = code
        for proxy, names in self._unread_servers.items():
            known |= {proxy + SEPARATOR + name: int(ServerStanding.unread) for name in names}
        return known

    def _miss_lost(self, census: Census, now: float, *, is_same: bool, is_certain: bool) -> dict[bytes, float]:
        """Count what is gone and should not be; return it, with since when."""
        if not is_same:
            return {}
        gone = [SERVER + SEPARATOR + key for key in census.lost()]
        gone += [FRONTEND + SEPARATOR + name for name in self.frontends if name not in census.frontends]
        gone += [
            BACKEND + SEPARATOR + name
            for name, backend in self.backends.items()
            if name not in census.backends and backend.verdict is not OwnVerdict.unpublished
        ]
        for name, sockets in self._sockets.items():
            if len(sockets) > len(census.sockets.get(name, ())) and name in census.frontends:
                gone.append(LISTENER + SEPARATOR + name)
        for key in self._lost:
            kind, _, name = key.partition(SEPARATOR)
            if kind == LISTENER and name in census.frontends and not census.sockets.get(name):
                gone.append(key)
        lost = {key: self._lost.get(key, now) for key in gone}
        lost = {key: since for key, since in lost.items() if is_certain or now - since <= BELIEVED}
        for key in lost:
            kind, _, name = key.partition(SEPARATOR)
            if kind == SERVER:
                census.miss_server(*name.split(SEPARATOR, 1))
            elif kind == BACKEND:
                census.miss_backend(name)
            else:
                census.miss_frontend(name)
        return lost

    def _look_at_clients(
        self,
        reading: Reading,
        places: Places,
        sockets: Mapping[bytes, Mapping[int, bool]],
        load: Load | None,
        now: float,
    ) -> Generator[None, None, bool]:
        full, had = full_sockets(sockets), frozenset(self._had_servers & places.empty)
        return (yield from self._clients.take(reading, places, full, load, now, had_servers=had))

    def _moved(self, reading: Reading, now: float) -> Generator[None, None, list[int] | None]:
        """Yield the places of the changed rows that say something else than before; most have another check's result.

        None where one of them tracks a server that was not looked for.
        """
        moved = []
        for number, place in enumerate(reading.changed, 1):
            proxy, _name, kind, _iid, _sid, condition = reading.signatures[place].split(SEPARATOR, 5)
            if kind == LISTENER:
                self._sockets[proxy][place] = is_full(condition)
            elif kind == SERVER and shown(condition) & TRACKS and self._tracking.is_strange(place):
                return None
            elif kind != SERVER or self._settle(reading, place, condition, now) != self._codes[place]:
                moved.append(place)
            if not number % PAUSE:
                yield
        if self._tracking.held:
            changed = set(moved)
            for number, place in enumerate(list(self._tracking.held), 1):
                condition = reading.signatures[place].split(SEPARATOR, 5)[5]
                if place not in changed and self._settle(reading, place, condition, now) != self._codes[place]:
                    moved.append(place)
                if not number % PAUSE:
                    yield
        return moved

    def _settle(self, reading: Reading, place: int, condition: bytes, now: float) -> int:
        """Return what a server is now, of which it is known what it was."""
        before = self._codes[place]
        return settled(_proven(self._tracking, reading, place, shown(condition), before, now), before)

    def _mend(self, reading: Reading, moved: Sequence[int], now: float) -> bool:
        """Process a reading of the same rows, of which few say something else."""
        frontends_differ = False
        words: dict[bytes, str] = {}
        changes: list[StatusChange] = []
        for place in moved:
            proxy, name, kind, _iid, _sid, condition = reading.signatures[place].split(SEPARATOR, 5)
            if kind == SERVER:
                before, backend = self._codes[place], self.backends[proxy]
                code = self._settle(reading, place, condition, now)
                words.setdefault(proxy, backend.summary.status)
                self._codes[place] = code
                backend.move(before, code)
                changes.append(of_server(proxy, name, before, code))
            elif kind == BACKEND:
                backend, verdict = self.backends[proxy], verdict_of(condition)
                if verdict is not backend.verdict:
                    words.setdefault(proxy, backend.summary.status)
                    backend.judge(verdict)
            elif kind == FRONTEND:
                status = frontend_of(condition)
                frontends_differ |= status is not self.frontends[proxy]
                self.frontends[proxy] = status
        self._signatures = reading.signatures
        self._note(words, changes)
        return frontends_differ or bool(words)

    def _note(self, words: Mapping[bytes, str], changes: list[StatusChange]) -> None:
        """Keep changes for who drains them: of backends that had another status by ``words``, then of servers."""
        of_backends = [
            StatusChange("backend", backend.name, None, words[proxy], backend.summary.status)
            for proxy, backend in self.backends.items()
            if proxy in words and words[proxy] != backend.summary.status
        ]
        self._changes += of_backends + changes
        self.left_out += max(0, len(self._changes) - MAX_CHANGES)
        del self._changes[MAX_CHANGES:]


def _proven(tracking: Tracking, reading: Reading, place: int, seen: int, before: int, now: float) -> int:
    """Return what a server shows, proven where what it tracks is."""
    if seen & TRACKS:
        if tracking.is_proven(reading, place, now, known=is_held(before)):
            return seen & ~(UNSURE | TRACKS)
    else:
        tracking.held.pop(place, None)
    return seen
