"""What is wrong with the machine and with the running daemon, as far as configuration files do not show it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from haproxy_agentx.doctor import upkeep
from haproxy_agentx.doctor.finding import Finding, Remedy
from haproxy_agentx.doctor.peers import PeerSeen
from haproxy_agentx.doctor.setup import GROUP, Setup
from haproxy_agentx.doctor.upkeep import StoreSeen, Use

UNIT = "keepalived.service"
TMPFILES = "systemd-tmpfiles --create /etc/tmpfiles.d/haproxy-agentx.conf"
OWNER_RULE = (2, 4, 0)
"""The first version of keepalived that looks at the owner of a FIFO that it finds."""


@dataclass(frozen=True, slots=True)
class File:
    """What stat(2) says of a path. ``kind`` is "fifo", "folder" or "file"."""

    kind: str
    mode: int
    owner: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What a look at the machine has found; None is what could not be found out, of which nothing is said."""

    has_group: bool | None = None
    socket_folder: File | None = None
    fifo: File | None = None
    fifo_is_missing: bool = False
    keepalived_version: Sequence[int] | None = None
    keepalived_after: Sequence[str] | None = None
    """The units after which keepalived starts."""
    is_clock_synchronized: bool | None = None
    has_mib: bool | None = None
    nonlocal_bind: bool | None = None
    invalid: str | None = None
    """Why the configuration of haproxy-agentx was refused."""
    is_running: bool | None = None
    version: str | None = None
    """That of the running daemon."""
    problems: Sequence[tuple[str, str]] = field(default=())
    """What the running daemon reports: what, and its remedy."""
    unanswered: str | None = None
    """Why the subtree was not seen through snmpd, in words."""
    peers: Sequence[PeerSeen] = ()
    store: StoreSeen | None = None
    descriptors: Use | None = None
    memory: Use | None = None


def check(machine: Machine, setup: Setup) -> Iterator[Finding]:
    """Yield what is wrong."""
    yield from _files(machine, setup)
    if machine.keepalived_after is not None and "snmpd.service" not in machine.keepalived_after:
        file = f"/etc/systemd/system/{UNIT}.d/haproxy-agentx.conf"
        remedy = Remedy(
            commands=(
                f"mkdir -p {file.rpartition('/')[0]}",
                f"printf '[Unit]\\nAfter=snmpd.service\\n' > {file}",
                "systemctl daemon-reload",
            )
        )
        yield Finding("HAX-SYSTEM-005", UNIT, "it is not ordered after snmpd.service", remedy)
    if machine.is_clock_synchronized is False:
        remedy = Remedy(words="install a time service: `apt-get install systemd-timesyncd` or chrony")
        yield Finding("HAX-SYSTEM-006", "clock", "the kernel says that it is not synchronized", remedy)
    if machine.has_mib is False:
        file = "/usr/share/snmp/mibs/HAPROXY-AGENTX-MIB.txt"
        remedy = Remedy(commands=(f"haproxy-agentx mib > {file}",))
        yield Finding("HAX-SYSTEM-007", file, "there is no such file", remedy)
    yield from _daemon(machine, setup)
    if machine.store is not None:
        yield from upkeep.check_store(machine.store)
    yield from upkeep.check_limits(machine.descriptors, machine.memory)


def _files(machine: Machine, setup: Setup) -> Iterator[Finding]:
    if machine.has_group is False:
        remedy = Remedy(commands=("systemd-sysusers /etc/sysusers.d/haproxy-agentx.conf",))
        yield Finding("HAX-SYSTEM-001", "/etc/group", f"there is no group {GROUP}", remedy)
    folder = machine.socket_folder
    if folder is not None and not folder.mode & 0o001:
        path = setup.agentx_socket.rpartition("/")[0]
        remedy = Remedy(commands=(f"chmod 0755 {path}",))
        yield Finding("HAX-SYSTEM-002", path, f"its mode {folder.mode:04o} keeps {GROUP} out", remedy)
    if setup.fifo is None:
        return
    if machine.fifo_is_missing or (machine.fifo is not None and machine.fifo.kind != "fifo"):
        what = "there is no such FIFO" if machine.fifo_is_missing else "it is no FIFO"
        remove = () if machine.fifo_is_missing else (f"rm {setup.fifo}",)
        remedy = Remedy(commands=(*remove, TMPFILES), restart="restart keepalived")
        yield Finding("HAX-SYSTEM-003", setup.fifo, what, remedy)
    elif machine.fifo is not None and machine.fifo.owner != "root":
        version = tuple(machine.keepalived_version or ())
        if version >= OWNER_RULE:
            what = f"it belongs to {machine.fifo.owner}, and keepalived {'.'.join(map(str, version))} runs as root"
            remedy = Remedy(commands=(f"chown root {setup.fifo}",), restart="restart keepalived")
            yield Finding("HAX-SYSTEM-004", setup.fifo, what, remedy)


def _daemon(machine: Machine, setup: Setup) -> Iterator[Finding]:
    if machine.invalid is not None:
        remedy = Remedy(words="correct it; `haproxy-agentx check-config` prints each error")
        yield Finding("HAX-AGENT-001", "/etc/haproxy-agentx/config.yaml", machine.invalid, remedy)
    if machine.is_running is False:
        remedy = Remedy(
            commands=("systemctl start haproxy-agentx",), words="see `journalctl -u haproxy-agentx` if it ends again"
        )
        yield Finding("HAX-AGENT-002", "haproxy-agentx.service", "it does not answer on its control socket", remedy)
    for what, mends in machine.problems:
        yield Finding("HAX-AGENT-003", "haproxy-agentx status", what, Remedy(words=mends))
    if machine.unanswered is not None:
        where = f"snmpd, {'.'.join(map(str, setup.root))}"
        yield Finding("HAX-AGENT-004", where, machine.unanswered, Remedy(words="see the findings on snmpd.conf above"))
