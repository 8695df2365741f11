"""Messages of v2c, made and read without a library: as pysnmp makes and reads them, and at a bounded price."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.mpmod.rfc3412 import ScopedPDU

from haproxy_agentx.snmp import pdu as codec
from haproxy_agentx.snmp import v2c
from haproxy_agentx.snmp.message import MAX_REQUEST, PduKind, SnmpRequest
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS, MAX_VARBINDS, V2C, outline
from haproxy_agentx.vocabulary.source import Invalid
from tests.support import by_pysnmp
from tests.support.mib_text import SAMPLES

TRAPS = [
    bytes.fromhex(line.split("\t")[2])
    for line in (SAMPLES / "traps-haproxy-stop-start.hex.txt").read_text().splitlines()
]
STATE = TRAPS[0]
STATE_NAME = (1, 3, 6, 1, 4, 1, 9586, 100, 5, 2, 10, 0, 2)
NAMES = st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=20).map(lambda ids: (1, 3, *ids))
ANY_NAMES = st.tuples(
    st.tuples(st.integers(0, 1), st.integers(0, 39)) | st.tuples(st.just(2), st.integers(0, 0xFFFFFFFF - 80)),
    st.lists(st.integers(0, 0xFFFFFFFF), max_size=20),
).map(lambda parts: (*parts[0], *parts[1]))
VALUES = st.one_of(
    st.integers(-(1 << 31), (1 << 31) - 1).map(codec.v2c.Integer32),
    st.integers(0, (1 << 32) - 1).map(codec.v2c.Counter32),
    st.integers(0, (1 << 32) - 1).map(codec.v2c.TimeTicks),
    st.integers(0, (1 << 64) - 1).map(codec.v2c.Counter64),
    st.binary(max_size=300).map(codec.v2c.OctetString),
    NAMES.map(codec.v2c.ObjectIdentifier),
    st.just(codec.v2c.null),
    st.just(codec.v2c.NoSuchInstance("")),
)


def ours(datagram: bytes):
    seen = outline(datagram)
    if seen is None or seen.version != V2C:
        raise Invalid("no outline")
    return v2c.read(datagram, seen)


def made(varbinds, kind=codec.v2c.SNMPv2TrapPDU, number=1) -> bytes:
    pdu = kind()
    codec.v2c.apiPDU.set_defaults(pdu)
    codec.v2c.apiPDU.set_request_id(pdu, number)
    codec.v2c.apiPDU.set_varbinds(pdu, varbinds)
    return by_pysnmp.wrap(pdu, b"public")


@pytest.mark.parametrize("datagram", TRAPS)
def test_real_traps(datagram):
    assert ours(datagram) == by_pysnmp.read(datagram)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=10), st.integers(0, MAX_REQUEST))
def test_whatever_is_encoded_reads_as_pysnmp_reads_it(varbinds, number):
    datagram = made(varbinds, number=number)
    assert ours(datagram) == by_pysnmp.read(datagram)


@given(st.data())
def test_damaged_ones_are_refused_or_read_as_pysnmp_reads_them(data):
    datagram = bytearray(data.draw(st.sampled_from(TRAPS)))
    for _ in range(data.draw(st.integers(1, 4))):
        datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = ours(bytes(datagram))
    except Invalid:
        return
    assert len(message.varbinds) <= MAX_VARBINDS


@given(st.lists(ANY_NAMES, max_size=40), st.integers(0, MAX_REQUEST), st.integers(0, 60), st.binary(max_size=300))
def test_a_request_is_the_one_that_pysnmp_makes(names, number, repetitions, community):
    asked = SnmpRequest(tuple(names), repetitions, min(2, len(names)))
    assert v2c.request(asked, number, community) == by_pysnmp.wrap(codec.build(asked, number), community)


@pytest.mark.parametrize("datagram", [STATE, TRAPS[2]])
def test_an_inform_is_answered_as_pysnmp_answers_it(datagram):
    inform = datagram.replace(b"public\xa7", b"public\xa6")
    community, pdu = by_pysnmp.unwrap(inform)
    assert v2c.answer(inform) == by_pysnmp.wrap(codec.answer(pdu), community)
    assert ours(v2c.answer(inform)).kind is PduKind.response


def test_the_price_of_900_empty_variable_bindings_is_that_of_64():
    name = codec.v2c.ObjectIdentifier((1, 3, 6, 1, 4, 1, 9586, 100, 5, 2, 10, 0, 2))
    datagram = made([(name, codec.v2c.null)] * 400)
    assert len(datagram) > 6000
    assert outline(datagram).varbinds == MAX_VARBINDS + 1
    with pytest.raises(Invalid, match="over 64 variable bindings"):
        ours(datagram)
    began = time.thread_time()
    for _ in range(20):
        outline(datagram)
    assert time.thread_time() - began < 0.01, "20 a second are under 1 % of a core"


# RFC 3412 6.8: what an SNMPv3 message has encrypted


def scoped(pdu, padding: bytes = b"") -> bytes:
    found = ScopedPDU()
    found[0], found[1] = b"\x80\x00\x1f\x88engine", b"context"
    found[2] = found[2].clone()
    found[2].setComponentByType(pdu.tagSet, pdu, verifyConstraints=False)
    return bytes(encoder.encode(found)) + padding


def response(varbinds, number=1):
    return codec.v2c.apiMessage.get_pdu(
        decoder.decode(made(varbinds, codec.v2c.ResponsePDU, number), asn1Spec=codec.v2c.Message())[0]
    )


@given(st.lists(st.tuples(NAMES, VALUES), max_size=10), st.integers(0, MAX_REQUEST), st.sampled_from([b"", b"\0" * 7]))
def test_a_response_is_taken_out_of_a_scoped_pdu_and_the_rest_is_left(varbinds, number, padding):
    pdu = response(varbinds, number)
    bare, taken = v2c.without_varbinds(scoped(pdu, padding))
    assert v2c.read_pdu(taken, MAX_VARBINDS) == codec.read(pdu)
    left, rest = decoder.decode(bare, asn1Spec=ScopedPDU())
    assert (rest, bytes(left[0]), bytes(left[1])) == (b"", b"\x80\x00\x1f\x88engine", b"context")
    assert codec.read(left[2].getComponent()) == codec.read(response([], number))


@pytest.mark.parametrize("kind", [codec.v2c.ReportPDU, codec.v2c.SNMPv2TrapPDU, codec.v2c.InformRequestPDU])
def test_a_scoped_pdu_without_a_response_is_left_as_it_is(kind):
    pdu = kind()
    codec.v2c.apiPDU.set_defaults(pdu)
    assert v2c.without_varbinds(scoped(pdu)) == (scoped(pdu), None)


@given(st.binary(max_size=80), st.data())
def test_what_was_decrypted_with_another_key_is_left_as_it_is(garbage, data):
    assert v2c.without_varbinds(garbage) == (garbage, None)
    whole = bytearray(scoped(response([(STATE_NAME, codec.v2c.Integer32(1))])))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    bare, taken = v2c.without_varbinds(bytes(whole))
    if taken is not None:
        assert len(bare) < len(whole)
        with suppress(Invalid):
            v2c.read_pdu(taken, MAX_VARBINDS)


def test_the_price_of_a_response_of_v3_is_bounded_too():
    _, taken = v2c.without_varbinds(scoped(response([(STATE_NAME, codec.v2c.null)] * (MAX_RESPONSE_VARBINDS + 1))))
    assert len(v2c.read_pdu(taken, MAX_RESPONSE_VARBINDS + 1).varbinds) == MAX_RESPONSE_VARBINDS + 1
    with pytest.raises(Invalid, match="over 100 variable bindings"):
        v2c.read_pdu(taken, MAX_RESPONSE_VARBINDS)
