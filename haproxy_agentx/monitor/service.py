"""One service: a VRRP instance with its part of HAProxy, and the texts of its rows. Pure."""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from haproxy_agentx.config.model import ServiceConfig
from haproxy_agentx.health.correlation import Pending
from haproxy_agentx.health.dated import Dated, seconds
from haproxy_agentx.health.instance import Instance
from haproxy_agentx.health.model import Cause, Condition, Health, Held, MemberKind, Reason, Role, reason_names
from haproxy_agentx.health.probe import Probe, settle
from haproxy_agentx.health.readiness import Member, ProcessState, Verdict, assess
from haproxy_agentx.health.rules import decide
from haproxy_agentx.health.time_in_state import TimeInState
from haproxy_agentx.health.tracker import ReportedService, Tracker
from haproxy_agentx.health.words import line
from haproxy_agentx.objects.service_objects import ServiceRow

Stamp = Callable[[float], int | None]
"""From a monotonic time to a TimeStamp (sysUpTime), None when it is not known."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a service is judged by, at a moment. ``instance`` is that of its plan, if it is known."""

    instance: Instance | None
    processes: Sequence[ProcessState]
    frozen: bool
    """keepalived does not answer."""
    missing: str
    """Which evidence of the role is missing, in words, where it is unknown."""
    nameless: Role | None
    """The role where no instance is known; None on a node where nothing has ever shown a keepalived."""
    probe: Probe | None = None
    """What the probe of the service has shown; None where it has none."""
    troubles: Sequence[float] = ()
    """Since when each HAProxy is in trouble that is."""


