"""The pack for SNMPTT, with the real snmptt behind a real snmptrapd, on the traps of the lab."""

from contextlib import contextmanager

import pytest

from integration.packs.files import FOLDER
from tests.support.sink_receiver import trap_receiver
from tests.support.wait import eventually

CONF = FOLDER / "snmptt" / "snmptt.conf.haproxy-agentx"
INI = """
[General]
mode = standalone
multiple_event = 1
dns_enable = 0
net_snmp_perl_enable = 0
mibs_environment = {modules}
wildcard_expansion_separator = " "
[Logging]
stdout_enable = 0
log_enable = 1
log_file = {folder}/snmptt.log
unknown_trap_log_enable = 1
unknown_trap_log_file = {folder}/unknown.log
statistics_interval = 0
syslog_enable = 0
[SQL]
[Exec]
exec_enable = 0
[Debugging]
DEBUGGING = 0
[TrapFiles]
snmptt_conf_files = <<END
{conf}
END
"""
MODULES = "HAPROXY-AGENTX-MIB:KEEPALIVED-MIB"


@contextmanager
def receiver(lab, folder, modules):
    """Run snmptrapd where the trap sink forwards to; it hands each trap to snmptt."""
    (folder / "snmptt.ini").write_text(INI.format(folder=folder, conf=CONF, modules=modules))
    configuration = (
        f"authCommunity log,execute,net public\ntraphandle default /usr/sbin/snmptt --ini={folder}/snmptt.ini\n"
    )
    with trap_receiver(lab, folder, configuration, modules, "-On"):
        yield


def written(folder, name):
    file = folder / name
    return file.read_text() if file.exists() else ""


@pytest.mark.parametrize("modules", ["", MODULES], ids=["without MIBs", "with MIBs"])
@pytest.mark.parametrize("lab", ["base"], indirect=True)
def test_an_outage_is_logged_as_critical_with_its_cause_and_then_as_cleared(lab, tmp_path, modules):
    with receiver(lab, tmp_path, modules):
        lab.ctl("lb1", "haproxy", "freeze")
        begun = eventually(lambda: lines(tmp_path, "CRITICAL"), 60, 0.2)
        assert any("service SITE1: health" in line and "no answer within" in line for line in begun), begun
        lab.ctl("lb1", "haproxy", "thaw")
        ended = eventually(lambda: lines(tmp_path, "CLEARED"), 60, 0.2)
        assert any("service SITE1: health" in line for line in ended), ended
        lab.ctl("lb1", "haproxy", "stop")
        eventually(
            lambda: any(
                "service SITE1: master -> backup" in line or "service SITE1: 2 -> 3" in line
                for line in lines(tmp_path, "MAJOR")
            ),
            60,
            0.2,
        )
        eventually(lambda: any("VRRP instance" in line for line in lines(tmp_path, "INFORMATIONAL")), 60, 0.2)
    assert written(tmp_path, "unknown.log").count(".8404.") == 0


def lines(folder, severity):
    return [line for line in written(folder, "snmptt.log").splitlines() if f" {severity} " in line]
