"""What a manager sees of services: rows of our tables by SNMP, and our notifications at the sink, with labels."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from haproxy_agentx.objects import schema
from haproxy_agentx.objects.declaration import Table
from haproxy_agentx.vocabulary.event import Kind
from integration.demo.notices import UP_TIME, Row, cells, entry, rows
from integration.netlab import Lab, Trap, wait_for
from integration.netlab.plan import ADDRESSES, ROOT

NOTIFICATIONS = f"{ROOT}.0."
ASKING = ("-v2c", "-cpublic", "-On", "-t8", "-r1")
KEEPALIVED = "1.3.6.1.4.1.9586.100.5."
BACKUP, MASTER, FAULT, SHUTDOWN = "1", "2", "3", "5"
"""vrrpInstanceState, as it is at the sink."""
NAME, STATE, INITIAL, ROUTER = "2.3.1.2", "2.3.1.4", "2.3.1.5", "1.2.0"
"""KEEPALIVED-MIB's objects in a notification."""


def read(lab: Lab, host: str, table: Table[Any], *, at_home: bool = False) -> dict[str, Row]:
    """Walk a table of a host: its rows by index. ``at_home`` asks on the host itself, whose cable may be out.

    Columns are walked one after another: a row that comes or goes meanwhile has some of its cells only.
    """
    asker, where = (host, "127.0.0.1") if at_home else ("client", ADDRESSES[host])
    return rows(table, lab.exec(asker, "snmpbulkwalk", *ASKING, where, entry(table), check=False).splitlines())


def services(lab: Lab, host: str, *, at_home: bool = False) -> dict[str, Row]:
    """Give the services of a host by name."""
    found = read(lab, host, schema.SERVICE_TABLE, at_home=at_home)
    return {row["Name"]: row for row in found.values() if "Name" in row}


def health(lab: Lab, host: str, service: str = "SITE1", *, at_home: bool = False) -> str:
    return services(lab, host, at_home=at_home).get(service, {}).get("Health", "")


def both(lab: Lab, service: str = "SITE1") -> tuple[str, str]:
    """Give the health of a service on lb1 and lb2."""
    return health(lab, "lb1", service), health(lab, "lb2", service)


def await_normal(lab: Lab, seconds: float = 20.0, service: str = "SITE1") -> None:
    """Wait until the pair is as it should be."""
    wait_for(
        lambda: both(lab, service) == ("active", "standby"),
        f"lb1 is active and lb2 stands by for {service}",
        seconds,
        lambda: f"{both(lab, service)}\n{lab.logs()}",
    )


def events(lab: Lab, host: str) -> list[Row]:
    """Give the event log of a host, in its order, without one that came while it was walked."""
    found = read(lab, host, schema.EVENT_TABLE)
    return [found[index] for index in sorted(found, key=int) if "Sequence" in found[index]]


@dataclass(frozen=True, slots=True)
class Reported:
    """A notification of ours at the sink. ``time`` in whole seconds is the sink's."""

    time: str
    source: str
    kind: str
    cells: Row
    keepalived: Row
    """By the last sub-identifiers below KEEPALIVED-MIB."""
    up_time: int

    @property
    def sequence(self) -> int:
        return int(self.cells["Sequence"])

    @property
    def change(self) -> tuple[str, str, str, str]:
        """Health and role, before and after."""
        before, after, role_before, role = (
            self.cells.get(name, "") for name in ("PreviousHealth", "Health", "PreviousRole", "Role")
        )
        return before, after, role_before, role


def ticks(text: str) -> int:
    return int(text[text.index("(") + 1 : text.index(")")])


def reported_of(trap: Trap) -> Reported | None:
    """Read a trap of the sink; None where it is none of ours."""
    if not trap.oid.startswith(NOTIFICATIONS):
        return None
    keepalived = {
        name.removeprefix(KEEPALIVED): value for name, value in trap.varbinds.items() if name.startswith(KEEPALIVED)
    }
    kind = Kind(int(trap.oid.removeprefix(NOTIFICATIONS))).name
    return Reported(trap.time, trap.source, kind, cells(trap.varbinds), keepalived, ticks(trap.varbinds[UP_TIME]))


