"""VRRPV3-MIB (RFC 6527, 1.3.6.1.2.1.207): whom this node takes for the master, and what it has received. Pure.

keepalived serves it for instances of VRRPv2, too, unless it was built without. It counts no advertisement that it sent.
A row belongs to an interface, a VRID and a version of IP, and not to a name: ``matched`` finds the instance.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from ipaddress import ip_address

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Value
from haproxy_agentx.vrrp.model import Link, MibInstance, MibRouter, RouterState

_MIB: Oid = (1, 3, 6, 1, 2, 1, 207, 1)
MASTER_ADDRESS: Oid = (*_MIB, 1, 1, 1, 3)
STATUS: Oid = (*_MIB, 1, 1, 1, 6)
RECEIVED: Oid = (*_MIB, 2, 5, 1, 3)
COLUMNS = (MASTER_ADDRESS, STATUS, RECEIVED)

IP_VERSIONS = {1: 4, 2: 6}
"""InetAddressType (RFC 4001), which is a part of the index."""

_ROW = ("interface", "VRID", "type of address")


def read(cells: Mapping[Oid, Value]) -> tuple[MibRouter, ...]:
    """Return the rows of the cells of COLUMNS. What does not make sense says nothing, and its row is left out."""
    columns = {column: _below(cells, column) for column in COLUMNS}
    rows = sorted(row for row in columns[STATUS] if len(row) == len(_ROW) and row[2] in IP_VERSIONS)
    return tuple(
        MibRouter(
            interface_index=row[0],
            router_number=row[1],
            ip_version=IP_VERSIONS[row[2]],
            state=_state(columns[STATUS][row]),
            master=_address(columns[MASTER_ADDRESS].get(row), IP_VERSIONS[row[2]]),
            received=_count(columns[RECEIVED].get(row)),
        )
        for row in rows
    )


def matched(
    instances: Sequence[MibInstance], routers: Iterable[MibRouter], links: Mapping[str, Link]
) -> dict[str, MibRouter]:
    """Return the row of each instance, by its name, where there is no doubt.

    ``links`` are the interfaces by name, as far as the kernel can be asked.
    """
    by_number: dict[int | None, list[MibRouter]] = {}
    for router in routers:
        by_number.setdefault(router.router_number, []).append(router)
    pairs = [
        (one.name, router)
        for one in instances
        if one.router_number in by_number
        for router in _fitting(one, by_number[one.router_number], links)
    ]
    names = Counter(name for name, _ in pairs)
    rows = Counter(id(router) for _, router in pairs)
    return {name: router for name, router in pairs if names[name] == 1 and rows[id(router)] == 1}


def _fitting(
    instance: MibInstance, routers: Iterable[MibRouter], links: Mapping[str, Link]
) -> Generator[MibRouter, None, None]:
    """Yield those of the routers with the VRID of an instance that its interface and its addresses admit."""
    link = links.get(instance.interface)
    versions = {ip_address(address.ip).version for address in instance.addresses}
    for router in routers:
        if router.ip_version in versions and (link is None or link.index in (0, router.interface_index)):
            yield router


def _below(cells: Mapping[Oid, Value], column: Oid) -> dict[Oid, Value]:
    return {name[len(column) :]: value for name, value in cells.items() if name[: len(column)] == column}


def _state(value: Value) -> RouterState | None:
    return next((state for state in RouterState if state == value), None)


def _address(value: Value, version: int) -> str:
    """Return an address as text, an empty one for what is none, or is unspecified: no master is known."""
    if not isinstance(value, bytes):
        return ""
    try:
        address = ip_address(value)
    except ValueError:
        return ""
    return "" if address.is_unspecified or address.version != version else str(address)


def _count(value: Value) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
