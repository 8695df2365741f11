"""The event log: C54 and C55, P5 (killed at any moment), R4 and R5 (bad disks)."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from haproxy_agentx.health.event import Event
from haproxy_agentx.store import file as store_file
from haproxy_agentx.store.database import Store
from haproxy_agentx.store.file import APPLICATION, MIGRATIONS
from haproxy_agentx.store.ledger import MAX_LOG, MAX_QUEUED, RECENT
from haproxy_agentx.vocabulary.event import Counts, Delivery
from tests.support.bad_disk import full_disk, locked
from tests.support.draft import draft, several
from tests.support.event_log import Log
from tests.support.unprivileged import unprivileged
from tests.support.wait import Stopwatch

AT = 1_800_000_100.5


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state.db")


@pytest.fixture
def shared():
    """Give a folder that others than its owner may enter, which tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="haproxy-agentx-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(store_file, "BUSY_TIMEOUT", 0.05)


def sound(store: Store) -> bool:
    return store.problem is None and not store.memory_only


def numbers(events: list[Event]) -> list[int]:
    return [event.sequence for event in events]


def acknowledge(store: Store) -> Event:
    """Send the next event, successfully."""
    tried = Log(store).try_next()
    assert tried is not None
    event = Log(store).settle(tried.sequence, Delivery.acknowledged, AT)
    assert event is not None
    return event


def contents(path: str) -> tuple[list[Event], Counts, dict[str, str]]:
    """Open a sound store and give what its log holds."""
    with closing(Store.open(path)) as store:
        assert sound(store), store.problem
        return Log(store).last(MAX_LOG), Log(store).counts(), Log(store).recall()


