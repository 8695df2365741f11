"""All rows of a reading, counted anew. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from haproxy_agentx.haproxy.records import NOBODY, Owner
from haproxy_agentx.haproxy.stat import SEPARATOR, RowKind
from haproxy_agentx.haproxy.status import FrontendStatus, ListenerStatus, frontend_status, listener_status
from haproxy_agentx.health.backend import Backend, verdict_of
from haproxy_agentx.health.clients import Places
from haproxy_agentx.health.server_standing import TRACKS, WORDS, ServerStanding, settled, shown

MAX_CHANGES = 1000
"""Changes of status kept until somebody drains them; others are counted."""

FRONTEND, BACKEND, SERVER, LISTENER = (b"%d" % kind for kind in RowKind)
_NAMES = {b"FRONTEND": FRONTEND, b"BACKEND": BACKEND}
_TAKEN_OUT = (ServerStanding.maint, ServerStanding.unresolved)


class StatusChange(NamedTuple):
    """A backend or server has another status than before."""

    kind: str
    """``backend`` or ``server``."""
    backend: str
    server: str | None
    before: str
    after: str


class Census:
    """``known`` is what was known of each server; each that is counted is taken out of it, so the lost ones stay.

    ``bad`` are those whose rows could not be understood.
    """

    def __init__(self, known: dict[bytes, int], rows: int, bad: Iterable[Owner]) -> None:
        self.codes = bytearray(rows)
        self.frontends: dict[bytes, FrontendStatus] = {}
        self.backends: dict[bytes, Backend] = {}
        self.sockets: dict[bytes, dict[int, bool]] = {}
        """For each frontend, whether the sockets at these places take no connection."""
        self.changes: list[StatusChange] = []
        self.left_out = 0
        self.trackers: list[tuple[int, int]] = []
        """Places of servers whose proof is another's, and what was known of them."""
        self.unread_servers: dict[bytes, list[bytes]] = {}
        self.unread_frontends: set[bytes] = set()
        self.nobodys = 0
        """Rows of which not even the object is known."""
        self.known = known
        self._bad = dict.fromkeys(bad)
        self._front_places: dict[bytes, int] = {}
        self._back_places: dict[bytes, int] = {}
        self._numbers: dict[bytes, bytes] = {}
        """The ids of frontends: a ``listen`` is a backend of the same id."""
        self._listens: set[bytes] = set()

    def count(self, place: int, signature: bytes) -> None:
        """Count a row."""
        proxy, name, kind, iid, _sid, condition = signature.split(SEPARATOR, 5)
        if not proxy or not name:
            self._bad[NOBODY] = None
            return
        if kind == SERVER:
            before = self.known.pop(proxy + SEPARATOR + name, 0)
            seen = shown(condition)
            code = self.codes[place] = settled(seen, before)
            self._backend(proxy).add(code, place)
            if seen & TRACKS:
                self.trackers.append((place, before))
            elif before and code != before:
                self.note(of_server(proxy, name, before, code))
        elif kind == BACKEND:
            self._backend(proxy).judge(verdict_of(condition))
            self._back_places[proxy] = place
            if self._numbers.get(proxy) == iid:
                self._listens.add(proxy)
        elif kind == FRONTEND:
            self.frontends[proxy] = frontend_of(condition)
            self._front_places[proxy] = place
            self._numbers[proxy] = iid
        elif kind == LISTENER:
            self.sockets.setdefault(proxy, {})[place] = is_full(condition)
        if self._bad or kind not in (SERVER, BACKEND, FRONTEND, LISTENER):
            self._set_right(proxy, name, kind)

    def _set_right(self, proxy: bytes, name: bytes, kind: bytes) -> None:
        """Record whose row cannot be understood, and that one that cannot has another that can."""
        if kind in (SERVER, BACKEND, FRONTEND, LISTENER):
            self._bad.pop((proxy, name), None)
        else:
            self._bad[(proxy, name)] = None

    def note(self, change: StatusChange) -> None:
        """Keep a change, or count it."""
        if len(self.changes) < MAX_CHANGES:
            self.changes.append(change)
        else:
            self.left_out += 1

    def settle(self, place: int, signature: bytes, before: int, code: int) -> None:
        """Record what a server at a place is that was counted for something else at first."""
        proxy, name, _rest = signature.split(SEPARATOR, 2)
        if code != self.codes[place]:
            self.backends[proxy].move(self.codes[place], code)
            self.codes[place] = code
        if before and code != before:
            self.note(of_server(proxy, name, before, code))

    def miss_bad(self) -> None:
        """Count those whose rows could not be understood."""
        for proxy, name in self._bad:
            if (proxy, name) == NOBODY:
                self.nobodys += 1
            elif _NAMES.get(name) == FRONTEND:
                self.miss_frontend(proxy)
            elif _NAMES.get(name) == BACKEND:
                self.miss_backend(proxy)
            elif proxy in self.frontends and proxy not in self.backends:
                self.miss_frontend(proxy)
            else:
                self.miss_server(proxy, name)
                if proxy in self.frontends:
                    self.miss_frontend(proxy)

    def miss_server(self, proxy: bytes, name: bytes) -> None:
        """Count a server without a row."""
        names = self.unread_servers.setdefault(proxy, [])
        if name not in names:
            names.append(name)
            self._backend(proxy).miss()

    def miss_backend(self, proxy: bytes) -> None:
        """Record that there is a backend without a row."""
        self._backend(proxy)

    def miss_frontend(self, proxy: bytes) -> None:
        """Record that there is a frontend without a row, or one of whose sockets has none."""
        self.frontends.setdefault(proxy, FrontendStatus.other)
        self.unread_frontends.add(proxy)

    def lost(self) -> Iterator[bytes]:
        """Return the servers that were known, are gone, and cannot be deleted: they were not in maintenance."""
        return (key for key, code in self.known.items() if code not in _TAKEN_OUT)

    def places(self) -> Places:
        """Return where the rows are."""
        empty = {
            name for name, backend in self.backends.items() if not sum(backend.counts) and name not in self._listens
        }
        return Places(self._front_places, self._back_places, frozenset(empty))

    def _backend(self, proxy: bytes) -> Backend:
        backend = self.backends.get(proxy)
        if backend is None:
            backend = self.backends[proxy] = Backend(as_text(proxy))
        return backend


def full_sockets(sockets: Mapping[bytes, Mapping[int, bool]]) -> dict[bytes, tuple[int, int]]:
    """Return how many sockets frontends have, and how many of them take no connection."""
    return {name: (len(each), sum(each.values())) for name, each in sockets.items()}


def as_text(name: bytes) -> str:
    """Return a name as text; what is no UTF-8 becomes a replacement character."""
    return name.decode("utf-8", "replace")


def of_server(proxy: bytes, name: bytes, before: int, after: int) -> StatusChange:
    """Return the change of a server from one ServerStanding to another."""
    return StatusChange("server", as_text(proxy), as_text(name), WORDS[before], WORDS[after])


def frontend_of(condition: bytes) -> FrontendStatus:
    """Return the status that a FRONTEND row's condition shows."""
    return frontend_status(condition.partition(SEPARATOR)[0])


def is_full(condition: bytes) -> bool:
    """Whether a socket takes no connection: it is FULL, or WAITING for HAProxy or its frontend to have room."""
    return listener_status(condition.partition(SEPARATOR)[0]) in (ListenerStatus.full, ListenerStatus.waiting)
