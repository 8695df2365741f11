"""What ``haproxy-agentx status`` shows of a node, as values of JSON. Pure; times are monotonic seconds."""

from haproxy_agentx.health.instance import Instance
from haproxy_agentx.health.instances import LeftOut
from haproxy_agentx.monitor.node import Node
from haproxy_agentx.monitor.pairs import Pairs, PairView
from haproxy_agentx.pair.peer import Peer
from haproxy_agentx.pair.words import difference_words


def of_node(node: Node, now: float) -> dict[str, object]:
    """Return the services, VRRP instances and pairs of a node, and what it had no room for."""
    instances = node.instances
    return {
        "health": node.health.name,
        "services": [service.snapshot(now) for service in node.services.values()],
        "vrrp": [_of_instance(known, now) for known in instances.known.values()],
        "services_left_out": node.services_left_out,
        "pair": _of_pairs(node.pairs, now),
        "traps_ignored": _of_left_out(instances.traps_left_out, now),
        "lines_ignored": _of_left_out(instances.lines_left_out, now),
    }


def _of_instance(known: Instance, now: float) -> dict[str, object]:
    return {
        "name": known.name,
        "role": known.role.name,
        "since": round(now - known.since, 3),
        "source": "" if known.source is None else known.source.name,
        "initial": known.initial.name if known.initial is not None else None,
        "priority": known.priority,
        "contradiction": known.contradiction,
        "addresses_digest": known.addresses_digest or None,
    }


def _of_pairs(pairs: Pairs, now: float) -> dict[str, object]:
    return {
        "state": pairs.state.name,
        "services": [_of_pair(name, view, now) for name, view in pairs.views.items()],
        "maintenance": round(pairs.maintenance_left(now), 1),
        "peers": [_of_peer(peer, pairs.node.run, now) for peer in pairs.peers],
    }


def _of_pair(name: str, view: PairView, now: float) -> dict[str, object]:
    return {
        "name": name,
        "state": view.settled.state.name,
        "since": round(now - view.settled.since, 3),
        "settling": view.settled.is_first,
        "active": view.settled.verdict.active or None,
        "text": view.text,
        "differences": difference_words(view.settled.verdict.differences) or None,
    }


def _of_peer(peer: Peer, run: str, now: float) -> dict[str, object]:
    return {
        "name": peer.name,
        "address": peer.address,
        "state": peer.state(now).name,
        "age": None if peer.answer is None else round(now - peer.answer.ended, 3),
        "reads_us": peer.reads(run, now),
        "clock_offset": None if peer.clock_offset is None else round(peer.clock_offset, 3),
        "version": peer.answer.said.version if peer.answer is not None else None,
        "error": peer.last_error if peer.failure is not None else "",
    }


def _of_left_out(left_out: LeftOut, now: float) -> dict[str, object]:
    return {"number": left_out.number, "age": None if left_out.at is None else round(now - left_out.at, 3)}
