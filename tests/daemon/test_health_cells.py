"""Services, VRRP and events through real snmpd, made of a reading of a real HAProxy and lines of keepalived's FIFO."""

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import expected
from tests.support.daemon import OID, Daemon, source
from tests.support.expected import Cells, Mib
from tests.support.fake_haproxy import FakeSocket, answers
from tests.support.programs import ROOT
from tests.support.snmpd import Row, Snmpd

pytestmark = pytest.mark.system

SAMPLE = ROOT / "tests" / "samples" / "haproxy" / "04-web1-going-up"
"""web1 of be_web is DOWN 2/3; all of be_tcp is in MAINT; be_static is not checked; be_empty has no servers."""

SERVICES = [
    {"name": "site", "vrrp_instance": "VI_1", "intended_role": "backup"},
    {"name": "api", "vrrp_instance": "VI_2", "frontends": ["fe_api"], "backends": ["local/be_api"], "min_servers": 1},
    {"name": "lost", "vrrp_instance": "VI_3", "frontends": [], "backends": ["nothing"]},
]
NUMBERS = {"site": "3", "api": "1", "lost": "2"}
"""By the alphabet."""
LINES = b'INSTANCE "VI_1" MASTER 150\nINSTANCE "VI_2" BACKUP 100\n'

# haxVrrpRoleType, HaxReadiness, HaxNodeHealth and so on, as the MIB has them
MASTER, BACKUP, UNKNOWN_ROLE = 2, 3, 6
ACTIVE_DEGRADED, STANDBY, UNKNOWN = 3, 2, 8
READY, DEGRADED, NOT_READY, UNCLAIMED = 1, 2, 3, 4
TRUE, FALSE = 1, 2
ACKNOWLEDGED = 3
FIFO = 4


class World(NamedTuple):
    daemon: Daemon
    snmpd: Snmpd
    cells: Cells
    """A walk of everything when nothing was left to be told."""
    walked_at: float


@pytest.fixture(scope="module")
def mib() -> Mib:
    return Mib()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, mib: Mib) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("h")
    fifo = folder / "vrrp.fifo"
    os.mkfifo(fifo, 0o600)
    script = answers({f"show {what}".encode(): (SAMPLE / f"show_{what}.txt").read_bytes() for what in ("stat", "info")})
    keepalived = {"fifo": str(fifo), "traps": "none"}
    with Snmpd(folder / "snmpd") as snmpd, FakeSocket(folder / "h.sock", script) as fake:
        daemon = Daemon(
            folder / "daemon",
            snmpd.agentx,
            [source("local", fake.path)],
            wait="registered",
            keepalived=keepalived,
            services=SERVICES,
        )
        with daemon, writer(daemon, fifo) as pipe:
            pipe.write(LINES)
            daemon.eventually(daemon.well)
            daemon.eventually(lambda: reported_of(daemon) == {"fifo", "site"}, within=15)
            delivery = mib.oids["haxEventDelivery"]
            daemon.eventually(lambda: [row.value for row in snmpd.bulkwalk(delivery)] == [ACKNOWLEDGED] * 2)
            yield World(daemon, snmpd, by_oid(snmpd.bulkwalk(OID, 50)), time.time())


def writer(daemon: Daemon, fifo: Path):
    """Open the FIFO as keepalived does: when somebody reads it."""
    pipe = None

    def open_it() -> bool:
        nonlocal pipe
        try:
            pipe = os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb", buffering=0)
        except OSError:
            return False
        return True

    daemon.eventually(open_it)
    assert pipe is not None
    return pipe


def reported_of(daemon: Daemon) -> set[str]:
    """Give the subjects of the events that were written to the log."""
    return {line.split(" event ")[1].split(": ")[1] for line in daemon.lines(" event ")}


def by_oid(rows: list[Row]) -> Cells:
    oids = [tuple(map(int, row.oid.split("."))) for row in rows]
    assert oids == sorted(set(oids)), "OID not increasing"
    return {row.oid: (row.type, row.value) for row in rows}


