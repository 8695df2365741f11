"""``haproxy-agentx check``: a plugin for Nagios and Icinga, which asks the nodes of a site by SNMPv2c from anywhere.

It needs no daemon and no configuration here, and imports nothing that is slow: monitoring starts it each minute.
"""

import socket
from collections.abc import Sequence

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.severity import PluginStatus
from haproxy_agentx.pair.plugin import COLUMNS, NodeAnswer, PluginReport, judge_nodes, services
from haproxy_agentx.snmp.message import Missing, SnmpRequest
from haproxy_agentx.snmp.once import ask
from haproxy_agentx.system.secret_file import read_secret
from haproxy_agentx.vocabulary.shown import printable
from haproxy_agentx.vocabulary.source import Denied, Invalid

ROWS = 12
"""Rows in one answer: with the columns they stay below what snmpd puts into one."""

MOST = 64
"""Requests to one node at most."""


def check(
    hosts: Sequence[str],
    *,
    community_file: str | None,
    community: str,
    port: int,
    timeout: float,
    root: Oid,
    only: str | None,
) -> int:
    """Ask all hosts one after the other and print one judgement; return its status."""
    try:
        secret = read_secret(community_file, "--community-file") if community_file else community.encode()
    except Denied as error:
        return _end(PluginStatus.unknown, str(error))
    answers = [_node(host, port, secret, timeout, root) for host in hosts]
    report: PluginReport = judge_nodes(answers, only)
    print("\n".join(printable(line, 1000) for line in str(report).splitlines()))
    return int(report.status)


def _end(status: PluginStatus, text: str) -> int:
    print(f"HAPROXY {status.name.upper()}: {printable(text, 400)}")
    return int(status)


def _node(host: str, port: int, community: bytes, timeout: float, root: Oid) -> NodeAnswer:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as asking:
            asking.connect(address)
            cells = _cells(asking, community, timeout, root)
    except socket.gaierror as error:
        return NodeAnswer(host, problem=f"its name is not known: {error.strerror}")
    except TimeoutError:
        why = "no answer from its snmpd: it does not run or listen there, or the community is not for this host"
        return NodeAnswer(host, problem=why)
    except OSError as error:
        return NodeAnswer(host, problem=f"cannot be asked: {error.strerror}")
    except Invalid as error:
        return NodeAnswer(host, problem=str(error))
    found = services(cells, root)
    if not found:
        why = "its snmpd answers, without haproxy-agentx: it does not run there, or the view of the community hides it"
        return NodeAnswer(host, problem=why)
    return NodeAnswer(host, found)


def _cells(asking: socket.socket, community: bytes, timeout: float, root: Oid) -> dict[Oid, object]:
    """Walk COLUMNS side by side. Raises TimeoutError, OSError, Invalid."""
    columns = [(*root, *column) for column in COLUMNS]
    cells: dict[Oid, object] = {}
    names = tuple(columns)
    for number in range(1, MOST + 1):
        varbinds = ask(asking, SnmpRequest(names, ROWS), number, community, timeout)
        rows = [varbinds[place : place + len(columns)] for place in range(0, len(varbinds), len(columns))]
        last: tuple[Oid, ...] = ()
        for row in rows:
            inside = [
                (name, value)
                for column, (name, value) in zip(columns, row, strict=False)
                if name[: len(column)] == column and not isinstance(value, Missing)
            ]
            cells.update(inside)
            last = tuple(name for name, _ in row) if inside and len(row) == len(columns) else ()
        if not last:
            return cells
        names = last
    return cells
