"""The client of the statistics socket, against a scripted HAProxy: faults F1-F4, F7, F11 of this layer."""

import asyncio
import contextlib
import os
import resource
import socket
import time
from pathlib import Path

import pytest

from haproxy_agentx.haproxy.socket import SLICE, SocketClient
from haproxy_agentx.vocabulary.source import (
    Absent,
    Denied,
    Gone,
    Invalid,
    LevelTooLow,
    OverLimit,
    Refused,
    SourceError,
    SourceState,
    UnknownCommand,
    Unresponsive,
)
from tests.support import fake_haproxy as fake
from tests.support.fake_haproxy import FakeSocket
from tests.support.unprivileged import unprivileged
from tests.support.wait import Stopwatch, eventually

STAT = b"# pxname,svname,\n" + b"be,web1,\n" * 20_000 + b"\n"
LIMIT = 1 << 20


def read(path, command=b"show stat", timeout=5.0, max_bytes=LIMIT, take=None):
    """Exchange and give the slices."""
    slices: list[bytes] = []
    asyncio.run(SocketClient(str(path), timeout, max_bytes).exchange(command, take or slices.append))
    return slices


def failure(path, kind, **named) -> str:
    """Exchange, and give the text of the SourceError of exactly this kind."""
    with pytest.raises(SourceError) as raised:
        read(path, **named)
    assert type(raised.value) is kind, raised.value
    text = str(raised.value)
    assert text.isprintable()
    assert str(path) in text
    return text


@pytest.fixture
def path(folder) -> Path:
    return folder / "haproxy.sock"


def open_descriptors() -> set[int]:
    """Give the descriptors of this process, without the one that looks."""
    return {int(entry.name) for entry in list(Path("/proc/self/fd").iterdir()) if entry.is_symlink()}


def descriptors() -> int:
    return len(open_descriptors())


def test_an_answer_comes_whole_in_slices(path):
    with FakeSocket(path, fake.answers({b"show stat": STAT})) as server:
        slices = read(path)
    assert b"".join(slices) == STAT
    assert max(map(len, slices)) <= SLICE
    assert len(slices) >= len(STAT) // SLICE
    assert server.asked == [b"show stat"]


def test_one_byte_at_a_time_is_the_same_answer(path):
    with FakeSocket(path, fake.drips(b"Name: HAProxy\n\n", 0.001)):
        assert b"".join(read(path, b"show info")) == b"Name: HAProxy\n\n"


def test_the_client_half_closes_for_the_master_cli(path):
    def script(connection, _):
        assert connection.raw.recv(1) == b""
        connection.send(b"half-closed\n\n")

    with FakeSocket(path, script):
        assert read(path) == [b"half-closed\n\n"]


def test_the_loop_serves_others_between_slices(path):
    """Somebody who wants the loop at each turn gets it about as often as there are slices."""

    async def both() -> tuple[int, int]:
        slices = turns = 0

        def take(_: bytes) -> None:
            nonlocal slices
            slices += 1

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await SocketClient(str(path), 10, 1 << 30).exchange(b"show stat", take)
        task.cancel()
        return slices, turns

    with FakeSocket(path, fake.floods(10_000_000)):
        slices, turns = asyncio.run(both())
    assert slices > 100
    assert turns >= slices


# F1: three failures that look alike, each with its state and its remedy


def test_f1_absent(path):
    text = failure(path, Absent)
    assert "HAProxy is not running" in text
    assert f"stats socket {path} mode 660 group haproxy-agentx level user" in text


def test_f1_absent_below_a_file(folder):
    (folder / "file").touch()
    failure(folder / "file" / "haproxy.sock", Absent)


def test_f1_refused_by_a_stale_socket(path):
    server = FakeSocket(path, fake.closes)
    with contextlib.closing(server._listener):
        pass
    assert "HAProxy is not running" in failure(path, Gone)


def test_f1_denied_by_the_socket(path):
    with FakeSocket(path, fake.closes):
        path.chmod(0)
        with unprivileged():
            text = failure(path, Denied)
    assert "mode 0000" in text
    assert f"stats socket {path.parent}/ro.sock mode 660 group haproxy-agentx level user" in text


def test_f1_denied_by_a_directory(folder):
    inner = folder / "inner"
    inner.mkdir()
    with FakeSocket(inner / "haproxy.sock", fake.closes):
        inner.chmod(0)
        try:
            with unprivileged():
                text = failure(inner / "haproxy.sock", Denied)
        finally:
            inner.chmod(0o755)
    assert f"enter {inner}" in text
    assert "mode 0000" in text


