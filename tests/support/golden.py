"""A tree of managed objects that has every kind of gap, and what a master must find in it.

Below ROOT: two scalars; a table of three columns of which one has holes, with rows whose indexes jump; an empty table;
a table with one column of each type; and a last scalar. Index columns are declared in a MIB but not served.
"""

from tests.support import wire
from tests.support.our_agent import IDENTITY, Content, keys, view_of
from tests.support.wire import VarBind

ROOT = IDENTITY
SCALARS = f"{ROOT}.1.1"
TABLE = f"{ROOT}.1.2.1"
EMPTY = f"{ROOT}.1.3.1"
TYPES = f"{ROOT}.1.4.1"
LAST = f"{ROOT}.1.5.1"
INDEXES = (f"{TABLE}.1", f"{TABLE}.2")
"""The not-accessible columns of TABLE."""

ROWS = ("1.1", "1.2", "1.100", "2.1", "10.1", "10.2", "4294967295.1", "4294967295.4294967295")

OBJECTS: dict[str, tuple[int, dict[str, Content]]] = {
    f"{SCALARS}.1": (wire.OCTETS, {"0": b"2.6.12"}),
    f"{SCALARS}.2": (wire.TIMETICKS, {"0": 360_000}),
    f"{TABLE}.3": (wire.OCTETS, {row: f"srv{row}".encode() for row in ROWS}),
    f"{TABLE}.4": (wire.COUNTER64, {row: None if at % 3 == 0 else at << 40 for at, row in enumerate(ROWS)}),
    f"{TABLE}.300": (wire.INTEGER, dict.fromkeys(ROWS, -1)),
    f"{EMPTY}.2": (wire.GAUGE32, {}),
    f"{EMPTY}.3": (wire.OCTETS, {}),
    f"{TYPES}.1": (wire.INTEGER, {"7": -(2**31)}),
    f"{TYPES}.2": (wire.OCTETS, {"7": "größer".encode()}),
    f"{TYPES}.3": (wire.OID, {"7": "1.3.6.1.4.1.9586.100.5.2.3.1.1.1"}),
    f"{TYPES}.4": (wire.IPADDRESS, {"7": bytes((192, 0, 2, 1))}),
    f"{TYPES}.5": (wire.COUNTER32, {"7": 2**32 - 1}),
    f"{TYPES}.6": (wire.GAUGE32, {"7": 2**32 - 1}),
    f"{TYPES}.7": (wire.TIMETICKS, {"7": 1}),
    f"{TYPES}.8": (wire.OPAQUE, {"7": bytes.fromhex("9f780442f60000")}),
    f"{TYPES}.9": (wire.COUNTER64, {"7": 2**64 - 1}),
    f"{LAST}.1": (wire.OCTETS, {"0": b""}),
}

VIEW = view_of(OBJECTS)

GOLDEN = [
    VarBind(f"{name}.{row}", kind, content)
    for name, (kind, instances) in OBJECTS.items()
    for row, content in instances.items()
    if content is not None
]
"""All instances in the order in which a walk must find them (written in that order above)."""

BY_NAME = {varbind.name: varbind for varbind in GOLDEN}
END = f"{ROOT[: ROOT.rindex('.')]}.{int(ROOT[ROOT.rindex('.') + 1 :]) + 1}"
"""Just beyond ROOT's subtree, as a master gives it for the end of a range."""

assert [varbind.name for varbind in GOLDEN] == sorted(BY_NAME, key=lambda name: keys([name])[0])
