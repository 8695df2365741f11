"""The lab itself: what the tests of the daemon rely on. Without the daemon."""

import subprocess
import sys

import pytest

from integration.netlab import Lab, LabError, Trap, control, wait_for
from integration.netlab.host import start_all
from integration.netlab.lab import FIFO
from integration.netlab.plan import AGENT, BALANCERS, PROJECT, VIRTUAL, VRRP_INSTANCE_STATE
from integration.netlab.processes import identity

pytestmark = pytest.mark.lab

BACKUP, MASTER, FAULT = 1, 2, 3
UNPRIVILEGED = ("setpriv", f"--reuid={AGENT}", f"--regid={AGENT}", "--clear-groups", "--inh-caps=-all", "--")


def states(lab: Lab, host: str) -> list[int]:
    """keepalived's own word, by SNMP: the state of each VRRP instance."""
    return [int(line.rpartition(": ")[2]) for line in lab.snmp("snmpwalk", host, VRRP_INSTANCE_STATE)]


def server(lab: Lab, host: str, name: str) -> str:
    """HAProxy's word on a server (its row's name), e.g. `UP`."""
    rows = [line.split(",") for line in lab.haproxy(host, "show stat").splitlines() if line]
    return next(row[rows[0].index("status")] for row in rows if row[1] == name)


def became(instance: str, state: int, host: str):
    return lambda trap: trap.vrrp == (instance, state) and trap.source == host


# --- up


def test_everything_runs_and_lb1_serves(bare_lab):
    for host in BALANCERS:
        assert bare_lab.services(host) == {"snmpd": True, "haproxy": True, "keepalived": True, "agent": False}
    assert all(bare_lab.services("web").values())
    for instance, address in VIRTUAL.items():
        assert bare_lab.holders(instance) == ["lb1"]
        assert bare_lab.get(address) == (200, "lb1")
    assert bare_lab.get("10.77.0.12") == (200, "lb2")


def test_keepalived_answers_in_snmp_on_both(bare_lab):
    assert states(bare_lab, "lb1") == [MASTER, MASTER]
    assert states(bare_lab, "lb2") == [BACKUP, BACKUP]


def test_traps_of_the_start_are_at_the_sink(bare_lab):
    for instance in VIRTUAL:
        trap = bare_lab.wait_trap(became(instance, MASTER, "lb1"), f"{instance} MASTER")
        assert trap.varbinds["1.3.6.1.4.1.9586.100.5.1.2.0"] == "lb1"  # routerId


def test_each_host_sees_its_own_name_files_and_processes_only(bare_lab):
    for host in BALANCERS:
        assert bare_lab.exec(host, "hostname").strip() == host
        assert bare_lab.exec(host, "ls", "/run/haproxy").split() == ["admin.sock", "ro.sock"]
        assert bare_lab.exec(host, "pgrep", "-cx", "snmpd").strip() == "1"
        assert bare_lab.snmp("snmpget", host, "1.3.6.1.2.1.1.5.0")[0].endswith(f'STRING: "{host}"')


def test_names_of_the_traps_are_written_too(bare_lab):
    bare_lab.ctl("sink", "names", "start")
    bare_lab.ctl("lb1", "haproxy", "stop")
    bare_lab.wait_served("lb2")
    wait_for(
        lambda: "vrrpInstanceStateChange" in bare_lab.host("sink").read("/var/log/names.log"),
        "keepalived's notification by name",
        logs=lambda: bare_lab.logs("sink"),
    )


# --- the unprivileged user


def as_agent(lab: Lab, *argv: str, check: bool = True) -> str:
    return lab.exec("lb1", *UNPRIVILEGED, *argv, check=check)


def connects(lab: Lab, path: str) -> bool:
    program = f"import socket; socket.socket(socket.AF_UNIX).connect({path!r}); print('connected')"
    return "connected" in as_agent(lab, sys.executable, "-c", program, check=False)


def test_the_daemons_user_reaches_what_it_needs_and_no_more(bare_lab):
    assert connects(bare_lab, "/var/agentx/master")
    assert connects(bare_lab, "/run/haproxy/ro.sock")
    assert not connects(bare_lab, "/run/haproxy/admin.sock")
    shown = as_agent(bare_lab, "cat", "/proc/self/status")
    assert "CapEff:\t0000000000000000" in shown
    assert as_agent(bare_lab, "stat", "-c", "%U %G %a", FIFO).split() == ["root", AGENT, "640"]


def test_the_daemons_user_can_run_our_code(bare_lab):
    program = "import haproxy_agentx, sys; print(haproxy_agentx.__file__, sys.prefix)"
    shown = as_agent(bare_lab, "env", f"PYTHONPATH={PROJECT}", sys.executable, "-c", program).split()
    assert shown == [str(PROJECT / "haproxy_agentx" / "__init__.py"), sys.prefix]


