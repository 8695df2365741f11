"""C53: what a manager gets, by a real snmpd and a real snmptrapd, in v2c and v3, in numbers and in names."""

import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from haproxy_agentx.agentx.events import Acknowledged, Ready
from haproxy_agentx.agentx.oid import dotted, from_key
from haproxy_agentx.agentx.view import MibView
from haproxy_agentx.health.event import Event
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.event_objects import EventRowMaker
from haproxy_agentx.objects.notifications import varbinds
from haproxy_agentx.objects.tables import object_names, row_columns
from haproxy_agentx.vocabulary.event import Kind
from integration.netlab.traps import TrapV1
from integration.walks import Varbind
from tests.support import mibs
from tests.support.events import ROOT, event_of
from tests.support.our_agent import Agent
from tests.support.snmpd import Row, Snmpd
from tests.support.snmptrapd import Snmptrapd
from tests.support.wait import eventually

pytestmark = pytest.mark.system

EVENTS = [event_of(kind, number, tries=1) for number, kind in enumerate(Kind, 1)]
UP_TIME = 924_350
MODULES = "HAPROXY-AGENTX-MIB:KEEPALIVED-MIB"
"""What gives names."""


class Arrived(NamedTuple):
    """snmpd and what it logged meanwhile, and the sinks: v2c in numbers, v2c in names, v3 and v1 in numbers."""

    snmpd: Snmpd
    logged: str
    numbers: Snmptrapd
    names: Snmptrapd
    v3: Snmptrapd
    v1: Snmptrapd


@pytest.fixture(scope="module")
def arrived(tmp_path_factory) -> Iterator[Arrived]:
    """Send a notification of each kind, and wait until all are there."""
    folder = tmp_path_factory.mktemp("n")
    with (
        Snmptrapd(folder / "numbers") as numbers,
        Snmptrapd(folder / "names", (mibs.folders(mibs.MODULE), MODULES)) as names,
        Snmptrapd(folder / "v3") as v3,
        Snmptrapd(folder / "v1") as v1,
        Snmpd(folder / "snmpd", [*numbers.sinks(), *names.sinks(), *v3.v3_sinks(), *v1.v1_sinks()]) as snmpd,
        Agent(snmpd.agentx, served(EVENTS), timeout=5.0) as agent,
    ):
        eventually(lambda: Ready() in agent.events, 10)
        before = snmpd.log.read_text()
        for event in EVENTS:
            assert agent.call(agent.connection.notify, varbinds(event, schema.ROOT, UP_TIME), event.sequence)
        eventually(lambda: len(answers(agent)) == len(EVENTS), 10)
        assert answers(agent) == [(event.sequence, 0) for event in EVENTS]
        for sink in (numbers, names, v3):
            eventually(lambda sink=sink: len(ours(sink)) == len(EVENTS), 10)
        eventually(lambda: len(ours_v1(v1)) == len(EVENTS), 10)
        yield Arrived(snmpd, snmpd.log.read_text().removeprefix(before), numbers, names, v3, v1)


def served(events: list[Event]) -> MibView:
    rows = {(event.sequence,): EventRowMaker(event, lambda: 0.0) for event in events}
    return MibView(row_columns(schema.ROOT, schema.EVENT_TABLE, rows), object_names(schema.ROOT))


def answers(agent: Agent) -> list[tuple[object, int]]:
    return [(event.token, event.error) for event in agent.events if isinstance(event, Acknowledged)]


def ours(sink: Snmptrapd) -> list[list[Varbind]]:
    """Give our notifications: snmpd itself says that it has started."""
    return [trap for trap in sink.traps() if ROOT in trap[1].text or "HAPROXY-AGENTX-MIB" in trap[1].text]


# RFC 3416 4.2.6: the varbinds arrive as they were sent, in their order, and the manager can read the row itself.
def test_a_notification_is_the_row_of_its_event(arrived):
    for event, trap in zip(EVENTS, ours(arrived.numbers), strict=True):
        sent = varbinds(event, schema.ROOT, UP_TIME)
        assert [one.name for one in trap] == [dotted(from_key(one.name)) for one in sent]
        assert trap[0].text.startswith(f"({UP_TIME})")
        assert trap[1].text == f".{ROOT}.0.{event.draft.kind.value}"
        of_the_row = [one for one in trap if one.name.startswith(f"{ROOT}.1.11.1.")]
        assert len(of_the_row) >= 5
        for one, found in zip(of_the_row, arrived.snmpd.get(*[one.name for one in of_the_row]), strict=True):
            assert found.oid == one.name
            assert same(one, found), (one, found)


def same(one: Varbind, found: Row) -> bool:
    """Say whether a trap and a GET gave the same value; the two tools print it in different ways."""
    if one.type == "Hex-STRING":
        return bytes.fromhex(one.text).decode("utf-8", "surrogateescape") == found.value
    if one.type == "Timeticks":
        return one.text.startswith(f"({found.value})")
    return (one.type, one.text.removeprefix(".")) == (found.type, str(found.value))


