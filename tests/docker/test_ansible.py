"""The role of integration/ansible on a stock Debian: it sets all of it up, and a second run changes nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from haproxy_agentx import __version__
from integration.netlab.plan import PROJECT
from tests.docker.test_install import (
    CONFIG,
    GROUP_LINE,
    HAPROXY,
    HOST,
    INSTANCE,
    KEEPALIVED,
    SITE,
    append,
    packages,
    read,
)
from tests.support.wait import eventually

pytestmark = pytest.mark.docker

ANSIBLE = PROJECT / "integration" / "ansible"
COMMUNITY = "a-community-of-the-test"
RECAP = re.compile(r"changed=(\d+) +unreachable=0 +failed=0")
OURS = (
    "/etc/snmp/snmpd.conf.d/haproxy-agentx.conf",
    "/etc/keepalived/haproxy-agentx.conf",
    "/etc/systemd/system/haproxy-agentx.service.d/peers.conf",
)


def play(folder: Path, package: Path, *options: str) -> tuple[int, str]:
    """Run the playbook of the example; return how much it changed, and what it prints."""
    inventory = {
        "load_balancers": {
            "hosts": {f"hax-{HOST}": {}},
            "vars": {
                "ansible_connection": "lab_exec",
                "ansible_python_interpreter": "/usr/bin/python3",
                "ansible_become": False,
                "haproxy_agentx_package": str(package),
                "haproxy_agentx_community": COMMUNITY,
                "haproxy_agentx_trap_receivers": ["127.0.0.1:1163"],
                "haproxy_agentx_peers": [{"name": "lb2", "address": "10.77.1.20"}],
                "haproxy_agentx_restart_keepalived": True,
            },
        }
    }
    file = folder / "inventory.json"
    file.write_text(json.dumps(inventory))
    variables = {
        "ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).parent / "connection"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ansible-playbook"),
            "-i",
            str(file),
            "--diff",
            *options,
            str(ANSIBLE / "site.yml"),
        ],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    found = RECAP.search(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found, done.stdout + done.stderr
    assert COMMUNITY not in done.stdout + done.stderr
    return int(found[1]), done.stdout


@pytest.mark.timeout(1500)
def test_the_role_sets_up_a_stock_machine_and_changes_nothing_again(stock, tmp_path):
    python = stock.shell(HOST, "python3 -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])'").strip()
    package = packages(tmp_path, python, __version__)[0]
    append(stock, HAPROXY, SITE)
    append(stock, KEEPALIVED, INSTANCE)
    stock.systemctl(HOST, "restart", "keepalived")
    before = {path: read(stock, path) for path in (HAPROXY, KEEPALIVED)}

    assert play(tmp_path, package, "--check")[0] > 0
    assert {path: read(stock, path) for path in before} == before
    assert stock.shell(HOST, "ls /usr/bin/haproxy-agentx 2>/dev/null || :") == ""

    play(tmp_path, package)
    eventually(lambda: [one["health"] for one in stock.status(HOST).get("services", ())] == ["active"], 60)
    assert "snmpd has acknowledged it" in stock.exec(HOST, "haproxy-agentx", "trap-test")
    added = {path: set(read(stock, path).splitlines()) - set(before[path].splitlines()) for path in before}
    assert [len(lines) for lines in added.values()] == [1, 1]
    assert re.search(GROUP_LINE, added[HAPROXY].pop())
    assert added[KEEPALIVED] == {"include /etc/keepalived/haproxy-agentx.conf"}
    assert "peer-community" in read(stock, CONFIG)
    for path in OURS:
        stock.exec(HOST, "test", "-s", path)

    assert play(tmp_path, package)[0] == 0
    assert play(tmp_path, package, "--check")[0] == 0
