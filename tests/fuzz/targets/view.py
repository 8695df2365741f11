"""Requests of a manager against the MIB view, beside a list of instances as the model (RFC 2741 7.2.3).

Data: a series of Get, GetNext and GetBulk, of walks of several managers that go on where the last answer to each ended,
and of changes of the view between them. Each is answered as the model answers; what is prepared ahead is never of an
older view; and GetNext never goes backwards.
"""

from bisect import bisect_left, bisect_right
from functools import lru_cache

from haproxy_agentx.agentx.oid import Key, key, parse
from haproxy_agentx.agentx.responder import Responder
from tests.fuzz.octets import Octets
from tests.support import golden, wire
from tests.support.golden import GOLDEN, OBJECTS, ROOT, TABLE
from tests.support.our_agent import exchange, opened, view_of
from tests.support.wire import VarBind

NUMBER = 77
GET, GET_NEXT, GET_BULK, GO_ON, OTHER_VIEW = range(5)
MAX_RANGES = 6
MAX_REQUESTS = 48
MANAGERS = 4
_FEWER = {name: (kind, {row: rows[row] for row in list(rows)[::2]}) for name, (kind, rows) in list(OBJECTS.items())[1:]}


class Model:
    """The instances of a view, in order."""

    def __init__(self, objects: dict) -> None:
        self.view = view_of(objects)
        self.found = [
            VarBind(f"{name}.{row}", kind, content)
            for name, (kind, rows) in objects.items()
            for row, content in rows.items()
            if content is not None
        ]
        self.keys = [of(varbind.name) for varbind in self.found]
        self.columns = [of(name) for name in objects]

    def get(self, name: str) -> VarBind:
        at = bisect_left(self.keys, of(name))
        if at < len(self.keys) and self.keys[at] == of(name):
            return self.found[at]
        below = any(of(name).startswith(column) for column in self.columns)
        return VarBind(name, wire.NO_SUCH_INSTANCE if below else wire.NO_SUCH_OBJECT, None)

    def next(self, start: str, end: str, include: int, name: str | None = None) -> VarBind:
        at = (bisect_left if include else bisect_right)(self.keys, of(start))
        if at < len(self.keys) and (not end or self.keys[at] < of(end)):
            return self.found[at]
        return VarBind(start if name is None else name, wire.END_OF_MIB_VIEW, None)

    def bulk(self, single: int, most: int, searches: list[tuple[str, str, int]]) -> list[VarBind]:
        varbinds = [self.next(*search) for search in searches[:single]]
        starts = searches[single:]
        for _ in range(most if starts else 0):
            row = [self.next(*search) for search in starts]
            varbinds += row
            if all(varbind.type == wire.END_OF_MIB_VIEW for varbind in row):
                break
            starts = [(varbind.name, end, 0) for varbind, (_, end, _) in zip(row, starts, strict=True)]
        return varbinds


@lru_cache(1024)
def of(name: str) -> Key:
    return key(parse(name)) if name else b""


MODELS = [Model(OBJECTS), Model(_FEWER)]
assert MODELS[0].found == GOLDEN
_POOL = [
    "", ROOT, golden.END, TABLE, f"{ROOT}.1", "0", "1.3.6.1", "2.1", f"{TABLE}.4294967295", f"{TABLE}.3.0",
    *OBJECTS, *[varbind.name for varbind in GOLDEN],
]  # fmt: skip


def _name(octets: Octets) -> str:
    """Give a name of the view, or one beside, above or below it."""
    name = octets.one_of(_POOL)
    change = octets.number()
    numbers = [int(part) for part in name.split(".")] if name else []
    if change & 1:
        numbers.append(octets.number(4 if change & 8 else 1))
    if change & 2 and numbers:
        numbers[-1] = max(0, numbers[-1] - 1)
    if change & 4:
        numbers = numbers[:-1]
    return ".".join(map(str, numbers))


