"""What a plugin of Nagios says of the nodes of a site, by what each of them reports in SNMP. Pure.

Nodes that read each other (`peers`) have judged the pair already, with the time that it takes to know a failover from
an outage: the worst of their judgements counts. Where they do not, the healths of all nodes are put together here, and
a failover that is under way may read as an outage for a moment: that is what the retries of the monitoring are for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.health.severity import PluginStatus
from haproxy_agentx.pair.model import Evidence, PairState
from haproxy_agentx.vocabulary.shown import printable

_SERVICE, _PAIR = (1, 3, 1), (1, 14, 1)
COLUMNS: Sequence[Oid] = (
    *((*_SERVICE, number) for number in (2, 3, 9, 25)),
    *((*_PAIR, number) for number in (3, 13, 16)),
)
"""haxServiceName, Health, Role and ReasonText, haxPairState, EvidenceMask and Text, below the root. Both tables have
the index haxServiceIndex."""

_BADNESS = (PluginStatus.ok, PluginStatus.warning, PluginStatus.unknown, PluginStatus.critical)
"""What counts where several statuses come together: a site of which it is not known whether it is served is worse than
one that is served with less than all."""

OF_PAIR: Mapping[PairState, PluginStatus] = {
    PairState.redundant: PluginStatus.ok,
    PairState.failedOver: PluginStatus.ok,
    PairState.redundancyReduced: PluginStatus.warning,
    PairState.notRedundant: PluginStatus.warning,
    PairState.redundancyUnknown: PluginStatus.warning,
    PairState.mismatch: PluginStatus.warning,
    PairState.unknown: PluginStatus.unknown,
    PairState.unreachable: PluginStatus.critical,
    PairState.dualActive: PluginStatus.critical,
    PairState.notServed: PluginStatus.critical,
}

MAX_TEXT = 512
"""Octets of a text that are read: an object has 255."""

MAX_LINE = 1000
"""Characters of a line."""

NO_AGENT = (
    "its snmpd answers, without haproxy-agentx: it does not run there or has just started, or the view of the "
    "community hides it"
)

_ACTIVE = (Health.active, Health.activeDegraded)
_WRONG = (Health.blackhole, Health.conflict)


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What one node reports of a service. ``state`` is None where it compares no nodes."""

    name: str
    health: Health
    role: Role = Role.master
    reasons: str = ""
    state: PairState | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """What one node has answered; ``problem`` says why there is nothing."""

    host: str
    services: Sequence[ServiceAnswer] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PluginReport:
    """A status, and its reasons as lines: the first is the headline."""

    status: PluginStatus
    lines: Sequence[str]
    figures: Mapping[str, int]

    def __str__(self) -> str:
        head, *rest = (printable(line, MAX_LINE) for line in self.lines)  # a name in them may have line breaks
        figures = " ".join(f"{name}={number}" for name, number in self.figures.items())
        first = f"HAPROXY {self.status.name.upper()}: {head} ".replace("|", "/")
        return "\n".join([f"{first}| {figures}", *(line.replace("|", "/") for line in rest)])


def services(cells: Mapping[Oid, object], root: Oid) -> dict[Oid, ServiceAnswer]:
    """Return the services of a node by their index, from the cells of COLUMNS. A new label is read as unknown."""
    by_column = [(*root, *column) for column in COLUMNS]
    indexes = sorted(name[len(by_column[0]) :] for name in cells if name[: len(by_column[0])] == by_column[0])
    found = {}
    for index in indexes:
        name, health, role, reasons, state, evidence, text = (cells.get((*column, *index)) for column in by_column)
        is_compared = isinstance(evidence, int) and not evidence & Evidence.noPeer
        found[index] = ServiceAnswer(
            name=text_of(name),
            health=label_of(Health, health, Health.unknown),
            role=label_of(Role, role, Role.unknown),
            reasons=text_of(reasons),
            state=label_of(PairState, state, PairState.unknown) if is_compared else None,
            text=text_of(text),
        )
    return found


