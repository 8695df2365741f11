"""Datagrams of keepalived's traps that anybody could send, and the program that sends them as nobody."""

from pysnmp.proto.api import v2c

from haproxy_agentx.vrrp import traps
from tests.support import by_pysnmp
from tests.support.unprivileged import NOBODY

SENDER = r"""
import socket, sys, time
count, pause, keeps = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "keeps"
datagrams = [bytes.fromhex(line) for line in sys.argv[4:]]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(count):
    sock.sendto(datagrams[number % len(datagrams)], ("127.0.0.1", 1162))
    if not keeps:
        sock.close()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    time.sleep(pause)
"""


def forged(name: str, state: int, more: int = 0) -> bytes:
    """Return keepalived's vrrpInstanceStateChange, followed by so many empty variable bindings."""
    entry = (*traps.KEEPALIVED, 2, 3, 1)
    pdu = v2c.SNMPv2TrapPDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_varbinds(
        pdu,
        [
            (traps.UP_TIME, v2c.TimeTicks(4711)),
            (traps.TRAP_OID, v2c.ObjectIdentifier(traps.INSTANCE_CHANGE)),
            ((*entry, 2), v2c.OctetString(name.encode())),
            ((*entry, 4), v2c.Integer32(state)),
            ((*entry, 5), v2c.Integer32(1)),
            (traps.ROUTER_ID, v2c.OctetString(b"forged")),
            *[((1, 3), v2c.null)] * more,
        ],
    )
    return by_pysnmp.wrap(pdu, b"public")


FLAPPING = [forged("SITE1", state) for state in (2, 1, 3, 5)]


def sender(datagrams: list[bytes], count: int, pause: float = 0.0, *, keeps: bool = True) -> list[str]:
    """Return the command that sends datagrams in turn as nobody; ``keeps``: from one socket, not one for each."""
    become = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    how = ("keeps" if keeps else "closes", *(one.hex() for one in datagrams))
    return [*become, "/usr/bin/python3", "-c", SENDER, str(count), str(pause), *how]
