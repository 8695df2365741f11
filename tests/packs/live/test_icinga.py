"""The packs for Icinga 2 and Nagios, with the real daemons and check_snmp on the sink of the lab."""

import re
import subprocess
from contextlib import contextmanager

import pytest

from integration.netlab.plan import ADDRESSES, BALANCERS
from integration.packs.files import FOLDER
from tests.support.wait import eventually

ICINGA = FOLDER / "icinga2"
NAGIOS = FOLDER / "nagios"
AS_ROOT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ICINGA2_USER": "root", "ICINGA2_GROUP": "root"}


def configuration(folder):
    example = (ICINGA / "example.conf").read_text()
    for host, example_address in zip(BALANCERS, ("192.0.2.11", "192.0.2.12"), strict=True):
        example = example.replace(example_address, ADDRESSES[host])
    text = f"""
    const PluginDir = "/usr/lib/nagios/plugins"
    const NodeName = "sink"
    include <itl>
    include <plugins>
    object CheckerComponent "checker" {{ }}
    object StatusDataWriter "status" {{
      status_path = "{folder}/status.dat"
      objects_path = "{folder}/objects.cache"
      update_interval = 1s
    }}
    include "{ICINGA}/haproxy-agentx.conf"
    {example.replace("hostalive", "dummy")}
    """
    (folder / "icinga2.conf").write_text(text)
    for name in ("Data", "Log", "InitRun", "Cache", "Spool", "Config"):
        (folder / name).mkdir(exist_ok=True)
    places = [f"-D{name}Dir={folder}/{name}" for name in ("Data", "Log", "InitRun", "Cache", "Spool", "Config")]
    return ["icinga2", "daemon", "-c", f"{folder}/icinga2.conf", *places]


def states(folder):
    """Return the state and the output of each service of each host."""
    text = (folder / "status.dat").read_text() if (folder / "status.dat").exists() else ""
    found = {}
    for block in re.findall(r"servicestatus \{(.*?)\n\t?\}", text, re.DOTALL):
        fields = dict(line.strip().split("=", 1) for line in block.splitlines() if "=" in line)
        if fields.get("has_been_checked") == "1":
            found[fields["host_name"], fields["service_description"]] = (
                int(fields["current_state"]),
                fields["plugin_output"],
            )
    return found


@contextmanager
def running(lab, folder):
    command = configuration(folder)
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(
            lab.host("sink").command(*command, machine=True),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=AS_ROOT,
        )
        try:
            yield
        finally:
            program.terminate()
            program.wait()


def test_icinga_accepts_the_configuration(tmp_path):
    command = [*configuration(tmp_path), "-C"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=AS_ROOT)
    assert done.returncode == 0, done.stdout
    assert "Finished validating" in done.stdout


@pytest.mark.parametrize("lab", ["fast"], indirect=True)
def test_icinga_shows_a_blackhole_with_its_cause_and_its_end(lab, tmp_path):
    with running(lab, tmp_path):
        eventually(lambda: len(states(tmp_path)) >= 16, 60, 0.2)
        assert eventually(lambda: all(state == 0 for state, _ in states(tmp_path).values()), 60, 0.2), states(tmp_path)
        lab.ctl("lb1", "haproxy", "freeze")
        eventually(lambda: states(tmp_path)["lb1", "hax ServiceHealth SITE1"][0] == 2, 60, 0.2)
        assert "no answer within" in states(tmp_path)["lb1", "hax ServiceHealth SITE1"][1]
        eventually(lambda: states(tmp_path)["site", "hax Site SITE1"][0] == 2, 60, 0.2)
        assert all(state == 0 for (host, _), (state, _) in states(tmp_path).items() if host == "lb2")
        lab.ctl("lb1", "haproxy", "thaw")
        eventually(lambda: all(state == 0 for state, _ in states(tmp_path).values()), 60, 0.2)


HOST = """
define host {{
  host_name {name}
  address {address}
  max_check_attempts 1
  check_command hax-Dummy
  _HAX_COMMUNITY public
  check_period always
  contacts nobody
}}
"""
SERVICE = """
define service {{
  use {name}
  host_name {hosts}
  check_period always
  contacts nobody
}}
"""
OBJECTS = """
define timeperiod {
  timeperiod_name always
  alias always
}
define command {
  command_name hax-Dummy
  command_line /bin/true
}
define contact {
  contact_name nobody
  host_notification_period always
  service_notification_period always
  host_notification_commands hax-Dummy
  service_notification_commands hax-Dummy
}
"""
MAIN = """
cfg_file={pack}/haproxy-agentx.cfg
cfg_file={folder}/objects.cfg
log_file={folder}/log
check_result_path={folder}
temp_path={folder}
lock_file={folder}/lock
object_cache_file={folder}/cache
nagios_user=root
nagios_group=root
"""


def test_nagios_accepts_the_configuration(tmp_path):
    services = set(re.findall(r"name (hax-[A-Z]\w+)\n", (NAGIOS / "haproxy-agentx.cfg").read_text()))
    assert len(services) >= 10
    hosts = [HOST.format(name=name, address=ADDRESSES[name]) for name in BALANCERS]
    chosen = [SERVICE.format(name=name, hosts=",".join(BALANCERS)) for name in sorted(services)]
    (tmp_path / "objects.cfg").write_text("".join([OBJECTS, *hosts, *chosen]))
    (tmp_path / "nagios.cfg").write_text(MAIN.format(pack=NAGIOS, folder=tmp_path))
    done = subprocess.run(["nagios4", "-v", f"{tmp_path}/nagios.cfg"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Total Errors:   0" in done.stdout
