"""A real snmptrapd of the test's own, and what it prints, read as the sinks of the labs are.

``Snmptrapd(folder)`` listens on a port of the loopback and is gone when left. It takes v2c of community public, and v3
with privacy of ``USER`` at the engine ``ENGINE``. With ``mibs`` it prints names, else numbers.
"""

from pathlib import Path

from integration.netlab import traps
from integration.netlab.plan import CONFIG
from integration.netlab.traps import V1_FORMAT, TrapV1
from integration.walks import Varbind
from tests.support.ports import free_udp_port
from tests.support.programs import Program

ENGINE = "0x80001f8804746573746572"
USER = "reporter"
SECRETS = ("auth-secret-1", "priv-secret-1")
FORMAT = next(line for line in (CONFIG / "snmptrapd.conf").read_text().splitlines() if line.startswith("format2 "))
CONFIGURATION = f"""\
authCommunity log public
createUser -e {ENGINE} {USER} SHA {SECRETS[0]} AES {SECRETS[1]}
authUser log {USER} priv
{V1_FORMAT}
{FORMAT}
"""


class Snmptrapd(Program):
    """Listens from when it is entered. ``mibs`` is a search path and the modules to load from it."""

    def __init__(self, folder: Path, mibs: tuple[str, str] | None = None) -> None:
        self.port = 0
        self._folder = folder
        options = ["-On", "-Oe", "-m", ""] if mibs is None else ["-M", mibs[0], "-m", mibs[1]]
        files = ["-C", "-c", folder / "snmptrapd.conf", "-p", folder / "pid"]
        super().__init__(
            ["snmptrapd", "-f", "-Lo", *files, *options],
            log=folder / "traps.log",
            environment={"SNMP_PERSISTENT_DIR": str(folder / "persistent"), "MIBS": ""},
        )

    def start(self) -> None:
        """Start it on a port that is free now, and wait until it listens."""
        (self._folder / "persistent").mkdir(parents=True)
        (self._folder / "snmptrapd.conf").write_text(CONFIGURATION)
        self.port = free_udp_port()
        self.command_line.append(f"udp:127.0.0.1:{self.port}")
        self.begin()
        self.await_ready(lambda: "NET-SNMP version" in self.text(), 10)

    def sinks(self) -> list[str]:
        """Give the line of snmpd.conf that sends v2c here."""
        return [f"trap2sink 127.0.0.1:{self.port} public"]

    def v1_sinks(self) -> list[str]:
        """Give the line of snmpd.conf that sends v1 here."""
        return [f"trapsink 127.0.0.1:{self.port} public"]

    def v3_sinks(self) -> list[str]:
        """Give the line of snmpd.conf that sends v3 here, with authentication and privacy."""
        secrets = f"-a SHA -A {SECRETS[0]} -x AES -X {SECRETS[1]}"
        return [f"trapsess -v 3 -e {ENGINE} -u {USER} -l authPriv {secrets} 127.0.0.1:{self.port}"]

    def traps(self) -> list[list[Varbind]]:
        """Return the varbinds of each notification that has come until now, in order."""
        return [list(trap.bindings) for trap in traps.parse(self.text())]

    def v1_traps(self) -> list[TrapV1]:
        """Return the SNMPv1 traps that have come until now, in order."""
        return list(traps.parse_v1(self.text()))
