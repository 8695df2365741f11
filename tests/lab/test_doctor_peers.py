"""What doctor says of a peer in the lab: the fault is made, what is printed is done, and the fault is gone."""

import json
import sys

import pytest

from integration.netlab import wait_for
from integration.netlab.plan import PROJECT

pytestmark = pytest.mark.lab

CONFIG = "/etc/haproxy-agentx/config.yaml"
SNMPD = "/etc/snmp/snmpd.conf"
HOST, OTHER = "lb1", "lb2"
OURS = ("env", f"PYTHONPATH={PROJECT}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-m", "haproxy_agentx")


def findings(pair) -> dict[str, str]:
    """Return the remedies of what doctor finds at peers, by code."""
    shown = pair.lab.exec(HOST, *OURS, "doctor", "--json", check=False)
    found = json.loads(shown)
    assert "PEER" in found["examined"]
    return {one["code"]: one["remedy"] for one in found["findings"] if "-PEER-" in one["code"]}


def await_only(pair, *codes: str) -> str:
    """Wait until these are the only findings; return the remedy of the last."""
    last: dict[str, str] = {}

    def is_so() -> bool:
        nonlocal last
        last = findings(pair)
        return set(last) == set(codes)

    wait_for(is_so, f"doctor finds {codes}", 30, lambda: f"{last} {pair.peer_state(HOST)}")
    return last[codes[-1]] if codes else ""


def change(pair, host: str, path: str, old: str, new: str) -> str:
    """Replace a text of a file; return what was in it before."""
    file = pair.lab.host(host).path(path)
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new))
    return before


def test_a_pair_that_is_well_has_no_finding(pair):
    await_only(pair)


def test_a_peer_whose_snmpd_does_not_run(pair):
    pair.lab.ctl(OTHER, "snmpd", "stop")
    assert f"on {OTHER}, start snmpd" in await_only(pair, "HAX-PEER-002")
    pair.lab.ctl(OTHER, "snmpd", "start")
    await_only(pair)


def test_a_peer_that_does_not_know_the_community(pair):
    change(pair, OTHER, SNMPD, "rocommunity public 10.78.0.0/24\n", "")
    pair.lab.ctl(OTHER, "snmpd", "restart")
    remedy = await_only(pair, "HAX-PEER-003")
    assert f"give snmpd.conf of {OTHER} a `rocommunity` with the community" in remedy
    assert "restart snmpd there" in remedy
    with pair.lab.host(OTHER).path(SNMPD).open("a") as file:
        file.write("rocommunity public 10.78.0.11\n")
    pair.lab.ctl(OTHER, "snmpd", "restart")
    await_only(pair)


def test_a_peer_on_which_the_daemon_does_not_run(pair):
    pair.lab.ctl(OTHER, "agent", "stop")
    assert f"start haproxy-agentx on {OTHER}" in await_only(pair, "HAX-PEER-004")
    pair.lab.ctl(OTHER, "agent", "start")
    await_only(pair)


@pytest.mark.parametrize(("address", "code"), [("10.77.0.100", "HAX-PEER-005"), ("10.78.0.11", "HAX-PEER-006")])
def test_an_address_that_is_no_other_nodes(pair, address, code):
    before = change(pair, HOST, CONFIG, "10.78.0.12:161", f"{address}:161")
    pair.lab.ctl(HOST, "agent", "reload")
    assert "config.yaml" in await_only(pair, code)
    pair.lab.host(HOST).path(CONFIG).write_text(before)
    pair.lab.ctl(HOST, "agent", "reload")
    await_only(pair)


def test_a_peer_that_does_not_read_this_node(pair):
    file = pair.lab.host(OTHER).path(CONFIG)
    before = file.read_text()
    file.write_text(before.partition("peers:")[0])
    pair.lab.ctl(OTHER, "agent", "reload")
    assert f"add this node to `peers` in config.yaml of {OTHER}" in await_only(pair, "HAX-PEER-007")
    file.write_text(before)
    pair.lab.ctl(OTHER, "agent", "reload")
    await_only(pair)