class Service:
    """Times are monotonic seconds, but where a date is said: that is in seconds since 1970."""

    def __init__(self, plan: ServiceConfig, tracker: Tracker) -> None:
        self.plan = plan
        self.tracker = tracker
        self.time_in_state = TimeInState()
        self._last_role: Role | None = None
        self._since = Dated()
        self._role_since = 0.0
        """When the role that it is shown with began."""
        self._role_date = Dated()
        self._recalled_role: Role | None = None
        """The role that it was shown with when the last run ended, which began at ``_role_since``."""
        self.verdict: Verdict | None = None
        self.shape: list[tuple[str, str, MemberKind]] = []
        """Process, proxy and kind of each member; another list when it is made of others."""
        self.intended: Role | None = plan.intended_role
        self.probe: Probe | None = None
        self.cause = Cause.none
        self.cause_text = ""
        self.expected: tuple[str, ...] = ()
        self.held: tuple[str, ...] = ()
        self.waiting: deque[Pending] = deque()
        """Changes of role that wait for their explanation, oldest first."""

    def observe(self, observation: Observation, now: float, began: float | None, *, reassess: bool) -> None:
        """Judge it anew; ``began`` is when the evidence for it began, if that was before now.

        ``reassess`` says that something about HAProxy is new, or about what the service is made of.
        """
        instance = observation.instance
        role = self._role(observation)
        held = Held.unknown
        if reassess or self.verdict is None:
            self.verdict = assess(self.plan.requirements, observation.processes)
            shape = [(member.process, member.proxy, member.kind) for member in self.verdict.members]
            self.shape = self.shape if shape == self.shape else shape
        if instance is not None:
            self.expected, self.held = tuple(map(str, instance.addresses)), tuple(map(str, instance.held))
            held = instance.holds_at(now)
            self.intended = self.plan.intended_role or instance.intended
        else:
            self.expected = self.held = ()
        self.probe = observation.probe
        probe = observation.probe if observation.probe is not None and observation.probe.fits(role) else None
        verdict = settle(self.verdict, probe, observation.troubles)
        before = self.tracker.condition
        if role is not (before.role if before is not None else self._recalled_role):
            self._role_since = now if instance is None else instance.since
        if observation.probe is not None or (before is not None and before.readiness is verdict.readiness):
            began = None  # it is evidence of readiness by rows, and of nothing else
        health = decide(role, held, verdict.readiness)
        self.tracker.observe(
            Condition(
                role=role,
                held=held,
                readiness=verdict.readiness,
                health=health,
                reasons=verdict.reasons | _address_reasons(role, held, frozen=observation.frozen),
                usable=verdict.usable,
                configured=verdict.configured,
                details=_details(role, held, observation.missing, verdict.details),
                maintenance=verdict.maintenance,
            ),
            now,
            began,
        )
        self.time_in_state.look(health, now)

    def _role(self, observation: Observation) -> Role:
        if observation.instance is not None:
            return observation.instance.role
        if self.plan.vrrp_instance is not None:
            return Role.unknown
        return Role.none if observation.nameless is None else observation.nameless

    @property
    def role(self) -> Role:
        """Return the last role that it was in and that was known, whether that was reported or not."""
        reported = self.tracker.reported
        return self._last_role or (reported.role if reported else Role.unknown)

    @role.setter
    def role(self, role: Role) -> None:
        self._last_role = role

    @property
    def role_since(self) -> float:
        """Return when the role began that it is shown with."""
        return self._role_since

    @property
    def members(self) -> Sequence[Member]:
        """Return what it is made of, in the order of ``shape``."""
        return self.verdict.members if self.verdict else ()

    @property
    def health(self) -> Health:
        """Return its health; unknown before it was judged."""
        return self.tracker.condition.health if self.tracker.condition else Health.unknown

    def served_as_intended(self, role: Role) -> bool:
        """Whether this node has the role that it was meant to have."""
        return self.intended is None or role in (self.intended, Role.none)

    def explained(self, cause: Cause, text: str) -> None:
        """Keep why it last changed."""
        self.cause, self.cause_text = cause, text

    def since_date(self, now: float, date: float) -> float:
        """Return since when it has its health, as a date; a later step of the wall clock does not move it."""
        self._role_date.of(self._role_since, now, date)
        return self._since.of(self.tracker.since, now, date)

    def memory(self, now: float, date: float) -> str:
        """Return as JSON what the next start has to know. ``now`` and ``date`` are the same moment on two clocks."""
        reported = self.tracker.reported
        role = self.tracker.condition.role if self.tracker.condition else self._recalled_role
        return json.dumps(
            {
                "shown_role": role.name if role is not None else None,
                "role_since": self._role_date.of(self._role_since, now, date),
                "role": reported.role.name if reported else None,
                "health": reported.health.name if reported else None,
                "reasons": int(reported.reasons) if reported else 0,
                "raised": reported.raised if reported else False,
                "previous": self.tracker.previous.name if self.tracker.previous else None,
                "since": self.since_date(now, date),
                "transitions": self.tracker.transitions,
                "failovers": self.tracker.failovers,
                "seconds": self.time_in_state.memory(),
                "cause": self.cause.name,
                "cause_text": self.cause_text,
            }
        )

    def recall(self, text: str | None, now: float, date: float) -> None:
        """Adopt what ``memory`` gave at the last run; what cannot be read is as if there were nothing."""
        try:
            memory = json.loads(text or "{}")
            if memory:
                role, health, reasons = Role[memory["role"]], Health[memory["health"]], Reason(memory["reasons"])
                self.tracker.reported = ReportedService(role, health, reasons, raised=bool(memory.get("raised", True)))
                self.tracker.previous = Health[memory["previous"]] if memory["previous"] else None
                self.tracker.since = now - _age(memory["since"], date)
                self.since_date(now, date)
                self.tracker.transitions = int(memory["transitions"])
                self.tracker.failovers = int(memory["failovers"])
                self.time_in_state.recall(memory.get("seconds"))
                self.cause, self.cause_text = Cause[memory["cause"]], str(memory["cause_text"])
                self._recall_role(memory.get("shown_role"), memory.get("role_since"), now, date)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            self.tracker.reported = None

    def _recall_role(self, role: str | None, since: object, now: float, date: float) -> None:
        if role is not None:
            self._role_since = now - _age(since, date)
            self._role_date.of(self._role_since, now, date)
            self._recalled_role = Role[role]

    def row(self, stamp: Stamp, now: float, date: float) -> ServiceRow | None:
        """Return its row of haxServiceTable; None before it was judged."""
        condition = self.tracker.condition
        if condition is None:
            return None
        return ServiceRow(
            name=self.plan.name,
            condition=condition,
            previous=self.tracker.previous,
            since=self.since_date(now, date),
            last_change=stamp(self.tracker.since),
            age=seconds(self.tracker.since, now),
            role_age=seconds(self._role_since, now),
            transitions=self.tracker.transitions,
            role_changes=self.tracker.failovers,
            intended=self.intended,
            as_intended=self.served_as_intended(condition.role),
            cause=self.cause,
            cause_text=self.cause_text,
            instance=self.plan.vrrp_instance,
            expected=self.expected,
            held=self.held,
            probe=self.probe.state if self.probe else None,
            seconds=self.time_in_state.seconds(now),
        )

    def snapshot(self, now: float) -> dict[str, object]:
        """Return what ``haproxy-agentx status`` shows of it."""
        condition = self.tracker.condition
        if condition is None:
            return {"name": self.plan.name, "health": Health.unknown.name}
        return {
            "name": self.plan.name,
            "health": condition.health.name,
            "previous": self.tracker.previous.name if self.tracker.previous else None,
            "since": round(now - self.tracker.since, 3),
            "role": condition.role.name,
            "role_since": round(now - self._role_since, 3),
            "intended": self.intended.name if self.intended else None,
            "as_intended": self.served_as_intended(condition.role),
            "readiness": condition.readiness.name,
            "usable": condition.usable,
            "configured": condition.configured,
            "reasons": reason_names(condition.reasons),
            "reason_mask": int(condition.reasons),
            "cause": self.cause.name,
            "cause_text": self.cause_text,
            "details": condition.details,
            "maintenance": condition.maintenance,
            "vrrp_instance": self.plan.vrrp_instance,
            "addresses_expected": list(self.expected),
            "addresses_held": list(self.held),
            "probe": self.probe.state.name if self.probe else None,
            "probe_words": self.probe.words if self.probe else None,
        }