def _searches(octets: Octets) -> list[tuple[str, str, int]]:
    found = []
    for _ in range(octets.number() % MAX_RANGES + 1):
        flags = octets.number()
        start = _name(octets)
        found.append((start, _name(octets) if flags & 2 else golden.END if flags & 4 else "", flags & 1))
    return found


SEEDS = {
    "a Get of each object": b"".join(bytes((GET, 0, 0, 0, at, 0)) for at in range(len(_POOL))),
    "a walk": bytes((GET_NEXT, 0, 0, 4, 1, 0)) + bytes((GO_ON, 0)) * 20,
    "a walk of two": bytes((GET_NEXT, 0, 1, 4, 12, 0, 4, 13, 0)) + bytes((GO_ON, 0)) * 12,
    "one manager behind another": (bytes((GET_NEXT, 0, 0, 4, 12, 0)) + bytes((GO_ON, 0)) * 3)
    + (bytes((GET_NEXT, 4, 0, 4, 12, 0)) + bytes((GO_ON, 0, GO_ON, 4)) * 18),
    "the view changes": (bytes((GET_NEXT, 0, 0, 4, 1, 0)) + bytes((GO_ON, 0, GO_ON, 0, OTHER_VIEW, 0))) * 3,
    "bulk": bytes((GET_BULK, 0, 2, 0, 1, 0, 255, 1, 0, 4, 1, 0)),
    "bulk of two and one": bytes((GET_BULK, 0, 2, 0, 12, 0, 4, 13, 0, 2, 14, 0, 16, 0, 1, 0, 9)),
    "ends before it starts": bytes((GET_NEXT, 1, 0, 3, 30, 0, 12, 0)),
    "included": b"".join(bytes((GET_NEXT, 0, 0, 5, at, at % 8, 0)) for at in range(12, 30)),
    "names beside": b"".join(bytes((GET_NEXT, 0, 0, 4, at, 3, at)) for at in range(12, 30)),
    "little-endian": bytes((GET_NEXT, 1, 1, 4, 1, 0, 4, 40, 0)) + bytes((GO_ON, 1)) * 8,
}


def target(data: bytes) -> None:
    octets = Octets(data)
    responder = Responder()
    model = MODELS[0]
    responder.serve(model.view)
    session = opened(responder, NUMBER)
    last: list[list[tuple[str, str, int]]] = [[] for _ in range(MANAGERS)]
    for packet in range(MAX_REQUESTS):
        if not octets:
            break
        kind, who = octets.number() % 5, octets.number()
        order, manager = ">" if who % 4 != 1 else "<", who // 4 % MANAGERS
        if kind == OTHER_VIEW:
            model = MODELS[model is MODELS[0]]
            responder.serve(model.view)
            continue
        searches = last[manager] if kind == GO_ON and last[manager] else _searches(octets)
        payload = wire.ranges(searches, order)
        if kind == GET:
            code, expected = wire.GET, [model.get(start) for start, _, _ in searches]
        elif kind == GET_BULK:
            single, most = octets.number() % (MAX_RANGES + 2), octets.number(2) >> (octets.number() % 16)
            code, expected = wire.GETBULK, model.bulk(single, most, searches)
            payload = wire.struct.pack(order + "HH", single, most) + payload
        else:
            code, expected = wire.GETNEXT, [model.next(*search) for search in searches]
            last[manager] = [(varbind.name, end, 0) for varbind, (_, end, _) in zip(expected, searches, strict=True)]
        said = bytearray(exchange(session, wire.frame(code, payload, session=NUMBER, packet=packet, order=order)))
        frame = wire.take_frame(said)
        assert frame is not None
        assert not said
        assert (frame.packet, frame.session, frame.order) == (packet, NUMBER, order)
        answer = wire.read_answer(frame)
        assert (answer.error, answer.index) == (0, 0)
        assert answer.varbinds == expected
        if code == wire.GETNEXT:
            for search, varbind in zip(searches, answer.varbinds, strict=True):
                assert of(varbind.name) > of(search[0]) or varbind.type == wire.END_OF_MIB_VIEW or search[2]
    assert session.next_event() is None
