"""README.md and docs/keepalived.md done word by word on a stock Debian 12; upgrade; removal."""

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from haproxy_agentx import __version__
from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects.root import ROOT
from integration.dockerlab.images import WHEELS
from integration.netlab import wait_for
from integration.netlab.plan import PROJECT

pytestmark = pytest.mark.docker

HOST = "stock"
FOLDER = "/root/haproxy-agentx"
CONFIG = "/etc/haproxy-agentx/config.yaml"
STATE = "/var/lib/haproxy-agentx/state.db"
HAPROXY = "/etc/haproxy/haproxy.cfg"
SNMPD = "/etc/snmp/snmpd.conf.d/haproxy-agentx.conf"
GROUP_LINE = "stats socket .* group haproxy-agentx"
KEEPALIVED = "/etc/keepalived/keepalived.conf"
FIFO = "/run/haproxy-agentx/vrrp.fifo"
INSTANCE = """
vrrp_instance SITE1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress { 10.77.1.100/24 }
}
"""
SITE = "listen site\n  bind :80\n  server one 127.0.0.1:81\n  server two 127.0.0.1:82\n"
NEWER = "99.0.0"
FILES = (
    "/etc/systemd/system/haproxy-agentx.service",
    "/etc/systemd/system/haproxy-agentx.socket",
    "/etc/systemd/system/keepalived.service.d/haproxy-agentx.conf",
    "/etc/sysusers.d/haproxy-agentx.conf",
    "/etc/tmpfiles.d/haproxy-agentx.conf",
    "/usr/share/snmp/mibs/HAPROXY-AGENTX-MIB.txt",
    "/usr/local/bin/haproxy-agentx",
    "/opt/haproxy-agentx/current/bin/haproxy-agentx",
)


CODE = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def chapter(heading: str) -> str:
    """The text of README.md below a heading."""
    return (PROJECT / "README.md").read_text().partition(f"\n## {heading}")[2].partition("\n## ")[0]


def steps() -> dict[int, list[str]]:
    """The blocks of code of each numbered step."""
    parts = re.split(r"^\*\*(\d)\. ", chapter("On your own load balancer"), flags=re.MULTILINE)
    return {int(number): CODE.findall(body) for number, body in zip(parts[1::2], parts[2::2], strict=True)}


def make(lab, target: str, **variables: str) -> str:
    words = " ".join(f"{name}={value}" for name, value in variables.items())
    return lab.shell(HOST, f"cd {FOLDER}; make {target} {words}", seconds=120)


def append(lab, path: str, text: str) -> None:
    """Append a text to a file of the host."""
    lab.exec(HOST, "bash", "-c", f'mkdir -p "$(dirname {path})"; printf %s "$0" >>{path}', text)


def read(lab, path: str) -> str:
    return lab.exec(HOST, "cat", path)


def follow_the_readme(lab) -> str:
    """Do what it says; return what the walk at the end prints."""
    lab.shell(HOST, f"cd {FOLDER}; export WHEELS=dist; {steps()[1][0]}", seconds=120)
    return follow_from_step_2(lab)


def follow_from_step_2(lab) -> str:
    """Do what it says when the daemon is installed."""
    step = steps()
    line, config = step[2]
    lab.exec(HOST, "sed", "-i", f"/^global/a {line.strip()}", HAPROXY)
    append(lab, CONFIG, config)
    append(lab, SNMPD, step[3][0])
    lab.shell(HOST, "systemctl reload haproxy || { journalctl --no-pager -n 40 -u haproxy >&2; exit 1; }")
    lab.systemctl(HOST, "restart", "snmpd")
    start, *rest = step[4][0].splitlines()
    lab.shell(HOST, start)
    well(lab)
    walk = lab.shell(HOST, "\n".join(rest))
    traps = lab.shell(HOST, step[5][0])
    assert "snmpd has acknowledged it" in traps
    assert f"OID: .{dotted(ROOT)}.0.6" in traps, traps
    return walk


def follow_the_document_of_keepalived(lab) -> None:
    """Do what it says, until every source is read and the service is active."""
    text = (PROJECT / "docs" / "keepalived.md").read_text()
    definitions, sinks, community, config, *_ = CODE.findall(text)
    append(lab, "/etc/default/keepalived", 'DAEMON_ARGS="-x"\n')
    append(lab, KEEPALIVED, definitions + INSTANCE)
    append(lab, SNMPD, sinks)
    lab.shell(HOST, community)
    append(lab, CONFIG, config)
    lab.systemctl(HOST, "restart", "snmpd")
    lab.systemctl(HOST, "restart", "keepalived")  # which it need not, but would come back to snmpd after 15 s only
    lab.systemctl(HOST, "reload", "haproxy-agentx")

    def active() -> bool:
        shown = lab.status(HOST)
        found = [(service["name"], service["health"]) for service in shown["services"]]
        return found == [("SITE1", "active")] and {source["state"] for source in shown["sources"]} == {"ok"}

    wait_for(active, "SITE1 is active, and every source is read", 10, lambda: lab.logs(HOST))
    assert "snmpd has acknowledged it" in lab.exec(HOST, "haproxy-agentx", "trap-test")


