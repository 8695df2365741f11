"""Reloads and old workers of a real HAProxy with a master process, through snmpd; its master is no part of health."""

import json

from tests.support.daemon import source
from tests.support.expected import Mib
from tests.support.real_haproxy import RealHaproxy, ask

NOT_RELOADED, SUCCEEDED, FAILED = 1, 2, 3


def test_the_master_process_by_snmp(daemon_factory, snmpd, folder):
    mib = Mib()

    def cell(end: str) -> object:
        (row,) = snmpd.get(f"{mib.oids[f'haxProcess{end}']}.1")
        return row.value

    held = "  timeout client 300s"  # an old worker stays for as long as a client of it is looked at
    with RealHaproxy(folder, master=True, more=held) as haproxy:
        local = source("local", haproxy.user, master_socket=haproxy.master)
        daemon = daemon_factory(snmpd.agentx, [local])
        daemon.eventually(lambda: (cell("ReloadResult"), cell("OldWorkers")) == (NOT_RELOADED, 0), within=15)
        assert cell("PeersDown") is None
        good = (folder / "haproxy.cfg").read_text()
        (folder / "haproxy.cfg").write_text(good + "\nnonsense\n")
        haproxy.reload()
        daemon.eventually(lambda: cell("ReloadResult") == FAILED, within=20)
        assert cell("OldWorkers") == 0
        assert daemon.source("local")["reload_result"] == "failed"
        (folder / "haproxy.cfg").write_text(good)
        with haproxy.held():
            haproxy.reload()
            daemon.eventually(lambda: (cell("ReloadResult"), cell("OldWorkers")) == (SUCCEEDED, 1), within=20)
        health = daemon.status()["health"]
        (folder / "master.sock").rename(folder / "moved.sock")
        daemon.eventually(lambda: daemon.state("local/master") == "absent", within=20)
        assert (cell("ReloadResult"), cell("OldWorkers")) == (None, None)
        assert (daemon.status()["health"], daemon.state("local")) == (health, "ok")
        states = snmpd.bulkwalk(mib.oids["haxSourceState"])
        assert [row.value for row in states if row.oid.endswith(".201")] == [5]
        shown = json.loads(daemon.cli("status", "--json").stdout)
        assert any("correct `master_socket`" in problem["text"] for problem in shown["problems"])
        assert ask(haproxy.user, "show info")
