"""What SNMP must answer, computed from HAProxy's texts and the MIB file alone.

Nothing of the package under test is used here: the MIB is read by libsmi, the statistics by the csv module of the
standard library, the meaning of statuses from HAProxy's manual. A cell is (type, value) as ``Snmpd`` gives it.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects import root
from tests.support import mibs

ROOT = dotted(root.ROOT)
FRONTEND, BACKEND, SERVER, LISTENER = "0", "1", "2", "3"
TABLES = {FRONTEND: 7, BACKEND: 8, SERVER: 9, LISTENER: 10}
PROCESS_TABLE = 6
STATUS, CHECK_STATUS, AGENT_STATUS = 17, 36, 62

Cell = tuple[str, int | str]
Cells = dict[str, Cell]

MOVING = {"UP": "upGoingDown", "DOWN": "downGoingUp", "NOLB": "nolbGoingDown", "DRAIN": "drainGoingDown"}
SERVER_STATUS = {
    "UP": "up",
    "DOWN": "down",
    "DOWN (agent)": "downAgent",
    "NOLB": "nolb",
    "DRAIN": "drain",
    "DRAIN (agent)": "drainAgent",
    "MAINT": "maint",
    "MAINT (resolution)": "maintResolution",
    "no check": "noCheck",
}
BACKEND_STATUS = {"UP": "up", "DOWN": "down", "UP (UNPUB)": "upUnpublished"}


def server_status(text: str) -> str:
    """HAProxy management guide 9.1, field 17, and stats.c for the words."""
    if moving := re.fullmatch(r"([A-Z]+) \d+/\d+", text):
        return MOVING[moving[1]]
    return "maintVia" if text.startswith("MAINT (via ") else SERVER_STATUS[text]


def admin_state(text: str) -> str:
    word = text.partition(" ")[0]
    return {"MAINT": "maint", "DRAIN": "drain"}.get(word, "ready")


LABELS: dict[str, Callable[[str], str]] = {
    "HaxServerOperStatus": server_status,
    "HaxAdminState": admin_state,
    "HaxBackendOperStatus": BACKEND_STATUS.__getitem__,
    "HaxFrontendOperStatus": str.lower,
    "HaxListenerOperStatus": str.lower,
    "HaxCheckStatus": lambda text: text.removeprefix("* ").lower(),
    "HaxProxyMode": str,
}
"""How a text of HAProxy becomes a label; the daemon's own texts are labels."""


class Object(NamedTuple):
    """An object of the MIB file; ``keys`` are those of show info that its description names."""

    name: str
    syntax: str
    keys: tuple[str, ...]


