"""That nothing is lost, held up or told twice when snmpd, the daemon or its disk fail while things happen."""

import random
import sys
import threading
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.objects import schema
from integration.netlab import Lab, control, wait_for
from integration.netlab.plan import BALANCERS, PROJECT, ROOT, VIRTUAL, VRRP_INSTANCE_STATE
from tests.support.chains import check_chains, once
from tests.support.probe import Probe
from tests.support.reported import (
    BACKUP,
    INITIAL,
    MASTER,
    NAME,
    ROUTER,
    STATE,
    Reported,
    await_normal,
    check_log,
    check_seen,
    date,
    keepalived_traps,
    reported,
    wait_reported,
)
from tests.support.wait import throughout

pytestmark = pytest.mark.lab

SITES = tuple(VIRTUAL)
FAILOVER, CHANGE = "serviceFailover", "serviceHealthChange"
STATE_FOLDER = "/var/lib/haproxy-agentx"


def status(lab: Lab, host: str) -> dict:
    """Give what the daemon says of itself, also where snmpd does not; empty if there is no daemon."""
    try:
        return ask(str(lab.host(host).path(f"{STATE_FOLDER}/control.sock")))
    except NotRunning:
        return {}


def service(lab: Lab, host: str, name: str = "SITE1") -> dict:
    return next((one for one in status(lab, host).get("services", ()) if one["name"] == name), {})


def wait_service(lab: Lab, host: str, health: str, name: str = "SITE1") -> None:
    wait_for(lambda: service(lab, host, name).get("health") == health, f"{host}: {name} is {health}", 15, lab.logs)


def logged(lab: Lab, host: str) -> int:
    """Give the number of the last event."""
    return status(lab, host).get("events", {}).get("last", 0)


def is_empty(lab: Lab, host: str) -> bool:
    return status(lab, host).get("events", {}).get("queued") == 0


def check_all(lab: Lab, host: str, jumps: int = 0) -> list[Reported]:
    """Check that all that was logged has come to the sink, and that it makes one story; give that.

    ``jumps`` is how often the numbers may go on higher: where a start could not rely on the store.
    """

    def all_came() -> bool:
        came = sorted({0, *(one.sequence for one in reported(lab, host))})
        return came[-1] == logged(lab, host) and sum(b - a > 1 for a, b in pairwise(came)) <= jumps

    wait_for(lambda: is_empty(lab, host), f"nothing of {host} waits", 20, lab.logs)
    wait_for(all_came, "all came", 5, lab.logs)
    found = once(reported(lab, host), jumps)
    check_chains(found, SITES)
    return found


def now() -> datetime:
    return datetime.now().astimezone()


# S1, S5: keepalived comes back to a restarted snmpd after 15 s only. What it would have told until then is lost.
@pytest.mark.parametrize("how", ["stop", "kill9"])
def test_a_failover_after_a_restart_of_snmpd_is_told_though_keepaliveds_own_trap_is_lost(lab, how):
    await_normal(lab)
    lost = {site: len(keepalived_traps(lab, "lb2", site, int(MASTER))) for site in SITES}
    lab.ctl("lb2", "snmpd", how)
    lab.ctl("lb2", "snmpd", "start")
    lab.ctl("lb1", "haproxy", "stop")
    for site in SITES:
        one = wait_reported(lab, f"lb2 takes {site}", host="lb2", kind=FAILOVER, subject=site)
        assert one.change == ("standby", "active", "backup", "master")
        # without snmpd nothing says why, and a daemon that was just started says so
        assert one.cells["Cause"] in {"peerLost", "priority", "agentRestarted", "unknown"}
        assert one.cells["KeepalivedTrap"] == "notSeen"
        assert "KeepalivedUpTime" not in one.cells
        assert one.keepalived == {NAME: site, STATE: MASTER, INITIAL: BACKUP, ROUTER: "lb2"}
        assert len(keepalived_traps(lab, "lb2", site, int(MASTER))) == lost[site]
        other = wait_reported(lab, f"lb1 gives {site} up", host="lb1", kind=FAILOVER, subject=site)
        check_seen(lab, other, BACKUP, MASTER)
    for host in BALANCERS:
        check_log(lab, host)


