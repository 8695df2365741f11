"""The listener, with datagrams of real daemons sent to it over the loopback, on both event loops."""

import asyncio
import os
import socket
import subprocess
import sys
import time

import pytest
import uvloop

from haproxy_agentx.snmp.access import V3Access
from haproxy_agentx.snmp.message import PduKind
from haproxy_agentx.vocabulary.source import SourceState
from haproxy_agentx.vrrp import trap_listener
from haproxy_agentx.vrrp.model import StateTrap, VrrpState
from haproxy_agentx.vrrp.trap_listener import TrapListener
from tests.support import by_pysnmp
from tests.support.mib_text import SAMPLES
from tests.support.wait import soon

BELIEVED = {os.getuid()}
LOOPS = (asyncio.run, uvloop.run)
REAL = [
    bytes.fromhex(line.split()[2]) for line in (SAMPLES / "traps-haproxy-stop-start.hex.txt").read_text().splitlines()
]
STATE, OTHER, NEW_MASTER = REAL[:3]
INFORM = STATE.replace(b"public\xa7", b"public\xa6")
OTHER_INFORM = OTHER.replace(b"public\xa7", b"public\xa6")
V3 = {
    line.split("\t")[0]: bytes.fromhex(line.split("\t")[2])
    for line in (SAMPLES / "v3-traps.txt").read_text().splitlines()
    if "\t1000\t" in line
}


class Listening:
    """A listener that runs, and a socket that sends to it."""

    def __init__(self, host="127.0.0.1", credentials=None, **named):
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with self.socket() as free:
            free.bind((host, 0))
            self.port = free.getsockname()[1]
        self.target = (host, self.port)
        self.got = []
        address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.listener = TrapListener(address, credentials, self._take, believed=lambda: BELIEVED, **named)
        self.sender = self.socket()
        self.sender.connect(self.target)
        self.sender.setblocking(False)

    def _take(self, trap, at, evidence):
        self.got.append((trap, at))
        self.evidence = evidence

    def socket(self):
        return socket.socket(self._family, socket.SOCK_DGRAM)

    @property
    def source(self):
        return self.listener.source

    async def until(self, condition):
        await soon(lambda: condition() or self._task.done())
        if self._task.done():
            self._task.result()

    async def taken(self, *datagrams):
        """Send them, and wait until each has been taken or refused."""
        before = self.source.successes + self.source.failures
        for datagram in datagrams:
            self.sender.send(datagram)
        await self.until(lambda: self.source.successes + self.source.failures == before + len(datagrams))

    async def start(self):
        self._task = asyncio.ensure_future(self.listener.run())
        await self.until(lambda: self.source.state is SourceState.ok)
        return self

    async def __aenter__(self):
        return await self.start()

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.wait((self._task,))
        self.sender.close()


@pytest.mark.parametrize("run", LOOPS)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_real_traps_in_their_order(run, host):
    async def go():
        async with Listening(host) as listening:
            assert listening.source.age(time.monotonic()) is None  # nothing came yet
            began = time.monotonic()
            await listening.taken(*REAL)
            assert [trap for trap, _ in listening.got if isinstance(trap, StateTrap)][:3] == [
                StateTrap("SITE1", VrrpState.master, VrrpState.backup, "lb2", 7692),
                StateTrap("SITE2", VrrpState.master, VrrpState.backup, "lb2", 7692),
                StateTrap("SITE1", VrrpState.backup, VrrpState.master, "lb1", 20126),
            ]
            times = [at for _, at in listening.got]
            assert times == sorted(times)
            assert began <= times[0] <= times[-1] <= time.monotonic()
            assert listening.source.failures == 0

    run(go())


# With a default buffer 44 of 300 traps of one burst were lost.
@pytest.mark.parametrize("run", LOOPS)
def test_none_of_a_burst_is_lost(run):
    async def go():
        async with Listening() as listening:
            await listening.taken(*([STATE] * 300))
            assert len(listening.got) == 300

    run(go())


def test_others_have_their_turn_during_a_burst():
    async def go():
        async with Listening() as listening:
            for _ in range(300):
                listening.sender.send(STATE)
            longest, before = 0.0, time.thread_time()
            while len(listening.got) < 300:
                await asyncio.sleep(0)
                longest, before = max(longest, time.thread_time() - before), time.thread_time()
            assert longest < 10 * trap_listener.BUDGET

    asyncio.run(go())


# That notifications come here at all is worth knowing, also when they are not keepalived's.
def test_another_notification_counts_and_is_not_told():
    async def go():
        async with Listening() as listening:
            await listening.taken(OTHER)
            assert listening.got == []
            assert (listening.source.successes, listening.source.failures) == (1, 0)
            assert listening.source.age(time.monotonic()) < 5

    asyncio.run(go())


# RFC 3416 4.2.7. Without an answer snmpd would send it again, six times.
@pytest.mark.parametrize("run", LOOPS)
@pytest.mark.parametrize(("inform", "reported"), [(INFORM, 1), (OTHER_INFORM, 0)])
def test_an_inform_is_answered(run, inform, reported):
    async def go():
        async with Listening() as listening:
            await listening.taken(inform)
            assert len(listening.got) == reported
            answer = await asyncio.get_running_loop().sock_recv(listening.sender, 65535)
            community, _ = by_pysnmp.unwrap(answer)
            message, asked = by_pysnmp.read(answer), by_pysnmp.read(inform)
            assert community == b"public"
            assert (message.kind, message.error) == (PduKind.response, 0)
            assert (message.request, message.varbinds) == (asked.request, asked.varbinds)

    run(go())


