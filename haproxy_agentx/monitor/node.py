"""All that this node knows of its services, and what it reports of them. Pure: what sources say and the time go in.

Sources are taken with ``take_...``; ``advance`` then gives what must be reported, and ``deadline`` when to call it
again though nothing came. Times are monotonic seconds.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from haproxy_agentx.config.model import NotificationsConfig, ServiceConfig
from haproxy_agentx.health.cause import Cause, Change, FactKind, explain
from haproxy_agentx.health.correlation import Pending, Traps, as_keepalived, early
from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.instance import Instance, RoleChange
from haproxy_agentx.health.instances import Instances
from haproxy_agentx.health.model import Health, Reason, Role
from haproxy_agentx.health.probe import Probe
from haproxy_agentx.health.rate_limiter import not_reported
from haproxy_agentx.health.readiness import ProcessState
from haproxy_agentx.health.tracker import ServiceReport
from haproxy_agentx.health.words import line
from haproxy_agentx.monitor.facts import Facts
from haproxy_agentx.monitor.memory import KEEPALIVED
from haproxy_agentx.monitor.pairs import OwnNode, Pairs
from haproxy_agentx.monitor.reports import Reports
from haproxy_agentx.monitor.service import Observation, Service
from haproxy_agentx.monitor.service_events import change_of, draft_of, reminder, with_times
from haproxy_agentx.monitor.services import Services
from haproxy_agentx.monitor.waits import conclusion, is_leaving, wait_for
from haproxy_agentx.store.ledger import SUBJECTS
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import FifoLine, Kernel, MibFailure, MibReading, NewMasterTrap, StateTrap
from haproxy_agentx.vrrp.trust import PROVEN, May, TrapEvidence

START = 4.0
"""Seconds after which it is judged with what is known, though not every source has said something."""


@dataclass(frozen=True, slots=True)
class HaproxyUpdate:
    """An HAProxy after an attempt to read it. ``version`` grows with each change that counts for health."""

    state: ProcessState
    version: int
    began: float
    """When the attempt began."""
    trouble_since: float | None


class Node:
    """``awaited`` are the sources that are waited for before anything is judged; ``memory`` is that of the last run."""

    def __init__(
        self,
        plans: Sequence[ServiceConfig] | None,
        policy: NotificationsConfig,
        awaited: Iterable[str],
        memory: Mapping[str, str],
        now: float,
        pairs: Pairs | None = None,
    ) -> None:
        self.pairs = pairs or Pairs(OwnNode(), ())
        """The services over all nodes."""
        self.instances = Instances(
            configured=frozenset(plan.vrrp_instance for plan in plans or () if plan.vrrp_instance)
        )
        self.instances.shown = KEEPALIVED in memory
        self.facts = Facts()
        self._planned = Services(plans, policy, memory, self.instances, self.facts)
        self.services: Mapping[str, Service] = self._planned.known
        self.listening = False
        """Whether keepalived's traps come to us, as far as that can be known."""
        self.connected = False
        """Whether snmpd keeps our session."""
        self.can_send = False
        """Whether an event would leave at once. Only then a reminder is due: one that waits may outlive its problem."""
        self.suppressed = 0
        """Changes that were counted instead of reported, since the start."""
        self._awaited = set(awaited)
        self._started = now
        self.facts.add(FactKind.agentYoung, "haproxy-agentx was started", now)
        self._mib_asked_at = now
        """When KEEPALIVED-MIB was last asked and answered, or could not be read."""
        self._judging = False
        self._processes: dict[str, HaproxyUpdate] = {}
        self._probes: dict[str, Probe] = {}
        self._traps = Traps()
        self._snmpd_seen_at: float | None = None
        """When snmpd last showed that it lives; None where it is not asked."""
        self.reports = Reports(policy, memory)
        """What is reported of backends, servers and sources."""
        self._reassess = True

    # what sources say

    def take_line(self, line: FifoLine, at: float) -> bool:
        """Record a line of keepalived's FIFO; False where there is no room for the instance that it names."""
        if not self.instances.admits(line, at):
            return False
        self.facts.of_line(line, at)
        self._take_changes(self.instances.take_line(line, at))
        return True

    def take_writer(self, present: bool, at: float) -> None:  # noqa: FBT001  it is what the FIFO shows
        """Record whether somebody has the FIFO open for writing."""
        self.facts.of_writer(present, self.instances.keepalived.writer, at)
        self._awaited.discard("fifo")
        self._take_changes(self.instances.take_writer(present, at))

    def take_trap(self, trap: StateTrap | NewMasterTrap, at: float, evidence: TrapEvidence = PROVEN) -> May:
        """Record a trap of keepalived; return what it was allowed to do (vrrp/trust.py)."""
        names = trap.name if isinstance(trap, StateTrap) else self.facts.named(trap.router_number)
        may = self.instances.may(evidence, names)
        if May.match in may:
            self.facts.of_trap(trap, at)
        if isinstance(trap, StateTrap):
            if May.match in may:
                self._traps.take(trap, at)
            self._take_changes(self.instances.take_trap(trap, at, evidence))
        return may

    def take_reading(self, reading: MibReading) -> None:
        """Record KEEPALIVED-MIB."""
        self.facts.of_silence(False, self.instances.keepalived.mib_failure is MibFailure.frozen, reading.ended)  # noqa: FBT003
        self.facts.of_reading(reading)
        self._snmpd_seen_at = reading.ended
        self._mib_asked_at = reading.began
        self._awaited.discard("mib")
        self._take_changes(self.instances.take_reading(reading))

    def take_mib_failure(self, failure: MibFailure, at: float) -> None:
        """Record that KEEPALIVED-MIB could not be read."""
        self.facts.of_silence(
            failure is MibFailure.frozen, self.instances.keepalived.mib_failure is MibFailure.frozen, at
        )
        if failure is not MibFailure.snmpd:
            self._snmpd_seen_at = at
        self._mib_asked_at = at
        self._awaited.discard("mib")
        self._take_changes(self.instances.take_mib_failure(failure, at))

    def take_kernel(self, kernel: Kernel, at: float) -> None:
        """Record who holds which address."""
        self.facts.of_kernel(kernel, self.instances.interfaces(), at, self.instances.addresses())
        self._awaited.discard("kernel")
        held = {known.name: known.held for known in self.instances.known.values() if known.role is Role.master}
        self._take_changes(self.instances.take_kernel(kernel, at))
        for name, before in held.items():
            self.facts.of_held(name, before, self.instances.known[name].held, at)

    def lose_kernel(self, at: float) -> None:
        """Record that the kernel can not be asked."""
        self.instances.lose_kernel(at)

    def take_process(self, update: HaproxyUpdate, at: float) -> None:
        """Record that an HAProxy was read, or could not be."""
        before = self._processes.get(update.state.name)
        if before is None or (before.version, before.state.trouble) != (update.version, update.state.trouble):
            self._reassess = True
        self.facts.of_trouble(
            update.state.name,
            before.state.trouble if before else Reason(0),
            update.state.trouble,
            update.state.words,
            at,
        )
        self._processes[update.state.name] = update
        self._awaited.discard(f"haproxy/{update.state.name}")
        if update.state.proxies is not None and not update.state.trouble:
            self.reports.backends.take(update.state.name, update.state.proxies, at)

    def take_probe(self, service: str, probe: Probe) -> None:
        """Record what the probe of a service has shown."""
        self._probes[service] = probe

    def keep_processes(self, names: Container[str], at: float) -> None:
        """Record which HAProxy processes are configured: the others are forgotten, and their problems end."""
        self.reports.backends.keep(names, at)
        for name in [name for name in self._processes if name not in names]:
            del self._processes[name]
            self._reassess = True

    def take_source(self, name: str, state: str, error: str, now: float) -> None:
        """Record the state of a source (haxSourceState), and its last error in words."""
        self.reports.sources.take(name, state, error, now)

    # what comes of it

    def advance(self, now: float, date: float) -> list[EventDraft]:
        """Judge anew and give what must be reported, in order. ``date`` is now in seconds since 1970."""
        self._take_changes(self.instances.settle(now))
        if not self._judging and self._awaited and now < self._started + START:
            return []
        if not self._judging:
            self.reports.reminders.begin(now, date)
        self._judging = True
        self._reassess |= self._planned.follow(now, date)
        for service in self.services.values():
            self._judge(service, now)
        readings = {
            update.state.name: (update.state.proxies, update.began)
            for update in self._processes.values()
            if update.state.proxies is not None and not update.state.trouble
        }
        self.pairs.look_at_traffic(self.services.values(), self.instances.known, readings, now)
        self.pairs.look(self.services.values(), self.instances.known, now)
        self.reports.pairs.take(self.pairs.node.name, self.pairs.views if self.pairs.peers else {}, now)
        drafts = self._planned.take_ended()
        drafts += [draft for service in self.services.values() for draft in self._report(service, now, date)]
        self.reports.sources.take_master(self.connected, now)
        drafts += self.reports.report(now, date)
        self._note(drafts, now, date)
        drafts += self._remind(now, date)
        self._reassess = False
        return drafts

    def close(self, now: float, date: float) -> list[EventDraft]:
        """Return, as the last thing, the changes of role that wait to be explained and the sums of what is suppressed.

        What else differs from its last report is found by the next run, which compares.
        """
        drafts = self.advance(now, date)
        last = [draft for service in self.services.values() for draft in self._report(service, now, date, is_last=True)]
        last += self.reports.flush(now, date)
        self._note(last, now, date)
        return drafts + last

    def deadline(self, now: float) -> float | None:
        """Return when ``advance`` must be called next, though nothing comes."""
        moments = [self.instances.deadline(now)]
        if self._judging:
            moments.append(self.reports.deadline(now))
            moments.append(self.pairs.deadline(now))
            moments.append(self.reports.reminders.deadline(now) if self.can_send else None)
        else:
            moments.append(self._started + START)  # nothing is reported before
        moments += [
            service.waiting[0].deadline(now) if service.waiting else service.tracker.deadline()
            for service in self.services.values()
        ]
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def health(self) -> Health:
        """Return haxHealth: that of the worst service."""
        return max((service.health for service in self.services.values()), default=Health.unknown)

    def memory(self, now: float, date: float) -> dict[str, str]:
        """Return what the next start has to know of services and of what was reported, as texts by key."""
        return {**self._planned.memory(now, date), **self.reports.texts}

    @property
    def services_left_out(self) -> int:
        """VRRP instances that are no service, as there are too many."""
        return self._planned.left_out

    @property
    def is_judging(self) -> bool:
        """Whether ``services`` are there: not before the sources have spoken."""
        return self._judging

    def is_settling(self) -> bool:
        """Whether changes of role wait for HAProxy to be read."""
        return any(service.waiting for service in self.services.values())

    def _note(self, drafts: Iterable[EventDraft], now: float, date: float) -> None:
        """Record events that are reported: what they count, and which problems begin or end."""
        for draft in drafts:
            self.suppressed += draft.suppressed or 0
            self.reports.reminders.note(draft, now, date)

    def _remind(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield the reminders of problems that last, if they would leave at once."""
        reminders = self.reports.reminders
        for problem in reminders.due(now) if self.can_send else ():
            found = self._reminder(*problem, now, date)
            if isinstance(found, EventDraft):
                reminders.again(problem, now, date)
                yield found
            elif found:
                reminders.later(problem, now)
            else:
                reminders.over(problem)

    def _reminder(self, what: str, name: str, now: float, date: float) -> EventDraft | bool:
        """Return the event that reports a problem again; True while it may be over, False for none."""
        if what == SUBJECTS[Kind.sourceChange]:
            return self.reports.sources.reminder(name, now, date)
        for kind in (Kind.pairChange, Kind.pairMismatch):
            if what == SUBJECTS[kind]:
                return self.reports.pairs.reminder(kind, name, date)
        if what != SUBJECTS[Kind.serviceHealthChange]:
            kind = Kind.backendChange if what == SUBJECTS[Kind.backendChange] else Kind.serverChange
            process = self._processes.get(name.partition("/")[0])
            is_read = process is not None and process.state.proxies is not None and not process.state.trouble
            return self.reports.backends.reminder(kind, name, date) if is_read else True
        service = self.services.get(name)
        if service is None or service.waiting or service.tracker.uncounted:
            return service is not None
        return reminder(service, now, date)

    def _take_changes(self, changes: Iterable[RoleChange]) -> None:
        for change in changes:
            self.facts.of_role(change.instance, change.before, change.after, change.at)
            if change.after is Role.unknown:
                continue
            speaks = self.instances.keepalived.mib_failure is None and self.instances.has_mib
            until = wait_for(change, self.instances.known.get(change.instance), mib_speaks=speaks)
            self._planned.expect(Pending(change, self.listening, waits_until=until))

    def _judge(self, service: Service, now: float) -> None:
        before, reported = service.tracker.condition, service.tracker.reported
        troubles = [update.trouble_since for update in self._processes.values() if update.trouble_since is not None]
        observation = Observation(
            instance=self._instance(service),
            processes=[update.state for update in self._processes.values()],
            frozen=self.instances.keepalived.mib_failure is MibFailure.frozen,
            missing=self.instances.missing(self._instance(service)),
            nameless=self.instances.keepalived.gone.role if self.instances.shown or self.instances.configured else None,
            probe=self._probes.get(service.plan.name),
            troubles=troubles,
        )
        service.observe(observation, now, min(troubles, default=None), reassess=self._reassess)
        after = service.tracker.condition
        first = before is None and not service.waiting
        if first and after is not None and reported is not None and reported.health is not after.health:
            self._planned.note_restart(service, now)
        if before is not None and after is not None and before.reasons != after.reasons:
            self.facts.of_reasons(service.plan.name, before.reasons, after.reasons, after.details, now)

    def _instance(self, service: Service) -> Instance | None:
        return self.instances.known.get(service.plan.vrrp_instance) if service.plan.vrrp_instance else None

    def _report(self, service: Service, now: float, date: float, *, is_last: bool = False) -> Iterator[EventDraft]:
        """Yield what must be reported of a service now.

        With ``is_last`` that is all: each change of role that waits, explained or not, and the sum of a burst.
        """
        waiting = service.waiting
        while waiting and (is_last or self._is_ready(service, waiting[0], now)):
            pending = waiting.popleft()
            report = service.tracker.report_role(pending.change.after, pending.change.at, now)
            if report is not None:
                yield self._draft(service, report, now, date, pending)
        report = service.tracker.flush(now) if is_last else service.tracker.report(now)
        if report is not None:
            yield self._draft(service, report, now, date, None)

    def _is_known(self, service: Service, pending: Pending, now: float) -> bool:
        """Whether it is known what a change is, or no more is waited for (monitor/waits.py)."""
        change, instance = pending.change, self._instance(service)
        if pending.is_known or not is_leaving(change):
            return pending.is_known or now >= pending.waits_until or self._mib_asked_at > change.at
        returned = instance is None or instance.role is not Role.backup
        facts = self.facts.about(service.plan.name, change.instance)
        if now < pending.waits_until and not returned:
            before, condition = service.tracker.reported, service.tracker.condition
            reasons = condition.reasons if condition else Reason(0)
            health = before.health if before else Health.unknown
            move = Change(change.at, change.before, change.after, health, health, reasons)
            return explain(with_times(move, instance), facts)[0] is not Cause.unknown
        is_last = service.waiting[-1] is pending
        found = conclusion(change, instance, facts, now, is_last=is_last)
        if found is not None:
            self.facts.recent.append(found)
        pending.is_known = True
        return True

    def _is_ready(self, service: Service, pending: Pending, now: float) -> bool:
        change = pending.change
        if not self._is_known(service, pending, now):
            return False
        read = all(update.began >= change.at for update in self._processes.values())
        reason = change.after is not Role.master or self.facts.has_new_master(
            change.instance, change.at - early(change)
        )
        silent = self.connected and self._snmpd_seen_at is not None and self._snmpd_seen_at < change.at
        return pending.is_ready(now, self._traps, read=read, reason=reason, silent=silent)

    def _draft(
        self, service: Service, report: ServiceReport, now: float, date: float, pending: Pending | None
    ) -> EventDraft:
        """Return the event of what must be reported, why, and which of keepalived's traps it belongs to."""
        facts = self.facts.about(service.plan.name, service.plan.vrrp_instance or "")
        cause, words = explain(with_times(change_of(report, pending), self._instance(service)), facts)
        if report.suppressed:
            words = line("; ".join(filter(None, (words, not_reported(report.suppressed)))))
        service.explained(cause, words)
        draft = draft_of(service, report, date - (now - report.at))
        instance = self._instance(service)
        if not report.is_failover or instance is None:
            return draft
        seen = pending or Pending(RoleChange(instance.name, report.before.role, report.after.role, now), self.listening)
        return replace(
            draft,
            keepalived_trap=seen.seen,
            keepalived_up_time=seen.trap.up_time if seen.trap is not None else None,
            keepalived=as_keepalived(instance, report.after.role, seen),
        )