def reported(lab) -> list[tuple[object, ...]]:
    """The event log: what was told, when, and why."""
    lines = lab.exec(HOST, "haproxy-agentx", "events", "--json", "--limit", "500").splitlines()
    wanted = ("sequence", "time", "kind", "subject", "role", "health", "cause_text", "delivery")
    return [tuple(event[name] for name in wanted) for event in map(json.loads, lines)]


def names(lab) -> list[str]:
    """haxServerName by index."""
    column = f"{dotted(ROOT)}.1.9.1.11"
    walk = f"snmpbulkwalk -v2c -c lbmonitor -On 127.0.0.1 {column} | grep STRING || :"
    return wait_for(lambda: lab.shell(HOST, walk).splitlines(), "rows of servers", 5, lambda: lab.logs(HOST))


def newer(folder: Path) -> Path:
    """The wheels, with ours of a later version."""
    wheels = folder / "newer"
    shutil.copytree(WHEELS, wheels, ignore=shutil.ignore_patterns("haproxy_agentx-*"))
    source = folder / "source"
    shutil.copytree(PROJECT / "haproxy_agentx", source / "haproxy_agentx", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source / name)
    module = source / "haproxy_agentx" / "__init__.py"
    module.write_text(module.read_text().replace(f'"{__version__}"', f'"{NEWER}"'))
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(source))
    subprocess.run(pip, check=True, capture_output=True, timeout=100)
    return wheels


def well(lab) -> None:
    wait_for(lambda: lab.is_well(HOST), "haproxy-agentx is well", 5, lambda: lab.logs(HOST))


def kept(lab) -> tuple[object, ...]:
    """What has to outlive everything: configuration, rows, events, and what the administrator enabled."""
    enabled = lab.systemctl(HOST, "is-enabled", "haproxy-agentx", check=False)
    return read(lab, CONFIG), names(lab), reported(lab), lab.status(HOST)["store"], enabled


def installed(lab) -> None:
    append(lab, HAPROXY, SITE)
    walk = follow_the_readme(lab)
    assert f".{ROOT[-1]}.1.1.1.0 = STRING" in walk, walk[:500]
    assert [line.rpartition(" ")[2] for line in names(lab)] == ['"one"', '"two"']
    for path in FILES:
        lab.exec(HOST, "test", "-e", path)
    assert lab.systemctl(HOST, "is-enabled", "haproxy-agentx") == "enabled"
    assert read(lab, CONFIG).count("\n#") > 10
    fifo = "/run/haproxy-agentx /run/haproxy-agentx/vrrp.fifo"
    assert lab.shell(HOST, f"stat -c '%U:%G %a %F' {fifo}").splitlines() == [
        "root:haproxy-agentx 750 directory",
        "root:haproxy-agentx 640 fifo",
    ]
    follow_the_document_of_keepalived(lab)
    kinds = [kind for _, _, kind, *_ in reported(lab)]
    assert kinds[-1] == "test"
    assert "serviceFailover" in kinds


def upgraded(lab, wheels: Path) -> None:
    """A second `make install`: the daemon is another one, nothing else has changed, and nothing is told of it."""
    lab.systemctl(HOST, "disable", "haproxy-agentx")
    before = kept(lab)
    lab.copy(wheels, HOST, f"{FOLDER}/newer")
    assert f"haproxy-agentx {NEWER} runs now" in make(lab, "install", WHEELS="newer")
    well(lab)
    assert lab.status(HOST)["version"] == NEWER
    assert kept(lab) == before


def not_upgraded(lab) -> None:
    """A failure leaves what there was."""
    said = lab.shell(HOST, f"cd {FOLDER}; mkdir empty; make install WHEELS=empty 2>&1 || :", seconds=120)
    assert "Nothing was changed." in said
    lab.systemctl(HOST, "restart", "haproxy-agentx")
    assert lab.status(HOST)["version"] == NEWER


def removed(lab) -> None:
    """Configuration, state and the group stay: HAProxy does not start without."""
    lab.systemctl(HOST, "stop", "haproxy-agentx")
    kept = lab.exec(HOST, "sha256sum", CONFIG, STATE)
    said = make(lab, "uninstall")
    assert all(text in said for text in ("/var/lib/haproxy-agentx", "PURGE=1", HAPROXY, SNMPD)), said
    assert lab.shell(HOST, f"ls -d {' '.join(FILES)} 2>/dev/null || :") == ""
    assert KEEPALIVED in said, "it writes to a FIFO of which nobody takes care any more"
    assert lab.exec(HOST, "sha256sum", CONFIG, STATE) == kept
    lab.shell(HOST, "systemctl restart haproxy snmpd keepalived")
    assert lab.systemctl(HOST, "is-active", "haproxy", "snmpd", "keepalived").split() == ["active"] * 3
    assert lab.systemctl(HOST, "list-units", "--all", "haproxy-agentx*", "--no-legend") == ""
    make(lab, "uninstall")  # again: nothing to do, and no error


