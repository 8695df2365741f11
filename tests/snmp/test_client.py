"""The client: any number of agents on one loop, each asked one thing at a time, and none believed too much."""

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pysnmp.proto.api import v2c as pysnmp_v2c

from haproxy_agentx.snmp.access import SnmpAccess, V3Access
from haproxy_agentx.snmp.client import MAX_ANSWER, SnmpClient
from haproxy_agentx.snmp.message import Message, Missing, SnmpRequest
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS
from haproxy_agentx.vocabulary.source import Denied, Invalid, OverLimit, Refused, SourceError, Unresponsive
from tests.support import by_pysnmp
from tests.support.fake_snmpd import UP_TIME, FakeSnmpd
from tests.support.sources import LOOPS
from tests.support.wait import DEADLINE, HANG, Stopwatch

COMMUNITY = "s3cret-community"
COLUMN = (1, 3, 6, 1, 4, 1, 8072, 9999, 1)
CELLS = {UP_TIME: 4711, **{(*COLUMN, row): b"row %d" % row for row in range(1, 50)}}
GET = SnmpRequest((UP_TIME,))
BULK = SnmpRequest((UP_TIME[:-1], COLUMN), repetitions=10, scalars=1)


@pytest.fixture
def community(tmp_path):
    (tmp_path / "community").write_text(COMMUNITY + "\n")
    return str(tmp_path / "community")


def on(loop, coroutine):
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        return runner.run(asyncio.wait_for(coroutine, HANG))


both_loops = pytest.mark.parametrize("loop", LOOPS)


@both_loops
def test_get_and_getbulk(loop, community):
    async def go():
        with FakeSnmpd(CELLS, COMMUNITY) as agent:
            async with SnmpClient(SnmpAccess(agent.address, community), 5.0) as client:
                assert (await client.ask(GET)).varbinds == ((UP_TIME, 4711),)
                found = (await client.ask(BULK)).varbinds
                assert found[0] == (UP_TIME, 4711)
                assert found[1:] == tuple(((*COLUMN, row), b"row %d" % row) for row in range(1, 11))
                missing = await client.ask(SnmpRequest((COLUMN,)))
                assert missing.varbinds == ((COLUMN, Missing.noSuchInstance),)

    on(loop, go())


@both_loops
def test_many_agents_at_once_and_one_that_is_silent_delays_no_other(loop, community):
    async def ask(address: str, number: int) -> Message | SourceError:
        try:
            async with SnmpClient(SnmpAccess(address, community), 0.5 if number == 7 else HANG) as client:
                return await client.ask(GET)
        except SourceError as error:
            return error

    async def go():
        agents = [FakeSnmpd({UP_TIME: number}, COMMUNITY) for number in range(20)]
        agents[7].spoil = lambda names, response: None
        for agent in agents:
            agent.__enter__()
        try:
            found = await asyncio.gather(*(ask(agent.address, number) for number, agent in enumerate(agents)))
        finally:
            for agent in agents:
                agent.__exit__()
        silent = found.pop(7)
        assert isinstance(silent, Unresponsive)
        assert [answer.varbinds[0][1] for answer in found] == [number for number in range(20) if number != 7]

    on(loop, go())


# RFC 3416 4.2: a request-id matches a response to its request. A late one would be taken for a new one.
@both_loops
def test_late_and_foreign_answers_are_passed_over(loop, community):
    def spoil(names, response):
        pysnmp_v2c.apiPDU.set_request_id(response, 1 + int(response[0]) % 1000)
        return response

    async def go():
        with FakeSnmpd(CELLS, COMMUNITY) as agent:
            async with SnmpClient(SnmpAccess(agent.address, community), 0.3) as client:
                agent.spoil = spoil
                with pytest.raises(Unresponsive, match=r"no answer within 0\.3 s"):
                    await client.ask(GET)
                agent.spoil = lambda names, response: response
                assert (await client.ask(GET)).varbinds == ((UP_TIME, 4711),)

    on(loop, go())


def encoded(count: int, size: int) -> bytes:
    """Give an answer of so many octet strings."""
    pdu = pysnmp_v2c.ResponsePDU()
    pysnmp_v2c.apiPDU.set_defaults(pdu)
    pysnmp_v2c.apiPDU.set_varbinds(pdu, [(UP_TIME, pysnmp_v2c.OctetString(bytes(size)))] * count)
    return by_pysnmp.wrap(pdu, COMMUNITY.encode())


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (encoded(MAX_RESPONSE_VARBINDS + 1, 1), OverLimit, f"over {MAX_RESPONSE_VARBINDS} objects"),
        (encoded(60, MAX_ANSWER // 60), OverLimit, f"over {MAX_ANSWER} bytes"),
        (b"", Invalid, "garbage"),
        (b"\x30\x03\x02\x01", Invalid, "garbage"),
        (encoded(1, 1).replace(b"\x02\x01\x01", b"\x02\x01\x00", 1), Invalid, "not SNMPv2c"),
    ],
    ids=["objects", "octets", "empty", "torn", "v1"],
)
def test_what_is_no_answer_is_refused_and_the_next_is_asked(community, answer, kind, words):
    async def go():
        with FakeSnmpd(CELLS, COMMUNITY) as agent:
            async with SnmpClient(SnmpAccess(agent.address, community), HANG) as client:
                agent.spoil = lambda names, response: answer
                with pytest.raises(kind, match=words):
                    await client.ask(GET)
                agent.spoil = lambda names, response: response
                await client.ask(GET)

    on("asyncio", go())


