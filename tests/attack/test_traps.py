"""What a local user can do by forged traps: nothing, in the full set-up and where traps are all there is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from haproxy_agentx.objects import schema
from integration.netlab import Lab, control, wait_for
from integration.netlab.plan import BALANCERS, VIRTUAL
from tests.support import setups
from tests.support.forged_traps import FLAPPING, forged, sender
from tests.support.probe import Probe
from tests.support.reported import (
    BACKUP,
    MASTER,
    await_normal,
    both,
    check_log,
    check_seen,
    events,
    read,
    reported,
    services,
    wait_health,
    wait_reported,
)
from tests.support.unprivileged import NOBODY

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

FAILOVER = "serviceFailover"
BARE_AGENT = "haproxy:\n  - {name: local, stats: /run/haproxy/ro.sock, interval: 1s, timeout: 2s}\n"
HEALTH = ".".join(map(str, (*schema.scalar_oid(schema.HEALTH_SCALARS[0]), 0)))


def attack(lab: Lab, host: str, datagrams: list[bytes], count: int, pause: float = 0.0, *, keeps: bool = True) -> None:
    """Send datagrams in turn as nobody; ``keeps`` says whether the socket stays open meanwhile."""
    lab.exec(host, *sender(datagrams, count, pause, keeps=keeps), seconds=60)


def failures(lab: Lab, host: str) -> tuple[int, str]:
    """Return how many datagrams were refused, and why the last one was."""
    rows = read(lab, host, schema.SOURCE_TABLE).values()
    row = next(row for row in rows if row["Name"] == "keepalived-traps")
    return int(row["Failures"]), row["LastError"]


def await_refused(lab: Lab, host: str, count: int) -> None:
    wait_for(lambda: failures(lab, host)[0] >= count, f"{count} datagrams are refused", 20, lab.logs)


def known(lab: Lab, host: str) -> dict[str, tuple[str, ...]]:
    """Return what is known of each instance and service that a trap could forge."""
    rows = read(lab, host, schema.VRRP_TABLE).values()
    found = {
        f"vrrp {row['Name']}": (row["State"], row["InitialState"], row["StateSource"], row["Transitions"])
        for row in rows
    }
    for name, row in services(lab, host).items():
        found[name] = (row["Role"], row["IntendedRole"], row["Health"], row["Transitions"])
    return found


def test_nothing_that_a_local_user_sends_changes_anything(lab):
    await_normal(lab)
    before, quiet = known(lab, "lb1"), len(events(lab, "lb1"))
    refused = failures(lab, "lb1")[0]
    names = [forged(f"FORGED{number}", 2) for number in range(260)]
    attack(lab, "lb1", FLAPPING, 200, 0.005)
    assert known(lab, "lb1") == before
    attack(lab, "lb1", FLAPPING + names, 300, keeps=False)
    attack(lab, "lb1", names, 300, 0.001)
    await_refused(lab, "lb1", refused + 600)
    assert known(lab, "lb1") == before
    assert len(events(lab, "lb1")) == quiet
    assert re.search(rf"uid {NOBODY} was ignored|was ignored whose sender has closed", failures(lab, "lb1")[1])
    lab.ctl("lb1", "haproxy", "stop")
    gone = wait_reported(lab, "lb1 gives it up", host="lb1", kind=FAILOVER, subject="SITE1", PreviousRole="master")
    assert gone.cells["Role"] == "backup"
    check_seen(lab, gone, BACKUP, MASTER)
    lab.ctl("lb1", "haproxy", "start")
    await_normal(lab)
    check_log(lab, "lb1")


def test_a_lost_trap_is_not_replaced_by_a_forged_one(bare_lab):
    """The FIFO and traps, without the MIB: a forged trap gave `seen`, the router id and the intended role."""
    setups.put(bare_lab, setups.AGENT, BARE_AGENT)
    setups.edit(bare_lab, setups.SNMPD, ("trap2sink 127.0.0.1:1162\n", ""))  # keepalived's own do not arrive
    setups.start(bare_lab, snmpd=True)
    wait_for(lambda: services(bare_lab, "lb1"), "the daemon is up", 20, bare_lab.logs)
    bare_lab.ctl("lb1", "haproxy", "stop")
    wait_health(bare_lab, "lb1", "standbyNotReady")
    attacking = Thread(target=attack, args=(bare_lab, "lb1", FLAPPING, 1500, 0.002))
    attacking.start()
    try:
        bare_lab.ctl("lb1", "haproxy", "start")
        back = wait_reported(bare_lab, "lb1 is back", host="lb1", kind=FAILOVER, subject="SITE1", Role="master")
    finally:
        attacking.join()
    assert back.cells["KeepalivedTrap"] == "notObserved"
    assert "1.2.0" not in back.keepalived, "no router id"
    assert services(bare_lab, "lb1")["SITE1"]["IntendedRole"] == "none"
    check_log(bare_lab, "lb1")


@contextmanager
def traps_only(lab: Lab) -> Iterator[None]:
    """Start the daemon before keepalived, with nothing configured but the listener."""
    setups.edit(lab, setups.KEEPALIVED, ("  vrrp_notify_fifo /run/haproxy-agentx/vrrp.fifo\n", ""))
    setups.put(lab, setups.AGENT, BARE_AGENT)
    for host in BALANCERS:
        lab.ctl(host, "keepalived", "kill9")
        for address in VIRTUAL.values():
            lab.exec(host, "ip", "addr", "del", f"{address}/24", "dev", "eth0", check=False)
        lab.ctl(host, "agent", "start")
    yield
    for host in BALANCERS:
        check_log(lab, host)


def test_forged_names_before_keepalived_starts_take_no_room(bare_lab):
    with traps_only(bare_lab):
        attack(bare_lab, "lb1", [forged(f"FORGED{number}", 1) for number in range(260)], 520, 0.001)
        await_refused(bare_lab, "lb1", 400)
        assert set(services(bare_lab, "lb1")) == {"node"}
        for host in BALANCERS:
            bare_lab.ctl(host, "keepalived", "start")
        bare_lab.wait_served("lb1")
        await_normal(bare_lab)
        assert set(services(bare_lab, "lb1")) == {"SITE1", "SITE2"}
        attack(bare_lab, "lb1", FLAPPING, 300, 0.002)
        assert both(bare_lab) == ("active", "standby")
        bare_lab.ctl("lb1", "haproxy", "stop")
        gone = wait_reported(
            bare_lab, "lb1 gives it up", host="lb1", kind=FAILOVER, subject="SITE1", PreviousRole="master"
        )
        # before keepalived's check fails, the outage may have lasted long enough to be reported
        assert gone.change[0] in ("active", "blackhole")
        assert gone.change[1:] == ("standbyNotReady", "master", "backup")
        assert (gone.cells["Cause"], gone.cells["Suppressed"]) == ("haproxyGone", "0")
        check_seen(bare_lab, gone, BACKUP, MASTER)
        bare_lab.ctl("lb1", "agent", "restart")
        wait_for(lambda: set(services(bare_lab, "lb1")) == {"SITE1", "SITE2"}, "the true instances", 20, bare_lab.logs)
        failovers = {one.cells["Subject"] for one in reported(bare_lab, "lb1", FAILOVER)}
        assert failovers == {"SITE1", "SITE2"}


def used(process: int) -> float:
    """Return the seconds of processor that a process has used."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def test_a_large_datagram_costs_next_to_nothing(lab, record_property):
    """Each took 85 ms of processor; 20 a second took the daemon out of SNMP."""
    await_normal(lab)
    host = lab.host("lb1")
    found = control.main_processes(control.processes(host, control.find("lb1", "agent")))
    (daemon,) = (process.pid for process in found)
    large = forged("SITE1", 2, more=900)
    assert 6000 < len(large) < 8192
    quiet, refused = len(events(lab, "lb1")), failures(lab, "lb1")[0]
    before = used(daemon)
    with Probe(161, HEALTH, namespace=Path(f"/proc/{host.leader.pid}/ns/net")) as probe:
        for keeps in (True, False):
            attack(lab, "lb1", [large], 500, 0.002, keeps=keeps)
    await_refused(lab, "lb1", refused + 800)
    each = (used(daemon) - before) / 1000
    record_property("ms of processor for each", each * 1000)
    print(f"{each * 1000:.3f} ms of processor for each; the longest GET took {probe.worst * 1000:.1f} ms")  # noqa: T201
    assert each < 0.0005, "20 a second cost less than 1 % of a core"
    probe.assert_answered(worst=1.0)
    assert len(events(lab, "lb1")) == quiet
