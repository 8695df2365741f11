"""What has no end, what is too much, who is gone at once, and our own lateness: each is a state, and nothing dies."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, source
from tests.support.daemon_fixtures import GOOD, daemon_factory, folder
from tests.support.fake_haproxy import Connection, FakeSocket, Script, answers, floods
from tests.support.hasty_peer import MANNERS, HastyPeer, closes
from tests.support.memory_group import MemoryGroup, memory_group
from tests.support.stat_csv import answer, server, show_info
from tests.support.wait import eventually, throughout

__all__ = ["daemon_factory", "folder"]

MEMORY_MAX = 256 << 20
"""Octets: MemoryMax= of the unit."""

ROWS = 195_000
FITTING = 30_000
FILL = {"check_status": "L7OK", "check_desc": "Layer7 check passed", "last_chk": "x" * 100, "addr": "192.0.2.1:80"}

both_loops = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


@pytest.fixture
def group() -> Iterator[MemoryGroup]:
    with memory_group(MEMORY_MAX) as made:
        yield made


def rows(count: int) -> bytes:
    """Give an answer with so many servers."""
    row = answer([server("be", "NAME", 3, 1, **FILL)])
    head, line = row.split(b"\n")[:2]
    lines = (line.replace(b"NAME", b"web%d" % number) for number in range(count))
    return b"\n".join((head, *lines, b"", b""))


def endless() -> Script:
    """Send rows as fast as they are taken, without an end."""
    head, line = rows(1).split(b"\n")[:2]
    flood = floods(1 << 40, line + b"\n", head + b"\n")

    def script(connection: Connection, asked: bytes) -> None:
        if asked == b"show stat":
            flood(connection, asked)
        else:
            connection.send(show_info())

    return script


def refused(daemon: Daemon, name: str) -> bool:
    """Whether a source is stale for want of memory, and says how to mend that."""
    state = daemon.source(name)
    error = str(state["error"])
    return state["state"] == "stale" and "256 MiB" in error and "MemoryMax=" in error and "frozen" not in error


def test_more_than_memory_allows_is_a_state_and_what_fits_is_served(group, daemon_factory, folder):
    """An endless answer and 195,000 rows killed the daemon every 5 s, and no event ever left."""
    big = answers({b"show stat": rows(ROWS), b"show info": show_info()})
    fitting = answers({b"show stat": rows(FITTING), b"show info": show_info()})
    with (
        FakeSocket(folder / "endless.sock", endless()) as first,
        FakeSocket(folder / "big.sock", big) as second,
        FakeSocket(folder / "fitting.sock", fitting) as third,
        FakeSocket(folder / "good.sock", GOOD) as fourth,
    ):
        named = {"fitting": third, "endless": first, "big": second, "good": fourth}
        sources = [{**source(name, fake.path), "timeout": "20s", "interval": "1s"} for name, fake in named.items()]
        services = [{"name": "site", "frontends": ["good/fe"], "backends": ["good/be"]}]
        daemon = daemon_factory(folder / "none", sources, wait="running", wrapper=group.wrapper, services=services)
        pid = daemon.pid
        daemon.eventually(lambda: refused(daemon, "endless") and refused(daemon, "big"), 60)
        daemon.eventually(lambda: daemon.state("fitting") == daemon.state("good") == "ok", 60)
        assert daemon.source("fitting")["rows"]["server"] == FITTING
        daemon.read_again("good")
        assert daemon.alive
        assert daemon.pid == pid
        assert group.kills == 0
        assert group.peak < MEMORY_MAX * 0.95
        assert not daemon.lines("frozen")
        assert daemon.status()["services"][0]["readiness"] == "ready"


@both_loops
def test_peers_that_are_gone_at_once_are_states_of_their_sources(daemon_factory, folder, loop):
    """Within seconds FileExistsError or EBADF ended six of seven daemons."""
    with ExitStack() as running:
        peers = {
            manner: running.enter_context(HastyPeer(MANNERS[manner], folder / f"{number}.sock"))
            for number, manner in enumerate(MANNERS)
        }
        master = running.enter_context(HastyPeer(closes, folder / "master"))
        good = running.enter_context(FakeSocket(folder / "good.sock", GOOD))
        sources = [source(manner.replace(" ", "-"), folder / f"{number}.sock") for number, manner in enumerate(MANNERS)]
        environment = {"HAPROXY_AGENTX_LOOP": loop}
        sources.append(source("good", good.path))
        daemon = daemon_factory(folder / "master", sources, wait="running", environment=environment)
        eventually(lambda: all(peer.accepted > 3 for peer in peers.values()) and master.accepted > 1, 15)
        before = len(list(Path(f"/proc/{daemon.pid}/fd").iterdir()))
        eventually(lambda: all(peer.accepted >= 20 for peer in peers.values()) and master.accepted > 2, 20)
        daemon.read_again("good")
        assert daemon.alive
        assert {daemon.state(each["name"]) for each in sources[:-1]} == {"stale"}
        eventually(lambda: len(list(Path(f"/proc/{daemon.pid}/fd").iterdir())) <= before + 2, 5)
        assert not daemon.lines("Traceback")


def slowly(seconds: float) -> Script:
    """Answer after so many seconds, so that nearly always an exchange is under way."""

    def script(connection: Connection, asked: bytes) -> None:
        if connection.wait(seconds):
            GOOD(connection, asked)

    return script


@pytest.mark.parametrize(("how", "loop"), [("stopped", "uvloop"), ("blocked", "asyncio"), ("blocked", "uvloop")])
def test_our_own_lateness_is_not_blamed_on_others(daemon_factory, folder, snmpd, loop, how):
    """Turns of the loop of 13 s made 'HAProxy is frozen' of an HAProxy that had answered long since."""
    services = [{"name": "site"}]
    with FakeSocket(folder / "haproxy.sock", slowly(0.3)) as fake:
        environment = {"HAPROXY_AGENTX_LOOP": loop}
        daemon = daemon_factory(
            snmpd.agentx,
            [source("local", fake.path)],
            fault="stalling",
            environment=environment,
            services=services,
        )
        daemon.eventually(lambda: daemon.status()["services"][0]["readiness"] == "ready", 15)
        events, failures = daemon.status()["events"]["last"], daemon.source("local")["failures"]
        if how == "stopped":
            daemon.freeze()
            stopped(daemon.pid, 5.0)
            daemon.thaw()
        else:
            daemon.trigger()
        daemon.logs("haproxy-agentx did not run for", within=10)
        daemon.read_again("local", 3)
        assert not daemon.lines("HAProxy is frozen")
        assert daemon.source("local")["failures"] == failures
        assert daemon.status()["events"]["last"] == events
        throughout(lambda: not daemon.status()["agentx"]["problem"], 0.5)


def stopped(pid: int, seconds: float) -> None:
    """Prove that a process is stopped for so long."""
    eventually(lambda: state_of(pid) == "T", 5)
    throughout(lambda: state_of(pid) == "T", seconds)


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