def test_f1_a_file_a_directory_and_a_datagram_socket_are_no_statistics_sockets(folder):
    (folder / "file").touch()
    assert "is a file" in failure(folder / "file", Absent)
    assert "is a directory" in failure(folder, Absent)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(folder / "log"))
        assert "datagram" in failure(folder / "log", Refused)


def test_f1_a_path_that_no_socket_can_have(folder):
    assert "at most 107" in failure(folder / ("x" * 108), Absent)


def test_each_failure_has_its_state():
    assert [kind.state for kind in (Absent, Refused, Denied, Unresponsive, Invalid)] == [
        SourceState.absent,
        SourceState.refused,
        SourceState.denied,
        SourceState.stale,
        SourceState.stale,
    ]


def test_an_error_is_one_line_whatever_is_in_it():
    text = str(Invalid("a\nb\x1b[31mc\u2028d" + "x" * 10_000))
    assert text.startswith("a?b?[31mc?d")
    assert text.isprintable()
    assert len(text) <= 600


# F2


def test_f2_accepts_and_never_writes(path):
    before = descriptors()
    started = time.monotonic()
    with FakeSocket(path, fake.never_writes), Stopwatch() as took:
        assert "answers nothing within 0.2 s" in failure(path, Unresponsive, timeout=0.2)
    assert time.monotonic() - started > 0.19
    assert took.seconds < 2
    eventually(lambda: descriptors() <= before, 5)


def test_f2_accepts_nothing_as_its_queue_is_full(path):
    # EAGAIN on a Unix socket: asyncio alone would take it for a connection under way
    with fake.full_queue(path):
        assert "queue is full" in failure(path, Unresponsive, timeout=2)


# F3: a transfer that makes progress is slow and not silent, and has an end all the same


def test_f3_one_byte_per_interval(path):
    with FakeSocket(path, fake.drips(STAT, 0.05)), Stopwatch() as took:
        text = failure(path, Invalid, timeout=0.3)
    assert "is not whole within 0.9 s" in text
    assert "frozen" not in text
    assert took.seconds < 4


def test_f3_stops_in_the_middle(path):
    with FakeSocket(path, fake.stalls_after(STAT[:5000])):
        assert "stopped after 5000 bytes" in failure(path, Unresponsive, timeout=0.2)


def test_silence_names_all_of_its_causes(path):
    with FakeSocket(path, fake.never_writes):
        text = failure(path, Unresponsive, timeout=0.1)
    assert all(cause in text for cause in ("frozen", "overloaded", "stats maxconn"))


# F4: that it is torn is for the parser to see; an answer of nothing, and a broken connection, are seen here


def test_f4_eof_inside_a_line_hands_over_what_came(path):
    with FakeSocket(path, fake.sends(STAT[:1005])):
        assert b"".join(read(path)) == STAT[:1005]


def test_f4_eof_at_once(path):
    with FakeSocket(path, fake.closes):
        assert "closed without an answer" in failure(path, Invalid)


def test_f4_the_connection_breaks(path):
    # a Unix socket that is closed with unread data resets its peer
    async def one() -> None:
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        client = asyncio.create_task(SocketClient(str(path), 5, LIMIT).exchange(b"show stat", lambda _: came.set()))
        connection, _ = await loop.sock_accept(listener)
        connection.send(b"# pxname")
        await came.wait()
        connection.close()
        await client

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
        with pytest.raises(Invalid, match="broke off after 8 bytes"):
            asyncio.run(one())


# F7


def test_f7_200_mb_stop_at_the_limit_and_others_are_served_meanwhile(path):
    async def flood() -> tuple[int, float]:
        taken, longest = 0, 0.0

        def take(piece: bytes) -> None:
            nonlocal taken
            taken += len(piece)

        async def other() -> None:
            nonlocal longest
            while True:
                before = time.thread_time()
                await asyncio.sleep(0)
                longest = max(longest, time.thread_time() - before)

        task = asyncio.create_task(other())
        with pytest.raises(Invalid, match="over the limit of 20000000 bytes"):
            await SocketClient(str(path), 10, 20_000_000).exchange(b"show stat", take)
        task.cancel()
        return taken, longest

    with FakeSocket(path, fake.floods(200_000_000)) as server:
        taken, longest = asyncio.run(flood())
        assert server.wait_closed()
    assert 20_000_000 - SLICE <= taken <= 20_000_000
    assert longest < 0.25


def test_f7_an_answer_of_just_the_limit_is_taken(path):
    with FakeSocket(path, fake.sends(STAT)):
        assert b"".join(read(path, max_bytes=len(STAT))) == STAT
        failure(path, OverLimit, max_bytes=len(STAT) - 1)


