"""Whether HAProxy serves a service, or would: from its frontends and backends in one or several processes. Pure.

* A backend counts when it has servers that are to serve (``Summary.counted``); without servers, or with all of them in
  maintenance, nothing is claimed of it, unless a minimum was given as a number.
* **notReady**: a frontend is not open; or each backend that has checked servers has none usable, or none has any that
  are to serve; or a HAProxy is gone or does not answer; or all frontends or all backends that were named are missing.
* **unknown**: a HAProxy cannot be read, or has not been read yet; or nothing at all belongs to the service.
* **degraded**: a backend has less than its minimum, or none; or a frontend or backend that was named is missing.
* **ready** otherwise. Where several apply, the first does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from haproxy_agentx.haproxy.status import FrontendStatus
from haproxy_agentx.health.backend import Backend
from haproxy_agentx.health.farm import Farm, as_text
from haproxy_agentx.health.model import Demand, Minimum, Readiness, Reason
from haproxy_agentx.health.words import Told, of_backend, of_frontend, of_trouble, sentence

_NO_TROUBLE = Reason(0)
_GONE = Reason.haproxyGone | Reason.haproxyUnresponsive
_OPEN = (FrontendStatus.open, FrontendStatus.full)


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One HAProxy. ``farm`` is None until it was read; ``trouble`` says why it cannot be read now, ``words`` also."""

    name: str
    farm: Farm | None
    trouble: Reason = _NO_TROUBLE
    words: str = ""


class Member(NamedTuple):
    """A frontend or backend of a service. A missing one that was named without process has none.

    ``readiness`` is unknown where nothing is claimed. ``required`` are the servers that it needs.
    """

    process: str
    proxy: str
    is_backend: bool
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


def assess(demand: Demand, processes: Sequence[ProcessState]) -> Verdict:
    """Judge a service. All of ``processes`` are looked at that have, or may have, a part in it."""
    findings = _Findings(demand, told_of=len(processes))
    for process in processes:
        if _has_part(demand, process, processes):
            findings.take(process)
    findings.take_missing("frontend", demand.frontends, processes)
    findings.take_missing("backend", demand.backends, processes)
    return findings.verdict()


