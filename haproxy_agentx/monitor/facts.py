"""What happened lately, as far as it can explain a change: differences between what sources report. Pure."""

from collections import deque
from collections.abc import Collection, Container, Iterator
from ipaddress import ip_address

from haproxy_agentx.health.cause import Fact, FactKind
from haproxy_agentx.health.model import Reason, Role
from haproxy_agentx.vrrp.model import (
    AddressPlace,
    FifoLine,
    Kernel,
    Link,
    MibReading,
    NewMasterReason,
    NewMasterTrap,
    StateTrap,
    VrrpState,
)

MAX_FACTS = 200
"""Facts that are kept: more than a minute of anything but a burst."""

AT_ONCE = 6.0
"""Seconds in which a BACKUP that hears no MASTER has become MASTER: three advertisements and a skew, with some room."""

_REASONS = {
    Reason.haproxyGone: FactKind.haproxyGone,
    Reason.haproxyUnresponsive: FactKind.haproxyUnresponsive,
    Reason.haproxyUnreadable: FactKind.haproxyUnreadable,
    Reason.frontendClosed: FactKind.frontendClosed,
    Reason.saturated: FactKind.saturated,
    Reason.clientErrors: FactKind.clientErrors,
    Reason.noUsableBackend: FactKind.noUsableBackend,
    Reason.backendEmpty: FactKind.noUsableBackend,
    Reason.backendDown: FactKind.backendDown,
    Reason.belowMinimum: FactKind.belowMinimum,
    Reason.statisticsSilent: FactKind.haproxyUnreadable,
    Reason.probeFailed: FactKind.probeFailed,
}

_NEW_MASTER = {
    NewMasterReason.preempted: FactKind.preempted,
    NewMasterReason.priority: FactKind.preempted,
    NewMasterReason.masterNoResponse: FactKind.noResponse,
}


