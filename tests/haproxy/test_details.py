"""What is asked of an HAProxy beside its statistics, against real ones and fakes."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from haproxy_agentx.haproxy import details as details_module
from haproxy_agentx.haproxy import info
from haproxy_agentx.haproxy.certificates import Certificate
from haproxy_agentx.haproxy.details import STRANGE, Details
from haproxy_agentx.haproxy.diagnosis import explain_master, master_option
from haproxy_agentx.haproxy.master import ReloadResult
from haproxy_agentx.vocabulary.source import (
    Absent,
    Denied,
    Gone,
    Invalid,
    LevelTooLow,
    Refused,
    SourceState,
    Unresponsive,
)
from tests.support.certificates import sni_list
from tests.support.fake_haproxy import LIMIT, Connection, FakeSocket, answers, never_writes
from tests.support.ports import free_port
from tests.support.real_haproxy import RealHaproxy, ask
from tests.support.wait import eventually, soon

PEERS = """
global
  localpeer lb1
peers mine
  peer lb1 127.0.0.1:{own}
  peer lb2 127.0.0.1:{other}
backend table
  stick-table type ip size 1k peers mine
"""

UNKNOWN = b"Unknown command: nothing\n\n"


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(details_module, "EVERY", 0.05)


@contextlib.asynccontextmanager
async def running(path: str, master: str | None = None, silence: float = 5.0) -> AsyncIterator[Details]:
    certificates: list[Sequence[Certificate]] = []

    async def take(found: Sequence[Certificate]) -> None:
        certificates.append(found)

    details = Details("local", path, silence, master, take)
    task = asyncio.create_task(details.run())
    try:
        yield details
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def known_of(details: Details) -> tuple[int | None, ReloadResult | None, int | None]:
    return details.peers_down, details.reload_result, details.old_workers


def serving(path: str) -> tuple[int, int | None]:
    found = info.parse(ask(path, "show info").encode())
    return found.pid, found.start_time


def asked(path: str) -> str:
    """Return what the master says, empty while it executes itself anew."""
    with contextlib.suppress(OSError):
        return ask(path, "show proc")
    return ""


@pytest.mark.system
def test_peers_of_a_real_pair(folder):
    own, other = free_port(), free_port()
    for name in ("a", "b"):
        (folder / name).mkdir()
    more = PEERS.format(own=own, other=other)

    async def run() -> None:
        with RealHaproxy(folder / "a", more=more) as one:
            async with running(one.user) as details:
                assert known_of(details) == (None, None, None)
                details.follow(serving(one.user))
                await soon(lambda: details.peers_down == 1)
                assert known_of(details) == (1, None, None)
                with RealHaproxy(folder / "b", more=more.replace("localpeer lb1", "localpeer lb2")):
                    await soon(lambda: details.peers_down == 0, 20)
                await soon(lambda: details.peers_down == 1, 20)
                details.follow(None)
                assert known_of(details) == (None, None, None)

    asyncio.run(run())


# Debian 12's HAProxy has no peers here, an older one may not know the command: asked once of each process.
@pytest.mark.parametrize("answer", [b"\n", b"Unknown command. Try 'help'.\n\n", b"Permission denied\n\n"])
def test_what_is_not_there_is_asked_for_once(folder, answer):
    async def run() -> None:
        with FakeSocket(folder / "h.sock", answers({b"show peers": answer, b"show proc": b"\n\n"})) as fake:
            async with running(str(fake.path), str(fake.path)) as details:
                for pid in (1, 2):
                    details.follow((pid, None))
                    seen = len(fake.asked)
                    await soon(lambda seen=seen: fake.asked[seen:].count(b"show proc") > 3)
                    assert fake.asked.count(b"show peers") == pid
                    assert details.peers_down is None

    asyncio.run(run())


@pytest.mark.parametrize(
    ("command", "last"), [(b"show peers", b"\n"), (b"show peers", UNKNOWN), (b"show ssl sni", UNKNOWN)]
)
def test_what_an_old_process_does_not_know_is_asked_of_the_new_one(folder, command, last):
    """The answer of the old process comes after the statistics have shown the new one."""
    peers = (Path(__file__).parents[1] / "samples" / "haproxy" / "17-show_peers-2.6.txt").read_bytes()
    held = asyncio.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        reached = threading.Event()
        followed = threading.Event()

        def script(connection: Connection, asked: bytes) -> None:
            if asked.strip() == command and not reached.is_set():
                reached.set()
                loop.call_soon_threadsafe(held.set)
                followed.wait(LIMIT)
                connection.send(last)
            else:
                answers({b"show peers": peers, b"show ssl sni": sni_list()})(connection, asked)

        with FakeSocket(folder / "h.sock", script) as fake:
            async with running(str(fake.path)) as details:
                details.follow((1, None))
                await held.wait()
                details.follow((2, None))
                before = len(fake.asked)
                followed.set()
                await soon(lambda: command in [one.strip() for one in fake.asked[before:]])

    asyncio.run(run())


def test_certificates_that_cannot_be_read_are_logged_once(folder, monkeypatch, caplog):
    monkeypatch.setattr(details_module, "CERTIFICATES_EVERY", 0.0)

    async def run() -> None:
        with FakeSocket(folder / "h.sock", answers({b"show peers": b"\n", b"show ssl sni": b"nonsense\n\n"})) as fake:
            async with running(str(fake.path)) as details:
                details.follow((1, None))
                await soon(lambda: [one.strip() for one in fake.asked].count(b"show ssl sni") > 4)

    asyncio.run(run())
    assert caplog.text.count("no list of names") == 1


def test_a_peer_of_which_nothing_is_known_is_not_up(folder):
    good = (Path(__file__).parents[1] / "samples" / "haproxy" / "17-show_peers-2.6.txt").read_bytes()

    async def run() -> None:
        with FakeSocket(folder / "h.sock", answers({b"show peers": good})) as fake:
            async with running(str(fake.path), silence=0.3) as details:
                details.follow((1, None))
                await soon(lambda: details.peers_down == 2)
                fake.script = answers({b"show peers": good[:-1]})
                await soon(lambda: details.peers_down is None)
                fake.script = answers({b"show peers": good})
                await soon(lambda: details.peers_down == 2)
                fake.script = never_writes
                await soon(lambda: details.peers_down is None)

    asyncio.run(run())


@pytest.mark.system
def test_reloads_of_a_real_master(folder):
    async def run() -> None:
        with RealHaproxy(folder, master=True) as haproxy:
            config = folder / "haproxy.cfg"
            good = config.read_text()
            eventually(lambda: asked(haproxy.master).startswith("#"), 10)
            async with running(haproxy.user, haproxy.master) as details:
                assert details.master is not None
                details.follow(serving(haproxy.user))
                await soon(lambda: details.old_workers == 0)
                assert details.reload_result is ReloadResult.notReloaded
                config.write_text(good + "\nnonsense\n")
                haproxy.reload()
                await soon(lambda: details.reload_result is ReloadResult.failed)
                assert details.old_workers == 0
                config.write_text(good)
                with haproxy.held():
                    haproxy.reload()
                    await soon(lambda: details.reload_result is ReloadResult.succeeded)
                    details.follow(serving(haproxy.user))
                    await soon(lambda: details.old_workers == 1)
                await soon(lambda: details.old_workers == 0, 20)
                assert details.master.state is SourceState.ok
                details.follow((1, None))
                await soon(lambda: details.master.state is SourceState.stale)
                assert "is no worker of this master" in details.master.last_error
                assert details.master.successes >= STRANGE
                assert known_of(details) == (None, None, None)

    asyncio.run(run())


def gone(path: Path) -> None:
    path.unlink(missing_ok=True)


def dead(path: Path) -> None:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))


@pytest.mark.parametrize(
    ("how", "state", "words"),
    [
        (gone, SourceState.absent, "correct `master_socket`"),
        (dead, SourceState.refused, "master process is not running"),
        (never_writes, SourceState.stale, "frozen"),
        (answers({b"show proc": b"Permission denied\n\n"}), SourceState.denied, "level,operator"),
        (answers({}), SourceState.stale, "not the socket of a master process"),
        (answers({b"show proc": b"nonsense\n\n"}), SourceState.stale, "no list of processes"),
    ],
)
def test_a_master_that_cannot_be_read_is_a_state(folder, how: Callable[..., None], state, words):
    good = (Path(__file__).parents[1] / "samples" / "haproxy" / "18-show_proc-2.6-failed.txt").read_bytes()

    async def run() -> None:
        path = folder / "master.sock"
        with FakeSocket(path, answers({b"show proc": good})) as fake:
            async with running(str(folder / "no.sock"), str(path), silence=0.3) as details:
                assert details.master is not None
                await soon(lambda: details.reload_result is ReloadResult.failed)
                assert details.old_workers is None
                if how in (gone, dead):
                    fake.close()
                    how(path)
                else:
                    fake.script = how
                await soon(lambda: details.master.state is state)
                assert words in details.master.last_error
                assert known_of(details) == (None, None, None)

    asyncio.run(run())


@pytest.mark.parametrize("kind", [Absent, Refused, Gone, Denied, LevelTooLow, Unresponsive])
def test_what_an_operator_reads_of_a_master(kind):
    found = explain_master("/run/m.sock", kind("something of the statistics socket"))
    assert found.state is kind.state
    assert str(found).startswith("/run/m.sock: ")
    assert "statistics" not in str(found)


def test_other_words_stay():
    error = Invalid("no file descriptor left")
    assert explain_master("/run/m.sock", error) is error


@pytest.mark.parametrize("level", ["user", "operator"])
@pytest.mark.system
def test_the_option_that_the_remedy_names_is_one(folder, level):
    option = master_option(str(folder / "named.sock"), level).removeprefix("-S ").replace(",group,haproxy-agentx", "")
    with RealHaproxy(folder, master=True, option=option) as haproxy:
        eventually(lambda: asked(str(folder / "named.sock")), 10)
        assert haproxy.process.poll() is None
