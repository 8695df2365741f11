"""Why pyagentx3's engine is not used (docs/adr/0001-own-agentx-engine.md), shown on pyagentx3 0.1.4 and on ours.

Both serve the same table: 30 columns below TABLE, rows indexed 1.1 .. 1.100, 2.1 .. 2.100 and so on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue

import pytest
from pyagentx3.network import Network

from tests.support import wire
from tests.support.programs import Program, script
from tests.support.scripted_master import Link, ScriptedMaster
from tests.support.snmpd import Row, Snmpd, SnmpError
from tests.support.wait import eventually, throughout

PEER, OURS = "benchmarks/peers/pyagentx3_agent.py", "tests/support/our_agent.py"
TABLE = "1.3.6.1.4.1.58999.1.1.1"
COLUMNS = 30

Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as running:
        yield lambda *command: running.enter_context(script(*command, log=tmp_path / "agent.log"))


def served(snmpd: Snmpd, row: str = "1.1") -> Row | None:
    """The answer to a GET of the table's first column, None for an error."""
    try:
        return snmpd.one(f"{TABLE}.1.{row}")
    except SnmpError:
        return None


# RFC 2741 7.1.9, 7.1.11: a subagent that lost its session has to open a new one and register again. While a subagent is
# stopped, snmpd sends each request six times, gives up after 6 s and closes the connection. pyagentx3 keeps the six
# copies in its receive buffer over the reconnect and takes them for the answers to Open, Ping and Register.


def stall(snmpd: Snmpd, agent: Program) -> None:
    eventually(lambda: (served(snmpd) or Row("", "", None)).type == "Counter64", 10)
    agent.freeze()
    eventually(lambda: (served(snmpd) or Row("", "", None)).type == "noSuchObject", 15)
    agent.thaw()


def test_pyagentx3_is_dead_for_ever_after_a_stall(start: Start, snmpd: Snmpd):
    agent = start(PEER, snmpd.agentx, 10)
    stall(snmpd, agent)

    throughout(lambda: agent.alive and served(snmpd) == (f"{TABLE}.1.1.1", "noSuchObject", None), 20)


def test_ours_is_back_after_a_stall(start: Start, snmpd: Snmpd):
    agent = start(OURS, snmpd.agentx, 10)
    stall(snmpd, agent)

    eventually(lambda: served(snmpd) == (f"{TABLE}.1.1.1", "Counter64", 1), 5)


# RFC 2741 7.2.3.2: the closest lexicographical successor of the start that precedes the end, else endOfMibView. For the
# name of an existing instance pyagentx3 gives the next name that it knows, whatever the end; for any other name it
# compares sub-identifier by sub-identifier, and takes 2.1 not to be beyond 1.101 because 1 is less than 101.


def linked(master: ScriptedMaster, rows: int) -> Link:
    """A session whose agent has its rows."""
    link = master.session()
    eventually(lambda: link.get(f"{TABLE}.{COLUMNS}.1.{rows}").varbinds[0].type == wire.OCTETS, 5)
    return link


@pytest.mark.parametrize(("program", "follows"), [(PEER, f"{TABLE}.2.1.1"), (OURS, None)], ids=["pyagentx3", "ours"])
def test_getnext_at_the_end_of_its_range(program: str, follows: str | None, start: Start, master: ScriptedMaster):
    start(program, master.path, 5)
    link = linked(master, 5)

    (found,) = link.getnext((f"{TABLE}.1.1.5", f"{TABLE}.2")).varbinds

    if follows:
        assert found.name == follows, "pyagentx3 leaves the subtree"
    else:
        assert found == (f"{TABLE}.1.1.5", wire.END_OF_MIB_VIEW, None)


@pytest.mark.parametrize(("program", "follows"), [(PEER, None), (OURS, f"{TABLE}.1.2.1")], ids=["pyagentx3", "ours"])
def test_getnext_between_two_rows(program: str, follows: str | None, start: Start, snmpd: Snmpd):
    start(program, snmpd.agentx, 200)
    eventually(lambda: (served(snmpd, "2.100") or Row("", "", None)).type == "Counter64", 10)

    (found,) = snmpd.getnext(f"{TABLE}.1.1.101")

    if follows:
        assert found == (follows, "Counter64", 100 * 1000003 + 1)
    else:
        assert not found.oid.startswith(TABLE), (
            "pyagentx3 does not see the rows behind a gap: the manager leaves the table"
        )


# A walk of n rows has to cost n steps. pyagentx3 looks each name up in a list from its beginning. Measured as CPU time
# of this thread for all names of one column, least of three, so that other processes do not count: 16 times the work
# for four times the rows is quadratic, 4 times is linear.


def pyagentx3_walk(rows: int) -> Callable[[], int]:
    queue: Queue[dict] = Queue()
    network = Network(queue, [TABLE], {}, "test", "/nonexistent")
    cells = {f"1.{row}": {"name": f"1.{row}", "type": wire.GAUGE32, "value": row} for row in range(1, rows + 1)}
    queue.put({"oid": TABLE, "data": cells})
    network._get_updates()

    def walk() -> int:
        name, found = f"{TABLE}.1.1", 1
        while (name := network._get_next_oid(name, "1.3.6.1.5")) is not None:
            found += 1
        return found

    return walk


def cost(walk: Callable[[], int], rows: int) -> float:
    """CPU seconds of a walk that finds so many rows."""
    spent = []
    for _ in range(3):
        begin = time.thread_time()
        assert walk() == rows
        spent.append(time.thread_time() - begin)
    return min(spent)


def test_a_walk_of_pyagentx3_is_quadratic():
    assert cost(pyagentx3_walk(6000), 6000) / cost(pyagentx3_walk(1500), 1500) > 10


def test_a_walk_of_ours_is_linear():
    from tests.support.our_agent import walk_in_process  # noqa: PLC0415

    assert cost(walk_in_process(6000), 6000) / cost(walk_in_process(1500), 1500) < 8
