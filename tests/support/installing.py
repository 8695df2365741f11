"""An installation by ``tools/service`` on a machine of its own: a mount namespace in which nothing of the host changes.

Run as a program, in a namespace that ``unshare -m`` has made: ``installing.py FOLDER`` reads steps from standard input,
one JSON object a line, and answers each with one. The script is the real one, with the real sysusers, tmpfiles, setpriv
and coreutils; Python and systemctl are small scripts, so that an installation takes a fraction of a second.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
NAME = "haproxy-agentx"
BASE = Path("/opt") / NAME
PLACES = {
    "service": Path("/etc/systemd/system/haproxy-agentx.service"),
    "keepalived": Path("/etc/systemd/system/keepalived.service.d/haproxy-agentx.conf"),
    "sysusers": Path("/etc/sysusers.d/haproxy-agentx.conf"),
    "tmpfiles": Path("/etc/tmpfiles.d/haproxy-agentx.conf"),
    "mib": Path("/usr/share/snmp/mibs/HAPROXY-AGENTX-MIB.txt"),
}
COMMAND = "/usr/local/bin/haproxy-agentx"
CONFIG = Path("/etc/haproxy-agentx/config.yaml")
COVERED = ("/opt", "/etc", "/usr/local/bin", "/usr/share/snmp", "/var/lib")
"""What an installation changes: each is an overlay."""

PYTHON = """#!/bin/sh
# Stands in for Python: makes environments without packages.
case "$1 $2" in
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "$0" "$3/bin/pip" && echo >"$3/pyvenv.cfg" ;;
  *default_text*) echo "# VERSION" ;;
  "-c "*) echo "$0" ;;
  "install "*)
    [ ! -e {folder}/no-pip ] || exit 1
    cat >"$(dirname "$0")/haproxy-agentx" <<'END'
#!/bin/sh
case "$1" in
  --version) echo "haproxy-agentx VERSION" ;;
  mib) root=$(sed -n 's/^root: //p' "$3") && echo "-- VERSION${root:+ $root}" ;;
  check-config) [ ! -e {folder}/refuses-VERSION ] || { echo "rot: no such key"; exit 2; } ;;
esac
END
    chmod 755 "$(dirname "$0")/haproxy-agentx" ;;
esac
"""

SYSTEMCTL = """#!/bin/sh
unit=/etc/systemd/system/haproxy-agentx.service
case "$*" in
  *is-active*) [ -e /run/active ] ;;
  *restart*)
    rm -f /run/active
    program=$(sed -n 's/^ExecStart=\\\\([^ ]*\\\\).*/\\\\1/p' $unit)
    version=$(setpriv --reuid haproxy-agentx --regid haproxy-agentx --clear-groups "$program" --version) || exit 1
    [ ! -e "{folder}/broken-${version#* }" ] || exit 1
    echo "$version" >/run/active ;;
  *enable*) touch /run/enabled ;;
esac
"""

HOOK = """unset BASH_ENV
set -T
_step=0
trap 'case $BASH_COMMAND in
  local*|"[["*|say*|return*|trap*|set*|for*|declare*|"! "*|python=*|key=*) ;;
  *) [ $((_step += 1)) -ne "$STOP" ] || kill -KILL 0 ;;
