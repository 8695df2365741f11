"""One HAProxy process: read at its interval, and what all others are shown of it."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from urllib.parse import urlsplit

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.agentx.view import ServedColumn, ServedTable
from haproxy_agentx.config import HaproxyConfig
from haproxy_agentx.haproxy.certificates import Certificate
from haproxy_agentx.haproxy.configured import ConfigurationDigest
from haproxy_agentx.haproxy.details import Details
from haproxy_agentx.haproxy.info import Info
from haproxy_agentx.haproxy.liveness import Liveness
from haproxy_agentx.haproxy.standing import ProcessStanding, channel_of, judged
from haproxy_agentx.haproxy.stat import RowKind
from haproxy_agentx.health.model import Reason
from haproxy_agentx.health.proxies import Proxies
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.health.readiness import ProcessState
from haproxy_agentx.objects.process_columns import ProcessRow
from haproxy_agentx.objects.source_objects import SourceRow
from haproxy_agentx.process.budget import Budget
from haproxy_agentx.process.certificates import Certificates
from haproxy_agentx.process.fetch import Fetched, fetching, is_page
from haproxy_agentx.process.served import ServedRows
from haproxy_agentx.process.trouble import Trouble
from haproxy_agentx.store.indexes import Indexes
from haproxy_agentx.system.slices import Slices
from haproxy_agentx.vocabulary.endpoint import is_loopback
from haproxy_agentx.vocabulary.shown import shown_url
from haproxy_agentx.vocabulary.source import OverLimit, SourceError, SourceKind, of_os_error
from haproxy_agentx.vocabulary.source_record import Source

log = logging.getLogger(__name__)

READINGS = 10, 1.0
"""How often it is read at most, in how many seconds: each change of a role asks for a reading, and those may storm."""

REFUSED_PAUSE = 30.0
"""Seconds until an HAProxy is read again whose answer was refused because of its size, once no rows are served."""

MISSED_INTERVALS = 3
"""Readings that may fail before the rows of a process are withdrawn: what is old is not shown as if it were so now."""


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
        self.info: Info | None = None
        """What ``show info`` said, while rows are served."""
        self.restarts = 0
        self.restarted_at: float | None = None
        self.bad_rows = 0
        self.name = config.name
        self.proxies = Proxies(config.name)
        self.changes = 0
        """Readings that showed something that counts for health."""
        self.read_at: float | None = None
        """When the last attempt that has ended began."""
        self.was_read = False
        """Whether there ever was a good reading."""
        self._refused = False
        """Whether the last answer was refused because of its size."""
        self._trouble = Trouble()
        self._wake = asyncio.Event()
        self.reading = asyncio.Lock()
        """Held while it is read; who holds it has no reading begin."""
        self._readings = RateWindow(*READINGS)
        self._config = config
        self._on_change = on_change
        self._on_read = on_read
        self._budget = budget
        self._slices = Slices(yield_cpu)
        self._rows = ServedRows(config.name, number, root, indexes, self._slices)
        self._configuration = ConfigurationDigest()
        self._identity: tuple[int, int | None] | None = None
        """Process id and start time of the last good reading, also when its rows are withdrawn."""
        over_http = is_page(config)
        self.source = Source(
            name=config.name,
            kind=SourceKind.haproxyHttp if over_http else SourceKind.haproxySocket,
            target=shown_url(config.stats),
        )
        self._fetch = fetching(config, budget.max_octets, self._admit, yield_cpu)
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
            async with self.reading:
                await self.refresh()
            now = monotonic()
            # an attempt that is refused costs what a reading does
            pause = REFUSED_PAUSE if self._refused and not self.columns else 0.0
            due = max(due + self._config.interval, now + pause)
            if await self._woken(due - monotonic()):
                due = monotonic()
            await asyncio.sleep((self._readings.free_at() or 0.0) - monotonic())

    def read_now(self) -> None:
        """Have it read at once, or again as soon as the reading under way has ended; READINGS bounds how often."""
        self._wake.set()

    def renumber(self, number: int) -> None:
        """Adopt another number; its rows are arranged anew, as theirs may be others as well."""
        self._rows.renumber(number)
        self.certificates.show(number)
        self.read_now()

    def has_rows_in(self, scopes: Collection[str]) -> bool:
        """Whether rows of this process have their numbers in one of the scopes."""
        return any(self._rows.is_own_scope(scope) or self.certificates.is_own_scope(scope) for scope in scopes)

    async def _take_certificates(self, found: Sequence[Certificate]) -> None:
        """Show certificates, and have services judged where another one ends soon."""
        shown = self.certificates.columns
        is_new = await self.certificates.take(found, self._rows.number)
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
    def number(self) -> int:
        """Its haxProcessIndex."""
        return self._rows.number

    @property
    def columns(self) -> list[ServedColumn]:
        """The columns that are served; an empty list while there are no rows."""
        return self._rows.columns

    @property
    def tables(self) -> Mapping[Hashable, ServedTable]:
        """The tables below the columns."""
        return self._rows.tables

    @property
    def trouble(self) -> Reason:
        """What keeps it from being known to serve."""
        return self._trouble.reason

    @property
    def trouble_since(self) -> float | None:
        """When the attempt began that first found the present trouble."""
        return self._trouble.since

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
            self._refused = isinstance(error, OverLimit)
            is_outdated = self._is_outdated(now)
            self._trouble.failed(error, standing, began, now, is_outdated=is_outdated)
            if self.source.failed(error, now):
                log.warning("%s: %s", self._config.name, error)
            if self.columns and is_outdated:
                log.warning("%s: rows withdrawn: the last good reading is too old", self._config.name)
                self._rows.withdraw()
                self.info = None
                self._on_change()
        else:
            self.was_read, self._refused = True, False
            self._trouble.read()
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

    async def _read(self) -> None:
        await self._take(await self._fetch.fetch(self._rows.reading))

    def _standing(self, error: SourceError, now: float) -> tuple[SourceError, ProcessStanding | None]:
        """Return a failure in the words of all that is known, and how HAProxy is where the channel says something."""
        channel = channel_of(error, over_http=is_page(self._config), was_read=self.was_read)
        if channel is None:
            return error, None
        return judged(error, self._liveness.found(channel, now), self.source.target, self._config.timeout)

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
        return self._rows.count(kind)

    def _is_outdated(self, now: float) -> bool:
        age = self.source.age(now)
        return age is None or age > MISSED_INTERVALS * self._config.interval + self._config.timeout

    def _admit(self, rows: int, octets: int) -> None:
        self._budget.take(self.name, rows, octets)

    async def _take(self, fetched: Fetched) -> None:
        """Make the tables of a good reading; those of the last one answer until they are ready.

        What ``show info`` said is taken over at the same moment, so that no manager sees new counters with an old
        discontinuity time, or the other way round, and rows are counted as they are answered.
        """
        reading, info, is_same = fetched.reading, fetched.info, not fetched.restarts
        rows = await self._rows.arranged(reading)
        load, of_same_process = (None, None) if info is None else (info.load, is_same)
        self.changes += await self._slices.run(
            self.proxies.take(reading, monotonic(), load, same_process=of_same_process)
        )
        await self._rows.hold_back()
        self.bad_rows += reading.bad_rows + rows.layout.left_out
        if info is not None:
            self._take_info(info, fetched)
        self._budget.keep(self.name)
        self._rows.serve(rows)
        self._on_change()
        await self._slices.run(self._configuration.take(reading, same_process=is_same))
        await self._rows.free()

    def _take_info(self, info: Info, fetched: Fetched) -> None:
        if fetched.restarts or self.restarted_at is None:
            self.restarted_at = monotonic() - (info.uptime or 0)
        self.restarts += fetched.restarts
        self.info = info
        self._identity = info.identity
        self._liveness.take(info.pid, fetched.peer, monotonic())


def _local_port(url: str) -> int | None:
    """Return the port of a URL of this machine."""
    parts = urlsplit(url)
    if not is_loopback(parts.hostname or ""):
        return None
    return parts.port or (443 if parts.scheme == "https" else 80)