@both_loops
def test_an_agent_that_is_gone_is_known_at_once(loop, community):
    async def go():
        with FakeSnmpd(CELLS, COMMUNITY) as agent:
            client = SnmpClient(SnmpAccess(agent.address, community), HANG)
        async with client:
            with pytest.raises(Refused, match="no process listens there"), Stopwatch() as took:
                await client.ask(GET)
        assert took.seconds < HANG / 4

    on(loop, go())


def test_a_new_community_needs_no_new_client(community, tmp_path):
    async def go():
        with FakeSnmpd(CELLS, "new") as agent:
            client = SnmpClient(SnmpAccess(agent.address, community), 0.3)
            async with client:
                with pytest.raises(Unresponsive):
                    await client.ask(GET)
            (tmp_path / "community").write_text("new")
            async with client:
                await client.ask(GET)
            (tmp_path / "community").unlink()
            with pytest.raises(Denied, match="correct community_file"):
                await client.open()

    on("asyncio", go())


def test_v2c_loads_no_pysnmp():
    code = "import sys, haproxy_agentx.snmp.client, haproxy_agentx.vrrp.trap_listener; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "haproxy_agentx.snmp.v2c" in loaded
    assert not [name for name in loaded if name.startswith(("pysnmp", "pyasn1", "cryptography"))]


# RFC 3414, with the real agent

USER, AUTH, PRIV = "watcher", "authpass-1234", "privpass-1234"
V3 = (f"createUser {USER} SHA-256 {AUTH} AES {PRIV}", f"rouser {USER} authPriv")


@pytest.fixture
def user(tmp_path):
    for name, text in (("auth", AUTH), ("priv", PRIV), ("wrong", "wrongpass-1234")):
        (tmp_path / name).write_text(text)
    return V3Access(USER, "authPriv", "SHA256", str(tmp_path / "auth"), "AES", str(tmp_path / "priv"))


@both_loops
def test_v3_authpriv_of_several_agents_before_and_after_a_restart(loop, snmpd_factory, user):
    agents = [snmpd_factory(V3) for _ in range(2)]

    async def go():
        clients = [SnmpClient(SnmpAccess(f"127.0.0.1:{agent.port}", None, user), HANG) for agent in agents]

        async def ask(client: SnmpClient) -> int:
            async with client:
                found = (await client.ask(SnmpRequest((UP_TIME[:-1], UP_TIME[:-2]), 5, 1))).varbinds
                assert found[0][0] == UP_TIME
                return len(found)

        for _ in range(3):
            assert await asyncio.gather(*map(ask, clients)) == [6, 6]
        await asyncio.to_thread(agents[0].restart)  # snmpEngineBoots is one higher, snmpEngineTime is low
        assert await asyncio.gather(*map(ask, clients)) == [6, 6]

    on(loop, go())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"user": "stranger"}, "knows no user 'stranger'"),
        ({"auth_file": "wrong"}, "another passphrase or protocol of authentication"),
        ({"priv_file": "wrong"}, "another passphrase or protocol of privacy|no answer"),
        ({"auth_protocol": "SHA512"}, "another passphrase or protocol of authentication"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_v3_that_the_agent_refuses_is_explained_without_secrets(snmpd_factory, user, tmp_path, changed, words):
    agent = snmpd_factory(V3)
    changed = {key: str(tmp_path / text) if key.endswith("file") else text for key, text in changed.items()}

    async def go():
        fields = {name: getattr(user, name) for name in V3Access.__slots__}
        access = SnmpAccess(f"127.0.0.1:{agent.port}", None, V3Access(**{**fields, **changed}))
        async with SnmpClient(access, 2.0) as client:
            with pytest.raises((Denied, Unresponsive), match=words) as raised:
                await client.ask(GET)
        assert not any(secret in repr(raised.value) for secret in (AUTH, PRIV, "wrongpass-1234"))

    on("asyncio", go())


# What would go wrong: a file system that hangs holds the loop, and with it all sources, answers and the watchdog
@pytest.mark.parametrize("secret", ["community", "auth", "priv"])
def test_a_secret_that_cannot_be_read_now_delays_nothing_else(user, community, tmp_path, secret):
    file = tmp_path / secret
    text = file.read_text()
    file.unlink()
    os.mkfifo(file)  # whoever opens it waits for a writer
    turned = threading.Event()

    def write() -> bool:
        came = turned.wait(DEADLINE)
        file.write_text(text)
        return came

    async def go():
        access = (
            SnmpAccess("127.0.0.1:1", community) if secret == "community" else SnmpAccess("127.0.0.1:1", None, user)
        )
        opening = asyncio.create_task(SnmpClient(access, HANG).open())
        await asyncio.sleep(0)  # it has begun
        turned.set()
        (await opening).close()

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        on("asyncio", go())
        assert writing.result(), "the loop had no turn while the file was opened"
