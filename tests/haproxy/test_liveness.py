"""The witnesses beside the statistics channel, with a real HAProxy and without a privilege."""

import asyncio
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy import liveness
from haproxy_agentx.haproxy.liveness import LOOK, Liveness, is_same
from haproxy_agentx.haproxy.standing import Channel, Life, Ports, SocketQueue
from haproxy_agentx.system import sock_dump
from haproxy_agentx.system.sock_dump import Listening, Unreadable
from tests.support.ports import free_port
from tests.support.real_haproxy import RealHaproxy, ask
from tests.support.unprivileged import unprivileged
from tests.support.wait import soon

SITE = """
frontend site
  bind 127.0.0.1:{port}
  default_backend app
backend app
  server s1 127.0.0.1:9 check inter 300ms
"""


def peer(path: str) -> tuple[int, bytes]:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        pid, _, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return pid, os.fsencode(client.getpeername())


def worker(haproxy: RealHaproxy) -> int:
    (line,) = (line for line in ask(haproxy.plain, "show info").splitlines() if line.startswith("Pid:"))
    return int(line.split(":")[1])


@contextmanager
def held(path: str, number: int) -> Iterator[None]:
    connections = [socket.socket(socket.AF_UNIX) for _ in range(number)]
    try:
        for connection in connections:
            connection.connect(path)
        yield
    finally:
        for connection in connections:
            connection.close()


async def watching(haproxy: RealHaproxy, ended: list[float]) -> Liveness:
    witness = Liveness(lambda: ended.append(time.monotonic()))
    pid, who = worker(haproxy), peer(haproxy.plain)
    with unprivileged():
        witness.take(pid, who, 0.0)
    return witness


@pytest.mark.system
def test_the_end_of_the_process_is_known_at_once(folder):
    async def story(haproxy: RealHaproxy) -> None:
        ended: list[float] = []
        witness = await watching(haproxy, ended)
        try:
            assert not witness.has_ended
            at = time.monotonic()
            haproxy.process.kill()
            await soon(lambda: ended)
            assert ended[0] - at < 1.0  # a millisecond, but on a loaded machine
            assert witness.has_ended
            with unprivileged():
                found = witness.found(Channel.refused, at)
            assert (found.life, found.ports) == (Life.ended, Ports.vanished)
        finally:
            witness.close()

    with RealHaproxy(folder) as haproxy:
        asyncio.run(story(haproxy))


@pytest.mark.parametrize("master", [False, True], ids=["alone", "with a master"])
@pytest.mark.system
def test_a_stopped_process_uses_no_processor_time(folder, master, monkeypatch):
    state_of = liveness.state_of
    monkeypatch.setattr(liveness, "state_of", lambda _: "")  # as ProtectProc=invisible has it

    async def story(haproxy: RealHaproxy) -> None:
        pid = worker(haproxy)
        witness = await watching(haproxy, [])
        try:
            with unprivileged():
                witness.begin(0.0)
                await soon(lambda: witness.found(Channel.silent, 1.0).life is Life.running)  # it checks its server
            os.kill(pid, signal.SIGSTOP)
            await soon(lambda: state_of(pid) == "T")
            with held(haproxy.plain, 1), unprivileged():
                witness.found(Channel.silent, 3.0)  # the signal itself may have cost a little since the last look
                found = witness.found(Channel.silent, 10.0)
                assert (found.life, found.queue) == (Life.still, SocketQueue.waiting)
                assert witness.found(Channel.silent, 3.5).life in (Life.lives, Life.still)
            monkeypatch.undo()
            assert witness.found(Channel.silent, 10.0).life is Life.stopped
        finally:
            os.kill(pid, signal.SIGCONT)
            witness.close()

    with RealHaproxy(folder, master=master, more=SITE.format(port=free_port())) as haproxy:
        asyncio.run(story(haproxy))


@pytest.mark.system
def test_used_up_connections_are_counted(folder):
    async def story(haproxy: RealHaproxy) -> None:
        witness = await watching(haproxy, [])
        try:
            with held(haproxy.plain, 10), unprivileged():
                await soon(lambda: witness.found(Channel.silent, 1.0).queue is SocketQueue.accepted)
                with held(haproxy.plain, 1):
                    assert witness.found(Channel.silent, 1.0).queue is SocketQueue.used_up
        finally:
            witness.close()

    with RealHaproxy(folder) as haproxy:
        asyncio.run(story(haproxy))


@pytest.mark.system
def test_ports_that_stay_until_they_go(folder, monkeypatch):
    """A port that comes and goes while HAProxy lives is another program's."""
    shown: list[int] = []
    monkeypatch.setattr(liveness, "tcp_listening", lambda: [Listening(b"", port, 0) for port in shown])

    async def story(haproxy: RealHaproxy) -> None:
        shown[:] = [80, 443, 40000]
        witness = await watching(haproxy, [])
        try:

            def reading(at: float, *ports: int) -> None:
                shown[:] = ports
                witness.take(worker(haproxy), peer(haproxy.plain), at)

            def found(*ports: int) -> Ports:
                shown[:] = ports
                return witness.found(Channel.absent, 1.0).ports

            assert found(80, 443, 40000, 50000) is Ports.kept
            assert found(443, 40000) is Ports.vanished
            reading(LOOK + 1, 80, 443, 50000)
            assert found(80, 443) is Ports.kept
            assert found(80) is Ports.vanished
            assert found() is Ports.unknown
        finally:
            witness.close()

    with RealHaproxy(folder) as haproxy:
        asyncio.run(story(haproxy))


def test_a_number_of_another_namespace_is_no_witness():
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        assert is_same(os.getpid(), (os.getpid(), b"x"))
        assert not is_same(stranger.pid, (os.getpid(), b"x"))
        assert not is_same(os.getpid(), (0, b"x"))
        assert not is_same(os.getpid(), None)
        assert not is_same(1 << 40, (os.getpid(), b"x"))
        witness = Liveness(lambda: None)

        async def story() -> None:
            witness.take(stranger.pid, (os.getpid(), b"x"), 0.0)
            assert witness.found(Channel.silent, 9.0).life is Life.unknown
            witness.close()

        asyncio.run(story())
    finally:
        stranger.kill()
        stranger.wait()


def test_the_queue_of_a_page_that_nobody_accepts():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        witness = Liveness(lambda: None, port)
        with unprivileged():
            assert witness.found(Channel.page, 1.0).queue is SocketQueue.accepted
            with socket.create_connection(("127.0.0.1", port)):
                assert witness.found(Channel.page, 1.0).queue is SocketQueue.waiting
            assert Liveness(lambda: None).found(Channel.page, 1.0).queue is SocketQueue.unknown


@given(st.binary(max_size=200), st.integers(0, 3))
def test_any_answer_of_the_kernel_is_read_or_refused(answer, number):
    try:
        for body in sock_dump.bodies(answer, number)[0]:
            sock_dump.listening(body)
            sock_dump.unix_socket(body)
    except Unreadable:
        pass
    for parse in (sock_dump.listening, sock_dump.unix_socket):
        try:
            parse(answer)
        except Unreadable:
            continue
