"""A node in time, without IO: what sources say, and what is told of it and when.

``Story`` does for a Node what the daemon does: it is called at each news, and at each of its deadlines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from haproxy_agentx.config import NotificationsConfig, ServiceConfig
from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.model import Reason, Role
from haproxy_agentx.health.rate_limiter import Rate
from haproxy_agentx.health.readiness import ProcessState
from haproxy_agentx.health.requirements import ServiceRequirements
from haproxy_agentx.monitor.memory import outdated, recall_instances, remember_instances
from haproxy_agentx.monitor.node import HaproxyUpdate, Node
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import (
    Address,
    FifoLine,
    Kernel,
    Link,
    MibFailure,
    MibInstance,
    MibReading,
    MibRouter,
    NewMasterReason,
    NewMasterTrap,
    StateTrap,
    VrrpState,
)
from haproxy_agentx.vrrp.trust import PROVEN, TrapEvidence
from tests.health.proxies import Process, Servers
from tests.support.event_texts import texts_of

DATE = 1_800_000_000.0
"""The date at the moment 0."""

BEGIN = 100.0
HOLD = 1.0
"""Seconds that a change of health has to last, as long as nothing else is configured."""

IP = "192.0.2.1"
ALL_UP: Mapping[str, Servers] = {"app": {"web1": "UP", "web2": "UP"}}
ONE_DOWN: Mapping[str, Servers] = {"app": {"web1": "UP", "web2": "DOWN"}}
ALL_DOWN: Mapping[str, Servers] = {"app": {"web1": "DOWN", "web2": "DOWN"}}

MASTER, BACKUP, FAULT = VrrpState.master, VrrpState.backup, VrrpState.fault

Memory = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reported:
    """An event and the moment in which it was given."""

    at: float
    draft: EventDraft

    def __getitem__(self, short: str) -> str:
        return texts_of(self.draft)[f"haxEvent{short}"]

    @property
    def moves(self) -> str:
        """What became what: of a service ``role/health``."""
        cells = texts_of(self.draft)
        if "haxEventHealth" in cells:
            return f"{self['PreviousRole']}/{self['PreviousHealth']} -> {self['Role']}/{self['Health']}"
        return f"{cells.get('haxEventPreviousState')} -> {cells.get('haxEventState')}"


class Story:
    """One run of the program, from ``now`` on. ``memory`` is what ``end`` gave of the last one."""

    def __init__(
        self,
        plans: Sequence[ServiceConfig] | None = None,
        memory: Memory | None = None,
        awaited: Sequence[str] = ("kernel", "haproxy/local"),
        now: float = BEGIN,
        limit: int = 10,
        **policy: object,
    ) -> None:
        self.now = now
        self.reported: list[Reported] = []
        self._memory = dict(memory or {})
        self.node = Node(plans, NotificationsConfig(limit=Rate(limit, 60.0), **policy), awaited, memory or {}, now)
        self.node.instances.recall(recall_instances(memory or {}), now)
        self._process: dict[str, Process] = {}
        self._versions: dict[str, int] = {}
        self._trouble_since: dict[str, float | None] = {}
        self._look()

    @property
    def date(self) -> float:
        return DATE + self.now

    def end(self) -> Memory:
        """Give what the next run has to know."""
        if not self.node.is_judging:
            return self._memory
        present = remember_instances(self.node.instances) | self.node.memory(self.now, self.date)
        memory = self._memory | present
        for key in outdated(memory, present):
            del memory[key]
        return memory

    def drain(self) -> list[Reported]:
        """Give what was told since the last time."""
        reported, self.reported = self.reported, []
        return reported

    def service(self, name: str) -> Service:
        return self.node.services[name]

    def health(self, name: str = "SITE1") -> str:
        return self.service(name).health.name

    # time

    def wait(self, seconds: float) -> "Story":
        """Let time pass."""
        end = self.now + seconds
        while (due := self.node.deadline(self.now)) is not None and due <= end:
            self.now = max(self.now, due)
            self._look()
        self.now = end
        self._look()
        return self

    def _look(self) -> None:
        self.reported += [Reported(self.now, draft) for draft in self.node.advance(self.now, self.date)]
        due = self.node.deadline(self.now)
        assert due is None or due > self.now, "it would be called again and again"

    # HAProxy

    def haproxy(
        self,
        backends: Mapping[str, Servers] = ALL_UP,
        frontends: Mapping[str, str] | None = None,
        name: str = "local",
        took: float = 0.0,
    ) -> "Story":
        """Let an HAProxy be read; the reading takes so long."""
        began = self.now
        if took:
            self.wait(took)
        process = self._process.setdefault(name, Process(name))
        changed = process.show(backends, {"www": "OPEN"} if frontends is None else frontends)
        self._versions[name] = self._versions.get(name, 0) + changed
        self._trouble_since[name] = None
        self._take(ProcessState(name, process.proxies), began)
        return self

    def read(self, name: str = "local") -> "Story":
        """Let it be read as it was."""
        state = ProcessState(name, self._process[name].proxies)
        self._take(state, self.now)
        return self

    def no_haproxy(self, trouble: Reason, words: str, name: str = "local", took: float = 0.0) -> "Story":
        """Let a reading fail."""
        began = self.now
        if took:
            self.wait(took)
        if self._trouble_since.get(name) is None:
            self._trouble_since[name] = began
        known = self._process.get(name)
        self._take(ProcessState(name, known.proxies if known else None, trouble, words), began)
        return self

    def _take(self, state: ProcessState, began: float) -> None:
        version = self._versions.get(state.name, 0)
        self.node.take_process(HaproxyUpdate(state, version, began, self._trouble_since.get(state.name)), self.now)
        self._look()

    # keepalived

    def writer(self, present: bool = True) -> "Story":
        self.node.take_writer(present, self.now)
        self._look()
        return self

    def line(self, state: VrrpState | None, name: str = "SITE1", priority: int = 100) -> "Story":
        """Let keepalived write a line to its FIFO."""
        self.node.take_line(FifoLine(name, state, None, priority), self.now)
        self._look()
        return self

    def trap(
        self, state: VrrpState, name: str = "SITE1", up_time: int = 4711, evidence: TrapEvidence = PROVEN
    ) -> "Story":
        """Let keepalived send vrrpInstanceStateChange, or another one with other evidence."""
        self.node.take_trap(StateTrap(name, state, MASTER, "lb1", up_time), self.now, evidence)
        self._look()
        return self

    def reason(self, reason: NewMasterReason = NewMasterReason.masterNoResponse) -> "Story":
        """Let keepalived send vrrpv3NewMaster."""
        self.node.take_trap(NewMasterTrap(reason), self.now)
        self._look()
        return self

    def mib(
        self,
        *states: tuple[str, VrrpState],
        initial: VrrpState = MASTER,
        ip: str = IP,
        interfaces: Sequence[str | None] = ("eth0",),
        routers: Sequence[MibRouter] = (),
        **more: object,
    ) -> "Story":
        """Let KEEPALIVED-MIB be read; ``interfaces`` are those of the instances; with None there is no address."""
        rows = []
        for number, (name, state) in enumerate(states, 1):
            on = interfaces[min(number, len(interfaces)) - 1]
            addresses = () if on is None else (Address(ip, is_set=True, interface=on),)
            rows.append(
                MibInstance(number, name, 50 + number, state, initial, state, 100, 100, on or "", addresses, **more)  # type: ignore[arg-type]
            )
        self.node.take_reading(MibReading("lb1", "Keepalived v2.2.7", tuple(rows), self.now, self.now, tuple(routers)))
        self._look()
        return self

    def no_mib(self, trouble: MibFailure) -> "Story":
        self.node.take_mib_failure(trouble, self.now)
        self._look()
        return self

    def kernel(self, *addresses: str, up: bool = True) -> "Story":
        links = {"eth0": Link("eth0", up, loopback=False)}
        self.node.take_kernel(Kernel({ip: frozenset({"eth0"}) for ip in addresses}, links), self.now)
        self._look()
        return self

    def source(self, name: str, state: str, error: str = "") -> "Story":
        """Let a source be in a state (haxSourceState)."""
        self.node.take_source(name, state, error, self.now)
        self._look()
        return self


def begun(state: VrrpState, *addresses: str, **more: object) -> Story:
    """Give a node that has run for a while with the instance SITE1 in a state, and is well; nothing was told."""
    story = Story(**more).kernel(*addresses).writer().line(state).haproxy().wait(10)
    assert story.drain() == []
    return story


def plan(
    name: str,
    instance: str | None = None,
    requirements: ServiceRequirements | None = None,
    intended: Role | None = None,
) -> ServiceConfig:
    return ServiceConfig(name, instance, requirements or ServiceRequirements(), intended)


def kinds(reported: Sequence[Reported]) -> list[Kind]:
    return [one.draft.kind for one in reported]


def changes(story: Story) -> list[str]:
    """Give what became what of all that was told since the last time."""
    return [reported.moves for reported in story.drain()]


def failover(story: Story, state: VrrpState = MASTER) -> Story:
    """Let a role change after a while, with keepalived's traps coming here."""
    story.node.listening = True
    story.wait(5).line(state)
    return story
