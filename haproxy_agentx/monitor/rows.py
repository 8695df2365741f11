"""The rows of services, their members, VRRP instances and events in the view. Pure: clocks are given."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.agentx.view import ServedColumn
from haproxy_agentx.haproxy.stat import RowKind as StatKind
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.instance import Instance
from haproxy_agentx.health.model import MemberKind
from haproxy_agentx.health.severity import REMOVED
from haproxy_agentx.monitor.node import Node
from haproxy_agentx.monitor.service import Service, Stamp
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.event_objects import EventRow, EventRowMaker
from haproxy_agentx.objects.layout import Numbers, Wanted, member_scope, proxy_scope
from haproxy_agentx.objects.member_objects import MemberRow
from haproxy_agentx.objects.pair_objects import PairMemberRow, PairRow
from haproxy_agentx.objects.peer_objects import PeerRow
from haproxy_agentx.objects.service_objects import ServiceRow
from haproxy_agentx.objects.tables import MakeRow, row_columns
from haproxy_agentx.objects.vrrp_objects import VrrpRow
from haproxy_agentx.pair.model import PairMember
from haproxy_agentx.pair.peer import Peer
from haproxy_agentx.vocabulary.event import Kind

SERVICES = "service"
INSTANCES = "vrrp"
PROCESSES = "process"
"""Scopes of the numbers."""

NODES = "node"
"""Scope of the numbers of this node and its peers."""

SOURCE = "source "
"""What the names of sources of VRRP begin with in PROCESSES: no name of an HAProxy has a blank."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """``now`` gives monotonic seconds, ``date`` seconds since 1970, ``stamp`` turns the first into a TimeStamp."""

    now: Callable[[], float]
    date: Callable[[], float]
    stamp: Stamp


def members_scope(service: str) -> str:
    """Return the scope of the numbers of a service's members."""
    return f"members/{service}"


def member_name(process: str, proxy: str, kind: MemberKind) -> str:
    """Return the name by which a member has its number."""
    return f"{kind.name} {process}/{proxy}"


def wanted(node: Node, known: Numbers) -> Wanted:
    """Return the names that have no number yet."""
    # in alphabetical order, so that both nodes of a pair give the same numbers to what they see at first
    names: dict[str, Iterable[str]] = {SERVICES: sorted(node.services), INSTANCES: sorted(node.instances.known)}
    nodes = [node.pairs.node.name, *(peer.name for peer in node.pairs.peers)]
    names[NODES] = [name for name in nodes if name]
    for service in node.services.values():
        names[members_scope(service.plan.name)] = [member_name(*member) for member in service.shape]
    return {scope: first for scope, all_ in names.items() if (first := _first_choices(all_, known.get(scope, {})))}


def _first_choices(names: Iterable[str], known: Mapping[str, int]) -> dict[str, int]:
    """Assign the next numbers to names without one, in their order."""
    new = [name for name in names if name not in known]
    return {name: number for number, name in enumerate(new, max(known.values(), default=0) + 1)}


def service_columns(node: Node, numbers: Numbers, root: Oid, clocks: Clocks) -> list[ServedColumn]:
    """Return the columns of services, members and VRRP instances; what has no number yet is left out."""
    services = {number: node.services[name] for name, number in _numbered(node.services, numbers, SERVICES)}
    members: dict[Oid, MakeRow[MemberRow]] = {}
    for number, service in services.items():
        known = numbers.get(members_scope(service.plan.name), {})
        for place, member in enumerate(service.shape):
            if (name := member_name(*member)) in known:
                members[number, known[name]] = partial(_member_row, service, place, numbers, root)
    instances = node.instances.known
    return [
        *row_columns(
            root,
            schema.SERVICE_TABLE,
            {(number,): partial(_service_row, service, clocks) for number, service in services.items()},
        ),
        *row_columns(root, schema.SERVICE_MEMBER_TABLE, members),
        *row_columns(
            root,
            schema.VRRP_TABLE,
            {
                (number,): partial(_vrrp_row, instances[name], clocks)
                for name, number in _numbered(instances, numbers, INSTANCES)
            },
        ),
    ]


def pair_columns(node: Node, numbers: Numbers, root: Oid, clocks: Clocks) -> list[ServedColumn]:
    """Return the columns of pairs, their members, and peers; what has no number yet is left out."""
    services = {number: node.services[name] for name, number in _numbered(node.services, numbers, SERVICES)}
    peers = {peer.name: peer for peer in node.pairs.peers}
    nodes = _numbered((node.pairs.node.name, *peers), numbers, NODES)
    members: dict[Oid, MakeRow[PairMemberRow]] = {
        (number, place): partial(_pair_member_row, node, service, peers.get(name), clocks)
        for number, service in services.items()
        for name, place in nodes
    }
    pairs: dict[Oid, MakeRow[PairRow]] = {
        (number,): partial(_pair_row, node, service, clocks) for number, service in services.items()
    }
    of_peers: dict[Oid, MakeRow[PeerRow]] = {
        (place,): partial(_peer_row, node, peers[name], clocks) for name, place in nodes if name in peers
    }
    return [
        *row_columns(root, schema.PEER_TABLE, of_peers),
        *row_columns(root, schema.PAIR_TABLE, pairs),
        *row_columns(root, schema.PAIR_MEMBER_TABLE, members),
    ]


