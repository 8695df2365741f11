"""A real snmpd of the test's own, and the net-snmp tools to ask it.

``Snmpd(folder)`` starts at once when entered and is gone when left: own UDP port on 127.0.0.1, own AgentX socket, own
configuration folder, own persistent folder. Nothing of the machine's configuration is read.
"""

import re
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from integration.walks import Varbind
from tests.support.ports import free_port, free_udp_port
from tests.support.programs import Program
from tests.support.wait import NotYet, until

GET_SYS_UP_TIME = bytes.fromhex(
    "302602010104067075626c6963a019020101020100020100300e300c06082b060102010103000500",
)
"""A whole SNMPv2c message of community public, so that waiting needs no program."""

NUMERIC = ("-m", "", "-On", "-Oe", "-Ox", "-OU")
"""Options of the tools: no MIB, and everything in numbers, strings in hexadecimal."""

CONFIGURATION = """\
agentaddress udp:127.0.0.1:{port}
rocommunity public 127.0.0.1
rwcommunity secret 127.0.0.1
dontLogTCPWrappersConnects yes
master agentx
agentXSocket {agentx}
agentXPerms 0666 0755
"""


class SnmpError(NotYet):
    """A tool ended with an error: a timeout, genErr, or 'OID not increasing'."""


class Row(NamedTuple):
    """One varbind as a tool printed it.

    ``oid`` is dotted without a leading dot; ``type`` net-snmp's word ('Counter64', 'STRING', 'INTEGER', ...) or the
    exception's name in SMI ('noSuchObject', 'noSuchInstance', 'endOfMibView'); ``value`` an int for numbers, text for
    strings and identifiers, None for exceptions.
    """

    oid: str
    type: str
    value: int | str | None


class Snmpd(Program):
    """One snmpd with all its modules. ``extra`` are further lines of snmpd.conf.

    With ``tcp`` it takes subagents at ``agentx_port`` of the loopback also.
    """

    def __init__(self, folder: Path, extra: Iterable[str] = (), *, tcp: bool = False) -> None:
        self.folder = folder
        self.agentx = folder / "agentx"
        self.port = 0
        self.agentx_port = 0
        self._tcp = tcp
        self._extra = tuple(extra)
        (folder / "persistent").mkdir(parents=True, exist_ok=True)
        log = folder / "snmpd.log"
        super().__init__(
            ["snmpd", "-f", "-C", "-c", folder / "snmpd.conf", "-Lf", log],
            log=log,
            environment={"SNMP_PERSISTENT_DIR": str(folder / "persistent"), "MIBS": ""},
        )

    def start(self) -> None:
        """Start, on the port of the last time if there was one, and wait until it answers."""
        for _ in range(5):
            self.port = self.port or free_udp_port()
            self.agentx_port = self.agentx_port or (free_port() if self._tcp else 0)
            tcp = f",tcp:127.0.0.1:{self.agentx_port}" if self._tcp else ""
            text = CONFIGURATION.format(port=self.port, agentx=f"{self.agentx}{tcp}")
            (self.folder / "snmpd.conf").write_text("\n".join((text, *self._extra, "")))
            self.begin()
            if until(lambda: self.answers() or not self.alive, 10) and self.alive:
                return
            self.kill9()
            self.port = self.agentx_port = 0
        raise AssertionError(f"snmpd does not start:\n{self.text()}")

    def stop(self) -> None:
        """SIGTERM, as an administrator's restart begins."""
        self.end(within=5)

    def restart(self) -> None:
        self.stop()
        self.start()

    def answers(self, within: float = 0.05) -> bool:
        """Whether sysUpTime.0 is answered within seconds."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(within)
            asking.connect(("127.0.0.1", self.port))
            try:
                asking.send(GET_SYS_UP_TIME)
                return bool(asking.recv(1500))
            except OSError:
                return False

    # What the tools print, read. ``timeout`` in seconds is for one try, and there is one try.

    def get(self, *oids: str, timeout: float = 8) -> list[Row]:
        return self._ask("snmpget", oids, timeout)

    def getnext(self, *oids: str, timeout: float = 8) -> list[Row]:
        return self._ask("snmpgetnext", oids, timeout)

    def walk(self, oid: str, timeout: float = 8) -> list[Row]:
        return _without_end(self._ask("snmpwalk", [oid], timeout))

    def bulkwalk(self, oid: str, repetitions: int = 10, timeout: float = 8) -> list[Row]:
        return _without_end(self._ask("snmpbulkwalk", [oid], timeout, f"-Cr{repetitions}"))

    def bulkget(self, *oids: str, non_repeaters: int = 0, repetitions: int = 10, timeout: float = 8) -> list[Row]:
        return self._ask("snmpbulkget", oids, timeout, f"-Cn{non_repeaters}", f"-Cr{repetitions}")

    def set(self, *assignments: str, timeout: float = 8) -> list[Row]:
        """Give 'OID TYPE VALUE' each. Raises SnmpError with the reason."""
        words = [word for assignment in assignments for word in assignment.split(" ", 2)]
        return self._ask("snmpset", words, timeout, community="secret")

    def one(self, oid: str, timeout: float = 8) -> Row:
        """GET of one object."""
        return self.get(oid, timeout=timeout)[0]

    def command(self, tool: str, *options: str, timeout: float = 8, community: str = "public") -> list[str]:
        """Give the words of a tool's command up to the address."""
        return [tool, "-v2c", "-c", community, "-r0", f"-t{timeout}", *options, f"127.0.0.1:{self.port}"]

    def _ask(
        self, tool: str, words: Iterable[str], timeout: float, *options: str, community: str = "public",
    ) -> list[Row]:  # fmt: skip
        command = [*self.command(tool, *NUMERIC, *options, timeout=timeout, community=community), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode or "not increasing" in done.stderr:
            raise SnmpError(f"{done.stderr.strip()} {done.stdout.strip()}".strip())
        return list(_rows(done.stdout))


_EXCEPTIONS = {
    "No Such Object": "noSuchObject",
    "No Such Instance": "noSuchInstance",
    "No more variables": "endOfMibView",
}


def _rows(printed: str) -> Iterator[Row]:
    """Read what ``-On -Oe -Ox -OU`` prints; a long string goes on over several lines."""
    for found in re.finditer(r"^\.([0-9.]+) = (.*(?:\n(?!\.[0-9.]+ = ).*)*)$", printed, re.MULTILINE):
        yield _row(found[1], found[2].strip())


def _without_end(rows: list[Row]) -> list[Row]:
    """Leave out what a walk prints at the end of the MIB: it names no instance."""
    return [row for row in rows if row.type != "endOfMibView"]


def _row(oid: str, text: str) -> Row:
    _, kind, value = Varbind.parse(f"{oid} = {text}")
    for words, name in _EXCEPTIONS.items():
        if text.startswith(words):
            return Row(oid, name, None)
    read = _VALUES.get(kind, str)
    return Row(oid, "STRING" if kind == "Hex-STRING" else kind, read(value))


_VALUES: dict[str, Callable[[str], int | str]] = {
    "Hex-STRING": lambda text: bytes.fromhex(text).decode("utf-8", "surrogateescape"),
    "OID": lambda text: text.removeprefix("."),
    "Timeticks": lambda text: int(text[1 : text.index(")")]),
    "Counter32": int,
    "Counter64": int,
    "Gauge32": int,
    "INTEGER": int,
}
