"""``haproxy-agentx check``: a plugin for Nagios and Icinga, which asks the nodes of a site by SNMP from anywhere.

It needs no daemon and no configuration here, and with SNMPv2c imports nothing that is slow: monitoring starts it each
minute.
"""

import argparse
from collections.abc import Mapping

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.cli.snmp_options import who_asks
from haproxy_agentx.health.severity import PluginStatus
from haproxy_agentx.pair.plugin import COLUMNS, NO_AGENT, NodeAnswer, PluginReport, judge_nodes, services
from haproxy_agentx.snmp.many import Asker, resolve
from haproxy_agentx.snmp.walk import ColumnWalk
from haproxy_agentx.vocabulary.shown import printable
from haproxy_agentx.vocabulary.source import Denied, SourceError


def check(options: argparse.Namespace) -> int:
    """Ask all hosts at once and print one judgement; return its status."""
    try:
        asker = Asker(who_asks(options), options.timeout)
    except Denied as error:
        print(f"HAPROXY {PluginStatus.unknown.name.upper()}: {printable(str(error), 400)}")
        return PluginStatus.unknown
    root: Oid = options.root
    columns = [(*root, *column) for column in COLUMNS]
    walks = asker.walk(resolve(options.hosts, options.port, options.timeout), lambda _: ColumnWalk(columns))
    report: PluginReport = judge_nodes([node_answer(host, walks, root) for host in options.hosts], options.service)
    print(report)
    return report.status


def node_answer(host: str, walks: Mapping[str, ColumnWalk | SourceError], root: Oid) -> NodeAnswer:
    """Return what a host has answered, or why there is nothing."""
    walk = walks[host]
    if isinstance(walk, SourceError):
        return NodeAnswer(host, problem=str(walk))
    found = services(walk.cells, root)
    return NodeAnswer(host, list(found.values())) if found else NodeAnswer(host, problem=NO_AGENT)
