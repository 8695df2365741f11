"""From an answer of HAProxy to every instance in SNMP.

Data: the answer to ``show stat``. Where it is taken at all, its tables make a view that can be walked from end to
end, in order, and a GET of each instance gives what the walk gave.
"""

from contextlib import suppress

from haproxy_agentx.agentx.oid import key, parse
from haproxy_agentx.agentx.view import MibView, Place
from haproxy_agentx.haproxy.stat import Reading, StatParser
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.tables import StatColumns, object_names
from haproxy_agentx.vocabulary.source import Invalid
from tests.fuzz.seeds import samples
from tests.fuzz.targets.layout import layout_of
from tests.support import wire
from tests.support.stat_csv import VERSIONS, answer, backend, frontend, listener, server

MAX_ROWS = 12
"""So that an input takes milliseconds."""

_COLUMNS = VERSIONS["1.8"]
_OBJECTS = object_names(schema.ROOT)
SEEDS = {
    **samples("show_stat.txt", 1),
    **{f"HAProxy {name}": answer([server("web", "web1", 3, 1)], columns) for name, columns in VERSIONS.items()},
    "all kinds": answer(
        [frontend("www", 2), listener("www", "sock-1", 2, 1), server("web", "w,1", 3, 1), backend("web", 3)], _COLUMNS
    ),
    "odd names": answer([server('a,"b', "ü", 1, 1), server("\N{PILE OF POO}", "s" * 300, 3, 9)], _COLUMNS),
    "odd values": answer(
        [server("web", "w", 1, 1, stot="-1", bin="9" * 30, status="?", mode="x", addr="\t")], _COLUMNS
    ),
    "doubles": answer([server("web", "w", 1, 1), server("web", "w", 1, 2)], _COLUMNS),
}


def reading_of(data: bytes) -> Reading | None:
    parser = StatParser(max_rows=MAX_ROWS)
    with suppress(Invalid):
        parser.feed(data)
        return parser.finish()
    return None


def target(data: bytes) -> None:
    reading = reading_of(data)
    if reading is None:
        return
    layout, _ = layout_of(reading.signatures)
    columns = StatColumns(schema.ROOT, 1, [kind for kind, rows in layout.rows.items() if rows.parts], reading.fields)
    view = MibView(columns.columns, _OBJECTS, columns.tables(layout, reading))
    walk = view.walk(Place(0, 0), b"")
    wholes, ranges = [], []
    while walk.fill():
        if walk.parts:
            stretch = walk.take(len(walk.parts))
            wholes += stretch.varbinds()
            ranges += stretch.ranges()
    varbinds = wire.read_varbinds(b"".join(wholes), 0, ">")
    assert len(varbinds) == len(ranges)
    names = [key(parse(varbind.name)) for varbind in varbinds]
    assert names == sorted(set(names))
    for name, varbind, whole in zip(names, varbinds, wholes, strict=True):
        tag, value = view.get(name)
        assert tag == varbind.type
        assert whole.endswith(value)
