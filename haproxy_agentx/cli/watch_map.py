"""A pair on the screen as a map: a box for each node, who serves, how the nodes read each other, and what happened."""

from collections.abc import Iterator, Sequence
from itertools import islice

from haproxy_agentx.cli.styled import Styled, joined
from haproxy_agentx.cli.watch_marks import (
    NO_ANSWER,
    OF_HEALTH,
    OF_PEER,
    OF_SEVERITY,
    OF_STANDING,
    OF_STATUS,
    badge,
    cut,
)
from haproxy_agentx.cli.words import shown, span
from haproxy_agentx.pair.model import PeerState
from haproxy_agentx.pair.plugin import OF_PAIR
from haproxy_agentx.watch.grouping import peer_host
from haproxy_agentx.watch.report import SiteReport
from haproxy_agentx.watch.view import PeerView, ServiceView, WatchedNode

BOX, MOST_BOX = 26, 44
"""Columns of a box, at least and at most."""

LINK = 8
"""Columns between two boxes."""

MOST_SERVICES = 16
"""Services of a node that a box has room for: of more the worst ones are shown."""

MOST_EVENTS = 8

MOST_PEERS = 16
"""Peers of a node that are listed."""

MOST_TEXT = 300
"""Characters of what a pair says of a service."""


def map_of(site: SiteReport, width: int) -> Iterator[Styled]:
    """Yield the lines of a pair, of at most ``width`` columns."""
    yield badge(site.judged.status) + shown(" " + cut(site.title, width - 12), "bold")
    yield from _boxes(site, width)
    yield from _services(site, width)
    for node in site.nodes:
        yield from _views(node, site.nodes, width)
    events = site.events[:MOST_EVENTS]
    if events:
        yield shown("  last events", "dim")
    for node, event in events:
        age = "at an unknown time" if event.age is None else f"{span(event.age)} ago"
        what = f"{event.subject} {event.what}".strip()
        cause = "" if event.cause_text == "" else f": {event.cause_text}"
        head = f"{age:>16}  {cut(node.node, 20)}  {event.kind} "
        room = max(0, width - len(head) - len(what) - 3)
        yield "  " + shown(head) + shown(cut(what, width), OF_SEVERITY[event.severity]) + shown(cut(cause, room))