@pytest.mark.parametrize(
    ("datagram", "reported"),
    [
        (b"", "not an SNMP message"),
        (b"hello", "not an SNMP message"),
        (STATE[:-1], "not an SNMP message"),
        (STATE + b"\0", "not an SNMP message"),
        (b"x" * (trap_listener.MAX_DATAGRAM + 1), f"of over {trap_listener.MAX_DATAGRAM} bytes"),
        (STATE.replace(b"\x02\x01\x01", b"\x02\x01\x00", 1), "SNMPv1 was ignored: in snmpd.conf write `trap2sink"),
        (STATE.replace(b"SITE1", b"\0" * 5).replace(b"\x04\x05\0\0\0\0\0", b"\x02\x05\0\0\0\0\0"), "does not name"),
        (STATE.replace(b"\x06\x0a\x2b", b"\x06\x0a\x80"), "garbage"),
        (STATE.replace(b"public\xa7", b"public\xa2"), "no notification"),
        (V3["authPriv"], "no user of SNMPv3 is configured"),
    ],
)
def test_what_is_refused_is_counted_and_leaves_the_source_as_it_is(datagram, reported):
    async def go():
        async with Listening() as listening:
            await listening.taken(datagram)
            assert listening.got == []
            assert reported in listening.source.last_error
            assert listening.source.failures == 1
            assert listening.source.state is SourceState.ok
            await listening.taken(STATE)
            assert len(listening.got) == 1

    asyncio.run(go())


def test_one_line_for_each_kind_of_garbage(caplog):
    async def go():
        async with Listening() as listening:
            await listening.taken(*([b"hello"] * 100), *([V3["authPriv"]] * 100))
            assert listening.source.failures == 200

    asyncio.run(go())
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2


@pytest.fixture
def watcher(tmp_path):
    (tmp_path / "auth").write_text("authpass-1234\n")
    (tmp_path / "priv").write_text("privpass-1234\n")
    return V3Access("watcher", "authPriv", "SHA256", str(tmp_path / "auth"), "AES", str(tmp_path / "priv"))


@pytest.mark.parametrize("run", LOOPS)
def test_a_real_trap_of_v3(run, watcher):
    async def go():
        async with Listening(credentials=watcher) as listening:
            await listening.taken(V3["authPriv"])
            trap = StateTrap("SITE1", VrrpState.master, VrrpState.backup, "lb1", 4711)
            assert [got for got, _ in listening.got] == [trap]
            await listening.taken(V3["wrong auth"], V3["noAuthNoPriv"], V3["authPriv"][:-9] + bytes(9))
            assert len(listening.got) == 1
            assert listening.source.failures == 3
            assert "pass-1234" not in listening.source.last_error

    run(go())


def test_with_a_user_v2c_is_taken_too_unless_it_is_refused(watcher):
    async def go():
        async with Listening(credentials=watcher) as listening:
            await listening.taken(STATE)
            assert len(listening.got) == 1
        async with Listening(credentials=watcher, v2c=False) as listening:
            await listening.taken(STATE, INFORM)
            assert listening.got == []
            assert "`trapsess -v 3 ...`" in listening.source.last_error

    asyncio.run(go())


def test_the_engine_is_renewed_when_it_is_worn(watcher, monkeypatch):
    monkeypatch.setattr("haproxy_agentx.snmp.usm.MAX_REFUSALS", 3)

    async def go():
        async with Listening(credentials=watcher) as listening:
            first = listening.listener._usm
            await listening.taken(*([V3["wrong auth"]] * 5))
            assert listening.listener._usm is not first
            await listening.taken(V3["authPriv"])
            assert len(listening.got) == 1

    asyncio.run(go())


@pytest.mark.parametrize("run", LOOPS)
def test_a_port_that_is_taken_is_told_and_had_when_it_is_free(run, monkeypatch):
    monkeypatch.setattr(trap_listener, "RETRY", 0.01)

    async def go():
        listening = Listening()
        with listening.socket() as other:
            other.bind(listening.target)
            task = asyncio.ensure_future(listening.start())
            await soon(lambda: listening.source.failures)
            assert listening.source.state is SourceState.refused
            assert "a second haproxy-agentx" in listening.source.last_error
        await task
        await listening.taken(STATE)
        await listening.__aexit__()

    run(go())


def test_secrets_that_cannot_be_read_are_told(tmp_path):
    async def go():
        listener = TrapListener("127.0.0.1:1162", V3Access("watcher", auth_file=str(tmp_path / "none")), print)
        task = asyncio.ensure_future(listener.run())
        await soon(lambda: listener.source.failures)
        task.cancel()
        await asyncio.wait((task,))
        assert listener.source.state is SourceState.denied
        assert "correct v3.auth_file" in listener.source.last_error

    asyncio.run(go())


@pytest.mark.parametrize("run", LOOPS)
def test_the_port_is_free_once_it_is_cancelled(run):
    async def go():
        async with Listening() as listening:
            pass
        with listening.socket() as again:
            again.bind(listening.target)

    run(go())


@pytest.mark.parametrize("address", ["0.0.0.0:1162", "192.0.2.1:1162", "[::]:1162"])
def test_it_listens_on_the_loopback_only(address):
    with pytest.raises(ValueError, match="loopback only"):
        TrapListener(address, None, print)


def test_pysnmp_is_not_loaded_before_it_is_needed():
    program = (
        "import sys, haproxy_agentx.vrrp.trap_listener, haproxy_agentx.vrrp.mib_poll;"
        "print([name for name in sys.modules if name.startswith(('pysnmp', 'pyasn1'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
