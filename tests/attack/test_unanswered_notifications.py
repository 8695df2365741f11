"""snmpd that never answers a notification: its Response, which repeats all of it, exceeds ``sendMessageMaxSize``.

The session stays, managers are answered all the while, and each event arrives in a shorter form or is settled as
unanswered, in order.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from haproxy_agentx.vocabulary.event import Kind
from integration.walks import Varbind
from tests.support.daemon import OID, Daemon, source
from tests.support.daemon_fixtures import GOOD
from tests.support.fake_haproxy import FakeSocket, answers
from tests.support.probe import Probe
from tests.support.snmpd import Snmpd
from tests.support.snmptrapd import Snmptrapd
from tests.support.stat_csv import answer, backend, frontend, server, show_info
from tests.support.wait import eventually

SERVICE = "s" * 64
"""The longest name that a service may have: its notification is as long as one gets without keepalived."""

DEAD = answers(
    {
        b"show stat": answer(
            [
                frontend("fe", 2),
                server("be", "web1", 3, 1, status="DOWN", check_status="L4CON", last_chk="connection refused " * 6),
                server("be", "web2", 3, 2, status="DOWN", check_status="L4CON", last_chk="connection refused " * 6),
                backend("be", 3, status="DOWN", act="0"),
            ]
        ),
        b"show info": show_info(),
    }
)
HEALTH = f"{OID}.1.1.20.0"
ACKNOWLEDGED = 3
SEQUENCE, SUBJECT, HEALTH_THEN, DELIVERY, SEVERITY, CLEARS = (
    f"{OID}.1.11.1.{column}" for column in (2, 5, 6, 21, 23, 24)
)


class World(NamedTuple):
    daemon: Daemon
    snmpd: Snmpd
    sink: Snmptrapd
    haproxy: FakeSocket

    def arrived(self) -> list[tuple[int, dict[str, Varbind]]]:
        """Give number and variable bindings of our notifications, in the order of their arrival."""
        found = [trap for trap in self.sink.traps() if trap[1].text.startswith(f".{OID}.0.")]
        return [(int(trap[1].text.rpartition(".")[2]), {one.name: one for one in trap}) for trap in found]

    def numbers(self) -> list[int]:
        """Give the numbers of the events that have arrived, each once, in the order of their first arrival."""
        names = (name for _, trap in self.arrived() for name in trap if name.startswith(f"{SEQUENCE}."))
        return list(dict.fromkeys(int(name.rpartition(".")[2]) for name in names))

    def deliveries(self) -> list[int]:
        return [int(row.value or 0) for row in self.snmpd.bulkwalk(DELIVERY)]


@pytest.fixture
def world() -> Iterator[Callable[[str], World]]:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="hax")))

        def start(line: str) -> World:
            sink = running.enter_context(Snmptrapd(folder / "sink"))
            snmpd = running.enter_context(Snmpd(folder / "snmpd", [*sink.sinks(), line]))
            haproxy = running.enter_context(FakeSocket(folder / "haproxy.sock", GOOD))
            daemon = Daemon(
                folder / "daemon", snmpd.agentx, [source("local", haproxy.path)], services=[{"name": SERVICE}]
            )
            return World(running.enter_context(daemon), snmpd, sink, haproxy)

        yield start


@pytest.mark.parametrize("most", [1024, 484])
def test_events_arrive_however_little_snmpd_may_answer(world, most):
    one = world(f"[snmp] sendMessageMaxSize {most}")
    connected = one.daemon.lines("registered with the AgentX master")
    with Probe(one.snmpd.port, HEALTH, every=0.02) as probe:
        one.haproxy.script = DEAD
        one.daemon.logs(" event ", SERVICE, "blackhole")
        tested = one.daemon.cli("trap-test")
        eventually(lambda: one.daemon.status()["events"]["queued"] == 0, 30)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    probe.assert_answered(worst=1.0)
    assert one.daemon.lines("registered with the AgentX master") == connected, "the session stays"
    assert not one.daemon.lines("has closed the connection")
    eventually(lambda: set(one.deliveries()) == {ACKNOWLEDGED}, 5)
    last = int(one.daemon.status()["events"]["last"])
    eventually(lambda: one.numbers() == list(range(1, last + 1)), 5)
    kinds = [kind for kind, _ in one.arrived()]
    assert Kind.serviceHealthChange in kinds
    assert kinds[-1] == Kind.test
    blackhole = next(trap for kind, trap in reversed(one.arrived()) if kind == Kind.serviceHealthChange)
    by_column = {name.rpartition(".")[0]: varbind.text for name, varbind in blackhole.items()}
    assert (by_column[HEALTH_THEN], by_column[SEVERITY]) == ("9", "3")
    assert CLEARS in by_column
    subject = by_column[SUBJECT]
    assert subject == SERVICE or (subject.startswith("ssss") and "..." in subject)
    one.daemon.logs("sendMessageMaxSize")
    events = one.daemon.status()["events"]
    assert 484 <= events["shortened_to"] <= most
    assert events["given_up"] == 0
