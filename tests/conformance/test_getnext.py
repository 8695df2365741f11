"""GetNext (RFC 2741 7.2.3.2), items 26 to 32 of the conformance list."""

import subprocess
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.agentx.oid import from_key, key, parse
from haproxy_agentx.agentx.pdu import GetNext, SearchRange
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.view import MibView, ServedColumn
from tests.support import golden, wire
from tests.support.golden import BY_NAME, EMPTY, END, GOLDEN, LAST, ROOT, SCALARS, TABLE, TYPES
from tests.support.our_agent import PEERS_TABLE, Agent, exchange, keys, opened, peers_table, view_of
from tests.support.scripted_master import Link, ScriptedMaster
from tests.support.snmpd import Snmpd
from tests.support.wait import HANG, eventually
from tests.support.wire import Range, VarBind

FOLLOWS = [
    ("1.3", GOLDEN[0].name),  # before the tree
    (ROOT, GOLDEN[0].name),  # the root of the subtree
    (f"{TABLE}.3", f"{TABLE}.3.1.1"),  # a column
    (f"{TABLE}.3.1.1", f"{TABLE}.3.1.2"),
    (f"{TABLE}.3.1.3", f"{TABLE}.3.1.100"),  # a missing row between rows
    (f"{TABLE}.3.1.101", f"{TABLE}.3.2.1"),
    (f"{TABLE}.3.2.1.7", f"{TABLE}.3.10.1"),  # more than an index
    (f"{TABLE}.4", f"{TABLE}.4.1.2"),  # the first is a hole
    (f"{TABLE}.4.1.100", f"{TABLE}.4.10.1"),  # 2.1 is a hole
    (f"{TABLE}.3.4294967295.4294967295", f"{TABLE}.4.1.2"),  # the last row of a column
    (f"{TABLE}.5", f"{TABLE}.300.1.1"),  # a column that is not there
    (f"{TABLE}.300.4294967295.4294967295", f"{TYPES}.1.7"),  # over the empty table
    (f"{EMPTY}.2.1", f"{TYPES}.1.7"),
    (f"{SCALARS}.1", f"{SCALARS}.1.0"),
    (f"{TYPES}.9.7", f"{LAST}.1.0"),
    ("", GOLDEN[0].name),
]
BEYOND = [f"{LAST}.1.0", f"{LAST}.1.0.0", f"{LAST}.2", f"{ROOT}.4294967295", END, "1.3.6.2", "2.100"]


# 7.2.3.2 (1): "if the "include" field of the starting OID is 0, the variable's name is the closest lexicographical
# successor to the starting OID." Catches text order (10 before 2), gaps that end a walk, and endless loops.
@pytest.mark.parametrize(("start", "found"), FOLLOWS)
def test_c26_the_lexicographic_successor(link: Link, start: str, found: str):
    assert link.getnext((start, END)).varbinds == [BY_NAME[found]]


# 7.2.3.2 (2): "v.name is set to the starting OID, and the VarBind is set to `endOfMibView'".
@pytest.mark.parametrize("start", BEYOND)
def test_c26_beyond_the_last_is_the_end(link: Link, start: str):
    assert link.getnext(start).varbinds == [(start, wire.END_OF_MIB_VIEW, None)]


def test_c26_through_snmpd(snmpd: Snmpd, agent_factory: Callable[..., Agent]):
    ready(snmpd, agent_factory)
    below = [(start, found) for start, found in FOLLOWS if start.startswith(ROOT)]

    assert [row.oid for row in snmpd.getnext(*(start for start, _ in below))] == [found for _, found in below]


# 7.2.3.2 (1): "if the "include" field of the starting OID is 1, the variable's name is either equal to, or the closest
# lexicographical successor to, the starting OID." Masters use it where one registration ends and the next begins.
# Catches the loss of the first instance there.
def test_c27_include(link: Link):
    there, follows, missing = f"{TABLE}.3.1.1", f"{TABLE}.3.1.2", f"{TABLE}.3.1.0"

    answer = link.getnext((there, "", 1), (there, "", 0), (missing, "", 1), (missing, "", 0), (f"{TABLE}.4.1.1", "", 1))

    assert [found.name for found in answer.varbinds] == [there, follows, there, there, f"{TABLE}.4.1.2"]


