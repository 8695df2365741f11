"""An exchange in a thread: pulled step by step, and cut at any time."""

import asyncio
import socket
import threading

import pytest

from haproxy_agentx.haproxy.blocking import HeldConnection, Pulled
from tests.support.sources import LOOPS
from tests.support.wait import HANG, eventually

NAME = "pulled-by-a-test"


def run_on(loop, main):
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(main)


def is_gone() -> bool:
    return not any(thread.name == NAME for thread in threading.enumerate())


@pytest.mark.parametrize("loop", LOOPS)
def test_items_are_made_one_at_a_time_in_the_thread(loop):
    made = []

    def numbers():
        for number in range(1, 4):
            made.append((number, threading.current_thread().name))
            yield number

    async def go():
        pulled = Pulled(numbers(), NAME)
        for number in range(1, 4):
            assert [one for one, _ in made] == list(range(1, number)), "none is made before it is asked for"
            assert await pulled.next() == number
        assert (await pulled.next(), pulled.count) == (None, 3)
        assert not pulled.ended
        pulled.end()
        await asyncio.wait_for(pulled.gone(), HANG)
        assert pulled.ended

    run_on(loop, go())
    assert {name for _, name in made} == {NAME}
    eventually(is_gone, 5)


@pytest.mark.parametrize("loop", LOOPS)
def test_what_the_generator_raises_is_raised_where_it_is_asked(loop):
    def fails():
        yield 1
        raise LookupError("it")

    async def go():
        pulled = Pulled(fails(), NAME)
        assert await pulled.next() == 1
        with pytest.raises(LookupError, match="it"):
            await pulled.next()
        assert await pulled.next() is None
        pulled.end()

    run_on(loop, go())
    eventually(is_gone, 5)


@pytest.mark.parametrize("asked", [0, 1])
def test_the_generator_is_closed_in_the_thread_at_the_end(asked):
    closed = []

    def endless():
        try:
            while True:
                yield 1
        finally:
            closed.append(threading.current_thread().name)

    async def go():
        pulled = Pulled(endless(), NAME)
        for _ in range(asked):
            await pulled.next()
        pulled.end()
        await asyncio.wait_for(pulled.gone(), HANG)
        assert pulled.ended

    asyncio.run(go())
    assert closed == [NAME] * asked


def test_a_caller_that_has_stopped_waiting_gets_nothing_and_the_thread_goes_on():
    begun, release = threading.Event(), threading.Event()

    def slow():
        begun.set()
        release.wait(10)
        yield 1
        yield 2

    async def go():
        pulled = Pulled(slow(), NAME)
        waiting = asyncio.ensure_future(pulled.next())
        await asyncio.to_thread(begun.wait, 10)
        waiting.cancel()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pulled.gone(), 0.01)
        release.set()
        assert await pulled.next() == 2
        pulled.end()
        await asyncio.wait_for(pulled.gone(), HANG)
        assert pulled.ended

    asyncio.run(go())


def test_a_loop_that_is_closed_meanwhile_does_not_keep_the_thread():
    release = threading.Event()

    def slow():
        release.wait(10)
        yield 1

    async def go():
        pulled = Pulled(slow(), NAME)
        asking = asyncio.ensure_future(pulled.next())
        await asyncio.sleep(0)
        asking.cancel()
        pulled.end()

    asyncio.run(go())
    release.set()
    eventually(is_gone, 5)


def test_a_read_that_blocks_ends_when_the_connection_is_cut_and_the_peer_gets_a_reset():
    connection, got = HeldConnection(), []
    with socket.create_server(("127.0.0.1", 0)) as server:
        reading = socket.create_connection(server.getsockname())
        with server.accept()[0] as peer, reading:
            connection.hold(reading)
            thread = threading.Thread(target=lambda: got.append(reading.recv(1)))
            thread.start()
            connection.cut()
            thread.join(HANG)
            assert got == [b""]
            assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
            reading.close()
            eventually(lambda: peer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0, 5)


def test_a_connection_that_comes_after_the_cut_is_refused():
    connection = HeldConnection()
    connection.cut()
    with socket.socket() as late, pytest.raises(ConnectionAbortedError):
        connection.hold(late)


def test_a_closed_connection_can_be_cut():
    connection = HeldConnection()
    with socket.socket() as closed:
        connection.hold(closed)
    connection.cut()
