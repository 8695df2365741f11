"""What articles on keepalived and SNMP show, replayed: HAProxy stops on the master, the states swap, the traps tell it:
keepalived's that it happened, ours why, and both are tied together.

The tables below are the whole story; a row more is an assertion more.
"""

from dataclasses import dataclass

import pytest

from integration.dockerlab.probe import Probe, gaps, services
from integration.netlab import Trap, wait_for
from integration.netlab.plan import ROOT, VIRTUAL
from integration.netlab.waiting import LabError
from tests.docker.heard import FAILOVER, Heard
from tests.support.reported import check_seen

pytestmark = pytest.mark.docker

UP_TIME = "1.3.6.1.2.1.1.3.0"
ROUTER = "1.3.6.1.4.1.9586.100.5.1.2.0"

WALKED = {
    "vrrpInstanceState": (["master"] * 2, ["backup"] * 2, ["backup"] * 2, ["master"] * 2),
    "haxHealth": (["active"], ["standby"], ["standbyNotReady"], ["active"]),
    "haxServiceHealth": (["active"] * 2, ["standby"] * 2, ["standbyNotReady"] * 2, ["active"] * 2),
    "haxServiceServedAsIntended": (["true"] * 2, ["true"] * 2, ["false"] * 2, ["true"] * 2),
    "haxSourceState": (["ok"] * 5, ["ok"] * 5, ["refused", *["ok"] * 4], ["ok"] * 5),
}
"""Column -> its values on lb1 and lb2 while all is well, and on lb1 and lb2 while HAProxy is stopped on lb1."""

BACKUP, MASTER = 1, 2
OVER = {("lb1", instance): BACKUP for instance in VIRTUAL} | {("lb2", instance): MASTER for instance in VIRTUAL}
BACK = {("lb1", instance): MASTER for instance in VIRTUAL} | {("lb2", instance): BACKUP for instance in VIRTUAL}
"""Load balancer and instance -> the state that keepalived's vrrpInstanceStateChange has to tell."""


@dataclass(frozen=True, slots=True)
class Failover:
    """Objects of haxServiceFailover, and what keepalived says of the instance."""

    previous: str
    role: str
    health: str
    cause: str
    intended: str
    state: int
    initial: int


REPORTED = {
    "stop": {
        "lb1": Failover("master", "backup", "standbyNotReady", "haproxyGone", "false", BACKUP, MASTER),
        "lb2": Failover("backup", "master", "active", "priority", "true", MASTER, BACKUP),
    },
    "start": {
        "lb1": Failover("backup", "master", "active", "recovered", "true", MASTER, MASTER),
        "lb2": Failover("master", "backup", "standby", "peerReturned", "true", BACKUP, BACKUP),
    },
}
"""What is done to HAProxy on lb1 -> what each load balancer tells of each instance."""

GAP = 7.0
"""Seconds without an answer: a check each second that has to fail twice, an advertisement, 3.4 s without a master."""


def walked(lab, well: bool) -> None:
    """Wait until both load balancers say in SNMP what the story is."""
    for column, values in WALKED.items():
        for host, expected in zip(("lb1", "lb2"), values[:2] if well else values[2:], strict=True):
            wait_for(lambda: lab.values(host, column) == expected, f"{host} {column} {expected}", 5, lab.logs)  # noqa: B023


def keepalived_reported(lab, expected: dict[tuple[str, str], int], skip: int) -> dict[tuple[str, str], Trap]:
    """Wait for keepalived's notifications behind the first ones; the last of each load balancer and instance."""

    def found() -> dict[tuple[str, str], Trap] | None:
        last = {(trap.source, trap.vrrp[0]): trap for trap in lab.traps()[skip:] if trap.vrrp}
        states = {who: trap.vrrp[1] for who, trap in last.items() if trap.vrrp}
        return last if states == expected else None

    return wait_for(found, f"notifications {expected}", 10, lab.logs)


def explained(lab, heard: Heard, action: str) -> None:
    """Wait for our notifications; each names its cause, and keepalived's own trap at the sink by instance and time."""
    for host, want in REPORTED[action].items():
        for instance in VIRTUAL:
            one = heard.failover(host, instance, want.role)
            cells = one.cells
            names = ("PreviousRole", "Role", "Health", "Cause", "ServedAsIntended")
            assert tuple(cells[name] for name in names) == tuple(
                getattr(want, name) for name in ("previous", "role", "health", "cause", "intended")
            ), cells
            check_seen(lab, one, str(want.state), str(want.initial))


def up_time(text: str) -> int:
    """Hundredths of a second in `(123) 0:00:01.23`."""
    return int(text[1 : text.index(")")])


def snmpd_time(lab, host: str) -> int:
    (line,) = lab.snmp("snmpget", host, UP_TIME)
    return up_time(line.partition("Timeticks: ")[2])


def test_haproxy_stops_on_the_master_and_comes_back(lab, measured):
    walked(lab, well=True)
    before = {host: snmpd_time(lab, host) for host in ("lb1", "lb2")}
    whole = Heard.since_now(lab, "lb1", "lb2")
    with Probe(lab) as probe:
        for action, server, states in (("stop", "lb2", OVER), ("start", "lb1", BACK)):
            heard = Heard.since_now(lab)
            lab.systemctl("lb1", action, "haproxy")
            lab.wait_served(server)
            walked(lab, well=action == "start")
            for (host, _), trap in keepalived_reported(lab, states, heard.first).items():
                # who, and when: on the time scale of the snmpd that the trap came by
                assert trap.varbinds[ROUTER] == host
                assert before[host] <= up_time(trap.varbinds[UP_TIME]) <= snmpd_time(lab, host)
            explained(lab, heard, action)
    for host in ("lb1", "lb2"):
        assert [row["Kind"] for row in whole.log(host)].count(FAILOVER) == 2 * len(VIRTUAL), "and no others"
    stretches = services(probe.answers)
    assert [stretch.by for stretch in stretches] == ["lb1", "lb2", "lb1"]
    over, back = gaps(stretches)
    measured("HAProxy stopped on lb1: the client without an answer", over)
    measured("HAProxy back on lb1: the client without an answer", back)
    assert over < GAP
    assert back < GAP
    wrong = [answer for answer in probe.answers if answer.code not in (0, 200)]
    assert not wrong, wrong


def test_the_sink_writes_names_and_numbers(running):
    shown = running.sink()
    assert "snmpTrapOID.0 = vrrpInstanceStateChange  vrrpInstanceName = SITE1  vrrpInstanceState = master" in shown
    assert "snmpTrapOID.0 = haxServiceFailover  haxEventSequence.1 = 1  haxEventTime.1 = 20" in shown
    for oid in ("1.3.6.1.4.1.9586.100.5.2.10.0.2", f"{ROOT}.0.1"):
        assert f".1.3.6.1.6.3.1.1.4.1.0 = OID: .{oid}\t" in shown


def test_a_lab_that_does_not_get_well_says_what_was_awaited(running):
    with pytest.raises(LabError, match=r"(?s)not within 0 s: lb2 serves 10.77.0.100.*--- lb1.*--- sink"):
        running.wait_served("lb2", 0)
