"""Texts of HAProxy as values on the wire, for every syntax that an object has.

Data: which syntax, then the cells, a line each. Each gives a value that parses as its type, or none; and the same one
whatever its neighbours are.
"""

import struct

from haproxy_agentx.objects import schema
from haproxy_agentx.objects.syntax import TEXT_LIMIT, Syntax, TextSyntax
from tests.fuzz.octets import Octets
from tests.support import wire

_COLUMNS = [column for table in schema.TABLES for column in table.columns]
_KNOWN = {id(item.syntax): item.syntax for item in (*_COLUMNS, *schema.SCALARS)}.values()
SYNTAXES: list[TextSyntax] = sorted(
    (syntax for syntax in _KNOWN if isinstance(syntax, TextSyntax)), key=lambda syntax: syntax.name
)
BITS = {convention.name for convention in schema.CONVENTIONS if convention.syntax == "BITS"}
_HEAD = struct.pack(">4BI", 1, 0, 0, 0, 1)  # 5.1: a name of one sub-identifier
_CELLS = {
    "numbers": b"0\n1\n4294967295\n4294967296\n18446744073709551615\n18446744073709551616\n-1\n-2147483649",
    "digits alone": b"1\n22\n333",
    "no numbers": b"1.5\n+1\n 1\n1_0\n0x1\n1e3\n\xd9\xa3",
    "many digits": b"0000000000000000000000000000001\n9999999999999999999999999999999999",
    "statuses": b"UP\nUP 1/3\nDOWN\nMAINT (via a/b)\nno check\nOPEN\nFULL\nNOLB\nDRAIN",
    "checks": b"L7OK\n* L4CON\n* \nINI",
    "texts": b"web1\n" + b"x" * 300 + b"\n" + "ü".encode() * 128 + b"\n\xff\x1b[31m\0\t",
    "dates": b"1700000000\n1700000000.25\n-1\n1e18\nnan\ninf\n-99999999999999",
    "words": b"http\ntcp\nother\ntrue\nok\nstale\nhaproxySocket\nmemoryOnly\nblackhole\nmaster\nnotSeen\nhaproxyGone",
    "bits and rows": b"0\n1\n16383\n16384\n99999999999999999999\n0.0\n1.3.6.1.2.1.1.3.0\n1.3.4294967296\n.1.3",
    "nothing": b"",
}
SEEDS = {
    **{f"{syntax.name} {at}": bytes((at,)) + b"1\n\nUP 1/3\nother" for at, syntax in enumerate(SYNTAXES)},
    **{f"{name} {at}": bytes((at * 5 % len(SYNTAXES),)) + text for at, (name, text) in enumerate(_CELLS.items())},
    **{f"{name} {at} too": bytes((at * 3 + 1,)) + text for at, (name, text) in enumerate(_CELLS.items())},
}


def check(syntax: Syntax, value: bytes) -> None:
    """See that a value parses as what it is, with nothing left over."""
    data = struct.pack(">2H", syntax.tag, 0) + _HEAD + value
    varbind, end = wire.read_varbind(data, 0, ">")
    assert end == len(data)
    if isinstance(varbind.value, bytes):
        assert len(varbind.value) <= TEXT_LIMIT
        if syntax.name not in {"DateAndTime", *BITS}:
            assert varbind.value.decode("utf-8").isprintable()
    if syntax.name in BITS:
        assert len(varbind.value) == (max(syntax.labels.values()) + 8) // 8  # RFC 3416 2.5: all named bits
    elif syntax.labels is not None:
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
