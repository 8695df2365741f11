"""The journal: numbers are given once whatever the disk does, and nothing waits for a disk that hangs."""

import asyncio
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from haproxy_agentx import journal as journal_module
from haproxy_agentx.event import Delivery
from haproxy_agentx.journal import CLOCK_ORIGIN, Journal, first_floor
from haproxy_agentx.store import file as store_file
from haproxy_agentx.store.ledger import RESERVE, Counts, Ledger
from haproxy_agentx.store.messages import Loaded
from haproxy_agentx.store.witness import Noted, Witness
from tests.support.news import news, several
from tests.support.stored import Stored, stored

DATE = float(CLOCK_ORIGIN + 50_000_000)


# The rule of the first number


def loaded(last: int, *, closed: bool) -> Loaded:
    return Loaded(Counts(last_sequence=last), (), {}, closed)


def test_what_a_start_finds_decides_where_numbers_go_on():
    assert first_floor(loaded(7, closed=False), Noted(9, 11, 1), DATE, writable=True) == 9
    assert first_floor(loaded(7, closed=False), Noted(5, 11, 1), DATE, writable=True) == 7
    assert first_floor(None, Noted(9, 11, 1), DATE, writable=True) == 11
    assert first_floor(None, Noted(9, 11, 0), DATE, writable=True) == 50_000_000
    assert first_floor(loaded(7, closed=True), Noted(9, 11, 0), DATE, writable=True) == 9
    assert first_floor(loaded(7, closed=True), Noted(9, 11, 0), DATE, writable=False) == 50_000_000
    assert first_floor(loaded(7, closed=True), None, DATE, writable=True) == 7
    assert first_floor(loaded(7, closed=True), None, DATE, writable=False) == 50_000_000
    assert first_floor(loaded(7, closed=False), None, DATE, writable=True) == 50_000_000
    assert first_floor(loaded(7, closed=False), None, 0.0, writable=True) == 7 + RESERVE
    assert first_floor(None, None, DATE, writable=True) == 50_000_000
    assert first_floor(None, None, 0.0, writable=True) == 0


class Machine:
    """A machine with a disk, on which daemons run one after the other: as a model, and without IO.

    ``disk`` is the last number on it, ``outside`` what was given out.
    """

    def __init__(self) -> None:
        self.disk, self.closed = 0, True
        self.noted: Noted | None = None
        self.date = DATE
        self.outside: list[int] = []
        self.start(readable=True, writable=True)

    def start(self, *, readable: bool, writable: bool) -> None:
        found = loaded(self.disk, closed=self.closed) if readable else None
        self.floor = first_floor(found, self.noted, self.date, writable=writable)
        self.on_disk = self.disk if readable else 0
        self.knows, self.writable = readable, readable and writable
        self.ledger = Ledger(Counts(last_sequence=self.on_disk))
        self.marked = self.writable or (self.noted is not None and bool(self.noted.marked))
        if self.writable:
            self.closed = False
        if self.writable or self.noted is None:
            self.noted = Noted(self.floor, max(self.floor, self.on_disk), int(self.marked))

    def append(self, number: int) -> None:
        self.ledger.rise_to(self.floor)
        events = self.ledger.append(several(1, number), None, max(self.on_disk, self.floor) + RESERVE)
        if self.writable:
            self.disk = self.on_disk = self.ledger.counts.last_sequence
        last = max(self.floor, self.ledger.counts.last_sequence)
        self.noted = Noted(last, last, int(self.marked))
        self.outside += [event.sequence for event in events]

    def mend(self) -> None:
        """Write again, and what waited for that first."""
        self.writable = self.knows
        if self.writable:
            self.disk = self.on_disk = max(self.on_disk, self.ledger.counts.last_sequence)
            self.closed = False  # a file that is opened to be written is marked as open

    def end(self, how: str) -> None:
        self.date += 3600
        if how == "closed" and self.writable:
            self.closed = True
            self.noted = None if self.noted is None else self.noted._replace(marked=0)
        if how == "crash":
            self.noted = None


LIFE = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 5)),
        st.tuples(st.just("fails"), st.none()),
        st.tuples(st.just("mended"), st.none()),
        st.tuples(st.sampled_from(["closed", "killed", "crash"]), st.sampled_from(["well", "read-only", "hangs"])),
    ),
    max_size=30,
)


