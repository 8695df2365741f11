"""The four daemons started in each of the 24 orders: ours first, snmpd last, and all others."""

import itertools
import json

import pytest

from integration.dockerlab.lab import DAEMONS
from integration.netlab import wait_for
from integration.netlab.plan import CONFIG, ROOT, VIRTUAL

pytestmark = pytest.mark.docker

HOST = "spare"
OURS = DAEMONS[-1]
HEALTH = f"{ROOT}.1.1.20.0"
ACTIVE = "1"
WEB, WEB_HERE = "10.77.0.20", "10.77.1.20"

ASK = f"snmpget -v2c -cpublic -Oqv -t0.5 -r0 127.0.0.1 {HEALTH} 2>&1"
IN_ORDER = f"""
systemctl reset-failed
systemctl stop {OURS}
systemctl stop {" ".join(DAEMONS)}
systemctl start $1; systemctl start $2; systemctl start $3; systemctl start $4
end=$((${{EPOCHREALTIME%.*}} + $5))
while ((${{EPOCHREALTIME%.*}} <= end)); do
  health=$({ASK})
  [ "$health" = {ACTIVE} ] && haproxy-agentx status >/dev/null && exec echo well
  sleep 0.1
done
haproxy-agentx status
"""
"""A script of bash; its arguments are the daemons in their order, and seconds to get well in. haxHealth says it all.

Ours is stopped first: keepalived takes 15 s to come to a snmpd that was started after it, and until then ours may have
nothing but what it knew when it ended, which is not that keepalived was being stopped.
"""


@pytest.fixture(scope="module")
def served(running):
    """The host `spare`, with web servers, and a keepalived that becomes MASTER within a second."""
    running.start_extra(HOST)
    running.copy(CONFIG / "variants" / "fast.conf", HOST, "/etc/keepalived/variant.conf")
    running.shell(HOST, f"ip route replace {WEB} via {WEB_HERE}")
    assert run(running, DAEMONS, 10) == "well\n", running.logs(HOST)
    yield running
    running.remove_extra(HOST)


def run(lab, order: tuple[str, ...], seconds: int) -> str:
    return lab.exec(HOST, "bash", "-c", IN_ORDER, "in-order", *order, str(seconds), check=False)


def roles(lab, behind: int) -> dict[str, list[tuple[str, str]]]:
    """Each change of the role of each instance that was told behind an event."""
    shown = lab.exec(HOST, "haproxy-agentx", "events", "--json", "--limit", "500")
    events = [json.loads(line) for line in shown.splitlines()]
    reported = [event for event in events if event["sequence"] > behind and event["kind"] == "serviceFailover"]
    return {
        name: [(event["previous_role"], event["role"]) for event in reported if event["subject"] == name]
        for name in VIRTUAL
    }


TRUE = {("master", "stopped"), ("stopped", "backup"), ("master", "backup"), ("backup", "master")}
"""What may be told: keepalived is started anew in each order, and ours sees all, some or nothing of it."""


@pytest.mark.timeout(200)
def test_ours_is_well_within_five_seconds_in_whatever_order_all_start_and_tells_nothing_false(served):
    last = served.status(HOST)["events"]["last"]
    said = {order: run(served, order, 5) for order in itertools.permutations(DAEMONS)}
    assert {order: text for order, text in said.items() if text != "well\n"} == {}

    def settled() -> dict[str, list[tuple[str, str]]] | None:
        reported = roles(served, last)
        return reported if all(changes[-1:] in ([], [("backup", "master")]) for changes in reported.values()) else None

    for changes in wait_for(settled, "what was told last is MASTER", 5, lambda: served.logs(HOST)).values():
        assert len(changes) <= 3 * len(said)
        assert set(changes) <= TRUE
        assert all(before[1] == after[0] for before, after in itertools.pairwise([("", "master"), *changes]))
