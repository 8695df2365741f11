"""A look at the running daemon for `doctor`: what it reports, how it reads its peers, and what it lives on."""

import os
import pwd
import re
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote

from haproxy_agentx.config import Config
from haproxy_agentx.control.client import NotRunning, ask, control_path
from haproxy_agentx.control.problems import problems
from haproxy_agentx.doctor.peers import PeerSeen
from haproxy_agentx.doctor.setup import GROUP, PeerSetup
from haproxy_agentx.doctor.upkeep import StoreSeen, Use
from haproxy_agentx.health.severity import ProblemSeverity
from haproxy_agentx.snmp.message import DISCOVERY
from haproxy_agentx.store.errors import NotOurs
from haproxy_agentx.store.file import version_of
from haproxy_agentx.system.memory_limit import memory_limit
from haproxy_agentx.vocabulary.shown import printable

PATIENCE = 5.0
"""Seconds for a program that is asked, as `systemctl show` is."""

ANSWER = 1.0
"""Seconds for an agent of a peer to report its engine."""


@dataclass(frozen=True, slots=True)
class DaemonSeen:
    """What the daemon reports; all of it is empty while it does not run."""

    is_running: bool = False
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[tuple[str, str]] = ()
    """What is wrong, and its remedy: of peers and store, which have findings of their own, nothing."""

    @property
    def pid(self) -> int | None:
        """Its process, None where it is not known."""
        found = self.snapshot.get("pid")
        return found if isinstance(found, int) else None

    @property
    def version(self) -> str | None:
        """Its version, None where it is not known."""
        found = self.snapshot.get("version")
        return found if isinstance(found, str) else None


def output(*command: str) -> str | None:
    """Return what a program prints on both of its outputs; None where it is not there or does not answer."""
    try:
        done = subprocess.run(  # noqa: S603  fixed programs, no shell
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout + done.stderr if done.returncode == 0 else None


def running(config: Config) -> DaemonSeen:
    """Ask the daemon."""
    try:
        snapshot: Mapping[str, Any] = ask(control_path(config.store))
        found = [one for one in problems(_without_own(snapshot)) if one.severity is not ProblemSeverity.none]
    except NotRunning:
        return DaemonSeen()
    except (KeyError, TypeError, AttributeError):  # of another version
        return DaemonSeen(is_running=True)
    texts = [(printable(f"{one.what}: {one.why}", 400), one.remedy or "see `haproxy-agentx status`") for one in found]
    return DaemonSeen(is_running=True, snapshot=snapshot, problems=texts)


def _without_own(snapshot: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a snapshot in which nothing is wrong with peers and store, which have findings of their own."""
    pair = snapshot.get("pair") or {}
    peers = [{**peer, "error": ""} for peer in pair.get("peers", ())]
    return {**snapshot, "store": {**snapshot["store"], "problem": None}, "pair": {**pair, "peers": peers}}


def peers(setup: Sequence[PeerSetup], daemon: DaemonSeen) -> list[PeerSeen]:
    """Return the peers as the daemon reads them, with what can be seen of an unread one from here."""
    reported = (daemon.snapshot.get("pair") or {}).get("peers", ())
    places = {one.name: one for one in setup}
    denied = denies(output("systemctl", "show", "--property=IPAddressDeny,IPAddressAllow", f"{GROUP}.service"))
    return [_peer(one, places[one["name"]], denied) for one in reported if one.get("name") in places]


def _peer(reported: Mapping[str, Any], place: PeerSetup, denied: Callable[[str], bool | None]) -> PeerSeen:
    is_unread = bool(reported.get("error"))
    return PeerSeen(
        name=place.name,
        state=str(reported.get("state", "")),
        error=str(reported.get("error") or ""),
        reads_us=reported.get("reads_us"),
        clock_offset=reported.get("clock_offset"),
        version=reported.get("version"),
        is_agent=is_agent(place.host, place.port) if is_unread else None,
        is_shut_out=denied(place.host) if is_unread else None,
    )


def denies(shown: str | None) -> Callable[[str], bool | None]:
    """Return whether the unit denies the traffic to an address; None where there is no unit or no such property."""
    texts = dict(line.partition("=")[::2] for line in (shown or "").splitlines())

    def says(name: str, host: str) -> bool:
        return any(ip_address(host) in ip_network(one, strict=False) for one in texts[name].split() if "/" in one)

    def is_denied(host: str) -> bool | None:
        try:
            return says("IPAddressDeny", host) and not says("IPAddressAllow", host)
        except (KeyError, ValueError):
            return None

    return is_denied


def is_agent(host: str, port: int) -> bool:
    """Whether an SNMP agent is there: one of SNMPv3 reports its engine to everybody (RFC 3414 4)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.settimeout(ANSWER)
            asking.connect((host, port))
            asking.send(DISCOVERY)
            return bool(asking.recv(1500))
    except OSError:
        return False


def store(path: str, daemon: DaemonSeen) -> StoreSeen:
    """Look at the store."""
    place = Path(path)
    folder = place.parent
    if not folder.is_dir():
        return StoreSeen(path, has_folder=False, is_used=daemon.is_running, problem=_store_problem(daemon))
    file_system = os.statvfs(folder)
    owner = _owner_of_daemon(daemon)
    owners = [_name(one.stat().st_uid) for one in (place, folder) if one.exists()]
    return StoreSeen(
        path,
        owner=next((one for one in owners if one != owner), owner),
        daemon=owner,
        free=file_system.f_bavail * file_system.f_frsize,
        is_read_only=bool(file_system.f_flag & os.ST_RDONLY),
        refusal=_refusal(place),
        asides=sorted(str(one) for one in folder.glob(f"{place.name}.corrupt-*") if one.suffix[-1].isdigit()),
        problem=_store_problem(daemon),
    )


def _store_problem(daemon: DaemonSeen) -> str | None:
    return (daemon.snapshot.get("store") or {}).get("problem")


def _refusal(file: Path) -> str | None:
    """Return why this version may not write the tables of a file, None where it may or they cannot be read."""
    if not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro&immutable=1", uri=True)) as connection:
            version_of(connection)
    except NotOurs as error:
        return str(error)
    except sqlite3.Error:
        return None
    return None


def _owner_of_daemon(daemon: DaemonSeen) -> str | None:
    """Return the user of the daemon that runs, or the one that the packages make."""
    try:
        if daemon.pid is not None:
            return _name(Path(f"/proc/{daemon.pid}").stat().st_uid)
        return pwd.getpwnam(GROUP).pw_name
    except (OSError, KeyError):
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def descriptors(daemon: DaemonSeen) -> Use | None:
    """Return how many descriptors the daemon has open, of how many."""
    if daemon.pid is None:
        return None
    try:
        limits = Path(f"/proc/{daemon.pid}/limits").read_text(encoding="ascii")
        used = len(os.listdir(f"/proc/{daemon.pid}/fd"))  # noqa: PTH208  numbers
    except OSError:
        return None
    found = re.search(r"^Max open files\s+(\d+)", limits, re.MULTILINE)
    return Use(used, int(found[1])) if found else None


def memory(daemon: DaemonSeen) -> Use | None:
    """Return how much memory the daemon and its store process use, of how much."""
    if daemon.pid is None:
        return None
    try:
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text(encoding="ascii").split()
        used = sum(_resident(int(pid)) for pid in [str(daemon.pid), *children])
    except OSError:
        return None
    return Use(used, memory_limit(process=str(daemon.pid)).octets)


def _resident(pid: int) -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) << 10 if found else 0
