"""The pack for Icinga 2, with the real daemon and check_snmp on the sink of the lab."""

import subprocess
from contextlib import contextmanager

import pytest

from integration.netlab.plan import ADDRESSES, BALANCERS
from integration.packs.files import FOLDER
from tests.support.status_dat import service_states
from tests.support.wait import eventually

ICINGA = FOLDER / "icinga2"
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
    return service_states(folder / "status.dat")


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


@pytest.mark.parametrize("lab", ["base"], indirect=True)
def test_icinga_shows_a_blackhole_and_a_silent_node_and_their_ends(lab, tmp_path):
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
        lab.ctl("lb1", "snmpd", "freeze")
        eventually(lambda: states(tmp_path)["lb1", "hax ServiceHealth SITE1"][0] == 3, 60, 0.2)
        assert "No Response" in states(tmp_path)["lb1", "hax ServiceHealth SITE1"][1]
        eventually(lambda: states(tmp_path)["site", "hax Site SITE1"][0] == 3, 60, 0.2)
        lab.ctl("lb1", "snmpd", "thaw")
        eventually(lambda: all(state == 0 for state, _ in states(tmp_path).values()), 60, 0.2)