@settings(max_examples=500, deadline=None)
@example([("fails", None), ("append", 2), ("killed", "well"), ("append", 2)])
@example([("fails", None), ("append", 2), ("crash", "well"), ("append", 2)])
@example([("fails", None), ("append", 1), ("mended", None), ("closed", "read-only"), ("crash", "well"), ("append", 1)])
@example([("append", 1), ("closed", "read-only"), ("append", 2), ("crash", "read-only"), ("append", 1)])
@given(LIFE)
def test_no_number_is_given_twice_over_any_life(life):
    machine = Machine()
    for verb, argument in life:
        if verb == "append":
            machine.append(argument)
        elif verb == "fails":
            machine.writable = False
        elif verb == "mended":
            machine.mend()
        else:
            machine.end(verb)
            machine.start(readable=argument != "hangs", writable=argument == "well")
    assert len(machine.outside) == len(set(machine.outside))
    if all(verb != "crash" for verb, _ in life):
        assert machine.outside == sorted(machine.outside)


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
            (event,) = await journal.append([news(1)])
            assert event.sequence == 1
            assert await sent(journal) == (1, False)
            store.freeze()
            appended = journal.append([news(2)])
            assert [known.sequence for known in journal.recent] == [1], "nobody knows of it before it is on disk"
            assert journal.counts.last_sequence == 1
            began = time.monotonic()
            await appended
            assert time.monotonic() - began >= journal_module.KEEP * 0.9
            assert await sent(journal) == (2, True)
            began = time.monotonic()
            for number in range(3, 53):
                await journal.append([news(number)])
                assert await sent(journal) == (number, True)
            assert time.monotonic() - began < journal_module.KEEP, "a store that is known to hang is not waited for"
            assert store.hangs
            assert len(store._asked) <= 2, "what waits for it is put together"
            store.thaw()
            await store.settled()
            await journal.flush()
            await journal.append([news(53)])
            assert await sent(journal) == (53, False)
            assert [event.unkept for event in await journal.last(53)] == [False, *[True] * 51, False]
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store)
            await journal.begin()
            assert [event.news for event in await journal.last(99)] == several(1, 53)
            assert [event.maybe_repeated for event in journal.recent] == [False, *[True] * 51, False]

    asyncio.run(scenario())


def test_what_was_told_is_told_again_from_memory_while_the_store_hangs(tmp_path):
    async def scenario():
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store)
            await journal.begin()
            await journal.append([news(1)], {"SITE1": "up"})
            store.freeze()
            appended = journal.append([news(2)], {"SITE1": "down"})
            appended.cancel()
            assert await journal.recall() == {"SITE1": "down"}
            store.thaw()
            await journal.flush()
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store)
            assert await journal.recall() == {"SITE1": "down"}
            assert [event.news for event in journal.recent] == several(1, 2)

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
        (event,) = await journal.append([news(3)], {"SITE1": "new"})
        assert event.sequence == 3
        assert await sent(journal) == (3, True)
        store.thaw()
        await store.settled()
        await journal.flush()
        assert [event.news for event in journal.recent] == several(1, 3)
        assert await journal.recall() == {"SITE1": "new", "SITE2": "old"}
        await store.close(complete=True, unlink="")

    asyncio.run(scenario())


def test_events_keep_their_moment_whatever_the_wall_clock_does(tmp_path):
    async def scenario():
        date = [time.time()]
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store, None, lambda: date[0])
            await journal.begin()
            began = time.monotonic()
            (event,) = await journal.append([news(1)])
            date[0] += 3600
            assert began <= event.moment <= time.monotonic()
            assert journal.recent[0].moment == event.moment
        async with stored(tmp_path / "state.db") as store:
            journal = Journal(store, None, lambda: event.news.at + 10)
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
                assert outside.setdefault(event.sequence, event.news.at) == event.news.at
        store.die()
        await store.close(complete=False, unlink="")

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
            await journal.append([news(1)])
            async with stored(tmp_path / "state.db") as successor:
                following = Journal(successor)
                await following.begin()
                journal.append([news(2)])
                gone = asyncio.Event()
                store.on_gone = lambda _: gone.set()
                await following.append([news(3)])
                assert [event.news for event in await following.last(9)] == [news(1), news(3)]

    asyncio.run(scenario())
