"""What is allowed in a configuration and still worth a warning."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from haproxy_agentx.config.model import Config, HaproxyConfig
from haproxy_agentx.vocabulary.endpoint import is_loopback, parse
from haproxy_agentx.vocabulary.shown import printable


def advice(config: Config) -> tuple[str, ...]:
    """Return warnings, one line 'KEY: what: remedy' each."""
    found = []
    if config.agentx.socket.startswith("tcp:"):
        found.append(
            "agentx.socket: AgentX over TCP has no authentication, any local user can register there: "
            "prefer the Unix socket /var/agentx/master"
        )
    for place, haproxy in enumerate(config.haproxy):
        if haproxy.username is not None and _is_in_clear(haproxy):
            found.append(
                f"haproxy[{place}].stats: the password of {haproxy.name} goes over the network in clear: use https://"
            )
        if haproxy.timeout > haproxy.interval * _PATIENCE:
            found.append(
                f"haproxy[{place}].timeout: a hanging {haproxy.name} is noticed only after {haproxy.timeout:g} s, "
                f"{haproxy.timeout / haproxy.interval:.0f} intervals: lower it"
            )
    found += _about_keepalived(config)
    return tuple(found)


_PATIENCE = 10
_PRIVILEGED = 1024
"""Ports below it are root's (ip(7))."""


def _about_keepalived(config: Config) -> Iterator[str]:
    keepalived = config.keepalived
    traps = keepalived.traps.address
    if traps is not None and parse(traps).port < _PRIVILEGED:
        yield (
            "keepalived.traps: a port below 1024 takes a privilege that the service does not have: "
            "use 127.0.0.1:1162, in trap2sink, too"
        )
    if keepalived.snmp is not None and not parse(keepalived.snmp.address).is_loopback:
        yield (
            "keepalived.snmp.address: it is not a loopback address: only this node's own snmpd reports this node, "
            "and the service may reach no other: let snmpd listen on 127.0.0.1 (agentaddress), too"
        )
    if (keepalived.fifo, traps, keepalived.snmp) == (None, None, None):
        for place, service in enumerate(config.services or ()):
            if service.vrrp_instance is not None:
                yield (
                    f"services[{place}].vrrp_instance: no source reports {printable(service.vrrp_instance, 80)}, as "
                    "fifo, traps and snmp of keepalived are none: set one of them"
                )


def _is_in_clear(haproxy: HaproxyConfig) -> bool:
    parts = urlsplit(haproxy.stats)
    if parts.scheme != "http":
        return False
    return not is_loopback(parts.hostname or "")
