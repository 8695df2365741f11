"""`make demo`: runs to its end in about a minute, piped as well, and leaves nothing."""

import re
import subprocess
import sys

import pytest

from integration.demo.picture import lines
from integration.netlab.plan import PROJECT
from integration.netlab.state import DIRECTORY

pytestmark = pytest.mark.lab

LONGEST = 600
"""Seconds on the clock after which it hangs."""

WORD = re.compile(r"[^\W\d_]{2,}")


def words(text: str) -> set[str]:
    return set(WORD.findall(text))


def test_the_demo_shows_all_steps(keeper):
    keeper.down()
    done = subprocess.run(
        [sys.executable, "-m", "integration.demo"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout  # no colour in a pipe
    assert done.stdout.count("✓ seen, the same") == 4  # each service on each node
    assert done.stdout.count("keepalived has sent no trap") == 3
    assert done.stdout.count("once each and in this order") == 2
    for text in (
        "notReady 0/5",
        "haxHealth.0 = INTEGER: active(1)",
        "haxHealth.0 = INTEGER: standby(2)",
        "haxPair.0 = INTEGER: redundant(1)",
        "✗ blackhole → ▲ standbyNotReady",
        "✓ redundant → ▲ notRedundant",
        "✓ redundant → ✗ notServed",
        "✓ redundant → ✗ dualActive",
        "✗ dualActive → ✓ redundant",
        "master → backup; keepalived's trap seen",
        "backup → master; keepalived's trap seen",
        "✓ active → ✗ blackhole",
        "✓ standby → ▲ standbyNotReady",
        "lb1# haproxy-agentx status",
        "lb1# haproxy-agentx events",
        "haxServerStatus.1.",
        "all of it",
    ):
        assert text in done.stdout, done.stdout
    for cause in (
        "haproxyGone:",
        "haproxyUnresponsive:",
        "noUsableBackend:",
        "recovered:",
        "peerReturned:",
        "roleDisputed:",
    ):
        assert cause in done.stdout
    _title, *shown = lines((PROJECT / "docs" / "demo.svg").read_text())
    picture = "\n".join(shown)
    assert words(picture) <= words(done.stdout), "docs/demo.svg is old: sudo make picture"
    assert len(words(picture)) > 80
    assert not (DIRECTORY / "demo.json").exists()


def test_a_step_that_fails_comes_with_the_logs(keeper):
    keeper.down()
    broken = (
        "import sys; from integration.demo import __main__ as demo; "
        "demo.Demo.failover = lambda self: self.manager.await_pair('fault', 'fault', 0.1); "
        "sys.exit(demo.main())"
    )
    command = [sys.executable, "-c", broken]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=LONGEST)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ not within 0.1 s: both services are fault on lb1 and fault on lb2" in done.stdout
    for log in ("agent.log", "keepalived.log", "haproxy.log", "traps.log"):
        assert log in done.stdout
    assert not (DIRECTORY / "demo.json").exists()


def test_without_the_right_it_says_so():
    without = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
    command = [*without, sys.executable, "-m", "integration.demo"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=LONGEST)
    assert done.returncode == 1
    assert "root is needed" in done.stdout
    assert not (DIRECTORY / "demo.json").exists()
