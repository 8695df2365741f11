"""The four daemons started in each of the 24 orders: ours first, snmpd last, and all others."""

import itertools
import json

import pytest

from integration.dockerlab.lab import DAEMONS
from integration.netlab.plan import CONFIG, ROOT, VIRTUAL

pytestmark = pytest.mark.docker

HOST = "spare"
OURS = DAEMONS[-1]
HEALTH = f"{ROOT}.1.1.20.0"
ACTIVE, UNKNOWN = "1", "8"
WEB, WEB_HERE = "10.77.0.20", "10.77.1.20"

ASK = f"snmpget -v2c -cpublic -Oqv -t0.5 -r0 127.0.0.1 {HEALTH} 2>&1"
IN_ORDER = f"""
systemctl reset-failed
systemctl stop $1; systemctl stop {" ".join(DAEMONS)}
shift
systemctl start $1; systemctl start $2; systemctl start $3; systemctl start $4
first=
end=$((${{EPOCHREALTIME%.*}} + $5))
while ((${{EPOCHREALTIME%.*}} <= end)); do
  health=$({ASK})
  [[ $health = [0-9]* ]] && first=${{first:-$health}}
  [ "$health" = {ACTIVE} ] && haproxy-agentx status >/dev/null && exec echo well $first
  sleep 0.1
done
haproxy-agentx status
"""
"""A script of bash; its arguments: what is stopped first, the daemons in their order, seconds to get well in."""


@pytest.fixture(scope="module")
def served(running):
    """The host `spare`, with web servers, and a keepalived that becomes MASTER within a second."""
    running.start_extra(HOST)
    running.copy(CONFIG / "variants" / "fast.conf", HOST, "/etc/keepalived/variant.conf")
    running.shell(HOST, f"ip route replace {WEB} via {WEB_HERE}")
    assert run(running, OURS, DAEMONS, 10).startswith("well"), running.logs(HOST)
    yield running
    running.remove_extra(HOST)


def run(lab, first: str, order: tuple[str, ...], seconds: int) -> str:
    return lab.exec(HOST, "bash", "-c", IN_ORDER, "in-order", first, *order, str(seconds), check=False)


def events(lab) -> list[dict[str, object]]:
    shown = lab.exec(HOST, "haproxy-agentx", "events", "--json", "--limit", "500")
    return [json.loads(line) for line in shown.splitlines()]


def roles(told: list[dict[str, object]], instance: str) -> list[tuple[object, object]]:
    found = [one for one in told if (one["kind"], one["subject"]) == ("serviceFailover", instance)]
    return [(one["previous_role"], one["role"]) for one in found]


TRUE = (
    [],
    [("master", "backup"), ("backup", "master")],
    [("master", "stopped"), ("stopped", "backup"), ("backup", "master")],
)
"""What may be told of an instance in one order: keepalived is started anew, and ours sees more or less of it."""

CAUSES = {"operator", "agentRestarted", "priority"}
"""And why; `priority` where ours missed that keepalived came back, and believes its word for how it became MASTER."""


@pytest.mark.timeout(200)
def test_ours_is_well_within_five_seconds_in_whatever_order_all_start_and_tells_nothing_false(served):
    last = events(served)[-1]["sequence"]
    bad = {}
    for order in itertools.permutations(DAEMONS):
        said = run(served, OURS, order, 5)
        told = [one for one in events(served) if one["sequence"] > last]
        last = max([last, *(one["sequence"] for one in told)])
        failovers = [one for one in told if one["kind"] == "serviceFailover"]
        if (
            not said.startswith("well")
            or any(roles(told, instance) not in TRUE for instance in VIRTUAL)
            or {one["cause"] for one in failovers} - CAUSES
            or any(one["health"] in {"conflict", "unknown"} for one in told)
        ):
            bad[order] = said, told
    assert bad == {}


def test_what_nobody_can_know_is_unknown_until_keepalived_is_in_snmpd(served):
    """keepalived was started before snmpd, which it tries again after 15 s, and ours saw it stop and not start."""
    said = run(served, "keepalived", ("keepalived", "haproxy", "snmpd", OURS), 20)
    assert said.split() == ["well", UNKNOWN]
