"""Masters that are broken, slow or evil, items 49 to 52 of the conformance list."""

import resource
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.agentx.codec import decode
from haproxy_agentx.agentx.connection import Pace
from haproxy_agentx.agentx.constants import HEADER_SIZE
from haproxy_agentx.agentx.errors import FrameError, PayloadError, RemoteError
from haproxy_agentx.agentx.events import Closed
from haproxy_agentx.agentx.header import decode_header
from haproxy_agentx.agentx.link import MAX_UNSENT
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import Session
from haproxy_agentx.agentx.states import State
from tests.support import golden, wire
from tests.support.golden import GOLDEN, ROOT, TABLE
from tests.support.golden_pdus import HEX
from tests.support.our_agent import Agent, events_of, exchange, opened, view_of
from tests.support.programs import script
from tests.support.scripted_master import Link, ScriptedMaster, late
from tests.support.snmpd import Row, Snmpd, SnmpError
from tests.support.wait import HANG, eventually

CORPUS = {
    "HTTP": b"HTTP/1.0 400 Bad Request\r\nServer: x\r\n\r\n",
    "TLS alert": bytes.fromhex("15030100020228") + bytes(20),
    "all ones": b"\xff" * 64,
    "all zeros": bytes(64),
    "a Response that ends in its error": wire.frame(wire.RESPONSE, bytes(4)),
    "a Response with half a varbind": wire.frame(wire.RESPONSE, bytes(8) + wire.varbind(ROOT, wire.COUNTER64, 1)[:-4]),
    "an unknown value type": wire.frame(wire.RESPONSE, bytes(8) + b"\0\x03\0\0" + wire.oid(ROOT) + bytes(4)),
    "an IpAddress of 5 octets": wire.frame(wire.TESTSET, wire.varbind(ROOT, wire.IPADDRESS, b"12345")),
    "an IpAddress of none": wire.frame(wire.TESTSET, wire.varbind(ROOT, wire.IPADDRESS, b"")),
    "255 sub-identifiers": wire.frame(wire.GET, b"\xff\xff\0\0" + bytes(4 * 255) + bytes(4)),
    "a start without an end": wire.frame(wire.GETNEXT, wire.oid(ROOT)),
    "a context that never ends": wire.frame(wire.GET, b"\x7f\xff\xff\xff" + wire.ranges([ROOT]), flags=wire.CONTEXT),
    "a context and nothing else": wire.frame(wire.GET, wire.octets(b"c"), flags=wire.CONTEXT),
    "GetBulk without counts": wire.frame(wire.GETBULK, b""),
    "a Close without a reason": wire.frame(wire.CLOSE, b""),
    "a Close for a reason that is none": wire.frame(wire.CLOSE, b"\xff\0\0\0"),
    "a Register with a range and no bound": wire.frame(wire.REGISTER, b"\0\0\x05\0" + wire.oid(ROOT)),
    "big-endian read as little": wire.frame(wire.GET, wire.ranges([ROOT]), order="<", flags=wire.NETWORK),
}
"""Malformed streams: each seen or thought of once, and kept."""


def take_all(data: bytes) -> Session:
    """Give octets to a session in the middle of its life."""
    responder = Responder()
    responder.serve(golden.VIEW)
    session = opened(responder)
    for at in range(0, len(data), 7):
        session.receive(data[at : at + 7], 0)
        if session.state is State.CLOSED:
            break
    exchange(session, b"")
    return session


# 7.2.2: what cannot be parsed is dropped, refused or ends the session; nothing else happens. Catches the struct.error,
# the UnicodeDecodeError and the IndexError that end pyagentx3's loop while its process lives on.
@pytest.mark.parametrize("what", CORPUS)
def test_c49_the_corpus(what: str):
    session = take_all(CORPUS[what])
    for event in events_of(session):
        assert isinstance(event, Closed)


@pytest.mark.parametrize("what", CORPUS)
def test_c49_the_corpus_raises_nothing_but_remote_errors(what: str):
    with suppress(RemoteError):
        decode(decode_header(CORPUS[what][:HEADER_SIZE]), CORPUS[what][HEADER_SIZE:])


@settings(max_examples=300, deadline=None)
@given(header=st.binary(min_size=HEADER_SIZE, max_size=HEADER_SIZE))
def test_c49_any_header(header: bytes):
    with suppress(FrameError):
        decode_header(header)


@settings(max_examples=500, deadline=None)
@given(kind=st.integers(1, 18), flags=st.integers(0, 255), payload=st.binary(max_size=160))
def test_c49_any_payload(kind: int, flags: int, payload: bytes):
    payload += bytes(-len(payload) % 4)
    order = ">" if flags & wire.NETWORK else "<"
    header = decode_header(wire.frame(kind, payload, flags=flags, order=order)[:HEADER_SIZE])
    with suppress(PayloadError):
        decode(header, payload)


CHANGES = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(HEX)), CHANGES), max_size=4))
def test_c49_mutated_pdus(edits: list):
    stream = b""
    for kind, changes in edits:
        data = bytearray.fromhex(HEX[kind])
        data[4:8] = struct.pack(">I", 77)
        for at, octet in changes:
            data[at % len(data)] = octet
        stream += data
    take_all(stream)


