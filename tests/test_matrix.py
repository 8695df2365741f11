"""The matrix of machines: its tables, and that nothing is left of a machine, however its program ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.matrix.__main__ import keep, last_results
from integration.matrix.machine import Box, copy_tree, environment
from integration.matrix.plan import MACHINES, PARTS, UnknownNameError, chosen
from integration.matrix.results import Outcome, Result, table, upstream
from tests.support.wait import eventually

PROJECT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.6.12-1+deb12u3", "2.6.12"),
        ("1:2.2.7-1+b2", "2.2.7"),
        ("5.9.5.2+dfsg-3", "5.9.5.2"),
        ("3.11.2-1+b1", "3.11.2"),
        ("3.14", "3.14"),
    ],
)
def test_the_upstream_part_of_a_version(version, expected):
    assert upstream(version) == expected


@pytest.mark.parametrize(
    ("status", "output", "expected"),
    [
        (0, "", "ok, 12 s"),
        (2, "1 passed, 1 failed\n...\n41 passed, 3 failed\n", "41 passed, 3 failed, 12 s"),
        (0, "7 passed, 0 failed\n", "7 passed, 0 failed, 12 s"),
        (1, "7 passed, 0 failed\n", "failed, 7 passed, 0 failed, 12 s"),
        (2, "no count", "failed, 12 s"),
        (None, "3 passed, 0 failed\n", "out of time, 3 passed, 0 failed, 12 s"),
    ],
)
def test_the_cell_of_an_outcome(status, output, expected):
    assert str(Outcome.read(status, 12.3, output)) == expected


def test_the_table_and_its_way_through_json():
    result = Result("sid", {"python": "3.14.8-1", "haproxy": "3.2.26-1"}, {"demo": Outcome(0, 33.0)})
    assert Result.of(result.plain()) == result
    assert (
        table([result]).splitlines()[2].startswith("| Debian unstable (sid) | 3.14.8 | 3.2.26 | - | - | ok, 33 s | - |")
    )


def test_outcomes_of_other_versions_are_not_kept():
    old = Result("sid", {"haproxy": "1"}, {"demo": Outcome(0, 1.0), "test": Outcome(0, 2.0)})
    later = {"demo": Outcome(1, 3.0)}
    assert old.updated(Result("sid", {"haproxy": "1"}, later)).outcomes == {**old.outcomes, **later}
    assert old.updated(Result("sid", {"haproxy": "2"}, later)).outcomes == later


def test_choosing():
    assert chosen("machine", ["sid", "bookworm"], MACHINES) == ["bookworm", "sid"]
    assert chosen("part", [], PARTS) == list(PARTS)
    with pytest.raises(UnknownNameError, match=r"no machine 'buster': choose from bookworm trixie sid"):
        chosen("machine", ["buster"], MACHINES)


def test_a_selection_reaches_the_parts_and_its_result_is_not_kept(monkeypatch, tmp_path):
    monkeypatch.setattr("integration.matrix.roots.CACHE", tmp_path)
    monkeypatch.setenv("ZOO", "-v basic-pair")
    assert environment()["ZOO"] == "-v basic-pair"
    keep(Result("sid", {}, {"zoo": Outcome(0, 1.0)}))
    assert last_results() == []
    monkeypatch.delenv("ZOO")
    keep(Result("sid", {}, {"zoo": Outcome(0, 1.0)}))
    assert [list(result.outcomes) for result in last_results()] == [["zoo"]]


def test_the_tree_of_a_machine_is_without_what_is_made_in_place(monkeypatch, tmp_path):
    source = tmp_path / "project"
    source.mkdir()
    subprocess.run(["git", "init", "-q", source], check=True)
    (source / "Makefile").write_text("")
    (source / ".mibs").symlink_to("/usr")
    monkeypatch.setattr("integration.matrix.machine.PROJECT", source)
    copy_tree(tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["Makefile"]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """Give a machine whose root file system is this one's."""
    (tmp_path / "root").symlink_to("/")
    yield Box("box", tmp_path / "root")
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def run(box: Box, command: str, seconds: float = 20.0) -> tuple[int | None, str]:
    out = box.root.parent / "out"
    with out.open("wb") as output:
        status = box.run(("sh", "-c", command), output, seconds, online=False)
    return status, out.read_text()


@pytest.mark.system
def test_a_machine_has_its_own_name_processes_network_and_run(box):
    status, shown = run(box, "hostname; ls -A /run; ls /sys/class/net; echo /proc/[0-9]*; exit 3")
    assert status == 3
    name, network, processes = shown.splitlines()
    assert (name, network) == ("box", "lo")
    assert len(processes.split()) <= 3


@pytest.mark.system
def test_a_machine_that_is_late_is_ended(box):
    mark = f"9876{os.getpid()}"
    status, _ = run(box, f"sleep {mark} & sleep {mark}", 1.0)
    assert status is None
    eventually(lambda: not running(mark), 5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=["KILL", "TERM", "INT"])
@pytest.mark.system
def test_nothing_is_left_when_its_program_is_ended(box, number):
    mark = f"9875{os.getpid()}{int(number)}"
    program = (
        "import sys; from pathlib import Path; from integration.matrix.machine import Box\n"
        "from integration.ending import end_in_order; end_in_order()\n"
        f"command = ('sh', '-c', 'setsid sleep {mark} & sleep {mark}')\n"
        f"Box('box', Path({str(box.root)!r})).run(command, sys.stdout.buffer, 60, online=False)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        eventually(lambda: len(running(f"sleep\0{mark}")) == 2, 10)
        started.send_signal(number)
    eventually(lambda: not running(mark), 5)


def running(mark: str) -> list[str]:
    """Return the processes whose command line has the mark."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in entry.read_bytes():
                found.append(entry.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
