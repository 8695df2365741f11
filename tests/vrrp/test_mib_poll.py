"""Polling, against an agent that answers as a test wants it, on both event loops."""

import asyncio
import time
from contextlib import contextmanager

import pytest
import uvloop
from pysnmp.proto.api import v2c

from haproxy_agentx.snmp import client as snmp_client
from haproxy_agentx.snmp.access import SnmpAccess, V3Access
from haproxy_agentx.snmp.message import MAX_REQUEST
from haproxy_agentx.vocabulary.source import SourceState
from haproxy_agentx.vrrp import keepalived_mib as mib
from haproxy_agentx.vrrp import mib_poll
from haproxy_agentx.vrrp.mib_poll import MibPoll
from haproxy_agentx.vrrp.model import MibFailure, MibReading
from haproxy_agentx.vrrp.routers import MASTER_ADDRESS, RECEIVED, STATUS
from tests.support.fake_snmpd import BEHIND, UP_TIME, FakeSnmpd
from tests.support.mib_text import sample
from tests.support.wait import HANG, soon

ALL = {**sample("lb1"), UP_TIME: 4711, BEHIND: b"engine"}
ONLY_SNMPD = {UP_TIME: 4711, BEHIND: b"engine"}
COMMUNITY = "s3cret-community"
LOOPS = (asyncio.run, uvloop.run)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(mib_poll, "TIMEOUT", 0.4)
    monkeypatch.setattr(mib_poll, "PAUSE", 0.01)


@pytest.fixture
def community(tmp_path):
    (tmp_path / "community").write_text(COMMUNITY + "\n")
    return str(tmp_path / "community")


class Reported:
    """What a poll told, and its source."""

    def __init__(self, access, interval=0.02):
        self.all = []
        self._news = asyncio.Event()
        self.poll = MibPoll(access, self._take, lambda trouble, at: self._take(trouble), interval)
        self._task = asyncio.ensure_future(self.poll.run())

    @property
    def source(self):
        return self.poll.source

    def _take(self, reported):
        self.all.append(reported)
        self._news.set()

    async def next(self):
        self._news.clear()
        async with asyncio.timeout(HANG):
            while not self._news.is_set():
                wait = asyncio.ensure_future(self._news.wait())
                await asyncio.wait((wait, self._task), return_when="FIRST_COMPLETED")
                if self._task.done():
                    self._task.result()
        return self.all[-1]

    async def until(self, wanted):
        async with asyncio.timeout(HANG):
            while (got := await self.next()) is not wanted and not (
                isinstance(wanted, type) and isinstance(got, wanted)
            ):
                pass
        return got

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.wait((self._task,))


@contextmanager
def agent(cells, **named):
    with FakeSnmpd(cells, COMMUNITY, **named) as running:
        yield running


def polled(run, community, cells, body, **named):
    async def go():
        with agent(cells, **named) as snmpd:
            async with Reported(SnmpAccess(snmpd.address, community)) as reported:
                return await body(reported, snmpd)

    return run(go())


@pytest.mark.parametrize("run", LOOPS)
def test_a_reading(run, community):
    async def body(reported, snmpd):
        began = time.monotonic()
        reading = await reported.next()
        assert [i.name for i in reading.instances] == ["SITE1", "SITE2"]
        assert began - 1 < reading.began < reading.ended <= time.monotonic()
        await reported.next()
        assert reported.source.state is SourceState.ok
        assert reported.source.successes == len(reported.all)
        assert len(snmpd.requests) >= 4  # of two requests each

    polled(run, community, ALL, body)


def test_the_routers_of_vrrpv3_mib_belong_to_a_reading(community):
    async def body(reported, snmpd):
        (one,) = (await reported.next()).routers
        assert (one.interface_index, one.router_number, one.master, one.received) == (2, 51, "10.77.0.12", 33)

    at = (2, 51, 1)
    cells = {(*MASTER_ADDRESS, *at): bytes((10, 77, 0, 12)), (*STATUS, *at): 2, (*RECEIVED, *at): 33}
    polled(asyncio.run, community, {**ALL, **cells}, body)


def test_routers_that_are_not_answered_leave_a_reading_as_it_is(community):
    async def body(reported, snmpd):
        snmpd.spoil = lambda names, response: None if names[0] == MASTER_ADDRESS else response
        reading = await reported.next()
        assert ([one.name for one in reading.instances], reading.routers) == (["SITE1", "SITE2"], ())
        assert reported.source.state is SourceState.ok

    polled(asyncio.run, community, ALL, body)