def test_a_directory_that_is_closed_on_the_machine_is_reachable_and_its_neighbours_are_not_shown(tmp_path):
    closed = tmp_path / "closed"
    wanted = closed / "inner" / "wanted"
    wanted.mkdir(parents=True)
    (wanted / "file").write_text("text")
    (closed / "neighbour").write_text("secret")
    closed.chmod(0o700)  # as pytest's own directories above it are
    (closed / "inner").chmod(0o700)
    spec = {"hostname": "h", "tmpfs": [], "append": {}, "reach": [str(wanted)]}
    host = start_all({"h": spec})["h"]
    try:
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        assert host.run(*nobody, "cat", str(wanted / "file")).stdout == "text"
        assert host.run(*nobody, "ls", str(closed)).stdout.split() == ["inner"]
    finally:
        host.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert sorted(p.name for p in closed.iterdir()) == ["inner", "neighbour"]


# groupadd(8) and the like replace /etc/group, and a mount upon a file goes with the file
def test_a_host_keeps_its_files_when_the_machine_replaces_its_own(tmp_path):
    files = {name: tmp_path / name for name in ("group", "hosts")}
    for name, file in files.items():
        file.write_text(f"machine's {name}\n")
    spec = {"hostname": "h", "tmpfs": [], "append": {str(files["group"]): "own\n"}, "reach": []}
    host = start_all({"h": spec})["h"]
    try:
        for file in files.values():
            new = tmp_path / "new"
            new.write_text("another\n")
            new.replace(file)
        assert host.run("cat", str(files["group"])).stdout == "machine's group\nown\n"
        assert host.run("cat", str(files["hosts"])).stdout == "machine's hosts\n"
    finally:
        host.stop()
    assert files["group"].read_text() == "another\n"


# --- faults


def test_failover_and_back_when_haproxy_stops_on_the_master(bare_lab):
    seen = len(bare_lab.traps())
    bare_lab.ctl("lb1", "haproxy", "stop")
    bare_lab.wait_served("lb2")
    assert states(bare_lab, "lb1") == [BACKUP, BACKUP]
    assert states(bare_lab, "lb2") == [MASTER, MASTER]
    bare_lab.wait_trap(became("SITE1", MASTER, "lb2"), "SITE1 MASTER on lb2", skip=seen)
    bare_lab.wait_trap(became("SITE1", BACKUP, "lb1"), "SITE1 BACKUP on lb1", skip=seen)
    bare_lab.ctl("lb1", "haproxy", "start")
    bare_lab.wait_served("lb1")


def test_one_web_server_down_all_down_and_back(bare_lab):
    bare_lab.web_down(8001)
    wait_for(lambda: server(bare_lab, "lb1", "web1") == "DOWN", "web1 is down", logs=bare_lab.logs)
    assert server(bare_lab, "lb1", "web2") == "UP"
    assert bare_lab.get() == (200, "lb1")
    bare_lab.web_down()
    wait_for(lambda: bare_lab.get() == (503, "lb1"), "no server is left", logs=bare_lab.logs)
    assert bare_lab.holders() == ["lb1"]  # keepalived sees nothing wrong
    bare_lab.web_up()
    wait_for(lambda: server(bare_lab, "lb1", "web1") == "UP", "web1 is back", logs=bare_lab.logs)
    assert bare_lab.get() == (200, "lb1")


def test_a_frozen_haproxy_keeps_the_address_and_answers_nobody(bare_lab):
    bare_lab.ctl("lb1", "haproxy", "freeze")
    assert bare_lab.get() == (0, "")
    assert bare_lab.holders() == ["lb1"]
    bare_lab.ctl("lb1", "haproxy", "thaw")
    bare_lab.wait_served("lb1")


def test_a_killed_keepalived_leaves_the_address_on_both(bare_lab):
    bare_lab.ctl("lb1", "keepalived", "kill9")
    wait_for(lambda: bare_lab.holders() == ["lb1", "lb2"], "both hold the address", logs=bare_lab.logs)
    bare_lab.ctl("lb1", "keepalived", "start")
    bare_lab.wait_served("lb1")


def test_cut_apart_both_are_master_and_the_client_reaches_both(bare_lab):
    bare_lab.cut(apart=True)
    wait_for(lambda: bare_lab.holders() == ["lb1", "lb2"], "split brain", logs=bare_lab.logs)
    assert [bare_lab.get(f"10.77.0.1{number}") for number in (1, 2)] == [(200, "lb1"), (200, "lb2")]
    bare_lab.cut(apart=False)
    bare_lab.wait_served("lb1")


def test_a_pulled_cable_moves_the_address(bare_lab):
    bare_lab.link("lb1", up=False)
    bare_lab.wait_served("lb2")
    wait_for(lambda: "FAULT" in bare_lab.host("lb1").read("/var/log/keepalived.log"), "keepalived sees it")
    bare_lab.link("lb1", up=True)
    bare_lab.wait_served("lb1")


