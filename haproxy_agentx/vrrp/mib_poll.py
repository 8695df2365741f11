"""KEEPALIVED-MIB, asked of snmpd at an interval and when something has happened."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.access import SnmpAccess
from haproxy_agentx.snmp.client import SnmpClient
from haproxy_agentx.snmp.message import Error, Message, Missing, SnmpRequest, Value
from haproxy_agentx.system import lag
from haproxy_agentx.vocabulary.source import (
    Absent,
    Denied,
    Invalid,
    OverLimit,
    Refused,
    SourceError,
    SourceKind,
    Unresponsive,
    of_os_error,
)
from haproxy_agentx.vocabulary.source_record import Source
from haproxy_agentx.vrrp import keepalived_mib, routers
from haproxy_agentx.vrrp.mib_walk import MibWalk
from haproxy_agentx.vrrp.model import MibFailure, MibReading, MibRouter

log = logging.getLogger(__name__)

TIMEOUT = 2.0
"""Seconds for each request. A frozen keepalived keeps snmpd waiting for six."""

DEADLINE = 8.0
"""Seconds for a whole reading."""

PAUSE = 0.25
"""Seconds at least between the beginnings of two readings, however often they are asked for."""

HANGS = 1.0
"""Seconds without an answer that show a keepalived as frozen when snmpd then says genErr.

snmpd says genErr when its six seconds are over (of another manager's request, maybe), and at once when the session of a
keepalived that owes it an answer ends, because keepalived was killed. A running one answers in milliseconds.
"""

TRIES = 3
"""Readings in a row that a change of keepalived's configuration, or its end, may fall into."""

UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)

_VIEW = (
    "give it a view in snmpd.conf: `rocommunity COMMUNITY 127.0.0.1` with a community that no other line has (one with"
    " `-V systemonly` hides the rest), or `rouser USER`"
)
_FROZEN = "{where}: keepalived does not answer snmpd: it is frozen or overloaded, look at its process"
_BROKEN_OFF = (
    "{where}: snmpd answers genErr at once: keepalived ended while it was asked, or answers wrongly: look at its log"
)
_NOT_THERE = (
    "{where}: keepalived is not connected to snmpd: it is not running, runs without -x (on Debian: DAEMON_ARGS in"
    " /etc/default/keepalived), or waits 15 s after a restart of snmpd"
)
_NO_VRRP = (
    "{where}: keepalived answers, and its part for VRRP shows no instance: that process hangs, is about to be started"
    " again, or keepalived.conf has no vrrp_instance: look at the processes of keepalived"
)
_HIDDEN = "{where}: snmpd shows nothing of KEEPALIVED-MIB nor behind it: " + _VIEW
_SILENT = "{where}: snmpd does not answer within {timeout:g} s: it is frozen or overloaded, look at its process"
_DEAF = (
    "{where}: no answer within {timeout:g} s: snmpd is frozen, or has no such community or user and says nothing: "
    + _VIEW
)


class _MibFailed(Exception):  # noqa: N818  -- what it carries is the error
    def __init__(self, failure: MibFailure, error: SourceError) -> None:
        super().__init__(failure, error)
        self.failure = failure
        self.error = error


