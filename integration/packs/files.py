"""All packs, as files. Pure, but for what ``source`` reads."""

from pathlib import Path

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.objects import schema
from integration.packs import (
    checkmk,
    collectors,
    grafana,
    icinga,
    librenms,
    opennms,
    prometheus,
    snmp_exporter,
    snmptt,
    zabbix,
)
from integration.packs.mib import Mib
from integration.packs.operations import sections
from integration.packs.pack import DOCUMENT, Files, Renderer, Source

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "packs"

RENDERERS: tuple[Renderer, ...] = (
    snmp_exporter.render,
    prometheus.render,
    grafana.render,
    icinga.render,
    snmptt.render,
    zabbix.render,
    librenms.render,
    collectors.render,
    opennms.render,
    checkmk.render,
)


def source(root: Oid = schema.ROOT, docs: str = DOCUMENT) -> Source:
    """Return what the packs are made of, with docs/operations.md of this project."""
    return Source(Mib(root), sections((PROJECT / DOCUMENT).read_text()), docs)


def rendered(source: Source) -> Files:
    """Return all files of all packs. ValueError where two have one path."""
    files: dict[str, str] = {}
    for render in RENDERERS:
        made = render(source)
        if twice := files.keys() & made.keys():
            raise ValueError(f"two packs make {', '.join(sorted(twice))}")
        files.update(made)
    return files