def test_answers_that_are_cut_short(community):
    async def body(reported, snmpd):
        assert len((await reported.next()).instances) == 2
        assert len(snmpd.requests) > 3

    polled(asyncio.run, community, ALL, body, most=len(mib.SCALARS) + len(mib.COLUMNS))


@pytest.mark.parametrize("run", LOOPS)
def test_nobody_listens(run, community):
    async def go():
        with agent(ALL) as snmpd:
            address = snmpd.address
        async with Reported(SnmpAccess(address, community)) as reported:
            assert await reported.next() is MibFailure.snmpd
            assert reported.source.state is SourceState.refused
            assert "snmpd is not running" in reported.source.last_error

    run(go())


# A community that snmpd does not know is met with silence (RFC 3416, RFC 3584 5.2.1), as if it were frozen.
def test_silence_from_the_beginning_may_be_the_community(community):
    async def body(reported, snmpd):
        snmpd.community = b"another"
        assert await reported.next() is MibFailure.snmpd
        assert reported.source.state is SourceState.denied
        assert "no such community or user" in reported.source.last_error
        assert "rocommunity" in reported.source.last_error
        assert COMMUNITY not in reported.source.last_error

    polled(asyncio.run, community, ALL, body)


def test_silence_after_answers_is_a_frozen_snmpd(community):
    async def body(reported, snmpd):
        await reported.until(MibReading)
        snmpd.spoil = lambda names, response: None
        await reported.until(MibFailure.snmpd)
        assert reported.source.state is SourceState.stale
        assert "snmpd does not answer" in reported.source.last_error
        snmpd.spoil = lambda names, response: response
        await reported.until(MibReading)
        assert reported.source.state is SourceState.ok

    polled(asyncio.run, community, ALL, body)


def keepalived_s(names):
    return names[0][: len(mib.BASE)] == mib.BASE


@pytest.mark.parametrize("run", LOOPS)
def test_a_frozen_keepalived_is_told_from_a_frozen_snmpd(run, community):
    async def body(reported, snmpd):
        snmpd.spoil = lambda names, response: None if keepalived_s(names) else response
        assert await reported.next() is MibFailure.frozen
        assert "keepalived does not answer snmpd" in reported.source.last_error
        assert reported.source.state is SourceState.stale

    polled(run, community, ALL, body)


@pytest.mark.parametrize("run", LOOPS)
def test_a_frozen_snmpd_that_goes_on_is_no_frozen_keepalived(run, community):
    async def body(reported, snmpd):
        lost = []

        def spoil(names, response):
            if keepalived_s(names) and not lost:
                lost.append(names)
                return None
            return response

        snmpd.spoil = spoil
        assert isinstance(await reported.next(), MibReading)
        assert lost

    polled(run, community, ALL, body)


def failing(status):
    def spoil(names, response):
        if keepalived_s(names):
            v2c.apiPDU.set_error_status(response, status)
        return response

    return spoil


@pytest.mark.parametrize(
    ("status", "trouble", "state"),
    [
        (5, MibFailure.invalid, SourceState.stale),  # genErr at once, and again: keepalived answers with nonsense
        (6, MibFailure.denied, SourceState.denied),
        (16, MibFailure.denied, SourceState.denied),
        (1, MibFailure.invalid, SourceState.stale),
    ],
)
def test_error_status(community, status, trouble, state):
    async def body(reported, snmpd):
        snmpd.spoil = failing(status)
        assert await reported.next() is trouble
        assert reported.source.state is state

    polled(asyncio.run, community, ALL, body)


# What snmpd does when the session of a keepalived that owes it an answer ends: it was killed, and is not frozen.
@pytest.mark.parametrize("run", LOOPS)
def test_a_keepalived_killed_while_it_is_asked_is_not_frozen(run, community):
    async def body(reported, snmpd):
        await reported.until(MibReading)

        def spoil(names, response):
            snmpd.cells, snmpd.spoil = dict(ONLY_SNMPD), lambda names, response: response
            return failing(5)(names, response)

        snmpd.spoil = spoil
        assert await reported.next() is MibFailure.not_there

    polled(run, community, ALL, body)


