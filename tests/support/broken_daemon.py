"""The daemon with a fault in it: ``broken_daemon.py FAULT run --config FILE``. SIGUSR1 makes the fault happen."""

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from haproxy_agentx import daemon
from haproxy_agentx.agentx import connection
from haproxy_agentx.agentx.session import Session
from haproxy_agentx.cli.main import main
from haproxy_agentx.process import reader as process
from haproxy_agentx.store.database import Store
from haproxy_agentx.system import service_manager


class Bug(Exception):  # noqa: N818  not an error of the program: the test's own
    """What nobody has thought of."""


triggered = False


def _trigger(*_: object) -> None:
    global triggered  # noqa: PLW0603  a signal handler has no other way
    triggered = True


def _breaking(owner: object, name: str) -> None:
    """Let a method fail from the trigger on."""
    original = getattr(owner, name)

    def method(*arguments: object, **named: object) -> object:
        if triggered:
            raise Bug(name)
        return original(*arguments, **named)

    setattr(owner, name, method)


def reading() -> None:
    """The task that reads an HAProxy fails."""
    _breaking(process.HaproxyProcess, "_take")


def watching() -> None:
    """The task that feeds the watchdog fails."""
    daemon.STATUS_INTERVAL = 0.05
    _breaking(service_manager, "notify")


def storing() -> None:
    """The store fails in a way that is no error of a database: in its own process, which hears of the trigger, too."""
    _breaking(Store, "assign")

    def trigger(*_: object) -> None:
        _trigger()
        for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
            os.kill(int(child), signal.SIGUSR1)

    signal.signal(signal.SIGUSR1, trigger)


def connecting() -> None:
    """The task that keeps the connection to the master fails."""
    _breaking(connection.Connection, "_report")


def answering() -> None:
    """What the event loop calls when the master has sent something fails."""
    _breaking(Session, "receive")


def stepping_clock() -> None:
    """The wall clock steps an hour ahead, then two back, and so on at each trigger."""
    steps = iter((3600.0, -3600.0) * 100)
    offset = 0.0
    real, real_ns = time.time, time.time_ns

    def step(*_: object) -> None:
        nonlocal offset
        offset = next(steps)
        sys.stderr.write(f"the wall clock is off by {offset}\n")
        sys.stderr.flush()

    time.time = lambda: real() + offset
    time.time_ns = lambda: real_ns() + int(offset) * 1_000_000_000
    signal.signal(signal.SIGUSR1, step)


def nobody() -> None:
    """It is not root any more."""
    signal.signal(signal.SIGUSR1, lambda *_: os.seteuid(65534))


def stalling() -> None:
    """A callback of the loop blocks for three seconds at each trigger."""
    signal.signal(signal.SIGUSR1, lambda *_: time.sleep(3))


def impatient() -> None:
    """A refused registration is tried again soon."""
    settings = daemon._settings
    daemon._settings = lambda config: replace(settings(config), retry_interval=0.2)


FAULTS: dict[str, Callable[[], None]] = {
    fault.__name__: fault
    for fault in (reading, watching, storing, connecting, answering, stepping_clock, nobody, stalling, impatient)
}


def run() -> NoReturn:
    """Run the daemon with a fault."""
    signal.signal(signal.SIGUSR1, _trigger)
    FAULTS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))


if __name__ == "__main__":
    run()
