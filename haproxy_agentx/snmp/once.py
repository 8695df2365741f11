"""A request of SNMPv2c and its answer, on a blocking socket: for commands, which ask once and end."""

import select
import socket
from collections.abc import Sequence
from time import monotonic

from haproxy_agentx.snmp.message import PduKind, SnmpRequest, VarBind
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS, outline
from haproxy_agentx.snmp.v2c import read, request

TRIES = 3
"""Times that a request is sent within the timeout: a datagram may be lost."""

_DATAGRAM = 65535


def ask(asking: socket.socket, asked: SnmpRequest, number: int, community: bytes, timeout: float) -> Sequence[VarBind]:
    """Return the variable bindings of the answer to a request with this request-id, on a connected UDP socket.

    Raises TimeoutError after ``timeout`` seconds, OSError, and Invalid for an answer that is garbage.
    """
    message = request(asked, number, community)
    for _ in range(TRIES):
        asking.send(message)
        until = monotonic() + timeout / TRIES
        while (left := until - monotonic()) > 0 and select.select([asking], [], [], left)[0]:
            datagram = asking.recv(_DATAGRAM)
            seen = outline(datagram, MAX_RESPONSE_VARBINDS)
            if seen is None or seen.community != community:
                continue
            found = read(datagram, seen, MAX_RESPONSE_VARBINDS)
            if found.kind is PduKind.response and found.request == number:
                return found.varbinds
    raise TimeoutError
