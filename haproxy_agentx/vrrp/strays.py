"""How many packets came for addresses that this machine does not have, by /proc/net/snmp and snmp6. Pure.

They are sent by machines that have this one's MAC address for them, such as routers with a stale ARP entry. A machine
that does not forward counts them as InAddrErrors (RFC 4293), one that does as forwarded, whatever becomes of them
then. ``ip_nonlocal_bind`` makes no difference. The counters are of all addresses together: they say that packets go
astray, and not whose.
"""

from typing import NamedTuple

IPV4 = ("InAddrErrors", "ForwDatagrams")
IPV6 = ("Ip6InAddrErrors", "Ip6OutForwDatagrams")


class StrayCounts(NamedTuple):
    """Packets since the machine started."""

    ipv4: int
    ipv6: int


def stray_counts(snmp: str, snmp6: str) -> StrayCounts | None:
    """Return the counts by the text of /proc/net/snmp and of snmp6; None where the first is not what it should be.

    A machine without IPv6 has none of its packets.
    """
    lines = [line.split() for line in snmp.splitlines() if line.startswith("Ip: ")]
    if len(lines) != 2:  # noqa: PLR2004  the names and the numbers
        return None
    of_ipv4 = dict(zip(*lines, strict=False))
    of_ipv6 = dict(fields for line in snmp6.splitlines() if len(fields := line.split()) == 2)  # noqa: PLR2004
    try:
        ipv4 = sum(int(of_ipv4[name]) for name in IPV4)
        return StrayCounts(ipv4, sum(int(of_ipv6.get(name, "0")) for name in IPV6))
    except (KeyError, ValueError):
        return None
