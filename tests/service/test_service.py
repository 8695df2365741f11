"""`tools/service`: whatever interrupts it, the machine has the old version or the new one.

The script is the real one, in a mount namespace of its own (tests/support/installing.py).
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import installing

OLD, NEW = "1.0", "2.0"
FILES = tuple(installing.PLACES)
COPIES = {"service", "keepalived"}
LEGACY = """
base=/opt/haproxy-agentx
systemd-sysusers {folder}/1.0/systemd/haproxy-agentx.sysusers
{folder}/1.0/python3.99 -m venv $base
$base/bin/pip install x
ln -s $base/bin/haproxy-agentx /usr/local/bin/haproxy-agentx
cd {folder}/1.0/systemd
install -D -m 644 haproxy-agentx.service /etc/systemd/system/haproxy-agentx.service
sed -i 's#^ExecStart=.*#ExecStart=/opt/haproxy-agentx/bin/haproxy-agentx run#' \
  haproxy-agentx.service /etc/systemd/system/haproxy-agentx.service
install -D -m 644 keepalived.service.d/haproxy-agentx.conf \
  /etc/systemd/system/keepalived.service.d/haproxy-agentx.conf
install -D -m 644 haproxy-agentx.sysusers /etc/sysusers.d/haproxy-agentx.conf
install -D -m 644 haproxy-agentx.tmpfiles /etc/tmpfiles.d/haproxy-agentx.conf
mkdir -p /usr/share/snmp/mibs /etc/haproxy-agentx
echo '-- 1.0' >/usr/share/snmp/mibs/HAPROXY-AGENTX-MIB.txt
echo '# 1.0' >/etc/haproxy-agentx/config.yaml
"""
"""An installation as it was before there were releases: the environment is /opt/haproxy-agentx itself."""


class Machine:
    """The machine, asked by its methods' names."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self.folder = folder

    def __call__(self, do: str, **step: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": do, **step}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the machine has ended: see its standard error"
        found: dict[str, Any] = json.loads(answer)
        return found

    def install(self, version: str, **step: Any) -> str:
        done = self("install", version=version, **step)
        assert done["status"] == 0, done["output"]
        return str(done["output"])

    def refuse(self, version: str, **step: Any) -> str:
        done = self("install", version=version, **step)
        assert done["status"] == 1, done["output"]
        return str(done["output"])

    def shell(self, text: str) -> str:
        done = self("shell", text=text)
        assert done["status"] == 0, done["output"]
        return str(done["output"])


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine without haproxy-agentx, and with a systemd that runs."""
    with tempfile.TemporaryDirectory(prefix="hax") as name:
        folder = Path(name)
        folder.chmod(0o755)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", name], check=True)
        try:
            command = ["unshare", "-m", "--", sys.executable, installing.__file__, name]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
                started = Machine(process, folder)
                started("reset")
                yield started
                process.stdin.close()  # type: ignore[union-attr]
                process.wait(20)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def is_whole(found: dict[str, Any], version: str) -> None:
    """Everything is of one version, and nothing is left of another."""
    assert {name: found[name] for name in FILES} == dict.fromkeys(FILES, version)
    assert found["command"] == version
    assert not found["unfinished"]
    assert found["left"] == []
    assert [name.partition(".")[0] for name in found["base"]] == ["current", "release"]


def begin(machine: Machine, start: str) -> dict[str, str]:
    """Have version 1.0 installed in one of the ways, and running; return what /run has to hold."""
    if start == "nothing":
        return {}
    if start == "legacy":
        machine.shell(LEGACY.replace("{folder}", str(machine.folder)))
    else:
        machine.install(OLD)
        is_whole(machine("look"), OLD)
    run = {"active": f"haproxy-agentx {OLD}\n", "enabled": ""}
    machine("save", run=run)
    return run


def check_killed(found: dict[str, Any], start: str) -> None:
    """What has to hold of an installation that was killed anywhere."""
    known = {None, OLD, NEW} if start == "nothing" else {OLD, NEW}
    assert {found[name] for name in FILES} <= known, found
    if start == "nothing":
        return
    assert found["command"] in known, found
    linked = {found[name] for name in FILES if name not in COPIES}
    if start == "release":
        assert linked == {found["command"]}, found
    if {found[name] for name in FILES} != {found["command"]}:
        assert found["unfinished"], found
    assert found["config"] == f"# {OLD}\n"


# Where there are releases, before each command; before each fourth where an installation is the first, or an old one.
@pytest.mark.parametrize(
    ("start", "first", "by"),
    [("release", 1, 2), ("release", 2, 2), ("nothing", 1, 8), ("nothing", 5, 8), ("legacy", 3, 8), ("legacy", 7, 8)],
)
@pytest.mark.timeout(300)
def test_killed_before_any_command_the_old_or_the_new_version_is_there(machine, start, first, by):
    run = begin(machine, start)
    for stop in range(first, 1000, by):
        machine("reset", run=run)
        done = machine("install", version=NEW, stop=stop)
        if done["status"] == 0:
            assert stop > 50
            is_whole(machine("look"), NEW)
            return
        assert done["status"] == -9, done["output"]
        found = machine("look")
        check_killed(found, start)
        if not found["unfinished"] and stop % 5:
            continue
        machine.install(NEW)
        healed = machine("look")
        is_whole(healed, NEW)
        assert healed["active"] == (NEW if run else None)
        assert healed["enabled"]
    pytest.fail("the installation has no end")


@pytest.mark.parametrize("umask", [0o027, 0o077, 0o777, 0])
def test_the_umask_of_the_caller_is_of_no_importance(machine, umask):
    machine.install(NEW, umask=umask)
    is_whole(machine("look"), NEW)
    modes = machine.shell(
        "stat -Lc %a /opt/haproxy-agentx/current /etc/haproxy-agentx /etc/sysusers.d/haproxy-agentx.conf"
    )
    assert modes.split() == ["755", "755", "644"]


def test_of_two_at_once_the_second_changes_nothing(machine):
    begin(machine, "release")
    machine.shell("(umask 077; flock /run/haproxy-agentx-install.lock sleep 30 >/dev/null 2>&1 & echo $! >/run/holder)")
    machine.shell("until ! flock --nonblock /run/haproxy-agentx-install.lock true; do sleep 0.01; done")
    said = machine.refuse(NEW)
    assert "another installation is running" in said
    is_whole(machine("look"), OLD)
    machine.shell("pkill -P $(cat /run/holder) || kill $(cat /run/holder)")
    machine.install(NEW)


def test_a_version_that_does_not_start_is_rolled_back(machine):
    begin(machine, "release")
    machine.shell(f"touch {machine.folder}/broken-{NEW}")
    said = machine.refuse(NEW)
    assert "does not start: journalctl" in said
    assert "The version that was there before is there again." in said
    found = machine("look")
    is_whole(found, OLD)
    assert found["active"] == OLD


@pytest.mark.parametrize("start", ["nothing", "release", "legacy"])
def test_without_packages_nothing_is_changed(machine, start):
    begin(machine, start)
    machine.shell(f"touch {machine.folder}/no-pip")
    assert "Nothing was changed." in machine.refuse(NEW)
    found = machine("look")
    assert {found[name] for name in FILES} == ({None} if start == "nothing" else {OLD})
    assert found["base"] == [] if start == "nothing" else found["command"] == OLD


def test_a_configuration_that_it_does_not_accept_keeps_the_old_version(machine):
    begin(machine, "release")
    machine.shell(f"touch {machine.folder}/refuses-{NEW}")
    said = machine.refuse(NEW)
    assert "does not accept the configuration: correct it first: rot: no such key" in said
    is_whole(machine("look"), OLD)


def test_the_module_has_the_root_of_the_configuration(machine):
    begin(machine, "release")
    module = installing.PLACES["mib"]
    assert machine.shell(f"cat {module}") == f"-- {OLD}\n"
    machine.shell(f"echo 'root: 1.3.6.1.4.1.32473.1' >>{installing.CONFIG}")
    machine.install(NEW)
    assert machine.shell(f"cat {module}") == f"-- {NEW} 1.3.6.1.4.1.32473.1\n"


def test_the_module_has_the_default_root_where_the_configuration_is_not_accepted(machine):
    machine.install(OLD)
    machine.shell(f"echo 'root: 1.3.6.1.4.1.32473.1' >>{installing.CONFIG}; touch {machine.folder}/refuses-{NEW}")
    assert "warning: this version does not accept the configuration" in machine.install(NEW)
    assert machine.shell(f"cat {installing.PLACES['mib']}") == f"-- {NEW}\n"


def test_what_the_services_user_cannot_run_is_not_installed(machine):
    begin(machine, "release")
    machine.shell("chmod 750 /opt")
    assert "the user haproxy-agentx cannot run it" in machine.refuse(NEW)
    machine.shell("chmod 755 /opt")
    is_whole(machine("look"), OLD)


@pytest.mark.parametrize("limit", ["inodes", "blocks"])
@pytest.mark.parametrize("place", ["/etc/systemd/system", "/opt/haproxy-agentx", "/usr/share/snmp/mibs"])
def test_a_disk_that_is_full_at_any_step_is_noticed(machine, place, limit):
    """Where an installation writes there is room for nothing more, for one file more, for two, until it is enough."""
    run = begin(machine, "release")
    for room in range(100):
        machine("reset", run=run)
        used = (
            int(machine.shell(f"find {place} | wc -l")),
            int(machine.shell(f"du -s --block-size=4096 {place} | cut -f1")),
        )
        options = f"size=64m,nr_inodes={used[0] + room}" if limit == "inodes" else f"nr_blocks={used[1] + room}"
        copy = (
            f"cp -a {place} /run/copy; mount -t tmpfs -o {options},mode=755 tmpfs {place}; cp -a /run/copy/. {place}/"
        )
        if machine("shell", text=copy)["status"] != 0:
            machine.shell(f"umount {place}")
            continue
        done = machine("install", version=NEW)
        found = machine("look")
        machine.shell(f"umount {place}")
        if done["status"] == 0:
            assert {found[name] for name in (*FILES, "command", "active")} == {NEW}
            return
        assert ("Nothing was changed." in done["output"]) != ("there again." in done["output"])
        assert {found[name] for name in (*FILES, "command", "active")} == {OLD}, done["output"]
        assert found["left"] == []
    pytest.fail("there is never room enough")


def test_an_upgrade_of_the_distribution_takes_the_python_away(machine):
    begin(machine, "release")
    machine.shell("rm /opt/haproxy-agentx/current/bin/python")
    for words, status in (("run", 2), ("status", 3)):
        done = machine("shell", text=f"/usr/local/bin/haproxy-agentx {words}")
        assert done["status"] == status
        assert done["output"].count("\n") == 1
        assert "run 'make install' again" in done["output"]
    machine.install(NEW)
    is_whole(machine("look"), NEW)


def test_removed(machine):
    begin(machine, "release")
    machine.install(OLD, what="uninstall")
    found = machine("look")
    assert {found[name] for name in (*FILES, "command")} == {None}
    assert found["base"] == found["left"] == []
    assert found["config"] == f"# {OLD}\n"
    machine.install(OLD, what="uninstall")
