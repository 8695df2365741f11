"""The journal: numbers are given once whatever the disk does, and nothing waits for a disk that hangs."""

import asyncio
import sqlite3
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.event import Event
from haproxy_agentx.store import file as store_file
from haproxy_agentx.store import journal as journal_module
from haproxy_agentx.store.first_number import CLOCK_ORIGIN, Noted, Start, clock, first_number
from haproxy_agentx.store.journal import Journal
from haproxy_agentx.store.ledger import RESERVE, Ledger
from haproxy_agentx.store.messages import Loaded
from haproxy_agentx.store.witness import Witness
from haproxy_agentx.vocabulary.event import Counts, Delivery
from tests.support.draft import draft, several
from tests.support.stored import Stored, stored
from tests.support.wait import soon

DATE = float(CLOCK_ORIGIN + 50_000_000)


# The rule of the first number


def loaded(last: int, closed_at: float | None = None, at: float | None = DATE) -> Loaded:
    """Return a file whose last number is of an event at the date ``at``, None for one that has lost its events."""
    events = () if at is None or not last else (Event(last, replace(draft(1), at=at)),)
    return Loaded(Counts(last_sequence=last), events, {}, closed_at)


EDGE = 50_000_000
"""The clock at DATE."""


@pytest.mark.parametrize(
    ("found", "noted", "date", "writable", "start"),
    [
        # the witness
        (loaded(7), Noted(9, 11, 1), DATE, True, Start(9, EDGE)),
        (loaded(7), Noted(5, 11, 1), DATE, True, Start(7, EDGE)),
        (None, Noted(9, 11, 1), DATE, False, Start(11, EDGE)),
        (None, Noted(9, 11, 0), DATE, False, Start(EDGE, EDGE)),
        (loaded(7, DATE), Noted(9, 11, 0), DATE, True, Start(9, EDGE)),
        (loaded(7, DATE), Noted(9, 11, 0), DATE, False, Start(EDGE, EDGE)),
        # none, and the file was closed
        (loaded(7, DATE), None, DATE, True, Start(7, EDGE)),
        (loaded(7, DATE), None, DATE, False, Start(EDGE, EDGE)),
        (loaded(EDGE - RESERVE, DATE), None, DATE + 9, True, Start(EDGE - RESERVE, EDGE + 9)),
        (loaded(EDGE - RESERVE + 1, DATE), None, DATE + 9, True, Start(EDGE + 9, EDGE + 9)),
        # none, and it was not
        (loaded(7), None, DATE, True, Start(EDGE, EDGE)),
        (loaded(EDGE + 7), None, DATE + 2.5, True, Start(EDGE + 7, EDGE + 2)),
        (loaded(EDGE - 7), None, DATE + 2.5, False, Start(EDGE + 2, EDGE + 2)),
        # a clock that is behind the last event, or far behind the last number, or not set
        (loaded(7), None, DATE - 1, False, Start(EDGE + RESERVE, EDGE + RESERVE)),
        (loaded(EDGE + 7), None, DATE - 1, True, Start(EDGE + 7 + RESERVE, EDGE + 7 + RESERVE)),
        (loaded(EDGE + 7 + RESERVE), None, DATE + 7, True, Start(EDGE + 7 + RESERVE, EDGE + 7)),
        (loaded(EDGE + 7 + RESERVE), None, DATE + 6, True, Start(EDGE + 7 + 2 * RESERVE, EDGE + 7 + 2 * RESERVE)),
        (loaded(7, at=None), None, 0.0, True, Start(7 + RESERVE, 7 + RESERVE)),
        (loaded(7, at=4.0), Noted(9, 11, 1), 5.0, True, Start(9, 9 + RESERVE)),
        # nothing
        (None, None, DATE, False, Start(EDGE, EDGE)),
        (None, None, 0.0, False, Start(RESERVE, RESERVE)),
        (loaded(0, DATE), None, DATE, True, Start(0, EDGE)),
    ],
)
def test_what_a_start_finds_decides_where_numbers_go_on(found, noted, date, writable, start):
    assert first_number(found, noted, date, writable=writable) == start


