"""explain: faults of HAProxy, keepalived and the network, by what is seen of them on a node."""

import pytest

from haproxy_agentx.health.cause import Cause, explain
from haproxy_agentx.health.model import Reason
from tests.health.changes import ago, change


@pytest.mark.parametrize(
    ("fault", "step", "facts", "cause"),
    [
        (
            "haproxy stopped or killed, the check script notices",
            change("master/blackhole", "backup/standbyNotReady", Reason.haproxyGone),
            [ago(1.2, "haproxyGone"), ago(0.1, "scriptBad"), ago(0.1, "priorityFell")],
            Cause.haproxyGone,
        ),
        (
            "likewise, read after keepalived has reacted",
            change("master/active", "fault/fault"),
            [ago(-0.05, "haproxyGone")],
            Cause.haproxyGone,
        ),
        (
            "haproxy restarted, and the check script noticed late",
            change("master/active", "fault/fault"),
            [ago(4, "haproxyGone"), ago(3, "haproxyBack")],
            Cause.haproxyGone,
        ),
        (
            "the other node of that",
            change("backup/standby", "master/active"),
            [ago(0, "preempted")],
            Cause.priority,
        ),
        (
            "haproxy frozen",
            change("master/active", "master/blackhole", Reason.haproxyUnresponsive),
            [ago(2, "haproxyUnresponsive")],
            Cause.haproxyUnresponsive,
        ),
        (
            "all servers down",
            change("master/active", "master/blackhole", Reason.noUsableBackend | Reason.unchecked),
            [],
            Cause.noUsableBackend,
        ),
        (
            "half of the servers down",
            change("master/active", "master/activeDegraded", Reason.belowMinimum),
            [],
            Cause.belowMinimum,
        ),
        (
            "haproxy stopped on the standby",
            change("backup/standby", "backup/standbyNotReady", Reason.haproxyGone),
            [ago(1, "haproxyGone")],
            Cause.haproxyGone,
        ),
        (
            "haproxy thawed",
            change("master/blackhole", "master/active", Reason(0)),
            [ago(60, "haproxyUnresponsive"), ago(1, "haproxyBack")],
            Cause.recovered,
        ),
        (
            "keepalived killed",
            change("master/active", "stopped/stopped"),
            [ago(0.6, "keepalivedGone")],
            Cause.keepalivedDead,
        ),
        (
            "keepalived killed, its addresses stay",
            change("stopped/stopped", "stopped/conflict", Reason.addressHeld),
            [ago(1.6, "keepalivedGone")],
            Cause.keepalivedDead,
        ),
        (
            "the other node of that",
            change("backup/standby", "master/active"),
            [ago(0, "noResponse")],
            Cause.peerLost,
        ),
        (
            "keepalived frozen",
            change("master/active", "unknown/unknown", Reason.roleStale),
            [ago(0, "keepalivedSilent")],
            Cause.keepalivedUnresponsive,
        ),
        (
            "keepalived stopped: it says so, and is then gone",
            change("master/active", "stopped/stopped"),
            [ago(0.7, "keepalivedStopped"), ago(0.6, "keepalivedGone")],
            Cause.operator,
        ),
        (
            "keepalived started",
            change("stopped/stopped", "backup/standby"),
            [ago(30, "keepalivedStopped"), ago(0.1, "keepalivedBack")],
            Cause.operator,
        ),
        (
            "and MASTER with it, since no other was",
            change("backup/standby", "master/active"),
            [ago(3.5, "keepalivedBack"), ago(0, "noResponse")],
            Cause.operator,
        ),
        (
            "link down",
            change("master/active", "fault/fault"),
            [ago(0.1, "haproxyGone"), ago(0.1, "linkDown")],
            Cause.interfaceDown,
        ),
        (
            "link up",
            change("fault/fault", "backup/standby"),
            [ago(20, "linkDown"), ago(0.1, "linkUp")],
            Cause.recovered,
        ),
        (
            "VRRP cut between the nodes",
            change("backup/standby", "master/active"),
            [ago(0, "noResponse")],
            Cause.peerLost,
        ),
        (
            "and together again",
            change("master/active", "backup/standby"),
            [ago(-1.25, "otherMaster")],
            Cause.peerReturned,
        ),
        (
            "another MASTER was heard, but before this node was MASTER itself",
            change("master/active", "backup/standby"),
            [ago(9, "otherMaster"), ago(9, "addressTaken")],
            Cause.unknown,
        ),
        (
            "haproxy back, with the higher priority",
            change("backup/standby", "master/active"),
            [ago(30, "haproxyGone"), ago(6, "haproxyBack"), ago(1, "priorityRose"), ago(0, "preempted")],
            Cause.recovered,
        ),
        (
            "haproxy back on both of two, nobody was MASTER",
            change("backup/standby", "master/active"),
            [ago(4, "haproxyBack"), ago(0, "noResponse")],
            Cause.recovered,
        ),
        (
            "the other fell silent long after something else",
            change("backup/standby", "master/active"),
            [ago(12, "serving"), ago(0, "noResponse")],
            Cause.peerLost,
        ),
        (
            "no NET_ADMIN: MASTER without the address",
            change("master/active", "master/conflict", Reason.addressMissing),
            [],
            Cause.addressConflict,
        ),
        (
            "the state file says BACKUP, it is MASTER now",
            change("backup/standby", "master/active"),
            [ago(1, "agentStarted")],
            Cause.agentRestarted,
        ),
        (
            "the socket of haproxy is not to be read any more",
            change("master/active", "master/unknown", Reason.haproxyUnreadable),
            [ago(1, "haproxyUnreadable")],
            Cause.sourceLost,
        ),
        (
            "a frontend is paused",
            change("master/active", "master/blackhole", Reason.frontendClosed),
            [],
            Cause.frontendClosed,
        ),
        (
            "a takeover, and keepalived's traps do not come here",
            change("backup/standby", "master/active"),
            [],
            Cause.unknown,
        ),
        (
            "keepalived keeps why to itself",
            change("master/active", "backup/standby"),
            [],
            Cause.unknown,
        ),
        (
            "somebody removes the address, and keepalived puts it back",
            change("master/active", "backup/standby"),
            [ago(0.01, "addressLost"), ago(-0.6, "addressTaken")],
            Cause.addressRemoved,
        ),
        (
            "the MASTER again after that",
            change("backup/standby", "master/active"),
            [ago(0.6, "addressLost"), ago(0, "addressTaken"), ago(0, "noOther")],
            Cause.addressRemoved,
        ),
        (
            "somebody removes the address, and keepalived does not mind",
            change("master/active", "master/conflict", Reason.addressMissing),
            [ago(1, "addressLost")],
            Cause.addressRemoved,
        ),
        (
            "all addresses are removed from the interface, and keepalived goes to FAULT",
            change("backup/standby", "fault/fault"),
            [ago(0.1, "addressLost"), ago(0.1, "interfaceBare")],
            Cause.addressRemoved,
        ),
        (
            "or to BACKUP first",
            change("master/active", "backup/standby"),
            [ago(-0.1, "addressLost"), ago(-0.1, "interfaceBare")],
            Cause.addressRemoved,
        ),
        (
            "the interface has its address again, and the node preempts",
            change("backup/standby", "master/active"),
            [ago(3.6, "interfaceBare"), ago(3.5, "interfaceAddressed"), ago(0, "preempted")],
            Cause.recovered,
        ),
        (
            "the other withdraws long after a check script is well again",
            change("backup/standby", "master/active"),
            [ago(12, "scriptGood"), ago(0, "preempted")],
            Cause.priority,
        ),
        (
            "two nodes are MASTER, and this one hears the other",
            change("master/active", "master/conflict", Reason.roleDisputed),
            [],
            Cause.roleDisputed,
        ),
        (
            "an instance is taken out of keepalived's configuration",
            change("backup/standby", "unknown/unknown"),
            [ago(0.1, "instanceGone")],
            Cause.configurationChanged,
        ),
        (
            "keepalived is gone, and nobody knows how",
            change("backup/standby", "stopped/stopped"),
            [],
            Cause.unknown,
        ),
        (
            "no reason that is seen",
            change("master/active", "master/blackhole"),
            [],
            Cause.unknown,
        ),
    ],
)
def test_faults(fault, step, facts, cause):
    reported, words = explain(step, facts)
    assert (reported, bool(words)) == (cause, True), fault