# Another manager asked before: snmpd's six seconds end while it waits for us, too.
def test_genErr_after_a_while_is_a_frozen_keepalived(community, monkeypatch):  # noqa: N802
    monkeypatch.setattr(mib_poll, "HANGS", 0.0)

    async def body(reported, snmpd):
        snmpd.spoil = failing(5)
        assert await reported.next() is MibFailure.frozen

    polled(asyncio.run, community, ALL, body)


def test_keepalived_is_not_connected(community):
    async def body(reported, snmpd):
        assert await reported.next() is MibFailure.not_there
        assert reported.source.state is SourceState.absent
        assert "runs without -x" in reported.source.last_error
        snmpd.cells = ALL
        await reported.until(MibReading)
        snmpd.cells = {UP_TIME: 1}  # even if nothing is behind it now: it was readable
        await reported.until(MibFailure.not_there)

    polled(asyncio.run, community, ONLY_SNMPD, body)


# `rocommunity ... -V systemonly`, Debian's own: nothing behind the system group is there.
def test_a_view_that_hides_all(community):
    async def body(reported, snmpd):
        assert await reported.next() is MibFailure.denied
        assert reported.source.state is SourceState.denied
        assert "systemonly" in reported.source.last_error

    polled(asyncio.run, community, {UP_TIME: 4711}, body)


VRRP = (*mib.BASE, 2)
OTHER_PART = {name: value for name, value in ALL.items() if name[: len(VRRP)] != VRRP}
ONLY_VRRP = {name: value for name, value in ALL.items() if name not in OTHER_PART or name in ONLY_SNMPD}


# With virtual_server one process of keepalived answers the scalars and another one the tables: each may be gone alone.
def test_an_empty_table_beside_the_scalars_is_no_reading(community):
    async def body(reported, snmpd):
        assert await reported.next() is MibFailure.no_vrrp
        assert reported.source.state is SourceState.absent
        assert "its part for VRRP shows no instance" in reported.source.last_error
        snmpd.cells = ALL
        assert len((await reported.until(MibReading)).instances) == 2
        assert reported.source.state is SourceState.ok

    polled(asyncio.run, community, OTHER_PART, body)


def test_tables_without_the_scalars_are_a_reading(community):
    async def body(reported, snmpd):
        reading = await reported.next()
        assert ([i.name for i in reading.instances], reading.router_id) == (["SITE1", "SITE2"], "")

    polled(asyncio.run, community, ONLY_VRRP, body)


# K3. An instance is put in between two requests: names and addresses of different ones would be put together.
def test_a_configuration_that_changes_meanwhile_is_read_again(community):
    more = {(*name[:-1], 3): value for name, value in ALL.items() if name[-1] == 2 and len(name) == len(mib.NAME) + 1}

    async def body(reported, snmpd):
        count = 0

        def spoil(names, response):
            nonlocal count
            count += 1
            if count == 1:
                snmpd.cells = {**ALL, **more}
            return response

        snmpd.spoil = spoil
        assert len((await reported.next()).instances) == 3
        assert count == 6

    polled(asyncio.run, community, ALL, body)


def test_one_that_never_stops_changing_is_told(community):
    async def body(reported, snmpd):
        def spoil(names, response):
            if len(names) == 2:
                v2c.apiPDU.set_varbinds(response, [(name, v2c.OctetString(b"NEW")) for name in names])
            return response

        snmpd.spoil = spoil
        assert await reported.next() is MibFailure.invalid
        assert "changes faster" in reported.source.last_error

    polled(asyncio.run, community, ALL, body)


@pytest.mark.parametrize("answer", [b"", b"\x30\x03\x02\x01\x01", b"\xff" * 100])
def test_garbage(community, answer):
    async def body(reported, snmpd):
        snmpd.spoil = lambda names, response: answer
        assert await reported.next() is MibFailure.invalid
        assert "garbage" in reported.source.last_error

    polled(asyncio.run, community, ALL, body)


# 900 empty varbinds took 85 ms to decode, during which nobody else had a turn.
@pytest.mark.parametrize("run", LOOPS)
@pytest.mark.parametrize("size", ["varbinds", "octets"])
def test_an_answer_that_would_take_long_is_refused_unread(run, community, size):
    def spoil(_names, response):
        if size == "octets":
            return bytes(40_000)
        v2c.apiPDU.set_varbinds(response, [(BEHIND, v2c.OctetString(b""))] * 900)
        return response

    async def body(reported, snmpd):
        snmpd.spoil = spoil
        assert await reported.next() is MibFailure.invalid
        assert "was refused" in reported.source.last_error
        assert reported.source.left_out >= 1
        snmpd.spoil = lambda names, response: response
        while not isinstance(await reported.next(), MibReading):
            pass

    polled(run, community, ALL, body)