class Machine:
    """A machine with a disk, on which daemons run one after the other: as a model, and without IO.

    ``disk`` is the last number on it, of an event at the date ``disk_at``; ``outside`` is what was given out.
    """

    def __init__(self, *, has_witness: bool, bursts: bool) -> None:
        self.has_witness, self.bursts = has_witness, bursts
        self.disk, self.disk_at, self.closed_at = 0, DATE, DATE
        self.noted: Noted | None = None
        self.date = DATE
        self.outside: list[int] = []
        self.start(readable=True, writable=True)

    def start(self, *, readable: bool, writable: bool) -> None:
        found = loaded(self.disk, self.closed_at if writable else None, self.disk_at) if readable else None
        self.first = first_number(found, self.noted, self.date, writable=writable)
        self.began = self.date
        self.on_disk = self.disk if readable else 0
        self.knows, self.writable = readable, readable and writable
        self.ledger = Ledger(Counts(last_sequence=self.on_disk))
        self.marked = self.writable or (self.noted is not None and bool(self.noted.marked))
        if self.writable:
            self.closed_at = None
        if self.writable or self.noted is None:
            self.note()

    def note(self) -> None:
        last = max(self.first.floor, self.ledger.counts.last_sequence)
        self.noted = Noted(last, last, int(self.marked)) if self.has_witness else None

    def append(self, number: int) -> None:
        self.ledger.rise_to(self.first.floor)
        most = max(self.on_disk, self.first.floor) + RESERVE
        for event in self.ledger.append([replace(draft(1), at=self.date)] * number, None, most):
            if not self.writable:  # it leaves when the edge has come to it
                self.date = max(self.date, self.began + event.sequence - self.first.edge)
            elif not self.bursts:
                self.date += 1
            self.outside.append(event.sequence)
        self.write()
        self.note()

    def write(self) -> None:
        if self.writable and self.ledger.counts.last_sequence > self.disk:
            self.disk = self.on_disk = self.ledger.counts.last_sequence
            self.disk_at = self.ledger.recent[self.disk].draft.at
            self.ledger.saved()

    def mend(self) -> None:
        """Write again, and what waited for that first; a file that could not be read, can be."""
        if not self.knows:
            ledger = Ledger(Counts(last_sequence=self.disk))
            assert not ledger.continue_with(self.ledger), "what was given out keeps its number"
            self.ledger, self.on_disk, self.knows, self.marked = ledger, self.disk, True, True
        self.writable = True
        self.closed_at = None  # a file that is opened to be written is marked as open
        self.write()
        self.note()

    def end(self, how: str, elapsed: int) -> None:
        self.date += elapsed
        if how == "closed":
            if self.writable and self.ledger.counts.last_sequence >= self.first.floor:
                self.closed_at = self.date
            self.noted = None if self.noted is None else self.noted._replace(marked=0)
        if how == "crash":
            self.noted = None


Step = tuple[str, object, int]


def lives(*starts: str) -> st.SearchStrategy[list[Step]]:
    """Return lives: what the daemon does or what becomes of it, how, and the seconds until the next start."""
    ends = st.sampled_from(["closed", "killed", "crash"])
    return st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 5), st.just(0)),
            st.tuples(st.just("fails"), st.none(), st.just(0)),
            st.tuples(st.just("mended"), st.none(), st.just(0)),
            st.tuples(ends, st.sampled_from(starts), st.one_of(st.integers(1, 5), st.integers(1, 3 * RESERVE))),
        ),
        max_size=30,
    )


def live(machine: Machine, life: list[Step]) -> None:
    for verb, argument, elapsed in life:
        if verb == "append":
            machine.append(argument)
        elif verb == "fails":
            machine.writable = False
        elif verb == "mended":
            machine.mend()
        else:
            machine.end(verb, elapsed)
            machine.start(readable=argument != "hangs", writable=argument == "well")
    assert len(machine.outside) == len(set(machine.outside))
    if machine.has_witness and all(verb != "crash" for verb, *_ in life):
        assert machine.outside == sorted(machine.outside)


