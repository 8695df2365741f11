"""RFC 1901, RFC 3416: messages of SNMP, as seen at once and decoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.snmp import pdu as codec
from haproxy_agentx.snmp.message import MAX_REQUEST, Message, PduKind, SnmpRequest
from haproxy_agentx.snmp.outline import V1, V2C, V3, Outline, outline
from haproxy_agentx.vocabulary.source import Invalid
from tests.support import by_pysnmp
from tests.support.mib_text import SAMPLES

TRAPS = [
    bytes.fromhex(line.split("\t")[2])
    for line in (SAMPLES / "traps-haproxy-stop-start.hex.txt").read_text().splitlines()
]
V3_TRAPS = [
    bytes.fromhex(line.split("\t")[2])
    for line in (SAMPLES / "v3-traps.txt").read_text().splitlines()
    if line.count("\t") == 2
]
NAMES = st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=20).map(lambda ids: (1, 3, *ids))


@pytest.mark.parametrize("datagram", TRAPS)
def test_the_outline_of_a_real_trap(datagram):
    seen = outline(datagram)
    assert seen == Outline(V2C, PduKind.trap.value, b"public", seen.varbinds)
    assert seen.varbinds == len(codec.read(by_pysnmp.unwrap(datagram)[1]).varbinds)


@pytest.mark.parametrize("datagram", V3_TRAPS)
def test_the_outline_of_a_real_message_of_v3(datagram):
    seen = outline(datagram)
    assert (seen.version, seen.user in {b"watcher", b"stranger"}) == (V3, True)


def test_the_outline_tells_v1():
    assert outline(TRAPS[0].replace(b"\x02\x01\x01", b"\x02\x01\x00", 1)) == Outline(V1, PduKind.trap.value, b"public")


@pytest.mark.parametrize("datagram", [TRAPS[0], V3_TRAPS[0]])
def test_a_message_cut_or_with_more_behind_it_has_no_outline(datagram):
    assert all(outline(datagram[:length]) is None for length in range(len(datagram)))
    assert outline(datagram + b"\0") is None


@given(st.binary(max_size=64))
def test_an_outline_never_raises(data):
    outline(data)
    outline(b"\x30" + bytes((len(data),)) + data)


@given(st.lists(NAMES, min_size=1, max_size=20), st.integers(0, MAX_REQUEST), st.integers(0, 40))
def test_a_request_goes_out_as_it_was_asked(names, number, repetitions):
    scalars = min(2, len(names))
    built = codec.build(SnmpRequest(tuple(names), repetitions, scalars), number)
    community, pdu = by_pysnmp.unwrap(by_pysnmp.wrap(built, b"c\xff\0"))
    assert community == b"c\xff\0"
    assert tuple(tuple(name) for name, _ in codec.v2c.apiPDU.get_varbinds(pdu)) == tuple(names)
    assert int(pdu[0]) == number
    assert [int(pdu[1]), int(pdu[2])] == ([scalars, repetitions] if repetitions else [0, 0])
    assert codec.read(pdu).kind is None  # of a request nothing is of interest


def test_a_real_trap_in_plain_values():
    community, pdu = by_pysnmp.unwrap(TRAPS[2])
    assert community == b"public"
    assert codec.read(pdu) == Message(
        PduKind.trap,
        0x15F57984,
        0,
        0,
        (
            ((1, 3, 6, 1, 2, 1, 1, 3, 0), 7692),
            ((1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0), (1, 3, 6, 1, 2, 1, 207, 0, 1)),
            ((1, 3, 6, 1, 2, 1, 207, 1, 1, 1, 1, 3, 2, 51, 1), bytes((10, 77, 0, 12))),
            ((1, 3, 6, 1, 2, 1, 207, 1, 2, 5, 1, 2, 2, 51, 1), 2),
        ),
    )


# RFC 3416 4.2.7: the response to an inform repeats its varbinds and its request-id.
def test_the_answer_to_an_inform():
    inform = TRAPS[0].replace(b"\x70\x75\x62\x6c\x69\x63\xa7", b"\x70\x75\x62\x6c\x69\x63\xa6")
    community, pdu = by_pysnmp.unwrap(inform)
    asked = codec.read(pdu)
    assert asked.kind is PduKind.inform
    reported = codec.read(by_pysnmp.unwrap(by_pysnmp.wrap(codec.answer(pdu), community))[1])
    assert (reported.kind, reported.request, reported.error, reported.varbinds) == (
        PduKind.response,
        asked.request,
        0,
        asked.varbinds,
    )


@pytest.mark.parametrize(
    "datagram", [b"", b"\0", b"\x30\0", TRAPS[0][:-1], TRAPS[0][:40], V3_TRAPS[0], b"\x30\x80" * 999]
)
def test_garbage_is_invalid(datagram):
    with pytest.raises(Invalid, match="an SNMP message is garbage"):
        codec.read(by_pysnmp.unwrap(datagram)[1])


# What is dear to decode is counted before


def counted(datagram: bytes, most: int) -> int:
    seen = outline(datagram, most)
    return seen.varbinds if seen is not None else 0


@given(NAMES, st.integers(1, 30))
def test_varbinds_are_counted_without_decoding(name, count):
    message = by_pysnmp.wrap(codec.build(SnmpRequest((tuple(name),) * count), 1), b"public")
    assert counted(message, 1000) == count
    assert counted(message, 5) == min(6, count)


@pytest.mark.parametrize("datagram", TRAPS)
def test_those_of_a_real_trap_are_counted(datagram):
    assert counted(datagram, 1000) == len(codec.read(by_pysnmp.unwrap(datagram)[1]).varbinds)


@pytest.mark.parametrize("datagram", V3_TRAPS)
def test_those_of_v3_cannot_be_seen(datagram):
    assert counted(datagram, 1000) == 0


@given(st.binary(max_size=64), st.integers(0, 63), st.integers(0, 255))
def test_counting_never_raises(data, at, octet):
    counted(data, 10)
    spoiled = bytearray(TRAPS[0])
    spoiled[at] = octet
    assert 0 <= counted(bytes(spoiled), 10) <= 11