Label = TypeVar("Label", bound=IntEnum)


def label_of(kind: type[Label], value: object, default: Label) -> Label:
    """Return the label with this number, ``default`` for a number that this version does not know."""
    return next((label for label in kind if label == value), default)


def text_of(value: object) -> str:
    """Return a text that was answered, an empty one where there is none."""
    return value[:MAX_TEXT].decode("utf-8", "replace") if isinstance(value, bytes) else ""


def worst_of(statuses: Iterable[PluginStatus]) -> PluginStatus:
    """Return the status that counts where several come together."""
    return max(statuses, key=_BADNESS.index)


def judge_nodes(answers: Sequence[NodeAnswer], only: str | None = None, *, is_whole: bool = True) -> PluginReport:
    """Judge what the nodes have answered; ``only`` names the one service that counts.

    ``is_whole`` says that they are all nodes of the site: another one may be active.
    """
    silent = [answer for answer in answers if answer.problem]
    by_name: dict[str, dict[str, ServiceAnswer]] = {}
    for answer in answers:
        for one in answer.services:
            if only in (None, one.name):
                by_name.setdefault(one.name, {})[answer.host] = one
    judged = [
        _service(name, reports, is_all=is_whole and len(reports) == len(answers)) for name, reports in by_name.items()
    ]
    lines = [*judged, *((PluginStatus.warning, f"{answer.host}: {answer.problem}") for answer in silent)]
    if not by_name:
        what = "no node answers" if len(silent) == len(answers) else f"no node has a service {only or 'at all'}"
        lines = [(PluginStatus.unknown, "; ".join([what, *(f"{answer.host}: {answer.problem}" for answer in silent)]))]
    worst = worst_of(status for status, _ in lines)
    lines.sort(key=lambda line: -_BADNESS.index(line[0]))
    figures = {
        "nodes": len(answers),
        "answering": len(answers) - len(silent),
        "services": len(by_name),
        "served": sum(1 for reports in by_name.values() if any(one.health in _ACTIVE for one in reports.values())),
    }
    return PluginReport(worst, [text for _, text in lines], figures)


def _service(name: str, reports: Mapping[str, ServiceAnswer], *, is_all: bool) -> tuple[PluginStatus, str]:
    """Judge a service by what each host reports of it; ``is_all``: each node that is asked does."""
    judged = [(OF_PAIR[one.state], one.state, one.text) for one in reports.values() if one.state is not None]
    if judged:
        status, state, text = max(judged, key=lambda each: _BADNESS.index(each[0]))
        return status, f"{name} {state.name}: {text}"
    said = ", ".join(
        f"{one.health.name} on {host}" + (f" ({one.reasons})" if one.reasons else "") for host, one in reports.items()
    )
    is_exclusive = any(one.role is not Role.none for one in reports.values())
    status, what = _by_health([one.health for one in reports.values()], is_all=is_all, is_exclusive=is_exclusive)
    return status, f"{name} {what}: {said}"


def _by_health(healths: Sequence[Health], *, is_all: bool, is_exclusive: bool) -> tuple[PluginStatus, str]:
    """Return what the healths of all nodes that answer make together.

    ``is_all``: each node that is asked answers; ``is_exclusive``: one node is to have the service, by VRRP.
    """
    active = [health for health in healths if health in _ACTIVE]
    if len(active) > 1 and is_exclusive:
        return PluginStatus.critical, "is active on several nodes"
    if any(health in _WRONG for health in healths):
        return PluginStatus.critical, "is not served as it should be"
    if not active:
        known = is_all and Health.unknown not in healths
        return (
            (PluginStatus.critical, "is active on no node")
            if known
            else (PluginStatus.unknown, "may be active on no node")
        )
    if Health.unknown in healths:
        return PluginStatus.unknown, "is served, and a node does not know its health"
    if any(health not in (Health.active, Health.standby) for health in healths):
        return PluginStatus.warning, "is served, with something wrong"
    return PluginStatus.ok, "is served"