# 5.2: "The second object identifier (ending OID) indicates the non-inclusive end of the range ... A null value for
# ending OID indicates an unbounded SearchRange." Catches answers in the part of the tree that belongs to another
# subagent.
@pytest.mark.parametrize(
    ("search", "found"),
    [
        ((f"{TABLE}.3.1.1", f"{TABLE}.3.1.2"), None),
        ((f"{TABLE}.3.1.1", f"{TABLE}.3.1.2.0"), f"{TABLE}.3.1.2"),
        ((f"{TABLE}.3.1.1", f"{TABLE}.3.1.1", 1), None),
        ((f"{TABLE}.3.1.1", f"{TABLE}.3.1.1", 0), None),
        ((f"{TABLE}.3.2.1", f"{TABLE}.3.1.1"), None),
        ((f"{TABLE}.4", f"{TABLE}.3", 1), None),
        ((f"{TABLE}.3", f"{TABLE}.4"), f"{TABLE}.3.1.1"),
        ((f"{TABLE}.3.4294967295.4294967295", f"{TABLE}.4"), None),
        ((f"{TABLE}.3.4294967295.4294967295", f"{TABLE}.4.1.2"), None),
        ((f"{TABLE}.3.4294967295.4294967295", ""), f"{TABLE}.4.1.2"),
        ((f"{TABLE}.300.4294967295.4294967295", f"{TYPES}.1"), None),
        ((ROOT, ROOT), None),
        ((f"{LAST}.1", END), f"{LAST}.1.0"),
    ],
)
def test_c28_the_end_is_exclusive(link: Link, search: Range, found: str | None):
    expected = BY_NAME[found] if found else VarBind(search[0], wire.END_OF_MIB_VIEW, None)

    assert link.getnext(search).varbinds == [expected]


# 7.2.3.1 and 7.2.3.2 together. One table of all instances, three loops over it: the order of a walk, a GET of each, a
# GETNEXT from each to the next. Catches instances that a walk shows and a GET does not, and the other way round.
def test_c29_the_golden_tree(link: Link):
    assert link.walk(ROOT, END) == GOLDEN
    for varbind in GOLDEN:
        assert link.get(varbind.name).varbinds == [varbind]
    for varbind, following in pairwise(GOLDEN):
        assert link.getnext((varbind.name, END)).varbinds == [following]


# The prefetched answers of a walk are those of a search: the same walk in either byte order (little-endian requests
# are never prefetched), several ranges side by side, and one step at a time from a name given out of turn.
def test_c29_a_walk_of_several_columns_side_by_side(link: Link):
    ends = {f"{TABLE}.3": f"{TABLE}.4", f"{TABLE}.300": f"{TABLE}.301"}
    for order in (">", "<"):
        names = list(ends)
        for row in golden.ROWS:
            searches = list(zip(names, ends.values(), strict=True))
            names = [found.name for found in link.getnext(*searches, order=order).varbinds]
            assert names == [f"{column}.{row}" for column in ends]


# RFC 3416 4.2.2, 4.2.3 through a real master: every tool finds the golden tree. Catches all that makes net-snmp's tools
# stop with "OID not increasing" (Snmpd raises on it).
@pytest.mark.parametrize("repetitions", [1, 3, 50])
def test_c30_bulk_walks(snmpd: Snmpd, agent_factory: Callable[..., Agent], repetitions: int):
    ready(snmpd, agent_factory)

    assert [row.oid for row in snmpd.bulkwalk(ROOT, repetitions)] == [varbind.name for varbind in GOLDEN]


def test_c30_a_walk_and_a_getnext_of_30_varbinds(snmpd: Snmpd, agent_factory: Callable[..., Agent]):
    ready(snmpd, agent_factory)
    assert [row.oid for row in snmpd.walk(ROOT)] == [varbind.name for varbind in GOLDEN]
    names = [varbind.name for varbind in GOLDEN]
    thirty = list(pairwise(names))[:30]

    assert [row.oid for row in snmpd.getnext(*(name for name, _ in thirty))] == [found for _, found in thirty]


