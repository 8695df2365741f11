"""``events`` and ``trap-test`` with the real daemon behind a real snmpd."""

import json

from tests.support.daemon import OID, RECOVERY, source
from tests.support.wait import eventually


def reported(daemon) -> list[dict[str, object]]:
    """Give the log, as ``events --json`` prints it."""
    done = daemon.cli("events", "--json", "--limit", "5000")
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_test_is_acknowledged_and_in_the_log(daemon):
    done = daemon.cli("trap-test")
    assert (done.returncode, done.stderr) == (0, "")
    assert "snmpd has acknowledged it in " in done.stdout
    (event,) = [event for event in reported(daemon) if event["kind"] == "test"]
    assert event["delivery"] == "acknowledged"
    assert event["tries"] == 1
    assert f"event {event['sequence']}: " in done.stdout
    shown = daemon.cli("events")
    assert shown.returncode == 0
    assert "haproxy-agentx trap-test: nothing has happened; acknowledged" in " ".join(shown.stdout.split())
    assert daemon.status()["events"]["last"] == event["sequence"]


def test_tests_have_numbers_without_holes_that_go_on_after_a_restart(daemon):
    first = json.loads(daemon.cli("trap-test", "--json").stdout)
    daemon.restart()
    second = json.loads(daemon.cli("trap-test", "--json").stdout)
    assert first["problem"] is second["problem"] is None
    assert second["sequence"] > first["sequence"]
    assert [event["sequence"] for event in reported(daemon)] == list(range(1, second["sequence"] + 1))


# How far an event has come is shown at once, however seldom HAProxy is read.
def test_a_test_is_a_row_of_the_event_table_at_once(daemon_factory, snmpd, haproxy):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path, interval="1h")])
    number = json.loads(daemon.cli("trap-test", "--json").stdout)["sequence"]
    delivery, acknowledged = 21, 3
    eventually(lambda: snmpd.one(f"{OID}.1.11.1.{delivery}.{number}").value == acknowledged, 0.5)


def test_a_frozen_master_is_told(daemon, snmpd):
    snmpd.freeze()
    try:
        done = daemon.cli("trap-test")
    finally:
        snmpd.thaw()
    assert done.returncode == 1
    assert "snmpd" in done.stderr
    eventually(lambda: reported(daemon)[-1]["delivery"] == "acknowledged", 2 * RECOVERY)


def test_the_screen_of_a_node_without_keepalived(daemon):
    done = daemon.cli("status")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[1].split()[:2] == ["service", "health"]
    assert "  kernel " in done.stdout


def test_check_config_of_the_configuration_it_runs_with(daemon):
    done = daemon.cli("check-config")
    assert done.returncode == 0
    assert "  fifo: none\n" in done.stdout.replace("    ", "  ")
