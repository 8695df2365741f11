"""SNMP GET over UDP without a program, fast enough to measure with: latency, and many requests at once."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple, Self

from tests.support.namespace import enter
from tests.support.wait import MachineTime

INTEGER, OCTETS, NULL, IDENTIFIER, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
GET, RESPONSE = 0xA0, 0xA2
NO_SUCH_OBJECT, NO_SUCH_INSTANCE = 0x80, 0x81
VERSION_2C = 1


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    return bytes((tag, 0x82)) + size.to_bytes(2, "big") + content


def _integer(value: int) -> bytes:
    return _tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _identifier(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    octets = bytearray()
    for number in (first * 40 + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        octets += bytes(reversed(digits))
    return _tlv(IDENTIFIER, bytes(octets))


def get_message(request: int, *oids: str, community: bytes = b"public") -> bytes:
    """Give an SNMPv2c GetRequest (RFC 3416 3)."""
    names = b"".join(_tlv(SEQUENCE, _identifier(oid) + _tlv(NULL, b"")) for oid in oids)
    pdu = _tlv(GET, _integer(request) + _integer(0) + _integer(0) + _tlv(SEQUENCE, names))
    return _tlv(SEQUENCE, _integer(VERSION_2C) + _tlv(OCTETS, community) + pdu)


class Answer(NamedTuple):
    """``values`` are tag and content octets."""

    request: int
    error: int
    values: list[tuple[int, bytes]]


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            width = size & 0x7F
            size = int.from_bytes(data[at : at + width], "big")
            at += width
        yield tag, data[at : at + size]
        at += size


def parse(message: bytes) -> Answer:
    """Read a Response."""
    ((_, body),) = _parts(message)
    _, _, (tag, pdu) = _parts(body)
    assert tag == RESPONSE
    (_, request), (_, error), _, (_, names) = _parts(pdu)
    values = [list(_parts(varbind))[1] for _, varbind in _parts(names)]
    return Answer(int.from_bytes(request, "big"), int.from_bytes(error, "big"), values)


@contextmanager
def talking(port: int, timeout: float) -> Iterator[socket.socket]:
    """Give a socket connected to snmpd."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.connect(("127.0.0.1", port))
        sock.settimeout(timeout)
        yield sock


class Probe(AbstractContextManager["Probe"]):
    """Asks for ``oids`` again and again while it is entered, one request at a time.

    ``worst`` is the longest time, in seconds of machine time, until an answer with values came, those that never came
    included; ``good`` counts the answers; ``bad`` says what was wrong with others. It asks from the network
    ``namespace``, if any.
    """

    def __init__(
        self, port: int, *oids: str, every: float = 0.02, timeout: float = 8.0, namespace: Path | None = None
    ) -> None:
        self.good = 0
        self.bad: list[str] = []
        self.worst = 0.0
        self._port = port
        self._oids = oids
        self._every = every
        self._timeout = timeout
        self._namespace = namespace
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(self._timeout + 1)

    def assert_answered(self, worst: float = 0.5) -> None:
        """Fail unless all was answered with values, in time."""
        assert not self.bad, self.bad
        assert self.good
        assert self.worst < worst, f"an answer took {self.worst:.3f} s"

    def _run(self) -> None:
        if self._namespace:
            enter(self._namespace)
        with talking(self._port, self._timeout) as sock:
            for request in count(1):
                passed = MachineTime()
                self._ask(sock, request)
                self.worst = max(self.worst, passed())
                if self._stop.wait(self._every):
                    return

    def _ask(self, sock: socket.socket, request: int) -> None:
        try:
            sock.send(get_message(request, *self._oids))
            answer = parse(sock.recv(65536))
        except OSError as error:
            self.bad.append(f"request {request}: {error}")
            return
        missing = [tag for tag, _ in answer.values if tag in (NO_SUCH_OBJECT, NO_SUCH_INSTANCE)]
        if answer.request != request or answer.error or missing:
            self.bad.append(f"request {request}: {answer}")
        else:
            self.good += 1


def storm(port: int, oid: str, rate: int, seconds: float) -> tuple[int, list[Answer]]:
    """Send ``rate`` requests a second for so long; give how many were sent, and the answers."""
    sent = 0
    answers: list[Answer] = []
    with talking(port, 0.0) as sock:
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < seconds or (len(answers) < sent and elapsed < seconds + 3):
            while sent < min(elapsed, seconds) * rate:
                sent += 1
                sock.send(get_message(sent, oid))
            sock.settimeout(0.001)
            try:
                while True:
                    answers.append(parse(sock.recv(65536)))
                    if time.monotonic() - began - elapsed > 5 / rate:
                        break
            except TimeoutError:
                pass
    return sent, answers