def test_c30_snmptable(snmpd: Snmpd, agent_factory: Callable[..., Agent], tmp_path):
    agent_factory(snmpd.agentx, A_VIEW, timeout=5.0)
    eventually(lambda: snmpd.one(f"{A_TABLE}.1.1.1").type == "INTEGER", 5)
    (tmp_path / "TABLE-MIB.txt").write_text(TABLE_MIB)
    command = snmpd.command("snmptable", "-M", str(tmp_path), "-m", "TABLE-MIB", "-Cf", ",", "-CH", "-Ci")

    done = subprocess.run([*command, "TABLE-MIB::aTable"], capture_output=True, text=True, check=False, timeout=HANG)
    assert done.stderr == ""
    assert [line for line in done.stdout.splitlines() if line] == ["1,1,2,3", "2,2,4,6", "300,300,600,900"]


A_TABLE = f"{ROOT}.1.9"
A_VIEW = view_of(
    {f"{A_TABLE}.1.{column}": (wire.INTEGER, {str(row): column * row for row in (1, 2, 300)}) for column in (1, 2, 3)}
)
OBJECT = """{} OBJECT-TYPE SYNTAX {} MAX-ACCESS {} STATUS current DESCRIPTION "" {} ::= {{ {} }}"""
TABLE_MIB = "\n".join(
    (
        "TABLE-MIB DEFINITIONS ::= BEGIN",
        "org OBJECT IDENTIFIER ::= { iso 3 }",
        OBJECT.format("aTable", "SEQUENCE OF AnEntry", "not-accessible", "", f"org {A_TABLE[4:].replace('.', ' ')}"),
        OBJECT.format("anEntry", "AnEntry", "not-accessible", "INDEX { aOne }", "aTable 1"),
        "AnEntry ::= SEQUENCE { aOne INTEGER, aTwo INTEGER, aThree INTEGER }",
        OBJECT.format("aOne", "INTEGER", "read-only", "", "anEntry 1"),
        OBJECT.format("aTwo", "INTEGER", "read-only", "", "anEntry 2"),
        OBJECT.format("aThree", "INTEGER", "read-only", "", "anEntry 3"),
        "END",
        "",
    )
)


# 7.2.3: one answer is one state of the world. Catches an answer that mixes two readings, and a walk that goes backwards
# or repeats rows when the table changes under it: rows that go only disappear.
def test_c31_a_view_swapped_during_a_walk(master: ScriptedMaster, agent_factory: Callable[..., Agent]):
    agent = agent_factory(master.path, peers_table(20, columns=2), subtrees=[PEERS_TABLE])
    link = master.session()
    name, found = PEERS_TABLE, []
    for step in range(1000):
        agent.serve(peers_table(20 if step % 2 else 7, columns=2))
        (varbind,) = link.getnext(name).varbinds
        if varbind.type == wire.END_OF_MIB_VIEW:
            break
        found.append(varbind.name)
        name = varbind.name

    assert keys(found) == tuple(sorted(set(keys(found))))
    assert {f"{PEERS_TABLE}.{column}.1.{row}" for column in (1, 2) for row in range(1, 8)} <= set(found)


def test_c31_a_new_view_is_answered_from_at_once(master: ScriptedMaster, agent_factory: Callable[..., Agent]):
    def generation(number: int) -> object:
        return view_of({f"{ROOT}.1": (wire.GAUGE32, {str(row): number for row in range(1, 101)})})

    agent = agent_factory(master.path, generation(0))
    link = master.session()
    name = ROOT
    for number in range(1, 20):
        for _ in range(5):
            (varbind,) = link.getnext((name, END)).varbinds
            name = varbind.name
        agent.serve(generation(number))
        assert link.getnext((name, END)).varbinds[0].value == number


