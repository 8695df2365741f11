"""A look at the machine for `doctor`: files, groups, units, the clock, and the running daemon. Nothing is changed."""

import grp
import os
import pwd
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from errno import EFBIG, EINVAL, ENOENT, ENOTDIR
from pathlib import Path

from haproxy_agentx.config import Config, ConfigError, load
from haproxy_agentx.config.model import PeerConfig
from haproxy_agentx.doctor import look_daemon
from haproxy_agentx.doctor.examine import FILES
from haproxy_agentx.doctor.machine import UNIT, File, Machine
from haproxy_agentx.doctor.setup import GROUP, PeerSetup, Setup
from haproxy_agentx.snmp.many import Asker, resolve
from haproxy_agentx.snmp.walk import ColumnWalk
from haproxy_agentx.vocabulary import endpoint
from haproxy_agentx.vocabulary.shown import printable
from haproxy_agentx.vocabulary.source import SourceError

MAX_FILES = 2000
MAX_OCTETS = 4 << 20
"""Of one file; what is longer is not read."""

PATIENCE = 5.0
"""Seconds for the answer of snmpd."""

HEALTH = (1, 1, 20)
"""haxHealth, below the root."""

NO_OBJECT = "snmpd answers, and has no such object: the view of the community hides it"

MIB = "/usr/share/snmp/mibs/HAPROXY-AGENTX-MIB.txt"
_FLAT = {
    "snmpd.conf": "/etc/snmp/snmpd.conf",
    "keepalived.conf": "/etc/keepalived/keepalived.conf",
    "haproxy.cfg": "/etc/haproxy/haproxy.cfg",
    "keepalived": "/etc/default/keepalived",
}
"""Where a file belongs that was copied without its folders."""


def texts_here() -> dict[str, str]:
    """Return the configuration files of this machine, by their path. What cannot be read raises OSError."""
    return _read(_known_below(Path("/")), str)


def texts_in(folder: str) -> dict[str, str]:
    """Return copied files, by the path that they have on their machine: DIR/etc/..., or all files in one folder."""
    base = Path(folder)
    if not base.is_dir():
        raise NotADirectoryError(ENOTDIR, "no such folder", folder)
    if (base / "etc").is_dir():
        texts = _read(_known_below(base), lambda path: f"/{path.relative_to(base)}")
    else:
        texts = _read(sorted(base.rglob("*")), lambda path: _FLAT.get(path.name, f"/etc/snmp/snmpd.conf.d/{path.name}"))
    if not texts:
        raise FileNotFoundError(ENOENT, "there is no file of haproxy, keepalived or snmpd in it", folder)
    return texts


def _known_below(base: Path) -> Iterator[Path]:
    """Yield the files that are examined, below the folder that stands for the root."""
    return (path for pattern in FILES for path in sorted(base.glob(pattern.removeprefix("/"))))


def texts_of(path: str) -> dict[str, str]:
    """Return the files of another node: those in a folder, or the one file, which is its keepalived.conf."""
    if Path(path).is_dir():
        return texts_in(path)
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116  a device has no end
        raise OSError(EINVAL, "neither a file nor a folder", path)
    texts = _read([Path(path)], lambda _: _FLAT["keepalived.conf"])
    if not texts:
        raise OSError(EFBIG, f"longer than {MAX_OCTETS} octets", path)
    return texts


def _read(paths: Iterable[Path], name: Callable[[Path], str]) -> dict[str, str]:
    files = [path for path in paths if path.is_file()][:MAX_FILES]
    return {
        name(path): path.read_text(encoding="utf-8", errors="replace")
        for path in files
        if path.stat().st_size <= MAX_OCTETS
    }


def setup_of(config: Config) -> Setup:
    """Return what others have to match."""
    keepalived = config.keepalived
    community = None
    if keepalived.snmp is not None and keepalived.snmp.community_file is not None:
        try:
            community = Path(keepalived.snmp.community_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):  # the daemon's own problem, which it reports
            community = None
    return Setup(
        root=config.root,
        agentx_socket=config.agentx.socket,
        haproxy_sockets=[one.stats for one in config.haproxy if one.stats.startswith("/")],
        fifo=keepalived.fifo,
        traps=None if keepalived.traps is None else keepalived.traps.address,
        peers=[_peer(one) for one in config.peers or ()],
        polls_keepalived=keepalived.snmp is not None,
        community=community,
    )


