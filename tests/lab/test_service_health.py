"""The states of both nodes, what the sink is told and what the event log holds, for each fault of HAProxy.

Two VRRP instances share one HAProxy, so each is told of: the tests look at SITE1, and that SITE2 says the same.
"""

import time

import pytest

from integration.netlab import wait_for
from integration.netlab.plan import ROOT
from tests.support.reported import (
    BACKUP,
    MASTER,
    await_acknowledged,
    await_normal,
    both,
    check_log,
    check_seen,
    events,
    health,
    reported,
    services,
    wait_health,
    wait_reported,
)

pytestmark = pytest.mark.lab

PROCESSES = f"{ROOT}.1.6"


def test_the_pair_is_active_and_standby_and_nothing_is_told(lab):
    await_normal(lab)
    for host, role in (("lb1", "master"), ("lb2", "backup")):
        for name in ("SITE1", "SITE2"):
            row = services(lab, host)[name]
            assert (row["Role"], row["IntendedRole"] if host == "lb1" else "master") == (role, "master")
            assert (row["ServedAsIntended"], row["Readiness"], row["VrrpInstance"]) == ("true", "ready", name)
            assert row["AddressesExpected"] == "1"
            assert row["AddressesHeld"] == ("1" if host == "lb1" else "0")
    assert reported(lab, kind="serviceFailover") == reported(lab, kind="serviceHealthChange") == []


@pytest.mark.parametrize("how", ["stop", "kill9"])
def test_haproxy_that_is_gone_fails_over_with_its_cause_on_both(lab, how):
    await_normal(lab)
    lab.ctl("lb1", "haproxy", how)
    for instance in ("SITE1", "SITE2"):
        one = wait_reported(lab, f"lb1 gives up {instance}", host="lb1", kind="serviceFailover", subject=instance)
        assert (
            one.change == ("active", "standbyNotReady", "master", "backup")
            or one.cells["PreviousHealth"] == "blackhole"
        )
        assert one.cells["Cause"] == "haproxyGone"
        other = wait_reported(lab, f"lb2 takes {instance}", host="lb2", kind="serviceFailover", subject=instance)
        assert other.change == ("standby", "active", "backup", "master")
        assert other.cells["ServedAsIntended"] == "true", "an initial BACKUP is no intention"
        assert other.cells["Cause"] in {"priority", "peerLost"}
        for reported_one, state, initial in ((one, BACKUP, MASTER), (other, MASTER, BACKUP)):
            check_seen(lab, reported_one, state, initial)
    assert both(lab) == ("standbyNotReady", "active")
    assert "haproxy" in services(lab, "lb1")["SITE1"]["CauseText"]
    for host in ("lb1", "lb2"):
        check_log(lab, host)
    lab.ctl("lb1", "haproxy", "start")
    await_normal(lab)
    back = wait_reported(lab, "lb1 is back", host="lb1", kind="serviceFailover", Role="master")
    assert back.cells["Cause"] in {"recovered", "priority"}
    assert (
        wait_reported(lab, "lb2 steps back", host="lb2", kind="serviceFailover", Role="backup").cells["Cause"]
        == "peerReturned"
    )


def test_a_frozen_haproxy_is_a_blackhole_within_four_seconds(lab):
    await_normal(lab)
    lab.ctl("lb1", "haproxy", "freeze")
    wait_health(lab, "lb1", "blackhole", 4)
    one = wait_reported(
        lab, "the blackhole", 4, host="lb1", kind="serviceHealthChange", subject="SITE1", Health="blackhole"
    )
    assert one.change == ("active", "blackhole", "master", "master")
    assert one.cells["Cause"] == "haproxyUnresponsive"
    assert health(lab, "lb2") == "standby"
    lab.ctl("lb1", "haproxy", "thaw")
    await_normal(lab)
    back = wait_reported(lab, "it is over", host="lb1", kind="serviceHealthChange", subject="SITE1", Health="active")
    assert back.cells["Cause"] == "recovered"
    assert reported(lab, kind="serviceFailover") == []
    check_log(lab, "lb1")


def seconds(lab, host: str) -> dict[str, int]:
    """Return the time in each state of SITE1, in seconds."""
    row = services(lab, host).get("SITE1", {})
    return {name: int(row.get(f"Seconds{name}", 0)) for name in ("Served", "Ready", "NotReady", "NotServed", "Unknown")}


def test_the_time_in_each_state_is_counted_and_outlives_a_restart(lab):
    await_normal(lab)
    began, first = time.monotonic(), {host: seconds(lab, host) for host in ("lb1", "lb2")}
    lab.ctl("lb1", "haproxy", "freeze")
    wait_for(lambda: seconds(lab, "lb1")["NotServed"] >= 2, "the blackhole is counted", 15, lab.logs)
    lab.ctl("lb1", "haproxy", "thaw")
    await_normal(lab)
    wait_for(lambda: seconds(lab, "lb2")["Ready"] >= first["lb2"]["Ready"] + 2, "lb2 stands by", 15, lab.logs)
    before = {host: seconds(lab, host) for host in ("lb1", "lb2")}
    assert before["lb1"]["Served"] > first["lb1"]["Served"] - 1
    # either node may have had the other role for a moment when the lab came up
    assert before["lb1"]["Ready"] == first["lb1"]["Ready"]
    assert before["lb2"]["Served"] == first["lb2"]["Served"]
    for host in ("lb1", "lb2"):
        lab.ctl(host, "agent", "stop")
        lab.ctl(host, "agent", "start")
    await_normal(lab)
    after = {host: seconds(lab, host) for host in ("lb1", "lb2")}
    for host in ("lb1", "lb2"):
        assert all(after[host][name] >= before[host][name] for name in before[host]), "none decreases"
        watched = sum(after[host].values()) - sum(first[host].values())
        assert watched <= time.monotonic() - began + len(first[host]), "time that is not watched is not counted"