def purged(lab) -> None:
    """All of it; the group only when nothing names it any more."""
    said = make(lab, "uninstall", PURGE="1")
    lab.shell(HOST, "test ! -e /etc/haproxy-agentx; test ! -e /var/lib/haproxy-agentx")
    assert all(text in said for text in ("the user and group haproxy-agentx", HAPROXY, SNMPD)), said
    lab.shell(
        HOST, f"sed -i '/{GROUP_LINE}/d' {HAPROXY}; rm {SNMPD}; systemctl reload haproxy; systemctl restart snmpd"
    )
    lab.shell(HOST, f"sed -i '/vrrp_notify_fifo/d' {KEEPALIVED}; systemctl reload keepalived")
    make(lab, "uninstall", PURGE="1")
    lab.exec(HOST, "test", "!", "-e", FIFO)
    accounts = lab.shell(HOST, "getent passwd; getent group")
    assert "haproxy-agentx" not in accounts
    left = lab.shell(HOST, f"find / -xdev -name '*haproxy-agentx*' -not -path '{FOLDER}*' -not -path '/proc/*'").split()
    assert left == []
    assert lab.systemctl(HOST, "is-system-running") == "running"


@pytest.mark.timeout(240)
def test_install_as_the_readme_says_upgrade_and_remove(stock, tmp_path):
    with ThreadPoolExecutor() as pool:
        wheels = pool.submit(newer, tmp_path)
        installed(stock)
    upgraded(stock, wheels.result())
    not_upgraded(stock)
    removed(stock)
    purged(stock)


PACKAGE = "haproxy-agentx"
SOURCES = (
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "haproxy_agentx",
    "mib",
    "packaging",
    "pyproject.toml",
    "requirements",
)


def packages(folder: Path, python: str, *versions: str) -> list[Path]:
    """The package for a Python, of these versions."""
    made = []
    for version in versions:
        source = folder / version
        for name in (*SOURCES, "systemd", "tools"):
            path = PROJECT / name
            copied = source / name
            if path.is_dir():
                shutil.copytree(path, copied, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                source.mkdir(exist_ok=True)
                shutil.copy(path, copied)
        module = source / "haproxy_agentx" / "__init__.py"
        module.write_text(module.read_text().replace(f'"{__version__}"', f'"{version}"'))
        subprocess.run([source / "packaging/make-deb", python], check=True, capture_output=True, timeout=300)
        made += (source / "dist").glob("*.deb")
    return made


def apt(lab, *words: str) -> str:
    return lab.shell(HOST, f"DEBIAN_FRONTEND=noninteractive apt-get -y {' '.join(words)} 2>&1", seconds=120)


@pytest.mark.timeout(1500)
def test_the_package_installs_upgrades_and_is_purged(stock, tmp_path):
    """`apt install ./haproxy-agentx_*.deb` in place of `make install`, then the README word by word."""
    python = stock.shell(HOST, "python3 -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])'").strip()
    for place, package in enumerate(packages(tmp_path, python, __version__, NEWER)):
        stock.copy(package, HOST, f"/root/{place}.deb")
    append(stock, HAPROXY, SITE)
    apt(stock, "install", "/root/0.deb")
    assert f".{ROOT[-1]}.1.1.1.0 = STRING" in follow_from_step_2(stock)
    before = kept(stock)
    apt(stock, "install", "/root/1.deb")
    well(stock)
    assert stock.status(HOST)["version"] == NEWER
    assert kept(stock) == before
    stock.systemctl(HOST, "stop", "haproxy-agentx")
    files = stock.exec(HOST, "sha256sum", CONFIG, STATE)
    apt(stock, "remove", PACKAGE)
    assert stock.exec(HOST, "sha256sum", CONFIG, STATE) == files
    stock.shell(
        HOST, "test ! -e /usr/bin/haproxy-agentx; test ! -e /usr/lib/haproxy-agentx; systemctl restart haproxy snmpd"
    )
    said = apt(stock, "purge", PACKAGE)
    assert "the configuration of HAProxy or snmpd names them" in said
    stock.shell(HOST, "test ! -e /etc/haproxy-agentx; test ! -e /var/lib/haproxy-agentx; getent group haproxy-agentx")
    assert stock.systemctl(HOST, "is-system-running") == "running"
