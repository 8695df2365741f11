"""Whether HAProxy serves a service, or would: from its frontends and backends in one or several processes. Pure.

Each thing that is found has a reason and a level, and the worst level is the readiness:

* a frontend or backend that serves no client is **degraded** while others of the service serve, and **notReady** when
  none does; so is a HAProxy that is gone or does not answer, and a service all of whose named members are missing;
* what cannot be read, or has a row that cannot be understood, is **unknown**, or **degraded** where the rest of the
  service serves whatever it is;
* a backend has to have servers that are to serve (``Summary.counted``) to count; without, nothing is claimed of it,
  unless it lost them, or there is nothing else to serve, or a minimum was given as a number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from haproxy_agentx.haproxy.status import FrontendStatus
from haproxy_agentx.health.backend import Backend
from haproxy_agentx.health.members import BackendPart, FrontendPart, Part, of_backends, of_frontends
from haproxy_agentx.health.model import MemberKind, Readiness, Reason
from haproxy_agentx.health.proxies import Proxies, as_text
from haproxy_agentx.health.requirements import Minimum, ServiceRequirements
from haproxy_agentx.health.server_standing import ServerStanding
from haproxy_agentx.health.traffic import ClientOutcome
from haproxy_agentx.health.words import (
    DetailKind,
    of_backend,
    of_clients,
    of_frontend,
    of_queue,
    of_trouble,
    of_unknown,
    sentence,
)

_NO_TROUBLE = Reason(0)
_GONE = Reason.haproxyGone | Reason.haproxyUnresponsive
_OPEN = (FrontendStatus.open, FrontendStatus.full)
_WORST_FIRST = (Readiness.notReady, Readiness.unknown, Readiness.degraded, Readiness.ready)
_REASONS: Mapping[ClientOutcome, Reason] = {
    ClientOutcome.crowded: Reason.saturated,
    ClientOutcome.full: Reason.saturated,
    ClientOutcome.partly: Reason.clientErrors,
    ClientOutcome.failing: Reason.clientErrors,
    ClientOutcome.refusing: Reason.clientErrors,
}


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One HAProxy. ``proxies`` is None until it was read; ``trouble`` is why it is not readable now, ``words`` also."""

    name: str
    proxies: Proxies | None
    trouble: Reason = _NO_TROUBLE
    words: str = ""
    expiring: Mapping[bytes, str] = field(default_factory=dict)
    """By frontend, in words, that a certificate of it ends soon."""