def of_the_first_version(path: str) -> None:
    """Make a store as the first version of haproxy-agentx left it, with one index."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(MIGRATIONS[0])
        connection.execute("INSERT INTO meta VALUES ('began_at', 1700000000.0)")
        connection.execute("INSERT INTO row_index VALUES (?, ?, 5)", (b"s", b"a"))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("PRAGMA journal_mode = WAL")


# Across restarts


def test_a_new_log_is_empty_and_begins_at_1(path):
    with closing(Store.open(path)) as store:
        log = Log(store)
        assert (log.pending(), log.try_next(), log.last(10), log.since(0, 10), log.find(1)) == (
            None,
            None,
            [],
            [],
            None,
        )
        assert log.counts() == Counts()
        assert numbers(log.append(several(1, 2))) == [1, 2]
        assert sound(store)


def test_all_of_it_outlives_the_process(path):
    with closing(Store.open(path)) as store:
        log = Log(store)
        log.append(several(1, 4), {"SITE1": '{"health": 1}', "gone": "{}", "n\0ame\udcff": '"\udcff"'})
        acknowledge(store)
        log.tried(2)
        log.tried(2)
        log.settle(3, Delivery.refused, AT)
        log.add_suppressed(7)
        log.forget(["gone"])
        before = (log.last(10), log.counts(), log.recall())
        assert sound(store)
    assert contents(path) == before
    events, counts, reported = before
    assert [(event.delivery, event.tries, event.acknowledged_at) for event in events] == [
        (Delivery.acknowledged, 1, AT),
        (Delivery.sent, 2, None),
        (Delivery.refused, 0, None),
        (Delivery.queued, 0, None),
    ]
    assert [event.draft for event in events] == several(1, 4)
    assert counts == Counts(sent=3, acknowledged=1, queued=2, suppressed=7, lost=1, last_sequence=4)
    assert reported == {"SITE1": '{"health": 1}', "n\0ame\udcff": '"\udcff"'}
    with closing(Store.open(path)) as store:
        assert [acknowledge(store).sequence for _ in range(2)] == [2, 4]
        assert Log(store).last(10)[1].tries == 3
        assert numbers(Log(store).append([draft()])) == [5]


def test_memory_and_events_are_one_transaction(path):
    with closing(Store.open(path)) as store, closing(sqlite3.connect(path)) as other:
        count = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM told), (SELECT max(value) FROM tally)"
        seen = set()
        store._file.connection.set_progress_handler(lambda: seen.add(other.execute(count).fetchone()), 100)
        Log(store).append(several(1, 900), {str(key): "x" for key in range(300)})
        assert seen == {(0, 0, None)}
        assert other.execute(count).fetchone() == (900, 300, 900)


def test_memory_alone(path):
    with closing(Store.open(path)) as store:
        assert Log(store).append([], {"a": "1"}) == []
    assert contents(path) == ([], Counts(), {"a": "1"})


def test_reading_back(path):
    last = RECENT + 200
    with closing(Store.open(path)) as store:
        Log(store).append(several(1, last))
    with closing(Store.open(path)) as store:
        log = Log(store)
        Log(store).settle(1, Delivery.acknowledged, AT)
        assert numbers(log.last(3)) == [last - 2, last - 1, last]
        assert numbers(log.last(last + 50)) == list(range(1, last + 1))
        assert numbers(log.last(0)) == numbers(log.last(-1)) == []
        for after, number in [(0, 5), (198, 10), (last - 2, 10), (last, 5), (10**12, 5), (-5, 3)]:
            first = max(after, 0) + 1
            expected = list(range(first, min(first + number, last + 1)))
            assert numbers(log.since(after, number)) == expected, (after, number)
        assert log.since(0, 1)[0].delivery is Delivery.acknowledged
        assert numbers(list(log.recent)) == list(range(last - RECENT + 1, last + 1))
        found = log.find(7)
        assert found is not None
        assert found.draft == draft(7)
        assert log.find(last + 1) is None


def test_the_log_has_a_bound(path):
    with closing(Store.open(path)) as store:
        for _ in range(MAX_LOG // 1000 + 2):
            Log(store).append(several(1, 1000))
    events, counts, _ = contents(path)
    assert numbers(events) == list(range(2001, MAX_LOG + 2001))
    assert counts == Counts(queued=MAX_QUEUED, lost=MAX_LOG + 1000, last_sequence=MAX_LOG + 2000)


def test_what_waits_stays_in_the_log_however_old(path):
    with closing(Store.open(path)) as store:
        Log(store).append([draft()])
        Log(store).tried(1)
        for _ in range(MAX_LOG // 1000 + 1):
            Log(store).append(several(1, 1000))
    with closing(Store.open(path)) as store:
        pending = Log(store).pending()
        assert pending is not None
        assert (pending.sequence, pending.tries) == (1, 1)


# Versions


def test_a_store_of_the_first_version_is_upgraded_in_place(path):
    of_the_first_version(path)
    with closing(Store.open(path)) as store:
        assert sound(store)
        assert (store.created, store.created_at) == (False, 1_700_000_000.0)
        assert store.assign("s", [("a", 0)]) == {"a": 5}
        assert numbers(Log(store).append(several(1, 2), {"SITE1": "{}"})) == [1, 2]
    events, _, reported = contents(path)
    assert (numbers(events), reported) == ([1, 2], {"SITE1": "{}"})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


@pytest.mark.system
def test_a_store_of_the_first_version_that_cannot_be_written(shared):
    path = str(shared / "state.db")
    of_the_first_version(path)
    Path(path).chmod(0o666)
    with unprivileged():
        store = Store.open(path)
        assert numbers(Log(store).append(several(1, 2))) == [1, 2]
        assert numbers(Log(store).last(5)) == [1, 2]
        assert store.memory_only
    with closing(store):
        store.retry()
        assert sound(store)
        assert store.assign("s", [("a", 0)]) == {"a": 5}
    assert numbers(contents(path)[0]) == [1, 2]


def test_a_newer_version_is_read_and_not_touched(path):
    with closing(Store.open(path)) as store:
        Log(store).append(several(1, 2))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with closing(Store.open(path)) as store:
        assert "is of a newer haproxy-agentx" in str(store.problem)
        assert numbers(Log(store).append([draft()])) == [3]
        assert numbers(Log(store).last(9)) == [1, 2, 3]
        assert store.memory_only
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (2,)


def test_a_newer_version_with_other_tables(path):
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        connection.execute("ALTER TABLE event RENAME COLUMN delivery TO shipping")
    with closing(Store.open(path)) as store:
        assert "is of a newer haproxy-agentx" in str(store.problem)
        assert numbers(Log(store).append([draft()])) == [1]
        assert numbers(Log(store).since(0, 9)) == [1]


# Bad disks (R4, R5)


def test_r4_full_while_running(path):
    with closing(Store.open(path)) as store:
        Log(store).append([draft(1)])
        with full_disk():
            assert numbers(Log(store).append(several(2, 3), {"SITE1": "{}"})) == [2, 3]
            assert "cannot be written" in str(store.problem)
            assert store.memory_only
            assert [acknowledge(store).sequence for _ in range(2)] == [1, 2]
            assert numbers(Log(store).last(9)) == [1, 2, 3]
        assert store.memory_only, "what failed is not tried with each event"
        store.retry()
        assert sound(store)
    events, counts, reported = contents(path)
    assert [event.delivery for event in events] == [Delivery.acknowledged, Delivery.acknowledged, Delivery.queued]
    assert counts == Counts(sent=2, acknowledged=2, queued=1, last_sequence=3)
    assert reported == {"SITE1": "{}"}


def test_r4_full_at_the_start(path):
    with full_disk():
        store = Store.open(path)
        assert numbers(Log(store).append(several(1, 2))) == [1, 2]
    store.close()
    assert numbers(contents(path)[0]) == [1, 2]


def test_locked_at_the_start_the_numbers_go_on(path):
    with closing(Store.open(path)) as store:
        Log(store).append(several(1, 2), {"SITE1": "{}"})
    with locked(path):
        store = Store.open(path)
        assert Log(store).recall() == {"SITE1": "{}"}
        assert numbers(Log(store).append([draft(3)])) == [3]
        assert acknowledge(store).sequence == 1
    with closing(store):
        store.retry()
        assert sound(store)
    events, _, _ = contents(path)
    assert [event.draft for event in events] == several(1, 3)
    assert events[0].delivery is Delivery.acknowledged


def test_locked_while_running_it_is_waited_for_once(path, monkeypatch):
    monkeypatch.setattr(store_file, "BUSY_TIMEOUT", 0.2)
    with closing(Store.open(path)) as store:
        Log(store).append([draft(1)])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with Stopwatch() as took:
                Log(store).append(several(2, 3))
                for _ in range(3):
                    acknowledge(store)
            assert took.seconds < 0.6
            assert "is locked by another program" in str(store.problem)
            other.execute("ROLLBACK")
        store.retry()
        assert sound(store)
    assert [event.delivery for event in contents(path)[0]] == [Delivery.acknowledged] * 3


def test_unreadable_at_the_start_what_came_before_is_put_before(path, tmp_path):
    with closing(Store.open(path)) as store:
        store.assign("s", [("a", 5)])
        Log(store).append(several(1, 3), {"SITE1": "old", "SITE2": "old"})
        acknowledge(store)
    Path(path).rename(tmp_path / "away.db")
    Path(path).mkdir()
    with closing(Store.open(path)) as store:
        assert numbers(Log(store).append(several(4, 5), {"SITE1": "new"})) == [1, 2]
        acknowledge(store)
        Path(path).rmdir()
        (tmp_path / "away.db").rename(path)
        store.retry()
        assert sound(store)
        pending = Log(store).pending()
        assert pending is not None
        assert pending.sequence == 2
    events, counts, reported = contents(path)
    assert [event.draft for event in events] == several(1, 5)
    assert [event.delivery for event in events] == [
        Delivery.acknowledged,
        Delivery.queued,
        Delivery.queued,
        Delivery.acknowledged,
        Delivery.queued,
    ]
    assert counts == Counts(sent=2, acknowledged=2, queued=3, last_sequence=5)
    assert reported == {"SITE1": "new", "SITE2": "old"}


@pytest.mark.parametrize("suffixes", [("",), ("", "-wal", "-shm")])
def test_removed_while_running_it_is_written_again(path, suffixes):
    last = RECENT + 100
    with closing(Store.open(path)) as store:
        Log(store).append(several(1, last), {"SITE1": "{}"})
    with closing(Store.open(path)) as store:
        acknowledge(store)
        for suffix in suffixes:
            Path(path + suffix).unlink()
        assert numbers(Log(store).append([draft(last + 1)])) == [last + 1]
        assert sound(store)
    events, counts, reported = contents(path)
    first = 1 if "-wal" in suffixes else 2  # without its journal the old file cannot be read: what waits is at hand
    assert [event.draft for event in events] == several(first, last + 1)
    assert counts == Counts(sent=1, acknowledged=1, queued=last, last_sequence=last + 1)
    assert reported == {"SITE1": "{}"}


def test_replaced_while_running_the_log_is_ours(path, tmp_path):
    other = str(tmp_path / "backup.db")
    with closing(Store.open(other)) as store:
        store.assign("s", [("a", 9)])
        Log(store).append(several(101, 180), {"SITE2": "of the backup"})
    with closing(Store.open(path)) as store:
        store.assign("s", [("a", 5)])
        Log(store).append(several(1, 3), {"SITE1": "{}"})
        Path(other).replace(path)
        for suffix in ("-wal", "-shm"):
            Path(path + suffix).unlink()
        assert numbers(Log(store).append([draft(4)])) == [4]
        assert sound(store)
    events, counts, reported = contents(path)
    assert [event.draft for event in events] == several(1, 4)
    assert (counts, reported) == (Counts(queued=4, last_sequence=4), {"SITE1": "{}"})


def test_replaced_by_its_own_backup_nothing_is_sent_again(path, tmp_path):
    last = RECENT + 100
    with closing(Store.open(path)) as store:
        store.assign("s", [("a", 5)])
        Log(store).append(several(1, last))
    shutil.copy(path, tmp_path / "backup.db")
    with closing(Store.open(path)) as store:
        for _ in range(last):
            acknowledge(store)
        (tmp_path / "backup.db").replace(path)
        for suffix in ("-wal", "-shm"):
            Path(path + suffix).unlink()
        Log(store).append([draft(last + 1)])
        assert sound(store)
    events, counts, _ = contents(path)
    assert counts == Counts(sent=last, acknowledged=last, queued=1, last_sequence=last + 1)
    assert [event.delivery for event in events] == [*[Delivery.acknowledged] * last, Delivery.queued]


def test_r5_damaged_at_the_start_numbers_begin_anew(path):
    with closing(Store.open(path)) as store:
        Log(store).append(several(1, 3))
    Path(path).write_bytes(b"this is not a database\n" * 1000)
    with closing(Store.open(path)) as store:
        assert "the numbers of events" in str(store.problem)
        assert store.created
        assert numbers(Log(store).append([draft()])) == [1]
        assert not store.memory_only


def test_r5_damaged_while_in_use_the_numbers_go_on(path):
    with closing(Store.open(path)) as store:
        store.assign("s", [("a", 5)])
        Log(store).append(several(1, 3), {"SITE1": "{}"})
        acknowledge(store)
        store._file.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        Path(path).write_bytes(b"this is not a database\n" * 1000)
        store._file.connection.execute("PRAGMA shrink_memory")  # SQLite has the pages still
        assert numbers(Log(store).append([draft(4)])) == [4]
        store.retry()
        assert "was damaged and is kept as" in str(store.problem)
        assert not store.memory_only
        assert store.assign("s", [("a", 0)]) == {"a": 5}
    events, counts, reported = contents(path)
    assert [event.draft for event in events] == several(1, 4)
    assert events[0].delivery is Delivery.acknowledged
    assert (counts, reported) == (Counts(sent=1, acknowledged=1, queued=3, last_sequence=4), {"SITE1": "{}"})


def test_a_row_that_somebody_has_edited_is_passed_over(path):
    with closing(Store.open(path)) as store:
        Log(store).append(several(1, 3), {"a": "1"})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE event SET kind = 99 WHERE sequence = 1")
        connection.execute("UPDATE event SET cells = 'x' WHERE sequence = 2")
        connection.execute("INSERT INTO told VALUES (x'ff', x'ff')")
        connection.commit()
    with closing(Store.open(path)) as store:
        assert sound(store)
        assert numbers(Log(store).last(9)) == [3]
        assert acknowledge(store).sequence == 3
        assert Log(store).recall() == {"a": "1"}
        assert numbers(Log(store).append([draft()])) == [4]


# P5: killed at any moment


WRITER = """
import sys
from haproxy_agentx.vocabulary.event import Delivery
from haproxy_agentx.store.database import Store
from tests.support.event_log import Log
from tests.support.draft import several