def test_v3_carries_the_same(arrived):
    assert ours(arrived.v3) == ours(arrived.numbers)


# RFC 3584 3.2: snmpTrapOID.0 is enterprise.0.specific, sysUpTime.0 the time-stamp, and the rest the varbinds. A trap
# with a Counter64 among them would not be sent at all.
def test_a_v1_sink_gets_the_same_as_a_trap_of_v1(arrived):
    for event, trap, as_v2 in zip(EVENTS, ours_v1(arrived.v1), ours(arrived.numbers), strict=True):
        assert (trap.enterprise, trap.generic, trap.specific) == (ROOT, 6, event.draft.kind.value)
        assert trap.up_time == UP_TIME
        assert list(trap.bindings) == as_v2[2:]


def ours_v1(sink: Snmptrapd) -> list[TrapV1]:
    return [trap for trap in sink.v1_traps() if trap.enterprise.startswith(ROOT)]


# What an operator sees who has loaded the modules.
def test_names_at_the_sink(arrived):
    traps = {trap[1].text: {one.name: one for one in trap} for trap in ours(arrived.names)}
    assert list(traps) == [f"HAPROXY-AGENTX-MIB::{one.name}" for one in schema.NOTIFICATIONS]
    for event, notification in zip(EVENTS, schema.NOTIFICATIONS, strict=True):
        trap = traps[f"HAPROXY-AGENTX-MIB::{notification.name}"]
        assert {f"HAPROXY-AGENTX-MIB::{name}.{event.sequence}" for name in notification.objects} <= set(trap)
    failover = {
        name.partition("::")[2].partition(".")[0]: one.text
        for name, one in traps["HAPROXY-AGENTX-MIB::haxServiceFailover"].items()
    }
    assert failover["haxEventSequence"] == "1"
    assert failover["haxEventTime"] == "2026-11-22,18:57:58.5,+0:0"
    assert failover["haxEventSubject"] == failover["vrrpInstanceName"] == "SITE1"
    assert failover["haxEventHealth"] == "blackhole(9)"
    assert failover["haxEventPreviousHealth"] == "active(1)"
    assert failover["haxEventRole"] == "master(2)"
    assert failover["haxEventServedAsIntended"] == failover["haxEventMaybeRepeated"] == "false(2)"
    assert failover["haxEventReasons"].split() == ["40", "08", "00", "haproxyUnresponsive(1)", "roleStale(12)"]
    assert failover["haxEventCause"] == "haproxyUnresponsive(3)"
    assert failover["haxEventKeepalivedTrap"] == "seen(1)"
    assert failover["haxEventKeepalivedUpTime"].startswith("(924342)")
    assert failover["haxEventSeverity"] == "critical(3)"
    assert failover["haxEventClears"] == "5"
    assert failover["haxEventSubjectIndex"] == "1"
    assert failover["haxEventReasonMask"] == "4098"
    assert failover["haxEventReasonText"] == "haproxyUnresponsive, roleStale"
    assert failover["haxEventSubjectRow"] == "HAPROXY-AGENTX-MIB::haxServiceName.1"
    assert failover["vrrpInstanceState"] == "master(2)"
    assert failover["vrrpInstanceInitialState"] == "backup(1)"
    assert failover["routerId"] == "lb1"


# How net-snmp prints BITS: the octets in hexadecimal, then the bits, by name or by number.
@pytest.mark.parametrize(
    ("options", "printed"),
    [
        ((), "BITS: 40 08 00 haproxyUnresponsive(1) roleStale(12)"),
        (("-Oe",), "BITS: 40 08 00 1 12"),
        (("-OQ",), '"40 08 00 "'),
    ],
)
def test_reasons_as_they_are_printed(arrived, options, printed):
    said = printed_by("snmpget", arrived.snmpd, *options, "HAPROXY-AGENTX-MIB::haxEventReasons.1")
    assert said.partition(" = ")[2].strip() == printed


def test_snmptable_of_events(arrived):
    options = ("-Ci", "-CB", "-Cf", "~", "-OU")
    said = printed_by("snmptable", arrived.snmpd, *options, "HAPROXY-AGENTX-MIB::haxEventTable")
    header, *lines = said.splitlines()[2:]
    kinds = header.split("~").index("haxEventKind")
    assert [line.split("~")[kinds] for line in lines] == [kind.name for kind in Kind]


def printed_by(tool: str, snmpd: Snmpd, *words: str) -> str:
    """Give what a net-snmp tool prints that knows our module."""
    command = snmpd.command(tool, "-M", mibs.folders(mibs.MODULE), "-m", MODULES, *words[:-1])
    done = subprocess.run([*command, words[-1]], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


# snmpd has no word to say about any of them, as it would of a Counter64.
def test_snmpd_logs_nothing(arrived):
    assert arrived.logged == ""
