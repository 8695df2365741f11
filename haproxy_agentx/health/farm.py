"""The servers of one HAProxy process, counted by what they can do. Pure.

Of 50,000 servers one octet each is kept; names are read from the reading's signatures when somebody asks. A reading
that differs in few rows costs those rows; any other is counted anew beside the old state, in steps, and then put in
its place, so that nobody sees half of it.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import NamedTuple

from haproxy_agentx.haproxy.stat import SEPARATOR, Kind, Reading
from haproxy_agentx.haproxy.status import BackendStatus, FrontendStatus, backend_status, frontend_status
from haproxy_agentx.health.backend import Backend
from haproxy_agentx.health.evidence import UNSURE, WORDS, Evidence, settled, shown

PAUSE = 128
"""Rows between two pauses."""

FEW = 256
"""Rows that are taken over at once, without a pause."""

MAX_CHANGES = 1000
"""Changes of status kept until somebody drains them; others are counted."""

_FRONTEND, _BACKEND, _SERVER = (b"%d" % kind for kind in (Kind.FRONTEND, Kind.BACKEND, Kind.SERVER))
_LACKING = (Evidence.down, Evidence.nolb, Evidence.other, Evidence.unresolved)


class StatusChange(NamedTuple):
    """A backend or server has another status than before."""

    kind: str
    """``backend`` or ``server``."""
    backend: str
    server: str | None
    before: str
    after: str


class Standing(NamedTuple):
    """The status of a backend, or with ``server`` that of a server, at the last reading."""

    backend: str
    server: str | None
    status: str
    place: int
    """Row of the server; of a backend the first row of its servers."""


class Farm:
    """What the last good reading of a process says of its proxies.

    ``frontends`` and ``backends`` are in HAProxy's order, by the octets of their names. They stay as they are when
    readings fail: who asks has to know how old they are.
    """

    def __init__(self, process: str) -> None:
        self.process = process
        self.frontends: dict[bytes, FrontendStatus] = {}
        self.backends: dict[bytes, Backend] = {}
        self.left_out = 0
        """Changes of status that were too many to be kept, since the beginning."""
        self.censuses = 0
        """Readings that were counted anew: what came and went is not among ``changes``."""
        self.is_complete = False
        """Whether the last reading had no bad rows: what is not in it is not in HAProxy either."""
        self._codes = bytearray()
        self._signatures: list[bytes] = []
        self._changes: list[StatusChange] = []
        self._in_step = False

    def take(self, reading: Reading) -> Generator[None, None, bool]:
        """Take a reading, with pauses; gives whether anything that counts is another.

        Each reading that served as the ``previous`` of the next has to be taken, in their order. One that was begun
        and given up changes nothing, and the next one is then counted anew.
        """
        in_step, self._in_step = self._in_step, False
        if in_step and reading.same_rows and len(reading.signatures) == len(self._codes):
            moved = yield from self._moved(reading)
            if len(moved) <= FEW:
                self._in_step = True
                self.is_complete = not reading.bad_rows
                return self._mend(reading, moved)
        known = yield from self._known()
        census = _Census(known, len(reading.signatures))
        for place, signature in enumerate(reading.signatures):
            if not place % PAUSE:
                yield
            census.count(place, signature)
        differs = census.backends != self.backends or census.frontends != self.frontends
        words = {proxy: backend.summary.status for proxy, backend in self.backends.items()}
        self.frontends, self.backends = census.frontends, census.backends
        self._codes, self._signatures = census.codes, reading.signatures
        self.left_out += census.left_out
        self.censuses += 1
        self.is_complete = not reading.bad_rows
        self._note(words, census.changes)
        self._in_step = True
        return differs

    def changes(self) -> list[StatusChange]:
        """Give the changes of status since the last call; a proxy or server that is new or gone is none."""
        changes, self._changes = self._changes, []
        return changes

    def statuses(self, *, servers: bool) -> Iterator[Standing]:
        """Yield the status of each backend, then with ``servers`` that of each server, as they are when reached.

        After another census an iterator still yields the servers of the one before.
        """
        for backend in list(self.backends.values()):
            yield Standing(backend.name, None, backend.summary.status, backend.first)
        codes, signatures = self._codes, self._signatures
        for place, signature in enumerate(signatures if servers else ()):
            if code := codes[place]:
                proxy, name, _rest = signature.split(SEPARATOR, 2)
                yield Standing(as_text(proxy), as_text(name), WORDS[code], place)

    def is_proven(self, standing: Standing) -> bool:
        """Whether a status UP rests on more than the first moments of HAProxy, in which every server is UP."""
        if standing.server is not None:
            return self._is_proven(standing.place)
        backend = self.backends.get(standing.backend.encode())
        if backend is None or not backend.counts[Evidence.up]:
            return True
        places = range(backend.first, backend.last + 1)
        return any(self._codes[place] == Evidence.up and self._is_proven(place) for place in places)

    def _is_proven(self, place: int) -> bool:
        condition = self._signatures[place].split(SEPARATOR, 5)[5] if place < len(self._signatures) else b""
        return not condition or not shown(condition) & UNSURE

    def lacking(self, backend: Backend, limit: int) -> list[str]:
        """Name servers that are to serve and cannot, at most ``limit``, with their status: ``web1 DOWN``."""
        lacking = []
        for name, code in self._servers_of(backend):
            if code in _LACKING:
                lacking.append(f"{name} {WORDS[code]}")
                if len(lacking) == limit:
                    break
        return lacking

    def _servers_of(self, backend: Backend) -> Iterator[tuple[str, int]]:
        for place in range(backend.first, backend.last + 1):
            if self._codes[place]:
                proxy, name, _rest = self._signatures[place].split(SEPARATOR, 2)
                if as_text(proxy) == backend.name:
                    yield as_text(name), self._codes[place]

    def _known(self) -> Generator[None, None, dict[bytes, int]]:
        """Give the evidence for each server that there is, by the octets of backend and name."""
        known = {}
        for place, code in enumerate(self._codes):
            if not place % PAUSE:
                yield
            if code:
                proxy, name, _rest = self._signatures[place].split(SEPARATOR, 2)
                known[proxy + SEPARATOR + name] = code
        return known

    def _moved(self, reading: Reading) -> Generator[None, None, list[int]]:
        """Give the places of the changed rows that say something else than before; most have another check's result."""
        moved = []
        for number, place in enumerate(reading.changed, 1):
            _proxy, _name, kind, _iid, _sid, condition = reading.signatures[place].split(SEPARATOR, 5)
            before = self._codes[place]
            if kind != _SERVER or settled(shown(condition), before) != before:
                moved.append(place)
            if not number % PAUSE:
                yield
        return moved

    def _mend(self, reading: Reading, moved: Sequence[int]) -> bool:
        """Take a reading of the same rows, of which few say something else."""
        frontends_differ = False
        words: dict[bytes, str] = {}
        changes: list[StatusChange] = []
        for place in moved:
            proxy, name, kind, _iid, _sid, condition = reading.signatures[place].split(SEPARATOR, 5)
            if kind == _SERVER:
                before, backend = self._codes[place], self.backends[proxy]
                code = settled(shown(condition), before)
                words.setdefault(proxy, backend.summary.status)
                self._codes[place] = code
                backend.move(before, code)
                changes.append(_of_server(proxy, name, before, code))
            elif kind == _BACKEND:
                backend, unpublished = self.backends[proxy], _is_unpublished(condition)
                if unpublished is not backend.unpublished:
                    words.setdefault(proxy, backend.summary.status)
                    backend.publish(unpublished)
            elif kind == _FRONTEND:
                status = _frontend(condition)
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


