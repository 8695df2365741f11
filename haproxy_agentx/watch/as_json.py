"""A look at all hosts as JSON. Pure."""

from typing import Any

from haproxy_agentx.watch.report import SiteReport, WatchReport
from haproxy_agentx.watch.view import EventView, PeerView, ServiceView, WatchedNode


def json_of(report: WatchReport) -> dict[str, Any]:
    """Return what a program reads: enumerations by their labels, ages in seconds, null where nothing is known."""
    return {
        "status": report.status.name,
        "at": round(report.at, 3),
        "took": round(report.took, 3),
        "hosts": report.hosts,
        "answering": report.answering,
        "pairs": [_site(site) for site in report.sites],
    }


def _site(site: SiteReport) -> dict[str, Any]:
    return {
        "status": site.judged.status.name,
        "hosts": [node.host for node in site.nodes],
        "reasons": list(site.judged.lines),
        "nodes": [_node(node) for node in site.nodes],
        "events": [{"host": node.host, **_event(event)} for node, event in site.events],
    }


def _node(node: WatchedNode) -> dict[str, Any]:
    return {
        "host": node.host,
        "address": node.address,
        "answers": not node.problem,
        "problem": node.problem,
        "node": node.said.node if node.said is not None else None,
        "version": node.version,
        "maintenance": node.said.maintenance if node.said is not None else None,
        "services": [_service(service) for service in node.services],
        "peers": [_peer(peer) for peer in node.peers],
    }


def _service(service: ServiceView) -> dict[str, Any]:
    said = service.said
    return {
        "name": said.name,
        "health": said.health.name,
        "role": said.role.name,
        "readiness": service.readiness.name,
        "reasons": said.reasons,
        "usable": service.usable,
        "eligible": service.eligible,
        "age": service.age,
        "pair": None
        if said.state is None
        else {
            "state": said.state.name,
            "text": said.text,
            "age": service.pair_age,
            "active": service.active or None,
            "members": [
                {"node": one.node, "own": one.is_own, "standing": one.standing.name, "age": one.age}
                for one in service.members
            ],
        },
    }


def _peer(peer: PeerView) -> dict[str, Any]:
    return {
        "name": peer.name,
        "address": peer.address,
        "state": peer.state.name,
        "age": peer.age,
        "error": peer.error,
        "node": peer.node or None,
        "reads_us": peer.reads_us,
        "maintenance": peer.is_in_maintenance,
    }


def _event(event: EventView) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        "kind": event.kind,
        "subject": event.subject,
        "state": event.what,
        "cause": event.cause.name,
        "text": event.cause_text,
        "severity": event.severity.name,
        "age": event.age,
    }
