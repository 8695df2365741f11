"""The store: stable row indexes, and R4 and R5: what becomes of it on a bad disk."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.store import file as store_file
from haproxy_agentx.store.database import Store
from haproxy_agentx.store.file import APPLICATION, MIGRATIONS
from haproxy_agentx.store.numbering import FIRST_FREE
from tests.support.bad_disk import full_disk, locked
from tests.support.unprivileged import unprivileged

SCOPE = "server/local/web"


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state.db")


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(store_file, "BUSY_TIMEOUT", 0.05)


def assign(path: str, *wanted: tuple[str, int], scope: str = SCOPE) -> dict[str, int]:
    """Open a sound store, assign, close."""
    with closing(Store.open(path)) as store:
        numbers = store.assign(scope, wanted)
        assert store.problem is None
        assert not store.memory_only
    return numbers


def sound(store: Store) -> bool:
    return store.problem is None and not store.memory_only


def reported(store: Store) -> str:
    """Give the problem, which is one line that says where, and what becomes of it."""
    assert store.problem is not None
    assert store.problem.startswith(f"store {store.path} ")
    assert store.problem.isprintable()
    assert "; " in store.problem
    return store.problem


def execute(path: str, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def shared():
    """Give a folder that others than its owner may enter, which tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="haproxy-agentx-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


# Numbers


def test_a_name_keeps_its_number_across_restarts(path):
    assert assign(path, ("a", 5), ("b", 0)) == {"a": 5, "b": FIRST_FREE + 1}
    assert assign(path, ("b", 9), ("c", 5), ("a", 1)) == {"b": FIRST_FREE + 1, "c": FIRST_FREE + 2, "a": 5}


def test_the_number_of_a_name_that_has_gone_is_not_used_again(path):
    assign(path, ("gone", 5))
    assert assign(path, ("a", 5)) == {"a": FIRST_FREE + 1}
    assert assign(path, ("gone", 1)) == {"gone": 5}


def test_scopes_are_apart(path):
    for scope in ("process", "proxy/local", "server/local/a", "server/local/b"):
        assert assign(path, ("same", 1), scope=scope) == {"same": 1}


def test_only_what_was_asked_for_is_answered(path):
    assign(path, ("a", 1), ("b", 2))
    assert assign(path, ("b", 0)) == {"b": 2}
    assert assign(path) == {}


def test_a_new_store_says_that_the_numbering_began(path):
    before = time.time()
    with closing(Store.open(path)) as store:
        assert store.created
        assert sound(store)
        began = store.created_at
        assert before <= began <= time.time()
        store.assign(SCOPE, [("a", 1)])
    with closing(Store.open(path)) as store:
        assert not store.created
        assert store.created_at == began


@pytest.mark.parametrize(
    "name",
    ["", "a'; DROP TABLE row_index; --", "nul\0nul", "line\nbreak", "é", "\udcff\udc80", "\ud800", "x" * 10_000, "a/b"],
)
def test_names_may_hold_anything(path, name):
    assert assign(path, (name, 5), ("other", 5), scope=name) == {name: 5, "other": FIRST_FREE + 1}
    assert assign(path, (name, 1), scope=name) == {name: 5}


def test_names_that_differ_in_their_octets_only(path):
    names = ["é", b"\xc3\xa9".decode("ascii", "surrogateescape"), "e\u0301", b"\xe9".decode("ascii", "surrogateescape")]
    numbers = assign(path, *[(name, 1) for name in names])
    assert len(set(numbers.values())) == len(names)
    assert assign(path, *[(name, 0) for name in names]) == numbers


def test_50_000_names(path):
    wanted = [(f"server{number}", number) for number in range(50_000)]
    with closing(Store.open(path)) as store:
        started = time.process_time()
        numbers = store.assign(SCOPE, wanted)
        assert time.process_time() - started < 2
        assert len(set(numbers.values())) == 50_000
        started = time.process_time()
        assert store.assign(SCOPE, wanted) == numbers
        assert time.process_time() - started < 0.2
    assert assign(path, *wanted) == numbers


