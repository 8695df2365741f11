"""docs/oid.md, 'Moving the root': its configuration and its commands, with a real snmpd and the net-snmp tools."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

from haproxy_agentx.agentx import oid
from haproxy_agentx.objects.root import ROOT as DEFAULT
from tests.support import mibs
from tests.support.daemon import OID, source
from tests.support.programs import ROOT
from tests.support.snmptrapd import Snmptrapd
from tests.support.wait import eventually

SECTION = (ROOT / "docs" / "oid.md").read_text().partition("\n## Moving the root\n")[2].partition("\n## ")[0]
CONFIGURATION, COMMANDS = re.findall(r"```(?:yaml)?\n(.*?)```", SECTION, re.DOTALL)
MOVED = yaml.safe_load(CONFIGURATION)["root"]
MIB, GET = map(shlex.split, COMMANDS.splitlines())


@pytest.fixture
def module(tmp_path):
    """The module as the first command writes it; its folder has another one, with the default root, to be misled by."""
    assert (MIB[0], MIB[-2]) == ("haproxy-agentx", ">")
    command = [sys.executable, "-m", "haproxy_agentx", *MIB[1:-2]]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    path = tmp_path / MIB[-1]
    path.write_text(done.stdout)
    (tmp_path / "installed").mkdir()
    shutil.copy(mibs.MODULE, tmp_path / "installed" / mibs.MODULE.name)
    return path


@pytest.fixture
def ask(module, snmpd):
    """Run the second command, for another object where one is named, and return what it prints."""
    folders = f"{mibs.folders(module)}:{module.parent / 'installed'}"

    def run(*names, options=()):
        command = [word.replace("127.0.0.1", f"127.0.0.1:{snmpd.port}").replace("lbmonitor", "public") for word in GET]
        command[-1:] = names or command[-1:]
        done = subprocess.run(
            [command[0], *options, *command[1:]],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=module.parent,
            env={**os.environ, "MIBDIRS": folders},
        )
        return done.stdout

    return run


def test_both_names_of_the_root_are_one():
    assert MIB[MIB.index("--root") + 1] == MOVED != oid.dotted(DEFAULT)


def test_the_moved_root_is_served_under_its_names(snmpd, haproxy, daemon_factory, ask):
    daemon_factory(snmpd.agentx, [source("local", haproxy.path)], root=MOVED)
    eventually(lambda: "active(1)" in ask(), 10)
    assert ask().startswith("HAPROXY-AGENTX-MIB::haxHealth.0 = INTEGER: ")
    assert ask("HAPROXY-AGENTX-MIB::haxHealth.0", options=["-On"]).startswith(f".{MOVED}.1.1.20.0 = ")
    assert {row.type for row in snmpd.get(f"{OID}.1.1.20.0")} == {"noSuchObject"}


def test_a_notification_of_the_moved_root_has_its_names(tmp_path, module, snmpd_factory, haproxy, daemon_factory):
    with Snmptrapd(tmp_path / "sink", (mibs.folders(module), "HAPROXY-AGENTX-MIB")) as sink:
        snmpd = snmpd_factory(sink.sinks())
        daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], root=MOVED)
        assert daemon.cli("trap-test").returncode == 0
        eventually(lambda: any("HAPROXY-AGENTX-MIB::haxTest" in trap[1].text for trap in sink.traps()), 10)