def _boxes(site: SiteReport, width: int) -> Iterator[Styled]:
    """Yield the nodes side by side where there is room for it, else one below the other."""
    count = len(site.nodes)
    size = min(MOST_BOX, (width - 2 - LINK * (count - 1)) // count)
    if size < BOX:
        for node in site.nodes:
            yield from ("  " + line for line in _box(node, min(MOST_BOX, width - 4), _height(node)))
        return
    height = max(map(_height, site.nodes))
    boxes = [_box(node, size, height) for node in site.nodes]
    middle = height // 2 + 1
    for place, lines in enumerate(zip(*boxes, strict=True)):
        row = Styled()
        for number, line in enumerate(lines):
            if number:
                row += _link(site, number - 1) if place == middle else " " * LINK
            row += line
        yield "  " + row


def _height(node: WatchedNode) -> int:
    return min(max(1, len(node.services)), MOST_SERVICES + 1)


def _box(node: WatchedNode, size: int, height: int) -> list[Styled]:
    """Return the lines of a box; all are ``size`` columns wide."""
    inner = size - 4
    name = cut(node.node if node.node == node.host else f"{node.node} ({node.host})", inner - 2)
    style = NO_ANSWER[1] if node.problem else ""
    top = shown("╭ ", "dim") + shown(name, f"bold {style}".strip()) + shown(f" {'─' * (inner - len(name))}╮", "dim")
    lines = list(_contents(node, inner))
    lines += [Styled()] * (height - len(lines))
    side = shown("│", "dim")
    body = [side + " " + line + " " * (inner - len(line)) + " " + side for line in lines]
    return [top, *body, shown(f"╰{'─' * (size - 2)}╯", "dim")]


def _contents(node: WatchedNode, inner: int) -> Iterator[Styled]:
    if node.problem:
        mark, style = NO_ANSWER
        yield shown(f"{mark} unknown", style)
        return
    shown_services = sorted(node.services, key=lambda one: -one.said.health)[:MOST_SERVICES]
    for service in node.services if len(node.services) <= MOST_SERVICES else shown_services:
        mark, style = OF_HEALTH[service.said.health]
        servers = f" {service.usable}/{service.eligible}" if service.eligible else ""
        health = service.said.health.name
        name = cut(service.said.name, max(4, inner - len(health) - len(servers) - 4))
        yield (shown(f"{mark} {name}  ", style) + shown(health, style) + shown(servers, "dim")).part(0, inner)
    left = len(node.services) - MOST_SERVICES
    if left > 0:
        yield shown(f"and {left} more, none of them worse", "dim").part(0, inner)


def _link(site: SiteReport, number: int) -> Styled:
    """Return how two nodes that stand side by side read each other."""
    one, two = site.nodes[number], site.nodes[number + 1]
    right, left = _reads(one, two, site.nodes), _reads(two, one, site.nodes)
    if right is None and left is None:
        return Styled() + " " * LINK
    arrow = ("◀" if left else "─") + "─" * (LINK - 4) + ("▶" if right else "─")
    style = "green" if right and left else "yellow"
    return " " + shown(arrow if right or left else f"{'─ x ─':^{LINK - 2}}", style) + " "


def _reads(one: WatchedNode, two: WatchedNode, nodes: Sequence[WatchedNode]) -> bool | None:
    """Whether a node reads another one; None where it is not meant to, or where that is not known."""
    if one.said is not None and two.said is not None and two.said.run in one.said.reads:
        return True
    found = [peer for peer in one.peers if peer_host(one, peer, nodes) == two.host]
    return any(peer.state is PeerState.ok for peer in found) if found else None


def _services(site: SiteReport, width: int) -> Iterator[Styled]:
    """Yield what the pair says of each service, by the node that says the worst; without peers what is judged."""
    said: dict[str, ServiceView] = {}
    for service in (one for node in site.nodes for one in node.services if one.said.state is not None):
        other = said.get(service.said.name)
        if other is None or (service.said.state or 0) > (other.said.state or 0):
            said[service.said.name] = service
    for name, service in said.items():
        state = service.said.state
        if state is None:
            continue
        line = shown(f"{cut(name, 30)}  ") + shown(state.name, OF_STATUS[OF_PAIR[state]])
        text = f" for {span(service.pair_age)}: " if service.pair_age is not None else ": "
        line += shown(text + cut(service.said.text, MOST_TEXT))
        yield from (("    " if number else "  ") + part for number, part in enumerate(line.wrapped(width - 4)))
    heads = tuple(
        f"{name} {service.said.state.name}:" for name, service in said.items() if service.said.state is not None
    )
    for reason in site.judged.lines:
        if not reason.startswith(heads or "\0"):
            yield shown("  " + cut(reason, width - 2), OF_STATUS[site.judged.status])


def _views(node: WatchedNode, nodes: Sequence[WatchedNode], width: int) -> Iterator[Styled]:
    """Yield how a node reads each of its peers, and what it sees of them."""
    if node.said is not None and node.said.maintenance:
        yield shown(f"  {cut(node.node, 20)} is in maintenance for another {span(node.said.maintenance)}", "yellow")
    for peer in node.peers[:MOST_PEERS]:
        age = "never read" if peer.age is None else f"read {span(peer.age)} ago"
        line = shown(f"  {cut(node.node, 20)} sees {cut(peer.name, 20)}: ", "dim")
        line += shown(peer.state.name, OF_PEER[peer.state]) + shown(f", {age}")
        if peer.reads_us is False:
            line += shown(", which does not read it", "yellow")
        seen = list(islice(_seen(node, peer), MOST_SERVICES))
        if seen:
            line += "; " + joined(seen, ", ")
        if peer_host(node, peer, nodes) is None:
            line += shown(" (not found among the hosts)", "dim")
        yield line.part(0, width)
        if peer.state is not PeerState.ok and peer.error:
            yield shown("    " + cut(peer.error, width - 4), "yellow")


def _seen(node: WatchedNode, peer: PeerView) -> Iterator[Styled]:
    for service in node.services:
        for member in service.members:
            if not member.is_own and member.node == peer.name:
                yield shown(f"{cut(service.said.name, 20)} ") + shown(
                    member.standing.name, OF_STANDING[member.standing]
                )
