"""A real snmptrapd of the test's own, and what it prints, read.

``Snmptrapd(folder)`` listens on a port of the loopback and is gone when left. It takes v2c of community public, and v3
with privacy of ``USER`` at the engine ``ENGINE``. With ``mibs`` it prints names, else numbers.
"""

import os
import re
import socket
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Self

from tests.support.wait import until

ENGINE = "0x80001f8804746573746572"
USER = "reporter"
SECRETS = ("auth-secret-1", "priv-secret-1")
CONFIGURATION = f"""\
authCommunity log public
createUser -e {ENGINE} {USER} SHA {SECRETS[0]} AES {SECRETS[1]}
authUser log {USER} priv
format1 TRAPV1\\t%N\\t%w\\t%q\\t%T\\t%v\\n
format2 TRAP\\t%v\\n
"""
"""Of an SNMPv1 trap: enterprise, generic-trap, specific-trap, time-stamp in hundredths of a second, and varbinds."""


class Varbind(NamedTuple):
    """A varbind as it is printed: the name, net-snmp's word for the type, and the value's text."""

    name: str
    type: str
    text: str


class TrapV1(NamedTuple):
    """A Trap-PDU of SNMPv1 (RFC 1157 4.1.6) without its agent-addr."""

    enterprise: str
    generic: int
    specific: int
    up_time: int
    varbinds: list[Varbind]


class Snmptrapd(AbstractContextManager["Snmptrapd"]):
    """Listens from when it is entered. ``mibs`` is a search path and the modules to load from it."""

    def __init__(self, folder: Path, mibs: tuple[str, str] | None = None) -> None:
        self.folder = folder
        self.log = folder / "traps.log"
        self.port = 0
        self._options = ["-On", "-Oe", "-m", ""] if mibs is None else ["-M", mibs[0], "-m", mibs[1]]

    def __enter__(self) -> Self:
        (self.folder / "persistent").mkdir(parents=True)
        (self.folder / "snmptrapd.conf").write_text(CONFIGURATION)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        files = ["-C", "-c", self.folder / "snmptrapd.conf", "-p", self.folder / "pid"]
        environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(self.folder / "persistent"), "MIBS": ""}
        command = ["snmptrapd", "-f", "-Lo", *files, *self._options, f"udp:127.0.0.1:{self.port}"]
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        if not until(lambda: "NET-SNMP version" in self.log.read_text(), 10):
            self._end()
            raise AssertionError(f"snmptrapd does not start:\n{self.log.read_text()}")
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

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
        """Give what has come until now, in order."""
        lines = [line for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [_varbinds(line) for line in lines if line.startswith("TRAP\t")]

    def v1_traps(self) -> list[TrapV1]:
        """Return the SNMPv1 traps that have come until now, in order."""
        lines = [line for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]
        found = []
        for line in lines:
            if line.startswith("TRAPV1\t"):
                enterprise, generic, specific, up_time, varbinds = line.split("\t", 5)[1:]
                numbers = int(generic), int(specific.removeprefix(".")), int(up_time)
                found.append(TrapV1(enterprise.removeprefix("."), *numbers, _varbinds(f"\t{varbinds}")))
        return found

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()


def _varbinds(line: str) -> list[Varbind]:
    found = []
    for part in line.rstrip("\n").split("\t")[1:]:
        name, _, value = part.partition(" = ")
        kind, _, text = ("STRING", "", "") if value == '""' else value.partition(": ")
        found.append(Varbind(name.removeprefix("."), kind, re.sub('^"(.*)"$', r"\1", text.strip())))
    return found