def test_c31_one_answer_is_of_one_view(master: ScriptedMaster, agent_factory: Callable[..., Agent]):
    def generation(number: int) -> object:
        return view_of({f"{ROOT}.{column}": (wire.GAUGE32, {"0": number}) for column in range(1, 301)})

    agent = agent_factory(master.path, generation(0))
    link = master.session()
    every = wire.ranges([f"{ROOT}.{column}.0" for column in range(1, 301)])
    for number in range(1, 20):
        packets = [link.request(wire.GET, every), link.request(wire.GETNEXT, every)]
        agent.serve(generation(number))
        for packet in packets:
            varbinds = wire.read_answer(link.expect(wire.RESPONSE, packet=packet)).varbinds
            values = {varbind.value for varbind in varbinds if varbind.type == wire.GAUGE32}
            assert len(values) == 1


def test_c31_through_snmpd(snmpd: Snmpd, agent_factory: Callable[..., Agent], tmp_path: Path):
    agent = agent_factory(snmpd.agentx, peers_table(150), timeout=5.0, subtrees=[PEERS_TABLE])
    eventually(lambda: snmpd.one(f"{PEERS_TABLE}.1.1.1").type == "Counter64", 5)
    views = [peers_table(150), peers_table(40)]
    printed = tmp_path / "walk"
    with printed.open("wb") as output:
        command = [*snmpd.command("snmpbulkwalk", "-On", "-Cr10"), PEERS_TABLE]
        walk = subprocess.Popen(command, stdout=output, stderr=output)

    def walked() -> bool:
        agent.serve(views[0])
        views.reverse()
        return walk.poll() is not None

    eventually(walked, 30)
    assert walk.returncode == 0
    lines = [line for line in printed.read_text().splitlines() if "No more variables" not in line]
    found = [line.partition(" = ")[0].strip(".") for line in lines]
    assert keys(found) == tuple(sorted(set(keys(found))))
    assert {f"{PEERS_TABLE}.{column}.1.{row}" for column in range(1, 31) for row in range(1, 41)} <= set(found)


# 7.2.3.2 against the obvious model: all names in one sorted list. Catches what the examples above do not think of.
SUBID = st.one_of(st.integers(0, 3), st.sampled_from([127, 128, 255, 256, 2**31, 2**32 - 1]))
NAME = st.lists(SUBID, min_size=1, max_size=4).map(tuple)
TREE = st.dictionaries(
    st.tuples(st.just(1), SUBID, SUBID),
    st.dictionaries(st.tuples(SUBID, SUBID), st.one_of(st.none(), st.integers(0, 9)), max_size=6),
    max_size=5,
)


@settings(max_examples=200, deadline=None)
@given(tree=TREE, start=NAME, end=st.one_of(st.just(()), NAME), include=st.booleans(), steps=st.integers(1, 5))
def test_c32_equals_a_sorted_list(tree, start, end, include, steps):
    objects = {dotted(name): (wire.GAUGE32, {dotted(r): v for r, v in rows.items()}) for name, rows in tree.items()}
    responder = Responder()
    responder.serve(view_of(objects))
    model = sorted(name + row for name, rows in tree.items() for row, value in rows.items() if value is not None)

    for _ in range(steps):
        at = bisect_left(model, start) if include else bisect_right(model, start)
        expected = model[at] if at < len(model) and (not end or model[at] < end) else None
        answer = responder.answer(GetNext(ranges=[SearchRange(key(start), key(end), include)]))
        (varbind,) = wire.read_varbinds(finished(answer)[12:], 0, ">")
        assert (varbind.type, varbind.name) == (
            (wire.GAUGE32, dotted(expected)) if expected else (wire.END_OF_MIB_VIEW, dotted(start))
        )
        if expected is None:
            break
        start, include = expected, False


def finished(answer) -> bytes:
    """Run an answer to its end and give its payload with the length before it."""
    while True:
        try:
            next(answer)
        except StopIteration as done:
            return done.value