def required(minimum: Minimum, counted: int) -> int:
    """Give the servers that a backend needs of those that are to serve; a part of a server is one."""
    return -(-counted * minimum.number // 100) if minimum.percent else minimum.number


class _Findings:
    """What is found while looking at the parts of a service."""

    def __init__(self, demand: Demand, told_of: int) -> None:
        self._demand = demand
        self._several = told_of > 1
        self._members: list[Member] = []
        self._told: list[tuple[Told, str]] = []
        self._reasons = Reason(0)
        self._evidence: list[bool] = []
        """For each backend with checked servers, whether one is usable."""
        self._assumed = False
        self._idle = False
        """There is a backend all of whose servers are in maintenance."""
        self._all_missing = False

    def take(self, process: ProcessState) -> None:
        """Look at a process."""
        trouble = process.trouble or (_NO_TROUBLE if process.farm else Reason.haproxyUnreadable)
        if trouble:
            self._find(trouble, Told.trouble, of_trouble(process.name, trouble, process.words))
        farm = process.farm
        if farm is None:
            return
        for name in _chosen(self._demand.frontends, process.name, farm.frontends):
            self._frontend(process.name, as_text(name), farm.frontends[name], trouble)
        for name in _chosen(self._demand.backends, process.name, farm.backends):
            self._backend(farm, farm.backends[name], trouble)

    def take_missing(self, kind: str, names: Sequence[str] | None, processes: Sequence[ProcessState]) -> None:
        """Look for what was named and is not there."""
        missing = [name for name in names or () if _is_missing(name, kind, processes)]
        for name in missing:
            process, _, proxy = name.rpartition("/")
            self._find(Reason.memberMissing, Told.missing, f"{kind} {name} is not in HAProxy")
            self._members.append(Member(process, proxy, kind == "backend", Readiness.notReady))
        self._all_missing |= bool(missing) and len(missing) == len(names or ())

    def verdict(self) -> Verdict:
        """Sum up."""
        if self._is_without_usable_backend():
            self._reasons = self._reasons & ~Reason.backendDown | Reason.noUsableBackend
        if not self._members and not self._reasons:
            self._find(Reason.noMember, Told.missing, "no frontend or backend with servers belongs to it")
        return Verdict(
            readiness=self._readiness(),
            reasons=self._reasons,
            usable=sum(member.usable for member in self._members),
            configured=sum(member.configured for member in self._members),
            details=sentence(self._told),
            maintenance=Reason.maintenance in self._reasons,
            members=tuple(self._members),
        )

    def _readiness(self) -> Readiness:
        reasons = self._reasons
        if self._all_missing or reasons & (_GONE | Reason.frontendClosed | Reason.noUsableBackend):
            return Readiness.notReady
        if reasons & (Reason.haproxyUnreadable | Reason.noMember):
            return Readiness.unknown
        if reasons & (Reason.backendDown | Reason.belowMinimum | Reason.memberMissing):
            return Readiness.degraded
        return Readiness.ready

    def _is_without_usable_backend(self) -> bool:
        if self._evidence:
            return not any(self._evidence)
        return self._idle and not self._assumed

    def _where(self, process: str, proxy: str) -> str:
        return f"{process}/{proxy}" if self._several else proxy

    def _frontend(self, process: str, proxy: str, status: FrontendStatus, trouble: Reason) -> None:
        readiness = _stale(trouble) if trouble else Readiness.ready
        if not trouble and status not in _OPEN:
            readiness = Readiness.notReady
            self._find(Reason.frontendClosed, Told.closed, of_frontend(self._where(process, proxy), status))
        self._members.append(Member(process, proxy, is_backend=False, readiness=readiness))

    def _backend(self, farm: Farm, backend: Backend, trouble: Reason) -> None:
        summary = backend.summary
        if not summary.servers:
            return
        needed = required(self._demand.minimum, summary.counted)
        if trouble:
            readiness, usable = _stale(trouble), 0
        else:
            readiness, usable = self._judge(farm, backend, needed), summary.usable
        member = Member(farm.process, backend.name, True, readiness, usable, summary.counted, needed)  # noqa: FBT003
        self._members.append(member)

    def _judge(self, farm: Farm, backend: Backend, needed: int) -> Readiness:
        """Judge a backend by a fresh reading."""
        summary, where = backend.summary, self._where(farm.process, backend.name)
        if summary.maintenance:
            self._find(Reason.maintenance, Told.remark, f"{summary.maintenance} of backend {where} in maintenance")
        if summary.is_assumed:
            self._assumed = True
            self._find(Reason.unchecked, Told.remark, f"backend {where} has no checks")
        elif summary.status == "MAINT":
            self._idle = True
        else:
            self._evidence.append(summary.usable > 0)
        if summary.status == "DOWN":
            self._find(Reason.backendDown, Told.down, of_backend(farm, backend, where, needed))
            return Readiness.notReady
        if summary.usable < needed:
            self._find(Reason.belowMinimum, Told.below, of_backend(farm, backend, where, needed))
            return Readiness.degraded
        return Readiness.unknown if summary.status == "MAINT" else Readiness.ready

    def _find(self, reason: Reason, told: Told, words: str) -> None:
        self._reasons |= reason
        self._told.append((told, words))


def _stale(trouble: Reason) -> Readiness:
    return Readiness.notReady if trouble & _GONE else Readiness.unknown


def _table(process: ProcessState, kind: str) -> Mapping[bytes, object]:
    if process.farm is None:
        return {}
    return process.farm.frontends if kind == "frontend" else process.farm.backends


def _own(name: str, process: str) -> bytes | None:
    """Give the proxy that is meant, if one of this process may be."""
    where, _, proxy = name.rpartition("/")
    return proxy.encode(errors="surrogateescape") if where in ("", process) else None


def _chosen(names: Sequence[str] | None, process: str, there: Mapping[bytes, object]) -> Iterator[bytes]:
    """Give what belongs to the service of what is there, each once."""
    if names is None:
        return iter(there)
    wanted = dict.fromkeys(_own(name, process) for name in names)
    return (name for name in wanted if name is not None and name in there)


def _is_there(name: str, kind: str, processes: Iterable[ProcessState]) -> bool:
    owns = ((_own(name, process.name), process) for process in processes)
    return any(own is not None and own in _table(process, kind) for own, process in owns)


def _is_missing(name: str, kind: str, processes: Sequence[ProcessState]) -> bool:
    """Say whether a name is nowhere, as far as each process where it may be was read."""
    unread = (process.farm is None and _own(name, process.name) is not None for process in processes)
    return not _is_there(name, kind, processes) and not any(unread)


def _has_part(demand: Demand, process: ProcessState, processes: Sequence[ProcessState]) -> bool:
    """Say whether a process has a part in a service: one that was never read may have what is nowhere else."""
    if demand.frontends is None or demand.backends is None:
        return True
    named = chain((("frontend", name) for name in demand.frontends), (("backend", name) for name in demand.backends))
    for kind, name in named:
        own = _own(name, process.name)
        if own is None:
            continue
        if "/" in name or own in _table(process, kind):
            return True
        if process.farm is None and not _is_there(name, kind, processes):
            return True
    return False
