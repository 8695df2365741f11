"""The lab that tests share: none gets what another one has broken, and one failure fails one test."""

import signal
import subprocess
import sys

import pytest

from integration.netlab import control
from integration.netlab.plan import PROJECT
from integration.netlab.processes import send

pytestmark = pytest.mark.lab


def get(keeper):
    return keeper.get("fast", agent=False, mended=True)


def test_one_that_is_well_is_shared(keeper):
    first = get(keeper)
    first.ctl("lb1", "haproxy", "stop")
    first.wait_served("lb2")
    first.ctl("lb1", "haproxy", "start")
    first.wait_served("lb1")
    assert first.complaint() == ""
    assert get(keeper) is first
    assert keeper.get("fast", agent=False) is not first


def stopped(lab):
    send(control.processes(lab.host("lb2"), control.find("lb2", "keepalived")), signal.SIGSTOP)


def killed(lab):
    send(control.processes(lab.host("sink"), control.find("sink", "traps")), signal.SIGKILL)


def changed(lab):
    lab.host("lb1").path("/etc/haproxy/haproxy.cfg").write_text("")


def moved(lab):
    lab.ctl("lb1", "haproxy", "stop")
    lab.wait_served("lb2")


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (stopped, "lb2: keepalived does not run"),
        (killed, "sink: traps does not run"),
        (changed, "haproxy.cfg was changed"),
        (moved, "lb1: haproxy does not run"),
    ],
)
def test_one_that_is_broken_is_replaced(keeper, broken, complaint):
    first = get(keeper)
    broken(first)
    assert first.complaint() == complaint
    second = get(keeper)
    assert second is not first
    assert second.complaint() == ""


FAILING = """
def test_that_fails(bare_lab):
    raise AssertionError

def test_behind_it(keeper, bare_lab):
    assert keeper.count == 2, "another lab"
"""


def test_one_failure_fails_one_test(keeper, tmp_path):
    keeper.down()  # this machine has enough to do with theirs
    (tmp_path / "test_it.py").write_text(FAILING)
    words = ("-q", "-p", "tests.support.lab_fixtures", "--rootdir", str(tmp_path), "-c", "/dev/null", str(tmp_path))
    command = [sys.executable, "-m", "pytest", *words]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=99)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