# The same through a session, which makes the answers of a walk before they are asked for and must forget them when the
# view changes. Catches a prefetched answer of an old view, of another range, or of another walk.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("walk"), st.integers(1, 20)),
        st.tuples(st.just("start"), st.lists(st.tuples(NAME, st.one_of(st.just(()), NAME)), min_size=1, max_size=3)),
        st.tuples(st.just("serve"), TREE),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(tree=TREE, steps=STEPS)
def test_c32_a_session_equals_a_sorted_list(tree, steps):
    responder = Responder()
    session = opened(responder)
    searches: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((1,), ())]
    for step, what in [("serve", tree), *steps]:
        if step == "serve":
            responder.serve(view_of({dotted(n): (wire.GAUGE32, rows_of(rows)) for n, rows in what.items()}))
            model = {n + row: v for n, rows in what.items() for row, v in rows.items() if v is not None}
        elif step == "start":
            searches = what
        for _ in range(what if step == "walk" else 0):
            expected = [successor(sorted(model), start, end) for start, end in searches]
            payload = wire.ranges([(dotted(start), dotted(end)) for start, end in searches])
            said = exchange(session, wire.frame(wire.GETNEXT, payload, session=77, packet=1))
            varbinds = wire.read_answer(wire.take_frame(bytearray(said))).varbinds
            assert [(varbind.name, varbind.value) for varbind in varbinds] == [
                (dotted(found or start), model.get(found)) for found, (start, _) in zip(expected, searches, strict=True)
            ]
            ends = zip(expected, searches, strict=True)
            searches = [(found or start, end) for found, (start, end) in ends]


# No clause: an age and a state are those of the moment, however often and in whatever order they are asked for. Catches
# a prefetched answer that is as old as the view.
def test_c32_values_of_the_moment_are_made_when_they_are_asked_for():
    responder, moments = Responder(), count()
    columns = [
        ServedColumn(
            key(parse(f"{SCALARS}.{at}")),
            wire.GAUGE32,
            [key((0,))],
            lambda *_: [wire.value(wire.GAUGE32, next(moments))],
            live=at < 4,
        )
        for at in range(1, 6)
    ]
    responder.serve(MibView(columns))
    session = opened(responder)

    def after(at: int) -> object:
        payload = wire.ranges([(f"{SCALARS}.{at}.0", "")])
        said = exchange(session, wire.frame(wire.GETNEXT, payload, session=77, packet=1))
        return wire.read_answer(wire.take_frame(bytearray(said))).varbinds[0].value

    for at in (0, 1, 1, 2, 1, 0, 2):
        now = next(moments)
        assert after(at) > now
    after(3)
    now = next(moments)
    assert after(4) < now  # what is of the view is prefetched


# net-snmp drops a PDU above 65,536 octets without a word. Catches a prefetched answer that nobody has measured.
def test_c32_a_prefetched_answer_fits_as_well():
    rows = {"1": b"", "2": b"", "3": b"", "4": bytes(255)}
    responder = Responder()
    responder.serve(view_of({f"{TABLE}.{at}": (wire.OCTETS, rows) for at in range(1, 251)}))
    session = opened(responder)
    answers = []
    for row in (1, 2, 3):
        payload = wire.ranges([(f"{TABLE}.{at}.{row}", "") for at in range(1, 251)])
        said = exchange(session, wire.frame(wire.GETNEXT, payload, session=77, packet=1))
        answers.append(wire.read_answer(wire.take_frame(bytearray(said))))

    assert [answer.error for answer in answers] == [0, 0, wire.GEN_ERR]


def rows_of(rows: dict) -> dict[str, int | None]:
    return {dotted(row): value for row, value in rows.items()}


def successor(model: list[tuple[int, ...]], start: tuple[int, ...], end: tuple[int, ...]) -> tuple[int, ...] | None:
    at = bisect_right(model, start)
    return model[at] if at < len(model) and (not end or model[at] < end) else None


def dotted(name: tuple[int, ...]) -> str:
    return ".".join(map(str, from_key(key(name))))


def ready(snmpd: Snmpd, agent_factory: Callable[..., Agent]) -> None:
    """Start our agent on the golden tree and wait until snmpd asks it."""
    agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)
    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)