# 54, 56: what happens while snmpd is not there comes later, in order, with the time at which it happened.
def test_five_changes_while_snmpd_is_stopped_come_when_it_is_back(lab):
    await_normal(lab)
    lab.ctl("lb1", "snmpd", "stop")
    times = [now()]
    for number, health in enumerate(("activeDegraded", "active") * 2 + ("activeDegraded",)):
        lab.web_up(8001) if number % 2 else lab.web_down(8001)
        wait_service(lab, "lb1", health)
        wait_for(lambda: service_events(lab, "lb1") == number + 1, "it is logged", 5, lab.logs)  # noqa: B023
        times.append(now())
    said = status(lab, "lb1")["events"]
    assert said["held"]
    assert said["queued"] == said["last"] - said["acknowledged"] >= 5 * len(SITES)
    assert reported(lab, "lb1", CHANGE) == []
    lab.ctl("lb1", "snmpd", "start")
    wait_for(lambda: is_empty(lab, "lb1"), "all is acknowledged", 10, lab.logs)
    back_after(lab, "lb1")
    for site in SITES:
        five = reported(lab, "lb1", subject=site)
        assert [one.cells["Health"] for one in five] == ["activeDegraded", "active"] * 2 + ["activeDegraded"]
        assert {one.kind for one in five} == {CHANGE}
        assert {one.cells["MaybeRepeated"] for one in five} == {"false"}
        for before, one, after in zip(times[:-1], five, times[1:], strict=True):
            assert before <= date(one.cells["Time"]) <= after
    check_log(lab, "lb1")


def service_events(lab: Lab, host: str, subject: str = "SITE1") -> int:
    """Count the events of a service in the log, by the control socket: snmpd may be stopped."""
    path = str(lab.host(host).path(f"{STATE_FOLDER}/control.sock"))
    found = ask(path, {"command": "events", "since": 0, "limit": 100})["events"]
    return sum(one["subject"] == subject for one in found)


def back_after(lab: Lab, host: str) -> None:
    """Wait until keepalived has come back to a restarted snmpd."""
    wait_for(
        lambda: len(lab.snmp("snmpwalk", host, VRRP_INSTANCE_STATE)) == len(SITES) or None,
        "keepalived is back in snmpd",
        20,
        lab.logs,
    )


# S1, S5: frozen for ten seconds, with a failover in it: keepalived's trap and ours wait in snmpd's sockets.
def test_a_failover_while_snmpd_is_frozen_comes_when_it_goes_on(lab):
    await_normal(lab)
    own = {site: len(keepalived_traps(lab, "lb1", site, int(BACKUP))) for site in SITES}
    lab.ctl("lb1", "snmpd", "freeze")
    frozen = time.monotonic()
    lab.ctl("lb1", "haproxy", "stop")
    wait_service(lab, "lb1", "standbyNotReady")
    throughout(lambda: reported(lab, "lb1", FAILOVER) == [], frozen + 10 - time.monotonic())
    lab.ctl("lb1", "snmpd", "thaw")
    thawed = now()
    for site in SITES:
        one = wait_reported(lab, f"lb1 gave {site} up", host="lb1", kind=FAILOVER, subject=site)
        assert (one.cells["PreviousRole"], one.cells["Role"]) == ("master", "backup")
        assert one.cells["Cause"] == "haproxyGone"
        assert date(one.cells["Time"]) < thawed
        wait_for(lambda site=site: len(keepalived_traps(lab, "lb1", site, int(BACKUP))) > own[site], "keepalived's own")
    lab.ctl("lb1", "haproxy", "start")
    await_normal(lab)
    check_all(lab, "lb1")


