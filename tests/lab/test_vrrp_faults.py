"""The states of both nodes, what the sink is told and what the log holds, for each fault of keepalived or network.

Two VRRP instances live through each fault together. Most tests look at SITE1, and the log shows that SITE2 is told of.
"""

import os
import threading
import time
from dataclasses import replace
from datetime import datetime

import pytest

from haproxy_agentx.objects import schema
from integration.netlab import Lab, control, wait_for
from integration.netlab.lab import FIFO
from integration.netlab.plan import ADDRESSES, BALANCERS, ROOT, VIRTUAL
from integration.netlab.processes import stat_fields
from integration.netlab.services import KEEPALIVED
from tests.support.reported import (
    BACKUP,
    FAULT,
    MASTER,
    SHUTDOWN,
    Reported,
    await_normal,
    both,
    check_log,
    check_seen,
    date,
    events,
    health,
    read,
    reported,
    services,
    wait_health,
    wait_reported,
)
from tests.support.reported import (
    KEEPALIVED as KEEPALIVED_MIB,
)
from tests.support.wait import throughout

pytestmark = pytest.mark.lab

SITES = tuple(VIRTUAL)
FAILOVER, CHANGE = "serviceFailover", "serviceHealthChange"


def check_taken(lab: Lab, causes: set[str]) -> None:
    """Check that lb2 has taken both instances, and says why."""
    for site in SITES:
        one = wait_reported(lab, f"lb2 takes {site}", host="lb2", kind=FAILOVER, subject=site)
        assert one.change == ("standby", "active", "backup", "master")
        assert one.cells["ServedAsIntended"] == "true", "an initial BACKUP is no intention"
        assert one.cells["Cause"] in causes
        check_seen(lab, one, MASTER, BACKUP)
    wait_health(lab, "lb2", "active")
    row = services(lab, "lb2")["SITE1"]
    assert (row["Role"], row["IntendedRole"], row["ServedAsIntended"]) == ("master", "none", "true")


def check_given_back(lab: Lab) -> None:
    """Check that lb2 is told to have stepped back because lb1 returned."""
    for site in SITES:
        one = wait_reported(lab, f"lb2 gives {site} back", host="lb2", kind=FAILOVER, subject=site, Role="backup")
        assert one.change == ("active", "standby", "master", "backup")
        assert (one.cells["Cause"], one.cells["ServedAsIntended"]) == ("peerReturned", "true")
        check_seen(lab, one, BACKUP, BACKUP)


def test_keepalived_killed_leaves_its_addresses_a_conflict(lab):
    await_normal(lab)
    lab.ctl("lb1", "keepalived", "kill9")
    check_taken(lab, {"peerLost"})
    wait_health(lab, "lb1", "conflict")
    assert lab.holders() == ["lb1", "lb2"]
    row = services(lab, "lb1")["SITE1"]
    assert (row["Role"], row["AddressesHeld"], row["ServedAsIntended"]) == ("stopped", "1", "false")
    for site in SITES:
        one = wait_reported(lab, f"{site} has no MASTER on lb1", host="lb1", subject=site, Health="conflict")
        assert one.cells["Cause"] == "keepalivedDead"
        assert one.cells["Role"] == "stopped"
        (gone,) = reported(lab, "lb1", FAILOVER, site)
        assert (gone.cells["PreviousRole"], gone.cells["Role"]) == ("master", "stopped")
        assert gone.cells["Cause"] == "keepalivedDead"
        assert gone.cells["KeepalivedTrap"] in {"notSeen", "notObserved"}, "there is none"
    lab.ctl("lb1", "keepalived", "start")
    await_normal(lab)
    for site in SITES:
        back = wait_reported(lab, f"lb1 has {site} again", host="lb1", kind=FAILOVER, subject=site, Role="master")
        assert back.cells["Health"] == "active"
        assert back.cells["Cause"] == "recovered", "who started it is not known"
    check_given_back(lab)
    for host in BALANCERS:
        check_log(lab, host)


