"""What is wrong with the reading of the other nodes (``peers``), as the daemon and a look from here show it. Pure.

SNMPv2c with a wrong community gets no answer at all, as an agent that is not there gives none. An agent of SNMPv3
reports its engine to everybody: that answer shows that one is there.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from haproxy_agentx.doctor.finding import Finding, Remedy
from haproxy_agentx.doctor.setup import GROUP, PeerSetup

CLOCKS = 1.0
"""Seconds by which two clocks may differ: events of a failover are closer together than that."""

UNIT = f"{GROUP}.service"
DROP_IN = f"/etc/systemd/system/{UNIT}.d/peers.conf"


@dataclass(frozen=True, slots=True)
class PeerSeen:
    """A peer as the running daemon reports it: ``state`` is a label of PeerState. None is what is not known.

    ``is_agent`` says whether an SNMP agent answered when it was asked from here, ``is_shut_out`` whether the unit of
    the daemon denies the traffic to its address.
    """

    name: str
    state: str
    error: str = ""
    reads_us: bool | None = None
    clock_offset: float | None = None
    version: str | None = None
    is_agent: bool | None = None
    is_shut_out: bool | None = None


def check(
    peers: Sequence[PeerSetup], seen: Sequence[PeerSeen], virtual: Collection[str], version: str | None
) -> Iterator[Finding]:
    """Yield what is wrong. ``virtual`` are the addresses that move, ``version`` is that of the daemon on this node."""
    known = {one.name: one for one in seen}
    for peer in peers:
        where = f"peer {peer.name}, {peer.host}"
        one = known.get(peer.name)
        if peer.host in virtual:
            remedy = Remedy(
                words=f"write an address of {peer.name} itself in its `address:` in config.yaml",
                restart=f"reload {GROUP}",
            )
            yield Finding("HAX-PEER-005", where, "keepalived moves this address between the nodes", remedy)
        elif one is not None and one.state in {"ok", "stale"} and not one.error:
            yield from _compare(where, peer, one, version)
        elif one is not None and one.error:
            yield _unread(where, peer, one)


def _unread(where: str, peer: PeerSetup, one: PeerSeen) -> Finding:
    """Return why a peer is not read."""
    if one.is_shut_out:
        folder = DROP_IN.rpartition("/")[0]
        commands = (
            f"mkdir -p {folder}",
            f"printf '[Service]\\nIPAddressAllow={peer.host}\\n' >> {DROP_IN}",
            "systemctl daemon-reload",
        )
        what = "IPAddressDeny of the unit keeps haproxy-agentx from sending there"
        return Finding("HAX-PEER-001", where, what, Remedy(commands=commands, restart=f"restart {GROUP}"))
    if one.state == "denied" or (one.is_agent and one.state == "unreachable"):
        access = (
            f"let createUser and rouser of snmpd on {peer.name} have the user, protocols and passphrases of `peers`"
            if peer.is_v3
            else f"give snmpd.conf of {peer.name} a `rocommunity` with the community of `peers` and an address of this "
            "node, and restart snmpd there"
        )
        what = (
            one.error
            if one.state == "denied"
            else "an SNMP agent answers there, and not to the community or user that haproxy-agentx has"
        )
        return Finding("HAX-PEER-003", where, what, Remedy(words=access))
    if one.state == "noAgent":
        words = (
            f"start haproxy-agentx on {peer.name}; if it runs there, give the community or user of `peers` a view of "
            "the whole subtree (`haproxy-agentx doctor` there names the line)"
        )
        return Finding("HAX-PEER-004", where, one.error, Remedy(words=words))
    if one.state == "incompatible":
        words = f"correct `peers` in config.yaml, or install the same version of haproxy-agentx on {peer.name}"
        return Finding("HAX-PEER-006", where, one.error, Remedy(words=words))
    words = (
        f"on {peer.name}, start snmpd, add {peer.host} to `agentaddress` of snmpd.conf and restart snmpd; let packet "
        f"filters pass UDP port {peer.port}"
    )
    return Finding("HAX-PEER-002", where, f"no answer: {one.error}", Remedy(words=words))


def _compare(where: str, peer: PeerSetup, one: PeerSeen, version: str | None) -> Iterator[Finding]:
    """Yield in what a peer that is read differs."""
    if one.reads_us is False:
        words = f"add this node to `peers` in config.yaml of {peer.name}; if it is there, run doctor on {peer.name}"
        yield Finding("HAX-PEER-007", where, "it does not read this node", Remedy(words=words))
    if one.clock_offset is not None and abs(one.clock_offset) > CLOCKS:
        ahead = "ahead" if one.clock_offset > 0 else "behind"
        what = f"its clock is {abs(one.clock_offset):.1f} s {ahead} of that of this node"
        words = "have both clocks synchronized by the same time service (chrony, systemd-timesyncd)"
        yield Finding("HAX-PEER-008", where, what, Remedy(words=words))
    if one.version and version and one.version != version:
        what = f"haproxy-agentx there is {one.version}, and {version} here"
        words = "install the same version on both nodes, on the BACKUP first"
        yield Finding("HAX-PEER-009", where, what, Remedy(words=words))