def _age(since: object, date: float) -> float:
    """Return the seconds from a remembered date to ``date``. Raises ValueError for one that is no date."""
    if not isinstance(since, int | float) or not isfinite(since):
        raise ValueError(f"{since} is no date")
    return date - since


_WORDS = {
    Held.disputed: "another MASTER, of lower priority, is heard on the wire",
    Held.filtered: "packets of the addresses are dropped (vrrp_strict, no_accept, or another firewall rule)",
    Held.unseen: "where its addresses are is not known: the kernel cannot be asked, or keepalived lists none any more",
}


def _details(role: Role, held: Held, missing: str, details: str) -> str:
    """Return the reasons in words: of VRRP first, where there is something to say."""
    of_role = missing if role is Role.unknown else ""
    of_addresses = _WORDS.get(held, "")
    return line("; ".join(filter(None, (of_role, of_addresses, details)))) if of_role or of_addresses else details


_REASONS = {Held.disputed: Reason.roleDisputed, Held.filtered: Reason.addressFiltered}


def _address_reasons(role: Role, held: Held, *, frozen: bool) -> Reason:
    reasons = Reason(0)
    if role is Role.master and held in (Held.some, Held.none):
        reasons |= Reason.addressMissing
    if role not in (Role.master, Role.none) and held in (Held.all, Held.some):
        reasons |= Reason.addressHeld
    reasons |= _REASONS.get(held, Reason(0))
    return reasons | (Reason.roleStale if frozen else Reason(0))
