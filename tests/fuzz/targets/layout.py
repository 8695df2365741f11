"""Which row stands where, for any signatures.

Data: a row per line, its fields (pxname, svname, type, iid, sid, ...) with commas between. Every row has its place or
is left out and counted; places are those of the numbers that its names got, in strictly ascending order; of doubles
the first one stands.
"""

from collections.abc import Generator
from typing import TypeVar

from haproxy_agentx.agentx.oid import from_key
from haproxy_agentx.haproxy.stat import CONDITION, IDENTITY, SEPARATOR, RowKind, identity
from haproxy_agentx.objects.layout import MAX_NUMBER, Layout, arrange, proxy_scope, survey
from haproxy_agentx.store.numbering import choose

PROCESS = "local"
FIELDS = len(IDENTITY) + len(CONDITION)
Made = TypeVar("Made")

SEEDS = {
    "a small one": b"www,FRONTEND,0,2,0,OPEN\nweb,web1,2,3,1,UP\nweb,web2,2,3,2,UP\nweb,BACKEND,1,3,0,UP",
    "listeners": b"www,sock-1,3,2,1,OPEN\nwww,sock-1,3,2,1,OPEN\nwww,sock-2,3,2,1,OPEN",
    "ids that clash": b"a,s,2,1,1\nb,s,2,1,1\nb,t,2,1,1",
    "large ids": b"a,s,2,2147483647,2147483648\nb,s,2,4294967296,99999999999\nc,s,2,-1,+1",
    "choices at the end": b"a,s,2,2147483646,2147483648\nb,s,2,4294967296,99999999999\nc,s",
    "no names": b",s,2,1,1\na,,2,1,1\n,,,,",
    "no kinds": b"a,s,4,1,1\na,s,,1,1\na,s,02,1,1\na,s,x,1,1",
    "not UTF-8": b"\xff\xfe,\x80,2,1,1\n\xff,\x80,2,1,1",
    "slashes": b"a/b,c,2,1,1\na,b/c,2,1,1",
    "other digits": "a,s,2,²,٣".encode(),
    "many": b"\n".join(b"p%d,s%d,2,%d,%d" % (at % 7, at, at % 7 + 1, 900 - at) for at in range(300)),
}


def finish(steps: Generator[None, None, Made]) -> Made:
    """Go through the pauses of a generator."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def layout_of(signatures: list[bytes]) -> tuple[Layout, dict[str, dict[str, int]]]:
    """Lay rows out, and give the numbers, too."""
    wanted = finish(survey(PROCESS, signatures, {}))
    assert all(0 <= first <= MAX_NUMBER for names in wanted.values() for first in names.values())
    numbers = {scope: choose(list(names.items()), lambda _number: False, lambda: 0) for scope, names in wanted.items()}
    return finish(arrange(PROCESS, signatures, numbers)), numbers


def target(data: bytes) -> None:
    rows = [line.replace(SEPARATOR, b"?").split(b",")[:FIELDS] for line in data.split(b"\n")]
    signatures = [SEPARATOR.join(row + [b""] * (FIELDS - len(row))) for row in rows]
    layout, numbers = layout_of(signatures)
    assert sum(len(table.parts) for table in layout.rows.values()) + layout.left_out == len(signatures)
    proxies = numbers.get(proxy_scope(PROCESS), {})
    for kind, table in layout.rows.items():
        assert all(before < after for before, after in zip(table.parts, table.parts[1:], strict=False))
        for part, place in zip(table.parts, table.places, strict=True):
            proxy, name, code, *_ = identity(signatures[place])
            names = [text.decode("utf-8", "surrogateescape") for text in (proxy, name)]
            assert code == b"%d" % kind
            first, *more = from_key(part)
            assert first == proxies[names[0]]
            if kind in (RowKind.SERVER, RowKind.LISTENER):
                assert more == [numbers[f"{kind.name.lower()}/{PROCESS}/{names[0]}"][names[1]]]
            elif more:
                raise AssertionError(more)