def reported(
    lab: Lab, host: str | None = None, kind: str | None = None, subject: str | None = None, **want: str
) -> list[Reported]:
    """Give our notifications at the sink, in the order of their arrival; ``want`` are cells that they have to have."""
    found = [one for trap in lab.traps() if (one := reported_of(trap)) is not None]
    return [
        one
        for one in found
        if (host is None or one.source == host)
        and (kind is None or one.kind == kind)
        and (subject is None or one.cells["Subject"] == subject)
        and all(one.cells.get(name) == value for name, value in want.items())
    ]


def wait_health(lab: Lab, host: str, wanted: str, seconds: float = 15.0, service: str = "SITE1") -> None:
    """Wait for haxServiceHealth of a service."""

    def right() -> bool:
        return health(lab, host, service) == wanted

    wait_for(right, f"{host}: {service} is {wanted}", seconds, lambda: f"{services(lab, host)}\n{lab.logs()}")


def wait_reported(lab: Lab, what: str, seconds: float = 15.0, **wanted: Any) -> Reported:
    """Wait for the first notification at the sink that fits (see ``reported``), and give it."""
    return wait_for(lambda: reported(lab, **wanted), what, seconds, lab.logs)[0]


def date(cell: str) -> datetime:
    """Read a DateAndTime (RFC 2579) as net-snmp writes it."""
    octets = bytes.fromhex(cell.replace(" ", ""))
    offset = timedelta(hours=octets[9], minutes=octets[10]) * (1 if octets[8:9] == b"+" else -1)
    year = int.from_bytes(octets[:2], "big")
    month, day, hour, minute, second, tenths = octets[2:8]
    return datetime(year, month, day, hour, minute, second, tenths * 100_000, tzinfo=timezone(offset))


def check_seen(lab: Lab, one: Reported, state: str, initial: str) -> None:
    """Check that a failover is tied to keepalived's own trap, by its time, and that this is at the sink, too."""
    instance, host = one.cells["Subject"], one.source
    assert one.cells["KeepalivedTrap"] == "seen"
    assert one.keepalived == {NAME: instance, STATE: state, INITIAL: initial, ROUTER: host}

    def same(trap: Trap) -> bool:
        of_it = trap.source == host and trap.vrrp == (instance, int(state))
        return of_it and ticks(trap.varbinds[UP_TIME]) == ticks(one.cells["KeepalivedUpTime"])

    trap = lab.wait_trap(same, f"keepalived's own trap of {instance}, of the time that ours gives")
    assert trap.varbinds[KEEPALIVED + ROUTER] == host


def await_acknowledged(lab: Lab, host: str) -> list[Row]:
    """Wait until nothing waits any more, and give the event log."""

    def log() -> list[Row] | None:
        rows = events(lab, host)
        return rows if all(row["Delivery"] == "acknowledged" for row in rows) else None

    return wait_for(log, f"all events of {host} are acknowledged", 20, lab.logs)


def check_log(lab: Lab, host: str) -> list[Row]:
    """Check that each event came to the sink once, in order, without holes, as the log has it; give the log.

    More may have happened since the log was read: it is checked for its place, not for what it says.
    """
    log = await_acknowledged(lab, host)
    assert [int(row["Sequence"]) for row in log] == list(range(1, len(log) + 1))
    wait_for(lambda: len(reported(lab, host)) >= len(log), f"{len(log)} events of {host} at the sink", 10, lab.logs)
    at_sink = reported(lab, host)
    assert [one.sequence for one in at_sink] == list(range(1, len(at_sink) + 1))
    for one, row in zip(at_sink, log, strict=False):
        cells = {name: cell for name, cell in one.cells.items() if name != "MaybeRepeated"}
        assert cells == {name: row[name] for name in cells}
    return log


def keepalived_traps(lab: Lab, host: str, instance: str, state: int) -> list[Trap]:
    """Give keepalived's vrrpInstanceStateChange of an instance at the sink."""
    return [trap for trap in lab.traps() if trap.source == host and trap.vrrp == (instance, state)]