class _Census:
    """All rows of a reading, counted anew. ``known`` is what was known of each server."""

    def __init__(self, known: Mapping[bytes, int], rows: int) -> None:
        self.codes = bytearray(rows)
        self.frontends: dict[bytes, FrontendStatus] = {}
        self.backends: dict[bytes, Backend] = {}
        self.changes: list[StatusChange] = []
        self.left_out = 0
        self._known = known

    def count(self, place: int, signature: bytes) -> None:
        """Count a row."""
        proxy, name, kind, _iid, _sid, condition = signature.split(SEPARATOR, 5)
        if kind == _SERVER:
            before = self._known.get(proxy + SEPARATOR + name, 0)
            code = self.codes[place] = settled(shown(condition), before)
            self._backend(proxy).add(code, place)
            if before and code != before:
                if len(self.changes) < MAX_CHANGES:
                    self.changes.append(_of_server(proxy, name, before, code))
                else:
                    self.left_out += 1
        elif kind == _BACKEND:
            self._backend(proxy).publish(_is_unpublished(condition))
        elif kind == _FRONTEND:
            self.frontends[proxy] = _frontend(condition)

    def _backend(self, proxy: bytes) -> Backend:
        backend = self.backends.get(proxy)
        if backend is None:
            backend = self.backends[proxy] = Backend(as_text(proxy))
        return backend


def as_text(name: bytes) -> str:
    """Give a name as text; what is no UTF-8 becomes a replacement character."""
    return name.decode("utf-8", "replace")


def _of_server(proxy: bytes, name: bytes, before: int, after: int) -> StatusChange:
    return StatusChange("server", as_text(proxy), as_text(name), WORDS[before], WORDS[after])


def _frontend(condition: bytes) -> FrontendStatus:
    return frontend_status(condition.partition(SEPARATOR)[0])


def _is_unpublished(condition: bytes) -> bool:
    return backend_status(condition.partition(SEPARATOR)[0]) is BackendStatus.upUnpublished