FAILS, MENDED, ONE, TWO = ("fails", None, 0), ("mended", None, 0), ("append", 1, 0), ("append", 2, 0)
CLOSED_READ_ONLY, CLOSED_WELL = ("closed", "read-only", 1), ("closed", "well", 1)
CRASH_WELL, CRASH_READ_ONLY, CRASH_HANGS = ("crash", "well", 1), ("crash", "read-only", 1), ("crash", "hangs", 1)


@settings(max_examples=500, deadline=None)
@example([FAILS, TWO, ("killed", "well", 1), TWO], True)
@example([FAILS, TWO, CRASH_WELL, TWO], True)
@example([FAILS, ONE, MENDED, CLOSED_READ_ONLY, CRASH_WELL, ONE], True)
@example([ONE, CLOSED_READ_ONLY, TWO, CRASH_READ_ONLY, ONE], True)
@example([CLOSED_READ_ONLY, ONE, MENDED, CRASH_READ_ONLY, ONE, CRASH_WELL, ONE], True)
@example([CRASH_WELL, ONE, FAILS, TWO, CRASH_WELL, ONE], True)
@example([CRASH_WELL, ONE, ("closed", "read-only", 1), ONE, CRASH_WELL, TWO], True)
@example([FAILS, ONE, CLOSED_WELL, CLOSED_WELL, ONE], False)
@example([FAILS, ONE, CRASH_WELL, CLOSED_WELL, CRASH_WELL, ONE], True)
@example([FAILS, CLOSED_WELL, TWO, CLOSED_WELL, ONE, ("closed", "hangs", 1), ONE, MENDED], False)
@example([CRASH_HANGS, TWO, CRASH_HANGS, TWO, MENDED, CRASH_WELL, ONE], False)
@given(lives("well", "read-only", "hangs"), st.booleans())
def test_no_number_is_given_twice_over_any_life(life, has_witness):
    live(Machine(has_witness=has_witness, bursts=False), life)


@settings(max_examples=500, deadline=None)
@example([CRASH_WELL, ("append", 5, 0), FAILS, TWO, CRASH_READ_ONLY, TWO, CRASH_READ_ONLY, TWO], True)
@given(lives("well", "read-only"), st.booleans())
def test_nor_when_more_than_one_a_second_reach_the_disk(life, has_witness):
    live(Machine(has_witness=has_witness, bursts=True), life)


def test_beyond_the_reserve_events_are_counted_and_not_numbered():
    ledger = Ledger(Counts(last_sequence=7))
    assert [event.sequence for event in ledger.append(several(1, 5), None, 10)] == [8, 9, 10]
    assert ledger.append(several(1, 2), None, 10) == []
    assert ledger.counts == Counts(queued=3, lost=4, last_sequence=10)


# With a store that hangs


def witness(path: Path) -> Witness:
    return Witness(str(path / "state.db"), "test", str(path))


async def sent(journal: Journal) -> tuple[int, bool]:
    """Send the next event, and have it acknowledged."""
    event = await journal.try_next()
    assert event is not None
    await journal.settle(event.sequence, Delivery.acknowledged, DATE)
    return event.sequence, event.maybe_repeated


def test_an_event_is_on_disk_before_it_may_be_sent_and_soon_leaves_without(tmp_path):
    async def scenario():
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store, witness(tmp_path))
            await journal.begin()
            (event,) = await journal.append([draft(1)])
            assert event.sequence == 1
            assert await sent(journal) == (1, False)
            store.freeze()
            appended = journal.append([draft(2)])
            assert [known.sequence for known in journal.recent] == [1], "nobody knows of it before it is on disk"
            assert journal.counts.last_sequence == 1
            began = time.monotonic()
            await appended
            assert time.monotonic() - began >= journal_module.KEEP * 0.9
            assert await sent(journal) == (2, True)
            began = time.monotonic()
            for number in range(3, 53):
                await journal.append([draft(number)])
                assert await sent(journal) == (number, True)
            assert time.monotonic() - began < journal_module.KEEP, "a store that is known to hang is not waited for"
            assert store.hangs
            assert len(store._asked) <= 2, "what waits for it is put together"
            store.thaw()
            await store.settled()
            await journal.flush()
            await journal.append([draft(53)])
            assert await sent(journal) == (53, False)
            assert [event.unkept for event in await journal.last(53)] == [False, *[True] * 51, False]
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store)
            await journal.begin()
            assert [event.draft for event in await journal.last(99)] == several(1, 53)
            assert [event.maybe_repeated for event in journal.recent] == [False, *[True] * 51, False]

    asyncio.run(scenario())


