"""The sources of VRRP knowledge, run in a host of the lab by ``vrrp_watch``, and what they told."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self

from integration.netlab import Lab, wait_for
from integration.netlab.plan import PROJECT
from tests.support.wait import DEADLINE, HANG

USER, AUTH, PRIV = "watcher", "authpass-1234", "privpass-1234"
SNMPD = f"""
createUser {USER} SHA-256 {AUTH} AES {PRIV}
rouser {USER} authPriv
trapsess -v 3 -u {USER} -l authPriv -a SHA-256 -A {AUTH} -x AES -X {PRIV} 127.0.0.1:1163
view systemonly included .1.3.6.1.2.1.1
rocommunity narrow 127.0.0.1 -V systemonly
"""
V2C_TRAPS, V3_TRAPS = "127.0.0.1:1162", "127.0.0.1:1163"
AGENT = "127.0.0.1:161"
FILES = {
    "public": "public", "narrow": "narrow", "wrong": "no-such-community", "auth": AUTH, "priv": PRIV,
    "wrong-auth": "wrongpass-1234",
}  # fmt: skip
V2C_ACCESS = {"address": AGENT, "community_file": "/run/secrets/public"}
V3_USER = {
    "user": USER,
    "auth_protocol": "SHA256",
    "auth_file": "/run/secrets/auth",
    "priv_protocol": "AES",
    "priv_file": "/run/secrets/priv",
}
V3_ACCESS = {"address": AGENT, "v3": V3_USER}


def prepare(lab: Lab, host: str = "lb1") -> None:
    """Give a host the user, its secrets and the sink of v3, before anything of it is started."""
    machine = lab.host(host)
    machine.path("/run/secrets").mkdir()
    for name, secret in FILES.items():
        machine.path(f"/run/secrets/{name}").write_text(secret + "\n")
    configuration = machine.path("/etc/snmp/snmpd.conf")
    configuration.write_text(configuration.read_text() + SNMPD)


class Watching(AbstractContextManager["Watching"]):
    """The program, while entered. ``asked`` is what it is asked (see vrrp_watch)."""

    def __init__(self, lab: Lab, host: str = "lb1", **asked: Any) -> None:
        self._lab = lab
        self._asked = asked
        self._command = lab.host(host).command(
            "env",
            f"PYTHONPATH={PROJECT}",
            "PYTHONDONTWRITEBYTECODE=1",
            sys.executable,
            "-m",
            "tests.support.vrrp_watch",
        )
        self.reported: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._input, self._output, self._errors = self._process.stdin, self._process.stdout, self._process.stderr
        self._readers = [threading.Thread(target=read) for read in (self._read, self._read_log)]
        self.log: list[str] = []
        for reader in self._readers:
            reader.start()
        self._write(json.dumps(self._asked))
        try:
            self.wait("start", lambda _: True)
            if "traps" in self._asked:
                wait_for(lambda: self.source("keepalived-traps")["state"] != "stale", "the listener listens")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._input.close()
        try:
            self._process.wait(HANG)
        finally:
            self._process.kill()
            self._process.wait()
            for reader in self._readers:
                reader.join()
            self._output.close()
            self._errors.close()

    def _read(self) -> None:
        for line in self._output:
            self.reported.append(json.loads(line))

    def _read_log(self) -> None:
        self.log += self._errors

    def _write(self, line: str) -> None:
        self._input.write(line + "\n")
        self._input.flush()

    def of(self, kind: str, since: int = 0) -> list[dict[str, Any]]:
        return [reported for reported in self.reported[since:] if reported["kind"] == kind]

    def wait(
        self, kind: str, matches: Callable[[dict[str, Any]], bool], seconds: float = DEADLINE, since: int = 0
    ) -> dict[str, Any]:
        """Wait for something told that matches, and return it."""
        return wait_for(
            lambda: next(filter(matches, self.of(kind, since)), None),
            f"{kind} of {self._asked}",
            seconds,
            lambda: "\n".join((*self.log, *map(str, self.reported[-5:]))),
        )

    def source(self, name: str) -> dict[str, Any]:
        """Ask for the state of a source."""
        found: dict[str, Any] = self.sources()["sources"][name]
        return found

    def sources(self) -> dict[str, Any]:
        """Ask for the state of the sources, CPU seconds and MB so far."""
        since = len(self.reported)
        self._write("sources")
        return self.wait("sources", lambda _: True, since=since)