store = Store.open(sys.argv[1])
assert store.problem is None, store.problem
say = lambda *words: print(*words, flush=True)
say("open")
while True:
    last = Log(store).counts().last_sequence
    events = Log(store).append(several(last + 1, last + 3), {"told": str(last + 3)})
    say("appended", *[event.sequence for event in events])
    while event := Log(store).try_next():
        say("sent", event.sequence, event.tries)
        if event.sequence % 7 == 0 and event.tries == 1:
            break  # no answer came
        Log(store).settle(event.sequence, Delivery.acknowledged, 1.0)
        say("settled", event.sequence)
"""


def test_p5_killed_60_times(path):
    """Nothing that was appended is missing, there is no hole, and what is sent a second time says so."""
    moments = random.Random(4)  # the same each time, as far as a scheduler lets them
    appended = settled = 0
    sent: dict[int, int] = {}
    for _ in range(60):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        lines = [writer.stdout.readline() for _ in range(moments.randrange(60))]
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        for what, *words in map(str.split, lines):
            number = int(words[0])
            if what == "appended":
                assert number > appended
                appended = int(words[-1])
            elif what == "sent":
                assert int(words[1]) > sent.get(number, 0), f"event {number} was sent twice and is not marked"
                sent[number] = int(words[1])
            else:
                assert number == settled + 1, "in their order"
                settled = number
        events, counts, reported = contents(path)
        assert [event.draft for event in events] == several(1, counts.last_sequence)
        assert counts.last_sequence >= appended
        assert reported == ({"told": str(counts.last_sequence)} if events else {})
        done = [event.sequence for event in events if event.delivery is Delivery.acknowledged]
        assert done == list(range(1, len(done) + 1))
        assert len(done) >= settled
        settled, appended = len(done), counts.last_sequence
        assert all(sent.get(number) for number in done), "and settled is only what was sent"
    assert appended > 300
