"""The pack for Nagios, with the real daemon and check_snmp on the sink of the lab."""

import re
import subprocess
from contextlib import contextmanager

import pytest

from integration.netlab.plan import ADDRESSES, BALANCERS
from integration.packs.files import FOLDER
from tests.support.status_dat import service_states
from tests.support.wait import eventually

NAGIOS = FOLDER / "nagios"
ROWS = ("SITE1", "SITE2")
"""Services of the lab; each has the index of its place."""

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
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
ALWAYS = "\n".join(f"  {day} 00:00-24:00" for day in DAYS)
PERIOD = f"""
define timeperiod {{
  timeperiod_name always
  alias always
{ALWAYS}
}}
"""
OBJECTS = """
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
resource_file={folder}/resource.cfg
status_file={folder}/status.dat
query_socket={folder}/query
status_update_interval=1
interval_length=2
check_external_commands=0
execute_host_checks=0
"""
ROW = """
define service {{
  use hax-ServiceHealth
  host_name {hosts}
  service_description hax ServiceHealth {row}
  check_command hax-ServiceHealth!{index}
  check_period always
  contacts nobody
}}
"""


def configuration(folder, services):
    """Write a configuration with these services, and return the path of its main file."""
    hosts = [HOST.format(name=name, address=ADDRESSES[name]) for name in BALANCERS]
    (folder / "objects.cfg").write_text("".join([PERIOD, OBJECTS, *hosts, *services]))
    (folder / "resource.cfg").write_text("$USER1$=/usr/lib/nagios/plugins\n")
    (folder / "nagios.cfg").write_text(MAIN.format(pack=NAGIOS, folder=folder))
    return f"{folder}/nagios.cfg"


@contextmanager
def running(lab, main, folder):
    with (folder / "out").open("wb") as out:
        full = ["setpriv", "--pdeathsig", "KILL", *lab.host("sink").command("nagios4", main, machine=True)]
        program = subprocess.Popen(full, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            yield
        finally:
            program.terminate()
            program.wait()


def test_nagios_accepts_the_configuration(tmp_path):
    services = set(re.findall(r"name (hax-[A-Z]\w+)\n", (NAGIOS / "haproxy-agentx.cfg").read_text()))
    assert len(services) >= 10
    chosen = [SERVICE.format(name=name, hosts=",".join(BALANCERS)) for name in sorted(services)]
    command = ["nagios4", "-v", configuration(tmp_path, chosen)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Total Errors:   0" in done.stdout


@pytest.mark.parametrize("lab", ["base"], indirect=True)
def test_nagios_shows_a_blackhole_with_its_cause_and_its_end(lab, tmp_path):
    rows = [ROW.format(hosts=",".join(BALANCERS), row=row, index=place) for place, row in enumerate(ROWS, 1)]

    def states():
        return service_states(tmp_path / "status.dat")

    def all_well():
        return len(states()) == len(BALANCERS) * len(ROWS) and all(state == 0 for state, _ in states().values())

    with running(lab, configuration(tmp_path, rows), tmp_path):
        assert eventually(all_well, 60, 0.2)
        lab.ctl("lb1", "haproxy", "freeze")
        eventually(lambda: states()["lb1", "hax ServiceHealth SITE1"][0] == 2, 60, 0.2)
        assert "no answer within" in states()["lb1", "hax ServiceHealth SITE1"][1]
        lab.ctl("lb1", "haproxy", "thaw")
        assert eventually(all_well, 60, 0.2)
