"""The real daemon as a process of the test's own.

``Daemon(folder, agentx, sources)`` is ``haproxy-agentx run`` with a configuration, a store and a log in ``folder``. It
starts when entered, waits until it is registered with the master and all sources are read, and is gone when left.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.control.client import NotRunning, ask, control_path
from haproxy_agentx.objects.root import ROOT as ROOT_OID
from haproxy_agentx.store import witness
from haproxy_agentx.store.witness import Witness
from haproxy_agentx.system.lock import place
from tests.support.programs import ROOT, Program
from tests.support.wait import HANG, eventually, until

START = 15.0
"""Seconds in which a daemon is up on a busy machine."""

RECOVERY = 5.0
"""Seconds in which everything is well again after a fault has gone (C7, C52)."""

INTERVAL, TIMEOUT = 0.1, 0.5
"""Seconds, as the sources of a test have them."""

OID = dotted(ROOT_OID)
"""The root of the MIB."""

ALONE = {"fifo": "none", "traps": "none"}
"""As there is no keepalived: many tests run at once, and the ports of a host are one."""

COMMAND = (sys.executable, "-m", "haproxy_agentx")

Source = Mapping[str, object]

T = TypeVar("T")


def source(name: str, stats: object, **more: object) -> Source:
    """Give the configuration of an HAProxy that is read often."""
    return {"name": name, "stats": str(stats), "interval": f"{INTERVAL}s", "timeout": f"{TIMEOUT}s", **more}


class Daemon(Program):
    """One daemon.

    ``agentx`` is the master's socket, or all keys of that section; ``more`` are other keys of the configuration.
    ``fault`` names one of ``broken_daemon.py``, which is then run in its place. ``wait`` says what to wait for:
    "read", "registered", "running" or "". ``wrapper`` is a command that executes what follows it.
    """

    def __init__(
        self,
        folder: Path,
        agentx: object,
        sources: Sequence[Source],
        *,
        fault: str = "",
        wait: str = "read",
        environment: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
        **more: object,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.config = folder / "config.yaml"
        self.store = folder / "state.db"
        self.keys: dict[str, object] = {
            "agentx": agentx if isinstance(agentx, Mapping) else {"socket": str(agentx)},
            "haproxy": list(sources),
            "store": str(self.store),
            "keepalived": ALONE,
            **more,
        }
        self._control = control_path(str(self.keys["store"]))
        self._wait = wait
        self._witnesses: dict[str, str] = {}
        program = [sys.executable, ROOT / "tests" / "support" / "broken_daemon.py", fault] if fault else COMMAND
        super().__init__(
            [*wrapper, *program, "run", "--config", self.config],
            log=folder / "log",
            environment={"PYTHONPATH": str(ROOT), **(environment or {})},
        )
        self.configure()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        for file in self.witnesses():  # it outlives a daemon that is killed, on purpose
            file.unlink()

    def witnesses(self) -> list[Path]:
        """Return the files in shared memory that note its numbers of events (store.witness), of any user."""
        return [file for name in self._witnesses.values() for file in Path(witness.FOLDER).glob(name)]

    def configure(self, **keys: object) -> None:
        """Write the configuration, with some keys changed, at once: it may be read meanwhile. JSON is YAML."""
        self.keys |= keys
        new = self.config.with_suffix(".new")
        new.write_text(json.dumps(self.keys, indent=1))
        new.replace(self.config)

    def start(self) -> None:
        """Start; the log goes on."""
        store = str(self.keys["store"])
        if store not in self._witnesses and (where := place(store)):  # once: later on its disk may hang
            self._witnesses[store] = Witness(store, where).pattern
        self.begin()
        ready = {"read": self.well, "registered": self.registered, "running": self.answers, "": lambda: True}
        self.await_ready(ready[self._wait], START)

    def stop(self, within: float = 2.0) -> int:
        """SIGTERM; give the exit status. It must be gone in two seconds (P2)."""
        self.signal(signal.SIGTERM)
        return self.ended(within)

    def ended(self, within: float) -> int:
        """Wait for its end and give the exit status."""
        assert until(lambda: not self.alive, within), f"the daemon has not ended within {within} s:\n{self.text()}"
        status = self.end()
        assert status is not None
        return status

    def kill9(self, *, wait_for_children: bool = True) -> None:
        """SIGKILL; what was on its way to the disk is there when this returns, unless the disk hangs."""
        if self.process is None:
            return
        children = []
        with suppress(OSError):
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        super().kill9()
        if wait_for_children:
            until(lambda: not any(Path(f"/proc/{child}").exists() for child in children), RECOVERY)

    def restart(self) -> None:
        assert self.stop() == 0
        self.start()

    def trigger(self) -> None:
        """SIGUSR1: let the fault of ``broken_daemon`` happen."""
        self.signal(signal.SIGUSR1)

    # What it says

    def lines(self, *words: str) -> list[str]:
        """Give the lines of the log that hold all of ``words``."""
        return [line for line in self.text().splitlines() if all(word in line for word in words)]

    def lines_of(self, source: str) -> list[str]:
        """Give the lines in which a source is told of, without those of events about it."""
        head = re.compile(rf"\S+ \S+ [A-Z]+ +{re.escape(source)}: ")
        return [line for line in self.lines(source) if head.match(line)]

    def logs(self, *words: str, count: int = 1, within: float = RECOVERY) -> list[str]:
        """Wait until there are so many lines with all of ``words``."""
        assert until(lambda: len(self.lines(*words)) >= count, within), f"no line with {words}:\n{self.text()}"
        return self.lines(*words)

    def status(self) -> dict[str, Any]:
        """Give what ``haproxy-agentx status --json`` prints, without starting a program. Raises NotRunning."""
        return ask(self._control)

    def answers(self) -> bool:
        """Whether ``status`` is answered."""
        try:
            return bool(self.status())
        except NotRunning:
            return False

    def registered(self) -> bool:
        """Whether the master has taken our subtree."""
        return self.answers() and not self.status()["agentx"]["problem"]

    def well(self) -> bool:
        """Whether it is registered and the last reading of each source was good."""
        return self.registered() and all(one["state"] == "ok" for one in self.status()["sources"])

    def source(self, name: str) -> dict[str, Any]:
        """Give what ``status`` says of one source."""
        return next(one for one in self.status()["sources"] if one["name"] == name)

    def state(self, name: str) -> str:
        return str(self.source(name)["state"])

    def eventually(self, condition: Callable[[], T], within: float = RECOVERY) -> T:
        """Wait for a condition and return what it gives; the log is in the failure."""
        try:
            return eventually(condition, within)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{self.text()}") from None

    def read_again(self, name: str, times: int = 2) -> None:
        """Wait until so many more readings of a source have been good."""
        for _ in range(times):
            self.eventually(partial(self._read_since, name, time.monotonic()))

    def _read_since(self, name: str, moment: float) -> bool:
        age = self.source(name)["age"]
        return age is not None and time.monotonic() - age > moment

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command of ours with the same configuration."""
        command = [*COMMAND, *words, "--config", str(self.config)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANG, env=environment)
