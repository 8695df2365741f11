"""``rehearse``: a failover and its return with real programs, and what is found to be in the way."""

import json
import subprocess
import threading

import pytest

from haproxy_agentx.cli.rehearse import RehearsalStatus
from integration.netlab.plan import VIRTUAL
from tests.support.pair_lab import OURS

pytestmark = pytest.mark.lab

SITE = "SITE1"
STOP = "sh -c 'kill $(cat /run/keepalived.pid)'"


class Rehearsal:
    """A rehearsal that runs on a node; ``said`` is what it has printed beside its report."""

    def __init__(self, pair, host, *words):
        argv = [*OURS, "rehearse", SITE, "--json", *words]
        self._running = subprocess.Popen(
            pair.lab.host(host).command(*argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._watchdog = threading.Timer(150, self._running.kill)
        self._watchdog.start()
        self.said = ""

    def await_line(self, words):
        """Read on until a line with these words."""
        for line in self._running.stderr:
            self.said += line
            if words in line:
                return
        raise AssertionError(f"ended without '{words}': {self.said} {self._running.stdout.read()}")

    def report(self):
        """Return the report and the exit status."""
        out, err = self._running.communicate()
        self._watchdog.cancel()
        self.said += err
        return json.loads(out), self._running.returncode


def causes(leg, node):
    """Return the causes of the failovers that a node reported."""
    found = [one for one in leg["events"] if (one["node"], one["subject"]) == (node, SITE)]
    return [(one["role"], one["cause"]) for one in found if one["kind"] == "serviceFailover"]


def test_a_failover_and_its_return_are_watched(pair):
    pair.lab.disturbed = True
    rehearsal = Rehearsal(pair, "lb1", "--yes", "--probe", f"{VIRTUAL[SITE]}:80", "--command", STOP, "--back")
    rehearsal.await_line("now have lb1 take the service back from lb2")
    pair.lab.ctl("lb1", "keepalived", "start")
    report, status = rehearsal.report()
    there, back = report["legs"]
    assert (there["verdict"], there["from"], there["to"]) == ("moved", "lb1", "lb2"), rehearsal.said
    assert (back["verdict"], back["from"], back["to"]) == ("moved", "lb2", "lb1"), rehearsal.said
    assert there["command_status"] == 0
    assert causes(there, "lb1")[0] == ("master -> stopped", "operator")
    assert causes(there, "lb2")[0][0] == "backup -> master"
    assert causes(back, "lb1")[0][0] == "stopped -> backup"
    assert [causes(back, name)[-1][0] for name in ("lb1", "lb2")] == ["backup -> master", "master -> backup"]
    for leg in (there, back):
        assert [words for words in leg["lost"] if "not acknowledged yet" not in words] == []
        assert leg["without_service"]["asked"] > 10
        assert leg["seconds_to_serve"] >= leg["seconds_to_leave"] >= 0
    assert status == (RehearsalStatus.good if there["good"] and back["good"] else RehearsalStatus.bad)


def test_a_command_that_moves_nothing_is_reported(pair):
    report, status = Rehearsal(pair, "lb2", "--yes", "--command", "sh -c 'exit 3'", "--wait", "3s").report()
    (leg,) = report["legs"]
    assert (leg["verdict"], leg["to"], leg["command_status"], leg["events"]) == ("not_moved", None, 3, [])
    assert status == RehearsalStatus.bad


def test_nothing_is_done_while_the_other_node_could_not_take_over(pair):
    pair.lab.ctl("lb2", "haproxy", "kill9")
    pair.await_states("notRedundant", "notRedundant", 20)
    rehearsal = Rehearsal(pair, "lb1", "--yes", "--command", STOP)
    report, status = rehearsal.report()
    refused = {one["name"] for one in report["prechecks"] if one["grade"] == "refused"}
    assert {"other node", "pair"} <= refused
    assert "legs" not in report
    assert status == RehearsalStatus.not_begun
    assert pair.lab.holders() == ["lb1"]


def test_nothing_is_done_without_consent(pair):
    report, status = Rehearsal(pair, "lb1", "--command", STOP).report()
    assert "legs" not in report
    assert status == RehearsalStatus.not_begun
    assert pair.lab.holders() == ["lb1"]


@pytest.mark.parametrize(("weight", "grade"), [("-60", "ok"), ("-40", "refused")])
def test_the_priorities_of_both_files_are_computed(pair, weight, grade):
    other = pair.lab.host("lb1").path("/tmp/other.conf")
    here = pair.lab.host("lb1").path("/etc/keepalived/variant.conf")
    kept = here.read_text()
    theirs = pair.lab.host("lb2").path("/etc/keepalived/keepalived.conf").read_text()
    other.write_text(theirs.replace("$WEIGHT", weight))
    here.write_text(kept.replace("-60", weight))
    try:
        report, _ = Rehearsal(pair, "lb1", "--other", "/tmp/other.conf").report()
    finally:
        here.write_text(kept)
    found = next(one for one in report["prechecks"] if one["name"] == "priorities")
    assert found["grade"] == grade, found