# T3: the daemon stands still for a while; what happens meanwhile waits in its sockets and in the FIFO.
def test_a_failover_while_the_daemon_stands_still_is_told_when_it_goes_on(lab):
    await_normal(lab)
    lab.ctl("lb2", "agent", "freeze")
    lab.ctl("lb1", "haproxy", "stop")
    lab.wait_served("lb2")
    for site in SITES:
        lab.wait_trap(
            lambda trap, site=site: (trap.source, trap.vrrp) == ("lb2", (site, int(MASTER))), f"keepalived's of {site}"
        )
    lab.ctl("lb2", "agent", "thaw")
    for site in SITES:
        one = wait_reported(lab, f"lb2 took {site}", host="lb2", kind=FAILOVER, subject=site)
        assert one.change == ("standby", "active", "backup", "master")
        check_seen(lab, one, MASTER, BACKUP)
    check_all(lab, "lb2")


# P5: what happened while the daemon was dead is told when it is back, and the daemon says that it does not know why.
def test_a_failover_while_the_daemon_is_dead_is_told_at_its_start(lab):
    await_normal(lab)
    lab.ctl("lb2", "agent", "kill9")
    lab.ctl("lb1", "haproxy", "stop")
    lab.wait_served("lb2")
    lab.ctl("lb2", "agent", "start")
    for site in SITES:
        one = wait_reported(lab, f"lb2 took {site}", host="lb2", kind=FAILOVER, subject=site)
        assert one.change == ("standby", "active", "backup", "master")
        assert one.cells["Cause"] == "agentRestarted"
        assert one.keepalived == {NAME: site, STATE: MASTER, INITIAL: BACKUP, ROUTER: "lb2"}
    lab.ctl("lb1", "haproxy", "start")
    await_normal(lab)
    for site in SITES:
        wait_reported(lab, f"lb2 gave {site} back", host="lb2", kind=FAILOVER, subject=site, Role="backup")
    check_all(lab, "lb2")
    for site in SITES:
        assert [one.cells["Role"] for one in reported(lab, "lb2", FAILOVER, site)] == ["master", "backup"]


def last_reported(lab: Lab, host: str, subject: str) -> tuple[str, str]:
    last = reported(lab, host, subject=subject)[-1].cells
    return last["Role"], last["Health"]


# P5: killed at random moments while servers and HAProxy come and go. A short form of `make soak`.
def test_the_daemon_killed_amid_changes_loses_nothing(lab):
    await_normal(lab)
    chance = random.Random(4)
    done = threading.Event()

    def changes() -> None:
        while not done.is_set():
            lab.ctl("lb1", "haproxy", "stop")
            done.wait(chance.uniform(0.1, 2))
            lab.ctl("lb1", "haproxy", "start")
            done.wait(chance.uniform(0.1, 2))

    changing = threading.Thread(target=changes)
    changing.start()
    try:
        for _ in range(4):
            last = logged(lab, "lb1")
            wait_for(lambda: logged(lab, "lb1") > last, "something happens", 15, lab.logs)  # noqa: B023
            done.wait(chance.uniform(0, 1))
            lab.ctl("lb1", "agent", "kill9")
            lab.ctl("lb1", "agent", "start")
    finally:
        done.set()
        changing.join()
    await_normal(lab)
    for site in SITES:
        wait_for(lambda site=site: last_reported(lab, "lb1", site) == ("master", "active"), "it is told", 15, lab.logs)
    check_all(lab, "lb1")


def test_the_daemon_restarted_while_nothing_happens_tells_nothing(lab):
    await_normal(lab)
    before = {host: logged(lab, host) for host in BALANCERS}
    for host, how in (("lb1", "stop"), ("lb2", "kill9")):
        lab.ctl(host, "agent", how)
        lab.ctl(host, "agent", "start")
    await_normal(lab)
    throughout(lambda: {host: logged(lab, host) for host in BALANCERS} == before, 6)
    await_normal(lab)


def remount(lab: Lab, options: str) -> None:
    lab.disturbed = True
    lab.exec("lb1", "mount", "-o", f"remount,{options}", STATE_FOLDER)


def agent_scalar(lab: Lab, host: str, name: str) -> str:
    """Give an object of haxAgent, by SNMP: without its folder the daemon has no control socket."""
    number = next(scalar.sub_id for scalar in schema.SCALARS if scalar.name == name)
    return lab.snmp("snmpget", host, f"{ROOT}.1.1.{number}.0")[0].partition(": ")[2].strip('"')


