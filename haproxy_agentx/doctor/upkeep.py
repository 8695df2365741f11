"""What the daemon lives on: its store, descriptors and memory, and where they do not suffice. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from haproxy_agentx.doctor.finding import Finding, Remedy
from haproxy_agentx.doctor.setup import GROUP

ROOM = 8 << 20
"""Octets of free disk below which the store is about to be full: it grows by less in years."""

SHARE = 0.8
"""Share of a limit from which on it is nearly reached."""

DROP_IN = f"/etc/systemd/system/{GROUP}.service.d/limits.conf"


@dataclass(frozen=True, slots=True)
class StoreSeen:
    """The store as it lies there; None is what is not known.

    ``is_used`` says whether the daemon runs. ``owner`` is that of the file or, where it is another one, of its folder;
    ``daemon`` who must own both. ``refusal`` says why the tables are none of this version. ``asides`` are damaged
    files that were set aside. ``problem`` is what the running daemon reports.
    """

    path: str
    has_folder: bool = True
    is_used: bool = True
    owner: str | None = None
    daemon: str | None = None
    free: int | None = None
    is_read_only: bool = False
    refusal: str | None = None
    asides: Sequence[str] = field(default=())
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit is used."""

    used: int
    limit: int

    @property
    def is_high(self) -> bool:
        """Whether it is nearly all."""
        return self.used > SHARE * self.limit


def check_store(store: StoreSeen) -> Iterator[Finding]:
    """Yield what is wrong with the store, the reason rather than what follows from it."""
    causes = list(_causes(store))
    yield from causes
    if store.problem is not None and not causes:
        what, _, remedy = store.problem.partition(";")
        yield Finding("HAX-STORE-001", store.path, what, Remedy(words=remedy.strip() or "see its log"))
    if store.asides:
        words = f"look at what keeps row indexes (graphs), then run `rm {' '.join(store.asides)}`"
        what = f"a damaged one was set aside as {', '.join(store.asides)}: row indexes restarted"
        yield Finding("HAX-STORE-006", store.path, what, Remedy(words=words))


def _causes(store: StoreSeen) -> Iterator[Finding]:
    folder = store.path.rpartition("/")[0] or "/"
    if not store.has_folder and not store.is_used:
        return  # systemd makes it when the daemon starts
    if not store.has_folder:
        remedy = Remedy(commands=(f"install -d -o {GROUP} -g {GROUP} -m 750 {folder}",), restart=f"restart {GROUP}")
        yield Finding("HAX-STORE-002", folder, "there is no such folder", remedy)
        return
    if store.is_read_only:
        remedy = Remedy(
            commands=(f"mount -o remount,rw $(findmnt -no TARGET -T {folder})",), words="see `dmesg` for why"
        )
        yield Finding("HAX-STORE-001", folder, "its file system is read-only", remedy)
        return
    if store.free is not None and store.free < ROOM:
        remedy = Remedy(words=f"free some space: `df -h {folder}` shows the file system, `du -x` what is on it")
        yield Finding("HAX-STORE-003", folder, f"its file system has {store.free >> 10} KB left", remedy)
    if store.owner is not None and store.daemon is not None and store.owner != store.daemon:
        remedy = Remedy(commands=(f"chown -R {store.daemon}: {folder}",), restart=f"restart {GROUP}")
        yield Finding("HAX-STORE-004", store.path, f"it belongs to {store.owner}, not to {store.daemon}", remedy)
    if store.refusal is not None:
        what, _, words = store.refusal.partition(";")
        yield Finding("HAX-STORE-005", store.path, f"it {what}", Remedy(words=words.strip()))


def check_limits(descriptors: Use | None, memory: Use | None) -> Iterator[Finding]:
    """Yield which limit of the running daemon is nearly reached."""
    if descriptors is not None and descriptors.is_high:
        what = f"{descriptors.used} of {descriptors.limit} descriptors are open"
        yield Finding("HAX-LIMIT-001", f"{GROUP}.service", what, _raise("LimitNOFILE", str(2 * descriptors.limit)))
    if memory is not None and memory.is_high:
        what = f"it uses {memory.used >> 20} of {memory.limit >> 20} MB (MemoryMax=)"
        more = _raise("MemoryMax", f"{-(-2 * memory.limit >> 20)}M")
        yield Finding("HAX-LIMIT-002", f"{GROUP}.service", what, more)


def _raise(key: str, value: str) -> Remedy:
    folder = DROP_IN.rpartition("/")[0]
    commands = (
        f"mkdir -p {folder}",
        f"printf '[Service]\\n{key}={value}\\n' >> {DROP_IN}",
        "systemctl daemon-reload",
    )
    return Remedy(commands=commands, restart=f"restart {GROUP}")
