"""One HAProxy process: read at its interval, and its rows made ready for the view."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Generator, Hashable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.agentx.view import ServedColumn, ServedTable
from haproxy_agentx.config import HaproxyConfig
from haproxy_agentx.haproxy import info as show_info
from haproxy_agentx.haproxy.certificates import Certificate
from haproxy_agentx.haproxy.configured import ConfigurationDigest
from haproxy_agentx.haproxy.details import Details
from haproxy_agentx.haproxy.http import HttpClient
from haproxy_agentx.haproxy.info import Info
from haproxy_agentx.haproxy.liveness import Liveness
from haproxy_agentx.haproxy.socket import SocketClient
from haproxy_agentx.haproxy.standing import ProcessStanding, channel_of, judged
from haproxy_agentx.haproxy.stat import Reading, RowKind, StatParser
from haproxy_agentx.health.model import Reason
from haproxy_agentx.health.proxies import Proxies
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.health.readiness import ProcessState
from haproxy_agentx.objects.layout import Layout, arrange, proxy_scope, survey
from haproxy_agentx.objects.process_columns import ProcessRow
from haproxy_agentx.objects.source_objects import SourceRow
from haproxy_agentx.objects.tables import StatColumns
from haproxy_agentx.process.budget import Budget
from haproxy_agentx.process.certificates import Certificates
from haproxy_agentx.store.indexes import Indexes
from haproxy_agentx.vocabulary.endpoint import is_loopback
from haproxy_agentx.vocabulary.shown import shown_url
from haproxy_agentx.vocabulary.source import Denied, Invalid, OverLimit, SourceError, SourceKind, of_os_error
from haproxy_agentx.vocabulary.source_record import Source

log = logging.getLogger(__name__)

MAX_BYTES = 128 << 20
"""Octets in an answer of HAProxy: 300,000 servers."""

MAX_INFO = 256 * 1024
"""Octets in the answer to ``show info``: it has 3,000."""

READINGS = 4, 0.5
"""How often it is read at most, in how many seconds: each change of a role asks for a reading, and those may storm."""

REFUSED_PAUSE = 30.0
"""Seconds until an HAProxy is read again whose answer was refused because of its size, once no rows are served."""

MISSED_INTERVALS = 3
"""Readings that may fail before the rows of a process are withdrawn: what is old is not shown as if it were so now."""

RELOAD_TRIES = 3
"""Readings in a row that a reload may fall into."""

FREED_ROWS = 1024
"""Rows of the reading before that are freed at once: a tenth of a millisecond."""

SPARE_NUMBERS = 1000
"""Numbers of rows that have gone which are held: rows come back."""

OWN_SCOPES = {proxy_scope("").partition("/")[0], *(kind.name.lower() for kind in (RowKind.SERVER, RowKind.LISTENER))}
"""What the scopes of a process's rows begin with."""

Result = TypeVar("Result")

TROUBLE: Mapping[ProcessStanding, Reason] = {
    ProcessStanding.gone: Reason.haproxyGone,
    ProcessStanding.frozen: Reason.haproxyUnresponsive,
    ProcessStanding.silent: Reason.statisticsSilent,
}
"""What is said of HAProxy whose statistics are not answered. Other failures say nothing until the last good reading is
too old: then it is not known how HAProxy is."""