def test_a_batch_is_one_transaction(path):
    with closing(Store.open(path)) as store, closing(sqlite3.connect(path)) as other:
        seen = set()
        store._file.connection.set_progress_handler(
            lambda: seen.add(other.execute("SELECT count(*) FROM row_index").fetchone()[0]), 1000
        )
        store.assign(SCOPE, [(str(number), 0) for number in range(5_000)])
        assert seen == {0}
        assert other.execute("SELECT count(*) FROM row_index").fetchone() == (5_000,)


def test_made_in_one_thread_and_used_in_another(path):
    numbers = {}
    with closing(Store.open(path)) as store:
        thread = threading.Thread(target=lambda: numbers.update(store.assign(SCOPE, [("a", 7)])))
        thread.start()
        thread.join()
        assert sound(store)
    assert numbers == {"a": 7}


NAMES = st.text(max_size=2)
BATCHES = st.lists(
    st.tuples(
        st.sampled_from(["process", "proxy/a", "proxy/b"]),
        st.lists(st.tuples(NAMES, st.one_of(st.integers(-1, 5), st.just(FIRST_FREE + 1)))),
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(BATCHES)
def test_the_store_does_what_a_dict_would(batches):
    model: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/state.db"
        store = Store.open(path)
        for scope, wanted, restart in batches:
            numbers = store.assign(scope, wanted)
            known = model.setdefault(scope, {})
            for name, first in wanted:
                if name not in known:
                    free = 1 <= first <= FIRST_FREE and first not in known.values()
                    known[name] = first if free else max([FIRST_FREE, *known.values()]) + 1
            assert numbers == {name: known[name] for name, _ in wanted}
            if restart:
                store.close()
                store = Store.open(path)
        assert sound(store)
        store.close()


# The process ends at any moment


WRITER = """
import sys
from haproxy_agentx.store.database import Store
store = Store.open(sys.argv[1])
assert store.problem is None, store.problem
print("open", flush=True)
for batch in range(int(sys.argv[2]), 1 << 30):
    numbers = store.assign("s", [(f"{batch}-{n}", n) for n in range(20)])
    for name, number in numbers.items():
        print(name, number)
    sys.stdout.flush()
"""


def test_killed_30_times_nothing_that_was_given_out_changes(path):
    given_out: dict[str, int] = {}
    for run in range(30):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, path, str(run * 10_000_000)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        lines = [writer.stdout.readline() for _ in range(run * 37 + 1)]  # a moment that is another each time
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        given_out.update((name, int(number)) for name, number in map(str.split, lines))
        with closing(Store.open(path)) as store:
            assert sound(store)
            assert not (store.created and given_out)
            assert store.assign("s", [(name, 0) for name in given_out]) == given_out
    assert len(set(given_out.values())) == len(given_out) > 1000


# A damaged file (R5)


def garble(path: str) -> None:
    Path(path).write_bytes(b"this is not a database\n" * 1000)


def truncate(path: str) -> None:
    with Path(path).open("r+b") as file:
        file.truncate(Path(path).stat().st_size // 2 + 100)


def garble_the_middle(path: str) -> None:
    with Path(path).open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xa5" * 4096 * 4)


@pytest.mark.parametrize("damage", [garble, truncate, garble_the_middle])
def test_r5_a_damaged_file_is_kept_aside_and_begun_anew(path, damage):
    assign(path, *[(f"server{number}", number) for number in range(2_000)])
    damage(path)
    content = Path(path).read_bytes()
    with closing(Store.open(path)) as store:
        assert f"was damaged and is kept as {path}.corrupt-1" in reported(store)
        assert "row indexes and the numbers of events restarted" in reported(store)
        assert store.created
        assert not store.memory_only
        assert store.assign(SCOPE, [("a", 5)]) == {"a": 5}
        assert "row indexes and the numbers of events restarted" in reported(store)
    assert Path(f"{path}.corrupt-1").read_bytes() == content
    assert assign(path, ("a", 1)) == {"a": 5}


def test_r5_of_damaged_files_the_newest_is_kept(path):
    for number in (1, 2, 11):
        if number == 11:
            Path(f"{path}.corrupt-2").rename(f"{path}.corrupt-10")
        Path(path).write_text(f"damaged {number}" * 1000)
        Store.open(path).close()
        assert [file.name for file in Path(path).parent.glob("*.corrupt*")] == [f"state.db.corrupt-{number}"]
    assert Path(f"{path}.corrupt-11").read_text().startswith("damaged 11")


def test_r5_the_journal_of_a_damaged_file_is_not_that_of_the_new_one(path):
    garble(path)
    Path(f"{path}-wal").write_bytes(b"journal" * 1000)
    with closing(Store.open(path)) as store:
        assert store.assign(SCOPE, [("new", 5)]) == {"new": 5}
    assert assign(path, ("new", 0)) == {"new": 5}


def test_what_the_journal_holds_is_not_lost_with_a_damaged_file(path, tmp_path):
    with closing(Store.open(path)) as store:
        store.assign(SCOPE, [("old", 5)])
        (tmp_path / "copy").mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(path + suffix, tmp_path / "copy")
    copy = str(tmp_path / "copy" / "state.db")
    Path(copy).write_bytes(b"garbage" * 10_000)
    assert assign(copy, ("old", 0)) == {"old": 5}


@pytest.mark.system
def test_r5_damaged_where_nothing_can_be_put_aside(shared):
    path = str(shared / "state.db")
    garble(path)
    Path(path).chmod(0o666)
    with unprivileged(), closing(Store.open(path)) as store:
        assert "is damaged" in reported(store)
        assert "cannot be set aside" in reported(store)
        assert store.created
        assert store.memory_only
        assert store.assign(SCOPE, [("a", 5)]) == {"a": 5}
    assert Path(path).read_bytes().startswith(b"this is not")


def test_r5_damaged_while_in_use(path):
    with closing(Store.open(path)) as store:
        numbers = store.assign(SCOPE, [("a", 5), ("b", 5)])
        store._file.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        garble(path)
        store._file.connection.execute("PRAGMA shrink_memory")  # SQLite has the pages still
        assert store.assign("another", [("x", 1)]) == {"x": 1}
        assert "damaged" in reported(store)
        assert store.created
        assert store.assign(SCOPE, [("a", 0), ("b", 0), ("c", 5)]) == {**numbers, "c": FIRST_FREE + 2}
        assert not store.memory_only
    assert assign(path, ("a", 0), ("b", 0), ("c", 0)) == {**numbers, "c": FIRST_FREE + 2}


def test_an_empty_file_is_a_new_one(path):
    Path(path).touch()
    with closing(Store.open(path)) as store:
        assert sound(store)
        assert store.created


# What is sound and not ours


def test_a_newer_version_is_read_and_not_touched(path):
    assign(path, ("a", 5))
    execute(path, f"PRAGMA user_version = {len(MIGRATIONS) + 1}", "CREATE TABLE newer (a)")
    with closing(Store.open(path)) as store:
        assert "is of a newer haproxy-agentx" in reported(store)
        assert store.memory_only
        assert not store.created
        assert store.assign(SCOPE, [("a", 0), ("b", 5)]) == {"a": 5, "b": FIRST_FREE + 1}
    execute(path, f"PRAGMA user_version = {len(MIGRATIONS)}")
    assert assign(path, ("b", 9)) == {"b": 9}


def test_the_file_of_another_program_is_not_touched(path):
    execute(path, "CREATE TABLE precious (a)", "INSERT INTO precious VALUES (1)")
    content = Path(path).read_bytes()
    with closing(Store.open(path)) as store:
        assert "is a database of another program; set the key store" in reported(store)
        assert store.created
        assert store.assign(SCOPE, [("a", 5)]) == {"a": 5}
        assert store.assign(SCOPE, [("a", 0)]) == {"a": 5}
    assert Path(path).read_bytes() == content


def test_the_version_and_the_owner_are_in_the_file(path):
    assign(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_migration_is_done_once_and_keeps_what_is_there(path, monkeypatch):
    assign(path, ("a", 5))
    monkeypatch.setattr(store_file, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE newest (number INTEGER PRIMARY KEY)"))
    assert assign(path, ("a", 0)) == {"a": 5}
    assert assign(path, ("a", 0)) == {"a": 5}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
        assert connection.execute("SELECT * FROM newest").fetchall() == []


def test_a_migration_that_fails_leaves_the_file_as_it_was(path, monkeypatch):
    assign(path, ("a", 5))
    monkeypatch.setattr(store_file, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE half (a); CREATE TABLE half (a)"))
    with closing(Store.open(path)) as store:
        assert "half" in reported(store)
        assert store.assign(SCOPE, [("a", 0)]) == {"a": 5}
    monkeypatch.undo()
    assert assign(path, ("a", 0)) == {"a": 5}


def test_a_directory(tmp_path):
    with closing(Store.open(str(tmp_path))) as store:
        assert "is no file; set the key store" in reported(store)
        assert store.assign(SCOPE, [("a", 5)]) == {"a": 5}
        assert store.memory_only


def test_a_fifo_is_not_waited_for(path):
    os.mkfifo(path)
    with closing(Store.open(path)) as store:
        assert "is no file" in reported(store)


def test_the_last_folder_is_made(tmp_path):
    assert assign(str(tmp_path / "new" / "state.db"), ("a", 5)) == {"a": 5}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o750


def test_a_folder_that_is_missing_is_told(tmp_path):
    path = tmp_path / "no" / "such" / "state.db"
    with closing(Store.open(str(path))) as store:
        assert f"there is no folder {path.parent}; make it, owned by uid {os.geteuid()}" in reported(store)
        assert store.assign(SCOPE, [("a", 5)]) == {"a": 5}
        path.parent.mkdir(parents=True)
        store.retry()
        assert sound(store)
    assert assign(str(path), ("a", 0)) == {"a": 5}


def test_l4_a_path_cannot_write_lines_of_its_own(tmp_path):
    with closing(Store.open(f"{tmp_path}/no/such/thing\n<0>all is well\x1b[2J")) as store:
        assert store.problem is not None
        assert store.problem.isprintable()


def test_a_path_with_special_characters(tmp_path):
    for name in ("file:state.db?mode=memory", "a%20b.db", "#1.db", ":memory:", "é\udcff.db"):
        path = f"{tmp_path}/{name}"
        assert assign(path, ("a", 5)) == {"a": 5}
        assert Path(path).stat().st_size
        assert assign(path, ("a", 0)) == {"a": 5}


# Where nothing can be written (R5)


@pytest.mark.system
def test_r5_read_only_the_old_numbers_stand_and_new_ones_are_in_memory(shared):
    path = str(shared / "state.db")
    assign(path, ("a", 5), ("b", 5))
    Path(path).chmod(0o644)
    with unprivileged(), closing(Store.open(path)) as store:
        assert f"cannot be written: uid {os.geteuid()} may not write {shared}; chown it" in reported(store)
        assert not store.created
        assert store.memory_only
        wanted = [("b", 0), ("a", 0), ("c", 5)]
        numbers = {"b": FIRST_FREE + 1, "a": 5, "c": FIRST_FREE + 2}
        assert store.assign(SCOPE, wanted) == numbers
        assert store.assign(SCOPE, wanted) == numbers
        assert store.assign("another", [("x", 1)]) == {"x": 1}


@pytest.mark.system
def test_r5_read_only_with_a_journal_that_was_not_written_back(shared, tmp_path):
    with closing(Store.open(str(tmp_path / "state.db"))) as store:
        store.assign(SCOPE, [("a", 5), ("b", 5)])
        for suffix in ("", "-wal"):
            shutil.copy(store.path + suffix, shared)
            (shared / f"state.db{suffix}").chmod(0o644)
    with unprivileged(), closing(Store.open(str(shared / "state.db"))) as store:
        assert "may not write" in reported(store)
        assert not store.created
        assert store.assign(SCOPE, [("b", 0)]) == {"b": FIRST_FREE + 1}


def test_r5_what_was_read_only_is_caught_up_with(shared):
    path = str(shared / "state.db")
    assign(path, ("a", 5))
    Path(path).chmod(0o644)
    with closing(Store.__new__(Store)) as store:
        with unprivileged():
            store.__init__(path)
            store._open()
            assert store.assign(SCOPE, [("b", 5)]) == {"b": FIRST_FREE + 1}
        shared.chmod(0o777)
        Path(path).chmod(0o666)
        with unprivileged():
            store.retry()
            assert sound(store)
            assert store.assign(SCOPE, [("a", 0), ("b", 0)]) == {"a": 5, "b": FIRST_FREE + 1}
    assert assign(path, ("b", 0)) == {"b": FIRST_FREE + 1}


@pytest.mark.system
def test_r5_what_was_read_only_with_the_journal_of_a_killed_program_is_caught_up_with(shared, tmp_path):
    """SQLite shares the index of the journal in a process: while it is open for reading only, nobody can write."""
    files = [shared / f"state.db{suffix}" for suffix in ("", "-wal", "-shm")]
    with closing(Store.open(str(tmp_path / "state.db"))) as store:
        store.assign(SCOPE, [("a", 5)])
        for file in files:
            shutil.copy(tmp_path / file.name, file)
            file.chmod(0o644)
    with closing(Store.__new__(Store)) as store:
        with unprivileged():
            store.__init__(str(files[0]))
            store._open()
            assert "may not write" in reported(store)
            assert store.assign(SCOPE, [("b", 5)]) == {"b": FIRST_FREE + 1}
            store.retry()
            assert store.assign(SCOPE, [("a", 0)]) == {"a": 5}
        shared.chmod(0o777)
        for file in files:
            file.chmod(0o666)
        with unprivileged():
            store.retry()
            assert sound(store)
            assert store.assign(SCOPE, [("a", 0), ("b", 0)]) == {"a": 5, "b": FIRST_FREE + 1}
    assert assign(str(files[0]), ("b", 0)) == {"b": FIRST_FREE + 1}


@pytest.mark.system
def test_r5_no_permission_to_look(shared):
    closed = shared / "closed"
    closed.mkdir(0o700)
    with unprivileged(), closing(Store.open(str(closed / "state.db"))) as store:
        assert "Permission denied; let uid" in reported(store) or "may not write" in reported(store)
        assert store.created
        assert store.assign(SCOPE, [("a", 5)]) == {"a": 5}


# A full disk (R4)


def test_r4_full_at_the_start(path):
    with full_disk():
        store = Store.open(path)
        assert store.memory_only
        assert "cannot be written" in reported(store)
        assert store.assign(SCOPE, [("a", 5), ("b", 5)]) == {"a": 5, "b": FIRST_FREE + 1}
    with closing(store):
        assert store.assign(SCOPE, [("c", 5)]) == {"c": FIRST_FREE + 2}
        assert sound(store)
    assert assign(path, ("a", 0), ("b", 0), ("c", 0)) == {"a": 5, "b": FIRST_FREE + 1, "c": FIRST_FREE + 2}


def test_r4_full_while_running(path):
    with closing(Store.open(path)) as store:
        numbers = store.assign(SCOPE, [("a", 5)])
        store.assign("another", [("x", 1)])
        with full_disk():
            numbers |= store.assign(SCOPE, [("b", 5), ("c", 7)])
            assert "cannot be written" in reported(store)
            assert "kept in memory" in reported(store)
            assert store.memory_only
            assert store.assign(SCOPE, [("a", 0), ("b", 0), ("c", 0), ("a", 0)]) == numbers
            assert store.assign("another", [("x", 0), ("y", 1)]) == {"x": 1, "y": FIRST_FREE + 1}
        store.retry()
        assert sound(store)
    assert assign(path, ("a", 0), ("b", 0), ("c", 0)) == numbers == {"a": 5, "b": FIRST_FREE + 1, "c": 7}
    assert assign(path, ("y", 0), scope="another") == {"y": FIRST_FREE + 1}


def test_r4_sqlite_says_that_it_is_full(path, monkeypatch):
    with closing(Store.open(path)) as store:
        (pages,) = store._file.connection.execute("PRAGMA page_count").fetchone()
        store._file.connection.execute(f"PRAGMA max_page_count = {pages}")
        wanted = [("x" * 100 + str(number), 0) for number in range(500)]
        numbers = store.assign(SCOPE, wanted)
        assert "the disk is full; free some space" in reported(store)
        assert store.assign(SCOPE, wanted) == numbers  # another connection, which has no such limit
        assert sound(store)
    assert assign(path, *wanted) == numbers


def test_r4_full_and_closed_loses_only_what_is_new(path):
    assign(path, ("a", 5))
    with full_disk():
        store = Store.open(path)
        store.assign(SCOPE, [("b", 5)])
        store.close()
    assert assign(path, ("a", 0), ("b", 8)) == {"a": 5, "b": 8}


# Locked, removed, replaced


def test_locked_at_the_start(path):
    assign(path, ("a", 5))
    with locked(path):
        store = Store.open(path)
        assert "is locked by another program; end that" in reported(store)
        assert not store.created
        assert store.assign(SCOPE, [("a", 0), ("b", 5)]) == {"a": 5, "b": FIRST_FREE + 1}
        assert store.memory_only
    with closing(store):
        store.retry()
        assert sound(store)
    assert assign(path, ("b", 0), ("a", 0)) == {"b": FIRST_FREE + 1, "a": 5}


def test_unreadable_at_the_start_what_is_given_out_stands_and_is_kept(path, tmp_path):
    assign(path, ("a", 5))
    Path(path).rename(tmp_path / "away.db")
    Path(path).mkdir()
    store = Store.open(path)
    assert store.assign(SCOPE, [("b", 5)]) == {"b": 5}
    Path(path).rmdir()
    (tmp_path / "away.db").rename(path)
    with closing(store):
        store.retry()
        assert sound(store)
        assert store.assign(SCOPE, [("b", 0)]) == {"b": 5}
    assert assign(path, ("b", 0), ("a", 5)) == {"b": 5, "a": FIRST_FREE + 1}


def test_written_by_another_while_running(path):
    with closing(Store.open(path)) as store:
        store.assign(SCOPE, [("a", 5)])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert store.assign(SCOPE, [("b", 6)]) == {"b": 6}
            assert "is locked by another program" in reported(store)
            other.execute("ROLLBACK")
        assert store.assign(SCOPE, [("c", 7)]) == {"c": 7}
        assert sound(store)
    assert assign(path, ("a", 0), ("b", 0), ("c", 0)) == {"a": 5, "b": 6, "c": 7}


@pytest.mark.parametrize("suffixes", [("",), ("", "-wal", "-shm")])
def test_removed_while_running_it_is_written_again_in_whole(path, suffixes):
    assign(path, ("old", 3), scope="not asked for")
    with closing(Store.open(path)) as store:
        began = store.created_at
        numbers = store.assign(SCOPE, [("a", 5), ("b", 5)])
        for suffix in suffixes:
            Path(path + suffix).unlink()
        assert store.assign(SCOPE, [("c", 5)]) == {"c": FIRST_FREE + 2}
        assert sound(store)
    assert assign(path, ("a", 0), ("b", 0), ("c", 0)) == {**numbers, "c": FIRST_FREE + 2}
    with closing(Store.open(path)) as store:
        assert store.created_at == began
        if "-wal" not in suffixes:
            return
        assert store.assign("not asked for", [("old", 0)]) == {"old": 3}


def test_removed_with_its_folder(tmp_path):
    path = str(tmp_path / "state" / "state.db")
    with closing(Store.open(path)) as store:
        store.assign(SCOPE, [("a", 5)])
        shutil.rmtree(tmp_path / "state")
        (tmp_path / "state").touch()
        assert store.assign(SCOPE, [("b", 5)]) == {"b": FIRST_FREE + 1}
        assert store.memory_only
        reported(store)
        (tmp_path / "state").unlink()
        store.retry()
        assert sound(store)
    assert assign(path, ("a", 0), ("b", 0)) == {"a": 5, "b": FIRST_FREE + 1}


def test_replaced_while_running_what_was_given_out_stands(path, tmp_path):
    other = str(tmp_path / "backup.db")
    assign(other, ("a", 9), ("z", 5), ("y", 4))
    with closing(Store.open(path)) as store:
        store.assign(SCOPE, [("a", 5)])
        Path(other).replace(path)
        for suffix in ("-wal", "-shm"):
            Path(path + suffix).unlink()
        assert store.assign(SCOPE, [("a", 0), ("y", 0)]) == {"a": 5, "y": 4}
        assert sound(store)
    assert assign(path, ("a", 0)) == {"a": 5}


def test_closing_writes_what_is_left(path):
    with full_disk():
        store = Store.open(path)
        store.assign(SCOPE, [("a", 5)])
    store.close()
    assert assign(path, ("a", 0)) == {"a": 5}
    store.close()  # and once more does no harm
