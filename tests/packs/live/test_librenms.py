"""The pack for LibreNMS: its handler with real traps, by PHP with a stand-in for the classes of LibreNMS; its sensors,
in data of the lab that snmpsim serves.
"""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from integration.netlab.plan import ADDRESSES, PROJECT
from integration.packs.files import FOLDER
from integration.packs.mib import Mib
from tests.support.sink_receiver import trap_receiver
from tests.support.wait import eventually

PACK = FOLDER / "librenms"
HANDLER = PACK / "LibreNMS/Snmptrap/Handlers/HaproxyAgentxEvent.php"
STAND_IN = PROJECT / "tests/support/librenms.php"
CLASS = r"LibreNMS\Snmptrap\Handlers\HaproxyAgentxEvent"
MODULES = "HAPROXY-AGENTX-MIB:SNMPv2-MIB"
KEEP = '#!/bin/sh\nfile=$(mktemp "$(dirname "$0")/trap.XXXXXX") && cat >"$file" && mv "$file" "$file.whole"\n'


@contextmanager
def receiver(lab, folder):
    """Run snmptrapd as LibreNMS describes it; it writes each trap into a file of its own."""
    handle = folder / "handle"
    handle.write_text(KEEP)
    handle.chmod(0o755)
    with trap_receiver(lab, folder, f"disableAuthorization yes\ntraphandle default {handle}\n", MODULES):
        yield


class Logged:
    """What the handler logs of each trap of ours; each trap is handled once."""

    def __init__(self, folder):
        self.folder, self.of_file = folder, {}

    def lines(self):
        for file in self.folder.glob("trap.*.whole"):
            if file not in self.of_file:
                self.of_file[file] = self.handled(file.read_text())
        return [line for line in self.of_file.values() if line]

    def handled(self, trap):
        if "HAPROXY-AGENTX-MIB::hax" not in trap:
            return None
        command = ["php", str(STAND_IN), str(HANDLER), CLASS]
        done = subprocess.run(command, input=trap, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


def test_php_accepts_the_handler():
    (handler,) = PACK.rglob("*.php")
    done = subprocess.run(["php", "-l", str(handler)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("lab", ["base"], indirect=True)
def test_the_handler_logs_an_outage_and_its_end(lab, tmp_path):
    logged = Logged(tmp_path)

    def is_logged(severity, text):
        return any(
            one["trap"] == "HAPROXY-AGENTX-MIB::haxServiceHealthChange"
            and (one["severity"], one["type"]) == (severity, "haproxy-agentx")
            and one["text"].startswith(text)
            for one in logged.lines()
        )

    with receiver(lab, tmp_path):
        lab.ctl("lb1", "haproxy", "freeze")
        eventually(lambda: is_logged("Error", "SITE1: active -> blackhole: "), 60, 0.5)
        lab.ctl("lb1", "haproxy", "thaw")
        eventually(lambda: is_logged("Ok", "SITE1: blackhole -> active: "), 60, 0.5)
    registered = (PACK / "snmptraps.php.lines").read_text()
    assert all(f"'{one['trap']}' => Handlers\\HaproxyAgentxEvent::class" in registered for one in logged.lines())


def columns():
    """Return the OIDs of the columns that the sensors read: the state of a row, and its name."""
    sensors = yaml.safe_load((PACK / "os_discovery-linux.yaml").read_text())["modules"]["sensors"]["state"]["data"]
    mib = Mib()
    for sensor in sensors:
        yield re.sub(r"\.\{\{.*", "", sensor["num_oid"])
        (name,) = re.findall(r"HAPROXY-AGENTX-MIB::(\w+)", sensor["descr"])
        yield f".{mib.object(name).oid}"


def recorded(walk):
    """Return a walk with numeric OIDs as lines of snmpsim: OID, type and value."""
    kinds = {"INTEGER": 2, "STRING": 4}
    lines = re.findall(r"^\.([\d.]+) = (\w+): (.*)$", walk, re.MULTILINE)
    return "".join(f"{oid}|{kinds[kind]}|{value.strip(chr(34))}\n" for oid, kind, value in lines)


@pytest.mark.parametrize("lab", ["base"], indirect=True)
def test_snmpsim_serves_the_sensors_as_the_agent_does(lab):
    """The data that LibreNMS tests a device with are a file of snmpsim."""
    with TemporaryDirectory() as open_to_all:  # snmpsim runs as nobody
        compare(lab.host("sink"), Path(open_to_all))


def compare(sink, folder):
    data, cache = folder / "data", folder / "cache"
    for made in (folder, data, cache):
        made.mkdir(exist_ok=True)
        made.chmod(0o777)
    ask = ("snmpwalk", "-v2c", "-On", "-t5")

    def walk(column):
        """Return the lines of a column; nothing while it has no row."""
        return recorded(sink.run(*ask, "-cpublic", ADDRESSES["lb1"], column, machine=True, seconds=90).stdout)

    for column in columns():
        eventually(lambda column=column: walk(column), 60, 0.5)
    walks = {
        one: sink.run(*ask, "-cpublic", ADDRESSES["lb1"], one, machine=True, seconds=90).stdout for one in columns()
    }
    text = "".join(
        sorted(map(recorded, walks.values()), key=lambda lines: [int(arc) for arc in lines.split("|")[0].split(".")])
    )
    (data / "linux_haproxy-agentx.snmprec").write_text(text)
    serve = (
        *(f"{Path(sys.executable).parent}/snmpsim-command-responder", f"--data-dir={data}", f"--cache-dir={cache}"),
        *("--process-user=nobody", "--process-group=nogroup", "--agent-udpv4-endpoint=127.0.0.1:1161"),
    )
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *sink.command(*serve, machine=True)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
    try:
        eventually(lambda: sink.listens("udp:1161"), 60, 0.2)
        for column, walk in walks.items():
            served = sink.run(*ask, "-clinux_haproxy-agentx", "127.0.0.1:1161", column, machine=True, seconds=90).stdout
            assert recorded(served) == recorded(walk), (folder / "log").read_text()
            assert walk.count(f"{column}.") == 2
    finally:
        program.kill()
        program.wait()