def _own(node: Node, service: Service, now: float) -> PairMember:
    return node.pairs.own(service, node.instances.known.get(service.plan.vrrp_instance or ""), now)


def _pair_row(node: Node, service: Service, clocks: Clocks) -> PairRow | None:
    now, view = clocks.now(), node.pairs.views.get(service.plan.name)
    if view is None:
        return None
    return PairRow(service.plan.name, view.settled, view.cause, view.text, _own(node, service, now), now)


def _pair_member_row(node: Node, service: Service, peer: Peer | None, clocks: Clocks) -> PairMemberRow:
    now = clocks.now()
    member = _own(node, service, now) if peer is None else peer.member(service.plan.name, now)
    return PairMemberRow(member, now)


def _peer_row(node: Node, peer: Peer, clocks: Clocks) -> PeerRow:
    return PeerRow(peer, node.pairs.node.run, clocks.now())


def event_columns(events: Iterable[Event], root: Oid, now: Callable[[], float]) -> list[ServedColumn]:
    """Return the columns of haxEventTable; ``now`` returns monotonic seconds."""
    rows: dict[Oid, MakeRow[EventRow]] = {(event.sequence,): EventRowMaker(event, now) for event in events}
    return row_columns(root, schema.EVENT_TABLE, rows)


def with_subject(draft: EventDraft, numbers: Numbers, root: Oid) -> EventDraft:
    """Return an event with the index of its subject and, unless that is not there any more, the pointer to its row.

    One whose subject has no number yet, or that has none, as it stands for several, is returned as it is.
    """
    table, index = _subject(draft, numbers)
    known = tuple(number for number in index if number is not None)
    if len(known) < len(index):
        return draft
    row = None if draft.state == REMOVED else schema.row_pointer(table, known, root)
    return replace(draft, subject_index=known[-1], subject_row=row)


def _subject(draft: EventDraft, numbers: Numbers) -> tuple[schema.Table[schema.Column], tuple[int | None, ...]]:
    """Return the table and the indexes of whom an event is about, None for a number that is not known."""
    subject = draft.subject or ""
    process, _, below = subject.partition("/")
    backend, _, server = below.partition("/")
    of_process = numbers.get(PROCESSES, {})
    of_backend = (of_process.get(process), numbers.get(proxy_scope(process), {}).get(backend))
    of_server = numbers.get(member_scope(StatKind.SERVER, process, backend), {}).get(server)
    tables: Mapping[Kind, tuple[schema.Table[schema.Column], tuple[int | None, ...]]] = {
        Kind.serviceFailover: (schema.SERVICE_TABLE, (numbers.get(SERVICES, {}).get(subject),)),
        Kind.serviceHealthChange: (schema.SERVICE_TABLE, (numbers.get(SERVICES, {}).get(subject),)),
        Kind.sourceChange: (schema.SOURCE_TABLE, (of_process.get(subject) or of_process.get(SOURCE + subject),)),
        Kind.backendChange: (schema.BACKEND_TABLE, of_backend),
        Kind.serverChange: (schema.SERVER_TABLE, (*of_backend, of_server)),
        Kind.test: (schema.EVENT_TABLE, (None,)),
        Kind.pairChange: (schema.PAIR_TABLE, (numbers.get(SERVICES, {}).get(subject),)),
        Kind.pairMismatch: (schema.PAIR_TABLE, (numbers.get(SERVICES, {}).get(subject),)),
    }
    return tables[draft.kind]


def _numbered(names: Iterable[str], numbers: Numbers, scope: str) -> list[tuple[str, int]]:
    known = numbers.get(scope, {})
    return [(name, known[name]) for name in names if name in known]


def _service_row(service: Service, clocks: Clocks) -> ServiceRow | None:
    return service.row(clocks.stamp, clocks.now(), clocks.date())


def _member_row(service: Service, place: int, numbers: Numbers, root: Oid) -> MemberRow | None:
    if place >= len(service.members):
        return None  # it is made of others now: the rows are about to follow
    member = service.members[place]
    process = numbers.get(PROCESSES, {}).get(member.process)
    proxy = numbers.get(proxy_scope(member.process), {}).get(member.proxy)
    if process is None or proxy is None:
        return MemberRow(member, None)
    table = schema.BACKEND_TABLE if member.kind is MemberKind.backend else schema.FRONTEND_TABLE
    return MemberRow(member, schema.row_pointer(table, (process, proxy), root))


def _vrrp_row(instance: Instance, clocks: Clocks) -> VrrpRow:
    now = clocks.now()
    since = instance.since_date.of(instance.since, now, clocks.date())
    return VrrpRow(instance, now, since, clocks.stamp(instance.since))