# 8.1 leaves flow control to the transport. A master that asks and never reads makes answers pile up. Catches memory
# that grows until the kernel ends the daemon, and a blocking send that stops it.
def test_c50_a_master_that_never_reads(master: ScriptedMaster, agent_factory: Callable[..., Agent]):
    agent = agent_factory(master.path, view_of({f"{ROOT}.1": (wire.OCTETS, {"0": b"x" * 30_000})}))
    link = master.session()
    master.stop_reading()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def flood() -> None:
        with suppress(OSError):
            for _ in range(2000):
                link.request(wire.GET, wire.ranges([f"{ROOT}.1.0"]))

    flooding = threading.Thread(target=flood, daemon=True)
    flooding.start()
    closed = eventually(lambda: [event for event in agent.events if isinstance(event, Closed)], 5)
    flooding.join(HANG)

    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < 16 * MAX_UNSENT
    assert "does not read" in closed[0].problem.text


def test_c50_a_slow_reader_gets_every_octet(master: ScriptedMaster, agent_factory: Callable[..., Agent]):
    agent_factory(master.path, view_of({f"{ROOT}.1": (wire.OCTETS, {"0": b"x" * 30_000})}))
    link = master.session()
    master.stop_reading()
    packets = [link.request(wire.GET, wire.ranges([f"{ROOT}.1.0"])) for _ in range(20)]  # more than a socket holds
    master.go_on_reading()

    for packet in packets:
        answer = wire.read_answer(link.expect(wire.RESPONSE, packet=packet))
        assert answer.varbinds == [(f"{ROOT}.1.0", wire.OCTETS, b"x" * 30_000)]
    assert [frame.packet for frame in link.seen if frame.type == wire.RESPONSE] == packets


# 7.1.1, 7.1.9. A master that is slow is not lost, one that takes too long is tried again with ever longer pauses. The
# times are a twelfth of the real ones (0.3 s, 2 s and 10 s with a timeout of 5 s). Catches a storm of connections
# against a master that is overloaded already.
@pytest.mark.parametrize("seconds", [0.025, 0.17])
def test_c51_a_slow_master_is_waited_for(master: ScriptedMaster, agent_factory: Callable[..., Agent], seconds: float):
    for kind in (wire.OPEN, wire.REGISTER, wire.ADDAGENTCAPS, wire.PING):
        master.script[kind] = late(seconds)
    agent_factory(master.path, golden.VIEW, ping_interval=0.1)
    link = master.accept()

    for _ in range(3):
        link.expect(wire.PING)
    assert link.get(GOLDEN[0].name).varbinds == [GOLDEN[0]]
    assert len(master.links) == 1


def test_c51_no_reconnect_storm(master: ScriptedMaster, agent_factory: Callable[..., Agent]):
    master.script[wire.OPEN] = late(0.83)
    began = time.monotonic()
    agent_factory(master.path, golden.VIEW, pace=Pace(first=0.05, absent_most=0.2, refused_most=2.5), timeout=0.4)

    opened_at = [time.monotonic() for _ in range(4) if master.accept()]

    earliest = began
    for at, delay in zip(opened_at, (0.05, 0.1, 0.2, 0.0), strict=True):
        assert at >= earliest  # counted from the beginning: what is seen late makes no pause shorter
        earliest += 0.4 + delay / 2 - 0.005  # timers may be early by their resolution
    assert opened_at[-1] < began + 3 * 0.4 + 0.05 + 0.1 + 0.2 + HANG


# 7.2.2: each PDU received is answered. net-snmp sends a request again each second with the same packetID. Catches a
# copy that is answered twice or taken for a new request of a Set, and a table of packets that grows.
@pytest.mark.parametrize("kind", [wire.GET, wire.GETNEXT, wire.TESTSET])
def test_c52_copies_are_answered_once_each(link: Link, kind: int):
    payload = wire.varbind(TABLE, wire.INTEGER, 1) if kind == wire.TESTSET else wire.ranges([GOLDEN[0].name])
    copies = 6
    for _ in range(copies):
        link.request(kind, payload, packet=4242)
    answers = [link.expect(wire.RESPONSE, packet=4242).payload for _ in range(copies)]

    assert len(set(answers)) == 1
    link.silent()


# 7.1.9 through snmpd, which gives a stopped subagent up after six seconds. The stall itself is in
# tests/agentx/test_pyagentx3_defects.py; here it is shorter, and snmpd has sent copies, but not closed.
def test_c52_a_short_stall_is_survived(snmpd: Snmpd, tmp_path):
    with script("tests/support/our_agent.py", snmpd.agentx, 5, log=tmp_path / "log") as agent:
        first = "1.3.6.1.4.1.58999.1.1.1.1.1.1"
        eventually(lambda: snmpd.one(first).type == "Counter64", 10)
        agent.freeze()
        with pytest.raises(SnmpError):
            snmpd.one(first, timeout=2.3)  # two copies are on the way
        agent.thaw()
        eventually(lambda: snmpd.one(first) == Row(first, "Counter64", 1), 5)
        assert [row.value for row in snmpd.walk(first[: first.rindex(".1.1")])][:2] == [1, 1000004]
