"""What has to be so before a failover is rehearsed: a table of checks. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from haproxy_agentx.doctor.failover import Candidate, failures
from haproxy_agentx.health.model import Health
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.rehearsal.sight import NodeView, server_of


class PrecheckGrade(Enum):
    """The result of one."""

    ok = "ok"
    note = "-"
    """Not known, or worth knowing: it keeps nothing from being done."""
    refused = "NO"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The candidates of the node here and of the other one, by keepalived.conf; ``why`` says why there are none."""

    here: Candidate | None = None
    there: Candidate | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Precondition:
    """What is known before. The first of ``nodes`` is the one that the command runs on."""

    nodes: Sequence[NodeView]
    pair: PairState | None
    """As this node judges it; None where it does not know the service."""
    pair_text: str = ""
    settling: bool = False
    snmp_problem: str = ""
    """Why SNMP is not served here."""
    queued: int = 0
    """Events that wait here to be sent or acknowledged."""
    arithmetic: Arithmetic = Arithmetic()


@dataclass(frozen=True, slots=True)
class Precheck:
    """One check and its result in words."""

    name: str
    grade: PrecheckGrade
    words: str


Result = tuple[PrecheckGrade, str]


def prechecks(before: Precondition) -> list[Precheck]:
    """Return all of them, in their order."""
    return [Precheck(name, *check(before)) for name, check in CHECKS]


def _ok(words: str) -> Result:
    return PrecheckGrade.ok, words


def _no(words: str) -> Result:
    return PrecheckGrade.refused, words


def _snmp(before: Precondition) -> Result:
    return _no(f"not served here: {before.snmp_problem}") if before.snmp_problem else _ok("served")


def _peers(before: Precondition) -> Result:
    others = before.nodes[1:]
    if not others:
        return _no("no peer is configured: add `peers` to config.yaml, or nothing shows whether the other node serves")
    unread = [f"{node.name}: {node.problem}" for node in others if node.problem]
    return _no("; ".join(unread)) if unread else _ok("read: " + ", ".join(node.name for node in others))


def _served(before: Precondition) -> Result:
    server = server_of(before.nodes)
    if server is not None:
        return _ok(f"by {server}")
    return _no("not by one node alone: " + ", ".join(f"{node.name} is {node.health.name}" for node in before.nodes))


def _ready(before: Precondition) -> Result:
    server = server_of(before.nodes)
    others = [node for node in before.nodes if node.name != server and not node.problem]
    unready = [f"{node.name} is {node.health.name}" for node in others if node.health is not Health.standby]
    if unready or not others:
        return _no("; ".join(unready) or "no other node is known")
    return _ok("standby: " + ", ".join(node.name for node in others))


def _pair(before: Precondition) -> Result:
    if before.pair is None:
        return _no("not judged yet: wait until haproxy-agentx knows the service")
    words = before.pair.name + (f": {before.pair_text}" if before.pair_text else "")
    if before.settling:
        return _no(f"not settled yet: {words}")
    return _ok(words) if before.pair in (PairState.redundant, PairState.failedOver) else _no(words)


def _maintenance(before: Precondition) -> Result:
    maintained = [node.name for node in before.nodes if node.maintenance > 0]
    if maintained:
        return _no(f"ordered on {', '.join(maintained)}: missing redundancy is not reported (maintenance off ends it)")
    return _ok("none")


def _events(before: Precondition) -> Result:
    if before.queued:
        return _no(f"{before.queued} wait here to be sent or acknowledged: what would be lost cannot be seen")
    return _ok("none waits here")


def _arithmetic(before: Precondition) -> Result:
    here, there = before.arithmetic.here, before.arithmetic.there
    if here is None or there is None:
        return PrecheckGrade.note, f"not computed: {before.arithmetic.why}"
    is_here = server_of(before.nodes) == before.nodes[0].name
    first, second = (here, there) if is_here else (there, here)
    found = list(failures(first, second))
    if not found:
        return PrecheckGrade.note, "no check is tracked: the address moves when keepalived or the node ends only"
    stuck = [one.words for one in found if not one.moves]
    return _no("; ".join(stuck)) if stuck else _ok("; ".join(one.words for one in found))


CHECKS: Sequence[tuple[str, Callable[[Precondition], Result]]] = (
    ("SNMP", _snmp),
    ("peers", _peers),
    ("served", _served),
    ("other node", _ready),
    ("pair", _pair),
    ("maintenance", _maintenance),
    ("events", _events),
    ("priorities", _arithmetic),
)
