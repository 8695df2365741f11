"""Texts of HAProxy as values on the wire, for every syntax that a field of its has.

Data: which syntax, then the cells, a line each. Each gives a value that parses as its type, or none; and the same one
whatever its neighbours are.
"""

import struct

from haproxy_agentx.objects.process_columns import INFO_FIELDS
from haproxy_agentx.objects.syntax import TEXT_LIMIT, TextSyntax
from haproxy_agentx.objects.tables import STAT_TABLES
from tests.fuzz.octets import Octets
from tests.support import wire

_FIELDS = [column.syntax for table in STAT_TABLES.values() for column in table.columns]
SYNTAXES: list[TextSyntax] = sorted(
    {id(syntax): syntax for syntax in (*_FIELDS, *(info.syntax for info in INFO_FIELDS))}.values(),
    key=lambda syntax: syntax.name,
)
_HEAD = struct.pack(">4BI", 1, 0, 0, 0, 1)  # 5.1: a name of one sub-identifier
_CELLS = {
    "numbers": b"0\n1\n4294967295\n4294967296\n18446744073709551615\n18446744073709551616\n-1\n-2147483649",
    "digits alone": b"1\n22\n333",
    "no numbers": b"1.5\n+1\n 1\n1_0\n0x1\n1e3\n\xd9\xa3",
    "many digits": b"0000000000000000000000000000001\n9999999999999999999999999999999999",
    "statuses": b"UP\nUP 1/3\nDOWN\nMAINT (via a/b)\nno check\nOPEN\nFULL\nNOLB\nDRAIN",
    "checks": b"L7OK\n* L4CON\n* \nINI",
    "texts": b"web1\n" + b"x" * 300 + b"\n" + "ü".encode() * 128 + b"\n\xff\x1b[31m\0\t",
    "words": b"http\ntcp\nother\nhealth\nspop",
    "nothing": b"",
}
SEEDS = {
    **{f"{syntax.name} {at}": bytes((at,)) + b"1\n\nUP 1/3\nother" for at, syntax in enumerate(SYNTAXES)},
    **{f"{name} {at}": bytes((at * 5 % len(SYNTAXES),)) + text for at, (name, text) in enumerate(_CELLS.items())},
    **{f"{name} {at} too": bytes((at * 3 + 1,)) + text for at, (name, text) in enumerate(_CELLS.items())},
}


def check(syntax: TextSyntax, value: bytes) -> None:
    """See that a value parses as what it is, with nothing left over."""
    data = struct.pack(">2H", syntax.tag, 0) + _HEAD + value
    varbind, end = wire.read_varbind(data, 0, ">")
    assert end == len(data)
    if isinstance(varbind.value, bytes):
        assert len(varbind.value) <= TEXT_LIMIT
        assert varbind.value.decode("utf-8").isprintable()
    if syntax.labels is not None:
        assert varbind.value in syntax.labels.values()


def target(data: bytes) -> None:
    octets = Octets(data)
    syntax, cells = octets.one_of(SYNTAXES), octets.rest().split(b"\n")
    values = syntax.encode(cells)
    assert len(values) == len(cells)
    for value in values:
        if value is not None:
            check(syntax, value)
    assert values == [syntax.encode([cell])[0] for cell in cells]
    assert syntax.encode([]) == []
