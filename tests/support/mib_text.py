"""What ``snmpwalk -On`` prints (net-snmp), read into cells: samples of real agents."""

import re
from collections.abc import Mapping
from pathlib import Path

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Value
from haproxy_agentx.vrrp.keepalived_mib import COLUMNS, SCALARS

SAMPLES = Path(__file__).parent.parent / "vrrp" / "samples"

_LINE = re.compile(r'\.([0-9.]+) = (?:(INTEGER|Gauge32): (-?\d+)|STRING: "(.*)"|Hex-STRING: ([0-9A-F ]+)|"")')


def walk(text: str) -> dict[Oid, Value]:
    """Give all cells of a printed walk."""
    return dict(map(_cell, filter(None, text.splitlines())))


def _cell(line: str) -> tuple[Oid, Value]:
    found = _LINE.fullmatch(line)
    assert found, line
    name = tuple(map(int, found[1].split(".")))
    if found[2]:
        return name, int(found[3])
    return name, bytes.fromhex(found[5]) if found[5] else (found[4] or "").encode()


def sample(name: str) -> dict[Oid, Value]:
    """Give all cells of the walk of KEEPALIVED-MIB that is kept under that name."""
    return walk((SAMPLES / f"keepalived-mib-{name}.numeric.txt").read_text())


def read_ones(cells: Mapping[Oid, Value]) -> dict[Oid, Value]:
    """Give the cells that a reading asks for."""
    wanted = (*SCALARS, *COLUMNS)
    return {name: value for name, value in cells.items() if any(name[: len(one)] == one for one in wanted)}
