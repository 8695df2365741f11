"""One owner for a descriptor: peers that are gone at once, thousands of times, on both loops.

A descriptor that is closed twice is another's the second time. So between two connections others are opened, the
bystanders, and looked at afterwards.
"""

import asyncio
import errno
import os
import socket
import tempfile
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

from haproxy_agentx.agentx.connection import Connection, Pace
from haproxy_agentx.agentx.events import Closed, Settings
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.control.socket import Control
from haproxy_agentx.haproxy.http import HttpClient
from haproxy_agentx.haproxy.socket import SocketClient
from haproxy_agentx.system.descriptors import ReadEvents, connect_unix
from haproxy_agentx.vocabulary.source import SourceError
from tests.support.hasty_peer import MANNERS, HastyPeer, closes
from tests.support.sources import LOOPS
from tests.support.wait import eventually, soon

TIMES = 1000
SETTINGS = Settings(identity=b"", description="test", subtrees=(), timeout=5.0)

both_loops = pytest.mark.parametrize("loop", LOOPS)
every_manner = pytest.mark.parametrize("manner", MANNERS)


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="hax") as name:
        yield Path(name)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class Bystanders:
    """Others' descriptors, which take the numbers that have become free."""

    def __init__(self) -> None:
        self._open: deque[tuple[int, int]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._look()

    def come_and_go(self) -> None:
        read, write = os.pipe()
        os.close(write)
        self._open.append((read, os.fstat(read).st_ino))
        if len(self._open) > 4:
            self._look()

    def _look(self) -> None:
        descriptor, number = self._open.popleft()
        assert os.fstat(descriptor).st_ino == number, "somebody else has closed it"
        os.close(descriptor)


def run_on(loop, main):
    """Run on a new loop of that kind. Fail for what reaches the loop's exception handler, and for what is left open."""
    problems: list[object] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
        await main

    with asyncio.Runner(loop_factory=LOOPS[loop]) as first:  # libuv keeps some of its first loop
        first.run(asyncio.sleep(0))
    before = descriptors()
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(watched())
    assert not problems
    eventually(lambda: descriptors() <= before, 10)


@both_loops
@every_manner
def test_haproxys_socket(loop, manner, folder):
    path = folder / "haproxy.sock"

    async def exchanges() -> None:
        client = SocketClient(str(path), 5.0, 1 << 20)
        with Bystanders() as bystanders:
            for _ in range(TIMES):
                with suppress(SourceError):
                    await client.exchange(b"show stat", lambda _: None)
                bystanders.come_and_go()

    with HastyPeer(MANNERS[manner], path) as peer:
        run_on(loop, exchanges())
        assert peer.accepted == TIMES


@both_loops
@every_manner
@pytest.mark.parametrize("family", ["unix", "tcp"])
def test_the_agentx_master(loop, manner, family, folder):
    path = folder / "master" if family == "unix" else None

    async def sessions(peer: HastyPeer) -> None:
        ended = 0
        with Bystanders() as bystanders:

            def take(event: object) -> None:
                nonlocal ended
                ended += isinstance(event, Closed)
                bystanders.come_and_go()

            address = str(path) if path is not None else f"tcp:127.0.0.1:{peer.port}"
            connection = Connection(address, SETTINGS, Responder(), take, pace=Pace(0.0, 0.0, 0.0))
            task = asyncio.create_task(connection.run())
            await soon(lambda: ended >= TIMES or task.done(), 60)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    with HastyPeer(MANNERS[manner], path) as peer:
        run_on(loop, sessions(peer))
        assert peer.accepted >= TIMES


@both_loops
@every_manner
def test_the_statistics_page(loop, manner):
    async def fetches(port: int) -> None:
        client = HttpClient(f"http://127.0.0.1:{port}/stats", 5.0, 1 << 20)
        with Bystanders() as bystanders:
            for _ in range(TIMES // 4):  # a thread each
                with suppress(SourceError):
                    await client.fetch_stat(lambda _: None)
                bystanders.come_and_go()

    with HastyPeer(MANNERS[manner]) as peer:
        run_on(loop, fetches(peer.port))
        assert peer.accepted == TIMES // 4


@both_loops
@pytest.mark.parametrize("says", [b"", b"{", b"{}\n"])
def test_clients_of_the_control_socket(loop, says, folder):
    path = folder / "control.sock"

    def knock() -> None:
        for _ in range(TIMES):
            with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
                client.connect(str(path))
                client.send(says)

    async def serve() -> None:
        control = Control(str(path), dict)
        await control.start()
        thread = threading.Thread(target=knock)
        thread.start()
        with Bystanders() as bystanders:
            while thread.is_alive():
                bystanders.come_and_go()
                await asyncio.sleep(0.001)
        await control.stop()
        await soon(lambda: len(asyncio.all_tasks()) == 1)

    run_on(loop, serve())


@both_loops
def test_connecting_to_a_path_that_no_socket_can_have(loop, folder):
    async def connect() -> None:
        with pytest.raises(OSError, match="too long") as raised:
            await connect_unix(str(folder / ("x" * 120)), asyncio.Protocol())
        assert raised.value.errno == errno.ENAMETOOLONG

    run_on(loop, connect())


@both_loops
def test_cancelled_at_any_turn_of_the_loop(loop, folder):
    path = folder / "haproxy.sock"

    async def cancel() -> None:
        for turns in range(200):
            task = asyncio.create_task(SocketClient(str(path), 5, 1 << 20).exchange(b"show stat", lambda _: None))
            for _ in range(turns % 12):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError, SourceError):
                await task

    with HastyPeer(closes, path):
        run_on(loop, cancel())


# An error of a descriptor is no end of its events


def refusing_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@both_loops
def test_events_go_on_after_an_error_of_the_socket(loop):
    """ECONNREFUSED of a UDP socket is EPOLLERR, for which libuv stops watching a descriptor."""

    async def refused() -> None:
        errors: list[int | None] = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
            sock.connect(("127.0.0.1", refusing_port()))

            def read() -> None:
                try:
                    sock.recv(100)
                except BlockingIOError:
                    pass
                except OSError as error:
                    errors.append(error.errno)

            events = ReadEvents(sock.fileno(), read, lambda _: None)
            for times in range(1, 4):
                sock.send(b"x")
                await soon(lambda times=times: len(errors) >= times)
            events.stop()
            events.stop()
        assert set(errors) == {errno.ECONNREFUSED}

    run_on(loop, refused())


@both_loops
def test_what_the_callback_raises_goes_to_its_owner_and_ends_the_events(loop):
    async def fails() -> None:
        read, write = os.pipe()
        failures: list[Exception] = []
        calls = 0

        def fail() -> None:
            nonlocal calls
            calls += 1
            raise OSError(errno.EIO, "broken")

        ReadEvents(read, fail, failures.append)
        os.write(write, b"x")
        await soon(lambda: failures)
        for _ in range(5):
            await asyncio.sleep(0)
        assert calls == 1
        os.close(read)
        os.close(write)

    run_on(loop, fails())
