"""What an SNMPv3 message has encrypted (RFC 3412 6.8), decrypted with the right key or with another one.

Data: the scoped PDU. A response is taken out of it, which then reads within bounds or is refused with Invalid, whose
text is one printable line; what remains for the engine is a scoped PDU from which nothing more can be taken.
"""

from haproxy_agentx.snmp import v2c
from haproxy_agentx.snmp.message import PduKind, SnmpRequest
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS
from haproxy_agentx.vocabulary.source import Invalid

LIMIT = 32 * 1024


def scoped(pdu: bytes) -> bytes:
    content = b"\x04\x05\x80\x00\x1f\x88\x01" + b"\x04\x00" + pdu
    length = len(content).to_bytes(2, "big")
    return b"\x30\x82" + length + content


def response(names: int) -> bytes:
    """Give a response PDU, made of a request with so many names: their values are Null."""
    asked = v2c.request(SnmpRequest(((1, 3, 6, 1, 2, 1, 1, 3, 0),) * names), 4711, b"c")
    at = asked.index(b"\x04\x01c") + 3
    return bytes((PduKind.response.value,)) + asked[at + 1 :]


SEEDS = {
    "a response": scoped(response(3)),
    "padded, as by DES": scoped(response(1)) + b"\0" * 7,
    "as many as are read": scoped(response(MAX_RESPONSE_VARBINDS)),
    "one more": scoped(response(MAX_RESPONSE_VARBINDS + 1)),
    "none": scoped(response(0)),
    "a report": scoped(bytes((PduKind.report.value,)) + response(1)[1:]),
    "an inform": scoped(bytes((PduKind.inform.value,)) + response(1)[1:]),
    "torn": scoped(response(3))[:-3],
    "empty": b"",
}


def target(data: bytes) -> None:
    data = data[:LIMIT]
    bare, taken = v2c.without_varbinds(data)
    if taken is None:
        assert bare == data
        return
    assert len(bare) <= len(data)
    rest, again = v2c.without_varbinds(bare)
    assert again is not None
    assert rest == bare
    try:
        head = v2c.read_pdu(again, MAX_RESPONSE_VARBINDS)
        assert head.varbinds == ()
        message = v2c.read_pdu(taken, MAX_RESPONSE_VARBINDS)
    except Invalid as error:
        assert str(error).isprintable()
        return
    assert message.kind is PduKind.response
    assert (message.request, message.error, message.index) == (head.request, head.error, head.index)
    assert len(message.varbinds) <= MAX_RESPONSE_VARBINDS