# Answers that are refusals


@pytest.mark.parametrize("interval", [0, 0.002])
def test_permission_denied_is_told_and_not_handed_over(path, samples, interval):
    refusal = (samples / "15-user-level_denied.txt").read_bytes()
    taken: list[bytes] = []
    with FakeSocket(path, fake.drips(refusal, interval) if interval else fake.sends(refusal)):
        assert "level user" in failure(path, LevelTooLow, take=taken.append)
    assert taken == []


def test_unknown_command_is_told_and_not_handed_over(path, samples):
    taken: list[bytes] = []
    with FakeSocket(path, fake.sends((samples / "15-unknown-command.txt").read_bytes())):
        assert "does not know 'show stat'" in failure(path, UnknownCommand, take=taken.append)
    assert taken == []


@pytest.mark.parametrize("beginning", [b"Perm", b"Unknown", b"P", b"Permission granted\n", b"Umbrella"])
def test_what_only_begins_like_a_refusal_is_handed_over(path, beginning):
    with FakeSocket(path, fake.sends(beginning)):
        assert b"".join(read(path)) == beginning


# F11


@pytest.mark.parametrize(
    "command",
    [
        b"disable server be/web1",
        b"set server be/web1 state maint",
        b"show stat;disable server be/web1",
        b"show stat\ndisable server be/web1",
        b"show stat\n",
        b" show stat",
        b"show  stat",
        b"SHOW stat",
        b"show",
        b"show stat <<",
        b"@1 show stat",
        b"",
    ],
)
def test_f11_only_show_commands_are_ever_sent(path, command):
    with FakeSocket(path, fake.closes) as server:
        with pytest.raises(ValueError, match="only shows"):
            read(path, command)
        assert server.asked == []


@pytest.mark.parametrize("command", [b"show stat", b"show info", b"show servers state", b"show stat -1 4 -1"])
def test_f11_show_commands_are_sent_as_they_are(path, command):
    with FakeSocket(path, fake.sends(b"x\n\n")) as server:
        read(path, command)
    assert server.asked == [command]


# The connection is always closed


class Enough(Exception):  # noqa: N818
    pass


def test_what_take_raises_ends_the_exchange(path):
    def take(_: bytes) -> None:
        raise Enough

    with FakeSocket(path, fake.floods(50_000_000)) as server:
        with pytest.raises(Enough):
            read(path, take=take, max_bytes=1 << 30)
        assert server.wait_closed()


def test_a_timeout_error_of_takes_own_is_not_ours(path):
    def take(_: bytes) -> None:
        raise TimeoutError("own")

    with FakeSocket(path, fake.sends(STAT)), pytest.raises(TimeoutError, match="own"):
        read(path, take=take)


def test_cancelled(path):
    before = descriptors()

    async def one() -> None:
        started = asyncio.Event()
        client = SocketClient(str(path), 30, LIMIT)
        task = asyncio.create_task(client.exchange(b"show stat", lambda _: started.set()))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with FakeSocket(path, fake.stalls_after(b"# px")):
        asyncio.run(one())
    eventually(lambda: descriptors() <= before, 5)


def test_cancelled_before_it_has_begun(path):
    before = descriptors()

    async def one() -> None:
        for turns in range(6):
            task = asyncio.create_task(SocketClient(str(path), 30, LIMIT).exchange(b"show stat", print))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with FakeSocket(path, fake.never_writes):
        asyncio.run(one())
    eventually(lambda: descriptors() <= before, 5)


def test_exchanges_leave_nothing_behind(path):
    before = descriptors()

    async def many() -> None:
        client = SocketClient(str(path), 5, LIMIT)
        for _ in range(50):
            await client.exchange(b"show stat", lambda _: None)
            with pytest.raises(Invalid):
                await client.exchange(b"show nothing", lambda _: None)

    with FakeSocket(path, fake.answers({b"show stat": STAT})):
        asyncio.run(many())
    eventually(lambda: descriptors() <= before, 5)


def test_r2_no_descriptor_left(path):
    async def one() -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken: list[int] = []
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(open_descriptors()) + 1, hard))
            with contextlib.suppress(OSError):
                while True:
                    taken.append(os.dup(1))
            await SocketClient(str(path), 5, LIMIT).exchange(b"show stat", print)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for each in taken:
                os.close(each)

    with FakeSocket(path, fake.sends(STAT)), pytest.raises(Invalid, match="LimitNOFILE"):
        asyncio.run(one())
