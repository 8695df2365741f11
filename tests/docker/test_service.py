"""haproxy-agentx as a service of systemd, beside the distribution's own: commands, rights, watchdog, journal.

On lb2, which does not serve: nothing fails over while its daemons stop and start.
"""

import json
import re

import pytest

from integration.dockerlab.lab import DAEMONS
from integration.netlab import wait_for

pytestmark = pytest.mark.docker

HOST = "lb2"
OURS = "haproxy-agentx"
CONFIG = "/etc/haproxy-agentx/config.yaml"
DENIED = re.compile(r"denied|not permitted|EPERM|EACCES|Traceback|audit|seccomp", re.IGNORECASE)
WELL = 5.0
"""Seconds in which everything is well after a fault has gone."""


def pid(lab, unit: str = OURS) -> int:
    return int(lab.systemctl(HOST, "show", "-P", "MainPID", unit))


def well(lab, seconds: float = WELL) -> None:
    wait_for(lambda: lab.is_well(HOST), f"{OURS} is well on {HOST}", seconds, lambda: lab.logs(HOST))


# --- commands


@pytest.mark.parametrize("unit", DAEMONS)
def test_stop_and_start(lab, unit):
    rows = lab.table(HOST, "haxServerName")
    assert len(rows) == 5
    lab.systemctl(HOST, "stop", unit)
    states = dict(zip(DAEMONS, lab.systemctl(HOST, "is-active", *DAEMONS, check=False).split(), strict=True))
    assert states == {name: "inactive" if name == unit else "active" for name in DAEMONS}
    if unit != "keepalived":
        wait_for(lambda: not lab.is_well(HOST), f"without {unit}, status says so", WELL)
    lab.systemctl(HOST, "start", unit)
    well(lab)
    assert lab.table(HOST, "haxServerName") == rows


@pytest.mark.parametrize("unit", DAEMONS)
def test_restart_and_reload(lab, unit):
    rows = lab.table(HOST, "haxServerName")
    before = pid(lab, unit)
    lab.systemctl(HOST, "reload", unit)
    well(lab)
    assert pid(lab, unit) == before
    lab.systemctl(HOST, "restart", unit)
    well(lab)
    assert pid(lab, unit) != before
    assert lab.table(HOST, "haxServerName") == rows


def test_a_reload_of_a_bad_configuration_changes_nothing_and_tells_it(lab):
    before = pid(lab)
    lab.shell(HOST, f"cp {CONFIG} /root/good; echo 'nonsense: 1' >>{CONFIG}")
    try:
        lab.systemctl(HOST, "reload", OURS)
        wait_for(lambda: "not reloaded" in "\n".join(lab.journal(HOST, OURS, "-n20")), "the journal says it", WELL)
        assert lab.systemctl(HOST, "is-active", OURS) == "active"
        assert pid(lab) == before
        assert len(lab.table(HOST, "haxServerName")) == 5
    finally:
        lab.shell(HOST, f"cp /root/good {CONFIG}; systemctl reload {OURS}")


def test_a_start_with_a_bad_configuration_fails_once_and_says_why(lab):
    lab.shell(HOST, f"cp {CONFIG} /root/good; echo 'nonsense: 1' >>{CONFIG}")
    try:
        lab.systemctl(HOST, "restart", OURS, check=False)
        assert lab.systemctl(HOST, "is-active", OURS, check=False) == "failed"
        assert lab.systemctl(HOST, "show", "-P", "NRestarts", OURS) == "0"
        assert any("nonsense" in line for line in lab.journal(HOST, OURS, "-n20"))
    finally:
        lab.shell(HOST, f"cp /root/good {CONFIG}; systemctl restart {OURS}")


# --- rights


def test_the_unit_is_hardened_and_everything_works(lab):
    shown = lab.exec(HOST, "systemd-analyze", "security", "--no-pager", OURS)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", shown)
    assert found, shown
    assert float(found[1]) <= 1.5, shown
    lab.systemctl(HOST, "restart", OURS)
    well(lab)
    assert len(lab.table(HOST, "haxServerStatus")) == 5
    # sockets, netlink, the FIFO, keepalived's traps and its MIB
    sources = {source["name"]: source["state"] for source in lab.status(HOST)["sources"]}
    assert sources == dict.fromkeys(("local", "kernel", "fifo", "keepalived-traps", "keepalived-mib"), "ok")
    said = json.loads(lab.exec(HOST, "haproxy-agentx", "trap-test", "--json"))
    assert said["problem"] is None, said
    invocation = lab.systemctl(HOST, "show", "-P", "InvocationID", OURS)
    lines = lab.exec(HOST, "journalctl", "-q", "--no-pager", "-o", "cat", f"_SYSTEMD_INVOCATION_ID={invocation}")
    assert "listening at 127.0.0.1:1162" in lines
    assert [line for line in lines.splitlines() if DENIED.search(line)] == []


def test_the_hardening_is_real(lab):
    """Without CAP_SYS_ADMIN systemd runs units without it, and says nothing."""
    number = pid(lab)
    status = dict(line.split(":\t", 1) for line in lab.exec(HOST, "cat", f"/proc/{number}/status").splitlines())
    assert status["Uid"].split() == [lab.exec(HOST, "id", "-u", OURS).strip()] * 4
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    # its file systems as it sees them; entering its namespace needs a right that the container does not have
    lines = lab.exec(HOST, "cat", f"/proc/{number}/mountinfo").splitlines()
    mounts = {place: options for _, _, _, _, place, options, *_ in map(str.split, lines)}
    assert mounts["/"].startswith("ro,")
    assert mounts["/home"].startswith("ro,")
    assert mounts["/var/lib/haproxy-agentx"].startswith("rw,")


# --- watchdog


def test_a_frozen_daemon_is_killed_by_the_watchdog_and_started_again(lab, measured):
    before = pid(lab)
    began = float(lab.exec(HOST, "cut", "-d ", "-f1", "/proc/uptime"))
    lab.exec(HOST, "kill", "-STOP", str(before))
    wait_for(lambda: pid(lab) not in (0, before), "another process", 25, lambda: lab.logs(HOST))
    well(lab)
    measured("frozen, killed and well again", float(lab.exec(HOST, "cut", "-d ", "-f1", "/proc/uptime")) - began)
    assert any("Watchdog timeout" in line for line in lab.journal(HOST, OURS, "-n20"))
    assert lab.systemctl(HOST, "show", "-P", "NRestarts", OURS) == "1"


# --- journal


def test_lines_of_the_journal_have_their_priority_and_no_time_of_their_own(lab):
    lab.systemctl(HOST, "stop", "haproxy")
    wait_for(lambda: not lab.is_well(HOST), "without haproxy, status says so", WELL)
    shown = lab.exec(HOST, "journalctl", "-q", "--no-pager", "-o", "json", f"_SYSTEMD_UNIT={OURS}.service")
    entries = [json.loads(line) for line in shown.splitlines()]
    ours = [entry for entry in entries if entry["SYSLOG_IDENTIFIER"] == OURS]
    assert ours
    for entry in ours:
        assert entry["PRIORITY"] in {"3", "4", "6"}, entry
        assert not re.match(r"<\d>|\d{4}-\d\d-\d\d", entry["MESSAGE"]), entry
        assert "Traceback" not in entry["MESSAGE"], entry
    by_text = {entry["MESSAGE"]: entry["PRIORITY"] for entry in ours}
    assert by_text["registered with the AgentX master at /var/agentx/master"] == "6"
    assert any("ro.sock" in text and priority == "4" for text, priority in by_text.items()), by_text
