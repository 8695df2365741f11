"""From what was read to the records, and what keys have to do with each other. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from haproxy_agentx.config.model import (
    AgentxConfig,
    Config,
    HaproxyConfig,
    KeepalivedConfig,
    NotificationsConfig,
    ServiceConfig,
)
from haproxy_agentx.haproxy.probe_target import ProbeTarget, place_of
from haproxy_agentx.health.model import ALL, ServiceRequirements
from haproxy_agentx.snmp.access import SnmpAccess, V3Access

Values = dict[str, Any]
Lines = dict[str, int]
Note = Callable[[int, str, str], None]
"""Takes a problem: line, path of the key, 'what: remedy'."""


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """A mapping of the file. ``path`` is where it stands, ``is_readable`` says whether it was one at all.

    ``values`` has the keys that are given and right, a group in it being a KeyGroup, or a tuple of them. ``lines`` has
    all that are given, and of lists of names each as ``KEY[PLACE]``.
    """

    line: int
    path: str
    values: Values
    lines: Lines
    is_readable: bool = True

    def refused(self, key: str) -> bool:
        """Whether the key is given and wrong, which was noted."""
        return not self.is_readable or (key in self.lines and key not in self.values)

    def note_at(self, note: Note, key: str, what: str) -> None:
        """Report a problem at a key, or at the group's first line where the key is not given."""
        note(self.lines.get(key, self.line), f"{self.path}.{key}", what)


def make(top: KeyGroup, note: Note) -> Config:
    """Make the configuration. It is of use only where no problem was noted, here or before."""
    values = dict(top.values)
    if "agentx" in values:
        values["agentx"] = AgentxConfig(**values["agentx"].values)
    if "haproxy" in values:
        values["haproxy"] = _haproxies(values["haproxy"], note)
    if "keepalived" in values:
        values["keepalived"] = _keepalived(values["keepalived"], note)
    if "services" in values:
        groups = top.values.get("haproxy", ())
        is_known = not top.refused("haproxy") and not any(group.refused("name") for group in groups)
        processes = {haproxy.name for haproxy in values.get("haproxy", Config().haproxy)} if is_known else None
        values["services"] = _services(values["services"], processes, note)
    if "notifications" in values:
        values["notifications"] = _notifications(values["notifications"])
    return Config(**values)


def _haproxies(groups: Sequence[KeyGroup], note: Note) -> tuple[HaproxyConfig, ...]:
    found = tuple(HaproxyConfig(**group.values) for group in groups)
    for haproxy, group in zip(found, groups, strict=True):
        _check_access(haproxy, group, note)
    _check_names(groups, [haproxy.name for haproxy in found], note)
    return found


def _check_names(groups: Sequence[KeyGroup], names: Sequence[str], note: Note) -> None:
    first: dict[str, int] = {}
    for name, group in zip(names, groups, strict=True):
        if group.refused("name") or not name:
            continue
        if name in first:
            group.note_at(note, "name", f"the name {name} is that of line {first[name]}, too: give each its own")
        first.setdefault(name, group.lines.get("name", group.line))


def _check_access(haproxy: HaproxyConfig, group: KeyGroup, note: Note) -> None:
    if group.refused("stats"):
        return  # what goes with it is not known
    if not haproxy.over_http:
        for key in ("username", "password_file", "ca_file"):
            if key in group.lines:
                group.note_at(note, key, "it goes with a URL in stats only: remove it for a socket")
        if haproxy.master_socket == haproxy.stats:
            what = "it is the statistics socket: give that of the master process (option -S), or remove it"
            group.note_at(note, "master_socket", what)
        return
    if "master_socket" in group.lines:
        group.note_at(note, "master_socket", "it goes with a socket in stats only: remove it for a URL")
    for one, other in (("username", "password_file"), ("password_file", "username")):
        if one in group.lines and other not in group.lines:
            group.note_at(note, one, f"it is given without {other}: add that, or remove this")
    if "ca_file" in group.lines and urlsplit(haproxy.stats).scheme != "https":
        group.note_at(note, "ca_file", "it goes with https:// only: remove it, or read by https://")