class HaproxyProcess:
    """Reads one configured HAProxy and holds what the tables show of it.

    ``number`` is its haxProcessIndex; ``indexes`` has the row indexes of names; ``on_change`` is called when
    ``columns``, or the ``tables`` below them, are new, ``on_read`` after each attempt to read, and ``yield_cpu``
    between two pieces of work. ``budget`` says what its rows may cost. All times are monotonic.
    """

    def __init__(  # noqa: PLR0913  -- what it shares with others, one by one
        self,
        config: HaproxyConfig,
        number: int,
        root: Oid,
        indexes: Indexes,
        on_change: Callable[[], None],
        on_read: Callable[["HaproxyProcess"], None],
        yield_cpu: Callable[[], None],
        *,
        budget: Budget,
    ) -> None:
        self.number = number
        self.columns: list[ServedColumn] = []
        self.tables: Mapping[Hashable, ServedTable] = {}
        self.reading: Reading | None = None
        self.layout: Layout | None = None
        self.info: Info | None = None
        self.restarts = 0
        self.restarted_at: float | None = None
        self.bad_rows = 0
        self.name = config.name
        self.proxies = Proxies(config.name)
        self.changes = 0
        """Readings that showed something that counts for health."""
        self.trouble = Reason(0)
        """What keeps it from being known to serve."""
        self.trouble_since: float | None = None
        """When the attempt began that first found the present trouble."""
        self.read_at: float | None = None
        """When the last attempt that has ended began."""
        self.was_read = False
        """Whether there ever was a good reading."""
        self.refused = False
        """Whether the last answer was refused because of its size."""
        self._is_renumbered = False
        self._is_silent = False
        """Whether the last attempt found its statistics silent, without showing how HAProxy is."""
        self._wake = asyncio.Event()
        self._readings = RateWindow(*READINGS)
        self._config = config
        self._root = root
        self._indexes = indexes
        self._on_change = on_change
        self._on_read = on_read
        self._yield_cpu = yield_cpu
        self._budget = budget
        self._stat_columns: StatColumns | None = None
        self._configuration = ConfigurationDigest()
        self._identity: tuple[int, int | None] | None = None
        """Process id and start time of the last good reading, also when its rows are withdrawn."""
        over_http = config.stats.startswith(("http://", "https://"))
        self.source = Source(
            name=config.name,
            kind=SourceKind.haproxyHttp if over_http else SourceKind.haproxySocket,
            target=shown_url(config.stats),
        )
        self._read = self._read_http if over_http else self._read_socket
        octets = min(MAX_BYTES, budget.max_octets)
        self._http = (
            HttpClient(config.stats, config.timeout, octets, config.username, config.password_file, config.ca_file)
            if over_http
            else None
        )
        self._socket = SocketClient(config.stats, config.timeout, octets)
        self.certificates = Certificates(config.name, root, indexes, config.certificate_days, time.time)
        self._details = (
            None
            if over_http
            else Details(config.name, config.stats, config.timeout, config.master_socket, self._take_certificates)
        )
        self._liveness = Liveness(self.read_now, _local_port(config.stats) if over_http else None)

    async def run(self) -> None:
        """Read until cancelled, at the interval; a reading that takes longer delays the next, and none is made up for.

        When the process that was read ends, it is read again at once.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._run())
                if self._details is not None:
                    tasks.create_task(self._details.run())
        finally:
            self._liveness.close()

    async def _run(self) -> None:
        due = monotonic()
        while True:
            self._readings.report(monotonic())
            await self.refresh()
            now = monotonic()
            # an attempt that is refused costs what a reading does
            pause = REFUSED_PAUSE if self.refused and not self.columns else 0.0
            due = max(due + self._config.interval, now + pause)
            if await self._woken(due - monotonic()):
                due = monotonic()
            await asyncio.sleep((self._readings.free_at() or 0.0) - monotonic())

    def read_now(self) -> None:
        """Have it read at once, or again as soon as the reading under way has ended; READINGS bounds how often."""
        self._wake.set()

    def renumber(self, number: int) -> None:
        """Adopt another number; its rows are arranged anew, as theirs may be others as well."""
        self.number = number
        self._stat_columns = None
        self._is_renumbered = True
        self.certificates.show(number)
        self.read_now()

    def has_rows_in(self, scopes: Collection[str]) -> bool:
        """Whether rows of this process have their numbers in one of the scopes."""
        return any(self._is_own_scope(scope) or self.certificates.is_own_scope(scope) for scope in scopes)

    async def _take_certificates(self, found: Sequence[Certificate]) -> None:
        """Show certificates, and have services judged where another one ends soon."""
        shown = self.certificates.columns
        is_new = await self.certificates.take(found, self.number)
        if self.certificates.columns is not shown:
            self._on_change()
        if is_new:
            self.changes += 1
            self._on_read(self)

    async def _woken(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        woken = self._wake.is_set()
        self._wake.clear()
        return woken

    @property
    def state(self) -> ProcessState:
        """Return what services are judged by."""
        words = self.source.last_error if self.trouble else ""
        return ProcessState(
            self._config.name, self.proxies if self.was_read else None, self.trouble, words, self.certificates.expiring
        )

    async def refresh(self) -> None:
        """Read once and adopt what was read; a failure is recorded in ``source`` and leaves the last reading."""
        began = monotonic()
        self._liveness.begin(began)
        try:
            await self._read_or_fail()
        except SourceError as failure:
            now = monotonic()
            error, standing = self._standing(failure, now)
            self._budget.drop(self.name)
            self.refused = isinstance(error, OverLimit)
            # where the channel was silent before, it is not known when HAProxy ended or stopped: now at the latest
            since = now if self._is_silent and standing is not ProcessStanding.silent else began
            self._is_silent = standing is ProcessStanding.silent
            self._trouble(self._trouble_of(error, standing, now), since)
            if self.source.failed(error, now):
                log.warning("%s: %s", self._config.name, error)
            if self.columns and self._outdated(now):
                log.warning("%s: rows withdrawn: the last good reading is too old", self._config.name)
                self._withdraw()
        else:
            self.was_read, self.refused = True, False
            self._is_silent = False
            self._trouble(Reason(0), began)
            if self.source.succeeded(monotonic()):
                log.info("%s: reading %s", self._config.name, self.source.target)
        self.read_at = began
        if self._details is not None:
            self._details.follow(None if self.trouble else self._identity)
        self._on_read(self)

    async def _read_or_fail(self) -> None:
        """Read, and once more after a failure that may be our own lateness. Raise SourceError.

        What the kernel refuses is one, too: it is a state of this source.
        """
        try:
            await self._read()
        except SourceError as error:
            if not error.excused:
                raise
            log.debug("%s: read again, as haproxy-agentx was late itself: %s", self._config.name, error)
            await self._read()
        except OSError as error:
            raise of_os_error(self._config.stats, error) from error

    def _standing(self, error: SourceError, now: float) -> tuple[SourceError, ProcessStanding | None]:
        """Return a failure in the words of all that is known, and how HAProxy is where the channel says something."""
        channel = channel_of(error, over_http=self._http is not None, was_read=self.was_read)
        if channel is None:
            return error, None
        return judged(error, self._liveness.found(channel, now), self.source.target, self._config.timeout)

    def _trouble_of(self, error: SourceError, standing: ProcessStanding | None, now: float) -> Reason:
        """Return what a failure shows of HAProxy: the rest is not known once the last reading is too old."""
        if standing in (ProcessStanding.gone, ProcessStanding.frozen):
            return TROUBLE[standing]
        if isinstance(error, Denied):
            return Reason.haproxyUnreadable
        if standing is ProcessStanding.silent:
            return TROUBLE[standing] if self.trouble or self._outdated(now) else self.trouble
        return Reason.haproxyUnreadable if self._outdated(now) else self.trouble

    def _trouble(self, trouble: Reason, began: float) -> None:
        if trouble != self.trouble:
            self.trouble, self.trouble_since = trouble, began if trouble else None

    def row(self, discontinuity: Callable[[float], int | None]) -> ProcessRow:
        """Return its row of haxProcessTable; ``discontinuity`` turns a time into a TimeStamp."""
        details = self._details
        return ProcessRow(
            name=self._config.name,
            reading=SourceRow(self.source, monotonic()),
            info=self.info.fields if self.info else {},
            reloads=self.restarts,
            bad_rows=self.bad_rows,
            discontinuity=None if self.restarted_at is None else discontinuity(self.restarted_at),
            reload_result=details.reload_result if details else None,
            old_workers=details.old_workers if details else None,
            peers_down=details.peers_down if details else None,
            configuration_digest=self.configuration_digest,
        )

    @property
    def details(self) -> Mapping[str, object]:
        """What ``status`` shows of its peers and of its master process; None where that is not known."""
        found = self._details
        result = found.reload_result if found else None
        return {
            "peers_down": found.peers_down if found else None,
            "old_workers": found.old_workers if found else None,
            "reload_result": result.name if result else None,
        }

    @property
    def sources(self) -> list[Source]:
        """The source that it is read from, and that of its master process where one is configured."""
        master = self._details.master if self._details is not None else None
        return [self.source] if master is None else [self.source, master]

    @property
    def configuration_digest(self) -> str | None:
        """The digest of what HAProxy is configured with; None while that is not known."""
        return self._configuration.text if self.columns else None

    def rows(self, kind: RowKind) -> int:
        """Return the number of rows that this process has in a table."""
        return len(self.layout.rows[kind].parts) if self.layout and self.columns else 0

    def _outdated(self, now: float) -> bool:
        age = self.source.age(now)
        return age is None or age > MISSED_INTERVALS * self._config.interval + self._config.timeout

    def _withdraw(self) -> None:
        self.columns = []
        self.tables = {}
        self.info = None
        self._on_change()

    async def _read_socket(self) -> None:
        """Read both answers. One that a reload came between is read again: counters and process belong together."""
        before, restarts = self._identity, 0
        for _ in range(RELOAD_TRIES):
            reading = await self._read_stat()
            answer = bytearray()
            await self._socket.exchange(b"show info", answer.extend, MAX_INFO)
            info = show_info.parse(bytes(answer))
            identity = info.pid, info.start_time
            if before is None or before == identity:
                break
            log.info("%s: HAProxy was started or reloaded: its process is now %d", self._config.name, info.pid)
            before = identity
            restarts += 1
        else:
            raise Invalid(f"{self.source.target}: HAProxy is reloaded faster than it can be read")
        await self._take(reading, info, restarts)

    def _take_info(self, info: Info, restarts: int) -> None:
        if restarts or self.restarted_at is None:
            self.restarted_at = monotonic() - (info.uptime or 0)
        self.restarts += restarts
        self.info = info
        self._identity = info.pid, info.start_time
        self._liveness.take(info.pid, self._socket.peer, monotonic())

    async def _read_stat(self) -> Reading:
        parser = StatParser(self.reading, admit=self._admit)
        await self._socket.exchange(b"show stat", self._feeding(parser))
        return parser.finish()

    def _admit(self, rows: int, octets: int) -> None:
        self._budget.take(self.name, rows, octets)

    async def _read_http(self) -> None:
        parser = StatParser(self.reading, ends_empty=False, admit=self._admit)
        if self._http is not None:
            await self._http.fetch_stat(self._feeding(parser))
        await self._take(parser.finish())

    async def _take(self, reading: Reading, info: Info | None = None, restarts: int = 0) -> None:
        """Make the tables of a good reading; those of the last one answer until they are ready.

        What ``show info`` said is taken over at the same moment, so that no manager sees new counters with an old
        discontinuity time, or the other way round, and rows are counted as they are answered.
        """
        layout = self.layout if reading.same_rows and not self._is_renumbered else None
        self._is_renumbered = False
        if layout is None:
            known = self._indexes.known
            await self._indexes.learn(await self._in_slices(survey(self._config.name, reading.signatures, known)))
            layout = await self._in_slices(arrange(self._config.name, reading.signatures, known))
            await self._forget_gone(reading)
        kinds = [kind for kind, rows in layout.rows.items() if rows.parts]
        columns = self._stat_columns
        if columns is None or columns.fields != reading.fields or columns.kinds != kinds:
            columns = StatColumns(self._root, self.number, kinds, reading.fields)
            await asyncio.sleep(0)
        load, is_same = (None, None) if info is None else (info.load, not restarts)
        take = self.proxies.take(reading, monotonic(), load, same_process=is_same)
        self.changes += await self._in_slices(take)
        old = await self._in_slices(_in_pieces(self.reading.lines if self.reading else []))
        self.bad_rows += reading.bad_rows + layout.left_out
        if info is not None:
            self._take_info(info, restarts)
        self.reading, self.layout, self._stat_columns = reading, layout, columns
        self._budget.keep(self.name)
        self.columns = columns.columns
        self.tables = columns.tables(layout, reading)
        self._on_change()
        await self._in_slices(self._configuration.take(reading, same_process=not restarts))
        while old:
            await self._pause()
            old.pop()

    async def _forget_gone(self, reading: Reading) -> None:
        """Hold no numbers of rows that have gone, as soon as they are more than those that are there."""
        if self._indexes.held(self._is_own_scope) > 2 * len(reading.signatures) + SPARE_NUMBERS:
            present = await self._in_slices(survey(self._config.name, reading.signatures, {}))
            self._indexes.retain(self._is_own_scope, present)

    def _is_own_scope(self, scope: str) -> bool:
        kind, _, rest = scope.partition("/")
        return kind in OWN_SCOPES and rest.partition("/")[0] == self._config.name

    def _feeding(self, parser: StatParser) -> Callable[[bytes], None]:
        def feed(piece: bytes) -> None:
            self._yield_cpu()
            parser.feed(piece)

        return feed

    async def _in_slices(self, work: Generator[None, None, Result]) -> Result:
        """Run work that pauses."""
        while True:
            try:
                next(work)
            except StopIteration as done:
                result: Result = done.value
                return result
            await self._pause()

    async def _pause(self) -> None:
        """Let others have their turn: in this process, and on this core."""
        self._yield_cpu()
        await asyncio.sleep(0)


def _local_port(url: str) -> int | None:
    """Return the port of a URL of this machine."""
    parts = urlsplit(url)
    if not is_loopback(parts.hostname or ""):
        return None
    return parts.port or (443 if parts.scheme == "https" else 80)


def _in_pieces(lines: list[bytes]) -> Generator[None, None, list[list[bytes]]]:
    """Hold the lines of a reading in pieces, so that they are not all freed at once when it goes."""
    pieces = []
    for first in range(0, len(lines), FREED_ROWS):
        pieces.append(lines[first : first + FREED_ROWS])
        yield
    return pieces
