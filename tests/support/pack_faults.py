"""Faults of the pair, and which alarms of integration/packs each has to raise on which node, while it lasts."""

from collections.abc import Callable
from dataclasses import dataclass

from integration.netlab import Lab

Raised = frozenset[tuple[str, str]]
"""Names of alarms, each with the node that it is about; an alarm of the site is about ''."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``alarms`` are all that are raised once the fault has settled; each stands for any number of rows."""

    name: str
    begin: Callable[[Lab], None]
    end: Callable[[Lab], None]
    alarms: Raised


def _on(node: str, *names: str) -> set[tuple[str, str]]:
    return {(name, node) for name in names}


def _thaw(lab: Lab) -> None:
    lab.ctl("lb1", "haproxy", "thaw")


FAULTS = (
    Fault(
        "HAProxy hangs on the node that serves",
        lambda lab: lab.ctl("lb1", "haproxy", "freeze"),
        _thaw,
        frozenset(_on("lb1", "serviceBlackhole", "sourceStale") | _on("", "siteNotServed")),
    ),
    Fault(
        "HAProxy ends on the node that serves",
        lambda lab: lab.ctl("lb1", "haproxy", "stop"),
        lambda lab: lab.ctl("lb1", "haproxy", "start"),
        frozenset(_on("lb1", "serviceStandbyNotReady", "sourceRefused")),
    ),
    Fault(
        "HAProxy ends on the standby",
        lambda lab: lab.ctl("lb2", "haproxy", "stop"),
        lambda lab: lab.ctl("lb2", "haproxy", "start"),
        frozenset(_on("lb2", "serviceStandbyNotReady", "sourceRefused")),
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
    ),
    Fault(
        "one web server is down",
        lambda lab: lab.web_down(8001),
        lambda lab: lab.web_up(8001),
        frozenset(
            _on("lb1", "serviceActiveDegraded", "serverDown") | _on("lb2", "serviceStandbyDegraded", "serverDown")
        ),
    ),
    Fault(
        "keepalived is stopped on the standby",
        lambda lab: lab.ctl("lb2", "keepalived", "stop"),
        lambda lab: lab.ctl("lb2", "keepalived", "start"),
        frozenset(_on("lb2", "serviceStopped", "sourceAbsent")),
    ),
    Fault(
        "keepalived is killed on the node that serves",
        lambda lab: lab.ctl("lb1", "keepalived", "kill9"),
        lambda lab: lab.ctl("lb1", "keepalived", "start"),
        frozenset(_on("lb1", "serviceConflict", "sourceAbsent")),
    ),
    Fault(
        "the nodes do not hear each other",
        lambda lab: lab.cut(apart=True),
        lambda lab: lab.cut(apart=False),
        frozenset(_on("", "siteDualActive")),
    ),
    Fault(
        "haproxy-agentx is stopped",
        lambda lab: lab.ctl("lb1", "agent", "stop"),
        lambda lab: lab.ctl("lb1", "agent", "start"),
        frozenset(_on("lb1", "agentSilent")),
    ),
    Fault(
        "snmpd hangs",
        lambda lab: lab.ctl("lb2", "snmpd", "freeze"),
        lambda lab: lab.ctl("lb2", "snmpd", "thaw"),
        frozenset(_on("lb2", "agentSilent")),
    ),
)