class Member(NamedTuple):
    """A frontend or backend of a service. A missing one that was named without process has none.

    ``readiness`` is unknown where nothing is claimed. ``required`` are the servers that it needs.
    """

    process: str
    proxy: str
    kind: MemberKind
    readiness: Readiness
    usable: int = 0
    configured: int = 0
    required: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What HAProxy can do for a service. ``details`` has the worst of the reasons in words, on a line."""

    readiness: Readiness
    reasons: Reason
    usable: int
    configured: int
    details: str
    maintenance: bool
    members: tuple[Member, ...]


def assess(requirements: ServiceRequirements, processes: Sequence[ProcessState]) -> Verdict:
    """Judge a service. All of ``processes`` are looked at that have, or may have, a part in it."""
    findings = _Findings(requirements, count=len(processes))
    parts = [process for process in processes if _has_part(requirements, process, processes)]
    is_served = any(_is_served(requirements, process) for process in parts)
    for process in parts:
        findings.take(process, is_served=is_served)
    findings.take_missing(MemberKind.frontend, requirements.frontends, processes)
    findings.take_missing(MemberKind.backend, requirements.backends, processes)
    return findings.verdict()


def required(minimum: Minimum, counted: int) -> int:
    """Return the servers that a backend needs of those that are to serve; a part of a server is one."""
    return -(-counted * minimum.number // 100) if minimum.percent else minimum.number


class _Findings:
    """What is found while looking at the parts of a service."""

    def __init__(self, requirements: ServiceRequirements, count: int) -> None:
        self._requirements = requirements
        self._several = count > 1
        self._members: list[Member] = []
        self._details: list[tuple[DetailKind, str]] = []
        self._reasons = Reason(0)
        self._levels: set[Readiness] = set()
        self._frontends: list[FrontendPart] = []
        self._backends: list[BackendPart] = []

    def take(self, process: ProcessState, *, is_served: bool) -> None:
        """Look at a process; ``is_served`` says that clients have been served lately, by one without trouble.

        Then one that is gone is a part of what clients get, as a frontend of it would be.
        """
        trouble = process.trouble or (_NO_TROUBLE if process.proxies else Reason.haproxyUnreadable)
        proxies = process.proxies
        if trouble:
            level = Readiness.degraded if trouble & _GONE and proxies is not None and is_served else _stale(trouble)
            self._find(trouble, DetailKind.trouble, of_trouble(process.name, trouble, process.words), level)
        if proxies is None:
            return
        if proxies.nobodys and not trouble:
            words = f"{proxies.nobodys} rows of haproxy {process.name} cannot be understood"
            self._find(Reason.haproxyUnreadable, DetailKind.unread, words, Readiness.unknown)
        for name in _chosen(self._requirements.frontends, process.name, proxies.frontends):
            self._frontend(proxies, name, trouble)
            if not trouble and name in process.expiring:
                self._find(Reason.certificateExpiring, DetailKind.remark, process.expiring[name])
        for name in _chosen(self._requirements.backends, process.name, proxies.backends):
            self._backend(proxies, name, trouble)

    def take_missing(self, kind: MemberKind, names: Sequence[str] | None, processes: Sequence[ProcessState]) -> None:
        """Look for what was named and is not there."""
        missing = [name for name in names or () if _is_missing(name, kind, processes)]
        level = Readiness.notReady if len(missing) == len(names or ()) else Readiness.degraded
        for name in missing:
            process, _, proxy = name.rpartition("/")
            self._find(Reason.memberMissing, DetailKind.missing, f"{kind.name} {name} is not in HAProxy", level)
            self._members.append(Member(process, proxy, kind, Readiness.notReady))

    def verdict(self) -> Verdict:
        """Sum up."""
        self._levels |= {of_frontends(self._frontends)}
        level, reason = of_backends(self._backends, self._frontends)
        self._levels.add(level)
        if reason is Reason.noUsableBackend:
            self._reasons = self._reasons & ~Reason.backendDown | reason
        elif reason is Reason.backendEmpty and reason not in self._reasons:
            self._find(reason, DetailKind.down, "no backend has a server", level)
        if not self._members and not self._reasons:
            words = "no frontend or backend with servers belongs to it"
            self._find(Reason.noMember, DetailKind.missing, words, Readiness.unknown)
        return Verdict(
            readiness=next(level for level in _WORST_FIRST if level in self._levels),
            reasons=self._reasons,
            usable=sum(member.usable for member in self._members),
            configured=sum(member.configured for member in self._members),
            details=sentence(self._details),
            maintenance=Reason.maintenance in self._reasons,
            members=tuple(self._members),
        )

    def _where(self, process: str, proxy: str) -> str:
        return f"{process}/{proxy}" if self._several else proxy

    def _frontend(self, proxies: Proxies, name: bytes, trouble: Reason) -> None:
        if trouble:
            self._members.append(
                Member(proxies.process, as_text(name), kind=MemberKind.frontend, readiness=_stale(trouble))
            )
            return
        where, status, standing = (
            self._where(proxies.process, as_text(name)),
            proxies.frontends[name],
            proxies.standing(name),
        )
        part = FrontendPart.of(
            status, standing, used=proxies.is_used(name), served=proxies.is_served(name), mute=proxies.is_mute(name)
        )
        if part.state is Part.unread:
            self._find(Reason.haproxyUnreadable, DetailKind.unread, of_clients(where, ClientOutcome.unread))
        elif status not in _OPEN:
            self._find(Reason.frontendClosed, DetailKind.closed, of_frontend(where, status))
        elif standing is not ClientOutcome.fine:
            self._find(_REASONS[standing], DetailKind.clients, of_clients(where, standing, is_tcp=proxies.is_tcp(name)))
        self._frontends.append(part)
        self._members.append(Member(proxies.process, as_text(name), kind=MemberKind.frontend, readiness=part.readiness))

    def _backend(self, proxies: Proxies, name: bytes, trouble: Reason) -> None:
        backend = proxies.backends[name]
        summary = backend.summary
        is_counted = bool(summary.servers) or summary.status == "UNKNOWN"
        if trouble:
            if is_counted:
                self._add(proxies, backend, _stale(trouble), 0, 0)
            return
        if not is_counted:
            self._empty(proxies, name)
            return
        needed = required(self._requirements.minimum, summary.counted)
        part = self._judge(proxies, name, needed)
        self._backends.append(part)
        self._add(proxies, backend, part.readiness, summary.usable, needed)

    def _add(self, proxies: Proxies, backend: Backend, readiness: Readiness, usable: int, needed: int) -> None:
        counted = backend.summary.counted
        needed = needed or required(self._requirements.minimum, counted)
        self._members.append(
            Member(proxies.process, backend.name, MemberKind.backend, readiness, usable, counted, needed)
        )

    def _empty(self, proxies: Proxies, name: bytes) -> None:
        """Look at a backend without servers: it counts where it had some, or was named."""
        backend = proxies.backends[name]
        where = self._where(proxies.process, backend.name)
        if proxies.has_lost_all(name) or (proxies.is_bare(name) and self._requirements.backends is not None):
            words = "has lost all its servers" if proxies.has_lost_all(name) else "has no servers"
            self._find(Reason.backendEmpty, DetailKind.down, f"backend {where} {words}")
            self._backends.append(BackendPart(Part.out, Readiness.notReady))
            self._add(proxies, backend, Readiness.notReady, 0, 0)
        elif proxies.is_bare(name):
            self._backends.append(BackendPart(Part.bare, Readiness.unknown))

    def _judge(self, proxies: Proxies, name: bytes, needed: int) -> BackendPart:
        """Judge a backend with servers by a fresh reading."""
        backend = proxies.backends[name]
        summary, where, queue = backend.summary, self._where(proxies.process, backend.name), proxies.queue(name)
        if summary.maintenance:
            self._find(
                Reason.maintenance, DetailKind.remark, f"{summary.maintenance} of backend {where} in maintenance"
            )
        if summary.is_assumed:
            self._find(Reason.unchecked, DetailKind.remark, f"backend {where} serves by servers without checks")
        wrong = self._wrong(proxies, name, where, needed)
        if wrong is not None:
            return BackendPart(*wrong)
        is_low = summary.usable < needed
        if is_low:
            self._find(Reason.belowMinimum, DetailKind.below, of_backend(proxies, backend, where, needed))
        if backend.counts[ServerStanding.unread]:
            self._find(Reason.haproxyUnreadable, DetailKind.unread, of_unknown(proxies, backend, where))
        if summary.status == "MAINT":
            return BackendPart(Part.idle, Readiness.degraded if is_low else Readiness.unknown)
        is_less = is_low or queue is not ClientOutcome.fine
        state = Part.assumed if summary.is_assumed and not summary.is_fallback else Part.serves
        return BackendPart(state, Readiness.degraded if is_less else Readiness.ready)

    def _wrong(self, proxies: Proxies, name: bytes, where: str, needed: int) -> tuple[Part, Readiness] | None:
        """Return what a backend is that serves no client, or of which that is not known; None for any other."""
        backend, queue = proxies.backends[name], proxies.queue(name)
        status = backend.summary.status
        if status == "DOWN":
            self._find(Reason.backendDown, DetailKind.down, of_backend(proxies, backend, where, needed))
            return Part.out, Readiness.notReady
        if status == "UNKNOWN" or queue is ClientOutcome.unread:
            self._find(Reason.haproxyUnreadable, DetailKind.unread, of_unknown(proxies, backend, where))
            return Part.unread, Readiness.unknown
        if queue is not ClientOutcome.fine:
            self._find(Reason.saturated, DetailKind.clients, of_queue(where, queue))
        return (Part.full, Readiness.notReady) if queue is ClientOutcome.full else None

    def _find(self, reason: Reason, kind: DetailKind, words: str, level: Readiness = Readiness.ready) -> None:
        self._reasons |= reason
        self._details.append((kind, words))
        self._levels.add(level)


def _is_served(requirements: ServiceRequirements, process: ProcessState) -> bool:
    """Whether a process without trouble has answered requests of the service in the last seconds."""
    proxies = process.proxies
    if process.trouble or proxies is None:
        return False
    return any(proxies.is_served(name) for name in _chosen(requirements.frontends, process.name, proxies.frontends))


def _stale(trouble: Reason) -> Readiness:
    return Readiness.notReady if trouble & _GONE else Readiness.unknown


def _table(process: ProcessState, kind: MemberKind) -> Mapping[bytes, object]:
    if process.proxies is None:
        return {}
    return process.proxies.frontends if kind is MemberKind.frontend else process.proxies.backends


def _own(name: str, process: str) -> bytes | None:
    """Return the proxy that is meant, if one of this process may be."""
    where, _, proxy = name.rpartition("/")
    return proxy.encode(errors="surrogateescape") if where in ("", process) else None


def _chosen(names: Sequence[str] | None, process: str, there: Mapping[bytes, object]) -> Iterator[bytes]:
    """Yield what belongs to the service of what is there, each once."""
    if names is None:
        return iter(there)
    wanted = dict.fromkeys(_own(name, process) for name in names)
    return (name for name in wanted if name is not None and name in there)


def _is_there(name: str, kind: MemberKind, processes: Iterable[ProcessState]) -> bool:
    owns = ((_own(name, process.name), process) for process in processes)
    return any(own is not None and own in _table(process, kind) for own, process in owns)


def _is_missing(name: str, kind: MemberKind, processes: Sequence[ProcessState]) -> bool:
    """Whether a name is nowhere, as far as each process where it may be was read."""
    unread = (process.proxies is None and _own(name, process.name) is not None for process in processes)
    return not _is_there(name, kind, processes) and not any(unread)


def _has_part(requirements: ServiceRequirements, process: ProcessState, processes: Sequence[ProcessState]) -> bool:
    """Whether a process has a part in a service: one that was never read may have what is nowhere else."""
    if requirements.frontends is None or requirements.backends is None:
        return True
    named = chain(
        ((MemberKind.frontend, name) for name in requirements.frontends),
        ((MemberKind.backend, name) for name in requirements.backends),
    )
    for kind, name in named:
        own = _own(name, process.name)
        if own is None:
            continue
        if "/" in name or own in _table(process, kind):
            return True
        if process.proxies is None and not _is_there(name, kind, processes):
            return True
    return False
