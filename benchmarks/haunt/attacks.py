"""The attacks: those that go on all the time, as programs of nobody, and those of a moment, as a table.

The wall clock is left alone: it is the machine's, whose other programs need it.
"""

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from random import Random

from benchmarks.haunt.stage import STORE, Haunted
from integration.netlab import control
from integration.netlab.plan import AGENT, BALANCERS
from tests.support.bad_disk import fill
from tests.support.forged_traps import FLAPPING, forged, sender
from tests.support.hasty_peer import MANNERS, HastyPeer
from tests.support.unprivileged import NOBODY

ENDLESS = 10**9
STATS = "/run/haproxy/ro.sock"
MASTER = "/var/agentx/master"
CONTROL = f"{STORE}/control.sock"
REST = (7.5, 12)
"""Seconds between two failovers."""

LISTENER_PAUSE = 0.012
"""Seconds between two datagrams of a sender: 80 a second, of each of two on each host."""

V3 = bytes.fromhex("3081800201033010020204d2020300ffe30401040201030430302e0411")
"""The beginning of an SNMPv3 message, with lengths that are not so."""

HOLDER = r"""
import socket, sys, time
while True:
    held = []
    for number in range(40):
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(0.2)
        held.append(one)
        try:
            one.connect(sys.argv[1])
            if number % 3:
                one.send((b"{", b"\0" * 900)[number % 2])
        except OSError:
            pass
    time.sleep(3)
    for one in held:
        one.close()
    time.sleep(0.5)
"""

LOCKER = r"""
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
connection.execute("BEGIN " + sys.argv[3])
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""

FREEZER = 'fsfreeze -f "$0" && { sleep "$1"; fsfreeze -u "$0"; }'
"""One program does both: whoever ends us does not leave it frozen."""


@contextmanager
def all_the_time(stage: Haunted, chance: Random) -> Iterator[None]:
    """Send forged and damaged datagrams and hold the control socket, on both hosts, while it is entered."""
    large, names = forged("SITE1", 2, more=900), [forged(f"FORGED{number}", 2) for number in range(260)]
    garbage = [V3 + chance.randbytes(chance.randrange(400)) for _ in range(40)]
    garbage += [chance.randbytes(chance.randrange(1, 1400)) for _ in range(40)]
    garbage += [large[: chance.randrange(len(large))] for _ in range(10)]
    mixed = [*FLAPPING * 40, *names, *garbage]
    chance.shuffle(mixed)
    with ExitStack() as running:
        for host in BALANCERS:
            become = ("setpriv", f"--reuid={NOBODY}", f"--regid={AGENT}", "--clear-groups")
            commands = (
                sender([*mixed[:200], large], ENDLESS, LISTENER_PAUSE),
                sender([*mixed[200:400], large], ENDLESS, LISTENER_PAUSE, keeps=False),
                sender([large], ENDLESS, 0.05),
                [*become, "/usr/bin/python3", "-c", HOLDER, CONTROL],  # a member of the group, as who may ask is
            )
            for command in commands:
                begun = stage.begin(host, *command)
                running.callback(begun.wait)
                running.callback(begun.kill)
        yield
        for host in BALANCERS:
            for process in _strangers(stage, host):
                with suppress(ProcessLookupError):
                    os.kill(process, 9)


def _strangers(stage: Haunted, host: str) -> Iterator[int]:
    """Find the programs of nobody on a host: nsenter, which started them in its process namespace, is their parent."""
    for entry in stage.host(host).path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                if entry.stat().st_uid == NOBODY:
                    status = (entry / "status").read_text()
                    yield int(next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1])


Attack = Callable[[Haunted, str, Random], None]
"""Strikes a host once, and returns when all is as it was."""


def _statistics_held(stage: Haunted, host: str, chance: Random) -> None:
    held = []
    with stage.busy[host]:
        for _ in range(20):
            one = socket.socket(socket.AF_UNIX)
            held.append(one)
            one.settimeout(0)
            with suppress(OSError):
                one.connect(str(stage.host(host).path(STATS)))
        time.sleep(chance.uniform(0.5, 1.8))
        for one in held:
            one.close()


def _hasty_haproxy(stage: Haunted, host: str, chance: Random) -> None:
    """Put a peer that is gone at once in the place of HAProxy's socket, for a moment."""
    with stage.busy[host]:
        path = stage.host(host).path(STATS)
        if not stage.running(host, "haproxy"):
            return
        kept = path.with_name("kept.sock")
        path.rename(kept)
        try:
            with HastyPeer(MANNERS[chance.choice(sorted(MANNERS))], path):
                path.chmod(0o666)
                time.sleep(chance.uniform(0.5, 1.8))
        finally:
            kept.rename(path)