@pytest.mark.parametrize("service", ["snmpd", "haproxy", "keepalived"])
def test_reload_and_restart(bare_lab, service):
    def main() -> int:
        return min(p.pid for p in control.processes(bare_lab.host("lb1"), control.find("lb1", service)))

    before = main()
    bare_lab.ctl("lb1", service, "reload")
    bare_lab.wait_served("lb1")
    assert main() == before
    bare_lab.ctl("lb1", service, "restart")
    bare_lab.wait_served("lb1")
    assert identity(before) is None


def test_kill9_leaves_the_host_and_its_other_services(bare_lab):
    bare_lab.ctl("lb1", "snmpd", "kill9")
    assert bare_lab.services("lb1") == {"snmpd": False, "haproxy": True, "keepalived": True, "agent": False}
    assert bare_lab.services("lb2")["snmpd"]
    bare_lab.ctl("lb1", "snmpd", "start")
    assert bare_lab.snmp("snmpget", "lb1", "1.3.6.1.2.1.1.5.0")[0].endswith('STRING: "lb1"')


@pytest.mark.parametrize("bare_lab", ["fault"], indirect=True)
def test_without_a_weight_a_bad_check_is_fault(bare_lab):
    seen = len(bare_lab.traps())
    bare_lab.ctl("lb1", "haproxy", "stop")
    bare_lab.wait_served("lb2")
    bare_lab.wait_trap(became("SITE1", FAULT, "lb1"), "SITE1 FAULT on lb1", skip=seen)


@pytest.mark.parametrize("bare_lab", ["base"], indirect=True)
def test_the_usual_configuration_comes_up(bare_lab):
    assert states(bare_lab, "lb1") == [MASTER, MASTER]
    assert states(bare_lab, "lb2") == [BACKUP, BACKUP]


# --- errors


def test_errors_say_what_there_is(bare_lab):
    with pytest.raises(LabError, match="no host 'lb3'; there are: sw, lb1, lb2"):
        bare_lab.exec("lb3", "true")
    with pytest.raises(LabError, match="lb1 has no service 'nginx'; it has: snmpd, haproxy, keepalived, agent"):
        bare_lab.ctl("lb1", "nginx", "start")
    with pytest.raises(LabError, match="lb1: snmpd is already running"):
        bare_lab.ctl("lb1", "snmpd", "start")
    with pytest.raises(LabError, match="is already running: end it"):
        Lab.up(bare_lab.state.name)
    with pytest.raises(LabError, match="exit 3: sh -c exit 3"):
        bare_lab.exec("lb1", "sh", "-c", "exit 3")
    with pytest.raises(LabError, match="no variant 'slow'; there are: base, fast, fault"):
        Lab.up("other", "slow")


def test_a_program_that_does_not_start_is_told_with_its_log(bare_lab):
    bare_lab.ctl("lb1", "haproxy", "stop")
    bare_lab.host("lb1").path("/etc/haproxy/haproxy.cfg").write_text("nonsense\n")
    with pytest.raises(LabError, match=r"(?s)haproxy (ended|does not run).*unknown keyword 'nonsense'"):
        bare_lab.ctl("lb1", "haproxy", "start")


# --- the sink's log


def test_a_line_of_the_sink_is_read():
    line = (
        "2026-01-02 03:04:05\tUDP: [10.77.0.12]:47755->[10.77.0.30]:162\t"
        ".1.3.6.1.2.1.1.3.0 = Timeticks: (69) 0:00:00.69\t"
        ".1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.9586.100.5.2.10.0.2\t"
        '.1.3.6.1.4.1.9586.100.5.2.3.1.2 = STRING: "SITE1"\t.1.3.6.1.4.1.9586.100.5.2.3.1.4 = INTEGER: 2\n'
    )
    trap = Trap.parse(line)
    assert trap is not None
    assert (trap.source, trap.oid, trap.vrrp) == ("lb2", "1.3.6.1.4.1.9586.100.5.2.10.0.2", ("SITE1", MASTER))
    assert trap.varbinds["1.3.6.1.2.1.1.3.0"] == "(69) 0:00:00.69"
    assert Trap.parse("NET-SNMP version 5.9.3\n") is None


CHROOT = """
mount --rbind / "$1" && mount --make-rslave "$1"
exec chroot "$1" sh -c 'cd "$1" && "$2" -m integration.netlab --name chrooted up --no-agent &&
  "$2" -m integration.netlab --name chrooted exec lb1 cat /etc/haproxy-agentx/community
  "$2" -m integration.netlab --name chrooted down' sh "$2" "$3"
"""


def test_it_runs_below_a_chroot(tmp_path):
    """There the root of a mount namespace is not that of its processes: `nsenter --mount` alone leaves the chroot."""
    command = ("unshare", "--mount", "--propagation", "private", "sh", "-eu", "-c", CHROOT, "sh")
    done = subprocess.run(
        (*command, str(tmp_path), str(PROJECT), sys.executable), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\npublic\n" in done.stdout
    assert "down in" in done.stdout