def test_what_was_told_is_told_again_from_memory_while_the_store_hangs(tmp_path):
    async def scenario():
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store)
            await journal.begin()
            await journal.append([draft(1)], {"SITE1": "up"})
            store.freeze()
            appended = journal.append([draft(2)], {"SITE1": "down"})
            appended.cancel()
            assert await journal.recall() == {"SITE1": "down"}
            store.thaw()
            await journal.flush()
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store)
            assert await journal.recall() == {"SITE1": "down"}
            assert [event.draft for event in journal.recent] == several(1, 2)

    asyncio.run(scenario())


def test_a_start_with_a_store_that_hangs_goes_on_from_the_witness_and_finds_the_log_later(tmp_path):
    async def scenario():
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store, witness(tmp_path))
            await journal.begin()
            await journal.append(several(1, 2), {"SITE1": "old", "SITE2": "old"})
            for _ in range(2):
                await sent(journal)
        store = Stored(tmp_path / "state.db")
        store.freeze()
        store.attach()
        store.open()
        journal = Journal(store, witness(tmp_path))
        await journal.begin()
        assert journal.recent == ()
        (event,) = await journal.append([draft(3)], {"SITE1": "new"})
        assert event.sequence == 3
        assert await sent(journal) == (3, True)
        store.thaw()
        await store.settled()
        await journal.flush()
        assert [event.draft for event in journal.recent] == several(1, 3)
        assert await journal.recall() == {"SITE1": "new", "SITE2": "old"}
        await store.close(complete=True, unlink="")

    asyncio.run(scenario())


def test_sure_of_nothing_one_number_a_second_leaves_without_the_disk(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(journal_module, "monotonic", lambda: now[0])
    monkeypatch.setattr(journal_module.asyncio, "sleep", lambda _, sleep=asyncio.sleep: sleep(0.001))
    edge = clock(DATE)

    async def scenario():
        store = Stored(tmp_path / "state.db")
        store.freeze()
        store.attach()
        store.open()
        journal = Journal(store, None, lambda: DATE)
        await journal.begin()
        queued = asyncio.Event()
        journal.on_queued = queued.set
        appended = journal.append(several(1, 3))
        for number in range(3):
            queued.clear()
            await queued.wait()
            assert [event.sequence for event in journal.recent] == list(range(edge + 1, edge + 1 + number))
            assert journal.counts.last_sequence == edge + number
            assert journal.counts.queued == 3 - max(0, number - 1)
            if number:
                assert await sent(journal) == (edge + number, True)
            assert await journal.try_next() is None, "what is not on disk waits for the clock"
            assert not appended.done()
            now[0] += 1
        await appended
        assert await sent(journal) == (edge + 3, True)
        journal.append(several(4, 5))
        store.thaw()
        await store.settled()
        await journal.flush()
        for number in (4, 5):
            await soon(lambda number=number: journal.counts.last_sequence >= edge + number)
            assert await sent(journal) == (edge + number, False), "what is on disk does not"
        store.die()

    asyncio.run(scenario())


def test_a_file_without_the_first_number_of_a_start_is_not_marked_as_closed(tmp_path):
    path = tmp_path / "state.db"

    async def run(*, appends: bool) -> int:
        """Start without a witness, and return the number of the first event, or that which it would be above."""
        store = Stored(path)
        store.attach()
        store.open()
        journal = Journal(store, None, lambda: date)
        await journal.begin()
        first = (await journal.append([replace(draft(1), at=date)]))[0].sequence if appends else journal._first.floor
        await journal.flush()
        await store.close(complete=journal.end(), unlink=f"{path}.sock")
        return first

    date = time.time()
    assert asyncio.run(run(appends=True)) == 1
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = 1 WHERE name = 'open'")
    assert asyncio.run(run(appends=False)) == clock(date)
    date += 1
    assert asyncio.run(run(appends=False)) == clock(date), "nothing is above 1, so it was not closed"
    assert asyncio.run(run(appends=True)) == clock(date) + 1
    date += RESERVE + 2
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'closed_at'", (date,))
    assert asyncio.run(run(appends=False)) == clock(date) - RESERVE - 1, "it was closed, and is well behind the clock"


def test_events_keep_their_moment_whatever_the_wall_clock_does(tmp_path):
    async def scenario():
        date = [time.time()]
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store, None, lambda: date[0])
            await journal.begin()
            began = time.monotonic()
            (event,) = await journal.append([draft(1)])
            date[0] += 3600
            assert began <= event.moment <= time.monotonic()
            assert journal.recent[0].moment == event.moment
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store, None, lambda: event.draft.at + 10)
            await journal.begin()
            moment = journal.recent[0].moment
            assert time.monotonic() - 20 < moment < time.monotonic() - 10
            date[0] -= 7200
            assert journal.recent[0].moment == moment

    asyncio.run(scenario())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 3)),
        st.tuples(st.sampled_from(["send", "freeze", "thaw", "killed", "killed, hangs"]), st.none()),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@example([("freeze", None), ("append", 2), ("send", None), ("killed, hangs", None), ("append", 1), ("thaw", None)])
