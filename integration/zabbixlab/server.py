"""A Zabbix server with front end, database and receivers of traps, on a host of the lab."""

import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from integration.netlab import Lab, LabError, wait_for
from integration.netlab.plan import BALANCERS, PROJECT
from integration.netlab.processes import Identity, identity
from integration.zabbixlab.api import PATH, SECONDS, Api, ZabbixError

HERE = Path(__file__).parent
VERSIONS = ("6.0", "7.0")
USER, PASSWORD = "Admin", "zabbix"
PORT = 8080
RECEIVERS = {"numbers": 162, "names": 1162}
"""The receivers of traps: what their texts show for an OID -> udp port."""

START_SECONDS = 120.0


def make(version: str) -> str:
    """Make the root file system of a version where it is missing; return its layers. LabError."""
    made = subprocess.run([str(HERE / "make-root"), version], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode:
        raise LabError(f"the root file system of Zabbix {version} could not be made")
    return made.stdout.strip()


def send_traps(lab: Lab, address: str) -> None:
    """Have snmpd of the load balancers send all traps to the receivers at an address too. For ``prepare`` of a lab."""
    for name in BALANCERS:
        with lab.hosts[name].path("/etc/snmp/snmpd.conf").open("a") as file:
            file.writelines(f"trap2sink {address}:{port}\n" for port in RECEIVERS.values())


class Zabbix(AbstractContextManager["Zabbix"]):
    """Started when entered, gone when left. ``host`` of the lab gives its network; its own trap receiver is stopped.

    ``keep``: it outlives this program.
    """

    def __init__(self, lab: Lab, version: str, folder: Path, host: str = "sink", *, keep: bool = False) -> None:
        self.lab, self.version, self.folder, self.host, self.keep = lab, version, folder, host, keep
        self.api = Api(self._post)
        self.process: Identity | None = None
        self._started: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        try:
            self.await_api()
        except BaseException:
            self.stop()
            raise
        return self

    def start(self) -> None:
        """Start all programs. ``await_api`` has to follow."""
        layers = make(self.version)
        state = self.folder / "state"
        state.mkdir()
        if self.host == "sink" and self.lab.running("sink", "traps"):
            self.lab.ctl("sink", "traps", "stop")
        command = (
            *("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child=KILL", "--propagation", "private", "--"),
            *(str(HERE / "run"), layers, str(state), str(PROJECT)),
        )
        tied = [] if self.keep else ["setpriv", "--pdeathsig", "KILL"]
        with self.log.open("wb") as log:
            # -n alone: its mounts and processes are its own
            self._started = subprocess.Popen(
                [*tied, *self.lab.host(self.host).command(*command, machine=True)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=self.keep,
            )
        self.process = identity(self._started.pid)

    @property
    def log(self) -> Path:
        """What the start and the end say."""
        return self.folder / "zabbix.log"

    def await_api(self) -> None:
        """Wait until the API answers, and sign in. LabError."""
        wait_for(self._answers, f"Zabbix {self.version} answers", START_SECONDS, self.log.read_text)

    def stop(self) -> None:
        """End it. No error where it is gone."""
        if self.process:
            self.process.kill()
        if self._started:
            self._started.wait()
        elif self.process:
            gone = self.process
            wait_for(lambda: not gone.alive, "Zabbix is gone")

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, *command: str, seconds: float = 60.0) -> str:
        """Run a command among the programs of Zabbix; return what it prints. LabError where it fails."""
        if self.process is None:
            raise LabError("Zabbix was not started")
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        full = ["nsenter", "-t", children[0], "-n", "-m", "-p", "-i", "-r", "-w", "--", *command]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "en_US.UTF-8"}
        try:
            done = subprocess.run(
                full, capture_output=True, text=True, errors="replace", timeout=seconds, check=False, env=environment
            )
        except subprocess.TimeoutExpired as late:
            raise LabError(f"Zabbix: not within {seconds:g} s: {' '.join(command)}") from late
        if done.returncode:
            raise LabError(f"Zabbix: exit {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def take_file(self, name: str) -> bytes:
        """Return a file of its folder /var/log, and remove it."""
        file = self.folder / "state.log" / name
        content = file.read_bytes()
        file.unlink()
        return content

    def _post(self, body: str, headers: Mapping[str, str]) -> str:
        named = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        url = f"http://127.0.0.1:{PORT}{PATH}"
        command = ("curl", "-s", "-m", f"{SECONDS:g}", *named, "--data-binary", "@-", url)
        host = self.lab.host(self.host)
        return host.run(*command, text=body, machine=True, check=False, seconds=SECONDS + 10).stdout

    def _answers(self) -> bool:
        if self.process is None or not self.process.alive:
            raise LabError(f"Zabbix {self.version} ended:\n{self.log.read_text()}")
        try:
            self.api.sign_in(USER, PASSWORD)
        except ZabbixError:
            return False
        return True
