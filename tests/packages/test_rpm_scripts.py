"""The scripts of the rpm, run by rpm in a copy of this machine's file system: installed, upgraded, removed.

No RHEL is needed for that: the scripts call sh, find, systemctl, systemd-sysusers, systemd-tmpfiles and the package's
Python, which this machine has as well. What is written goes to a layer above its file system, which is thrown away.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from haproxy_agentx import __version__
from tests.packages.programs import run

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

HOME = "/usr/lib/haproxy-agentx"
CONFIG = "/etc/haproxy-agentx/config.yaml"
ENABLED = "/etc/systemd/system/multi-user.target.wants/haproxy-agentx.service"
STATE = "/var/lib/haproxy-agentx/state.db"


@pytest.fixture
def inside(made, tmp_path) -> Iterator[Callable[[str], str]]:
    """Run a script of the shell in the copy, as root; the package is /package.rpm there."""
    place = tmp_path / "layers"
    root = tmp_path / "root"
    place.mkdir()
    root.mkdir()
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", place)
    try:
        for name in ("upper", "work"):
            (place / name).mkdir()
        run("mount", "-t", "overlay", "-o", f"lowerdir=/,upperdir={place}/upper,workdir={place}/work", "none", root)
        run("mount", "-t", "tmpfs", "none", root / "run")  # no systemd runs there
        run("mount", "--bind", "/proc", root / "proc")
        for path in ("etc/haproxy-agentx", "var/lib/haproxy-agentx", "opt/haproxy-agentx"):
            run("rm", "-rf", root / path)
        run("cp", made["rpm"][0], root / "package.rpm")

        def script(text: str) -> str:
            return run("chroot", root, "sh", "-ec", text)

        script("userdel haproxy-agentx 2>/dev/null || :; groupdel haproxy-agentx 2>/dev/null || :; rpm --initdb")
        yield script
    finally:
        for mounted in (root / "proc", root / "run", root, place):
            subprocess.run(["umount", str(mounted)], check=False, capture_output=True)


def bytecode(inside: Callable[[str], str]) -> int:
    return int(inside(f"find {HOME}/lib -name '*.pyc' | wc -l"))


def test_the_scripts_of_the_rpm(inside):
    inside("rpm -i --nodeps /package.rpm")
    assert inside("haproxy-agentx --version").split()[1] == __version__
    inside("getent group haproxy-agentx")
    fifo = inside("stat -c '%U:%G %a %F' /run/haproxy-agentx/vrrp.fifo").strip()
    assert fifo == "root:haproxy-agentx 640 fifo"
    inside(f"test -L {ENABLED}")
    compiled = bytecode(inside)
    assert compiled > 100

    inside(f"echo '# mine' >>{CONFIG}; mkdir -p {Path(STATE).parent}; echo kept >{STATE}; rm {ENABLED}")
    inside("rpm -U --force --nodeps /package.rpm")
    assert inside(f"tail -n 1 {CONFIG}; cat {STATE}") == "# mine\nkept\n"
    inside(f"test ! -e {ENABLED}")
    assert bytecode(inside) == compiled, "the package before took it away"

    inside("rpm -e haproxy-agentx")
    inside(f"test ! -e {HOME}; test ! -e /usr/bin/haproxy-agentx; test ! -e {ENABLED}")
    assert inside(f"tail -n 1 {CONFIG}.rpmsave; cat {STATE}; getent group haproxy-agentx | cut -d: -f1") == (
        "# mine\nkept\nhaproxy-agentx\n"
    )


def test_the_rpm_does_not_install_over_make_install(inside):
    said = inside(
        "mkdir -p /opt/haproxy-agentx; ln -s x /opt/haproxy-agentx/current; "
        "! rpm -i --nodeps /package.rpm 2>&1; test ! -e /usr/bin/haproxy-agentx"
    )
    assert "run 'make uninstall' in its folder first" in said
