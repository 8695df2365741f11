"""What one node has answered, as records. Pure.

Everything in them may come from a hostile agent: texts are bounded here, and escaped where they are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.model import Cause, Health, Readiness
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.pair.model import PeerState, Standing
from haproxy_agentx.pair.plugin import NO_AGENT, NodeAnswer, ServiceAnswer, label_of, services, text_of
from haproxy_agentx.pair.sample import AgentSelf, SampleError, read_self
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.watch.asked import EVENTS, MEMBERS, PEERS, SERVICES, Asked, Row, rows_of

TRUE = 1
"""Of a TruthValue (RFC 2579)."""


@dataclass(frozen=True, slots=True)
class MemberView:
    """A node of a service, as the node that was asked sees it. ``age`` in seconds is that of its reading."""

    node: str
    is_own: bool
    standing: Standing
    age: float | None


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service of a node. Ages are seconds; ``key`` is what the nodes of a pair have in common, None where unknown."""

    said: ServiceAnswer
    readiness: Readiness
    usable: int
    eligible: int
    age: int | None
    pair_age: int | None
    active: str
    members: Sequence[MemberView]
    key: tuple[str, int, str] | None


@dataclass(frozen=True, slots=True)
class PeerView:
    """A peer, as the node that was asked reads it."""

    name: str
    address: str
    state: PeerState
    age: float | None
    error: str
    node: str
    reads_us: bool | None
    is_in_maintenance: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """An event of a node; ``what`` it became: a health, or a state. ``age`` in seconds is None where not known."""

    sequence: int
    kind: str
    subject: str
    what: str
    cause: Cause
    cause_text: str
    severity: Severity
    age: int | None


@dataclass(frozen=True, slots=True)
class WatchedNode:
    """What a host that was asked has answered; ``problem`` says why there is nothing.

    ``address`` is the numeric one, empty where it is not known. ``said`` is None without an answer.
    """

    host: str
    address: str = ""
    problem: str = ""
    said: AgentSelf | None = None
    version: str = ""
    last_event: int = 0
    services: Sequence[ServiceView] = ()
    peers: Sequence[PeerView] = ()
    events: Sequence[EventView] = ()

    @property
    def answer(self) -> NodeAnswer:
        """What is judged of it."""
        return NodeAnswer(self.host, [one.said for one in self.services], self.problem)

    @property
    def node(self) -> str:
        """The name that it reports for itself, else that by which it was asked."""
        return self.said.node if self.said is not None and self.said.node else self.host


def view_of(host: str, address: str, cells: Mapping[Oid, object], root: Oid) -> WatchedNode:
    """Return what the cells of a host say."""
    found = services(cells, root)
    if not found:
        return WatchedNode(host, address, NO_AGENT)
    more = rows_of(cells, root, SERVICES)
    members: dict[Oid, list[Row]] = {}
    for index, row in rows_of(cells, root, MEMBERS).items():
        members.setdefault(index[:-1], []).append(row)
    line = cells.get((*root, *Asked.pair_self.value, 0))
    last = cells.get((*root, *Asked.last_event.value, 0))
    return WatchedNode(
        host,
        address,
        said=_self(line),
        version=text_of(cells.get((*root, *Asked.version.value, 0))),
        last_event=last if isinstance(last, int) else 0,
        services=[_service(said, more.get(index, {}), members.get(index, ())) for index, said in found.items()],
        peers=[_peer(row) for row in rows_of(cells, root, PEERS).values()],
    )


def with_events(view: WatchedNode, cells: Mapping[Oid, object], root: Oid) -> WatchedNode:
    """Return the view with the events of these cells, the newest first."""
    rows = rows_of(cells, root, EVENTS)
    return replace(view, events=[_event(index[-1], row) for index, row in reversed(rows.items()) if index])


def _self(line: object) -> AgentSelf | None:
    try:
        return read_self(line) if isinstance(line, bytes) else None
    except SampleError:  # of another form
        return None


def _service(said: ServiceAnswer, row: Row, members: Sequence[Row]) -> ServiceView:
    own = next((one for one in members if one.get(Asked.member_local) == TRUE), {})
    router, addresses = own.get(Asked.member_router), text_of(own.get(Asked.member_addresses))
    return ServiceView(
        said,
        label_of(Readiness, row.get(Asked.service_readiness), Readiness.unknown),
        _number(row, Asked.service_usable) or 0,
        _number(row, Asked.service_eligible) or 0,
        _number(row, Asked.service_age),
        _number(row, Asked.pair_age),
        text_of(row.get(Asked.pair_active)),
        [_member(one) for one in members],
        (said.name, router, addresses) if isinstance(router, int) and addresses else None,
    )


def _member(row: Row) -> MemberView:
    return MemberView(
        text_of(row.get(Asked.member_node)),
        row.get(Asked.member_local) == TRUE,
        label_of(Standing, row.get(Asked.member_standing), Standing.unknown),
        _seconds(row, Asked.member_age),
    )


def _peer(row: Row) -> PeerView:
    reads = row.get(Asked.peer_reads_us)
    return PeerView(
        text_of(row.get(Asked.peer_name)),
        text_of(row.get(Asked.peer_address)),
        label_of(PeerState, row.get(Asked.peer_state), PeerState.incompatible),
        _seconds(row, Asked.peer_age),
        text_of(row.get(Asked.peer_error)),
        text_of(row.get(Asked.peer_node)),
        None if reads is None else reads == TRUE,
        row.get(Asked.peer_maintenance) == TRUE,
    )


def _event(sequence: int, row: Row) -> EventView:
    health = row.get(Asked.event_health)
    kind = row.get(Asked.event_kind)
    return EventView(
        sequence,
        next((one.name for one in Kind if one == kind), "unknown"),
        text_of(row.get(Asked.event_subject)),
        text_of(row.get(Asked.event_state)) if health is None else label_of(Health, health, Health.unknown).name,
        label_of(Cause, row.get(Asked.event_cause), Cause.unknown),
        text_of(row.get(Asked.event_cause_text)),
        label_of(Severity, row.get(Asked.event_severity), Severity.indeterminate),
        _number(row, Asked.event_age),
    )


def _number(row: Row, column: Asked) -> int | None:
    value = row.get(column)
    return value if isinstance(value, int) and value >= 0 else None


def _seconds(row: Row, column: Asked) -> float | None:
    """Return a time that is answered in milliseconds."""
    value = _number(row, column)
    return None if value is None else value / 1000
