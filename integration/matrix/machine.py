"""A machine that runs: a root file system in namespaces of its own, of which nothing is left when it ends."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from integration.matrix.plan import SELECTORS
from integration.netlab.plan import PROJECT

INIT = Path(__file__).with_name("init.py")
TIED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--propagation", "private"),
)
"""Starts a program in namespaces of its own, which end with this program, even when it is killed: with all mounts."""

TREE = "/srv/haproxy-agentx"
"""Where the project is, in the machine: every user can enter it."""

LEFT_OUT = (".git", ".venv", ".mibs", "dist", "build")
"""What is made in place. A link in the place of such a folder is none of those that git ignores."""

_PASSED_ON = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "CI", "TERM", *SELECTORS)


def environment() -> dict[str, str]:
    """Return what programs of a machine see: a root shell's, with this machine's way to the package index."""
    passed = {name: value for name, value in os.environ.items() if name.upper().startswith(_PASSED_ON)}
    return {
        **passed,
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }


@dataclass(frozen=True, slots=True)
class Box:
    """A root file system to run commands in. Without ``layer`` they change it; with it they change the layer only."""

    name: str
    root: Path
    layer: Path | None = None

    @property
    def changed(self) -> Path:
        """The folder that has what was written."""
        return self.root if self.layer is None else self.layer / "upper"

    def run(
        self, command: tuple[str, ...], output: IO[bytes], seconds: float, *, online: bool, folder: str = "/"
    ) -> int | None:
        """Run a command to its end and return its exit status, None when the time was over.

        Whatever happens, also to this program, no process and no mount of it is left.
        """
        place = self.root.parent / f"{self.root.name}.mount"
        for needed in (place, *((self.layer / "upper", self.layer / "work") if self.layer else ())):
            needed.mkdir(parents=True, exist_ok=True)
        specification: Mapping[str, object] = {
            "hostname": self.name,
            "root": str(self.root),
            "upper": str(self.layer / "upper") if self.layer else "",
            "work": str(self.layer / "work") if self.layer else "",
            "mount": str(place),
            "command": command,
            "folder": folder,
        }
        starter = (*TIED, *(() if online else ("--net",)), "--")
        running = subprocess.Popen(
            (*starter, sys.executable, "-I", "-S", str(INIT), json.dumps(specification)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
            # the terminal's Ctrl-C is for this program, which then ends the machine
            start_new_session=True,
        )
        try:
            return running.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError):
                running.send_signal(signal.SIGKILL)
            running.wait()


def copy_tree(target: Path) -> None:
    """Copy the project to a folder, without what git ignores."""
    listed = subprocess.run(
        ("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    shutil.rmtree(target, ignore_errors=True)
    if listed.returncode:  # no git, or no repository: an unpacked archive
        shutil.copytree(PROJECT, target, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT, "__pycache__"))
        return
    target.mkdir(parents=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = PROJECT / name
        if name not in LEFT_OUT and (source.is_symlink() or source.is_file()):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