def test_a_frozen_keepalived_is_never_active(lab):
    await_normal(lab)
    lab.ctl("lb1", "keepalived", "freeze")
    check_taken(lab, {"peerLost"})
    wait_for(lambda: health(lab, "lb1") in {"conflict", "unknown"}, "lb1 is not believed any more", 15, lab.logs)
    one = wait_reported(lab, "keepalived is frozen", host="lb1", kind=CHANGE, subject="SITE1")
    assert one.cells["Health"] in {"conflict", "unknown"}
    assert one.cells["Cause"] == "keepalivedUnresponsive"
    assert lab.holders() == ["lb1", "lb2"]
    throughout(lambda: health(lab, "lb1") in {"conflict", "unknown"}, 10)  # snmpd drops it meanwhile
    lab.ctl("lb1", "keepalived", "thaw")
    await_normal(lab, 25)
    back = wait_reported(lab, "keepalived answers again", host="lb1", subject="SITE1", Health="active")
    assert back.cells["Cause"] == "recovered"
    check_given_back(lab)
    for host in BALANCERS:
        check_log(lab, host)


def test_keepalived_stopped_started_and_reloaded(lab):
    await_normal(lab)
    lab.ctl("lb1", "keepalived", "stop")
    check_taken(lab, {"peerLost", "priority"})
    for site in SITES:
        one = wait_reported(lab, f"{site} is stopped", host="lb1", kind=FAILOVER, subject=site)
        assert one.change == ("active", "stopped", "master", "stopped")
        assert (one.cells["Cause"], one.cells["ServedAsIntended"]) == ("operator", "false")
        check_seen(lab, one, SHUTDOWN, MASTER)
    assert both(lab) == ("stopped", "active")
    lab.ctl("lb1", "keepalived", "start")
    await_normal(lab)
    for site in SITES:
        back = wait_reported(lab, f"lb1 has {site} again", host="lb1", kind=FAILOVER, subject=site, Role="master")
        assert (back.cells["Health"], back.cells["Cause"]) == ("active", "operator")
        check_seen(lab, back, MASTER, MASTER)
    check_given_back(lab)
    for host in BALANCERS:
        check_log(lab, host)
    quiet = {host: max(one.sequence for one in reported(lab, host)) for host in BALANCERS}
    for host in BALANCERS:
        lab.ctl(host, "keepalived", "reload")
    for host in BALANCERS:
        wait_for(lambda host=host: "Reload complete" in lab.host(host).read(KEEPALIVED.log), f"{host} has reloaded", 5)
    await_read_anew(lab)
    assert both(lab) == ("active", "standby")
    lab.web_down(8001)
    for host in BALANCERS:
        wait_reported(lab, "the next thing that happens", host=host, subject="SITE1", Cause="belowMinimum")
        new = [row for row in events(lab, host) if int(row["Sequence"]) > quiet[host]]
        assert {row["Cause"] for row in new if row["Kind"] == CHANGE} == {"belowMinimum"}
        assert {row["Kind"] for row in new} <= {CHANGE, "backendChange"}


def await_read_anew(lab: Lab) -> None:
    """Wait until KEEPALIVED-MIB of both nodes has been read by a reading that ended after now."""
    began = time.monotonic()

    def anew() -> bool:
        elapsed = (time.monotonic() - began) * 1000
        rows = [row for host in BALANCERS for row in read(lab, host, schema.VRRP_TABLE).values()]
        return len(rows) == len(SITES) * len(BALANCERS) and all(int(row["ReadingAge"]) < elapsed for row in rows)

    wait_for(anew, "KEEPALIVED-MIB was read again", 10, lab.logs)


def test_link_down_is_a_fault_that_is_told_when_the_link_is_back(lab):
    await_normal(lab)
    before = len(reported(lab, "lb1"))
    pulled = now()
    lab.link("lb1", up=False)
    check_taken(lab, {"peerLost"})
    wait_for(lambda: health(lab, "lb1", at_home=True) == "fault", "lb1 is in fault", 10, lab.logs)
    row = services(lab, "lb1", at_home=True)["SITE1"]
    assert (row["Role"], row["Cause"], row["ServedAsIntended"]) == ("fault", "interfaceDown", "false")

    def queued() -> list[dict[str, str]]:
        log = [*read(lab, "lb1", schema.EVENT_TABLE, at_home=True).values()]
        return [one for one in log if one["Kind"] == FAILOVER and one["Delivery"] == "queued"]

    wait_for(lambda: len(queued()) == len(SITES), "the events wait", 5, lambda: f"{queued()}\n{lab.logs()}")
    assert len(reported(lab, "lb1")) == before
    plugged = now()
    lab.link("lb1", up=True)
    await_normal(lab)
    for site in SITES:
        one = wait_reported(lab, f"{site} was in fault", host="lb1", kind=FAILOVER, subject=site)
        assert one.change == ("active", "fault", "master", "fault")
        assert one.cells["Cause"] == "interfaceDown"
        assert one.cells["KeepalivedTrap"] == "seen"
        assert one.keepalived["2.3.1.4"] == FAULT
        assert pulled <= date(one.cells["Time"]) <= plugged <= arrival(one)
        back = wait_reported(lab, f"lb1 has {site} again", host="lb1", kind=FAILOVER, subject=site, Role="master")
        assert back.cells["Cause"] == "recovered"
        assert date(back.cells["Time"]) >= plugged
        check_seen(lab, back, MASTER, MASTER)
    check_given_back(lab)
    for host in BALANCERS:
        check_log(lab, host)