# A late answer to the request before must not be taken for the one to this.
def test_an_answer_to_another_request_is_passed_over(community):
    async def body(reported, snmpd):
        def spoil(names, response):
            v2c.apiPDU.set_request_id(response, int(v2c.apiPDU.get_request_id(response)) - 1)
            return response

        snmpd.spoil = spoil
        assert await reported.next() is MibFailure.snmpd

    polled(asyncio.run, community, ALL, body)


def test_fewer_varbinds_than_asked_for(community):
    async def body(reported, snmpd):
        def spoil(names, response):
            v2c.apiPDU.set_varbinds(response, [])
            return response

        snmpd.spoil = spoil
        assert await reported.next() is MibFailure.invalid

    polled(asyncio.run, community, ALL, body)


@pytest.mark.parametrize("run", LOOPS)
def test_it_is_asked_for_soon(run, community):
    async def go():
        with agent(ALL) as snmpd:
            async with Reported(SnmpAccess(snmpd.address, community), interval=600) as reported:
                await reported.next()
                for _ in range(50):
                    reported.poll.poll_soon()
                await reported.next()
                await asyncio.sleep(0.1)
                assert len(reported.all) == 2  # 50 wishes, one reading
                reported.poll.poll_soon()
                await reported.next()

    run(go())


# One that is under way when something happens may have passed it already: another one follows.
def test_it_is_asked_for_while_one_is_under_way(community):
    async def go():
        with agent(ALL) as snmpd:
            async with Reported(SnmpAccess(snmpd.address, community), interval=600) as reported:

                def spoil(names, response):
                    if len(snmpd.requests) == 1:
                        reported.poll.poll_soon()
                    return response

                snmpd.spoil = spoil
                await reported.next()
                await reported.next()

    asyncio.run(go())


def test_a_secret_that_cannot_be_read(tmp_path, community):
    async def go():
        access = SnmpAccess("127.0.0.1:9", str(tmp_path / "none"))
        async with Reported(access) as reported:
            assert await reported.next() is MibFailure.denied
            assert "correct community_file" in reported.source.last_error
        v3 = SnmpAccess("127.0.0.1:9", None, V3Access("watcher", auth_file=community))
        async with Reported(v3) as reported:
            assert await reported.next() is MibFailure.denied
            assert "v3.priv_file is not configured" in reported.source.last_error

    asyncio.run(go())


def test_a_new_secret_needs_no_restart(tmp_path):
    async def go():
        (tmp_path / "community").write_text("wrong")
        with agent(ALL) as snmpd:
            async with Reported(SnmpAccess(snmpd.address, str(tmp_path / "community"))) as reported:
                assert await reported.next() is MibFailure.snmpd
                (tmp_path / "community").write_text(COMMUNITY)
                await reported.until(MibReading)

    asyncio.run(go())


@pytest.mark.parametrize("run", LOOPS)
def test_it_is_over_at_once_when_cancelled(run, community):
    async def go():
        with agent(ALL) as snmpd:
            snmpd.spoil = lambda names, response: None
            poll = MibPoll(SnmpAccess(snmpd.address, community), print, print)
            task = asyncio.ensure_future(poll.run())
            await soon(lambda: snmpd.requests)
            task.cancel()
            done, _ = await asyncio.wait((task,), timeout=HANG)
            assert done
            assert task.cancelled()
            assert poll._client._socket is None

    run(go())


def test_one_line_for_a_failure_that_lasts(community, caplog):
    async def body(reported, snmpd):
        for _ in range(5):
            assert await reported.next() is MibFailure.not_there

    polled(asyncio.run, community, ONLY_SNMPD, body)
    assert len([record for record in caplog.records if "not connected" in record.message]) == 1
    assert COMMUNITY not in caplog.text


def test_request_ids_stay_positive():
    client = snmp_client.SnmpClient(SnmpAccess(), 1.0)
    client._number = MAX_REQUEST
    asyncio.run(_fail(client))
    assert client._number == 1


async def _fail(client):
    with pytest.raises(RuntimeError):
        await client.ask(mib_poll.SnmpRequest((UP_TIME,)))


def test_an_address_that_is_none():
    with pytest.raises(ValueError, match="numeric address"):
        MibPoll(SnmpAccess("nonsense"), print, print)
