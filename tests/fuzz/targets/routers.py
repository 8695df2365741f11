"""VRRPV3-MIB as an agent gives it: any cells below its columns are read into rows that make sense.

Data: for each cell its column, the sub-identifiers of its row, and its value.
"""

from ipaddress import ip_address

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Value
from haproxy_agentx.vrrp import routers
from tests.fuzz.octets import Octets
from tests.fuzz.targets.keepalived_mib import value

SEEDS = {
    "a row": bytes((0, 3, 2, 51, 1, 1, 4, 10, 77, 0, 11, 1, 3, 2, 51, 1, 0, 0, 2, 2, 3, 2, 51, 1, 0, 0, 33)),
    "of IPv6": bytes((0, 3, 3, 52, 2, 1, 16, *range(0xE0, 0xF0), 1, 3, 3, 52, 2, 0, 0, 3)),
    "no master is known": bytes((0, 3, 2, 51, 1, 1, 4, 0, 0, 0, 0, 1, 3, 2, 51, 1, 0, 0, 2)),
    "a state that is not known": bytes((1, 3, 2, 51, 1, 0, 0, 9)),
    "a type that is not known": bytes((1, 3, 2, 51, 4, 0, 0, 2)),
    "nothing": b"\0",
    "many": bytes(range(1, 200)),
}


def target(data: bytes) -> None:
    octets = Octets(data)
    cells: dict[Oid, Value] = {}
    while octets:
        column = octets.one_of(routers.COLUMNS)
        name = (*column, *(octets.number() for _ in range(octets.number() % 5)))
        cells[name] = value(octets)
    found = routers.read(cells)
    rows = [(row.interface_index, row.router_number, row.ip_version) for row in found]
    assert rows == sorted(set(rows))
    for row in found:
        assert not row.master or ip_address(row.master).version == row.ip_version
        assert row.received is None or row.received >= 0
