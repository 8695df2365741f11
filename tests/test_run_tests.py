"""The runner of the tests: each test runs once and counts, and repetitions end in a table."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.programs import ROOT
from tests.support.wait import HANG, eventually

TESTS = """
import pathlib
COUNT = pathlib.Path(__file__).with_name("count")

def test_good():
    pass

def test_at_times():
    before = COUNT.read_text() if COUNT.exists() else ""
    COUNT.write_text(before + "x")
    assert before
"""


ENDLESS = """
import pathlib, pytest, time
HERE = pathlib.Path(__file__).parent

@pytest.fixture
def resource():
    yield
    (HERE / "ended").touch()

def test_endless(resource):
    (HERE / "running").touch()
    time.sleep(600)
"""


def command(folder, *options):
    return [sys.executable, "-m", "tools.run_tests", *options, "-c", "/dev/null", str(folder / "test_it.py")]


def run(folder, *options):
    (folder / "test_it.py").write_text(TESTS)
    words = command(folder, *options)
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=4 * HANG)


def test_what_fails_is_run_once_and_counts(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 1, done.stdout
    assert done.stdout.endswith("\n1 passed, 1 failed\n")
    assert (tmp_path / "count").read_text() == "x"


@pytest.mark.system
def test_repetitions_beside_busy_loops_end_in_a_table(tmp_path):
    done = run(tmp_path, "--times", "3", "--busy", "1")
    assert done.returncode == 1, done.stdout
    assert "   1 of 3    test_it test_at_times\n" in done.stdout
    assert "test_good" not in done.stdout.partition("failed, of runs:")[2]
    assert done.stdout.endswith("\n5 passed, 1 failed\n")


def test_all_good_is_status_0(tmp_path):
    (tmp_path / "count").write_text("x")
    done = run(tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 passed, 0 failed")


# subprocess.run would kill pytest a quarter of a second after the interrupt, with all that it had started left behind.
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_who_interrupts_it_gets_no_traceback_and_pytest_ends_in_order(tmp_path, number, status):
    (tmp_path / "test_it.py").write_text(ENDLESS)
    pipe = subprocess.PIPE
    with subprocess.Popen(command(tmp_path), cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as running:
        eventually((tmp_path / "running").exists, HANG)
        os.kill(running.pid, number)
        printed, errors = running.communicate(timeout=HANG)
    assert running.returncode == status
    assert "Traceback" not in printed + errors
    assert (tmp_path / "ended").exists()
