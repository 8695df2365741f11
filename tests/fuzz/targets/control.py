"""What somebody answers at the control socket.

Data: how often the last octets are repeated (two octets) and how many of them (one), then the answer. It raises
NotRunning, whose text is one printable line, or gives the JSON object that was sent.
"""

import json
import os
import queue
import socket
import threading
from contextlib import suppress
from functools import cache

from haproxy_agentx.control import MAX_OCTETS, NotRunning, ask
from tests.fuzz.octets import Octets

SEEDS = {
    "a state": b"\0\0\0"
    + json.dumps({"version": "1", "agentx": {"problem": None}, "sources": [{"age": 1.5}]}).encode(),
    "empty": b"",
    "torn": b'\0\0\0{"version": ',
    "an array": b"\0\0\0[]",
    "a number": b"\0\0\x001",
    "not a number": b'\0\0\0{"age": NaN}',
    "not UTF-8": b"\0\0\0\xff\xfe{}",
    "UTF-16": b"\0\0\0" + "{}".encode("utf-16"),
    "surrogates": b'\0\0\0{"a": "\\ud800"}',
    "thousands of digits": b'\x27\x10\1{"a": 1',
    "blanks": b"\x40\0\1{} ",
    "longer than allowed": b"\xff\xff\x20" + b" " * 32,
}


class Server:
    """Answers each who connects with what it was given last, in a thread."""

    def __init__(self) -> None:
        self.path = f"\0haproxy-agentx-fuzz-{os.getpid()}"  # an abstract name: no file is left behind
        self.answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self.path)
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            peer, _ = self._socket.accept()
            with peer, suppress(OSError):
                peer.sendall(self.answers.get())


@cache
def server() -> Server:
    """Give the server of this process, started when first needed."""
    return Server()


def answer_of(data: bytes) -> bytes:
    octets = Octets(data)
    times, count, answer = octets.number(2), octets.number(), octets.rest()
    return answer + answer[-count:] * times if count else answer


def target(data: bytes) -> None:
    answer = answer_of(data)
    server().answers.put(answer)
    try:
        found = ask(server().path)
    except NotRunning as error:
        assert str(error).isascii()
        assert len(str(error).splitlines()) == 1
        return
    assert isinstance(found, dict)
    assert len(answer) <= MAX_OCTETS
    assert json.dumps(found) == json.dumps(json.loads(answer))