class Mib:
    """The MIB file, as libsmi reads it."""

    def __init__(self) -> None:
        tree = mibs.parsed(mibs.MODULE)
        self.labels = {
            named.attrib["name"]: {one.attrib["name"]: int(one.attrib["number"]) for one in named.iter("namednumber")}
            for named in tree.iter("typedef")
            if "name" in named.attrib
        }
        self.objects: dict[str, Object] = {}
        for kind in ("scalar", "column"):
            for node in tree.iter(kind):
                (inner,) = node.iterfind("syntax/*")
                said = " ".join(node.findtext("description", "").split())
                named = re.search(r"Field \d+, (.*), of show info", said)
                keys = tuple(re.findall("'([^']+)'", named[1])) if named else ()
                syntax = inner.attrib.get("name") or inner.attrib["basetype"]
                if node.findtext("access") == "readonly":
                    self.objects[node.attrib["oid"]] = Object(node.attrib["name"], syntax, keys)
        self.oids = {one.name: oid for oid, one in self.objects.items()}

    def cell(self, oid: str, text: str) -> Cell:
        """Give the cell of an object for a text that is not empty; that of bits are their names."""
        syntax = self.objects[oid].syntax
        if syntax == "SnmpAdminString":
            return "STRING", text.encode()[:255].decode(errors="ignore")
        if syntax == "RowPointer":
            return "OID", text
        if syntax in BITS:
            return "STRING", self.bits(syntax, text.split())
        if syntax == "TruthValue" and not text.isdigit():
            return "INTEGER", {"true": 1, "false": 2}[text]
        if self.labels.get(syntax):
            return "INTEGER", self.labels[syntax][LABELS.get(syntax, str)(text)]
        return _NUMBERS[syntax](int(text))

    def bits(self, syntax: str, set_ones: list[str]) -> str:
        """Give the octets of named bits, as ``Snmpd`` gives them: bit 0 is the highest of the first (RFC 3416 2.5)."""
        numbers = self.labels[syntax]
        octets = bytearray(max(numbers.values()) // 8 + 1)
        for name in set_ones:
            octets[numbers[name] // 8] |= 0x80 >> numbers[name] % 8
        return octets.decode("utf-8", "surrogateescape")

    def object(self, instance: str) -> Object:
        """Give the object of an instance."""
        return next(self.objects[head] for head in _heads(instance) if head in self.objects)

    def table(self, arc: int) -> list[str]:
        """Give the columns of a table."""
        return [oid for oid in self.objects if oid.startswith(f"{ROOT}.1.{arc}.1.")]


def _heads(oid: str) -> Iterator[str]:
    while oid := oid.rpartition(".")[0]:
        yield oid


_NUMBERS: dict[str, Callable[[int], Cell]] = {
    "Counter64": lambda number: ("Counter64", number % (1 << 64)),
    "CounterBasedGauge64": lambda number: ("Counter64", number % (1 << 64)),
    "Counter32": lambda number: ("Counter32", number % (1 << 32)),
    "Gauge32": lambda number: ("Gauge32", min(number, (1 << 32) - 1)),
    "Unsigned32": lambda number: ("Gauge32", min(number, (1 << 32) - 1)),
    "Integer32": lambda number: ("INTEGER", number),
    "TruthValue": lambda number: ("INTEGER", 1 if number else 2),
}


def rows(answer: str) -> Iterator[dict[int, str]]:
    """Give the rows of an answer to show stat: their static fields by number, empty ones left out."""
    header, *lines = csv.reader(line for line in answer.removeprefix("# ").split("\n") if line)
    static = header.index("-" if "-" in header else "")
    for line in lines:
        yield {number: text for number, text in enumerate(line[:static]) if text}


def index(row: Mapping[int, str], process: int) -> str:
    """Give the index of a row in a store that has just begun: HAProxy's own numbers."""
    numbers = [process, int(row[27]), *([int(row[28])] if row[32] in (SERVER, LISTENER) else [])]
    return ".".join(map(str, numbers))


def stat_cells(mib: Mib, answer: str, process: int, *, all_declared: bool = True) -> Cells:
    """Give the cells of the four tables. ``all_declared``: each cell that is not empty must be in the MIB."""
    found: Cells = {}
    for row in rows(answer):
        entry, at = f"{ROOT}.1.{TABLES[row[32]]}.1", index(row, process)
        for number, text in row.items():
            oid = f"{entry}.{10 + number}"
            assert not all_declared or oid in mib.objects, f"the MIB lacks {oid}"
            if oid in mib.objects:
                found[f"{oid}.{at}"] = mib.cell(oid, text)
        found[f"{entry}.201.{at}"] = "STRING", row[STATUS]
        if row[32] == SERVER:
            found |= {f"{entry}.{column}.{at}": cell for column, cell in _derived(mib, entry, row)}
    return found


def _derived(mib: Mib, entry: str, row: Mapping[int, str]) -> Iterator[tuple[int, Cell]]:
    """Give the columns of a server that are made of a field."""
    if moving := re.fullmatch(r"[A-Z]+ (\d+)/(\d+)", row[STATUS]):
        yield 202, ("Gauge32", int(moving[1]))
        yield 203, ("Gauge32", int(moving[2]))
    yield 204, mib.cell(f"{entry}.204", row[STATUS])
    for column, field in ((205, CHECK_STATUS), (206, AGENT_STATUS)):
        if field in row:
            yield column, ("INTEGER", 1 if row[field].startswith("* ") else 2)


def info_cells(mib: Mib, answer: str, process: int) -> Cells:
    """Give the cells of haxProcessTable that come from show info; every line must have one."""
    by_key = {key: oid for oid, one in mib.objects.items() for key in one.keys}
    found: Cells = {}
    for line in answer.splitlines():
        key, colon, text = line.partition(":")
        if colon and text.strip():
            found[f"{by_key[key]}.{process}"] = mib.cell(by_key[key], text.strip())
    return found


class Reported(NamedTuple):
    """What the daemon is configured with, for what it tells of itself."""

    name: str
    kind: str
    target: str
    by_socket: bool


KERNEL = 101
"""haxSourceIndex of the kernel's addresses, the source that each daemon has beside its HAProxys."""

BITS = ("HaxReasons", "HaxEvidence", "HaxDifferences")
"""Conventions of named bits."""

CHANGING = re.compile(rf"{re.escape(ROOT)}\.1\.(?:1\.(?:2[0-9]|3[0-57]|4[0-9]|50|7[0-3])|3|4|5|11|14|15)\.")
"""Services, VRRP, events and pairs: what is made of the other cells in time, and tested for itself."""

AGES = re.compile(
    rf"{re.escape(ROOT)}\.1\.(?:1\.23|3\.1\.(?:2[67]|3[0-4])|5\.1\.19|11\.1\.28|14\.1\.(?:5|20)|15\.1\.1[34])\."
)
"""Those of them that are another at each reading: seconds since something became what it is,
and seconds that are counted."""

VOLATILE = (
    "haxAgentStartTime",
    "haxAgentUpTime",
    "haxAgentIndexDiscontinuityTime",
    "haxAgentStalls",
    "haxSourceReadingAge",
    "haxSourceSuccesses",
    "haxProcessReadingAge",
    "haxProcessConfigurationDigest",
    "haxProcessDiscontinuityTime",
)
"""Objects whose values are made by the daemon: they change by themselves, or are tested for themselves."""


def daemon_cells(mib: Mib, sources: list[Reported], version: str, cells: Cells) -> tuple[Cells, set[str]]:
    """Give the cells that the daemon tells of itself while all is well, and the names of those that are volatile.

    ``cells`` are those of the tables, which it counts.
    """
    counts = {arc: len({oid for oid in cells if oid.startswith(f"{ROOT}.1.{arc}.1.201.")}) for arc in TABLES.values()}
    texts = {
        "haxAgentVersion.0": version,
        "haxAgentStoreState.0": "ok",
        "haxAgentProcesses.0": str(len(sources)),
        "haxAgentFrontends.0": str(counts[7]),
        "haxAgentBackends.0": str(counts[8]),
        "haxAgentServers.0": str(counts[9]),
        "haxAgentListeners.0": str(counts[10]),
        "haxAgentInputsRefused.0": "0",
        "haxAgentVrrpTrapsIgnored.0": "0",
        "haxAgentStoreProblem.0": "",
        "haxAgentOutboxLimit.0": "1000",
        f"haxSourceName.{KERNEL}": "kernel",
        f"haxSourceKind.{KERNEL}": "kernelAddresses",
        f"haxSourceTarget.{KERNEL}": "rtnetlink",
        f"haxSourceState.{KERNEL}": "ok",
        f"haxSourceFailures.{KERNEL}": "0",
        f"haxSourceLastError.{KERNEL}": "",
    }
    volatile = {f"{name}.0" for name in VOLATILE[:4]} | {f"{name}.{KERNEL}" for name in VOLATILE[4:6]}
    for number, source in enumerate(sources, 1):
        texts |= {
            f"haxSourceName.{number}": source.name,
            f"haxSourceKind.{number}": source.kind,
            f"haxSourceTarget.{number}": source.target,
            f"haxSourceState.{number}": "ok",
            f"haxSourceFailures.{number}": "0",
            f"haxSourceLastError.{number}": "",
            f"haxProcessName.{number}": source.name,
            f"haxProcessSourceState.{number}": "ok",
            f"haxProcessReloads.{number}": "0",
            f"haxProcessBadRows.{number}": "0",
        }
        volatile |= {f"{name}.{number}" for name in VOLATILE[4 : 9 if source.by_socket else 8]}

    def oid(name: str) -> str:
        head, _, instance = name.partition(".")
        return f"{mib.oids[head]}.{instance}"

    own = {oid(name): mib.cell(oid(name).rpartition(".")[0], text) for name, text in texts.items()}
    return own, {oid(name) for name in volatile}


def members(mib: Mib, answer: str, process: int, name: str) -> set[tuple[Cell, ...]]:
    """Give process, proxy, kind and row of what a service over all of an HAProxy is made of.

    That is each frontend, and each backend with servers. Its row is named by the first column of its table (RFC 2579).
    """
    there = list(rows(answer))
    backends = {row[0] for row in there if row[32] == SERVER}
    found = set()
    for row in there:
        if row[32] == FRONTEND or (row[32] == BACKEND and row[0] in backends):
            first = min(mib.table(TABLES[row[32]]), key=lambda oid: int(oid.rpartition(".")[2]))
            kind = "frontend" if row[32] == FRONTEND else "backend"
            texts = {"Process": name, "Proxy": row[0], "Kind": kind, "Row": f"{first}.{index(row, process)}"}
            found.add(tuple(mib.cell(mib.oids[f"haxServiceMember{end}"], text) for end, text in texts.items()))
    return found


def column(mib: Mib, found: Cells, name: str) -> dict[str, int | str]:
    """Give the values of a column, or of a scalar, by index."""
    head = f"{mib.oids[name]}."
    return {oid.removeprefix(head): value for oid, (_, value) in found.items() if oid.startswith(head)}


def badly_typed(mib: Mib, found: Cells) -> list[str]:
    """Say which cells are no value of the syntax that the MIB gives their object."""
    return [f"{mib.object(oid).name} {oid}: {cell}" for oid, cell in found.items() if not _is_of(mib, oid, cell)][:12]


def _is_of(mib: Mib, oid: str, cell: Cell) -> bool:
    syntax = mib.object(oid).syntax
    kind, value = cell
    if syntax in _LENGTHS or syntax in BITS:
        lengths = _LENGTHS.get(syntax) or range(len(mib.bits(syntax, [])), len(mib.bits(syntax, [])) + 1)
        return kind == "STRING" and len(str(value).encode("utf-8", "surrogateescape")) in lengths
    if syntax == "RowPointer":
        return kind == "OID" and re.fullmatch(r"[0-9]+(\.[0-9]+)+", str(value)) is not None
    labels = {"true": 1, "false": 2} if syntax == "TruthValue" else mib.labels.get(syntax)
    if labels:
        return kind == "INTEGER" and value in labels.values()
    word, lowest, highest = _RANGES[syntax]
    return kind == word and lowest <= int(value) <= highest


_LENGTHS = {"SnmpAdminString": range(256), "DateAndTime": (8, 11), "HaxPairLine": range(513)}
_RANGES = {
    "Counter64": ("Counter64", 0, 2**64 - 1),
    "CounterBasedGauge64": ("Counter64", 0, 2**64 - 1),
    "Counter32": ("Counter32", 0, 2**32 - 1),
    "Gauge32": ("Gauge32", 0, 2**32 - 1),
    "Unsigned32": ("Gauge32", 0, 2**32 - 1),
    "Integer32": ("INTEGER", -(2**31), 2**31 - 1),
    "TimeTicks": ("Timeticks", 0, 2**32 - 1),
    "TimeStamp": ("Timeticks", 0, 2**32 - 1),
}


def differences(found: Cells, wanted: Cells, limit: int = 12) -> list[str]:
    """Say what differs, in words, so that a failure can be read."""
    reported = [f"{oid}: {found.get(oid)} and not {cell}" for oid, cell in wanted.items() if found.get(oid) != cell]
    reported += [f"{oid}: {cell} and not nothing" for oid, cell in found.items() if oid not in wanted]
    return reported[:limit]
