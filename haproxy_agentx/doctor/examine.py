"""All checks over one node, and over the pair where the other node's files are there. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from haproxy_agentx.doctor import haproxy, haproxy_cfg, keepalived, keepalived_conf, machine, peers, snmpd, snmpd_conf
from haproxy_agentx.doctor.codes import CODES
from haproxy_agentx.doctor.finding import Finding, Grade
from haproxy_agentx.doctor.lines import included
from haproxy_agentx.doctor.machine import Machine
from haproxy_agentx.doctor.setup import Setup

OPTION_FILES = (keepalived.DEFAULTS, "/etc/sysconfig/keepalived")

FILES = ("/etc/snmp/**/*.conf", "/etc/keepalived/**/*", "/etc/haproxy/**/*.cfg", *OPTION_FILES)
"""Patterns of the files that the checks read; there are keys of certificates among the others of HAProxy."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another node of the pair, by copies of its files."""

    name: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined: the files by their path, what the machine has shown, and the other nodes."""

    texts: Mapping[str, str]
    setup: Setup
    machine: Machine = field(default_factory=Machine)
    host: str = ""
    others: Sequence[Other] = ()
    is_copy: bool = False
    """Whether the files are copies: then only parts of which there are files are examined."""


def examine(subject: Subject) -> list[Finding]:
    """Return what is wrong, in the order of the chain: HAProxy, keepalived, snmpd, machine, daemon, peers, pair."""
    texts, setup = subject.texts, subject.setup
    here = keepalived_conf.parse(texts, subject.host)
    cfg = haproxy_cfg.parse(texts, _haproxy_files(texts))
    conf = snmpd_conf.parse(texts)
    virtual = _virtual(here)
    found: list[Finding] = []
    if cfg.files or not subject.is_copy:
        found += haproxy.check(cfg, setup, virtual, nonlocal_bind=subject.machine.nonlocal_bind)
    if here.files or not subject.is_copy:
        options = "\n".join(texts.get(file, "") for file in OPTION_FILES)
        found += keepalived.check(here, setup, options)
    if conf.files or not subject.is_copy:
        found += snmpd.check(conf, setup)
    found += machine.check(subject.machine, setup)
    found += peers.check(setup.peers, subject.machine.peers, virtual, subject.machine.version)
    for other in subject.others:
        found += keepalived.compare(here, keepalived_conf.parse(other.texts, other.name), other.name)
    return list(dict.fromkeys(found))


def _haproxy_files(texts: Mapping[str, str]) -> Sequence[str]:
    """Return the files that Debian and RHEL start HAProxy with; another one in the folder may be an old copy."""
    return [haproxy_cfg.MAIN, *included(texts, "conf.d/*.cfg", haproxy_cfg.MAIN)]


def _virtual(conf: keepalived_conf.KeepalivedConf) -> Collection[str]:
    return {address for one in conf.instances for address in keepalived.addresses(one)}


def grade(findings: Sequence[Finding], muted: Collection[str] = ()) -> Grade:
    """Return the worst grade of what is not muted."""
    return max((CODES[one.code].grade for one in findings if one.code not in muted), default=Grade.ok)


PARTS = tuple(dict.fromkeys(code.split("-")[1] for code in CODES))
"""The parts of an examination, by the middle word of their codes."""


def part_of(code: str) -> str:
    """Return the part that a code is of."""
    return code.split("-")[1]


def examined(subject: Subject) -> set[str]:
    """Return the parts that there was something of to examine: of the others it is not known that nothing is wrong."""
    texts, is_here = subject.texts, not subject.is_copy
    found = {
        "HAPROXY": is_here or haproxy_cfg.MAIN in texts,
        "SNMPD": is_here or snmpd_conf.MAIN in texts,
        "KEEP": is_here or keepalived_conf.MAIN in texts,
        "PAIR": bool(subject.others),
        "AGENT": is_here,
        "SYSTEM": is_here,
        "STORE": is_here,
        "LIMIT": is_here and subject.machine.is_running is not False,
        "PEER": is_here and subject.machine.is_running is not False and bool(subject.setup.peers),
    }
    return {part for part, is_so in found.items() if is_so}