class Facts:
    """The facts of this node, oldest first. Each method adds what a source's news amount to."""

    def __init__(self) -> None:
        self.recent: deque[Fact] = deque(maxlen=MAX_FACTS)
        self._reading: MibReading | None = None
        self._kernel: Kernel | None = None
        self._priorities: dict[str, int] = {}
        self._as_master: dict[str, int] = {}
        """The highest priority of instances since they became MASTER."""
        self._stopped: set[str] = set()
        """Instances that keepalived has shut down."""
        self._died = False
        """Whether keepalived left its FIFO without saying that it stops."""
        self._bare: set[tuple[str, int]] = set()
        """Interfaces that have no address of their own any more, and the version of IP."""
        self._left: dict[str, float] = {}
        """When an instance was last MASTER and became BACKUP."""

    def add(self, kind: FactKind, what: str, at: float, subject: str = "") -> None:
        """Add one; ``subject`` is the instance or service that it is about, if not the node."""
        self.recent.append(Fact(at, kind, what, subject))

    def about(self, *subjects: str) -> tuple[Fact, ...]:
        """Return those about the node as a whole or one of ``subjects``."""
        return tuple(fact for fact in self.recent if not fact.subject or fact.subject in subjects)

    def of_trouble(self, process: str, before: Reason, after: Reason, words: str, at: float) -> None:
        """Record that an HAProxy can be read no more, or can be again."""
        if after and after != before:
            self.add(_REASONS[after], words or process, at)
        elif before and not after:
            self.add(FactKind.haproxyBack, f"haproxy {process} answers again", at)

    def of_reasons(self, service: str, before: Reason, after: Reason, details: str, at: float) -> None:
        """Record what the readiness of a service has gained, or that nothing is left of what was wrong."""
        for reason, kind in _REASONS.items():
            if reason in after & ~before:
                self.add(kind, details or service, at, service)
        wrong = Reason(sum(_REASONS))
        if before & wrong and not after & wrong:
            self.add(FactKind.serving, f"HAProxy serves {service} again", at, service)

    def has_new_master(self, instance: str, since: float) -> bool:
        """Whether keepalived has reported since then why this node has become MASTER."""
        kinds = (*_NEW_MASTER.values(), FactKind.noOther)
        return any(fact.at >= since and fact.kind in kinds for fact in self.about(instance))

    def of_line(self, line: FifoLine, at: float) -> None:
        """Record a line of the FIFO."""
        if line.group:
            return
        if line.state is not None:
            self._state(line.name, line.state, at)
            self._leaves(line, at)
        if line.priority:
            self._priority(line.name, line.priority, at)

    def of_trap(self, trap: StateTrap | NewMasterTrap, at: float) -> None:
        """Record a trap of keepalived."""
        if isinstance(trap, NewMasterTrap):
            if trap.reason in _NEW_MASTER:
                self._new_master(trap.reason, self.named(trap.router_number), at)
        elif not trap.group:
            self._state(trap.name, trap.state, at)

    def of_role(self, instance: str, before: Role, after: Role, at: float) -> None:
        """Record that an instance is not MASTER any more.

        If it comes back from BACKUP at once, no other one was. Where it was stopped or is in FAULT, keepalived
        removed the addresses itself.
        """
        if (before, after) == (Role.master, Role.backup):
            self._left[instance] = at
        elif before is Role.master and after in (Role.stopped, Role.fault):
            own = [fact for fact in self.recent if fact.kind is FactKind.addressLost and fact.subject == instance]
            for fact in own:
                self.recent.remove(fact)

    def of_held(
        self, instance: str, before: Collection[AddressPlace], after: Collection[AddressPlace], at: float
    ) -> None:
        """Record which addresses of an instance that is MASTER the kernel had and has."""
        for place in before:
            if place not in after:
                words = f"{place.ip} is not on {place.interface or 'its interface'} any more: by whom is not known"
                self.add(FactKind.addressLost, words, at, instance)
        for place in after:
            if place not in before:
                self.add(FactKind.addressGained, f"{place.ip} is there again", at, instance)

    def gone(self, instance: str, at: float) -> None:
        """Record that keepalived has an instance no more."""
        self._priorities.pop(instance, None)
        self._as_master.pop(instance, None)
        self.add(FactKind.instanceGone, f"keepalived has no VRRP instance {instance} any more", at, instance)

    def _new_master(self, reason: NewMasterReason, instance: str, at: float) -> None:
        kind = _NEW_MASTER[reason]
        left = [name for name, when in self._left.items() if instance in ("", name) and at - when <= AT_ONCE]
        if kind is FactKind.noResponse and any(not self._has_heard_other(name) for name in left):
            kind = FactKind.noOther
        self.add(kind, reason.name, at, instance)

    def _has_heard_other(self, instance: str) -> bool:
        """Whether another node was heard as MASTER since an instance became BACKUP."""
        since = self._left[instance]
        return any(fact.kind is FactKind.otherMaster and fact.at >= since for fact in self.about(instance))

    def named(self, router_number: int | None) -> str:
        """Return the only instance with a VRID; an empty text where that is not known."""
        rows = self._reading.instances if self._reading and router_number is not None else ()
        names = [row.name for row in rows if row.router_number == router_number]
        return names[0] if len(names) == 1 else ""

    def of_writer(self, present: bool | None, before: bool | None, at: float) -> None:  # noqa: FBT001
        """Record whether keepalived has the FIFO open."""
        if before and not present:
            self._died = not self._stopped
            self.add(FactKind.keepalivedGone, "keepalived, or its process of VRRP, is gone: its FIFO is closed", at)
        elif before and present:
            self.add(FactKind.fifoOpened, "keepalived was reloaded, or its VRRP process was started again", at)
        elif before is False and present and self._died:
            self._died = False
            words = "keepalived, or its process of VRRP, runs again after it ended without a stop"
            self.add(FactKind.keepalivedRevived, words, at)
        elif before is False and present:
            self.add(FactKind.keepalivedBack, "keepalived was started", at)

    def of_silence(self, frozen: bool, before: bool, at: float) -> None:  # noqa: FBT001
        """Record whether keepalived answers."""
        if frozen and not before:
            self.add(FactKind.keepalivedSilent, "keepalived does not answer though snmpd does", at)
        elif before and not frozen:
            self.add(FactKind.keepalivedAnswers, "keepalived answers again", at)

    def of_reading(self, reading: MibReading) -> None:
        """Record KEEPALIVED-MIB: the results of scripts and the priorities that are others than before."""
        at = reading.ended
        before = (
            {script.name: script.good for row in self._reading.instances for script in row.scripts}
            if (self._reading)
            else {}
        )
        after = {script.name: script.good for row in reading.instances for script in row.scripts}
        for name, good in after.items():
            if good is False and before.get(name) is not False:
                self.add(FactKind.scriptBad, f"the check script {name} fails", at)
            elif good and before.get(name) is False:
                self.add(FactKind.scriptGood, f"the check script {name} succeeds again", at)
        for row in reading.instances:
            self._see(row.name, at)
            if row.effective_priority is not None:
                self._priority(row.name, row.effective_priority, at)
                if row.state is VrrpState.master:
                    self._as_master[row.name] = max(row.effective_priority, self._as_master.get(row.name, 0))
        self._reading = reading

    def of_kernel(
        self, kernel: Kernel, interfaces: Collection[str] | None, at: float, ours: Container[str] = ()
    ) -> None:
        """Record interfaces that went down or came up, and those that lost their own addresses or have one again.

        Only those of VRRP count where they are known. ``ours`` are the addresses that keepalived sets and removes.
        """
        if self._kernel is not None:
            for name in interfaces or ():
                self._addresses_of(name, self._kernel, kernel, ours, at)
            for link in _changed(self._kernel, kernel):
                if interfaces is not None and link.name not in interfaces:
                    continue
                if link.up:
                    self.add(FactKind.linkUp, f"interface {link.name} is up", at)
                else:
                    self.add(FactKind.linkDown, f"interface {link.name} is down", at)
        self._kernel = kernel

    def _addresses_of(self, interface: str, before: Kernel, after: Kernel, ours: Container[str], at: float) -> None:
        """Record that an interface that is up has lost its last own address of a version of IP, or has one again.

        keepalived removes those in ``ours`` itself; the kernel removes IPv6 addresses of an interface that goes down.
        """
        link = after.links.get(interface)
        for version in (4, 6):
            had, has = _own(before, interface, version, ours), _own(after, interface, version, ours)
            if had and not has and link is not None and link.up:
                self._bare.add((interface, version))
                words = f"{had[0]} was removed from {interface}, which has no IPv{version} address of its own any more"
                self.add(FactKind.interfaceBare, words, at)
            elif has and (interface, version) in self._bare:
                self._bare.remove((interface, version))
                self.add(FactKind.interfaceAddressed, f"{interface} has an IPv{version} address again: {has[0]}", at)

    def _see(self, name: str, at: float) -> None:
        """Record that there is an instance."""
        if self._reading is not None and name not in (row.name for row in self._reading.instances):
            self.add(FactKind.instanceNew, f"keepalived has a new VRRP instance {name}", at, name)

    def _state(self, name: str, state: VrrpState, at: float) -> None:
        """Record what keepalived says that an instance is."""
        self._see(name, at)
        if state is VrrpState.shutdown:
            self._stopped.add(name)
            self.add(FactKind.keepalivedStopped, f"keepalived stopped VRRP instance {name}", at, name)
        elif name in self._stopped:
            self._stopped.remove(name)
            if state is not VrrpState.deleted:
                # a restart may be so quick that nobody sees the FIFO without a writer
                self.add(FactKind.keepalivedBack, f"keepalived runs VRRP instance {name} again", at, name)

    def _leaves(self, line: FifoLine, at: float) -> None:
        """Record that keepalived left MASTER for BACKUP with a priority that nothing has lowered.

        The FIFO has a line for each state, with the effective priority in it, so nothing passes unseen between two, as
        it may between two readings. An instance of a sync group also follows the others of it. Without KEEPALIVED-MIB
        neither the group nor the base priority is known.
        """
        was = self._as_master.pop(line.name, None)
        if line.state is VrrpState.master and line.priority:
            self._as_master[line.name] = line.priority
        rows = self._reading.instances if self._reading is not None else ()
        row = next((row for row in rows if row.name == line.name), None)
        if line.state is not VrrpState.backup or was is None or row is None or row.sync_group:
            return
        is_whole = row.base_priority is not None and line.priority >= max(was, row.base_priority)
        if is_whole and all(script.good is not False for script in row.scripts):
            words = f"the priority of {line.name} is {line.priority} as before"
            self.add(FactKind.priorityKept, words, at, line.name)

    def _priority(self, name: str, priority: int, at: float) -> None:
        before = self._priorities.get(name)
        self._priorities[name] = priority
        if name in self._as_master:
            self._as_master[name] = max(priority, self._as_master[name])
        if before is not None and priority != before:
            kind = FactKind.priorityRose if priority > before else FactKind.priorityFell
            self.add(kind, f"the priority of {name} went from {before} to {priority}", at, name)


def _own(kernel: Kernel, interface: str, version: int, ours: Container[str]) -> list[str]:
    """Return the addresses of a version of IP that an interface has and that are not ``ours``."""
    present = (ip for ip, on in kernel.addresses.items() if interface in on and ip not in ours)
    return [ip for ip in present if ip_address(ip).version == version]


def _changed(before: Kernel, after: Kernel) -> Iterator[Link]:
    """Yield the interfaces that went down or came up, as they are now; one that was removed is down."""
    for name, link in after.links.items():
        if not link.loopback and (name not in before.links or before.links[name].up != link.up):
            yield link
    for name, link in before.links.items():
        if name not in after.links and link.up:
            yield Link(name, up=False, loopback=False)