@given(STEPS)
def test_with_a_real_store_each_number_is_of_one_event(steps):
    """Freeze, thaw and kill at any moment: what was known outside keeps its number, and its content."""

    async def scenario(folder: Path) -> None:
        outside: dict[int, float] = {}
        at = 0
        store = await begun(folder, hangs=False)
        for verb, argument in steps:
            if verb == "append":
                appended = store.journal.append(several(at + 1, at + argument))
                at += argument
                if not store.hangs:
                    await asyncio.wait([appended], timeout=0.05)
            elif verb == "send":
                with suppress(AssertionError):
                    await sent(store.journal)
            elif verb in {"freeze", "thaw"}:
                getattr(store, verb)()
            else:
                store.die()  # what the daemon had sent to its store process is done by that
                store = await begun(folder, hangs=verb == "killed, hangs")
            for event in store.journal.recent:
                assert outside.setdefault(event.sequence, event.draft.at) == event.draft.at
        store.die()

    with tempfile.TemporaryDirectory() as folder:
        previous = journal_module.KEEP, journal_module.START_WAIT
        journal_module.KEEP = journal_module.START_WAIT = 0.05
        try:
            asyncio.run(scenario(Path(folder)))
        finally:
            journal_module.KEEP, journal_module.START_WAIT = previous


async def begun(folder: Path, *, hangs: bool) -> Stored:
    store = Stored(folder / "state.db")
    if hangs:
        store.freeze()
    store.attach()
    store.open()
    store.journal = Journal(store, witness(folder))
    await store.journal.begin()
    return store


# Two daemons that do not know of each other


def test_a_store_process_that_hung_does_not_write_what_its_successor_has_read(tmp_path, monkeypatch):
    monkeypatch.setattr(store_file, "_owner", lambda: float(threading.get_ident() & 0xFFFFFFFFFFF))  # as of processes

    async def scenario():
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store)
            await journal.begin()
            await journal.append([draft(1)])
            async with stored(tmp_path / "state.db") as successor:
                following = Journal(successor)
                await following.begin()
                journal.append([draft(2)])
                gone = asyncio.Event()
                store.on_gone = lambda _: gone.set()
                await following.append([draft(3)])
                assert [event.draft for event in await following.last(9)] == [draft(1), draft(3)]

    asyncio.run(scenario())
