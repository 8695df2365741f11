"""What is wrong is the same in haxAgent, in `status` and in its exit status."""

import itertools
import os
import socket
from concurrent.futures import ThreadPoolExecutor

from haproxy_agentx.health.instances import MAX_INSTANCES
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.root import ROOT
from tests.support.daemon import source
from tests.support.forged_traps import forged
from tests.support.ports import free_udp_port
from tests.support.wait import eventually

OIDS = {scalar.name: ".".join(map(str, schema.scalar_oid(scalar, ROOT))) + ".0" for scalar in schema.SCALARS}
V1_TRAP = bytes.fromhex("302702010004067075626c6963a41a06072b0601040192644004000000000201060201004301003000")
NONE, WARNING, CRITICAL = 1, 2, 3


def shown(snmpd) -> tuple[object, object, str]:
    """The number of problems, the severity and the text of the worst, in SNMP."""
    names = ("haxAgentProblems", "haxAgentProblemSeverity", "haxAgentProblemText")
    number, severity, text = (row.value for row in snmpd.get(*(OIDS[name] for name in names)))
    return number, severity, str(text)


def test_a_source_that_refuses_all_and_a_secret_that_all_can_read(daemon_factory, snmpd, haproxy, tmp_path):
    community = tmp_path / "community"
    community.write_text("public\n")
    community.chmod(0o644)
    port = free_udp_port()
    keepalived = {
        "fifo": "none",
        "traps": f"127.0.0.1:{port}",
        "snmp": {"address": f"127.0.0.1:{snmpd.port}", "community_file": str(community)},
    }
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], keepalived=keepalived, wait="registered")
    daemon.logs("WARNING", "community_file", "everybody on this machine can read the secret", "chmod 0640")
    eventually(lambda: daemon.status()["health"] == "active", 10)
    eventually(lambda: shown(snmpd)[:2] == (1, WARNING), 5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(V1_TRAP, ("127.0.0.1", port))
        eventually(lambda: shown(snmpd)[0] == 2, 5)  # whoever has sent it is looked up: it must still be there
    assert "trap2sink" in shown(snmpd)[2]
    done = daemon.cli("status")
    assert done.returncode == 1
    assert "keepalived-traps refuses all messages: 1 messages in a row: a notification of SNMPv1" in done.stdout
    assert "chmod 0640" in done.stdout
    haproxy.close()
    eventually(lambda: shown(snmpd)[1] == CRITICAL, 10)
    assert daemon.cli("status").returncode == 2
    assert [one["severity"] for one in daemon.status()["problems"]][:1] == ["critical"]


def test_more_instances_than_notifications_may_make_known(daemon_factory, snmpd, haproxy):
    port = free_udp_port()
    keepalived = {"fifo": "none", "traps": f"127.0.0.1:{port}"}
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], keepalived=keepalived, wait="registered")
    assert snmpd.one(OIDS["haxAgentVrrpTrapsIgnored"]).value == 0
    names = itertools.count(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:

        def left_out() -> int:
            sender.sendto(forged(f"VI_{next(names)}", 1), ("127.0.0.1", port))
            return int(snmpd.one(OIDS["haxAgentVrrpTrapsIgnored"]).value)

        eventually(left_out, 60)
    assert next(names) - 1 > MAX_INSTANCES
    found = next(one for one in daemon.status()["problems"] if "were ignored" in one["text"])
    assert found["severity"] == "warning"
    assert "keepalived.snmp" in found["text"]
    assert daemon.status()["traps_ignored"]["number"] == snmpd.one(OIDS["haxAgentVrrpTrapsIgnored"]).value
    daemon.configure(keepalived={"fifo": "none", "traps": "none"})
    daemon.hup()
    daemon.logs("configuration reloaded")
    assert snmpd.one(OIDS["haxAgentVrrpTrapsIgnored"]).value >= 1, "a reload does not count anew"


def test_more_instances_than_lines_of_the_fifo_may_make_known(daemon_factory, snmpd, haproxy, tmp_path):
    fifo = tmp_path / "vrrp.fifo"
    os.mkfifo(fifo, 0o600)
    keepalived = {"fifo": str(fifo), "traps": "none"}
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], keepalived=keepalived, wait="registered")
    refused = snmpd.one(OIDS["haxAgentInputsRefused"]).value
    with fifo.open("r+b", buffering=0) as writer:
        eventually(lambda: {"name": "fifo", "state": "ok"}.items() <= daemon.status()["sources"][-1].items())
        writer.write(b"".join(b'INSTANCE "VI_%d" BACKUP 100\n' % number for number in range(MAX_INSTANCES + 3)))
        eventually(lambda: snmpd.one(OIDS["haxAgentInputsRefused"]).value == refused + 3)
        found = next(one for one in daemon.status()["problems"] if "were ignored" in one["text"])
    assert found["text"].startswith("3 lines of keepalived's FIFO")
    assert (found["severity"], len(daemon.status()["vrrp"])) == ("warning", MAX_INSTANCES)


def test_the_age_of_the_oldest_event(daemon_factory, snmpd, haproxy):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)])
    assert snmpd.one(OIDS["haxAgentOldestEventAge"]).value == 0
    snmpd.freeze()
    try:
        with ThreadPoolExecutor() as pool:
            pool.submit(daemon.cli, "trap-test")
            eventually(lambda: daemon.status()["events"]["oldest_age"] > 0.5, 5)
            snmpd.thaw()
    finally:
        snmpd.thaw()
    eventually(lambda: daemon.status()["events"]["oldest_age"] == 0, 20)
