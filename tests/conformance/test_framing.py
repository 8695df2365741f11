"""The stream and its PDUs (RFC 2741 6.1, 7.2.2), items 44 to 48 of the conformance list."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.agentx.codec import PAUSE_AFTER
from haproxy_agentx.agentx.events import Acknowledged
from haproxy_agentx.agentx.framing import MAX_PAYLOAD
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import Session
from haproxy_agentx.agentx.states import State
from tests.support import golden, wire
from tests.support.golden import BY_NAME, END, GOLDEN, ROOT, TABLE, TYPES
from tests.support.our_agent import Agent, exchange, opened, view_of
from tests.support.scripted_master import Link, ScriptedMaster, names
from tests.support.wait import Stopwatch

SESSION = 77


def serving() -> Session:
    """An open session on the golden tree, without IO."""
    responder = Responder()
    responder.serve(golden.VIEW)
    return opened(responder, SESSION)


def conversation() -> bytes:
    """A stream with a request of each kind, in both byte orders, right and wrong."""
    stream = b""
    for packet, order in enumerate("><", 1):
        ids = {"session": SESSION, "transaction": 9, "order": order}
        first = wire.ranges([(TABLE, END), (f"{TYPES}.2.7", END)], order)
        stream += wire.frame(wire.GET, wire.ranges([GOLDEN[3].name, f"{TABLE}.9"], order), packet=packet * 100, **ids)
        stream += wire.frame(wire.GETNEXT, first, packet=packet * 100 + 1, **ids)
        stream += wire.frame(wire.GETBULK, b"\1\0\3\0" + first, packet=packet * 100 + 2, **ids)
        stream += wire.frame(wire.TESTSET, wire.varbind(ROOT, wire.INTEGER, 1, order), packet=packet * 100 + 3, **ids)
        stream += wire.frame(wire.CLEANUPSET, packet=packet * 100 + 4, **ids)
        stream += wire.frame(wire.GET, b"\7\0\0\0", packet=packet * 100 + 5, **ids)  # does not parse
        stream += wire.frame(wire.RESPONSE, b"\0" * 8, packet=packet * 100 + 6, **ids)  # nobody waits for it
        stream += wire.frame(wire.GETNEXT, wire.ranges([(TABLE, END)], order), packet=packet * 100 + 7, **ids)
    return stream


def frames(data: bytes) -> Iterator[wire.Frame]:
    buffer = bytearray(data)
    while frame := wire.take_frame(buffer):
        yield frame
    assert not buffer


def by_packet(data: bytes) -> dict[int, wire.Frame]:
    found = {frame.packet: frame for frame in frames(data)}
    assert len(found) == len(list(frames(data))), "a packet was answered twice"
    return found


STREAM = conversation()
WHOLE = by_packet(exchange(serving(), STREAM))


# 6.1 defines PDUs, the transport is a stream (8.1): where reads begin and end means nothing. Catches decoding each read
# as if it were a PDU, and bytes that are lost between two.
def test_c44_all_requests_of_the_stream_are_answered():
    assert set(WHOLE) == {packet * 100 + at for packet in (1, 2) for at in (0, 1, 2, 3, 5, 7)}


def test_c44_in_pieces_of_one_octet():
    assert by_packet(exchange(serving(), STREAM, piece=1)) == WHOLE


def test_c44_at_every_split_point():
    for at in range(1, len(STREAM), 3):
        session = serving()
        said = exchange(session, STREAM[:at]) + exchange(session, STREAM[at:])
        assert by_packet(said) == WHOLE, f"split at {at}"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 200), max_size=60))
def test_c44_random_chunks(sizes: list[int]):
    session, said, at = serving(), b"", 0
    for size in sizes:
        said += exchange(session, STREAM[at : at + size])
        at += size
    assert by_packet(said + exchange(session, STREAM[at:])) == WHOLE


def test_c44_over_the_socket(link: Link):
    packet, other = 8001, 8002
    data = b"".join(
        wire.frame(wire.GET, wire.ranges([GOLDEN[at].name]), session=link.session, packet=number)
        for at, number in enumerate((packet, other))
    )
    link.send(data, piece=1)

    assert wire.read_answer(link.expect(wire.RESPONSE, packet=packet)).varbinds == [GOLDEN[0]]
    assert wire.read_answer(link.expect(wire.RESPONSE, packet=other)).varbinds == [GOLDEN[1]]


# 6.1: payload_length is what the next PDU's place depends on. A length that is impossible ends the connection (7.2.2 4:
# "If the received PDU's header was not successfully parsed ... processing is complete"), one that is merely wrong for
# the content is answered with parseError. Catches four gigabytes set aside because a peer said so.
@pytest.mark.parametrize("length", [1, 2, 3, 7, 41, 0xFFFFFFFF, 0x80000000, (1 << 20) + 4])
def test_c45_an_impossible_length_ends_the_connection(link: Link, length: int):
    link.send(wire.frame(wire.GET, wire.ranges([ROOT]), session=link.session, packet=1, length=length))

    link.expect_end()


@pytest.mark.parametrize("missing", [4, 8, 20])
def test_c45_a_length_shorter_than_the_content_is_a_parse_error(missing: int):
    payload = wire.ranges([f"{ROOT}.1"])
    frame = wire.frame(wire.GET, payload[:-missing], session=SESSION, packet=5)

    (answer,) = frames(exchange(serving(), frame))
    assert wire.read_answer(answer)[1:] == (wire.PARSE_ERROR, 0, [])


def test_c45_a_length_longer_than_the_content_waits_for_the_rest():
    session = serving()
    payload = wire.ranges([GOLDEN[0].name])
    frame = wire.frame(wire.GET, payload, session=SESSION, packet=5, length=len(payload) + 8)

    assert exchange(session, frame) == b""
    (answer,) = frames(exchange(session, wire.ranges([""])))
    assert wire.read_answer(answer).varbinds == [GOLDEN[0], ("", wire.NO_SUCH_OBJECT, None)]


def test_c45_memory_stays_flat():
    session = serving()
    large = bytes(8) + wire.varbind(ROOT, wire.OCTETS, bytes(MAX_PAYLOAD - 1000))
    tracemalloc.start()
    try:
        for packet in range(20):
            exchange(session, wire.frame(wire.RESPONSE, large, packet=packet), piece=65536)
        assert session.state is State.READY
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


# 6.1: h.version is 1, h.type 1 to 18. Anything else is no AgentX: where its next PDU begins nobody knows, so the
# connection ends. Catches a peer that is no master at all and is read for ever.
@pytest.mark.parametrize("wrong", [{"version": 0}, {"version": 2}, {"kind": 0}, {"kind": 19}, {"kind": 255}])
def test_c46_another_version_or_type_ends_the_connection(link: Link, wrong: dict[str, int]):
    kind = wrong.pop("kind", wire.GET)
    link.send(wire.frame(kind, wire.ranges([ROOT]), session=link.session, packet=1, **wrong))

    link.expect_end()
    assert link.untaken_responses() == []


# 6.1: bits 5-7 of the flags and the last octet of the first word are reserved; nothing is said about a receiver's duty,
# so they are passed over, and so are flags that have no meaning for a type. Catches a master of tomorrow being refused.
@pytest.mark.parametrize(
    ("kind", "fields"), [(wire.GET, {"reserved": 255}), (wire.GET, {"flags": 0xE0}), (wire.GETNEXT, {"flags": 0x07})]
)
def test_c46_reserved_bits_are_passed_over(link: Link, kind: int, fields: dict[str, int]):
    name = GOLDEN[0].name
    (varbind,) = link.ask(kind, wire.ranges([(name, END, 1)]), **fields).varbinds

    assert varbind == GOLDEN[0]


# 7.2.2 (2): "If the received PDU cannot be parsed, res.error is set to `parseError'." Octets behind the last field of a
# type are not a PDU of that type. Documented outcome: parseError for every request. Catches a hidden second PDU inside
# the first.
TRAILING = {
    wire.CLOSE: b"\1\0\0\0",
    wire.COMMITSET: b"",
    wire.UNDOSET: b"",
    wire.CLEANUPSET: b"",
    wire.PING: b"",
    wire.OPEN: b"\0\0\0\0" + wire.oid(ROOT) + wire.octets(b"x"),
    wire.REGISTER: b"\0\x7f\0\0" + wire.oid(ROOT),
    wire.UNREGISTER: b"\0\x7f\0\0" + wire.oid(ROOT),
    wire.ADDAGENTCAPS: wire.oid(ROOT) + wire.octets(b"x"),
    wire.REMOVEAGENTCAPS: wire.oid(ROOT),
    wire.GET: wire.ranges([ROOT]),
    wire.GETNEXT: wire.ranges([ROOT]),
    wire.GETBULK: b"\0\1\0\1" + wire.ranges([ROOT]),
    wire.TESTSET: wire.varbind(ROOT, wire.INTEGER, 1),
    wire.NOTIFY: wire.varbind(ROOT, wire.INTEGER, 1),
    wire.INDEXALLOCATE: wire.varbind(ROOT, wire.INTEGER, 1),
    wire.INDEXDEALLOCATE: wire.varbind(ROOT, wire.INTEGER, 1),
}


@pytest.mark.parametrize("kind", TRAILING)
def test_c46_trailing_octets_are_a_parse_error(kind: int):
    session = serving()
    frame = wire.frame(kind, TRAILING[kind] + b"\xff\xff\xff\xff", session=SESSION, packet=5)

    (answer,) = frames(exchange(session, frame))
    assert (answer.packet, wire.read_answer(answer)[1:]) == (5, (wire.PARSE_ERROR, 0, []))
    assert session.state is State.READY


# 7.2.2: "an agentx-Response-PDU is created whose header fields are identical to the received request PDU except that
# h.type is set to Response". Catches a parse error that the master cannot match, and a session lost for one bad PDU.
@pytest.mark.parametrize("order", ["<", ">"])
def test_c47_an_unparsable_payload_is_a_parse_error(link: Link, order: str):
    packet = link.request(wire.GET, b"\x05\x04\0\0" + b"\0" * 8, order=order, transaction=4711)
    frame = link.expect(wire.RESPONSE, packet=packet)

    assert (frame.session, frame.transaction, frame.order) == (link.session, 4711, order)
    assert wire.read_answer(frame)[1:] == (wire.PARSE_ERROR, 0, [])
    assert link.get(GOLDEN[0].name).varbinds == [GOLDEN[0]], "the session goes on"


def test_c47_an_unparsable_header_ends_the_connection_and_a_new_one_follows(master: ScriptedMaster, link: Link):
    link.send(b"HTTP/1.0 400 Bad request\r\n\r\n")

    link.expect_end()
    assert master.session().get(GOLDEN[0].name).varbinds == [GOLDEN[0]]


# 7.2.3: "must support multiple variables being supplied in each PDU"; no number is said. Ten thousand take bounded
# time, and do not keep another request of the session waiting. Catches a quadratic answer, and a stall of all managers
# by one.
@pytest.mark.parametrize("kind", [wire.GET, wire.GETNEXT])
def test_c48_ten_thousand_ranges(link: Link, kind: int):
    with Stopwatch() as took:
        ranges = wire.ranges([f"{TYPES}.1" + (".7" if kind == wire.GET else "")] * 10_000)
        many, other = link.requests((kind, ranges), (wire.GET, wire.ranges([GOLDEN[0].name])))
        link.expect(wire.RESPONSE, packet=other)
        answer = wire.read_answer(link.expect(wire.RESPONSE, packet=many, within=5))

    assert answer.error == wire.GEN_ERR, "10,000 varbinds are more than a PDU of net-snmp holds"
    assert 1 < answer.index <= 10_000
    assert answer.varbinds == []
    assert [frame.packet for frame in link.seen if frame.type == wire.RESPONSE] == [other, many]
    assert took.seconds < 2


# Reading takes as long as answering: it pauses as well, and others are answered between two slices.
@pytest.mark.parametrize("kind", [wire.GET, wire.GETNEXT, wire.TESTSET])
def test_c48_a_long_request_is_read_in_slices(kind: int):
    session = serving()
    count = 10_000
    many = wire.varbind(ROOT, wire.NULL, None) * count if kind == wire.TESTSET else wire.ranges([""] * count)
    assert session.receive(wire.frame(kind, many, session=SESSION, packet=1), 0) == b""
    slices = 0
    while not (answer := session.advance(0)):
        slices += 1
        (other,) = frames(session.receive(wire.frame(wire.GET, wire.ranges([GOLDEN[0].name]), session=SESSION), 0))
        assert wire.read_answer(other).varbinds == [GOLDEN[0]]

    assert slices >= count // PAUSE_AFTER - 1
    (frame,) = frames(answer)
    assert frame.packet == 1


# 7.1.10, 6.2.16: the variable bindings of a Response are ours, and say nothing that the session asks. Catches an answer
# of a master with tens of thousands of them that keeps all managers waiting.
def test_c48_the_variable_bindings_of_a_response_are_not_read():
    session = serving()
    (notify,) = frames(session.notify([], "token", 0))
    with Stopwatch() as took:
        session.receive(wire.response(notify, varbinds=[b"\xff" * (MAX_PAYLOAD - 8)]), 0)
    assert session.next_event() == Acknowledged("token", 0)
    assert took.seconds < 0.1


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\0"])
def test_c48_a_response_without_its_error_is_dropped(payload: bytes):
    session = serving()
    (notify,) = frames(session.notify([], "token", 0))
    session.receive(wire.frame(wire.RESPONSE, payload, session=SESSION, packet=notify.packet), 0)
    assert session.next_event() is None
    session.receive(wire.response(notify), 0)
    assert session.next_event() == Acknowledged("token", 0)


# Catches an answer that snmpd drops without a word: the manager would wait for six seconds and then lose everything.
def test_c48_an_answer_that_is_too_big_is_gen_err(master: ScriptedMaster, agent_factory: Callable[..., Agent]):
    agent_factory(master.path, view_of({f"{ROOT}.1": (wire.OCTETS, {str(row): b"x" * 60_000 for row in (1, 2)})}))
    link = master.session()

    assert names(link.get(f"{ROOT}.1.1").varbinds) == [f"{ROOT}.1.1"]
    for answer in (link.get(f"{ROOT}.1.1", f"{ROOT}.1.2"), link.getnext(f"{ROOT}.1", f"{ROOT}.1.1")):
        assert answer[1:] == (wire.GEN_ERR, 2, [])
    assert len(link.get(*[varbind.name for varbind in GOLDEN]).varbinds) == len(BY_NAME)
