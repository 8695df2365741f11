"""A datagram that comes to the listener for notifications (RFC 1901, RFC 3416; KEEPALIVED-MIB).

Data: the datagram. It is decoded to a notification of keepalived's that is within bounds, to none, or refused with
Invalid, whose text is one printable line. What is of interest is known without decoding.
"""

from haproxy_agentx.snmp import v2c
from haproxy_agentx.snmp.message import PduKind
from haproxy_agentx.snmp.outline import MAX_VARBINDS, V2C, outline
from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp import traps
from haproxy_agentx.vrrp.model import NewMasterTrap
from tests.support.mib_text import SAMPLES

LIMIT = 8 * 1024

REAL = [
    bytes.fromhex(line.split()[2]) for line in (SAMPLES / "traps-haproxy-stop-start.hex.txt").read_text().splitlines()
]
SEEDS = {
    "an instance is master": REAL[0],
    "a new master": REAL[1],
    "a new master of version 3": REAL[2],
    "an instance is backup": REAL[6],
    "an instance is shut down": REAL[16],
    "a sync group": REAL[0].replace(b"\x02\x0a\x00\x02", b"\x02\x0a\x00\x01").replace(b"\x02\x03\x01", b"\x02\x01\x01"),
    "an inform": REAL[0].replace(b"public\xa7", b"public\xa6"),
    "a response": REAL[0].replace(b"public\xa7", b"public\xa2"),
    "version 1": REAL[0].replace(b"\x02\x01\x01", b"\x02\x01\x00", 1),
    "version 3": bytes.fromhex((SAMPLES / "v3-traps.txt").read_text().split()[-1]),
    "torn": REAL[0][:-7],
    "two": REAL[0] + REAL[0],
    "without length": REAL[0].replace(b"\x30\x81\x9f", b"\x30\x80", 1) + b"\0\0",
    "nested": b"\x30\x80" * 4000,
    "empty": b"",
}


def target(data: bytes) -> None:
    data = data[:LIMIT]
    seen = outline(data)
    if seen is None or seen.version != V2C:
        return
    try:
        message = v2c.read(data, seen)
        trap = traps.read(message.varbinds)
    except Invalid as error:
        assert str(error).isprintable()
        return
    assert len(message.varbinds) == seen.varbinds <= MAX_VARBINDS or message.kind is None
    assert trap is None or traps.concerns(data)
    if message.kind is not None:
        assert seen.pdu == message.kind.value
    if message.kind is PduKind.inform:
        answer = v2c.answer(data)
        again = v2c.read(answer, outline(answer) or seen)
        assert (again.kind, again.request, again.varbinds) == (PduKind.response, message.request, message.varbinds)
    if trap is None or isinstance(trap, NewMasterTrap):
        return
    assert 0 < len(trap.name) <= traps.MAX_NAME
    assert len(trap.router_id) <= traps.MAX_NAME
