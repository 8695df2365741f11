"""The end of a lab, however it comes: nothing is left of it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration.netlab import Lab, wait_for
from integration.netlab.plan import PROJECT, WEB_PORTS
from integration.netlab.processes import identity, stat_fields
from integration.netlab.state import DIRECTORY, State, clear_leftovers
from tests.support.wait import HANG

pytestmark = pytest.mark.lab

HOLD = """
import signal, sys
from integration.netlab import Lab
with Lab.up(sys.argv[1], agent=False):
    print("up", flush=True)
    signal.pause()
"""


@contextmanager
def holding(name: str, stderr: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run a program that takes a lab up and holds it; it is gone after the block."""
    command = [sys.executable, "-c", HOLD, name]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=stderr, text=True) as holder:
        try:
            yield holder
        finally:
            holder.kill()


def namespaces_of(lab: Lab | State) -> set[str]:
    leaders = lab.hosts.values() if isinstance(lab, State) else (host.leader for host in lab.hosts.values())
    kinds = ("net", "mnt", "pid", "uts")
    return {str(Path(f"/proc/{leader.pid}/ns/{kind}").readlink()) for leader in leaders for kind in kinds}


def inside(namespaces: set[str]) -> list[str]:
    """Command lines of the processes in any of the namespaces."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if namespaces & {str((path / "ns" / kind).readlink()) for kind in ("net", "mnt", "pid", "uts")}:
                found.append((path / "cmdline").read_text())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def machine() -> dict[str, object]:
    """What a lab could leave behind outside its processes."""
    return {
        "mounts": Path("/proc/self/mountinfo").read_text(),
        "links": sorted(Path("/sys/class/net").iterdir()),
        "files": [
            sorted(path for path in Path(place).iterdir() if path != DIRECTORY)  # there may be labs of others
            for place in ("/run", "/var", "/var/lib", "/etc", "/var/log")
        ],
        "labs": sorted(p.name for p in DIRECTORY.glob(f"test-{os.getpid()}-*")),
        "users": Path("/etc/passwd").read_text() + Path("/etc/group").read_text(),
    }


@pytest.fixture
def nothing_before(keeper) -> dict[str, object]:
    keeper.down()
    clear_leftovers()
    return machine()


def test_down_leaves_nothing(nothing_before):
    lab = Lab.up(f"test-{os.getpid()}-down", agent=False)
    lab.ctl("lb1", "haproxy", "freeze")  # also what is frozen
    namespaces = namespaces_of(lab)
    starters = [host.starter.pid for host in lab.hosts.values() if host.starter]
    assert len(inside(namespaces)) > 15
    lab.down()
    assert inside(namespaces) == []
    assert [stat_fields(pid) for pid in starters] == [None] * len(starters)
    assert machine() == nothing_before


def test_an_error_on_the_way_up_leaves_nothing(nothing_before, monkeypatch):
    made: list[set[str]] = []

    def fails(lab: Lab, **_) -> None:
        made.append(namespaces_of(lab))
        raise KeyboardInterrupt

    monkeypatch.setattr(Lab, "_start", fails)
    with pytest.raises(KeyboardInterrupt):
        Lab.up(f"test-{os.getpid()}-error", agent=False)
    assert inside(made[0]) == []
    assert machine() == nothing_before


def test_kill9_of_the_owner_ends_the_lab_and_the_next_start_removes_its_file(nothing_before):
    name = f"test-{os.getpid()}-kill"
    with holding(name) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "up\n"
        state = State.find(name)
        namespaces = namespaces_of(state)
    wait_for(lambda: not inside(namespaces), "the hosts end with their owner")
    assert state.file.exists()
    with Lab.up(f"test-{os.getpid()}-next", agent=False):
        assert not state.file.exists()
    assert machine() == nothing_before


def test_kill9_in_the_middle_of_the_start_leaves_no_host(nothing_before):
    with holding(f"test-{os.getpid()}-middle") as holder:
        hosts = wait_for(lambda: children(holder.pid), "the first host is being made")
    wait_for(lambda: not any(identity(pid) for pid in hosts), "its hosts are gone")
    clear_leftovers()
    assert machine() == nothing_before


def children(parent: int) -> list[int]:
    pids = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if (fields := stat_fields(pid)) and fields[1] == str(parent)]


def test_an_interrupt_takes_the_lab_down(nothing_before):
    name = f"test-{os.getpid()}-interrupt"
    with holding(name, stderr=subprocess.DEVNULL) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "up\n"
        namespaces = namespaces_of(State.find(name))
        holder.send_signal(signal.SIGINT)
        holder.wait(HANG)
    assert inside(namespaces) == []
    assert machine() == nothing_before


def test_a_state_file_never_leads_to_another_process(nothing_before):
    DIRECTORY.mkdir(exist_ok=True)
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        # the same number, another start time: the number was used again
        stranger = {"pid": bystander.pid, "started": 1}
        record = {"name": "old", "variant": "fast", "owner": {"pid": 1, "started": 1}, "hosts": {"lb1": stranger}}
        (DIRECTORY / "old.json").write_text(json.dumps(record))
        (DIRECTORY / "broken.json").write_text("{")
        assert "old" in clear_leftovers()
        assert not list(DIRECTORY.glob("old.json")) + list(DIRECTORY.glob("broken.json"))
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
    assert machine() == nothing_before


# --- by hand


def netlab(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "integration.netlab", "--name", name, *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)


def test_by_hand_it_stays_until_down(nothing_before):
    name = f"test-{os.getpid()}-hand"
    try:
        assert netlab(name, "up", "--no-agent").stdout.startswith("up in ")
        namespaces = namespaces_of(State.find(name))
        assert "is already running" in netlab(name, "up", "--no-agent").stderr
        assert netlab(name, "exec", "client", "hostname").stdout == "client\n"
        assert netlab(name, "exec", "lb1", "sh", "-c", "exit 7").returncode == 7
        assert netlab(name, "ctl", "web", str(WEB_PORTS[-1]), "stop").returncode == 0
        shown = netlab(name, "status").stdout
        assert "SITE1 10.77.0.100  held by lb1  client: 200 by lb1" in shown
        assert "8003  8004  8005 (stopped)" in shown
        assert "no service 'x'" in netlab(name, "ctl", "lb1", "x", "stop").stderr
    finally:
        assert netlab(name, "down").stdout.startswith("down in ")
    assert inside(namespaces) == []
    assert netlab(name, "status").returncode == 1
    assert machine() == nothing_before
