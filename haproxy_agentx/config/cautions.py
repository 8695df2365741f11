"""What is allowed in a configuration and still worth a warning."""

import ipaddress
from urllib.parse import urlsplit

from haproxy_agentx.config.model import Config, HaproxyConfig


def advice(config: Config) -> tuple[str, ...]:
    """Give warnings, one line 'KEY: what; remedy' each."""
    found = []
    if config.agentx.socket.startswith("tcp:"):
        found.append(
            "agentx.socket: AgentX over TCP has no authentication, any local user can register there; "
            "prefer the Unix socket /var/agentx/master"
        )
    for place, haproxy in enumerate(config.haproxy):
        if haproxy.username is not None and _is_in_clear(haproxy):
            found.append(
                f"haproxy[{place}].stats: the password of {haproxy.name} goes over the network in clear; use https://"
            )
        if haproxy.timeout > haproxy.interval * _PATIENCE:
            found.append(
                f"haproxy[{place}].timeout: a hanging {haproxy.name} is noticed only after {haproxy.timeout:g} s, "
                f"{haproxy.timeout / haproxy.interval:.0f} intervals; lower it"
            )
    return tuple(found)


_PATIENCE = 10


def _is_in_clear(haproxy: HaproxyConfig) -> bool:
    parts = urlsplit(haproxy.stats)
    if parts.scheme != "http":
        return False
    host = parts.hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
