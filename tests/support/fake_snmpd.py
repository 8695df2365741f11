"""An SNMP agent of v2c on the loopback that answers from a dictionary, or wrongly as a test wants it."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Self

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Missing, Value

UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
BEHIND = (1, 3, 6, 1, 6, 3, 10, 2, 1, 1, 0)
"""snmpEngineID.0, which real snmpd has behind all that subagents have."""

_MISSING = {
    Missing.noSuchObject: v2c.NoSuchObject(),
    Missing.noSuchInstance: v2c.NoSuchInstance(),
    Missing.endOfMibView: v2c.EndOfMibView(),
}


class FakeSnmpd(AbstractContextManager["FakeSnmpd"]):
    """Serves ``cells`` on the running loop while entered.

    ``spoil(names, response)`` may change the response PDU, give another one, bytes to send in place of the message, or
    None for silence. ``most`` is the number of varbinds that fit into an answer. ``requests`` are the names asked for.
    """

    def __init__(self, cells: Mapping[Oid, Value], community: str = "public", most: int = 100) -> None:
        self.cells = dict(cells)
        self.community = community.encode()
        self.most = most
        self.requests: list[tuple[Oid, ...]] = []
        self.spoil: Callable[[tuple[Oid, ...], object], object] = lambda names, response: response
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def _read(self) -> None:
        datagram, peer = self._socket.recvfrom(65535)
        message, _ = decoder.decode(datagram, asn1Spec=v2c.Message())
        if bytes(message[1]) != self.community:
            return
        pdu = v2c.apiMessage.get_pdu(message)
        names = tuple(tuple(map(int, name)) for name, _ in v2c.apiPDU.get_varbinds(pdu))
        self.requests.append(names)
        response = v2c.apiPDU.get_response(pdu)
        v2c.apiPDU.set_varbinds(response, [(name, encoded(value)) for name, value in self._answer(pdu, names)])
        spoiled = self.spoil(names, response)
        if spoiled is None:
            return
        if not isinstance(spoiled, bytes):
            v2c.apiMessage.set_pdu(message, spoiled)
            spoiled = encoder.encode(message)
        self._socket.sendto(spoiled, peer)

    def _answer(self, pdu: Any, names: tuple[Oid, ...]) -> list[tuple[Oid, Value]]:
        if pdu.tagSet != v2c.GetBulkRequestPDU.tagSet:
            return [(name, self.cells.get(name, Missing.noSuchInstance)) for name in names]
        scalars = int(v2c.apiBulkPDU.get_non_repeaters(pdu))
        answer = [self._following(name) for name in names[:scalars]]
        places = list(names[scalars:])
        for _ in range(int(v2c.apiBulkPDU.get_max_repetitions(pdu))):
            row = [self._following(place) for place in places]
            answer += row
            places = [name for name, _ in row]
        return answer[: self.most]

    def _following(self, name: Oid) -> tuple[Oid, Value]:
        found = min((other for other in self.cells if other > name), default=None)
        return (name, Missing.endOfMibView) if found is None else (found, self.cells[found])


def encoded(value: Value) -> object:
    if isinstance(value, Missing):
        return _MISSING[value]
    if isinstance(value, int):
        return v2c.Integer32(value) if value < 1 << 31 else v2c.Gauge32(value)
    return v2c.OctetString(value)