def test_all_servers_down_is_a_blackhole_and_a_standby_that_is_not_ready(lab):
    await_normal(lab)
    lab.web_down()
    for host, state in (("lb1", "blackhole"), ("lb2", "standbyNotReady")):
        wait_health(lab, host, state)
        one = wait_reported(
            lab, f"{host}: {state}", host=host, kind="serviceHealthChange", subject="SITE1", Health=state
        )
        assert one.cells["Cause"] == "noUsableBackend"
        assert "be_web" in one.cells["CauseText"]
        backend = wait_reported(lab, "the backend", host=host, kind="backendChange", subject="local/be_web")
        assert (backend.cells["PreviousState"].lower(), backend.cells["State"].lower()) == ("up", "down")
    assert reported(lab, kind="serviceFailover") == [], "keepalived sees nothing wrong"
    lab.web_up()
    await_normal(lab)
    check_log(lab, "lb1")


def test_half_of_the_servers_down_is_degraded_on_both(lab):
    await_normal(lab)
    lab.web_down(8001)
    wait_health(lab, "lb1", "activeDegraded")
    wait_health(lab, "lb2", "standbyDegraded")
    row = services(lab, "lb1")["SITE1"]
    assert (int(row["EligibleServers"]) - int(row["UsableServers"]), row["Readiness"]) == (1, "degraded")
    one = wait_reported(
        lab, "degraded", host="lb1", kind="serviceHealthChange", subject="SITE1", Health="activeDegraded"
    )
    assert one.cells["Cause"] == "belowMinimum"
    assert "web1" in one.cells["CauseText"]
    lab.web_up(8001)
    await_normal(lab)


def test_haproxy_stopped_on_the_standby_is_lost_redundancy(lab):
    await_normal(lab)
    lab.ctl("lb2", "haproxy", "stop")
    wait_health(lab, "lb2", "standbyNotReady")
    one = wait_reported(lab, "redundancy is lost", host="lb2", kind="serviceHealthChange", Health="standbyNotReady")
    assert one.cells["Cause"] == "haproxyGone"
    assert health(lab, "lb1") == "active"
    assert reported(lab, "lb1", "serviceHealthChange") == reported(lab, "lb1", "serviceFailover") == []


def test_haproxy_stopped_on_both_is_a_blackhole_where_the_address_is(lab):
    await_normal(lab)
    lab.ctl("lb2", "haproxy", "stop")
    wait_health(lab, "lb2", "standbyNotReady")
    lab.ctl("lb1", "haproxy", "stop")
    holder = "lb1"  # 90 against 40: a check with a weight leaves it there
    wait_health(lab, holder, "blackhole")
    wait_health(lab, "lb2", "standbyNotReady")
    assert lab.holders() == [holder]


def test_a_reload_of_haproxy_with_servers_down_is_no_recovery(lab):
    await_normal(lab)
    lab.web_down()
    wait_reported(lab, "the blackhole", host="lb1", kind="serviceHealthChange", subject="SITE1", Health="blackhole")
    await_acknowledged(lab, "lb1")
    before = len(events(lab, "lb1"))
    reloads = lab.snmp("snmpwalk", "lb1", PROCESSES)
    lab.ctl("lb1", "haproxy", "reload")
    wait_for(lambda: lab.snmp("snmpwalk", "lb1", PROCESSES) != reloads, "the reload is seen")
    seen = set()

    def checked() -> bool:
        seen.add(health(lab, "lb1"))
        rows = [row.split(",") for row in lab.haproxy("lb1", "show stat").splitlines() if ",web" in row]
        return all("DOWN" in row for row in rows if rows) and bool(rows)

    wait_for(checked, "HAProxy has checked its servers again", 10, lab.logs)
    assert seen == {"blackhole"}
    assert len(events(lab, "lb1")) == before, events(lab, "lb1")


def test_maintenance_is_a_flag_and_leaves_health_alone(lab):
    await_normal(lab)
    lab.disturbed = True
    lab.haproxy("lb1", "set server be_web/web1 state maint")
    wait_for(lambda: services(lab, "lb1")["SITE1"]["Maintenance"] == "true", "the flag", 5, lab.logs)
    assert health(lab, "lb1") == "active"
    lab.haproxy("lb1", "set server be_web/web1 state ready; set server be_web/web2 state drain")
    wait_for(lambda: services(lab, "lb1")["SITE1"]["EligibleServers"] == "4", "one is drained", 5, lab.logs)
    assert health(lab, "lb1") == "active"
    lab.haproxy("lb1", "set server be_web/web2 state ready")
    wait_for(lambda: services(lab, "lb1")["SITE1"]["Maintenance"] == "false", "it is over", 10, lab.logs)
    assert reported(lab, kind="serviceHealthChange") == []
