"""The root file systems of the machines, made once and kept in a folder outside the project."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

from integration.matrix.machine import TIED, TREE, Box, copy_tree
from integration.matrix.plan import PACKAGES, Machine
from integration.netlab.plan import PROJECT
from integration.netlab.waiting import LabError

CACHE: Final = Path(os.environ.get("MATRIX_CACHE", "/var/cache/haproxy-agentx-matrix"))
"""Its folders: SUITE (the root file system), SUITE.layer (what a run changes, gone afterwards), SUITE.pip, logs."""

BASE_IMAGE: Final = PROJECT / "integration" / "docker" / "base-image"
SECONDS: Final = 900.0
"""A root file system takes at most: debootstrap (half a minute) and its packages (two minutes)."""

CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
HOSTS: Final = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
PIP_FILES: Final = ("/etc/pip.conf", "/root/.config/pip/pip.conf")
_INSTALL: Final = f"""
set -e
apt-get -qq update
apt-get -qq -y --no-install-recommends install make git >/dev/null
cd {TREE}
tools/install-packages run test mibs cost
rm -rf /var/cache/apt/archives/*.deb
"""
INSTALL: Final = ("sh", "-c", _INSTALL)
"""What every make target needs, so that none of them installs anything later."""

Say = Callable[[str], None]


@contextmanager
def locked(machine: Machine) -> Iterator[None]:
    """Keep a machine from all other programs meanwhile. LabError when another one has it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{machine.suite}.lock").open("w") as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except OSError:
            raise LabError(f"{machine.suite}: another make matrix uses it: wait for its end") from None
        yield


def root_of(machine: Machine) -> Path:
    """Return where a machine's root file system is, or would be."""
    return CACHE / machine.suite


def ensure(machine: Machine, say: Say) -> Path:
    """Return the root file system, made when it is not there. LabError, with nothing left of half a one."""
    root = root_of(machine)
    if root.is_dir():
        return root
    draft = CACHE / f"{machine.suite}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    say(f"{machine.suite}: making the root file system by debootstrap")
    try:
        run_logged(machine, (str(BASE_IMAGE), "--root", str(draft), machine.suite))
        (draft / "etc/hosts").write_text(HOSTS)  # Debian's installer makes it, debootstrap of Debian 12 does not
        resolver = draft / "etc/resolv.conf"
        resolver.unlink(missing_ok=True)
        resolver.write_bytes(Path("/etc/resolv.conf").read_bytes())
        if CERTIFICATES.exists():  # with what this machine trusts beyond Debian's
            (draft / str(CERTIFICATES).lstrip("/")).write_bytes(CERTIFICATES.read_bytes())
        for name in filter(os.path.exists, PIP_FILES):
            target = draft / name.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(Path(name).read_bytes())
        say(f"{machine.suite}: installing packages")
        copy_tree(draft / TREE.lstrip("/"))
        with log_of(machine, "packages").open("wb") as output:
            status = Box(machine.suite, draft).run(INSTALL, output, SECONDS, online=True)
        if status != 0:
            raise LabError(f"{machine.suite}: the packages could not be installed: see {output.name}")
        shutil.rmtree(draft / TREE.lstrip("/"))
        draft.rename(root)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(CACHE / f"{draft.name}.mount", ignore_errors=True)
    return root


@contextmanager
def layered(machine: Machine) -> Iterator[Box]:
    """Give a machine that is as new, with the project in it; what is written to it is gone at the end."""
    layer = CACHE / f"{machine.suite}.layer"
    shutil.rmtree(layer, ignore_errors=True)
    box = Box(machine.suite, root_of(machine), layer)
    copy_tree(box.changed / TREE.lstrip("/"))
    try:
        yield box
    finally:
        shutil.rmtree(layer, ignore_errors=True)
        shutil.rmtree(CACHE / f"{machine.suite}.mount", ignore_errors=True)


def versions(machine: Machine) -> dict[str, str]:
    """Return the versions of `python` and PACKAGES in a machine's root file system."""
    python = f"python{machine.python}"
    asked = (f"--admindir={root_of(machine)}/var/lib/dpkg", "-W", "-f", "${Package} ${Version}\n", python, *PACKAGES)
    shown = subprocess.run(("dpkg-query", *asked), capture_output=True, text=True, check=False)
    found = dict(line.split() for line in shown.stdout.splitlines() if len(line.split()) == 2)
    return {("python" if name == python else name): version for name, version in found.items()}


def log_of(machine: Machine, part: str) -> Path:
    """Return where the output of a part goes; its folder exists."""
    folder = CACHE / "logs" / machine.suite
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{part}.txt"


def run_logged(machine: Machine, command: tuple[str, ...]) -> None:
    """Run a program of this machine. LabError with the end of its output when it fails."""
    # debootstrap mounts, and starts others: in namespaces of its own all of it ends with the program
    done = subprocess.run(
        (*TIED, "--mount-proc", "--", *command), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    log_of(machine, "debootstrap").write_text(done.stdout + done.stderr)
    if done.returncode:
        raise LabError(f"{machine.suite}: {(done.stderr or done.stdout)[-2000:].strip()}")


def clean() -> None:
    """Remove all of it."""
    shutil.rmtree(CACHE, ignore_errors=True)
