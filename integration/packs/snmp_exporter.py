"""generator.yml and snmp.yml of prometheus/snmp_exporter: of 0.21 (Debian 12), and of the current format with auths.

The two formats refuse each other's files: up to 0.22 the community is in the module, from 0.23 in ``auths``. snmp.yml
is what the generator makes of generator.yml; a test compares it with the output of the real generator of 0.21.
"""

from collections.abc import Iterator

from integration.packs.mib import Object, index_names
from integration.packs.pack import Files, Source, as_yaml
from integration.packs.watched import SCALARS, WATCHED, Watched, lineage, namer

MODULE = "haproxy_agentx"
SERVERS = "haproxy_agentx_servers"
AUTH = "haproxy_agentx_v2"
COMMUNITY = "public"

STATE_SETS = (
    "haxHealth",
    "haxServiceHealth",
    "haxServiceRole",
    "haxServiceReadiness",
    "haxVrrpState",
    "haxPair",
    "haxPairState",
)
"""Enumerations that become one series for each label; all others are numbers, as a server has up to 15 labels."""

LABELS = {"haxCertificateTable": ("haxCertificateFrontend",)}
"""Further columns that are labels of each series of a table, as the name alone is not unique."""

MODULES: dict[str, tuple[tuple[str, ...], tuple[Watched, ...]]] = {
    MODULE: (SCALARS, tuple(watched for watched in WATCHED if not watched.asked)),
    SERVERS: ((), tuple(watched for watched in WATCHED if watched.asked)),
}
"""Each module: its scalars and tables. Servers are a module of their own, as they are many."""


def render(source: Source) -> Files:
    """Return both files in both formats."""
    return {
        "prometheus/generator-0.21.yml": as_yaml({"modules": {name: _generator(name, auth=True) for name in MODULES}}),
        "prometheus/generator.yml": as_yaml(
            {"auths": _auths(), "modules": {name: _generator(name, auth=False) for name in MODULES}}
        ),
        "prometheus/snmp-0.21.yml": as_yaml({name: _module(source, name, auth=True) for name in MODULES}),
        "prometheus/snmp.yml": as_yaml(
            {"auths": _auths(), "modules": {name: _module(source, name, auth=False) for name in MODULES}}
        ),
    }


def _auths() -> dict[str, object]:
    return {AUTH: {"community": COMMUNITY, "security_level": "noAuthNoPriv", "version": 2}}


def _generator(name: str, *, auth: bool) -> dict[str, object]:
    scalars, tables = MODULES[name]
    walk = [*scalars, *(column for watched in tables for column in watched.values)]
    return {
        **({"version": 2, "auth": {"community": COMMUNITY}} if auth else {}),
        "walk": walk,
        "lookups": list(_lookups(tables)),
        "overrides": {column: {"type": "EnumAsStateSet"} for column in STATE_SETS if column in walk},
    }


def _lookups(tables: tuple[Watched, ...]) -> Iterator[dict[str, object]]:
    named = {namer(one).table: namer(one) for watched in tables for one in lineage(watched)}
    for watched in named.values():
        indexes = list(index_names(watched.table))
        extra = LABELS.get(watched.table, ())
        for label in extra:
            yield {"source_indexes": indexes, "lookup": label}
        yield {"source_indexes": indexes, "lookup": watched.name, **({} if extra else {"drop_source_indexes": True})}


def _module(source: Source, name: str, *, auth: bool) -> dict[str, object]:
    scalars, tables = MODULES[name]
    columns = [(watched, column) for watched in tables for column in watched.values]
    walks = [source.mib.object(column).oid for _, column in columns]
    walks += [oid for watched in tables for oid in _looked_up(source, watched) if oid not in walks]
    metrics = [_metric(source, source.mib.object(scalar), None) for scalar in scalars]
    metrics += [_metric(source, source.mib.object(column), watched) for watched, column in columns]
    return {
        "walk": sorted(set(walks)),
        **({"get": sorted(f"{source.mib.object(scalar).oid}.0" for scalar in scalars)} if scalars else {}),
        "metrics": sorted(metrics, key=_arcs),
        **({"version": 2, "auth": {"community": COMMUNITY}} if auth else {}),
    }


def _arcs(metric: dict[str, object]) -> tuple[int, ...]:
    return tuple(map(int, str(metric["oid"]).split(".")))


def _looked_up(source: Source, watched: Watched) -> Iterator[str]:
    for one in map(namer, lineage(watched)):
        for label in (*LABELS.get(one.table, ()), one.name):
            yield source.mib.object(label).oid


def _metric(source: Source, one: Object, watched: Watched | None) -> dict[str, object]:
    found: dict[str, object] = {"name": one.name, "oid": one.oid, "type": _type(one), "help": _help(one)}
    if watched:
        found["indexes"] = [{"labelname": name, "type": "gauge"} for name in index_names(watched.table)]
        found["lookups"] = list(_row_lookups(source, watched))
    if one.is_enumeration:
        found["enum_values"] = {number: label for label, number in sorted(one.labels.items(), key=lambda pair: pair[1])}
    return found


def _row_lookups(source: Source, watched: Watched) -> Iterator[dict[str, object]]:
    """Yield the lookups of a row's names, then what removes the indexes, in the generator's order."""
    removed: list[str] = []
    for one in map(namer, lineage(watched)):
        indexes = list(index_names(one.table))
        extra = LABELS.get(one.table, ())
        for label in (*extra, one.name):
            yield {"labels": indexes, "labelname": label, "oid": source.mib.object(label).oid, "type": "DisplayString"}
        removed += () if extra else indexes
    for index in removed:
        yield {"labels": [], "labelname": index}


def _type(one: Object) -> str:
    if one.name in STATE_SETS:
        return "EnumAsStateSet"
    return "counter" if one.is_counter else "gauge"


def _help(one: Object) -> str:
    """Return the first sentence of the description, as the generator takes it."""
    return f"{one.description.split('. ')[0]} - {one.oid}"
