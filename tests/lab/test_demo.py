"""`make demo`: runs to its end in less than a minute, piped as well, and leaves nothing."""

import subprocess
import sys
import time

import pytest

from integration.netlab.plan import PROJECT
from integration.netlab.state import DIRECTORY

pytestmark = pytest.mark.lab


def test_the_demo_shows_all_steps(keeper):
    keeper.down()
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "integration.demo"], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 60
    assert "\x1b" not in done.stdout  # no colour in a pipe
    for text in (
        "haxServerStatus.1.",
        "INTEGER: down(3)",
        "KEEPALIVED-MIB",
        "vrrpInstanceState.1 = INTEGER: master(2)",
        "lb1 SITE1            master    backup",
        "sink: lb2 vrrpInstanceStateChange SITE1 master",
        "haxSourceState of lb1 is ok again",
    ):
        assert text in done.stdout
    assert not (DIRECTORY / "demo.json").exists()


def test_without_the_right_it_says_so():
    without = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
    command = [*without, sys.executable, "-m", "integration.demo"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "root is needed" in done.stdout
    assert not (DIRECTORY / "demo.json").exists()