def _keepalived(group: KeyGroup, note: Note) -> KeepalivedConfig:
    values = dict(group.values)
    if "snmp" in values:
        values["snmp"] = _snmp(values["snmp"], note)
    if "traps" in values:
        traps = values.pop("traps").values
        if "address" in traps:
            values["traps"] = traps["address"]
        values["traps_community_file"] = traps.get("community_file")
    return KeepalivedConfig(**values)


def _snmp(group: KeyGroup, note: Note) -> SnmpAccess:
    values = dict(group.values)
    given = [key for key in ("community_file", "v3") if key in group.lines]
    if len(given) > 1:
        group.note_at(note, given[1], f"{given[0]} is given, too: remove one of the two")
    elif group.is_readable and not given:
        note(group.line, group.path, "it does not say who asks: add community_file for SNMPv2c, or v3")
    if "v3" in values:
        values["v3"] = _v3(values["v3"], note)
    return SnmpAccess(**values)


_SECRETS = {"auth_file": ("authNoPriv", "authPriv"), "priv_file": ("authPriv",)}
"""Levels that a file is needed for."""


def _v3(group: KeyGroup, note: Note) -> V3Access:
    found = V3Access(**{"user": "", **group.values})
    if not group.refused("level"):
        for key, levels in _SECRETS.items():
            if found.level in levels and key not in group.lines:
                group.note_at(
                    note, key, f"it is missing, and the level is {found.level}: add it, or take another level"
                )
            if found.level not in levels and key in group.lines:
                group.note_at(note, key, f"it is not used with the level {found.level}: remove it, or raise the level")
    return found


def _services(groups: Sequence[KeyGroup], processes: set[str] | None, note: Note) -> tuple[ServiceConfig, ...]:
    found = tuple(_service(group, processes, note) for group in groups)
    _check_names(groups, [service.name for service in found], note)
    return found


def _service(group: KeyGroup, processes: set[str] | None, note: Note) -> ServiceConfig:
    values = group.values
    if "intended_role" in group.lines and "vrrp_instance" not in group.lines:
        group.note_at(note, "intended_role", "it goes with vrrp_instance only: add that, or remove this")
    for key in ("frontends", "backends"):
        for place, member in enumerate(values.get(key, ())):
            process, slash, _ = member.rpartition("/")
            if slash and processes is not None and process not in processes:
                what = f"no HAProxy has the name {process}: take one of haproxy[].name, or the proxy's name alone"
                group.note_at(note, f"{key}[{place}]", what)
    requirements = ServiceRequirements(values.get("frontends"), values.get("backends"), values.get("min_servers", ALL))
    if requirements.frontends == requirements.backends == ():
        group.note_at(note, "backends", "the service is made of nothing: name a frontend or a backend")
    role, probe = values.get("intended_role"), _probe(values["probe"], note) if "probe" in values else None
    return ServiceConfig(values.get("name", ""), values.get("vrrp_instance"), requirements, role, probe)


def _probe(group: KeyGroup, note: Note) -> ProbeTarget | None:
    values = dict(group.values)
    if "url" not in values:
        return None  # which was told
    if "status" in values:
        values["statuses"] = values.pop("status")
    found = ProbeTarget(**values)
    schemes = {place_of(url).scheme for url in (found.url, found.standby_url) if url is not None}
    if "ca_file" in group.lines and "https" not in schemes:
        group.note_at(note, "ca_file", "it goes with https:// only: remove it, or probe by https://")
    for key in ("host", "method", "status"):
        if key in group.lines and schemes == {"tcp"}:
            group.note_at(note, key, "it does not go with tcp://, which only connects: remove it")
    return found


def _notifications(group: KeyGroup) -> NotificationsConfig:
    values = dict(group.values)
    if "limit" in values:
        values["limit"], values["per"] = values["limit"]
    return NotificationsConfig(**values)
