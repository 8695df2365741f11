"""The control socket: its requests, its limits, and who may use it (X3)."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.control import socket as control
from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.control.request import (
    DEFAULT_EVENTS,
    MAX_EVENTS,
    MAX_OCTETS,
    MAX_REQUEST,
    BadRequest,
    Page,
    Snapshot,
    page,
    parse,
)
from haproxy_agentx.control.socket import MAX_CLIENTS, MAX_OF_USER, Control, Handler
from tests.support.wait import HANG, soon

STATE: Snapshot = {"version": "1"}


def serve(
    tmp_path: Path,
    client: Callable[[str], Awaitable[object]],
    handlers: Mapping[str, Handler] | None = None,
    state: Snapshot = STATE,
) -> object:
    """Run a client beside a Control; the client is given the path."""

    async def both() -> object:
        path = str(tmp_path / "control.sock")
        served = Control(path, lambda: state, handlers or {})
        await served.start()
        try:
            async with asyncio.timeout(HANG):
                return await client(path)
        finally:
            await served.stop()

    return asyncio.run(both())


def exchange(tmp_path: Path, octets: bytes, handlers: Mapping[str, Handler] | None = None) -> object:
    """Send octets, half-close and give the JSON that is answered."""

    async def client(path: str) -> object:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(octets)
        writer.write_eof()
        answer = json.loads(await reader.read())
        writer.close()
        return answer

    return serve(tmp_path, client, handlers)


async def echo(request: Mapping[str, object]) -> Snapshot:
    return {"echo": dict(request)}


@pytest.mark.parametrize("octets", [b"", b"\n", b"  \n", b"{}", b"{}\n", b"{}\nmore", b'{"other": 1}'])
def test_nothing_asks_for_the_state(tmp_path, octets):
    assert exchange(tmp_path, octets) == STATE


def test_who_only_listens_is_given_the_state(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "REQUEST_TIMEOUT", 0.05)

    async def client(path: str) -> object:
        reader, writer = await asyncio.open_unix_connection(path)
        answer = json.loads(await reader.read())
        writer.close()
        return answer

    assert serve(tmp_path, client) == STATE


def test_a_command_is_for_its_handler(tmp_path):
    request = {"command": "echo", "since": 5}
    assert exchange(tmp_path, json.dumps(request).encode() + b"\n", {"echo": echo}) == {"echo": request}


def test_ask_sends_a_command(tmp_path):
    async def client(path: str) -> object:
        return await asyncio.to_thread(ask, path, {"command": "echo"})

    assert serve(tmp_path, client, {"echo": echo}) == {"echo": {"command": "echo"}}


def test_ask_asks_for_the_state(tmp_path):
    async def client(path: str) -> object:
        return await asyncio.to_thread(ask, path)

    assert serve(tmp_path, client) == STATE


def test_a_request_in_pieces_is_one(tmp_path):
    async def client(path: str) -> object:
        reader, writer = await asyncio.open_unix_connection(path)
        for octet in b'{"command": "echo"}\n':
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)  # let the other side have its turn
        answer = json.loads(await reader.read())
        writer.close()
        return answer

    assert serve(tmp_path, client, {"echo": echo}) == {"echo": {"command": "echo"}}


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"{", "not a line of JSON"),
        (b"hello", "not a line of JSON"),
        (b"\xff\xfe", "not a line of JSON"),
        (b'{"since": NaN}', "not a line of JSON"),
        (b"[" * 4000, "not a line of JSON"),
        (b'{"command": "echo"', "not a line of JSON"),
        (b"[]", "not a JSON object"),
        (b"1", "not a JSON object"),
        (b'{"command": 5}', "not a text"),
        (b'{"command": null}', "not a text"),
        (b'{"command": "\\ud800"}', "no such command; it has: echo"),
        (b'{"command": "reboot"}', "no such command; it has: echo"),
        (b"x" * (MAX_REQUEST + 1), "longer than 4096 octets"),
        (b"x" * 100_000, "longer than 4096 octets"),
    ],
)
def test_what_is_no_request_is_answered_with_a_problem(tmp_path, octets, what):
    answer = exchange(tmp_path, octets, {"echo": echo})
    assert list(answer) == ["problem"]
    assert what in answer["problem"]


def test_a_request_may_have_4096_octets(tmp_path):
    octets = json.dumps({"command": "echo", "a": ""}).encode()
    octets = octets[:-2] + b"a" * (MAX_REQUEST - len(octets)) + octets[-2:]
    assert len(octets) == MAX_REQUEST
    assert "echo" in exchange(tmp_path, octets + b"\n", {"echo": echo})


def test_a_handler_may_refuse(tmp_path):
    async def refuse(_request: object) -> Snapshot:
        raise BadRequest("not so")

    assert exchange(tmp_path, b'{"command": "refuse"}', {"refuse": refuse}) == {"problem": "not so"}


def test_a_command_that_does_not_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "HANDLER_TIMEOUT", 0.05)

    async def hang(_request: object) -> Snapshot:
        await asyncio.Event().wait()
        return {}

    answer = exchange(tmp_path, b'{"command": "hang"}', {"hang": hang})
    assert "not done within" in answer["problem"]


def test_an_answer_that_nobody_would_read_is_not_sent(tmp_path):
    async def long(_request: object) -> Snapshot:
        return {"text": "a" * MAX_OCTETS}

    answer = exchange(tmp_path, b'{"command": "long"}', {"long": long})
    assert "longer than" in answer["problem"]


def test_those_beyond_the_limit_are_turned_away_and_the_others_served(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "_uid_of", lambda _writer: 0)
    gate = asyncio.Event()

    async def wait(_request: object) -> Snapshot:
        await gate.wait()
        return STATE

    async def client(path: str) -> object:
        held = [await asyncio.open_unix_connection(path) for _ in range(MAX_CLIENTS)]
        for _, writer in held:
            writer.write(b'{"command": "wait"}\n')
        with pytest.raises(NotRunning, match=r"connection was closed.*try again"):
            await asyncio.to_thread(ask, path)
        gate.set()
        answers = [json.loads(await reader.read()) for reader, _ in held]
        for _, writer in held:
            writer.close()
        assert answers == [STATE] * MAX_CLIENTS
        return await asyncio.to_thread(ask, path)

    assert serve(tmp_path, client, {"wait": wait}) == STATE


def test_a_user_of_the_group_cannot_shut_root_out(tmp_path, monkeypatch):
    """Sixteen connections that send nothing were all there are."""
    uids = iter([*[1000] * (MAX_OF_USER + 1), *[1001] * MAX_OF_USER, 1002, 0])
    monkeypatch.setattr(control, "_uid_of", lambda _writer: next(uids))

    async def client(path: str) -> object:
        async def is_turned_away() -> bool:
            """Send nothing; who is served is given the state after a second."""
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                return not await reader.read()
            except ConnectionResetError:
                return True
            finally:
                writer.close()

        clients = [asyncio.create_task(is_turned_away()) for _ in range(2 * MAX_OF_USER + 2)]
        await soon(lambda: sum(client.done() for client in clients) >= 2)
        answer = await asyncio.to_thread(ask, path)
        assert await asyncio.gather(*clients) == [*[False] * MAX_OF_USER, True, *[False] * MAX_OF_USER, True]
        return answer

    assert serve(tmp_path, client) == STATE


def test_the_peer_of_a_connection_is_known_on_both_loops(tmp_path):
    async def go(path: str) -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.set_result(control._uid_of(writer))
            writer.close()

        server = await asyncio.start_unix_server(take, path)
        _, writer = await asyncio.open_unix_connection(path)
        uid = await seen
        writer.close()
        server.close()
        return uid

    for number, run in enumerate((asyncio.run, uvloop.run)):
        assert run(go(str(tmp_path / str(number)))) == os.getuid()


def test_who_goes_away_without_reading_is_no_matter(tmp_path):
    async def client(path: str) -> object:
        for _ in range(2 * MAX_CLIENTS):
            with closing(socket.socket(socket.AF_UNIX)) as sock:
                sock.connect(path)
                sock.sendall(b"{}\n")
            await asyncio.sleep(0)
        for _ in range(100):
            try:
                return await asyncio.to_thread(ask, path)
            except NotRunning:  # those before may not all be forgotten yet
                await asyncio.sleep(0.01)
        return None

    assert serve(tmp_path, client, state={"text": "a" * 500_000}) == {"text": "a" * 500_000}


def test_an_end_in_the_middle_of_a_command_is_no_failure(tmp_path, caplog):
    begun = asyncio.Event()

    async def hang(_request: object) -> Snapshot:
        begun.set()
        await asyncio.Event().wait()
        return {}

    with socket.socket(socket.AF_UNIX) as sock:

        async def client(path: str) -> object:
            sock.connect(path)
            sock.sendall(b'{"command": "hang"}\n')
            await begun.wait()
            return STATE

        assert serve(tmp_path, client, {"hang": hang}) == STATE
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_x3_only_user_and_group_may_use_it(tmp_path):
    path = tmp_path / "control.sock"

    async def client(_path: str) -> int:
        return stat.S_IMODE((await asyncio.to_thread(path.stat)).st_mode)

    assert serve(tmp_path, client) == 0o660
    assert not path.exists()


def test_nobody_there(tmp_path):
    with pytest.raises(NotRunning, match="is not running here"):
        ask(str(tmp_path / "control.sock"), {"command": "events"})


# The requests


def test_the_page_of_events_has_defaults():
    assert page({}) == Page(None, DEFAULT_EVENTS)
    assert page({"since": None}) == Page(None, DEFAULT_EVENTS)
    assert page({"since": 0, "limit": MAX_EVENTS}) == Page(0, MAX_EVENTS)


@pytest.mark.parametrize(
    "request_",
    [
        {"since": -1},
        {"since": 2**31},
        {"since": "1"},
        {"since": 1.0},
        {"since": True},
        {"since": []},
        {"limit": 0},
        {"limit": MAX_EVENTS + 1},
        {"limit": None},
        {"limit": "5"},
        {"limit": False},
    ],
)
def test_the_page_of_events_is_bounded(request_):
    with pytest.raises(BadRequest, match="not a whole number from"):
        page(request_)


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps({"command": text}).encode()))
def test_any_line_is_a_request_or_a_bad_one(line):
    try:
        request = parse(line)
        wanted = page(request)
    except BadRequest:
        return
    assert isinstance(request.get("command", ""), str)
    assert 1 <= wanted.limit <= MAX_EVENTS
