"""P3: a second instance refuses clearly."""

import os
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from haproxy_agentx.store.database import Store
from haproxy_agentx.system.lock import AlreadyRunning, single_instance
from tests.support.unprivileged import unprivileged

HOLDER = """
import sys
from haproxy_agentx.system.lock import AlreadyRunning, single_instance
try:
    with single_instance(sys.argv[1]):
        print("held", flush=True)
        sys.stdin.read()
except AlreadyRunning as error:
    sys.exit(str(error))
"""


@pytest.fixture
def store(tmp_path):
    return str(tmp_path / "state.db")


@pytest.fixture
def holder():
    """Start other processes that hold the lock of a store."""
    with ExitStack() as started:

        def start(store: str) -> subprocess.Popen[str]:
            process = started.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", HOLDER, store],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            started.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            return process

        yield start


@pytest.fixture
def shared():
    """Give a folder that others than its owner may enter, which tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="haproxy-agentx-") as folder:
        Path(folder).chmod(0o755)
        yield folder


def refused(store: str) -> AlreadyRunning:
    with pytest.raises(AlreadyRunning) as raised, single_instance(store):
        pass
    text = str(raised.value)
    assert text.isprintable()
    assert "stop that one first" in text
    return raised.value


def test_p3_a_second_instance_is_told_the_pid_of_the_first(store, holder):
    process = holder(store)
    assert refused(store).pid == process.pid
    assert f"as pid {process.pid}, with the store {store}" in str(refused(store))


def test_p3_as_a_process_it_ends_with_one_line(store):
    with single_instance(store):
        second = subprocess.run([sys.executable, "-c", HOLDER, store], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.count("\n") == 1
    assert f"pid {os.getpid()}" in second.stderr


def test_twice_in_one_process(store):
    with single_instance(store):
        assert refused(store).pid == os.getpid()
    with single_instance(store):
        pass


def test_the_lock_ends_with_the_process(store, holder):
    process = holder(store)
    process.kill()
    process.wait()
    assert Path(f"{store}.lock").read_text() == f"{process.pid}\n"
    with single_instance(store):
        assert Path(f"{store}.lock").read_text() == f"{os.getpid()}\n"
    assert Path(f"{store}.lock").read_text() == ""


def test_other_stores_are_not_concerned(tmp_path):
    with single_instance(f"{tmp_path}/a.db"), single_instance(f"{tmp_path}/b.db"):
        pass


def test_a_pid_of_nobody_is_not_told(store):
    with single_instance(store):
        Path(f"{store}.lock").write_text("4194999\n")
        assert refused(store).pid is None
        Path(f"{store}.lock").write_text("\x1b[2Jgarbage")
        assert "cannot be seen" in str(refused(store))


def test_a_lock_file_that_was_removed_does_not_hinder(store, holder):
    holder(store)
    Path(f"{store}.lock").unlink()
    with single_instance(store):
        assert refused(store).pid == os.getpid()


def test_a_link_in_place_of_the_lock_is_not_followed(store, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    Path(f"{store}.lock").symlink_to(precious)
    with single_instance(store):
        assert refused(store).pid == os.getpid()
    assert precious.read_text() == "precious"


def test_the_store_is_opened_under_the_lock(tmp_path):
    store = str(tmp_path / "new" / "state.db")
    with single_instance(store), closing(Store.open(store)) as opened:
        assert opened.problem is None
        assert refused(store).pid == os.getpid()


# Where there can be no lock file


@pytest.mark.system
def test_p3_without_a_writable_folder(shared):
    store = f"{shared}/state.db"
    with unprivileged():
        for _ in range(2):
            with single_instance(store):
                assert not Path(f"{store}.lock").exists()
                assert refused(store).pid == os.getpid()


def test_p3_with_a_lock_file_that_may_only_be_read(shared):
    store = f"{shared}/state.db"
    with single_instance(store), unprivileged():
        assert refused(store).pid == os.getpid()
    with unprivileged(), single_instance(store):
        assert refused(store)


def test_p3_without_a_folder(tmp_path, holder):
    store = f"{tmp_path}/no/such/state.db"
    process = holder(store)
    assert refused(store).pid == process.pid
    with single_instance(f"{tmp_path}/no/such/other.db"):
        pass
    process.kill()
    process.wait()
    with single_instance(store):
        assert refused(store).pid == os.getpid()


def test_the_folder_may_be_reached_by_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with single_instance(f"{tmp_path}/link/state.db"):
        refused(f"{tmp_path}/real/state.db")
    (tmp_path / "real" / "state.db.lock").unlink()
    (tmp_path / "real" / "state.db.lock").symlink_to("nowhere")  # no lock file can be opened
    with single_instance(f"{tmp_path}/link/state.db"):
        assert refused(f"{tmp_path}/real/state.db").pid == os.getpid()


def test_a_second_that_asks_often_still_gets_an_answer(tmp_path):
    store = f"{tmp_path}/no/such/state.db"
    with single_instance(store):
        for _ in range(300):  # more than wait to be accepted
            refused(store)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2J", "\udcff", "é"])
def test_l4_a_path_cannot_write_lines_of_its_own(tmp_path, name):
    for store in (f"{tmp_path}/{name}", f"{tmp_path}/no/such/{name}"):
        with single_instance(store):
            refused(store)


def test_a_folder_in_place_of_the_lock(store):
    Path(f"{store}.lock").mkdir()
    with single_instance(store):
        assert refused(store).pid is None


def test_a_socket_in_place_of_the_lock(store):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"{store}.lock")
        with single_instance(store):
            assert refused(store).pid == os.getpid()
