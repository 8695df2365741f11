"""Faults of the pair, and which alarms of integration/packs each has to raise on which node, while it lasts."""

from collections.abc import Callable
from dataclasses import dataclass

from haproxy_agentx.health.model import Cause
from integration.netlab import Lab
from integration.netlab.plan import BALANCERS

Raised = frozenset[tuple[str, str]]
"""Names of alarms, each with the node that it is about; an alarm of the site is about ''."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``alarms`` are all that are raised once the fault has settled; each stands for any number of rows.

    ``by_peers`` are those that are raised besides where the nodes read each other. ``cause`` is that of the alarms of
    services, ``pair_cause`` that of the alarms of pairs.
    """

    name: str
    begin: Callable[[Lab], None]
    end: Callable[[Lab], None]
    alarms: Raised
    by_peers: Raised
    pair_cause: Cause
    cause: Cause | None = None


def _on(node: str, *names: str) -> set[tuple[str, str]]:
    return {(name, node) for name in names}


def _on_both(name: str) -> Raised:
    return frozenset((name, node) for node in BALANCERS)


def _thaw(lab: Lab) -> None:
    lab.ctl("lb1", "haproxy", "thaw")


FAULTS = (
    Fault(
        "HAProxy hangs on the node that serves",
        lambda lab: lab.ctl("lb1", "haproxy", "freeze"),
        _thaw,
        frozenset(_on("lb1", "serviceBlackhole", "sourceStale") | _on("", "siteNotServed")),
        _on_both("pairNotServed"),
        Cause.haproxyUnresponsive,
        Cause.haproxyUnresponsive,
    ),
    Fault(
        "HAProxy ends on the node that serves",
        lambda lab: lab.ctl("lb1", "haproxy", "stop"),
        lambda lab: lab.ctl("lb1", "haproxy", "start"),
        frozenset(_on("lb1", "serviceStandbyNotReady", "sourceRefused")),
        _on_both("pairNotRedundant"),
        Cause.haproxyGone,
        Cause.haproxyGone,
    ),
    Fault(
        "HAProxy ends on the standby",
        lambda lab: lab.ctl("lb2", "haproxy", "stop"),
        lambda lab: lab.ctl("lb2", "haproxy", "start"),
        frozenset(_on("lb2", "serviceStandbyNotReady", "sourceRefused")),
        _on_both("pairNotRedundant"),
        Cause.haproxyGone,
        Cause.haproxyGone,
    ),
    Fault(
        "all web servers are down",
        lambda lab: lab.web_down(),
        lambda lab: lab.web_up(),
        frozenset(
            _on("lb1", "serviceBlackhole", "backendDown", "serverDown")
            | _on("lb2", "serviceStandbyNotReady", "backendDown", "serverDown")
            | _on("", "siteNotServed")
        ),
        _on_both("pairNotServed"),
        Cause.noUsableBackend,
        Cause.noUsableBackend,
    ),
    Fault(
        "one web server is down",
        lambda lab: lab.web_down(8001),
        lambda lab: lab.web_up(8001),
        frozenset(
            _on("lb1", "serviceActiveDegraded", "serverDown") | _on("lb2", "serviceStandbyDegraded", "serverDown")
        ),
        _on_both("pairRedundancyReduced"),
        Cause.belowMinimum,
        Cause.belowMinimum,
    ),
    Fault(
        "keepalived is stopped on the standby",
        lambda lab: lab.ctl("lb2", "keepalived", "stop"),
        lambda lab: lab.ctl("lb2", "keepalived", "start"),
        frozenset(_on("lb2", "serviceStopped", "sourceAbsent")),
        _on_both("pairNotRedundant"),
        Cause.operator,
        Cause.operator,
    ),
    Fault(
        "keepalived is killed on the node that serves",
        lambda lab: lab.ctl("lb1", "keepalived", "kill9"),
        lambda lab: lab.ctl("lb1", "keepalived", "start"),
        frozenset(_on("lb1", "serviceConflict", "sourceAbsent")),
        _on_both("pairDualActive"),
        Cause.roleDisputed,
        Cause.keepalivedDead,
    ),
    Fault(
        "the nodes do not hear each other",
        lambda lab: lab.cut(apart=True),
        lambda lab: lab.cut(apart=False),
        frozenset(_on("", "siteDualActive")),
        _on_both("pairDualActive"),
        Cause.roleDisputed,
    ),
    Fault(
        "haproxy-agentx is stopped",
        lambda lab: lab.ctl("lb1", "agent", "stop"),
        lambda lab: lab.ctl("lb1", "agent", "start"),
        frozenset(_on("lb1", "agentSilent")),
        frozenset(_on("lb2", "peerNoAgent", "pairRedundancyUnknown")),
        Cause.sourceLost,
    ),
    Fault(
        "snmpd hangs",
        lambda lab: lab.ctl("lb2", "snmpd", "freeze"),
        lambda lab: lab.ctl("lb2", "snmpd", "thaw"),
        frozenset(_on("lb2", "agentSilent")),
        frozenset(_on("lb1", "peerUnreachable", "pairRedundancyUnknown")),
        Cause.sourceLost,
    ),
)
