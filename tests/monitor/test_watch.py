"""What runs the sources and the node: the rows that are shown, and what is kept for the next start."""

import asyncio
import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace

from haproxy_agentx.agentx.oid import key
from haproxy_agentx.agentx.view import MibView
from haproxy_agentx.config import Config, NotificationsConfig
from haproxy_agentx.health.readiness import ProcessState
from haproxy_agentx.health.time_in_state import KEPT_EACH
from haproxy_agentx.monitor import keeping, watch
from haproxy_agentx.monitor.node import HaproxyUpdate, Node
from haproxy_agentx.monitor.rows import Clocks
from haproxy_agentx.monitor.watch import Monitor
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.tables import object_names
from haproxy_agentx.vocabulary.source import SourceState
from haproxy_agentx.vrrp.model import FifoLine, StateTrap, VrrpState
from tests.support.event_texts import texts_of

DATE = 1_800_000_000.0


class Indexes:
    """Gives each name its first choice; ``meanwhile`` is what happens while it does."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, int]] = {}
        self.meanwhile: Callable[[], object] = lambda: None

    async def learn(self, wanted: Mapping[str, Mapping[str, int]]) -> None:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        for scope, names in wanted.items():
            self.known.setdefault(scope, {}).update(names)


class Journal:
    """Remembers what it is given."""

    def __init__(self) -> None:
        self.recent = ()
        self.memory: dict[str, str] = {}
        self.drafts = []
        self.writes = 0

    def append(self, drafts, memory):
        self.memory |= memory
        self.drafts += drafts
        self.writes += 1
        appended = asyncio.get_running_loop().create_future()
        appended.set_result([])
        return appended

    def forget(self, keys):
        for name in keys:
            del self.memory[name]


def monitor(indexes: Indexes, journal: Journal) -> Monitor:
    clocks = Clocks(lambda: 100.0, lambda: 1_800_000_000.0, lambda _: 0)
    made = Monitor(Config(), list, indexes, journal, clocks, lambda: None)
    made.node = Node(None, NotificationsConfig(), (), {}, 100.0)
    return made


def line(name: str, state: VrrpState = VrrpState.master) -> FifoLine:
    return FifoLine(name, state, None, 100)


async def shown(watching: Monitor) -> None:
    """Show what is numbered, have the rest numbered, and show that."""
    watching._show()
    if watching._rows._learning is not None:
        await watching._rows._learning
    watching._show()


def names(watching: Monitor) -> list[int]:
    """Give the indexes of the rows of haxVrrpTable."""
    columns = sorted(watching.columns, key=lambda column: column.name)
    view = MibView(columns, object_names(schema.ROOT))
    name = schema.column_oid(schema.VRRP_TABLE, schema.VRRP_TABLE.columns[0])
    return [number for number in range(1, 9) if view.get(key((*name, number)))[1]]


def test_an_instance_that_comes_while_another_is_numbered_has_its_row_a_moment_later():
    async def story() -> None:
        indexes = Indexes()
        watching = monitor(indexes, Journal())
        watching.node.take_line(line("SITE1"), 100.0)
        watching.node.advance(100.0, 0.0)
        indexes.meanwhile = lambda: watching.node.take_line(line("SITE2"), 100.0)
        await shown(watching)
        assert names(watching) == [1]
        await shown(watching)
        assert names(watching) == [1, 2]

    asyncio.run(story())


def test_nothing_is_kept_before_anything_is_judged():
    """A program that is killed at once has not forgotten what the one before it knew."""

    async def story() -> None:
        journal = Journal()
        watching = monitor(Indexes(), journal)
        watching._keep([])
        assert journal.writes == 0
        watching.node.take_line(line("SITE1"), 100.0)
        watching.node.advance(100.0, 0.0)
        watching._keep([])
        assert journal.memory.keys() == {"service/SITE1", "pair/SITE1", "vrrp/SITE1", "keepalived", "maintenance"}
        watching._keep([])
        assert journal.writes == 1, "nothing was new"

    asyncio.run(story())


def test_the_time_in_each_state_is_kept_now_and_then_and_at_the_end(monkeypatch):
    moment = 3 * KEPT_EACH + 1.0

    def seconds(journal: Journal) -> float:
        return sum(json.loads(journal.memory["service/SITE1"])["seconds"])

    async def story() -> None:
        nonlocal moment
        journal = Journal()
        watching = monitor(Indexes(), journal)
        watching.node = Node(None, NotificationsConfig(), (), {}, moment)
        watching.node.take_line(line("SITE1"), moment)
        for tick in range(KEPT_EACH - 2):
            moment += 1.0
            watching._keep(watching.node.advance(moment, DATE + tick))
        written = journal.writes
        assert written < 5, "it is not written each second"
        moment += 2.0
        watching._keep(watching.node.advance(moment, DATE))
        assert (journal.writes, seconds(journal)) == (written + 1, KEPT_EACH - 1)
        moment += 3.0
        watching._close()
        assert (journal.writes, seconds(journal)) == (written + 2, KEPT_EACH + 2)

    for module in (keeping, watch):
        monkeypatch.setattr(module, "monotonic", lambda: moment)
    asyncio.run(story())


def test_what_is_gone_is_forgotten():
    async def story() -> None:
        journal = Journal()
        journal.memory = {"service/OLD": "{}", "process/local": "1"}
        watching = monitor(Indexes(), journal)
        watching._keeping._remembered = dict(journal.memory)
        for name in ("SITE1", "SITE2"):
            watching.node.take_line(line(name), 100.0)
        watching.node.advance(100.0, 0.0)
        watching._keep([])
        assert {name for name in journal.memory if name.startswith("service/")} == {"service/SITE1", "service/SITE2"}
        watching.node.take_line(line("SITE2", VrrpState.deleted), 101.0)
        watching.node.advance(101.0, 0.0)
        watching._keep([])
        of_site1 = {"service/SITE1", "pair/SITE1", "vrrp/SITE1"}
        assert journal.memory.keys() == of_site1 | {"process/local", "keepalived", "maintenance"}

    asyncio.run(story())


def test_a_configuration_that_changes_nothing_here_keeps_the_monitor():
    watching = monitor(Indexes(), Journal())
    assert watching.serves(Config(haproxy=(), store="/elsewhere"))
    assert not watching.serves(Config(services=()))


# A trap tells of an instance that was not known. Catches a failover that is told with HAProxy as it was before.
def test_haproxy_is_read_at_once_when_a_trap_makes_an_instance_known():
    reads = []
    process = SimpleNamespace(read_now=lambda: reads.append("local"))
    clocks = Clocks(lambda: 100.0, lambda: 1_800_000_000.0, lambda _: 0)
    watching = Monitor(Config(), lambda: [process], Indexes(), Journal(), clocks, lambda: None)
    watching.node = Node(None, NotificationsConfig(), (), {}, 90.0)
    watching.node.take_process(HaproxyUpdate(ProcessState("local", None), 1, 99.0, None), 99.0)
    assert watching._judge(99.0, 0.0) == []
    assert reads == []
    watching.node.take_trap(StateTrap("SITE1", VrrpState.backup, VrrpState.master, "lb1", 12), 100.0)
    assert watching._judge(100.0, 0.0) == []
    assert reads == ["local"]
    assert watching._judge(100.01, 0.0) == []
    assert reads == ["local"], "once"
    watching.node.take_process(HaproxyUpdate(ProcessState("local", None), 1, 100.02, None), 100.03)
    (reported,) = watching._judge(100.03, 0.0)
    assert texts_of(reported)["haxEventSubject"] == "SITE1"


# A node whose role was read from KEEPALIVED-MIB up to 5 s ago. Catches a split brain that is reported as much later.
def test_the_own_role_is_read_at_once_when_another_node_has_changed_since():
    read = []
    watching = monitor(Indexes(), Journal())
    pairs = SimpleNamespace(is_behind=False)
    watching.node = SimpleNamespace(
        advance=lambda *_: [],
        is_settling=lambda: False,
        services={},
        instances=SimpleNamespace(known={}),
        pairs=pairs,
    )
    watching._poll = SimpleNamespace(source=SimpleNamespace(state=SourceState.ok), poll_soon=lambda: read.append(1))
    watching._judge(100.0, 0.0)
    assert not read
    pairs.is_behind = True
    watching._judge(100.1, 0.0)
    assert read
    read.clear()
    watching._poll.source.state = SourceState.denied
    watching._judge(100.2, 0.0)
    assert not read, "what cannot be read is read at its interval"


def test_a_role_that_changes_right_after_the_first_trap_has_its_own_listened_for():
    watching = monitor(Indexes(), Journal())
    watching._take_line(line("SITE1", VrrpState.backup), 100.0)
    watching.node.advance(100.0, 1.8e9)
    watching._traps.source.state = SourceState.ok
    watching._traps.source.succeeded(100.5)  # snmpd's coldStart, which says nothing of VRRP and wakes nobody
    watching._take_line(line("SITE1"), 100.6)
    (pending,) = watching.node.services["SITE1"].waiting
    assert pending.listening
