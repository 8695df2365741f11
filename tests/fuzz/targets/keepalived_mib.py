"""KEEPALIVED-MIB as an agent gives it: a walk, and what is read from its cells.

Data: choices of an agent, that is which objects it answers with, how many at a time, and of which types. The walk ends;
the cells are refused with Invalid, whose text is one printable line, or read into instances that belong together.
"""

from ipaddress import ip_address

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Missing, Value, VarBind
from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp import keepalived_mib as mib
from haproxy_agentx.vrrp.mib_walk import MAX_ANSWER, MibWalk
from tests.fuzz.octets import Octets
from tests.support.mib_text import read_ones, sample

WANTED = (*mib.SCALARS, *mib.COLUMNS)
MISSING = tuple(Missing)
HONEST = 0xFF
"""As the first octet: an agent that serves the sample but for what the rest of the data says."""

SEEDS = {
    "honest": bytes((HONEST,)),
    "a cell less": bytes((HONEST, 5)),
    "a cell changed": bytes((HONEST, 0x80 | 4, 0, 7)),
    "an address of three octets": bytes((HONEST, 0x80 | 24, 1, 3)) + b"abc",
    "nothing": b"\0",
    "names of its own": bytes(range(1, 120)),
    "other names": bytes(range(250, 0, -3)) * 4,
    "increasing for ever": b"\x01" * 400,
}
CELLS = {name: read_ones(sample(name)) for name in ("lb1", "lb1-FAULT")}


def value(octets: Octets) -> Value:
    match octets.number() % 4:
        case 0:
            return octets.number(2)
        case 1:
            return octets.take(octets.number() % 20)
        case 2:
            return MISSING[octets.number() % 3]
        case _:
            return -octets.number(5)


def varbind(octets: Octets, asked: Oid) -> VarBind:
    choice = octets.number()
    if choice % 4 == 0:
        return asked, octets.one_of(MISSING)
    column = asked[: len(mib.NAME)] if choice % 4 < 3 else octets.one_of(WANTED)
    rows = tuple(octets.number() for _ in range(1 + choice // 4 % 3))
    return (*column, *rows), value(octets)


def scripted(octets: Octets) -> dict[Oid, Value] | None:
    walk = MibWalk(mib.SCALARS, mib.COLUMNS, octets.number())
    try:
        while octets and (request := walk.next()) is not None:
            assert request.repetitions * (len(request.names) - request.scalars) <= max(MAX_ANSWER, len(mib.COLUMNS))
            count = octets.number() % 64 or len(request.names)
            places = request.names[: request.scalars] + request.names[request.scalars :] * (request.repetitions + 1)
            walk.take([varbind(octets, asked) for asked in places[:count]])
    except Invalid as error:
        assert str(error).isprintable()
        return None
    assert all(any(name[: len(one)] == one for one in WANTED) for name in walk.cells)
    return walk.cells


def altered(octets: Octets) -> dict[Oid, Value]:
    cells = dict(octets.one_of(tuple(CELLS.values())) if octets else CELLS["lb1"])
    while octets and cells:
        choice = octets.number()
        name = octets.one_of(sorted(cells)) if choice & 0x40 else sorted(cells)[choice % 0x40 % len(cells)]
        if choice & 0x80:
            cells[name] = value(octets)
        else:
            del cells[name]
    return {name: cell for name, cell in cells.items() if not isinstance(cell, Missing)}  # a walk keeps none


def target(data: bytes) -> None:
    cells = altered(Octets(data[1:])) if data[:1] == bytes((HONEST,)) else scripted(Octets(data))
    if cells is None:
        return
    last, behind = mib.settled(cells)
    assert mib.unchanged(cells, [(last, cells.get(last, Missing.noSuchInstance)), (behind, Missing.noSuchInstance)])
    assert not mib.unchanged(cells, [(last, cells.get(last, Missing.noSuchInstance)), (behind, b"another")])
    try:
        reading = mib.read(cells, 0.0, 1.0)
    except Invalid as error:
        assert str(error).isprintable()
        return
    rows = [instance.row for instance in reading.instances]
    assert rows == sorted(set(rows))
    for instance in reading.instances:
        assert cells[*mib.NAME, instance.row] == instance.name.encode() or "�" in instance.name
        for address in instance.addresses:
            assert str(ip_address(address.ip)) == address.ip