def now() -> datetime:
    """Give the present tenth of a second: a DateAndTime has no more."""
    date = datetime.now().astimezone()
    return date.replace(microsecond=date.microsecond // 100_000 * 100_000)


def arrival(one: Reported) -> datetime:
    """Give the end of the second in which it came to the sink."""
    return datetime.strptime(one.time + ".999999", "%Y-%m-%d %H:%M:%S.%f").astimezone()


def test_nodes_that_do_not_hear_each_other_are_both_active(lab):
    await_normal(lab)
    lab.cut(apart=True)
    check_taken(lab, {"peerLost"})
    assert both(lab) == ("active", "active")
    assert lab.holders() == ["lb1", "lb2"]
    assert services(lab, "lb1")["SITE1"]["ServedAsIntended"] == "true"
    lab.cut(apart=False)
    await_normal(lab)
    check_given_back(lab)
    assert reported(lab, "lb1", FAILOVER) == reported(lab, "lb1", CHANGE) == []
    check_log(lab, "lb2")


def instances(lab: Lab, host: str) -> dict[str, dict[str, str]]:
    """Return the rows of haxVrrpTable by the name of the instance."""
    return {row["Name"]: row for row in read(lab, host, schema.VRRP_TABLE).values() if "Name" in row}


def believed(lab: Lab) -> list[str | None]:
    """Return whom lb1 and lb2 take for the MASTER of SITE1."""
    return [instances(lab, host).get("SITE1", {}).get("BelievedMaster") for host in ("lb1", "lb2")]


@pytest.mark.parametrize("lab", ["fast", "base"], indirect=True)  # VRRPv3 and VRRPv2
def test_both_nodes_name_the_node_that_leads(lab):
    await_normal(lab, 40)
    wait_for(lambda: believed(lab) == [ADDRESSES["lb1"]] * 2, "both take lb1 for the MASTER", 20, lab.logs)
    before = int(instances(lab, "lb2")["SITE1"]["AdvertsReceived"])
    wait_for(lambda: int(instances(lab, "lb2")["SITE1"]["AdvertsReceived"]) > before, "lb2 hears lb1", 20, lab.logs)
    lab.ctl("lb1", "haproxy", "stop")
    wait_for(lambda: believed(lab) == [ADDRESSES["lb2"]] * 2, "both take lb2 for the MASTER", 30, lab.logs)
    assert "Disputes" in instances(lab, "lb1")["SITE1"]
    lab.ctl("lb1", "haproxy", "start")
    await_normal(lab, 40)


def test_a_second_master_is_counted_once_however_often_it_is_heard(lab):
    await_normal(lab)
    deaf = ("iptables", "-A", "INPUT", "-p", "112", "-j", "DROP")
    lab.exec("lb2", *deaf)
    wait_health(lab, "lb1", "conflict")

    def heard() -> bool:
        row = instances(lab, "lb1")["SITE1"]
        return int(row["OtherMasters"]) > 5 and row["Disputes"] == "1"

    wait_for(heard, "lb1 counts one dispute and many advertisements", 20, lab.logs)
    assert believed(lab) == [ADDRESSES["lb1"], ADDRESSES["lb2"]], "each takes itself for the MASTER"
    lab.exec("lb2", *(word.replace("-A", "-D") for word in deaf))
    await_normal(lab)
    assert instances(lab, "lb1")["SITE1"]["Disputes"] == "1"


def test_master_without_net_admin_is_a_conflict(lab):
    await_normal(lab)
    lab.ctl("lb1", "keepalived", "stop")
    check_taken(lab, {"peerLost", "priority"})
    limited = replace(KEEPALIVED, command=("setpriv", "--bounding-set=-net_admin", "--", *KEEPALIVED.command))
    control.launch(lab.host("lb1"), limited)
    wait_health(lab, "lb1", "conflict")
    row = services(lab, "lb1")["SITE1"]
    assert (row["Role"], row["AddressesExpected"], row["AddressesHeld"]) == ("master", "1", "0")
    for column, all_is_well in (("2.3.1.4", "2"), ("2.3.1.9", "1")):
        said = lab.snmp("snmpwalk", "lb1", KEEPALIVED_MIB + column)
        assert [line.rpartition(" ")[2] for line in said] == [all_is_well] * len(SITES), "vrrpInstanceVipsStatus allSet"
    assert lab.holders() == []
    one = wait_reported(lab, "nobody has the address", host="lb1", subject="SITE1", Health="conflict")
    assert (one.cells["Role"], one.cells["Cause"]) == ("master", "addressConflict")
    wait_health(lab, "lb2", "standby")
    lab.ctl("lb1", "keepalived", "restart")
    await_normal(lab)
    for host in BALANCERS:
        check_log(lab, host)


SECONDS, RATE = 30.0, 50.0
LIMIT = 10
"""notifications.limit, as built in."""


class Storm(threading.Thread):
    """Writes changes of role into keepalived's FIFO, beside keepalived, at a steady rate."""

    def __init__(self, path):
        super().__init__()
        self.lines = 0
        self._path = path

    def run(self):
        clock = threading.Event()  # set by nobody: its wait keeps the pace
        with self._path.open("wb", buffering=0) as fifo:
            began = time.monotonic()
            while (due := began + self.lines / RATE) < began + SECONDS:
                clock.wait(max(0.0, due - time.monotonic()))
                fifo.write(b'INSTANCE "SITE1" %s 150\n' % (b"MASTER" if self.lines % 2 else b"BACKUP"))
                self.lines += 1


def cpu(lab: Lab, host: str) -> float:
    """Return the seconds of CPU that our daemon and its store process have used (proc(5), stat: utime and stime)."""
    found = [stat_fields(process.pid) for process in control.processes(lab.host(host), control.find(host, "agent"))]
    used = [fields for fields in found if fields]
    assert used, "it runs"
    return sum(int(fields[11]) + int(fields[12]) for fields in used) / os.sysconf("SC_CLK_TCK")


def test_fifty_changes_a_second_are_one_summary(lab, record_property):
    await_normal(lab)
    lab.disturbed = True
    quiet = len(events(lab, "lb1"))
    used = cpu(lab, "lb1")
    storm = Storm(lab.host("lb1").path(FIFO))
    storm.start()
    longest = 0.0
    while storm.is_alive():
        began = time.monotonic()
        (line,) = lab.snmp("snmpget", "lb1", "-t3", "-r0", f"{ROOT}.1.1.20.0")
        assert "INTEGER" in line
        longest = max(longest, time.monotonic() - began)
    storm.join()
    used = cpu(lab, "lb1") - used
    record_property("CPU seconds", f"{used:.1f}")
    record_property("longest answer", f"{longest:.2f}")
    print(f"{used:.1f} s CPU, longest answer {longest:.2f} s")  # noqa: T201
    assert used < 0.3 * SECONDS
    summary = wait_for(
        lambda: [one for one in reported(lab, "lb1", subject="SITE1") if one.cells["Suppressed"] != "0"],
        "the summary",
        15,
        lab.logs,
    )
    assert len(summary) == 1
    counted = int(summary[0].cells["Suppressed"])
    one_by_one = [one for one in reported(lab, "lb1", FAILOVER, "SITE1") if one.cells["Suppressed"] == "0"]
    assert len(one_by_one) <= LIMIT
    assert counted + len(one_by_one) == storm.lines == SECONDS * RATE
    assert lab.snmp("snmpget", "lb1", f"{ROOT}.1.1.33.0")[0].endswith(f": {counted}")
    await_normal(lab)
    assert {row["Subject"] for row in events(lab, "lb1")[quiet:]} == {"SITE1"}
    check_log(lab, "lb1")
