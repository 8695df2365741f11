"""What somebody answers at the control socket, and what somebody asks there.

Data: how often the last octets are repeated (two octets) and how many of them (one), then the answer. It raises
NotRunning, whose text is one printable line, or gives the JSON object that was sent. The same octets as a request,
whole and in two pieces, are answered with the state, with a page of events within its bounds, or with a problem.
"""

import asyncio
import json
import os
import queue
import socket
import threading
from contextlib import suppress
from functools import cache

from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.control.request import MAX_EVENTS, MAX_OCTETS, MAX_REQUEST, MAX_SEQUENCE, Request, Snapshot, page
from haproxy_agentx.control.socket import Control
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
    "events": b'\0\0\0{"command": "events", "since": 17, "limit": 250}\n',
    "the last events": b'\0\0\0{"command": "events", "since": null}\nmore',
    "no such events": b'\0\0\0{"command": "events", "since": -1, "limit": true}',
    "very many events": b'\0\0\0{"command": "events", "limit": 1e9}',
    "a number of digits": b'\0\xff\1{"command": "events", "since": 1',
    "no such command": b'\0\0\0{"command": "\\u001b[31m"}\n',
    "a command of another type": b'\0\0\0{"command": ["events"]}\n',
    "deep": b"\x07\xff\1[",
    "deeper than allowed": b"\x1f\xff\1[",
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


STATE: Snapshot = {"version": "1"}


class Asked:
    """Takes requests as the daemon does, on a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._control = Control("", lambda: STATE, {"events": self._events})

    @staticmethod
    async def _events(request: Request) -> Snapshot:
        wanted = page(request)
        return {"since": wanted.since, "limit": wanted.limit}

    def answer(self, *pieces: bytes) -> Snapshot:
        return self._loop.run_until_complete(self._answer(pieces))

    async def _answer(self, pieces: tuple[bytes, ...]) -> Snapshot:
        reader = asyncio.StreamReader(MAX_REQUEST)
        answer = asyncio.ensure_future(self._control._answer(reader))
        for piece in pieces:
            reader.feed_data(piece)
            await asyncio.sleep(0)
        reader.feed_eof()
        return await answer


@cache
def asked() -> Asked:
    """Give the one of this process, started when first needed."""
    return Asked()


def answer_of(data: bytes) -> bytes:
    octets = Octets(data)
    times, count, answer = octets.number(2), octets.number(), octets.rest()
    return answer + answer[-count:] * times if count else answer


def target(data: bytes) -> None:
    answer = answer_of(data)
    check_request(answer)
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


def check_request(request: bytes) -> None:
    found = asked().answer(request)
    if len(request) <= 2 * MAX_REQUEST:
        assert asked().answer(request[: len(request) // 2], request[len(request) // 2 :]) == found
    if found == STATE:
        return
    if "problem" in found:
        assert list(found) == ["problem"]
        assert str(found["problem"]).isascii()
        assert str(found["problem"]).isprintable()
        return
    assert found["since"] is None or 0 <= found["since"] <= MAX_SEQUENCE
    assert 1 <= found["limit"] <= MAX_EVENTS