def changing(cells: Cells) -> Cells:
    return {oid: cell for oid, cell in cells.items() if expected.CHANGING.match(oid) and not expected.AGES.match(oid)}


def test_all_walks_are_the_same(world):
    walks = [changing(by_oid(world.snmpd.bulkwalk(OID, repetitions))) for repetitions in (1, 7, 50)]
    walks.append(changing(by_oid(world.snmpd.walk(OID))))
    assert all(walk == changing(world.cells) for walk in walks)
    assert len(walks[0]) > 180
    assert {oid.removeprefix(f"{OID}.1.").partition(".")[0] for oid in walks[0]} == {
        "1",
        "3",
        "4",
        "5",
        "11",
        "14",
        "15",
    }


def test_get_of_each_cell_is_the_walked_one(world):
    names = list(changing(world.cells))
    for start in range(0, len(names), 50):
        some = names[start : start + 50]
        assert [(row.oid, (row.type, row.value)) for row in world.snmpd.get(*some)] == [
            (name, world.cells[name]) for name in some
        ]


def test_getnext_of_each_name_is_the_one_behind_it(world):
    behind = dict(zip(world.cells, list(world.cells)[1:], strict=False))
    names = [name for name in changing(world.cells) if name in behind]
    for start in range(0, len(names), 50):
        some = names[start : start + 50]
        assert [row.oid for row in world.snmpd.getnext(*some)] == [behind[name] for name in some]


def test_each_cell_is_of_the_syntax_of_its_object(world, mib):
    assert expected.badly_typed(mib, world.cells) == []


@pytest.mark.parametrize(
    ("oid", "answered"),
    [
        ("1.3.1.2.4", "noSuchInstance"),
        ("1.3.1.2.1.1", "noSuchInstance"),
        ("1.3.1.1.1", "noSuchObject"),
        ("1.3.1.99.1", "noSuchObject"),
        ("1.3.1.19.1", "noSuchInstance"),  # haxServiceAddressesExpected: KEEPALIVED-MIB was not read
        ("1.4.1.2.1", "noSuchInstance"),
        ("1.4.1.6.3.1", "noSuchInstance"),  # haxServiceMemberUsable of a frontend
        ("1.4.1.9.2.1", "noSuchInstance"),  # haxServiceMemberRow of what is not in HAProxy
        ("1.5.1.16.1", "noSuchInstance"),  # haxVrrpKeepalivedRow
        ("1.11.1.2.0", "noSuchInstance"),
        ("1.11.1.2.99", "noSuchInstance"),
        ("1.11.1.1.1", "noSuchObject"),
    ],
)
def test_what_is_not_there(world, oid, answered):
    assert world.snmpd.one(f"{OID}.{oid}").type == answered


# What the sample says by the rules of docs/health.md, worked out by hand.
def test_the_services_are_what_the_sample_says(world, mib):
    def column(name: str) -> list[object]:
        found = expected.column(mib, world.cells, f"haxService{name}")
        return [found.get(number) for number in NUMBERS.values()]

    assert column("Name") == ["site", "api", "lost"]
    assert column("VrrpInstance") == ["VI_1", "VI_2", "VI_3"]
    assert column("Role") == [MASTER, BACKUP, UNKNOWN_ROLE]
    assert column("IntendedRole") == [BACKUP, 1, 1]
    assert column("ServedAsIntended") == [FALSE, TRUE, TRUE]
    assert column("Readiness") == [DEGRADED, READY, NOT_READY]
    assert column("Health") == [ACTIVE_DEGRADED, STANDBY, UNKNOWN]
    assert column("UsableServers") == [4, 2, 0]
    assert column("EligibleServers") == [5, 2, 0]
    assert column("Maintenance") == [TRUE, TRUE, FALSE]
    assert column("Reasons")[:2] == [
        mib.bits("HaxReasons", ["belowMinimum", "unchecked", "maintenance"]),
        mib.bits("HaxReasons", ["maintenance"]),
    ]
    assert "be_web has 1 of 2 servers" in str(column("Details")[0])
    assert "nothing" in str(column("Details")[2])


