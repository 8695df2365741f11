"""Many SNMP agents of v2c in one thread, each on an address of its own in 127/8, which answer from tables.

    with Farm({"127.1.0.1": cells}) as farm:
        farm.silent.add("127.1.0.1")

It has its own octets (X.690), so that hundreds of agents cost less than what asks them. ``python -m tests.support.farm
SITES PORT`` serves that many pairs until its standard input ends.
"""

import selectors
import socket
import threading
from bisect import bisect_right
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Self

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.outline import INTEGER, OCTETS, SEQUENCE, element
from tests.support.ports import free_udp_port

GET_BULK = 0xA5
Cells = Mapping[Oid, int | bytes]


def encoded(tag: int, content: bytes) -> bytes:
    """Encode an element."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def encoded_name(name: Oid) -> bytes:
    """Encode an OBJECT IDENTIFIER."""
    octets = bytearray((40 * name[0] + name[1],))
    for number in name[2:]:
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(0x80 | number & 0x7F)
        octets += bytes(reversed(septets))
    return encoded(0x06, bytes(octets))


def encoded_value(value: int | bytes) -> bytes:
    """Encode an OCTET STRING or an INTEGER."""
    if isinstance(value, bytes):
        return encoded(OCTETS, value)
    return encoded(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def decoded_name(octets: bytes) -> Oid:
    """Decode an OBJECT IDENTIFIER."""
    numbers, number = [], 0
    for octet in octets:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    return (*divmod(numbers[0], 40), *numbers[1:])


class Table:
    """The cells of an agent in order, with the octets of each."""

    def __init__(self, cells: Cells) -> None:
        self.names = sorted(cells)
        self.octets = [encoded(SEQUENCE, encoded_name(name) + encoded_value(cells[name])) for name in self.names]

    def following(self, name: Oid) -> tuple[Oid, bytes]:
        """Return the name behind another one, and its variable binding."""
        place = bisect_right(self.names, name)
        if place == len(self.names):
            return name, encoded(SEQUENCE, encoded_name(name) + b"\x82\x00")
        return self.names[place], self.octets[place]


class Farm(AbstractContextManager["Farm"]):
    """Serves ``tables`` while entered. Hosts in ``silent`` do not answer, those in ``garbage`` with what they have.

    ``requests`` counts the requests of each host.
    """

    def __init__(self, tables: Mapping[str, Cells], community: bytes = b"public", port: int = 0) -> None:
        self.tables = {host: Table(cells) for host, cells in tables.items()}
        self.silent: set[str] = set()
        self.garbage: dict[str, bytes] = {}
        self.errors: dict[str, int] = {}
        self.copies = 1
        """How often each answer is sent."""
        self.requests: dict[str, int] = dict.fromkeys(tables, 0)
        self.port = port or free_udp_port()
        self._community = community
        self._selector = selectors.DefaultSelector()
        self._wake, self._waked = socket.socketpair()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._selector.register(self._waked, selectors.EVENT_READ)
        for host in self.tables:
            place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            place.bind((host, self.port))
            self._selector.register(place, selectors.EVENT_READ, host)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._wake.close()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def change(self, host: str, cells: Cells) -> None:
        """Have a host answer with other cells."""
        self.tables[host] = Table(cells)

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                place = key.fileobj
                assert isinstance(place, socket.socket)
                datagram, peer = place.recvfrom(65535)
                answer = self._answer(key.data, datagram)
                if answer is not None:
                    for _ in range(self.copies):
                        place.sendto(answer, peer)

    def _answer(self, host: str, datagram: bytes) -> bytes | None:
        self.requests[host] += 1
        if host in self.silent:
            return None
        if host in self.garbage:
            return self.garbage[host]
        whole = _must(datagram, 0, SEQUENCE)
        version = _must(datagram, whole[0], INTEGER)
        community = _must(datagram, version[1], OCTETS)
        if datagram[slice(*community)] != self._community:
            return None
        at = _must(datagram, community[1], GET_BULK)[0]
        numbers = []
        for _ in range(3):
            where = _must(datagram, at, INTEGER)
            numbers.append(int.from_bytes(datagram[slice(*where)], "big"))
            at = where[1]
        names = []
        at, end = _must(datagram, at, SEQUENCE)
        while at < end:
            begin, at = _must(datagram, at, SEQUENCE)
            names.append(decoded_name(datagram[slice(*_must(datagram, begin, 0x06))]))
        found = self._varbinds(host, names, *numbers[1:])
        error = self.errors.get(host, 0)
        pdu = b"".join(encoded_value(each) for each in (numbers[0], error, 0)) + encoded(SEQUENCE, b"".join(found))
        head = encoded_value(1) + encoded(OCTETS, self._community)
        return encoded(SEQUENCE, head + encoded(0xA2, pdu))

    def _varbinds(self, host: str, names: list[Oid], scalars: int, repetitions: int) -> list[bytes]:
        table = self.tables[host]
        found = [table.following(name)[1] for name in names[:scalars]]
        places = names[scalars:]
        for _ in range(repetitions if places else 0):
            row = [table.following(name) for name in places]
            found += [octets for _, octets in row]
            places = [name for name, _ in row]
        return found[:100]


def _must(datagram: bytes, at: int, tag: int) -> tuple[int, int]:
    found = element(datagram, at, tag)
    assert found is not None
    return found