def _peer(config: PeerConfig) -> PeerSetup:
    where = endpoint.parse(config.address)
    return PeerSetup(config.name, where.host, where.port, is_v3=config.v3 is not None)


def configuration(file: str | None) -> tuple[Config, str | None]:
    """Return the configuration, or the built-in one and why that of the file was refused."""
    try:
        return load(file), None
    except ConfigError as error:
        return Config(), str(error).splitlines()[0]


def machine(config: Config, setup: Setup, invalid: str | None) -> Machine:
    """Look at this machine."""
    fifo = _file(setup.fifo) if setup.fifo is not None else None
    daemon = look_daemon.running(config)
    folder = None if setup.agentx_socket.startswith("tcp:") else _file(os.path.dirname(setup.agentx_socket))  # noqa: PTH120
    return Machine(
        has_group=_has_group(),
        socket_folder=folder,
        fifo=fifo,
        fifo_is_missing=setup.fifo is not None and _is_missing(setup.fifo),
        keepalived_version=_keepalived_version(),
        keepalived_after=_after(UNIT),
        is_clock_synchronized=_is_clock_synchronized(),
        has_mib=Path(MIB).exists(),
        nonlocal_bind=_nonlocal_bind(),
        invalid=invalid,
        is_running=daemon.is_running,
        version=daemon.version,
        problems=daemon.problems,
        unanswered=unanswered(config, setup) if daemon.is_running else None,
        peers=look_daemon.peers(setup.peers, daemon),
        store=look_daemon.store(config.store, daemon),
        descriptors=look_daemon.descriptors(daemon),
        memory=look_daemon.memory(daemon),
    )


def _has_group() -> bool:
    try:
        grp.getgrnam(GROUP)
    except KeyError:
        return False
    return True


def _file(path: str) -> File | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    kind = "fifo" if stat.S_ISFIFO(found.st_mode) else "folder" if stat.S_ISDIR(found.st_mode) else "file"
    try:
        owner = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        owner = str(found.st_uid)
    return File(kind, stat.S_IMODE(found.st_mode), owner)


def _is_missing(path: str) -> bool:
    try:
        os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _keepalived_version() -> tuple[int, ...] | None:
    found = re.search(r"Keepalived v(\d+)\.(\d+)\.(\d+)", look_daemon.output("keepalived", "--version") or "")
    return tuple(map(int, found.groups())) if found else None


def _after(unit: str) -> tuple[str, ...] | None:
    text = look_daemon.output("systemctl", "show", "--property=After,LoadState", unit)
    if text is None or "LoadState=loaded" not in text:
        return None
    return tuple(next((line.partition("=")[2].split() for line in text.splitlines() if line.startswith("After=")), []))


def _is_clock_synchronized() -> bool | None:
    text = look_daemon.output("timedatectl", "show", "--property=NTPSynchronized", "--value")
    return None if text is None else text.strip() == "yes"


def _nonlocal_bind() -> bool | None:
    try:
        return Path("/proc/sys/net/ipv4/ip_nonlocal_bind").read_text(encoding="ascii").strip() == "1"
    except OSError:
        return None


def unanswered(config: Config, setup: Setup) -> str | None:
    """Return why haxHealth is not seen through snmpd; None where it is, or where no community is known to ask with."""
    if config.keepalived.snmp is None or setup.community is None:
        return None
    where = endpoint.parse(config.keepalived.snmp.address)
    health = (*setup.root, *HEALTH)
    asker = Asker(setup.community.encode(), PATIENCE)
    (found,) = asker.walk(resolve([where.host], where.port, PATIENCE), lambda _: ColumnWalk((), [health])).values()
    if isinstance(found, SourceError):
        return printable(f"snmpd was asked: {found}", 400)
    return None if (*health, 0) in found.cells else NO_OBJECT
