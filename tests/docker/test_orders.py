"""The four daemons started in each of the 24 orders: ours first, snmpd last, and all others."""

import itertools

import pytest

from integration.dockerlab.lab import DAEMONS
from integration.netlab.plan import ROOT

pytestmark = pytest.mark.docker

SOURCE_STATE = f"{ROOT}.1.2.1.5.1"
OK = "1"
IN_ORDER = f"""
systemctl reset-failed
systemctl stop {" ".join(DAEMONS)}
systemctl start $1; systemctl start $2; systemctl start $3; systemctl start $4
for _ in $(seq 50); do
  state=$(snmpget -v2c -cpublic -Oqv -t0.5 -r0 127.0.0.1 {SOURCE_STATE} 2>&1)
  [ "$state" = {OK} ] && exec echo well
  sleep 0.1
done
haproxy-agentx status
"""
"""A script of bash; its arguments are the daemons in their order. haxSourceState of the first source says it all."""


@pytest.mark.timeout(300)
def test_ours_is_well_within_five_seconds_in_whatever_order_all_start(spare):
    said = {
        order: spare.exec("spare", "bash", "-c", IN_ORDER, "in-order", *order, check=False)
        for order in itertools.permutations(DAEMONS)
    }
    assert {order: text for order, text in said.items() if text != "well\n"} == {}