# R4, R5: a disk that is full or cannot be written. It goes on from memory, says so, and nothing is lost in the end.
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_store_that_cannot_be_written_keeps_nothing_from_being_told(lab, fault):
    await_normal(lab)
    if fault == "full":
        remount(lab, "size=256k")
        lab.exec("lb1", "sh", "-c", f"cat /dev/zero >{STATE_FOLDER}/more", check=False)
    else:
        lab.ctl("lb1", "agent", "stop")
        remount(lab, "ro")
        lab.ctl("lb1", "agent", "start")
        await_normal(lab)
    lab.ctl("lb1", "haproxy", "stop")
    for site in SITES:
        one = wait_reported(lab, f"lb1 gives {site} up", host="lb1", kind=FAILOVER, subject=site)
        check_seen(lab, one, BACKUP, MASTER)
    problem = wait_for(lambda: agent_scalar(lab, "lb1", "haxAgentStoreProblem"), "it says so", 10, lab.logs)
    assert f"store {STATE_FOLDER}/state.db" in problem
    assert ("full" if fault == "full" else "read-only") in problem
    if fault == "full":
        lab.exec("lb1", "rm", f"{STATE_FOLDER}/more")
    else:
        remount(lab, "rw")
    wait_for(lambda: not agent_scalar(lab, "lb1", "haxAgentStoreProblem"), "it is written again", 10, lab.logs)
    lab.ctl("lb1", "agent", "kill9")
    lab.ctl("lb1", "agent", "start")
    lab.ctl("lb1", "haproxy", "start")
    await_normal(lab)
    check_all(lab, "lb1", jumps=fault == "read-only")


STORM = 800
"""Events: they take snmpd about a second."""


PREFILL = f"""
import time
from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.store.database import Store
from tests.support.event_log import Log
store = Store.open("{STATE_FOLDER}/state.db")
draft = EventDraft(time.time(), Kind.test, subject="storm", cause_text="one of many")
Log(store).append([draft] * {STORM})
store.close()
"""


def storm(lab: Lab) -> Probe:
    """Let a daemon that has much to tell be started; ask it until all is told."""
    lab.ctl("lb1", "agent", "stop")
    lab.exec("lb1", "env", f"PYTHONPATH={PROJECT}", sys.executable, "-c", PREFILL)
    before = len(reported(lab, "lb1"))
    control.launch(lab.host("lb1"), control.find("lb1", "agent"))
    wait_for(lambda: len(reported(lab, "lb1")) > before, "they leave", 10, lab.logs)
    namespace = Path(f"/proc/{lab.host('lb1').leader.pid}/ns/net")
    with Probe(161, f"{ROOT}.1.1.31.0", every=0.005, namespace=namespace) as probe:
        wait_for(lambda: is_empty(lab, "lb1"), "all have left", 20, lab.logs)
    wait_for(lambda: len(reported(lab, "lb1")) + dropped(lab) >= before + STORM, "all have come", 10)
    return probe


def dropped(lab: Lab) -> int:
    """Give the datagrams that the sink's socket had no room for: so many at once are too many for a slow machine."""
    lines = Path(f"/proc/{lab.host('sink').leader.pid}/net/udp").read_text().splitlines()
    return sum(int(line.split()[-1]) for line in lines if line.split()[1].endswith(":00A2"))


# 55, 57: many events wait for snmpd. They leave in order, and a manager is answered all the while.
def test_a_burst_of_events_leaves_in_order_and_keeps_no_manager_waiting(lab):
    await_normal(lab)
    lab.disturbed = True
    probe = storm(lab)
    if probe.worst > 0.05:  # the machine may have had other things to do, but not each time
        probe = min(storm(lab), storm(lab), key=lambda one: one.worst)
    probe.assert_answered(worst=0.05)
    numbers = [one.sequence for one in reported(lab, "lb1")]
    assert numbers == sorted(set(numbers)), "in order, and once"
    assert len(numbers) + dropped(lab) >= logged(lab, "lb1")