def test_reasons_are_the_same_as_bits_number_and_text(world, mib):
    for at, octets in expected.column(mib, world.cells, "haxServiceReasons").items():
        bits = "".join(f"{octet:08b}" for octet in str(octets).encode("utf-8", "surrogateescape"))
        mask = sum(1 << number for number, bit in enumerate(bits) if bit == "1")
        assert expected.column(mib, world.cells, "haxServiceReasonMask")[at] == mask
        names = [label for label, number in mib.labels["HaxReasons"].items() if mask >> number & 1]
        assert expected.column(mib, world.cells, "haxServiceReasonText")[at] == ", ".join(names)
    assert "belowMinimum, unchecked, maintenance" in expected.column(mib, world.cells, "haxServiceReasonText").values()


@pytest.mark.parametrize("pair", [("haxServiceSince", "haxServiceAge"), ("haxVrrpSince", "haxVrrpAge")])
def test_an_age_is_that_of_the_date_beside_it(world, mib, pair):
    dates, ages = (expected.column(mib, world.cells, name) for name in pair)
    assert dates.keys() == ages.keys() != set()
    for at, date in dates.items():
        assert seconds_of(str(date)) + int(ages[at]) == pytest.approx(world.walked_at, abs=30)


def test_the_ages_of_roles_grow(world, mib):
    before = expected.column(mib, world.cells, "haxServiceRoleAge")
    names = [f"{mib.oids['haxServiceRoleAge']}.{at}" for at in before]

    def grown() -> bool:
        now = [int(row.value) for row in world.snmpd.get(*names)]
        return all(later > int(earlier) for later, earlier in zip(now, before.values(), strict=True))

    world.daemon.eventually(grown)


def test_each_second_is_counted_as_what_the_health_is(world, mib):
    names = ("Served", "Ready", "NotReady", "NotServed", "Unknown")
    oids = {name: mib.oids[f"haxServiceSeconds{name}"] for name in names}

    def counted(service: str) -> dict[str, int]:
        rows = world.snmpd.get(*(f"{oid}.{NUMBERS[service]}" for oid in oids.values()))
        return {name: int(row.value) for name, row in zip(names, rows, strict=True)}

    for service, grows in (("site", "Served"), ("api", "Ready"), ("lost", "Unknown")):
        before = counted(service)
        world.daemon.eventually(lambda of=service, at=grows, then=before: counted(of)[at] > then[at] + 1)
        after = counted(service)
        assert {name: after[name] - before[name] for name in names if name != grows} == dict.fromkeys(
            set(names) - {grows}, 0
        )


def test_the_members_are_what_the_sample_says(world, mib):
    def member(service: str, proxy: str) -> tuple[object, ...]:
        names = expected.column(mib, world.cells, "haxServiceMemberProxy")
        (at,) = [at for at, name in names.items() if name == proxy and at.startswith(f"{NUMBERS[service]}.")]
        ends = ("Readiness", "Usable", "Eligible", "Required")
        return tuple(expected.column(mib, world.cells, f"haxServiceMember{end}").get(at) for end in ends)

    assert member("site", "fe_web") == (READY, None, None, None)
    assert member("site", "be_web") == (DEGRADED, 1, 2, 2)
    assert member("site", "be_static") == (READY, 1, 1, 1)
    assert member("site", "be_tcp") == (UNCLAIMED, 0, 0, 0)
    assert member("api", "be_api") == (READY, 2, 2, 1)
    assert member("lost", "nothing") == (NOT_READY, 0, 0, 0)
    of_each = [at.partition(".")[0] for at in expected.column(mib, world.cells, "haxServiceMemberProxy")]
    assert [of_each.count(number) for number in NUMBERS.values()] == [8, 2, 1]


