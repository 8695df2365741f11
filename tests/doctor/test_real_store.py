"""What doctor finds at a real store and process: the fault is made, what is printed is done, and the fault is gone."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from haproxy_agentx.doctor import look_daemon, upkeep
from haproxy_agentx.doctor.finding import Finding
from haproxy_agentx.doctor.look_daemon import DaemonSeen
from haproxy_agentx.store.file import open_file
from tests.support.bad_disk import run

pytestmark = pytest.mark.system

DISK = 16 << 20


@pytest.fixture
def store(tmp_path) -> Iterator[Path]:
    """A store on a file system of its own, with the user that runs the tests for the daemon's."""
    folder = tmp_path / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder))
    try:
        file = folder / "haproxy-agentx" / "state.db"
        file.parent.mkdir()
        with closing(open_file(str(file))):
            pass
        yield file
    finally:
        run("umount", str(folder))


def running(pid: int | None = None) -> DaemonSeen:
    """A daemon that is this process."""
    return DaemonSeen(is_running=True, snapshot={"pid": pid or os.getpid(), "version": "2.0.0"})


def found(store: Path) -> list[Finding]:
    return list(upkeep.check_store(look_daemon.store(str(store), running())))


def do(finding: Finding) -> None:
    """Run the commands that are printed; who runs the tests stands for the user haproxy-agentx."""
    assert finding.remedy.commands
    for command in finding.remedy.commands:
        subprocess.run(["sh", "-ec", command.replace("haproxy-agentx -g haproxy-agentx", "root -g root")], check=True)


def codes(findings: list[Finding]) -> list[str]:
    return [one.code for one in findings]


def test_a_sound_store(store):
    assert found(store) == []


def test_a_folder_that_is_missing(store):
    shutil.rmtree(store.parent)
    (finding,) = found(store)
    assert finding.code == "HAX-STORE-002"
    do(finding)
    assert found(store) == []


def test_a_folder_that_is_missing_before_the_first_start(store):
    shutil.rmtree(store.parent)
    assert list(upkeep.check_store(look_daemon.store(str(store), DaemonSeen()))) == []


def test_a_file_system_that_is_read_only(store):
    run("mount", "-o", "remount,ro", str(store.parent.parent))
    (finding,) = found(store)
    assert finding.code == "HAX-STORE-001"
    do(finding)
    assert found(store) == []


def test_a_disk_that_is_full(store):
    filler = store.parent / "filler"
    filler.write_bytes(bytes(DISK - (2 << 20)))
    (finding,) = found(store)
    assert (finding.code, finding.remedy.words[:15]) == ("HAX-STORE-003", "free some space")
    filler.unlink()
    assert found(store) == []


@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_store_of_another_user(store, place):
    os.chown(store if place == "file" else store.parent, 12345, 12345)
    (finding,) = found(store)
    assert (finding.code, finding.what) == ("HAX-STORE-004", "it belongs to 12345, not to root")
    do(finding)
    assert found(store) == []


def test_a_store_of_a_newer_version(store):
    older = store.read_bytes()
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA user_version = 99")
    (finding,) = found(store)
    assert (finding.code, finding.remedy.words[:26]) == ("HAX-STORE-005", "install that one again, or")
    store.rename(store.with_name("moved-away"))
    store.write_bytes(older)
    assert found(store) == []


def test_a_damaged_store_that_was_put_aside(store):
    for file in store.parent.iterdir():
        file.write_bytes(b"no database" * 1000)
    with closing(open_file(str(store))):
        pass
    (finding,) = found(store)
    assert finding.code == "HAX-STORE-006"
    command = finding.remedy.words.partition("`")[2].rstrip("`")
    subprocess.run(["sh", "-ec", command], check=True)
    assert found(store) == []


HOLD = """
import os, sys
held = [os.dup(0) for _ in range(40)]
print("held", flush=True)
sys.stdin.read()
"""


def test_descriptors_that_are_nearly_all_open():
    """The drop-in that is printed is written to a folder of its own, and its limit is set as systemd would."""
    prepared = ("prlimit", "--nofile=50:4096", sys.executable, "-c", HOLD)
    with subprocess.Popen(prepared, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        assert held.stdout.readline() == "held\n"
        (finding,) = upkeep.check_limits(look_daemon.descriptors(running(held.pid)), None)
        assert finding.code == "HAX-LIMIT-001"
        commands = [command for command in finding.remedy.commands if not command.startswith("systemctl")]
        script = "; ".join(("mount -t tmpfs none /etc/systemd", *commands, f"cat {upkeep.DROP_IN}"))
        written = subprocess.run(
            ["unshare", "--mount", "sh", "-ec", script], check=True, capture_output=True, text=True
        )
        section, limit = written.stdout.split()
        assert section == "[Service]"
        run("prlimit", f"--pid={held.pid}", f"--nofile={limit.removeprefix('LimitNOFILE=')}:4096")
        assert list(upkeep.check_limits(look_daemon.descriptors(running(held.pid)), None)) == []
        held.stdin.close()


def test_the_memory_of_a_process_is_seen():
    use = look_daemon.memory(running())
    assert use is not None
    assert 10 << 20 < use.used < use.limit


@pytest.mark.parametrize(
    ("shown", "is_denied"),
    [
        ("IPAddressDeny=0.0.0.0/0 ::/0\nIPAddressAllow=127.0.0.0/8 ::1/128\n", True),
        ("IPAddressDeny=0.0.0.0/0 ::/0\nIPAddressAllow=127.0.0.0/8 192.0.2.12/32 ::1/128\n", False),
        ("IPAddressDeny=\nIPAddressAllow=\n", False),
        ("", None),
        (None, None),
    ],
)
def test_whether_the_unit_denies_the_traffic_to_a_peer(shown, is_denied):
    """HAX-PEER-001, by what systemd shows of the unit, and of the unit with the drop-in that is printed."""
    assert look_daemon.denies(shown)("192.0.2.12") is is_denied