class MibPoll:
    """Reads KEEPALIVED-MIB each ``interval`` seconds, and soon after ``poll_soon``.

    Each reading ends in one call: of ``on_reading``, or of ``on_failure`` with the monotonic time.
    """

    def __init__(
        self,
        access: SnmpAccess,
        on_reading: Callable[[MibReading], None],
        on_failure: Callable[[MibFailure, float], None],
        interval: float = 5.0,
    ) -> None:
        self.source = Source(name="keepalived-mib", kind=SourceKind.keepalivedMib, target=access.address)
        self._on_reading = on_reading
        self._on_failure = on_failure
        self._interval = interval
        self._client = SnmpClient(access, TIMEOUT)
        self._asked = asyncio.Event()
        self._rows = 2
        """Rows of the longest table, last time."""

    def poll_soon(self) -> None:
        """Ask for a reading that begins after now. Many calls give one reading."""
        self._asked.set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            began = monotonic()
            self._asked.clear()
            await self._poll()
            await asyncio.sleep(began + PAUSE - monotonic())
            try:
                async with asyncio.timeout(began + self._interval - monotonic()):
                    await self._asked.wait()
            except TimeoutError:
                pass

    async def _poll(self) -> None:
        try:
            reading = await self._try()
        except _MibFailed as failed:
            now = monotonic()
            if self.source.failed(failed.error, now):
                log.warning("keepalived-mib: %s", failed.error)
            self._on_failure(failed.failure, now)
        else:
            if self.source.succeeded(reading.ended):
                log.info("keepalived-mib: reading KEEPALIVED-MIB at %s", self.source.target)
            self._on_reading(reading)

    async def _try(self) -> MibReading:
        """Read, and once more when keepalived's configuration changed or keepalived ended meanwhile."""
        try:
            async with self._client:
                return await lag.answered(self._try_often(), lag.patience(DEADLINE))
        except lag.Silence as error:
            late = Unresponsive(f"{self.source.target}: KEEPALIVED-MIB was not read within {DEADLINE:g} s")
            raise _MibFailed(MibFailure.invalid, late) from error
        except Refused as error:
            raise _MibFailed(MibFailure.snmpd, error) from error
        except Denied as error:
            raise _MibFailed(MibFailure.denied, error) from error
        except SourceError as error:
            raise _MibFailed(MibFailure.invalid, error) from error
        except OSError as error:
            raise _MibFailed(MibFailure.invalid, of_os_error(self.source.target, error)) from error

    async def _try_often(self) -> MibReading:
        for _ in range(TRIES - 1):
            try:
                return await self._read()
            except OverLimit:
                raise
            except Invalid:
                continue
        return await self._read()

    async def _read(self) -> MibReading:
        """Read the tables, and the scalars behind them: another process of keepalived may answer for those."""
        began = monotonic()
        walk = MibWalk((), keepalived_mib.COLUMNS, self._rows)
        while (request := walk.next()) is not None:
            walk.take((await self._ask(request)).varbinds)
        if not keepalived_mib.has_instances(walk.cells):
            await self._find_keepalived()
        last = await self._ask(SnmpRequest(keepalived_mib.settled(walk.cells)))
        if not keepalived_mib.unchanged(walk.cells, last.varbinds):
            raise Invalid(f"{self.source.target}: keepalived's configuration changes faster than it can be read")
        self._rows = walk.longest
        cells = {**walk.cells, **await self._scalars()}
        known_routers = await self._routers()
        return replace(keepalived_mib.read(cells, began, monotonic()), routers=known_routers)

    async def _scalars(self) -> Mapping[Oid, Value]:
        """Return the scalars as cells; none where they are not answered, which says nothing of VRRP."""
        walk = MibWalk(keepalived_mib.SCALARS, (), 1)
        with suppress(Unresponsive):
            if (request := walk.next()) is not None:
                message = await self._client.ask(request)
                if message.error == Error.none:
                    walk.take(message.varbinds)
        return walk.cells

    async def _routers(self) -> tuple[MibRouter, ...]:
        """Return the rows of VRRPV3-MIB; none where they are not answered, which says nothing of VRRP."""
        walk = MibWalk((), routers.COLUMNS, self._rows)
        with suppress(Unresponsive, Invalid, OverLimit):
            while (request := walk.next()) is not None:
                message = await self._client.ask(request)
                if message.error != Error.none:
                    return ()
                walk.take(message.varbinds)
            return routers.read(walk.cells)
        return ()

    async def _find_keepalived(self) -> None:
        """Raise _Troubled: without an instance, its scalars show whether any part of keepalived is there."""
        walk = MibWalk(keepalived_mib.SCALARS, (), 1)
        if (request := walk.next()) is not None:
            walk.take((await self._ask(request)).varbinds)
        if walk.beyond:
            raise self._not_there(walk)
        raise _MibFailed(MibFailure.no_vrrp, Absent(_NO_VRRP.format(where=self.source.target)))

    async def _ask(self, request: SnmpRequest) -> Message:
        """Ask for objects of keepalived's, and find out who is to blame when they do not come."""
        where, began = self.source.target, monotonic()
        try:
            message = await self._client.ask(request)
        except Unresponsive:
            await self._find_snmpd()
            message = await self._ask_again(request)
        if message.error == Error.gen_err:
            if monotonic() - began < HANGS:  # what was read so far may be of a keepalived that is no more
                raise Invalid(_BROKEN_OFF.format(where=where))
            raise _MibFailed(MibFailure.frozen, Unresponsive(_FROZEN.format(where=where)))
        if message.error in (Error.no_access, Error.authorization):
            raise Denied(f"{where}: snmpd denies access to KEEPALIVED-MIB: {_VIEW}")
        if message.error != Error.none:
            raise Invalid(f"{where}: snmpd answers with the error-status {message.error}")
        return message

    async def _ask_again(self, request: SnmpRequest) -> Message:
        """Ask again now that snmpd answers: it may have been frozen until just now, and not keepalived."""
        try:
            return await self._client.ask(request)
        except Unresponsive as error:
            where = self.source.target
            raise _MibFailed(MibFailure.frozen, Unresponsive(_FROZEN.format(where=where))) from error

    async def _find_snmpd(self) -> None:
        """Return once snmpd answers for itself."""
        try:
            await self._client.ask(SnmpRequest((UP_TIME,)))
        except Unresponsive as error:
            text = (_DEAF if self.source.last_good is None else _SILENT).format(
                where=self.source.target, timeout=TIMEOUT
            )
            reported = Denied(text) if self.source.last_good is None else Unresponsive(text)
            raise _MibFailed(MibFailure.snmpd, reported) from error

    def _not_there(self, walk: MibWalk) -> _MibFailed:
        """Distinguish a keepalived that is not connected from a view that ends before it.

        snmpd has objects of its own behind (1.3.6.1.6.3), so where nothing at all is behind, the view ends; but it may
        as well be one of just this MIB, which was read before.
        """
        where = self.source.target
        if self.source.last_good is None and all(value is Missing.endOfMibView for _, value in walk.beyond):
            return _MibFailed(MibFailure.denied, Denied(_HIDDEN.format(where=where)))
        return _MibFailed(MibFailure.not_there, Absent(_NOT_THERE.format(where=where)))