def test_a_row_pointer_names_a_row_that_is_there(world, mib):
    pointers = expected.column(mib, world.cells, "haxServiceMemberRow")
    proxies = expected.column(mib, world.cells, "haxServiceMemberProxy")
    assert {at: world.cells[str(oid)][1] for at, oid in pointers.items()} == {at: proxies[at] for at in pointers}
    assert len(pointers) == 10


def test_the_instances_are_what_the_fifo_said(world, mib):
    def column(name: str) -> list[object]:
        return list(expected.column(mib, world.cells, f"haxVrrp{name}").values())

    assert column("Name") == ["VI_1", "VI_2"]
    assert column("State") == [MASTER, BACKUP]
    assert column("StateSource") == [FIFO, FIFO]
    assert column("EffectivePriority") == [150, 100]
    assert column("Contradiction") == ["", ""]


def test_the_scalars_sum_up_the_tables(world, mib):
    def scalar(name: str) -> object:
        return expected.column(mib, world.cells, name)["0"]

    healths = list(expected.column(mib, world.cells, "haxServiceHealth").values())
    assert scalar("haxHealth") == max(healths) == UNKNOWN
    assert scalar("haxAgentServices") == len(healths) == 3
    for label, number in mib.labels["HaxNodeHealth"].items():
        assert scalar(f"haxAgentServices{label[0].upper()}{label[1:]}") == healths.count(number)
    events = expected.column(mib, world.cells, "haxEventSequence")
    assert scalar("haxAgentLastEventSequence") == len(events)
    assert scalar("haxAgentEventsAcknowledged") == len(events)
    assert scalar("haxAgentEventsSent") == len(events)
    assert scalar("haxAgentEventsQueued") == scalar("haxAgentEventsLost") == scalar("haxAgentEventsSuppressed") == 0


def test_the_events_tell_how_the_services_became_what_they_are(world, mib):
    def column(name: str) -> dict[str, int | str]:
        return expected.column(mib, world.cells, f"haxEvent{name}")

    assert list(column("Sequence")) == [str(number) for number in column("Sequence").values()]
    assert list(column("Sequence").values()) == list(range(1, len(column("Sequence")) + 1))
    assert set(column("Delivery").values()) == {ACKNOWLEDGED}
    assert column("AcknowledgedTime").keys() == column("Sequence").keys()
    names = expected.column(mib, world.cells, "haxServiceName")
    for end in ("Health", "Role", "Cause", "CauseText"):
        reported = {column("Subject")[at]: value for at, value in column(end).items()}
        now = expected.column(mib, world.cells, f"haxService{end}")
        for at, name in names.items():
            assert reported.get(name, now[at]) == now[at], f"the last event of {name}: {end}"
    assert {column("Subject")[at] for at in column("Health")} == {"site"}
    assert {column("Subject")[at] for at in column("State")} == {"fifo"}
    for end in ("Health", "State"):
        (missing,) = column("Sequence").keys() - column(end).keys()
        assert world.snmpd.one(f"{mib.oids[f'haxEvent{end}']}.{missing}").type == "noSuchInstance"


def test_dates_are_those_of_what_has_just_happened(world, mib):
    dates = [value for oid, (_, value) in world.cells.items() if mib.object(oid).syntax == "DateAndTime"]
    assert len(dates) == 2 + 3 + 2 + 2 * 2  # of the daemon, each service, each instance, and two of each event
    assert all(world.walked_at - 60 < seconds_of(str(one)) <= world.walked_at + 0.1 for one in dates)


def seconds_of(date: str) -> float:
    """Read a DateAndTime (RFC 2579)."""
    octets = date.encode("utf-8", "surrogateescape")
    offset = timedelta(hours=octets[9], minutes=octets[10]) * (1 if octets[8:9] == b"+" else -1)
    year = int.from_bytes(octets[:2], "big")
    return datetime(year, *octets[2:7], octets[7] * 100_000, tzinfo=timezone(offset)).timestamp()
