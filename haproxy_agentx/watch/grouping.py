"""Which of the hosts that were asked are nodes of one pair. Pure.

    a declaration      HOST,HOST on the command line
    a run              a node reports the runs of the agents that it reads: 64 random bits each
    an address         haxPeerAddress is the address at which another host was asked
    a name             haxPeerNode or haxPeerName is that of one other host, and of only one
    addresses          nodes without peers have a service of the same name, VRID and virtual addresses

What was found once stays: a node that cannot be read any more remains a node of its pair.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from haproxy_agentx.watch.view import PeerView, WatchedNode

Pairing = frozenset[str]
"""Two hosts of one pair."""


def pairings(views: Sequence[WatchedNode], declared: Iterable[Sequence[str]] = ()) -> set[Pairing]:
    """Return which hosts belong together, by what they have answered and by ``declared``."""
    found = {frozenset(two) for hosts in declared for two in pairwise(hosts)}
    found |= set(_by_runs(views))
    named = _named(views)
    for view in views:
        for peer in view.peers:
            other = peer_host(view, peer, views, named)
            if other is not None:
                found.add(frozenset((view.host, other)))
    return {two for two in found | set(_by_addresses(views)) if len(two) > 1}


def grouped(hosts: Iterable[str], found: Iterable[Pairing]) -> list[tuple[str, ...]]:
    """Return the hosts in groups, both in the order of ``hosts``."""
    group = {host: [host] for host in hosts}
    for two in found:
        one, *others = [group[host] for host in two if host in group] or [[]]
        for other in others:
            if other is not one:
                one += other
                group |= dict.fromkeys(other, one)
    places = {host: place for place, host in enumerate(group)}
    ordered = [tuple(sorted(group[host], key=places.__getitem__)) for host in places]
    return list(dict.fromkeys(ordered))


def peer_host(
    view: WatchedNode, peer: PeerView, views: Sequence[WatchedNode], named: Mapping[str, Sequence[str]] | None = None
) -> str | None:
    """Return the host that a peer of ``view`` is: by its address, else by its name if one host alone has that."""
    place = peer.address.rpartition(":")[0].strip("[]")
    at = [other.host for other in views if other.address == place and other.host != view.host] if place else []
    if len(at) == 1:
        return at[0]
    named = _named(views) if named is None else named
    for name in (peer.node, peer.name):
        hosts = [host for host in named.get(name, ()) if host != view.host]
        if len(hosts) == 1 and len(named[name]) <= 2:  # noqa: PLR2004  -- itself may have it, too
            return hosts[0]
    return None


def _named(views: Iterable[WatchedNode]) -> dict[str, list[str]]:
    """Return the hosts of each name: as they were asked, as they name themselves, and the first part of a name."""
    found: dict[str, list[str]] = {}
    for view in views:
        short = "" if view.host.replace(".", "").isdigit() or ":" in view.host else view.host.partition(".")[0]
        for name in {view.host, view.node, short} - {""}:
            found.setdefault(name, []).append(view.host)
    return found


def _by_runs(views: Iterable[WatchedNode]) -> Iterator[Pairing]:
    said = [(view.host, view.said) for view in views if view.said is not None]
    hosts: dict[str, list[str]] = {}
    for host, one in said:
        hosts.setdefault(one.run, []).append(host)
    for host, one in said:
        yield from (frozenset((host, other)) for run in one.reads for other in hosts.get(run, ()))


def _by_addresses(views: Iterable[WatchedNode]) -> Iterator[Pairing]:
    first: dict[tuple[str, int, str], str] = {}
    for view in views:
        for service in view.services if not view.peers else ():
            if service.key is not None:
                yield frozenset((view.host, first.setdefault(service.key, view.host)))