esac' DEBUG
"""
"""Kills the script, and all that it has started, before its STOPth command. Words that change nothing do not count."""


class Machine:
    """The namespace. ``versions`` are folders of the project as it is, with another version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self._script(self.bin / "systemctl", SYSTEMCTL.replace("{folder}", str(folder)).replace("\\\\", "\\"))
        (folder / "hook").write_text(HOOK)
        for version in ("1.0", "2.0"):
            self._project(version)
        self._mounted = False
        self.lower: dict[str, str] = {}
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)

    @staticmethod
    def _script(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    def _project(self, version: str) -> None:
        project = self.folder / version
        shutil.copytree(PROJECT / "systemd", project / "systemd")
        for file in (project / "systemd").rglob("*"):
            if file.is_file():
                file.write_text(f"# {version}\n{file.read_text()}")
        (project / "haproxy_agentx").mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            (project / name).touch()
        (project / "tools").mkdir()
        shutil.copy(PROJECT / "tools" / "service", project / "tools" / "service")
        python = project / "python3.99"
        self._script(python, PYTHON.replace("VERSION", version).replace("{folder}", str(self.folder)))
        self._script(project / "tools" / "find-python", f"#!/bin/sh\necho {python}\n")

    def reset(self, step: dict[str, Any]) -> dict[str, Any]:
        """Have the machine as it was ``saved``, or as the host is."""
        self._unmount()
        shutil.rmtree(self.folder / "layers", ignore_errors=True)
        for place in COVERED:
            upper = self.folder / "layers" / place.strip("/").replace("/", "-")
            (upper / "up").mkdir(parents=True)
            (upper / "work").mkdir()
            (upper / "up").chmod(0o755)
            Path(place).mkdir(exist_ok=True, parents=True)
            lower = ":".join([*([self.lower[place]] if self.lower else []), place])
            options = f"lowerdir={lower},upperdir={upper}/up,workdir={upper}/work"
            subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, place], check=True)
        self._mounted = True
        for path in Path("/run").iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        Path("/run/systemd/system").mkdir(parents=True)
        for name in step.get("run", {}):
            Path("/run", name).write_text(step["run"][name])
        return {}

    def save(self, step: dict[str, Any]) -> dict[str, Any]:
        """Keep the machine as it is for each ``reset`` to come."""
        self._unmount()
        saved = self.folder / "saved"
        shutil.rmtree(saved, ignore_errors=True)
        (self.folder / "layers").rename(saved)
        self.lower = {place: f"{saved / place.strip('/').replace('/', '-')}/up" for place in COVERED}
        return self.reset(step)

    def _unmount(self) -> None:
        if self._mounted:
            for place in COVERED:
                subprocess.run(["umount", place], check=True)
            self._mounted = False

    def shell(self, step: dict[str, Any]) -> dict[str, Any]:
        """Run a command of the shell."""
        done = subprocess.run(["bash", "-ec", step["text"]], capture_output=True, text=True, check=False)
        return {"status": done.returncode, "output": done.stdout + done.stderr}

    def install(self, step: dict[str, Any]) -> dict[str, Any]:
        """Install a version; ``stop`` kills it before that command. -9 is the status of one that was killed."""
        environment = {"PATH": f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": "/tmp"}
        if "stop" in step:
            environment |= {"BASH_ENV": str(self.folder / "hook"), "STOP": str(step["stop"])}
        what = step.get("what", "install")
        done = subprocess.run(
            [str(self.folder / step["version"] / "tools" / "service"), what],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            umask=step.get("umask", -1),
            timeout=60,
        )
        return {"status": done.returncode, "output": done.stdout + done.stderr}

    def look(self, _step: dict[str, Any]) -> dict[str, Any]:
        """Say which version each thing is of; None where there is nothing, the text where it is damaged."""
        as_service = ["setpriv", f"--reuid={NAME}", f"--regid={NAME}", "--clear-groups", COMMAND, "--version"]
        done = subprocess.run(as_service, capture_output=True, text=True, check=False)
        found: dict[str, Any] = {name: self._version(name, path) for name, path in PLACES.items()}
        found["command"] = done.stdout.strip().removeprefix(f"{NAME} ") if done.returncode == 0 else None
        active = Path("/run/active")
        found["active"] = active.read_text().strip().removeprefix(f"{NAME} ") if active.exists() else None
        found["enabled"] = Path("/run/enabled").exists()
        found["unfinished"] = (BASE / "unfinished").exists()
        found["config"] = CONFIG.read_text() if CONFIG.exists() else None
        found["base"] = sorted(path.name for path in BASE.iterdir()) if BASE.exists() else []
        folders = {path.parent for path in (*PLACES.values(), CONFIG, Path(COMMAND), BASE / "x")}
        found["left"] = [str(path) for folder in folders for path in folder.glob(".*") if NAME in str(path).lower()]
        return found

    def _version(self, name: str, path: Path) -> str | None:
        if not path.exists():
            return None
        text = path.read_text()
        for version in ("1.0", "2.0"):
            folder = self.folder / version / "systemd"
            whole = {
                "keepalived": folder / "keepalived.service.d" / f"{NAME}.conf",
                "mib": None,
            }.get(name, folder / f"{NAME}.{name}")
            if text == (f"-- {version}\n" if whole is None else whole.read_text()):
                return version
        return f"damaged: {text!r}"


def main() -> None:
    """Answer steps until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o022)
    machine = Machine(Path(sys.argv[1]))
    for line in sys.stdin:
        step = json.loads(line)
        sys.stdout.write(f"{json.dumps(getattr(machine, step['do'])(step))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
