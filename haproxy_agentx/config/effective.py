"""A configuration as the text of a file that reads as it: every key that applies, also those that no file set. Pure."""

import re
from collections.abc import Iterator, Mapping

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.config.model import Config, HaproxyConfig, KeepalivedConfig, NotificationsConfig, ServiceConfig
from haproxy_agentx.config.values import NONE
from haproxy_agentx.haproxy.probe_target import ProbeTarget, place_of
from haproxy_agentx.health.model import Minimum
from haproxy_agentx.snmp.access import SnmpAccess, V3Access
from haproxy_agentx.text.url import shown_url

_PLAIN = re.compile("[A-Za-z0-9/][A-Za-z0-9/._%+:-]*(?<!:)")
"""Texts that mean themselves everywhere in YAML."""

_HOUR = 3600.0

Texts = Mapping[str, str | None]
"""Values as YAML by key; None is left out."""


def effective_text(config: Config) -> str:
    """Return the file. Secrets are not in it, but the paths of their files; URLs are cut (``shown_url``)."""
    return "\n".join(_lines(config)) + "\n"


def _lines(config: Config) -> Iterator[str]:
    keepalived = config.keepalived
    yield f"root: {dotted(config.root)}"
    yield f"agentx: {_flow({'socket': _quoted(config.agentx.socket), 'priority': str(config.agentx.priority)})}"
    yield "haproxy:"
    yield from (f"  - {_flow(_haproxy(haproxy))}" for haproxy in config.haproxy)
    yield "keepalived:"
    yield f"  fifo: {_quoted(keepalived.fifo) or NONE}"
    yield f"  traps: {_traps(keepalived)}"
    if keepalived.snmp is not None:
        yield f"  snmp: {_flow(_snmp(keepalived.snmp))}"
    if config.services is not None:
        yield "services:"
        yield from (f"  - {_flow(_service(service))}" for service in config.services)
    yield f"notifications: {_flow(_notifications(config.notifications))}"
    yield f"store: {_quoted(config.store)}"


def _haproxy(haproxy: HaproxyConfig) -> Texts:
    return {
        "name": _quoted(haproxy.name),
        "stats": _quoted(shown_url(haproxy.stats)),
        "interval": _duration(haproxy.interval),
        "timeout": _duration(haproxy.timeout),
        "username": _quoted(haproxy.username),
        "password_file": _quoted(haproxy.password_file),
        "ca_file": _quoted(haproxy.ca_file),
        "master_socket": _quoted(haproxy.master_socket),
        "certificate_days": f"{haproxy.certificate_days:g}",
    }


def _traps(keepalived: KeepalivedConfig) -> str:
    address, file = _quoted(keepalived.traps), _quoted(keepalived.traps_community_file)
    if address is None or file is None:
        return address or NONE
    return _flow({"address": address, "community_file": file})


def _snmp(snmp: SnmpAccess) -> Texts:
    return {
        "address": _quoted(snmp.address),
        "community_file": _quoted(snmp.community_file),
        "v3": None if snmp.v3 is None else _flow(_v3(snmp.v3)),
    }


def _v3(v3: V3Access) -> Texts:
    return {
        "user": _quoted(v3.user),
        "level": v3.level,
        "auth_protocol": v3.auth_protocol,
        "auth_file": _quoted(v3.auth_file),
        "priv_protocol": v3.priv_protocol,
        "priv_file": _quoted(v3.priv_file),
    }


def _service(service: ServiceConfig) -> Texts:
    role = service.intended_role
    return {
        "name": _quoted(service.name),
        "vrrp_instance": _quoted(service.vrrp_instance),
        "frontends": _names(service.requirements.frontends),
        "backends": _names(service.requirements.backends),
        "min_servers": _minimum(service.requirements.minimum),
        "intended_role": None if role is None else role.name,
        "probe": None if service.probe is None else _flow(_probe(service.probe)),
    }


def _probe(probe: ProbeTarget) -> Texts:
    least, most = probe.statuses
    is_http = any(place_of(url).is_http for url in (probe.url, probe.standby_url) if url is not None)
    return {
        "url": _quoted(shown_url(probe.url)),
        "standby_url": None if probe.standby_url is None else _quoted(shown_url(probe.standby_url)),
        "host": _quoted(probe.host),
        "method": probe.method if is_http else None,
        "status": f"{least}-{most}" if is_http else None,
        "interval": _duration(probe.interval),
        "timeout": _duration(probe.timeout),
        "fall": str(probe.fall),
        "remote": _yes_or_no(yes=probe.remote),
        "ca_file": _quoted(probe.ca_file),
    }


def _notifications(notifications: NotificationsConfig) -> Texts:
    per = "hour" if notifications.per == _HOUR else "min"
    return {
        "hold": _duration(notifications.hold),
        "limit": f"{notifications.limit}/{per}",
        "servers": _yes_or_no(yes=notifications.servers),
        "backends": _yes_or_no(yes=notifications.backends),
        "egress_hold": _duration(notifications.egress_hold),
        "remind": NONE if notifications.remind is None else _duration(notifications.remind),
    }


def _flow(texts: Texts) -> str:
    return "{" + ", ".join(f"{key}: {text}" for key, text in texts.items() if text is not None) + "}"


def _names(names: tuple[str, ...] | None) -> str | None:
    return None if names is None else "[" + ", ".join(str(_quoted(name)) for name in names) + "]"


def _minimum(minimum: Minimum) -> str:
    return f"{minimum.number}{'%' if minimum.percent else ''}"


def _duration(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def _yes_or_no(*, yes: bool) -> str:
    return "yes" if yes else "no"


def _quoted(text: str | None) -> str | None:
    if text is None or (_PLAIN.fullmatch(text) and text not in {"null", NONE}):
        return text
    return "'" + text.replace("'", "''") + "'"