def _store_hangs(stage: Haunted, host: str, chance: Random) -> None:
    stage.exec(host, "sh", "-c", FREEZER, STORE, f"{chance.uniform(2, 8):.1f}")


def _store_locked(stage: Haunted, host: str, chance: Random) -> None:
    how = chance.choice(("IMMEDIATE", "EXCLUSIVE"))
    stage.exec(
        host, "/usr/bin/python3", "-c", LOCKER, f"{STORE}/state.db", f"{chance.uniform(2, 8):.1f}", how, check=False
    )


def _store_full(stage: Haunted, host: str, chance: Random) -> None:
    filler = fill(stage.host(host).path(STORE))
    time.sleep(chance.uniform(2, 8))
    filler.unlink()


def _snmpd_restarted(stage: Haunted, host: str, _: Random) -> None:
    with stage.paused(host):
        stage.ctl(host, "snmpd", "restart")


def _snmpd_hasty(stage: Haunted, host: str, chance: Random) -> None:
    """Put a master that is gone at once between an snmpd that ends and the next one."""
    with stage.paused(host):
        stage.ctl(host, "snmpd", "stop")
        path = stage.host(host).path(MASTER)
        path.unlink(missing_ok=True)
        with HastyPeer(MANNERS[chance.choice(sorted(MANNERS))], path):
            path.chmod(0o666)
            time.sleep(chance.uniform(0.5, 2))
        path.unlink(missing_ok=True)
        stage.ctl(host, "snmpd", "start")


def _frozen(service: str, longest: float) -> Attack:
    def strike(stage: Haunted, host: str, chance: Random) -> None:
        with stage.paused(host):
            stage.ctl(host, service, "freeze")
            try:
                time.sleep(chance.uniform(1, longest))
            finally:
                stage.ctl(host, service, "thaw")

    return strike


SOCKETS: Mapping[str, Attack] = {"statistics socket used up": _statistics_held, "HAProxy gone at once": _hasty_haproxy}
DISKS: Mapping[str, Attack] = {
    "store hangs": _store_hangs,
    "store locked": _store_locked,
    "store's disk full": _store_full,
}
STOPS: Mapping[str, Attack] = {
    "snmpd restarted": _snmpd_restarted,
    "snmpd gone at once": _snmpd_hasty,
    "snmpd frozen": _frozen("snmpd", 4),
    "daemon stopped": _frozen("agent", 5),
}


class Haunting(threading.Thread):
    """Strikes with each attack of a table in turn, at a random host, with pauses between two; ``struck`` counts."""

    def __init__(
        self, stage: Haunted, table: Mapping[str, Attack], pauses: tuple[float, float], over: threading.Event, seed: int
    ) -> None:
        super().__init__(daemon=True)
        self.struck: Counter[str] = Counter()
        self.problems: list[str] = []
        self._stage, self._table, self._pauses, self._over = stage, table, pauses, over
        self._chance = Random(seed)  # noqa: S311  no secret

    def run(self) -> None:
        """Go on until it is over; an attack that began is ended."""
        while True:
            for name in self._chance.sample(sorted(self._table), len(self._table)):
                if self._over.wait(self._chance.uniform(*self._pauses)):
                    return
                try:
                    self._table[name](self._stage, self._chance.choice(BALANCERS), self._chance)
                    self.struck[name] += 1
                except Exception as error:  # noqa: BLE001  it is printed, and makes the result bad
                    self.problems.append(f"{name}: {error!s:.400}")


class Failovers(threading.Thread):
    """HAProxy of lb1 stops or dies, and comes back when lb2 has all addresses; again and again."""

    def __init__(self, stage: Haunted, wait_held: Callable[[str], None], over: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self.problems: list[str] = []
        self._stage, self._wait_held, self._over = stage, wait_held, over
        self._chance = Random(seed)  # noqa: S311  no secret

    def run(self) -> None:
        """Go on until it is over; HAProxy runs afterwards."""
        while not self._over.wait(self._chance.uniform(*REST)):
            try:
                with self._stage.busy["lb1"]:
                    self._stage.ctl("lb1", "haproxy", self._chance.choice(("stop", "kill9")))
                self._wait_held("lb2")
                self.done += 1
                self._over.wait(self._chance.uniform(*REST))
                with self._stage.busy["lb1"]:
                    control.act(self._stage.host("lb1"), "haproxy", "start")
                self._wait_held("lb1")
                self.done += 1
            except Exception as error:  # noqa: BLE001  it is printed, and makes the result bad
                self.problems.append(f"failover: {error!s:.400}")
                if not self._stage.running("lb1", "haproxy"):
                    control.launch(self._stage.host("lb1"), control.find("lb1", "haproxy"))
